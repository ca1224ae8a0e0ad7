"""What a session produced; final when both sides have approved the same content."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.action import ActionInRecord
from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, LeftOut, Linked, Output, Resource, Table, VersionedRow, absent
from app.models.bounds import Few, Many, Phrase, Word
from app.models.columns import (
    Count,
    DateOnly,
    Id,
    Line,
    Moment,
    Paragraphs,
    UtcDateTime,
    YesNo,
    enum_column,
    json_column,
)
from app.models.dialogue_session import (
    AttendanceStatus,
    FacilitatorFunction,
    MeetingForm,
    Place,
    SessionTitle,
)
from app.models.statement import StatementInRecord


class SessionRecordState(StrEnum):
    """`notApproved` is never stored: a record under review is not approved once its deadline has passed."""

    DRAFT = "draft"
    UNDER_REVIEW = "underReview"
    RETURNED = "returned"
    FINAL = "final"
    NOT_APPROVED = "notApproved"


class HandedOverTo(StrEnum):
    """Where a matter goes that dialogue cannot settle."""

    COOPERATION_GROUP = "cooperationGroup"
    MBL_SECTION_ELEVEN = "mbl11"
    MBL_SECTION_NINETEEN = "mbl19"
    SAFETY_COMMITTEE = "safetyCommittee"


CaseNumber = Annotated[
    Line, Field(description="The case number (diarienummer).", json_schema_extra={"example": "MHV 2026/0412"})
]


class Handover(Output):
    """A matter handed over to another body."""

    handed_over_to: HandedOverTo
    matter: Annotated[Paragraphs, Field(json_schema_extra={"example": "Bemanning under kvällspass."})]
    case_number: CaseNumber | None = None


class SessionRecord(VersionedRow, table=True):
    """A session's record, or an appendix that corrects a final one and lives the same life."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    dialogue_session_id: UUID = Column(foreign_key="dialogue_session.id")
    appendix_to_id: UUID | None = Column(default=None, foreign_key="session_record.id")
    title: str
    state: SessionRecordState = Column(default=SessionRecordState.DRAFT, sa_column=enum_column(SessionRecordState))
    answers: dict[str, str] = Column(default={}, sa_column=json_column(dict[str, str]))
    shared_picture: str | None = None
    handovers: list[Handover] = Column(default=[], sa_column=json_column(list[Handover]))
    no_individual_recognisable: bool = False
    review_deadline: datetime | None = Column(default=None, sa_type=UtcDateTime)
    content: dict[str, Any] | None = Column(default=None, sa_column=sa.Column(JSONB, nullable=True))
    """What the parties decide on: set when review starts, cleared by every edit, fixed when final."""
    content_hash: str | None = None
    final_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index(
            "uq_session_record_session",
            "dialogue_session_id",
            unique=True,
            postgresql_where=sa.text("appendix_to_id IS NULL"),
        ),
        sa.Index("ix_session_record_appendix_to_id", "appendix_to_id"),
        sa.Index("ix_session_record_organisation_id_id", "organisation_id", "id"),
        sa.Index(
            "ix_session_record_organisation_id_final_at_id",
            "organisation_id",
            "final_at",
            "id",
            postgresql_where=sa.text("state = 'final'"),
        ),
        sa.Index("ix_session_record_working_group_id_id", "working_group_id", "id"),
        sa.CheckConstraint("(state IN ('underReview', 'final')) = (content_hash IS NOT NULL)", name="hash_with_review"),
        sa.CheckConstraint("(state = 'final') = (final_at IS NOT NULL)", name="final_at"),
    )


def record_state(record: SessionRecord, now: datetime) -> SessionRecordState:
    """The state with time taken into account: after its deadline a review is over, not approved."""
    if (
        record.state is SessionRecordState.UNDER_REVIEW
        and record.review_deadline is not None
        and record.review_deadline <= now
    ):
        return SessionRecordState.NOT_APPROVED
    return record.state


class RecordRegistration(Table, table=True):
    """What the archivist keeps about a final record; outside the content the parties approved."""

    session_record_id: UUID = Column(foreign_key="session_record.id", primary_key=True)
    version: int = 1
    case_number: str
    archive_class: str
    retain_until: date | None = None
    legal_hold: bool = False
    registered_at: datetime = Column(sa_type=UtcDateTime)


QuestionId = Annotated[str, Field(pattern="^q[0-9]{1,3}$", max_length=4)]
Answer = Annotated[Paragraphs, Field(json_schema_extra={"example": "Att provet går att lita på."})]
Answers = Annotated[
    dict[QuestionId, Answer],
    Field(
        max_length=100,
        description="The group's answers by question id, without names.",
        json_schema_extra={"example": {"q2": "Att provet går att lita på."}},
    ),
]
AnswerChanges = Annotated[
    dict[QuestionId, Answer | None],
    Field(
        max_length=100,
        description="Answers by question id; null removes one, others stay.",
        json_schema_extra={"example": {"q2": "Att provet går att lita på."}},
    ),
]
SharedPicture = Annotated[
    Paragraphs, Field(json_schema_extra={"example": "Vi ser båda att tiden för handledning har minskat."})
]


