"""The trail of changes, read by the parties within what they may see."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.audit_entry import AuditEntry, AuditEntryRead
from app.models.organisation import Organisation
from app.services import policy
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, find, shown

# Ids are uuid7: their order is the order of time.
SORTS: dict[str, Columns] = {"happenedAt": (col(AuditEntry.id),)}

_ITEMS = sa.select(
    col(AuditEntry.id),
    col(AuditEntry.happened_at),
    col(AuditEntry.operation),
    col(AuditEntry.subject_type),
    col(AuditEntry.subject_id),
    col(AuditEntry.from_version),
    col(AuditEntry.person_id),
    col(AuditEntry.service_client_id),
    col(AuditEntry.mandate_id),
    col(AuditEntry.working_group_id),
    col(AuditEntry.audience),
).where(col(AuditEntry.organisation_id) == sa.bindparam("organisation_id"), policy.visible(AuditEntry))


async def list_audit_entries(
    work: Work, organisation_id: UUID, request: PageRequest, subject_id: UUID | None, working_group_id: UUID | None
) -> Listed:
    await admit(work, "list_audit_entries", Organisation, organisation_id)
    query = _ITEMS
    if subject_id is not None:
        query = query.where(col(AuditEntry.subject_id) == subject_id)
    if working_group_id is not None:
        query = query.where(col(AuditEntry.working_group_id) == working_group_id)
    return await page(work, query, SORTS, request, organisation_id=organisation_id)


async def read(work: Work, entry_id: UUID) -> AuditEntryRead:
    return shown(work, AuditEntryRead, await find(work, AuditEntry, entry_id), version=1)
