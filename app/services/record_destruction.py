"""How a final record goes: with its appendices, decisions, statements and actions, and an entry in the log for each.

The database lets nothing final be deleted that the log does not tell of, and the log tells of nothing without a
decision reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.action import Action
from app.models.approval import Approval
from app.models.destruction import Destruction, DestructionState
from app.models.destruction_log_entry import DestructionLogEntry
from app.models.retention_rule import RetainedKind
from app.models.session_record import RecordRegistration, SessionRecord
from app.models.statement import Statement

UNCLASSIFIED = "–"
"""For the log, of a record that was never registered and goes by a joint decision."""


@dataclass(frozen=True)
class Ground:
    """By which decision something is destroyed: a retention rule's, or a joint one."""

    decision_reference: str
    archive_class: str = UNCLASSIFIED
    retention_rule_id: UUID | None = None
    destruction_id: UUID | None = None


async def locked_with_appendices(session: AsyncSession, record_id: UUID) -> Sequence[SessionRecord]:
    """The record, its appendices and theirs, held until the end of the transaction.

    Whoever begins an appendix holds what it corrects. So each is held before its own are looked for.
    """
    found: list[SessionRecord] = []
    which = col(SessionRecord.id) == record_id
    while records := (await session.execute(_held(which))).scalars().all():
        found += records
        which = col(SessionRecord.appendix_to_id).in_([record.id for record in records])
    return found


def _held(which: sa.ColumnElement[bool]) -> sa.Select[SessionRecord]:
    query = sa.select(SessionRecord).where(which).order_by(col(SessionRecord.id)).with_for_update()
    return query.execution_options(populate_existing=True)


async def destroy(session: AsyncSession, records: Sequence[SessionRecord], ground: Ground, now: datetime) -> None:
    """Delete them, held by the caller, with all that belongs to them. Proposals to destroy them come to nothing."""
    ids = [record.id for record in records]
    registrations = await _registrations(session, ids)
    for record in records:
        known = registrations.get(record.id) or registrations.get(record.appendix_to_id or record.id)
        session.add(
            DestructionLogEntry(
                organisation_id=record.organisation_id,
                kind=RetainedKind.SESSION_RECORDS,
                destroyed_id=record.id,
                count=1,
                archive_class=known.archive_class if known else ground.archive_class,
                case_number=known.case_number if known else None,
                decision_reference=ground.decision_reference,
                retention_rule_id=ground.retention_rule_id,
                destruction_id=ground.destruction_id,
                destroyed_at=now,
            )
        )
    await session.flush()
    other_proposals = (
        sa.update(Destruction)
        .where(
            col(Destruction.destroyed_record_id).in_(ids),
            col(Destruction.state) == DestructionState.PROPOSED,
            col(Destruction.id).is_distinct_from(ground.destruction_id),
        )
        .values(state=DestructionState.WITHDRAWN, version=col(Destruction.version) + 1)
    )
    for statement in (
        other_proposals,
        sa.delete(Approval).where(col(Approval.subject_id).in_(ids)),
        sa.delete(Statement).where(col(Statement.session_record_id).in_(ids)),
        sa.delete(Action).where(col(Action.session_record_id).in_(ids)),
        sa.delete(RecordRegistration).where(col(RecordRegistration.session_record_id).in_(ids)),
        sa.delete(SessionRecord).where(col(SessionRecord.id).in_(ids)),
    ):
        await session.execute(statement.execution_options(synchronize_session=False))
    for record in records:
        session.expunge(record)


async def _registrations(session: AsyncSession, record_ids: list[UUID]) -> dict[UUID, RecordRegistration]:
    """How the archive knows them, and, for an appendix that goes alone, its record."""
    main = sa.select(col(SessionRecord.appendix_to_id)).where(col(SessionRecord.id).in_(record_ids))
    query = sa.select(RecordRegistration).where(
        sa.or_(
            col(RecordRegistration.session_record_id).in_(record_ids),
            col(RecordRegistration.session_record_id).in_(main),
        )
    )
    return {found.session_record_id: found for found in (await session.execute(query)).scalars()}
