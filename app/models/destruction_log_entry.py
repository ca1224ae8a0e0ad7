"""That something was destroyed, when and by which decision. It holds no content and no names, and never changes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Output, Resource, Row
from app.models.columns import Count, Id, Moment, UtcDateTime, enum_column
from app.models.retention_rule import ArchiveClass, DecisionReference, Kind, RetainedKind
from app.models.session_record import CaseNumber


class DestructionLogEntry(Row, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    party_id: UUID | None = Column(default=None, foreign_key="party.id")
    """The party whose private things they were. How many it had is nobody else's business."""
    kind: RetainedKind = Column(sa_column=enum_column(RetainedKind))
    destroyed_id: UUID | None = None
    older_than: datetime | None = Column(default=None, sa_type=UtcDateTime)
    count: int
    archive_class: str
    case_number: str | None = None
    decision_reference: str
    retention_rule_id: UUID | None = None
    """No foreign key: rules come and go, and the log stays."""
    destruction_id: UUID | None = Column(default=None, foreign_key="destruction.id")
    destroyed_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_destruction_log_entry_organisation_id_id", "organisation_id", "id"),
        sa.Index("ix_destruction_log_entry_destroyed_id", "destroyed_id"),
        sa.CheckConstraint("decision_reference <> ''", name="decision_reference"),
        sa.CheckConstraint("num_nonnulls(destroyed_id, older_than) <= 1", name="one_or_many"),
        sa.CheckConstraint("num_nonnulls(retention_rule_id, destruction_id) <= 1", name="one_ground"),
    )


class DestructionLogEntryItem(Output):
    """What was destroyed, when, and by which decision; without content and names."""

    id: Id
    kind: Kind
    destroyed_id: Annotated[Id | None, Field(description="The record; null where many things went together.")]
    older_than: Annotated[
        Moment | None, Field(description="Everything of the kind from before then; null for a single record.")
    ]
    count: Count = Field(json_schema_extra={"example": 1})
    archive_class: ArchiveClass
    case_number: CaseNumber | None
    decision_reference: DecisionReference
    destroyed_at: Moment


class DestructionLogEntryRead(Resource, DestructionLogEntryItem):
    """One entry of the destruction log. Entries never change, so the version is always 1."""

    retention_rule_id: Annotated[Id | None, Field(description="The rule under which its retention had ended.")]
    destruction_id: Annotated[Id | None, Field(description="The joint decision by which it went before that.")]
