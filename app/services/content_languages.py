"""In which language published content is answered: the one asked for, or what there is instead. No clock.

Swedish and English stand in the content itself; others are brought by packs of translations, whole or not at all.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.models.content_translation import ContentTranslation
from app.services.word_search import says

Json = dict[str, Any]

_OWN = ("sv", "en")


def version_number(column: Any) -> sa.ColumnElement[Any]:
    """1.10.0 comes after 1.9.0."""
    return sa.cast(sa.func.string_to_array(column, "."), sa.ARRAY(sa.Integer))


def is_latest(row_type: type[Any], version: str) -> sa.ColumnElement[bool]:
    """Of the versions of what goes by one key, the last. `version`: the name of the column that numbers them."""
    later: Any = aliased(row_type)
    after = version_number(getattr(later, version)) > version_number(getattr(row_type, version))
    return ~sa.exists(sa.select(sa.literal(1)).where(later.key == row_type.key, after).correlate(row_type))


# --- One thing -----------------------------------------------------------------------------------------------------

_TRANSLATIONS = (
    sa.select(col(ContentTranslation.language), col(ContentTranslation.texts))
    .where(col(ContentTranslation.subject_id) == sa.bindparam("subject_id", type_=sa.Uuid))
    .order_by(col(ContentTranslation.language), version_number(col(ContentTranslation.translation_version)))
)


async def in_best_language(
    session: AsyncSession, subject_id: UUID, title: Json, content: Json, asked: Sequence[str]
) -> tuple[str, list[str], Json]:
    """The language in which it is answered, all that it is written in, and the content in that language alone.

    `asked` ends with the program's own languages.
    """
    # The latest of a language comes last and stays.
    found = await session.execute(_TRANSLATIONS, {"subject_id": subject_id})
    translations: Json = {row.language: row.texts for row in found}
    own = [language for language in _OWN if title.get(language)]
    languages = [*own, *sorted(translations)]
    language = next((each for each in asked if each in languages), "sv")
    return language, languages, in_language(content, language, translations.get(language))


def in_language(node: Any, language: str, translated: Json | None = None, pointer: str = "") -> Any:
    """What is published, with each text as it is in one language alone."""
    if isinstance(node, dict):
        if node.keys() == set(_OWN):
            return node[language] if translated is None else translated[pointer]
        return {name: in_language(value, language, translated, f"{pointer}/{name}") for name, value in node.items()}
    if isinstance(node, list):
        return [in_language(each, language, translated, f"{pointer}/{place}") for place, each in enumerate(node)]
    return node


# --- Lists ---------------------------------------------------------------------------------------------------------


def said(subject_id: Any, content: Any, name: str, asked: Sequence[str]) -> sa.ColumnElement[str]:
    """A text of the content, in the first of the languages asked for in which it is written."""
    return said_at(subject_id, content[name], f"/{name}", asked)


def said_at(subject_id: Any, text: Any, pointer: Any, asked: Sequence[str]) -> sa.ColumnElement[str]:
    """The same of a text anywhere in the content: with its pointer, by which translations know it."""
    ways = [text[each].astext if each in _OWN else _translated(subject_id, each, pointer) for each in asked]
    return sa.func.coalesce(*ways, "", type_=sa.Text())


def language_said(subject_id: Any, content: Any, asked: Sequence[str]) -> sa.ColumnElement[str]:
    """The language that `said` gives it in."""
    ways = [
        (
            (content["title"][each].astext if each in _OWN else _translated(subject_id, each, "/title")).is_not(None),
            sa.literal(each),
        )
        for each in asked
    ]
    return sa.case(*ways, else_=sa.literal("sv"))


def _translated(subject_id: Any, language: str, pointer: Any) -> sa.ColumnElement[Any]:
    return (
        sa.select(sa.func.jsonb_extract_path_text(col(ContentTranslation.texts), pointer))
        .where(col(ContentTranslation.subject_id) == subject_id, col(ContentTranslation.language) == language)
        .order_by(version_number(col(ContentTranslation.translation_version)).desc())
        .limit(1)
        .correlate_except(ContentTranslation)
        .scalar_subquery()
    )


def translation_says(subject_id: Any, sought: str) -> sa.ColumnElement[bool]:
    """Whether a translation has the words, as they are written there."""
    search: Any = col(ContentTranslation.search)
    return sa.exists(
        sa.select(sa.literal(1))
        .where(
            col(ContentTranslation.subject_id) == subject_id,
            says(search, "simple", sought),
        )
        .correlate_except(ContentTranslation)
    )
