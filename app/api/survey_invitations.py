"""Invitations to survey rounds over HTTP."""

import asyncio
from typing import Annotated, Any

from fastapi import Path, Response

from app.api.answers import download, listed, nothing, page_of, single
from app.api.dependencies import Call, Creating, Reading, RequestRefusal, Version, Writing, key_store_of
from app.api.negotiation import CSV, JSON, PDF, best_type
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.api.survey_rounds import SurveyRoundId
from app.api.units import UnitId
from app.models.bounds import LARGEST_FILE
from app.models.columns import Id, Language
from app.models.survey_invitation_batch import (
    InvitationKind,
    SurveyInvitationBatchCreate,
    SurveyInvitationBatchItem,
    SurveyInvitationBatchRead,
)
from app.services import slips, survey_invitations

router = router_of("survey-invitations")

SurveyInvitationBatchId = Annotated[Id, Path(alias="surveyInvitationBatchId", description="The batch of invitations.")]

_SLIPS: dict[int | str, dict[str, Any]] = {
    201: {
        "content": {
            CSV: {
                "schema": {
                    "type": "string",
                    "maxLength": LARGEST_FILE,
                    "description": "Slips: UTF-8 with a byte-order mark, semicolons.",
                },
                "example": '"Enhet";"Enkät";"Sista dag";"Länk"\r\n',
            },
            PDF: {
                "schema": {
                    "type": "string",
                    "maxLength": LARGEST_FILE,
                    "contentMediaType": PDF,
                    "description": "Slips to print, A4.",
                },
                "example": "%PDF-1.4",
            },
        }
    }
}


def _answer(call: Call, batch: SurveyInvitationBatchRead, status: int = 200) -> Response:
    return single(call.request, batch, f"/survey-invitation-batches/{batch.id}", status=status)


@router.get(
    "/survey-rounds/{surveyRoundId}/invitations",
    response_model=page_of(SurveyInvitationBatchItem),
    summary="List how people were invited",
)
async def list_survey_invitation_batches(
    call: Reading,
    survey_round_id: SurveyRoundId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Each sending or handing out of invitations: to which unit, how, how many. Never to whom."""
    request = asked(page, limit, after, sort)
    found = await survey_invitations.list_batches(call.work, survey_round_id, request)
    return listed(call, SurveyInvitationBatchItem, found, request)


@router.post(
    "/survey-rounds/{surveyRoundId}/invitations",
    response_model=SurveyInvitationBatchRead,
    status_code=201,
    responses=_SLIPS,
    summary="Invite to a survey round",
)
async def create_survey_invitation_batch(
    call: Creating, survey_round_id: SurveyRoundId, batch: SurveyInvitationBatchCreate
) -> Response:
    """Invite a unit: the people known there, a list of e-mail addresses, or whoever is handed a slip.

    Mail goes out when the round opens. A unit never gets more invitations than it has employees. Links of slips are in
    this answer only: as JSON, as CSV or as a PDF to print, whichever `Accept` asks for. With the same Idempotency-Key
    again they are refused.
    """
    media_type = best_type(call.request, (JSON, CSV, PDF))
    if media_type != JSON and batch.kind is not InvitationKind.SLIPS:
        raise RequestRefusal("notAcceptable")
    work = call.work
    made = await call.once(
        lambda: survey_invitations.create(
            work, survey_round_id, batch, key_store_of(call), call.request.app.state.front_end_url
        ),
        survey_invitations.read_made,
    )
    answer = _answer(call, made, 201)
    if media_type == JSON:
        return answer
    sheet = await survey_invitations.sheet(work, made)
    if media_type == CSV:
        content = slips.as_csv(sheet, batch.language or Language.SWEDISH)
        return download(answer, content, f"{CSV}; charset=utf-8", "slips.csv")
    # The links are stored only when they have reached the file: what fails here takes the invitations back.
    return download(answer, await asyncio.to_thread(slips.as_pdf, sheet), PDF, "slips.pdf")


@router.get(
    "/survey-invitation-batches/{surveyInvitationBatchId}",
    response_model=SurveyInvitationBatchRead,
    summary="Read how people were invited",
)
async def read_survey_invitation_batch(call: Reading, batch_id: SurveyInvitationBatchId) -> Response:
    """One sending or handing out of invitations, without its links."""
    return _answer(call, await survey_invitations.read(call.work, batch_id))


@router.delete(
    "/survey-rounds/{surveyRoundId}/units/{unitId}/invitations",
    status_code=204,
    summary="Void a unit's invitations",
)
async def void_survey_invitations(
    call: Writing, version: Version, survey_round_id: SurveyRoundId, unit_id: UnitId
) -> Response:
    """All of them, before the round opens for answers: slips that went astray, or a wrong list. Then invite anew.

    If-Match names the version of the survey round.
    """
    await survey_invitations.void(call.work, survey_round_id, version, unit_id)
    return nothing()
