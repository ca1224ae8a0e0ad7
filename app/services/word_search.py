"""What people type in a search box, looked for by word forms of a language."""

from typing import Any

import sqlalchemy as sa


def says(index: Any, dictionary: str, sought: str) -> sa.ColumnElement[bool]:
    """Whether a text, by its index, has the words in some form of that dictionary's language."""
    found: sa.ColumnElement[bool] = index.bool_op("@@")(sa.func.websearch_to_tsquery(dictionary, sought))
    return found
