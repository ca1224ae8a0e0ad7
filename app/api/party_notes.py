"""Party-private notes over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.dialogue_sessions import DialogueSessionId
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.party_note import PartyNoteCreate, PartyNoteItem, PartyNoteRead, PartyNoteUpdate
from app.services import party_notes

router = router_of("party-notes")

PartyNoteId = Annotated[Id, Path(alias="partyNoteId", description="The note.")]


def _answer(call: Call, note: PartyNoteRead, status: int = 200) -> Response:
    return single(call.request, note, f"/party-notes/{note.id}", status=status)


@router.get(
    "/dialogue-sessions/{dialogueSessionId}/party-notes",
    response_model=page_of(PartyNoteItem),
    summary="List your party's notes",
)
async def list_party_notes(
    call: Reading,
    dialogue_session_id: DialogueSessionId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Your own party's notes on the session. Nobody else's notes are shown or counted."""
    request = asked(page, limit, after, sort)
    found = await party_notes.list_party_notes(call.work, dialogue_session_id, request)
    return listed(call, PartyNoteItem, found, request)


@router.post(
    "/dialogue-sessions/{dialogueSessionId}/party-notes",
    response_model=PartyNoteRead,
    status_code=201,
    summary="Write a note for your party",
)
async def create_party_note(call: Creating, dialogue_session_id: DialogueSessionId, note: PartyNoteCreate) -> Response:
    """A note that only your own party's representatives at this table can see."""
    made = await call.once(lambda: party_notes.create(call.work, dialogue_session_id, note), party_notes.read)
    return _answer(call, made, 201)


@router.get("/party-notes/{partyNoteId}", response_model=PartyNoteRead, summary="Read your party's note")
async def read_party_note(call: Reading, party_note_id: PartyNoteId) -> Response:
    """A note of your own party."""
    return _answer(call, await party_notes.read(call.work, party_note_id))


@router.patch("/party-notes/{partyNoteId}", response_model=PartyNoteRead, summary="Change your party's note")
async def update_party_note(
    call: Writing, version: Version, party_note_id: PartyNoteId, note: PartyNoteUpdate
) -> Response:
    """Change a note of your own party."""
    return _answer(call, await party_notes.update(call.work, party_note_id, version, note))


@router.delete("/party-notes/{partyNoteId}", status_code=204, summary="Delete your party's note")
async def delete_party_note(call: Writing, version: Version, party_note_id: PartyNoteId) -> Response:
    """Delete a note of your own party for good."""
    await party_notes.delete(call.work, party_note_id, version)
    return nothing()
