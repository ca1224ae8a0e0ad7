"""The log of what was sent to an endpoint; a test message, or an earlier one once more."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.base import new_id
from app.models.webhook_delivery import (
    DeliveryPurpose,
    DeliveryState,
    WebhookDelivery,
    WebhookDeliveryCreate,
    WebhookDeliveryRead,
)
from app.models.webhook_endpoint import WebhookEndpoint
from app.services import policy
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, created, find, shown

TEST = "endpoint.test"
SORTS: dict[str, Columns] = {"createdAt": (col(WebhookDelivery.id),)}
_ITEMS = sa.select(
    col(WebhookDelivery.id),
    col(WebhookDelivery.message_id),
    col(WebhookDelivery.purpose),
    col(WebhookDelivery.event),
    col(WebhookDelivery.happened_at),
    col(WebhookDelivery.state),
    col(WebhookDelivery.attempts),
    col(WebhookDelivery.last_attempt_at),
    col(WebhookDelivery.last_status),
    col(WebhookDelivery.last_fault),
).where(col(WebhookDelivery.webhook_endpoint_id) == sa.bindparam("endpoint_id"), policy.visible(WebhookDelivery))


async def list_of_endpoint(
    work: Work, endpoint_id: UUID, request: PageRequest, state: DeliveryState | None = None
) -> Listed:
    await admit(work, "list_webhook_deliveries", WebhookEndpoint, endpoint_id)
    query = _ITEMS if state is None else _ITEMS.where(col(WebhookDelivery.state) == state)
    return await page(work, query, SORTS, request, endpoint_id=endpoint_id)


async def read(work: Work, delivery_id: UUID) -> WebhookDeliveryRead:
    return _shown(work, await find(work, WebhookDelivery, delivery_id))


async def create(work: Work, endpoint_id: UUID, data: WebhookDeliveryCreate) -> WebhookDeliveryRead:
    """It is sent by the worker, like every other. A replay has the id by which the receiver knows the message."""
    endpoint = await admit(work, "create_webhook_delivery", WebhookEndpoint, endpoint_id)
    delivery_id = new_id()
    delivery = WebhookDelivery(
        id=delivery_id,
        organisation_id=endpoint.organisation_id,
        webhook_endpoint_id=endpoint.id,
        message_id=delivery_id,
        purpose=DeliveryPurpose.TEST,
        event=TEST,
        subject_id=endpoint.id,
        happened_at=work.now,
        next_attempt_at=work.now,
        created_at=work.now,
    )
    if data.replay_of is not None:
        first = await work.session.get(WebhookDelivery, data.replay_of)
        if first is None or first.webhook_endpoint_id != endpoint.id:
            raise Refusal(Code.UNKNOWN_DELIVERY, "/replayOf")
        if first.event != TEST:  # a test once more is a test: there is nothing that its client would have to see
            delivery.purpose = DeliveryPurpose.REPLAY
        delivery.message_id = first.message_id
        delivery.event, delivery.subject_id, delivery.happened_at = first.event, first.subject_id, first.happened_at
    await created(work, "create_webhook_delivery", delivery)
    return _shown(work, delivery)


def _shown(work: Work, delivery: WebhookDelivery) -> WebhookDeliveryRead:
    upcoming = delivery.next_attempt_at if delivery.state is DeliveryState.PENDING else None
    return shown(work, WebhookDeliveryRead, delivery, next_attempt_at=upcoming)
