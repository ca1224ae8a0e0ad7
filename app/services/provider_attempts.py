"""Ways to identity providers are counted by place, before anybody knows whose they are.

A way counts from when it is asked for until it has led in. So what a place has under way and what came to nothing are
bounded, and nobody who gets in is counted. Nobody can shut others out: a browser in which somebody has signed in is
counted by itself, and an address from which somebody has may have many more ways than one that is strange.
"""

from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import UtcDateTime
from app.models.sign_in import FAMILY_AT_MOST, AttemptKind, SignIn, SignInFailure
from app.services import throttle
from app.services.places import Place, address_hash, known_browser
from app.services.provider_turns import Caller, Share
from app.services.throttle import WINDOW, Attempt
from app.services.tokens import TokenKey


class Standing(Enum):
    """What is known of a place."""

    STRANGE = "nobody has signed in from the address"
    USUAL = "somebody has, within as long as a sign-in lives"
    BROWSER = "somebody has signed in with this browser"


AT_MOST = {
    # An agency's address is strange until its first person is in.
    Standing.STRANGE: 100,
    # Of an agency's thousands, on a morning on which a fifth of them turn back at the provider's page.
    Standing.USUAL: 2_000,
    Standing.BROWSER: 50,
}
"""Ways that have not led in, within `WINDOW`."""
_SHARES = {Standing.STRANGE: Share.STRANGE, Standing.USUAL: Share.USUAL, Standing.BROWSER: Share.BROWSER}

_USUAL = sa.select(
    sa.exists().where(
        col(SignIn.address_hash) == sa.bindparam("place", type_=sa.LargeBinary),
        col(SignIn.started_at) > sa.bindparam("since", type_=UtcDateTime),
    )
)
_FORGET = sa.delete(SignInFailure).where(
    col(SignInFailure.kind) == AttemptKind.IDENTITY_PROVIDER,
    col(SignInFailure.account_hash) == sa.bindparam("way", type_=sa.LargeBinary),
)


async def standing_of(session: AsyncSession, key: TokenKey, place: Place, now: datetime) -> tuple[Standing, bytes]:
    """What is known of the place, and by which keyed hash it is counted."""
    browser = known_browser(key, place.device) if place.device else None
    if browser is not None:
        return Standing.BROWSER, browser
    address = address_hash(key, place.address)
    usual = (await session.execute(_USUAL, {"place": address, "since": now - FAMILY_AT_MOST})).scalar_one()
    return (Standing.USUAL if usual else Standing.STRANGE), address


async def caller_of(session: AsyncSession, key: TokenKey, place: Place, now: datetime) -> Caller:
    """Who asks for a turn at a provider."""
    standing, counted_as = await standing_of(session, key, place, now)
    return Caller(counted_as, _SHARES[standing])


async def count_in(session: AsyncSession, key: TokenKey, way: bytes, place: Place, now: datetime) -> None:
    """Count one more way, by the hash of its state, or refuse it when the place has too many."""
    standing, counted_as = await standing_of(session, key, place, now)
    attempt = Attempt(way, counted_as, None, known_device=False)
    wait = await throttle.wait_at(session, attempt, now, AttemptKind.IDENTITY_PROVIDER, AT_MOST[standing], WINDOW)
    if wait:
        raise throttle.too_many(wait)
    await throttle.count(session, attempt, now, AttemptKind.IDENTITY_PROVIDER)


async def forget(session: AsyncSession, way: bytes) -> None:
    """It has led in, or the provider was away: that is nobody's fault here."""
    await session.execute(_FORGET, {"way": way})
