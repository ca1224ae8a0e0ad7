"""Actions: agreed in a session, followed across sessions until done or dropped, and their effect checked."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import (
    Action,
    ActionCreate,
    ActionRead,
    ActionState,
    ActionTransition,
    ActionUpdate,
)
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.working_group import WorkingGroup
from app.services import policy, record_review
from app.services.dialogue_templates import question_kinds
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.record_content import session_and_template
from app.services.work import Work, admit, changed, created, differing, find, refuse_unfit, removed, shown

SORTS: dict[str, Columns] = {"dueOn": (col(Action.due_on), col(Action.id))}

_OVERDUE = sa.and_(col(Action.state) == ActionState.OPEN, col(Action.due_on) < sa.bindparam("today", type_=sa.Date))
_ITEMS = sa.select(
    col(Action.id),
    col(Action.question_id),
    col(Action.what),
    col(Action.owner_function),
    col(Action.due_on),
    col(Action.session_record_id),
    col(Action.state),
    _OVERDUE.label("overdue"),
).where(col(Action.working_group_id) == sa.bindparam("working_group_id"), policy.visible(Action))
_AROUND = sa.select(
    sa.select(sa.func.count())
    .select_from(DialogueSession)
    .where(
        col(DialogueSession.working_group_id) == sa.bindparam("group_id"),
        col(DialogueSession.state) == DialogueSessionState.HELD,
        col(DialogueSession.held_at) > sa.bindparam("since", type_=sa.DateTime(timezone=True)),
        col(DialogueSession.held_at) <= sa.bindparam("until", type_=sa.DateTime(timezone=True)),
    )
    .scalar_subquery()
    .label("times_carried_over"),
    col(SessionRecord.state),
    col(SessionRecord.working_group_id),
).where(col(SessionRecord.id) == sa.bindparam("record_id"))


async def list_actions(
    work: Work,
    working_group_id: UUID,
    request: PageRequest,
    state: ActionState | None,
    overdue: bool | None,
) -> Listed:
    """The group's actions from all its sessions, the most urgent first."""
    await admit(work, "list_actions", WorkingGroup, working_group_id)
    query = _ITEMS
    if state is not None:
        query = query.where(col(Action.state) == state)
    if overdue is not None:
        query = query.where(_OVERDUE if overdue else sa.not_(_OVERDUE))
    return await page(work, query, SORTS, request, working_group_id=working_group_id, today=work.today)


async def create(work: Work, record_id: UUID, data: ActionCreate) -> ActionRead:
    """An agreed step. It is part of what the record says."""
    record = await admit(work, "create_action", SessionRecord, record_id)
    if data.question_id is not None:
        _session, template = await session_and_template(work, record)
        if question_kinds(template).get(data.question_id) != "action":
            raise Refusal(Code.UNKNOWN_QUESTION, "/questionId")
    action = Action(
        organisation_id=record.organisation_id,
        working_group_id=record.working_group_id,
        session_record_id=record.id,
        dialogue_session_id=record.dialogue_session_id,
        **data.model_dump(),
        created_at=work.now,
    )
    await created(work, "create_action", action)
    await record_review.edit(work, "create_action", record)
    return await _read(work, action)


async def read(work: Work, action_id: UUID) -> ActionRead:
    return await _read(work, await find(work, Action, action_id))


async def update(work: Work, action_id: UUID, version: int, data: ActionUpdate) -> ActionRead:
    """Change a step. Before the record is final that edits the record; afterwards only the step."""
    record = await _record_of(work, action_id)
    action = await admit(work, "update_action", Action, action_id, version)
    if changes := differing(action, data.model_dump(exclude_unset=True)):
        if record.state is not SessionRecordState.FINAL:
            await record_review.edit(work, "update_action", record)
        await changed(work, "update_action", action, changes)
    return await _read(work, action)


async def transition(work: Work, action_id: UUID, version: int, data: ActionTransition) -> ActionRead:
    """Done or dropped; and when it is done, its effect checked."""
    action = await admit(work, "transition_action", Action, action_id, version)
    refuse_unfit(data, {"reason": {"done", "dropped"}, "effect": {"effectChecked"}})
    if (data.to == "effectChecked") != (action.state is ActionState.DONE):
        raise Refusal(Code.TRANSITION_REFUSED, "/to")
    changes: dict[str, Any] = {"state": ActionState(data.to)}
    if data.to == "effectChecked":
        if data.effect is None:
            raise Refusal(Code.EFFECT_MISSING, "/effect")
        changes["effect"] = data.effect
    else:
        if data.to == "dropped" and data.reason is None:
            raise Refusal(Code.REASON_MISSING, "/reason")
        changes |= {"reason": data.reason, "settled_at": work.now}
    await changed(work, "transition_action", action, changes)
    return await _read(work, action)


async def delete(work: Work, action_id: UUID, version: int) -> None:
    """Take back a step while its record is being written. Later it can only be dropped, with a reason."""
    record = await _record_of(work, action_id)
    action = await admit(work, "delete_action", Action, action_id, version)
    await record_review.edit(work, "delete_action", record)
    await removed(work, "delete_action", action)


async def _record_of(work: Work, action_id: UUID) -> SessionRecord:
    """The record a step stands in, held before the step itself is: so does whoever makes the record final."""
    action = await find(work, Action, action_id)
    return await record_review.locked(work, action.session_record_id)


async def _read(work: Work, action: Action) -> ActionRead:
    given = {
        "group_id": action.working_group_id,
        "since": action.created_at,
        "until": action.settled_at or work.now,
        "record_id": action.session_record_id,
    }
    record = (await work.session.execute(_AROUND, given)).one()
    overdue = action.state is ActionState.OPEN and action.due_on < work.today
    carried = record.times_carried_over
    return shown(work, ActionRead, action, {SessionRecord: record}, overdue=overdue, times_carried_over=carried)
