"""One run of an instrument on a frozen unit tree, opened by both sides."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, LeftOut, Output, Resource, Table, VersionedRow, absent
from app.models.bounds import Few, Many, Word
from app.models.columns import Count, Id, Line, Moment, Paragraphs, UtcDateTime, WholeNumber, YesNo, enum_column
from app.models.instrument import InstrumentKey, InstrumentVersion
from app.models.party import Side
from app.models.template_content import Texts, unlike
from app.models.unit import UnitName

LOWEST_THRESHOLD, USUAL_THRESHOLD, HIGHEST_THRESHOLD = 5, 7, 30
MOST_UNITS = 5_000
MOST_EMPLOYEES = 1_000_000


class SurveyRoundState(StrEnum):
    """Where a round is. `open` begins when both sides have decided, and answers are taken from `opensAt`; `closed` is
    for the moment until the result is there, or until both sides have handed in their keys."""

    # `closed` is stored while keys are waited for; see `round_state` for the clock's part.
    DRAFT = "draft"
    PROPOSED = "proposed"
    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"
    CANCELLED = "cancelled"


class SurveyRound(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    title: str
    instrument_id: UUID = Column(foreign_key="instrument.id")
    root_unit_id: UUID = Column(foreign_key="unit.id")
    every_unit: bool = True
    """Whether every unit below the root stands on its own, also one that is added before the round is proposed."""
    state: SurveyRoundState = Column(default=SurveyRoundState.DRAFT, sa_column=enum_column(SurveyRoundState))
    threshold: int = USUAL_THRESHOLD
    free_text: bool = False
    two_keys: bool = False
    opens_at: datetime = Column(sa_type=UtcDateTime)
    closes_at: datetime = Column(sa_type=UtcDateTime)
    public_key: bytes | None = None
    """X25519, made when the round opens. In two-key mode each side has one besides."""
    employer_public_key: bytes | None = None
    union_public_key: bytes | None = None
    content: dict[str, Any] | None = Column(default=None, sa_column=sa.Column(JSONB(none_as_null=True), nullable=True))
    """What the parties decide on, fixed when the round is proposed."""
    content_hash: str | None = None
    opened_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    released_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    cancel_reason: str | None = None

    __table_args__ = (
        sa.Index("ix_survey_round_working_group_id_id", "working_group_id", "id"),
        sa.Index("ix_survey_round_organisation_id_id", "organisation_id", "id"),
        sa.Index("ix_survey_round_due", "closes_at", postgresql_where=sa.text("state IN ('open', 'closed')")),
        sa.CheckConstraint(f"threshold BETWEEN {LOWEST_THRESHOLD} AND {HIGHEST_THRESHOLD}", name="threshold"),
        # Equal only when both sides end a round that has not begun.
        sa.CheckConstraint("closes_at >= opens_at", name="times"),
        sa.CheckConstraint(
            "(content_hash IS NULL) = (content IS NULL) AND (content IS NOT NULL OR state IN ('draft', 'cancelled'))",
            name="content",
        ),
    )


class SurveyUnit(Table, table=True):
    """A unit as it is in the round: its place in the frozen tree and how many are invited in the unit itself."""

    survey_round_id: UUID = Column(foreign_key="survey_round.id", primary_key=True)
    unit_id: UUID = Column(foreign_key="unit.id", primary_key=True)
    position: int
    """0, 1, 2, … with every parent before its children; what a sealed answer calls the unit."""
    parent_id: UUID | None = Column(default=None, foreign_key="unit.id")
    name: str
    headcount: int
    """Employees in the unit itself, and in the units below it that the round does not show on their own."""

    __table_args__ = (
        sa.Index("uq_survey_unit_position", "survey_round_id", "position", unique=True),
        sa.CheckConstraint("headcount >= 0", name="headcount"),
    )


class SurveyCoveredUnit(Table, table=True):
    """A unit whose employees the round asks, whether it stands on its own in it or not."""

    survey_round_id: UUID = Column(foreign_key="survey_round.id", primary_key=True)
    unit_id: UUID = Column(foreign_key="unit.id", primary_key=True)


def round_state(survey_round: SurveyRound, now: datetime) -> SurveyRoundState:
    """The state with time taken into account: an open round is closed from its closing time on."""
    if survey_round.state is SurveyRoundState.OPEN and survey_round.closes_at <= now:
        return SurveyRoundState.CLOSED
    return survey_round.state


RoundTitle = Annotated[Line, Field(json_schema_extra={"example": "Lärklimatet hösten 2026"})]
Threshold = Annotated[
    WholeNumber,
    Field(
        ge=LOWEST_THRESHOLD,
        le=HIGHEST_THRESHOLD,
        description="The smallest group that anything is shown for, at any level and by any calculation.",
        json_schema_extra={"example": USUAL_THRESHOLD},
    ),
]
FreeText = Annotated[
    YesNo,
    Field(description="Whether the instrument's open questions are asked.", json_schema_extra={"example": False}),
]
TwoKeys = Annotated[
    YesNo,
    Field(
        description="Whether each side holds a key of its own and both are needed to open the answers. If a side loses "
        "its key, the answers can never be read and there will be no result.",
        json_schema_extra={"example": False},
    ),
]
PublicKey = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{43}$",
        max_length=43,
        description="X25519, 32 bytes as base64url without padding.",
        json_schema_extra={"example": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"},
    ),
]
UnitIds = Annotated[
    list[Id],
    AfterValidator(unlike),
    Field(
        max_length=MOST_UNITS,
        description="The units that stand on their own in the round. Employees of other units below the root are "
        "counted with the nearest one above them that does. The root is always there.",
    ),
]


class SurveyRoundCreate(Input):
    """A draft of a round. Left out: the group's unit with every unit below it, and the usual threshold."""

    title: RoundTitle
    instrument_id: Id
    root_unit_id: LeftOut[Id] = absent(description="Left out: the unit that the working group is for.")
    unit_ids: LeftOut[UnitIds] = absent(description="Left out: every unit below the root.")
    opens_at: Moment
    closes_at: Moment
    threshold: Threshold = USUAL_THRESHOLD
    free_text: FreeText = False
    two_keys: TwoKeys = False


