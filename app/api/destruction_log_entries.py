"""The destruction log over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Reading
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, DestructionOrder, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.destruction_log_entry import DestructionLogEntryItem, DestructionLogEntryRead
from app.services import destruction_log_entries

router = router_of("retention")

DestructionLogEntryId = Annotated[Id, Path(alias="destructionLogEntryId", description="The entry.")]


@router.get(
    "/organisations/{organisationId}/destruction-log-entries",
    response_model=page_of(DestructionLogEntryItem),
    summary="List what has been destroyed",
)
async def list_destruction_log_entries(
    call: Reading,
    organisation_id: OrganisationId,
    sort: Annotated[DestructionOrder, Query(description="Order.")] = "destroyedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """What is gone, when and by which decision, without content and names, for the archivist and the parties'
    representatives. How many private notes went is for their own party alone."""
    request = asked(page, limit, after, sort)
    found = await destruction_log_entries.list_destruction_log_entries(call.work, organisation_id, request)
    return listed(call, DestructionLogEntryItem, found, request)


@router.get(
    "/destruction-log-entries/{destructionLogEntryId}",
    response_model=DestructionLogEntryRead,
    summary="Read an entry of the destruction log",
)
async def read_destruction_log_entry(call: Reading, destruction_log_entry_id: DestructionLogEntryId) -> Response:
    """One entry. Entries never change."""
    entry = await destruction_log_entries.read(call.work, destruction_log_entry_id)
    return single(call.request, entry, f"/destruction-log-entries/{entry.id}")
