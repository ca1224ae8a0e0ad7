"""A system administrator's word that many people really have left: until it is given, HR syncing waits."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, Output, Resource, VersionedRow
from app.models.columns import Id, Moment, UtcDateTime, WholeNumber


class DeactivationRelease(VersionedRow, table=True):
    """So many people more may be deactivated by syncing than the organisation's brake lets through within a day."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    people: int
    expires_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_deactivation_release_organisation_id_id", "organisation_id", "id"),
        sa.CheckConstraint("people > 0", name="people"),
    )


ReleasedPeople = Annotated[
    WholeNumber,
    Field(
        ge=1,
        le=1_000_000,
        description="How many people more than the brake lets through may be deactivated within the next day.",
        json_schema_extra={"example": 140},
    ),
]


class DeactivationReleaseCreate(Input):
    """Confirms that so many people have left. It counts for 24 hours."""

    people: ReleasedPeople


class DeactivationReleaseItem(Output):
    """A release in a list."""

    id: Id
    people: ReleasedPeople
    created_at: Moment
    expires_at: Moment


class DeactivationReleaseRead(Resource):
    """A system administrator's confirmation that so many people may be deactivated by HR syncing."""

    organisation_id: Id
    people: ReleasedPeople
    created_at: Moment
    expires_at: Moment
