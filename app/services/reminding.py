"""Finds who is to be reminded of what, and puts one letter for each of them in the queue. In one transaction.

Whoever does it a second time, or beside another, finds everything said: what somebody is told of is a row, and there is
at most one of it. What whole groups have not been told of is handed back, to be noted organisation by organisation.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import new_id
from app.models.columns import UtcDateTime
from app.models.person import Person
from app.models.reminder import Reminder
from app.models.reminder_settings import ReminderDigest, ReminderSettings
from app.services import group_reminders, queue, reminder_mail, reminders
from app.services.calendar import swedish_day
from app.services.given_rows import Columns, as_arrays, given_rows
from app.services.quiet_hours import Wishes, next_digest, wishes_of
from app.services.reminder_facts import concerned, near
from app.services.sweeping import sweep_older

UNDER_WAY = timedelta(days=3)
"""So long a letter that no mail server has taken holds up the next one: then two would come at once."""
_GIVEN: Columns = {
    "id": sa.Uuid(),
    "person_id": sa.Uuid(),
    "working_group_id": sa.Uuid(),
    "kind": sa.Text(),
    "subject_id": sa.Uuid(),
    "about_on": sa.Date(),
    "step": sa.Integer(),
}
_NOTED = given_rows(_GIVEN)
_NOTE = (
    insert(Reminder)
    .from_select(
        ["created_at", *_GIVEN],
        sa.select(sa.bindparam("now", type_=UtcDateTime), *(_NOTED.c[name] for name in _GIVEN)),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
)
_ALONE = sa.select(sa.func.pg_try_advisory_xact_lock(sa.literal(0x7061_6D69_6E6E, sa.BigInteger)))
_SETTINGS = sa.select(ReminderSettings).where(
    col(ReminderSettings.person_id).in_(sa.bindparam("people", expanding=True))
)
_WAITING = (
    sa.select(
        Person,
        ReminderSettings,
        sa.func.min(col(Reminder.created_at)).filter(col(Reminder.digest_id).is_(None)).label("since"),
        sa.func.max(col(Reminder.digest_at)).label("last"),
        sa.func.bool_or(
            sa.and_(
                col(Reminder.digest_id).is_not(None),
                col(Reminder.told_at).is_(None),
                col(Reminder.digest_at) > sa.bindparam("under_way_since", type_=sa.DateTime(timezone=True)),
            )
        ).label("under_way"),
    )
    .join(Reminder, col(Reminder.person_id) == col(Person.id))
    .outerjoin(ReminderSettings, col(ReminderSettings.person_id) == col(Person.id))
    .group_by(col(Person.id), col(ReminderSettings.person_id))
    .having(sa.func.bool_or(col(Reminder.digest_id).is_(None)))
    .order_by(col(Person.id))
)


@dataclass(frozen=True)
class Reminded:
    """What a turn has done, and what is left to do."""

    letters: int = 0
    """How many it put in the queue."""
    unnoted: Mapping[UUID, Collection[reminders.Occasion]] = field(default_factory=dict)
    """What the groups of each organisation are still to be reminded of as a whole (`group_reminders.note`)."""


async def remind(session: AsyncSession, now: datetime, until: datetime | None) -> Reminded:
    """Note whom to tell of what is due, and put the letters that are to be written until then in the queue.

    `until` is None where no mail server is: nobody is written to, and nothing is saved up for when there is one.
    """
    if not (await session.execute(_ALONE)).scalar_one():
        return Reminded()  # somebody is at it
    due = reminders.due(await near(session, now), swedish_day(now))
    unnoted = await group_reminders.unnoted(session, due) if due else {}
    if until is None:
        return Reminded(0, unnoted)
    if due:
        await _note(session, due, now)
    return Reminded(await _hand_over(session, now, until), unnoted)


async def _note(session: AsyncSession, due: Collection[reminders.Occasion], now: datetime) -> None:
    """A row for each person and thing, unless there is one."""
    whose = await concerned(session, [each.fact for each in due], now)
    told = [(each, whose.by(each.fact)) for each in due]
    wishes = await _wishes(session, {person_id for _, people in told for person_id in people})
    rows = [
        {
            "id": new_id(),
            "person_id": person_id,
            "working_group_id": each.fact.group_id,
            "kind": each.key.kind,
            "subject_id": each.key.subject_id,
            "about_on": each.key.about_on,
            "step": each.key.step,
        }
        for each, people in told
        for person_id in sorted(people)
        if wishes.get(person_id, Wishes()).hears_of(each.key.kind)
    ]
    connection = await session.connection()
    await connection.execute(_NOTE, {"now": now, **as_arrays(_GIVEN, rows)})


async def _wishes(session: AsyncSession, people: Collection[UUID]) -> dict[UUID, Wishes]:
    found = (await session.execute(_SETTINGS, {"people": list(people)})).scalars()
    return {each.person_id: wishes_of(each) for each in found}


async def _hand_over(session: AsyncSession, now: datetime, until: datetime) -> int:
    """One letter for each person who may be written to until then. What nobody wants to hear any more goes."""
    waiting = (await session.execute(_WAITING, {"under_way_since": now - UNDER_WAY})).all()
    by_wait: dict[timedelta, list[queue.Job]] = {}
    for person, settings, since, last, under_way in waiting:
        wishes = wishes_of(settings)
        if not person.active or wishes.digest is ReminderDigest.OFF:
            await session.execute(_fresh_of(sa.delete(Reminder), person.id))
            continue
        at = next_digest(wishes, now, since, last)
        if under_way or at >= until:
            continue
        digest_id = new_id()
        letter = _fresh_of(sa.update(Reminder), person.id).values(digest_id=digest_id, digest_at=at)
        await session.execute(letter)
        by_wait.setdefault(at - now, []).append(reminder_mail.job(person.id, digest_id))
    for wait, jobs in by_wait.items():
        await queue.put(session, jobs, wait)
    return sum(len(jobs) for jobs in by_wait.values())


def _fresh_of(statement: Any, person_id: UUID) -> Any:
    fresh = statement.where(col(Reminder.person_id) == person_id, col(Reminder.digest_id).is_(None))
    return fresh.execution_options(synchronize_session=False)


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Forget who was told of what long ago; whether there may be more of it."""
    return await sweep_older(session, col(Reminder.id), col(Reminder.created_at), now - reminders.KEPT)
