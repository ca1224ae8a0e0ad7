"""A round's way to open: proposed with its content fixed, decided by both sides on one hash, opened with fresh keys."""

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalCreate, ApprovalRead, Decision, SubjectType, VoidReason
from app.models.instrument import Instrument, InstrumentState
from app.models.organisation import Organisation, OrganisationState
from app.models.survey_round import (
    RoundInstrument,
    SurveyRound,
    SurveyRoundContent,
    SurveyRoundState,
    SurveyRoundTransition,
)
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services import ballot, joint_decision, survey_keys, survey_units
from app.services.content_hash import content_hash
from app.services.errors import Code, Refusal
from app.services.joint_decision import Outcome, Subject
from app.services.key_store import KeyStore, RoundSecrets
from app.services.survey_schedule import check_rest
from app.services.work import Work, admit, changed, find, refuse_unfit, shown
from app.services.working_groups import deciding_sides

RULES = "R1-R12/1"
"""The version of the disclosure rules that a round is opened under."""

_USABLE_INSTRUMENT = (
    sa.select(Instrument)
    .where(
        col(Instrument.id) == sa.bindparam("instrument_id"),
        col(Instrument.state) == InstrumentState.PUBLISHED,
        sa.or_(
            col(Instrument.organisation_id).is_(None),
            col(Instrument.organisation_id) == sa.bindparam("organisation_id"),
        ),
    )
    .with_for_update(read=True)
)
_DRAFT: dict[str, Any] = {"state": SurveyRoundState.DRAFT, "content": None, "content_hash": None}


async def transition(work: Work, round_id: UUID, version: int, data: SurveyRoundTransition) -> SurveyRound:
    """Propose a draft, which fixes its content; take it back to draft; or cancel it before it opens."""
    survey_round = await admit(work, "transition_survey_round", SurveyRound, round_id, version)
    refuse_unfit(data, {"reason": {"cancelled"}})
    if data.to == "cancelled":
        if data.reason is None:
            raise Refusal(Code.REASON_MISSING, "/reason")
        cancelled = {
            "state": SurveyRoundState.CANCELLED,
            "cancelled_at": work.now,
            "cancel_reason": data.reason,
        }
        await changed(work, "transition_survey_round", survey_round, cancelled)
    elif survey_round.state == data.to:
        raise Refusal(Code.TRANSITION_REFUSED, "/to")
    elif data.to == "draft":
        await take_back(work, "transition_survey_round", survey_round)
    else:
        await _propose(work, survey_round)
    return survey_round


async def take_back(
    work: Work, operation: str, survey_round: SurveyRound, changes: dict[str, Any] | None = None
) -> None:
    """To draft again, with what it says changed. The caller holds its lock; approvals of the proposal are void."""
    await joint_decision.void(work, operation, survey_round.id, VoidReason.EDITED)
    await changed(work, operation, survey_round, _DRAFT | (changes or {}))


async def approve(work: Work, round_id: UUID, version: int, data: ApprovalCreate, key_store: KeyStore) -> ApprovalRead:
    """One party's decision; the last one needed opens the round for both sides in the same instant."""
    survey_round = await admit(work, "approve_survey_round", SurveyRound, round_id, version)
    if data.decision is not Decision.REQUEST_CHANGE:
        # Asked of each approval, so that nobody agrees to what cannot be. The organisation's row is held: of two
        # rounds that ask the same people and are decided at once, the second sees the first.
        await _its_instrument(work, survey_round)
        await check_rest(work, survey_round, survey_round.closes_at)
    subject = await _subject(work, survey_round)
    approval, outcome = await joint_decision.decide(work, "approve_survey_round", subject, data)
    if outcome is Outcome.REACHED:
        await _open(work, survey_round, approval, key_store)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await _return(work, survey_round, approval)
    return shown(work, ApprovalRead, approval)


async def usable_instrument(work: Work, organisation_id: UUID, instrument_id: UUID, *, free_text: bool) -> Instrument:
    """The instrument, held as it is: published, the organisation's, and with open questions if they are asked."""
    given = {"organisation_id": organisation_id, "instrument_id": instrument_id}
    instrument = (await work.session.execute(_USABLE_INSTRUMENT, given)).scalar_one_or_none()
    if instrument is None:
        raise Refusal(Code.UNKNOWN_INSTRUMENT)
    if free_text and not instrument.content["openQuestions"]:
        raise Refusal(Code.NO_OPEN_QUESTIONS)
    return instrument


