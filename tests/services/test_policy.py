"""The policy's own few functions: who, why not, which fields, and what is shown of it."""

from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from sqlalchemy.dialects import postgresql

from app.models.base import new_id
from app.models.mandate import Mandate
from app.models.organisation import Organisation, OrganisationState
from app.models.person import Person, Role
from app.services import policy
from app.services.actor import Actor, Seat
from app.services.agreement import CHANGES, READ_RULES, RULES, Rule
from app.services.conditions import ADMINISTRATOR as BY_ROLE
from app.services.conditions import ONESELF, OWN_PARTY, While
from app.services.errors import Code, Refusal

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORGANISATION, PARTY = new_id(), new_id()
ADMINISTRATOR = Actor(new_id(), roles=frozenset({Role.SYSTEM_ADMINISTRATOR}))
SPEAKS = Actor(
    new_id(),
    organisation_id=ORGANISATION,
    seats=(Seat(new_id(), PARTY, "union", ORGANISATION, None),),  # type: ignore[arg-type]
)


def made(row_type: Any, **columns: Any) -> Any:
    """A row with as much in it as a rule looks at."""
    return row_type.model_construct(**columns)


def a_person() -> Any:
    return made(Person, id=new_id(), organisation_id=ORGANISATION, unit_id=None, roles=[], active=True)


def test_some_fields_are_others_to_send() -> None:
    sent = ["name", "unit_id", "roles", "active"]
    assert policy.reserved(ADMINISTRATOR, "update_person", a_person(), sent) == []
    assert policy.reserved(SPEAKS, "update_person", a_person(), sent) == ["active", "roles", "unit_id"]
    assert policy.reserved(SPEAKS, "update_person", a_person(), ["name", "email"]) == ["email"]
    oneself = made(Person, id=SPEAKS.person_id, organisation_id=ORGANISATION)
    assert policy.reserved(SPEAKS, "update_person", oneself, ["name", "email"]) == []


def test_whoever_sends_them_is_told_which() -> None:
    policy.require_fields(ADMINISTRATOR, "update_person", a_person(), ["unit_id", "roles"])
    policy.require_fields(SPEAKS, "update_person", a_person(), ["name"])
    with pytest.raises(Refusal) as refused:
        policy.require_fields(SPEAKS, "update_person", a_person(), ["unit_id"])
    assert refused.value.code is Code.NOT_YOUR_ROLE
    assert [(field.pointer, field.code) for field in refused.value.fields] == [("/unitId", Code.NOT_YOUR_ROLE)]


