"""A process guide that a working group follows: where the group is in it, and how far each side thinks it has come."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Input, LeftOut, Output, Resource, Row, VersionedRow, absent
from app.models.bounds import Phrase, Text
from app.models.columns import Id, Moment, Paragraphs, UtcDateTime, WholeNumber, enum_column, json_column
from app.models.guide_content import GuideKey
from app.models.inspiration_content import Phase
from app.models.inspiration_item import LanguageTag
from app.models.party import Side
from app.models.template_content import TemplateVersion


class FollowedGuideState(StrEnum):
    """Whether the group follows the guide, has gone through it, or has ended it before."""

    FOLLOWING = "following"
    COMPLETED = "completed"
    ENDED = "ended"


class PhaseStatus(StrEnum):
    """How it stands with a phase: `left` is one that the group left before it was done, going back or ending."""

    NOT_BEGUN = "notBegun"
    CURRENT = "current"
    DONE = "done"
    SKIPPED = "skipped"
    LEFT = "left"


class PhaseProgress(Output):
    """How it stands with one phase, in the order of the guide."""

    phase: Phase
    status: PhaseStatus = PhaseStatus.NOT_BEGUN
    begun_at: datetime | None = None
    left_at: datetime | None = None


class PhaseSkip(Output):
    """That a phase was skipped, and why."""

    phase: Phase
    reason: str


class FollowedGuide(VersionedRow, table=True):
    """It stays with the version of the guide that the group chose. A group follows one at a time."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    process_guide_id: UUID = Column(foreign_key="process_guide.id")
    state: FollowedGuideState = Column(default=FollowedGuideState.FOLLOWING, sa_column=enum_column(FollowedGuideState))
    current_phase: Phase | None = Column(sa_column=enum_column(Phase, nullable=True))
    """As `progress` has it, for those who ask the database."""
    progress: list[PhaseProgress] = Column(sa_column=json_column(list[PhaseProgress]))
    skips: list[PhaseSkip] = Column(default=[], sa_column=json_column(list[PhaseSkip]))
    """All there have been, apart from the progress: a legal hold lets some be added, and none be lost."""
    end_reason: str | None = None
    ended_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_followed_guide_working_group_id_created_at_id", "working_group_id", "created_at", "id"),
        sa.Index(
            "uq_followed_guide_following",
            "working_group_id",
            unique=True,
            postgresql_where=sa.text("state = 'following'"),
        ),
    )


class GuideRating(Row, table=True):
    """How far a party thinks that the group has come in a phase. Of a party's words on a phase the latest counts."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    followed_guide_id: UUID = Column(foreign_key="followed_guide.id")
    phase: Phase = Column(sa_column=enum_column(Phase))
    party_id: UUID = Column(foreign_key="party.id")
    level: int
    rated_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_guide_rating_latest", "followed_guide_id", "phase", "party_id", "rated_at", "id"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    )


Level = Annotated[
    WholeNumber,
    Field(ge=1, le=4, description="One of the phase's four levels, from the least.", json_schema_extra={"example": 3}),
]
SkipReason = Annotated[Paragraphs, Field(json_schema_extra={"example": "Vi provade redan i våras."})]
EndReason = Annotated[Paragraphs, Field(json_schema_extra={"example": "Vi börjar om med det kortare processtödet."})]
PhaseKey = Annotated[Phase, Field(json_schema_extra={"example": "anchor"})]


class FollowedGuideCreate(Input):
    """Which version of a guide the group follows from now on. A later version changes nothing of it."""

    process_guide_id: Id


FollowedGuideStep = TypeAliasType(
    "FollowedGuideStep",
    Annotated[
        Literal["phaseDone", "phaseSkipped", "earlierPhase", "ended"],
        Field(description="How the group moves on from the phase that it is in."),
    ],
)


class FollowedGuideTransition(Input):
    """The phase is done or skipped (with a reason), the group goes back to an earlier one, or ends following."""

    to: FollowedGuideStep = Field(json_schema_extra={"example": "phaseDone"})
    phase: LeftOut[PhaseKey] = absent(description="The earlier phase that the group goes back to; needed then.")
    reason: LeftOut[Paragraphs] = absent(
        description="Needed when a phase is skipped, welcome when the group ends following.",
        json_schema_extra={"example": "Vi provade redan i våras."},
    )


class SelfRatingCreate(Input):
    """How far your party thinks that the group has come in a phase. Rated again, the latest level counts."""

    phase: PhaseKey
    level: Level
    mandate_id: LeftOut[Id] = absent(description="Needed when you hold mandates of several parties at the table.")


class FollowedGuideItem(Output):
    """A guide that the group follows or has followed, in a list."""

    id: Id
    process_guide_id: Id
    guide_key: GuideKey
    guide_version: TemplateVersion
    language: LanguageTag
    title: Phrase
    state: FollowedGuideState
    current_phase: PhaseKey | None = Field(description="Null: the group follows it no more.")
    created_at: Moment
    ended_at: Moment | None = Field(description="When it was completed or ended; null while it is followed.")


class PartyRating(Output):
    """How far one party thinks that the group has come in a phase."""

    party_id: Id
    side: Side
    name: Phrase = Field(json_schema_extra={"example": "Saco-S"})
    level: Level | None = Field(description="One of four, from the least; null: the party has not said.")
    words: Text | None = Field(
        description="What that level says in the guide; null: the party has not said.",
        json_schema_extra={"example": "Vi har kommit en bit på väg."},
    )
    rated_at: Moment | None = Field(description="When the party said so; null: it has not said.")


class FollowedPhase(Output):
    """A phase of the guide, and how it stands with it in this group."""

    key: PhaseKey
    title: Phrase
    status: PhaseStatus
    begun_at: Moment | None = Field(description="When the group first came to it; null: it has not.")
    left_at: Moment | None = Field(description="When the group last left it; null: it has not, or is there again.")
    skip_reason: SkipReason | None = Field(description="Why it was skipped; null: it was not.")
    question: Text = Field(
        description="What each side is asked about how far the group has come.",
        json_schema_extra={"example": "Hur väl är arbetet förankrat?"},
    )
    self_ratings: list[PartyRating] = Field(
        max_length=20,
        description="What each party at the table answers, side by side. All members of the group read all of them.",
    )


class FollowedGuideRead(Resource):
    """Where a working group is in the process guide that it follows, at its own pace."""

    organisation_id: Id
    working_group_id: Id
    process_guide_id: Id
    guide_key: GuideKey
    guide_version: TemplateVersion
    language: LanguageTag
    title: Phrase
    state: FollowedGuideState
    current_phase: PhaseKey | None = Field(description="Null: the group follows it no more.")
    next_phase: PhaseKey | None = Field(
        description="What comes when the current phase is done or skipped; null: then the guide is completed, or it is "
        "followed no more."
    )
    phases: list[FollowedPhase] = Field(max_length=6)
    created_at: Moment = Field(description="When the group began to follow it.")
    ended_at: Moment | None = Field(description="When it was completed or ended; null while it is followed.")
    end_reason: EndReason | None = Field(description="Why it was ended; null: it was not, or nothing is said.")
