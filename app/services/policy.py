"""Who may do what. The table reads like an agreement; single checks and lists come from the same rows.

A rule says on which thing an operation is decided, who may do it, and while what holds. "Who" is made of
conditions on the thing's own columns, and each condition can be asked of one row (in Python) and of many (in
SQL), so the check of a single thing and the filter of a list cannot disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, get_args
from uuid import UUID

import sqlalchemy as sa

from app.models.action import Action, ActionState
from app.models.approval import Approval
from app.models.audit_entry import Audience, AuditEntry
from app.models.base import AllowedAction, Table
from app.models.columns import Language
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.mandate import Mandate
from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party, PartyState, Side
from app.models.party_note import PartyNote
from app.models.person import Person, Role
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.statement import Statement
from app.models.unit import Unit
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services.calendar import swedish_day
from app.services.errors import Code, Refusal

# --- The one who acts ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seat:
    """A mandate valid today."""

    mandate_id: UUID
    party_id: UUID
    side: Side
    organisation_id: UUID
    working_group_id: UUID | None


@dataclass(frozen=True)
class Actor:
    """A signed-in person with everything that today gives them a say."""

    person_id: UUID
    organisation_id: UUID | None = None
    language: Language = Language.SWEDISH
    roles: frozenset[Role] = frozenset()
    seats: tuple[Seat, ...] = ()
    tables: frozenset[tuple[UUID, UUID]] = frozenset()
    """(working group, party) for every table at which a seat of this person counts."""
    facilitated: frozenset[tuple[UUID, UUID]] = frozenset()
    """(session, working group) for every session this person leads."""
    met: frozenset[UUID] = frozenset()
    """The parties this person meets at those tables and in those sessions, their own among them."""

    @cached_property
    def organisations(self) -> frozenset[UUID]:
        return frozenset() if self.organisation_id is None else frozenset({self.organisation_id})

    @cached_property
    def parties(self) -> frozenset[UUID]:
        """The parties this person speaks for everywhere, not at one table only."""
        return frozenset(seat.party_id for seat in self.seats if seat.working_group_id is None)

    @cached_property
    def represented_organisations(self) -> frozenset[UUID]:
        return frozenset(seat.organisation_id for seat in self.seats if seat.working_group_id is None)

    @cached_property
    def groups(self) -> frozenset[UUID]:
        return frozenset(group for group, _ in self.tables)

    @cached_property
    def facilitated_sessions(self) -> frozenset[UUID]:
        return frozenset(session for session, _ in self.facilitated)

    @cached_property
    def facilitated_groups(self) -> frozenset[UUID]:
        return frozenset(group for _, group in self.facilitated)

    @cached_property
    def oneself(self) -> frozenset[UUID]:
        return frozenset({self.person_id})

    @cached_property
    def held(self) -> dict[str, Any]:
        """The parameters of every `visible` clause."""
        among = {_parameter(name): list(getattr(self, name)) for name in get_args(Held)}
        return among | {_parameter(role): role in self.roles for role in Role}

    def seats_at(self, working_group_id: UUID) -> tuple[Seat, ...]:
        """The seats that count at one table, the one given for that table first."""
        at_table = [
            seat
            for seat in self.seats
            if (working_group_id, seat.party_id) in self.tables and seat.working_group_id in (None, working_group_id)
        ]
        return tuple(sorted(at_table, key=lambda seat: seat.working_group_id is None))


Held = Literal[
    "organisations",
    "represented_organisations",
    "parties",
    "groups",
    "tables",
    "facilitated_sessions",
    "facilitated_groups",
    "met",
    "oneself",
]
"""What an actor may hold, by the names of the properties above."""


def _parameter(name: str) -> str:
    """The name of a bind parameter that no list uses for its own."""
    return f"actor_{name}"


# --- Conditions, askable of one row and of many -------------------------------------------------------

# A working group's own id plays the part that `working_group_id` plays in everything below it.
_OWN_ID = {
    Organisation: "organisation_id",
    Party: "party_id",
    Person: "person_id",
    WorkingGroup: "working_group_id",
    DialogueSession: "dialogue_session_id",
    SessionRecord: "session_record_id",
}


def _attribute(row_type: type[Table], field: str) -> str:
    return "id" if _OWN_ID.get(row_type) == field else field


@dataclass(frozen=True)
class Among:
    """The row's fields are among what the actor holds."""

    fields: tuple[str, ...]
    held: Held

    def of_row(self, actor: Actor, row: Table) -> bool:
        values = tuple(getattr(row, _attribute(type(row), field)) for field in self.fields)
        return (values if len(values) > 1 else values[0]) in getattr(actor, self.held)

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:
        columns: list[sa.ColumnElement[Any]] = [getattr(row_type, _attribute(row_type, field)) for field in self.fields]
        name = _parameter(self.held)
        if len(columns) == 1:
            return columns[0] == sa.any_(sa.bindparam(name, type_=sa.ARRAY(sa.Uuid)))
        return sa.tuple_(*columns).in_(sa.bindparam(name, expanding=True))