class HandoverInput(Input):
    """A matter to hand over."""

    handed_over_to: HandedOverTo
    matter: Annotated[Paragraphs, Field(json_schema_extra={"example": "Bemanning under kvällspass."})]
    case_number: CaseNumber | None = None


class SessionRecordUpdate(Input):
    """Merge patch of the joint part. Any change voids the approvals and takes the record back to draft."""

    answers: AnswerChanges = absent()
    shared_picture: SharedPicture | None = absent()
    handovers: Annotated[list[HandoverInput], Field(max_length=20)] = absent()


SessionRecordStep = TypeAliasType(
    "SessionRecordStep",
    Annotated[
        Literal["underReview", "draft"],
        Field(description="Sent to be reviewed, or taken back to be written on."),
    ],
)


class SessionRecordTransition(Input):
    """Send the record for review, or take it back to draft."""

    to: SessionRecordStep
    review_deadline: LeftOut[Moment] = absent(
        description="Needed for review. After it nothing can be approved; silence is not consent.",
    )
    no_individual_recognisable: LeftOut[YesNo] = absent(
        description="Needed, and true, for review: nobody can be recognised in the text.",
        json_schema_extra={"example": True},
    )


class AppendixCreate(Input):
    """A correction or addition to a final record, approved in the same way."""

    title: Annotated[Line, Field(json_schema_extra={"example": "Rättelse av åtgärd två"})]
    shared_picture: SharedPicture


class RecordRegistrationInput(Input):
    """How the archive knows the record."""

    case_number: CaseNumber
    archive_class: Annotated[Line, Field(json_schema_extra={"example": "2.4.1 Samverkan"})]
    retain_until: DateOnly | None = None
    legal_hold: YesNo = Field(default=False, json_schema_extra={"example": False})


class RecordRegistrationRead(Linked):
    """How the archive knows the record. It never touches the approved content."""

    session_record_id: Id
    case_number: CaseNumber
    archive_class: Annotated[Line, Field(json_schema_extra={"example": "2.4.1 Samverkan"})]
    retain_until: DateOnly | None = Field(description="Last day it has to be kept; null: no day is set.")
    legal_hold: YesNo
    registered_at: Moment


class SessionRecordItem(Output):
    """A record in a list."""

    id: Id
    title: SessionTitle
    state: SessionRecordState
    working_group_id: Id
    dialogue_session_id: Id
    appendix_to_id: Id | None = Field(description="The record that it corrects; null for a session's own record.")
    review_deadline: Moment | None = Field(description="After it nothing can be approved; null before review.")
    final_at: Moment | None = Field(description="When both sides had approved it; null until then.")
    content_hash: ContentHash | None


class RecordAttendance(Output):
    """A representative's attendance as the record states it. Employees are counted, never named."""

    mandate_id: Id
    party_id: Id
    party_name: Phrase = Field(json_schema_extra={"example": "Saco-S"})
    function: Phrase = Field(json_schema_extra={"example": "Ordförande"})
    status: AttendanceStatus


class RecordTemplate(Output):
    """The template version the session followed."""

    id: Id
    key: Word = Field(json_schema_extra={"example": "val-utfort-arbete"})
    template_version: Word = Field(json_schema_extra={"example": "1.0.0"})
    content_hash: ContentHash | None


class RecordCorrection(Output):
    """The final record an appendix belongs to."""

    id: Id
    content_hash: ContentHash


class RecordContent(Output):
    """Exactly what the parties approve. The content hash is taken over this object as it stands here."""

    title: SessionTitle
    legal_character: Literal["dialogue"] = Field(
        default="dialogue", description="Dialogue, never negotiation under the Co-determination Act."
    )
    working_group_id: Id
    dialogue_session_id: Id
    appendix_to: RecordCorrection | None = Field(
        description="The record that it corrects; null for a session's own record."
    )
    dialogue_template: RecordTemplate
    started_at: Moment
    meeting_form: MeetingForm
    place: Place | None
    facilitator_function: FacilitatorFunction
    attendances: Few[RecordAttendance]
    employee_headcount: Count | None = Field(
        description="How many employees took part beside the representatives; null: nobody has said.",
        json_schema_extra={"example": 7},
    )
    answers: Answers
    shared_picture: SharedPicture | None = Field(description="What both sides see alike; null: nothing is written.")
    statements: Few[StatementInRecord] = Field(description="Published by the parties; drafts are not shown.")
    actions: Many[ActionInRecord]
    handovers: Few[Handover]
    no_individual_recognisable: bool = Field(
        description="Confirmed when the record was sent for review.", json_schema_extra={"example": True}
    )


class SessionRecordRead(Resource):
    """A session's record as everyone at the table sees it, identical for both sides."""

    organisation_id: Id
    working_group_id: Id
    dialogue_session_id: Id
    appendix_to_id: Id | None = Field(description="The record that it corrects; null for a session's own record.")
    title: SessionTitle
    state: SessionRecordState
    content: RecordContent
    content_hash: ContentHash | None = Field(
        description="What an approval must name: SHA-256 of `content` (RFC 8785); null while it is being written."
    )
    review_deadline: Moment | None = Field(description="After it nothing can be approved; null before review.")
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on this content.")
    final_at: Moment | None = Field(description="When both sides had approved it; null until then.")
    created_at: Moment
