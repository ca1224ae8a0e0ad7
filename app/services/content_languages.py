"""In which language published content is answered: the one asked for, or what there is instead. No clock."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

Json = dict[str, Any]


def first_written(title: Json, asked: Sequence[str]) -> str:
    """The first of the languages asked for in which it is written; `asked` ends with those of the program."""
    return next((each for each in asked if title.get(each)), "sv")


def all_written(title: Json) -> list[str]:
    return [language for language in ("sv", "en") if title.get(language)]


def in_language(node: Any, language: str) -> Any:
    """What is published, with each text as it is in one language alone."""
    if isinstance(node, dict):
        if node.keys() == {"sv", "en"}:
            return node[language]
        return {name: in_language(value, language) for name, value in node.items()}
    return [in_language(each, language) for each in node] if isinstance(node, list) else node


def said(column: Any, path: Sequence[str], asked: Sequence[str]) -> sa.ColumnElement[str]:
    """A text within a JSON column, in the first of the languages asked for in which it is written."""
    for step in path:
        column = column[step]
    written = [column[each].astext for each in asked if each in {"sv", "en"}]
    return sa.func.coalesce(*written, "", type_=sa.Text())


def language_said(title: Any, asked: Sequence[str]) -> sa.ColumnElement[str]:
    """The language that `said` gives the title in."""
    ways = [(title[each].astext.is_not(None), sa.literal(each)) for each in asked if each in {"sv", "en"}]
    return sa.case(*ways, else_=sa.literal("sv"))


def version_number(column: Any) -> sa.ColumnElement[Any]:
    """1.10.0 comes after 1.9.0."""
    return sa.cast(sa.func.string_to_array(column, "."), sa.ARRAY(sa.Integer))
