"""A party's private notes. Nobody else can see them, count them or tell that they exist."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.dialogue_session import DialogueSession
from app.models.party_note import PartyNote, PartyNoteCreate, PartyNoteRead, PartyNoteUpdate
from app.services import policy
from app.services.joint_decision import speaking_seat
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, removed, shown

SORTS: dict[str, Columns] = {"createdAt": (col(PartyNote.id),)}

_ITEMS = sa.select(col(PartyNote.id), col(PartyNote.text), col(PartyNote.created_at)).where(
    col(PartyNote.dialogue_session_id) == sa.bindparam("dialogue_session_id"), policy.visible(PartyNote)
)


async def list_party_notes(work: Work, session_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_party_notes", DialogueSession, session_id)
    return await page(work, _ITEMS, SORTS, request, dialogue_session_id=session_id)


async def create(work: Work, session_id: UUID, data: PartyNoteCreate) -> PartyNoteRead:
    session = await admit(work, "create_party_note", DialogueSession, session_id)
    seat = speaking_seat(work, session.working_group_id, data.mandate_id)
    note = PartyNote(
        organisation_id=session.organisation_id,
        working_group_id=session.working_group_id,
        dialogue_session_id=session.id,
        party_id=seat.party_id,
        text=data.text,
        created_at=work.now,
    )
    await created(work, "create_party_note", note, mandate_id=seat.mandate_id)
    return shown(work, PartyNoteRead, note)


async def read(work: Work, note_id: UUID) -> PartyNoteRead:
    return shown(work, PartyNoteRead, await find(work, PartyNote, note_id))


async def update(work: Work, note_id: UUID, version: int, data: PartyNoteUpdate) -> PartyNoteRead:
    note = await admit(work, "update_party_note", PartyNote, note_id, version)
    if changes := differing(note, data.model_dump(exclude_unset=True)):
        await changed(work, "update_party_note", note, changes)
    return shown(work, PartyNoteRead, note)


async def delete(work: Work, note_id: UUID, version: int) -> None:
    note = await admit(work, "delete_party_note", PartyNote, note_id, version)
    await removed(work, "delete_party_note", note)
