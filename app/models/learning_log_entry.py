"""What a working group has learned, in its own words: looked at again, and shared when both sides have decided so."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Many, Tally
from app.models.columns import DateOnly, Id, Line, Moment, Paragraphs, UtcDateTime, enum_column, json_column


class LearningLogEntryState(StrEnum):
    """Whose an entry is: the group's own, proposed for the library, or shared there for good."""

    OWN = "own"
    PROPOSED = "proposed"
    SHARED = "shared"


LearningTitle = Annotated[
    Line,
    Field(
        description="What was learned, in one line. Never a person's name.",
        json_schema_extra={"example": "Frågor blir fler när handledningen har en fast tid"},
    ),
]
LearningText = Annotated[
    Paragraphs,
    Field(
        max_length=4_000,
        description="What was learned, in the group's own words: what was tried, what came of it, what it takes. "
        "Never a person's name.",
        json_schema_extra={"example": "När tisdagstimmen var avsatt ställdes frågor som annars hade fått vänta."},
    ),
]
LearnedMonth = Annotated[
    str,
    Field(
        pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$",
        max_length=7,
        description="The month it was learned, YYYY-MM. No day: that would point to who was there.",
        json_schema_extra={"example": "2026-11"},
    ),
]
StillHolds = Annotated[
    Paragraphs,
    Field(
        max_length=1_000,
        description="What still holds, and what does not. Never a person's name.",
        json_schema_extra={"example": "Det håller fortfarande, men timmen behöver försvaras varje höst."},
    ),
]


class LearningRevisit(Output):
    """A day on which the group looked at an entry again."""

    on: DateOnly
    still_holds: StillHolds | None = Field(description="What the group said of it; null: nothing is noted.")


class LearningLogEntry(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    unit_id: UUID = Column(foreign_key="unit.id")
    """The unit that the group is about, as far as the library is told whose experience it is."""
    dialogue_session_id: UUID | None = Column(default=None, foreign_key="dialogue_session.id")
    title: str
    text: str
    learned_month: str
    state: LearningLogEntryState = Column(
        default=LearningLogEntryState.OWN, sa_column=enum_column(LearningLogEntryState)
    )
    content_hash: str | None = None
    """Of what is proposed or shared."""
    shared_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    last_looked_at_on: date
    revisits: list[LearningRevisit] = Column(default_factory=list, sa_column=json_column(list[LearningRevisit]))
    search: str | None = Column(
        default=None,
        sa_column=sa.Column(TSVECTOR, sa.Computed("to_tsvector('swedish', title || ' ' || text)", persisted=True)),
    )

    __table_args__ = (
        sa.Index("ix_learning_log_entry_working_group_id_id", "working_group_id", "id"),
        sa.Index(
            "ix_learning_log_entry_shared",
            "organisation_id",
            "shared_at",
            "id",
            postgresql_where=sa.text("state = 'shared'"),
        ),
        sa.Index("ix_learning_log_entry_search", "search", postgresql_using="gin"),
        sa.CheckConstraint("(state = 'own') = (content_hash IS NULL)", name="hash"),
        sa.CheckConstraint("(state = 'shared') = (shared_at IS NOT NULL)", name="shared"),
    )


class LearningLogEntryCreate(Input):
    """Something the group has learned."""

    title: LearningTitle
    text: LearningText
    learned_month: LearnedMonth
    dialogue_session_id: LeftOut[Id] = absent(description="The group's session that it came from.")


class LearningLogEntryUpdate(Input):
    """Merge patch. Of a proposed entry it voids the decisions taken so far."""

    title: LearningTitle = absent()
    text: LearningText = absent()
    learned_month: LearnedMonth = absent()


class LearningRevisitCreate(Input):
    """That the group has looked at it again today."""

    still_holds: LeftOut[StillHolds] = absent()


LearningStep = TypeAliasType(
    "LearningStep",
    Annotated[
        Literal["proposed", "own"],
        Field(description="Propose it for the library, or take the proposal back."),
    ],
)


class LearningLogEntryTransition(Input):
    """Propose to share it, or take that back."""

    to: LearningStep


class LearningContent(Output):
    """Exactly what is shared. The content hash is taken over this object."""

    learning_log_entry_id: Id
    unit_id: Id = Field(description="The unit that the group is about.")
    title: LearningTitle
    text: LearningText
    learned_month: LearnedMonth


class LearningLogEntryItem(Output):
    """An entry in the group's log."""

    id: Id
    title: LearningTitle
    learned_month: LearnedMonth
    state: LearningLogEntryState
    last_looked_at_on: DateOnly = Field(description="The day it was last looked at again, or else written.")


class LearningLogEntryRead(Resource):
    """What the group has learned, and how fresh it is."""

    working_group_id: Id
    unit_id: Id
    dialogue_session_id: Id | None = Field(description="The session that it came from; null: none is named.")
    title: LearningTitle
    text: LearningText
    learned_month: LearnedMonth
    state: LearningLogEntryState
    content: LearningContent | None = Field(description="What is proposed or shared; null while it is the group's own.")
    content_hash: ContentHash | None = Field(description="Null while it is the group's own.")
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on this content.")
    last_looked_at_on: DateOnly = Field(description="The day it was last looked at again, or else written.")
    revisits: Many[LearningRevisit] = Field(description="The days on which it was looked at again, oldest first.")
    revisit_count: Tally
    created_at: Moment
    shared_at: Moment | None = Field(description="When both sides had decided to share it; null until then.")


class SharedLearning(Output):
    """What a group of the organisation has learned and shared."""

    id: Id = Field(description="The entry that it was shared from; it opens for the group alone.")
    unit_id: Id = Field(description="The unit that the group is about.")
    title: LearningTitle
    text: LearningText
    learned_month: LearnedMonth
    content_hash: ContentHash
    shared_at: Moment