class SurveyRoundUpdate(Input):
    """Merge patch of a draft. A change reads the tree and the head-counts anew."""

    title: RoundTitle = absent()
    instrument_id: Id = absent()
    root_unit_id: Id = absent()
    unit_ids: Annotated[UnitIds | None, Field(description="Null: every unit below the root.")] = absent()
    opens_at: Moment = absent()
    closes_at: Moment = absent()
    threshold: Threshold = absent()
    free_text: FreeText = absent()
    two_keys: TwoKeys = absent()


SurveyRoundStep = TypeAliasType(
    "SurveyRoundStep",
    Annotated[
        Literal["proposed", "draft", "cancelled"],
        Field(description="What becomes of a round that has not opened."),
    ],
)


class SurveyRoundTransition(Input):
    """Propose a draft to the other side, take it back to draft, or cancel it before it opens."""

    to: SurveyRoundStep
    reason: LeftOut[Paragraphs] = absent(
        description="Needed to cancel.",
        json_schema_extra={"example": "Omorganisationen gör att vi väntar till våren."},
    )


class SurveyRoundItem(Output):
    """A round in a list."""

    id: Id
    title: RoundTitle
    state: SurveyRoundState
    working_group_id: Id
    instrument_id: Id
    opens_at: Moment
    closes_at: Moment
    released_at: Moment | None = Field(description="When the result came; null until then.")


class RoundInstrument(Output):
    """The instrument version that is asked."""

    id: Id
    key: InstrumentKey
    instrument_version: InstrumentVersion
    content_hash: ContentHash


class SurveyRoundContent(Output):
    """Exactly what the parties decide on when they open a round. The content hash is taken over this object."""

    title: RoundTitle
    working_group_id: Id
    instrument: RoundInstrument
    root_unit_id: Id
    unit_count: Count = Field(json_schema_extra={"example": 41})
    headcount: Count = Field(
        description="Everybody employed in the units of the round, who can be invited.",
        json_schema_extra={"example": 1200},
    )
    units_hash: ContentHash = Field(
        description="SHA-256 over the canonical JSON of the frozen units, as their list shows them, in its order."
    )
    opens_at: Moment
    closes_at: Moment
    threshold: Threshold
    free_text: FreeText
    two_keys: TwoKeys
    public_keys: list[PublicKey] = Field(
        description="In two-key mode the public keys of the employer and the union side, base64url; otherwise empty.",
        max_length=2,
    )
    rules: Word = Field(description="The version of the disclosure rules.", json_schema_extra={"example": "R1-R12/1"})


class SurveyRoundRead(Resource):
    """A survey round as everyone at the table sees it, the same for both sides. While it is open nothing is counted."""

    organisation_id: Id
    working_group_id: Id
    title: RoundTitle
    state: SurveyRoundState
    instrument_id: Id
    root_unit_id: Id
    every_unit: bool = Field(
        description="Whether every unit below the root stands on its own; otherwise those that were chosen.",
        json_schema_extra={"example": True},
    )
    unit_count: Count = Field(json_schema_extra={"example": 41})
    headcount: Count = Field(
        description="Everybody employed in the units of the round, who can be invited.",
        json_schema_extra={"example": 1200},
    )
    opens_at: Moment
    closes_at: Moment
    threshold: Threshold
    free_text: FreeText
    two_keys: TwoKeys
    key_holders: Few[Side] = Field(
        description="In two-key mode, which sides have made their keys.", json_schema_extra={"example": []}
    )
    key_notice: Texts | None = Field(
        description="In two-key mode: what the keys are, and what it means to lose one. Read it before you make yours."
    )
    content: SurveyRoundContent | None = Field(description="Null while the round is a draft.")
    content_hash: ContentHash | None = Field(
        description="What an approval must name: SHA-256 of `content` (RFC 8785); null while it is a draft."
    )
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on this content.")
    created_at: Moment
    opened_at: Moment | None = Field(description="When both sides had decided; null until then.")
    closed_at: Moment | None = Field(description="When it closed; null until then.")
    released_at: Moment | None = Field(description="When the result came; null until then.")
    cancelled_at: Moment | None = Field(description="When it was cancelled; null: it is not.")
    cancel_reason: Paragraphs | None = Field(
        description="Why it was cancelled; null: it is not.",
        json_schema_extra={"example": "Omorganisationen gör att vi väntar."},
    )


class SurveyUnitItem(Output):
    """A unit in the round's frozen tree."""

    unit_id: Id
    parent_id: Id | None = Field(description="The unit above it in the round; null for the root.")
    name: UnitName
    headcount: Count = Field(
        description="Invited in the unit itself, with units below it that do not stand on their own.",
        json_schema_extra={"example": 14},
    )
