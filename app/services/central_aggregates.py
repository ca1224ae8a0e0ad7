"""All organisations together, for the central parties: computed once for each quarter when it is over, and read.

Nothing can be asked for but a whole quarter as it was stored. See docs/decisions/central-aggregates.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import new_id
from app.models.central_aggregate import CentralAggregate, CentralAggregateRead, CentralContent, CentralContribution
from app.services import central_facts, policy
from app.services.calendar import STOCKHOLM, swedish_day
from app.services.central_facts import LOCAL, Activity, Measured
from app.services.central_figures import SUPPRESSED, Figure, Members, admitted, atoms, count, index, uses
from app.services.content_hash import content_hash
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, find, shown

ACTIVITY = "activity"

_SORTS: dict[str, Columns] = {"createdAt": (col(CentralAggregate.created_at), col(CentralAggregate.id))}
_ITEMS = sa.select(
    col(CentralAggregate.id),
    col(CentralAggregate.starts_on),
    col(CentralAggregate.ends_on),
    col(CentralAggregate.created_at),
).where(policy.visible(CentralAggregate))
_STANDS = sa.select(sa.exists().where(col(CentralAggregate.starts_on) == sa.bindparam("starts_on", type_=sa.Date)))


async def list_central_aggregates(work: Work, request: PageRequest) -> Listed:
    policy.require(work.actor, "list_central_aggregates")
    return await page(work, _ITEMS, _SORTS, request)


async def read(work: Work, aggregate_id: UUID) -> CentralAggregateRead:
    return shown(work, CentralAggregateRead, await find(work, CentralAggregate, aggregate_id), version=1)


# --- Computed by the clock ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Computed:
    """A quarter's content, and of whom what is published in it is, by family."""

    content: dict[str, Any]
    behind: Mapping[str, Members]


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Compute the last quarter that is over, unless it has been: then it stays as it was, whatever has changed since.

    Of several that do so at once, the first one's stays; what they would compute is the same.
    """
    starts_on, ends_before = last_quarter(swedish_day(now))
    if (await session.execute(_STANDS, {"starts_on": starts_on})).scalar_one():
        return False
    start, end = (datetime.combine(day, time(), STOCKHOLM) for day in (starts_on, ends_before))
    since = datetime.combine(ends_before.replace(year=ends_before.year - 1), time(), STOCKHOLM)
    computed = compute(
        await central_facts.activity(session, start, end),
        await central_facts.measured(session, since, end),
        await central_facts.earlier(session),
    )
    stored = (
        insert(CentralAggregate)
        .values(
            id=new_id(),
            starts_on=starts_on,
            ends_on=ends_before - timedelta(days=1),
            content=computed.content,
            content_hash=content_hash(computed.content),
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[col(CentralAggregate.starts_on)])
        .returning(col(CentralAggregate.id))
    )
    aggregate_id = (await session.execute(stored)).scalar_one_or_none()
    if aggregate_id is not None:
        session.add_all(
            CentralContribution(central_aggregate_id=aggregate_id, family=family, members=sorted(members))
            for family, members in computed.behind.items()
        )
        await session.flush()
    return False


def last_quarter(today: date) -> tuple[date, date]:
    """The first day of the latest calendar quarter that is over, and the first day after it."""
    after = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    before = after - timedelta(days=1)
    return before.replace(month=before.month - 2, day=1), after


def compute(activity: Activity, instruments: Sequence[Measured], earlier: Mapping[str, Sequence[Members]]) -> Computed:
    """The figures of a quarter, beside all that has been published before."""
    behind: dict[str, Members] = {}
    content: dict[str, Any] = _activity(activity, earlier.get(ACTIVITY, ()), behind)
    content["dimensionMeans"] = [
        {
            "instrumentKey": instrument.key,
            "instrumentVersion": instrument.version,
            "key": key,
            "index": _mean(instrument, key, earlier, behind),
        }
        for instrument in instruments
        for key in instrument.answers
    ]
    # What is stored is what the shape says.
    CentralContent.model_validate(content)
    return Computed(content, behind)


def _activity(activity: Activity, earlier: Sequence[Members], behind: dict[str, Members]) -> dict[str, Any]:
    of = admitted(frozenset(activity.groups), earlier)
    lasting = atoms([*earlier, of])
    sessions: dict[UUID, int] = {
        each: sum(weights.get(each, 0) for weights in activity.sessions.values()) for each in of
    }
    used = uses(activity.sessions, of)
    figures = {
        "organisations": count(dict.fromkeys(of, 1), of, lasting),
        "workingGroups": count(activity.groups, of, lasting),
        "sessionsHeld": count(sessions, of),
        "localSessionsHeld": used[LOCAL],
    }
    if any(each is not SUPPRESSED for each in (*figures.values(), *used.values())):
        behind[ACTIVITY] = of
    templates = [{"key": key, "sessionsHeld": figure} for key, figure in used.items() if key != LOCAL]
    return {**figures, "usedTemplates": templates}


def _mean(
    instrument: Measured, key: str, earlier: Mapping[str, Sequence[Members]], behind: dict[str, Members]
) -> Figure:
    """Its contributors are rounds, not organisations: it moves only when at least five have a new result."""
    family = f"{instrument.key} {instrument.version} {key}"
    answers, before = instrument.answers[key], earlier.get(family, ())
    of = admitted(frozenset(answers), before)
    figure = index(answers, of, atoms([*before, of]), instrument.lowest, instrument.highest)
    if figure is not SUPPRESSED:
        behind[family] = of
    return figure