@dataclass(frozen=True)
class Has:
    """The actor has a role, whatever the row."""

    role: Role

    def of_row(self, actor: Actor, row: Table) -> bool:  # noqa: ARG002
        return self.role in actor.roles

    def of_many(self, row_type: type[Table]) -> sa.ColumnElement[bool]:  # noqa: ARG002
        return sa.bindparam(_parameter(self.role), type_=sa.Boolean)


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


Condition = Among | Has | Is


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
    "somebody who meets the party at a table, if the mandate is for the whole party",
    (Among(("party_id",), "met"), Is("working_group_id", (None,))),
)
ONESELF = Who("the person concerned", (Among(("person_id",), "oneself"),))
SIGNED_IN = Who("anyone signed in")
PUBLIC = Who("anyone, without signing in")


def _only(who: Who, words: str, *conditions: Condition) -> Who:
    return Who(f"{who.words}, {words}", who.conditions + conditions)


def _state(*states: Any) -> Callable[[Actor, Any, datetime], bool]:
    return lambda _actor, row, _now: row.state in states


def record_state(record: SessionRecord, now: datetime) -> SessionRecordState:
    """The state with time taken into account: after its deadline a review is over, not approved."""
    if (
        record.state is SessionRecordState.UNDER_REVIEW
        and record.review_deadline is not None
        and record.review_deadline <= now
    ):
        return SessionRecordState.NOT_APPROVED
    return record.state


_ORGANISATION_ACTIVE = While("the organisation is active", Code.ORGANISATION_CLOSED, _state(OrganisationState.ACTIVE))
_UNIT_OPEN = While("the unit is not closed", Code.UNIT_CLOSED, lambda _actor, row, _now: row.valid_to is None)
_PARTY_ACTIVE = While("the party is active", Code.PARTY_CLOSED, _state(PartyState.ACTIVE))
_MANDATE_RUNS = While(
    "the mandate has not ended",
    Code.MANDATE_ENDED,
    lambda _actor, row, now: row.valid_to is None or row.valid_to >= swedish_day(now),
)
_GROUP_FORMING = While("the group is forming", Code.GROUP_NOT_FORMING, _state(WorkingGroupState.FORMING))
_GROUP_STARTED = While("the group has started", Code.GROUP_NOT_STARTED, _state(WorkingGroupState.ACTIVE))
_GROUP_OPEN = While(
    "the group is not closed",
    Code.GROUP_CLOSED,
    _state(WorkingGroupState.FORMING, WorkingGroupState.ACTIVE),
)
_TEMPLATE_DRAFT = While("it is a draft", Code.TEMPLATE_NOT_DRAFT, _state(DialogueTemplateState.DRAFT))
_SESSION_OPEN = While(
    "the session is not cancelled",
    Code.SESSION_CLOSED,
    _state(DialogueSessionState.PLANNED, DialogueSessionState.PREPARED, DialogueSessionState.HELD),
)
_SESSION_AHEAD = While(
    "the session is neither held nor cancelled",
    Code.SESSION_CLOSED,
    _state(DialogueSessionState.PLANNED, DialogueSessionState.PREPARED),
)
_RECORD_OPEN = While(
    "the record is not final",
    Code.RECORD_IS_FINAL,
    lambda _actor, row, _now: row.state is not SessionRecordState.FINAL,
)
_RECORD_FINAL = While("the record is final", Code.RECORD_NOT_FINAL, _state(SessionRecordState.FINAL))
_UNDER_REVIEW = While("the record is under review", Code.NOT_UNDER_REVIEW, _state(SessionRecordState.UNDER_REVIEW))
_BEFORE_DEADLINE = While(
    "the review deadline has not passed",
    Code.REVIEW_DEADLINE_PASSED,
    lambda _actor, row, now: record_state(row, now) is not SessionRecordState.NOT_APPROVED,
)
_NOT_ITS_FACILITATOR = While(
    "the caller did not lead the session",
    Code.FACILITATOR_MAY_NOT_APPROVE,
    lambda actor, row, _now: row.dialogue_session_id not in actor.facilitated_sessions,
)
_APPROVAL_STANDS = While("the approval stands", Code.APPROVAL_VOIDED, lambda _actor, row, _now: row.voided_at is None)
_ACTION_NOT_SETTLED = While(
    "the action is open or done",
    Code.ACTION_SETTLED,
    _state(ActionState.OPEN, ActionState.DONE),
)
_ACTION_OPEN = While("the action is open", Code.ACTION_SETTLED, _state(ActionState.OPEN))


