"""Closed rounds for tests of the release: made by hand, or at random from a seed."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.services.disclosure import Rules, UnitTree
from app.services.release import Release, make_release
from app.services.release_figures import Responses
from app.services.scoring import DONT_KNOW, SKIPPED
from tests.services.auditor import random_tree
from tests.services.instrument import INSTRUMENT, SCHEME, ZONES

Person = Sequence[int]
"""Answers in the scheme's order."""

NAMES: dict[str, dict[str, str]] = {each["id"]: each["name"] for each in INSTRUMENT["dimensions"]} | {
    each["id"]: each["text"] for each in [*INSTRUMENT["items"], *INSTRUMENT["standalone_items"]]
}


def person(value: int, **others: int) -> Person:
    """Someone who holds `value` of everything, reversed statements included, except for what is named."""
    return [others.get(item.key, SCHEME.low + SCHEME.high - value if item.reverse else value) for item in SCHEME.items]


def people(*values: int) -> list[Person]:
    return [person(value) for value in values]


def round_of(units: dict[str, tuple[str, int, Sequence[Person]]]) -> tuple[UnitTree, Responses]:
    """From name: (name of the parent, how many direct members were invited, who answered of them)."""
    names = list(units)
    tree = UnitTree(
        tuple(names),
        tuple(names.index(parent) if parent else -1 for parent, _, _ in units.values()),
        tuple(invited for _, invited, _ in units.values()),
    )
    rows = [row for _, _, answered in units.values() for row in answered]
    places = [place for place, (_, _, answered) in enumerate(units.values()) for _ in answered]
    answers = np.array(rows, dtype=np.int8).reshape(len(rows), len(SCHEME.items))
    return tree, Responses(np.array(places, dtype=np.int64), answers)


def release_of(
    units: dict[str, tuple[str, int, Sequence[Person]]], threshold: int = 7, earlier: dict[str, Any] | None = None
) -> Release:
    tree, responses = round_of(units)
    return make_release(SCHEME, NAMES, tree, responses, Rules(threshold), earlier, ZONES)


def unit_of(release: Release, name: str) -> dict[str, Any]:
    return next(unit for unit in release.units if unit["unitId"] == name)


def random_round(dice: random.Random, units: int, size: int) -> tuple[UnitTree, Responses]:
    tree = random_tree(dice, units, size)
    silent, unsaid = dice.choice([0, 0.1, 0.4]), dice.choice([0, 0.03, 0.15])
    places, rows = [], []
    for unit, invited in enumerate(tree.invited):
        middle = dice.uniform(1, 5)
        for _ in range(invited):
            if dice.random() >= silent:
                places.append(unit)
                rows.append([_answer(dice, middle, unsaid) for _ in SCHEME.items])
    answers = np.array(rows, dtype=np.int8).reshape(len(rows), len(SCHEME.items))
    return tree, Responses(np.array(places, dtype=np.int64), answers)


def _answer(dice: random.Random, middle: float, unsaid: float) -> int:
    if dice.random() < unsaid:
        return dice.choice([SKIPPED, DONT_KNOW])
    return min(5, max(1, round(dice.gauss(middle, 1))))
