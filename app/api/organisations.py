"""Organisations over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.paging import After, Limit, NameOrder, PageNumber, asked
from app.models.columns import Id, SearchWords
from app.models.organisation import (
    OrganisationCreate,
    OrganisationItem,
    OrganisationRead,
    OrganisationTransition,
    OrganisationUpdate,
)
from app.services import organisations

router = router_of("organisations")

OrganisationId = Annotated[Id, Path(alias="organisationId", description="The organisation.")]


def _answer(call: Reading | Writing, organisation: OrganisationRead, status: int = 200) -> Response:
    return single(call.request, organisation, f"/organisations/{organisation.id}", status=status)


@router.get("/organisations", response_model=page_of(OrganisationItem), summary="List organisations")
async def list_organisations(
    call: Reading,
    q: Annotated[SearchWords | None, Query(description="Words in the name; Swedish word forms are understood.")] = None,
    sort: Annotated[NameOrder, Query(description="Order.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The organisations you belong to, or all of them for a system administrator."""
    request = asked(page, limit, after, sort)
    return listed(call, OrganisationItem, await organisations.list_organisations(call.work, request, q), request)


@router.post("/organisations", response_model=OrganisationRead, status_code=201, summary="Add an organisation")
async def create_organisation(call: Creating, organisation: OrganisationCreate) -> Response:
    """A system administrator takes in a workplace; its parties are added next."""
    made = await call.once(lambda: organisations.create(call.work, organisation), organisations.read)
    return _answer(call, made, 201)


@router.get("/organisations/{organisationId}", response_model=OrganisationRead, summary="Read an organisation")
async def read_organisation(call: Reading, organisation_id: OrganisationId) -> Response:
    """An organisation and the settings its working groups start from."""
    return _answer(call, await organisations.read(call.work, organisation_id))


@router.patch("/organisations/{organisationId}", response_model=OrganisationRead, summary="Change an organisation")
async def update_organisation(
    call: Writing, version: Version, organisation_id: OrganisationId, organisation: OrganisationUpdate
) -> Response:
    """Change names and settings. Groups that have started keep what their parties agreed."""
    return _answer(call, await organisations.update(call.work, organisation_id, version, organisation))


@router.post(
    "/organisations/{organisationId}/transitions",
    response_model=OrganisationRead,
    status_code=201,
    summary="Close an organisation",
)
async def close_organisation(
    call: Creating,
    version: Version,
    organisation_id: OrganisationId,
    transition: OrganisationTransition,  # noqa: ARG001
) -> Response:
    """Close a workplace that has left, for good. Everything stays readable, and nothing in it changes any more.

    Three things are still done: final records are registered, mandates ended, and people's accounts looked after.
    """
    made = await call.once(lambda: organisations.close(call.work, organisation_id, version), organisations.read)
    return _answer(call, made, 201)
