"""A piece of inspiration: an article, a film, a podcast, an exercise or a case, linked to templates and dimensions."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field as Column

from app.models.base import Output, Resource, VersionedRow
from app.models.bounds import Few, Hash, Phrase, Text
from app.models.columns import EnumArray, Id, Moment, UtcDateTime, enum_column, text_array
from app.models.inspiration_content import (
    InspirationKey,
    InspirationKind,
    Licence,
    Phase,
    Phases,
    ReadingMinutes,
    TemplateKeys,
    WebAddress,
)
from app.models.template_content import ClimateDimension, ClimateDimensions, TemplateVersion


class InspirationItem(VersionedRow, table=True):
    """One version of one piece, from a content pack; it never changes."""

    key: str
    item_version: str
    kind: InspirationKind = Column(sa_column=enum_column(InspirationKind))
    title: dict[str, str | None] = Column(sa_column=sa.Column(JSONB, nullable=False))
    dimensions: list[ClimateDimension] = Column(sa_column=sa.Column(EnumArray(ClimateDimension), nullable=False))
    phases: list[Phase] = Column(sa_column=sa.Column(EnumArray(Phase), nullable=False))
    templates: list[str] = Column(sa_column=text_array())
    reading_minutes: int
    content: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    content_hash: str
    """SHA-256 of the canonical content."""
    published_at: datetime = Column(sa_type=UtcDateTime)
    text_sv: str = ""
    text_en: str = ""
    search_sv: str | None = Column(
        default=None,
        sa_column=sa.Column(TSVECTOR, sa.Computed("to_tsvector('swedish', text_sv)", persisted=True)),
    )
    search_en: str | None = Column(
        default=None,
        sa_column=sa.Column(TSVECTOR, sa.Computed("to_tsvector('english', text_en)", persisted=True)),
    )

    __table_args__ = (
        sa.UniqueConstraint("key", "item_version"),
        sa.Index("ix_inspiration_item_search_sv", "search_sv", postgresql_using="gin"),
        sa.Index("ix_inspiration_item_search_en", "search_en", postgresql_using="gin"),
    )


LanguageTag = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}$",
        max_length=3,
        description="The language that the texts here are in (ISO 639): the one asked for, or what there is instead.",
        json_schema_extra={"example": "sv"},
    ),
]
LongRead = Annotated[str, Field(max_length=40_000)]


class InspirationItemItem(Output):
    """A piece of inspiration in a list."""

    id: Id
    key: InspirationKey
    item_version: TemplateVersion
    kind: InspirationKind
    language: LanguageTag
    title: Phrase
    summary: Text
    reading_minutes: ReadingMinutes
    dimensions: ClimateDimensions
    phases: Phases
    templates: TemplateKeys


class InspirationItemRead(Resource):
    """One version of a piece of inspiration, in one language."""

    key: InspirationKey
    item_version: TemplateVersion
    kind: InspirationKind
    language: LanguageTag
    languages: Few[LanguageTag] = Field(description="All that it is written in; `Accept-Language` chooses.")
    title: Phrase
    summary: Text
    body: LongRead = Field(description='Plain paragraphs; "## " before a heading and "- " before what is listed.')
    reading_minutes: ReadingMinutes
    source: Text = Field(description="Who says so, and where it comes from.")
    licence: Licence
    dimensions: ClimateDimensions
    phases: Phases
    templates: TemplateKeys
    media_url: WebAddress | None = Field(description="Where the film or the podcast is; null for others.")
    transcript: LongRead | None = Field(description="What is said and shown in it; null for others.")
    picture_url: WebAddress | None = Field(description="Where a picture is that goes with it; null: none does.")
    text_alternative: Text | None = Field(description="What the picture shows; null where there is none.")
    content_hash: Hash = Field(
        description="SHA-256 over the RFC 8785 canonical JSON of the piece's file, with all its languages."
    )
    published_at: Moment
