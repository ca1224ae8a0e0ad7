"""What a survey instrument says: the shape that files, database and wire have in common.

Every field is required, also those that may be null, so that an instrument reads the same in both directions and
its hash can be computed from what the API answers.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from app.models.base import WireModel
from app.models.columns import Language, Line, Paragraphs, WholeNumber, YesNo
from app.models.template_content import ClimateDimension, LineTexts, Texts, unlike

SMALLEST_SCALE, LARGEST_SCALE = 2, 11
MOST_ITEMS = 200

ItemId = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$", max_length=40, json_schema_extra={"example": "A1"})
]
DimensionKey = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$", max_length=40, json_schema_extra={"example": "A"})
]
QuestionId = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$", max_length=40, json_schema_extra={"example": "O1"})
]
ZoneKey = Annotated[
    str, Field(pattern=r"^[a-z][A-Za-z0-9]{0,39}$", max_length=40, json_schema_extra={"example": "talkAboutFirst"})
]
# The sum of a scale's ends fits in a byte, as scoring needs it to turn answers round.
ScaleValue = Annotated[WholeNumber, Field(ge=0, le=50)]
InstrumentLanguages = Annotated[
    list[Language],
    AfterValidator(unlike),
    Field(
        min_length=1,
        max_length=2,
        description="The languages in which every text exists.",
        json_schema_extra={"example": ["sv", "en"]},
    ),
]


class ScalePoint(WireModel):
    """One point of the scale and what it is called."""

    value: Annotated[ScaleValue, Field(json_schema_extra={"example": 1})]
    label: LineTexts


class Scale(WireModel):
    """The answers one chooses between: whole numbers in a row, 2 to 11 of them, from the least agreement upwards."""

    points: list[ScalePoint] = Field(
        min_length=SMALLEST_SCALE,
        max_length=LARGEST_SCALE,
        json_schema_extra={
            "example": [
                {"value": 1, "label": {"sv": "Stämmer inte", "en": "Not true"}},
                {"value": 2, "label": {"sv": "Stämmer", "en": "True"}},
            ]
        },
    )
    dont_know: LineTexts | None = Field(description="What “don't know” is called; null when it is not offered.")

    @property
    def lowest(self) -> int:
        return self.points[0].value

    @property
    def highest(self) -> int:
        return self.points[-1].value


class Dimension(WireModel):
    """What some of the items measure together."""

    key: DimensionKey
    name: LineTexts
    description: Texts
    climate_dimension: ClimateDimension | None = Field(
        description="The dimension of the learning climate that dialogue templates name; null when it is none of them."
    )


class Item(WireModel):
    """A statement to answer on the scale."""

    id: ItemId
    dimension_key: DimensionKey | None = Field(description="Null for an item that stands alone and enters no index.")
    reversed: YesNo = Field(
        description="Whether agreement speaks against the dimension.", json_schema_extra={"example": False}
    )
    text: Texts
    purpose: Texts | None = Field(description="Why it is asked, for an item that stands alone.")


class OpenQuestion(WireModel):
    """A question answered in words. Asked only in rounds whose parties have agreed to free text."""

    id: QuestionId
    text: Texts
    max_characters: Annotated[WholeNumber, Field(ge=50, le=1000, json_schema_extra={"example": 500})]


class Zone(WireModel):
    """A neutral word for what an index invites to; never a grade."""

    key: ZoneKey
    from_index: Annotated[WholeNumber, Field(ge=0, le=100, json_schema_extra={"example": 0})]
    text: LineTexts


class Scoring(WireModel):
    """How many answers a score needs, and the words for where an index lies."""

    min_answered_items: Annotated[
        WholeNumber,
        Field(
            ge=1,
            le=MOST_ITEMS,
            description="Answered items of a dimension that a person's score on it needs.",
            json_schema_extra={"example": 1},
        ),
    ]
    min_answered_dimensions: Annotated[
        WholeNumber,
        Field(
            ge=1, le=50, description="Dimension scores that a person's total needs.", json_schema_extra={"example": 1}
        ),
    ]
    zones: list[Zone] = Field(max_length=5, description="From the lowest index upwards; the first begins at 0.")
    zones_provisional: YesNo = Field(json_schema_extra={"example": True})


class Validation(WireModel):
    """Whether the instrument has been tested, in words that everyone who sees a result sees too."""

    validated: YesNo = Field(json_schema_extra={"example": False})
    text: Texts


class InstrumentContent(WireModel):
    """A questionnaire: scale, dimensions, items in order, and how answers become scores."""

    title: LineTexts
    description: Texts
    languages: InstrumentLanguages
    provenance: Annotated[
        Paragraphs, Field(json_schema_extra={"example": "Frågorna är skrivna för det här projektet."})
    ]
    licence: Annotated[Line, Field(json_schema_extra={"example": "CC0-1.0"})]
    validation: Validation
    instruction: Texts
    privacy_notices: list[Texts] = Field(
        min_length=1, max_length=20, description="Shown before the first item, point by point."
    )
    scale: Scale
    dimensions: list[Dimension] = Field(min_length=1, max_length=50)
    items: list[Item] = Field(
        min_length=1, max_length=MOST_ITEMS, description="In the order they are presented; all have ids of their own."
    )
    open_questions: list[OpenQuestion] = Field(max_length=5)
    scoring: Scoring
