"""Actions over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.paging import After, DueOrder, Limit, PageNumber, asked
from app.api.session_records import SessionRecordId
from app.api.working_groups import WorkingGroupId
from app.models.action import ActionCreate, ActionItem, ActionRead, ActionState, ActionTransition, ActionUpdate
from app.models.columns import Id
from app.services import actions

router = router_of("actions")

ActionId = Annotated[Id, Path(alias="actionId", description="The action.")]


def _answer(call: Call, action: ActionRead, status: int = 200) -> Response:
    return single(call.request, action, f"/actions/{action.id}", status=status)


@router.get("/working-groups/{workingGroupId}/actions", response_model=page_of(ActionItem), summary="List actions")
async def list_actions(
    call: Reading,
    working_group_id: WorkingGroupId,
    state: Annotated[ActionState | None, Query(description="Only actions in this state.")] = None,
    overdue: Annotated[bool | None, Query(description="Only open actions after their due day, or all others.")] = None,
    sort: Annotated[DueOrder, Query(description="Order.")] = "dueOn",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """What the group has agreed in all its sessions. Open actions are carried over until done or dropped."""
    request = asked(page, limit, after, sort)
    found = await actions.list_actions(call.work, working_group_id, request, state, overdue)
    return listed(call, ActionItem, found, request)


@router.post(
    "/session-records/{sessionRecordId}/actions",
    response_model=ActionRead,
    status_code=201,
    summary="Agree on an action",
)
async def create_action(call: Creating, session_record_id: SessionRecordId, action: ActionCreate) -> Response:
    """A next step with an owning function and a due day. It becomes part of what the record says."""
    made = await call.once(lambda: actions.create(call.work, session_record_id, action), actions.read)
    return _answer(call, made, 201)


@router.get("/actions/{actionId}", response_model=ActionRead, summary="Read an action")
async def read_action(call: Reading, action_id: ActionId) -> Response:
    """A step, how it went, and how many sessions it has been carried over."""
    return _answer(call, await actions.read(call.work, action_id))


@router.patch("/actions/{actionId}", response_model=ActionRead, summary="Change an action")
async def update_action(call: Writing, version: Version, action_id: ActionId, action: ActionUpdate) -> Response:
    """Change what, who or when. While the record is not final, this edits the record and voids approvals."""
    return _answer(call, await actions.update(call.work, action_id, version, action))


@router.post(
    "/actions/{actionId}/transitions",
    response_model=ActionRead,
    status_code=201,
    summary="Say how an action went",
)
async def transition_action(
    call: Creating, version: Version, action_id: ActionId, transition: ActionTransition
) -> Response:
    """Done, dropped with a reason, or the effect of a done one checked."""
    made = await call.once(lambda: actions.transition(call.work, action_id, version, transition), actions.read)
    return _answer(call, made, 201)


@router.delete("/actions/{actionId}", status_code=204, summary="Take back an action")
async def delete_action(call: Writing, version: Version, action_id: ActionId) -> Response:
    """Only while the record is being written. Later an action can be dropped, with a reason."""
    await actions.delete(call.work, action_id, version)
    return nothing()
