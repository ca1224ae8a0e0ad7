"""What a file changes among the people that are here. Pure: it knows no database and no clock.

People are known by the HR system's own id. Somebody whom the HR system does not know yet is known by their e-mail
address once, and by the id from then on. An address is never changed by a file: links to choose a password go there.
"""

from collections.abc import Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from app.models.columns import Language
from app.services.errors import Code
from app.services.import_rows import PersonRow, RowError, in_order


class PersonStep(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    MOVE = "move"
    DEACTIVATE = "deactivate"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class PresentPerson:
    person_id: UUID
    version: int
    external_id: str | None
    name: str
    email: str
    language: Language
    active: bool
    unit_id: UUID | None


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
    units: Mapping[str, UUID],
    taken: Set[str],
    named: Set[str],
    today: date,
    *,
    deactivate_missing: bool,
) -> PeoplePlan:
    """The steps that make people as the file has them.

    `units`: the open ones by external id. `taken`: addresses, in small letters, of people elsewhere. `named`: all ids
    of the file, also of rows that could not be read. `deactivate_missing`: those that an HR system knows and the file
    does not name; whoever was never in one stays.
    """
    plan = PeoplePlan()
    everybody = list(present)
    by_id = {person.external_id: person for person in everybody if person.external_id is not None}
    by_address = {person.email.lower(): person for person in everybody}
    created: set[str] = set()
    found: set[UUID] = set()
    for key, about in in_order(rows).items():
        if (twice := _row_twice(about)) is not None:
            plan.errors.append(twice)
            continue
        person = by_id.get(key)
        if person is None:
            person = _known_by_address(about, by_address)
        if person is not None:
            if person.person_id in found:
                # Two ids with one address: whose of them it is nobody knows.
                plan.errors.append(RowError(about[0].row, Code.EMAIL_TAKEN, "email"))
                continue
            found.add(person.person_id)
        now = [row for row in about if row.effective_on is None or row.effective_on <= today]
        error = _check(about, person, units, (taken, created, by_address))
        if error is not None:
            plan.errors.append(error)
            continue
        plan.kept += [_kept(row) for row in about if row.effective_on is not None and row.effective_on > today]
        if person is None and (first := next((row for row in about if row.active), None)) is not None:
            created.add((first.email or "").lower())
        if now:
            _step(plan, key, person, now, units)
    for person in everybody:
        if not person.active or person.person_id in found or person.external_id in named:
            continue
        plan.missing.append(person.person_id)
        if deactivate_missing and person.external_id is not None:
            plan.changes.append(_change(PersonStep.DEACTIVATE, person, replace(person, active=False)))
    return plan


def _row_twice(about: list[PersonRow]) -> RowError | None:
    for one, other in pairwise(about):
        if one.effective_on == other.effective_on:
            return RowError(other.row, Code.ROW_TWICE, "externalId")
    return None


def _known_by_address(about: list[PersonRow], by_address: Mapping[str, PresentPerson]) -> PresentPerson | None:
    for row in about:
        person = by_address.get((row.email or "").lower())
        if person is not None and person.external_id is None:
            return person
    return None


def _check(
    about: list[PersonRow],
    person: PresentPerson | None,
    units: Mapping[str, UUID],
    taken: Sequence[Container[str]],
) -> RowError | None:
    for row in about:
        if row.unit and row.unit not in units:
            return RowError(row.row, Code.UNKNOWN_UNIT, "unitExternalId")
    if person is not None:
        return None
    first = next((row for row in about if row.active), None)
    if first is None:
        return None  # somebody who has left and was never here
    if first.name is None:
        return RowError(first.row, Code.COLUMN_EMPTY, "name")
    if first.email is None:
        return RowError(first.row, Code.COLUMN_EMPTY, "email")
    address = first.email.lower()
    if any(address in each for each in taken):
        return RowError(first.row, Code.EMAIL_TAKEN, "email")
    return None


def _kept(row: PersonRow) -> KeptPerson:
    assert row.effective_on is not None  # noqa: S101 - only such rows are kept
    return KeptPerson(row.external_id, row.effective_on, row.active, row.name, row.email, row.language, row.unit)


def _step(
    plan: PeoplePlan, key: str, person: PresentPerson | None, rows: list[PersonRow], units: Mapping[str, UUID]
) -> None:
    before = person
    for row in rows:
        if person is None:
            if not row.active:
                continue
            unit_id = units[row.unit] if row.unit else None
            person = PresentPerson(
                UUID(int=0), 0, key, row.name or "", row.email or "", row.language or Language.SWEDISH, True, unit_id
            )
            continue
        unit_id = person.unit_id if row.unit is None else (units[row.unit] if row.unit else None)
        if not row.active:
            # Whoever has left keeps the name and the place they had.
            person = replace(person, external_id=key, active=False)
            continue
        person = replace(
            person,
            external_id=key,
            name=row.name or person.name,
            language=row.language or person.language,
            unit_id=unit_id,
            active=True,
        )
    if person == before:
        plan.unchanged += 1
        return
    assert person is not None  # noqa: S101 - before is None as well then
    plan.changes.append(_change(_kind(before, person), before, person))


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
