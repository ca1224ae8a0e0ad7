"""What a plan would do, page by page: out of the plan's portions, beside what is here now of those on the page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import col

from app.models.hr_import import HrImport, ImportSubject
from app.models.import_change import HrImportPortion, ImportFieldChange, PlannedStep
from app.models.person import Person
from app.models.unit import Unit, UnitPlacement
from app.services import plan_content, policy
from app.services.errors import Code, Refusal
from app.services.listing import COUNTED_AT_MOST, Columns, Listed, PageRequest, position, written
from app.services.unit_timelines import own_key
from app.services.work import Work, admit

Thing = dict[str, Any]
_BY_PLACE: Columns = (col(HrImportPortion.place),)
_IDS = sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)))
_ORGANISATION = sa.bindparam("organisation_id", type_=sa.Uuid)

_PORTIONS = (
    sa.select(col(HrImportPortion.id), col(HrImportPortion.step), col(HrImportPortion.size))
    .where(col(HrImportPortion.hr_import_id) == sa.bindparam("import_id"))
    .order_by(col(HrImportPortion.place))
)
_CONTENTS = sa.select(col(HrImportPortion.id), col(HrImportPortion.content)).where(col(HrImportPortion.id) == _IDS)
_PEOPLE = sa.select(
    col(Person.id),
    col(Person.version),
    col(Person.external_id),
    col(Person.name),
    col(Person.email),
    col(Person.language),
    col(Person.active),
    col(Person.unit_id),
).where(
    col(Person.id) == _IDS,
    col(Person.organisation_id) == _ORGANISATION,
    col(Person.erased_at).is_(None),
    policy.visible(Person),
)
_period = sa.orm.aliased(UnitPlacement)


def _begins(first_or_last: Any) -> sa.ScalarSelect[Any]:
    """When the first or the last of a unit's periods does."""
    return (
        sa.select(first_or_last(col(_period.valid_from)))
        .where(col(_period.unit_id) == col(Unit.id))
        .correlate(Unit)
        .scalar_subquery()
    )


_BY_KEY = sa.select(col(Unit.id)).where(
    col(Unit.external_id) == sa.any_(sa.bindparam("keys", type_=sa.ARRAY(sa.Text))),
    col(Unit.organisation_id) == _ORGANISATION,
)
# What a unit is called and where it lies: the latest of its periods.
_UNITS: Any = (
    sa.select(
        col(Unit.id),
        col(Unit.version),
        col(Unit.external_id),
        col(Unit.headcount),
        col(Unit.merged_into_id),
        col(UnitPlacement.name),
        col(UnitPlacement.parent_id),
        _begins(sa.func.min).label("first"),
        col(UnitPlacement.valid_to).label("last"),
    )
    .join(UnitPlacement, col(UnitPlacement.unit_id) == col(Unit.id))
    .where(
        col(Unit.id) == _IDS,
        col(Unit.organisation_id) == _ORGANISATION,
        policy.visible(Unit),
        col(UnitPlacement.valid_from) == _begins(sa.func.max),
    )
)


class _Place(NamedTuple):
    """A portion that reaches into the page, and which of its things are on it."""

    portion_id: UUID
    step: PlannedStep
    begin: int
    end: int


async def list_of_import(work: Work, import_id: UUID, step: PlannedStep | None, request: PageRequest) -> Listed:
    hr_import = await admit(work, "list_import_changes", HrImport, import_id)
    if hr_import.plan is not None:
        raise Refusal(Code.PLAN_GONE)  # of the former program
    found = (await work.session.execute(_PORTIONS, {"import_id": import_id})).all()
    portions = [each for each in found if step is None or each.step is step]
    total = sum(each.size for each in portions)
    order = f"{request.sort} {step or 'all'}"
    first = (request.page - 1) * request.limit
    if request.after is not None:
        (last,) = position(request.after, order, _BY_PLACE)
        first = last + 1
    end = min(first + request.limit, total) if request.page > 0 else first
    backwards = (request.sort or "").startswith("-")
    places = list(_places(portions, total - end, total - first) if backwards else _places(portions, first, end))
    asked = {"ids": list({each.portion_id for each in places})}
    contents = {row.id: row.content for row in await work.session.execute(_CONTENTS, asked)}
    if len(contents) < len(asked["ids"]):
        raise Refusal(Code.PLAN_GONE)  # it is applied at this very moment
    things = [
        (each.step, thing)
        for each in places
        for thing in plan_content.unpack(contents[each.portion_id])[each.begin : each.end]
    ]
    if backwards:
        things.reverse()
    show = _people if hr_import.subject is ImportSubject.PEOPLE else _units
    rows = await show(work, hr_import.organisation_id, things)
    next_after = written(order, [end - 1]) if 0 < end < total else None
    return Listed(rows, min(total, COUNTED_AT_MOST), total > COUNTED_AT_MOST, next_after)


