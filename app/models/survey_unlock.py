"""The keys that the sides hand in after a round in two-key mode has closed."""

from typing import Annotated

from pydantic import Field

from app.models.base import Input, Resource
from app.models.bounds import Few
from app.models.columns import Paragraphs, YesNo
from app.models.party import Side
from app.models.survey_round import SurveyRoundState


class SurveyUnlockCreate(Input):
    """A side's key, as the words it was shown when the key was made."""

    words: Annotated[
        Paragraphs,
        Field(
            max_length=1000,
            description="The 24 words, in their order; case, spaces and line breaks do not matter.",
            json_schema_extra={"example": " ".join(["abandon"] * 23 + ["art"])},
        ),
    ]


class SurveyUnlocksRead(Resource):
    """Which sides have handed in their keys for the round. When both have, the result is released."""

    state: SurveyRoundState
    two_keys: YesNo = Field(json_schema_extra={"example": True})
    sides: Few[Side] = Field(
        description="Those that have handed in their keys. Empty unless the round is in two-key mode and has closed.",
        json_schema_extra={"example": ["employer"]},
    )
