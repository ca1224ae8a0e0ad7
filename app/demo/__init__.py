"""The demo agency: an agency that does not exist, with a story of some sixteen months.

It is made by calling the services as its people would have, at the moments they would have, so that its hashes,
approvals and audit trail are genuine. The same `today` gives the same data on every machine.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.demo import founding, learning, story
from app.demo.cast import Cast
from app.demo.clock import Clock
from app.demo.dialogue import Event, Talks
from app.models.base import identities
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.organisation import Organisation, OrganisationCreate
from app.models.person import Person
from app.models.process_guide import ProcessGuide
from app.models.sign_in import Credential
from app.services import content_packs, pack_reading, passwords


class Account(NamedTuple):
    """Somebody one can sign in as."""

    email: str
    password: str
    role: str


ACCOUNTS: tuple[Account, ...] = tuple(
    Account(person.email, story.agency().password, person.account)
    for person in story.agency().people
    if person.leaves is None
)


def account_lines() -> list[str]:
    """The accounts as a table for a terminal."""
    rows = (Account("E-mail", "Password", "Who"), *ACCOUNTS)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


class AlreadyThere(Exception):
    """The demo agency is in this database."""


class NotAlone(Exception):
    """The database holds people or organisations that are not the demo's."""


async def load(session: AsyncSession, today: date, *, beside_others: bool = False) -> None:
    """Make the agency in one transaction; `today` is the day its dates are counted from."""
    await _check_room(session, beside_others)
    clock = Clock(today)
    cast = Cast(session, clock)
    clock.now = clock.moment(story.agency().begins, 7)
    with identities(clock.identities()):  # its own, so that the agency is the same where the pack is loaded already
        await content_packs.load(session, pack_reading.read_pack(pack_reading.shipped()), clock.now)
    with identities(clock.identities()):
        # Of each the version that was published last.
        templates = await session.execute(
            sa.select(col(DialogueTemplate.key), col(DialogueTemplate.id))
            .where(
                col(DialogueTemplate.organisation_id).is_(None),
                col(DialogueTemplate.state) == DialogueTemplateState.PUBLISHED,
            )
            .order_by(col(DialogueTemplate.published_at), col(DialogueTemplate.id))
        )
        cast.templates = {row.key: row.id for row in templates}
        guides = await session.execute(
            sa.select(col(ProcessGuide.key), col(ProcessGuide.id)).order_by(
                col(ProcessGuide.published_at), col(ProcessGuide.id)
            )
        )
        cast.guides = {row.key: row.id for row in guides}
        for event in _in_order(cast):
            clock.now = event.at
            await event.happen()
        await cast.sign_out()
    await _give_passwords(cast)


async def is_there(session: AsyncSession) -> bool:
    """Whether the demo agency is in this database."""
    number = OrganisationCreate.model_validate(story.agency().organisation).organisation_number
    here = sa.select(col(Organisation.id)).where(col(Organisation.organisation_number) == number)
    return (await session.execute(here)).first() is not None


async def _check_room(session: AsyncSession, beside_others: bool) -> None:
    # Two programs that start at once load one after the other.
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("demo agency"))))
    if await is_there(session):
        raise AlreadyThere
    if beside_others:
        return
    for row_type in (Organisation, Person):
        if (await session.execute(sa.select(sa.exists(sa.select(row_type))))).scalar_one():
            raise NotAlone


def _in_order(cast: Cast) -> Iterable[Event]:
    """Every event of the story by its moment; those of the same moment as they are told."""
    events = list(founding.events(cast))
    for group in story.groups():
        talks = Talks(cast, group)
        events += [*talks.events(), *learning.events(talks)]
    return sorted(events, key=lambda event: event.at)


async def _give_passwords(cast: Cast) -> None:
    """Hashes that are the same everywhere. For the demo only: a salt that can be foreseen protects nobody."""
    password, now = story.agency().password, cast.clock.moment(story.agency().begins, 8)
    hashes = await asyncio.gather(
        *(
            passwords.hashed(password, salt=hashlib.sha256(person_id.bytes).digest()[:16])
            for person_id in cast.people.values()
        )
    )
    for person_id, password_hash in zip(cast.people.values(), hashes, strict=True):
        cast.session.add(Credential(person_id=person_id, password_hash=password_hash, changed_at=now))
    await cast.session.flush()
