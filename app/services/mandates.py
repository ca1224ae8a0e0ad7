"""Mandates: given and ended by the party itself; nobody holds them on both sides of one organisation."""

from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.mandate import Mandate, MandateCreate, MandateRead, MandateUpdate, valid_between, valid_on
from app.models.party import Party, PartyState
from app.models.person import Person, Role
from app.models.working_group import WorkingGroup, WorkingGroupParty
from app.services import people, policy, wall
from app.services.calendar import swedish_day
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, shown

# Of somebody who has been erased, their function is all that is left.
_NAME = sa.case((col(Person.erased_at).is_not(None), col(Mandate.function)), else_=col(Person.name))

SORTS: dict[str, Columns] = {"name": (swedish_order(_NAME), col(Mandate.id))}

LONGEST_BACKDATING = timedelta(days=366)
"""A party may be late in writing down whom it appointed, not rewrite who spoke for it years ago."""

_ITEMS: sa.Select[*tuple[Any, ...]] = sa.select(
    col(Mandate.id),
    col(Mandate.party_id),
    col(Mandate.person_id),
    _NAME.label("person_name"),
    col(Mandate.working_group_id),
    col(Mandate.function),
    col(Mandate.valid_from),
    col(Mandate.valid_to),
    col(Mandate.suspended_at),
).join(Person, col(Person.id) == col(Mandate.person_id))

_OF_PARTY = _ITEMS.where(col(Mandate.party_id) == sa.bindparam("party_id"), policy.visible(Mandate))
_GROUP = sa.bindparam("group_id", type_=sa.Uuid)
_AT_TABLE = _ITEMS.where(
    col(Mandate.party_id).in_(
        sa.select(col(WorkingGroupParty.party_id)).where(col(WorkingGroupParty.working_group_id) == _GROUP)
    ),
    sa.or_(col(Mandate.working_group_id) == _GROUP, col(Mandate.working_group_id).is_(None)),
    valid_on(sa.bindparam("day", type_=sa.Date)),
    policy.visible(Mandate),
)


async def list_of_party(work: Work, party_id: UUID, request: PageRequest, day: date | None) -> Listed:
    """The party's own list of those who speak for it, ended mandates too unless a day is given."""
    await admit(work, "list_mandates", Party, party_id)
    query = _OF_PARTY
    if day is not None:
        query = query.where(valid_on(day))
    return await page(work, query, SORTS, request, party_id=party_id)


async def list_at_table(work: Work, working_group_id: UUID, request: PageRequest, day: date | None) -> Listed:
    """The mandates that count at one table on a day of the group's life, as far as the actor may see them."""
    group = await admit(work, "list_working_group_mandates", WorkingGroup, working_group_id)
    first_day = swedish_day(group.started_at or group.created_at)
    last_day = work.today if group.closed_at is None else swedish_day(group.closed_at)
    if day is not None and not first_day <= day <= last_day:
        raise Refusal(Code.OUTSIDE_GROUP_LIFE, "/validOn")
    return await page(work, _AT_TABLE, SORTS, request, group_id=working_group_id, day=day or last_day)


async def create(work: Work, party_id: UUID, data: MandateCreate) -> MandateRead:
    """The party appoints; a system administrator only while it has nobody, and so nobody who could appoint."""
    party = await admit(work, "create_mandate", Party, party_id)
    first_day = data.valid_from or work.today
    if first_day < work.today - LONGEST_BACKDATING:
        raise Refusal(Code.TOO_FAR_BACK, "/validFrom")
    _check_last_day(work, first_day, data.valid_to)
    first = party.id not in work.actor.parties
    if first and data.working_group_id is not None:
        raise Refusal(Code.FIRST_MANDATE_IS_GENERAL, "/workingGroupId")
    if data.working_group_id is not None:
        await _check_seat(work, party, data.working_group_id)
    # An administrator sees neither who speaks for whom nor who leads what. The rules hold for its choice all the same.
    async with wall.beyond(work.session) if first else nullcontext():
        if first:
            await _check_first(work, party)
        person = await _hold(work, data.person_id, party.organisation_id)
        await _check_sides(work, person.id, party, first_day, data.valid_to)
    mandate = Mandate(
        organisation_id=party.organisation_id,
        party_id=party.id,
        **data.model_dump(exclude={"valid_from"}),
        valid_from=first_day,
        first=first,
        created_at=work.now,
    )
    await created(work, "create_mandate", mandate)
    return shown(work, MandateRead, mandate, person_name=person.name)


async def read(work: Work, mandate_id: UUID) -> MandateRead:
    return await _shown(work, await find(work, Mandate, mandate_id))


async def update(work: Work, mandate_id: UUID, version: int, data: MandateUpdate) -> MandateRead:
    mandate = await admit(work, "update_mandate", Mandate, mandate_id, version)
    changes = differing(mandate, data.model_dump(exclude_unset=True))
    if "valid_to" in changes:
        _check_last_day(work, mandate.valid_from, changes["valid_to"])
        await _check_longer(work, mandate, changes["valid_to"])
    if "suspended_at" in changes:
        await _check_return(work, mandate, changes.get("valid_to", mandate.valid_to))
    if changes:
        await changed(work, "update_mandate", mandate, changes)
    return await _shown(work, mandate)


