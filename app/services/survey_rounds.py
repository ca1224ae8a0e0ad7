"""Survey rounds: drafted by either side, read by both alike; survey_opening.py says how they open."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, VoidReason
from app.models.base import Table
from app.models.columns import enum_type
from app.models.organisation import Organisation
from app.models.survey_round import (
    SurveyRound,
    SurveyRoundCreate,
    SurveyRoundRead,
    SurveyRoundState,
    SurveyRoundTransition,
    SurveyRoundUpdate,
    round_state,
)
from app.models.working_group import WorkingGroup
from app.services import joint_decision, policy, survey_opening, survey_units
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.survey_keys import KEY_NOTICE, keys_made
from app.services.survey_schedule import check_times
from app.services.work import Work, admit, changed, created, differing, shown

SORTS: dict[str, Columns] = {"createdAt": (col(SurveyRound.id),)}

round_state_now = sa.type_coerce(
    sa.case(
        (
            sa.and_(
                col(SurveyRound.state) == SurveyRoundState.OPEN,
                col(SurveyRound.closes_at) <= sa.bindparam("now", type_=sa.DateTime(timezone=True)),
            ),
            SurveyRoundState.CLOSED.value,
        ),
        else_=sa.type_coerce(col(SurveyRound.state), sa.String),
    ),
    enum_type(SurveyRoundState),
)
_ITEMS = sa.select(
    col(SurveyRound.id),
    col(SurveyRound.title),
    round_state_now.label("state"),
    col(SurveyRound.working_group_id),
    col(SurveyRound.instrument_id),
    col(SurveyRound.opens_at),
    col(SurveyRound.closes_at),
    col(SurveyRound.released_at),
)


def _below(parent: Any) -> sa.Select[*tuple[Any, ...]]:
    return _ITEMS.where(parent == sa.bindparam("parent_id"), policy.visible(SurveyRound))


_OF_ORGANISATION = _below(col(SurveyRound.organisation_id))
_OF_GROUP = _below(col(SurveyRound.working_group_id))


async def list_of_organisation(
    work: Work, organisation_id: UUID, request: PageRequest, state: SurveyRoundState | None
) -> Listed:
    """Every round of the organisation that the actor may read: an integrator sees the released ones."""
    await admit(work, "list_organisation_survey_rounds", Organisation, organisation_id)
    return await _list(work, request, state, _OF_ORGANISATION, organisation_id)


async def list_of_group(
    work: Work, working_group_id: UUID, request: PageRequest, state: SurveyRoundState | None
) -> Listed:
    await admit(work, "list_survey_rounds", WorkingGroup, working_group_id)
    return await _list(work, request, state, _OF_GROUP, working_group_id)


async def _list(
    work: Work,
    request: PageRequest,
    state: SurveyRoundState | None,
    query: sa.Select[*tuple[Any, ...]],
    parent_id: UUID,
) -> Listed:
    if state is not None:
        query = query.where(round_state_now == state)
    return await page(work, query, SORTS, request, parent_id=parent_id, now=work.now)


async def create(work: Work, working_group_id: UUID, data: SurveyRoundCreate) -> SurveyRoundRead:
    """A draft, with the units as the tree is today."""
    group = await admit(work, "create_survey_round", WorkingGroup, working_group_id)
    check_times(data.opens_at, data.closes_at, work.now)
    root_id = data.root_unit_id or group.scope_unit_id
    tree = await survey_units.read_tree(work, group, root_id, data.unit_ids, named=data.unit_ids or [])
    await survey_opening.usable_instrument(work, group.organisation_id, data.instrument_id, free_text=data.free_text)
    survey_round = SurveyRound(
        **data.model_dump(exclude={"root_unit_id", "unit_ids"}),
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        root_unit_id=root_id,
        every_unit=data.unit_ids is None,
        created_at=work.now,
    )
    await created(work, "create_survey_round", survey_round)
    await survey_units.replace(work, survey_round.id, tree)
    return await _read(work, survey_round)


async def read(work: Work, round_id: UUID) -> SurveyRoundRead:
    survey_round, approvals = await joint_decision.find_decided(work, SurveyRound, round_id)
    return await _shown(work, survey_round, approvals)


async def update(work: Work, round_id: UUID, version: int, data: SurveyRoundUpdate) -> SurveyRoundRead:
    """Change a draft. A request for change that brought it back has then been answered."""
    survey_round = await admit(work, "update_survey_round", SurveyRound, round_id, version)
    given: dict[str, Any] = {name: getattr(data, name) for name in data.model_fields_set}
    chosen = await survey_units.chosen_units(work, survey_round)
    named: list[UUID] = []
    others = False
    if "unit_ids" in given:
        wanted: list[UUID] | None = given.pop("unit_ids")
        given["every_unit"] = wanted is None
        others = wanted is not None and chosen != {*wanted, survey_round.root_unit_id}
        chosen, named = None if wanted is None else set(wanted), wanted or []
    if (changes := differing(survey_round, given)) or others:
        await _change(work, survey_round, changes, chosen, named)
    return await _read(work, survey_round)


async def _change(
    work: Work,
    survey_round: SurveyRound,
    changes: dict[str, Any],
    chosen: Collection[UUID] | None,
    named: Sequence[UUID],
) -> None:
    def wanted(field: str) -> Any:
        return changes.get(field, getattr(survey_round, field))

    check_times(wanted("opens_at"), wanted("closes_at"), work.now)
    group = await work.session.get_one(WorkingGroup, survey_round.working_group_id)
    tree = await survey_units.read_tree(work, group, wanted("root_unit_id"), chosen, named)
    await survey_opening.usable_instrument(
        work, survey_round.organisation_id, wanted("instrument_id"), free_text=wanted("free_text")
    )
    if not wanted("two_keys"):
        changes |= {"employer_public_key": None, "union_public_key": None}
    await joint_decision.void(work, "update_survey_round", survey_round.id, VoidReason.EDITED)
    await changed(work, "update_survey_round", survey_round, changes)
    await survey_units.replace(work, survey_round.id, tree)


async def transition(work: Work, round_id: UUID, version: int, data: SurveyRoundTransition) -> SurveyRoundRead:
    return await _read(work, await survey_opening.transition(work, round_id, version, data))


async def _read(work: Work, survey_round: SurveyRound) -> SurveyRoundRead:
    """As it stands for one who holds its row, without which decisions could come between."""
    return await _shown(work, survey_round, await joint_decision.standing(work, survey_round.id))


async def _shown(work: Work, survey_round: SurveyRound, approvals: Sequence[Approval]) -> SurveyRoundRead:
    unit_count, headcount = await survey_units.totals(work, survey_round.id)
    # A service client, who can do nothing with a round but read it, is shown no group.
    group = await work.session.get(WorkingGroup, survey_round.working_group_id)
    around: dict[type[Table], Any] = {} if group is None else {WorkingGroup: group}
    read = shown(
        work,
        SurveyRoundRead,
        survey_round,
        around,
        state=round_state(survey_round, work.now),
        unit_count=unit_count,
        headcount=headcount,
        key_holders=keys_made(survey_round),
        key_notice=KEY_NOTICE if survey_round.two_keys else None,
        approvals=joint_decision.summaries(approvals),
    )
    joint_decision.mark_decided(
        work, read.allowed_actions, "approve_survey_round", survey_round.working_group_id, approvals
    )
    return read
