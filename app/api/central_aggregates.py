"""All organisations together, over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Reading
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.central_aggregate import CentralAggregateItem, CentralAggregateRead
from app.models.columns import Id
from app.services import central_aggregates

router = router_of("central-aggregates")

CentralAggregateId = Annotated[Id, Path(alias="centralAggregateId", description="The quarter's figures.")]


@router.get(
    "/central-aggregates", response_model=page_of(CentralAggregateItem), summary="List quarters of all organisations"
)
async def list_central_aggregates(
    call: Reading, sort: ByCreation = "-createdAt", page: PageNumber = 1, limit: Limit = 20, after: After = None
) -> Response:
    """The quarters that there are figures of, for the central analyst alone."""
    request = asked(page, limit, after, sort)
    found = await central_aggregates.list_central_aggregates(call.work, request)
    return listed(call, CentralAggregateItem, found, request)


@router.get(
    "/central-aggregates/{centralAggregateId}",
    response_model=CentralAggregateRead,
    summary="Read a quarter of all organisations",
)
async def read_central_aggregate(call: Reading, central_aggregate_id: CentralAggregateId) -> Response:
    """All organisations together: how many there are, with how many groups and sessions, which templates were used,
    and means by dimension. Each figure is of at least five organisations, none of them with more than half; what could
    single any of them out, alone or beside an earlier quarter, is kept back. Computed once, and never changed."""
    aggregate = await central_aggregates.read(call.work, central_aggregate_id)
    return single(call.request, aggregate, f"/central-aggregates/{aggregate.id}")
