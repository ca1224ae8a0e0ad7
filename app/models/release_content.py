"""What a release says as a whole, as it is stored and sent, in both languages.

These shapes document the stored texts; nothing is read through them.
"""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from app.models.base import Output
from app.models.bounds import Few, Tally, Word
from app.models.columns import Id, Moment
from app.models.instrument_content import MOST_ITEMS, DimensionKey, Validation, Zone
from app.models.release_comparisons import Benchmark, Trend
from app.models.release_figures import (
    DimensionResult,
    ItemResult,
    KeptBack,
    LowestDimension,
    Respondents,
    Share,
    StandaloneItemResult,
    TextAlternative,
    TotalResult,
)
from app.models.survey_round import RoundInstrument, RoundTitle, Threshold
from app.models.template_content import LineTexts
from app.models.unit import UnitName


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
