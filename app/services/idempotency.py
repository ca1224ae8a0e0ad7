"""Idempotency-Key: the same actor and key make one row, however often the request arrives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from app.models.idempotency_key import IdempotencyKey
from app.models.service_client import ServiceClientIdempotencyKey
from app.services.errors import Code, Refusal
from app.services.work import Work


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


MadeT = TypeVar("MadeT", bound=Identified)


@dataclass(frozen=True)
class RequestKey:
    """The client's key, and a keyed hash over operation, path and body."""

    key: str
    request_hash: bytes


async def was_done(work: Work, key: RequestKey | None) -> bool:
    """Whether the same request was carried out before under this key."""
    if key is None:
        return False
    own = (col(IdempotencyKey.person_id) == work.actor.person_id, col(IdempotencyKey.key) == key.key)
    earlier = (await work.session.execute(sa.select(IdempotencyKey).where(*own))).scalar_one_or_none()
    return earlier is not None and earlier.request_hash == key.request_hash and earlier.row_id is not None


async def once(
    work: Work,
    key: RequestKey | None,
    make: Callable[[], Awaitable[MadeT]],
    again: Callable[[UUID], Awaitable[MadeT]],
) -> MadeT:
    """`make()` the first time, `again(id)` every later time; the same key on another request is refused.

    The key's row is inserted first: a second request with the same key waits for the first one's outcome.
    """
    if key is None:
        return await make()
    kept, owner = _kept_for(work)
    inserted = await work.session.execute(
        insert(kept)
        .values(**owner, key=key.key, request_hash=key.request_hash, created_at=work.now)
        .on_conflict_do_nothing()
        .returning(col(kept.key))
    )
    own = [getattr(kept, name) == value for name, value in (owner | {"key": key.key}).items()]
    if inserted.first() is None:
        earlier = (await work.session.execute(sa.select(kept).where(*own))).scalar_one()
        if earlier.request_hash != key.request_hash or earlier.row_id is None:
            raise Refusal(Code.IDEMPOTENCY_KEY_REUSED)
        return await again(earlier.row_id)
    made = await make()
    await work.session.execute(sa.update(kept).where(*own).values(row_id=made.id))
    return made


def _kept_for(work: Work) -> tuple[Any, dict[str, UUID | None]]:
    """Where the keys of people, and those of service clients, are kept; and whose this one is."""
    if work.actor.service_client_id is None:
        return IdempotencyKey, {"person_id": work.actor.person_id}
    return ServiceClientIdempotencyKey, {"service_client_id": work.actor.service_client_id}
