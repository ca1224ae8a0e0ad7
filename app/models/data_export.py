"""Everything that is stored about a person, for that person alone."""

from typing import Annotated, Any

from pydantic import Field

from app.models.base import Linked, Output
from app.models.bounds import FEW, Few, VeryMany, Word
from app.models.columns import Id, Paragraphs


class InBothLanguages(Output):
    """A sentence in Swedish and English."""

    sv: Annotated[Paragraphs, Field(json_schema_extra={"example": "För att visa vem som talar för en part."})]
    en: Annotated[Paragraphs, Field(json_schema_extra={"example": "To show who speaks for a party."})]


class ExportedTable(Output):
    """What one kind of row says of the person, with why it is kept."""

    table: Word = Field(json_schema_extra={"example": "mandate"})
    purpose: InBothLanguages = Field(description="What it is kept for.")
    legal_ground: InBothLanguages = Field(description="By which right, under the GDPR.")
    withheld_fields: Few[Word] = Field(
        description="Fields that are there and not shown: they are secrets, of use to a thief only, or about others.",
        json_schema_extra={"example": ["passwordHash"]},
    )
    rows: VeryMany[Annotated[dict[str, Any], Field(max_length=FEW)]] = Field(
        description="The rows with their fields.", json_schema_extra={"example": [{"function": "Ordförande"}]}
    )


class DataExportRead(Linked):
    """Everything that is stored about you, by kind."""

    person_id: Id
    tables: Few[ExportedTable] = Field(description="Every kind there is, also where there are no rows.")
