"""A calendar that a person subscribes to in a program of their own, by an address that only they know."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import LongAddress
from app.models.columns import Id, Moment


class CalendarFeed(VersionedRow, table=True):
    """What it shows is looked up when it is asked for: nothing is kept of it but whose it is."""

    person_id: UUID = Column(foreign_key="person.id")
    working_group_id: UUID | None = Column(default=None, foreign_key="working_group.id")
    """None: all groups that the person may read."""
    token_hash: bytes

    __table_args__ = (
        sa.Index("ix_calendar_feed_person_id_created_at_id", "person_id", "created_at", "id"),
        sa.Index("uq_calendar_feed_token_hash", "token_hash", unique=True),
    )


OfGroup = Annotated[Id | None, Field(description="Only of this working group; null: of all that you may read.")]


class CalendarFeedCreate(Input):
    """A calendar of one working group, or of all that you may read."""

    working_group_id: LeftOut[Id] = absent(description="Left out: all working groups that you may read.")


class CalendarFeedItem(Output):
    """A calendar in a list."""

    id: Id
    working_group_id: OfGroup
    created_at: Moment


class CalendarFeedRead(Resource):
    """A calendar with sessions, due days of actions and times of surveys, as you may read them at any time."""

    working_group_id: OfGroup
    address: LongAddress | None = Field(
        description="Where calendar programs find it (iCalendar, RFC 5545), in the answer that makes it and never "
        "again. Whoever knows it reads the calendar without signing in: give it to nobody. Null ever after.",
        json_schema_extra={
            "example": "https://larande.example/calendar-feeds/sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r.ics"
        },
    )
    created_at: Moment
