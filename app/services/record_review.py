"""A record's way to final: edited, reviewed, approved by both sides on one hash, or returned."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import Action
from app.models.approval import Approval, ApprovalCreate, ApprovalRead, SubjectType, VoidReason
from app.models.session_record import SessionRecord, SessionRecordState, SessionRecordTransition, record_state
from app.models.working_group import WorkingGroup
from app.services import joint_decision
from app.services.content_hash import content_hash
from app.services.errors import Code, Refusal
from app.services.joint_decision import Outcome, Subject
from app.services.record_content import gather
from app.services.work import Work, admit, changed, refuse_unfit, shown
from app.services.working_groups import deciding_sides

LONGEST_REVIEW = timedelta(days=366)

_DRAFT: dict[str, Any] = {
    "state": SessionRecordState.DRAFT,
    "content": None,
    "content_hash": None,
    "review_deadline": None,
    "no_individual_recognisable": False,
}


async def edit(work: Work, operation: str, record: SessionRecord, changes: dict[str, Any] | None = None) -> None:
    """Change anything the record says. The caller holds its lock; approvals of what it said before are void."""
    if record.state is SessionRecordState.FINAL:
        raise Refusal(Code.RECORD_IS_FINAL)
    if record.state is not SessionRecordState.DRAFT:
        await joint_decision.void(work, operation, record.id, VoidReason.EDITED)
    await changed(work, operation, record, _DRAFT | (changes or {}))


async def locked(work: Work, record_id: UUID) -> SessionRecord:
    """The record, held until the end of the transaction, for changes to what belongs to it."""
    query = sa.select(SessionRecord).where(col(SessionRecord.id) == record_id).with_for_update(key_share=True)
    return (await work.session.execute(query, execution_options={"populate_existing": True})).scalar_one()


async def edit_record_of(work: Work, operation: str, session_id: UUID) -> None:
    """The facts of a held session are part of its record."""
    found = await work.session.execute(
        sa.select(col(SessionRecord.id)).where(
            col(SessionRecord.dialogue_session_id) == session_id, col(SessionRecord.appendix_to_id).is_(None)
        )
    )
    record_id = found.scalar_one_or_none()
    if record_id is None:
        # It was final, and has been destroyed: what the session was is no longer anybody's to rewrite.
        raise Refusal(Code.RECORD_IS_FINAL)
    await edit(work, operation, await locked(work, record_id))


async def transition(work: Work, record_id: UUID, version: int, data: SessionRecordTransition) -> SessionRecord:
    """Send for review, which fixes the content and its hash, or take back to draft."""
    record = await admit(work, "transition_session_record", SessionRecord, record_id, version)
    refuse_unfit(data, {"review_deadline": {"underReview"}, "no_individual_recognisable": {"underReview"}})
    if data.to == "draft":
        if record.state is SessionRecordState.DRAFT:
            raise Refusal(Code.TRANSITION_REFUSED, "/to")
        await edit(work, "transition_session_record", record)
        return record
    if data.no_individual_recognisable is not True:
        raise Refusal(Code.CONFIRMATION_MISSING, "/noIndividualRecognisable")
    if data.review_deadline is None or not work.now < data.review_deadline <= work.now + LONGEST_REVIEW:
        raise Refusal(Code.REVIEW_DEADLINE_MISSING, "/reviewDeadline")
    if not record.answers and record.shared_picture is None:
        raise Refusal(Code.RECORD_EMPTY)
    late = record_state(record, work.now) is SessionRecordState.NOT_APPROVED
    void_reason = VoidReason.DEADLINE_PASSED if late else VoidReason.EDITED
    await joint_decision.void(work, "transition_session_record", record.id, void_reason)
    record.no_individual_recognisable = True
    content = (await gather(work, record)).model_dump(mode="json", by_alias=True)
    under_review = {
        "state": SessionRecordState.UNDER_REVIEW,
        "review_deadline": data.review_deadline,
        "content": content,
        "content_hash": content_hash(content),
    }
    # All at once: a constraint says that a record has a hash exactly while it is under review or final.
    await changed(work, "transition_session_record", record, under_review)
    return record


async def approve(work: Work, record_id: UUID, version: int, data: ApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed makes the record final for both sides in the same instant."""
    record = await admit(work, "approve_session_record", SessionRecord, record_id, version)
    approval, outcome = await joint_decision.decide(work, "approve_session_record", await _subject(work, record), data)
    if outcome is Outcome.REACHED:
        final = {"state": SessionRecordState.FINAL, "final_at": work.now}
        await changed(work, "approve_session_record", record, final, mandate_id=approval.mandate_id)
        # Nobody who holds the record's lock changes its actions meanwhile. They say nothing new: no version, no entry.
        agreed = sa.update(Action).where(col(Action.session_record_id) == record.id).values(agreed=True)
        await work.session.execute(agreed)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await _return(work, record, approval)
    return shown(work, ApprovalRead, approval)


async def _return(work: Work, record: SessionRecord, request: Approval) -> None:
    """A party asks for a change: the others' approvals fall, the request stays to be read."""
    await joint_decision.void(
        work, "approve_session_record", record.id, VoidReason.CHANGE_REQUESTED, except_for=request
    )
    returned = _DRAFT | {"state": SessionRecordState.RETURNED}
    await changed(work, "approve_session_record", record, returned, mandate_id=request.mandate_id)


async def _subject(work: Work, record: SessionRecord) -> Subject:
    group = (
        await work.session.execute(sa.select(WorkingGroup).where(col(WorkingGroup.id) == record.working_group_id))
    ).scalar_one()
    return Subject(
        SubjectType.SESSION_RECORD,
        record.id,
        record.organisation_id,
        record.working_group_id,
        record.content_hash or "",
        group.approval_rule,
        await deciding_sides(work, group.id),
    )
