"""A file from an HR system that is sent as JSON: a list of flat objects."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypeAliasType

LONGEST_CELL = 1_000
MOST_COLUMNS = 64
MOST_ROWS = 100_000
_LARGEST = 9_007_199_254_740_991  # what every reader of JSON keeps to the last digit

_EXAMPLE = {"externalId": "A-4711", "name": "Åsa Lindqvist", "email": "asa.lindqvist@havochvatten.example"}

ImportCell = TypeAliasType(
    "ImportCell",
    Annotated[
        Annotated[str, Field(max_length=LONGEST_CELL)]
        | Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
        | Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)]
        | bool
        | None,
        Field(description="What stands in a cell; null: nothing.", json_schema_extra={"example": "A-4711"}),
    ],
)
ImportRow = TypeAliasType(
    "ImportRow",
    Annotated[
        dict[Annotated[str, Field(max_length=LONGEST_CELL)], ImportCell],
        Field(
            max_length=MOST_COLUMNS,
            description="A person or a unit: cells by the names of their columns.",
            json_schema_extra={"example": _EXAMPLE},
        ),
    ],
)
ImportRows = TypeAliasType(
    "ImportRows",
    Annotated[
        list[ImportRow],
        Field(
            max_length=MOST_ROWS,
            description="The rows of the file; a name that some of them lack is empty there.",
            json_schema_extra={"example": [_EXAMPLE]},
        ),
    ],
)
"""Read by the same code as other files (app/services/table_files.py), so that a fault is told by row."""
