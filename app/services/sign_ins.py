"""Sign-ins: families of refresh tokens, how they begin, go on and end."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.mandate import Mandate, valid_on
from app.models.party import Party, PartyState
from app.models.person import Person
from app.models.sign_in import RefreshToken, SignIn, SignInEnd, SignInMethod, expiry
from app.services.calendar import swedish_day
from app.services.errors import Code, Refusal
from app.services.places import Place, address_hash, holder_hash, known_device, new_device, renewed_device
from app.services.spelling import base64url
from app.services.tokens import Claims, ClientClaims, TokenKey

RETRY_WITHIN = timedelta(seconds=10)
TOKEN_BYTES = 32

Opener = Callable[[], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True)
class Entrance:
    """What signing in needs before there is an actor.

    Hashing a password takes longer than everything else together, so it is done between two transactions: a
    connection held meanwhile would let forty sign-ins keep everybody else waiting.
    """

    read: Opener
    write: Opener
    key: TokenKey
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Granted:
    """What a client is given. The tokens are nowhere else in clear text."""

    access_token: str
    refresh_token: str
    refresh_seconds: int
    device: str | None = None


async def begin(
    session: AsyncSession, key: TokenKey, person_id: UUID, place: Place, how: SignInMethod, now: datetime
) -> Granted:
    """A new family for a person of whom is known that they are who they say, by whatever method.

    The caller holds the person's row and has seen that they are active; whoever makes them inactive waits.
    """
    await _remove_expired(session, col(SignIn.person_id) == person_id, now)
    sign_in = SignIn(
        person_id=person_id,
        address_hash=address_hash(key, place.address),
        method=how,
        started_at=now,
        last_used_at=now,
        mandate_ids=await _mandates(session, person_id, now),
    )
    session.add(sign_in)
    await session.flush()
    token = new_token()
    expires_at = _keep_token(session, sign_in, token, now)
    await session.flush()
    known = place.device is not None and known_device(key, person_id, place.device) is not None
    device = renewed_device(key, person_id, place.device) if known and place.device else new_device(key, person_id)
    return _granted(key, sign_in, token, expires_at, now, device)


async def renew(entrance: Entrance, refresh_token: str, place: Place) -> Granted:
    """A new access token, and the next refresh token of the family.

    Whoever used a token and lost the answer may use it again within ten seconds and is given the same next one.
    Any other second use ends the family: one of the two is a thief.
    """
    now = entrance.clock()
    token_hash = digest(refresh_token)
    async with entrance.write() as session:
        sign_in = (await session.execute(_FAMILY, {"token_hash": token_hash})).scalar_one_or_none()
        # Read after the family's lock is held: another use may just have finished.
        token = await session.get(RefreshToken, token_hash)
        if sign_in is None or token is None:
            raise Refusal(Code.REFRESH_TOKEN_REFUSED)
        holder = holder_hash(entrance.key, sign_in.person_id, place)
        if token.used_at is not None and not (token.seed is not None and may_retry(token, holder, now)):
            await _end_and_refuse(session, sign_in, SignInEnd.TOKEN_REUSED, now)
        active = (await session.execute(_ACTIVE, {"person_id": sign_in.person_id})).scalar_one()
        if token.expires_at <= now or not active:
            raise Refusal(Code.REFRESH_TOKEN_REFUSED)
        mandates = await _mandates(session, sign_in.person_id, now)
        if not set(sign_in.mandate_ids) <= set(mandates):
            await _end_and_refuse(session, sign_in, SignInEnd.MANDATE_ENDED, now)
        if token.seed is not None:
            # The answer was lost. What it said is said again, to the token's own holder.
            again = next_of(refresh_token, token.seed)
            return _granted(entrance.key, sign_in, again, expiry(sign_in.started_at, sign_in.last_used_at), now)
        await _remove_expired(session, col(SignIn.id) == sign_in.id, now)
        await _forget_seeds(session, sign_in)
        token.used_at, token.used_by, token.seed = entrance.clock(), holder, secrets.token_bytes(TOKEN_BYTES)
        sign_in.last_used_at, sign_in.mandate_ids = now, mandates
        next_token = next_of(refresh_token, token.seed)
        expires_at = _keep_token(session, sign_in, next_token, now)
        await session.flush()
    return _granted(entrance.key, sign_in, next_token, expires_at, now)


async def sign_out(entrance: Entrance, claims: Claims | ClientClaims | None, refresh_token: str | None) -> None:
    """End the families of the tokens, at once; tokens that mean nothing are no reason to refuse."""
    # A service client has signed in nowhere.
    families = [col(SignIn.id) == claims.sign_in_id] if isinstance(claims, Claims) else []
    if refresh_token is not None:
        family = sa.select(col(RefreshToken.sign_in_id)).where(col(RefreshToken.token_hash) == digest(refresh_token))
        families.append(col(SignIn.id).in_(family))
    if families:
        async with entrance.write() as session:
            await end(session, sa.or_(*families), SignInEnd.SIGNED_OUT, entrance.clock())


async def end(
    session: AsyncSession, which: sa.ColumnElement[bool], reason: SignInEnd, now: datetime
) -> Sequence[SignIn]:
    """End sign-ins; those that had not ended before. Their refresh tokens go, and `actors.load` lets no access token
    of theirs in any more."""
    # Always in the same order: two who end the same ones wait for each other, and not crosswise.
    living = sa.select(SignIn).where(which, col(SignIn.ended_at).is_(None)).order_by(col(SignIn.id)).with_for_update()
    found = await session.execute(living.execution_options(populate_existing=True))
    sign_ins = found.scalars().all()
    for sign_in in sign_ins:
        sign_in.ended_at, sign_in.end, sign_in.version = now, reason, sign_in.version + 1
    await session.flush()
    await session.execute(
        sa.delete(RefreshToken)
        .where(col(RefreshToken.sign_in_id).in_([sign_in.id for sign_in in sign_ins]))
        .execution_options(synchronize_session=False)
    )
    return sign_ins


def digest(token: str) -> bytes:
    """How an opaque token of 256 random bits is kept: it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def next_of(token: str, seed: bytes) -> str:
    """The token after this one. It takes both to tell it: the seed is in the database alone, the token never is."""
    return base64url(hmac.digest(token.encode(), seed, "sha256"))