def _places(portions: Sequence[Any], first: int, end: int) -> Iterable[_Place]:
    begin = 0
    for portion in portions:
        here = _Place(portion.id, portion.step, max(first - begin, 0), min(end - begin, portion.size))
        if here.begin < here.end:
            yield here
        begin += portion.size


# --- People -------------------------------------------------------------------------------------------------------


async def _people(work: Work, organisation_id: UUID, things: Sequence[tuple[PlannedStep, Thing]]) -> list[Thing]:
    ids = [each for _, thing in things if (each := _id(thing, "personId", "id")) is not None]
    asked = work.actor.held | {"ids": ids, "organisation_id": organisation_id}
    here = {person.id: person for person in await work.session.execute(_PEOPLE, asked)} if ids else {}
    unit_ids = {person.unit_id for person in here.values()} | {_id(thing, "unitId") for _, thing in things}
    keys = {thing["content"]["unit"] for step, thing in things if step is PlannedStep.KEPT}
    units = await _called(work, organisation_id, unit_ids, keys)
    rows = []
    for step, thing in things:
        person = here.get(_id(thing, "personId", "id"))
        before = {} if person is None else _of_person(person)
        after = before | _person_after(step, thing, units)
        rows.append(
            {
                "change": step,
                "external_id": thing.get("externalId") or before.get("externalId"),
                "subject_id": _id(thing, "personId", "id"),
                "name": before.get("name") or after.get("name"),
                "effective_on": _day(thing.get("day")),
                "stale": _is_stale(thing, None if person is None else person.version),
                "fields": _differing(_PERSON_FIELDS, before, after, units.names, of_units={"unit"}),
            }
        )
    return rows


_PERSON_FIELDS = ("name", "email", "language", "unit", "active")


def _of_person(person: Any) -> Thing:
    return {
        "externalId": person.external_id,
        "name": person.name,
        "email": person.email,
        "language": person.language.value,
        "unit": _text(person.unit_id),
        "active": person.active,
    }


def _person_after(step: PlannedStep, thing: Thing, units: "_Units") -> Thing:
    """What becomes of them; nothing, where nothing does."""
    if step in {PlannedStep.MISSING, PlannedStep.WITHDRAWN}:
        return {}
    if step is PlannedStep.KEPT:
        said = thing["content"]
        if not said["active"]:
            return {"active": False}
        after = {name: said[name] for name in ("name", "language") if said[name] is not None} | {"active": True}
        if thing["personId"] is None and said["email"] is not None:
            after["email"] = said["email"]  # that of somebody who is here is never changed by a file
        return after if said["unit"] is None else after | {"unit": _text(units.ids.get(said["unit"]))}
    return {name: thing[name] for name in ("name", "email", "language", "active")} | {"unit": thing["unitId"]}


# --- Units --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Units:
    """Those of a page, as far as the caller may read units at all."""

    rows: Mapping[UUID, Any]

    @property
    def names(self) -> dict[str, str]:
        """By id, and by the key that plans of units know them by."""
        by_id = {str(unit.id): unit.name for unit in self.rows.values()}
        return by_id | {_key(unit): unit.name for unit in self.rows.values()}

    @property
    def ids(self) -> dict[str, UUID]:
        """By external id."""
        return {unit.external_id: unit.id for unit in self.rows.values() if unit.external_id is not None}

    def key(self, unit_id: UUID | None) -> str | None:
        return None if unit_id is None else _key(self.rows[unit_id]) if unit_id in self.rows else own_key(unit_id)


def _key(unit: Any) -> str:
    return own_key(unit.id) if unit.external_id is None else str(unit.external_id)


