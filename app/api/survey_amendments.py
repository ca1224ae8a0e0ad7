"""Changes of a round under way over HTTP: another closing time, or that it is abandoned."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Call, Creating, Reading, Version
from app.api.operations import router_of
from app.api.paging import After, ByCreation, ByDecision, Limit, PageNumber, asked
from app.api.survey_rounds import SurveyRoundId
from app.models.approval import ApprovalCreate, ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.models.survey_amendment import (
    SurveyAmendmentCreate,
    SurveyAmendmentItem,
    SurveyAmendmentRead,
    SurveyAmendmentTransition,
)
from app.services import survey_amendments

router = router_of("survey-amendments")

SurveyAmendmentId = Annotated[Id, Path(alias="surveyAmendmentId", description="The proposed change.")]


def _answer(call: Call, amendment: SurveyAmendmentRead, status: int = 200) -> Response:
    return single(call.request, amendment, f"/survey-amendments/{amendment.id}", status=status)


@router.get(
    "/survey-rounds/{surveyRoundId}/amendments",
    response_model=page_of(SurveyAmendmentItem),
    summary="List changes of a round under way",
)
async def list_survey_amendments(
    call: Reading,
    survey_round_id: SurveyRoundId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Proposed, decided and withdrawn ones, oldest first."""
    request = asked(page, limit, after, sort)
    found = await survey_amendments.list_of_round(call.work, survey_round_id, request)
    return listed(call, SurveyAmendmentItem, found, request)


@router.post(
    "/survey-rounds/{surveyRoundId}/amendments",
    response_model=SurveyAmendmentRead,
    status_code=201,
    summary="Propose another closing time, or to abandon a round",
)
async def create_survey_amendment(
    call: Creating, survey_round_id: SurveyRoundId, amendment: SurveyAmendmentCreate
) -> Response:
    """One proposal at a time, from either side. An open round gets a later or an earlier closing time, or closes as
    soon as both sides agree. A round that is open, or closed and not released, can be abandoned instead, as when a key
    to its answers is lost: once both sides have approved that, it is cancelled and its answers are destroyed unread."""
    made = await call.once(
        lambda: survey_amendments.create(call.work, survey_round_id, amendment), survey_amendments.read
    )
    return _answer(call, made, 201)


@router.get(
    "/survey-amendments/{surveyAmendmentId}",
    response_model=SurveyAmendmentRead,
    summary="Read a change of a round under way",
)
async def read_survey_amendment(call: Reading, survey_amendment_id: SurveyAmendmentId) -> Response:
    """The proposal, identical for both sides. `content` is exactly what an approval is about."""
    return _answer(call, await survey_amendments.read(call.work, survey_amendment_id))


@router.post(
    "/survey-amendments/{surveyAmendmentId}/transitions",
    response_model=SurveyAmendmentRead,
    status_code=201,
    summary="Take back a proposed change",
)
async def transition_survey_amendment(
    call: Creating,
    version: Version,
    survey_amendment_id: SurveyAmendmentId,
    transition: SurveyAmendmentTransition,  # noqa: ARG001 - there is one step
) -> Response:
    """The party that proposed it takes it back, as long as it is not decided."""
    made = await call.once(
        lambda: survey_amendments.withdraw(call.work, survey_amendment_id, version), survey_amendments.read
    )
    return _answer(call, made, 201)


@router.get(
    "/survey-amendments/{surveyAmendmentId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on a change",
)
async def list_survey_amendment_approvals(
    call: Reading,
    survey_amendment_id: SurveyAmendmentId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on it, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.SURVEY_AMENDMENT, survey_amendment_id, request)


@router.post(
    "/survey-amendments/{surveyAmendmentId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Decide on a change",
)
async def approve_survey_amendment(
    call: Creating, version: Version, survey_amendment_id: SurveyAmendmentId, approval: ApprovalCreate
) -> Response:
    """Your party's decision on the content hash you have read. The last approval needed changes the closing time. If
    the round is to be abandoned, it cancels the round, and all answers are destroyed unread: nothing brings them back.
    """
    return await decided(call, lambda: survey_amendments.approve(call.work, survey_amendment_id, version, approval))
