"""The one immutable set of results of a closed round, after disclosure control.

What is read is what was written when the round closed, byte for byte: the texts of these rows are sent as they are.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import ConfigDict, Field, RootModel
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Linked, Output, Table
from app.models.bounds import Hash
from app.models.columns import Id, UtcDateTime
from app.models.instrument_content import Validation
from app.models.release_comparisons import Benchmark, Trend
from app.models.release_content import SurveyResultsContent, UnitContent
from app.models.release_figures import KeptBack, ResultStatus
from app.models.unit import UnitName


class SurveyRelease(Table, table=True):
    """What holds for the whole round, and the hash over everything released."""

    survey_round_id: UUID = Column(foreign_key="survey_round.id", primary_key=True)
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    instrument_id: UUID = Column(foreign_key="instrument.id")
    content: str
    """JSON of the whole round's part."""
    content_hash: str
    """SHA-256 of canonical JSON: the round's part and the hashes of all units' parts in the tree's order."""
    released_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (sa.Index("ix_survey_release_organisation_id_released_at", "organisation_id", "released_at"),)


class SurveyResult(Table, table=True):
    """One unit's part of a release."""

    survey_round_id: UUID = Column(foreign_key="survey_release.survey_round_id", primary_key=True)
    unit_id: UUID = Column(foreign_key="unit.id", primary_key=True)
    position: int
    """The unit's place in the frozen tree."""
    published: bool
    content: str
    """JSON of this unit's part."""
    content_hash: str

    __table_args__ = (sa.Index("uq_survey_result_position", "survey_round_id", "position", unique=True),)


class SurveySums(Table, table=True):
    """Kept of a published unit for trends, never shown: n, Σx and Σx² of the dimensions that a trend can use."""

    survey_round_id: UUID = Column(foreign_key="survey_release.survey_round_id", primary_key=True)
    unit_id: UUID = Column(foreign_key="unit.id", primary_key=True)
    invited: int
    """Head-count of the unit and everything below it, as frozen."""
    measures: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    """By dimension: {"n": n, "sum": Σx, "sumOfSquares": Σx², "coded": Σx with coded ends}.

    For those alone whose spread may be used."""


# --- As it is read ------------------------------------------------------------------------------------------------

UnitContentHash = Annotated[
    Hash,
    Field(
        description="SHA-256 over the RFC 8785 canonical JSON of the unit's `content`.",
        json_schema_extra={"example": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"},
    ),
]


class SurveyResultsRead(Linked):
    """The released result of a round: what holds for the whole of it. The same bytes for everyone at the table."""

    survey_round_id: Id
    content: SurveyResultsContent
    content_hash: Hash = Field(
        description="SHA-256 over the RFC 8785 canonical JSON of {“release”: `content`, “units”: the content hashes of "
        "all units in the order of their list}.",
        json_schema_extra={"example": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    )


class SurveyResultItem(Output):
    """A unit of a released round, in the order of the frozen tree."""

    unit_id: Id
    parent_id: Id | None = Field(description="The unit above it in the round; null for the root.")
    name: UnitName
    status: ResultStatus
    content_hash: UnitContentHash


class VegaLite(RootModel[Annotated[dict[str, Any], Field(max_length=100)]]):
    """A chart as a Vega-Lite 6 specification with its data in it."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "mark": "bar"}}
    )


class UnitChart(StrEnum):
    """The charts that a unit's result is drawn as."""

    INDEXES = "indexes"
    SHARES = "shares"


class ResultTable(StrEnum):
    """The tables that a released result comes apart into, in a file."""

    MEASURES = "measures"
    UNITS = "units"
    POINTS = "points"
    COMPARISONS = "comparisons"
    TRENDS = "trends"
    ROUND = "round"
    RELIABILITIES = "reliabilities"


class UnitResultRead(Linked):
    """One unit's part of a released result. The same bytes for everyone at the table."""

    survey_round_id: Id
    unit_id: Id
    content: UnitContent
    content_hash: UnitContentHash


class UnitTrendRead(Linked):
    """How one unit's result has changed since the latest earlier round of the same questionnaire."""

    survey_round_id: Id
    unit_id: Id
    validation: Validation
    trend: Trend


UnitBenchmark = TypeAliasType(
    "UnitBenchmark",
    Annotated[
        Benchmark | KeptBack,
        Field(description="Three comparisons, each with a `status` of its own; or one `status` for a unit not shown."),
    ],
)


class UnitBenchmarkRead(Linked):
    """What one unit's result can be held against."""

    survey_round_id: Id
    unit_id: Id
    validation: Validation
    benchmark: UnitBenchmark
