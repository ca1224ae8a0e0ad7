"""From a file to a plan: what it would change here, as content that is hashed, reviewed and later carried out."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.hr_import import (
    SHOWN_AT_MOST,
    ImportChange,
    ImportCounts,
    ImportFault,
    ImportMode,
    ImportReport,
    ImportSubject,
)
from app.models.import_mapping import ColumnMapping, ImportMapping
from app.models.organisation import Organisation
from app.services import (
    deactivation_brake,
    kept_changes,
    people_syncing,
    plan_content,
    syncing,
    union_data,
    unit_syncing,
)
from app.services.content_hash import content_hash
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.import_columns import ColumnsRefused, read_columns
from app.services.import_rows import RowError, Rows, person_rows, unit_rows
from app.services.kept_changes import Content, Day
from app.services.people_plan import PersonChange, PersonStep, plan_people
from app.services.personal_numbers import has_personal_number
from app.services.plan_content import Portion
from app.services.table_files import FileFormat, FileRefused, TableFile, read_table
from app.services.unit_rows import wanted_units
from app.services.unit_timelines import UnitChange, plan_tree
from app.services.work import Work


@dataclass(frozen=True)
class Planned:
    """What a file would do: the hash of it, the report, and the whole in portions."""

    plan_hash: str
    report: ImportReport
    basis: dict[str, Any]
    portions: list[Portion]
    fits: bool
    """Whether it can be applied: a tree with an error anywhere is no tree."""


async def plan(
    work: Work,
    organisation: Organisation,
    subject: ImportSubject,
    mode: ImportMode,
    content: bytes,
    form: FileFormat,
) -> Planned:
    """Read the file and hold it against what is here. `Refusal` when it cannot be read as a table of known columns."""
    mapping = await _mapping(work, organisation.id, subject)
    try:
        rows = await asyncio.to_thread(_read, content, form, subject, mapping)
    except FileRefused as refused:
        pointer = None if refused.row is None else f"/rows/{refused.row}"
        raise Refusal(Code(refused.fault.value), pointer) from None
    except ColumnsRefused as refused:
        await _count_union(work, sum(code is Code.UNION_DATA_REFUSED for _, code in refused.places))
        fields = [FieldRefusal(f"/columns/{number}" if number else "/columns", code) for number, code in refused.places]
        first = next((code for _, code in refused.places if code is Code.UNION_DATA_REFUSED), refused.places[0][1])
        # Kept: that it was tried is counted.
        raise Refusal(first, fields=fields, keep=True) from None
    await _count_union(work, rows.union)
    whole = mode is ImportMode.SNAPSHOT
    there = await kept_changes.present(work, organisation.id, subject)
    if subject is ImportSubject.PEOPLE:
        return await _plan_people(work, organisation, rows, there, whole=whole)
    return await _plan_units(work, organisation, rows, there, whole=whole)


def _read(content: bytes, form: FileFormat, subject: ImportSubject, mapping: ColumnMapping) -> Rows:
    table: TableFile = read_table(content, form)
    columns = read_columns(table, subject, mapping.columns, mapping.ignored_columns, _is_union)
    read = person_rows if subject is ImportSubject.PEOPLE else unit_rows
    return read(table, columns, _is_union, has_personal_number)


def _is_union(text: str, own: bool) -> bool:
    return union_data.looks_like(text, of_a_person=own)


async def _mapping(work: Work, organisation_id: UUID, subject: ImportSubject) -> ColumnMapping:
    query = sa.select(col(getattr(ImportMapping, subject.value))).where(
        col(ImportMapping.organisation_id) == organisation_id
    )
    found = (await work.session.execute(query)).scalar_one_or_none()
    return ColumnMapping() if found is None else ColumnMapping.model_validate(found)


async def _count_union(work: Work, times: int) -> None:
    if times and work.actor.service_client_id is not None:
        await syncing.count_refusals(work.session, work.actor.service_client_id, work.today, times)


# --- People -------------------------------------------------------------------------------------------------------


async def _plan_people(
    work: Work, organisation: Organisation, rows: Rows, there: dict[Day, Content], *, whole: bool
) -> Planned:
    present = await people_syncing.present(work, organisation.id)
    units = await people_syncing.known_units(work, organisation.id)
    here = {person.email.lower() for person in present}
    addresses = {row.email.lower() for row in rows.rows if row.email is not None} - here
    taken = await people_syncing.taken_elsewhere(work, organisation.id, addresses)
    absent_leave = whole and not rows.nameless
    found = await asyncio.to_thread(
        plan_people,
        present,
        rows.rows,
        units,
        taken,
        rows.named,
        work.today,
        people_syncing.fault_in_new,
        deactivate_missing=absent_leave,
    )
    brake = await deactivation_brake.of_people(work.session, organisation, work.now)

    def finish() -> Planned:
        counts = counts_of(found.changes)
        changes = plan_content.written_people(found)
        new, withdrawn = kept_changes.difference(there, kept_changes.of_people(found.kept), whole=whole)
        report = report_of(
            len(rows.rows) + len(rows.errors),
            [*rows.errors, *found.errors],
            counts,
            found.unchanged,
            changes,
            found.missing,
            kept=len(new),
            brake_holds=counts.get(PersonStep.DEACTIVATE, 0) > brake.left,
            absent_stay=whole and not absent_leave,
        )
        ids = {person.external_id: str(person.person_id) for person in present if person.external_id is not None}
        basis = {"kept": kept_changes.basis(there, None if whole else new), "treeVersion": None}
        subject, ours = ImportSubject.PEOPLE, organisation.id
        return finished(subject, ours, changes, new, withdrawn, found.missing, report, ids, basis, fits=True)

    # Some seconds of work for fifty thousand people, during which others are served.
    return await asyncio.to_thread(finish)


# --- Units --------------------------------------------------------------------------------------------------------


async def _plan_units(
    work: Work, organisation: Organisation, rows: Rows, there: dict[Day, Content], *, whole: bool
) -> Planned:
    here = await unit_syncing.present(work, organisation.id)
    wanted, errors = wanted_units(rows.rows, here, work.today)
    found = plan_tree(here.values(), wanted, work.today, close_missing=whole and not (rows.nameless or rows.errors))
    placed = [RowError(int(each.place or 0), each.code) for each in found.errors]
    every = [*rows.errors, *errors, *placed]
    counts = counts_of(found.changes)
    brake = await deactivation_brake.of_units(work.session, organisation, work.now)
    new, withdrawn = kept_changes.difference(there, kept_changes.of_units(found.kept), whole=whole)
    changes = plan_content.written_units(found)
    missing = [unit.unit_id for unit in found.missing]
    report = report_of(
        len(rows.rows) + len(rows.errors),
        every,
        counts,
        found.unchanged,
        changes,
        missing,
        kept=len(new),
        brake_holds=len(deactivation_brake.closing_in(found, here)) > brake.left,
        absent_stay=whole and bool(rows.nameless or rows.errors),
    )
    tree_version = await unit_syncing.version(work, organisation.id)
    basis = {"kept": kept_changes.basis(there, None if whole else new), "treeVersion": tree_version}
    subject, ours, fits = ImportSubject.UNITS, organisation.id, not every
    return await asyncio.to_thread(
        finished, subject, ours, changes, new, withdrawn, missing, report, {}, basis, fits=fits
    )


# --- Both ---------------------------------------------------------------------------------------------------------


def counts_of(changes: Iterable[PersonChange | UnitChange]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in changes:
        counts[each.step] = counts.get(each.step, 0) + 1
    return counts


def report_of(
    seen: int,
    errors: Sequence[RowError],
    counts: dict[str, int],
    unchanged: int,
    changes: Sequence[dict[str, Any]],
    missing: Sequence[UUID],
    *,
    kept: int,
    brake_holds: bool,
    absent_stay: bool,
) -> ImportReport:
    ordered = sorted(errors, key=lambda each: each.row)
    return ImportReport(
        counts=ImportCounts(
            seen=seen,
            created=counts.get("create", 0),
            changed=counts.get("change", 0),
            moved=counts.get("move", 0),
            deactivated=counts.get("deactivate", 0) + counts.get("close", 0),
            returned=counts.get("return", 0),
            unchanged=unchanged,
            refused=len(errors),
            missing=len(missing),
            kept=kept,
            kept_applied=0,
            kept_refused=0,
        ),
        errors=[ImportFault(row=each.row, code=each.code, field=each.field) for each in ordered[:SHOWN_AT_MOST]],
        changes=[
            ImportChange(change=each["change"], external_id=each["externalId"]) for each in changes[:SHOWN_AT_MOST]
        ],
        missing_ids=list(missing[:SHOWN_AT_MOST]),
        brake_holds=brake_holds,
        absent_stay=absent_stay,
    )


def finished(
    subject: ImportSubject,
    organisation_id: UUID,
    changes: list[dict[str, Any]],
    new: dict[Day, Content],
    withdrawn: list[Day],
    missing: Sequence[UUID],
    report: ImportReport,
    ids: dict[str, str],
    basis: dict[str, Any],
    *,
    fits: bool,
) -> Planned:
    """The plan as it is kept. For fifty thousand people this takes a second."""
    content: dict[str, Any] = {
        "subject": subject.value,
        "organisationId": str(organisation_id),
        "basis": basis,
        "changes": changes,
        "kept": [
            {"externalId": key, "day": day, "personId": ids.get(key), "content": said}
            for (key, day), said in new.items()
        ],
        "withdrawn": [{"externalId": key, "day": day} for key, day in withdrawn],
    }
    portions = list(plan_content.portions(content, [{"id": str(each)} for each in missing])) if fits else []
    return Planned(content_hash(content), report, basis, portions, fits)
