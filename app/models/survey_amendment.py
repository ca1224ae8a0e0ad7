"""A joint change of an open round: its closing time, later or earlier."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, Output, Resource, VersionedRow
from app.models.columns import Id, Moment, Paragraphs, UtcDateTime, enum_column


class SurveyAmendmentState(StrEnum):
    PROPOSED = "proposed"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class SurveyAmendment(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    survey_round_id: UUID = Column(foreign_key="survey_round.id")
    party_id: UUID = Column(foreign_key="party.id")
    """The party that proposed it."""
    state: SurveyAmendmentState = Column(
        default=SurveyAmendmentState.PROPOSED, sa_column=enum_column(SurveyAmendmentState)
    )
    closes_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """Null: as soon as both sides have decided so."""
    reason: str
    content_hash: str
    decided_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_survey_amendment_survey_round_id_id", "survey_round_id", "id"),
        sa.Index(
            "uq_survey_amendment_proposed",
            "survey_round_id",
            unique=True,
            postgresql_where=sa.text("state = 'proposed'"),
        ),
    )


NewClosingTime = Annotated[
    Moment | None, Field(description="When the round closes instead; null: as soon as both sides have decided so.")
]
ProposingParty = Annotated[Id, Field(description="The party that proposed it.")]
AmendmentReason = Annotated[
    Paragraphs, Field(json_schema_extra={"example": "Många är på fältarbete till och med torsdag."})
]


class SurveyAmendmentCreate(Input):
    """Another closing time for an open round. Both sides decide on it like on the round itself."""

    closes_at: NewClosingTime
    reason: AmendmentReason


class SurveyAmendmentTransition(Input):
    """The party that proposed the change takes it back."""

    to: Literal["withdrawn"]


class SurveyAmendmentContent(Output):
    """Exactly what the parties decide on. The content hash is taken over this object."""

    survey_round_id: Id
    closes_at: NewClosingTime
    reason: AmendmentReason


class SurveyAmendmentItem(Output):
    """A proposed or decided change of an open round."""

    id: Id
    party_id: ProposingParty
    state: SurveyAmendmentState
    closes_at: NewClosingTime
    reason: AmendmentReason
    decided_at: Moment | None


class SurveyAmendmentRead(Resource):
    """A joint change of an open round."""

    survey_round_id: Id
    working_group_id: Id
    party_id: ProposingParty
    state: SurveyAmendmentState
    content: SurveyAmendmentContent
    content_hash: ContentHash
    approvals: list[ApprovalSummary] = Field(description="Decisions that count on this content.")
    created_at: Moment
    decided_at: Moment | None
