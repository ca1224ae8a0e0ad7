"""A party's own words in a record: its answers, and how it sees things differently."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, Linked, Output, Table
from app.models.bounds import VersionNumber
from app.models.columns import Id, Paragraphs, UtcDateTime, YesNo, json_column


class Statement(Table, table=True):
    """One for each party and record. Until published, it exists for that party alone."""

    session_record_id: UUID = Column(foreign_key="session_record.id", primary_key=True)
    party_id: UUID = Column(foreign_key="party.id", primary_key=True)
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    version: int = 1
    answers: dict[str, str] = Column(default={}, sa_column=json_column(dict[str, str]))
    differences: str | None = None
    published: bool = False
    changed_at: datetime = Column(sa_type=UtcDateTime)


PartyAnswers = Annotated[
    dict[Annotated[str, Field(pattern="^q[0-9]{1,3}$", max_length=4)], Paragraphs],
    Field(
        max_length=100,
        description="The party's answers by question id.",
        json_schema_extra={"example": {"q5": "Vi tar med oss frågan om tid för handledning."}},
    ),
]
Differences = Annotated[
    Paragraphs,
    Field(
        description="Where the party sees things differently.",
        json_schema_extra={"example": "Vi bedömer att kvällspassen behöver en person till."},
    ),
]


class StatementInput(Input):
    """The whole statement. Publishing puts it into the record, where it is approved with the rest."""

    answers: PartyAnswers = Field(default_factory=dict)
    differences: Differences | None = None
    published: YesNo = Field(json_schema_extra={"example": True})


class StatementInRecord(Output):
    """A published statement."""

    party_id: Id
    answers: PartyAnswers
    differences: Differences | None


class StatementRead(Linked):
    """A party's statement. Unpublished, only that party can see that it exists."""

    session_record_id: Id
    party_id: Id
    version: VersionNumber = Field(
        description="Counts the party's own changes; for everyone else it is always 1.",
        json_schema_extra={"example": 1},
    )
    answers: PartyAnswers
    differences: Differences | None
    published: YesNo
