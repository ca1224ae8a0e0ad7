"""The parties' own words in a record, over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import tagged
from app.api.dependencies import Call, Reading, Version, Writing
from app.api.operations import router_of
from app.api.session_records import SessionRecordId
from app.models.columns import Id
from app.models.statement import StatementInput, StatementRead
from app.services import statements

router = router_of("session-records")

StatementPartyId = Annotated[Id, Path(alias="partyId", description="The party whose words these are.")]


def _answer(call: Call, statement: StatementRead) -> Response:
    path = f"/session-records/{statement.session_record_id}/statements/{statement.party_id}"
    return tagged(call.request, statement, statement.version, path)


@router.get(
    "/session-records/{sessionRecordId}/statements/{partyId}",
    response_model=StatementRead,
    summary="Read a party's statement",
)
async def read_statement(call: Reading, session_record_id: SessionRecordId, party_id: StatementPartyId) -> Response:
    """Your own party's statement, empty (version 0) before it is written; another party's once it is published."""
    return _answer(call, await statements.read(call.work, session_record_id, party_id))


@router.put(
    "/session-records/{sessionRecordId}/statements/{partyId}",
    response_model=StatementRead,
    summary="Write your party's statement",
)
async def write_statement(
    call: Writing,
    version: Version,
    session_record_id: SessionRecordId,
    party_id: StatementPartyId,
    statement: StatementInput,
) -> Response:
    """Answers to the party's questions and where it differs. Unpublished, only your party knows that it exists."""
    return _answer(call, await statements.write(call.work, session_record_id, party_id, version, statement))
