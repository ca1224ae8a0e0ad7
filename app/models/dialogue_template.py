"""A versioned, bilingual method for one conversation."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Hash
from app.models.columns import EnumArray, Id, Language, Moment, UtcDateTime, enum_column
from app.models.template_content import (
    ClimateDimension,
    ClimateDimensions,
    LineTexts,
    TemplateContent,
    TemplateContentPatch,
    TemplateKey,
    TemplateLanguages,
    TemplateVersion,
    TotalMinutes,
)


class DialogueTemplateState(StrEnum):
    """A published version never changes; a retired one can be used for no new session."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class DialogueTemplate(VersionedRow, table=True):
    """One version of one template; a published version never changes.

    Central versions come from a content pack and belong to no organisation. A local copy belongs to one
    and remembers what it was `derived_from`.
    """

    organisation_id: UUID | None = Column(default=None, foreign_key="organisation.id")
    key: str
    template_version: str
    state: DialogueTemplateState = Column(
        default=DialogueTemplateState.DRAFT, sa_column=enum_column(DialogueTemplateState)
    )
    derived_from_id: UUID | None = Column(default=None, foreign_key="dialogue_template.id")
    languages: list[Language] = Column(sa_column=sa.Column(EnumArray(Language), nullable=False))
    total_minutes: int
    climate_dimensions: list[ClimateDimension] = Column(
        sa_column=sa.Column(EnumArray(ClimateDimension), nullable=False)
    )
    title: dict[str, str | None] = Column(sa_column=sa.Column(JSONB, nullable=False))
    content: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    content_hash: str | None = None
    """SHA-256 of the canonical content, set when published."""
    published_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    retired_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
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
        sa.Index(
            "uq_dialogue_template_version",
            "organisation_id",
            "key",
            "template_version",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        sa.Index("ix_dialogue_template_search_sv", "search_sv", postgresql_using="gin"),
        sa.Index("ix_dialogue_template_search_en", "search_en", postgresql_using="gin"),
    )


class DialogueTemplateCreate(Input):
    """A draft of the organisation's own: a copy of a published version (`derivedFromId`), or written from scratch
    (`key` and `content`). What is sent beside `derivedFromId` replaces what would have been copied."""

    template_version: TemplateVersion
    derived_from_id: LeftOut[Id] = absent(description="A published or retired version to copy.")
    key: LeftOut[TemplateKey] = absent(
        description="Kept from the copied version unless given.",
        json_schema_extra={"example": "val-utfort-arbete"},
    )
    content: LeftOut[TemplateContent] = absent(description="Kept from the copied version unless given.")


class DialogueTemplateUpdate(Input):
    """Merge patch of a draft: in `content` only what changes, down to the single language of a text."""

    template_version: TemplateVersion = absent()
    content: TemplateContentPatch = absent()


DialogueTemplateStep = TypeAliasType(
    "DialogueTemplateStep",
    Annotated[
        Literal["published", "retired"],
        Field(description="What becomes of a version of a template."),
    ],
)


class DialogueTemplateTransition(Input):
    """A draft is published and then never changes; a published version can be retired from new sessions."""

    to: DialogueTemplateStep


_OrganisationOwning = Annotated[
    Id | None, Field(description="The organisation whose own version it is; null for central ones.")
]
_DerivedFrom = Annotated[Id | None, Field(description="The version it was copied from.")]


class DialogueTemplateItem(Output):
    """A version of a dialogue template in a list."""

    id: Id
    key: TemplateKey
    template_version: TemplateVersion
    title: LineTexts
    subtitle: LineTexts
    total_minutes: TotalMinutes
    climate_dimensions: ClimateDimensions
    languages: TemplateLanguages
    state: DialogueTemplateState
    derived_from_id: _DerivedFrom
    organisation_id: _OrganisationOwning


class DialogueTemplateRead(Resource):
    """One version of a dialogue template, with all it says in both languages."""

    key: TemplateKey
    template_version: TemplateVersion
    state: DialogueTemplateState
    derived_from_id: _DerivedFrom
    organisation_id: _OrganisationOwning
    content: TemplateContent
    content_hash: Hash | None = Field(
        description="SHA-256 over the RFC 8785 canonical JSON of `content`, set when it is published."
    )
    created_at: Moment
    published_at: Moment | None = Field(description="When it was published; null while it is a draft.")
    retired_at: Moment | None = Field(description="When it was retired; null: it is not.")
