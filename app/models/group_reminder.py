"""What a working group has been reminded of: one row for the whole table, whoever is written to."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Output, Resource, Row
from app.models.bounds import LARGEST_NUMBER
from app.models.columns import DateOnly, Id, Moment, UtcDateTime, WholeNumber, enum_column
from app.models.reminder import ReminderKind


class ReminderSubject(StrEnum):
    """What a reminder is about; it is read by its id under the address of such things, as in `/dialogue-sessions`.

    New words come with new possibilities: pass over those you do not know.
    """

    WORKING_GROUP = "workingGroup"
    DIALOGUE_SESSION = "dialogueSession"
    SESSION_RECORD = "sessionRecord"
    ACTION = "action"
    SURVEY_ROUND = "surveyRound"
    SURVEY_AMENDMENT = "surveyAmendment"
    SURVEY_TEXTS = "surveyTexts"
    DESTRUCTION = "destruction"
    LEARNING_LOG_ENTRY = "learningLogEntry"


class GroupReminder(Row, table=True):
    """One thing that one group is reminded of, once. Like the letters' own rows it holds no words."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id", index=True)
    kind: ReminderKind = Column(sa_column=enum_column(ReminderKind))
    subject_type: ReminderSubject = Column(sa_column=enum_column(ReminderSubject))
    subject_id: UUID
    """No foreign key: it outlives none of them for long."""
    about_on: date
    step: int
    created_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        # The last line of defence: no program is told of the same thing twice.
        sa.Index("uq_group_reminder_key", "kind", "subject_id", "about_on", "step", unique=True),
        sa.Index("ix_group_reminder_organisation_id_id", "organisation_id", "id"),
        sa.Index("ix_group_reminder_created_at", "created_at"),
    )


# --- On the wire -----------------------------------------------------------------------------------


class GroupReminderItem(Output):
    """What a group was reminded of: which thing, and why now. What it says is read there, by those who may."""

    id: Id
    working_group_id: Id
    kind: ReminderKind
    subject_type: ReminderSubject
    subject_id: Id
    about_on: DateOnly = Field(
        description="The day it counts from: the session was held, the action is due, the first party decided, time "
        "runs out, or the group last met or began."
    )
    step: WholeNumber = Field(
        ge=-LARGEST_NUMBER,
        le=LARGEST_NUMBER,
        description="How many days after that day it is worth saying; before it if negative.",
        json_schema_extra={"example": 7},
    )
    created_at: Moment


class GroupReminderRead(Resource, GroupReminderItem):
    """One reminder of a working group. It never changes, so the version is always 1; after 60 days it is gone."""

    organisation_id: Id
