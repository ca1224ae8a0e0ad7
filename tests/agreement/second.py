"""The agreement said a second time, in Cedar (agreement.cedar), and how it is asked.

Nothing here asks app/services/policy.py or conditions.py: who a person is comes from the raw facts of the actor, and
a thing from its columns. So a mistake in one of the two formulations shows as a difference.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import cedarpy
from pydantic.alias_generators import to_camel

from app.models.action import Action
from app.models.base import Table
from app.models.dialogue_session import DialogueSession
from app.models.organisation import Organisation
from app.models.party import Party
from app.models.person import Person
from app.models.service_client import Scope
from app.models.session_record import SessionRecord
from app.models.survey_round import SurveyRound
from app.models.working_group import WorkingGroup
from app.services.actor import Actor

HERE = Path(__file__).parent
POLICIES = (HERE / "agreement.cedar").read_text(encoding="utf-8")
SCHEMA = (HERE / "agreement.cedarschema").read_text(encoding="utf-8")

NOBODY: Final = "nobody"
RESPONDENT: Final = "respondent"
Caller = Actor | str
Around = Mapping[type[Table], Any]

WHOLE = cedarpy.PolicySet.from_str(POLICIES)
# Cedar keeps the word Action for itself, and Person for who asks.
_NAMES: dict[type[Table], str] = {Action: "AgreedAction", Person: "OnePerson"}
_AROUND = {
    Organisation: "organisation_state",
    WorkingGroup: "group_state",
    SessionRecord: "record_state",
    SurveyRound: "round_state",
}
_SAID = (
    "state",
    "audience",
    "published",
    "agreed",
    "first",
    "two_keys",
    "subject_type",
    "needs_consent",
    "active",
    "subject",
)
_INSTALLATION = {"type": "Installation", "id": "this"}


@dataclass(frozen=True)
class Case:
    """One caller who asks for one operation on one thing, or on none, sending some fields."""

    caller: Caller
    operation: str
    row: Table | None = None
    around: Around | None = None
    sent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """Whether the caller is one of those the operation is for, and what forbids it for now."""

    ever: bool
    reasons: frozenset[str] = frozenset()

    @property
    def now(self) -> bool:
        return self.ever and not self.reasons


@cache
def about(operation: str) -> cedarpy.PolicySet:
    """The policies whose scope names the operation: no other can say anything of it, and Cedar looks at each."""
    action = _uid("Action", operation)
    named = {
        name: each
        for name, each in _as_json()["staticPolicies"].items()
        if action in each["action"].get("entities", [each["action"].get("entity")])
    }
    return cedarpy.PolicySet.from_json_str(json.dumps(_as_json() | {"staticPolicies": named}))


@cache
def _as_json() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(cedarpy.policies_to_json_str(POLICIES))
    return whole


def ask(cases: Iterable[Case], now: datetime, policies: Callable[[str], cedarpy.PolicySet] = about) -> list[Answer]:
    """What the agreement answers to each case."""
    cases = list(cases)
    known = _entities(cases)
    answers: dict[int, Answer] = {}
    for operation in dict.fromkeys(case.operation for case in cases):
        places = [place for place, case in enumerate(cases) if case.operation == operation]
        asked = [cases[place] for place in places]
        ever = _asked(policies(operation), asked, known, now, states=False)
        in_time = _asked(policies(operation), asked, known, now, states=True)
        answers |= zip(places, map(_answer, ever, in_time), strict=True)
    return [answers[place] for place in range(len(cases))]


def _entities(cases: list[Case]) -> cedarpy.Entities:
    rows = {id(case.row): case.row for case in cases if case.row is not None}
    around: dict[int, dict[type[Table], Any]] = {key: {} for key in rows}
    for case in cases:
        around.get(id(case.row), {}).update(case.around or {})
    people = {id(case.caller): case.caller for case in cases if isinstance(case.caller, Actor)}
    seats = {table: _seat(*table) for actor in people.values() for table in actor.tables}
    entities = [
        *seats.values(),
        *(_person(str(key), actor) for key, actor in people.items()),
        *(_thing(str(key), row, around[key]) for key, row in rows.items()),
    ]
    return cedarpy.Entities.from_json_str(json.dumps(entities))


def _answer(ever: cedarpy.AuthzResult, in_time: cedarpy.AuthzResult) -> Answer:
    if not _told(ever).allowed or _told(in_time).allowed:
        return Answer(ever.allowed)
    return Answer(True, frozenset(in_time.diagnostics.id_annotations_by_reason.values()))


def _told(result: cedarpy.AuthzResult) -> cedarpy.AuthzResult:
    # A policy in which an error happens is left out by Cedar, also one that forbids: then nothing has been answered.
    if result.diagnostics.errors:
        raise AssertionError(result.diagnostics.errors)
    return result


def _asked(
    policies: cedarpy.PolicySet, cases: list[Case], known: cedarpy.Entities, now: datetime, *, states: bool
) -> list[cedarpy.AuthzResult]:
    time = {"states": states, "now": _micros(now), "today": _days(now.astimezone(ZoneInfo("Europe/Stockholm")).date())}
    requests = [
        {
            "principal": _caller(case.caller),
            "action": {"type": "Action", "id": case.operation},
            "resource": _INSTALLATION if case.row is None else _uid(_name(case.row), str(id(case.row))),
            "context": time | {"sent": sorted(case.sent) if states else []},
        }
        for case in cases
    ]
    return cedarpy.is_authorized_batch(requests, policies, known)


# --- Who ---------------------------------------------------------------------------------------------------------


def _caller(caller: Caller) -> dict[str, str]:
    if isinstance(caller, Actor):
        return _uid("Person" if caller.person_id is not None else "Machine", str(id(caller)))
    return {NOBODY: _uid("Nobody", "nobody"), RESPONDENT: _uid("Respondent", "respondent")}[caller]


def _person(key: str, actor: Actor) -> dict[str, Any]:
    """From the raw facts: where employed, mandates valid today, tables at which they count, sessions led."""
    if actor.person_id is None:
        return _machine(key, actor)
    member_of = [("Oneself", str(actor.person_id))]
    member_of += [("Seat", f"{group}/{party}") for group, party in actor.tables]
    member_of += [("Colleagues", str(party)) for party in actor.met]
    member_of += [("Meeting", str(group)) for group in actor.started]
    for session, group in actor.facilitated:
        member_of += [("Facilitator", str(session)), ("GroupFacilitators", str(group))]
    for seat in actor.seats:
        if seat.working_group_id is None:  # a mandate for one table speaks nowhere else
            member_of += [("Delegation", str(seat.party_id)), ("Representatives", str(seat.organisation_id))]
    if actor.organisation_id is not None:
        member_of.append(("Staff", str(actor.organisation_id)))
    parents = [_uid(*each) for each in dict.fromkeys(member_of)]
    attributes = {"roles": sorted(role.value for role in actor.roles)}
    return {"uid": _uid("Person", key), "attrs": attributes, "parents": parents}


def _machine(key: str, actor: Actor) -> dict[str, Any]:
    """A service client: whom it serves, and by which scopes."""
    parents = [_uid("Served", str(actor.organisation_id))]
    parents += [_uid("Scope", f"{actor.organisation_id} {scope.value}") for scope in actor.scopes]
    return {"uid": _uid("Machine", key), "attrs": {}, "parents": parents}


def _seat(group: UUID, party: UUID) -> dict[str, Any]:
    return {"uid": _uid("Seat", f"{group}/{party}"), "attrs": {}, "parents": [_uid("Table", str(group))]}


# --- What --------------------------------------------------------------------------------------------------------


def _thing(key: str, row: Table, around: Around) -> dict[str, Any]:
    """From the columns: to whom it belongs, and what the life cycles speak of."""
    own = {Organisation: "organisation_id", Party: "party_id", Person: "person_id", WorkingGroup: "working_group_id"}
    own |= {DialogueSession: "dialogue_session_id"}

    def column(name: str) -> Any:
        return getattr(row, "id" if own.get(type(row)) == name else name, None)

    organisation, party, group = column("organisation_id"), column("party_id"), column("working_group_id")
    session, person = column("dialogue_session_id"), column("person_id")
    told: dict[str, Any] = {}
    if organisation is not None:
        told |= {name: _entity(name.title(), organisation) for name in ("staff", "representatives", "served")}
        for scope in Scope:
            told[to_camel(scope.value.replace(":", "_"))] = _entity("Scope", f"{organisation} {scope.value}")
    if party is not None:
        told |= {"delegation": _entity("Delegation", party), "colleagues": _entity("Colleagues", party)}
    if group is not None:
        told |= {name: _entity(name[0].upper() + name[1:], group) for name in ("table", "groupFacilitators", "meeting")}
    if group is not None and party is not None:
        told["seat"] = _entity("Seat", f"{group}/{party}")
    if session is not None:
        told["facilitator"] = _entity("Facilitator", session)
    if person is not None:
        told["oneself"] = _entity("Oneself", person)
    for name in (
        "state",
        "audience",
        "published",
        "agreed",
        "first",
        "two_keys",
        "subject_type",
        "needs_consent",
        "active",
        "subject",
    ):
        if column(name) is not None:
            told[to_camel(name)] = getattr(column(name), "value", column(name))
    for name in ("opens_at", "closes_at", "review_deadline", "started_at", "last_used_at", "lapses_at"):
        if column(name) is not None:
            told[to_camel(name)] = _micros(column(name))
    if column("valid_to") is not None:
        told["validTo"] = _days(column("valid_to"))
    for name in ("voided", "ended", "lifted", "erased", "verified"):
        if hasattr(row, f"{name}_at"):
            told[name] = column(f"{name}_at") is not None
    told |= {to_camel(_AROUND[kind]): each.state.value for kind, each in around.items() if each is not None}
    return {"uid": _uid(_name(row), key), "attrs": told, "parents": []}


def _name(row: Table) -> str:
    return _NAMES.get(type(row), type(row).__name__)


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _entity(kind: str, name: object) -> dict[str, dict[str, str]]:
    return {"__entity": _uid(kind, str(name))}


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def _days(day: date) -> int:
    return day.toordinal()
