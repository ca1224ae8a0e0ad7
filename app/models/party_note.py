"""A party's private notes on a session. They exist for that party alone."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.columns import Id, Moment, Paragraphs


class PartyNote(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    dialogue_session_id: UUID = Column(foreign_key="dialogue_session.id")
    party_id: UUID = Column(foreign_key="party.id")
    text: str

    __table_args__ = (sa.Index("ix_party_note_session", "dialogue_session_id", "party_id", "id"),)


NoteText = Annotated[Paragraphs, Field(json_schema_extra={"example": "Ta upp handledningstiden internt först."})]


class PartyNoteCreate(Input):
    """A note for the caller's own party."""

    text: NoteText
    mandate_id: LeftOut[Id] = absent(description="Needed only by somebody who holds several mandates at the table.")


class PartyNoteUpdate(Input):
    """Merge patch: the note's new text."""

    text: NoteText = absent()


class PartyNoteItem(Output):
    """A private note of the caller's own party."""

    id: Id
    text: NoteText
    created_at: Moment


class PartyNoteRead(Resource):
    """A private note of the caller's own party."""

    dialogue_session_id: Id
    party_id: Id
    text: NoteText
    created_at: Moment
