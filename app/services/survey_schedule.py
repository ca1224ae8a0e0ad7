"""When a round may be open: for how long, how far ahead, and how long after another that asked the same people."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.models.survey_round import SurveyRound, SurveyRoundState, SurveyUnit
from app.models.unit import UnitPlacement
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


def _reach() -> sa.CTE:
    """For the round and those near it: every unit that has been at or below its root since its draft was made.

    Today's tree would not do: who moves all units but one to a new root asks the same people less a few.
    """
    begun = sa.cast(sa.func.timezone("Europe/Stockholm", col(SurveyRound.created_at)), sa.Date)
    reach = (
        sa.select(
            col(SurveyRound.id).label("round_id"), begun.label("since"), col(SurveyRound.root_unit_id).label("unit_id")
        )
        .where(col(SurveyRound.id).in_(sa.bindparam("round_ids", expanding=True)))
        .cte("reach", recursive=True)
    )
    last_day = sa.func.coalesce(col(UnitPlacement.valid_to), sa.literal_column("'infinity'::date", sa.Date))
    return reach.union(
        sa.select(reach.c.round_id, reach.c.since, col(UnitPlacement.unit_id)).where(
            col(UnitPlacement.parent_id) == reach.c.unit_id, last_day >= reach.c.since
        )
    )


def _asking_the_same() -> sa.Select[Any]:
    reach = _reach()
    asked = sa.union_all(
        sa.select(reach.c.round_id, reach.c.unit_id),
        # What was moved and moved back on one day has left no trace in the tree.
        sa.select(col(SurveyUnit.survey_round_id), col(SurveyUnit.unit_id)).where(
            col(SurveyUnit.survey_round_id).in_(sa.bindparam("round_ids", expanding=True))
        ),
    ).cte("asked")
    own, others = asked.alias("own"), asked.alias("others")
    return (
        sa.select(sa.literal(1))
        .where(
            own.c.round_id == sa.bindparam("round_id"),
            others.c.round_id != sa.bindparam("round_id"),
            own.c.unit_id == others.c.unit_id,
        )
        .limit(1)
    )


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
    given = {"round_id": survey_round.id, "round_ids": [survey_round.id, *near]}
    if (await work.session.execute(_ASKING_THE_SAME, given)).first() is not None:
        raise Refusal(Code.ROUND_TOO_SOON)
