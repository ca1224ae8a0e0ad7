"""Another closing time for an open round, later or earlier, decided by both sides like the round itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalCreate, ApprovalRead, Decision, SubjectType, VoidReason
from app.models.base import Table
from app.models.organisation import Organisation
from app.models.survey_amendment import (
    SurveyAmendment,
    SurveyAmendmentContent,
    SurveyAmendmentCreate,
    SurveyAmendmentRead,
    SurveyAmendmentState,
)
from app.models.survey_round import SurveyRound
from app.models.working_group import WorkingGroup
from app.services import joint_decision, policy
from app.services.content_hash import content_hash
from app.services.errors import Code, Refusal
from app.services.joint_decision import Outcome, Subject
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.survey_schedule import LONGEST_OPEN, check_rest
from app.services.work import Work, admit, changed, created, find, shown
from app.services.working_groups import deciding_sides

SORTS: dict[str, Columns] = {"createdAt": (col(SurveyAmendment.id),)}

_ITEMS = sa.select(
    col(SurveyAmendment.id),
    col(SurveyAmendment.party_id),
    col(SurveyAmendment.state),
    col(SurveyAmendment.closes_at),
    col(SurveyAmendment.reason),
    col(SurveyAmendment.decided_at),
).where(col(SurveyAmendment.survey_round_id) == sa.bindparam("round_id"), policy.visible(SurveyAmendment))


async def list_of_round(work: Work, round_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_survey_amendments", SurveyRound, round_id)
    return await page(work, _ITEMS, SORTS, request, round_id=round_id)


async def create(work: Work, round_id: UUID, data: SurveyAmendmentCreate) -> SurveyAmendmentRead:
    """A proposal from either side, one at a time. Its own party decides on it too."""
    survey_round = await admit(work, "create_survey_amendment", SurveyRound, round_id)
    if data.closes_at is not None:
        opened = max(survey_round.opens_at, survey_round.opened_at or survey_round.opens_at)
        in_time = max(work.now, opened) < data.closes_at <= opened + LONGEST_OPEN
        if not in_time or data.closes_at == survey_round.closes_at:
            raise Refusal(Code.NEW_CLOSING_TIME_UNFIT, "/closesAt")
        await check_rest(work, survey_round, data.closes_at)
    seat = work.actor.seats_at(survey_round.working_group_id)[0]
    amendment = SurveyAmendment(
        organisation_id=survey_round.organisation_id,
        working_group_id=survey_round.working_group_id,
        survey_round_id=survey_round.id,
        party_id=seat.party_id,
        closes_at=data.closes_at,
        reason=data.reason,
        content_hash="",
        created_at=work.now,
    )
    amendment.content_hash = content_hash(_content(amendment).model_dump(mode="json", by_alias=True))
    await created(work, "create_survey_amendment", amendment, mandate_id=seat.mandate_id)
    return await _shown(work, amendment, [])


async def read(work: Work, amendment_id: UUID) -> SurveyAmendmentRead:
    amendment, approvals = await joint_decision.find_decided(work, SurveyAmendment, amendment_id)
    return await _shown(work, amendment, approvals)


async def withdraw(work: Work, amendment_id: UUID, version: int) -> SurveyAmendmentRead:
    """The party that proposed it takes it back."""
    amendment = await admit(work, "transition_survey_amendment", SurveyAmendment, amendment_id, version)
    await changed(work, "transition_survey_amendment", amendment, {"state": SurveyAmendmentState.WITHDRAWN})
    return await _shown(work, amendment, await joint_decision.standing(work, amendment.id))


async def approve(work: Work, amendment_id: UUID, version: int, data: ApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed gives the round its new closing time."""
    # The round first, as everybody who holds both: what closes it waits for this, or this for that.
    seen = await find(work, SurveyAmendment, amendment_id)
    survey_round = await find(work, SurveyRound, seen.survey_round_id, lock=True)
    amendment = await admit(work, "approve_survey_amendment", SurveyAmendment, amendment_id, version)
    if data.decision is not Decision.REQUEST_CHANGE and amendment.closes_at is not None:
        await find(work, Organisation, survey_round.organisation_id, lock=True)
        await check_rest(work, survey_round, amendment.closes_at)
    subject = await _subject(work, amendment)
    approval, outcome = await joint_decision.decide(work, "approve_survey_amendment", subject, data)
    if outcome is Outcome.REACHED:
        decided = {"state": SurveyAmendmentState.DECIDED, "decided_at": work.now}
        await changed(work, "approve_survey_amendment", amendment, decided, mandate_id=approval.mandate_id)
        closes_at = max(work.now, amendment.closes_at or work.now)
        # A round that is ended before it has begun was never open to answers.
        times = {"closes_at": closes_at, "opens_at": min(survey_round.opens_at, closes_at)}
        await changed(work, "approve_survey_amendment", survey_round, times, mandate_id=approval.mandate_id)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await joint_decision.void(
            work, "approve_survey_amendment", amendment.id, VoidReason.CHANGE_REQUESTED, except_for=approval
        )
        withdrawn = {"state": SurveyAmendmentState.WITHDRAWN}
        await changed(work, "approve_survey_amendment", amendment, withdrawn, mandate_id=approval.mandate_id)
    return shown(work, ApprovalRead, approval)


async def _subject(work: Work, amendment: SurveyAmendment) -> Subject:
    group = await work.session.get_one(WorkingGroup, amendment.working_group_id)
    return Subject(
        SubjectType.SURVEY_AMENDMENT,
        amendment.id,
        amendment.organisation_id,
        amendment.working_group_id,
        amendment.content_hash,
        group.approval_rule,
        await deciding_sides(work, group.id),
    )


def _content(amendment: SurveyAmendment) -> SurveyAmendmentContent:
    return SurveyAmendmentContent(
        survey_round_id=amendment.survey_round_id, closes_at=amendment.closes_at, reason=amendment.reason
    )


async def _shown(work: Work, amendment: SurveyAmendment, approvals: Sequence[Approval]) -> SurveyAmendmentRead:
    around: dict[type[Table], Any] = {SurveyRound: await work.session.get_one(SurveyRound, amendment.survey_round_id)}
    read = shown(
        work,
        SurveyAmendmentRead,
        amendment,
        around,
        content=_content(amendment),
        approvals=joint_decision.summaries(approvals),
    )
    joint_decision.mark_decided(
        work, read.allowed_actions, "approve_survey_amendment", amendment.working_group_id, approvals
    )
    return read
