"""What people see of their own sign-ins, and how they end them from somewhere else."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import UtcDateTime
from app.models.sign_in import (
    FAMILY_AT_MOST,
    IDLE_AT_MOST,
    SignIn,
    SignInEnd,
    SignInRead,
    SignInState,
    SignOutCreate,
    SignOutScope,
    expiry,
    sign_in_state,
)
from app.services import audit, policy
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.sign_ins import end
from app.services.work import Work, admit, find, shown, store

# Ids are uuid7: their order is the order of time. The latest first: that is what one looks for.
SORTS: dict[str, Columns] = {"startedAt": (col(SignIn.id),)}

_ITEMS = sa.select(
    col(SignIn.id),
    col(SignIn.started_at),
    col(SignIn.last_used_at),
    col(SignIn.method),
    col(SignIn.ended_at),
    col(SignIn.end),
).where(policy.visible(SignIn))
_LASTS = sa.and_(
    col(SignIn.started_at) > sa.bindparam("begun_after", type_=UtcDateTime),
    col(SignIn.last_used_at) > sa.bindparam("used_after", type_=UtcDateTime),
)
_IN_STATE = {
    SignInState.ACTIVE: _ITEMS.where(col(SignIn.ended_at).is_(None), _LASTS),
    SignInState.EXPIRED: _ITEMS.where(col(SignIn.ended_at).is_(None), sa.not_(_LASTS)),
    SignInState.ENDED: _ITEMS.where(col(SignIn.ended_at).is_not(None)),
}


async def list_sign_ins(work: Work, request: PageRequest, state: SignInState | None) -> Listed:
    policy.require(work.actor, "list_sign_ins")
    query = _ITEMS if state is None else _IN_STATE[state]
    since = {"begun_after": work.now - FAMILY_AT_MOST, "used_after": work.now - IDLE_AT_MOST}
    found = await page(work, query, SORTS, request, **since)
    for row in found.rows:
        row |= _beside(work, row["id"], row["started_at"], row["last_used_at"], row["ended_at"])
    return found


async def read(work: Work, sign_in_id: UUID) -> SignInRead:
    return _shown(work, await find(work, SignIn, sign_in_id))


async def end_sign_in(work: Work, sign_in_id: UUID, version: int) -> None:
    """End one of one's sign-ins, the present one or another."""
    sign_in = await admit(work, "end_sign_in", SignIn, sign_in_id, version)
    await _end(work, "end_sign_in", col(SignIn.id) == sign_in.id)


async def sign_out(work: Work, data: SignOutCreate) -> SignInRead:
    """End one's sign-ins everywhere, with or without the present one; what has become of that."""
    policy.require(work.actor, "create_sign_out")
    own = col(SignIn.person_id) == work.actor.person_id
    others = col(SignIn.id) != work.actor.sign_in_id
    await _end(work, "create_sign_out", own if data.of is SignOutScope.ALL else sa.and_(own, others))
    return await read(work, work.actor.sign_in_id)


async def _end(work: Work, operation: str, which: sa.ColumnElement[bool]) -> None:
    for sign_in in await end(work.session, which, SignInEnd.SIGNED_OUT, work.now):
        work.session.add(audit.entry(work.actor, operation, sign_in, work.now, sign_in.version - 1, None))
    await store(work.session)


def _shown(work: Work, sign_in: SignIn) -> SignInRead:
    beside = _beside(work, sign_in.id, sign_in.started_at, sign_in.last_used_at, sign_in.ended_at)
    return shown(work, SignInRead, sign_in, **beside)


def _beside(
    work: Work, sign_in_id: UUID, started_at: datetime, last_used_at: datetime, ended_at: datetime | None
) -> dict[str, Any]:
    """What is not stored: it depends on who asks, and when."""
    return {
        "current": sign_in_id == work.actor.sign_in_id,
        "state": sign_in_state(started_at, last_used_at, ended_at, work.now),
        "expires_at": expiry(started_at, last_used_at),
    }