@dataclass(frozen=True)
class Rule:
    """On what an operation is decided, by whom it may be done, and while what holds."""

    on: type[Table] | None
    who: tuple[Who, ...]
    while_: tuple[While, ...] = ()
    items: type[Table] | None = None
    """For a list: whose read rule filters the items."""
    reads: bool = False


def _read(on: type[Table], *who: Who) -> Rule:
    return Rule(on, who, reads=True)


def _list(on: type[Table] | None, items: type[Table], *who: Who) -> Rule:
    return Rule(on, who, items=items, reads=True)


_ORGANISATION_READERS = (MEMBER, ADMINISTRATOR)
_GROUP_READERS = (AT_TABLE, FACILITATOR_OF_GROUP)
_RECORD_READERS = (
    AT_TABLE,
    FACILITATOR,
    _only(ARCHIVIST, "once it is final", Is("state", (SessionRecordState.FINAL,))),
)
_RECORD_WRITERS = (AT_TABLE, FACILITATOR)
_PUBLISHED = Is("state", (DialogueTemplateState.PUBLISHED, DialogueTemplateState.RETIRED))

RULES: dict[str, Rule] = {
    # --- without signing in
    "read_api_info": Rule(None, (PUBLIC,), reads=True),
    "create_token": Rule(None, (PUBLIC,)),
    "set_password": Rule(None, (PUBLIC,)),
    "sign_out": Rule(None, (PUBLIC,)),
    # --- oneself
    "read_me": Rule(None, (SIGNED_IN,), reads=True),
    # --- organisations
    "list_organisations": _list(None, Organisation, SIGNED_IN),
    "create_organisation": Rule(None, (ADMINISTRATOR,)),
    "read_organisation": _read(Organisation, *_ORGANISATION_READERS),
    "update_organisation": Rule(Organisation, (ADMINISTRATOR,), (_ORGANISATION_ACTIVE,)),
    "close_organisation": Rule(Organisation, (ADMINISTRATOR,), (_ORGANISATION_ACTIVE,)),
    # --- units
    "list_units": _list(Organisation, Unit, *_ORGANISATION_READERS),
    "create_unit": Rule(Organisation, (ADMINISTRATOR, REPRESENTATIVE), (_ORGANISATION_ACTIVE,)),
    "read_unit": _read(Unit, *_ORGANISATION_READERS),
    "update_unit": Rule(Unit, (ADMINISTRATOR, REPRESENTATIVE), (_UNIT_OPEN,)),
    # --- parties
    "list_parties": _list(Organisation, Party, *_ORGANISATION_READERS),
    "create_party": Rule(Organisation, (ADMINISTRATOR,), (_ORGANISATION_ACTIVE,)),
    "read_party": _read(Party, *_ORGANISATION_READERS),
    "update_party": Rule(Party, (ADMINISTRATOR, OWN_PARTY), (_PARTY_ACTIVE,)),
    "close_party": Rule(Party, (OWN_PARTY,), (_PARTY_ACTIVE,)),
    # --- people and mandates
    "list_people": _list(Organisation, Person, *_ORGANISATION_READERS),
    "create_person": Rule(Organisation, (ADMINISTRATOR, REPRESENTATIVE), (_ORGANISATION_ACTIVE,)),
    "read_person": _read(Person, ONESELF, REPRESENTATIVE, ADMINISTRATOR),
    "update_person": Rule(Person, (ONESELF, ADMINISTRATOR)),
    "list_mandates": _list(Party, Mandate, OWN_PARTY),
    "create_mandate": Rule(Party, (OWN_PARTY, ADMINISTRATOR), (_PARTY_ACTIVE,)),
    "read_mandate": _read(
        Mandate,
        OWN_PARTY,
        AT_TABLE,
        FACILITATOR_OF_GROUP,
        MEETS_PARTY,
        ONESELF,
        _only(ADMINISTRATOR, "for the party's first", Is("first", (True,))),
    ),
    "update_mandate": Rule(Mandate, (OWN_PARTY,), (_MANDATE_RUNS,)),
    # --- working groups
    "list_working_groups": _list(Organisation, WorkingGroup, *_ORGANISATION_READERS),
    "create_working_group": Rule(Organisation, (REPRESENTATIVE,), (_ORGANISATION_ACTIVE,)),
    "read_working_group": _read(WorkingGroup, *_GROUP_READERS),
    "update_working_group": Rule(WorkingGroup, (AT_TABLE,), (_GROUP_FORMING,)),
    "approve_working_group": Rule(WorkingGroup, (AT_TABLE,), (_GROUP_FORMING,)),
    "list_working_group_approvals": _list(WorkingGroup, Approval, *_GROUP_READERS),
    "list_working_group_mandates": _list(WorkingGroup, Mandate, *_GROUP_READERS),
    "close_working_group": Rule(WorkingGroup, (AT_TABLE,), (_GROUP_OPEN,)),
    # --- approvals
    "read_approval": _read(Approval, AT_TABLE, FACILITATOR_OF_GROUP),
    "withdraw_approval": Rule(Approval, (OWN_PARTY_AT_TABLE,), (_APPROVAL_STANDS,)),
    # --- dialogue templates
    "list_dialogue_templates": _list(None, DialogueTemplate, SIGNED_IN),
    "create_dialogue_template": Rule(Organisation, (REPRESENTATIVE,), (_ORGANISATION_ACTIVE,)),
    "read_dialogue_template": _read(
        DialogueTemplate,
        Who("anyone signed in, when it is central and published", (Is("organisation_id", (None,)), _PUBLISHED)),
        _only(MEMBER, "when it is published", _PUBLISHED),
        REPRESENTATIVE,
    ),
    "update_dialogue_template": Rule(DialogueTemplate, (REPRESENTATIVE,), (_TEMPLATE_DRAFT,)),
    "delete_dialogue_template": Rule(DialogueTemplate, (REPRESENTATIVE,), (_TEMPLATE_DRAFT,)),
    "transition_dialogue_template": Rule(
        DialogueTemplate,
        (REPRESENTATIVE,),
        (
            While(
                "it is not retired",
                Code.TEMPLATE_NOT_PUBLISHED,
                _state(DialogueTemplateState.DRAFT, DialogueTemplateState.PUBLISHED),
            ),
        ),
    ),
    "read_method_texts": Rule(None, (SIGNED_IN,), reads=True),
    # --- dialogue sessions
    "list_dialogue_sessions": _list(WorkingGroup, DialogueSession, *_GROUP_READERS),
    "create_dialogue_session": Rule(WorkingGroup, (AT_TABLE,), (_GROUP_STARTED,)),
    "read_dialogue_session": _read(DialogueSession, AT_TABLE, FACILITATOR),
    "update_dialogue_session": Rule(DialogueSession, (AT_TABLE, FACILITATOR), (_SESSION_OPEN,)),
    "transition_dialogue_session": Rule(DialogueSession, (AT_TABLE, FACILITATOR), (_SESSION_AHEAD,)),
    # --- party-private notes
    "list_party_notes": _list(DialogueSession, PartyNote, AT_TABLE),
    "create_party_note": Rule(DialogueSession, (AT_TABLE,)),
    "read_party_note": _read(PartyNote, OWN_PARTY_AT_TABLE),
    "update_party_note": Rule(PartyNote, (OWN_PARTY_AT_TABLE,)),
    "delete_party_note": Rule(PartyNote, (OWN_PARTY_AT_TABLE,)),
    # --- session records
    "list_session_records": _list(Organisation, SessionRecord, MEMBER),
    "list_working_group_session_records": _list(WorkingGroup, SessionRecord, *_GROUP_READERS),
    "read_session_record": _read(SessionRecord, *_RECORD_READERS),
    "update_session_record": Rule(SessionRecord, _RECORD_WRITERS, (_RECORD_OPEN,)),
    "transition_session_record": Rule(SessionRecord, _RECORD_WRITERS, (_RECORD_OPEN,)),
    "approve_session_record": Rule(SessionRecord, (AT_TABLE,), (_NOT_ITS_FACILITATOR, _UNDER_REVIEW, _BEFORE_DEADLINE)),
    "list_session_record_approvals": _list(SessionRecord, Approval, AT_TABLE, FACILITATOR),
    "create_appendix": Rule(SessionRecord, _RECORD_WRITERS, (_RECORD_FINAL,)),
    "list_appendices": _list(SessionRecord, SessionRecord, *_RECORD_READERS),
    "read_statement": Rule(
        Statement,
        (
            OWN_PARTY_AT_TABLE,
            _only(AT_TABLE, "once published", Is("published", (True,))),
            _only(FACILITATOR_OF_GROUP, "once published", Is("published", (True,))),
        ),
        reads=True,
    ),
    "write_statement": Rule(SessionRecord, (AT_TABLE,), (_RECORD_OPEN,)),
    "read_record_registration": Rule(SessionRecord, (*_RECORD_READERS,), reads=True),
    "register_session_record": Rule(SessionRecord, (ARCHIVIST,), (_RECORD_FINAL,)),
    # --- actions
    "list_actions": _list(WorkingGroup, Action, *_GROUP_READERS),
    "create_action": Rule(SessionRecord, _RECORD_WRITERS, (_RECORD_OPEN,)),
    "read_action": _read(Action, *_GROUP_READERS),
    "update_action": Rule(Action, _RECORD_WRITERS, (_ACTION_OPEN,)),
    "transition_action": Rule(Action, (AT_TABLE,), (_ACTION_NOT_SETTLED,)),
    "delete_action": Rule(Action, _RECORD_WRITERS, (_ACTION_OPEN,)),
    # --- audit
    "list_audit_entries": _list(Organisation, AuditEntry, *_ORGANISATION_READERS),
    "read_audit_entry": _read(
        AuditEntry,
        _only(REPRESENTATIVE, "what concerns the whole organisation", Is("audience", (Audience.ORGANISATION,))),
        _only(ADMINISTRATOR, "what concerns the whole organisation", Is("audience", (Audience.ORGANISATION,))),
        _only(AT_TABLE, "what concerns the table", Is("audience", (Audience.WORKING_GROUP,))),
        _only(OWN_PARTY, "what concerns the party alone", Is("audience", (Audience.PARTY,))),
        _only(OWN_PARTY_AT_TABLE, "what concerns the party alone", Is("audience", (Audience.PARTY,))),
    ),
}

