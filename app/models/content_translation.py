"""A piece of inspiration or a process guide in a third language, brought by a content pack of its own."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field as Column

from app.models.base import Row, WireModel
from app.models.columns import LongText, UtcDateTime
from app.models.template_content import TemplateKey, TemplateVersion


class ContentTranslation(Row, table=True):
    """All texts of one version of a piece or a guide in one language. What it translates stays as it is, hash and all;
    a better translation is a new version beside this one."""

    subject_id: UUID
    language: str
    translation_version: str
    texts: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    """By the JSON pointers of the texts in what is translated."""
    content_hash: str
    """SHA-256 of the canonical content of its file."""
    published_at: datetime = Column(sa_type=UtcDateTime)
    words: str = ""
    search: str | None = Column(
        default=None,
        sa_column=sa.Column(TSVECTOR, sa.Computed("to_tsvector('simple', words)", persisted=True)),
    )

    __table_args__ = (
        sa.UniqueConstraint("subject_id", "language", "translation_version"),
        sa.Index("ix_content_translation_search", "search", postgresql_using="gin"),
    )


def _third(language: str) -> str:
    if language in {"sv", "en"}:
        raise PydanticCustomError("not_third", "Swedish and English stand in the piece itself.")
    return language


ThirdLanguage = Annotated[str, Field(pattern="^[a-z]{2,3}$"), AfterValidator(_third)]
TranslationName = Annotated[
    str, Field(pattern=r"^[a-z]{2,3}/(inspiration|guides)/[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=100)
]


class TranslationContent(WireModel):
    """`translations/<language>/<folder>/<key>.json`."""

    of: Literal["inspiration", "guides"]
    key: TemplateKey
    version: TemplateVersion = Field(description="Of what is translated.")
    language: ThirdLanguage
    translation_version: TemplateVersion = "1.0.0"
    texts: dict[str, LongText] = Field(min_length=1, max_length=1000)

    @property
    def name(self) -> str:
        return f"{self.language}/{self.of}/{self.key}"
