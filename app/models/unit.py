"""A node in the organisation's unit tree, and the history of its name and place."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import Row, VersionedRow


class Unit(VersionedRow, table=True):
    """What stays the same when a unit is renamed or moved."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    external_id: str | None = None
    headcount: int | None = None
    valid_from: date
    valid_to: date | None = None
    """Last day the unit exists, inclusive."""

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
        sa.Index("ix_unit_placement_organisation_id_name", "organisation_id", "name", "unit_id"),
        sa.CheckConstraint("parent_id <> unit_id", name="own_parent"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
    )
