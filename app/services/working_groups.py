"""Working groups: proposed by one side, started by both, talking until dormant or closed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import Action, ActionState
from app.models.approval import Approval, ApprovalCreate, ApprovalRead, SubjectType, VoidReason
from app.models.columns import enum_type, swedish_order
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.organisation import ApprovalRule, Organisation
from app.models.party import Party, PartyState, Side
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.unit import Unit
from app.models.working_group import (
    WorkingGroup,
    WorkingGroupCreate,
    WorkingGroupGlance,
    WorkingGroupParty,
    WorkingGroupRead,
    WorkingGroupSeat,
    WorkingGroupState,
    WorkingGroupTransition,
    WorkingGroupUpdate,
    dormant_on,
)
from app.services import joint_decision, policy
from app.services.calendar import swedish_day
from app.services.content_hash import content_hash
from app.services.errors import Code, Refusal
from app.services.joint_decision import Outcome, Subject
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, shown

SORTS: dict[str, Columns] = {"name": (swedish_order(WorkingGroup.name), col(WorkingGroup.id))}

_DORMANT = sa.and_(
    col(WorkingGroup.state) == WorkingGroupState.ACTIVE,
    sa.cast(
        sa.func.timezone("Europe/Stockholm", sa.func.greatest(WorkingGroup.last_session_at, WorkingGroup.started_at)),
        sa.Date,
    )
    + col(WorkingGroup.dormancy_interval_days)
    <= sa.bindparam("today", type_=sa.Date),
)
_state_now = sa.type_coerce(
    sa.case((_DORMANT, WorkingGroupState.DORMANT.value), else_=sa.type_coerce(col(WorkingGroup.state), sa.String)),
    enum_type(WorkingGroupState),
)
_ITEMS = sa.select(
    col(WorkingGroup.id),
    col(WorkingGroup.name),
    col(WorkingGroup.level),
    col(WorkingGroup.scope_unit_id),
    _state_now.label("state"),
    col(WorkingGroup.last_session_at),
).where(col(WorkingGroup.organisation_id) == sa.bindparam("organisation_id"), policy.visible(WorkingGroup))
_SEATS = (
    sa.select(col(Party.id), col(Party.side), col(Party.name))
    .join(WorkingGroupParty, col(WorkingGroupParty.party_id) == col(Party.id))
    .where(col(WorkingGroupParty.working_group_id) == sa.bindparam("group_id"))
    # Not by side: nobody's place at the table is the first.
    .order_by(swedish_order(Party.name), col(Party.id))
)
_DECIDING_SEATS = _SEATS.where(col(Party.state) == PartyState.ACTIVE)


def _counted(row: Any, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    of_group = row.working_group_id == sa.bindparam("group_id")
    return sa.select(sa.func.count()).select_from(row).where(of_group, *where).scalar_subquery()


_GLANCE = sa.select(
    sa.select(sa.func.min(DialogueSession.starts_at))
    .where(
        col(DialogueSession.working_group_id) == sa.bindparam("group_id"),
        col(DialogueSession.state).in_([DialogueSessionState.PLANNED, DialogueSessionState.PREPARED]),
        col(DialogueSession.starts_at) >= sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    )
    .scalar_subquery()
    .label("next_session_at"),
    _counted(
        SessionRecord,
        col(SessionRecord.state) == SessionRecordState.UNDER_REVIEW,
        col(SessionRecord.review_deadline) > sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    ).label("records_under_review"),
    _counted(Action, col(Action.state) == ActionState.OPEN).label("open_actions"),
    _counted(
        Action,
        col(Action.state) == ActionState.OPEN,
        col(Action.due_on) < sa.bindparam("today", type_=sa.Date),
    ).label("overdue_actions"),
    _counted(Action, col(Action.state) == ActionState.DONE).label("actions_awaiting_effect_check"),
)


async def list_working_groups(
    work: Work, organisation_id: UUID, request: PageRequest, state: WorkingGroupState | None
) -> Listed:
    """The organisation's groups that the actor may read, with dormant ones as such."""
    await admit(work, "list_working_groups", Organisation, organisation_id)
    query = _ITEMS
    if state is not None:
        query = query.where(_state_now == state)
    return await page(work, query, SORTS, request, organisation_id=organisation_id, today=work.today)


