"""Survey rounds over HTTP: drafted, proposed, decided."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single, tagged
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Call, Creating, Reading, Version, Writing, key_store_of
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByCreation, ByDecision, Limit, PageNumber, PositionOrder, asked
from app.api.working_groups import WorkingGroupId
from app.models.approval import ApprovalCreate, ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id
from app.models.survey_key_share import KeyShareRead
from app.models.survey_protection import USUAL_RESPONSE_RATE, ProtectionRead
from app.models.survey_round import (
    HIGHEST_THRESHOLD,
    LOWEST_THRESHOLD,
    SurveyRoundCreate,
    SurveyRoundItem,
    SurveyRoundRead,
    SurveyRoundState,
    SurveyRoundTransition,
    SurveyRoundUpdate,
    SurveyUnitItem,
)
from app.services import survey_keys, survey_opening, survey_protection, survey_rounds, survey_units

router = router_of("survey-rounds")

State = Annotated[SurveyRoundState | None, Query(description="Only rounds in this state.")]
SurveyRoundId = Annotated[Id, Path(alias="surveyRoundId", description="The round.")]


def _answer(call: Call, survey_round: SurveyRoundRead, status: int = 200) -> Response:
    return single(call.request, survey_round, f"/survey-rounds/{survey_round.id}", status=status)


@router.get(
    "/organisations/{organisationId}/survey-rounds",
    response_model=page_of(SurveyRoundItem),
    summary="List an organisation's survey rounds",
)
async def list_organisation_survey_rounds(
    call: Reading,
    organisation_id: OrganisationId,
    state: State = None,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The rounds you may read: those of your tables, or every released one for an integrator."""
    request = asked(page, limit, after, sort)
    found = await survey_rounds.list_of_organisation(call.work, organisation_id, request, state)
    return listed(call, SurveyRoundItem, found, request)


@router.get(
    "/working-groups/{workingGroupId}/survey-rounds",
    response_model=page_of(SurveyRoundItem),
    summary="List a working group's survey rounds",
)
async def list_survey_rounds(
    call: Reading,
    working_group_id: WorkingGroupId,
    state: State = None,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The group's rounds in the order their drafts were begun."""
    request = asked(page, limit, after, sort)
    found = await survey_rounds.list_of_group(call.work, working_group_id, request, state)
    return listed(call, SurveyRoundItem, found, request)


@router.post(
    "/working-groups/{workingGroupId}/survey-rounds",
    response_model=SurveyRoundRead,
    status_code=201,
    summary="Draft a survey round",
)
async def create_survey_round(
    call: Creating, working_group_id: WorkingGroupId, survey_round: SurveyRoundCreate
) -> Response:
    """Either side begins a draft. Both can change it until one of them proposes it.

    A round is open for at most 90 days, and begins within a year. In two-key mode each side makes its key before the
    round is proposed (`create_key_share`).
    """
    made = await call.once(lambda: survey_rounds.create(call.work, working_group_id, survey_round), survey_rounds.read)
    return _answer(call, made, 201)


@router.get("/survey-rounds/{surveyRoundId}", response_model=SurveyRoundRead, summary="Read a survey round")
async def read_survey_round(call: Reading, survey_round_id: SurveyRoundId) -> Response:
    """The round, identical for both sides. `content` is exactly what an approval is about."""
    return _answer(call, await survey_rounds.read(call.work, survey_round_id))


@router.patch("/survey-rounds/{surveyRoundId}", response_model=SurveyRoundRead, summary="Change a draft of a round")
async def update_survey_round(
    call: Writing, version: Version, survey_round_id: SurveyRoundId, survey_round: SurveyRoundUpdate
) -> Response:
    """Change a draft. What is proposed is first taken back to draft, which voids the approvals given so far."""
    return _answer(call, await survey_rounds.update(call.work, survey_round_id, version, survey_round))


@router.post(
    "/survey-rounds/{surveyRoundId}/transitions",
    response_model=SurveyRoundRead,
    status_code=201,
    summary="Propose a round, take it back, or cancel it",
)
async def transition_survey_round(
    call: Creating, version: Version, survey_round_id: SurveyRoundId, transition: SurveyRoundTransition
) -> Response:
    """Proposing reads the unit tree once more and fixes the content and its hash. No other round may ask any of the
    same people meanwhile, or within 56 days before or after (`roundTooSoon`). An open round is changed only by what
    both sides decide: another closing time, or that it is abandoned."""
    made = await call.once(
        lambda: survey_rounds.transition(call.work, survey_round_id, version, transition), survey_rounds.read
    )
    return _answer(call, made, 201)


@router.get(
    "/survey-rounds/{surveyRoundId}/units",
    response_model=page_of(SurveyUnitItem),
    summary="List a round's units",
)
async def list_survey_units(
    call: Reading,
    survey_round_id: SurveyRoundId,
    sort: Annotated[PositionOrder, Query(description="Order.")] = "position",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The units as the round knows them, parents before children; frozen from when it was proposed."""
    request = asked(page, limit, after, sort)
    return listed(call, SurveyUnitItem, await survey_units.list_units(call.work, survey_round_id, request), request)


@router.get(
    "/survey-rounds/{surveyRoundId}/protection",
    response_model=ProtectionRead,
    summary="Foresee which units could be shown",
)
async def read_survey_protection(
    call: Reading,
    survey_round_id: SurveyRoundId,
    response_rate: Annotated[
        float,
        Query(
            alias="responseRate",
            ge=0,
            le=1,
            allow_inf_nan=False,
            description="The part of each unit that is assumed to answer everything, read in whole per cents.",
        ),
    ] = USUAL_RESPONSE_RATE,
    threshold: Annotated[
        int | None,
        Query(ge=LOWEST_THRESHOLD, le=HIGHEST_THRESHOLD, description="Left out: the round's own threshold."),
    ] = None,
) -> Response:
    """From head-counts alone, before the round opens: group small units now, since it cannot be done afterwards."""
    foreseen = await survey_protection.read(call.work, survey_round_id, response_rate, threshold)
    return tagged(call.request, foreseen, foreseen.version, f"/survey-rounds/{survey_round_id}/protection")


@router.post(
    "/survey-rounds/{surveyRoundId}/key-shares",
    response_model=KeyShareRead,
    status_code=201,
    summary="Make your side's key",
)
async def create_key_share(call: Creating, version: Version, survey_round_id: SurveyRoundId) -> Response:
    """In two-key mode: 24 words, shown once. Without the words of both sides nobody can ever read the answers.

    Read `keyNotice` of the round first. A new key replaces your side's earlier one, and never the other side's.
    """
    made = await call.once(
        lambda: survey_keys.create_share(call.work, survey_round_id, version), survey_keys.read_share
    )
    return tagged(call.request, made, made.version, f"/survey-rounds/{survey_round_id}", status=201)


@router.get(
    "/survey-rounds/{surveyRoundId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on a round",
)
async def list_survey_round_approvals(
    call: Reading,
    survey_round_id: SurveyRoundId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on the round, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.SURVEY_ROUND, survey_round_id, request)


@router.post(
    "/survey-rounds/{surveyRoundId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Decide on a round",
)
async def approve_survey_round(
    call: Creating, version: Version, survey_round_id: SurveyRoundId, approval: ApprovalCreate
) -> Response:
    """Your party's decision on the content hash you have read. The last approval needed opens the round."""
    key_store = key_store_of(call)
    return await decided(call, lambda: survey_opening.approve(call.work, survey_round_id, version, approval, key_store))
