"""Reminders of a survey round: to everyone who is invited as a known person, answered or not, at most once a day."""

import asyncio
import math
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.person import Person
from app.models.survey_reminder import SurveyReminder, SurveyReminderRead
from app.models.survey_round import SurveyRound
from app.services import ballot, policy, queue, survey_mail
from app.services.errors import Code, Refusal
from app.services.key_store import KeyStore
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.survey_invitations import APART, hashes_of
from app.services.work import Work, admit, created, find, shown

SORTS: dict[str, Columns] = {"createdAt": (col(SurveyReminder.id),)}

_ITEMS = sa.select(col(SurveyReminder.id), col(SurveyReminder.mailed), col(SurveyReminder.created_at)).where(
    col(SurveyReminder.survey_round_id) == sa.bindparam("round_id"), policy.visible(SurveyReminder)
)
_LATEST = sa.select(sa.func.max(col(SurveyReminder.created_at))).where(
    col(SurveyReminder.survey_round_id) == sa.bindparam("round_id")
)
_PEOPLE = (
    sa.select(col(Person.id))
    .where(col(Person.organisation_id) == sa.bindparam("organisation_id"), col(Person.active))
    .order_by(col(Person.id))
)


async def list_reminders(work: Work, round_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_survey_reminders", SurveyRound, round_id)
    return await page(work, _ITEMS, SORTS, request, round_id=round_id)


async def create(work: Work, round_id: UUID, key_store: KeyStore) -> SurveyReminderRead:
    """Whose invitation is there is found out by deriving everybody's token; whether it is used is not asked."""
    # This holds the round's row: two reminders at once are one after the other.
    survey_round = await admit(work, "create_survey_reminder", SurveyRound, round_id)
    latest = (await work.session.execute(_LATEST, {"round_id": round_id})).scalar_one()
    if latest is not None and work.now < latest + APART:
        wait = math.ceil((latest + APART - work.now).total_seconds())
        raise Refusal(Code.REMINDED_RECENTLY, retry_after=wait)
    found = await work.session.execute(_PEOPLE, {"organisation_id": survey_round.organisation_id})
    people = list(found.scalars())
    there = await hashes_of(work, round_id)
    secret = await asyncio.to_thread(key_store.read_invitation_secret, round_id)

    def invited() -> list[UUID]:
        return [
            person_id
            for person_id in people
            if ballot.token_hash(ballot.token_of_person(secret, round_id, person_id)) in there
        ]

    recipients = await asyncio.to_thread(invited)
    reminder = SurveyReminder(
        organisation_id=survey_round.organisation_id,
        working_group_id=survey_round.working_group_id,
        survey_round_id=round_id,
        mailed=len(recipients),
        created_at=work.now,
    )
    await created(work, "create_survey_reminder", reminder)
    await queue.put(work.session, survey_mail.to_people(round_id, recipients, reminder=True))
    return shown(work, SurveyReminderRead, reminder)


async def read(work: Work, reminder_id: UUID) -> SurveyReminderRead:
    return shown(work, SurveyReminderRead, await find(work, SurveyReminder, reminder_id))
