"""While: what must be so for a step to be taken, each with the code that says why not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.models.action import ActionState
from app.models.destruction import DestructionState
from app.models.dialogue_session import DialogueSessionState
from app.models.dialogue_template import DialogueTemplateState
from app.models.failed_job import FailedJobState
from app.models.followed_guide import FollowedGuideState
from app.models.hr_import import PLAN_KEPT, ImportState, import_state
from app.models.instrument import InstrumentState
from app.models.interest_registration import InterestState
from app.models.learning_log_entry import LearningLogEntryState
from app.models.organisation import Organisation, OrganisationState
from app.models.party import PartyState
from app.models.service_client import ServiceClientState
from app.models.session_record import SessionRecord, SessionRecordState, record_state
from app.models.sign_in import SignInState, sign_in_state
from app.models.survey_amendment import SurveyAmendmentState
from app.models.survey_round import SurveyRound, SurveyRoundState, round_state
from app.models.survey_texts import SurveyTextsState
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services.actor import Actor
from app.services.calendar import swedish_day
from app.services.conditions import While
from app.services.errors import Code


def state_is(*states: Any) -> Callable[[Actor, Any, datetime], bool]:
    return lambda _actor, row, _now: row.state in states


ORGANISATION_ACTIVE = While("the organisation is active", Code.ORGANISATION_CLOSED, state_is(OrganisationState.ACTIVE))
ITS_ORGANISATION_ACTIVE = replace(ORGANISATION_ACTIVE, words="its organisation is active", of=Organisation)
# Not asked for every change: those of all groups of an organisation would wait for each other.
ITS_ORGANISATION_STAYS_ACTIVE = replace(
    ITS_ORGANISATION_ACTIVE, words="its organisation is active and stays so until this is stored", locked=True
)
UNIT_OPEN = While("the unit is not closed", Code.UNIT_CLOSED, lambda _actor, row, _now: row.valid_to is None)
PARTY_ACTIVE = While("the party is active", Code.PARTY_CLOSED, state_is(PartyState.ACTIVE))
PERSON_ACTIVE = While("the person is active", Code.PERSON_INACTIVE, lambda _actor, row, _now: row.active)
MANDATE_RUNS = While(
    "the mandate has not ended",
    Code.MANDATE_ENDED,
    lambda _actor, row, now: row.valid_to is None or row.valid_to >= swedish_day(now),
)
GROUP_FORMING = While("the group is forming", Code.GROUP_NOT_FORMING, state_is(WorkingGroupState.FORMING))
GROUP_STARTED = While("the group has started", Code.GROUP_NOT_STARTED, state_is(WorkingGroupState.ACTIVE))
ITS_GROUP_STARTED = replace(GROUP_STARTED, words="its group has started", of=WorkingGroup, locked=True)
GROUP_OPEN = While(
    "the group is not closed",
    Code.GROUP_CLOSED,
    state_is(WorkingGroupState.FORMING, WorkingGroupState.ACTIVE, WorkingGroupState.DORMANT),
)
TEMPLATE_DRAFT = While("it is a draft", Code.TEMPLATE_NOT_DRAFT, state_is(DialogueTemplateState.DRAFT))
INSTRUMENT_PUBLISHED = While("it is not retired", Code.INSTRUMENT_RETIRED, state_is(InstrumentState.PUBLISHED))
SESSION_OPEN = While(
    "the session is not cancelled",
    Code.SESSION_CLOSED,
    state_is(DialogueSessionState.PLANNED, DialogueSessionState.PREPARED, DialogueSessionState.HELD),
)
SESSION_AHEAD = While(
    "the session is neither held nor cancelled",
    Code.SESSION_CLOSED,
    state_is(DialogueSessionState.PLANNED, DialogueSessionState.PREPARED),
)
RECORD_OPEN = While(
    "the record is not final",
    Code.RECORD_IS_FINAL,
    lambda _actor, row, _now: row.state is not SessionRecordState.FINAL,
)
ITS_RECORD_OPEN = replace(RECORD_OPEN, words="its record is not final", of=SessionRecord, locked=True)
ITS_RECORD_OPEN_FOR_OTHERS = While(
    "its record is not final, if the caller is not a party at the table",
    Code.NOT_YOUR_ROLE,
    lambda actor, row, _now: row.state is not SessionRecordState.FINAL or row.working_group_id in actor.groups,
    of=SessionRecord,
    locked=True,
)
RECORD_FINAL = While("the record is final", Code.RECORD_NOT_FINAL, state_is(SessionRecordState.FINAL))
UNDER_REVIEW = While("the record is under review", Code.NOT_UNDER_REVIEW, state_is(SessionRecordState.UNDER_REVIEW))
BEFORE_DEADLINE = While(
    "the review deadline has not passed",
    Code.REVIEW_DEADLINE_PASSED,
    lambda _actor, row, now: record_state(row, now) is not SessionRecordState.NOT_APPROVED,
)
NOT_ITS_FACILITATOR = While(
    "the caller did not lead the session",
    Code.FACILITATOR_MAY_NOT_APPROVE,
    lambda actor, row, _now: row.dialogue_session_id not in actor.facilitated_sessions,
)
APPROVAL_STANDS = While("the approval stands", Code.APPROVAL_VOIDED, lambda _actor, row, _now: row.voided_at is None)
ACTION_NOT_SETTLED = While(
    "the action is open or done",
    Code.ACTION_SETTLED,
    state_is(ActionState.OPEN, ActionState.DONE),
)
ACTION_OPEN = While("the action is open", Code.ACTION_SETTLED, state_is(ActionState.OPEN))
GUIDE_FOLLOWED = While("the group follows it", Code.GUIDE_NOT_FOLLOWED, state_is(FollowedGuideState.FOLLOWING))
LEARNING_OWN = While("it is neither proposed nor shared", Code.LEARNING_NOT_OWN, state_is(LearningLogEntryState.OWN))
LEARNING_PROPOSED = While("it is proposed", Code.LEARNING_NOT_PROPOSED, state_is(LearningLogEntryState.PROPOSED))
LEARNING_NOT_SHARED = While(
    "it is not shared",
    Code.LEARNING_SHARED,
    state_is(LearningLogEntryState.OWN, LearningLogEntryState.PROPOSED),
)
ROUND_DRAFT = While("the round is a draft", Code.ROUND_NOT_DRAFT, state_is(SurveyRoundState.DRAFT))
ROUND_PROPOSED = While("the round is proposed", Code.ROUND_NOT_PROPOSED, state_is(SurveyRoundState.PROPOSED))
ROUND_AHEAD = While(
    "the round is a draft or proposed",
    Code.ROUND_DECIDED,
    state_is(SurveyRoundState.DRAFT, SurveyRoundState.PROPOSED),
)
BEFORE_CLOSING_TIME = While(
    "its closing time has not passed", Code.CLOSING_TIME_PASSED, lambda _actor, row, now: row.closes_at > now
)
ROUND_OPEN = While(
    "the round is open",
    Code.ROUND_NOT_OPEN,
    lambda _actor, row, now: round_state(row, now) is SurveyRoundState.OPEN,
)
ROUND_UNDER_WAY = While(
    "the round is open, or closed and not released",
    Code.ROUND_NOT_UNDER_WAY,
    state_is(SurveyRoundState.OPEN, SurveyRoundState.CLOSED),
)
ITS_ROUND_UNDER_WAY = replace(
    ROUND_UNDER_WAY, words="its round is open, or closed and not released", of=SurveyRound, locked=True
)
SIGN_IN_LASTS = While(
    "the sign-in has not ended",
    Code.SIGN_IN_ENDED,
    lambda _actor, row, now: sign_in_state(row.started_at, row.last_used_at, row.ended_at, now) is SignInState.ACTIVE,
)
TWO_KEYS = While("each side has a key", Code.ROUND_HAS_ONE_KEY, lambda _actor, row, _now: row.two_keys)
AMENDMENT_PROPOSED = While(
    "it is neither decided nor taken back", Code.AMENDMENT_SETTLED, state_is(SurveyAmendmentState.PROPOSED)
)
ROUND_CLOSED = While(
    "the round has closed and is not released",
    Code.ROUND_NOT_CLOSED,
    lambda _actor, row, now: round_state(row, now) is SurveyRoundState.CLOSED,
)
RESULTS_RELEASED = While("the result is released", Code.RESULTS_NOT_RELEASED, state_is(SurveyRoundState.RELEASED))
ROUND_BEGUN = While(
    "answers are taken already", Code.SURVEY_ROUND_NOT_BEGUN, lambda _actor, row, now: row.opens_at <= now
)
ROUND_NOT_BEGUN = While(
    "answers are not taken yet", Code.SURVEY_ROUND_HAS_BEGUN, lambda _actor, row, now: now < row.opens_at
)
DOMAIN_CLAIMED = While("it is not verified", Code.DOMAIN_VERIFIED, lambda _actor, row, _now: row.verified_at is None)
DOMAIN_VERIFIED = While(
    "it is verified", Code.DOMAIN_NOT_VERIFIED, lambda _actor, row, _now: row.verified_at is not None
)
TEXTS_UNDER_REVIEW = While("the texts are not released", Code.TEXTS_RELEASED, state_is(SurveyTextsState.UNDER_REVIEW))
CLIENT_NOT_ENDED = While("the client has not ended", Code.SERVICE_CLIENT_ENDED, state_is(ServiceClientState.ACTIVE))
CONSENT_NEEDED = While(
    "some of its scopes need consent", Code.CONSENT_NOT_NEEDED, lambda _actor, row, _now: row.needs_consent
)
# --- interest
SIDES_AGREED = While(
    "both sides have confirmed the same content", Code.SIDES_NOT_AGREED, state_is(InterestState.AGREED)
)
# --- failed jobs
JOB_FAILED = While("it is not settled", Code.JOB_SETTLED, state_is(FailedJobState.FAILED))
# --- retention
# Nobody who is at work is forgotten by somebody else.
NOT_ANOTHER_WHO_IS_ACTIVE = While(
    "the person is the caller, or is not active",
    Code.PERSON_STILL_ACTIVE,
    lambda actor, row, _now: not row.active or row.id == actor.person_id,
)
HOLD_STANDS = While("the hold has not been lifted", Code.HOLD_LIFTED, lambda _actor, row, _now: row.lifted_at is None)
DESTRUCTION_PROPOSED = While(
    "it is neither carried out nor taken back", Code.DESTRUCTION_SETTLED, state_is(DestructionState.PROPOSED)
)
# --- files from HR systems
IMPORT_NOT_APPLYING = While(
    "it is not being applied",
    Code.IMPORT_APPLYING,
    lambda _actor, row, _now: row.state is not ImportState.APPLYING,
)
PLAN_THERE = While(
    "its plan is kept",
    Code.PLAN_GONE,
    lambda _actor, row, now: import_state(row, now) in PLAN_KEPT,
)
IMPORT_PLANNED = While(
    "it can still be applied",
    Code.IMPORT_SETTLED,
    lambda _actor, row, now: import_state(row, now) is ImportState.PLANNED,
)
