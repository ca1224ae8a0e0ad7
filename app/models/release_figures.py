"""The figures of one group in a release: whole numbers that are rounded already, each also in words.

What is not shown says why. These shapes document the stored texts; nothing is read through them.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from app.models.base import Output
from app.models.bounds import Few, Many
from app.models.columns import Id, WholeNumber
from app.models.instrument_content import DimensionKey, ItemId, ScaleValue, ZoneKey
from app.models.template_content import ClimateDimension, LineTexts, TemplateKey, TemplateVersion, Texts


class ResultStatus(StrEnum):
    """Whether the result of a unit is shown."""

    PUBLISHED = "published"
    SUPPRESSED = "suppressed"


class HiddenReason(StrEnum):
    """Why something is not shown. `notEnoughAnswers` says one thing for several: too few answers here, or to the items
    of some dimension, or in a unit that could be worked out from this one."""

    NOT_ENOUGH_ANSWERS = "notEnoughAnswers"
    """Of the group itself, or of one that could be worked out by subtraction: the two are never told apart."""
    NEARLY_EVERYONE_ANSWERED = "nearlyEveryoneAnswered"
    """There is next to no uncertainty left to state."""
    END_OF_SCALE = "endOfScale"
    """The value lies at an end of what is told apart."""
    NO_EARLIER_RESULT = "noEarlierResult"
    NO_UNIT_ABOVE = "noUnitAbove"
    WHOLE_ROUND = "wholeRound"
    """The unit is the whole round: there are no others in it."""
    NOT_ENOUGH_ORGANISATIONS = "notEnoughOrganisations"


class ValueBound(StrEnum):
    """How a number is meant: rounded, or the end of what is told apart."""

    ABOUT = "about"
    AT_MOST = "atMost"
    AT_LEAST = "atLeast"
    BELOW = "below"
    ABOVE = "above"


Percent = Annotated[WholeNumber, Field(ge=0, le=100, json_schema_extra={"example": 60})]
Index = Annotated[
    WholeNumber,
    Field(
        ge=5,
        le=95,
        description="0 to 100; in steps of 5 below 15 answers; 5 means 5 or less and 95 means 95 or more.",
        json_schema_extra={"example": 65},
    ),
]
TextAlternative = Annotated[
    Texts,
    Field(
        description="The same in words, for those who do not see a chart; complete in both languages.",
        json_schema_extra={
            "example": {
                "sv": "Lära tillsammans: 65 på en skala från 0 till 100, preliminär samtalszon ”utforska”.",
                "en": "Learning together: 65 on a scale from 0 to 100, provisional conversation zone “explore”.",
            }
        },
    ),
]


class Share(Output):
    """A share in per cent, rounded."""

    percent: Percent
    bound: ValueBound


class Respondents(Output):
    """How many answered, as a band: 5–9, 10–14, 15–24, 25–49, 50–99, 100 or more; the threshold cuts the first."""

    from_: int = Field(ge=5, le=100, alias="from", json_schema_extra={"example": 15})
    to: int | None = Field(ge=5, le=99, description="Null: or more.", json_schema_extra={"example": 24})


class Span(Output):
    """From … to …, with 95 per cent confidence."""

    low: Percent = Field(json_schema_extra={"example": 58})
    high: Percent = Field(json_schema_extra={"example": 72})


class ZoneShown(Output):
    """Where the index lies. There are no norms: it is a word to begin a conversation with."""

    key: ZoneKey
    provisional: bool


class Bands(Output):
    """How the answers are spread, after reversed statements have been turned round; in steps of ten per cent."""

    favourable: Share
    neutral: Share | None = Field(description="Null where the scale has no middle.")
    unfavourable: Share


class PointShare(Share):
    """One point of the scale, as people answered, before reversal."""

    value: ScaleValue = Field(json_schema_extra={"example": 4})


HiddenPart = TypeAliasType(
    "HiddenPart",
    Annotated[
        Literal["interval", "favourableInterval", "bands", "points", "dontKnow"],
        Field(description="The part of a result that is null."),
    ],
)


class Hidden(Output):
    """A part that is null, and why."""

    part: HiddenPart
    reason: HiddenReason


class Indexed(Output):
    index: Index
    index_bound: ValueBound


class Measured(Indexed):
    zone: ZoneShown | None = Field(description="Null where the instrument has no zones.")
    interval: Span | None = Field(description="Uncertainty of the index.")
    nearly_everyone_answered: bool
    hidden_parts: Few[Hidden]
    text_alternative: TextAlternative


class DimensionResult(Measured):
    """A dimension of the questionnaire."""

    key: DimensionKey
    bands: Bands | None = Field(description="Null where `hiddenParts` says why.")
    favourable_interval: Span | None = Field(description="Uncertainty of the favourable share.")


class TotalResult(Measured):
    """The mean of the dimensions."""

    key: Literal["total"]


class ItemResult(Output):
    """An item of a dimension: how answers to it are spread. It has no index of its own."""

    key: ItemId
    bands: Bands | None = Field(description="Null where `hiddenParts` says why.")
    points: Few[PointShare] | None = Field(description="Null where `hiddenParts` says why.")
    dont_know: Share | None = Field(description="Null where it is not offered, or `hiddenParts` says why.")
    hidden_parts: Few[Hidden]
    text_alternative: TextAlternative


class StandaloneItemResult(Measured):
    """An item that stands alone."""

    key: ItemId
    bands: Bands | None = Field(description="Null where `hiddenParts` says why.")
    points: Few[PointShare] | None = Field(description="Null where `hiddenParts` says why.")
    dont_know: Share | None = Field(description="Null where it is not offered, or `hiddenParts` says why.")
    favourable_interval: Span | None = Field(description="Uncertainty of the favourable share.")


class KeptBack(Output):
    """Something that is not shown, and why."""

    status: Literal["suppressed"]
    reason: HiddenReason
    text_alternative: TextAlternative


class RecommendedTemplate(Output):
    """A template for a conversation that serves the dimension, as it was when the result was released."""

    dialogue_template_id: Id
    key: TemplateKey
    template_version: TemplateVersion
    title: LineTexts


class LowestDimension(Output):
    """One of the dimensions with the lowest index, and what helps to talk about it."""

    key: DimensionKey
    climate_dimension: ClimateDimension | None = Field(description="Null: no dimension that templates name.")
    templates: Many[RecommendedTemplate]
