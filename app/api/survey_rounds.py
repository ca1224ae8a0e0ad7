"""Survey rounds over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.api.answers import single
from app.api.dependencies import Reading
from app.models.columns import Id
from app.models.survey_round import SurveyRoundRead
from app.services import survey_rounds

router = APIRouter(tags=["survey-rounds"])

SurveyRoundId = Annotated[Id, Path(alias="surveyRoundId", description="The survey round.")]


@router.get("/survey-rounds/{surveyRoundId}", response_model=SurveyRoundRead, summary="Read a survey round")
async def read_survey_round(call: Reading, survey_round_id: SurveyRoundId) -> Response:
    """The round as everyone at the table sees it."""
    read = await survey_rounds.read(call.work, survey_round_id)
    return single(call.request, read, f"/survey-rounds/{read.id}")
