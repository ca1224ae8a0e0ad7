"""Guessing is slowed down, in such a way that nobody can lock another out.

An attempt is counted before the password is looked at and taken back when it was right, so that a thousand guesses
sent at once are not a thousand free guesses. Accounts and places are keyed hashes; nothing personal is stored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.sign_in import SignIn, SignInFailure
from app.services.errors import Code, Refusal

WINDOW = timedelta(minutes=15)
PER_PAIR = 10
PER_PLACE = 100
PER_ACCOUNT = 100
SWEPT_AT_ONCE = 100

_ACCOUNT = col(SignInFailure.account_hash) == sa.bindparam("account", type_=sa.LargeBinary)
_PLACE = col(SignInFailure.address_hash) == sa.bindparam("place", type_=sa.LargeBinary)
_OF_PAIR = sa.and_(_ACCOUNT, _PLACE)


def _last_but(count: int, where: sa.ColumnElement[bool]) -> sa.Select[datetime]:
    """When the `count`th latest failure was: younger than the window, it is one too many."""
    return (
        sa.select(col(SignInFailure.failed_at))
        .where(where)
        .order_by(col(SignInFailure.failed_at).desc())
        .offset(count - 1)
        .limit(1)
    )


# A place that has signed in to the account is not asked about other places' failures, nor about other accounts'.
_USUAL = sa.exists().where(
    col(SignIn.person_id) == sa.bindparam("person_id", type_=sa.Uuid),
    col(SignIn.address_hash) == sa.bindparam("place", type_=sa.LargeBinary),
)
_STANDING = sa.select(
    _USUAL.label("usual"),
    _last_but(PER_PAIR, _OF_PAIR).scalar_subquery().label("pair"),
    _last_but(PER_PLACE, _PLACE).scalar_subquery().label("place"),
    _last_but(PER_ACCOUNT, _ACCOUNT).scalar_subquery().label("account"),
)
# Ids are in order of time, so the oldest rows are the first of the primary key.
_OLDEST = (
    sa.select(col(SignInFailure.id))
    .order_by(col(SignInFailure.id))
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP = sa.delete(SignInFailure).where(
    col(SignInFailure.id).in_(_OLDEST), col(SignInFailure.failed_at) < sa.bindparam("before")
)
_FORGET = sa.delete(SignInFailure).where(_OF_PAIR)


@dataclass(frozen=True)
class Attempt:
    """Who tries to sign in to which account from where; the hashes are keyed."""

    account_hash: bytes
    place_hash: bytes
    person_id: UUID | None
    """None when there is no such account."""
    known_device: bool
    """The place is a browser that has signed in to this account and can show it."""


async def count_in(session: AsyncSession, attempt: Attempt, now: datetime) -> None:
    """Count the attempt, or refuse it when there were too many. A refused one is not counted: waiting helps."""
    await session.execute(_SWEEP, {"before": now - WINDOW})
    # Attempts on one account or from one place pass here one by one, always in the same order.
    for key in sorted({_lock_number(attempt.account_hash), _lock_number(attempt.place_hash)}):
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
    standing = (
        await session.execute(
            _STANDING,
            {"account": attempt.account_hash, "place": attempt.place_hash, "person_id": attempt.person_id},
        )
    ).one()
    limits = (
        [standing.pair] if attempt.known_device or standing.usual else [standing.pair, standing.place, standing.account]
    )
    waits = [moment + WINDOW - now for moment in limits if moment is not None and moment + WINDOW > now]
    if waits:
        raise Refusal(Code.TOO_MANY_ATTEMPTS, retry_after=int(max(waits).total_seconds()) + 1)
    session.add(SignInFailure(account_hash=attempt.account_hash, address_hash=attempt.place_hash, failed_at=now))
    await session.flush()


async def forget(session: AsyncSession, attempt: Attempt) -> None:
    """The right password clears what was counted for the same account and place."""
    await session.execute(_FORGET, {"account": attempt.account_hash, "place": attempt.place_hash})


def _lock_number(key: bytes) -> int:
    return int.from_bytes(key[:8], "big", signed=True)
