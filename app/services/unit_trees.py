"""A whole unit tree, read and put in its place."""

from collections.abc import Mapping
from uuid import UUID

from app.models.organisation import Organisation
from app.models.unit_tree import TreePeriodRead, TreeUnit, TreeUnitRead, UnitTreeInput, UnitTreeRead
from app.services import imports, syncing, union_data, unit_syncing
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.personal_numbers import has_personal_number
from app.services.unit_lives import Period
from app.services.unit_timelines import PresentUnit, WantedUnit, is_foreign, plan_tree
from app.services.work import Work, admit


async def read(work: Work, organisation_id: UUID) -> UnitTreeRead:
    """Every unit there is or was; its version counts the changes of all of them."""
    await admit(work, "read_unit_tree", Organisation, organisation_id)
    version = await unit_syncing.version(work, organisation_id)
    return _shown(organisation_id, version, await unit_syncing.present(work, organisation_id))


async def replace(work: Work, organisation_id: UUID, version: int, data: UnitTreeInput) -> UnitTreeRead:
    """Make it the organisation's tree, all of it or nothing. What begins later is kept for its day.

    An import without a file stands for it, with the report of what has changed.
    """
    await admit(work, "replace_unit_tree", Organisation, organisation_id)
    if await unit_syncing.version(work, organisation_id) != version:
        raise Refusal(Code.STALE_VERSION)
    here = await unit_syncing.present(work, organisation_id)
    if faults := _faults_in(data, frozenset(period.name for unit in here.values() for period in unit.periods)):
        raise await syncing.refusal_of(work, faults)
    plan = plan_tree(
        here.values(),
        [_wanted(each, f"/units/{place}") for place, each in enumerate(data.units)],
        work.today,
        close_missing=True,
    )
    if plan.errors:
        faults = [FieldRefusal(each.place or "/units", each.code) for each in plan.errors]
        raise Refusal(faults[0].code, fields=faults)
    await imports.record_tree(work, organisation_id, plan, seen=len(data.units))
    await unit_syncing.carry_out(work, organisation_id, here, plan)
    now = await unit_syncing.present(work, organisation_id)
    return _shown(organisation_id, await unit_syncing.version(work, organisation_id), now)


def _faults_in(data: UnitTreeInput, names_here: frozenset[str]) -> list[FieldRefusal]:
    """No union data, no personal identity number, and no id that only a unit without one can have. A name that is
    here was let in by somebody."""
    faults = []
    for place, unit in enumerate(data.units):
        ids = [unit.external_id, unit.merged_into_external_id or ""]
        ids += [period.parent_external_id or "" for period in unit.periods]
        texts = [*ids, *(period.name for period in unit.periods if period.name not in names_here)]
        if any(map(union_data.looks_like, texts)):
            faults.append(FieldRefusal(f"/units/{place}", Code.UNION_DATA_REFUSED))
        elif any(map(has_personal_number, ids)):
            faults.append(FieldRefusal(f"/units/{place}", Code.PERSONAL_NUMBER_REFUSED))
        elif not all(map(is_foreign, ids)):
            faults.append(FieldRefusal(f"/units/{place}", Code.UNKNOWN_UNIT))
    return faults


def _wanted(unit: TreeUnit, place: str) -> WantedUnit:
    life = tuple(Period(each.name, each.parent_external_id, each.valid_from, each.valid_to) for each in unit.periods)
    return WantedUnit(unit.external_id, life, unit.headcount, unit.merged_into_external_id, place)


def _shown(organisation_id: UUID, version: int, here: Mapping[str, PresentUnit]) -> UnitTreeRead:
    return UnitTreeRead(
        organisation_id=organisation_id,
        version=version,
        units=[
            TreeUnitRead(
                id=unit.unit_id,
                external_id=_foreign(unit.key),
                headcount=unit.headcount,
                merged_into_external_id=_foreign(unit.merged_into),
                periods=[
                    TreePeriodRead(
                        name=each.name,
                        parent_external_id=_foreign(each.parent),
                        valid_from=each.first,
                        valid_to=each.last,
                    )
                    for each in unit.periods
                ],
            )
            for unit in here.values()
        ],
    )


def _foreign(key: str | None) -> str | None:
    return key if key is not None and is_foreign(key) else None
