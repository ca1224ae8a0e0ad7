"""A system administrator's word that many people really have left, or units closed: HR syncing waits for it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column

from app.models.base import Input, Output, Resource, VersionedRow
from app.models.columns import Id, Moment, UtcDateTime, WholeNumber


class DeactivationRelease(VersionedRow, table=True):
    """So many people or units more may be ended by syncing than the organisation's brake lets through within a day."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    people: int = 0
    units: int = 0
    expires_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_deactivation_release_organisation_id_id", "organisation_id", "id"),
        sa.CheckConstraint("people >= 0 AND units >= 0 AND people + units > 0", name="releases_something"),
    )


ReleasedPeople = Annotated[
    WholeNumber,
    Field(
        ge=0,
        le=1_000_000,
        description="How many people more than the brake lets through may be deactivated within the next day.",
        json_schema_extra={"example": 140},
    ),
]
ReleasedUnits = Annotated[
    WholeNumber,
    Field(
        ge=0,
        le=1_000_000,
        description="How many units more than the brake lets through may be closed within the next day.",
        json_schema_extra={"example": 12},
    ),
]


class DeactivationReleaseCreate(Input):
    """Confirms that so many people have left, or so many units have closed. It counts for 24 hours."""

    people: ReleasedPeople = 0
    units: ReleasedUnits = 0

    @model_validator(mode="after")
    def releases_something(self) -> "DeactivationReleaseCreate":
        if not (self.people or self.units):
            raise PydanticCustomError("releases_nothing", "A release is for at least one person or unit.")
        return self


class DeactivationReleaseItem(Output):
    """A release in a list."""

    id: Id
    people: ReleasedPeople
    units: ReleasedUnits
    created_at: Moment
    expires_at: Moment


class DeactivationReleaseRead(Resource):
    """A system administrator's confirmation that so many people may be deactivated, or units closed, by HR syncing."""

    organisation_id: Id
    people: ReleasedPeople
    units: ReleasedUnits
    created_at: Moment
    expires_at: Moment