async def _called(work: Work, organisation_id: UUID, ids: Iterable[UUID | None], keys: Iterable[str | None]) -> _Units:
    asked = {each for each in ids if each}
    given = {"organisation_id": organisation_id}
    if named := [each for each in keys if each]:
        asked |= set((await work.session.execute(_BY_KEY, given | {"keys": named})).scalars())
    if not asked:
        return _Units({})
    given |= work.actor.held | {"ids": list(asked)}
    return _Units({unit.id: unit for unit in await work.session.execute(_UNITS, given)})


async def _units(work: Work, organisation_id: UUID, things: Sequence[tuple[PlannedStep, Thing]]) -> list[Thing]:
    keys = {key for _, thing in things for key in _keys_in(thing)}
    own = {UUID(key.removeprefix("#")) for key in keys if key.startswith("#")}
    ids = {_id(thing, "unitId", "id") for _, thing in things} | own
    units = await _called(work, organisation_id, ids, keys)
    around = {each for unit in units.rows.values() for each in (unit.parent_id, unit.merged_into_id)}
    units = _Units({**(await _called(work, organisation_id, around, ())).rows, **units.rows})
    by_key = {_key(unit): unit for unit in units.rows.values()}
    rows = []
    for step, thing in things:
        unit = units.rows.get(_id(thing, "unitId", "id")) or by_key.get(thing.get("externalId"))  # type: ignore[arg-type]
        before = {} if unit is None else _of_unit(unit, units)
        after = before | _unit_after(step, thing)
        rows.append(
            {
                "change": step,
                "external_id": thing.get("externalId") or (None if unit is None else unit.external_id),
                "subject_id": None if unit is None else unit.id,
                "name": before.get("name") or after.get("name"),
                "effective_on": _day(thing.get("day") or thing.get("fromDay")),
                "stale": _is_stale(thing, None if unit is None else unit.version),
                "fields": _differing(_UNIT_FIELDS, before, after, units.names, of_units={"parent", "mergedInto"}),
            }
        )
    return rows


_UNIT_FIELDS = ("name", "parent", "headcount", "firstDay", "lastDay", "mergedInto")


def _of_unit(unit: Any, units: _Units) -> Thing:
    return {
        "name": unit.name,
        "parent": units.key(unit.parent_id),
        "headcount": unit.headcount,
        "firstDay": _text(unit.first),
        "lastDay": _text(unit.last),
        "mergedInto": units.key(unit.merged_into_id),
    }


def _unit_after(step: PlannedStep, thing: Thing) -> Thing:
    if step in {PlannedStep.MISSING, PlannedStep.WITHDRAWN}:
        return {}
    if step is PlannedStep.KEPT:
        said = thing["content"]
        after = {"headcount": said["headcount"], "mergedInto": said["mergedInto"]}
        if said["last"] is not None:
            return after | {"lastDay": said["last"]}
        return after | {"name": said["name"], "parent": said["parent"], "lastDay": None}
    begins, latest = thing["periods"][0], thing["periods"][-1]
    return {
        "name": latest["name"],
        "parent": latest["parent"],
        "headcount": thing["headcount"],
        "firstDay": begins["first"],
        "lastDay": latest["last"],
        "mergedInto": thing["mergedInto"],
    }


def _keys_in(thing: Thing) -> Iterable[str]:
    said = thing.get("content", {})
    periods = thing.get("periods", [])
    found = (thing.get("externalId"), thing.get("mergedInto"), said.get("mergedInto"), said.get("parent"))
    return {key for key in (*found, *(each["parent"] for each in periods)) if key}


# --- Both ---------------------------------------------------------------------------------------------------------


def _differing(
    names: Iterable[str], before: Thing, after: Thing, called: Mapping[str, str], *, of_units: set[str]
) -> list[ImportFieldChange]:
    found = []
    for name in names:
        was, becomes = _text(before.get(name)), _text(after.get(name))
        if was == becomes:
            continue
        change = ImportFieldChange(field=name, before=was, after=becomes)
        if name in of_units:
            change.before_name = None if was is None else called.get(was)
            change.after_name = None if becomes is None else called.get(becomes)
        found.append(change)
    return found


def _is_stale(thing: Thing, version: int | None) -> bool:
    """Whether it is not as it was planned on. What is kept for a later day asks for nothing yet."""
    return thing.get("fromVersion") is not None and thing["fromVersion"] != version


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _id(thing: Thing, *names: str) -> UUID | None:
    return next((UUID(thing[name]) for name in names if thing.get(name)), None)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
