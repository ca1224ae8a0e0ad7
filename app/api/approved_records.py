"""Approved records over HTTP: whole, page by page or as a file."""

from typing import Annotated

from fastapi import Query, Response

from app.api.answers import file, listed, page_of
from app.api.exports import documented, format_of, name_of, written
from app.api.file_turns import Export
from app.api.negotiation import CSV, JSON, XLSX
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, FinalOrder, Limit, PageNumber, asked
from app.models.approved_record import ApprovedRecordItem, RecordTable
from app.models.columns import Id, Moment
from app.services import approved_records
from app.services.approved_record_tables import tables
from app.services.approved_records import Window

router = router_of("session-records")

_MEANING = {"page": (JSON,), "limit": (JSON,), "after": (JSON,), "table": (CSV,)}

_FILES = documented(
    '"id";"title";"finalAt"\r\n"019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b";"Ett gott arbete";"2026-11-23T13:00:00Z"\r\n'
)


@router.get(
    "/organisations/{organisationId}/approved-records",
    response_model=page_of(ApprovedRecordItem),
    responses=_FILES,
    summary="List an organisation's approved records, whole",
)
async def list_approved_records(
    asking: Export,
    organisation_id: OrganisationId,
    final_from: Annotated[
        Moment | None, Query(alias="finalFrom", description="Only those that became final then or later.")
    ] = None,
    final_before: Annotated[
        Moment | None, Query(alias="finalBefore", description="Only those that became final earlier.")
    ] = None,
    working_group_id: Annotated[Id | None, Query(alias="workingGroupId", description="Only of this group.")] = None,
    table: Annotated[
        RecordTable | None, Query(description="For CSV alone: which table. The records, when none is named.")
    ] = None,
    sort: Annotated[FinalOrder, Query(description="Order.")] = "finalAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The final records that you may read, as they were approved, with the decisions on them and their registration.

    An appendix is a row of its own that names what it corrects. As JSON in pages; as CSV or XLSX in one file, at most
    5,000 records, the columns named as in the JSON.
    """
    media_type = format_of(asking.request, (JSON, CSV, XLSX), _MEANING)
    window = Window(final_from, final_before, working_group_id)
    if media_type == JSON:
        request = asked(page, limit, after, sort)
        async with asking.call() as call:
            found = await approved_records.list_of_organisation(call.work, organisation_id, request, window)
        return listed(call, ApprovedRecordItem, found, request)
    async with asking.turn():
        async with asking.call() as call:
            records = await approved_records.all_of_organisation(call.work, organisation_id, window)
        if sort.startswith("-"):
            records.reverse()
        content = await written(lambda: tables(records), media_type, table)
    return file(content, media_type, name_of("approved-records", media_type, table))
