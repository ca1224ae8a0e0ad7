"""Who changed what and when. Append-only; holds no content and no party-private fact for others to see."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Output, Resource, Row
from app.models.bounds import VersionNumber, Word
from app.models.columns import Id, Moment, UtcDateTime, enum_column


class Audience(StrEnum):
    """Who may read an entry: all parties of the organisation, those at one table, one party or one person alone."""

    ORGANISATION = "organisation"
    WORKING_GROUP = "workingGroup"
    PARTY = "party"
    PERSON = "person"


class AuditEntry(Row, table=True):
    organisation_id: UUID | None = Column(default=None, foreign_key="organisation.id")
    working_group_id: UUID | None = Column(default=None, foreign_key="working_group.id")
    party_id: UUID | None = Column(default=None, foreign_key="party.id")
    audience: Audience = Column(sa_column=enum_column(Audience))
    person_id: UUID | None = Column(default=None, foreign_key="person.id")
    service_client_id: UUID | None = Column(default=None, foreign_key="service_client.id")
    mandate_id: UUID | None = Column(default=None, foreign_key="mandate.id")
    operation: str
    subject_type: str
    subject_id: UUID
    from_version: int | None = None
    happened_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_audit_entry_organisation_id_id", "organisation_id", "id"),
        sa.Index("ix_audit_entry_subject_id", "subject_id"),
    )


class AuditEntryItem(Output):
    """A change: who acted by which mandate, or which service client; what was done to which thing, when, and from which
    version."""

    id: Id
    happened_at: Moment
    operation: Word = Field(
        description="The operationId, a command's name, or what came of either, such as `suspend_mandate`.",
        json_schema_extra={"example": "update_unit"},
    )
    subject_type: Word = Field(json_schema_extra={"example": "unit"})
    subject_id: Id
    from_version: VersionNumber | None = Field(
        description="The version the change started from; null when the thing was made or its version did not change.",
        json_schema_extra={"example": 3},
    )
    person_id: Id | None = Field(description="Null when the service itself, a command or a service client acted.")
    service_client_id: Id | None = Field(description="The service client that acted; null when it was none.")
    mandate_id: Id | None = Field(description="The mandate under which the person acted.")
    working_group_id: Id | None = Field(description="At which table it was; null: at none.")
    audience: Audience


class AuditEntryRead(Resource, AuditEntryItem):
    """One entry of the audit trail. Entries never change, so the version is always 1."""
