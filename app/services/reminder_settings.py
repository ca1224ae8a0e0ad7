"""How a person wants to be reminded: read and changed by themselves, and ended with one press in any letter."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.person import Person
from app.models.reminder_settings import ReminderDigest, ReminderSettings, ReminderSettingsRead, ReminderSettingsUpdate
from app.models.sign_in import AttemptKind
from app.services import audit, policy, throttle
from app.services.actor import Actor
from app.services.places import Place, address_hash
from app.services.sign_ins import Entrance, digest
from app.services.throttle import Attempt
from app.services.vault import Vault
from app.services.work import Work, changed, check_version, columns_for, differing, find_oneself

UNSUBSCRIBE = "/reminder-unsubscriptions"
"""Where mail programs send the one press (RFC 8058); the token comes after it."""

_PURPOSE = "ending reminders"
"""What a token that lasts is made for: none of a one-time link can ever be one."""
_OWN = sa.select(ReminderSettings).where(col(ReminderSettings.person_id) == sa.bindparam("person_id", type_=sa.Uuid))
_HELD = _OWN.with_for_update().execution_options(populate_existing=True)
_BY_TOKEN = (
    sa.select(ReminderSettings, Person)
    .join(Person, col(Person.id) == col(ReminderSettings.person_id))
    .where(col(ReminderSettings.unsubscribe_hash) == sa.bindparam("token_hash", type_=sa.LargeBinary))
    .with_for_update(of=ReminderSettings)
)


async def read(work: Work) -> ReminderSettingsRead:
    policy.require(work.actor, "read_reminder_settings")
    person = await find_oneself(work)
    found = (await work.session.execute(_OWN, {"person_id": person.id})).scalar_one_or_none()
    return _shown(found or _usual(person.id, work.now))


async def update(work: Work, version: int, data: ReminderSettingsUpdate) -> ReminderSettingsRead:
    policy.require(work.actor, "update_reminder_settings")
    person = await find_oneself(work, lock=True)
    await make(work.session, person.id, work.now)
    settings = (await work.session.execute(_HELD, {"person_id": person.id})).scalar_one()
    check_version(settings, version)
    if changes := differing(settings, data.model_dump(exclude_unset=True)):
        await changed(work, "update_reminder_settings", settings, changes)
    return _shown(settings)


async def unsubscribe(entrance: Entrance, token: str, place: Place) -> None:
    """No more reminders for whoever's letter the token stood in. Whether it is anybody's is told to no one.

    Unknown ones are counted by place; the right one never waits: a provider sends many people's from one address.
    """
    async with entrance.write() as session:
        now = entrance.clock()
        found = (await session.execute(_BY_TOKEN, {"token_hash": digest(token)})).one_or_none()
        if found is None:
            attempt = Attempt(digest(token), address_hash(entrance.key, place.address), None, known_device=False)
            await throttle.count_in(session, attempt, now, AttemptKind.LINK)
            return
        settings, person = found
        if settings.digest is ReminderDigest.OFF:
            return
        before = settings.version
        settings.digest, settings.version = ReminderDigest.OFF, before + 1
        actor = Actor(person_id=person.id, organisation_id=person.organisation_id)
        session.add(audit.entry(actor, "unsubscribe_from_reminders", settings, now, before, None))
        await session.flush()


async def token_for(session: AsyncSession, vault: Vault, person_id: UUID, now: datetime) -> str:
    """The token that stands in all letters to the person; its hash is kept with their settings."""
    token = vault.link_token(person_id, _PURPOSE)
    await make(session, person_id, now)
    # Also when the installation's secret is another by now: the letter that is written must work.
    await session.execute(
        sa.update(ReminderSettings)
        .where(col(ReminderSettings.person_id) == person_id)
        .values(unsubscribe_hash=digest(token))
        .execution_options(synchronize_session=False)
    )
    return token


async def make(session: AsyncSession, person_id: UUID, now: datetime) -> None:
    """A row with what holds for everybody, unless there is one. It is nobody's change: version 0, and no entry."""
    usual = _usual(person_id, now).model_dump()
    await session.execute(insert(ReminderSettings).values(usual).on_conflict_do_nothing())


def _usual(person_id: UUID, now: datetime) -> ReminderSettings:
    return ReminderSettings(person_id=person_id, created_at=now)


def _shown(settings: ReminderSettings) -> ReminderSettingsRead:
    return ReminderSettingsRead.model_validate(columns_for(ReminderSettingsRead, settings))
