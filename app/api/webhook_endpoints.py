"""Where service clients are told of changes, over HTTP: registered, paused, given a new secret, removed."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version, Writing, vault_of
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.api.service_clients import ServiceClientId
from app.models.columns import Id
from app.models.webhook_endpoint import (
    WebhookEndpointCreate,
    WebhookEndpointItem,
    WebhookEndpointRead,
    WebhookEndpointTransition,
    WebhookSecretCreate,
)
from app.services import webhook_endpoints

router = router_of("webhooks")

WebhookEndpointId = Annotated[Id, Path(alias="webhookEndpointId", description="The endpoint.")]


def _answer(call: Call, endpoint: WebhookEndpointRead, status: int = 200) -> Response:
    return single(call.request, endpoint, f"/webhook-endpoints/{endpoint.id}", status=status)


@router.get(
    "/service-clients/{serviceClientId}/webhook-endpoints",
    response_model=page_of(WebhookEndpointItem),
    summary="List a service client's webhook endpoints",
)
async def list_webhook_endpoints(
    call: Reading,
    service_client_id: ServiceClientId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Where the client is told of changes, for the parties and the system administrator."""
    request = asked(page, limit, after, sort)
    found = await webhook_endpoints.list_of_client(call.work, service_client_id, request)
    return listed(call, WebhookEndpointItem, found, request)


@router.post(
    "/service-clients/{serviceClientId}/webhook-endpoints",
    response_model=WebhookEndpointRead,
    status_code=201,
    summary="Register a webhook endpoint",
)
async def create_webhook_endpoint(
    call: Creating, service_client_id: ServiceClientId, endpoint: WebhookEndpointCreate
) -> Response:
    """From now on the client is told there of changes it may see: type, id and time, and nothing else. The answer holds
    the secret that deliveries are signed with (Standard Webhooks), and nothing ever will again."""
    may_tell: webhook_endpoints.MayTell = call.request.app.state.may_tell
    vault = vault_of(call.request)
    made = await call.once(
        lambda: webhook_endpoints.create(call.work, vault, may_tell, service_client_id, endpoint),
        webhook_endpoints.read,
    )
    return _answer(call, made, 201)


@router.get(
    "/webhook-endpoints/{webhookEndpointId}", response_model=WebhookEndpointRead, summary="Read a webhook endpoint"
)
async def read_webhook_endpoint(call: Reading, webhook_endpoint_id: WebhookEndpointId) -> Response:
    """Where to, of what, and whether messages arrive; never the secret."""
    return _answer(call, await webhook_endpoints.read(call.work, webhook_endpoint_id))


@router.post(
    "/webhook-endpoints/{webhookEndpointId}/transitions",
    response_model=WebhookEndpointRead,
    status_code=201,
    summary="Pause or resume a webhook endpoint",
)
async def transition_webhook_endpoint(
    call: Creating,
    version: Version,
    webhook_endpoint_id: WebhookEndpointId,
    transition: WebhookEndpointTransition,
) -> Response:
    """A pause keeps what comes; when it ends that is sent, in order. An endpoint at which nothing has arrived for three
    days, or that answers 410, is paused by the service itself, and system administrators get a mail."""
    made = await call.once(
        lambda: webhook_endpoints.transition(call.work, webhook_endpoint_id, version, transition),
        webhook_endpoints.read,
    )
    return _answer(call, made, 201)


@router.post(
    "/webhook-endpoints/{webhookEndpointId}/secrets",
    response_model=WebhookEndpointRead,
    status_code=201,
    summary="Make a new secret for a webhook endpoint",
)
async def create_webhook_secret(
    call: Creating,
    version: Version,
    webhook_endpoint_id: WebhookEndpointId,
    secret: WebhookSecretCreate,
) -> Response:
    """The answer holds it, and nothing ever will again. For 24 hours the former secret signs as well; another within
    that time is made only when `endsOverlap` says that the oldest no longer needs to sign."""
    vault = vault_of(call.request)
    made = await call.once(
        lambda: webhook_endpoints.renew_secret(call.work, vault, webhook_endpoint_id, version, secret),
        webhook_endpoints.read,
    )
    return _answer(call, made, 201)


@router.delete("/webhook-endpoints/{webhookEndpointId}", status_code=204, summary="Remove a webhook endpoint")
async def delete_webhook_endpoint(call: Writing, version: Version, webhook_endpoint_id: WebhookEndpointId) -> Response:
    """Nothing more is sent there, and its secrets and the log of its deliveries are gone."""
    await webhook_endpoints.delete(call.work, webhook_endpoint_id, version)
    return nothing()
