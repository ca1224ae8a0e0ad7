"""Joint destruction: a final record goes before its retention ends when both sides have decided so, and not held."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalCreate, ApprovalRead, SubjectType, VoidReason
from app.models.destruction import (
    DestroyedRecord,
    Destruction,
    DestructionContent,
    DestructionCreate,
    DestructionRead,
    DestructionState,
)
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.working_group import WorkingGroup
from app.services import joint_decision, legal_holds, policy, wall
from app.services.content_hash import content_hash
from app.services.errors import Code, Refusal
from app.services.joint_decision import Outcome, Subject
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.record_destruction import Ground, destroy, locked_with_appendices
from app.services.work import Work, admit, changed, created, find, shown
from app.services.working_groups import deciding_sides

SORTS: dict[str, Columns] = {"createdAt": (col(Destruction.id),)}

_ITEMS = sa.select(
    col(Destruction.id),
    col(Destruction.destroyed_record_id),
    col(Destruction.party_id),
    col(Destruction.state),
    col(Destruction.decision_reference),
    col(Destruction.decided_at),
).where(col(Destruction.working_group_id) == sa.bindparam("group_id"), policy.visible(Destruction))


async def list_of_group(work: Work, working_group_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_destructions", WorkingGroup, working_group_id)
    return await page(work, _ITEMS, SORTS, request, group_id=working_group_id)


async def create(work: Work, record_id: UUID, data: DestructionCreate) -> DestructionRead:
    """A proposal from either side. Its own party decides on it too."""
    record = await admit(work, "create_destruction", SessionRecord, record_id)
    records = await _free(work, await locked_with_appendices(work.session, record.id))
    seat = work.actor.seats_at(record.working_group_id)[0]
    destruction = Destruction(
        organisation_id=record.organisation_id,
        working_group_id=record.working_group_id,
        destroyed_record_id=record.id,
        records=records,
        party_id=seat.party_id,
        reason=data.reason,
        decision_reference=data.decision_reference,
        content_hash="",
        created_at=work.now,
    )
    destruction.content_hash = _hashed(destruction)
    await created(work, "create_destruction", destruction, mandate_id=seat.mandate_id)
    return _shown(work, destruction, [])


async def read(work: Work, destruction_id: UUID) -> DestructionRead:
    destruction, approvals = await joint_decision.find_decided(work, Destruction, destruction_id)
    return _shown(work, destruction, approvals)


async def edit(work: Work, operation: str, destruction: Destruction, changes: dict[str, Any]) -> None:
    """Change what a proposal says. The caller holds its lock; approvals of what it said before are void."""
    for field, value in changes.items():
        setattr(destruction, field, value)
    await changed(work, operation, destruction, {"content_hash": _hashed(destruction)})
    await joint_decision.void(work, operation, destruction.id, VoidReason.EDITED)


async def withdraw(work: Work, destruction_id: UUID, version: int) -> DestructionRead:
    """The party that proposed it takes it back."""
    destruction = await admit(work, "transition_destruction", Destruction, destruction_id, version)
    await changed(work, "transition_destruction", destruction, {"state": DestructionState.WITHDRAWN})
    return _shown(work, destruction, await joint_decision.standing(work, destruction.id))


async def approve(work: Work, destruction_id: UUID, version: int, data: ApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed destroys the record in the same instant for both sides."""
    # The records first, like whoever else destroys them.
    seen = await find(work, Destruction, destruction_id)
    records = await locked_with_appendices(work.session, seen.destroyed_record_id)
    destruction = await admit(work, "approve_destruction", Destruction, destruction_id, version)
    if await _free(work, records) != destruction.records:
        # An appendix has come to it that nobody has proposed to destroy.
        raise Refusal(Code.CONTENT_CHANGED)
    subject = await _subject(work, destruction)
    approval, outcome = await joint_decision.decide(work, "approve_destruction", subject, data)
    if outcome is Outcome.REACHED:
        carried_out = {"state": DestructionState.CARRIED_OUT, "decided_at": work.now}
        await changed(work, "approve_destruction", destruction, carried_out, mandate_id=approval.mandate_id)
        ground = Ground(destruction.decision_reference, destruction_id=destruction.id)
        async with wall.beyond(work.session):  # what both have decided on is of all parties, and in the log
            await destroy(work.session, records, ground, work.now)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await joint_decision.void(
            work, "approve_destruction", destruction.id, VoidReason.CHANGE_REQUESTED, except_for=approval
        )
        withdrawn = {"state": DestructionState.WITHDRAWN}
        await changed(work, "approve_destruction", destruction, withdrawn, mandate_id=approval.mandate_id)
    return shown(work, ApprovalRead, approval)


async def _free(work: Work, records: Sequence[SessionRecord]) -> list[DestroyedRecord]:
    """What the parties decide on, if no hold is on any of it and all of it is final."""
    for record in records:
        await legal_holds.check(
            work.session, record.organisation_id, group_id=record.working_group_id, record_id=record.id
        )
    if any(record.state is not SessionRecordState.FINAL for record in records):
        raise Refusal(Code.APPENDIX_OPEN)
    return [DestroyedRecord(id=record.id, content_hash=record.content_hash or "") for record in records]


async def _subject(work: Work, destruction: Destruction) -> Subject:
    group = await work.session.get_one(WorkingGroup, destruction.working_group_id)
    return Subject(
        SubjectType.DESTRUCTION,
        destruction.id,
        destruction.organisation_id,
        destruction.working_group_id,
        destruction.content_hash,
        group.approval_rule,
        await deciding_sides(work, group.id),
    )


def _content(destruction: Destruction) -> DestructionContent:
    return DestructionContent(
        destroyed_record_id=destruction.destroyed_record_id,
        records=destruction.records,
        reason=destruction.reason,
        decision_reference=destruction.decision_reference,
    )


def _hashed(destruction: Destruction) -> str:
    return content_hash(_content(destruction).model_dump(mode="json", by_alias=True))


def _shown(work: Work, destruction: Destruction, approvals: Sequence[Approval]) -> DestructionRead:
    read = shown(
        work,
        DestructionRead,
        destruction,
        content=_content(destruction),
        approvals=joint_decision.summaries(approvals),
    )
    joint_decision.mark_decided(
        work, read.allowed_actions, "approve_destruction", destruction.working_group_id, approvals
    )
    return read
