"""A versioned, bilingual method for one conversation."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field as Column

from app.models.base import Table, VersionedRow
from app.models.columns import Language, UtcDateTime, enum_column, text_array


class DialogueTemplateState(StrEnum):
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
    languages: list[Language] = Column(sa_column=text_array())
    total_minutes: int
    climate_dimensions: list[str] = Column(sa_column=text_array())
    title: dict[str, str] = Column(sa_column=sa.Column(JSONB, nullable=False))
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


class ContentPack(Table, table=True):
    """Which content packs are loaded, with the hash of what they held."""

    key: str = Column(primary_key=True)
    pack_version: str = Column(primary_key=True)
    content_hash: str
    method_texts: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    loaded_at: datetime = Column(sa_type=UtcDateTime)
