"""A content pack: its row once it is loaded, and its files."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column

from app.models.base import Table, WireModel
from app.models.columns import Line, Paragraphs, UtcDateTime
from app.models.content_translation import TranslationName
from app.models.guide_content import GuideKey
from app.models.inspiration_content import InspirationKey
from app.models.instrument import InstrumentKey
from app.models.template_content import TemplateContent, TemplateKey, TemplateVersion


class ContentPack(Table, table=True):
    """Which content packs are loaded, with the hash of what they held."""

    key: str = Column(primary_key=True)
    pack_version: str = Column(primary_key=True)
    content_hash: str
    method_texts: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    loaded_at: datetime = Column(sa_type=UtcDateTime)


LanguageOfPack = Annotated[str, Field(pattern="^[a-z]{2,3}$")]


class PackManifest(WireModel):
    """`pack.json`."""

    key: TemplateKey
    pack_version: TemplateVersion
    licence: Line
    languages: list[LanguageOfPack] = Field(min_length=1, max_length=10)
    default_language: LanguageOfPack
    provenance: Paragraphs
    templates: list[TemplateKey] = Field(default=[], max_length=200)
    instruments: list[InstrumentKey] = Field(default=[], max_length=200)
    """Left out by packs from before there were instruments."""
    inspiration: list[InspirationKey] = Field(default=[], max_length=500)
    guides: list[GuideKey] = Field(default=[], max_length=50)
    translations: list[TranslationName] = Field(default=[], max_length=1000)


class PackTemplate(WireModel):
    """`templates/<key>.json`: one version of one template."""

    key: TemplateKey
    template_version: TemplateVersion
    content: TemplateContent
