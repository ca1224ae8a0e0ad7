"""What the columns of a file mean: by the names the service knows, or as the organisation has said. Pure.

A column that is neither known nor said to be left out is refused: nothing is taken in by guessing, and nothing that an
HR system sends too much of is let in by being overlooked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.models.hr_import import ImportSubject
from app.services.errors import Code
from app.services.table_files import TableFile


class PersonField(StrEnum):
    EXTERNAL_ID = "externalId"
    NAME = "name"
    GIVEN_NAME = "givenName"
    FAMILY_NAME = "familyName"
    EMAIL = "email"
    LANGUAGE = "language"
    UNIT = "unitExternalId"
    ACTIVE = "active"
    EFFECTIVE_ON = "effectiveOn"


class UnitField(StrEnum):
    EXTERNAL_ID = "externalId"
    NAME = "name"
    PARENT = "parentExternalId"
    HEADCOUNT = "headcount"
    EFFECTIVE_ON = "effectiveOn"
    LAST_DAY = "lastDay"
    MERGED_INTO = "mergedIntoExternalId"


FIELDS: Mapping[ImportSubject, tuple[str, ...]] = {
    ImportSubject.PEOPLE: tuple(PersonField),
    ImportSubject.UNITS: tuple(UnitField),
}
IN_SWEDISH: Mapping[ImportSubject, Mapping[str, str]] = {
    ImportSubject.PEOPLE: {
        "anställningsnummer": PersonField.EXTERNAL_ID,
        "namn": PersonField.NAME,
        "förnamn": PersonField.GIVEN_NAME,
        "efternamn": PersonField.FAMILY_NAME,
        "e-post": PersonField.EMAIL,
        "språk": PersonField.LANGUAGE,
        "enhet": PersonField.UNIT,
        "aktiv": PersonField.ACTIVE,
        "gäller från": PersonField.EFFECTIVE_ON,
    },
    ImportSubject.UNITS: {
        "enhetskod": UnitField.EXTERNAL_ID,
        "namn": UnitField.NAME,
        "överordnad enhet": UnitField.PARENT,
        "antal anställda": UnitField.HEADCOUNT,
        "gäller från": UnitField.EFFECTIVE_ON,
        "sista dag": UnitField.LAST_DAY,
        "uppgått i": UnitField.MERGED_INTO,
    },
}

LooksLikeUnion = Callable[[str, bool], bool]
"""Of a text, and whether it is somebody's own name, which may sound like anything."""
Fields = dict[str, str]
"""What one row says, by field. A field without a column is not there; one with an empty cell is empty."""


class ColumnsRefused(Exception):
    """The columns do not make sense; `places` are their numbers, from 1, with the reasons."""

    def __init__(self, places: Sequence[tuple[int, Code]]) -> None:
        super().__init__(len(places))
        self.places = places


@dataclass(frozen=True)
class Columns:
    """For each column the field it fills; None: left out."""

    fields: tuple[str | None, ...]

    def of_row(self, cells: Sequence[str]) -> Fields:
        return {name: cell for name, cell in zip(self.fields, cells, strict=True) if name is not None}


def read_columns(
    table: TableFile,
    subject: ImportSubject,
    mapped: Mapping[str, str],
    left_out: Sequence[str],
    is_union: LooksLikeUnion,
) -> Columns:
    """What the columns mean. The organisation's own names (`mapped`, `left_out`) come before the known ones."""
    known = {field.casefold(): field for field in FIELDS[subject]} | dict(IN_SWEDISH[subject])
    said: dict[str, str | None] = {**known, **{spelt(name): field for name, field in mapped.items()}}
    said |= {spelt(name): None for name in left_out}
    faults: list[tuple[int, Code]] = []
    fields: list[str | None] = []
    for number, name in enumerate(table.columns, 1):
        field = said.get(spelt(name))
        if is_union(name, False):
            faults.append((number, Code.UNION_DATA_REFUSED))
        elif spelt(name) not in said:
            faults.append((number, Code.UNKNOWN_COLUMN))
        elif field is not None and field in fields:
            faults.append((number, Code.COLUMN_TWICE))
        fields.append(field)
    if not faults and "externalId" not in fields:
        faults.append((0, Code.COLUMN_MISSING))  # of no column there is
    if faults:
        raise ColumnsRefused(faults)
    return Columns(tuple(fields))


def spelt(name: str) -> str:
    """Column names are the same whatever their case and spaces."""
    return re.sub(r"\s+", " ", name.strip()).casefold()
