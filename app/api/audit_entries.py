"""The audit trail over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Reading
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, EventOrder, Limit, PageNumber, asked
from app.models.audit_entry import AuditEntryItem, AuditEntryRead
from app.models.columns import Id
from app.services import audit_entries

router = router_of("audit-entries")

AuditEntryId = Annotated[Id, Path(alias="auditEntryId", description="The entry.")]


@router.get(
    "/organisations/{organisationId}/audit-entries",
    response_model=page_of(AuditEntryItem),
    summary="List changes",
)
async def list_audit_entries(
    call: Reading,
    organisation_id: OrganisationId,
    subject_id: Annotated[Id | None, Query(alias="subjectId", description="Only changes of this thing.")] = None,
    working_group_id: Annotated[Id | None, Query(alias="workingGroupId", description="Only at this table.")] = None,
    sort: Annotated[EventOrder, Query(description="Order.")] = "-happenedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Who changed what, by which mandate and when, within what you may see. Entries hold no content."""
    request = asked(page, limit, after, sort)
    found = await audit_entries.list_audit_entries(call.work, organisation_id, request, subject_id, working_group_id)
    return listed(call, AuditEntryItem, found, request)


@router.get("/audit-entries/{auditEntryId}", response_model=AuditEntryRead, summary="Read a change")
async def read_audit_entry(call: Reading, audit_entry_id: AuditEntryId) -> Response:
    """One entry of the trail."""
    entry = await audit_entries.read(call.work, audit_entry_id)
    return single(call.request, entry, f"/audit-entries/{entry.id}")
