"""Which texts are kept (R7): groups of ten at least, also after subtraction, on two levels, question by question."""

import random
from collections import Counter

import numpy as np
import pytest

from app.services.disclosure import UnitTree
from app.services.survey_texts import LEAST_TEXTS, readable
from tests.services.auditor import random_tree

#            rot
#        a       b
#      aa ab
TREE = UnitTree(("rot", "a", "b", "aa", "ab"), (-1, 0, 0, 1, 1), (5, 5, 5, 5, 5))


def shown(counts: dict[str, int], threshold: int = 7, unpublished: str = "") -> dict[str, int]:
    """How many texts stand under each unit, of so many that were written in each."""
    texts = [(TREE.ids.index(unit), (f"{unit} {n}",)) for unit, count in counts.items() for n in range(count)]
    published = np.array([unit not in unpublished.split() for unit in TREE.ids])
    return dict(Counter(TREE.ids[each.unit] for each in readable(TREE, published, texts, threshold)))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"rot": 9}, {}),
        ({"rot": 10}, {"rot": 10}),
        ({"a": 10}, {"a": 10}),
        ({"aa": 4, "ab": 6}, {"a": 10}),  # two levels, no more
        ({"a": 10, "b": 10}, {"a": 10, "b": 10}),
        ({"a": 10, "b": 9}, {"rot": 19}),  # the nine would be what is left
        ({"a": 10, "b": 5, "rot": 5}, {"a": 10, "rot": 10}),
        ({"a": 11, "b": 10, "rot": 1}, {"a": 11, "rot": 11}),  # the smaller one joins the one that is left
        ({"a": 9, "b": 9}, {"rot": 18}),
        ({"a": 5, "b": 4}, {}),
    ],
)
def test_texts_stand_in_tens(written: dict[str, int], kept: dict[str, int]) -> None:
    assert shown(written) == kept


def test_a_higher_threshold_counts_for_texts_too_and_a_lower_one_does_not() -> None:
    assert shown({"a": 14, "b": 15}, threshold=15) == {"rot": 29}
    assert shown({"a": 9}, threshold=5) == {}


def test_texts_of_a_unit_without_a_result_stand_under_the_root() -> None:
    assert shown({"a": 12, "b": 12}, unpublished="a") == {"rot": 12, "b": 12}
    assert shown({"a": 12, "b": 12}, unpublished="rot") == {}


def test_each_question_is_a_group_of_its_own_and_says_what_was_written() -> None:
    texts = [(1, ("först", "")) for _ in range(10)] + [(1, ("", "sedan")) for _ in range(9)]
    kept = readable(TREE, np.ones(5, dtype=bool), texts, 7)
    assert Counter((each.unit, each.question, each.text) for each in kept) == {(1, 0, "först"): 10}


def test_no_group_and_no_difference_of_groups_is_smaller_than_ten() -> None:
    dice = random.Random(7)  # noqa: S311
    kept_somewhere = 0
    for _ in range(300):
        tree = random_tree(dice, dice.randrange(1, 12), 30)
        texts = [(unit, ("text",)) for unit in range(len(tree.ids)) for _ in range(dice.choice([0, 3, 8, 10, 15]))]
        kept = readable(tree, np.ones(len(tree.ids), dtype=bool), texts, 7)
        groups = Counter(each.unit for each in kept)
        assert all(unit == tree.root or tree.parents[unit] == tree.root for unit in groups)
        assert all(count >= LEAST_TEXTS for count in groups.values())
        assert sum(groups.values()) in (0, len(texts))
        kept_somewhere += bool(groups)
    assert kept_somewhere > 100