def may_retry(token: RefreshToken, holder: bytes, now: datetime) -> bool:
    """Whether a second use can be the first one's retry: the same holder, and soon enough."""
    if token.used_at is None or token.used_by is None:
        return False
    return hmac.compare_digest(token.used_by, holder) and now - token.used_at <= RETRY_WITHIN


# --- Parts -----------------------------------------------------------------------------------------------

_FAMILY = (
    sa.select(SignIn)
    .where(
        col(SignIn.id)
        == sa.select(col(RefreshToken.sign_in_id))
        .where(col(RefreshToken.token_hash) == sa.bindparam("token_hash", type_=sa.LargeBinary))
        .scalar_subquery(),
        col(SignIn.ended_at).is_(None),
    )
    .with_for_update()
)
_ACTIVE = sa.select(col(Person.active)).where(col(Person.id) == sa.bindparam("person_id", type_=sa.Uuid))
_MANDATES = (
    sa.select(col(Mandate.id))
    .join(Party, col(Party.id) == col(Mandate.party_id))
    .where(
        col(Mandate.person_id) == sa.bindparam("person_id", type_=sa.Uuid),
        valid_on(sa.bindparam("today", type_=sa.Date)),
        col(Party.state) == PartyState.ACTIVE,
    )
    .order_by(col(Mandate.id))
)


async def _mandates(session: AsyncSession, person_id: UUID, now: datetime) -> list[UUID]:
    """The mandates that count today."""
    found = await session.execute(_MANDATES, {"person_id": person_id, "today": swedish_day(now)})
    return list(found.scalars())


async def _end_and_refuse(session: AsyncSession, sign_in: SignIn, reason: SignInEnd, now: datetime) -> NoReturn:
    await end(session, col(SignIn.id) == sign_in.id, reason, now)
    raise Refusal(Code.REFRESH_TOKEN_REFUSED, keep=True)


async def _forget_seeds(session: AsyncSession, sign_in: SignIn) -> None:
    """The successor is in use, so its predecessor is retried no more."""
    await session.execute(
        sa.update(RefreshToken)
        .where(col(RefreshToken.sign_in_id) == sign_in.id, col(RefreshToken.seed).is_not(None))
        .values(seed=None)
        .execution_options(synchronize_session=False)
    )


def _keep_token(session: AsyncSession, sign_in: SignIn, token: str, now: datetime) -> datetime:
    """Keep the hash of the family's next token; when that expires."""
    expires_at = expiry(sign_in.started_at, now)
    session.add(RefreshToken(token_hash=digest(token), sign_in_id=sign_in.id, expires_at=expires_at))
    return expires_at


async def _remove_expired(session: AsyncSession, families: sa.ColumnElement[bool], now: datetime) -> None:
    await session.execute(
        sa.delete(RefreshToken)
        .where(
            col(RefreshToken.sign_in_id).in_(sa.select(col(SignIn.id)).where(families)),
            col(RefreshToken.expires_at) <= now,
        )
        .execution_options(synchronize_session=False)
    )


def _granted(
    key: TokenKey, sign_in: SignIn, token: str, expires_at: datetime, now: datetime, device: str | None = None
) -> Granted:
    access_token = key.issue(sign_in.person_id, sign_in.id, now)
    return Granted(access_token, token, int((expires_at - now).total_seconds()), device)
