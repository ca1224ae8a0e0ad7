"""Units: the organisation's tree on any day. Moves and new names leave a history; a closed unit stays readable."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.organisation import Organisation
from app.models.unit import Unit, UnitCreate, UnitPeriod, UnitPlacement, UnitRead, UnitUpdate
from app.services import deactivation_brake, policy, syncing
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, shown, store

SORTS: dict[str, Columns] = {"name": (swedish_order(UnitPlacement.name), col(Unit.id))}

_ITEMS = sa.select(
    col(Unit.id),
    col(UnitPlacement.name),
    col(UnitPlacement.parent_id),
    col(Unit.external_id),
    col(Unit.headcount),
    col(Unit.valid_from),
    col(Unit.valid_to),
).join(UnitPlacement, col(UnitPlacement.unit_id) == col(Unit.id))

_forever = sa.literal_column("'infinity'::date", sa.Date)
_last_day = sa.func.coalesce(col(UnitPlacement.valid_to), _forever)
_ON_DAY = _ITEMS.where(
    col(UnitPlacement.organisation_id) == sa.bindparam("organisation_id"),
    col(UnitPlacement.valid_from) <= sa.bindparam("day", type_=sa.Date),
    _last_day >= sa.bindparam("day", type_=sa.Date),
    policy.visible(Unit),
)


async def list_units(
    work: Work,
    organisation_id: UUID,
    request: PageRequest,
    *,
    valid_on: date | None = None,
    parent_id: UUID | None = None,
    words: str | None = None,
) -> Listed:
    """The tree as it was on a day; `words` are searched with Swedish stemming or as the start of the name."""
    await admit(work, "list_units", Organisation, organisation_id)
    day = valid_on or work.today
    query = _ON_DAY
    if parent_id is not None:
        query = query.where(col(UnitPlacement.parent_id) == parent_id)
    if words is not None:
        name = sa.func.to_tsvector("swedish", col(UnitPlacement.name))
        query = query.where(
            sa.or_(
                name.bool_op("@@")(sa.func.websearch_to_tsquery("swedish", words)),
                col(UnitPlacement.name).istartswith(words, autoescape=True),
            )
        )
    return await page(work, query, SORTS, request, organisation_id=organisation_id, day=day)


async def create(work: Work, organisation_id: UUID, data: UnitCreate) -> UnitRead:
    # This holds the organisation's row: its tree changes one change at a time.
    await admit(work, "create_unit", Organisation, organisation_id)
    first_day = data.valid_from or work.today
    if first_day > work.today:
        raise Refusal(Code.DATE_IN_FUTURE, "/validFrom")
    if data.parent_id is not None:
        await _check_parent(work, organisation_id, data.parent_id, first_day)
    await syncing.screen(work, {"department": data.name, "external_id": data.external_id})
    unit = Unit(
        organisation_id=organisation_id,
        external_id=data.external_id,
        headcount=data.headcount,
        valid_from=first_day,
        created_at=work.now,
    )
    await created(work, "create_unit", unit)
    await _place(work, unit, data.name, data.parent_id, first_day)
    return await _shown(work, unit)


async def read(work: Work, unit_id: UUID) -> UnitRead:
    return await _shown(work, await find(work, Unit, unit_id))


async def update(work: Work, unit_id: UUID, version: int, data: UnitUpdate) -> UnitRead:
    """Move, rename, correct or close. What takes effect on a later day leaves the earlier days as they were."""
    organisation_id = (await find(work, Unit, unit_id)).organisation_id
    await hold_tree(work, organisation_id)
    unit = await admit(work, "update_unit", Unit, unit_id, version)
    sent = data.model_dump(exclude_unset=True)
    effective_on: date = sent.pop("effective_on", work.today)
    last_day: date | None = sent.pop("valid_to", None)
    placed: dict[str, Any] = {field: sent.pop(field) for field in ("name", "parent_id") if field in sent}

    placement = (await _placements(work, unit.id))[-1]
    # What is there already was let in by somebody.
    told = {
        "department": (placed.get("name"), placement.name),
        "external_id": (sent.get("external_id"), unit.external_id),
    }
    await syncing.screen(work, {field: new for field, (new, former) in told.items() if new != former})
    _check_day(work, effective_on, placement, "/effectiveOn")
    changes = differing(unit, sent)
    moved = differing(placement, placed)
    if moved:
        placement = await _move(work, unit, placement, moved, effective_on)
    if last_day is not None:
        await _check_closing(work, unit, placement, last_day)
        if work.actor.service_client_id is not None:
            await deactivation_brake.check_units(work, organisation_id, 1)
            changes["closed_by_syncing_at"] = work.now
        placement.valid_to = changes["valid_to"] = last_day
    if moved or changes:
        await changed(work, "update_unit", unit, changes)
    return await _shown(work, unit)


async def hold_tree(work: Work, organisation_id: UUID) -> None:
    """Wait for other changes of the tree. Two moves that are fine each alone can make a circle together."""
    query = sa.select(col(Organisation.id)).where(col(Organisation.id) == organisation_id)
    await work.session.execute(query.with_for_update(key_share=True))


async def _placements(work: Work, unit_id: UUID) -> list[UnitPlacement]:
    """The periods of the unit's life, oldest first. There is always one."""
    query = (
        sa.select(UnitPlacement).where(col(UnitPlacement.unit_id) == unit_id).order_by(col(UnitPlacement.valid_from))
    )
    return list((await work.session.execute(query)).scalars())


