"""The people of an organisation as a file finds them, and a plan's steps carried out, some thousands at a time."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from app.models.hr_import import HrKeptChange, ImportSubject
from app.models.organisation import Organisation
from app.models.person import Person
from app.models.unit import Unit
from app.services import wall
from app.services.errors import Code, Refusal
from app.services.known_people import KnownUnits, PresentPerson
from app.services.people_plan import PersonChange
from app.services.personal_numbers import has_personal_number
from app.services.syncing import Syncing, hold_mandates
from app.services.work import Work

AT_ONCE = 250
"""As many as are held in memory as rows, fifty thousand of which take a gigabyte; others are served between them."""

READ_AT_ONCE = 2_000

_PRESENT: Any = (
    sa.select(
        col(Person.id),
        col(Person.version),
        col(Person.external_id),
        col(Person.name),
        col(Person.email),
        col(Person.language),
        col(Person.active),
        col(Person.unit_id),
        col(Unit.external_id),
        col(Person.user_name_key),
    )
    .select_from(sa.outerjoin(Person, Unit, col(Unit.id) == col(Person.unit_id)))
    .where(col(Person.organisation_id) == sa.bindparam("organisation_id"), col(Person.erased_at).is_(None))
    # A plan reads the same, and has the same hash, in whatever order the database finds them.
    .order_by(col(Person.id))
)
_OPEN_UNITS = sa.select(col(Unit.external_id), col(Unit.id)).where(
    col(Unit.organisation_id) == sa.bindparam("organisation_id"),
    col(Unit.external_id).is_not(None),
    col(Unit.valid_to).is_(None),
)
_COMING_UNITS = (
    sa.select(col(HrKeptChange.external_id), sa.func.min(col(HrKeptChange.effective_on)).label("begins"))
    .where(
        col(HrKeptChange.organisation_id) == sa.bindparam("organisation_id"),
        col(HrKeptChange.subject) == ImportSubject.UNITS,
        sa.type_coerce(col(HrKeptChange.content), JSONB)["name"].astext.is_not(None),  # and not only its last day
    )
    .group_by(col(HrKeptChange.external_id))
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
    everybody: list[PresentPerson] = []
    found = await work.session.stream(_PRESENT, {"organisation_id": organisation_id})
    # Portion by portion: others are served between them.
    async for rows in found.partitions(READ_AT_ONCE):
        everybody += [PresentPerson(*row) for row in rows]
    return everybody


async def open_units(work: Work, organisation_id: UUID) -> dict[str, UUID]:
    found = await work.session.execute(_OPEN_UNITS, {"organisation_id": organisation_id})
    return {external_id: unit_id for external_id, unit_id in found if external_id is not None}


async def known_units(work: Work, organisation_id: UUID) -> KnownUnits:
    """Those that are open, and those that begin on a day that has been said."""
    coming = await work.session.execute(_COMING_UNITS, {"organisation_id": organisation_id})
    days = {row.external_id: row.begins for row in coming}
    return KnownUnits(await open_units(work, organisation_id), days)


def fault_in_new(told: Mapping[str, str]) -> tuple[Code, str] | None:
    """Like `syncing.fault_in`, of what `import_rows` has read: there every cell has been looked at, but for this."""
    if has_personal_number(told.get("email", "")):
        return Code.PERSONAL_NUMBER_REFUSED, "email"
    return None


async def taken_elsewhere(work: Work, organisation_id: UUID, addresses: Iterable[str]) -> frozenset[str]:
    """Which of the addresses, in small letters, are those of people outside the organisation; nothing else of them."""
    asked = {"addresses": list(addresses), "organisation_id": organisation_id}
    async with wall.beyond(work.session):
        return frozenset((await work.session.execute(_ELSEWHERE, asked)).scalars())


async def carry_out(work: Work, syncing: Syncing, changes: Sequence[PersonChange]) -> None:
    """All of it, or a `Refusal`: `PLAN_STALE` if somebody is not as the plan found them.

    The session forgets the rows it has seen: 50,000 of them would take more memory than there may be.
    """
    try:
        await _carry_out(work, syncing, changes)
    except Refusal as refusal:
        if refusal.code in {Code.EMAIL_TAKEN, Code.EXTERNAL_ID_TAKEN}:
            raise Refusal(Code.PLAN_STALE) from None
        raise


async def carry_out_each(work: Work, organisation: Organisation, changes: Sequence[PersonChange]) -> dict[str, Code]:
    """What can be done of it; of the rest, by external id, why not.

    Refused as a whole with `DEACTIVATION_BRAKE`, and with `PLAN_STALE` if somebody is changed by others just now.
    """
    if not changes:
        return {}
    try:
        async with work.session.begin_nested():
            await _carry_out(work, Syncing(work, organisation), changes)
    except Refusal as refusal:
        if refusal.code in {Code.DEACTIVATION_BRAKE, Code.PLAN_STALE}:
            raise
        if len(changes) == 1:
            return {changes[0].external_id: refusal.code}
        half = len(changes) // 2
        return {
            **await carry_out_each(work, organisation, changes[:half]),
            **await carry_out_each(work, organisation, changes[half:]),
        }
    return {}


async def _carry_out(work: Work, syncing: Syncing, changes: Sequence[PersonChange]) -> None:
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
        await syncing.settle()
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
