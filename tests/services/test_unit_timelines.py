"""Whole unit trees over time, against one that is looked at day by day."""

import random
import time
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from app.services.errors import Code
from app.services.unit_lives import Period
from app.services.unit_timelines import (
    KeptUnit,
    PlaceError,
    PresentUnit,
    TreePlan,
    UnitStep,
    WantedUnit,
    own_key,
    plan_tree,
)

TODAY = date(2026, 11, 26)
START = date(2026, 1, 1)


def day(number: int) -> date:
    """Days from today."""
    return TODAY + timedelta(days=number)


def present(key: str, *periods: Period, headcount: int | None = None, merged_into: str | None = None) -> PresentUnit:
    return PresentUnit(key, uuid4(), 3, headcount, merged_into, periods or (Period(key, None, START),))


def wanted(key: str, *periods: Period, **more: object) -> WantedUnit:
    return WantedUnit(key, periods or (Period(key, None, START),), place=f"/{key}", **more)  # type: ignore[arg-type]


def planned(here: list[PresentUnit], there: list[WantedUnit], close_missing: bool = False) -> TreePlan:
    return plan_tree(here, there, TODAY, close_missing=close_missing)


def errors(*there: WantedUnit, here: tuple[PresentUnit, ...] = (), close_missing: bool = False) -> list[PlaceError]:
    plan = planned(list(here), list(there), close_missing)
    return plan.errors


A, B = Period("A", None, START), Period("B", "a", START)


def test_the_same_tree_changes_nothing() -> None:
    here = [present("a", A, headcount=4), present("b", B)]
    plan = planned(here, [wanted("b", B), wanted("a", A, headcount=4)], close_missing=True)
    assert (plan.changes, plan.kept, plan.errors, plan.unchanged) == ([], [], [], 2)


def test_new_units_are_made_in_any_order_with_their_whole_past() -> None:
    past = (Period("B", None, START, day(-10)), Period("B2", "a", day(-9)))
    plan = planned([], [wanted("b", *past), wanted("a", A)])
    assert [(each.step, each.key, each.from_day, each.periods) for each in plan.changes] == [
        (UnitStep.CREATE, "b", START, past),
        (UnitStep.CREATE, "a", START, (A,)),
    ]


@pytest.mark.parametrize(
    ("periods", "step"),
    [
        ((Period("B", "a", START, day(-1)), Period("B", None, TODAY)), UnitStep.MOVE),
        ((Period("B", "a", START, day(-1)), Period("Nya B", "a", TODAY)), UnitStep.CHANGE),
        ((Period("B", "a", START, day(-1)),), UnitStep.CLOSE),
        ((Period("Rättad B", "a", START),), UnitStep.CHANGE),
    ],
)
def test_what_happens_to_a_unit_is_said_from_its_day(periods: tuple[Period, ...], step: UnitStep) -> None:
    here = [present("a", A), present("b", B)]
    (change,) = planned(here, [wanted("a", A), wanted("b", *periods)]).changes
    assert (change.step, change.unit_id, change.from_version, change.periods) == (step, here[1].unit_id, 3, periods)
    assert change.from_day == (START if periods[0].name != "B" else TODAY)


