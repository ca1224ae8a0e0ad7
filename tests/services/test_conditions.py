"""The words that the policy table is said with, each on its own: what they hold true, and the SQL they become."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.models.base import new_id
from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party
from app.models.party_note import PartyNote
from app.models.person import Role
from app.models.service_client import Scope
from app.models.unit import Unit
from app.models.working_group import WorkingGroup
from app.services.actor import Actor
from app.services.circumstances import state_is
from app.services.conditions import Among, Granted, Has, Is, IsA, Who, _scoped, attribute, only

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ACTOR = Actor(new_id(), organisation_id=new_id(), roles=frozenset({Role.ARCHIVIST}))


def sql(clause: sa.ColumnElement[bool]) -> str:
    dialect: Any = postgresql.dialect
    return str(clause.compile(dialect=dialect()))


def organisation(**more: Any) -> Organisation:
    return Organisation(organisation_number="2021990417", name="Myndigheten", created_at=NOW, **more)


def test_narrowing_keeps_the_conditions_and_adds_to_the_words() -> None:
    narrowed = only(Who("somebody", (Has(Role.ARCHIVIST),)), "of the house", Is("state", ("active",)))
    assert narrowed.words == "somebody, of the house"
    assert narrowed.conditions == (Has(Role.ARCHIVIST), Is("state", ("active",)))
    assert narrowed.of_row(ACTOR, organisation(state="active"))
    assert not narrowed.of_row(ACTOR, organisation(state="closed"))


def test_a_state_is_one_of_those_named() -> None:
    holds = state_is(OrganisationState.ACTIVE)
    assert holds(ACTOR, organisation(state=OrganisationState.ACTIVE), NOW) is True
    assert holds(ACTOR, organisation(state=OrganisationState.CLOSED), NOW) is False
    assert state_is()(ACTOR, organisation(state=OrganisationState.ACTIVE), NOW) is False


def test_a_thing_is_its_own() -> None:
    assert attribute(Organisation, "organisation_id") == "id"
    assert attribute(Organisation, "party_id") == "party_id"
    assert attribute(Unit, "organisation_id") == "organisation_id"
    assert attribute(WorkingGroup, "working_group_id") == "id"


def test_among_one_field_is_an_array_of_ids() -> None:
    clause: Any = Among(("organisation_id",), "organisations").of_many(Unit)
    assert sql(clause) == "unit.organisation_id = ANY (%(actor_organisations)s::UUID[])"
    parameter = clause.right.element
    assert isinstance(parameter.type, sa.ARRAY)
    assert isinstance(parameter.type.item_type, sa.Uuid)


def test_among_two_fields_is_a_list_of_pairs() -> None:
    clause: Any = Among(("working_group_id", "party_id"), "tables").of_many(PartyNote)
    assert clause.right.expanding
    assert sql(clause) == "(party_note.working_group_id, party_note.party_id) IN (__[POSTCOMPILE_actor_tables])"


def test_a_role_is_a_boolean_that_the_statement_is_given() -> None:
    clause: Any = Has(Role.ARCHIVIST).of_many(Unit)
    assert isinstance(clause.type, sa.Boolean)
    assert clause.key == f"actor_{Role.ARCHIVIST}"
    assert Has(Role.ARCHIVIST).of_row(ACTOR, organisation())
    assert not Has(Role.SYSTEM_ADMINISTRATOR).of_row(ACTOR, organisation())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("a",), "party.name IN (__[POSTCOMPILE_name_1])"),
        (("a", None), "party.name IN (__[POSTCOMPILE_name_1]) OR party.name IS NULL"),
        ((None,), "false OR party.name IS NULL"),
        ((), "false"),
    ],
)
def test_a_field_is_one_of_the_values_and_null_is_said_apart(values: tuple[Any, ...], expected: str) -> None:
    assert sql(Is("name", values).of_many(Party)) in {expected, expected.removeprefix("false OR ")}
    for value in ("a", "b", None):
        assert Is("name", values).of_row(ACTOR, cast("Any", Party).model_construct(name=value)) == (value in values)


def test_all_conditions_must_hold_and_none_are_no_hindrance() -> None:
    who = Who("somebody", (Has(Role.ARCHIVIST), Is("name", ("a",))))
    assert sql(who.of_many(Party)) == f"%(actor_{Role.ARCHIVIST})s AND party.name IN (__[POSTCOMPILE_name_1])"
    assert sql(Who("anybody").of_many(Party)) == "true"
    assert Who("anybody").of_row(ACTOR, organisation())


def test_a_scope_gives_something_of_ones_own_organisation() -> None:
    assert _scoped(Scope.PEOPLE_READ) == Who(
        "a service client of the organisation with the scope `people:read`", (Granted(Scope.PEOPLE_READ),)
    )
    clause: Any = Granted(Scope.UNITS_READ).of_many(Organisation)
    assert sql(clause).startswith("organisation.id = ANY (")
    assert sql(clause).endswith("::UUID[])")
    assert sql(Granted(Scope.UNITS_READ).of_many(Unit)).startswith("unit.organisation_id = ANY (")
    parameter = clause.right.element
    assert isinstance(parameter.type, sa.ARRAY)
    assert isinstance(parameter.type.item_type, sa.Uuid)


def test_somebody_is_a_person_or_a_program() -> None:
    program = Actor(None, service_client_id=new_id())
    for kind, who, other in (("person", ACTOR, program), ("client", program, ACTOR)):
        holds = IsA(cast("Any", kind))
        assert (holds.of_row(who, None), holds.of_row(other, None)) == (True, False)
        parameter: Any = holds.of_many(Unit)
        assert isinstance(parameter.type, sa.Boolean)
