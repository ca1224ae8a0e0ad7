"""A process guide: the phases that a working group goes through, with what both sides do for them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column

from app.models.base import Output, Resource, VersionedRow
from app.models.bounds import Few, Hash, Phrase, Text
from app.models.columns import Id, Moment, UtcDateTime, WholeNumber
from app.models.guide_content import GuideKey, Months
from app.models.inspiration_content import InspirationKeys, Phase, TemplateKeys
from app.models.inspiration_item import LanguageTag
from app.models.template_content import TemplateVersion


class ProcessGuide(VersionedRow, table=True):
    """One version of one guide, from a content pack; it never changes."""

    key: str
    guide_version: str
    title: dict[str, str | None] = Column(sa_column=sa.Column(JSONB, nullable=False))
    months: int
    content: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    content_hash: str
    """SHA-256 of the canonical content."""
    published_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (sa.UniqueConstraint("key", "guide_version"),)


class ProcessGuideItem(Output):
    """A process guide in a list."""

    id: Id
    key: GuideKey
    guide_version: TemplateVersion
    language: LanguageTag
    title: Phrase
    summary: Text
    for_whom: Text
    months: Months


class GuideStepRead(Output):
    """Something the group does in a phase."""

    title: Phrase
    text: Text
    minutes: WholeNumber | None = Field(
        ge=1,
        le=480,
        description="How long it takes; null where that cannot be said.",
        json_schema_extra={"example": 60},
    )


class LeadershipSupportRead(Output):
    """What the employer's leaders do, give and must not do in a phase."""

    does: Few[Text]
    gives: Few[Text]
    avoids: Few[Text] = Field(description="What they must not do.")


class PartySupportRead(Output):
    """What union representatives do in a phase."""

    does: Few[Text]


class SelfRatingRead(Output):
    """How done a side thinks that the group is: one of four levels, from the least."""

    question: Text
    levels: list[Text] = Field(min_length=4, max_length=4)


class GuidePhaseRead(Output):
    """One phase of a guide: what it is for, what the group does, and what both sides do for it."""

    key: Phase = Field(json_schema_extra={"example": "anchor"})
    title: Phrase
    weeks: WholeNumber = Field(
        ge=1,
        le=104,
        description="About how long it takes; the group goes at its own pace.",
        json_schema_extra={"example": 4},
    )
    aims: Few[Text]
    steps: list[GuideStepRead] = Field(max_length=20)
    leadership_support: LeadershipSupportRead
    party_support: PartySupportRead
    templates: TemplateKeys
    inspiration_items: InspirationKeys
    ready_signs: Few[Text] = Field(description="Signs that the group is ready for the next phase.")
    self_rating: SelfRatingRead


class ProcessGuideRead(Resource):
    """One version of a process guide, in one language."""

    key: GuideKey
    guide_version: TemplateVersion
    language: LanguageTag
    languages: Few[LanguageTag] = Field(description="All that it is written in; `Accept-Language` chooses.")
    title: Phrase
    summary: Text
    for_whom: Text
    months: Months
    phases: list[GuidePhaseRead] = Field(max_length=6)
    content_hash: Hash = Field(
        description="SHA-256 over the RFC 8785 canonical JSON of the guide's file, with all its languages."
    )
    published_at: Moment
