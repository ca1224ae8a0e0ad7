"""Rows handed to one statement as an array for each column: it is compiled once, however many there are."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

Columns = Mapping[str, sa.types.TypeEngine[Any]]


def given_rows(columns: Columns) -> sa.TableValuedAlias:
    """Rows with these columns, to select from; the statement is executed with what `as_arrays` makes of them."""
    return (
        sa.func.unnest(*(sa.bindparam(f"given_{name}", type_=sa.ARRAY(kind)) for name, kind in columns.items()))
        .table_valued(*(sa.column(name, kind) for name, kind in columns.items()))
        .render_derived("given")
    )


def as_arrays(columns: Columns, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {f"given_{name}": [row[name] for row in rows] for name in columns}
