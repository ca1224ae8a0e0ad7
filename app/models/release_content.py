"""What a release says, as it is stored and sent: whole numbers that are rounded already, each also in words.

These shapes document the stored texts; nothing is read through them. Everything has both languages, and what is not
shown says why.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from app.models.base import Output
from app.models.bounds import Few, Many, Tally, Word
from app.models.columns import Id, Moment, WholeNumber
from app.models.instrument_content import MOST_ITEMS, DimensionKey, ItemId, ScaleValue, Validation, Zone, ZoneKey
from app.models.survey_round import RoundInstrument, RoundTitle, Threshold
from app.models.template_content import ClimateDimension, LineTexts, TemplateKey, TemplateVersion, Texts
from app.models.unit import UnitName


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


class _Indexed(Output):
    index: Index
    index_bound: ValueBound


class _Measured(_Indexed):
    zone: ZoneShown | None = Field(description="Null where the instrument has no zones.")
    interval: Span | None = Field(description="Uncertainty of the index.")
    nearly_everyone_answered: bool
    hidden_parts: Few[Hidden]
    text_alternative: TextAlternative


class DimensionResult(_Measured):
    """A dimension of the questionnaire."""

    key: DimensionKey
    bands: Bands | None = Field(description="Null where `hiddenParts` says why.")
    favourable_interval: Span | None = Field(description="Uncertainty of the favourable share.")


class TotalResult(_Measured):
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


class StandaloneItemResult(_Measured):
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


# --- Compared with ----------------------------------------------------------------------------------------------


class ComparedDimension(_Indexed):
    """A dimension of those compared with."""

    key: DimensionKey


class ComparedTotal(_Indexed):
    """The mean of the dimensions of those compared with."""

    key: Literal["total"]


class ComparedItem(_Indexed):
    """An item that stands alone, of those compared with."""

    key: ItemId


class OthersCompared(Output):
    """All in the round who are not in the unit."""

    status: Literal["published"]
    dimensions: Few[ComparedDimension]
    total: ComparedTotal
    standalone_items: Annotated[list[ComparedItem], Field(max_length=MOST_ITEMS)]
    text_alternative: TextAlternative


class ParentCompared(OthersCompared):
    """The unit above, as its own result shows it."""

    unit_id: Id


class OrganisationsCompared(Output):
    """All of at least five other organisations together, none of them with more than half of the answers; in steps of
    five."""

    status: Literal["published"]
    dimensions: Few[ComparedDimension]
    text_alternative: TextAlternative


ParentComparison = TypeAliasType(
    "ParentComparison",
    Annotated[
        ParentCompared | KeptBack, Field(discriminator="status", description="The unit above, or why it is not shown.")
    ],
)
OthersComparison = TypeAliasType(
    "OthersComparison",
    Annotated[
        OthersCompared | KeptBack,
        Field(discriminator="status", description="All others in the round, or why they are not shown."),
    ],
)
OrganisationsComparison = TypeAliasType(
    "OrganisationsComparison",
    Annotated[
        OrganisationsCompared | KeptBack,
        Field(discriminator="status", description="Other organisations, or why they are not shown."),
    ],
)


class Benchmark(Output):
    """What the unit's indexes can be held against. Nothing is ranked."""

    parent: ParentComparison
    others: OthersComparison
    organisations: OrganisationsComparison


TrendStatus = TypeAliasType(
    "TrendStatus",
    Annotated[
        Literal["change", "noAssuredChange"],
        Field(description="Whether the change is larger than chance explains."),
    ],
)


class DimensionTrend(Output):
    """Whether a dimension has changed for certain since the earlier round."""

    key: DimensionKey
    status: TrendStatus
    change: Annotated[int, Field(ge=-100, le=100)] | None = Field(
        description="Difference of the two indexes as they were shown; null without an assured change.",
        json_schema_extra={"example": 8},
    )
    text_alternative: TextAlternative


class TrendShown(Output):
    """Since the latest earlier round of the same questionnaire in which this very unit was published."""

    status: Literal["published"]
    earlier_survey_round_id: Id | None = Field(description="Null where it was a round of another working group.")
    earlier_title: RoundTitle | None = Field(description="Null where it was a round of another working group.")
    earlier_released_at: Moment
    dimensions: Few[DimensionTrend]