def test_fields_are_judged_on_the_row_they_are_sent_to(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = made(Mandate, person_id=SPEAKS.person_id)
    rule = Rule(Mandate, (), fields={"function": (ONESELF,)})
    monkeypatch.setitem(RULES, "update_x", rule)
    assert policy.reserved(SPEAKS, "update_x", mine, ["function"]) == []
    policy.require_fields(SPEAKS, "update_x", mine, ["function"])
    with pytest.raises(Refusal):
        policy.require_fields(ADMINISTRATOR, "update_x", mine, ["function"])


def test_an_operation_that_is_not_for_one_is_refused() -> None:
    policy.require(ADMINISTRATOR, "create_organisation")
    with pytest.raises(Refusal) as refused:
        policy.require(SPEAKS, "create_organisation")
    assert refused.value.code is Code.NOT_YOUR_ROLE
    organisation = made(Organisation, id=ORGANISATION, state=OrganisationState.ACTIVE)
    policy.require(SPEAKS, "read_organisation", organisation)
    with pytest.raises(Refusal):
        policy.require(Actor(new_id()), "read_organisation", organisation)


def test_without_a_row_only_a_role_counts() -> None:
    """A respondent's token is nobody's role, and what depends on a row is not for whoever has none."""
    assert not policy.may_ever(ADMINISTRATOR, "create_survey_response", None)
    assert not policy.may_ever(SPEAKS, "read_organisation", None)
    assert policy.may_ever(ADMINISTRATOR, "read_organisation", None)
    assert policy.may_ever(Actor(new_id()), "read_me", None)


@pytest.mark.parametrize(("last_day", "runs"), [(None, True), (date(2026, 11, 23), True), (date(2026, 11, 22), False)])
def test_what_stands_in_the_way_is_judged_at_the_moment(last_day: date | None, runs: bool) -> None:
    mandate = made(
        Mandate, id=new_id(), organisation_id=ORGANISATION, party_id=PARTY, person_id=new_id(), valid_to=last_day
    )
    around: Any = {Organisation: made(Organisation, id=ORGANISATION, state=OrganisationState.ACTIVE)}
    (operation,) = [name for name in CHANGES[Mandate] if name.startswith("end_")] or CHANGES[Mandate][:1]
    reason = policy.obstacle(SPEAKS, operation, mandate, NOW, around)
    assert (reason is None) == runs
    assert policy.may(SPEAKS, operation, mandate, NOW, around) == runs
    assert not policy.may(Actor(new_id()), operation, mandate, NOW, around)


def test_a_closed_organisation_is_what_is_around() -> None:
    mandate = made(
        Mandate, id=new_id(), organisation_id=ORGANISATION, party_id=PARTY, person_id=new_id(), valid_to=None
    )
    for row_type, changes in CHANGES.items():
        for name in changes:
            asked = {condition.of for condition in RULES[name].while_}
            assert asked - {None} <= set(RULES[name].around), (row_type, name)
    shown = policy.allowed_actions(
        SPEAKS,
        mandate,
        NOW,
        {Organisation: made(Organisation, id=ORGANISATION, state=OrganisationState.ACTIVE)},
    )
    assert [action.action for action in shown] == list(CHANGES[Mandate])
    assert all(action.allowed == (action.reason is None) for action in shown)
    for action in policy.allowed_actions(
        Actor(new_id()),
        mandate,
        NOW,
        {Organisation: made(Organisation, id=ORGANISATION, state=OrganisationState.ACTIVE)},
    ):
        assert (action.allowed, action.reason) == (False, Code.NOT_YOUR_ROLE)


def test_kinds_that_nobody_changes_offer_nothing() -> None:
    from app.models.audit_entry import AuditEntry

    assert policy.allowed_actions(ADMINISTRATOR, made(AuditEntry), NOW, {}) == []


def test_a_condition_is_asked_of_the_caller_the_thing_and_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what it belongs to where it says so; the first that does not hold gives its reason."""
    asked: list[tuple[Any, ...]] = []

    def holding(answer: bool) -> Any:
        def holds(*about: Any) -> bool:
            asked.append(about)
            return answer

        return holds

    organisation = made(Organisation, id=ORGANISATION)
    mandate = made(Mandate, id=new_id(), organisation_id=ORGANISATION, party_id=PARTY, person_id=new_id())
    conditions = (
        While("a", Code.UNIT_CLOSED, holding(True)),
        While("b", Code.GROUP_CLOSED, holding(False), of=Organisation),
        While("c", Code.PARTY_CLOSED, holding(False)),
    )
    monkeypatch.setitem(RULES, "update_x", Rule(Mandate, (OWN_PARTY,), conditions))
    monkeypatch.setitem(cast("dict[Any, Any]", CHANGES), Mandate, ("update_x",))
    around: Any = {Organisation: organisation}
    expected = [(SPEAKS, mandate, NOW), (SPEAKS, organisation, NOW)]
    assert policy.obstacle(SPEAKS, "update_x", mandate, NOW, around) is Code.GROUP_CLOSED
    assert asked == expected
    asked.clear()
    assert not policy.may(SPEAKS, "update_x", mandate, NOW, around)
    assert asked == expected
    asked.clear()
    (shown,) = policy.allowed_actions(SPEAKS, mandate, NOW, around)
    assert (shown.action, shown.allowed, shown.reason) == ("update_x", False, Code.GROUP_CLOSED)
    assert asked == expected
    asked.clear()
    monkeypatch.setitem(RULES, "update_x", Rule(Mandate, (OWN_PARTY,), conditions[:1]))
    (shown,) = policy.allowed_actions(SPEAKS, mandate, NOW, around)
    assert (shown.allowed, shown.reason) == (True, None)
    # Whoever it is not for is told that, and no condition is asked.
    asked.clear()
    (shown,) = policy.allowed_actions(ADMINISTRATOR, mandate, NOW, around)
    assert (shown.allowed, shown.reason, asked) == (False, Code.NOT_YOUR_ROLE, [])


def test_a_list_is_filtered_by_everybody_who_may_read_and_by_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def filtered() -> str:
        dialect: Any = postgresql.dialect
        return str(policy.visible(Mandate).compile(dialect=dialect()))

    monkeypatch.setitem(cast("dict[Any, Any]", READ_RULES), Mandate, Rule(Mandate, (OWN_PARTY, BY_ROLE), reads=True))
    role = f"%(actor_{Role.SYSTEM_ADMINISTRATOR})s"
    assert filtered() == f"mandate.party_id = ANY (%(actor_parties)s::UUID[]) OR {role}"
    monkeypatch.setitem(cast("dict[Any, Any]", READ_RULES), Mandate, Rule(Mandate, (), reads=True))
    assert filtered() == "false"
