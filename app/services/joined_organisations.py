"""What the central side does with registrations of interest: reads them, erases them, and lets a workplace in.

Both sides have agreed on who they are and whom each proposes. The administrator enters exactly that, by the same steps
and under the same rules as by hand: the organisation, its parties, the people, and the first mandate of each party.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.interest_registration import (
    InterestRegistration,
    InterestRegistrationRead,
    InterestState,
    JoinedOrganisationCreate,
)
from app.models.mandate import MandateCreate
from app.models.organisation import OrganisationCreate, OrganisationRead
from app.models.party import PartyCreate
from app.models.person import PersonCreate
from app.services import (
    interest_registrations,
    invitations,
    joinings,
    mandates,
    organisations,
    parties,
    people,
    policy,
    wall,
)
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.vault import Vault
from app.services.work import Work, admit, find, removed, shown

SORTS: dict[str, Columns] = {"createdAt": (col(InterestRegistration.id),)}
_ITEMS = sa.select(
    col(InterestRegistration.id),
    col(InterestRegistration.organisation_number),
    col(InterestRegistration.organisation_name),
    col(InterestRegistration.side),
    col(InterestRegistration.party_name),
    col(InterestRegistration.state),
    col(InterestRegistration.created_at),
).where(policy.visible(InterestRegistration))
_CONFIRMED = (
    sa.select(InterestRegistration)
    .where(
        col(InterestRegistration.joining_id) == sa.bindparam("joining_id", type_=sa.Uuid),
        col(InterestRegistration.state) != InterestState.UNCONFIRMED,
    )
    .order_by(col(InterestRegistration.id))
)


async def list_interest_registrations(work: Work, request: PageRequest) -> Listed:
    policy.require(work.actor, "list_interest_registrations")
    return await page(work, _ITEMS, SORTS, request)


async def read(work: Work, registration_id: UUID) -> InterestRegistrationRead:
    registration = await find(work, InterestRegistration, registration_id)
    together = await work.session.execute(_CONFIRMED, {"joining_id": registration.joining_id})
    confirmed = together.scalars().all()
    content = joinings.content_of(confirmed)
    return shown(
        work,
        InterestRegistrationRead,
        registration,
        content=content,
        content_hash=joinings.hash_of(content),
        gaps=joinings.gaps(confirmed),
    )


async def delete(work: Work, registration_id: UUID, version: int) -> None:
    """Those it meant to join with are left as if it had been withdrawn."""
    operation = "delete_interest_registration"
    registration, together = await _admitted(work, operation, registration_id, version)
    await removed(work, operation, registration)
    async with wall.beyond(work.session):  # an administrator changes nobody's registration
        await interest_registrations.settle(work.session, [each for each in together if each.id != registration_id])


async def let_in(
    work: Work, vault: Vault, registration_id: UUID, version: int, data: JoinedOrganisationCreate
) -> OrganisationRead:
    """All or nothing; what was registered has served its purpose and goes."""
    operation = "create_joined_organisation"
    _, together = await _admitted(work, operation, registration_id, version)
    confirmed = [each for each in together if each.state is not InterestState.UNCONFIRMED]
    if joinings.gaps(confirmed):
        raise Refusal(Code.SIDES_NOT_AGREED)
    content = joinings.content_of(confirmed)
    if data.content_hash != joinings.hash_of(content):
        raise Refusal(Code.CONTENT_CHANGED, "/contentHash")
    named = {"organisation_number": content.organisation_number, "name": content.organisation_name}
    organisation = await organisations.create(work, OrganisationCreate.model_validate(named, by_name=True))
    for each in confirmed:
        await _enter(work, vault, organisation.id, each)
    for each in confirmed:
        await removed(work, operation, each)
    return organisation


async def _admitted(
    work: Work, operation: str, registration_id: UUID, version: int
) -> tuple[InterestRegistration, Sequence[InterestRegistration]]:
    """The registration, and all of its joining, held in one order like everybody does: nobody withdraws meanwhile."""
    found = await find(work, InterestRegistration, registration_id)
    async with wall.beyond(work.session):
        together = await interest_registrations.hold(work.session, found.joining_id)
    return await admit(work, operation, InterestRegistration, registration_id, version), together


async def _enter(work: Work, vault: Vault, organisation_id: UUID, side: InterestRegistration) -> None:
    """The party, and the first who speaks for it: whom it has proposed itself."""
    party = await parties.create(work, organisation_id, PartyCreate(side=side.side, name=side.party_name))
    contact = PersonCreate(name=side.contact_name, email=side.contact_email, language=side.language)
    person = await people.create(work, organisation_id, contact)
    appointed = {"person_id": person.id, "function": side.contact_function}
    await mandates.create(work, party.id, MandateCreate.model_validate(appointed, by_name=True))
    await invitations.mail(work, vault, person.id)
