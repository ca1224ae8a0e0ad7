"""Where a group is in its loop, when it counts as quiet, and whose decision is waited for."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.models.approval import SubjectType
from app.models.organisation import ApprovalRule
from app.models.overview import LoopPosition
from app.models.party import Side
from app.models.working_group import WorkingGroupState
from app.services.awaited_decisions import AWAITING, waited_for
from app.services.learning_loop import Standing, is_quiet, position

EVERYTHING = Standing(WorkingGroupState.ACTIVE, True, True, True, True, True, True)


def test_what_has_been_begun_comes_first() -> None:
    """One after the other falls away, and the next one in the documented order shows."""
    standing, found = EVERYTHING, []
    for name in (
        *("record_unfinished", "session_planned", "round_under_way"),
        *("result_since_meeting", "follow_up_due", "actions_open"),
    ):
        found.append(position(standing))
        standing = replace(standing, **{name: False})  # type: ignore[arg-type]
    assert [*found, position(standing)] == list(LoopPosition)[2:]
    assert position(replace(standing, state=WorkingGroupState.DORMANT)) is LoopPosition.TEMPLATE
    assert position(replace(EVERYTHING, state=WorkingGroupState.FORMING)) is LoopPosition.FORMING
    assert position(replace(EVERYTHING, state=WorkingGroupState.CLOSED)) is LoopPosition.CLOSED


@pytest.mark.parametrize(("days", "interval", "quiet"), [(134, 180, False), (135, 180, True), (10, 14, False)])
def test_a_group_is_quiet_by_its_own_rhythm(days: int, interval: int, quiet: bool) -> None:
    assert is_quiet(days, interval) is quiet


def test_everything_that_is_decided_at_a_table_is_looked_for() -> None:
    """A new kind of joint decision stands in the overview too; consent to a service client is the organisation's."""
    literals = [each for each in AWAITING.compile().params.values() if isinstance(each, str)]
    looked_for = {each for each in SubjectType if each.value in literals}
    assert looked_for == set(SubjectType) - {SubjectType.SERVICE_CLIENT}


EMPLOYER, SACO, SEKO = (UUID(int=number) for number in range(3))
TABLE = {EMPLOYER: Side.EMPLOYER, SACO: Side.UNION, SEKO: Side.UNION}


@pytest.mark.parametrize(
    ("rule", "decided", "waiting"),
    [
        (ApprovalRule.EVERY, [], [EMPLOYER, SACO, SEKO]),
        (ApprovalRule.EVERY, [SACO], [EMPLOYER, SEKO]),
        (ApprovalRule.ANY, [EMPLOYER], [SACO, SEKO]),
        (ApprovalRule.ANY, [SEKO], [EMPLOYER]),
        (ApprovalRule.ANY, [EMPLOYER, SEKO], []),
        # A party that has left the table has decided for nobody else.
        (ApprovalRule.ANY, [UUID(int=9)], [EMPLOYER, SACO, SEKO]),
    ],
)
def test_who_has_yet_to_decide(rule: ApprovalRule, decided: list[UUID], waiting: list[UUID]) -> None:
    assert waited_for(rule, TABLE, decided) == waiting