def test_what_begins_later_is_kept_for_its_day() -> None:
    here = [present("a", A), present("b", B), present("c", Period("C", None, START))]
    plan = planned(
        here,
        [
            wanted("b", Period("B", "a", START, day(9)), Period("B", "c", day(10))),
            wanted("c", Period("C", None, START, day(30)), merged_into="a"),
            wanted("d", Period("D", "a", day(5))),
        ],
    )
    assert plan.errors == [PlaceError("/b", Code.UNIT_CLOSED)]
    plan = planned(
        here,
        [
            wanted("b", Period("B", "a", START, day(9)), Period("B", "c", day(10), day(30))),
            wanted("c", Period("C", None, START, day(30)), merged_into="a"),
            wanted("d", Period("D", "a", day(5))),
        ],
    )
    assert plan.errors == []
    assert plan.kept == [
        KeptUnit("b", day(10), "B", "c"),
        KeptUnit("b", day(31), last=day(30)),
        KeptUnit("c", day(31), last=day(30), merged_into="a"),
        KeptUnit("d", day(5), "D", "a"),
    ]
    # Into what it is merged is known already; nothing else changes today.
    assert [(each.key, each.from_day, each.merged_into) for each in plan.changes] == [("c", None, "a")]


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ((wanted("a", A), wanted("a", A)), [PlaceError("/a", Code.UNIT_TWICE)]),
        ((WantedUnit("a", (), place="/a"),), [PlaceError("/a", Code.UNIT_WITHOUT_PERIOD)]),
        ((wanted("a", Period("A", None, START, day(-400))),), [PlaceError("/a", Code.DATES_REVERSED)]),
        (
            (wanted("a", Period("A", None, START, day(-9)), Period("A2", None, day(-7))),),
            [PlaceError("/a", Code.PERIODS_LEAVE_GAP)],
        ),
        (
            (wanted("a", Period("A", None, START, day(-9)), Period("A2", None, day(-9))),),
            [PlaceError("/a", Code.PERIODS_OVERLAP)],
        ),
        (
            (wanted("a", Period("A", None, START), Period("A2", None, day(-9))),),
            [PlaceError("/a", Code.PERIODS_OVERLAP)],
        ),
        ((wanted("b", B),), [PlaceError("/b", Code.UNKNOWN_UNIT)]),
        ((wanted("b", B), wanted("a", Period("A", None, day(-9)))), [PlaceError("/b", Code.PARENT_NOT_YET)]),
        ((wanted("b", B), wanted("a", Period("A", None, START, day(-9)))), [PlaceError("/b", Code.UNIT_CLOSED)]),
        ((wanted("a", Period("A", "a", START)),), [PlaceError("/a", Code.UNIT_CYCLE)]),
        ((wanted("a", Period("A", "b", START)), wanted("b", B)), [PlaceError("/a", Code.UNIT_CYCLE)]),
        ((wanted("a", A, merged_into="x"),), [PlaceError("/a", Code.UNKNOWN_UNIT)]),
        ((wanted("a", A, merged_into="a"),), [PlaceError("/a", Code.UNKNOWN_UNIT)]),
    ],
)
def test_what_is_no_tree_is_refused_with_its_place(there: tuple[WantedUnit, ...], expected: list[PlaceError]) -> None:
    assert errors(*there) == expected


def test_a_circle_on_some_days_only_is_one() -> None:
    apart = (
        wanted("a", Period("A", "b", START, day(-20)), Period("A", None, day(-19))),
        wanted("b", Period("B", None, START, day(-20)), Period("B", "a", day(-19))),
    )
    assert errors(*apart) == []
    together = (apart[0], wanted("b", Period("B", None, START, day(-21)), Period("B", "a", day(-20))))
    assert errors(*together) == [PlaceError("/a", Code.UNIT_CYCLE)]


def test_the_past_is_not_written_anew() -> None:
    moved = present("b", Period("B", None, START, day(-10)), Period("B", "a", day(-9)))
    here = (present("a", A), moved)
    assert errors(wanted("b", B), here=here) == [PlaceError("/b", Code.CHANGE_BEFORE_HISTORY)]
    assert errors(wanted("b", Period("B", None, day(-400))), here=here) == [
        PlaceError("/b", Code.CHANGE_BEFORE_HISTORY)
    ]
    assert errors(wanted("b", Period("B", "a", day(-5))), here=here) == []


def test_a_closed_unit_stays_closed() -> None:
    closed = present("a", Period("A", None, START, day(-10)))
    assert errors(wanted("a", A), here=(closed,)) == [PlaceError("/a", Code.UNIT_CLOSED)]
    assert errors(wanted("a", Period("A", None, day(-5))), here=(closed,)) == [PlaceError("/a", Code.UNIT_CLOSED)]
    assert errors(wanted("a", Period("A", None, START, day(-10))), here=(closed,)) == []


