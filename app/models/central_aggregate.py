"""What the central parties see of all organisations together, once a quarter. Nothing in it is about a single one."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Output, Resource, Row, Table
from app.models.bounds import LARGEST_NUMBER, Hash, Many
from app.models.columns import DateOnly, Id, Moment, UtcDateTime, WholeNumber
from app.models.instrument import InstrumentKey, InstrumentVersion
from app.models.instrument_content import DimensionKey
from app.models.template_content import TemplateKey


class CentralAggregate(Row, table=True):
    """One quarter, computed once when it is over. It never changes."""

    starts_on: date = Column(unique=True)
    ends_on: date
    content: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    content_hash: str
    created_at: datetime = Column(sa_type=UtcDateTime)


class CentralContribution(Table, table=True):
    """Of whom published figures are: what later ones are held against. No request ever reads it."""

    central_aggregate_id: UUID = Column(foreign_key="central_aggregate.id", primary_key=True)
    family: str = Column(primary_key=True)
    """Figures that are of the same ones."""
    members: list[UUID] = Column(sa_column=sa.Column(sa.ARRAY(sa.Uuid), nullable=False))
    """Organisations, or released rounds: one of each organisation."""


class CountPublished(Output):
    """Of at least five organisations, none of them with more than half."""

    status: Literal["published"]
    value: WholeNumber = Field(
        ge=5, le=LARGEST_NUMBER, description="To the nearest five.", json_schema_extra={"example": 35}
    )


class IndexPublished(Output):
    """Of at least five organisations, none of them with more than half of the answers."""

    status: Literal["published"]
    value: WholeNumber = Field(
        ge=5,
        le=95,
        description="0 to 100, to the nearest five; 5 means 5 or less and 95 means 95 or more.",
        json_schema_extra={"example": 65},
    )


class FigureSuppressed(Output):
    """Not shown: it is of too few organisations, or mostly of one, or would single some out beside earlier figures."""

    status: Literal["suppressed"]
    reason: Literal["notEnoughOrganisations"] = Field(description="The same whatever the cause.")


CentralCount = TypeAliasType(
    "CentralCount",
    Annotated[
        CountPublished | FigureSuppressed,
        Field(discriminator="status", description="A number, or that it is kept back."),
    ],
)
CentralIndex = TypeAliasType(
    "CentralIndex",
    Annotated[
        IndexPublished | FigureSuppressed,
        Field(discriminator="status", description="An index, or that it is kept back."),
    ],
)


class UsedTemplate(Output):
    """How many sessions were held with a central template, in all its versions."""

    key: TemplateKey
    sessions_held: CentralCount


class DimensionMean(Output):
    """All organisations' latest results together, weighted by respondents."""

    instrument_key: InstrumentKey
    instrument_version: InstrumentVersion
    key: DimensionKey
    index: CentralIndex


class CentralContent(Output):
    """The figures of a quarter, of the organisations that are counted in it. Those that have joined are counted once
    there are five of them; when one leaves, up to four others are counted no more."""

    organisations: CentralCount = Field(description="With a working group under way at the quarter's end.")
    working_groups: CentralCount = Field(description="Under way in them at the quarter's end.")
    sessions_held: CentralCount = Field(description="In them, in the quarter.")
    used_templates: Many[UsedTemplate] = Field(description="Every central template by key, whether it was used or not.")
    local_sessions_held: CentralCount = Field(description="Sessions held with organisations' own templates.")
    dimension_means: Many[DimensionMean] = Field(
        description="Of the shipped instruments: each organisation's latest result of a whole round, with at least 15 "
        "answers, that was released in the twelve months before the quarter's end.",
    )


FirstDay = Annotated[
    DateOnly, Field(description="First day of the quarter.", json_schema_extra={"example": "2026-07-01"})
]
LastDay = Annotated[
    DateOnly, Field(description="Last day of the quarter.", json_schema_extra={"example": "2026-09-30"})
]


class CentralAggregateItem(Output):
    """A quarter in the list."""

    id: Id
    starts_on: FirstDay
    ends_on: LastDay
    created_at: Moment = Field(description="When it was computed.")


class CentralAggregateRead(Resource):
    """All organisations together in one quarter. It never changes, so the version is always 1."""

    starts_on: FirstDay
    ends_on: LastDay
    content: CentralContent
    content_hash: Hash = Field(description="SHA-256 over the RFC 8785 canonical JSON of `content`.")
    created_at: Moment = Field(description="When it was computed.")
