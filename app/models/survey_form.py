"""What somebody with a survey link is shown: the questionnaire in one language, what holds for the answers first."""

from typing import Annotated

from pydantic import Field

from app.models.base import Output
from app.models.bounds import Few, Phrase, Text
from app.models.columns import Language, Moment
from app.models.instrument_content import MOST_ITEMS, ItemId, ScaleValue


class FormPoint(Output):
    """One point of the scale and what it is called."""

    value: ScaleValue = Field(json_schema_extra={"example": 4})
    label: Phrase = Field(json_schema_extra={"example": "Stämmer ganska bra"})


class FormScale(Output):
    """The answers one chooses between, from the least agreement upwards."""

    points: Few[FormPoint]
    dont_know: Phrase | None = Field(
        description="What the answer `dontKnow` is called; null when it is not offered.",
        json_schema_extra={"example": "Vet ej / kan inte bedöma"},
    )


class FormItem(Output):
    """A statement to answer on the scale, or to skip."""

    id: ItemId
    text: Text = Field(json_schema_extra={"example": "Hos oss talar vi om vad ett väl utfört arbete är."})


class FormQuestion(Output):
    """A question to answer in words, or to skip."""

    id: ItemId
    text: Text = Field(json_schema_extra={"example": "Vad skulle göra det lättare att lära av varandra?"})
    max_characters: Annotated[int, Field(ge=50, le=1000)] = Field(json_schema_extra={"example": 500})


_Notice = Annotated[
    Text, Field(json_schema_extra={"example": "Ingen kan se vad du svarar. Resultat visas bara för grupper."})
]


class SurveyFormRead(Output):
    """The questionnaire that a survey link opens. It says nothing about who holds the link."""

    privacy_notices: Few[_Notice] = Field(description="To be shown before anything else, point by point.")
    language: Language = Field(description="Of all texts here.")
    title: Phrase = Field(json_schema_extra={"example": "Lärklimat i förändring"})
    validation_notice: Text | None = Field(
        description="That the instrument has not been tested, in words to show; null for one that has.",
        json_schema_extra={"example": "Formuläret är nytt och ännu inte statistiskt prövat."},
    )
    instruction: Text = Field(json_schema_extra={"example": "Tänk på din arbetsgrupp och de senaste sex månaderna."})
    closes_at: Moment = Field(description="Answers are taken until then.")
    scale: FormScale
    items: list[FormItem] = Field(max_length=MOST_ITEMS, description="In the order in which they are presented.")
    open_questions: Few[FormQuestion] = Field(description="None where the parties have not agreed to free text.")
    free_text_notice: Text | None = Field(
        description="To be shown with the open questions; null where there are none.",
        json_schema_extra={"example": "Det du skriver kan bli offentligt. Skriv inget som pekar ut någon."},
    )