async def _shown(work: Work, mandate: Mandate) -> MandateRead:
    named = sa.select(_NAME).join(Person, col(Person.id) == col(Mandate.person_id)).where(col(Mandate.id) == mandate.id)
    name = await work.session.execute(named)
    return shown(work, MandateRead, mandate, person_name=name.scalar_one())


async def _check_first(work: Work, party: Party) -> None:
    """A party with nobody to speak for it, today or later. Its row is held: two administrators are not both first."""
    speaking = sa.select(col(Mandate.id)).where(
        col(Mandate.party_id) == party.id,
        col(Mandate.working_group_id).is_(None),
        valid_between(work.today, None),
    )
    if await _any(work, speaking):
        raise Refusal(Code.FIRST_MANDATE_EXISTS)


async def _check_seat(work: Work, party: Party, working_group_id: UUID) -> None:
    seat = sa.select(col(WorkingGroupParty.party_id)).where(
        col(WorkingGroupParty.working_group_id) == working_group_id,
        col(WorkingGroupParty.party_id) == party.id,
    )
    if not await _any(work, seat):
        raise Refusal(Code.UNKNOWN_WORKING_GROUP, "/workingGroupId")


def _check_last_day(work: Work, first_day: date, last_day: date | None) -> None:
    """A mandate never ends in the past: what was done under it, today too, was done by a representative."""
    if last_day is not None and last_day < first_day:
        raise Refusal(Code.DATES_REVERSED, "/validTo")
    if last_day is not None and last_day < work.today:
        raise Refusal(Code.LAST_DAY_PASSED, "/validTo")


async def _check_longer(work: Work, mandate: Mandate, last_day: date | None) -> None:
    longer = last_day is None or (mandate.valid_to is not None and last_day > mandate.valid_to)
    if longer:
        # A longer mandate is like a new one: the person may have gone to the other side meanwhile.
        party = await find(work, Party, mandate.party_id)
        await _hold(work, mandate.person_id, mandate.organisation_id)
        await _check_sides(work, mandate.person_id, party, max(mandate.valid_from, work.today), last_day)


async def _check_return(work: Work, mandate: Mandate, last_day: date | None) -> None:
    """A mandate that rested is like a new one: its holder may still be gone, or speak for the other side by now."""
    party = await find(work, Party, mandate.party_id)
    await _hold(work, mandate.person_id, mandate.organisation_id)
    await _check_sides(work, mandate.person_id, party, max(mandate.valid_from, work.today), last_day)


async def _hold(work: Work, person_id: UUID, organisation_id: UUID) -> Person:
    """Somebody who can be given a mandate. Who runs the system reads no dialogue, so takes part in none."""
    person = await people.hold(work, person_id, organisation_id, "/personId")
    if Role.SYSTEM_ADMINISTRATOR in person.roles:
        raise Refusal(Code.ADMINISTRATOR_HOLDS_MANDATE, "/personId")
    return person


async def _check_sides(work: Work, person_id: UUID, party: Party, first_day: date, last_day: date | None) -> None:
    """Nobody speaks for both sides at once, or for one of them while leading sessions for both."""
    other_side = (
        sa.select(col(Mandate.id))
        .join(Party, col(Party.id) == col(Mandate.party_id))
        .where(
            col(Mandate.person_id) == person_id,
            col(Mandate.organisation_id) == party.organisation_id,
            col(Party.side) != party.side,
            # The mandates of a closed party give no say after that day, and nobody is left who could end them.
            sa.or_(col(Party.state) == PartyState.ACTIVE, _day(Party.closed_at) >= first_day),
            valid_between(first_day, last_day),
        )
    )
    if await _any(work, other_side):
        raise Refusal(Code.BOTH_SIDES)
    leading: sa.ColumnElement[bool] = col(DialogueSession.state).in_(
        [DialogueSessionState.PLANNED, DialogueSessionState.PREPARED]
    )
    if first_day < work.today:
        # Whoever led a conversation last week cannot have spoken for one of its parties then.
        led = sa.and_(
            col(DialogueSession.state) == DialogueSessionState.HELD, _day(DialogueSession.starts_at) >= first_day
        )
        leading = sa.or_(leading, led)
    leads = sa.select(col(DialogueSession.id)).where(
        col(DialogueSession.facilitator_id) == person_id,
        col(DialogueSession.organisation_id) == party.organisation_id,
        leading,
    )
    if await _any(work, leads):
        raise Refusal(Code.FACILITATES_FOR_PARTIES)


def _day(moment: Any) -> sa.ColumnElement[date]:
    return sa.cast(sa.func.timezone("Europe/Stockholm", moment), sa.Date)


async def _any(work: Work, query: sa.Select[*tuple[UUID]]) -> bool:
    return (await work.session.execute(query.limit(1))).first() is not None
