"""The destruction log: that something is gone, when and by which decision; never what it said."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.destruction_log_entry import DestructionLogEntry, DestructionLogEntryRead
from app.models.organisation import Organisation
from app.services import policy
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, find, shown

SORTS: dict[str, Columns] = {"destroyedAt": (col(DestructionLogEntry.id),)}

_ITEMS = sa.select(
    col(DestructionLogEntry.id),
    col(DestructionLogEntry.kind),
    col(DestructionLogEntry.destroyed_id),
    col(DestructionLogEntry.older_than),
    col(DestructionLogEntry.count),
    col(DestructionLogEntry.archive_class),
    col(DestructionLogEntry.case_number),
    col(DestructionLogEntry.decision_reference),
    col(DestructionLogEntry.destroyed_at),
).where(
    col(DestructionLogEntry.organisation_id) == sa.bindparam("organisation_id"), policy.visible(DestructionLogEntry)
)


async def list_destruction_log_entries(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_destruction_log_entries", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id)


async def read(work: Work, entry_id: UUID) -> DestructionLogEntryRead:
    return shown(work, DestructionLogEntryRead, await find(work, DestructionLogEntry, entry_id), version=1)
