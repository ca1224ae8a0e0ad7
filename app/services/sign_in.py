"""Signing in with a password. What comes of it, whatever the method, is in `sign_ins`."""

import sqlalchemy as sa
from sqlmodel import col

from app.models.base import new_id
from app.models.columns import UtcDateTime
from app.models.person import Person
from app.models.sign_in import Credential, SignInMethod
from app.models.token_request import PasswordGrant
from app.services import identity_bindings, passwords, second_factors, throttle
from app.services.addresses import HAS_EMAIL
from app.services.errors import Code, Refusal
from app.services.places import Place
from app.services.sign_ins import Entrance, Granted, begin
from app.services.throttle import attempt_of
from app.services.vault import Vault

_ACCOUNT = (
    sa.select(col(Person.id), col(Person.active), col(Credential.password_hash), col(Credential.changed_at))
    .outerjoin(Credential, col(Credential.person_id) == col(Person.id))
    .where(HAS_EMAIL)
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
    # The person first, like everybody who changes what is theirs; in this order PostgreSQL takes the locks.
    .with_for_update(of=(Person, Credential), key_share=True)
)


async def by_password(entrance: Entrance, vault: Vault, grant: PasswordGrant, place: Place) -> Granted:
    """A new family. Unknown, inactive and known people take the same steps and meet the same refusal.

    That a second factor is needed is said only to somebody who has the password. Their attempt stays counted until the
    code is right as well, so that whoever asks again and again is stopped.
    """
    now = entrance.clock()
    async with entrance.write() as session:
        account = (await session.execute(_ACCOUNT, {"email": grant.username})).one_or_none()
        attempt = attempt_of(entrance.key, account.id if account else None, grant.username, place)
        await throttle.count_in(session, attempt, now)
        # Asked before the hash, so that it comes out of the same steps for the right password and a wrong one. And of
        # nobody too.
        elsewhere = await identity_bindings.signs_in_elsewhere(session, account.id if account else new_id())
    known_hash = account.password_hash if account and account.active and not elsewhere else None
    right, renewed_hash = await passwords.verify(grant.password, known_hash)
    if account is None or not right:
        raise Refusal(Code.CREDENTIALS_REFUSED)
    async with entrance.write() as session:
        # Meanwhile the password may have been changed or the person made inactive; whoever changes it waits here.
        still = {"person_id": account.id, "changed_at": account.changed_at}
        credential = (await session.execute(_STILL, still)).scalar_one_or_none()
        # Where an identity provider signs people in, even the right password is answered like a wrong one, and as soon:
        # whoever tries leaked passwords here would learn which of them opens the provider's door. Looked at again, as
        # it may just have been bound.
        if credential is None or await identity_bindings.signs_in_elsewhere(session, account.id):
            raise Refusal(Code.CREDENTIALS_REFUSED)
        if renewed_hash is not None:
            credential.password_hash = renewed_hash
        how = SignInMethod.PASSWORD
        if await second_factors.is_active(session, account.id):
            how = SignInMethod.PASSWORD_AND_ONE_TIME_CODE
            if grant.one_time_code is None:
                raise Refusal(Code.SECOND_FACTOR_REQUIRED)
            if not await second_factors.take(session, vault, attempt, grant.one_time_code, now):
                raise Refusal(Code.ONE_TIME_CODE_REFUSED, keep=True)
        await throttle.forget(session, attempt)
        return await begin(session, entrance.key, account.id, place, how, now)
