"""Sending webhooks: deliveries made of the feed of changes, each signed, sent at least once, of one thing in order.

Nothing is put in a queue beside the changes: an endpoint has a place in their order, and what lies behind it is still
to be made into deliveries. A delivery is taken for a while, sent, and marked; if whoever took it dies in between, it is
taken again, with the same id. Of one thing none is sent while an earlier one waits. Whether the client may see such
things is asked anew just before: what was taken back since is withheld.
"""

import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col
from standardwebhooks import Webhook

from app.models.columns import UtcDateTime
from app.models.organisation import Organisation, OrganisationState
from app.models.person import Person, Role
from app.models.service_client import ServiceClient, ServiceClientState, client_state
from app.models.webhook_delivery import (
    DeliveryFault,
    DeliveryPurpose,
    DeliveryState,
    WebhookData,
    WebhookDelivery,
    WebhookMessage,
)
from app.models.webhook_endpoint import PauseReason, WebhookEndpoint, WebhookEndpointState
from app.services import account_mail, audit, changes
from app.services.account_letters import Notice
from app.services.actors import counting
from app.services.sweeping import sweep_older
from app.services.vault import BoxClosed, Vault
from app.services.webhook_endpoints import PURPOSE

SENT_AT_ONCE = 4
"""To one endpoint."""
TAKEN_FOR = timedelta(minutes=2)
"""Much longer than an attempt may take."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=4)
TRIED_FOR = timedelta(days=3)
LEAST_ATTEMPTS = 12
"""Before one is given up, however old it is: while its client had expired or its endpoint was paused, nobody tried."""
REST_AFTER = 5
"""Attempts in a row that come to nothing, whatever they told of: from then on the endpoint itself is left alone."""
GONE = 410


class TargetAway(Exception):
    """Nobody answered; `fault` says as much of why as anybody is told."""

    def __init__(self, fault: DeliveryFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Tell(Protocol):
    """POST, within seconds, following no redirect: the status answered. Raises `TargetAway`. See app/outbound.py."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int: ...


