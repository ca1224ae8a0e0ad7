"""How long an organisation keeps a kind of thing, and by which decision it is destroyed after that."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, Output, Resource, VersionedRow, absent
from app.models.columns import Id, Line, Moment, UtcDateTime, WholeNumber, enum_column


class RetainedKind(StrEnum):
    """What retention is decided about. Everything else is kept."""

    SESSION_RECORDS = "sessionRecords"
    """Final ones, with their decisions, statements, actions and appendices."""
    PARTY_NOTES = "partyNotes"
    AUDIT_ENTRIES = "auditEntries"
    SIGN_INS = "signIns"


class RetentionRule(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    kind: RetainedKind = Column(sa_column=enum_column(RetainedKind))
    keep_months: int
    archive_class: str
    decision_reference: str
    set_at: datetime = Column(sa_type=UtcDateTime)
    """When it came to be as it is. It destroys nothing until the notice after that is over."""

    __table_args__ = (
        sa.Index("uq_retention_rule_kind", "organisation_id", "kind", unique=True),
        sa.CheckConstraint("keep_months >= 1", name="keep_months"),
        sa.CheckConstraint("decision_reference <> ''", name="decision_reference"),
    )


ArchiveClass = Annotated[Line, Field(json_schema_extra={"example": "2.4.1 Samverkan"})]
DecisionReference = Annotated[
    Line,
    Field(
        description="The decision by which it is destroyed (gallringsbeslut).",
        json_schema_extra={"example": "MP 2026/45"},
    ),
]
KeepMonths = Annotated[
    WholeNumber,
    Field(
        ge=1,
        le=1200,
        description="Months it is kept: a record from the day it became final, everything else from when it came to "
        "be.",
        json_schema_extra={"example": 120},
    ),
]
Kind = Annotated[
    RetainedKind,
    Field(
        description="Final session records (with their decisions, statements, actions and appendices), the parties' "
        "private notes, entries of the audit trail, or sign-ins.",
        json_schema_extra={"example": "sessionRecords"},
    ),
]


class RetentionRuleCreate(Input):
    """How long one kind of thing is kept. Without a rule it is kept for good."""

    kind: Kind
    keep_months: KeepMonths
    archive_class: ArchiveClass
    decision_reference: DecisionReference


class RetentionRuleUpdate(Input):
    """Merge patch. Any change begins the notice anew."""

    keep_months: KeepMonths = absent()
    archive_class: ArchiveClass = absent()
    decision_reference: DecisionReference = absent()


class RetentionRuleItem(Output):
    """A rule in a list."""

    id: Id
    kind: Kind
    keep_months: KeepMonths
    archive_class: ArchiveClass
    decision_reference: DecisionReference
    set_at: Moment


class RetentionRuleRead(Resource):
    """How long the organisation keeps a kind of thing, and by which decision it is destroyed after that."""

    organisation_id: Id
    kind: Kind
    keep_months: KeepMonths
    archive_class: ArchiveClass
    decision_reference: DecisionReference
    set_at: Moment
    destroys_from: Moment = Field(
        description="Nothing is destroyed under it before then: 30 days after it was set or changed."
    )
    created_at: Moment
