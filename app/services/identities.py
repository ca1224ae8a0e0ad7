"""Accounts at identity providers: linked to a person by issuer and subject, shown to that person, unlinked."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.identity import Identity, IdentityRead
from app.models.identity_provider import IdentityProvider
from app.models.person import Person
from app.models.sign_in import Credential, SignIn, SignInEnd
from app.services import account_mail, audit, identity_bindings, identity_providers, policy, sign_ins
from app.services.account_letters import Notice
from app.services.actor import Actor
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, find, shown, store

SORTS: dict[str, Columns] = {"name": (swedish_order(IdentityProvider.name_sv), col(Identity.id))}

_ITEMS = (
    sa.select(
        col(Identity.id),
        col(Identity.identity_provider_id),
        col(IdentityProvider.name_sv),
        col(IdentityProvider.name_en),
        col(Identity.subject),
        col(Identity.created_at),
    )
    .join(IdentityProvider, col(IdentityProvider.id) == col(Identity.identity_provider_id))
    .where(policy.visible(Identity))
)
_LINKED = (
    sa.select(Person)
    .join(Identity, col(Identity.person_id) == col(Person.id))
    .where(
        col(Identity.identity_provider_id) == sa.bindparam("identity_provider_id", type_=sa.Uuid),
        col(Identity.subject) == sa.bindparam("subject", type_=sa.String),
        col(Person.active),
    )
    # The person first, like everybody who changes what is theirs; in this order PostgreSQL takes the locks.
    .with_for_update(read=True, of=(Person, Identity))
)


async def list_my_identities(work: Work, request: PageRequest) -> Listed:
    policy.require(work.actor, "list_my_identities")
    return await page(work, _ITEMS, SORTS, request)


async def read(work: Work, identity_id: UUID) -> IdentityRead:
    identity = await find(work, Identity, identity_id)
    provider = await work.session.get_one(IdentityProvider, identity.identity_provider_id)
    return shown(work, IdentityRead, identity, provider_name=identity_providers.name_of(provider))


async def unlink(work: Work, identity_id: UUID, version: int) -> None:
    """The account opens nothing any more, and what it opened is closed. The way back is an invitation."""
    identity = await admit(work, "unlink_identity", Identity, identity_id, version)
    through = sa.and_(
        identity_providers.through(identity.identity_provider_id), col(SignIn.person_id) == identity.person_id
    )
    await sign_ins.end(work.session, through, SignInEnd.IDENTITY_CHANGED, work.now)
    person = await work.session.get_one(Person, identity.person_id)
    await work.session.delete(identity)
    work.session.add(audit.entry(work.actor, "unlink_identity", person, work.now, None, None))
    await store(work.session)


async def linked(session: AsyncSession, provider_id: UUID, subject: str) -> Person:
    """Whose account it is, held until this is stored. Unlinked, inactive and no longer bound look alike."""
    found = await session.execute(_LINKED, {"identity_provider_id": provider_id, "subject": subject})
    person = found.scalar_one_or_none()
    if person is None or not await identity_bindings.is_bound(session, person.organisation_id, provider_id, hold=True):
        raise Refusal(Code.IDENTITY_NOT_LINKED)
    return person


async def link(
    session: AsyncSession,
    person: Person,
    provider_id: UUID,
    subject: str,
    now: datetime,
    *,
    by_sign_in: UUID | None = None,
) -> None:
    """Make the account the person's, in place of one they had at the same provider. From now on they have no password.

    What a replaced account opened is closed, but for the sign-in by which this was asked. The person is told by mail.

    Whoever is `person` has proved it by an invitation or a sign-in: nothing that the provider says of a person, no
    address and no name, finds one here.
    """
    if not await identity_bindings.is_bound(session, person.organisation_id, provider_id, hold=True):
        raise Refusal(Code.IDENTITY_NOT_LINKED)
    own = sa.and_(col(Identity.person_id) == person.id, col(Identity.identity_provider_id) == provider_id)
    identity = (await session.execute(sa.select(Identity).where(own).with_for_update())).scalar_one_or_none()
    if identity is not None and identity.subject == subject:
        return
    if identity is not None:
        former = sa.and_(identity_providers.through(provider_id), col(SignIn.person_id) == person.id)
        if by_sign_in is not None:
            former = sa.and_(former, col(SignIn.id) != by_sign_in)
        await sign_ins.end(session, former, SignInEnd.IDENTITY_CHANGED, now)
        await session.execute(sa.delete(Identity).where(own))
    await session.execute(sa.delete(Credential).where(col(Credential.person_id) == person.id))
    session.add(Identity(person_id=person.id, identity_provider_id=provider_id, subject=subject, created_at=now))
    session.add(audit.entry(Actor(person_id=person.id), "link_identity", person, now, None, None))
    await account_mail.put_notice(session, Notice.IDENTITY_LINKED, person.id, now)
    await store(session)
