"""Guessing is slowed down, in such a way that nobody can lock another out.

An attempt is counted before the password is looked at and taken back when it was right, so that a thousand guesses
sent at once are not a thousand free guesses. Passwords, one-time codes, links and requests for a new password are
counted each by themselves here, ways to identity providers in provider_attempts.py. Accounts and places are keyed
hashes; nothing personal is stored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import UtcDateTime, enum_type
from app.models.sign_in import AttemptKind, SignIn, SignInFailure
from app.services.errors import Code, Refusal
from app.services.places import Place, address_hash, known_device
from app.services.tokens import TokenKey

WINDOW = timedelta(minutes=15)
PER_PAIR = 10
PER_PLACE = 100
PER_ACCOUNT = 100
SWEPT_AT_ONCE = 100


@dataclass(frozen=True)
class Limit:
    """So many attempts within so long, and the next is one too many."""

    count: int
    window: timedelta


@dataclass(frozen=True)
class Limits:
    """How many attempts of one kind are too many."""

    pair: Limit
    """On one account from one place: asked of everyone."""
    place: Limit
    """From one place on all accounts."""
    account: Limit
    """On one account from all places. Like `place`, asked only where nobody has signed in to the account before."""
    everywhere: bool = False
    """`account` is asked also where somebody has: what is refused then does no harm."""

    @property
    def longest(self) -> timedelta:
        return max(self.pair.window, self.place.window, self.account.window)


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = {
    AttemptKind.PASSWORD: Limits(Limit(PER_PAIR, WINDOW), Limit(PER_PLACE, WINDOW), Limit(PER_ACCOUNT, WINDOW)),
    # Of a million codes three are right at a time: a hundred tries in a quarter of an hour would find one in a month.
    # Only somebody who has the password gets so far, so a day's wait, and that only elsewhere, is no weapon.
    AttemptKind.ONE_TIME_CODE: Limits(Limit(PER_PAIR, WINDOW), Limit(PER_PLACE, WINDOW), Limit(30, _DAY)),
    # Each may send a mail to somebody who has not asked for it. Whenever one is not sent, another was sent within the
    # hour that its link is good for, so that nobody can keep the person from getting one.
    AttemptKind.PASSWORD_RESET: Limits(
        Limit(5, _HOUR), Limit(50, _HOUR), Limit(1, timedelta(minutes=10)), everywhere=True
    ),
    # Nobody guesses 256 random bits; what is spared is the machine. Each link is an account of its own.
    AttemptKind.LINK: Limits(Limit(PER_PAIR, WINDOW), Limit(PER_PLACE, WINDOW), Limit(PER_ACCOUNT, WINDOW)),
    # Nobody is mailed more than once in an hour (services/interest_mail.py); here the machine is spared. For one
    # address as many are taken as from everybody together: fewer, and a few places could keep its contact unheard.
    AttemptKind.INTEREST: Limits(Limit(5, _HOUR), Limit(30, _HOUR), Limit(500, _HOUR), everywhere=True),
}

_KIND = col(SignInFailure.kind) == sa.bindparam("kind", type_=enum_type(AttemptKind))
_ACCOUNT = sa.and_(_KIND, col(SignInFailure.account_hash) == sa.bindparam("account", type_=sa.LargeBinary))
_PLACE = sa.and_(_KIND, col(SignInFailure.address_hash) == sa.bindparam("place", type_=sa.LargeBinary))
_OF_PAIR = sa.and_(_ACCOUNT, _PLACE)


def _last_but(name: str, where: sa.ColumnElement[bool]) -> sa.ScalarSelect[datetime]:
    """When the latest failure but so many was: younger than the window, it is one too many."""
    return (
        sa.select(col(SignInFailure.failed_at))
        .where(where)
        .order_by(col(SignInFailure.failed_at).desc())
        .offset(sa.bindparam(name, type_=sa.Integer))
        .limit(1)
        .scalar_subquery()
    )


# A place that has signed in to the account is not asked about other places' failures, nor about other accounts'.
_USUAL = sa.exists().where(
    col(SignIn.person_id) == sa.bindparam("person_id", type_=sa.Uuid),
    col(SignIn.address_hash) == sa.bindparam("place", type_=sa.LargeBinary),
)
_STANDING = sa.select(
    _USUAL.label("usual"),
    _last_but("pair_limit", _OF_PAIR).label("pair"),
    _last_but("place_limit", _PLACE).label("place"),
    _last_but("account_limit", _ACCOUNT).label("account"),
)
_AT_PLACE = sa.select(_last_but("place_limit", _PLACE))
_OLDEST = (
    sa.select(col(SignInFailure.id))
    .where(_KIND, col(SignInFailure.failed_at) < sa.bindparam("before", type_=UtcDateTime))
    .order_by(col(SignInFailure.failed_at))
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP = sa.delete(SignInFailure).where(col(SignInFailure.id).in_(_OLDEST))
_OF_ACCOUNTS = sa.delete(SignInFailure).where(
    col(SignInFailure.account_hash).in_(sa.bindparam("accounts", expanding=True, type_=sa.LargeBinary))
)
_COUNTED = (
    sa.select(sa.func.count())
    .select_from(SignInFailure)
    .where(_ACCOUNT, col(SignInFailure.failed_at) > sa.bindparam("since", type_=UtcDateTime))
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


@dataclass(frozen=True)
class Wait:
    """For how long there were too many attempts; zero where there were not."""

    place: timedelta
    """From the place, on whatever account: it tells nothing of any."""
    account: timedelta
    """On the account, from this place or from all."""
    usual: bool
    """Whether the account has been signed in to from there before."""


def attempt_of(key: TokenKey, person_id: UUID | None, username: str, place: Place) -> Attempt:
    """Every spelling of an address that finds the account counts as the account."""
    account = _of_person(key, person_id) if person_id else _of_name(key, username)
    device = known_device(key, person_id, place.device) if person_id and place.device else None
    return Attempt(account, device or address_hash(key, place.address), person_id, known_device=device is not None)


def _of_person(key: TokenKey, person_id: UUID) -> bytes:
    return key.pseudonym("person", str(person_id))


def _of_name(key: TokenKey, username: str) -> bytes:
    return key.pseudonym("name", username.lower())


async def count_in(
    session: AsyncSession, attempt: Attempt, now: datetime, kind: AttemptKind = AttemptKind.PASSWORD
) -> None:
    """Count the attempt, or refuse it when there were too many. A refused one is not counted: waiting helps."""
    found = await wait(session, attempt, now, kind)
    if longest := found.account if found.usual else max(found.place, found.account):
        raise too_many(longest)
    await count(session, attempt, now, kind)


async def wait_at(
    session: AsyncSession, attempt: Attempt, now: datetime, kind: AttemptKind, most: int, window: timedelta
) -> timedelta:
    """How long the place has to wait, whatever the account: zero where fewer than `most` are counted in the window."""
    await _begin(session, attempt, kind, now - window)
    given = {"kind": kind, "place": attempt.place_hash, "place_limit": most - 1}
    moment = (await session.execute(_AT_PLACE, given)).scalar_one()
    return _left(moment, Limit(most, window), now)


async def wait(session: AsyncSession, attempt: Attempt, now: datetime, kind: AttemptKind) -> Wait:
    """How long the attempt has to wait; until the transaction ends no other on the account or from the place is judged.

    What is too old to count goes on the way.
    """
    limits = LIMITS[kind]
    await _begin(session, attempt, kind, now - limits.longest)
    given = {
        "kind": kind,
        "account": attempt.account_hash,
        "place": attempt.place_hash,
        "person_id": attempt.person_id,
        "pair_limit": limits.pair.count - 1,
        "place_limit": limits.place.count - 1,
        "account_limit": limits.account.count - 1,
    }
    standing = (await session.execute(_STANDING, given)).one()
    pair = _left(standing.pair, limits.pair, now)
    usual = attempt.known_device or standing.usual
    account = pair if usual and not limits.everywhere else max(pair, _left(standing.account, limits.account, now))
    return Wait(_left(standing.place, limits.place, now), account, usual)


async def count(session: AsyncSession, attempt: Attempt, now: datetime, kind: AttemptKind) -> None:
    session.add(
        SignInFailure(account_hash=attempt.account_hash, address_hash=attempt.place_hash, failed_at=now, kind=kind)
    )
    await session.flush()


async def counted(session: AsyncSession, attempt: Attempt, since: datetime, kind: AttemptKind) -> int:
    """How many attempts on the account there were, from wherever."""
    found = await session.execute(_COUNTED, {"kind": kind, "account": attempt.account_hash, "since": since})
    return int(found.scalar_one())


def too_many(longest: timedelta) -> Refusal:
    return Refusal(Code.TOO_MANY_ATTEMPTS, retry_after=int(longest.total_seconds()) + 1)


async def forget(session: AsyncSession, attempt: Attempt, kind: AttemptKind = AttemptKind.PASSWORD) -> None:
    """The right password or code clears what was counted for the same account and place."""
    await session.execute(_FORGET, {"kind": kind, "account": attempt.account_hash, "place": attempt.place_hash})


async def forget_account(session: AsyncSession, key: TokenKey, person_id: UUID, username: str) -> None:
    """Of whoever is erased nothing stays counted, also not what was tried before there was an account."""
    accounts = [_of_person(key, person_id), _of_name(key, username)]
    await session.execute(_OF_ACCOUNTS, {"accounts": accounts})


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Delete some of what is too old to count, also when nobody tries anything. Says whether there may be more."""
    full = False
    for kind in AttemptKind:
        # Ways to a provider are counted by place alone, in the usual window.
        longest = LIMITS[kind].longest if kind in LIMITS else WINDOW
        older = {"kind": kind, "before": now - longest}
        gone = await session.execute(_SWEEP.returning(col(SignInFailure.id)), older)
        full |= len(gone.all()) == SWEPT_AT_ONCE
    return full


async def _begin(session: AsyncSession, attempt: Attempt, kind: AttemptKind, too_old: datetime) -> None:
    """Attempts on one account or from one place pass here one by one, always in the same order."""
    await session.execute(_SWEEP, {"kind": kind, "before": too_old})
    for key in sorted({_lock_number(attempt.account_hash), _lock_number(attempt.place_hash)}):
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _left(moment: datetime | None, limit: Limit, now: datetime) -> timedelta:
    return max(moment + limit.window - now, timedelta()) if moment is not None else timedelta()


def _lock_number(key: bytes) -> int:
    return int.from_bytes(key[:8], "big", signed=True)
