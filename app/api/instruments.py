"""Instruments over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import PRIVATE, PUBLISHED, listed, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, InstrumentOrder, Limit, PageNumber, asked
from app.models.columns import Id, Language
from app.models.instrument import (
    InstrumentCreate,
    InstrumentItem,
    InstrumentRead,
    InstrumentState,
    InstrumentTransition,
)
from app.services import instruments
from app.services.instruments import Wanted

router = router_of("instruments")

InstrumentId = Annotated[
    Id, Path(alias="instrumentId", description="The version of the instrument; central ones have it everywhere.")
]
InLanguage = Annotated[Language | None, Query(description="Those that exist in the language; also the one to sort in.")]
InState = Annotated[InstrumentState, Query(description="Those in this state.")]
InOrder = Annotated[InstrumentOrder, Query(description="Order.")]


def _answer(call: Call, instrument: InstrumentRead, status: int = 200) -> Response:
    # As central dialogue templates are: the same to everyone who is signed in, and for them alone. What an
    # organisation has a licence for is for its own people.
    public = instrument.organisation_id is None and instrument.state is InstrumentState.PUBLISHED
    path = f"/instruments/{instrument.id}"
    return single(call.request, instrument, path, status=status, cache=PUBLISHED if public else PRIVATE)


@router.get("/instruments", response_model=page_of(InstrumentItem), summary="List instruments")
async def list_instruments(
    call: Reading,
    language: InLanguage = None,
    state: InState = InstrumentState.PUBLISHED,
    sort: InOrder = "title",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The published versions of instruments: the central ones and your organisation's own."""
    request = asked(page, limit, after, sort)
    found = await instruments.list_instruments(call.work, request, Wanted(language, state))
    return listed(call, InstrumentItem, found, request)


@router.get(
    "/organisations/{organisationId}/instruments",
    response_model=page_of(InstrumentItem),
    summary="List an organisation's instruments",
)
async def list_organisation_instruments(
    call: Reading,
    organisation_id: OrganisationId,
    language: InLanguage = None,
    state: InState = InstrumentState.PUBLISHED,
    sort: InOrder = "title",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """What a survey round of the organisation may follow: the central instruments and its own."""
    request = asked(page, limit, after, sort)
    found = await instruments.list_of_organisation(call.work, organisation_id, request, Wanted(language, state))
    return listed(call, InstrumentItem, found, request)


@router.post(
    "/organisations/{organisationId}/instruments",
    response_model=InstrumentRead,
    status_code=201,
    summary="Import an instrument",
)
async def create_instrument(call: Creating, organisation_id: OrganisationId, instrument: InstrumentCreate) -> Response:
    """Import an instrument that the organisation has the right to use. It is published at once, for good: a change is
    a new version. Everything that does not hold together is named by its place."""
    made = await call.once(lambda: instruments.create(call.work, organisation_id, instrument), instruments.read)
    return _answer(call, made, 201)


@router.get("/instruments/{instrumentId}", response_model=InstrumentRead, summary="Read an instrument")
async def read_instrument(call: Reading, instrument_id: InstrumentId) -> Response:
    """One version with all it says in both languages: scale, dimensions, items in their order, and how it is scored."""
    return _answer(call, await instruments.read(call.work, instrument_id))


@router.post(
    "/instruments/{instrumentId}/transitions",
    response_model=InstrumentRead,
    status_code=201,
    summary="Retire an instrument",
)
async def transition_instrument(
    call: Creating,
    version: Version,
    instrument_id: InstrumentId,
    transition: InstrumentTransition,  # noqa: ARG001 - it says one thing only
) -> Response:
    """Retire a version that the organisation imported, so that no new survey round follows it."""
    made = await call.once(lambda: instruments.retire(call.work, instrument_id, version), instruments.read)
    return _answer(call, made, 201)
