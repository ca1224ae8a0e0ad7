"""Deliveries made of the feed of changes: for each endpoint, of what lies behind its place in the order."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import new_id
from app.models.change import Change
from app.models.columns import UtcDateTime
from app.models.service_client import SCOPES_BY_CONSENT, ServiceClient, ServiceClientState
from app.models.webhook_delivery import DeliveryPurpose, WebhookDelivery
from app.models.webhook_endpoint import WebhookEndpoint, WebhookEndpointState
from app.services import changes

MADE_AT_ONCE = 500

_NOW = sa.bindparam("now", type_=UtcDateTime)
# Of a client that has expired the place stays where it is: a new expiry lets it go on from there.
_BEHIND = (
    sa.select(WebhookEndpoint)
    .where(
        col(WebhookEndpoint.state) == WebhookEndpointState.ACTIVE,
        sa.exists().where(
            col(ServiceClient.id) == col(WebhookEndpoint.service_client_id),
            col(ServiceClient.state) == ServiceClientState.ACTIVE,
            col(ServiceClient.expires_at) > _NOW,
        ),
        sa.exists().where(
            col(Change.organisation_id) == col(WebhookEndpoint.organisation_id),
            col(Change.position) > col(WebhookEndpoint.position),
        ),
    )
    .order_by(col(WebhookEndpoint.id))
    .limit(1)
    .with_for_update(skip_locked=True, key_share=True)
)

# The type as it stands there: a later version of the program may tell of things that this one does not know.
_CHANGES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        col(Change.position),
        sa.type_coerce(col(Change.subject_type), sa.Text).label("type"),
        col(Change.subject_id),
        col(Change.kind),
        col(Change.happened_at),
    )
    .where(
        col(Change.organisation_id) == sa.bindparam("organisation_id"),
        col(Change.position) > sa.bindparam("position", type_=sa.BigInteger),
    )
    .order_by(col(Change.position))
    .limit(MADE_AT_ONCE)
)


async def make_deliveries(session: AsyncSession, now: datetime) -> bool:
    """Of up to 500 changes for one endpoint that has some before it; whether there was one."""
    endpoint = (await session.execute(_BEHIND, {"now": now})).scalars().first()
    if endpoint is None:
        return False
    client = await session.get_one(ServiceClient, endpoint.service_client_id)
    # Not even the log tells of what the parties have not agreed to: everybody who reads it could count that.
    unheard = frozenset() if client.consented_at else changes.types_of(SCOPES_BY_CONSENT)
    heard = {each.value for each in endpoint.types if each not in unheard}
    given = {"organisation_id": endpoint.organisation_id, "position": endpoint.position}
    for change in (await session.execute(_CHANGES, given)).all():
        endpoint.position = change.position
        if change.type in heard:
            session.add(_delivery(endpoint, change, now))
    await session.flush()
    return True


def _delivery(endpoint: WebhookEndpoint, change: Any, now: datetime) -> WebhookDelivery:
    delivery_id = new_id()
    return WebhookDelivery(
        id=delivery_id,
        organisation_id=endpoint.organisation_id,
        webhook_endpoint_id=endpoint.id,
        position=change.position,
        message_id=delivery_id,
        purpose=DeliveryPurpose.CHANGE,
        event=f"{change.type}.{change.kind.value}",
        subject_id=change.subject_id,
        happened_at=change.happened_at,
        next_attempt_at=now,
        created_at=now,
    )
