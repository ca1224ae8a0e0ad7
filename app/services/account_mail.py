"""Mails about a person's account: put in the queue with what has happened, and carried out by the worker.

A job names a link or a person by id. The one address that it may have to hold, that of somebody who asks for a new
password and may not exist, is sealed. The token of a link is derived when the mail is written and is stored nowhere.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from nacl.bindings import sodium_pad, sodium_unpad
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import Language
from app.models.person import Person
from app.models.sign_in import LinkKind, PersonInvitation
from app.services import account_letters, identity_bindings, queue
from app.services.account_letters import Notice
from app.services.addresses import by_email
from app.services.mail import Letter, MailAway, Mailer, letter, link_to
from app.services.queue import Job
from app.services.sign_ins import Opener, digest
from app.services.survey_mail import NotYet, Unreadable
from app.services.vault import BoxClosed, Vault

ENTRYPOINT = "account_mail"
RESET_VALID = timedelta(hours=1)
NOTICE_VALID = timedelta(days=7)
"""Older news would only worry people: a mail server may have been away, or named for the first time."""
_ADDRESS = "mailed addresses"
_BLOCK = 256
"""Bytes: what is sealed does not tell by its length how long an address is."""

_LINK = sa.select(PersonInvitation, Person).join(Person, col(Person.id) == col(PersonInvitation.person_id))


@dataclass(frozen=True)
class AccountOffice:
    """What it takes to send: the database, what opens and derives, a mail server, and who the mails are from."""

    write: Opener
    vault: Vault
    mailer: Mailer
    sender: str
    page_url: str
    """The page that a letter's link opens."""
    clock: Callable[[], datetime]


async def put_invitation(session: AsyncSession, link_id: UUID) -> None:
    await _put(session, {"invitation": str(link_id)})


async def put_reset(session: AsyncSession, vault: Vault, link_id: UUID, address: str, now: datetime) -> None:
    """For any address: whether it is anybody's is found out by the worker, when nobody waits for an answer."""
    box = vault.seal(_ADDRESS, str(link_id), sodium_pad(address.encode(), _BLOCK))
    await _put(session, {"reset": str(link_id), "address": base64.b64encode(box).decode(), "at": now.isoformat()})


async def put_notice(session: AsyncSession, kind: Notice, person_id: UUID, now: datetime) -> None:
    await _put(session, {"notice": kind, "person": str(person_id), "at": now.isoformat()})


async def put_notice_to(
    session: AsyncSession, vault: Vault, kind: Notice, person_id: UUID, address: str, now: datetime
) -> None:
    """To another address than the person has by now."""
    box = vault.seal(_ADDRESS, str(person_id), sodium_pad(address.encode(), _BLOCK))
    order = {"notice": kind, "person": str(person_id), "address": base64.b64encode(box).decode()}
    await _put(session, order | {"at": now.isoformat()})


async def _put(session: AsyncSession, order: dict[str, Any]) -> None:
    await queue.put(session, [Job(ENTRYPOINT, json.dumps(order).encode())])


async def carry_out(office: AccountOffice, payload: bytes | None, job_id: int) -> None:
    """Send the one mail, if there is still reason to. Raises `NotYet`, `MailRefused` or `Unreadable`."""
    try:
        order = json.loads(payload or b"")
        written = await _written(office, order)
    except (ValueError, KeyError, TypeError, AttributeError, BoxClosed):
        raise Unreadable from None
    if written is None:
        return
    to, language, said = written
    mail = letter(
        said,
        to=to,
        sender=office.sender,
        language=language,
        sent_at=office.clock(),
        seed=f"larande account mail {job_id}".encode() + (payload or b""),
    )
    try:
        await office.mailer.send(mail)
    except MailAway as away:
        raise NotYet(f"mail server: {away}") from None


async def _written(office: AccountOffice, order: dict[str, Any]) -> tuple[str, Language, Letter] | None:
    if "notice" in order:
        return await _notice(office, order)
    kind = LinkKind.INVITATION if "invitation" in order else LinkKind.RESET
    link_id = UUID(order[kind])
    async with office.write() as session:
        if kind is LinkKind.RESET:
            asked_at = datetime.fromisoformat(order["at"])
            await _make_reset(session, office, link_id, _opened(office, str(link_id), order["address"]), asked_at)
        found = (await session.execute(_LINK.where(col(PersonInvitation.id) == link_id))).one_or_none()
    if found is None:
        return None
    link, person = found
    if link.used_at is not None or link.expires_at <= office.clock() or not person.active:
        return None
    say = account_letters.invitation if kind is LinkKind.INVITATION else account_letters.reset
    address = link_to(office.page_url, office.vault.link_token(link_id))
    return person.email, person.language, say(person.name, address, person.language)


async def _make_reset(
    session: AsyncSession, office: AccountOffice, link_id: UUID, address: str, asked_at: datetime
) -> None:
    """The link; a second try at the same job finds it made.

    Those mailed within the hour before work beside it, until one of them is used: whoever asks in another's name must
    not make the link in their mailbox worthless.
    """
    # Held, so that nobody who is being erased keeps a link.
    person = await by_email(session, address, hold=True)
    if person is None or not person.active or asked_at + RESET_VALID <= office.clock():
        return
    if await identity_bindings.signs_in_elsewhere(session, person.id):
        return  # there is no password to choose anew
    await session.execute(
        insert(PersonInvitation)
        .values(
            token_hash=digest(office.vault.link_token(link_id)),
            id=link_id,
            person_id=person.id,
            kind=LinkKind.RESET,
            created_at=asked_at,
            expires_at=asked_at + RESET_VALID,
        )
        .on_conflict_do_nothing()
    )
    await session.execute(
        sa.delete(PersonInvitation).where(
            col(PersonInvitation.person_id) == person.id,
            col(PersonInvitation.kind) == LinkKind.RESET,
            col(PersonInvitation.expires_at) <= office.clock(),
        )
    )


async def _notice(office: AccountOffice, order: dict[str, Any]) -> tuple[str, Language, Letter] | None:
    kind = Notice(order["notice"])
    if datetime.fromisoformat(order["at"]) + NOTICE_VALID <= office.clock():
        return None
    async with office.write() as session:
        person = await session.get(Person, UUID(order["person"]))
    if person is None or person.erased_at is not None:
        return None
    to = _opened(office, order["person"], order["address"]) if "address" in order else person.email
    return to, person.language, account_letters.notice(kind, person.name, person.language)


def _opened(office: AccountOffice, owner: str, box: str) -> str:
    padded = office.vault.open(_ADDRESS, owner, base64.b64decode(box, validate=True))
    return bytes(sodium_unpad(padded, _BLOCK)).decode()
