"""A final record, whole, for those who keep it elsewhere: what was approved, by whom, and how the archive knows it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Output
from app.models.bounds import Many
from app.models.columns import DateOnly, Id, Line, Moment, YesNo
from app.models.dialogue_session import SessionTitle
from app.models.session_record import CaseNumber, RecordContent


class RecordTable(StrEnum):
    """The tables that records come apart into, in a file."""

    RECORDS = "records"
    ANSWERS = "answers"
    STATEMENTS = "statements"
    ACTIONS = "actions"
    HANDOVERS = "handovers"
    ATTENDANCES = "attendances"
    APPROVALS = "approvals"


class RegistrationOfRecord(Output):
    """How the archive knows the record. Not part of what was approved."""

    case_number: CaseNumber
    archive_class: Annotated[Line, Field(json_schema_extra={"example": "2.4.1 Samverkan"})]
    retain_until: DateOnly | None = Field(description="Last day it has to be kept; null: no day is set.")
    legal_hold: YesNo
    registered_at: Moment


class ApprovedRecordItem(Output):
    """A final record or appendix, whole."""

    id: Id
    title: SessionTitle
    working_group_id: Id
    dialogue_session_id: Id
    appendix_to_id: Id | None = Field(description="The record that it corrects; null for a session's own record.")
    final_at: Moment
    content_hash: ContentHash
    content: RecordContent
    approvals: Many[ApprovalSummary] = Field(description="The parties' decisions, in the order they were taken.")
    registration: RegistrationOfRecord | None = Field(description="Null until an archivist has registered it.")
