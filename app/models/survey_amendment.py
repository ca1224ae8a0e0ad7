"""A joint change of a round under way: its closing time, later or earlier; or that it is abandoned."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, Output, Resource, VersionedRow
from app.models.bounds import Many
from app.models.columns import Id, Moment, Paragraphs, UtcDateTime, YesNo, enum_column


class SurveyAmendmentState(StrEnum):
    """Where a joint change of a round is."""

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
    abandon: bool = Column(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Whether the round ends without a result and its answers are destroyed unread; then without a time."""
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
Abandon = Annotated[
    YesNo,
    Field(
        description="Whether the round is abandoned: as soon as both sides have decided so it is cancelled, without a "
        "result. Its answers, invitations and keys are destroyed. Nobody has read the answers, and nobody ever can.",
        json_schema_extra={"example": False},
    ),
]
ProposingParty = Annotated[Id, Field(description="The party that proposed it.")]
AmendmentReason = Annotated[
    Paragraphs, Field(json_schema_extra={"example": "Många är på fältarbete till och med torsdag."})
]


class SurveyAmendmentCreate(Input):
    """Another closing time for an open round, or that a round is abandoned: its answers are then destroyed unread.

    Both sides decide on it like on the round itself.
    """

    closes_at: NewClosingTime = Field(
        default_factory=lambda: None,
        description="When the round closes instead; null: as soon as both sides have decided so. Needed, unless the "
        "round is to be abandoned: then it is left out or null.",
    )
    abandon: Abandon = False
    reason: AmendmentReason


class SurveyAmendmentTransition(Input):
    """The party that proposed the change takes it back."""

    to: Literal["withdrawn"]


class SurveyAmendmentContent(Output):
    """Exactly what the parties decide on. The content hash is taken over this object."""

    survey_round_id: Id
    closes_at: NewClosingTime
    # Left out where it is false, so that what was decided before rounds could be abandoned keeps its hash.
    abandon: Abandon = Field(
        default=False,
        exclude_if=lambda abandon: not abandon,
        description="There, and true, only where the round is abandoned: cancelled without a result, its answers, "
        "invitations and keys destroyed. Nobody has read the answers, and nobody ever can.",
    )
    reason: AmendmentReason


class SurveyAmendmentItem(Output):
    """A proposed, decided or withdrawn change of a round."""

    id: Id
    party_id: ProposingParty
    state: SurveyAmendmentState
    closes_at: NewClosingTime
    abandon: Abandon
    reason: AmendmentReason
    decided_at: Moment | None = Field(description="When both sides had decided; null until then.")


class SurveyAmendmentRead(Resource):
    """A joint change of a round under way: another closing time, or that it is abandoned."""

    survey_round_id: Id
    working_group_id: Id
    party_id: ProposingParty
    state: SurveyAmendmentState
    content: SurveyAmendmentContent
    content_hash: ContentHash
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on this content.")
    created_at: Moment
    decided_at: Moment | None = Field(description="When both sides had decided; null until then.")
