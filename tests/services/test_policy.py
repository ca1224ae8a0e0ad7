"""The policy's own few functions: who, why not, which fields, and what is shown of it."""

from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import configure_mappers

from app.models.base import new_id
from app.models.mandate import Mandate
from app.models.organisation import Organisation, OrganisationState
from app.models.person import Person, Role
from app.services import policy
from app.services.actor import Actor, Seat
from app.services.agreement import CHANGES, READ_RULES, RULES, Rule
from app.services.beyond_the_table import NEVER_TOLD, TOLD_BEFOREHAND
from app.services.conditions import ADMINISTRATOR as BY_ROLE
from app.services.conditions import ONESELF, OWN_PARTY, While, Who, only
from app.services.errors import Code, Refusal

configure_mappers()  # else the first row that is made without its rules is made before anything knows its columns

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


# --- Which reasons can be told of a change -----------------------------------------------------------------------

BUSY = While("no other is under way", Code.UNIT_CLOSED, lambda *_: True)
CLOSED = While("it goes on", Code.GROUP_CLOSED, lambda *_: True)


def read_by(monkeypatch: pytest.MonkeyPatch, *readers: Who) -> None:
    monkeypatch.setitem(cast("dict[Any, Any]", READ_RULES), Mandate, Rule(Mandate, readers, reads=True))


def test_a_change_can_be_refused_for_what_its_conditions_say_each_once_and_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_by(monkeypatch, OWN_PARTY)
    monkeypatch.setitem(RULES, "update_x", Rule(Mandate, (OWN_PARTY,), (BUSY, CLOSED, BUSY)))
    assert policy.reasons("update_x") == [Code.UNIT_CLOSED, Code.GROUP_CLOSED]
    monkeypatch.setitem(RULES, "update_x", Rule(Mandate, (OWN_PARTY,)))
    assert policy.reasons("update_x") == []


def test_what_is_said_beforehand_comes_after_the_conditions_and_what_is_never_said_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_by(monkeypatch, OWN_PARTY, BY_ROLE)
    monkeypatch.setitem(RULES, "update_x", Rule(Mandate, (OWN_PARTY,), (CLOSED,)))
    beforehand = frozenset((Code.PERSON_HAS_DECIDED, Code.CHANGE_REQUESTED))
    monkeypatch.setitem(TOLD_BEFOREHAND, "update_x", beforehand)
    said = [Code.NOT_YOUR_ROLE, Code.GROUP_CLOSED, Code.CHANGE_REQUESTED, Code.PERSON_HAS_DECIDED]
    assert policy.reasons("update_x") == said
    monkeypatch.setitem(NEVER_TOLD, "update_x", frozenset((Code.NOT_YOUR_ROLE, Code.CHANGE_REQUESTED)))
    assert policy.reasons("update_x") == [Code.GROUP_CLOSED, Code.PERSON_HAS_DECIDED]


@pytest.mark.parametrize(
    ("readers", "doers", "told"),
    [
        ((OWN_PARTY,), (OWN_PARTY,), False),
        ((OWN_PARTY, BY_ROLE), (BY_ROLE, OWN_PARTY), False),
        ((OWN_PARTY, BY_ROLE), (OWN_PARTY,), True),
        ((OWN_PARTY,), (BY_ROLE,), True),
        # Who reads only some of them and may do it to all is never refused; who reads all and may do it to some is.
        ((only(OWN_PARTY, "who is also this", *ONESELF.conditions),), (OWN_PARTY,), False),
        ((OWN_PARTY,), (only(OWN_PARTY, "who is also this", *ONESELF.conditions),), True),
    ],
)
def test_that_it_is_not_ones_role_is_told_where_somebody_sees_it_who_may_not_do_it(
    monkeypatch: pytest.MonkeyPatch, readers: tuple[Who, ...], doers: tuple[Who, ...], told: bool
) -> None:
    read_by(monkeypatch, *readers)
    monkeypatch.setitem(RULES, "update_x", Rule(Mandate, doers, (CLOSED,)))
    assert policy.reasons("update_x") == [Code.NOT_YOUR_ROLE] * told + [Code.GROUP_CLOSED]


def test_of_a_change_to_nothing_in_particular_no_reader_is_told_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "create_x", Rule(None, (BY_ROLE,)))
    assert policy.reasons("create_x") == []
