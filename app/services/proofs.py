"""Once more who it is: the password or a code, asked of somebody signed in before what a thief of a token would do."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.person import Person
from app.models.second_factor import Proof
from app.models.sign_in import AttemptKind, Credential, SignIn, SignInMethod
from app.services import passwords, second_factors, throttle
from app.services.errors import Code, Refusal
from app.services.places import Place
from app.services.sign_ins import Entrance
from app.services.throttle import attempt_of
from app.services.vault import Vault

FRESH_FOR = timedelta(minutes=5)
"""So long a sign-in shows who it is: through an identity provider of somebody who has no password here, and any before
what cannot be undone."""

_CREDENTIAL = (
    sa.select(col(Credential.password_hash))
    .join(Person, col(Person.id) == col(Credential.person_id))
    .where(col(Person.id) == sa.bindparam("person_id", type_=sa.Uuid), col(Person.active))
)
_STARTED = sa.select(col(SignIn.started_at)).where(col(SignIn.id) == sa.bindparam("sign_in_id", type_=sa.Uuid))
_FRESHNESS: sa.Select[*tuple[Any, ...]] = (
    sa.select(col(SignIn.method), col(SignIn.started_at), col(Credential.person_id).is_not(None).label("has_password"))
    .outerjoin(Credential, col(Credential.person_id) == col(SignIn.person_id))
    .where(col(SignIn.id) == sa.bindparam("sign_in_id", type_=sa.Uuid))
)


async def prove(
    entrance: Entrance, vault: Vault, person_id: UUID, proof: Proof, place: Place, pointer: str = "/password"
) -> None:
    """Refuse unless the proof is right. Guesses are counted with those at sign-in; the hash holds no connection."""
    now = entrance.clock()
    attempt = attempt_of(entrance.key, person_id, "", place)
    if proof.password is None:
        async with entrance.write() as session:
            if not await second_factors.take(session, vault, attempt, proof.one_time_code or "", now):
                raise Refusal(Code.PROOF_REFUSED, "/oneTimeCode", keep=True)
        return
    async with entrance.write() as session:
        known_hash = (await session.execute(_CREDENTIAL, {"person_id": person_id})).scalar_one_or_none()
        await throttle.count_in(session, attempt, now)
    right, _ = await passwords.verify(proof.password, known_hash)
    if not right:
        raise Refusal(Code.PROOF_REFUSED, pointer)
    async with entrance.write() as session:
        await throttle.forget(session, attempt)


async def demand_fresh(session: AsyncSession, sign_in_id: UUID, now: datetime, pointer: str) -> None:
    """Refuse whoever has a password and has not given it, and else a sign-in that a provider did not just vouch for."""
    method, started_at, has_password = (await session.execute(_FRESHNESS, {"sign_in_id": sign_in_id})).one()
    if has_password:
        raise Refusal(Code.PROOF_REFUSED, pointer)
    if method is not SignInMethod.IDENTITY_PROVIDER or started_at + FRESH_FOR <= now:
        raise Refusal(Code.SIGN_IN_TOO_OLD)


async def demand_recent(session: AsyncSession, sign_in_id: UUID, now: datetime) -> None:
    """Refuse whoever has not signed in within the last minutes, in whatever way: for what cannot be undone."""
    if (await session.execute(_STARTED, {"sign_in_id": sign_in_id})).scalar_one() + FRESH_FOR <= now:
        raise Refusal(Code.SIGN_IN_TOO_OLD)


async def count_code(entrance: Entrance, person_id: UUID, place: Place) -> None:
    """Count one try at a code that is not asked for at sign-in yet, with those that are. A right one is taken back."""
    async with entrance.write() as session:
        attempt = attempt_of(entrance.key, person_id, "", place)
        await throttle.count_in(session, attempt, entrance.clock(), AttemptKind.ONE_TIME_CODE)
