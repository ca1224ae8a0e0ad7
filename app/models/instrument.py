"""A versioned questionnaire: dimensions, items, scale, scoring."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column

from app.models.base import Input, Output, Resource, VersionedRow
from app.models.bounds import Hash
from app.models.columns import EnumArray, Id, Language, Moment, UtcDateTime, enum_column
from app.models.instrument_content import InstrumentContent, InstrumentLanguages
from app.models.template_content import LineTexts


class InstrumentState(StrEnum):
    """A retired version can be used for no new round."""

    PUBLISHED = "published"
    RETIRED = "retired"


class Instrument(VersionedRow, table=True):
    """One version of one instrument; its content never changes.

    Central versions come from a content pack and belong to no organisation; imported ones belong to the one that
    has the right to use them.
    """

    organisation_id: UUID | None = Column(default=None, foreign_key="organisation.id")
    key: str
    instrument_version: str
    state: InstrumentState = Column(default=InstrumentState.PUBLISHED, sa_column=enum_column(InstrumentState))
    languages: list[Language] = Column(sa_column=sa.Column(EnumArray(Language), nullable=False))
    title: dict[str, str | None] = Column(sa_column=sa.Column(JSONB, nullable=False))
    content: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    content_hash: str
    """SHA-256 of the canonical content."""
    published_at: datetime = Column(sa_type=UtcDateTime)
    retired_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index(
            "uq_instrument_version",
            "organisation_id",
            "key",
            "instrument_version",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )


InstrumentKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=80,
        description="Names the instrument through all its versions.",
        json_schema_extra={"example": "larklimat-18"},
    ),
]
InstrumentVersion = Annotated[
    str,
    Field(
        pattern=r"^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})(-[a-z][a-z0-9]{0,19})?$",
        max_length=35,
        description="As in semantic versioning; with a word such as `pilot` before it is settled.",
        json_schema_extra={"example": "1.0.0-pilot"},
    ),
]


class InstrumentCreate(Input):
    """An instrument that the organisation has the right to use. It is published at once and never changes."""

    key: InstrumentKey
    instrument_version: InstrumentVersion
    content: InstrumentContent


class InstrumentTransition(Input):
    """A published version can be retired from new rounds."""

    to: Literal["retired"]


_OrganisationOwning = Annotated[
    Id | None, Field(description="The organisation that imported it; null for central ones.")
]


class InstrumentItem(Output):
    """A version of an instrument in a list."""

    id: Id
    key: InstrumentKey
    instrument_version: InstrumentVersion
    title: LineTexts
    languages: InstrumentLanguages
    state: InstrumentState
    organisation_id: _OrganisationOwning


class InstrumentRead(Resource):
    """One version of an instrument, with all it says in both languages."""

    key: InstrumentKey
    instrument_version: InstrumentVersion
    state: InstrumentState
    organisation_id: _OrganisationOwning
    content: InstrumentContent
    content_hash: Hash = Field(description="SHA-256 over the RFC 8785 canonical JSON of `content`.")
    created_at: Moment
    published_at: Moment
    retired_at: Moment | None = Field(description="When it was retired; null: it is not.")
