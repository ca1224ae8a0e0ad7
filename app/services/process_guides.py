"""Process guides: found and read, in the language asked for."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.guide_content import GuideContent
from app.models.process_guide import ProcessGuide, ProcessGuideRead
from app.services import policy
from app.services.content_hash import content_hash
from app.services.content_languages import (
    in_best_language,
    is_latest,
    language_said,
    said,
)
from app.services.guide_content import written
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, find, shown


@lru_cache(maxsize=64)
def _in(asked: tuple[str, ...]) -> tuple[sa.Select[*tuple[Any, ...]], dict[str, Columns]]:
    """The latest version of each guide in the languages asked for, and the orders there are."""
    content: Any = col(ProcessGuide.content)
    own: Any = col(ProcessGuide.id)
    title = said(own, content, "title", asked)
    guides = sa.select(
        col(ProcessGuide.id),
        col(ProcessGuide.key),
        col(ProcessGuide.guide_version),
        language_said(own, content, asked).label("language"),
        title.label("title"),
        said(own, content, "summary", asked).label("summary"),
        said(own, content, "forWhom", asked).label("for_whom"),
        col(ProcessGuide.months),
    ).where(policy.visible(ProcessGuide), is_latest(ProcessGuide, "guide_version"))
    orders: dict[str, Columns] = {
        "title": (swedish_order(title), col(ProcessGuide.id)),
        "months": (col(ProcessGuide.months), col(ProcessGuide.id)),
    }
    return guides, orders


async def list_process_guides(work: Work, request: PageRequest, asked: tuple[str, ...]) -> Listed:
    """The latest version of each guide."""
    policy.require(work.actor, "list_process_guides")
    query, orders = _in(asked)
    return await page(work, query, orders, request)


async def read(work: Work, guide_id: UUID, asked: tuple[str, ...]) -> ProcessGuideRead:
    guide = await find(work, ProcessGuide, guide_id)
    language, languages, content = await in_best_language(work.session, guide.id, guide.title, guide.content, asked)
    return shown(
        work,
        ProcessGuideRead,
        guide,
        language=language,
        languages=languages,
        title=content["title"],
        summary=content["summary"],
        for_whom=content["forWhom"],
        phases=[_phase(each) for each in content["phases"]],
    )


def _phase(said: dict[str, Any]) -> dict[str, Any]:
    """A phase as it is answered: what its file leaves out is null, and lists are in the plural."""
    leaders = said["leadershipSupport"]
    return {
        **{name: said[name] for name in ("key", "title", "weeks", "aims", "templates", "readySigns", "selfRating")},
        "steps": [{"minutes": None} | step for step in said["steps"]],
        "leadershipSupport": {"does": leaders["does"], "gives": leaders["gives"], "avoids": leaders["mustNot"]},
        "partySupport": {"does": said["partySupport"]},
        "inspirationItems": said["inspiration"],
    }


def row_of(content: GuideContent, guide_id: UUID, now: datetime) -> ProcessGuide:
    """The guide as it is stored."""
    stored = written(content)
    return ProcessGuide(
        id=guide_id,
        created_at=now,
        published_at=now,
        content=stored,
        content_hash=content_hash(stored),
        **content.model_dump(include={"key", "guide_version", "title", "months"}),
    )
