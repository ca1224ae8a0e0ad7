"""What a working group is reminded of, and who has been told of it. Never what somebody has not done."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import Row
from app.models.columns import UtcDateTime, enum_column


class ReminderKind(StrEnum):
    """What a reminder is about: a session some days ago, an agreed step, a joint decision that waits, a quiet group.
    New words come with new possibilities: pass over those you do not know."""

    FOLLOW_UP = "followUp"
    ACTION_DUE = "actionDue"
    APPROVAL_AWAITED = "approvalAwaited"
    GROUP_QUIET = "groupQuiet"


class Reminder(Row, table=True):
    """One thing that one person is told of, once. It holds no words: those are found when the letter is written."""

    person_id: UUID = Column(foreign_key="person.id")
    working_group_id: UUID = Column(foreign_key="working_group.id", index=True)
    kind: ReminderKind = Column(sa_column=enum_column(ReminderKind))
    subject_id: UUID
    """The session, action, group or subject of a decision. No foreign key: it outlives none of them for long."""
    about_on: date
    """The day it counts from: of the session, of the due date. With another day it is another reminder."""
    step: int
    """How many days from then."""
    created_at: datetime = Column(sa_type=UtcDateTime)
    digest_id: UUID | None = None
    """The letter that tells of it, once that is in the queue; all with the same id are in one."""
    digest_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When that letter is due."""
    told_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When a mail server had taken it, or there was nothing left to say."""

    __table_args__ = (
        # The last line of defence: nobody is told of the same thing twice, whoever looks for it at the same time.
        sa.Index("uq_reminder_person_id", "person_id", "kind", "subject_id", "about_on", "step", unique=True),
        sa.Index("ix_reminder_created_at", "created_at"),
        sa.Index("ix_reminder_waiting", "person_id", postgresql_where=sa.text("told_at IS NULL")),
    )
