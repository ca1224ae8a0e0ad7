"""The engine behind the policy table: one row and many are judged alike, and what is not allowed is denied."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.action import Action
from app.models.base import Table, new_id
from app.models.organisation import Organisation
from app.models.party import Party, Side
from app.models.person import Person, Role
from app.models.service_client import Scope
from app.models.session_record import SessionRecord
from app.models.sign_in import SignIn
from app.models.unit import Unit
from app.models.working_group import WorkingGroup
from app.services import policy
from app.services.actor import Actor, Seat
from app.services.agreement import CHANGES, READ_RULES, RULES, Rule
from app.services.beyond_the_table import NEVER_TOLD
from app.services.conditions import (
    CLIENT,
    OWN_ID,
    PUBLIC,
    TOKEN_HOLDER,
    Among,
    Granted,
    Has,
    Is,
    IsA,
    Who,
    attribute,
)
from app.services.errors import Code, Refusal
from tests.chance import NOW, an_actor, rows_of
from tests.database import Database
from tests.figures import report
from tests.long import sized

LISTED = sorted({rule.items for rule in RULES.values() if rule.items is not None}, key=lambda row: row.__name__)


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """Without foreign keys, and forgotten afterwards."""
    async with database.own() as session:
        await session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield session
        await session.rollback()


@pytest.mark.parametrize("row_type", READ_RULES, ids=lambda row_type: row_type.__name__)
async def test_one_row_and_many_are_judged_alike(session: AsyncSession, row_type: type[Table]) -> None:
    """For anybody and anything: in the list exactly when it may be read."""
    chance = random.Random(row_type.__name__)  # noqa: S311
    reading = next(name for name, rule in RULES.items() if rule is READ_RULES[row_type])
    keys = list(row_type.__table__.primary_key.columns)  # type: ignore[attr-defined]
    seen = hidden = 0
    for _ in range(sized(2, 60)):
        rows = {tuple(getattr(row, key.name) for key in keys): row for row in rows_of(row_type, chance)}
        session.add_all(rows.values())
        await session.flush()
        for _ in range(60):
            actor = an_actor(chance)
            query = sa.select(*keys).where(policy.visible(row_type), sa.tuple_(*keys).in_(list(rows)))
            listed = {tuple(found) for found in await session.execute(query, actor.held)}
            readable = {key for key, row in rows.items() if policy.may_ever(actor, reading, row)}
            assert listed == readable, actor
            seen, hidden = seen + len(listed), hidden + len(rows) - len(listed)
        await session.execute(sa.delete(row_type).where(sa.tuple_(*keys).in_(list(rows))))
        session.expunge_all()
    assert seen > 20
    assert hidden > 20
    report("rows judged alike alone and in a list, for anybody", seen + hidden)


@pytest.mark.parametrize("row_type", READ_RULES, ids=lambda row_type: row_type.__name__)
async def test_who_holds_nothing_sees_nothing(session: AsyncSession, row_type: type[Table]) -> None:
    stranger = Actor(person_id=new_id())
    rows = rows_of(row_type, random.Random(7))  # noqa: S311
    session.add_all(rows)
    await session.flush()
    central = [
        row for row in rows if getattr(row, "organisation_id", None) is None and getattr(row, "state", "") != "draft"
    ]
    keys = list(row_type.__table__.primary_key.columns)  # type: ignore[attr-defined]
    mine = sa.tuple_(*keys).in_([tuple(getattr(row, key.name) for key in keys) for row in rows])
    query = sa.select(sa.func.count()).select_from(row_type).where(policy.visible(row_type), mine)
    # What is central, once published, is for everybody; nothing else is.
    for_everybody = {"DialogueTemplate", "InspirationItem", "Instrument", "ProcessGuide"}
    expected = len(central) if row_type.__name__ in for_everybody else 0
    assert (await session.execute(query, stranger.held)).scalar_one() == expected


async def test_without_what_the_actor_holds_nothing_is_read(session: AsyncSession) -> None:
    """Who forgets to say who asks gets an error, not everything."""
    with pytest.raises(StatementError, match="actor_"):
        await session.execute(sa.select(Unit).where(policy.visible(Unit)))


def test_everything_listed_can_be_judged_by_a_rule_of_reading() -> None:
    assert set(LISTED) <= set(READ_RULES)
    for name, rule in RULES.items():
        assert name.startswith("list_") == (rule.items is not None) or rule.items is None, name


def test_each_kind_of_row_has_one_rule_of_reading() -> None:
    """Two would make lists and single checks depend on the order of the table."""
    for row_type in READ_RULES:
        ways = [name for name, rule in RULES.items() if rule.sight and rule.on is row_type]
        assert len(ways) == 1, ways


def test_every_rule_says_who_and_in_words() -> None:
    for name, rule in RULES.items():
        assert rule.who, name
        assert all(who.words for who in rule.who), name
        assert all(condition.words for condition in rule.while_), name
        # Only those need nothing on the row; anybody else must hold something.
        assert all(who.conditions or who in (PUBLIC, TOKEN_HOLDER) for who in rule.who), name


def test_a_rule_without_a_thing_asks_for_a_role_or_for_nobody_in_particular() -> None:
    for name, rule in RULES.items():
        if rule.on is None:
            assert all(isinstance(c, Has | IsA) for who in rule.who for c in who.conditions), name
            assert not rule.while_, name


def test_conditions_name_columns_that_exist() -> None:
    for name, rule in RULES.items():
        for kind in rule.around:
            assert hasattr(rule.on, OWN_ID[kind]), (name, kind)
        # Nothing else comes with the row when it is found.
        assert set(rule.around) - set(rule.locked) <= {Organisation}, name
        for row_type in {rule.on, rule.items} - {None}:
            rules = rule.who if row_type is rule.on else READ_RULES[row_type].who  # type: ignore[index]
            for condition in (condition for who in rules for condition in who.conditions):
                fields = (
                    condition.fields
                    if isinstance(condition, Among)
                    else [condition.field]
                    if isinstance(condition, Is)
                    else ["organisation_id"]
                    if isinstance(condition, Granted)
                    else []
                )
                for field in fields:
                    assert hasattr(row_type, attribute(row_type, field)), (name, row_type, field)  # type: ignore[arg-type]


def test_an_operation_without_a_rule_is_a_fault() -> None:
    with pytest.raises(KeyError):
        policy.may_ever(Actor(person_id=new_id()), "rewrite_history", None)


def test_no_account_is_a_survey_token() -> None:
    everything = Actor(person_id=new_id(), roles=frozenset(Role))
    for operation in ("read_survey_form", "create_survey_response"):
        assert RULES[operation].who == (TOKEN_HOLDER,)
        assert not policy.may_ever(everything, operation, None)


def test_nobody_is_whom_a_rule_without_anyone_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "nothing", Rule(Organisation, ()))
    monkeypatch.setattr(policy, "READ_RULES", {Unit: Rule(Unit, (), reads=True)})
    everything = Actor(person_id=new_id(), roles=frozenset(Role))
    with pytest.raises(Refusal) as refusal:
        policy.require(everything, "nothing", Organisation(organisation_number="", name="", created_at=NOW))
    assert refusal.value.code is Code.NOT_YOUR_ROLE
    assert "false" in str(policy.visible(Unit)).lower()


def test_a_role_is_not_enough_where_a_thing_is_asked_for() -> None:
    """Without the thing only conditions on the person count; one on the thing is never met."""
    archivist = Actor(person_id=new_id(), organisation_id=new_id(), roles=frozenset({Role.ARCHIVIST}))
    assert not policy.may_ever(archivist, "register_session_record", None)
    assert policy.may_ever(
        Actor(person_id=new_id(), roles=frozenset({Role.SYSTEM_ADMINISTRATOR})), "create_organisation", None
    )
    assert not policy.may_ever(archivist, "create_organisation", None)


def test_nothing_held_matches_nothing_set() -> None:
    """Null is nobody's: an actor without organisation does not own what has none."""
    condition = Among(("organisation_id",), "organisations")
    nobody = Actor(person_id=new_id())
    person = Person(name="x", email="x", created_at=NOW)
    assert person.organisation_id is None
    assert not condition.of_row(nobody, person)


