"""Applying an import's plan: exactly what was reviewed, in one transaction, all of it or nothing.

A small plan is applied while its client waits. A large one is accepted, and applied by the worker: the job is in the
queue when the import is `applying`, and the import is `applied` when everything is done. A job that is carried out
twice, or whose worker dies in the middle, finds either nothing done or everything.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.models.hr_import import HrImport, ImportApplication, ImportMode, ImportRead, ImportState, ImportSubject
from app.models.import_change import HrImportPortion, PlannedStep
from app.models.organisation import Organisation
from app.services import (
    actors,
    imports,
    kept_changes,
    people_syncing,
    plan_content,
    policy,
    queue,
    syncing,
    unit_syncing,
    wall,
)
from app.services.actor import Actor
from app.services.errors import Code, Refusal
from app.services.kept_changes import Content
from app.services.queue import Job
from app.services.sign_ins import Opener
from app.services.survey_mail import Unreadable
from app.services.work import Work, admit, changed, check_version, find, store

ENTRYPOINT = "import_application"
AT_ONCE_AT_MOST = 1_000
"""Changes that are made while the client waits: about a second. More are the worker's."""

_SIZE = sa.select(sa.func.coalesce(sa.func.sum(col(HrImportPortion.size)), 0)).where(
    col(HrImportPortion.hr_import_id) == sa.bindparam("import_id"),
    col(HrImportPortion.step) != PlannedStep.MISSING,
)
_PORTIONS = (
    sa.select(col(HrImportPortion.step), col(HrImportPortion.content))
    .where(col(HrImportPortion.hr_import_id) == sa.bindparam("import_id"))
    .order_by(col(HrImportPortion.place))
)
_ACCEPTED = (
    sa.select(col(AuditEntry.person_id), col(AuditEntry.service_client_id))
    .where(col(AuditEntry.subject_id) == sa.bindparam("import_id"), col(AuditEntry.operation) == "apply_import")
    .order_by(col(AuditEntry.id).desc())
    .limit(1)
)


_ITS_ORGANISATION = (
    sa.select(col(Organisation.id))
    .where(
        col(Organisation.id)
        == sa.select(col(HrImport.organisation_id))
        .where(col(HrImport.id) == sa.bindparam("import_id"))
        .scalar_subquery()
    )
    .with_for_update(key_share=True)
)


@dataclass(frozen=True)
class ImportOffice:
    """What the worker has at hand to apply plans."""

    write: Opener
    clock: Callable[[], datetime]


async def apply(work: Work, import_id: UUID, version: int, application: ImportApplication) -> ImportRead:
    """Carry out the plan that was reviewed, in this transaction; or accept it for the worker, if it is large.

    Refused with `PLAN_STALE` when what it changes is no longer as it was planned on; then a new plan is made.
    """
    organisation_id = await _refuse_while_applying(work, import_id, version)
    await find(work, Organisation, organisation_id, lock=True)  # first, as everybody does who syncs
    hr_import = await admit(work, "apply_import", HrImport, import_id, version)
    if application.plan_hash != hr_import.plan_hash:
        raise Refusal(Code.PLAN_HASH_DIFFERS, "/planHash")
    if hr_import.plan is not None:
        raise Refusal(Code.PLAN_STALE)  # of the former program
    size: int = (await work.session.execute(_SIZE, {"import_id": import_id})).scalar_one()
    if size <= AT_ONCE_AT_MOST:
        subject = hr_import.subject
        content = await _taken(work, hr_import)
        read = imports.import_shown(work, hr_import)
        await _do(work, subject, organisation_id, content)
        return read
    await changed(work, "apply_import", hr_import, {"state": ImportState.APPLYING, "failure_code": None})
    async with wall.beyond(work.session):
        await queue.put(work.session, [Job(ENTRYPOINT, json.dumps({"import": str(import_id)}).encode())])
    return imports.import_shown(work, hr_import)


async def _refuse_while_applying(work: Work, import_id: UUID, version: int) -> UUID:
    """Before anything is held: whoever applies a large plan holds it, and the organisation, until that is done.

    Of which organisation it is.
    """
    hr_import = await find(work, HrImport, import_id)
    policy.require(work.actor, "apply_import", hr_import)
    check_version(hr_import, version)
    await imports.refuse_while_applying(work, "apply_import", hr_import, hr_import.organisation_id)
    return hr_import.organisation_id


