"""What both sides decide about a round under way, like the round itself: another closing time, or to abandon it.

A round whose key is lost can never be released. It is abandoned: cancelled, and its answers destroyed unread.
"""

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
from app.models.survey_round import SurveyRound, SurveyRoundState, round_state
from app.models.working_group import WorkingGroup
from app.services import joint_decision, policy, survey_closing, survey_mail, wall
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
    col(SurveyAmendment.abandon),
    col(SurveyAmendment.reason),
    col(SurveyAmendment.decided_at),
).where(col(SurveyAmendment.survey_round_id) == sa.bindparam("round_id"), policy.visible(SurveyAmendment))
_PROPOSED = (
    sa.select(SurveyAmendment)
    .where(
        col(SurveyAmendment.survey_round_id) == sa.bindparam("round_id"),
        col(SurveyAmendment.state) == SurveyAmendmentState.PROPOSED,
    )
    .with_for_update(key_share=True)
)


async def list_of_round(work: Work, round_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_survey_amendments", SurveyRound, round_id)
    return await page(work, _ITEMS, SORTS, request, round_id=round_id)


async def create(work: Work, round_id: UUID, data: SurveyAmendmentCreate) -> SurveyAmendmentRead:
    """A proposal from either side, one at a time. Its own party decides on it too."""
    survey_round = await admit(work, "create_survey_amendment", SurveyRound, round_id)
    unclear = data.closes_at is not None if data.abandon else "closes_at" not in data.model_fields_set
    if unclear:
        raise Refusal(Code.CLOSING_TIME_OR_ABANDON, "/closesAt")
    if data.abandon:
        await _take_back_what_is_too_late(work, survey_round)
    elif not _is_open(work, survey_round):
        raise Refusal(Code.ROUND_NOT_OPEN)
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
        abandon=data.abandon,
        reason=data.reason,
        content_hash="",
        created_at=work.now,
    )
    amendment.content_hash = _hashed(amendment)
    await created(work, "create_survey_amendment", amendment, mandate_id=seat.mandate_id)
    return await _shown(work, amendment, [])


async def read(work: Work, amendment_id: UUID) -> SurveyAmendmentRead:
    amendment, approvals = await joint_decision.find_decided(work, SurveyAmendment, amendment_id)
    return await _shown(work, amendment, approvals)


async def edit(work: Work, operation: str, amendment: SurveyAmendment, changes: dict[str, Any]) -> None:
    """Change what a proposal says. The caller holds its lock; approvals of what it said before are void."""
    for field, value in changes.items():
        setattr(amendment, field, value)
    await changed(work, operation, amendment, {"content_hash": _hashed(amendment)})
    await joint_decision.void(work, operation, amendment.id, VoidReason.EDITED)


async def withdraw(work: Work, amendment_id: UUID, version: int) -> SurveyAmendmentRead:
    """The party that proposed it takes it back."""
    amendment = await admit(work, "transition_survey_amendment", SurveyAmendment, amendment_id, version)
    await changed(work, "transition_survey_amendment", amendment, {"state": SurveyAmendmentState.WITHDRAWN})
    return await _shown(work, amendment, await joint_decision.standing(work, amendment.id))


async def approve(work: Work, amendment_id: UUID, version: int, data: ApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed gives the round its new closing time, or ends it for good."""
    # The round first, as everybody who holds both: what closes it waits for this, or this for that.
    seen = await find(work, SurveyAmendment, amendment_id)
    survey_round = await find(work, SurveyRound, seen.survey_round_id, lock=True)
    amendment = await admit(work, "approve_survey_amendment", SurveyAmendment, amendment_id, version)
    if not amendment.abandon and not _is_open(work, survey_round):
        raise Refusal(Code.ROUND_NOT_OPEN)
    if data.decision is not Decision.REQUEST_CHANGE and amendment.closes_at is not None:
        await find(work, Organisation, survey_round.organisation_id, lock=True)
        await check_rest(work, survey_round, amendment.closes_at)
    subject = await _subject(work, amendment)
    approval, outcome = await joint_decision.decide(work, "approve_survey_amendment", subject, data)
    if outcome is Outcome.REACHED:
        if amendment.abandon:
            await _abandon(work, survey_round, amendment, approval)
        else:
            await _move(work, survey_round, amendment, approval)
        decided = {"state": SurveyAmendmentState.DECIDED, "decided_at": work.now}
        await changed(work, "approve_survey_amendment", amendment, decided, mandate_id=approval.mandate_id)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await joint_decision.void(
            work, "approve_survey_amendment", amendment.id, VoidReason.CHANGE_REQUESTED, except_for=approval
        )
        withdrawn = {"state": SurveyAmendmentState.WITHDRAWN}
        await changed(work, "approve_survey_amendment", amendment, withdrawn, mandate_id=approval.mandate_id)
    return shown(work, ApprovalRead, approval)


def _is_open(work: Work, survey_round: SurveyRound) -> bool:
    """What a closing time is for; a round that has closed can only be abandoned."""
    return round_state(survey_round, work.now) is SurveyRoundState.OPEN


async def _take_back_what_is_too_late(work: Work, survey_round: SurveyRound) -> None:
    """A closing time that nobody can decide on any more stands in no one's way, whoever proposed it."""
    found = (await work.session.execute(_PROPOSED, {"round_id": survey_round.id})).scalar_one_or_none()
    if found is not None and not found.abandon and not _is_open(work, survey_round):
        await changed(work, "create_survey_amendment", found, {"state": SurveyAmendmentState.WITHDRAWN})


async def _move(work: Work, survey_round: SurveyRound, amendment: SurveyAmendment, approval: Approval) -> None:
    closes_at = max(work.now, amendment.closes_at or work.now)
    # A round that is ended before it has begun was never open to answers.
    times = {"closes_at": closes_at, "opens_at": min(survey_round.opens_at, closes_at)}
    await changed(work, "approve_survey_amendment", survey_round, times, mandate_id=approval.mandate_id)


async def _abandon(work: Work, survey_round: SurveyRound, amendment: SurveyAmendment, approval: Approval) -> None:
    """Nothing of the answers is looked at. The row is held: none comes in meanwhile, and nobody closes the round."""
    cancelled = {
        "state": SurveyRoundState.CANCELLED,
        "cancelled_at": work.now,
        "cancel_reason": amendment.reason,
    }
    await changed(work, "approve_survey_amendment", survey_round, cancelled, mandate_id=approval.mandate_id)
    async with wall.beyond(work.session):  # no actor reaches into the ballot box, or into the queue
        await survey_closing.empty(work.session, survey_round.id)
        await survey_mail.take_back(work.session, survey_round.id)
    work.rounds_over.append(survey_round.id)


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
        survey_round_id=amendment.survey_round_id,
        closes_at=amendment.closes_at,
        abandon=amendment.abandon,
        reason=amendment.reason,
    )


def _hashed(amendment: SurveyAmendment) -> str:
    return content_hash(_content(amendment).model_dump(mode="json", by_alias=True))


async def _shown(work: Work, amendment: SurveyAmendment, approvals: Sequence[Approval]) -> SurveyAmendmentRead:
    survey_round = await work.session.get_one(SurveyRound, amendment.survey_round_id)
    around: dict[type[Table], Any] = {SurveyRound: survey_round}
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
    for action in read.allowed_actions:
        too_late = not amendment.abandon and not _is_open(work, survey_round)
        if action.action == "approve_survey_amendment" and action.allowed and too_late:
            action.allowed, action.reason = False, Code.ROUND_NOT_OPEN
    return read
