"""People: those who sign in. Nothing here knows of parties; only a mandate ties a person to one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.mandate import Mandate, valid_between
from app.models.organisation import Organisation
from app.models.party import Party, PartyState
from app.models.person import Person, PersonCreate, PersonRead, PersonUpdate, Role
from app.models.sign_in import SignIn, SignInEnd
from app.models.unit import Unit
from app.services import account_mail, invitations, policy, proofs, sign_ins, syncing, wall
from app.services.account_letters import Notice
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.vault import Vault
from app.services.work import Work, admit, changed, created, differing, find, shown

SORTS: dict[str, Columns] = {"name": (swedish_order(Person.name), col(Person.id))}

_ITEMS = sa.select(col(Person.id), col(Person.name), col(Person.email), col(Person.active)).where(
    col(Person.organisation_id) == sa.bindparam("organisation_id"), policy.visible(Person)
)


async def list_people(work: Work, organisation_id: UUID, request: PageRequest, words: str | None) -> Listed:
    """People the actor may read; `words` are the start of any of their names or of the e-mail address."""
    await admit(work, "list_people", Organisation, organisation_id)
    query = _ITEMS
    if words is not None:
        query = query.where(
            sa.or_(
                col(Person.name).istartswith(words, autoescape=True),
                col(Person.name).icontains(f" {words}", autoescape=True),
                col(Person.email).istartswith(words, autoescape=True),
            )
        )
    return await page(work, query, SORTS, request, organisation_id=organisation_id)


async def create(work: Work, organisation_id: UUID, data: PersonCreate) -> PersonRead:
    organisation = await admit(work, "create_person", Organisation, organisation_id)
    # Saying that there are no roles gives none.
    policy.require_fields(work.actor, "create_person", organisation, ["roles"] if data.roles else [])
    if data.unit_id is not None:
        await check_unit(work, organisation_id, data.unit_id)
    await syncing.screen(work, data.model_dump(include={"name", "email"}))
    person = Person(organisation_id=organisation_id, **data.model_dump(), created_at=work.now)
    await created(work, "create_person", person)
    return _shown(work, person)


async def read(work: Work, person_id: UUID) -> PersonRead:
    return _shown(work, await find(work, Person, person_id))


async def update(
    work: Work, vault: Vault, person_id: UUID, version: int, data: PersonUpdate, *, proved: bool = False
) -> PersonRead:
    """Whoever is no longer active is signed out everywhere, from this moment.

    With another e-mail address, links that were sent to the former one stop working, and that one is told. Their own
    is changed by whoever has `proved` who they are: whoever reads the mail can choose the password.
    """
    sent = data.model_dump(exclude_unset=True, exclude={"current_password"})
    await _hold_before(work, person_id, sent)
    person = await admit(work, "update_person", Person, person_id, version)
    policy.require_fields(work.actor, "update_person", person, sent)
    if changes := differing(person, sent):
        await syncing.screen(work, changes)
        leaves = work.actor.service_client_id is not None and changes.get("active") is False
        if leaves and person.organisation_id is not None:
            await syncing.hold_back(work, person.organisation_id)
            changes["deactivated_at"] = work.now
        if Role.SYSTEM_ADMINISTRATOR in set(changes.get("roles", ())) - set(person.roles):
            await _check_no_mandate(work, person)
        if changes.get("unit_id") is not None:
            await check_unit(work, person.organisation_id, changes["unit_id"])
        if "name" in changes:
            changes |= {"given_name": None, "family_name": None}  # syncing said those of the former name
        if changes.get("active"):
            changes["removed_at"] = None
            if work.actor.service_client_id is None:
                changes["deactivated_at"] = None  # somebody has looked at it: it is nothing for the brake any more
        former = person.email
        moves = changes.get("email", former).lower() != former.lower()
        if moves and person.id == work.actor.person_id and not proved:
            async with wall.beyond(work.session):  # nobody sees a password, not even their own
                await proofs.demand_fresh(work.session, work.actor.sign_in_id, work.now, "/currentPassword")
        await changed(work, "update_person", person, changes)
        if moves:
            async with wall.beyond(work.session):  # nobody sees a link to set a password
                await invitations.void(work.session, person.id)
            await account_mail.put_notice_to(work.session, vault, Notice.EMAIL_CHANGED, person.id, former, work.now)
        if not person.active:
            async with wall.beyond(work.session):  # whoever deactivates sees nobody's sign-ins
                await sign_ins.end(work.session, col(SignIn.person_id) == person.id, SignInEnd.DEACTIVATED, work.now)
                if leaves:
                    await syncing.suspend_mandates(work, [person.id])
    return _shown(work, person)


async def _hold_before(work: Work, person_id: UUID, sent: Mapping[str, Any]) -> None:
    """What is held before the person (docs/decisions/order-of-locks.md).

    Of whoever moves, the organisation, as by whoever changes the units; of whom a service client says that they have
    left, their mandates too. Nothing else waits for a long import.
    """
    leaves = work.actor.service_client_id is not None and sent.get("active") is False
    if not leaves and "unit_id" not in sent:
        return
    person = await find(work, Person, person_id)
    if person.organisation_id is None:
        return
    await syncing.hold(work.session, person.organisation_id)
    if leaves:
        await syncing.hold_mandates(work, [person.id])


def _shown(work: Work, person: Person) -> PersonRead:
    """Whoever speaks for a party today is told before they try that nobody who does can be erased."""
    read = shown(work, PersonRead, person)
    speaks = person.id == work.actor.person_id and bool(work.actor.seats)
    for action in read.allowed_actions:
        if speaks and action.action == "erase_person" and action.allowed:
            action.allowed, action.reason = False, Code.PERSON_HOLDS_MANDATE
    return read


async def _check_no_mandate(work: Work, person: Person) -> None:
    """Who runs the system represents nobody. The person's row is held, so no mandate is given meanwhile."""
    mandates = (
        sa.select(col(Mandate.id))
        .join(Party, col(Party.id) == col(Mandate.party_id))
        .where(
            col(Mandate.person_id) == person.id,
            col(Party.state) == PartyState.ACTIVE,
            valid_between(work.today, None),
        )
    )
    async with wall.beyond(work.session):  # who gives the role sees no mandates
        holds = (await work.session.execute(mandates.limit(1))).first() is not None
    if holds:
        raise Refusal(Code.ADMINISTRATOR_HOLDS_MANDATE, "/roles")


async def check_unit(work: Work, organisation_id: UUID | None, unit_id: UUID) -> None:
    """A unit of the person's own organisation in which somebody can work today; it stays so until this is stored."""
    there = (
        sa.select(col(Unit.id))
        .where(
            col(Unit.id) == unit_id,
            col(Unit.organisation_id) == organisation_id,
            sa.or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) >= work.today),
        )
        .with_for_update(read=True)
    )
    if (await work.session.execute(there)).first() is None:
        raise Refusal(Code.UNKNOWN_UNIT, "/unitId")


async def hold(work: Work, person_id: UUID, organisation_id: UUID, pointer: str) -> Person:
    """An active person of the organisation, held until the end of the transaction.

    Whoever gives a person a part to play (a mandate, a session to lead) holds them first, so that two parts
    that do not go together are never given at once.
    """
    query = (
        sa.select(Person)
        .where(col(Person.id) == person_id, col(Person.organisation_id) == organisation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    person = (await work.session.execute(query)).scalar_one_or_none()
    if person is None:
        raise Refusal(Code.UNKNOWN_PERSON, pointer)
    if not person.active:
        raise Refusal(Code.PERSON_INACTIVE, pointer)
    return person
