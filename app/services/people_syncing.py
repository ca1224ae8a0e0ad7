"""The people of an organisation as a file finds them, and a plan's steps carried out, some thousands at a time."""

from collections.abc import Iterable, Sequence, Set
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.person import Person
from app.models.unit import Unit
from app.services import wall
from app.services.errors import Code, Refusal
from app.services.people_plan import PersonChange, PresentPerson
from app.services.syncing import Syncing, hold_mandates
from app.services.work import Work

AT_ONCE = 250
"""As many as are held in memory as rows, fifty thousand of which take a gigabyte; others are served between them."""

_PRESENT = sa.select(
    col(Person.id),
    col(Person.version),
    col(Person.external_id),
    col(Person.name),
    col(Person.email),
    col(Person.language),
    col(Person.active),
    col(Person.unit_id),
).where(col(Person.organisation_id) == sa.bindparam("organisation_id"), col(Person.erased_at).is_(None))
_OPEN_UNITS = sa.select(col(Unit.external_id), col(Unit.id)).where(
    col(Unit.organisation_id) == sa.bindparam("organisation_id"),
    col(Unit.external_id).is_not(None),
    col(Unit.valid_to).is_(None),
)
_ELSEWHERE = sa.select(sa.func.lower(col(Person.email))).where(
    sa.func.lower(col(Person.email)) == sa.any_(sa.bindparam("addresses", type_=sa.ARRAY(sa.Text))),
    col(Person.organisation_id).is_distinct_from(sa.bindparam("organisation_id", type_=sa.Uuid)),
)
_CHANGED = (
    sa.select(Person)
    .where(
        col(Person.id) == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid))),
        col(Person.organisation_id) == sa.bindparam("organisation_id"),
    )
    .order_by(col(Person.id))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


async def present(work: Work, organisation_id: UUID) -> list[PresentPerson]:
    """Everybody of the organisation who has not been erased."""
    found = await work.session.execute(_PRESENT, {"organisation_id": organisation_id})
    return [PresentPerson(*row) for row in found]


async def open_units(work: Work, organisation_id: UUID) -> dict[str, UUID]:
    found = await work.session.execute(_OPEN_UNITS, {"organisation_id": organisation_id})
    return {external_id: unit_id for external_id, unit_id in found if external_id is not None}


async def taken_elsewhere(work: Work, organisation_id: UUID, addresses: Iterable[str]) -> frozenset[str]:
    """Which of the addresses, in small letters, are those of people outside the organisation; nothing else of them."""
    asked = {"addresses": list(addresses), "organisation_id": organisation_id}
    async with wall.beyond(work.session):
        return frozenset((await work.session.execute(_ELSEWHERE, asked)).scalars())


async def carry_out(work: Work, syncing: Syncing, changes: Sequence[PersonChange]) -> None:
    """All of it, or a `Refusal`: `PLAN_STALE` if somebody is not as the plan found them.

    The session forgets the rows it has seen: 50,000 of them would take more memory than there may be.
    """
    organisation_id = syncing.organisation.id
    open_now = set((await open_units(work, organisation_id)).values())
    for start in range(0, len(changes), AT_ONCE):
        portion = changes[start : start + AT_ONCE]
        ids = [each.person_id for each in portion if each.person_id is not None]
        if leaving := [each.person_id for each in portion if each.person_id is not None and not each.active]:
            await hold_mandates(work, leaving)
        asked = {"ids": ids, "organisation_id": organisation_id}
        rows = (await work.session.execute(_CHANGED, asked)).scalars().all() if ids else []
        people = {person.id: person for person in rows}
        for change in portion:
            if change.person_id is None:
                _check_place(change, None, open_now)
                syncing.take_in(_told(change) | {"email": change.email})
                continue
            person = people.get(change.person_id)
            if person is None or person.version != change.from_version or person.erased_at is not None:
                raise Refusal(Code.PLAN_STALE)
            _check_place(change, person.unit_id, open_now)
            told = _told(change)
            if change.name != person.name:
                told |= {"given_name": None, "family_name": None}  # those of the former name
            syncing.change(person, told)
        try:
            await syncing.settle()
        except Refusal as refusal:
            if refusal.code in {Code.EMAIL_TAKEN, Code.EXTERNAL_ID_TAKEN}:
                raise Refusal(Code.PLAN_STALE) from None
            raise
        work.session.expunge_all()


def _check_place(change: PersonChange, former: UUID | None, open_now: Set[UUID]) -> None:
    """Nobody comes to a unit that has closed meanwhile; whoever was there before it closed stays."""
    if change.unit_id is not None and change.unit_id != former and change.unit_id not in open_now:
        raise Refusal(Code.PLAN_STALE)


def _told(change: PersonChange) -> dict[str, Any]:
    return {
        "external_id": change.external_id,
        "name": change.name,
        "language": change.language,
        "active": change.active,
        "unit_id": change.unit_id,
    }
