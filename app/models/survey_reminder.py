"""A reminder to everyone who was invited as a known person, answered or not."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, Output, Resource, VersionedRow
from app.models.columns import Count, Id, Moment


class SurveyReminder(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    survey_round_id: UUID = Column(foreign_key="survey_round.id")
    mailed: int

    __table_args__ = (
        sa.Index("ix_survey_reminder_survey_round_id_id", "survey_round_id", "id"),
        sa.CheckConstraint("mailed >= 0", name="mailed"),
    )


Reminded = Annotated[
    Count,
    Field(
        description="Everyone who is invited as a known person, whether or not they have answered.",
        json_schema_extra={"example": 1200},
    ),
]


class SurveyReminderCreate(Input):
    """Nothing is chosen: a reminder goes to everyone, in each person's own language."""


class SurveyReminderItem(Output):
    """A reminder in a list."""

    id: Id
    mailed: Reminded
    created_at: Moment


class SurveyReminderRead(Resource):
    """A reminder that went to everyone. Who has answered is known to nobody."""

    organisation_id: Id
    working_group_id: Id
    survey_round_id: Id
    mailed: Reminded
    created_at: Moment
