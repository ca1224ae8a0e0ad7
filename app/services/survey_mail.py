"""Carries out the jobs that invite and remind by mail. It never asks whether somebody has answered.

A job names the round and the person, or holds the address sealed; the token is derived when the mail is written and is
stored nowhere. A job whose invitation is not there any more (voided, or the round is over) does nothing.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import Language
from app.models.organisation import Organisation
from app.models.person import Person
from app.models.survey_ballot import SurveyInvitation
from app.models.survey_round import SurveyRound, SurveyRoundState, round_state
from app.services import ballot, queue
from app.services.key_store import KeyMissing, KeyStore, KeyStoreUnavailable
from app.services.mail import MailAway, Mailer, Survey, link_to, message
from app.services.queue import Job
from app.services.sign_ins import Opener

ENTRYPOINT = "survey_mail"

_ROUND = (
    sa.select(SurveyRound, col(Organisation.name))
    .join(Organisation, col(Organisation.id) == col(SurveyRound.organisation_id))
    .where(col(SurveyRound.id) == sa.bindparam("round_id"))
)
_PERSON = sa.select(col(Person.email), col(Person.language)).where(
    col(Person.id) == sa.bindparam("person_id"), col(Person.active)
)
# The one thing asked about an invitation: that it is there.
_INVITED = sa.select(sa.literal(1)).where(
    col(SurveyInvitation.token_hash) == sa.bindparam("token_hash", type_=sa.LargeBinary),
    col(SurveyInvitation.survey_round_id) == sa.bindparam("round_id"),
)


class NotYet(Exception):
    """The job can be done later and not now: after `wait` if that is known, or when what is `missing` is back."""

    def __init__(self, missing: str = "", *, wait: timedelta | None = None) -> None:
        super().__init__(missing)
        self.wait = wait


class Unreadable(Exception):
    """The job is damaged, or the keys it needs are gone: it will never be done."""


@dataclass(frozen=True)
class PostOffice:
    """What it takes to send: the database, the keys, a mail server, and who the mails are from."""

    read: Opener
    key_store: KeyStore
    mailer: Mailer
    sender: str
    front_end_url: str
    clock: Callable[[], datetime]


def to_people(round_id: UUID, person_ids: Sequence[UUID], *, reminder: bool) -> list[Job]:
    return [_job({"round": str(round_id), "person": str(each), "reminder": reminder}) for each in person_ids]


def to_address(round_id: UUID, secret: bytes, address: str, language: Language, *, reminder: bool) -> Job:
    box = base64.b64encode(ballot.seal_for_worker(secret, round_id, address)).decode()
    return _job({"round": str(round_id), "address": box, "language": language.value, "reminder": reminder})


async def take_back(session: AsyncSession, round_id: UUID) -> None:
    """Delete what waits to be mailed for the round. A mail that is being written finds the round over, or is sent."""
    await queue.take_back(session, ENTRYPOINT, str(round_id).encode())


def _job(order: dict[str, Any]) -> Job:
    return Job(ENTRYPOINT, json.dumps(order).encode())


async def carry_out(office: PostOffice, payload: bytes | None, job_id: int) -> None:
    """Send the one mail. Raises `NotYet`, `MailRefused` or `Unreadable`, none of which names anybody."""
    order = _read(payload)
    async with office.read() as session:
        found = (await session.execute(_ROUND, {"round_id": order.round_id})).one_or_none()
    if found is None:
        return
    survey_round, organisation = found
    now = office.clock()
    if round_state(survey_round, now) is not SurveyRoundState.OPEN:
        return
    if now < survey_round.opens_at:
        raise NotYet(wait=survey_round.opens_at - now)
    secret = await _secret(office, order.round_id)
    if secret is None:
        return
    async with office.read() as session:
        recipient: tuple[str, Language] | None
        if order.person_id is not None:
            person = (await session.execute(_PERSON, {"person_id": order.person_id})).one_or_none()
            recipient = None if person is None else (person[0], person[1])
            token = ballot.token_of_person(secret, order.round_id, order.person_id)
        else:
            recipient = _opened(order, secret), order.language
            token = ballot.token_of_address(secret, order.round_id, recipient[0])
        invited = {"token_hash": ballot.token_hash(token), "round_id": order.round_id}
        is_invited = (await session.execute(_INVITED, invited)).first() is not None
    if recipient is None or not is_invited:
        return
    mail = message(
        Survey(survey_round.title, organisation, survey_round.closes_at),
        link_to(office.front_end_url, token),
        to=recipient[0],
        sender=office.sender,
        language=recipient[1],
        reminder=order.reminder,
        sent_at=now,
        seed=f"larande mail {job_id} {token}".encode(),
    )
    try:
        await office.mailer.send(mail)
    except MailAway as away:
        raise NotYet(f"mail server: {away}") from None


@dataclass(frozen=True)
class _Order:
    round_id: UUID
    person_id: UUID | None
    box: bytes
    language: Language
    reminder: bool


def _read(payload: bytes | None) -> _Order:
    try:
        given = json.loads(payload or b"")
        person = given.get("person")
        return _Order(
            round_id=UUID(given["round"]),
            person_id=None if person is None else UUID(person),
            box=b"" if person is not None else base64.b64decode(given["address"], validate=True),
            language=Language(given.get("language", Language.SWEDISH)),
            reminder=given["reminder"],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable from None


def _opened(order: _Order, secret: bytes) -> str:
    try:
        return ballot.open_for_worker(secret, order.round_id, order.box)
    except (ballot.BoxDamaged, ValueError):
        raise Unreadable from None


async def _secret(office: PostOffice, round_id: UUID) -> bytes | None:
    """The round's invitation secret; None when it is destroyed, and with it every link there could be."""
    try:
        return await asyncio.to_thread(office.key_store.read_invitation_secret, round_id)
    except KeyMissing:
        return None
    except KeyStoreUnavailable:
        raise NotYet("key store") from None
