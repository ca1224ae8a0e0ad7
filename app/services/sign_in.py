"""Signing in, renewing and signing out: families of refresh tokens, and whose they are."""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import UtcDateTime
from app.models.person import Person
from app.models.sign_in import Credential, PasswordGrant, RefreshToken, SignIn, SignInEnd
from app.services import passwords, throttle
from app.services.errors import Code, Refusal
from app.services.throttle import Attempt
from app.services.tokens import Claims, ClientClaims, TokenKey

IDLE_AT_MOST = timedelta(days=14)
FAMILY_AT_MOST = timedelta(days=60)
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
class Place:
    """Where a request comes from: its address and, from a browser that has signed in before, what it was given."""

    address: str
    device: str | None = None


@dataclass(frozen=True)
class Granted:
    """What a client is given. The tokens are nowhere else in clear text."""

    access_token: str
    refresh_token: str
    refresh_seconds: int
    device: str | None = None


_ACCOUNT = (
    sa.select(col(Person.id), col(Person.active), col(Credential.password_hash), col(Credential.changed_at))
    .outerjoin(Credential, col(Credential.person_id) == col(Person.id))
    .where(sa.func.lower(col(Person.email)) == sa.func.lower(sa.bindparam("email", type_=sa.Text)))
)
_STILL = (
    sa.select(Credential)
    .join(Person, col(Credential.person_id) == col(Person.id))
    .where(
        col(Person.id) == sa.bindparam("person_id", type_=sa.Uuid),
        col(Person.active),
        # Not the hash: another sign-in may just have renewed it for the same password.
        col(Credential.changed_at) == sa.bindparam("changed_at", type_=UtcDateTime),
    )
    .with_for_update(of=(Credential, Person))
)


async def by_password(entrance: Entrance, grant: PasswordGrant, place: Place) -> Granted:
    """A new family. Unknown, inactive and known people take the same steps and meet the same refusal."""
    now = entrance.clock()
    async with entrance.write() as session:
        account = (await session.execute(_ACCOUNT, {"email": grant.username})).one_or_none()
        attempt = _attempt(entrance.key, account.id if account else None, grant.username, place)
        await throttle.count_in(session, attempt, now)
    known_hash = account.password_hash if account and account.active else None
    right, renewed_hash = await passwords.verify(grant.password, known_hash)
    if account is None or not right:
        raise Refusal(Code.CREDENTIALS_REFUSED)
    async with entrance.write() as session:
        # Meanwhile the password may have been changed or the person made inactive; whoever changes it waits here.
        still = {"person_id": account.id, "changed_at": account.changed_at}
        credential = (await session.execute(_STILL, still)).scalar_one_or_none()
        if credential is None:
            raise Refusal(Code.CREDENTIALS_REFUSED)
        if renewed_hash is not None:
            credential.password_hash = renewed_hash
        await throttle.forget(session, attempt)
        await _remove_expired(session, col(SignIn.person_id) == account.id, now)
        address_hash = _address_hash(entrance.key, place.address)
        sign_in = SignIn(person_id=account.id, address_hash=address_hash, started_at=now)
        session.add(sign_in)
        await session.flush()
        refresh_token, seconds = await _add_token(session, sign_in, now)
    device = place.device if attempt.known_device else _new_device(entrance.key, account.id)
    return Granted(_access(entrance.key, sign_in, now), refresh_token, seconds, device)


