"""A node in the organisation's unit tree, and the history of its name and place."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, Row, VersionedRow, absent
from app.models.bounds import Many
from app.models.columns import SWEDISH_ORDER, Count, DateOnly, Id, Line, Moment, UtcDateTime


class Unit(VersionedRow, table=True):
    """What stays the same when a unit is renamed or moved."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    external_id: str | None = None
    headcount: int | None = None
    valid_from: date
    valid_to: date | None = None
    """Last day the unit exists, inclusive."""
    changed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When anything of the unit last changed; null: not since it was created."""
    closed_by_syncing_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When a service client closed it; null: it is open, or somebody who was signed in did."""
    merged_into_id: UUID | None = Column(default=None, foreign_key="unit.id")
    """The unit that it became part of when it closed."""

    __table_args__ = (
        sa.Index("uq_unit_external_id", "organisation_id", "external_id", unique=True),
        sa.Index("ix_unit_organisation_id_id", "organisation_id", "id"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
    )


class UnitPlacement(Row, table=True):
    """One period of a unit's life: its name and parent from one day to another, both inclusive.

    The current period is the one with `valid_to` null; a move closes it and opens the next.
    """

    organisation_id: UUID = Column(foreign_key="organisation.id")
    unit_id: UUID = Column(foreign_key="unit.id")
    parent_id: UUID | None = Column(default=None, foreign_key="unit.id")
    name: str
    valid_from: date
    valid_to: date | None = None

    __table_args__ = (
        sa.Index("uq_unit_placement_start", "unit_id", "valid_from", unique=True),
        sa.Index(
            "uq_unit_placement_current",
            "unit_id",
            unique=True,
            postgresql_where=sa.text("valid_to IS NULL"),
        ),
        sa.Index("ix_unit_placement_parent_id", "parent_id"),
        sa.Index("ix_unit_placement_organisation_id_name", "organisation_id", SWEDISH_ORDER, "unit_id"),
        sa.CheckConstraint("parent_id <> unit_id", name="own_parent"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
    )


UnitName = Annotated[Line, Field(json_schema_extra={"example": "Provtagningsenheten"})]
ParentId = Annotated[Id, Field(description="The unit above; null at the top.")]
ExternalId = Annotated[
    Line,
    Field(
        description="The unit's id in the HR system; unique in the organisation, also among closed units.",
        json_schema_extra={"example": "ORG-4711"},
    ),
]
Headcount = Annotated[
    Count, Field(description="Employees in the unit itself, without those below.", json_schema_extra={"example": 34})
]
FirstDay = Annotated[DateOnly, Field(json_schema_extra={"example": "2024-01-01"})]
LastDay = Annotated[DateOnly, Field(description="Inclusive.", json_schema_extra={"example": "2026-06-30"})]


class UnitCreate(Input):
    """A unit in the organisation's tree."""

    name: UnitName
    parent_id: LeftOut[ParentId] = absent()
    external_id: LeftOut[ExternalId] = absent()
    headcount: LeftOut[Headcount] = absent()
    valid_from: LeftOut[FirstDay] = absent(description="First day, today or earlier. Left out: today.")


class UnitUpdate(Input):
    """Merge patch. A new name or place takes effect on `effectiveOn`; what was before stays in the history."""

    name: UnitName = absent()
    parent_id: ParentId | None = absent()
    external_id: ExternalId | None = absent()
    headcount: Headcount | None = absent()
    effective_on: Annotated[
        DateOnly,
        Field(
            description="First day of the new name and place: today (the default) or earlier, but not before the "
            "latest change. On that change's own day the change is corrected instead.",
            json_schema_extra={"example": "2026-11-23"},
        ),
    ] = absent()
    valid_to: LastDay | None = Field(
        default_factory=lambda: None,
        description="Closes the unit: its last day, today or earlier. Closing is final.",
    )


class UnitPeriod(Output):
    """What a unit was called and where it lay from one day to another, both inclusive."""

    name: UnitName
    parent_id: ParentId | None
    valid_from: FirstDay
    valid_to: LastDay | None = Field(description="Null: until further notice.")


class UnitItem(Output):
    """A unit in a list, as it was on the day asked for."""

    id: Id
    name: UnitName
    parent_id: ParentId | None
    external_id: ExternalId | None
    headcount: Headcount | None
    valid_from: FirstDay = Field(description="First day of the unit.")
    valid_to: LastDay | None = Field(description="Last day of the unit; null while it is open.")


class UnitRead(Resource):
    """A unit as it is now, or was on its last day, with the history of its name and place."""

    organisation_id: Id
    name: UnitName
    parent_id: ParentId | None
    external_id: ExternalId | None
    headcount: Headcount | None
    valid_from: FirstDay = Field(description="First day of the unit.")
    valid_to: LastDay | None = Field(description="Last day of the unit; null while it is open.")
    merged_into_id: Id | None = Field(description="The unit that it became part of when it closed.")
    periods: Many[UnitPeriod] = Field(description="Oldest first; the last one is the present.")
    created_at: Moment
