"""Reminders of survey rounds over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Call, Creating, Reading, key_store_of
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.api.survey_rounds import SurveyRoundId
from app.models.columns import Id
from app.models.survey_reminder import SurveyReminderCreate, SurveyReminderItem, SurveyReminderRead
from app.services import survey_reminders

router = router_of("survey-invitations")

SurveyReminderId = Annotated[Id, Path(alias="surveyReminderId", description="The reminder.")]


def _answer(call: Call, reminder: SurveyReminderRead, status: int = 200) -> Response:
    return single(call.request, reminder, f"/survey-reminders/{reminder.id}", status=status)


@router.get(
    "/survey-rounds/{surveyRoundId}/reminders",
    response_model=page_of(SurveyReminderItem),
    summary="List reminders of a survey round",
)
async def list_survey_reminders(
    call: Reading,
    survey_round_id: SurveyRoundId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """When everyone was reminded."""
    request = asked(page, limit, after, sort)
    found = await survey_reminders.list_reminders(call.work, survey_round_id, request)
    return listed(call, SurveyReminderItem, found, request)


@router.post(
    "/survey-rounds/{surveyRoundId}/reminders",
    response_model=SurveyReminderRead,
    status_code=201,
    summary="Remind everyone",
)
async def create_survey_reminder(
    call: Creating,
    survey_round_id: SurveyRoundId,
    reminder: SurveyReminderCreate,  # noqa: ARG001 - an empty body, and nothing else
) -> Response:
    """Mail everyone who is invited as a known person the same link again, answered or not; once in 24 hours.

    A list of addresses is reminded by sending it again: addresses are not kept.
    """
    made = await call.once(
        lambda: survey_reminders.create(call.work, survey_round_id, key_store_of(call)), survey_reminders.read
    )
    return _answer(call, made, 201)


@router.get("/survey-reminders/{surveyReminderId}", response_model=SurveyReminderRead, summary="Read a reminder")
async def read_survey_reminder(call: Reading, reminder_id: SurveyReminderId) -> Response:
    """When everyone was reminded, and how many that were."""
    return _answer(call, await survey_reminders.read(call.work, reminder_id))