async def renew(entrance: Entrance, refresh_token: str) -> Granted:
    """A new access token, and the next refresh token of the family. An old one ends the family."""
    now = entrance.clock()
    token_hash = digest(refresh_token)
    async with entrance.write() as session:
        sign_in = (await session.execute(_FAMILY, {"token_hash": token_hash})).scalar_one_or_none()
        # Read after the family's lock is held: another use may just have finished.
        token = await session.get(RefreshToken, token_hash)
        if sign_in is None or token is None:
            raise Refusal(Code.REFRESH_TOKEN_REFUSED)
        if token.used_at is not None:
            if now < token.used_at:
                # Sent before the other use was over: two tabs, not a thief. It gains nothing and ends nothing.
                raise Refusal(Code.REFRESH_TOKEN_REFUSED)
            await end(session, col(SignIn.id) == sign_in.id, SignInEnd.TOKEN_REUSED, now)
            raise Refusal(Code.REFRESH_TOKEN_REFUSED, keep=True)
        active = (await session.execute(_ACTIVE, {"person_id": sign_in.person_id})).scalar_one()
        if token.expires_at <= now or not active:
            raise Refusal(Code.REFRESH_TOKEN_REFUSED)
        token.used_at = entrance.clock()
        await _remove_expired(session, col(SignIn.id) == sign_in.id, now)
        next_token, seconds = await _add_token(session, sign_in, now)
    return Granted(_access(entrance.key, sign_in, now), next_token, seconds)


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


async def end(session: AsyncSession, which: sa.ColumnElement[bool], reason: SignInEnd, now: datetime) -> None:
    """End sign-ins. Their refresh tokens go, and `actors.load` lets no access token of theirs in any more."""
    ended = await session.execute(
        sa.update(SignIn)
        .where(which, col(SignIn.ended_at).is_(None))
        .values(ended_at=now, end=reason)
        .returning(col(SignIn.id))
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        sa.delete(RefreshToken)
        .where(col(RefreshToken.sign_in_id).in_(ended.scalars().all()))
        .execution_options(synchronize_session=False)
    )


def digest(token: str) -> bytes:
    """How an opaque token of 256 random bits is kept: it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


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


async def _add_token(session: AsyncSession, sign_in: SignIn, now: datetime) -> tuple[str, int]:
    """The next refresh token and the seconds it is good for: two weeks, but never past the family's end."""
    token = new_token()
    expires_at = min(now + IDLE_AT_MOST, sign_in.started_at + FAMILY_AT_MOST)
    session.add(RefreshToken(token_hash=digest(token), sign_in_id=sign_in.id, expires_at=expires_at))
    await session.flush()
    return token, int((expires_at - now).total_seconds())


async def _remove_expired(session: AsyncSession, families: sa.ColumnElement[bool], now: datetime) -> None:
    await session.execute(
        sa.delete(RefreshToken)
        .where(
            col(RefreshToken.sign_in_id).in_(sa.select(col(SignIn.id)).where(families)),
            col(RefreshToken.expires_at) <= now,
        )
        .execution_options(synchronize_session=False)
    )


def _access(key: TokenKey, sign_in: SignIn, now: datetime) -> str:
    return key.issue(sign_in.person_id, sign_in.id, now)


# --- Places ------------------------------------------------------------------------------------------------


def _attempt(key: TokenKey, person_id: UUID | None, username: str, place: Place) -> Attempt:
    """Every spelling of an address that finds the account counts as the account."""
    account = key.pseudonym("person", str(person_id)) if person_id else key.pseudonym("name", username.lower())
    device = _known_device(key, person_id, place.device) if person_id and place.device else None
    return Attempt(account, device or _address_hash(key, place.address), person_id, known_device=device is not None)


def _address_hash(key: TokenKey, address: str) -> bytes:
    """One IPv6 household has 2^64 addresses; they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return key.pseudonym("address", address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return key.pseudonym("address", str(ipaddress.ip_network((int(parsed), 64), strict=False)))
        parsed = parsed.ipv4_mapped
    return key.pseudonym("address", str(parsed))


def _new_device(key: TokenKey, person_id: UUID) -> str:
    """What a browser shows next time to be counted by itself, whoever else shares its address."""
    name = secrets.token_hex(16)
    return f"{name}.{_device_hash(key, person_id, name).hex()}"


def _device_hash(key: TokenKey, person_id: UUID, name: str) -> bytes:
    return key.pseudonym("device", f"{person_id} {name}")


def _known_device(key: TokenKey, person_id: UUID, device: str) -> bytes | None:
    name, _, proof = device.partition(".")
    expected = _device_hash(key, person_id, name)
    return expected if hmac.compare_digest(proof.encode(), expected.hex().encode()) else None