def test_what_is_missing_ends_yesterday_and_what_the_hr_system_does_not_know_stays() -> None:
    by_hand = present(own_key(UUID(int=1)), Period("För hand", None, START))
    here = [present("a", A), present("b", B), by_hand, present("new", Period("Ny", "a", TODAY))]
    plan = planned(here, [wanted("a", A)], close_missing=True)
    assert [(each.key, each.periods) for each in plan.changes] == [("b", (Period("B", "a", START, day(-1)),))]
    # One that began today ends today, and so tomorrow.
    assert plan.kept == [KeptUnit("new", day(1), last=TODAY)]
    assert [each.key for each in plan.missing] == ["b", "new"]
    assert [each.key for each in planned(here, [wanted("a", A)]).missing] == ["b", "new"]
    under = present(own_key(UUID(int=2)), Period("Under", "b", START))
    assert errors(wanted("a", A), here=(*here, under), close_missing=True) == [PlaceError("", Code.UNIT_HAS_CHILDREN)]
    closing = wanted("b", Period("B", "a", START, day(-1)))
    assert errors(closing, here=(*here, under)) == [PlaceError("/b", Code.UNIT_HAS_CHILDREN)]


# --- against a plain model ------------------------------------------------------------------------------------

DAYS = 8
NAMES = "abcde"


def _random_life(chance: random.Random) -> tuple[Period, ...]:
    first = chance.randrange(3)
    cuts = sorted(chance.sample(range(first + 1, DAYS), chance.randrange(3)))
    starts = [first, *cuts]
    end = chance.choice([None, None, None, None, chance.randrange(starts[-1], DAYS)])
    periods = []
    for number, start in enumerate(starts):
        last = starts[number + 1] - 1 if number + 1 < len(starts) else end
        parent = chance.choice([None] * 9 + [*NAMES])
        periods.append(
            Period(f"n{chance.randrange(2)}", parent, day(start - 4), None if last is None else day(last - 4))
        )
    return tuple(periods)


def _is_tree(lives: dict[str, tuple[Period, ...]]) -> bool:
    """Looked at day by day, and far in the future."""
    for number in [*range(-4, DAYS), 1_000]:
        on = day(number)
        above = {
            key: period.parent
            for key, life in lives.items()
            for period in life
            if period.first <= on and (period.last is None or on <= period.last)
        }
        for start in above:
            seen = set()
            step: str | None = start
            while step is not None:
                if step in seen or step not in above:
                    return False
                seen.add(step)
                step = above[step]
    return True


def test_random_trees_are_refused_exactly_when_they_are_none() -> None:
    chance = random.Random(20261126)  # noqa: S311 - to be repeated
    refused = accepted = 0
    for _ in range(2_000):
        lives = {key: _random_life(chance) for key in NAMES[: chance.randrange(1, 5)]}
        plan = planned([], [wanted(key, *life) for key, life in lives.items()])
        assert (plan.errors == []) == _is_tree(lives), lives
        refused += bool(plan.errors)
        accepted += not plan.errors
    assert min(refused, accepted) > 300


def test_random_changes_of_a_tree_are_refused_exactly_when_it_is_none_after_them() -> None:
    chance = random.Random(42)  # noqa: S311 - to be repeated
    refused = accepted = 0
    while min(refused, accepted) < 100:
        lives = {key: _random_life(chance) for key in NAMES}
        if not _is_tree(lives):
            continue
        # The latest change is long ago: every change from here on is one of the future.
        here = [
            present(key, *(Period(key, period.parent, START, period.last and None) for period in life[:1]))
            for key, life in lives.items()
        ]
        if not _is_tree({unit.key: unit.periods for unit in here}):
            continue
        moved = chance.sample(NAMES, 2)
        after = {
            unit.key: (
                *unit.periods[:-1],
                Period(unit.key, unit.periods[-1].parent, START, day(-3)),
                Period(unit.key, chance.choice([None, *NAMES]), day(-2)),
            )
            if unit.key in moved
            else unit.periods
            for unit in here
        }
        plan = planned(here, [wanted(key, *after[key]) for key in moved])
        assert (plan.errors == []) == _is_tree(after), after
        refused += bool(plan.errors)
        accepted += not plan.errors


def test_a_huge_circle_is_found_in_no_time() -> None:
    """Everybody else waits while a tree is looked at. Walking round from each of its units took minutes."""
    number = 20_000
    there = [wanted(str(each), Period("x", str((each + 1) % number), START)) for each in range(number)]
    tail = [wanted(f"t{each}", Period("x", f"t{each - 1}" if each else "0", START)) for each in range(5_000)]
    began = time.process_time()
    assert errors(*there, *tail) == [PlaceError("/0", Code.UNIT_CYCLE)]
    assert time.process_time() - began < 10
