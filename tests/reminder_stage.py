"""Everybody's settings for reminders as the first letter makes them, and one thing that a group and a union in it are
reminded of."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.models.group_reminder import GroupReminder, ReminderSubject
from app.models.reminder import Reminder, ReminderKind
from app.models.reminder_settings import ReminderSettings
from app.services.calendar import swedish_day
from tests.stories import Json
from tests.world import World

if TYPE_CHECKING:
    from tests.stage import Stage


async def build(stage: "Stage", started: Json) -> None:
    now = datetime.now(UTC)
    people = [each.person.id for each in stage.world.people.values()]
    await stage.world.add(*(ReminderSettings(person_id=person_id, created_at=now) for person_id in people))
    told = Reminder(person_id=stage.world.saco_rep.person.id, **_of_quiet(started, now))
    await stage.world.add(told)
    await stage.keep("group is reminded", GroupReminder, await _noted(stage.world, started, now))


async def of_closed(stage: "Stage", group: Json) -> None:
    reminder_id = await _noted(stage.shut, group, datetime.now(UTC))
    await stage.keep("group is reminded, organisation closed", GroupReminder, reminder_id)


async def _noted(world: World, group: Json, now: datetime) -> UUID:
    noted = GroupReminder(
        organisation_id=world.organisation.id, subject_type=ReminderSubject.WORKING_GROUP, **_of_quiet(group, now)
    )
    await world.add(noted)
    return noted.id


def _of_quiet(group: Json, now: datetime) -> dict[str, Any]:
    group_id = UUID(group["id"])
    return {
        "working_group_id": group_id,
        "kind": ReminderKind.GROUP_QUIET,
        "subject_id": group_id,
        "about_on": swedish_day(now),
        "step": 76,
        "created_at": now,
    }
