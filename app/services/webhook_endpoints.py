"""Where service clients are told of changes: registered by the system administrator, seen by the parties."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.change import Change
from app.models.service_client import ServiceClient
from app.models.webhook_endpoint import (
    PauseReason,
    WebhookEndpoint,
    WebhookEndpointCreate,
    WebhookEndpointRead,
    WebhookEndpointState,
    WebhookEndpointTransition,
    WebhookSecretCreate,
)
from app.services import changes, policy, wall
from app.services.actors import counting
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.vault import Vault
from app.services.work import Work, admit, changed, created, find, removed, shown

SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
"""For which the former secret signs as well."""
PURPOSE = "webhook secrets"
MayTell = Callable[[str], Awaitable[bool]]
"""Whether an address may be called; see app/outbound.py."""

SORTS: dict[str, Columns] = {"createdAt": (col(WebhookEndpoint.id),)}
_ITEMS = sa.select(
    col(WebhookEndpoint.id),
    col(WebhookEndpoint.url),
    col(WebhookEndpoint.types),
    col(WebhookEndpoint.state),
    col(WebhookEndpoint.pause_reason),
).where(col(WebhookEndpoint.service_client_id) == sa.bindparam("client_id"), policy.visible(WebhookEndpoint))
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(col(Change.position)), 0)).where(
    col(Change.organisation_id) == sa.bindparam("organisation_id")
)


class TargetUnknown(Exception):
    """The name of an address leads nowhere, or not now."""


async def list_of_client(work: Work, client_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_webhook_endpoints", ServiceClient, client_id)
    return await page(work, _ITEMS, SORTS, request, client_id=client_id)


async def create(
    work: Work, vault: Vault, may_tell: MayTell, client_id: UUID, data: WebhookEndpointCreate
) -> WebhookEndpointRead:
    """It is told of what changes from now on. The answer holds the secret; none after it does."""
    client = await admit(work, "create_webhook_endpoint", ServiceClient, client_id)
    # Whatever consent says today: what is sent is asked for at each delivery.
    if set(data.types) - changes.types_of(counting(client.scopes, consented=True, asked_for=None)):
        raise Refusal(Code.TYPE_NOT_IN_SCOPES, "/types")
    try:
        if not await may_tell(data.url):
            raise Refusal(Code.TARGET_REFUSED, "/url")
    except TargetUnknown:
        raise Refusal(Code.TARGET_UNKNOWN, "/url") from None
    async with wall.beyond(work.session):
        given = {"organisation_id": client.organisation_id}
        position = (await work.session.execute(_NEWEST, given)).scalar_one()
    endpoint = WebhookEndpoint(
        organisation_id=client.organisation_id,
        service_client_id=client.id,
        url=data.url,
        types=data.types,
        sealed_secret=b"",
        position=position,
        created_at=work.now,
    )
    secret, endpoint.sealed_secret = _new_secret(vault, endpoint)
    await created(work, "create_webhook_endpoint", endpoint)
    return _shown(work, endpoint, secret)


async def read(work: Work, endpoint_id: UUID) -> WebhookEndpointRead:
    return _shown(work, await find(work, WebhookEndpoint, endpoint_id))


async def transition(
    work: Work, endpoint_id: UUID, version: int, data: WebhookEndpointTransition
) -> WebhookEndpointRead:
    """Pause, or go on: what has changed meanwhile is sent then, as far back as changes are kept."""
    endpoint = await admit(work, "transition_webhook_endpoint", WebhookEndpoint, endpoint_id, version)
    to = WebhookEndpointState(data.to)
    if endpoint.state is to:
        raise Refusal(Code.TRANSITION_REFUSED)
    going_on: dict[str, Any] = {"failures": 0, "failing_since": None, "resting_until": None}
    pausing = {"pause_reason": PauseReason.ASKED_FOR, "paused_at": work.now}
    active = to is WebhookEndpointState.ACTIVE
    how = going_on | {"pause_reason": None, "paused_at": None} if active else pausing
    await changed(work, "transition_webhook_endpoint", endpoint, {"state": to} | how)
    return _shown(work, endpoint)


async def renew_secret(
    work: Work, vault: Vault, endpoint_id: UUID, version: int, data: WebhookSecretCreate
) -> WebhookEndpointRead:
    """A new secret, in this answer alone; the one before signs as well for a day.

    Only two sign: a third within the day ends the first, and nobody does that without saying so.
    """
    endpoint = await admit(work, "create_webhook_secret", WebhookEndpoint, endpoint_id, version)
    if endpoint.former_until is not None and work.now < endpoint.former_until and not data.ends_overlap:
        raise Refusal(Code.OVERLAP_RUNS, "/endsOverlap")
    secret, box = _new_secret(vault, endpoint)
    former = {"former_sealed_secret": endpoint.sealed_secret, "former_until": work.now + OVERLAP}
    await changed(work, "create_webhook_secret", endpoint, {"sealed_secret": box} | former)
    return _shown(work, endpoint, secret)


async def delete(work: Work, endpoint_id: UUID, version: int) -> None:
    """Nothing more is sent there, and the log of what was goes with it."""
    endpoint = await admit(work, "delete_webhook_endpoint", WebhookEndpoint, endpoint_id, version)
    await removed(work, "delete_webhook_endpoint", endpoint)


def _new_secret(vault: Vault, endpoint: WebhookEndpoint) -> tuple[str, bytes]:
    """As people are given it, and sealed: whoever has the database alone signs nothing."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return secret, vault.seal(PURPOSE, str(endpoint.id), secret.encode())


def _shown(work: Work, endpoint: WebhookEndpoint, secret: str | None = None) -> WebhookEndpointRead:
    until = endpoint.former_until if endpoint.former_until and endpoint.former_until > work.now else None
    return shown(work, WebhookEndpointRead, endpoint, secret=secret, former_until=until)