async def _shown(work: Work, unit: Unit) -> UnitRead:
    history = [
        UnitPeriod(name=each.name, parent_id=each.parent_id, valid_from=each.valid_from, valid_to=each.valid_to)
        for each in await _placements(work, unit.id)
    ]
    return shown(work, UnitRead, unit, name=history[-1].name, parent_id=history[-1].parent_id, periods=history)


async def _place(work: Work, unit: Unit, name: str, parent_id: UUID | None, first_day: date) -> UnitPlacement:
    placement = UnitPlacement(
        organisation_id=unit.organisation_id, unit_id=unit.id, parent_id=parent_id, name=name, valid_from=first_day
    )
    work.session.add(placement)
    await store(work.session)
    return placement


async def _move(
    work: Work, unit: Unit, placement: UnitPlacement, moved: dict[str, Any], effective_on: date
) -> UnitPlacement:
    """Give the unit a new name or place from a day on; on the day the present one began, correct that."""
    if (parent_id := moved.get("parent_id")) is not None:
        await _check_parent(work, unit.organisation_id, parent_id, effective_on)
        await _check_circle(work, unit.id, parent_id, effective_on)
    if effective_on == placement.valid_from:
        for field, value in moved.items():
            setattr(placement, field, value)
        return placement
    placement.valid_to = effective_on - timedelta(days=1)
    await store(work.session)  # before the new one: a unit has one open period
    fields = {"name": placement.name, "parent_id": placement.parent_id, **moved}
    return await _place(work, unit, first_day=effective_on, **fields)


def _check_day(work: Work, day: date, placement: UnitPlacement, pointer: str) -> None:
    if day > work.today:
        raise Refusal(Code.DATE_IN_FUTURE, pointer)
    if day < placement.valid_from:
        raise Refusal(Code.CHANGE_BEFORE_HISTORY, pointer)


async def _check_closing(work: Work, unit: Unit, placement: UnitPlacement, last_day: date) -> None:
    """No unit may be left under one that is gone, on any day."""
    _check_day(work, last_day, placement, "/validTo")
    below = sa.select(col(UnitPlacement.id)).where(col(UnitPlacement.parent_id) == unit.id, _last_day > last_day)
    if (await work.session.execute(below.limit(1))).first() is not None:
        raise Refusal(Code.UNIT_HAS_CHILDREN)


async def _check_parent(work: Work, organisation_id: UUID, parent_id: UUID, first_day: date) -> None:
    query = sa.select(col(Unit.valid_from), col(Unit.valid_to)).where(
        col(Unit.id) == parent_id, col(Unit.organisation_id) == organisation_id
    )
    parent = (await work.session.execute(query)).one_or_none()
    if parent is None:
        raise Refusal(Code.UNKNOWN_UNIT, "/parentId")
    if parent.valid_to is not None:
        raise Refusal(Code.UNIT_CLOSED, "/parentId")
    if parent.valid_from > first_day:
        raise Refusal(Code.PARENT_NOT_YET, "/parentId")


async def _check_circle(work: Work, unit_id: UUID, parent_id: UUID, first_day: date) -> None:
    """Walk upward from the parent through every placement from the day on.

    Each step narrows the days to those on which all placements of the walk hold: a unit that lay below this
    one in March does not stand in the way of a place above it from April.
    """
    above = sa.select(
        sa.literal(parent_id, sa.Uuid).label("unit_id"),
        sa.literal(first_day, sa.Date).label("first_day"),
        _forever.label("last_day"),
    ).cte("above", recursive=True)
    above = above.union(
        sa.select(
            col(UnitPlacement.parent_id),
            sa.func.greatest(above.c.first_day, col(UnitPlacement.valid_from)),
            sa.func.least(above.c.last_day, _last_day),
        ).where(
            col(UnitPlacement.unit_id) == above.c.unit_id,
            col(UnitPlacement.parent_id).is_not(None),
            col(UnitPlacement.valid_from) <= above.c.last_day,
            _last_day >= above.c.first_day,
            above.c.unit_id != unit_id,
        )
    )
    found = sa.select(sa.literal(1)).where(above.c.unit_id == unit_id).limit(1)
    if (await work.session.execute(found)).first() is not None:
        raise Refusal(Code.UNIT_CYCLE, "/parentId")
