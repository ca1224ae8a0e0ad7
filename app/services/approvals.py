"""Decisions on their own: listed, read, and taken back while nothing has come of them."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalRead, SubjectType, VoidReason
from app.models.destruction import Destruction, DestructionState
from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState
from app.models.service_client import ServiceClient, ServiceClientState
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.survey_amendment import SurveyAmendment, SurveyAmendmentState
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.survey_texts import SurveyTexts, SurveyTextsState
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services import policy, service_client_consent
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, find, shown

SORTS: dict[str, Columns] = {"decidedAt": (col(Approval.id),)}


@dataclass(frozen=True)
class _Subject:
    """A kind of thing that is decided jointly, and the states in which a party can still take its decision back."""

    row_type: type[Any]
    listed_by: str
    undecided: Collection[StrEnum]
    afterwards: Callable[[Work, Any, Approval], Awaitable[None]] | None = None
    """What follows when one is taken back."""


_SUBJECTS = {
    SubjectType.WORKING_GROUP: _Subject(WorkingGroup, "list_working_group_approvals", {WorkingGroupState.FORMING}),
    SubjectType.SESSION_RECORD: _Subject(
        SessionRecord,
        "list_session_record_approvals",
        {SessionRecordState.UNDER_REVIEW, SessionRecordState.RETURNED},
    ),
    SubjectType.SURVEY_ROUND: _Subject(
        SurveyRound, "list_survey_round_approvals", {SurveyRoundState.PROPOSED, SurveyRoundState.DRAFT}
    ),
    SubjectType.SURVEY_AMENDMENT: _Subject(
        SurveyAmendment, "list_survey_amendment_approvals", {SurveyAmendmentState.PROPOSED}
    ),
    SubjectType.SURVEY_TEXTS: _Subject(SurveyTexts, "list_survey_texts_approvals", {SurveyTextsState.UNDER_REVIEW}),
    # Consent is nothing that is ever decided for good.
    SubjectType.SERVICE_CLIENT: _Subject(
        ServiceClient, "list_service_client_approvals", set(ServiceClientState), service_client_consent.taken_back
    ),
    SubjectType.DESTRUCTION: _Subject(Destruction, "list_destruction_approvals", {DestructionState.PROPOSED}),
    SubjectType.LEARNING_LOG_ENTRY: _Subject(
        LearningLogEntry,
        "list_learning_log_entry_approvals",
        {LearningLogEntryState.PROPOSED, LearningLogEntryState.OWN},
    ),
}

# Not by everyone who sees what else is decided at the table.
_SEEN_BY_FEWER = {SubjectType.SESSION_RECORD, SubjectType.SURVEY_TEXTS, SubjectType.DESTRUCTION}

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


async def list_of(work: Work, subject_type: SubjectType, subject_id: UUID, request: PageRequest) -> Listed:
    """Every decision on a subject, standing or voided, oldest first."""
    subject = _SUBJECTS[subject_type]
    await admit(work, subject.listed_by, subject.row_type, subject_id)
    return await page(work, _ITEMS, SORTS, request, subject_id=subject_id)


async def read(work: Work, approval_id: UUID) -> ApprovalRead:
    return shown(work, ApprovalRead, await _found(work, approval_id))


async def _found(work: Work, approval_id: UUID) -> Approval:
    """A decision is seen by those who see what it is about: not by the facilitator of another session, nor, while texts
    are reviewed, by any."""
    approval = await find(work, Approval, approval_id)
    if approval.subject_type in _SEEN_BY_FEWER:
        await find(work, _SUBJECTS[approval.subject_type].row_type, approval.subject_id)
    return approval


async def withdraw(work: Work, approval_id: UUID, version: int) -> None:
    """Take a decision back. The subject is locked first, so that no decision is taken meanwhile."""
    approval = await _found(work, approval_id)
    about = _SUBJECTS[approval.subject_type]
    subject = await find(work, about.row_type, approval.subject_id, lock=True)
    approval = await admit(work, "withdraw_approval", Approval, approval_id, version)
    if subject.state not in about.undecided:
        raise Refusal(Code.DECISION_TAKEN)
    await changed(work, "withdraw_approval", approval, {"voided_at": work.now, "void_reason": VoidReason.WITHDRAWN})
    if about.afterwards is not None:
        await about.afterwards(work, subject, approval)
