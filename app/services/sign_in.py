"""Signing in with a password. What comes of it, whatever the method, is in `sign_ins`."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import UtcDateTime
from app.models.person import Person
from app.models.sign_in import Credential, PasswordGrant, SignInMethod
from app.services import identity_bindings, passwords, throttle
from app.services.errors import Code, Refusal
from app.services.places import Place, address_hash, known_device
from app.services.sign_ins import Entrance, Granted, begin
from app.services.throttle import Attempt
from app.services.tokens import TokenKey

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
        # Where an identity provider signs people in, even the right password is answered like a wrong one: whoever
        # tries leaked passwords here would learn which of them opens the provider's door.
        if credential is None or await identity_bindings.signs_in_elsewhere(session, account.id):
            raise Refusal(Code.CREDENTIALS_REFUSED)
        if renewed_hash is not None:
            credential.password_hash = renewed_hash
        await throttle.forget(session, attempt)
        return await begin(session, entrance.key, account.id, place, SignInMethod.PASSWORD, now)


def _attempt(key: TokenKey, person_id: UUID | None, username: str, place: Place) -> Attempt:
    """Every spelling of an address that finds the account counts as the account."""
    account = key.pseudonym("person", str(person_id)) if person_id else key.pseudonym("name", username.lower())
    device = known_device(key, person_id, place.device) if person_id and place.device else None
    return Attempt(account, device or address_hash(key, place.address), person_id, known_device=device is not None)
