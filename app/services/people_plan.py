"""What a file changes among the people that are here. Pure: it knows no database and no clock.

People are known by the HR system's own id. Somebody whom the HR system does not know yet is known by their e-mail
address once, and by the id from then on; so is somebody who has left and comes back with another id. An address is
never changed by a file: links to choose a password go there.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

from app.models.columns import Language
from app.services.errors import Code
from app.services.import_rows import PersonRow, RowError, in_order
from app.services.known_people import KnownPeople, KnownUnits, PresentPerson, first_active

FaultIn = Callable[[Mapping[str, str]], tuple[Code, str] | None]
"""Of what is told of somebody by names of columns: why it cannot be taken in, and which of them."""
Said = TypeVar("Said")
_FIELDS = {"external_id": "externalId", "name": "name", "email": "email"}


class PersonStep(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    MOVE = "move"
    DEACTIVATE = "deactivate"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class PersonChange:
    step: PersonStep
    external_id: str
    person_id: UUID | None
    from_version: int | None
    name: str
    email: str
    language: Language
    active: bool
    unit_id: UUID | None


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """What happens to a person on a later day."""

    external_id: str
    day: date
    active: bool
    name: str | None = None
    email: str | None = None
    language: Language | None = None
    unit: str | None = None


@dataclass
class PeoplePlan:
    changes: list[PersonChange] = field(default_factory=list)
    kept: list[KeptPerson] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    unchanged: int = 0
    missing: list[UUID] = field(default_factory=list)
    """Active people of the organisation that the file does not name."""


def plan_people(
    present: Iterable[PresentPerson],
    rows: Iterable[PersonRow],
    units: KnownUnits,
    taken: Set[str],
    named: Set[str],
    today: date,
    fault_in: FaultIn,
    *,
    deactivate_missing: bool,
) -> PeoplePlan:
    """The steps that make people as the file has them.

    `taken`: addresses, in small letters, of people elsewhere. `named`: all ids of the file, also of rows that could not
    be read. `fault_in`: what syncing refuses. `deactivate_missing`: those that an HR system knows and the file does not
    name; whoever was never in one stays.
    """
    plan = PeoplePlan()
    everybody = list(present)
    about_each: dict[str, list[PersonRow]] = {}
    for key, several in in_order(rows).items():
        if (twice := _row_twice(several)) is None:
            about_each[key] = _as_of(today, several)
        else:
            plan.errors.append(twice)
    known = KnownPeople(everybody, about_each, named, taken)
    check = _Check(known, units, today, fault_in)
    found: set[UUID] = set()
    for key, about in about_each.items():
        person = known.by_id.get(key)
        if person is not None and person.person_id in known.back_as:
            plan.unchanged += 1  # that they have left: they are back under another id
            continue
        if person is None:
            person = known.by_address(key, about)
        if person is not None:
            if person.person_id in found:
                # Two ids with one address: whose of them it is nobody knows.
                plan.errors.append(RowError(about[0].row, Code.EMAIL_TAKEN, "email"))
                continue
            found.add(person.person_id)
        error = check.fault(key, about, person)
        if error is not None:
            plan.errors.append(error)
            continue
        if person is None and (first := first_active(about)) is not None:
            known.created.add((first.email or "").lower())
        for row in about:
            if row.effective_on is not None and row.effective_on > today:
                plan.kept.append(_kept(row, row.effective_on))
            else:
                _step(plan, person, row, units)
    for person in everybody:
        if not person.active or person.person_id in found or person.external_id in named:
            continue
        plan.missing.append(person.person_id)
        if deactivate_missing and person.external_id is not None:
            plan.changes.append(_change(PersonStep.DEACTIVATE, person, replace(person, active=False)))
    return plan


@dataclass(frozen=True)
class _Check:
    """What is wrong with the rows about one person."""

    known: KnownPeople
    units: KnownUnits
    today: date
    fault_in: FaultIn

    def fault(self, key: str, about: list[PersonRow], person: PresentPerson | None) -> RowError | None:
        unit = None if person is None else person.unit
        for row in about:
            if not self.units.has(row, unit, self.today):
                return RowError(row.row, Code.UNKNOWN_UNIT, "unitExternalId")
            if row.active and row.unit is not None:
                unit = row.unit
        first = first_active(about)
        if person is None and first is not None:
            if first.name is None:
                return RowError(first.row, Code.COLUMN_EMPTY, "name")
            if first.email is None:
                return RowError(first.row, Code.COLUMN_EMPTY, "email")
            if self.known.is_taken(first.email.lower()):
                return RowError(first.row, Code.EMAIL_TAKEN, "email")
        for row in about:
            # Of somebody who was never here and has left nothing is taken in.
            if (person is not None or first is not None) and (fault := self.fault_in(_told(key, row, person, first))):
                return RowError(row.row, fault[0], _FIELDS[fault[1]])
        return None


def _told(key: str, row: PersonRow, person: PresentPerson | None, first: PersonRow | None) -> dict[str, str]:
    """What the row brings that is not here yet."""
    told = {}
    if (person is None and row is first) or (person is not None and person.external_id != key):
        told["external_id"] = key
    if person is None and row is first and row.email is not None:
        told["email"] = row.email
    if row.name is not None and (person is None or person.name != row.name):
        told["name"] = row.name
    return told


def _row_twice(about: list[PersonRow]) -> RowError | None:
    for one, other in pairwise(about):
        if one.effective_on == other.effective_on:
            return RowError(other.row, Code.ROW_TWICE, "externalId")
    return None


def _as_of(today: date, rows: list[PersonRow]) -> list[PersonRow]:
    """What the rows come to today, as one row, and those of later days. What was before it is nobody's concern."""
    now = [row for row in rows if row.effective_on is None or row.effective_on <= today]
    later = rows[len(now) :]
    if not now:
        return later
    last = now[-1]
    email = next((row.email for row in now if row.email is not None), None)
    if last.active:
        last = replace(
            last,
            name=_latest([row.name for row in now]),
            language=_latest([row.language for row in now]),
            unit=_latest([row.unit for row in now]),
        )
    return [replace(last, email=email), *later]


