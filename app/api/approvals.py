"""Decisions over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from app.api.answers import listed, nothing, single
from app.api.dependencies import Call, Reading, Version, Writing
from app.api.operations import router_of
from app.models.approval import ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.services import approvals
from app.services.listing import PageRequest

router = router_of("approvals")

ApprovalId = Annotated[Id, Path(alias="approvalId", description="The decision.")]


def _answer(call: Call, approval: ApprovalRead, status: int = 200) -> Response:
    return single(call.request, approval, f"/approvals/{approval.id}", status=status)


async def list_decisions(call: Call, on: SubjectType, subject_id: UUID, request: PageRequest) -> Response:
    """A page of the decisions on one thing that is decided jointly."""
    return listed(call, ApprovalItem, await approvals.list_of(call.work, on, subject_id, request), request)


async def decided(call: Call, decide: Callable[[], Awaitable[ApprovalRead]]) -> Response:
    """The decision that `decide` takes, once for each Idempotency-Key."""
    return _answer(call, await call.once(decide, approvals.read), 201)


@router.get("/approvals/{approvalId}", response_model=ApprovalRead, summary="Read a decision")
async def read_approval(call: Reading, approval_id: ApprovalId) -> Response:
    """One party's decision on one exact content hash, and whether it still counts."""
    return _answer(call, await approvals.read(call.work, approval_id))


@router.delete("/approvals/{approvalId}", status_code=204, summary="Withdraw a decision")
async def withdraw_approval(call: Writing, version: Version, approval_id: ApprovalId) -> Response:
    """Your party takes its decision back, as long as the joint decision has not been reached."""
    await approvals.withdraw(call.work, approval_id, version)
    return nothing()
