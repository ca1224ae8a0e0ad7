"""Parties over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, Limit, NameOrder, PageNumber, asked
from app.models.columns import Id
from app.models.party import PartyCreate, PartyItem, PartyRead, PartyTransition, PartyUpdate
from app.services import parties

router = router_of("parties")

PartyId = Annotated[Id, Path(alias="partyId", description="The party.")]


def _answer(call: Reading | Writing, party: PartyRead, status: int = 200) -> Response:
    return single(call.request, party, f"/parties/{party.id}", status=status)


@router.get(
    "/organisations/{organisationId}/parties",
    response_model=page_of(PartyItem),
    summary="List an organisation's parties",
)
async def list_parties(
    call: Reading,
    organisation_id: OrganisationId,
    sort: Annotated[NameOrder, Query(description="Order.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The employer party and the union parties, closed ones too."""
    request = asked(page, limit, after, sort)
    return listed(call, PartyItem, await parties.list_parties(call.work, organisation_id, request), request)


@router.post(
    "/organisations/{organisationId}/parties", response_model=PartyRead, status_code=201, summary="Add a party"
)
async def create_party(call: Creating, organisation_id: OrganisationId, party: PartyCreate) -> Response:
    """A system administrator takes in a party and appoints its first representative; the rest is its own."""
    made = await call.once(lambda: parties.create(call.work, organisation_id, party), parties.read)
    return _answer(call, made, 201)


@router.get("/parties/{partyId}", response_model=PartyRead, summary="Read a party")
async def read_party(call: Reading, party_id: PartyId) -> Response:
    """A party of the organisation. Who speaks for it is in its mandates."""
    return _answer(call, await parties.read(call.work, party_id))


@router.patch("/parties/{partyId}", response_model=PartyRead, summary="Rename a party")
async def update_party(call: Writing, version: Version, party_id: PartyId, party: PartyUpdate) -> Response:
    """Change the party's name. A closed party keeps the name it had."""
    return _answer(call, await parties.update(call.work, party_id, version, party))


@router.post("/parties/{partyId}/transitions", response_model=PartyRead, status_code=201, summary="Close a party")
async def close_party(
    call: Creating,
    version: Version,
    party_id: PartyId,
    transition: PartyTransition,  # noqa: ARG001
) -> Response:
    """The party leaves for good. Its mandates give no say any more; what it has approved stays."""
    made = await call.once(lambda: parties.close(call.work, party_id, version), parties.read)
    return _answer(call, made, 201)
