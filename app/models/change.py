"""What has changed, told to service clients in the order in which it was committed: which thing, how and when."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import ALWAYS_SENT, Link, Output, Table
from app.models.bounds import Few, Phrase
from app.models.columns import Id, Moment, UtcDateTime, YesNo, enum_column


class ChangedType(StrEnum):
    """The kinds of thing that some service client may read. New words come with new possibilities: pass over those you
    do not know."""

    # Cursors count on this order: a new one comes last.
    UNIT = "unit"
    PERSON = "person"
    SESSION_RECORD = "sessionRecord"
    SURVEY_ROUND = "surveyRound"
    GROUP_REMINDER = "groupReminder"


class ChangeKind(StrEnum):
    """As a service client sees it: a record is created when it becomes final, and removed when it is destroyed; a
    reminder is removed after 60 days."""

    CREATED = "created"
    UPDATED = "updated"
    REMOVED = "removed"


class Change(Table, table=True):
    """Written by triggers of the database alone, at the commit of what changes (docs/decisions/change-feed.md)."""

    position: int = Column(sa_column=sa.Column(sa.BigInteger, sa.Identity(always=False), primary_key=True))
    """Of an organisation's changes a later one is never seen before an earlier one."""
    organisation_id: UUID
    """No foreign key: at the commit it would wait for whoever has the organisation's row, and they for the commit."""
    subject_type: ChangedType = Column(sa_column=enum_column(ChangedType))
    subject_id: UUID
    kind: ChangeKind = Column(sa_column=enum_column(ChangeKind))
    happened_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_change_organisation_id_position", "organisation_id", "position"),
        sa.Index("ix_change_happened_at", "happened_at"),
        sa.Index("ix_change_subject_id", "subject_id"),
    )


# --- On the wire -----------------------------------------------------------------------------------


Cursor = Annotated[
    Phrase,
    Field(
        description="The place after this answer: keep it, and send it as it is. It counts for 30 days.",
        json_schema_extra={"example": "AQAAAAAAABAAAAAAaSbbgAAD4v8w2x3XJ0m9s8r7q6p5o4n3"},
    ),
]


class ChangeItem(Output):
    """That a thing is there, is another, or is gone. What it says is read at its own address."""

    type: ChangedType
    id: Id
    change: ChangeKind
    happened_at: Moment


class Changes(Output):
    """Up to 500 changes in the order in which they were committed, and the cursor to go on with."""

    model_config = ALWAYS_SENT

    items: Annotated[list[ChangeItem], Field(max_length=500)]
    cursor: Cursor
    more: YesNo = Field(
        description="Whether there is more already. If not, ask again in a while, with the new cursor.",
        json_schema_extra={"example": False},
    )
    links: Few[Link] = Field(default_factory=list, alias="_links", description="Absolute links, `self` first.")
