"""Imports: a file is planned, the plan is reviewed, and exactly that plan is applied, all of it or nothing."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.hr_import import (
    HrImport,
    ImportApplication,
    ImportMode,
    ImportRead,
    ImportReport,
    ImportState,
    ImportSubject,
    import_state,
)
from app.models.organisation import Organisation
from app.services import import_plans, kept_changes, people_syncing, plan_content, policy, syncing, unit_syncing
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.table_files import FileFormat
from app.services.unit_timelines import TreePlan
from app.services.work import Work, admit, changed, created, find, shown

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


async def list_of_organisation(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_imports", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id, now=work.now)


async def create(
    work: Work, organisation_id: UUID, subject: ImportSubject, mode: ImportMode, content: bytes, form: FileFormat
) -> ImportRead:
    """Plan it. Nothing of what is here changes, and the file itself is not kept."""
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
        plan=plan_content.pack(planned.content) if planned.fits else None,
        report=planned.report.model_dump(mode="json", by_alias=True),
        lapses_at=work.now + LAPSES_AFTER,
        created_at=work.now,
    )
    await created(work, "create_import", hr_import)
    return _shown(work, hr_import)


async def read(work: Work, import_id: UUID) -> ImportRead:
    return _shown(work, await find(work, HrImport, import_id))


async def apply(work: Work, import_id: UUID, version: int, application: ImportApplication) -> ImportRead:
    """Carry out the plan that was reviewed, in this transaction.

    Refused with `PLAN_STALE` when what it changes is no longer as it was planned on; then a new plan is made.
    """
    seen = await find(work, HrImport, import_id)
    policy.require(work.actor, "apply_import", seen)
    await syncing.hold(work.session, seen.organisation_id)  # before the import (docs/decisions/order-of-locks.md)
    hr_import = await admit(work, "apply_import", HrImport, import_id, version)
    if application.plan_hash != hr_import.plan_hash or hr_import.plan is None:
        raise Refusal(Code.PLAN_HASH_DIFFERS, "/planHash")
    subject = hr_import.subject
    content = plan_content.unpack(hr_import.plan)
    applied = {"state": ImportState.APPLIED, "applied_at": work.now, "plan": None}
    await changed(work, "apply_import", hr_import, applied)
    kept = [((each["externalId"], each["day"]), each["content"]) for each in content["kept"]]
    withdrawn = [(each["externalId"], each["day"]) for each in content["withdrawn"]]
    ids = {each["externalId"]: UUID(each["personId"]) for each in content["kept"] if each["personId"]}
    await kept_changes.store(work, hr_import, kept, withdrawn, ids)
    read = _shown(work, hr_import)
    if subject is ImportSubject.PEOPLE:
        begun = await syncing.begin(work, hr_import.organisation_id)
        await people_syncing.carry_out(work, begun, plan_content.people_changes(content))
        await kept_changes.know_people(work, hr_import.organisation_id)
    else:
        organisation = await admit(work, "create_unit", Organisation, hr_import.organisation_id)
        here = await unit_syncing.present(work, organisation.id)
        plan = plan_content.unit_changes(content)
        await unit_syncing.carry_out(work, organisation.id, here, plan)
    return read


async def record_tree(work: Work, organisation_id: UUID, plan: TreePlan, seen: int) -> None:
    """Of a whole tree that was put in its place: the report, and what of it is kept for later days."""
    there = await kept_changes.present(work, organisation_id, ImportSubject.UNITS)
    new, withdrawn = kept_changes.difference(there, kept_changes.of_units(plan.kept), whole=True)
    report = import_plans.report_of(
        seen,
        [],
        import_plans.counts_of(plan.changes),
        plan.unchanged,
        [(each.step.value, each.key) for each in plan.changes],
        [unit.unit_id for unit in plan.missing],
        kept=len(new),
        brake_holds=False,
        absent_stay=False,
    )
    planned = await import_plans.finished(
        ImportSubject.UNITS, organisation_id, plan_content.written_units(plan), new, withdrawn, report, {}, fits=True
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
    await session.execute(lapsed)
    return False


def _shown(work: Work, hr_import: HrImport) -> ImportRead:
    return shown(
        work,
        ImportRead,
        hr_import,
        state=import_state(hr_import, work.now),
        report=ImportReport.model_validate(hr_import.report),
    )