def test_a_seat_for_one_table_is_no_seat_at_another() -> None:
    here, there, party, organisation = (new_id() for _ in range(4))
    seat = Seat(new_id(), party, Side.UNION, organisation, here)
    general = Seat(new_id(), party, Side.UNION, organisation, None)
    actor = Actor(new_id(), seats=(general, seat), tables=frozenset({(here, party), (there, party)}))
    assert actor.seats_at(here) == (seat, general)
    assert actor.seats_at(there) == (general,)
    assert actor.seats_at(new_id()) == ()
    local = Actor(new_id(), seats=(seat,), tables=frozenset({(here, party)}))
    assert (local.parties, local.represented_organisations) == (frozenset(), frozenset())


def test_a_service_client_holds_nothing_of_what_people_hold() -> None:
    """Neither the organisation that it works for nor anything in it is its own; only its scopes count."""
    organisation = Organisation(organisation_number="", name="", created_at=NOW)
    client = Actor(person_id=None, organisation_id=organisation.id, service_client_id=new_id(), scopes=frozenset(Scope))
    assert client.organisations == client.oneself == client.represented_organisations == frozenset()
    assert client.served_organisations == {organisation.id}
    assert not Among(("organisation_id",), "organisations").of_row(client, organisation)
    person = Actor(person_id=new_id(), organisation_id=organisation.id, scopes=frozenset(Scope))
    assert all(Granted(scope).of_row(client, organisation) for scope in Scope)
    assert not any(Granted(scope).of_row(person, organisation) for scope in Scope)
    for operation, rule in RULES.items():
        if rule.on is None and operation not in {"read_me", "list_organisations"}:
            assert {PUBLIC, CLIENT} & set(rule.who) or not policy.may_ever(client, operation, None), operation


