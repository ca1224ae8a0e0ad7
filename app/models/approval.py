"""One party's decision on one exact content hash."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent, of_field
from app.models.bounds import Hash
from app.models.columns import Id, Moment, Paragraphs, UtcDateTime, enum_column


class Decision(StrEnum):
    """What a party says of exactly that content."""

    APPROVE = "approve"
    APPROVE_WITH_DISSENT = "approveWithDissent"
    REQUEST_CHANGE = "requestChange"


class SubjectType(StrEnum):
    """What can be decided jointly. New words come with new possibilities: pass over those you do not know."""

    WORKING_GROUP = "workingGroup"
    SESSION_RECORD = "sessionRecord"
    SURVEY_ROUND = "surveyRound"
    SURVEY_AMENDMENT = "surveyAmendment"
    SURVEY_TEXTS = "surveyTexts"
    SERVICE_CLIENT = "serviceClient"
    DESTRUCTION = "destruction"
    LEARNING_LOG_ENTRY = "learningLogEntry"


class VoidReason(StrEnum):
    """Why a decision counts no more."""

    EDITED = "edited"
    WITHDRAWN = "withdrawn"
    CHANGE_REQUESTED = "changeRequested"
    DEADLINE_PASSED = "deadlinePassed"


class Approval(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID | None = Column(default=None, foreign_key="working_group.id")
    """None: it is a matter of the whole organisation, and of no table."""
    subject_type: SubjectType = Column(sa_column=enum_column(SubjectType))
    subject_id: UUID
    content_hash: str
    party_id: UUID = Column(foreign_key="party.id")
    mandate_id: UUID = Column(foreign_key="mandate.id")
    person_id: UUID = Column(foreign_key="person.id")
    decision: Decision = Column(sa_column=enum_column(Decision))
    statement: str | None = None
    decided_at: datetime = Column(sa_type=UtcDateTime)
    voided_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    void_reason: VoidReason | None = Column(default=None, sa_column=enum_column(VoidReason, nullable=True))

    # The two indexes are the last line of defence behind the row lock: one standing decision for each
    # party, and never the same person for two of them.
    __table_args__ = (
        sa.Index("ix_approval_subject_id_id", "subject_id", "id"),
        sa.Index(
            "uq_approval_party",
            "subject_id",
            "party_id",
            unique=True,
            postgresql_where=sa.text("voided_at IS NULL"),
        ),
        sa.Index(
            "uq_approval_person",
            "subject_id",
            "person_id",
            unique=True,
            postgresql_where=sa.text("voided_at IS NULL"),
        ),
        sa.CheckConstraint("working_group_id IS NOT NULL OR subject_type = 'serviceClient'", name="table"),
    )


ContentHash = Annotated[Hash, Field(description="SHA-256 of the content decided on, as its resource shows it.")]
DecisionStatement = Annotated[
    Paragraphs,
    Field(
        description="The dissent, or the change asked for. Everyone at the table reads it.",
        json_schema_extra={"example": "Vi vill att bemanningen på kvällstid beskrivs."},
    ),
]


class ApprovalCreate(Input):
    """A decision on exactly the content whose hash is given."""

    content_hash: ContentHash
    decision: Decision
    statement: LeftOut[DecisionStatement] = absent()
    mandate_id: LeftOut[Id] = absent(description="Needed only by somebody who holds several mandates at the table.")

    @model_validator(mode="after")
    def says_what_differs(self) -> "ApprovalCreate":
        if self.decision is not Decision.APPROVE and self.statement is None:
            raise of_field("statement", "statement_missing", "Say what differs or what should change.")
        return self


class ApprovalSummary(Output):
    """A decision as the resource it concerns shows it."""

    id: Id
    party_id: Id
    decision: Decision
    statement: DecisionStatement | None
    decided_at: Moment


class ApprovalItem(ApprovalSummary):
    """A decision, standing or voided."""

    content_hash: ContentHash
    mandate_id: Id
    voided_at: Moment | None = Field(description="Since when it counts no more; null while it stands.")
    void_reason: VoidReason | None = Field(description="Why it counts no more; null while it stands.")


class ApprovalRead(Resource):
    """One party's decision on one exact content hash."""

    subject_type: SubjectType
    subject_id: Id
    working_group_id: Id | None = Field(description="The table it is decided at; null: the whole organisation.")
    content_hash: ContentHash
    party_id: Id
    mandate_id: Id
    person_id: Id
    decision: Decision
    statement: DecisionStatement | None
    decided_at: Moment
    voided_at: Moment | None = Field(description="Since when it counts no more; null while it stands.")
    void_reason: VoidReason | None = Field(description="Why it counts no more; null while it stands.")
