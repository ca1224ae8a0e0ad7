"""What both sides agree to when a service client is to read records or results, and how either takes it back.

A joint decision of the organisation, at no table: the employer party and the all of its unions. It is not
decided for good like a record: any party can take its approval back, and any can ask for a change, at any time.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalCreate, ApprovalRead, SubjectType, VoidReason
from app.models.organisation import ApprovalRule
from app.models.party import Party, PartyState, Side
from app.models.service_client import ServiceClient, ServiceClientContent
from app.services import joint_decision
from app.services.content_hash import content_hash
from app.services.joint_decision import Outcome, Subject
from app.services.work import Work, admit, changed, columns_for, shown

_DECIDING = sa.select(col(Party.id), col(Party.side)).where(
    col(Party.organisation_id) == sa.bindparam("organisation_id"), col(Party.state) == PartyState.ACTIVE
)

RULE = ApprovalRule.EVERY
"""`any` is for parties that have all chosen it. An organisation's rule is what an administrator proposes to new groups:
whoever registers the program could set it, and bring a union that agrees to everything."""


async def approve(work: Work, client_id: UUID, version: int, data: ApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed lets the client read. Asking for a change shuts the door at once."""
    client = await admit(work, "approve_service_client", ServiceClient, client_id, version)
    subject = await _subject(work, client)
    approval, outcome = await joint_decision.decide(work, "approve_service_client", subject, data)
    if outcome is Outcome.REACHED and client.consented_at is None:
        consented = {"consented_at": work.now}
        await changed(work, "approve_service_client", client, consented, mandate_id=approval.mandate_id)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await joint_decision.void(
            work, "approve_service_client", client.id, VoidReason.CHANGE_REQUESTED, except_for=approval
        )
        await _end(work, "approve_service_client", client, approval.mandate_id)
    return shown(work, ApprovalRead, approval)


async def taken_back(work: Work, client: ServiceClient, approval: Approval) -> None:
    """Consent lasts only if what is left is still enough, by the parties of today."""
    left = joint_decision.outcome(await _subject(work, client), await joint_decision.standing(work, client.id))
    if left is not Outcome.REACHED:
        await _end(work, "withdraw_approval", client, approval.mandate_id)


async def void(work: Work, operation: str, client: ServiceClient) -> dict[str, Any]:
    """The client is no more what was agreed to; what to store with it."""
    await joint_decision.void(work, operation, client.id, VoidReason.EDITED)
    return {"consented_at": None}


def content_of(client: ServiceClient) -> ServiceClientContent:
    columns = columns_for(ServiceClientContent, client)
    return ServiceClientContent(service_client_id=client.id, **columns)


def hash_of(client: ServiceClient) -> str:
    return content_hash(content_of(client).model_dump(mode="json", by_alias=True))


async def _end(work: Work, operation: str, client: ServiceClient, mandate_id: UUID) -> None:
    if client.consented_at is not None:
        await changed(work, operation, client, {"consented_at": None}, mandate_id=mandate_id)


async def _subject(work: Work, client: ServiceClient) -> Subject:
    parties = await work.session.execute(_DECIDING, {"organisation_id": client.organisation_id})
    sides: dict[UUID, Side] = {row.id: row.side for row in parties}
    return Subject(
        SubjectType.SERVICE_CLIENT,
        client.id,
        client.organisation_id,
        None,
        client.content_hash,
        RULE,
        sides,
    )