async def _taken(work: Work, hr_import: HrImport) -> Content:
    """The plan, which is applied with this and gone, and its later days kept; to be carried out in this transaction."""
    portions = (await work.session.execute(_PORTIONS, {"import_id": hr_import.id})).all()
    content = await asyncio.to_thread(plan_content.together, [(step, packed) for step, packed in portions])
    await _check_basis(work, hr_import, content)
    applied = {"state": ImportState.APPLIED, "applied_at": work.now, "failure_code": None}
    await changed(work, "apply_import", hr_import, applied)
    await imports.forget_plans(work.session, col(HrImportPortion.hr_import_id) == hr_import.id)
    kept = [((each["externalId"], each["day"]), each["content"]) for each in content["kept"]]
    withdrawn = [(each["externalId"], each["day"]) for each in content["withdrawn"]]
    ids = {each["externalId"]: UUID(each["personId"]) for each in content["kept"] if each["personId"]}
    await kept_changes.store(work, hr_import, kept, withdrawn, ids)
    return content


async def _check_basis(work: Work, hr_import: HrImport, content: Content) -> None:
    """A unit's place is a matter of the whole tree, and a later day of whatever was said of it before."""
    basis = hr_import.basis or {}
    organisation_id, subject = hr_import.organisation_id, hr_import.subject
    there = await kept_changes.present(work, organisation_id, subject)
    days = [(each["externalId"], each["day"]) for each in content["kept"]]
    asked = None if hr_import.mode is ImportMode.SNAPSHOT else days
    of_days = kept_changes.basis(there, asked) == basis.get("kept")
    of_units = subject is ImportSubject.PEOPLE or (
        await unit_syncing.version(work, organisation_id) == basis.get("treeVersion")
    )
    if not (of_days and of_units):
        raise Refusal(Code.PLAN_STALE)


async def _do(work: Work, subject: ImportSubject, organisation_id: UUID, content: Content) -> None:
    if subject is ImportSubject.PEOPLE:
        begun = await syncing.begin(work, organisation_id)
        await people_syncing.carry_out(work, begun, plan_content.people_changes(content))
        await kept_changes.know_people(work, organisation_id)
    else:
        organisation = await admit(work, "create_unit", Organisation, organisation_id)
        here = await unit_syncing.present(work, organisation.id)
        plan = plan_content.unit_changes(content)
        await unit_syncing.carry_out(work, organisation.id, here, plan)


# --- By the worker ------------------------------------------------------------------------------------------------


async def carry_out(office: ImportOffice, payload: bytes | None) -> None:
    """Apply a plan that was accepted. What cannot be applied is said in the import. Raises `Unreadable`."""
    import_id = import_of(payload)
    try:
        async with office.write() as session:
            hr_import = await _accepted(session, import_id)
            if hr_import is None:
                return
            work = Work(session, await _who_applied(session, import_id, office.clock()), office.clock())
            # What they may do is asked again: they were let in some time ago.
            policy.require(work.actor, "apply_import", hr_import)
            subject, organisation_id = hr_import.subject, hr_import.organisation_id
            await _do(work, subject, organisation_id, await _taken(work, hr_import))
    except Refusal as refusal:
        async with office.write() as session:
            await hold_up(session, import_id, refusal.code)


async def hold_up(session: AsyncSession, import_id: UUID, code: str) -> None:
    """Say why it was not applied. Held by a brake, it can be applied after a release; else it has failed."""
    hr_import = await _accepted(session, import_id)
    if hr_import is None:
        return
    waits = code in {Code.DEACTIVATION_BRAKE, Code.UNIT_BRAKE}
    hr_import.state = ImportState.PLANNED if waits else ImportState.FAILED
    hr_import.failure_code = str(code)
    hr_import.version += 1
    session.add(hr_import)
    await store(session)
    if not waits:
        await imports.forget_plans(session, col(HrImportPortion.hr_import_id) == import_id)


def import_of(payload: bytes | None) -> UUID:
    try:
        return UUID(json.loads(payload or b"")["import"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable from None


async def _accepted(session: AsyncSession, import_id: UUID) -> HrImport | None:
    """The import, held, and its organisation first; None if it does not wait to be applied (any more)."""
    await session.execute(_ITS_ORGANISATION, {"import_id": import_id})
    held = sa.select(HrImport).where(col(HrImport.id) == import_id).with_for_update(key_share=True)
    hr_import = (await session.execute(held)).scalar_one_or_none()
    return hr_import if hr_import is not None and hr_import.state is ImportState.APPLYING else None


async def _who_applied(session: AsyncSession, import_id: UUID, now: datetime) -> Actor:
    """As the trail says, and with what they may do by now."""
    person_id, client_id = (await session.execute(_ACCEPTED, {"import_id": import_id})).one()
    if client_id is not None:
        return await actors.client_at_work(session, client_id, now)
    return await actors.person_at_work(session, person_id)