@dataclass(frozen=True)
class Sending:
    """One message on its way."""

    id: UUID
    version: int
    """As it was taken: whoever has taken it since has raised it."""
    message_id: UUID
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Turn:
    """What one endpoint is sent next."""

    endpoint_id: UUID
    url: str
    boxes: tuple[bytes, ...] = field(repr=False)
    """The secrets that sign now, sealed."""
    sendings: tuple[Sending, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: an answer with a status, or a fault."""

    status: int | None = None
    fault: DeliveryFault | None = None

    @property
    def arrived(self) -> bool:
        return self.fault is None


def outcome_of(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome(status)
    return Outcome(status, DeliveryFault.REDIRECTED if 300 <= status < 400 else DeliveryFault.REFUSED)


# --- Taking ----------------------------------------------------------------------------------------

_NOW = sa.bindparam("now", type_=UtcDateTime)
_earlier = aliased(WebhookDelivery)
_DUE = sa.and_(
    col(WebhookDelivery.state) == DeliveryState.PENDING,
    col(WebhookDelivery.next_attempt_at) <= _NOW,
    ~sa.exists().where(
        col(_earlier.webhook_endpoint_id) == col(WebhookDelivery.webhook_endpoint_id),
        col(_earlier.subject_id) == col(WebhookDelivery.subject_id),
        col(_earlier.state) == DeliveryState.PENDING,
        col(_earlier.position) < col(WebhookDelivery.position),
    ),
)
_AWAKE = sa.and_(
    col(WebhookEndpoint.state) == WebhookEndpointState.ACTIVE,
    sa.or_(col(WebhookEndpoint.resting_until).is_(None), col(WebhookEndpoint.resting_until) <= _NOW),
)
# What waits for a client that has expired waits until it is renewed, and takes nobody else's turn meanwhile.
_EXPIRED = sa.exists().where(
    col(ServiceClient.id) == col(WebhookEndpoint.service_client_id),
    col(ServiceClient.state) == ServiceClientState.ACTIVE,
    col(ServiceClient.expires_at) <= _NOW,
)
_WAITS_SINCE = (
    sa.select(col(WebhookDelivery.next_attempt_at))
    .where(col(WebhookDelivery.webhook_endpoint_id) == col(WebhookEndpoint.id), _DUE)
    .order_by(col(WebhookDelivery.next_attempt_at))
    .limit(1)
    .lateral()
)
_ENDPOINTS = (
    sa.select(col(WebhookEndpoint.id))
    .join(_WAITS_SINCE, sa.true())
    .where(_AWAKE, ~_EXPIRED)
    .order_by(_WAITS_SINCE.c.next_attempt_at, col(WebhookEndpoint.id))
)
_ENDPOINT = (
    sa.select(WebhookEndpoint, ServiceClient, col(Organisation.state))
    .join(ServiceClient, col(ServiceClient.id) == col(WebhookEndpoint.service_client_id))
    .join(Organisation, col(Organisation.id) == col(WebhookEndpoint.organisation_id))
    .where(col(WebhookEndpoint.id) == sa.bindparam("endpoint_id"), _AWAKE)
)
_TAKEN = (
    sa.select(WebhookDelivery)
    .where(col(WebhookDelivery.webhook_endpoint_id) == sa.bindparam("endpoint_id"), _DUE)
    .order_by(col(WebhookDelivery.next_attempt_at), col(WebhookDelivery.position))
    .limit(SENT_AT_ONCE)
    .with_for_update(skip_locked=True)
)


async def endpoints_due(session: AsyncSession, now: datetime, except_for: Collection[UUID]) -> list[UUID]:
    """Those that something can be sent to now, whoever has waited longest first."""
    found = await session.execute(_ENDPOINTS.where(col(WebhookEndpoint.id).not_in(except_for)), {"now": now})
    return list(found.scalars())


async def take(session: AsyncSession, endpoint_id: UUID, now: datetime) -> Turn | None:
    """Some deliveries, nobody else's for a while. What the client may not see by now is withheld.

    A client that has expired is sent nothing, and loses nothing.
    """
    given = {"endpoint_id": endpoint_id, "now": now}
    found = (await session.execute(_ENDPOINT, given)).one_or_none()
    if found is None:
        return None
    endpoint, client, organisation_state = found
    if client_state(client, now) is ServiceClientState.EXPIRED:
        return None
    let_in = client.state is ServiceClientState.ACTIVE and organisation_state is OrganisationState.ACTIVE
    scopes = counting(client.scopes, consented=client.consented_at is not None, asked_for=None)
    seen = {each.value for each in changes.types_of(scopes)} & {each.value for each in endpoint.types}
    sendings = []
    for delivery in (await session.execute(_TAKEN, given)).scalars():
        delivery.version += 1
        if not let_in or (
            delivery.purpose is not DeliveryPurpose.TEST and delivery.event.partition(".")[0] not in seen
        ):
            delivery.state, delivery.settled_at = DeliveryState.WITHHELD, now
            continue
        delivery.next_attempt_at = now + TAKEN_FOR
        sendings.append(Sending(delivery.id, delivery.version, delivery.message_id, _body(delivery)))
    await session.flush()
    boxes: tuple[bytes, ...] = (endpoint.sealed_secret,)
    if endpoint.former_sealed_secret is not None and endpoint.former_until is not None and now < endpoint.former_until:
        boxes += (endpoint.former_sealed_secret,)
    return Turn(endpoint.id, endpoint.url, boxes, tuple(sendings))


def _body(delivery: WebhookDelivery) -> bytes:
    """The same at every attempt."""
    message = WebhookMessage(
        type=delivery.event, timestamp=delivery.happened_at, data=WebhookData(id=delivery.subject_id)
    )
    return message.model_dump_json(by_alias=True).encode()


def signed(vault: Vault, turn: Turn, sending: Sending, now: datetime) -> dict[str, str]:
    """The headers of one attempt, with a signature by each secret. Raises `BoxClosed`."""
    present, *former = turn.boxes
    hooks = [_hook(vault, turn, present)]
    for box in former:
        # Sealed under an earlier token secret: the one made since must not wait until its overlap is over.
        with suppress(BoxClosed):
            hooks.append(_hook(vault, turn, box))
    number = str(sending.message_id)
    return {
        "Content-Type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(hook.sign(number, now, sending.body.decode()) for hook in hooks),
    }


def _hook(vault: Vault, turn: Turn, box: bytes) -> Webhook:
    return Webhook(vault.open(PURPOSE, str(turn.endpoint_id), box).decode())


# --- Marking ---------------------------------------------------------------------------------------


async def mark(session: AsyncSession, sending: Sending, outcome: Outcome, now: datetime) -> None:
    """Store what came of it. Whoever has taken it meanwhile, or removed it, is not disturbed."""
    query = sa.select(WebhookDelivery.webhook_endpoint_id).where(col(WebhookDelivery.id) == sending.id)  # type: ignore[call-overload]
    endpoint_id = (await session.execute(query)).scalar_one_or_none()
    if endpoint_id is None:
        return
    # The endpoint first, as everybody who holds both.
    endpoint = await session.get(WebhookEndpoint, endpoint_id, with_for_update={"key_share": True})
    delivery = await session.get(WebhookDelivery, sending.id, with_for_update={"key_share": True})
    if endpoint is None or delivery is None or delivery.version != sending.version:
        return
    delivery.version += 1
    delivery.attempts += 1
    delivery.last_attempt_at, delivery.last_status, delivery.last_fault = now, outcome.status, outcome.fault
    if outcome.arrived:
        delivery.state, delivery.settled_at = DeliveryState.DELIVERED, now
        if endpoint.failures:
            endpoint.failures, endpoint.failing_since, endpoint.resting_until = 0, None, None
    else:
        delivery.next_attempt_at = now + wait(delivery.attempts)
        if now >= delivery.created_at + TRIED_FOR and delivery.attempts >= LEAST_ATTEMPTS:
            delivery.state, delivery.settled_at = DeliveryState.FAILED, now
        await _failed(session, endpoint, outcome, now)
    await session.flush()


async def _failed(session: AsyncSession, endpoint: WebhookEndpoint, outcome: Outcome, now: datetime) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if endpoint.failures >= REST_AFTER:
        # As many fail at once as are sent at once; that is one more time, not four.
        endpoint.resting_until = now + wait((endpoint.failures - REST_AFTER) // SENT_AT_ONCE + 1)
    if endpoint.state is WebhookEndpointState.PAUSED:
        return
    if outcome.status == GONE:
        await _pause(session, endpoint, PauseReason.GONE, now)
    elif now >= endpoint.failing_since + TRIED_FOR:
        await _pause(session, endpoint, PauseReason.FAILING, now)


async def _pause(session: AsyncSession, endpoint: WebhookEndpoint, reason: PauseReason, now: datetime) -> None:
    """What is not sent stays for later. The parties read of it in the trail; those who look after it get a mail."""
    entry = audit.entry(None, "pause_webhook_endpoint", endpoint, now, endpoint.version, None)
    endpoint.state, endpoint.pause_reason, endpoint.paused_at = WebhookEndpointState.PAUSED, reason, now
    endpoint.version += 1
    session.add(entry)
    running = sa.select(col(Person.id)).where(
        col(Person.active),
        sa.literal(Role.SYSTEM_ADMINISTRATOR.value) == sa.any_(sa.cast(col(Person.roles), sa.ARRAY(sa.Text))),
    )
    for person_id in (await session.execute(running)).scalars():
        await account_mail.put_notice(session, Notice.WEBHOOK_PAUSED, person_id, now)


def wait(attempts: int) -> timedelta:
    """Twice as long each time, and a little more or less, so that not all come back at once."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT) * (0.8 + secrets.randbelow(4_001) / 10_000)


# --- Sweeping --------------------------------------------------------------------------------------


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Forget what was settled 30 days ago; whether there may be more of it."""
    delivery_id, settled_at = col(WebhookDelivery.id), col(WebhookDelivery.settled_at)
    return await sweep_older(session, delivery_id, settled_at, now - changes.KEPT)
