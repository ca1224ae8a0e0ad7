"""The attacker against the quarters of all organisations together: random histories of them, nothing but arithmetic.

What is published is taken as exact, and everybody as unchanged since; the truth is only softer. It is known of whom
each published figure is. The attacker adds and subtracts them, and wants a group of fewer than five, or one of whom a
single one has most.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any
from uuid import UUID, uuid5

import pytest

from app.services.central_aggregates import ACTIVITY, Computed, compute
from app.services.central_facts import LOCAL, Activity, Measured
from app.services.central_figures import Answers
from tests.long import sized

QUARTERS = 5
K = 5
KEYS = ("a", "b", "c", LOCAL)
NAMES = UUID("7b0c9f5e-2f8e-4c53-9c39-3f6a0a4f9a11")

Group = frozenset[UUID]


@dataclass
class History:
    """Quarter by quarter: what is true, and what was computed of it."""

    activities: list[Activity] = field(default_factory=list)
    answers: list[Mapping[UUID, Answers]] = field(default_factory=list)
    computed: list[Computed] = field(default_factory=list)

    def earlier(self) -> dict[str, list[Group]]:
        found = defaultdict(list)
        for each in self.computed:
            for family, members in each.behind.items():
                found[family].append(members)
        return found

    def goes_on(self, activity: Activity, answers: Mapping[UUID, Answers]) -> None:
        measured = Measured("i", "1.0.0", 1, 5, {"A": answers})
        self.computed.append(compute(activity, [measured], self.earlier()))
        self.activities.append(activity)
        self.answers.append(answers)


def _named(kind: str, number: int) -> UUID:
    return uuid5(NAMES, f"{kind} {number}")


def a_history(chance: random.Random) -> History:
    """Organisations that join and leave, few or many at a time; some quiet, every seventh large, at times a giant."""
    history, last, here = History(), chance.choice([3, 5, 6, 9, 14]), set[int]()
    here |= set(range(last))
    rounds = dict.fromkeys(here, 0)
    giant = chance.random() < 0.4
    for _ in range(QUARTERS):
        groups = {_named("o", each): chance.randint(1, 3) if each % 7 else 12 for each in here}
        sessions = {
            key: {_named("o", each): chance.randint(0, 3) for each in here if chance.random() < share}
            for key, share in zip(KEYS, (0.95, 0.7, 0.3, 0.1), strict=True)
        }
        answers = {
            _named("r", 1000 * each + rounds[each]): Answers(
                n := chance.randint(15, 60) if each % 7 else 250, n * chance.uniform(1, 5)
            )
            for each in here
        }
        if giant and here and chance.random() < 0.7:
            most = _named("o", min(here))
            groups[most] = 90
            sessions[KEYS[0]][most] = 90
            answers[_named("r", 1000 * min(here) + rounds[min(here)])] = Answers(4000, 4000 * 4.5)
        history.goes_on(Activity(groups, sessions), answers)
        joined = chance.choice([0, 0, 0, 1, 2, 4, 5, 6, 9])
        here |= set(range(last, last + joined))
        last += joined
        here -= set(chance.sample(sorted(here), min(len(here), chance.choice([0, 0, 0, 0, 1, 2, 5]))))
        again = set(chance.sample(sorted(here), min(len(here), chance.choice([0, 0, 1, 3, 5, 8]))))
        rounds = {each: rounds.get(each, 0) + (each in again) for each in here}
    return history


def published(history: History, name: str) -> list[tuple[int, Group]]:
    """The quarters in which a figure is shown, and of whom it is."""
    found = []
    for quarter, each in enumerate(history.computed):
        figure, family = (
            (each.content["dimensionMeans"][0]["index"], "i 1.0.0 A")
            if name == "mean"
            else (each.content[name], ACTIVITY)
        )
        if figure["status"] == "published":
            found.append((quarter, each.behind[family]))
    return found


def isolated(sets: Sequence[Group]) -> Iterator[Group]:
    """Every group that adding and subtracting the sets once each comes out at, all its members alike."""
    for signs in product((-1, 0, 1), repeat=len(sets)):
        weights: defaultdict[UUID, int] = defaultdict(int)
        for sign, each in zip(signs, sets, strict=True):
            for member in each:
                weights[member] += sign
        left = {member: weight for member, weight in weights.items() if weight}
        if left and len(set(left.values())) == 1:
            yield frozenset(left)


def dominated(weights: Mapping[UUID, int], group: Group) -> bool:
    added = [weights.get(each, 0) for each in group]
    return 2 * max(added) > sum(added)


def faults(history: History) -> Iterator[str]:
    for name in ("organisations", "workingGroups", "sessionsHeld", "mean"):
        shown = published(history, name)
        for group in isolated([of for _, of in shown]):
            if len(group) < K:
                yield f"{name}: {len(group)} can be told apart"
        for quarter, of in shown:
            activity = history.activities[quarter]
            weights: Mapping[UUID, int] = {
                "organisations": dict.fromkeys(activity.groups, 1),
                "workingGroups": activity.groups,
                "sessionsHeld": {each: sum(by.get(each, 0) for by in activity.sessions.values()) for each in of},
                "mean": {each: answers.n for each, answers in history.answers[quarter].items()},
            }[name]
            if not of <= weights.keys():
                yield f"{name}: of somebody who is gone"
            if dominated(weights, of):
                yield f"{name}: one has most of it"
            # What lasts: the same, of whatever can be told apart in it now.
            if name != "sessionsHeld":
                parts = [group for group in isolated([each for at, each in shown if at <= quarter]) if group <= of]
                if any(dominated(weights, group) for group in parts):
                    yield f"{name}: one has most of a part"
    for quarter, each in enumerate(history.computed):
        yield from _of_templates(each, history.activities[quarter])


def _of_templates(computed: Computed, activity: Activity) -> Iterator[str]:
    """The total less any of the templates that are shown."""
    content = computed.content
    figures: dict[str, Any] = {each["key"]: each["sessionsHeld"] for each in content["usedTemplates"]}
    figures[LOCAL] = content["localSessionsHeld"]
    shown = [key for key, figure in figures.items() if figure["status"] == "published"]
    for key in shown:
        total = sum(activity.sessions[key].get(each, 0) for each in computed.behind[ACTIVITY])
        if abs(figures[key]["value"] - total) > 2.5:
            yield f"{key}: not what was held"
        if _too_few(activity, [key], computed):
            yield f"{key}: too few use it"
    if content["sessionsHeld"]["status"] == "published":
        for number in range(len(shown) + 1):
            for taken in combinations(shown, number):
                if _too_few(activity, [key for key in KEYS if key not in taken], computed):
                    yield f"all but {taken}: too few are left"


def _too_few(activity: Activity, keys: Sequence[str], computed: Computed) -> bool:
    of = computed.behind[ACTIVITY]
    left = [sum(activity.sessions[key].get(each, 0) for key in keys) for each in of]
    used = [each for each in left if each]
    return bool(used) and (len(used) < K or 2 * max(used) > sum(used))


@pytest.mark.parametrize("seed", range(sized(2, 30)))
def test_no_history_tells_of_fewer_than_five_or_mostly_of_one(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    histories = [a_history(chance) for _ in range(60)]
    assert {fault for each in histories for fault in faults(each)} == set()
    # And it is not for want of anything shown.
    for name in ("organisations", "workingGroups", "sessionsHeld", "mean"):
        assert sum(len(published(each, name)) > 1 for each in histories) > 10, name
    used = [
        figure["sessionsHeld"] for each in histories for it in each.computed for figure in it.content["usedTemplates"]
    ]
    assert {figure["status"] for figure in used} == {"published", "suppressed"}


def test_one_who_joins_or_leaves_moves_nothing() -> None:
    """The named attack: the difference between two quarters is whoever came or went in between."""
    people = [_named("o", number) for number in range(20)]

    def quarter(there: Sequence[UUID], earlier: History) -> int | None:
        sessions = {key: dict.fromkeys(there, 2) if key == "a" else {} for key in KEYS}
        earlier.goes_on(Activity(dict.fromkeys(there, 1), sessions), {})
        figure = earlier.computed[-1].content["organisations"]
        return figure.get("value")  # type: ignore[no-any-return]

    history = History()
    assert quarter(people[:4], history) is None
    assert quarter(people[:7], history) == 5
    assert quarter(people[:11], history) == 5
    assert history.computed[-1].behind[ACTIVITY] == frozenset(people[:7])
    assert quarter(people[:15], history) == 15
    # One of the newer eight goes: four are set aside with it, and too few are left; the first seven stay.
    assert quarter(people[:14], history) == 5
    assert history.computed[-1].behind[ACTIVITY] == frozenset(people[:7])
