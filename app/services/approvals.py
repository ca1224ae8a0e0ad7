"""Decisions on their own: listed, read, and taken back while nothing has come of them."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalRead, SubjectType, VoidReason
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services import policy
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, find, shown

SORTS: dict[str, Columns] = {"decidedAt": (col(Approval.id),)}

_ITEMS = sa.select(
    col(Approval.id),
    col(Approval.party_id),
    col(Approval.decision),
    col(Approval.statement),
    col(Approval.decided_at),
    col(Approval.content_hash),
    col(Approval.mandate_id),
    col(Approval.voided_at),
    col(Approval.void_reason),
).where(col(Approval.subject_id) == sa.bindparam("subject_id"), policy.visible(Approval))


async def list_of(
    work: Work, subject: type[WorkingGroup] | type[SessionRecord], subject_id: UUID, request: PageRequest
) -> Listed:
    """Every decision on a subject, standing or voided, oldest first."""
    operation = "list_working_group_approvals" if subject is WorkingGroup else "list_session_record_approvals"
    await admit(work, operation, subject, subject_id)
    return await page(work, _ITEMS, SORTS, request, subject_id=subject_id)


async def read(work: Work, approval_id: UUID) -> ApprovalRead:
    return shown(work, ApprovalRead, await _found(work, approval_id))


async def _found(work: Work, approval_id: UUID) -> Approval:
    """A decision is seen by those who see what it is about: not by the facilitator of another session."""
    approval = await find(work, Approval, approval_id)
    if approval.subject_type is SubjectType.SESSION_RECORD:
        await find(work, SessionRecord, approval.subject_id)
    return approval


async def withdraw(work: Work, approval_id: UUID, version: int) -> None:
    """Take a decision back. The subject is locked first, so that no decision is taken meanwhile."""
    approval = await _found(work, approval_id)
    if approval.subject_type is SubjectType.WORKING_GROUP:
        group = await find(work, WorkingGroup, approval.subject_id, lock=True)
        undecided = group.state is WorkingGroupState.FORMING
    else:
        record = await find(work, SessionRecord, approval.subject_id, lock=True)
        undecided = record.state in {SessionRecordState.UNDER_REVIEW, SessionRecordState.RETURNED}
    approval = await admit(work, "withdraw_approval", Approval, approval_id, version)
    if not undecided:
        raise Refusal(Code.DECISION_TAKEN)
    await changed(work, "withdraw_approval", approval, {"voided_at": work.now, "void_reason": VoidReason.WITHDRAWN})
