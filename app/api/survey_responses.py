"""Answering a survey over HTTP: no account, no cookie, no trace."""

from fastapi import APIRouter, Request, Response

from app.api.dependencies import Formed
from app.api.operations import SURVEY_RESPONSES
from app.api.survey_forms import SurveyToken, ballot_box_of
from app.models.survey_response import SurveyResponseCreate, SurveyThanks
from app.services.ballot import token_hash
from app.services.errors import Code, Refusal
from app.services.survey_answers import Answer

router = APIRouter(tags=["survey-responses"])

_THANKS = (
    SurveyThanks(
        sv="Tack! Ditt svar är sparat. Ingen kan se vad just du har svarat, och länken kan inte användas igen.",
        en="Thank you! Your answer is stored. Nobody can see what you answered, and the link cannot be used again.",
    )
    .model_dump_json()
    .encode()
)


@router.post(
    SURVEY_RESPONSES,
    response_model=SurveyThanks,
    status_code=201,
    summary="Answer a survey",
    openapi_extra={"security": [{}]},
)
async def create_survey_response(
    request: Request, _formed: Formed, sent: SurveyToken, response: SurveyResponseCreate
) -> Response:
    """Store a sealed answer and use the token up, both or neither. The token is in the header or in the body.

    A refused answer leaves the token as it was. The token is also the idempotency: send the same request again after a
    lost answer, and `surveyAlreadyAnswered` says that it was stored. The answer has no address: nobody can read it.
    """
    token = _token(sent.credentials if sent is not None else None, response.token)
    await ballot_box_of(request).put(Answer(token_hash(token), response.answers, response.texts))
    return Response(_THANKS, 201, {"Cache-Control": "no-store"}, "application/json")


def _token(in_header: str | None, in_body: str | None) -> str:
    if in_header is not None and in_body is not None and in_header != in_body:
        raise Refusal(Code.SURVEY_TOKENS_DIFFER, "/token")
    if (token := in_header if in_header is not None else in_body) is None:
        raise Refusal(Code.SURVEY_TOKEN_UNKNOWN)
    return token
