"""Session records over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api import report_files
from app.api.answers import listed, page_of, single, tagged
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Call, Creating, Reading, RequestRefusal, Version, Writing
from app.api.file_turns import Export
from app.api.negotiation import HTML, JSON, PDF, best_type
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByCreation, ByDecision, Limit, PageNumber, asked
from app.api.working_groups import WorkingGroupId
from app.models.approval import ApprovalCreate, ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.models.session_record import (
    AppendixCreate,
    RecordRegistrationInput,
    RecordRegistrationRead,
    SessionRecordItem,
    SessionRecordRead,
    SessionRecordState,
    SessionRecordTransition,
    SessionRecordUpdate,
)
from app.services import record_reports, record_review, session_records

router = router_of("session-records")

SessionRecordId = Annotated[Id, Path(alias="sessionRecordId", description="The record.")]
State = Annotated[SessionRecordState | None, Query(description="Only records in this state.")]


def _answer(call: Call, record: SessionRecordRead, status: int = 200) -> Response:
    return single(call.request, record, f"/session-records/{record.id}", status=status)


def _registration(call: Call, registration: RecordRegistrationRead) -> Response:
    path = f"/record-registrations/{registration.session_record_id}"
    return tagged(call.request, registration, registration.version, path)


@router.get(
    "/organisations/{organisationId}/session-records",
    response_model=page_of(SessionRecordItem),
    summary="List an organisation's records",
)
async def list_session_records(
    call: Reading,
    organisation_id: OrganisationId,
    state: State = None,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The records you may read: those of your tables, or every final one for an archivist."""
    request = asked(page, limit, after, sort)
    found = await session_records.list_of_organisation(call.work, organisation_id, request, state)
    return listed(call, SessionRecordItem, found, request)


@router.get(
    "/working-groups/{workingGroupId}/session-records",
    response_model=page_of(SessionRecordItem),
    summary="List a working group's records",
)
async def list_working_group_session_records(
    call: Reading,
    working_group_id: WorkingGroupId,
    state: State = None,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The group's records in the order they were begun."""
    request = asked(page, limit, after, sort)
    found = await session_records.list_of_group(call.work, working_group_id, request, state)
    return listed(call, SessionRecordItem, found, request)


@router.get(
    "/session-records/{sessionRecordId}",
    response_model=SessionRecordRead,
    responses={200: {"content": report_files.documented("A final record for people to read.")}},
    summary="Read a record",
)
async def read_session_record(asking: Export, session_record_id: SessionRecordId) -> Response:
    """The record, identical for both sides. `content` is exactly what an approval is about.

    Once it is final, it exists as HTML and PDF too: with the questions, the parties' decisions, case number, checksum
    and final appendices. Until then those formats are refused (406).
    """
    request = asking.request
    media_type = best_type(request, (JSON, HTML, PDF)) or JSON
    if media_type == JSON:
        async with asking.call() as call:
            return _answer(call, await session_records.read(call.work, session_record_id))
    language = report_files.language_of(request)
    async with asking.turn():
        # In one transaction, for the service steps out of what a service client sees otherwise.
        async with asking.reading() as call:
            gathered = await record_reports.gather(call.work, session_record_id)
        if gathered is None:
            raise RequestRefusal("notAcceptable")
        return await report_files.reported(
            request,
            lambda: record_reports.report(gathered, language),
            gathered.version,
            media_type,
            f"protokoll-{session_record_id}",
        )


@router.patch("/session-records/{sessionRecordId}", response_model=SessionRecordRead, summary="Write in a record")
async def update_session_record(
    call: Writing, version: Version, session_record_id: SessionRecordId, record: SessionRecordUpdate
) -> Response:
    """Change the group's answers, the shared picture or what is handed over. Earlier approvals no longer count."""
    return _answer(call, await session_records.update(call.work, session_record_id, version, record))


@router.post(
    "/session-records/{sessionRecordId}/transitions",
    response_model=SessionRecordRead,
    status_code=201,
    summary="Send a record for review, or take it back",
)
async def transition_session_record(
    call: Creating, version: Version, session_record_id: SessionRecordId, transition: SessionRecordTransition
) -> Response:
    """Review fixes the content and its hash until a deadline. Confirm that no individual can be recognised."""
    made = await call.once(
        lambda: session_records.transition(call.work, session_record_id, version, transition), session_records.read
    )
    return _answer(call, made, 201)


@router.get(
    "/session-records/{sessionRecordId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on a record",
)
async def list_session_record_approvals(
    call: Reading,
    session_record_id: SessionRecordId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on the record, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.SESSION_RECORD, session_record_id, request)


@router.post(
    "/session-records/{sessionRecordId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Decide on a record",
)
async def approve_session_record(
    call: Creating, version: Version, session_record_id: SessionRecordId, approval: ApprovalCreate
) -> Response:
    """Your party's decision on the content hash you have read. The last approval needed makes the record final."""
    return await decided(call, lambda: record_review.approve(call.work, session_record_id, version, approval))


@router.get(
    "/session-records/{sessionRecordId}/appendices",
    response_model=page_of(SessionRecordItem),
    summary="List a record's appendices",
)
async def list_appendices(
    call: Reading,
    session_record_id: SessionRecordId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Corrections and additions to the record."""
    request = asked(page, limit, after, sort)
    found = await session_records.list_appendices(call.work, session_record_id, request)
    return listed(call, SessionRecordItem, found, request)


@router.post(
    "/session-records/{sessionRecordId}/appendices",
    response_model=SessionRecordRead,
    status_code=201,
    summary="Begin an appendix",
)
async def create_appendix(call: Creating, session_record_id: SessionRecordId, appendix: AppendixCreate) -> Response:
    """A correction of a final record. It is reviewed and approved in the same way."""
    made = await call.once(
        lambda: session_records.create_appendix(call.work, session_record_id, appendix), session_records.read
    )
    return _answer(call, made, 201)


@router.get(
    "/record-registrations/{sessionRecordId}",
    response_model=RecordRegistrationRead,
    summary="Read how the archive knows a record",
)
async def read_record_registration(call: Reading, session_record_id: SessionRecordId) -> Response:
    """Case number, archive class and retention of a final record, once registered."""
    return _registration(call, await session_records.read_registration(call.work, session_record_id))


@router.put(
    "/record-registrations/{sessionRecordId}",
    response_model=RecordRegistrationRead,
    summary="Register a record in the archive",
)
async def register_session_record(
    call: Writing, version: Version, session_record_id: SessionRecordId, registration: RecordRegistrationInput
) -> Response:
    """An archivist gives a final record its case number. The first time, send `If-Match: "0"`."""
    return _registration(call, await session_records.register(call.work, session_record_id, version, registration))
