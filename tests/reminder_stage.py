"""Everybody's settings for reminders as the first letter makes them, and one thing that a union is reminded of."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.models.reminder import Reminder, ReminderKind
from app.models.reminder_settings import ReminderSettings
from app.services.calendar import swedish_day
from tests.stories import Json

if TYPE_CHECKING:
    from tests.stage import Stage


async def build(stage: "Stage", started: Json) -> None:
    now = datetime.now(UTC)
    people = [each.person.id for each in stage.world.people.values()]
    await stage.world.add(*(ReminderSettings(person_id=person_id, created_at=now) for person_id in people))
    group_id = UUID(started["id"])
    await stage.world.add(
        Reminder(
            person_id=stage.world.saco_rep.person.id,
            working_group_id=group_id,
            kind=ReminderKind.GROUP_QUIET,
            subject_id=group_id,
            about_on=swedish_day(now),
            step=76,
            created_at=now,
        )
    )
