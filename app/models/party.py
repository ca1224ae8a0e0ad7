"""A side at the table in one organisation."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import VersionedRow
from app.models.columns import UtcDateTime, enum_column


class Side(StrEnum):
    EMPLOYER = "employer"
    UNION = "union"


class PartyState(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


class Party(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    side: Side = Column(sa_column=enum_column(Side))
    name: str
    state: PartyState = Column(default=PartyState.ACTIVE, sa_column=enum_column(PartyState))
    closed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index(
            "uq_party_employer",
            "organisation_id",
            unique=True,
            postgresql_where=sa.text("side = 'employer' AND state = 'active'"),
        ),
        sa.Index("uq_party_name", "organisation_id", sa.text("lower(name)"), unique=True),
    )
