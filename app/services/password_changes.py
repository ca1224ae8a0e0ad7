"""Another password, by somebody who is signed in and knows the one that counts."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.person import Person
from app.models.sign_in import Credential, SignIn, SignInEnd
from app.services import account_mail, audit, passwords, policy, wall
from app.services.account_letters import Notice
from app.services.errors import Code, Refusal
from app.services.sign_ins import Entrance, end
from app.services.work import Work, find_oneself, store


async def hashed(entrance: Entrance, person_id: UUID, password: str) -> str:
    """The new password as it is stored, if it is fit to be one. No transaction is open meanwhile."""
    async with entrance.read() as session:
        person = await session.get_one(Person, person_id)
    await passwords.check(password, person.name, person.email, "/newPassword")
    return await passwords.hashed(password)


async def change(work: Work, password_hash: str, sign_in_id: UUID) -> Person:
    """Store it. The person's other sign-ins end, as a thief's would; this one goes on."""
    policy.require(work.actor, "create_password_change")
    person = await find_oneself(work, lock=True)
    async with wall.beyond(work.session):  # nobody sees a password, not even their own
        credential = await work.session.get(Credential, person.id, with_for_update=True)
    if credential is None:
        raise Refusal(Code.PROOF_REFUSED, "/currentPassword")
    # Whoever has set another one meanwhile has ended this sign-in: the old password proves nothing any more.
    sign_in = await work.session.get_one(SignIn, sign_in_id, populate_existing=True)
    if sign_in.ended_at is not None:
        raise Refusal(Code.TOKEN_INVALID)
    async with wall.beyond(work.session):
        credential.password_hash, credential.changed_at = password_hash, work.now
        work.session.add(credential)
    others = sa.and_(col(SignIn.person_id) == person.id, col(SignIn.id) != sign_in_id)
    await end(work.session, others, SignInEnd.PASSWORD_CHANGED, work.now)
    work.session.add(audit.entry(work.actor, "create_password_change", credential, work.now, None, None))
    await account_mail.put_notice(work.session, Notice.PASSWORD_CHANGED, person.id, work.now)
    await store(work.session)
    return person


async def changed(work: Work) -> Person:
    """What an earlier request with the same key did."""
    return await find_oneself(work)
