"""The policy table and the agreement in Cedar answer alike, whoever asks for whatever, in whatever state."""

import random
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import cedarpy
import pytest

from app.models.action import Action
from app.models.base import Table
from app.models.organisation import Organisation
from app.models.session_record import SessionRecord
from app.models.sign_in import SignIn
from app.services import agreement, policy
from app.services.actor import Actor
from app.services.conditions import PUBLIC, TOKEN_HOLDER
from app.services.errors import Code
from tests.agreement import second
from tests.agreement.second import NOBODY, RESPONDENT, Case
from tests.chance import NOW, an_actor, rows_of
from tests.contract import document
from tests.figures import report
from tests.long import sized

ACTORS = 60
_MOMENTS = (NOW - timedelta(days=1), NOW, NOW + timedelta(microseconds=1), NOW + timedelta(days=1))
_AGO = [timedelta(days=days, microseconds=more) for days in (0, 14, 60) for more in (-1, 0, 1)]
_DAYS = (None, NOW.date() - timedelta(days=1), NOW.date(), NOW.date() + timedelta(days=1))


def test_it_is_complete_and_well_formed() -> None:
    """Every operation of the document stands in it, and Cedar's own checker finds nothing wrong."""
    checked = cedarpy.validate_policies(second.POLICIES, second.SCHEMA)
    assert checked.validation_passed, list(map(str, checked.errors))
    operations = {operation["operationId"] for item in document()["paths"].values() for operation in item.values()}
    said = set()
    for policy_text in second.POLICIES.split("permit (")[1:]:
        head = policy_text.split(";")[0]
        said |= {part.split('"')[0] for part in head.split('Action::"')[1:]}
    assert said == operations


def in_any_state(row: Table, chance: random.Random) -> Table:
    """The times and flags that the life cycles speak of, by chance."""
    for name in ("opens_at", "closes_at"):
        if hasattr(row, name):
            setattr(row, name, chance.choice(_MOMENTS))
    for name in ("review_deadline", "voided_at", "ended_at", "lifted_at", "erased_at", "verified_at"):
        if hasattr(row, name):
            setattr(row, name, chance.choice([None, *_MOMENTS]))
    if isinstance(row, SignIn):
        row.started_at, row.last_used_at = (NOW - chance.choice(_AGO) for _ in range(2))
    if hasattr(row, "valid_to"):
        row.valid_to = chance.choice(_DAYS)
    for name in ("two_keys", "active"):
        if hasattr(row, name):
            setattr(row, name, chance.choice([True, False]))
    return row


def cases_by_chance(chance: random.Random, operations: Collection[str] = tuple(agreement.RULES)) -> list[Case]:
    """Each operation, asked for by some people on things of the kind that it is decided on."""
    actors = [an_actor(chance) for _ in range(ACTORS)]
    rules = {operation: agreement.RULES[operation] for operation in operations}
    above = {kind for rule in rules.values() for kind in rule.around}
    kinds = above | {rule.on for rule in rules.values() if rule.on is not None}
    things = {kind: [in_any_state(row, chance) for row in rows_of(kind, chance)] for kind in sorted(kinds, key=str)}
    around = {id(row): _surroundings(row, above, things, chance) for rows in things.values() for row in rows}
    cases = []
    for operation, rule in rules.items():
        if TOKEN_HOLDER in rule.who:
            continue
        for actor in actors:
            row = chance.choice(things[rule.on]) if rule.on else None
            sent = frozenset(chance.sample(sorted(rule.fields), chance.randrange(len(rule.fields) + 1)))
            cases.append(Case(actor, operation, row, around.get(id(row)), sent))
    return cases


def _surroundings(
    row: Table, above: set[type[Table]], things: dict[type[Table], list[Table]], chance: random.Random
) -> dict[type[Table], Any]:
    """What the row belongs to: an action and its record to one table, a central template to no organisation."""
    found: dict[type[Table], Any] = {kind: chance.choice(things[kind]) for kind in sorted(above, key=str)}
    if getattr(row, "organisation_id", "some") is None:
        found.pop(Organisation, None)
    if isinstance(row, Action) and SessionRecord in found:
        found[SessionRecord] = SessionRecord(
            **found[SessionRecord].model_dump() | {"working_group_id": row.working_group_id}
        )
    return found


def difference(case: Case, answer: second.Answer) -> str | None:
    """How the table answers otherwise than the agreement in Cedar, or None."""
    assert isinstance(case.caller, Actor)
    ever = policy.may_ever(case.caller, case.operation, case.row)
    if ever != answer.ever:
        return f"{case.operation}: the table says {ever}, the agreement {answer.ever}"
    if not ever or case.row is None:
        return None
    obstacle = policy.obstacle(case.caller, case.operation, case.row, NOW, case.around or {})
    if obstacle is None and policy.reserved(case.caller, case.operation, case.row, case.sent):
        obstacle = Code.NOT_YOUR_ROLE
    same = obstacle.value in answer.reasons if obstacle is not None else not answer.reasons
    return None if same else f"{case.operation}: the table says {obstacle}, the agreement {sorted(answer.reasons)}"


def test_both_formulations_agree() -> None:
    chance = random.Random(20261126)  # noqa: S311
    asked = allowed = hindered = 0
    while asked < sized(4_000, 1_000_000):
        cases = cases_by_chance(chance)
        answers = second.ask(cases, NOW)
        different = [found for pair in zip(cases, answers, strict=True) if (found := difference(*pair))]
        assert not different, "\n".join(different[:5])
        asked += len(cases)
        allowed += sum(answer.now for answer in answers)
        hindered += sum(answer.ever and not answer.now for answer in answers)
    report("random cases on which the policy table and the agreement in Cedar agree", asked)
    # Neither says no to everything, and what stands in the way is met.
    assert allowed > asked / 20
    assert hindered > asked / 50


def test_the_policies_of_one_operation_answer_as_the_whole() -> None:
    cases = random.Random(5).sample(cases_by_chance(random.Random(4)), sized(300, 1_000))  # noqa: S311
    assert second.ask(cases, NOW) == second.ask(cases, NOW, lambda _operation: second.WHOLE)


@pytest.mark.parametrize("caller", [NOBODY, RESPONDENT])
def test_without_signing_in_there_is_what_is_public_and_the_survey(caller: str) -> None:
    operations = list(agreement.RULES)
    answers = second.ask([Case(caller, operation) for operation in operations], NOW)
    permitted = {operation for operation, answer in zip(operations, answers, strict=True) if answer.now}
    rules = agreement.RULES.items()
    public = {name for name, rule in rules if PUBLIC in rule.who}
    with_token = {name for name, rule in rules if TOKEN_HOLDER in rule.who}
    assert permitted == (public | with_token if caller == RESPONDENT else public)
    assert public
    assert with_token


@pytest.mark.parametrize("operation", sorted(name for name, rule in agreement.RULES.items() if rule.on is not None))
def test_a_mistake_in_either_would_show(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each operation: were it for everybody, or for nobody, the two would be seen to differ."""
    chance = random.Random(operation)  # noqa: S311
    unseen = [True, False]
    for _ in range(4):
        cases = cases_by_chance(chance, [operation])
        answers = second.ask(cases, NOW)
        assert not any(map(difference, cases, answers))
        for everybody in unseen[:]:
            with monkeypatch.context() as patch:
                patch.setattr(policy, "may_ever", lambda *_: everybody)  # noqa: B023
                if any(map(difference, cases, answers)):
                    unseen.remove(everybody)
        if not unseen:
            return
    raise AssertionError(f"whether everybody or nobody may do it makes no difference: {unseen}")
