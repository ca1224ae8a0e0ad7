"""What the policy table is said with: conditions, and the words for who and while made of them.

Each condition can be asked of one row (in Python) and of many (in SQL), so the check of a single thing and the
filter of a list cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from app.models.action import ActionState
from app.models.base import Table
from app.models.destruction import DestructionState
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.dialogue_template import DialogueTemplateState
from app.models.failed_job import FailedJobState
from app.models.hr_import import PLAN_KEPT, ImportState, import_state
from app.models.instrument import InstrumentState
from app.models.interest_registration import InterestState
from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party, PartyState
from app.models.person import Person, Role
from app.models.service_client import Scope, ServiceClientState
from app.models.session_record import SessionRecord, SessionRecordState, record_state
from app.models.sign_in import SignInState, sign_in_state
from app.models.survey_amendment import SurveyAmendmentState
from app.models.survey_round import SurveyRound, SurveyRoundState, round_state
from app.models.survey_texts import SurveyTextsState
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services.actor import Actor, Held, parameter
from app.services.calendar import swedish_day
from app.services.errors import Code

# A working group's own id plays the part that `working_group_id` plays in everything below it.
OWN_ID = {
    Organisation: "organisation_id",
    Party: "party_id",
    Person: "person_id",
    WorkingGroup: "working_group_id",
    DialogueSession: "dialogue_session_id",
    SessionRecord: "session_record_id",
    SurveyRound: "survey_round_id",
}


def attribute(row_type: type[Table], field: str) -> str:
    return "id" if OWN_ID.get(row_type) == field else field


@dataclass(frozen=True)
class Among:
    """The row's fields are among what the actor holds."""

    fields: tuple[str, ...]
    held: Held

    def of_row(self, actor: Actor, row: Table) -> bool:
        values = tuple(getattr(row, attribute(type(row), field)) for field in self.fields)
        return (values if len(values) > 1 else values[0]) in getattr(actor, self.held)

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:
        columns: list[sa.ColumnElement[Any]] = [getattr(row_type, attribute(row_type, field)) for field in self.fields]
        name = parameter(self.held)
        if len(columns) == 1:
            return columns[0] == sa.any_(sa.bindparam(name, type_=sa.ARRAY(sa.Uuid)))
        return sa.tuple_(*columns).in_(sa.bindparam(name, expanding=True))


@dataclass(frozen=True)
class Has:
    """The actor has a role, whatever the row."""

    role: Role

    def of_row(self, actor: Actor, row: Table | None) -> bool:  # noqa: ARG002
        return self.role in actor.roles

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:  # noqa: ARG002
        return sa.bindparam(parameter(self.role), type_=sa.Boolean)


@dataclass(frozen=True)
class IsA:
    """The actor is a person, or a service client, whatever the row."""

    kind: Literal["person", "client"]

    def of_row(self, actor: Actor, row: Table | None) -> bool:  # noqa: ARG002
        return (actor.person_id if self.kind == "person" else actor.service_client_id) is not None

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:  # noqa: ARG002
        return sa.bindparam(parameter(self.kind), type_=sa.Boolean)


@dataclass(frozen=True)
class Granted:
    """The actor is a service client of the row's organisation, and the scope gives it something there."""

    scope: Scope

    def of_row(self, actor: Actor, row: Table) -> bool:
        return getattr(row, attribute(type(row), "organisation_id")) in actor.granted(self.scope)

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:
        column: sa.ColumnElement[Any] = getattr(row_type, attribute(row_type, "organisation_id"))
        return column == sa.any_(sa.bindparam(parameter(self.scope), type_=sa.ARRAY(sa.Uuid)))


@dataclass(frozen=True)
class Is:
    """A field of the row has one of some values, whoever asks."""

    field: str
    values: tuple[Any, ...]

    def of_row(self, actor: Actor, row: Table) -> bool:  # noqa: ARG002
        return getattr(row, self.field) in self.values

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:
        column = getattr(row_type, self.field)
        given = [value for value in self.values if value is not None]
        clause = column.in_(given) if given else sa.false()
        return sa.or_(clause, column.is_(None)) if None in self.values else clause


Condition = Among | Has | IsA | Granted | Is


