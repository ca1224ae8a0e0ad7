"""A person's appointment to speak for a party, given and ended by that party itself."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column
from sqlmodel import col

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Phrase
from app.models.columns import DateOnly, Id, Line, Moment, UtcDateTime, YesNo


class Mandate(VersionedRow, table=True):
    """Valid from the first to the last day, both inclusive, in Swedish time.

    Without a working group it speaks for the party everywhere; with one, at that table only.
    """

    organisation_id: UUID = Column(foreign_key="organisation.id")
    party_id: UUID = Column(foreign_key="party.id")
    person_id: UUID = Column(foreign_key="person.id")
    working_group_id: UUID | None = Column(default=None, foreign_key="working_group.id")
    function: str
    valid_from: date
    valid_to: date | None = None
    first: bool = False
    """Appointed by the system administrator while the party had nobody; every other one comes from the party."""
    suspended_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When HR syncing said that its holder had left. It gives nothing from that day on, until the party resumes it."""

    __table_args__ = (
        sa.Index("ix_mandate_person_id", "person_id"),
        sa.Index("ix_mandate_party_id_id", "party_id", "id"),
        sa.Index("ix_mandate_working_group_id_id", "working_group_id", "id"),
        sa.Index(
            "uq_mandate_first",
            "party_id",
            "valid_from",
            unique=True,
            postgresql_where=sa.text("first AND suspended_at IS NULL"),
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
    )


Day = date | sa.BindParameter[date]


def valid_between(first_day: Day, last_day: Day | None) -> sa.ColumnElement[bool]:
    """Mandates that are valid on some day of the period, both ends inclusive; without an end, on any day to come.

    A suspended one was valid until the day before its suspension.
    """
    begun = sa.true() if last_day is None else col(Mandate.valid_from) <= last_day
    suspended_on = sa.cast(sa.func.timezone("Europe/Stockholm", col(Mandate.suspended_at)), sa.Date)
    return sa.and_(
        begun,
        sa.or_(col(Mandate.valid_to).is_(None), col(Mandate.valid_to) >= first_day),
        sa.or_(col(Mandate.suspended_at).is_(None), suspended_on > first_day),
    )


def valid_on(day: Day) -> sa.ColumnElement[bool]:
    return valid_between(day, day)


MandateFunction = Annotated[Line, Field(json_schema_extra={"example": "Ordförande i lokalföreningen"})]
MandateFrom = Annotated[
    DateOnly, Field(description="First day, inclusive, in Sweden.", json_schema_extra={"example": "2026-01-01"})
]
MandateTo = Annotated[
    DateOnly, Field(description="Last day, inclusive, in Sweden.", json_schema_extra={"example": "2027-12-31"})
]
SuspendedAt = Annotated[
    Moment | None,
    Field(
        description="When HR syncing said that the person had left. From that day the mandate gives no say, until the "
        "party resumes it. Null: it is not suspended."
    ),
]
AtGroup = Annotated[Id, Field(description="The one working group it is for; null: it speaks for the party everywhere.")]


PersonNameOrFunction = Annotated[
    Phrase,
    Field(
        description="The person's name; once the person has been erased, the function alone.",
        json_schema_extra={"example": "Åsa Lindqvist"},
    ),
]


class MandateCreate(Input):
    """An appointment to speak for the party."""

    person_id: Id
    function: MandateFunction
    working_group_id: LeftOut[AtGroup] = absent()
    valid_from: LeftOut[MandateFrom] = absent(
        description="Left out: today. At most 366 days back, and never over days on the other side."
    )
    valid_to: LeftOut[MandateTo] = absent(description="Left out: until further notice. Never before today.")


class MandateUpdate(Input):
    """Merge patch. A last day ends the mandate: today at the earliest, so that what was done under it stands.

    A mandate whose holder had left and is back is resumed with `suspendedAt: null`.
    """

    function: MandateFunction = absent()
    valid_to: MandateTo | None = absent()
    suspended_at: Annotated[
        None, Field(description="Null resumes a suspended mandate. Only HR syncing suspends one.")
    ] = absent()


class MandateItem(Output):
    """A mandate in a list."""

    id: Id
    party_id: Id
    person_id: Id
    person_name: PersonNameOrFunction
    working_group_id: AtGroup | None
    function: MandateFunction
    valid_from: MandateFrom
    valid_to: MandateTo | None
    suspended_at: SuspendedAt


class MandateRead(Resource):
    """Somebody's appointment to speak for a party: a public act of the party itself."""

    organisation_id: Id
    party_id: Id
    person_id: Id
    person_name: PersonNameOrFunction
    working_group_id: AtGroup | None
    function: MandateFunction
    valid_from: MandateFrom
    valid_to: MandateTo | None
    first: YesNo = Field(
        description="Appointed by the system administrator while the party had nobody to speak for it.",
        json_schema_extra={"example": False},
    )
    suspended_at: SuspendedAt
    created_at: Moment
