"""What the policy table is said with: conditions, and the words for who that are made of them.

What must be so meanwhile is in `circumstances.py`.

Each condition can be asked of one row (in Python) and of many (in SQL), so the check of a single thing and the
filter of a list cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from app.models.base import Table
from app.models.dialogue_session import DialogueSession
from app.models.organisation import Organisation
from app.models.party import Party
from app.models.person import Person, Role
from app.models.service_client import Scope
from app.models.session_record import SessionRecord
from app.models.survey_round import SurveyRound
from app.models.working_group import WorkingGroup
from app.services.actor import Actor, Held, parameter
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
ANALYST = Who("a central analyst", (Has(Role.CENTRAL_ANALYST),))
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
READS_REMINDERS = _scoped(Scope.REMINDERS_READ)
PUBLIC = Who("anyone, without signing in")
# Nobody is known to hold one, so no actor is this; services/survey_forms.py looks at the token itself.
TOKEN_HOLDER = Who("whoever holds an unused token of an open survey round, without signing in")


def only(who: Who, words: str, *conditions: Condition) -> Who:
    return Who(f"{who.words}, {words}", who.conditions + conditions)
