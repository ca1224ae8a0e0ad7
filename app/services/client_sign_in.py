"""How a service client gets in: its id and one of its secrets, from an address that it may call from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import UtcDateTime
from app.models.service_client import Scope, ServiceClient
from app.models.service_client_credential import ServiceClientCredential
from app.models.token_request import ClientCredentialsGrant
from app.services import throttle
from app.services.actors import LET_IN, counting
from app.services.errors import Code, Refusal
from app.services.networks import is_within
from app.services.places import address_hash
from app.services.sign_ins import Entrance, digest
from app.services.throttle import Attempt
from app.services.tokens import TokenKey


@dataclass(frozen=True)
class ClientGranted:
    """What a service client is given."""

    access_token: str
    scopes: tuple[Scope, ...]


_BY_SECRET: sa.Select[*tuple[Any, ...]] = sa.select(
    col(ServiceClient.id),
    col(ServiceClient.scopes),
    col(ServiceClient.consented_at),
    col(ServiceClient.allowed_networks),
    col(ServiceClientCredential.id).label("credential_id"),
    col(ServiceClientCredential.last_used_at),
).where(LET_IN, col(ServiceClientCredential.secret_hash) == sa.bindparam("secret_hash", type_=sa.LargeBinary))
# Whoever comes second in the same hour need not wait for the first.
_UNMARKED = (
    sa.select(col(ServiceClientCredential.id))
    .where(
        col(ServiceClientCredential.id) == sa.bindparam("credential_id", type_=sa.Uuid),
        sa.or_(
            col(ServiceClientCredential.last_used_at).is_(None),
            col(ServiceClientCredential.last_used_at) < sa.bindparam("hour", type_=UtcDateTime),
        ),
    )
    .with_for_update(skip_locked=True, key_share=True)
)
_MARK_USED = (
    sa.update(ServiceClientCredential)
    .where(col(ServiceClientCredential.id).in_(_UNMARKED))
    .values(last_used_at=sa.bindparam("hour", type_=UtcDateTime))
    .execution_options(synchronize_session=False)
)


async def get_in(entrance: Entrance, grant: ClientCredentialsGrant, address: str) -> ClientGranted:
    """An access token. Unknown, ended, from elsewhere, wrong or expired secret: one and the same refusal.

    Nobody guesses 256 bits. What throttling spares is the machine, so the right secret is never made to wait: nobody
    can lock a client out, whatever they send in its name and from wherever.
    """
    now = entrance.clock()
    async with entrance.write() as session:
        given = {"client_id": grant.client_id, "secret_hash": digest(grant.client_secret), "now": now}
        found = (await session.execute(_BY_SECRET, given)).one_or_none()
        if found is None or not is_within(address, found.allowed_networks):
            await throttle.count_in(session, _attempt(entrance.key, grant.client_id, address), now)
            raise Refusal(Code.CLIENT_REFUSED, keep=True)
        asked_for = None if grant.scope is None else frozenset(grant.scope.split(" "))
        # What waits for consent may be asked for: it gives nothing until there is consent.
        if asked_for is not None and not asked_for <= counting(found.scopes, consented=True, asked_for=None):
            raise Refusal(Code.SCOPE_NOT_GRANTED, "/scope")
        await _mark_used(session, found.credential_id, found.last_used_at, now)
    scopes = counting(found.scopes, consented=found.consented_at is not None, asked_for=asked_for)
    token = entrance.key.issue_for_client(found.id, found.credential_id, now, asked_for)
    return ClientGranted(token, tuple(scope for scope in Scope if scope in scopes))


async def _mark_used(session: AsyncSession, credential_id: UUID, last_used_at: datetime | None, now: datetime) -> None:
    """Once an hour is enough to see whether a secret is still in use, and holds nobody up."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if last_used_at is None or last_used_at < hour:
        await session.execute(_MARK_USED, {"credential_id": credential_id, "hour": hour})


def _attempt(key: TokenKey, client_id: UUID, address: str) -> Attempt:
    """Counted apart from people's: a program with an old secret must not keep the people behind its address out."""
    place = key.pseudonym("client address", address_hash(key, address).hex())
    return Attempt(key.pseudonym("client", str(client_id)), place, None, known_device=False)
