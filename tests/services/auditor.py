"""An auditor that knows nothing of how units are chosen: exact algebra over whatever sums have been published."""

import random
from fractions import Fraction
from itertools import product

from app.services.disclosure import UnitTree


def rank(rows: list[list[Fraction]]) -> int:
    """By Gauss's elimination."""
    rows = [row[:] for row in rows]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((each for each in range(found, len(rows)) if rows[each][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for each in range(found + 1, len(rows)):
            factor = rows[each][column] / rows[found][column]
            rows[each] = [own - factor * other for own, other in zip(rows[each], rows[found], strict=True)]
        found += 1
    return found


def smallest_group(tree: UnitTree, direct: list[int], shown: set[int]) -> int | None:
    """The fewest persons that any combination of the published sums is about; None if nothing is published.

    People in units that the same published units cover are never told apart: they are one column. A combination is
    about no more than the columns in a set exactly when the other columns have a smaller rank than all together.
    """
    rows = [[0] * len(direct) for _ in shown]
    for unit in range(len(direct)):
        above = unit
        while above != -1:
            if above in shown:
                rows[sorted(shown).index(above)][unit] = 1
            above = tree.parents[above]
    persons: dict[tuple[int, ...], int] = {}
    for unit, count in enumerate(direct):
        column = tuple(row[unit] for row in rows)
        if count and any(column):
            persons[column] = persons.get(column, 0) + count
    columns = list(persons)
    whole = rank([[Fraction(entry) for entry in column] for column in columns])
    sizes = []
    for chosen in product([False, True], repeat=len(columns)):
        others = [column for column, inside in zip(columns, chosen, strict=True) if not inside]
        if rank([[Fraction(entry) for entry in column] for column in others]) < whole:
            sizes.append(sum(persons[column] for column, inside in zip(columns, chosen, strict=True) if inside))
    return min(sizes, default=None)


def random_tree(dice: random.Random, units: int, size: int) -> UnitTree:
    """Units in any order, wide or deep, with direct members anywhere."""
    order = dice.sample(range(units), units)
    reach = dice.choice([2, units])
    parents = [-1] * units
    for position in range(1, units):
        parents[order[position]] = order[dice.randrange(max(0, position - reach), position)]
    inner = dice.choice([0.0, 0.3, 1.0])
    has_children = set(parents)
    invited = [
        dice.randrange(size) if unit not in has_children or dice.random() < inner else 0 for unit in range(units)
    ]
    ids = dice.sample([f"{number:04x}" for number in range(units)], units)
    return UnitTree(tuple(ids), tuple(parents), tuple(invited))
