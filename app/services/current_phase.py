"""The phase that a group is in of the guide that it follows: one statement, in the languages asked for."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from app.models.followed_guide import FollowedGuide, FollowedGuideState
from app.models.overview import OverviewPhase
from app.models.process_guide import ProcessGuide
from app.services import policy
from app.services.content_languages import language_said, said, said_at
from app.services.overview_rows import GROUP


@lru_cache(maxsize=64)
def phase_in(asked: tuple[str, ...]) -> sa.Select[*tuple[Any, ...]]:
    """The guide that is followed, one at a time, and what its pinned version says of the phase."""
    guide_id: Any = col(ProcessGuide.id)
    content: Any = col(ProcessGuide.content)
    phases = (
        sa.func.jsonb_array_elements(content["phases"])
        .table_valued(sa.column("told", JSONB), with_ordinality="number")
        .render_derived(name="phases")
    )
    told: Any = phases.c.told
    pointer = sa.func.concat("/phases/", phases.c.number - 1, "/title")
    return (
        sa.select(
            col(FollowedGuide.id),
            col(FollowedGuide.current_phase),
            col(FollowedGuide.progress),
            col(ProcessGuide.key),
            said(guide_id, content, "title", asked).label("title"),
            language_said(guide_id, content, asked).label("language"),
            said_at(guide_id, told["title"], pointer, asked).label("phase_title"),
            told["templates"].label("templates"),
            told["inspiration"].label("pieces"),
        )
        .select_from(FollowedGuide)
        .join(ProcessGuide, guide_id == col(FollowedGuide.process_guide_id))
        .join(phases, told["key"].astext == col(FollowedGuide.current_phase))
        .where(
            col(FollowedGuide.working_group_id) == GROUP,
            col(FollowedGuide.state) == FollowedGuideState.FOLLOWING,
            policy.visible(FollowedGuide),
        )
    )


def shown_phase(row: sa.RowMapping) -> OverviewPhase:
    """As the overview shows it. Since when is when the group first came to it."""
    return OverviewPhase(
        followed_guide_id=row["id"],
        guide_key=row["key"],
        guide_title=row["title"],
        language=row["language"],
        phase=row["current_phase"],
        title=row["phase_title"],
        since=next(each.begun_at for each in row["progress"] if each.phase is row["current_phase"] and each.begun_at),
    )
