"""What a process guide says: the shape of `guides/<key>.json` in a content pack. Optional fields are left out."""

from typing import Annotated

from pydantic import Field

from app.models.base import LeftOut, WireModel, absent
from app.models.columns import WholeNumber
from app.models.inspiration_content import InspirationKeys, Phase, TemplateKeys
from app.models.template_content import LineTexts, TemplateVersion, Texts

GuideKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=80,
        description="Names the guide through all its versions.",
        json_schema_extra={"example": "forsta-aret"},
    ),
]
_SomeTexts = Annotated[list[Texts], Field(min_length=1, max_length=30)]
Months = Annotated[WholeNumber, Field(ge=1, le=60, json_schema_extra={"example": 12})]


class GuideStep(WireModel):
    """Something the group does in a phase."""

    title: LineTexts
    text: Texts
    minutes: LeftOut[Annotated[WholeNumber, Field(ge=1, le=480, json_schema_extra={"example": 60})]] = absent(
        description="How long it takes, where that can be said."
    )


class LeadershipSupport(WireModel):
    """What the employer's leaders do, give and must not do in a phase."""

    does: _SomeTexts
    gives: _SomeTexts
    must_not: _SomeTexts


class SelfRating(WireModel):
    """How done a side thinks that the group is: one of four levels, from the least."""

    question: Texts
    levels: list[Texts] = Field(min_length=4, max_length=4)


class GuidePhase(WireModel):
    """One phase: what it is for, what the group does, and what both sides do for it."""

    key: Phase = Field(json_schema_extra={"example": "anchor"})
    title: LineTexts
    weeks: WholeNumber = Field(
        ge=1,
        le=104,
        description="About how long it takes; the group goes at its own pace.",
        json_schema_extra={"example": 4},
    )
    aims: _SomeTexts
    steps: list[GuideStep] = Field(min_length=1, max_length=20)
    leadership_support: LeadershipSupport
    party_support: _SomeTexts = Field(description="What union representatives do.")
    templates: TemplateKeys
    inspiration: InspirationKeys
    ready_signs: _SomeTexts = Field(description="Signs that the group is ready for the next phase.")
    self_rating: SelfRating


class GuideContent(WireModel):
    """`guides/<key>.json`: one version of one guide."""

    key: GuideKey
    guide_version: TemplateVersion = Field(
        default="1.0.0", description="1.0.0 where it is left out; a changed guide needs a new one."
    )
    title: LineTexts
    summary: Texts
    for_whom: Texts
    months: Months
    phases: list[GuidePhase] = Field(min_length=1, max_length=6)
