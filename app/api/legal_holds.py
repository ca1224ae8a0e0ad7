"""Legal holds over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.legal_hold import LegalHoldCreate, LegalHoldItem, LegalHoldRead, LegalHoldTransition
from app.services import legal_holds

router = router_of("retention")

LegalHoldId = Annotated[Id, Path(alias="legalHoldId", description="The hold.")]


def _answer(call: Call, hold: LegalHoldRead, status: int = 200) -> Response:
    return single(call.request, hold, f"/legal-holds/{hold.id}", status=status)


@router.get(
    "/organisations/{organisationId}/legal-holds",
    response_model=page_of(LegalHoldItem),
    summary="List an organisation's legal holds",
)
async def list_legal_holds(
    call: Reading,
    organisation_id: OrganisationId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Standing and lifted ones, for the archivist and the parties' representatives."""
    request = asked(page, limit, after, sort)
    found = await legal_holds.list_legal_holds(call.work, organisation_id, request)
    return listed(call, LegalHoldItem, found, request)


@router.post(
    "/organisations/{organisationId}/legal-holds",
    response_model=LegalHoldRead,
    status_code=201,
    summary="Set a legal hold",
)
async def create_legal_hold(call: Creating, organisation_id: OrganisationId, hold: LegalHoldCreate) -> Response:
    """An archivist stops everything that would destroy, erase or write over what the hold is on: a working group, a
    final record or a person, or the whole organisation when none of them is named. Adding to it is still possible."""
    made = await call.once(lambda: legal_holds.create(call.work, organisation_id, hold), legal_holds.read)
    return _answer(call, made, 201)


@router.get("/legal-holds/{legalHoldId}", response_model=LegalHoldRead, summary="Read a legal hold")
async def read_legal_hold(call: Reading, legal_hold_id: LegalHoldId) -> Response:
    """What it is on, why, and whether it still stands."""
    return _answer(call, await legal_holds.read(call.work, legal_hold_id))


@router.post(
    "/legal-holds/{legalHoldId}/transitions",
    response_model=LegalHoldRead,
    status_code=201,
    summary="Lift a legal hold",
)
async def lift_legal_hold(
    call: Creating,
    version: Version,
    legal_hold_id: LegalHoldId,
    transition: LegalHoldTransition,  # noqa: ARG001 - there is one step
) -> Response:
    """An archivist lifts it. What has waited for it is destroyed when its rule is next carried out."""
    made = await call.once(lambda: legal_holds.lift(call.work, legal_hold_id, version), legal_holds.read)
    return _answer(call, made, 201)
