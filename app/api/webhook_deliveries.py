"""What is sent to webhook endpoints: the log over HTTP, tests and replays, and how the messages are documented."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Call, Creating, Reading
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.api.webhook_endpoints import WebhookEndpointId
from app.models.bounds import LONGEST_PHRASE, LONGEST_WORD
from app.models.columns import Id
from app.models.webhook_delivery import (
    DeliveryState,
    WebhookDeliveryCreate,
    WebhookDeliveryItem,
    WebhookDeliveryRead,
    WebhookMessage,
)
from app.services import webhook_deliveries

router = router_of("webhooks")

WebhookDeliveryId = Annotated[Id, Path(alias="webhookDeliveryId", description="The delivery.")]


def _answer(call: Call, delivery: WebhookDeliveryRead, status: int = 200) -> Response:
    return single(call.request, delivery, f"/webhook-deliveries/{delivery.id}", status=status)


@router.get(
    "/webhook-endpoints/{webhookEndpointId}/webhook-deliveries",
    response_model=page_of(WebhookDeliveryItem),
    summary="List the deliveries to a webhook endpoint",
)
async def list_webhook_deliveries(
    call: Reading,
    webhook_endpoint_id: WebhookEndpointId,
    state: Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")] = None,
    sort: ByCreation = "-createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """What was sent, what came of it and what is still to be sent. It says what kind of thing changed, not which."""
    request = asked(page, limit, after, sort)
    found = await webhook_deliveries.list_of_endpoint(call.work, webhook_endpoint_id, request, state)
    return listed(call, WebhookDeliveryItem, found, request)


@router.post(
    "/webhook-endpoints/{webhookEndpointId}/webhook-deliveries",
    response_model=WebhookDeliveryRead,
    status_code=201,
    summary="Send a test, or a delivery once more",
)
async def create_webhook_delivery(
    call: Creating, webhook_endpoint_id: WebhookEndpointId, delivery: WebhookDeliveryCreate
) -> Response:
    """It is sent within seconds, unless the endpoint is paused; read it to see what came of it. A replay has the
    `webhook-id` of the first, so that a receiver that has it already knows it again."""
    made = await call.once(
        lambda: webhook_deliveries.create(call.work, webhook_endpoint_id, delivery), webhook_deliveries.read
    )
    return _answer(call, made, 201)


@router.get(
    "/webhook-deliveries/{webhookDeliveryId}", response_model=WebhookDeliveryRead, summary="Read a webhook delivery"
)
async def read_webhook_delivery(call: Reading, webhook_delivery_id: WebhookDeliveryId) -> Response:
    """What came of it: attempts, the last answer's status or why there was none, and when it is tried again."""
    return _answer(call, await webhook_deliveries.read(call.work, webhook_delivery_id))


# --- What receivers get: documented, not served ----------------------------------------------------

messages = APIRouter(tags=["webhooks"], generate_unique_id_function=lambda route: route.name)

WebhookId = Annotated[
    str,
    Header(
        alias="webhook-id",
        max_length=LONGEST_WORD,
        description="The message, the same at every attempt and in a replay: what you have had before, you may ignore.",
        json_schema_extra={"example": "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b"},
    ),
]
WebhookTimestamp = Annotated[
    str,
    Header(
        alias="webhook-timestamp",
        max_length=LONGEST_WORD,
        description="When this attempt was made, in seconds since 1970. Refuse what is more than five minutes off.",
        json_schema_extra={"example": "1795694400"},
    ),
]
WebhookSignature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        max_length=LONGEST_PHRASE,
        description="One or, while a secret is being replaced, two signatures with a space between them: `v1,` and the "
        "HMAC-SHA256 of `id.timestamp.body` in base64. One that fits is enough.",
        json_schema_extra={"example": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="},
    ),
]


@messages.post("change", status_code=204, summary="Something has changed", response_class=Response)
async def receive_change(
    message: WebhookMessage,
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTimestamp,
    webhook_signature: WebhookSignature,
) -> None:
    """Sent to each active endpoint for each change of the types it asked for, as far as its client may see them. Check
    the signature (Standard Webhooks; there are libraries for most languages), answer 2xx within ten seconds, and read
    the thing with the client's own token. Of one thing messages come in order, each at least once. Anything but 2xx,
    redirects included, is tried again for three days, less and less often; 410 pauses the endpoint."""


@messages.post("endpoint.test", status_code=204, summary="A test", response_class=Response)
async def receive_test(
    message: WebhookMessage,
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTimestamp,
    webhook_signature: WebhookSignature,
) -> None:
    """Sent when a system administrator asks for it. `data.id` is the endpoint's own."""
