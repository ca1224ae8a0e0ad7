"""Service clients: registered by the system administrator for one organisation, seen by its parties, ended at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval
from app.models.columns import enum_type
from app.models.organisation import Organisation
from app.models.service_client import (
    LONGEST_LIFE,
    SCOPES_OF_KIND,
    CredentialSummary,
    ServiceClient,
    ServiceClientCreate,
    ServiceClientKind,
    ServiceClientRead,
    ServiceClientState,
    ServiceClientUpdate,
    client_state,
)
from app.models.service_client_credential import ServiceClientCredential
from app.models.union_data_refusal import UnionDataRefusal
from app.services import joint_decision, policy, service_client_consent
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.service_client_consent import content_of, hash_of
from app.services.work import Work, admit, changed, columns_for, created, differing, removed, shown

SORTS: dict[str, Columns] = {"createdAt": (col(ServiceClient.id),)}

_state_now = sa.type_coerce(
    sa.case(
        (
            sa.and_(
                col(ServiceClient.state) == ServiceClientState.ACTIVE,
                col(ServiceClient.expires_at) <= sa.bindparam("now", type_=sa.DateTime(timezone=True)),
            ),
            ServiceClientState.EXPIRED.value,
        ),
        else_=sa.type_coerce(col(ServiceClient.state), sa.String),
    ),
    enum_type(ServiceClientState),
)
_ITEMS = sa.select(
    col(ServiceClient.id),
    col(ServiceClient.name),
    col(ServiceClient.kind),
    _state_now.label("state"),
    col(ServiceClient.scopes),
    col(ServiceClient.expires_at),
    col(ServiceClient.consented_at),
).where(col(ServiceClient.organisation_id) == sa.bindparam("organisation_id"), policy.visible(ServiceClient))
_REFUSALS = sa.select(sa.func.coalesce(sa.func.sum(col(UnionDataRefusal.refusals)), 0)).where(
    col(UnionDataRefusal.service_client_id) == sa.bindparam("client_id")
)
_SECRETS = (
    sa.select(ServiceClientCredential)
    .where(col(ServiceClientCredential.service_client_id) == sa.bindparam("client_id"))
    .order_by(col(ServiceClientCredential.id))
)


async def list_of_organisation(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_service_clients", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id, now=work.now)


async def create(work: Work, organisation_id: UUID, data: ServiceClientCreate) -> ServiceClientRead:
    await admit(work, "create_service_client", Organisation, organisation_id)
    _check_scopes(data.kind, data.scopes)
    check_expiry(work, data.expires_at, work.now + LONGEST_LIFE)
    client = ServiceClient(
        organisation_id=organisation_id,
        **data.model_dump(),
        approval_rule=service_client_consent.RULE,
        content_hash="",
        created_at=work.now,
    )
    client.content_hash = hash_of(client)
    await created(work, "create_service_client", client)
    return await _shown(work, client, [])


async def read(work: Work, client_id: UUID) -> ServiceClientRead:
    client, approvals = await joint_decision.find_decided(work, ServiceClient, client_id)
    return await _shown(work, client, approvals)


async def update(work: Work, client_id: UUID, version: int, data: ServiceClientUpdate) -> ServiceClientRead:
    """Whatever the parties have agreed to falls with the content they agreed to."""
    client = await admit(work, "update_service_client", ServiceClient, client_id, version)
    changes = differing(client, data.model_dump(exclude_unset=True))
    _check_scopes(client.kind, changes.get("scopes", []))
    if "expires_at" in changes:
        check_expiry(work, changes["expires_at"], work.now + LONGEST_LIFE)
    if changes:
        await edit(work, "update_service_client", client, changes)
    return await _read(work, client)


async def edit(work: Work, operation: str, client: ServiceClient, changes: dict[str, Any]) -> None:
    """Change what it is. The caller holds its lock; the consent falls, unless only whom to call is another."""
    for field, value in changes.items():
        setattr(client, field, value)
    if changes.keys() != {"contact"}:
        client.approval_rule = service_client_consent.RULE
        changes = {"content_hash": hash_of(client)} | await service_client_consent.void(work, operation, client)
    await changed(work, operation, client, changes)


async def end(work: Work, client_id: UUID, version: int) -> ServiceClientRead:
    """Nobody gets in by it any more from this moment, whatever tokens it holds. Its secrets are gone."""
    client = await admit(work, "end_service_client", ServiceClient, client_id, version)
    for credential in await credentials_of(work, client.id):
        await removed(work, "end_service_client", credential)
    ended: dict[str, Any] = {"state": ServiceClientState.ENDED, "ended_at": work.now, "consented_at": None}
    await changed(work, "end_service_client", client, ended)
    return await _read(work, client)


async def credentials_of(work: Work, client_id: UUID) -> Sequence[ServiceClientCredential]:
    """The older one first."""
    return (await work.session.execute(_SECRETS, {"client_id": client_id})).scalars().all()


def check_expiry(work: Work, expires_at: datetime, latest: datetime) -> None:
    if not work.now < expires_at <= latest:
        raise Refusal(Code.EXPIRY_UNFIT, "/expiresAt")


def _check_scopes(kind: ServiceClientKind, scopes: Sequence[Any]) -> None:
    if not SCOPES_OF_KIND[kind].issuperset(scopes):
        raise Refusal(Code.SCOPE_NOT_FOR_KIND, "/scopes")


async def _read(work: Work, client: ServiceClient) -> ServiceClientRead:
    """As it stands for one who holds its row, without which decisions could come between."""
    return await _shown(work, client, await joint_decision.standing(work, client.id))


async def _shown(work: Work, client: ServiceClient, approvals: Sequence[Approval]) -> ServiceClientRead:
    read = shown(
        work,
        ServiceClientRead,
        client,
        state=client_state(client, work.now),
        needs_consent=client.needs_consent,
        content=content_of(client),
        approvals=joint_decision.summaries(approvals),
        credentials=[
            CredentialSummary(**columns_for(CredentialSummary, credential))
            for credential in await credentials_of(work, client.id)
        ],
        union_data_refusals=(await work.session.execute(_REFUSALS, {"client_id": client.id})).scalar_one(),
    )
    joint_decision.mark_decided(
        work,
        read.allowed_actions,
        "approve_service_client",
        None,
        approvals,
        organisation_id=client.organisation_id,
    )
    return read
