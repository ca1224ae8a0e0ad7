"""Units over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, Limit, NameOrder, PageNumber, asked
from app.models.columns import DateOnly, Id, SearchWords
from app.models.unit import UnitCreate, UnitItem, UnitRead, UnitUpdate
from app.services import units

router = router_of("units")

UnitId = Annotated[Id, Path(alias="unitId", description="The unit.")]


def _answer(call: Reading | Writing, unit: UnitRead, status: int = 200) -> Response:
    return single(call.request, unit, f"/units/{unit.id}", status=status)


@router.get(
    "/organisations/{organisationId}/units", response_model=page_of(UnitItem), summary="List an organisation's units"
)
async def list_units(
    call: Reading,
    organisation_id: OrganisationId,
    valid_on: Annotated[
        DateOnly | None, Query(alias="validOn", description="The tree as it was on this day. Left out: today.")
    ] = None,
    parent_id: Annotated[Id | None, Query(alias="parentId", description="Only those right below this unit.")] = None,
    q: Annotated[SearchWords | None, Query(description="Words in the name; Swedish word forms are understood.")] = None,
    sort: Annotated[NameOrder, Query(description="Order.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The units that existed on a day, with the names and places they had then."""
    request = asked(page, limit, after, sort)
    found = await units.list_units(call.work, organisation_id, request, valid_on=valid_on, parent_id=parent_id, words=q)
    return listed(call, UnitItem, found, request)


@router.post("/organisations/{organisationId}/units", response_model=UnitRead, status_code=201, summary="Add a unit")
async def create_unit(call: Creating, organisation_id: OrganisationId, unit: UnitCreate) -> Response:
    """Add a unit to the tree, from today or an earlier day."""
    made = await call.once(lambda: units.create(call.work, organisation_id, unit), units.read)
    return _answer(call, made, 201)


@router.get("/units/{unitId}", response_model=UnitRead, summary="Read a unit")
async def read_unit(call: Reading, unit_id: UnitId) -> Response:
    """A unit as it is now, with the history of its name and place."""
    return _answer(call, await units.read(call.work, unit_id))


@router.patch("/units/{unitId}", response_model=UnitRead, summary="Move, rename, change or close a unit")
async def update_unit(call: Writing, version: Version, unit_id: UnitId, unit: UnitUpdate) -> Response:
    """A new name or place keeps the old one in the history. A unit closes when no open unit lies below it."""
    return _answer(call, await units.update(call.work, unit_id, version, unit))