Trend = TypeAliasType(
    "Trend",
    Annotated[
        TrendShown | KeptBack,
        Field(discriminator="status", description="How it has changed, or why that is not shown."),
    ],
)


# --- The whole ----------------------------------------------------------------------------------------------------


class PublishedUnitContent(Output):
    """A published unit: its people and all in the units below it."""

    survey_round_id: Id
    unit_id: Id
    parent_id: Id | None = Field(description="The unit above it in the round; null for the root.")
    name: UnitName
    status: Literal["published"]
    validation: Validation
    respondents: Respondents
    participation: Share = Field(description="In steps of five per cent.")
    non_response_not_covered: bool = Field(
        description="Whether so many did not answer that the uncertainty stated does not cover how they may differ."
    )
    dimensions: Few[DimensionResult]
    total: TotalResult
    items: Annotated[list[ItemResult], Field(max_length=MOST_ITEMS)]
    standalone_items: Annotated[list[StandaloneItemResult], Field(max_length=MOST_ITEMS)]
    lowest_dimensions: Few[LowestDimension] = Field(description="The two lowest, and others with the same index.")
    benchmark: Benchmark
    trend: Trend
    text_alternative: TextAlternative


class SuppressedUnitContent(KeptBack):
    """A unit that is not shown."""

    survey_round_id: Id
    unit_id: Id
    parent_id: Id | None = Field(description="The unit above it in the round; null for the root.")
    name: UnitName
    validation: Validation


LOWEST_ALPHA = -1_000_000_000_000
"""Answers that contradict each other make it as low as the variances' ratio allows: never this low."""


class Reliability(Output):
    """Cronbach's alpha of the items, over all who answered every one of them."""

    key: DimensionKey
    alpha: float | None = Field(
        ge=LOWEST_ALPHA,
        le=1,
        description="Null when fewer than 30 answered every item, or too few of them otherwise than the rest.",
        json_schema_extra={"example": 0.82},
    )


class OrganisationShown(Output):
    """How far the questionnaire can be relied on, for the whole round alone."""

    status: Literal["published"]
    reliabilities: Few[Reliability]
    straight_lining: Share | None = Field(
        description="Who gave one and the same answer to statements that say opposite things; null below 10 answers."
    )
    text_alternative: TextAlternative


class ParticipationShown(Share):
    """Of all employed in the units of the round."""

    status: Literal["published"]
    text_alternative: TextAlternative


class ReleasedInstrument(RoundInstrument):
    """The questionnaire that was asked."""

    title: LineTexts


Participation = TypeAliasType(
    "Participation",
    Annotated[
        ParticipationShown | KeptBack,
        Field(discriminator="status", description="How many took part, or why that is not shown."),
    ],
)
OrganisationResult = TypeAliasType(
    "OrganisationResult",
    Annotated[
        OrganisationShown | KeptBack,
        Field(
            discriminator="status", description="How far the questionnaire can be relied on, or why that is not shown."
        ),
    ],
)
UnitContent = TypeAliasType(
    "UnitContent",
    Annotated[
        PublishedUnitContent | SuppressedUnitContent,
        Field(discriminator="status", description="What is shown of a unit, or why nothing is."),
    ],
)


class SurveyResultsContent(Output):
    """What holds for the whole round."""

    survey_round_id: Id
    title: RoundTitle
    instrument: ReleasedInstrument
    validation: Validation = Field(description="Whether the questionnaire has been tested. Show it with every result.")
    zones: Few[Zone]
    zones_provisional: bool
    threshold: Threshold
    rules: Word = Field(description="The version of the disclosure rules.", json_schema_extra={"example": "R1-R12/1"})
    opens_at: Moment
    closes_at: Moment
    released_at: Moment
    unit_count: Tally = Field(json_schema_extra={"example": 41})
    ballots_accounted_for: bool = Field(
        description="Whether every sealed answer could be opened and there were as many as tokens used up. If not, "
        "something has touched the ballot box, and those who run the installation must be asked.",
        json_schema_extra={"example": True},
    )
    participation: Participation
    organisation: OrganisationResult