async def _its_instrument(work: Work, survey_round: SurveyRound) -> Instrument:
    return await usable_instrument(
        work, survey_round.organisation_id, survey_round.instrument_id, free_text=survey_round.free_text
    )


async def _propose(work: Work, survey_round: SurveyRound) -> None:
    group = await find(work, WorkingGroup, survey_round.working_group_id, lock=True)
    if group.state is not WorkingGroupState.ACTIVE:
        raise Refusal(Code.GROUP_NOT_STARTED)
    organisation = await find(work, Organisation, survey_round.organisation_id, lock=True)
    if organisation.state is not OrganisationState.ACTIVE:
        raise Refusal(Code.ORGANISATION_CLOSED)
    if survey_round.closes_at <= work.now:
        raise Refusal(Code.CLOSING_TIME_PASSED)
    if survey_round.two_keys and len(survey_keys.keys_made(survey_round)) < 2:
        raise Refusal(Code.ROUND_KEYS_MISSING)
    instrument = await _its_instrument(work, survey_round)
    chosen = await survey_units.chosen_units(work, survey_round)
    tree = await survey_units.read_tree(work, group, survey_round.root_unit_id, chosen)
    if tree.headcount < survey_round.threshold:
        raise Refusal(Code.ROUND_TOO_SMALL)
    await survey_units.replace(work, survey_round.id, tree)
    await check_rest(work, survey_round, survey_round.closes_at)
    content = SurveyRoundContent(
        title=survey_round.title,
        working_group_id=survey_round.working_group_id,
        instrument=RoundInstrument(
            id=instrument.id,
            key=instrument.key,
            instrument_version=instrument.instrument_version,
            content_hash=instrument.content_hash,
        ),
        root_unit_id=survey_round.root_unit_id,
        unit_count=len(tree.units),
        headcount=tree.headcount,
        units_hash=await asyncio.to_thread(survey_units.hash_of, tree.units),
        opens_at=survey_round.opens_at,
        closes_at=survey_round.closes_at,
        threshold=survey_round.threshold,
        free_text=survey_round.free_text,
        two_keys=survey_round.two_keys,
        public_keys=survey_keys.public_keys(survey_round),
        rules=RULES,
    ).model_dump(mode="json", by_alias=True)
    await joint_decision.void(work, "transition_survey_round", survey_round.id, VoidReason.EDITED)
    # All at once: a constraint says that what is not a draft has content and hash.
    proposed = {"state": SurveyRoundState.PROPOSED, "content": content, "content_hash": content_hash(content)}
    await changed(work, "transition_survey_round", survey_round, proposed)


async def _open(work: Work, survey_round: SurveyRound, approval: Approval, key_store: KeyStore) -> None:
    ballot_key = ballot.new_secret()
    # Before the commit: an opened round without its keys would be lost, keys without their round are harmless.
    await asyncio.to_thread(_keep, key_store, survey_round.id, RoundSecrets(ballot_key, ballot.new_secret()))
    opened = {
        "state": SurveyRoundState.OPEN,
        "opened_at": work.now,
        "public_key": ballot.public_key_of(ballot_key),
    }
    await changed(work, "approve_survey_round", survey_round, opened, mandate_id=approval.mandate_id)


def _keep(key_store: KeyStore, round_id: UUID, round_secrets: RoundSecrets) -> None:
    # What is there already is of an opening that died before its commit, since this one holds the round's row.
    key_store.destroy(round_id)
    key_store.put(round_id, round_secrets)


async def _return(work: Work, survey_round: SurveyRound, request: Approval) -> None:
    """A party asks for a change: the others' approvals fall, the request stays to be read until the draft changes."""
    await joint_decision.void(
        work, "approve_survey_round", survey_round.id, VoidReason.CHANGE_REQUESTED, except_for=request
    )
    await changed(work, "approve_survey_round", survey_round, _DRAFT, mandate_id=request.mandate_id)


async def _subject(work: Work, survey_round: SurveyRound) -> Subject:
    group = await work.session.get_one(WorkingGroup, survey_round.working_group_id)
    return Subject(
        SubjectType.SURVEY_ROUND,
        survey_round.id,
        survey_round.organisation_id,
        survey_round.working_group_id,
        survey_round.content_hash or "",
        group.approval_rule,
        await deciding_sides(work, group.id),
    )
