"""One-time links with which people set a password, and the first administrator."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import new_id
from app.models.columns import UtcDateTime, enum_type
from app.models.person import Person, Role
from app.models.sign_in import (
    AttemptKind,
    Credential,
    LinkKind,
    NewAdministrator,
    NewCredential,
    PersonInvitation,
    SignIn,
    SignInEnd,
)
from app.services import account_mail, audit, identity_bindings, passwords, throttle, wall
from app.services.account_letters import Notice
from app.services.actor import Actor
from app.services.addresses import by_email
from app.services.errors import Code, Refusal
from app.services.places import Place, address_hash
from app.services.sign_ins import Entrance, digest, end, new_token
from app.services.throttle import Attempt
from app.services.vault import Vault
from app.services.work import Work, admit, store

VALID = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=10)
"""Not sooner is the same person mailed another link."""

_INVITED = (
    sa.select(Person)
    .join(PersonInvitation, col(PersonInvitation.person_id) == col(Person.id))
    .where(
        col(PersonInvitation.token_hash) == sa.bindparam("token_hash", type_=sa.LargeBinary),
        col(PersonInvitation.kind).in_(sa.bindparam("kinds", type_=enum_type(LinkKind), expanding=True)),
        col(PersonInvitation.used_at).is_(None),
        col(PersonInvitation.expires_at) > sa.bindparam("now", type_=UtcDateTime),
        col(Person.active),
    )
)
# The person first, like everybody who changes what is theirs; in this order PostgreSQL takes the locks.
_HELD = _INVITED.with_for_update(of=(Person, PersonInvitation), key_share=True)
_RECENT = sa.select(col(PersonInvitation.id)).where(
    col(PersonInvitation.person_id) == sa.bindparam("person_id", type_=sa.Uuid),
    col(PersonInvitation.kind) == LinkKind.INVITATION,
    col(PersonInvitation.used_at).is_(None),
    col(PersonInvitation.created_at) > sa.bindparam("since", type_=UtcDateTime),
)


async def invite(session: AsyncSession, email: str, now: datetime) -> str:
    """A token for a new password, valid for seven days. Earlier ones stop working.

    Whoever holds it can sign in as the person, so the trail tells that it was made.
    """
    # Held, so that nobody who is being erased keeps a link.
    person = await by_email(session, email, hold=True)
    if person is None:
        raise Refusal(Code.UNKNOWN_PERSON)
    if not person.active:
        raise Refusal(Code.PERSON_INACTIVE)
    await void(session, person.id)
    token = new_token()
    session.add(PersonInvitation(token_hash=digest(token), person_id=person.id, created_at=now, expires_at=now + VALID))
    session.add(audit.entry(None, "invite_person", person, now, None, None))
    await session.flush()
    return token


async def mail(work: Work, vault: Vault, person_id: UUID) -> PersonInvitation:
    """A link in a mail to the person's address. Earlier links stop working; nobody but its reader sees this one."""
    person = await admit(work, "create_person_invitation", Person, person_id)
    link_id = new_id()
    link = PersonInvitation(
        token_hash=digest(vault.link_token(link_id)),
        id=link_id,
        person_id=person.id,
        created_at=work.now,
        expires_at=work.now + VALID,
    )
    async with wall.beyond(work.session):  # nobody sees a link to set a password, nor whether there is one
        since = work.now - AGAIN_AFTER
        recent = (await work.session.execute(_RECENT, {"person_id": person.id, "since": since})).first()
        if recent is not None:
            raise Refusal(Code.INVITED_RECENTLY)
        await void(work.session, person.id)
        work.session.add(link)
    work.session.add(audit.entry(work.actor, "create_person_invitation", person, work.now, None, None))
    await account_mail.put_invitation(work.session, link_id)
    await store(work.session)
    return link


async def mailed(work: Work, link_id: UUID) -> PersonInvitation:
    """The link that an earlier request with the same key had mailed; it may be used or replaced by now."""
    async with wall.beyond(work.session):
        found = await work.session.execute(sa.select(PersonInvitation).where(col(PersonInvitation.id) == link_id))
        link = found.scalar_one_or_none()
    if link is None:
        raise Refusal(Code.NOT_FOUND)
    return link


async def void(session: AsyncSession, person_id: UUID) -> None:
    """No link that the person has been sent works any more."""
    await session.execute(
        sa.delete(PersonInvitation)
        .where(col(PersonInvitation.person_id) == person_id)
        .execution_options(synchronize_session=False)
    )


async def invited(
    session: AsyncSession, token_hash: bytes, now: datetime, *, kinds: Iterable[LinkKind] = LinkKind, hold: bool = False
) -> Person | None:
    """Whose link it is, if it works; `hold`: it and the person stay as they are until this is stored."""
    given = {"token_hash": token_hash, "now": now, "kinds": list(kinds)}
    found: Person | None = (await session.execute(_HELD if hold else _INVITED, given)).scalar_one_or_none()
    return found


async def use_up(session: AsyncSession, person_id: UUID, now: datetime) -> None:
    """The link that was used, and with it every other that was under way."""
    await session.execute(
        sa.update(PersonInvitation)
        .where(col(PersonInvitation.person_id) == person_id, col(PersonInvitation.used_at).is_(None))
        .values(used_at=now)
    )


async def set_password(entrance: Entrance, data: NewCredential, place: Place) -> None:
    """Use the token up, store the password, end every sign-in that the old one or a thief may have opened.

    Wrong tokens are counted by place. The right one is never made to wait: nobody guesses 256 bits, and whoever shares
    an address with somebody who tries must not be kept from theirs.
    """
    token_hash = digest(data.token)
    async with entrance.read() as session:
        person = await invited(session, token_hash, entrance.clock())
    if person is None:
        async with entrance.write() as session:
            attempt = Attempt(token_hash, address_hash(entrance.key, place.address), None, known_device=False)
            await throttle.count_in(session, attempt, entrance.clock(), AttemptKind.LINK)
        raise Refusal(Code.INVITATION_REFUSED, "/token")
    await passwords.check(data.password, person.name, person.email)
    password_hash = await passwords.hashed(data.password)
    async with entrance.write() as session:
        now = entrance.clock()
        if await invited(session, token_hash, now, hold=True) is None:
            raise Refusal(Code.INVITATION_REFUSED, "/token")
        if await identity_bindings.signs_in_elsewhere(session, person.id):
            raise Refusal(Code.SIGNS_IN_ELSEWHERE)
        await use_up(session, person.id, now)
        values = {"password_hash": password_hash, "changed_at": now}
        had_one = await session.get(Credential, person.id) is not None
        await session.execute(
            insert(Credential)
            .values(person_id=person.id, **values)
            .on_conflict_do_update(index_elements=[col(Credential.person_id)], set_=values)
        )
        await end(session, col(SignIn.person_id) == person.id, SignInEnd.PASSWORD_CHANGED, now)
        session.add(audit.entry(Actor(person_id=person.id), "set_password", person, now, None, None))
        if had_one:
            await account_mail.put_notice(session, Notice.PASSWORD_CHANGED, person.id, now)
        await session.flush()


async def create_administrator(session: AsyncSession, data: NewAdministrator, now: datetime) -> Person:
    """The one who runs the installation and takes in organisations; made by command, not by another person."""
    person = Person(name=data.name, email=data.email, roles=[Role.SYSTEM_ADMINISTRATOR], created_at=now)
    session.add_all([person, audit.entry(None, "create_person", person, now, None, None)])
    await store(session)
    return person
