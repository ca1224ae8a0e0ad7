"""What a group's figures in a release are held against: the unit above, the organisation, others, earlier rounds."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from app.models.base import Output
from app.models.bounds import Few
from app.models.columns import Id, Moment
from app.models.instrument_content import MOST_ITEMS, DimensionKey, ItemId
from app.models.release_figures import Indexed, KeptBack, TextAlternative
from app.models.survey_round import RoundTitle


class ComparedDimension(Indexed):
    """A dimension of those compared with."""

    key: DimensionKey


class ComparedTotal(Indexed):
    """The mean of the dimensions of those compared with."""

    key: Literal["total"]


class ComparedItem(Indexed):
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