@dataclass(frozen=True)
class Who:
    """One kind of actor: every condition must hold. The words are what docs/authorisation.md says."""

    words: str
    conditions: tuple[Condition, ...] = ()

    def of_row(self, actor: Actor, row: Table) -> bool:
        return all(condition.of_row(actor, row) for condition in self.conditions)

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:
        return sa.and_(sa.true(), *(condition.of_many(row_type) for condition in self.conditions))


@dataclass(frozen=True)
class While:
    """What must be so for the operation to make sense now; else the reason code says why not."""

    words: str
    reason: Code
    holds: Callable[[Actor, Any, datetime], bool]
    of: type[Table] | None = None
    """What it is asked of, when that is not the row itself but what the row belongs to."""
    locked: bool = False
    """Whether that is locked, and so stays as it was judged until the change is stored.

    Only an organisation need not be: it is read together with the row.
    """


Around = Mapping[type[Table], Any]
"""What a row belongs to, by kind: the rows, or as much of them as the conditions look at."""


# --- Who: kinds of actor, each with the words of docs/authorisation.md ---------------------------------------

_IN_ORGANISATION = Among(("organisation_id",), "organisations")

MEMBER = Who("a person of the organisation", (_IN_ORGANISATION,))
ADMINISTRATOR = Who("a system administrator", (Has(Role.SYSTEM_ADMINISTRATOR),))
ARCHIVIST = Who("an archivist of the organisation", (Has(Role.ARCHIVIST), _IN_ORGANISATION))
REPRESENTATIVE = Who(
    "a representative of any party in the organisation",
    (Among(("organisation_id",), "represented_organisations"),),
)
OWN_PARTY = Who("a representative of the party itself", (Among(("party_id",), "parties"),))
AT_TABLE = Who("a party at the table", (Among(("working_group_id",), "groups"),))
OWN_PARTY_AT_TABLE = Who("the party itself, at this table", (Among(("working_group_id", "party_id"), "tables"),))
FACILITATOR = Who(
    "the session's facilitator",
    (Among(("dialogue_session_id",), "facilitated_sessions"),),
)
FACILITATOR_OF_GROUP = Who(
    "a facilitator of one of the group's sessions",
    (Among(("working_group_id",), "facilitated_groups"),),
)
# A mandate for the whole party counts at every table of that party, so those who meet the party there know it.
# There is no list of them across tables: one asks at one table (`list_working_group_mandates`).
MEETS_PARTY = Who(
    "somebody who meets the party in a group that has started, if the mandate is for the whole party",
    (Among(("party_id",), "met"), Is("working_group_id", (None,))),
)
MEETS_AT_TABLE = Who(
    "a party at the table or a facilitator there, once the group has started",
    (Among(("working_group_id",), "started"),),
)
ONESELF = Who("the person concerned", (Among(("person_id",), "oneself"),))
SIGNED_IN = Who("a person who is signed in", (IsA("person"),))
# What a service client may do beside its scopes: know who it is, and for whom.
CLIENT = Who("a service client", (IsA("client"),))
CLIENT_OF_ORGANISATION = Who(
    "a service client of the organisation", (Among(("organisation_id",), "served_organisations"),)
)


def _scoped(scope: Scope) -> Who:
    return Who(f"{CLIENT_OF_ORGANISATION.words} with the scope `{scope.value}`", (Granted(scope),))


READS_PEOPLE = _scoped(Scope.PEOPLE_READ)
WRITES_PEOPLE = _scoped(Scope.PEOPLE_WRITE)
READS_UNITS = _scoped(Scope.UNITS_READ)
WRITES_UNITS = _scoped(Scope.UNITS_WRITE)
READS_RECORDS = _scoped(Scope.RECORDS_READ)
READS_RESULTS = _scoped(Scope.RESULTS_READ)
PUBLIC = Who("anyone, without signing in")
# Nobody is known to hold one, so no actor is this; services/survey_forms.py looks at the token itself.
TOKEN_HOLDER = Who("whoever holds an unused token of an open survey round, without signing in")


def only(who: Who, words: str, *conditions: Condition) -> Who:
    return Who(f"{who.words}, {words}", who.conditions + conditions)


# --- While: what must be so, each with the code that says why not ----------------------------------------------


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
