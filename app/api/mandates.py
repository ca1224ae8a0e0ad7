"""Mandates over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.paging import After, Limit, NameOrder, PageNumber, asked
from app.api.parties import PartyId
from app.api.working_groups import WorkingGroupId
from app.models.columns import DateOnly, Id
from app.models.mandate import MandateCreate, MandateItem, MandateRead, MandateUpdate
from app.services import mandates

router = router_of("mandates")

MandateId = Annotated[Id, Path(alias="mandateId", description="The mandate.")]


def _answer(call: Reading | Writing, mandate: MandateRead, status: int = 200) -> Response:
    return single(call.request, mandate, f"/mandates/{mandate.id}", status=status)


@router.get("/parties/{partyId}/mandates", response_model=page_of(MandateItem), summary="List a party's mandates")
async def list_mandates(
    call: Reading,
    party_id: PartyId,
    valid_on: Annotated[
        DateOnly | None, Query(alias="validOn", description="Only those valid on this day. Left out: all.")
    ] = None,
    sort: Annotated[NameOrder, Query(description="Order, by the person's name.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Those who speak for the party, for the party's own eyes. Ended mandates stay in the list."""
    request = asked(page, limit, after, sort)
    return listed(call, MandateItem, await mandates.list_of_party(call.work, party_id, request, valid_on), request)


@router.post("/parties/{partyId}/mandates", response_model=MandateRead, status_code=201, summary="Give a mandate")
async def create_mandate(call: Creating, party_id: PartyId, mandate: MandateCreate) -> Response:
    """The party appoints somebody to speak for it. While it has nobody, a system administrator appoints.

    Nobody can represent both sides of one organisation on the same day.
    """
    made = await call.once(lambda: mandates.create(call.work, party_id, mandate), mandates.read)
    return _answer(call, made, 201)


@router.get(
    "/working-groups/{workingGroupId}/mandates",
    response_model=page_of(MandateItem),
    summary="List the members of a working group",
)
async def list_working_group_mandates(
    call: Reading,
    working_group_id: WorkingGroupId,
    valid_on: Annotated[
        DateOnly | None,
        Query(
            alias="validOn",
            description="Those valid on this day, between the group's start and its end or today. Left out: the last.",
        ),
    ] = None,
    sort: Annotated[NameOrder, Query(description="Order, by the person's name.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Everyone who can speak at this table: by a mandate for it, or by one for the whole of a party that sits here.

    Until the group has started, each party sees its own only.
    """
    request = asked(page, limit, after, sort)
    found = await mandates.list_at_table(call.work, working_group_id, request, valid_on)
    return listed(call, MandateItem, found, request)


@router.get("/mandates/{mandateId}", response_model=MandateRead, summary="Read a mandate")
async def read_mandate(call: Reading, mandate_id: MandateId) -> Response:
    """For the party itself, the person, and those who meet the party at a table where the mandate counts."""
    return _answer(call, await mandates.read(call.work, mandate_id))


@router.patch("/mandates/{mandateId}", response_model=MandateRead, summary="Change or end a mandate")
async def update_mandate(call: Writing, version: Version, mandate_id: MandateId, mandate: MandateUpdate) -> Response:
    """The party itself sets the function and the last day. A mandate that has ended never changes again."""
    return _answer(call, await mandates.update(call.work, mandate_id, version, mandate))
