"""The questionnaire behind a survey link, over HTTP, and how its token comes in."""

from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.dependencies import Formed, database_of, now
from app.api.negotiation import preferred_language
from app.api.operations import SURVEY_FORM, router_of
from app.ballot_box import BallotBox
from app.models.columns import Language
from app.models.survey_form import SurveyFormRead
from app.services import survey_forms
from app.services.errors import Code, Refusal
from app.services.wall import BALLOT

router = router_of("survey-forms")

survey_token = HTTPBearer(
    auto_error=False,
    scheme_name="surveyToken",
    description="The token of a survey link: 43 characters, good for one answer. The link carries it in the fragment "
    "of the front end's address, which no browser sends to a server; the front end sends it in this header. It belongs "
    "to no account, and no cookie takes its place.",
)
SurveyToken = Annotated[HTTPAuthorizationCredentials | None, Depends(survey_token)]


def ballot_box_of(request: Request) -> BallotBox:
    ballot_box: BallotBox = request.app.state.ballot_box
    return ballot_box


@router.get(SURVEY_FORM, response_model=SurveyFormRead, summary="Read the questionnaire of a survey link")
async def read_survey_form(request: Request, _formed: Formed, sent: SurveyToken) -> Response:
    """The questionnaire in the language asked for, otherwise in Swedish; what the answers are used for stands first.

    Reading it does not use the token up, and is noted nowhere. A token that has been used opens it as before: only an
    answer that would be taken is told that there is one already, so that nobody can see from a link who has answered.
    Once the result is there the token is as unknown as an invented one (401), and no sign-in would change that.
    """
    if sent is None:
        raise Refusal(Code.SURVEY_TOKEN_UNKNOWN)
    questionnaires = ballot_box_of(request).questionnaires
    language = Language(preferred_language(request))
    async with database_of(request).read(BALLOT) as session:
        form = await survey_forms.read(session, questionnaires, sent.credentials, language, now())
    headers = {"Cache-Control": "no-store", "Content-Language": form.language.value}
    return Response(form.model_dump_json(by_alias=True), 200, headers, "application/json")
