"""Joint destruction of a final record over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Call, Creating, Reading, Version
from app.api.operations import router_of
from app.api.paging import After, ByCreation, ByDecision, Limit, PageNumber, asked
from app.api.session_records import SessionRecordId
from app.api.working_groups import WorkingGroupId
from app.models.approval import ApprovalCreate, ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.models.destruction import DestructionCreate, DestructionItem, DestructionRead, DestructionTransition
from app.services import destructions

router = router_of("retention")

DestructionId = Annotated[Id, Path(alias="destructionId", description="The destruction.")]


def _answer(call: Call, destruction: DestructionRead, status: int = 200) -> Response:
    return single(call.request, destruction, f"/destructions/{destruction.id}", status=status)


@router.get(
    "/working-groups/{workingGroupId}/destructions",
    response_model=page_of(DestructionItem),
    summary="List a working group's joint destructions",
)
async def list_destructions(
    call: Reading,
    working_group_id: WorkingGroupId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Proposed, carried out and withdrawn ones, oldest first."""
    request = asked(page, limit, after, sort)
    found = await destructions.list_of_group(call.work, working_group_id, request)
    return listed(call, DestructionItem, found, request)


@router.post(
    "/session-records/{sessionRecordId}/destructions",
    response_model=DestructionRead,
    status_code=201,
    summary="Propose to destroy a final record",
)
async def create_destruction(
    call: Creating, session_record_id: SessionRecordId, destruction: DestructionCreate
) -> Response:
    """Before its retention ends a final record, with its appendices, is destroyed only when both sides have decided so.
    Either side proposes it, with the decision reference it will be logged under."""
    made = await call.once(lambda: destructions.create(call.work, session_record_id, destruction), destructions.read)
    return _answer(call, made, 201)


@router.get("/destructions/{destructionId}", response_model=DestructionRead, summary="Read a joint destruction")
async def read_destruction(call: Reading, destruction_id: DestructionId) -> Response:
    """The proposal, identical for both sides. `content` is exactly what an approval is about."""
    return _answer(call, await destructions.read(call.work, destruction_id))


@router.post(
    "/destructions/{destructionId}/transitions",
    response_model=DestructionRead,
    status_code=201,
    summary="Take back a proposed destruction",
)
async def transition_destruction(
    call: Creating,
    version: Version,
    destruction_id: DestructionId,
    transition: DestructionTransition,  # noqa: ARG001 - there is one step
) -> Response:
    """The party that proposed it takes it back, as long as it is not carried out."""
    made = await call.once(lambda: destructions.withdraw(call.work, destruction_id, version), destructions.read)
    return _answer(call, made, 201)


@router.get(
    "/destructions/{destructionId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on a destruction",
)
async def list_destruction_approvals(
    call: Reading,
    destruction_id: DestructionId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on it, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.DESTRUCTION, destruction_id, request)


@router.post(
    "/destructions/{destructionId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Decide on a destruction",
)
async def approve_destruction(
    call: Creating, version: Version, destruction_id: DestructionId, approval: ApprovalCreate
) -> Response:
    """Your party's decision on the content hash you have read. The last approval needed destroys the record at once,
    with its appendices, decisions, statements and actions: nothing brings them back."""
    return await decided(call, lambda: destructions.approve(call.work, destruction_id, version, approval))