def test_all_conditions_of_a_who_must_hold() -> None:
    organisation = Organisation(organisation_number="", name="", created_at=NOW)
    both = Who("x", (Has(Role.ARCHIVIST), Is("name", ("",))))
    assert both.of_row(Actor(new_id(), roles=frozenset({Role.ARCHIVIST})), organisation)
    assert not both.of_row(Actor(new_id()), organisation)
    organisation.name = "y"
    assert not both.of_row(Actor(new_id(), roles=frozenset({Role.ARCHIVIST})), organisation)


def test_what_is_allowed_now_is_what_may_be_done() -> None:
    chance = random.Random(3)  # noqa: S311
    for row_type in (Organisation, Party, WorkingGroup, SessionRecord, Action):
        for row in rows_of(row_type, chance):
            for _ in range(20):
                actor = an_actor(chance)
                around: dict[type[Table], Any] = {
                    kind: chance.choice(rows_of(kind, chance)) for kind in (Organisation, SessionRecord)
                }
                for action in policy.allowed_actions(actor, row, NOW, around):
                    assert action.allowed == policy.may(actor, action.action, row, NOW, around)
                    assert action.allowed == (action.reason is None)
                    assert (
                        action.allowed
                        or policy.may_ever(actor, action.action, row)
                        or action.reason == Code.NOT_YOUR_ROLE
                    )


@pytest.mark.parametrize("row_type", CHANGES, ids=lambda row_type: row_type.__name__)
def test_whoever_reads_something_is_refused_a_change_only_for_reasons_that_can_be_told(row_type: type[Table]) -> None:
    chance = random.Random(row_type.__name__)  # noqa: S311
    reading = next(name for name, rule in RULES.items() if rule is READ_RULES[row_type])
    belongings = {kind: rows_of(kind, chance) for name in CHANGES[row_type] for kind in RULES[name].around}
    refused = 0
    for row in rows_of(row_type, chance):
        for _ in range(60):
            actor = an_actor(chance)
            around = {kind: chance.choice(rows) for kind, rows in belongings.items()}
            if not policy.may_ever(actor, reading, row):
                continue
            for shown in policy.allowed_actions(actor, row, NOW, around):
                if shown.reason is not None and shown.reason not in NEVER_TOLD.get(shown.action, ()):
                    assert shown.reason in policy.reasons(shown.action), (shown, actor)
                    refused += 1
    # Rows by chance have no moment at which a sign-in ended.
    met = any(policy.reasons(name) for name in CHANGES[row_type]) and row_type is not SignIn
    assert bool(refused) == met
