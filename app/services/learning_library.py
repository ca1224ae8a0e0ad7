"""What the organisation's groups have learned and shared: for everybody there, without any person in it."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState
from app.models.organisation import Organisation
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.word_search import says
from app.services.work import Work, admit

SORTS: dict[str, Columns] = {"sharedAt": (col(LearningLogEntry.shared_at), col(LearningLogEntry.id))}

_SHARED = sa.select(
    col(LearningLogEntry.id),
    col(LearningLogEntry.unit_id),
    col(LearningLogEntry.title),
    col(LearningLogEntry.text),
    col(LearningLogEntry.learned_month),
    col(LearningLogEntry.content_hash),
    col(LearningLogEntry.shared_at),
).where(
    col(LearningLogEntry.organisation_id) == sa.bindparam("organisation_id"),
    col(LearningLogEntry.state) == LearningLogEntryState.SHARED,
)


async def list_shared(work: Work, organisation_id: UUID, request: PageRequest, words: str | None) -> Listed:
    """What has been shared, which everybody of the organisation may read whatever they may read else."""
    await admit(work, "list_learning_library", Organisation, organisation_id)
    query = _SHARED if words is None else _SHARED.where(says(col(LearningLogEntry.search), "swedish", words))
    return await page(work, query, SORTS, request, organisation_id=organisation_id)
