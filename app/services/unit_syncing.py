"""The unit tree of an organisation over time, read and stored as a whole."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.base import new_id
from app.models.unit import Unit, UnitPlacement
from app.services import audit, deactivation_brake, policy
from app.services.actor import Actor
from app.services.errors import Code, Refusal
from app.services.unit_lives import ONE_DAY, Period
from app.services.unit_timelines import PresentUnit, TreePlan, UnitChange, own_key
from app.services.work import Work, store

_UNITS = (
    sa.select(col(Unit.id), col(Unit.version), col(Unit.external_id), col(Unit.headcount), col(Unit.merged_into_id))
    .where(col(Unit.organisation_id) == sa.bindparam("organisation_id"))
    .order_by(col(Unit.id))
)
_PLACEMENTS = (
    sa.select(
        col(UnitPlacement.unit_id),
        col(UnitPlacement.name),
        col(UnitPlacement.parent_id),
        col(UnitPlacement.valid_from),
        col(UnitPlacement.valid_to),
    )
    .where(col(UnitPlacement.organisation_id) == sa.bindparam("organisation_id"))
    .order_by(col(UnitPlacement.unit_id), col(UnitPlacement.valid_from))
)
_CHANGED = (
    sa.select(Unit)
    .where(col(Unit.id) == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid))))
    .order_by(col(Unit.id))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_THEIR_PLACEMENTS = sa.select(UnitPlacement).where(
    col(UnitPlacement.unit_id) == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)))
)
_VERSION = sa.select(sa.func.coalesce(sa.func.sum(col(Unit.version)), 0)).where(
    col(Unit.organisation_id) == sa.bindparam("organisation_id")
)
AT_ONCE = 250


async def present(work: Work, organisation_id: UUID) -> dict[str, PresentUnit]:
    """Every unit there is or was, by its key."""
    given = {"organisation_id": organisation_id}
    units = (await work.session.execute(_UNITS, given)).all()
    keys = {unit.id: own_key(unit.id) if unit.external_id is None else unit.external_id for unit in units}
    lives: dict[UUID, list[Period]] = {unit.id: [] for unit in units}
    for unit_id, name, parent_id, first, last in await work.session.execute(_PLACEMENTS, given):
        lives[unit_id].append(Period(name, keys.get(parent_id), first, last))
    return {
        keys[unit.id]: PresentUnit(
            keys[unit.id],
            unit.id,
            unit.version,
            unit.headcount,
            keys.get(unit.merged_into_id),
            tuple(lives[unit.id]),
        )
        for unit in units
    }


async def version(work: Work, organisation_id: UUID) -> int:
    """Counts the changes of the tree: units are never removed, and every change of one adds to its version."""
    counted: int = (await work.session.execute(_VERSION, {"organisation_id": organisation_id})).scalar_one()
    return counted


async def carry_out(
    work: Work,
    organisation_id: UUID,
    here: Mapping[str, PresentUnit],
    plan: TreePlan,
    said_by: Mapping[str, Actor] | None = None,
) -> None:
    """All of the plan's changes, each with its entry in the trail. The caller holds the organisation's row.

    `said_by`: in whose name units change by their keys, where that is not the one who works. Refused with `UNIT_BRAKE`
    if service clients close more units than the organisation's brake lets through.
    """

    def by(key: str) -> Actor:
        return (said_by or {}).get(key, work.actor)

    by_clients = [key for key in deactivation_brake.closing_in(plan, here) if by(key).service_client_id is not None]
    await deactivation_brake.check_units(work, organisation_id, len(by_clients))
    ids = {key: unit.unit_id for key, unit in here.items()}
    ids |= {change.key: new_id() for change in plan.changes if change.unit_id is None}
    changed_ids = [change.unit_id for change in plan.changes if change.unit_id is not None]
    asked = {"ids": changed_ids}
    units = {unit.id: unit for unit in (await work.session.execute(_CHANGED, asked)).scalars()}
    placed: dict[UUID, dict[object, UnitPlacement]] = {}
    for placement in (await work.session.execute(_THEIR_PLACEMENTS, asked)).scalars():
        placed.setdefault(placement.unit_id, {})[placement.valid_from] = placement
    merged: list[tuple[Unit, UUID | None]] = []
    new: list[UnitPlacement] = []
    for place, change in enumerate(plan.changes):
        if place % AT_ONCE == 0:
            await store(work.session)  # in portions: others are served in between
        actor = by(change.key)
        unit = _created(work, actor, organisation_id, ids[change.key], change) if change.unit_id is None else None
        if unit is None:
            unit = units.get(ids[change.key])
            if unit is None or unit.version != change.from_version:
                raise Refusal(Code.PLAN_STALE)
            _changed(work, actor, unit, change)
        merged.append((unit, None if change.merged_into is None else ids[change.merged_into]))
        new += _placements(organisation_id, ids, change, placed.get(unit.id, {}))
    await store(work.session)
    for unit, into in merged:
        unit.merged_into_id = into  # now that whatever it became part of is there
    # After the former one of each has ended: a unit has one open period.
    for start in range(0, len(new), AT_ONCE):
        work.session.add_all(new[start : start + AT_ONCE])
        await store(work.session)
    await store(work.session)


def _created(work: Work, actor: Actor, organisation_id: UUID, unit_id: UUID, change: UnitChange) -> Unit:
    unit = Unit(
        id=unit_id,
        organisation_id=organisation_id,
        external_id=change.key,
        headcount=change.headcount,
        valid_from=change.periods[0].first,
        valid_to=change.periods[-1].last,
        created_at=work.now,
    )
    work.session.add(unit)
    work.session.add(audit.entry(actor, "create_unit", unit, work.now, None, None))
    return unit


def _changed(work: Work, actor: Actor, unit: Unit, change: UnitChange) -> None:
    policy.require(actor, "update_unit", unit)
    before = unit.version
    last_day = change.periods[-1].last
    if last_day is not None and unit.valid_to is None and actor.service_client_id is not None:
        unit.closed_by_syncing_at = work.now
    unit.headcount, unit.valid_to, unit.version = change.headcount, last_day, before + 1
    unit.changed_at = work.now
    work.session.add(audit.entry(actor, "update_unit", unit, work.now, before, None))


def _placements(
    organisation_id: UUID, ids: Mapping[str, UUID], change: UnitChange, placed: Mapping[object, UnitPlacement]
) -> list[UnitPlacement]:
    """End or correct the periods that are there, and give the new ones. What was before stays."""
    day = change.from_day
    if day is None:
        return []
    new = []
    for period in change.periods:
        parent_id = None if period.parent is None else ids[period.parent]
        there = placed.get(period.first)
        if there is None:
            if period.first >= day:
                new.append(
                    UnitPlacement(
                        organisation_id=organisation_id,
                        unit_id=ids[change.key],
                        parent_id=parent_id,
                        name=period.name,
                        valid_from=period.first,
                        valid_to=period.last,
                    )
                )
                continue
        elif there.valid_to is None:
            there.name, there.parent_id, there.valid_to = period.name, parent_id, period.last
    latest = change.periods[-1]
    # Periods that are joined in the plan can be several rows: the one that was open ends where the new one begins, or
    # is as it was before again.
    for there in placed.values():
        if there.valid_to is None and new and there.valid_from < new[0].valid_from:
            there.valid_to = new[0].valid_from - ONE_DAY
        elif there.valid_to is None and not new:
            parent_id = None if latest.parent is None else ids[latest.parent]
            there.name, there.parent_id, there.valid_to = latest.name, parent_id, latest.last
    return new