async def create(work: Work, organisation_id: UUID, data: WorkingGroupCreate) -> WorkingGroupRead:
    """A proposal. It takes effect when every party named in it has approved the same content."""
    organisation = await admit(work, "create_working_group", Organisation, organisation_id)
    # A seat at one other table gives no say about new ones.
    general = [seat for seat in work.actor.seats if seat.working_group_id is None]
    seat = next((seat for seat in general if seat.party_id in data.party_ids), None)
    if seat is None:
        raise Refusal(Code.OWN_PARTY_MISSING, "/partyIds")
    _check_named_once(data.party_ids)
    await _check_parties(work, organisation_id, data.party_ids)
    await _check_unit(work, organisation_id, data.scope_unit_id)
    group = WorkingGroup(
        organisation_id=organisation_id,
        name=data.name,
        purpose=data.purpose,
        scope_unit_id=data.scope_unit_id,
        level=data.level,
        approval_rule=data.approval_rule or organisation.approval_rule,
        dormancy_interval_days=data.dormancy_interval_days or organisation.dormancy_interval_days,
        proposed_by_party_id=seat.party_id,
        created_at=work.now,
    )
    group.content_hash = _hashed(group, data.party_ids)
    work = _seated(work, group.id, data.party_ids)
    await created(work, "create_working_group", group, mandate_id=seat.mandate_id)
    await _set_parties(work, group, data.party_ids)
    return await _read(work, group)


async def read(work: Work, working_group_id: UUID) -> WorkingGroupRead:
    group, approvals = await joint_decision.find_decided(work, WorkingGroup, working_group_id)
    return await _shown(work, group, approvals)


async def read_made(work: Work, working_group_id: UUID) -> WorkingGroupRead:
    """A proposal whose twin request made it while this one waited: the actor was loaded before the table was."""
    work = _seated(work, working_group_id, list(await party_sides(work, working_group_id)))
    return await read(work, working_group_id)


async def update(work: Work, working_group_id: UUID, version: int, data: WorkingGroupUpdate) -> WorkingGroupRead:
    """Change the proposal. Any real change voids the approvals given so far."""
    group = await admit(work, "update_working_group", WorkingGroup, working_group_id, version)
    given = data.model_dump(exclude_unset=True)
    before = set(await party_sides(work, group.id))
    party_ids: list[UUID] = given.pop("party_ids", None) or sorted(before)
    _check_named_once(party_ids)
    changes = differing(group, given)
    if not changes and set(party_ids) == before:
        return await _read(work, group)
    if set(party_ids) != before:
        if not {seat.party_id for seat in work.actor.seats_at(group.id)} & set(party_ids):
            raise Refusal(Code.OWN_PARTY_MISSING, "/partyIds")
        await _check_parties(work, group.organisation_id, party_ids)
        await _set_parties(work, group, party_ids)
    if "scope_unit_id" in changes:
        await _check_unit(work, group.organisation_id, changes["scope_unit_id"])
    await edit(work, "update_working_group", group, changes, party_ids)
    return await _read(work, group)


async def edit(work: Work, operation: str, group: WorkingGroup, changes: dict[str, Any], party_ids: list[UUID]) -> None:
    """Change what a proposal says. The caller holds its lock; approvals of what it said before are void."""
    for field, value in changes.items():
        setattr(group, field, value)
    await changed(work, operation, group, {"content_hash": _hashed(group, party_ids)})
    await joint_decision.void(work, operation, group.id, VoidReason.EDITED)


