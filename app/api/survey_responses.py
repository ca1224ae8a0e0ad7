"""Answering a survey over HTTP: no account, no cookie, no trace."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import ValidationError

from app.api.dependencies import well_formed
from app.api.operations import SURVEY_RESPONSES, router_of
from app.api.survey_forms import ballot_box_of
from app.models.survey_response import SurveyResponseCreate, SurveyThanks
from app.services.ballot import token_hash
from app.services.errors import Code, Refusal
from app.services.survey_answers import Answer


class _Direct(APIRoute):
    """Hands the request to the endpoint as it is, and the answer back.

    Thousands answer in the same minutes. The framework's way of finding out what an endpoint wants costs more than
    sealing the answer does; so this one reads the request itself, and says in the document what it reads.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


router = router_of("survey-responses", _Direct)

_THANKS = (
    SurveyThanks(
        sv="Tack! Ditt svar är sparat. Ingen kan se vad just du har svarat, och länken kan inte användas igen.",
        en="Thank you! Your answer is stored. Nobody can see what you answered, and the link cannot be used again.",
    )
    .model_dump_json()
    .encode()
)
_DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SurveyResponseCreate"}}},
    },
    "security": [{"surveyToken": []}, {}],
}


@router.post(
    SURVEY_RESPONSES,
    response_model=SurveyThanks,
    status_code=201,
    summary="Answer a survey",
    openapi_extra=_DOCUMENTED,
)
async def create_survey_response(request: Request) -> Response:
    """Store a sealed answer and use the token up, both or neither. The token is in the header or in the body.

    A refused answer leaves the token as it was, and is refused alike whether the token is used or not. The token is
    also the idempotency: send the same request again after a lost answer, and `surveyAlreadyAnswered` says that it was
    stored. The answer has no address: nobody can read it.
    """
    response = _response(await well_formed(request))
    token = _token(request.headers.get("authorization"), response.token)
    await ballot_box_of(request).put(Answer(token_hash(token), response.answers, response.texts))
    return Response(_THANKS, 201, {"Cache-Control": "no-store"}, "application/json")


def _response(sent: object) -> SurveyResponseCreate:
    try:
        return SurveyResponseCreate.model_validate(sent)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from None


def _token(authorization: str | None, in_body: str | None) -> str:
    scheme, in_header = get_authorization_scheme_param(authorization)
    if scheme.lower() != "bearer":
        in_header = ""
    if in_header and in_body is not None and in_header != in_body:
        raise Refusal(Code.SURVEY_TOKENS_DIFFER, "/token")
    if not (token := in_header or in_body):
        raise Refusal(Code.SURVEY_TOKEN_UNKNOWN)
    return token
