"""Mails to contacts who have registered interest: put in the queue with what has happened, carried out by the worker.

A job names a registration by id. Nothing that anybody has written goes into such a mail: it goes to an address of which
nobody knows yet whose it is, and would carry a stranger's words there under our name.
"""

import json
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.interest_registration import InterestRegistration, InterestState
from app.services import interest_letters, queue
from app.services.account_mail import AccountOffice
from app.services.mail import MailAway, letter, link_to
from app.services.queue import Job
from app.services.sign_ins import digest
from app.services.survey_mail import NotYet, Unreadable

ENTRYPOINT = "interest_mail"
AGAIN_AFTER = timedelta(hours=1)
"""Not sooner is anything else mailed to the same address."""

_OF_ADDRESS = sa.func.lower(col(InterestRegistration.contact_email)) == sa.func.lower(sa.bindparam("address"))
_LAST_MAILED = sa.select(sa.func.max(col(InterestRegistration.mailed_at))).where(_OF_ADDRESS)

_Why = Literal["link", "change"]


async def put_link(session: AsyncSession, registration_id: UUID) -> None:
    await _put(session, "link", registration_id)


async def put_change(session: AsyncSession, registration_id: UUID) -> None:
    """What the contact had confirmed is something else now."""
    await _put(session, "change", registration_id)


async def _put(session: AsyncSession, why: _Why, registration_id: UUID) -> None:
    await queue.put(session, [Job(ENTRYPOINT, json.dumps({why: str(registration_id)}).encode())])


async def carry_out(office: AccountOffice, payload: bytes | None, job_id: int) -> None:
    """Send the one mail, if there is still reason to. Raises `NotYet`, `MailRefused` or `Unreadable`."""
    why, registration_id = _read(payload)
    async with office.write() as session:
        held = sa.select(InterestRegistration).where(col(InterestRegistration.id) == registration_id)
        found = (await session.execute(held.with_for_update())).scalar_one_or_none()
        if found is None or not _has_reason(found, why):
            return
        now = office.clock()
        # Of two jobs about one address the second sees what the first has noted.
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(_lock_number(found.contact_email))))
        last = (await session.execute(_LAST_MAILED, {"address": found.contact_email})).scalar_one()
        # Whoever was stopped after that note and before the mail was sent goes on: at least once, as with all mail.
        goes_on = found.mail_job == job_id
        if not goes_on and last is not None and now < last + AGAIN_AFTER:
            if why == "link" and found.mailed_at is not None:
                return  # the link that was mailed opens what is registered now
            raise NotYet(wait=last + AGAIN_AFTER - now)
        # Noted before it is sent: whoever comes to this address meanwhile waits.
        found.mailed_at, found.mail_job = now, job_id
        token = office.vault.link_token(registration_id)
    say = interest_letters.opening if why == "link" else interest_letters.change
    mail = letter(
        say(link_to(office.page_url, token), found.language),
        to=found.contact_email,
        sender=office.sender,
        language=found.language,
        sent_at=now,
        seed=f"larande interest mail {job_id}".encode() + (payload or b""),
    )
    try:
        await office.mailer.send(mail)
    except MailAway as away:
        await _take_back(office, registration_id)
        raise NotYet(f"mail server: {away}") from None


def _read(payload: bytes | None) -> tuple[_Why, UUID]:
    try:
        order: dict[str, Any] = json.loads(payload or b"")
        why: _Why = "link" if "link" in order else "change"
        return why, UUID(order[why])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable from None


def _has_reason(registration: InterestRegistration, why: _Why) -> bool:
    if why == "link":
        return registration.state is InterestState.UNCONFIRMED
    return registration.confirmed_hash is None


async def _take_back(office: AccountOffice, registration_id: UUID) -> None:
    async with office.write() as session:
        unsent = sa.update(InterestRegistration).where(col(InterestRegistration.id) == registration_id)
        await session.execute(unsent.values(mailed_at=None, mail_job=None))


def _lock_number(address: str) -> int:
    return int.from_bytes(digest(address.lower())[:8], "big", signed=True)
