"""That a final record is destroyed before its retention ends: proposed by one party, decided by both sides."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, Output, Resource, VersionedRow
from app.models.bounds import Many
from app.models.columns import Id, Moment, Paragraphs, UtcDateTime, enum_column, json_column
from app.models.retention_rule import DecisionReference


class DestructionState(StrEnum):
    """Where a joint decision to destroy a record is."""

    PROPOSED = "proposed"
    CARRIED_OUT = "carriedOut"
    WITHDRAWN = "withdrawn"


class DestroyedRecord(Output):
    """A final record, or an appendix to one, by its id and the hash of its content."""

    id: Id
    content_hash: ContentHash


class Destruction(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    destroyed_record_id: UUID
    """No foreign key: the decision outlives the record."""
    records: list[DestroyedRecord] = Column(sa_column=json_column(list[DestroyedRecord]))
    """All that goes: the record, and its appendices as they were when it was proposed."""
    party_id: UUID = Column(foreign_key="party.id")
    """The party that proposed it."""
    state: DestructionState = Column(default=DestructionState.PROPOSED, sa_column=enum_column(DestructionState))
    reason: str
    decision_reference: str
    content_hash: str
    decided_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_destruction_working_group_id_id", "working_group_id", "id"),
        sa.Index(
            "uq_destruction_proposed",
            "destroyed_record_id",
            unique=True,
            postgresql_where=sa.text("state = 'proposed'"),
        ),
    )


DestructionReason = Annotated[
    Paragraphs,
    Field(
        description="Why. It is kept with the decision when the record is gone: repeat nothing of what it says.",
        json_schema_extra={"example": "Protokollet hör till en nedlagd verksamhet."},
    ),
]
_Records = Annotated[Many[DestroyedRecord], Field(description="All that is destroyed: the record and its appendices.")]
_RecordId = Annotated[Id, Field(description="The record; once it is destroyed, nothing is there any more.")]
_Proposer = Annotated[Id, Field(description="The party that proposed it.")]


class DestructionCreate(Input):
    """A proposal to destroy a final record, with its appendices, before its retention ends."""

    reason: DestructionReason
    decision_reference: DecisionReference


class DestructionTransition(Input):
    """The party that proposed it takes it back."""

    to: Literal["withdrawn"]


class DestructionContent(Output):
    """Exactly what the parties decide on. The content hash is taken over this object."""

    destroyed_record_id: _RecordId
    records: _Records
    reason: DestructionReason
    decision_reference: DecisionReference


class DestructionItem(Output):
    """A destruction that is proposed, carried out or withdrawn."""

    id: Id
    destroyed_record_id: _RecordId
    party_id: _Proposer
    state: DestructionState
    decision_reference: DecisionReference
    decided_at: Moment | None = Field(description="When both sides had decided; null until then.")


class DestructionRead(Resource):
    """A joint decision to destroy a final record before its retention ends."""

    working_group_id: Id
    party_id: _Proposer
    state: DestructionState
    content: DestructionContent
    content_hash: ContentHash
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on this content.")
    created_at: Moment
    decided_at: Moment | None = Field(description="When both sides had decided; null until then.")