async def approve(work: Work, working_group_id: UUID, version: int, data: ApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed starts the group."""
    group = await admit(work, "approve_working_group", WorkingGroup, working_group_id, version)
    approval, outcome = await joint_decision.decide(work, "approve_working_group", await _subject(work, group), data)
    if outcome is Outcome.REACHED:
        started = {"state": WorkingGroupState.ACTIVE, "started_at": work.now}
        await changed(work, "approve_working_group", group, started, mandate_id=approval.mandate_id)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await joint_decision.void(
            work, "approve_working_group", group.id, VoidReason.CHANGE_REQUESTED, except_for=approval
        )
    return shown(work, ApprovalRead, approval)


async def close(work: Work, working_group_id: UUID, version: int, data: WorkingGroupTransition) -> WorkingGroupRead:
    """A party at the table ends the group. What the group wrote and agreed stays."""
    group = await admit(work, "close_working_group", WorkingGroup, working_group_id, version)
    closed = {"state": WorkingGroupState.CLOSED, "closed_at": work.now, "close_reason": data.reason}
    await changed(work, "close_working_group", group, closed)
    return await _read(work, group)


async def seats(work: Work, working_group_id: UUID) -> list[WorkingGroupSeat]:
    """The table, by the parties' names."""
    rows = await work.session.execute(_SEATS, {"group_id": working_group_id})
    return [WorkingGroupSeat(id=party_id, side=side, name=name) for party_id, side, name in rows]


async def party_sides(work: Work, working_group_id: UUID) -> dict[UUID, Side]:
    """The parties that have a seat at the table."""
    return {seat.id: seat.side for seat in await seats(work, working_group_id)}


async def deciding_sides(work: Work, working_group_id: UUID) -> dict[UUID, Side]:
    """Those of them whose agreement is asked for: a union that has closed its party can give none."""
    rows = await work.session.execute(_DECIDING_SEATS, {"group_id": working_group_id})
    return {party_id: side for party_id, side, _name in rows}


async def met(work: Work, operation: str, session: DialogueSession) -> None:
    """The group has met: its learning is fresh again. A closed one meets no more, whatever was planned."""
    group = await find(work, WorkingGroup, session.working_group_id, lock=True)
    if group.state is WorkingGroupState.CLOSED:
        raise Refusal(Code.GROUP_CLOSED)
    latest = max(filter(None, [group.last_session_at, session.starts_at]))
    await changed(work, operation, group, {"last_session_at": latest})


def state_now(group: WorkingGroup, today: date) -> WorkingGroupState:
    """The state with time taken into account."""
    sleeps = sleeps_on(group)
    return WorkingGroupState.DORMANT if sleeps is not None and sleeps <= today else group.state


def sleeps_on(group: WorkingGroup) -> date | None:
    """The day a started group goes dormant unless it meets."""
    if group.state is not WorkingGroupState.ACTIVE or group.started_at is None:
        return None
    last = swedish_day(group.last_session_at) if group.last_session_at else None
    return dormant_on(swedish_day(group.started_at), last, group.dormancy_interval_days)


async def _subject(work: Work, group: WorkingGroup) -> Subject:
    # Starting needs every party whatever rule the group will live by: that is how all of them choose the rule.
    return Subject(
        SubjectType.WORKING_GROUP,
        group.id,
        group.organisation_id,
        group.id,
        group.content_hash,
        ApprovalRule.EVERY,
        await party_sides(work, group.id),
    )


def _hashed(group: WorkingGroup, party_ids: list[UUID]) -> str:
    return content_hash(
        {
            "workingGroupId": str(group.id),
            "name": group.name,
            "purpose": group.purpose,
            "scopeUnitId": str(group.scope_unit_id),
            "level": group.level.value,
            "approvalRule": group.approval_rule.value,
            "dormancyIntervalDays": group.dormancy_interval_days,
            "partyIds": sorted(str(party_id) for party_id in party_ids),
        }
    )


def _check_named_once(party_ids: list[UUID]) -> None:
    if len(set(party_ids)) != len(party_ids):
        raise Refusal(Code.NAMED_TWICE, "/partyIds")


async def _check_parties(work: Work, organisation_id: UUID, party_ids: list[UUID]) -> None:
    sides = (
        (
            await work.session.execute(
                sa.select(col(Party.side)).where(
                    col(Party.id).in_(party_ids),
                    col(Party.organisation_id) == organisation_id,
                    col(Party.state) == PartyState.ACTIVE,
                )
            )
        )
        .scalars()
        .all()
    )
    if len(sides) != len(party_ids):
        raise Refusal(Code.UNKNOWN_PARTY, "/partyIds")
    if set(sides) != {Side.EMPLOYER, Side.UNION}:
        raise Refusal(Code.TABLE_ONE_SIDED, "/partyIds")


async def _check_unit(work: Work, organisation_id: UUID, unit_id: UUID) -> None:
    there = sa.select(col(Unit.id)).where(
        col(Unit.id) == unit_id,
        col(Unit.organisation_id) == organisation_id,
        sa.or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) >= work.today),
    )
    if (await work.session.execute(there)).first() is None:
        raise Refusal(Code.UNKNOWN_UNIT, "/scopeUnitId")


async def _set_parties(work: Work, group: WorkingGroup, party_ids: list[UUID]) -> None:
    await work.session.execute(sa.delete(WorkingGroupParty).where(col(WorkingGroupParty.working_group_id) == group.id))
    await work.session.execute(
        sa.insert(WorkingGroupParty), [{"working_group_id": group.id, "party_id": party_id} for party_id in party_ids]
    )


def _seated(work: Work, group_id: UUID, party_ids: list[UUID]) -> Work:
    """The same work after the actor's party has got a seat at a new table."""
    seats = frozenset((group_id, party_id) for party_id in work.actor.parties & set(party_ids))
    return replace(work, actor=replace(work.actor, tables=work.actor.tables | seats))


async def _read(work: Work, group: WorkingGroup) -> WorkingGroupRead:
    """As it stands for one who holds its row, without which decisions could come between."""
    return await _shown(work, group, await joint_decision.standing(work, group.id))


async def _shown(work: Work, group: WorkingGroup, approvals: Sequence[Approval]) -> WorkingGroupRead:
    connection = await work.session.connection()
    given = {"group_id": group.id, "now": work.now, "today": work.today}
    glance = (await connection.execute(_GLANCE, given)).mappings().one()
    read = shown(
        work,
        WorkingGroupRead,
        group,
        state=state_now(group, work.today),
        parties=await seats(work, group.id),
        approvals=joint_decision.summaries(approvals),
        glance=WorkingGroupGlance(last_session_at=group.last_session_at, dormant_on=sleeps_on(group), **glance),
    )
    joint_decision.mark_decided(work, read.allowed_actions, "approve_working_group", group.id, approvals)
    return read
