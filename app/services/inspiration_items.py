"""Pieces of inspiration: found and read, in the language asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import Language, swedish_order
from app.models.inspiration_content import InspirationContent, InspirationKind, Phase
from app.models.inspiration_item import InspirationItem, InspirationItemRead
from app.models.template_content import ClimateDimension
from app.services import policy
from app.services.content_hash import content_hash
from app.services.content_languages import (
    in_best_language,
    is_latest,
    language_said,
    said,
    translation_says,
)
from app.services.inspiration_content import written
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.template_content import words
from app.services.word_search import says
from app.services.work import Work, find, shown


@dataclass(frozen=True)
class Wanted:
    """What a list of pieces is narrowed to."""

    kinds: tuple[InspirationKind, ...] = ()
    dimensions: tuple[ClimateDimension, ...] = ()
    phases: tuple[Phase, ...] = ()
    template: str | None = None
    words: str | None = None


@lru_cache(maxsize=64)
def _in(asked: tuple[str, ...]) -> tuple[sa.Select[*tuple[Any, ...]], dict[str, Columns]]:
    """The latest version of each piece in the languages asked for, and the orders there are."""
    content: Any = col(InspirationItem.content)
    own: Any = col(InspirationItem.id)
    title = said(own, content, "title", asked)
    items = sa.select(
        col(InspirationItem.id),
        col(InspirationItem.key),
        col(InspirationItem.item_version),
        col(InspirationItem.kind),
        language_said(own, content, asked).label("language"),
        title.label("title"),
        said(own, content, "summary", asked).label("summary"),
        col(InspirationItem.reading_minutes),
        col(InspirationItem.dimensions),
        col(InspirationItem.phases),
        col(InspirationItem.templates),
    ).where(policy.visible(InspirationItem), is_latest(InspirationItem, "item_version"))
    orders: dict[str, Columns] = {
        "title": (swedish_order(title), col(InspirationItem.id)),
        "readingMinutes": (col(InspirationItem.reading_minutes), col(InspirationItem.id)),
        "publishedAt": (col(InspirationItem.published_at), col(InspirationItem.id)),
    }
    return items, orders


async def list_inspiration_items(work: Work, request: PageRequest, wanted: Wanted, asked: tuple[str, ...]) -> Listed:
    """The latest version of each piece that fits what is wanted."""
    policy.require(work.actor, "list_inspiration_items")
    query, orders = _in(asked)
    if wanted.kinds:
        query = query.where(col(InspirationItem.kind).in_(wanted.kinds))
    if wanted.dimensions:
        query = query.where(_any_of(col(InspirationItem.dimensions), wanted.dimensions))
    if wanted.phases:
        query = query.where(_any_of(col(InspirationItem.phases), wanted.phases))
    if wanted.template is not None:
        query = query.where(sa.literal(wanted.template) == sa.any_(col(InspirationItem.templates)))
    if wanted.words is not None:
        query = query.where(
            sa.or_(
                says(col(InspirationItem.search_sv), "swedish", wanted.words),
                says(col(InspirationItem.search_en), "english", wanted.words),
                translation_says(col(InspirationItem.id), wanted.words),
            )
        )
    return await page(work, query, orders, request)


def _any_of(column: Any, members: Sequence[str]) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = column.bool_op("&&")(sa.literal([str(each) for each in members], sa.ARRAY(sa.Text)))
    return found


async def read(work: Work, item_id: UUID, asked: tuple[str, ...]) -> InspirationItemRead:
    item = await find(work, InspirationItem, item_id)
    language, languages, content = await in_best_language(work.session, item.id, item.title, item.content, asked)
    return shown(
        work,
        InspirationItemRead,
        item,
        language=language,
        languages=languages,
        title=content["title"],
        summary=content["summary"],
        body=content["body"],
        source=content["source"],
        licence=content["licence"],
        media_url=content.get("mediaUrl"),
        transcript=content.get("transcript"),
        picture_url=content.get("pictureUrl"),
        text_alternative=content.get("textAlternative"),
    )


def row_of(content: InspirationContent, item_id: UUID, now: datetime) -> InspirationItem:
    """The piece as it is stored."""
    stored = written(content)
    return InspirationItem(
        id=item_id,
        created_at=now,
        published_at=now,
        content=stored,
        content_hash=content_hash(stored),
        text_sv=words(stored, Language.SWEDISH),
        text_en=words(stored, Language.ENGLISH),
        **content.model_dump(
            include={"key", "item_version", "kind", "title", "dimensions", "phases", "templates", "reading_minutes"}
        ),
    )
