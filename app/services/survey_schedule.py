"""When a round may be open: for how long, how far ahead, and how long after another that asked the same people."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.models.survey_round import SurveyCoveredUnit, SurveyRound, SurveyRoundState
from app.models.unit import Unit, UnitPlacement
from app.services.errors import Code, Refusal
from app.services.work import Work

LONGEST_OPEN = timedelta(days=90)
FURTHEST_AHEAD = timedelta(days=366)
REST = timedelta(days=56)
"""Between two rounds that ask the same people. Of two results so near to each other the difference is about those who
came, left or moved between them, who may be fewer than the threshold."""

_begins = sa.func.greatest(col(SurveyRound.opens_at), col(SurveyRound.opened_at))
_NEAR = sa.select(col(SurveyRound.id)).where(
    col(SurveyRound.organisation_id) == sa.bindparam("organisation_id"),
    col(SurveyRound.id) != sa.bindparam("round_id"),
    col(SurveyRound.state).in_([SurveyRoundState.OPEN, SurveyRoundState.CLOSED, SurveyRoundState.RELEASED]),
    # One that was ended before it began has asked nobody.
    _begins < col(SurveyRound.closes_at),
    _begins < sa.bindparam("rested_after", type_=sa.DateTime(timezone=True)),
    col(SurveyRound.closes_at) > sa.bindparam("rested_before", type_=sa.DateTime(timezone=True)),
)


def _asking_the_same() -> sa.Select[Any]:
    """Whether the round asks employees of a unit that another one asks too.

    What a round asks are the units that were at or below its root when it was proposed, and those that are there
    today. Today's tree alone would not do: who moves all units but one to a new root asks the same people less a few.
    Of another round also the units that were made since it was drafted beside its root or beside what is above it:
    whoever makes a new unit for all but one of those asked would ask them again. Dates that people give do not count.
    """
    round_ids: sa.BindParameter[Any] = sa.bindparam("round_ids", expanding=True)
    today = (
        sa.select(col(SurveyRound.id).label("round_id"), col(SurveyRound.root_unit_id).label("unit_id"))
        .where(col(SurveyRound.id).in_(round_ids))
        .cte("today", recursive=True)
    )
    last_day = sa.func.coalesce(col(UnitPlacement.valid_to), sa.literal_column("'infinity'::date", sa.Date))
    today = today.union(
        sa.select(today.c.round_id, col(UnitPlacement.unit_id)).where(
            col(UnitPlacement.parent_id) == today.c.unit_id,
            col(UnitPlacement.valid_from) <= sa.bindparam("day", type_=sa.Date),
            last_day >= sa.bindparam("day", type_=sa.Date),
        )
    )
    asked = sa.union_all(
        sa.select(today.c.round_id, today.c.unit_id),
        sa.select(col(SurveyCoveredUnit.survey_round_id), col(SurveyCoveredUnit.unit_id)).where(
            col(SurveyCoveredUnit.survey_round_id).in_(round_ids)
        ),
    ).cte("asked")
    above = (
        sa.select(col(SurveyRound.id).label("round_id"), col(SurveyRound.root_unit_id).label("unit_id"))
        .where(col(SurveyRound.id).in_(round_ids))
        .cte("above", recursive=True)
    )
    above = above.union(
        sa.select(above.c.round_id, col(UnitPlacement.parent_id)).where(
            col(UnitPlacement.unit_id) == above.c.unit_id, col(UnitPlacement.parent_id).is_not(None)
        )
    )
    made_since = (
        sa.select(above.c.round_id, col(Unit.id))
        .join(UnitPlacement, col(UnitPlacement.parent_id) == above.c.unit_id)
        .join(Unit, col(Unit.id) == col(UnitPlacement.unit_id))
        .join(SurveyRound, col(SurveyRound.id) == above.c.round_id)
        .where(col(Unit.created_at) > col(SurveyRound.created_at))
    )
    own = asked.alias("own")
    others = sa.union_all(sa.select(asked.c.round_id, asked.c.unit_id), made_since).subquery("others")
    same = sa.and_(own.c.round_id == sa.bindparam("round_id"), others.c.round_id != sa.bindparam("round_id"))
    return sa.select(sa.literal(1)).where(same, own.c.unit_id == others.c.unit_id).limit(1)


_ASKING_THE_SAME = _asking_the_same()


def check_times(opens_at: datetime, closes_at: datetime, now: datetime) -> None:
    if closes_at <= opens_at:
        raise Refusal(Code.CLOSES_BEFORE_OPENING, "/closesAt")
    if closes_at - opens_at > LONGEST_OPEN:
        raise Refusal(Code.OPEN_TOO_LONG, "/closesAt")
    if opens_at > now + FURTHEST_AHEAD:
        raise Refusal(Code.OPENS_TOO_LATE, "/opensAt")


async def check_rest(work: Work, survey_round: SurveyRound, closes_at: datetime) -> None:
    """Refuse a round that would be open while another asks any of the same people, or within 56 days of it.

    The caller holds the organisation's row if it will open the round or change its time: the tree and the other
    rounds stay as they are until that is stored.
    """
    begins = max(survey_round.opens_at, survey_round.opened_at or work.now)
    given = {
        "organisation_id": survey_round.organisation_id,
        "round_id": survey_round.id,
        "rested_after": closes_at + REST,
        "rested_before": begins - REST,
    }
    near = (await work.session.execute(_NEAR, given)).scalars().all()
    if not near:
        return
    given = {"round_id": survey_round.id, "round_ids": [survey_round.id, *near], "day": work.today}
    if (await work.session.execute(_ASKING_THE_SAME, given)).first() is not None:
        raise Refusal(Code.ROUND_TOO_SOON)