def _latest(said: Iterable[Said | None]) -> Said | None:
    return next((each for each in reversed(list(said)) if each is not None), None)


def _kept(row: PersonRow, day: date) -> KeptPerson:
    return KeptPerson(row.external_id, day, row.active, row.name, row.email, row.language, row.unit)


def _step(plan: PeoplePlan, person: PresentPerson | None, row: PersonRow, units: KnownUnits) -> None:
    after = _after(person, row, units)
    if after is None or after == person:
        plan.unchanged += 1
    else:
        plan.changes.append(_change(_kind(person, after), person, after))


def _after(person: PresentPerson | None, row: PersonRow, units: KnownUnits) -> PresentPerson | None:
    if not row.active:
        # Whoever has left keeps the name and the place they had; whoever was never here does not come.
        return None if person is None else replace(person, external_id=row.external_id, active=False)
    unit_id = units.place(row, person)
    if person is None:
        name, email, language = row.name or "", row.email or "", row.language or Language.SWEDISH
        return PresentPerson(UUID(int=0), 0, row.external_id, name, email, language, active=True, unit_id=unit_id)
    return replace(
        person,
        external_id=row.external_id,
        name=row.name or person.name,
        language=row.language or person.language,
        unit_id=unit_id,
        active=True,
    )


def _kind(before: PresentPerson | None, after: PresentPerson) -> PersonStep:
    if before is None:
        return PersonStep.CREATE
    if before.active != after.active:
        return PersonStep.RETURN if after.active else PersonStep.DEACTIVATE
    return PersonStep.MOVE if before.unit_id != after.unit_id else PersonStep.CHANGE


def _change(step: PersonStep, before: PresentPerson | None, after: PresentPerson) -> PersonChange:
    return PersonChange(
        step,
        after.external_id or "",
        None if before is None else before.person_id,
        None if before is None else before.version,
        after.name,
        after.email,
        after.language,
        after.active,
        after.unit_id,
    )