# `read_record_registration` and `list_…` are decided by these, one for each kind of row.
READ_RULES: dict[type[Table], Rule] = {
    rule.on: rule
    for name, rule in RULES.items()
    if rule.reads and rule.items is None and rule.on is not None and name != "read_record_registration"
}

_CHANGES: dict[type[Table], tuple[str, ...]] = {}
for _name, _rule in RULES.items():
    if _rule.on is not None and not _rule.reads:
        _CHANGES[_rule.on] = (*_CHANGES.get(_rule.on, ()), _name)


# --- The four questions --------------------------------------------------------------------------------


def may_ever(actor: Actor, operation: str, row: Table | None) -> bool:
    """Whether the actor is one of those the operation is for, whatever the state of things."""
    return any(
        who is SIGNED_IN or who is PUBLIC or (who.of_row(actor, row) if row is not None else _by_role(who, actor))
        for who in RULES[operation].who
    )


def _by_role(who: Who, actor: Actor) -> bool:
    return all(isinstance(condition, Has) and condition.role in actor.roles for condition in who.conditions)


def obstacle(actor: Actor, operation: str, row: Table, now: datetime) -> Code | None:
    """Why the operation cannot be done on this row now, or None."""
    for condition in RULES[operation].while_:
        if not condition.holds(actor, row, now):
            return condition.reason
    return None


def may(actor: Actor, operation: str, row: Table, now: datetime) -> bool:
    return may_ever(actor, operation, row) and obstacle(actor, operation, row, now) is None


def require(actor: Actor, operation: str, row: Table | None = None) -> None:
    """Refuse one whom the operation is not for. What stands in the way for now is `obstacle`'s to say."""
    if not may_ever(actor, operation, row):
        raise Refusal(Code.NOT_YOUR_ROLE)


def visible(row_type: type[Table]) -> sa.ColumnElement[bool]:
    """The clause that leaves only what an actor may read; the statement is executed with `actor.held`."""
    return sa.or_(sa.false(), *(who.of_many(row_type) for who in READ_RULES[row_type].who))


def allowed_actions(actor: Actor, row: Table, now: datetime) -> list[AllowedAction]:
    """Every change there is on this kind of row, and whether the actor may do it now."""
    actions = []
    for name in _CHANGES.get(type(row), ()):
        reason = obstacle(actor, name, row, now) if may_ever(actor, name, row) else Code.NOT_YOUR_ROLE
        actions.append(AllowedAction(action=name, allowed=reason is None, reason=reason))
    return actions
