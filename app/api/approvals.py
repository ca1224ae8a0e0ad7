"""Decisions over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import nothing, single
from app.api.dependencies import Call, Reading, Version, Writing
from app.api.operations import router_of
from app.models.approval import ApprovalRead
from app.models.columns import Id
from app.services import approvals

router = router_of("approvals")

ApprovalId = Annotated[Id, Path(alias="approvalId", description="The decision.")]


def answer_approval(call: Call, approval: ApprovalRead, status: int = 200) -> Response:
    return single(call.request, approval, f"/approvals/{approval.id}", status=status)


@router.get("/approvals/{approvalId}", response_model=ApprovalRead, summary="Read a decision")
async def read_approval(call: Reading, approval_id: ApprovalId) -> Response:
    """One party's decision on one exact content hash, and whether it still counts."""
    return answer_approval(call, await approvals.read(call.work, approval_id))


@router.delete("/approvals/{approvalId}", status_code=204, summary="Withdraw a decision")
async def withdraw_approval(call: Writing, version: Version, approval_id: ApprovalId) -> Response:
    """Your party takes its decision back, as long as the joint decision has not been reached."""
    await approvals.withdraw(call.work, approval_id, version)
    return nothing()
