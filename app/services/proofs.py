"""Once more who it is: the password or a code, asked of somebody signed in before what a thief of a token would do."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.person import Person
from app.models.second_factor import Proof
from app.models.sign_in import Credential
from app.services import passwords, second_factors, throttle
from app.services.errors import Code, Refusal
from app.services.places import Place
from app.services.sign_ins import Entrance
from app.services.throttle import attempt_of
from app.services.vault import Vault

_CREDENTIAL = (
    sa.select(col(Credential.password_hash))
    .join(Person, col(Person.id) == col(Credential.person_id))
    .where(col(Person.id) == sa.bindparam("person_id", type_=sa.Uuid), col(Person.active))
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
