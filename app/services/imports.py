"""Imports: a file is planned, and the plan is reviewed. Applying it is import_applications.py's."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.hr_import import (
    HrImport,
    ImportMode,
    ImportRead,
    ImportReport,
    ImportState,
    ImportSubject,
    import_state,
)
from app.models.import_change import HrImportPortion
from app.models.organisation import Organisation
from app.services import import_plans, kept_changes, plan_content, policy
from app.services.conditions import Around
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.table_files import FileFormat
from app.services.unit_timelines import TreePlan
from app.services.work import Work, admit, created, find, shown, store

LAPSES_AFTER = timedelta(days=3)
"""A plan names people, and what it was made for changes: it is not kept for long."""
SUBJECT_OPERATION = {ImportSubject.PEOPLE: "create_person", ImportSubject.UNITS: "create_unit"}
"""Whoever may import may do that one by one as well."""

SORTS: dict[str, Columns] = {"createdAt": (col(HrImport.id),)}

_state_now = sa.type_coerce(
    sa.case(
        (
            sa.and_(
                col(HrImport.state) == ImportState.PLANNED,
                col(HrImport.lapses_at) <= sa.bindparam("now", type_=sa.DateTime(timezone=True)),
            ),
            ImportState.LAPSED.value,
        ),
        else_=sa.type_coerce(col(HrImport.state), sa.String),
    ),
    HrImport.__table__.c.state.type,  # type: ignore[attr-defined]
)
_ITEMS = sa.select(
    col(HrImport.id),
    col(HrImport.subject),
    col(HrImport.mode),
    _state_now.label("state"),
    col(HrImport.created_at),
    col(HrImport.applied_at),
).where(col(HrImport.organisation_id) == sa.bindparam("organisation_id"), policy.visible(HrImport))


_APPLYING = (
    sa.select(col(HrImport.id))
    .where(
        col(HrImport.organisation_id) == sa.bindparam("organisation_id"),
        col(HrImport.state) == ImportState.APPLYING,
        policy.visible(HrImport),
    )
    .limit(1)
)


async def list_of_organisation(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_imports", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id, now=work.now)


async def create(
    work: Work, organisation_id: UUID, subject: ImportSubject, mode: ImportMode, content: bytes, form: FileFormat
) -> ImportRead:
    """Plan it. Nothing of what is here changes, and the file itself is not kept."""
    await refuse_while_applying(work, "create_import", await find(work, Organisation, organisation_id), organisation_id)
    # This holds the organisation's row: what is planned is planned on one state of it.
    organisation = await admit(work, "create_import", Organisation, organisation_id)
    policy.require(work.actor, SUBJECT_OPERATION[subject], organisation)
    planned = await import_plans.plan(work, organisation, subject, mode, content, form)
    hr_import = HrImport(
        organisation_id=organisation_id,
        subject=subject,
        mode=mode,
        state=ImportState.PLANNED if planned.fits else ImportState.REFUSED,
        plan_hash=planned.plan_hash,
        basis=planned.basis,
        report=planned.report.model_dump(mode="json", by_alias=True),
        lapses_at=work.now + LAPSES_AFTER,
        created_at=work.now,
    )
    await created(work, "create_import", hr_import)
    work.session.add_all(
        HrImportPortion(
            organisation_id=organisation_id,
            hr_import_id=hr_import.id,
            step=each.step,
            place=each.place,
            size=each.size,
            content=each.packed,
        )
        for each in planned.portions
    )
    await store(work.session)
    return import_shown(work, hr_import)


async def read(work: Work, import_id: UUID) -> ImportRead:
    return import_shown(work, await find(work, HrImport, import_id))


async def record_tree(work: Work, organisation_id: UUID, plan: TreePlan, seen: int) -> None:
    """Of a whole tree that was put in its place: the report, and what of it is kept for later days."""
    there = await kept_changes.present(work, organisation_id, ImportSubject.UNITS)
    new, withdrawn = kept_changes.difference(there, kept_changes.of_units(plan.kept), whole=True)
    changes, missing = plan_content.written_units(plan), [unit.unit_id for unit in plan.missing]
    report = import_plans.report_of(
        seen,
        [],
        import_plans.counts_of(plan.changes),
        plan.unchanged,
        changes,
        missing,
        kept=len(new),
        brake_holds=False,
        absent_stay=False,
    )
    planned = import_plans.finished(
        ImportSubject.UNITS, organisation_id, changes, new, withdrawn, missing, report, {}, {}, fits=False
    )
    hr_import = HrImport(
        organisation_id=organisation_id,
        subject=ImportSubject.UNITS,
        mode=ImportMode.SNAPSHOT,
        state=ImportState.APPLIED,
        plan_hash=planned.plan_hash,
        report=report.model_dump(mode="json", by_alias=True),
        lapses_at=work.now,
        applied_at=work.now,
        created_at=work.now,
    )
    await created(work, "replace_unit_tree", hr_import)
    await kept_changes.store(work, hr_import, list(new.items()), withdrawn, {})


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Plans that nobody applied in time go: they name people."""
    lapsed = (
        sa.update(HrImport)
        .where(col(HrImport.state) == ImportState.PLANNED, col(HrImport.lapses_at) <= now)
        .values(state=ImportState.LAPSED, plan=None, version=col(HrImport.version) + 1)
        .execution_options(synchronize_session=False)
    )
    swept = (await session.execute(lapsed.returning(col(HrImport.id)))).scalars().all()
    await forget_plans(session, col(HrImportPortion.hr_import_id).in_(swept))
    return False


async def forget_plans(session: AsyncSession, whose: sa.ColumnElement[bool]) -> None:
    await session.execute(sa.delete(HrImportPortion).where(whose).execution_options(synchronize_session=False))


async def refuse_while_applying(
    work: Work, operation: str, row: Organisation | HrImport, organisation_id: UUID
) -> None:
    """Said at once, where nothing else stands in the way, to whoever may know of the other import.

    Asked before anything is held: whoever applies a large plan holds the organisation until that is done. Those who may
    not know of it wait for that, and so does one that comes in between.
    """
    around: Around = {Organisation: work.organisations[organisation_id]}
    policy.require(work.actor, operation, row)
    if policy.obstacle(work.actor, operation, row, work.now, around) is not None:
        return
    found = await work.session.execute(_APPLYING, work.actor.held | {"organisation_id": organisation_id})
    if found.first() is not None:
        raise Refusal(Code.IMPORT_APPLYING)


def import_shown(work: Work, hr_import: HrImport) -> ImportRead:
    return shown(
        work,
        ImportRead,
        hr_import,
        state=import_state(hr_import, work.now),
        report=ImportReport.model_validate(hr_import.report),
    )
