"""An answer to a survey as it is sent, and the one thing that everybody gets for it."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from app.models.base import Input, LeftOut, Output, absent
from app.models.bounds import Text
from app.models.columns import Paragraphs
from app.models.instrument_content import MOST_ITEMS

MOST_TEXTS = 5

SurveyTokenText = Annotated[
    str,
    Field(
        max_length=100,
        description="The token of the link, for whom the header does not suit.",
        json_schema_extra={"example": "q8Yv0m5sJ2d7Lk1XbN4hRzTfUcWg6EoPi3aVtSyB9Qs"},
    ),
]
# What is offered depends on the questionnaire, so the service looks at it; a union would name its branches in errors.
SurveyAnswer = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 100},
                {"type": "string", "const": "dontKnow"},
                {"type": "null"},
            ]
        }
    ),
]


class SurveyResponseCreate(Input):
    """Answers to the items and, where they are asked, to the open questions; whatever is left out is skipped."""

    token: LeftOut[SurveyTokenText] = absent()
    answers: dict[str, SurveyAnswer] = Field(
        max_length=MOST_ITEMS,
        description="By the item's id: a value of the scale, `dontKnow` where it is offered, or null to skip it.",
        json_schema_extra={"example": {"A1": 4, "A2": "dontKnow", "A3": None}},
    )
    texts: dict[str, Paragraphs | None] = Field(
        default={},
        max_length=MOST_TEXTS,
        description="By the open question's id. A text can become public.",
        json_schema_extra={"example": {"Q1": "Att vi har tid att prova."}},
    )


class SurveyThanks(Output):
    """What everybody gets whose answer was stored: the same bytes."""

    sv: Text = Field(json_schema_extra={"example": "Tack! Ditt svar är sparat."})
    en: Text = Field(json_schema_extra={"example": "Thank you! Your answer is stored."})
