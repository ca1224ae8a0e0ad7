"""Carries out the jobs that remind by mail: one letter for all that one person is to be told.

A job names the person and the letter; what it says is looked up when it is written, and what is no longer so is left
out. The letter is marked as told once a mail server has taken it: who dies in between sends it again with the same
Message-ID, as with all mail.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.person import Person
from app.models.reminder import Reminder
from app.models.reminder_settings import ReminderSettings
from app.models.working_group import WorkingGroup
from app.services import reminder_letters, reminder_settings
from app.services.calendar import swedish_day
from app.services.mail import Letter, MailAway, Mailer, letter, link_to
from app.services.queue import Job
from app.services.quiet_hours import is_quiet, next_open, wishes_of
from app.services.reminder_facts import concerned, still
from app.services.reminder_letters import Table
from app.services.reminders import Key, Occasion, occasions
from app.services.sign_ins import Opener
from app.services.survey_mail import NotYet, Unreadable
from app.services.vault import Vault

ENTRYPOINT = "reminder_mail"

_WAITING = sa.and_(col(Reminder.person_id) == sa.bindparam("person"), col(Reminder.told_at).is_(None))
_OF_LETTER = sa.select(Reminder).where(_WAITING, col(Reminder.digest_id) == sa.bindparam("digest"))
_GONE = (
    sa.delete(Reminder)
    .where(_WAITING, col(Reminder.digest_id) == sa.bindparam("digest"))
    .execution_options(synchronize_session=False)
)
_TOLD = (
    sa.update(Reminder)
    .where(_WAITING, col(Reminder.digest_id) == sa.bindparam("digest"))
    .values(told_at=sa.bindparam("now"))
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True)
class ReminderPages:
    """Where a letter leads."""

    api_url: str
    """This service, as mail programs reach it."""
    group_url: str
    """The page of a working group; its id is put after it."""
    unsubscribe_url: str
    """The page that asks whether reminders are to end; the token is put after it."""


@dataclass(frozen=True)
class ReminderOffice:
    """What it takes to send: the database, what derives tokens, a mail server, and who the mails are from."""

    write: Opener
    vault: Vault
    mailer: Mailer
    sender: str
    pages: ReminderPages
    clock: Callable[[], datetime]


def job(person_id: UUID, digest_id: UUID) -> Job:
    return Job(ENTRYPOINT, json.dumps({"person": str(person_id), "digest": str(digest_id)}).encode())


async def carry_out(office: ReminderOffice, payload: bytes | None) -> None:
    """Send the one letter, if there is anything left to say. Raises `NotYet`, `MailRefused` or `Unreadable`."""
    person_id, digest_id = _read(payload)
    given = {"person": person_id, "digest": digest_id}
    async with office.write() as session:
        written = await _written(session, office, given)
    if written is not None:
        person, said, link = written
        mail = letter(
            said,
            to=person.email,
            sender=office.sender,
            language=person.language,
            sent_at=office.clock(),
            seed=f"larande reminders {digest_id}".encode(),
            headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )
        try:
            await office.mailer.send(mail)
        except MailAway as away:
            raise NotYet(f"mail server: {away}") from None
    async with office.write() as session:
        await session.execute(_TOLD, given | {"now": office.clock()})


def _read(payload: bytes | None) -> tuple[UUID, UUID]:
    try:
        order: dict[str, Any] = json.loads(payload or b"")
        return UUID(order["person"]), UUID(order["digest"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable from None


async def _written(
    session: AsyncSession, office: ReminderOffice, given: dict[str, UUID]
) -> tuple[Person, Letter, str] | None:
    """To whom, what, and the address that ends it; None when there is nothing to say to them any more."""
    now = office.clock()
    # Held, so that nobody who is being erased is left with settings.
    person = await session.get(Person, given["person"], with_for_update={"read": True})
    if person is None or not person.active:
        # Also of somebody who was being erased when this was put in the queue.
        await session.execute(_GONE, given)
        return None
    wishes = wishes_of(await session.get(ReminderSettings, person.id))
    rows = (await session.execute(_OF_LETTER, given)).scalars().all()
    rows = [row for row in rows if wishes.hears_of(row.kind)]
    told = await _standing(session, person, rows, now)
    if not told:
        return None
    if is_quiet(wishes, now):
        # The mail server was away until now.
        raise NotYet(wait=next_open(wishes, now) - now)
    token = await reminder_settings.token_for(session, office.vault, person.id, now)
    pages, leave = office.pages, link_to(office.pages.unsubscribe_url, token)
    said = reminder_letters.digest(told, pages.group_url, leave, swedish_day(now), person.language)
    return person, said, f"{pages.api_url}{reminder_settings.UNSUBSCRIBE}/{token}"


async def _standing(
    session: AsyncSession, person: Person, rows: list[Reminder], now: datetime
) -> dict[Table, list[Occasion]]:
    """What is still so and still concerns the person, by group."""
    if not rows:
        return {}
    subjects = {kind: {row.subject_id for row in rows if row.kind is kind} for kind in {row.kind for row in rows}}
    facts = await still(session, now, subjects)
    whose = await concerned(session, facts, now)
    wanted = {Key(row.kind, row.subject_id, row.about_on, row.step) for row in rows}
    left = [each for fact in facts if person.id in whose.by(fact) for each in occasions(fact) if each.key in wanted]
    latest: dict[tuple[Any, UUID], Occasion] = {}
    for each in sorted(left, key=lambda one: one.on):
        latest[each.key.kind, each.key.subject_id] = each
    groups = sa.select(col(WorkingGroup.id), col(WorkingGroup.name)).where(
        col(WorkingGroup.id).in_({each.fact.group_id for each in left})
    )
    names = sorted((await session.execute(groups)).all(), key=lambda group: (group[1].casefold(), group[0]))
    by_kind = sorted(latest.values(), key=lambda one: (one.key.kind, one.on, one.key.subject_id))
    return {
        Table(group_id, name): [each for each in by_kind if each.fact.group_id == group_id] for group_id, name in names
    }
