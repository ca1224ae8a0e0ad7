"""Working groups over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByDecision, Limit, NameOrder, PageNumber, asked
from app.models.approval import ApprovalCreate, ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.models.working_group import (
    WorkingGroupCreate,
    WorkingGroupItem,
    WorkingGroupRead,
    WorkingGroupState,
    WorkingGroupTransition,
    WorkingGroupUpdate,
)
from app.services import working_groups

router = router_of("working-groups")

WorkingGroupId = Annotated[Id, Path(alias="workingGroupId", description="The working group.")]


def _answer(call: Reading | Writing, group: WorkingGroupRead, status: int = 200) -> Response:
    path = f"/working-groups/{group.id}"
    return single(call.request, group, path, status=status, also={"readWorkingGroupOverview": f"{path}/overview"})


@router.get(
    "/organisations/{organisationId}/working-groups",
    response_model=page_of(WorkingGroupItem),
    summary="List working groups",
)
async def list_working_groups(
    call: Reading,
    organisation_id: OrganisationId,
    state: Annotated[WorkingGroupState | None, Query(description="Only groups in this state.")] = None,
    sort: Annotated[NameOrder, Query(description="Order.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The groups at whose table you have a seat, or whose sessions you lead."""
    request = asked(page, limit, after, sort)
    found = await working_groups.list_working_groups(call.work, organisation_id, request, state)
    return listed(call, WorkingGroupItem, found, request)


@router.post(
    "/organisations/{organisationId}/working-groups",
    response_model=WorkingGroupRead,
    status_code=201,
    summary="Propose a working group",
)
async def create_working_group(call: Creating, organisation_id: OrganisationId, group: WorkingGroupCreate) -> Response:
    """Either side proposes. The group starts when every party in it has approved the same content."""
    made = await call.once(lambda: working_groups.create(call.work, organisation_id, group), working_groups.read_made)
    return _answer(call, made, 201)


@router.get("/working-groups/{workingGroupId}", response_model=WorkingGroupRead, summary="Read a working group")
async def read_working_group(call: Reading, working_group_id: WorkingGroupId) -> Response:
    """The group, its parties, and at a glance what is due and how fresh its learning is."""
    return _answer(call, await working_groups.read(call.work, working_group_id))


@router.patch("/working-groups/{workingGroupId}", response_model=WorkingGroupRead, summary="Change a proposal")
async def update_working_group(
    call: Writing, version: Version, working_group_id: WorkingGroupId, group: WorkingGroupUpdate
) -> Response:
    """Change the proposal while the group is forming. Approvals given so far no longer count."""
    return _answer(call, await working_groups.update(call.work, working_group_id, version, group))


@router.post(
    "/working-groups/{workingGroupId}/transitions",
    response_model=WorkingGroupRead,
    status_code=201,
    summary="Close a working group",
)
async def close_working_group(
    call: Creating, version: Version, working_group_id: WorkingGroupId, transition: WorkingGroupTransition
) -> Response:
    """A party at the table ends the group, with a reason. Records and actions stay."""
    made = await call.once(
        lambda: working_groups.close(call.work, working_group_id, version, transition), working_groups.read
    )
    return _answer(call, made, 201)


@router.get(
    "/working-groups/{workingGroupId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on a working group",
)
async def list_working_group_approvals(
    call: Reading,
    working_group_id: WorkingGroupId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on the group's start, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.WORKING_GROUP, working_group_id, request)


@router.post(
    "/working-groups/{workingGroupId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Decide on a working group's start",
)
async def approve_working_group(
    call: Creating, version: Version, working_group_id: WorkingGroupId, approval: ApprovalCreate
) -> Response:
    """Your party's decision on the content hash you have read. The last approval needed starts the group."""
    return await decided(call, lambda: working_groups.approve(call.work, working_group_id, version, approval))
