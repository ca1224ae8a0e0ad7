"""A side at the table in one organisation."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, Output, Resource, VersionedRow, absent
from app.models.columns import Id, Line, Moment, UtcDateTime, enum_column


class Side(StrEnum):
    """The two sides at a table."""

    EMPLOYER = "employer"
    UNION = "union"


class PartyState(StrEnum):
    """A closed party takes part in nothing more; what it has approved stays."""

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


PartyName = Annotated[
    Line,
    Field(
        description="Unique in the organisation, whatever the case. For a union: the organisation's own name.",
        json_schema_extra={"example": "Saco-S"},
    ),
]


class PartyCreate(Input):
    """A side at the table: the employer, or one of the unions."""

    side: Side
    name: PartyName


class PartyUpdate(Input):
    """Merge patch; a party never changes side."""

    name: PartyName = absent()


class PartyTransition(Input):
    """Closing is final; what the party has approved stays."""

    to: Literal["closed"]


class PartyItem(Output):
    """A party in a list."""

    id: Id
    side: Side
    name: PartyName
    state: PartyState


class PartyRead(Resource):
    """A party of the organisation. Who speaks for it, it says itself (mandates)."""

    organisation_id: Id
    side: Side
    name: PartyName
    state: PartyState
    created_at: Moment
    closed_at: Moment | None = Field(description="When it was closed; null while it is active.")
