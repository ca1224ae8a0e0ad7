"""Service clients over HTTP: registered, seen by the parties, consented to, ended."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByCreation, ByDecision, Limit, PageNumber, asked
from app.models.approval import ApprovalCreate, ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.models.service_client import (
    ServiceClientCreate,
    ServiceClientItem,
    ServiceClientRead,
    ServiceClientTransition,
    ServiceClientUpdate,
)
from app.services import service_client_consent, service_clients

router = router_of("service-clients")

ServiceClientId = Annotated[Id, Path(alias="serviceClientId", description="The service client.")]


def _answer(call: Call, client: ServiceClientRead, status: int = 200) -> Response:
    return single(call.request, client, f"/service-clients/{client.id}", status=status)


@router.get(
    "/organisations/{organisationId}/service-clients",
    response_model=page_of(ServiceClientItem),
    summary="List an organisation's service clients",
)
async def list_service_clients(
    call: Reading,
    organisation_id: OrganisationId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every program that is, was or waits to be let in, for the parties and the system administrator."""
    request = asked(page, limit, after, sort)
    found = await service_clients.list_of_organisation(call.work, organisation_id, request)
    return listed(call, ServiceClientItem, found, request)


@router.post(
    "/organisations/{organisationId}/service-clients",
    response_model=ServiceClientRead,
    status_code=201,
    summary="Register a service client",
)
async def create_service_client(
    call: Creating, organisation_id: OrganisationId, client: ServiceClientCreate
) -> Response:
    """A program that is to be let in for one organisation. Scopes that read records, results or reminders give
    nothing until the employer and the unions have approved exactly this. It gets in with a secret:
    `create_service_client_credential`."""
    made = await call.once(lambda: service_clients.create(call.work, organisation_id, client), service_clients.read)
    return _answer(call, made, 201)


@router.get("/service-clients/{serviceClientId}", response_model=ServiceClientRead, summary="Read a service client")
async def read_service_client(call: Reading, service_client_id: ServiceClientId) -> Response:
    """What it may do, from where and until when, who has agreed, and when each of its secrets was last used."""
    return _answer(call, await service_clients.read(call.work, service_client_id))


@router.patch("/service-clients/{serviceClientId}", response_model=ServiceClientRead, summary="Change a service client")
async def update_service_client(
    call: Writing, version: Version, service_client_id: ServiceClientId, client: ServiceClientUpdate
) -> Response:
    """Anything but the contact is part of what the parties agree to: with it their consent falls, at once."""
    return _answer(call, await service_clients.update(call.work, service_client_id, version, client))


@router.post(
    "/service-clients/{serviceClientId}/transitions",
    response_model=ServiceClientRead,
    status_code=201,
    summary="End a service client",
)
async def end_service_client(
    call: Creating,
    version: Version,
    service_client_id: ServiceClientId,
    transition: ServiceClientTransition,  # noqa: ARG001 - there is one step
) -> Response:
    """Access ends at once, whatever tokens it holds, and for good. Its secrets are gone."""
    made = await call.once(lambda: service_clients.end(call.work, service_client_id, version), service_clients.read)
    return _answer(call, made, 201)


@router.get(
    "/service-clients/{serviceClientId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on a service client",
)
async def list_service_client_approvals(
    call: Reading,
    service_client_id: ServiceClientId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on it, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.SERVICE_CLIENT, service_client_id, request)


@router.post(
    "/service-clients/{serviceClientId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Decide on a service client",
)
async def approve_service_client(
    call: Creating, version: Version, service_client_id: ServiceClientId, approval: ApprovalCreate
) -> Response:
    """Your party's decision on the content hash you have read. The last approval needed lets the client read what its
    scopes name. Your party can take it back at any time (`withdraw_approval`), and reading ends at once; so it does
    when a party asks for a change."""
    return await decided(call, lambda: service_client_consent.approve(call.work, service_client_id, version, approval))
