"""The units of a round: read from the organisation's tree, and frozen as they were when the round was proposed."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.survey_round import MOST_EMPLOYEES, MOST_UNITS, SurveyRound, SurveyUnit, SurveyUnitItem
from app.models.unit import Unit, UnitPlacement
from app.models.working_group import WorkingGroup
from app.services.content_hash import content_hash
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit

SORTS: dict[str, Columns] = {"position": (col(SurveyUnit.position),)}

_OF_ROUND = col(SurveyUnit.survey_round_id) == sa.bindparam("round_id")
_ITEMS = sa.select(
    col(SurveyUnit.unit_id), col(SurveyUnit.parent_id), col(SurveyUnit.name), col(SurveyUnit.headcount)
).where(_OF_ROUND)
_IN_ORDER = _ITEMS.order_by(col(SurveyUnit.position))
_CHOSEN = sa.select(col(SurveyUnit.unit_id)).where(_OF_ROUND)
_TOTALS = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(SurveyUnit.headcount), 0)).where(_OF_ROUND)
_TREE = (
    sa.select(
        col(Unit.id), col(UnitPlacement.parent_id), col(UnitPlacement.name), sa.func.coalesce(col(Unit.headcount), 0)
    )
    .join(UnitPlacement, col(UnitPlacement.unit_id) == col(Unit.id))
    .where(
        col(UnitPlacement.organisation_id) == sa.bindparam("organisation_id"),
        col(UnitPlacement.valid_from) <= sa.bindparam("day", type_=sa.Date),
        sa.or_(
            col(UnitPlacement.valid_to).is_(None),
            col(UnitPlacement.valid_to) >= sa.bindparam("day", type_=sa.Date),
        ),
    )
    .order_by(swedish_order(UnitPlacement.name), col(Unit.id))
)


@dataclass(frozen=True)
class OpenUnit:
    """A unit of the organisation's tree today. Of a sequence of them, siblings stand in the order of their names."""

    id: UUID
    parent_id: UUID | None
    name: str
    headcount: int


@dataclass
class RoundUnit:
    """A unit that stands on its own in the round."""

    unit_id: UUID
    parent_id: UUID | None
    name: str
    headcount: int


async def list_units(work: Work, round_id: UUID, request: PageRequest) -> Listed:
    """The round's units, parents before children, siblings by name."""
    await admit(work, "list_survey_units", SurveyRound, round_id)
    return await page(work, _ITEMS, SORTS, request, round_id=round_id)


async def units_of(work: Work, round_id: UUID) -> list[RoundUnit]:
    """All of them, in the same order."""
    return [RoundUnit(*row) for row in await work.session.execute(_IN_ORDER, {"round_id": round_id})]


async def totals(work: Work, round_id: UUID) -> tuple[int, int]:
    """How many units there are, and how many employees in them."""
    count, headcount = (await work.session.execute(_TOTALS, {"round_id": round_id})).one()
    return count, headcount


async def chosen_units(work: Work, survey_round: SurveyRound) -> set[UUID] | None:
    """Those that stand on their own by choice; None when every unit does."""
    if survey_round.every_unit:
        return None
    return set((await work.session.execute(_CHOSEN, {"round_id": survey_round.id})).scalars())


async def read_anew(
    work: Work, survey_round: SurveyRound, chosen: Collection[UUID] | None, named: Sequence[UUID] = ()
) -> list[RoundUnit]:
    """Replace the round's units by what the tree says today. The caller holds the row of a draft.

    Of the chosen units those that are not there any more are left out, unless this request names them.
    """
    tree = await _tree(work, survey_round.organisation_id)
    group = await work.session.get_one(WorkingGroup, survey_round.working_group_id)
    if survey_round.root_unit_id not in below(tree, group.scope_unit_id):
        raise Refusal(Code.UNIT_OUTSIDE_GROUP)
    there = below(tree, survey_round.root_unit_id)
    if absent := [place for place, unit_id in enumerate(named) if unit_id not in there]:
        fields = [FieldRefusal(f"/unitIds/{place}", Code.UNIT_OUTSIDE_ROUND) for place in absent]
        raise Refusal(Code.UNIT_OUTSIDE_ROUND, fields=fields)
    units = standing(tree, survey_round.root_unit_id, chosen)
    if len(units) > MOST_UNITS or sum(unit.headcount for unit in units) > MOST_EMPLOYEES:
        raise Refusal(Code.ROUND_TOO_LARGE)
    await work.session.execute(sa.delete(SurveyUnit).where(_OF_ROUND), {"round_id": survey_round.id})
    await work.session.execute(
        sa.insert(SurveyUnit),
        [asdict(unit) | {"survey_round_id": survey_round.id, "position": place} for place, unit in enumerate(units)],
    )
    return units


def hash_of(units: Sequence[RoundUnit]) -> str:
    """SHA-256 over the canonical JSON of the units as their list shows them."""
    return content_hash([SurveyUnitItem(**asdict(unit)).model_dump(mode="json", by_alias=True) for unit in units])


def below(tree: Sequence[OpenUnit], root_id: UUID) -> set[UUID]:
    """The unit and everything below it; nothing when it is not in the tree."""
    children = _children(tree)
    reached = {unit.id for unit in tree if unit.id == root_id}
    waiting = list(reached)
    while waiting:
        found = [child.id for child in children[waiting.pop()]]
        reached.update(found)
        waiting.extend(found)
    return reached


def standing(tree: Sequence[OpenUnit], root_id: UUID, chosen: Collection[UUID] | None) -> list[RoundUnit]:
    """The root and the chosen units below it (None: all of them), parents before children, siblings as in `tree`.

    Employees of a unit that was not chosen are counted with the nearest one above it that was.
    """
    rank = {unit.id: place for place, unit in enumerate(tree)}
    children = _children(tree)
    root = tree[rank[root_id]]
    top = RoundUnit(root.id, None, root.name, root.headcount)
    standing_below: dict[UUID, list[RoundUnit]] = defaultdict(list)
    waiting = [(child, top) for child in children[root_id]]
    while waiting:
        unit, above = waiting.pop()
        if chosen is None or unit.id in chosen:
            own = RoundUnit(unit.id, above.unit_id, unit.name, unit.headcount)
            standing_below[above.unit_id].append(own)
        else:
            own = above
            own.headcount += unit.headcount
        waiting.extend((child, own) for child in children[unit.id])
    # Units that came nearer stand among their new siblings by name as well.
    ordered, waiting_units = [], [top]
    while waiting_units:
        ordered.append(unit_now := waiting_units.pop())
        waiting_units.extend(sorted(standing_below[unit_now.unit_id], key=lambda each: -rank[each.unit_id]))
    return ordered


def _children(tree: Sequence[OpenUnit]) -> defaultdict[UUID | None, list[OpenUnit]]:
    children: defaultdict[UUID | None, list[OpenUnit]] = defaultdict(list)
    for unit in tree:
        children[unit.parent_id].append(unit)
    return children


async def _tree(work: Work, organisation_id: UUID) -> list[OpenUnit]:
    given = {"organisation_id": organisation_id, "day": work.today}
    return [OpenUnit(*row) for row in await work.session.execute(_TREE, given)]
