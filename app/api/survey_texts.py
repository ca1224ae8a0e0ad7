"""What people wrote in a round's open questions, over HTTP: reviewed, then released."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, nothing, page_of, single, tagged
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.paging import After, ByDecision, IdOrder, Limit, PageNumber, asked
from app.api.survey_rounds import SurveyRoundId
from app.models.approval import ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.models.survey_texts import (
    RoundTextsRead,
    SurveyTextItem,
    SurveyTextsRead,
    TextsApprovalCreate,
    TextWithholdingCreate,
)
from app.services import survey_text_review

router = router_of("survey-texts")

SurveyTextsId = Annotated[Id, Path(alias="surveyTextsId", description="The texts of a round.")]


def _answer(call: Call, texts: SurveyTextsRead, status: int = 200) -> Response:
    return single(call.request, texts, f"/survey-texts/{texts.id}", status=status)


@router.get("/survey-rounds/{surveyRoundId}/texts", response_model=RoundTextsRead, summary="Find a round's texts")
async def read_survey_round_texts(call: Reading, survey_round_id: SurveyRoundId) -> Response:
    """Once the round's result is released: whether both sides are reading the texts, whether they are released, or that
    none are shown. A round that asked no open questions has none."""
    found = await survey_text_review.read_of_round(call.work, survey_round_id)
    return tagged(call.request, found, found.version, f"/survey-rounds/{survey_round_id}/texts")


@router.get("/survey-texts/{surveyTextsId}", response_model=SurveyTextsRead, summary="Read where a round's texts stand")
async def read_survey_texts(call: Reading, survey_texts_id: SurveyTextsId) -> Response:
    """Before release, for the representatives at the table alone; then for everyone who reads the round's result."""
    return _answer(call, await survey_text_review.read(call.work, survey_texts_id))


@router.get(
    "/survey-texts/{surveyTextsId}/texts",
    response_model=page_of(SurveyTextItem),
    summary="List a round's texts",
)
async def list_survey_texts(
    call: Reading,
    survey_texts_id: SurveyTextsId,
    unit_id: Annotated[Id | None, Query(alias="unitId", description="Only those shown with this unit.")] = None,
    question_id: Annotated[
        str | None,
        Query(
            alias="questionId",
            pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$",
            max_length=40,
            description="Only answers to this one.",
        ),
    ] = None,
    sort: Annotated[IdOrder, Query(description="Order. The ids are drawn by lot.")] = "id",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """What people wrote, shuffled, each with the question and the group it is shown with. Answers of one person to two
    questions are two texts that nothing ties together."""
    request = asked(page, limit, after, sort)
    found = await survey_text_review.list_texts(call.work, survey_texts_id, request, unit_id, question_id)
    return listed(call, SurveyTextItem, found, request)


@router.post(
    "/survey-texts/{surveyTextsId}/withholdings",
    response_model=SurveyTextsRead,
    status_code=201,
    summary="Withhold a text",
)
async def withhold_survey_text(
    call: Creating, survey_texts_id: SurveyTextsId, withholding: TextWithholdingCreate
) -> Response:
    """Your party does not want a text shown, because somebody could be recognised. One party is enough. Approvals given
    so far are void. A group that is left with fewer than ten texts, or than the round's threshold, is not shown."""
    made = await call.once(
        lambda: survey_text_review.withhold(call.work, survey_texts_id, withholding), survey_text_review.read
    )
    return _answer(call, made, 201)


@router.delete(
    "/survey-texts/{surveyTextsId}/withholdings/{textId}", status_code=204, summary="No longer withhold a text"
)
async def withdraw_text_withholding(
    call: Writing,
    version: Version,
    survey_texts_id: SurveyTextsId,
    text_id: Annotated[Id, Path(alias="textId", description="The text.")],
) -> Response:
    """Your party takes its own withholding back, while the texts are under review. Approvals given so far are void."""
    await survey_text_review.take_back(call.work, survey_texts_id, text_id, version)
    return nothing()


@router.get(
    "/survey-texts/{surveyTextsId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on a round's texts",
)
async def list_survey_texts_approvals(
    call: Reading,
    survey_texts_id: SurveyTextsId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on the texts, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.SURVEY_TEXTS, survey_texts_id, request)


@router.post(
    "/survey-texts/{surveyTextsId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Let a round's texts out",
)
async def approve_survey_texts(
    call: Creating, version: Version, survey_texts_id: SurveyTextsId, approval: TextsApprovalCreate
) -> Response:
    """Your party has read the texts and lets out those whose content hash you name. The last approval needed releases
    them to everyone in the same instant, and deletes the others."""
    return await decided(call, lambda: survey_text_review.approve(call.work, survey_texts_id, version, approval))
