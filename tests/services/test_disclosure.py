"""Disclosure control: attacks on hand-made trees, the rule word for word, and exact algebra over what is published."""

import random

import numpy as np
import pytest

from app.services.disclosure import (
    Bound,
    Counts,
    Layer,
    Rules,
    Shown,
    UnitTree,
    index_shown,
    participation_shown,
    preview,
    publishable,
    respondents_band,
    share_shown,
    with_units_below,
)
from tests.services.auditor import random_tree, smallest_group

K = 7


def tree_of(**units: tuple[str, int]) -> UnitTree:
    """A tree from name=(name of the parent, number of direct members); the parent of the root is empty."""
    names = list(units)
    parents = tuple(names.index(parent) if parent else -1 for parent, _ in units.values())
    return UnitTree(tuple(names), parents, tuple(size for _, size in units.values()))


def published(tree: UnitTree, *direct: list[int], threshold: int = K) -> set[str]:
    """Names of the units that are published, by one or several measures; the first counts the respondents."""
    counts = with_units_below(tree, np.array(direct or [tree.invited], dtype=np.int64).T)
    flags = publishable(tree, counts, counts[:, 0], threshold)
    return {name for name, flag in zip(tree.ids, flags, strict=True) if flag}


# --- The attacks, each on a tree that falls to it ----------------------------------------------------------------


def test_parent_minus_children() -> None:
    tree = tree_of(root=("", 0), big=("root", 20), middle=("root", 9), small=("root", 3))
    assert published(tree) == {"root", "big"}, "root less big and middle would be small"


def test_grandparent_minus_mixed_generations() -> None:
    tree = tree_of(
        root=("", 0), left=("root", 0), leaf=("left", 8), twig=("left", 3), right=("root", 12), branch=("left", 10)
    )
    # left less leaf and branch is twig. With leaf gone, root less branch and right is leaf and twig together.
    assert published(tree) == {"root", "left", "branch", "right"}
    hidden = tree_of(root=("", 0), left=("root", 3), leaf=("left", 10), right=("root", 12), tiny=("right", 2))
    # left (13) has 3 direct members and right (14) a unit of 2 below it that nobody sees.
    assert published(hidden) == {"root", "left", "right"}


def test_an_unpublished_level_between_is_seen_through() -> None:
    tree = tree_of(root=("", 0), hall=("root", 4), deep=("hall", 9), other=("root", 9))
    # hall (13) less deep is 4: deep goes, and then nothing below the root is too close to it.
    assert published(tree) == {"root", "hall", "other"}
    through = tree_of(root=("", 0), hall=("root", 0), one=("hall", 3), two=("hall", 9), other=("root", 9))
    counts = with_units_below(through, np.array([through.invited]).T)
    among = np.array([name != "hall" for name in through.ids])
    flags = publishable(through, counts, counts[:, 0], K, among)
    # Without hall, root less other and two would be one: of these equals, other has the smaller id.
    assert [name for name, flag in zip(through.ids, flags, strict=True) if flag] == ["root", "two"]


def test_units_with_direct_members() -> None:
    assert published(tree_of(root=("", 1), a=("root", 30), b=("root", 20))) == {"root", "a"}
    assert published(tree_of(root=("", K), a=("root", 30), b=("root", 20))) == {"root", "a", "b"}
    assert published(tree_of(root=("", 0), a=("root", 30), b=("root", 20))) == {"root", "a", "b"}


def test_a_single_child() -> None:
    assert published(tree_of(root=("", 0), only=("root", 9))) == {"root", "only"}, "the same people twice"
    assert published(tree_of(root=("", 2), only=("root", 9))) == {"root"}
    assert published(tree_of(root=("", K), only=("root", 9))) == {"root", "only"}


def test_a_sibling_at_k_minus_1_whose_complement_leaks_a_level_up() -> None:
    tree = tree_of(
        root=("", 0), north=("root", 0), a=("north", 8), b=("north", K - 1), south=("root", 0), c=("south", 25)
    )
    # north less a is b: a goes. The root's children are whole, and so is it.
    assert published(tree) == {"root", "north", "south", "c"}
    lone = tree_of(root=("", 0), north=("root", K - 1), south=("root", 0), a=("south", 8), b=("south", 9))
    # north itself is too small; root less south is north, so south goes; then root less a and b is north again.
    assert published(lone) == {"root", "b"}


def test_n_that_differs_between_measures_through_dont_know() -> None:
    tree = tree_of(root=("", 0), a=("root", 12), b=("root", 12), c=("root", 12))
    everyone = [0, 12, 12, 12]
    assert published(tree, everyone) == {"root", "a", "b", "c"}
    assert published(tree, everyone, [0, 12, 12, 6]) == {"root", "b"}, "on the second measure c is too small"
    assert published(tree, everyone, [0, 12, 12, 0]) == {"root", "a", "b"}, "nobody is a group that says nothing"
    assert published(tree, everyone, [0, 2, 2, 2]) == set()


def test_those_who_say_nothing_are_counted_too() -> None:
    """Two in the root did not answer: published with all its units, it would say so. `invited` is a measure."""
    tree = tree_of(root=("", 2), a=("root", 12), b=("root", 14))
    answered = [0, 9, 9]
    assert published(tree, answered) == {"root", "a", "b"}
    assert published(tree, answered, list(tree.invited)) == {"root", "b"}


def test_the_fewest_respondents_go_first_and_of_equals_the_smallest_id() -> None:
    assert published(tree_of(root=("", 3), b=("root", 9), a=("root", 9), c=("root", 8))) == {"root", "a", "b"}
    assert published(tree_of(root=("", 3), b=("root", 9), a=("root", 9), c=("root", 10))) == {"root", "b", "c"}


def test_distributions_are_guarded_with_their_own_threshold() -> None:
    """Units of 15 and 23: the difference, 8, may be a mean but not a distribution."""
    tree = tree_of(root=("", 8), a=("root", 15))
    counts = with_units_below(tree, np.array([tree.invited]).T)
    units = publishable(tree, counts, counts[:, 0], K)
    assert units.tolist() == [True, True]
    layer = publishable(tree, counts, counts[:, 0], Rules(K).least(Layer.DISTRIBUTION), among=units)
    assert layer.tolist() == [True, False]


# --- The rule word for word --------------------------------------------------------------------------------------


def word_for_word(tree: UnitTree, counts: list[list[int]], respondents: list[int], threshold: int) -> set[int]:
    """R2 and R3 as they are written, with sets and nothing clever."""
    units = range(len(tree.ids))
    measures = range(len(counts[0]))

    def above(unit: int) -> list[int]:
        found = []
        while (unit := tree.parents[unit]) != -1:
            found.append(unit)
        return found

    ancestors = [above(unit) for unit in units]
    shown = {unit for unit in units if all(counts[unit][m] >= threshold for m in measures)}

    def maximal_published_descendants(unit: int) -> list[int]:
        below = [each for each in shown if unit in ancestors[each]]
        return [each for each in below if not set(ancestors[each]) & set(below)]

    def violated(unit: int) -> bool:
        covered = maximal_published_descendants(unit)
        atoms = [counts[unit][m] - sum(counts[each][m] for each in covered) for m in measures]
        return any(atom != 0 and atom < threshold for atom in atoms)

    while wrong := [unit for unit in shown if violated(unit)]:
        unit = max(wrong, key=lambda each: (len(ancestors[each]), tree.ids[each]))  # the root last
        candidates = maximal_published_descendants(unit)
        shown.discard(min(candidates, key=lambda each: (respondents[each], tree.ids[each])) if candidates else unit)
    return shown


def random_counts(dice: random.Random, tree: UnitTree, measures: int) -> Counts:
    """Those who answered, and of them those with a score on each measure: people say don't know."""
    silent, unknowing = dice.choice([0, 0.1, 0.4]), dice.choice([0, 0.05, 0.3])
    direct = []
    for invited in tree.invited:
        answered = sum(dice.random() >= silent for _ in range(invited))
        scored = [sum(dice.random() >= unknowing for _ in range(answered)) for _ in range(measures)]
        direct.append([invited, answered, *scored])
    return with_units_below(tree, np.array(direct, dtype=np.int64))


def test_a_thousand_random_trees_come_out_as_the_rule_says_word_for_word() -> None:
    dice = random.Random(1_000)  # noqa: S311
    outcomes = {"some": 0, "all that R2 lets through": 0, "none": 0}
    for _ in range(1_000):
        tree = random_tree(dice, dice.randrange(1, 40), dice.choice([4, 12, 30]))
        threshold = dice.randrange(5, 31) if dice.random() < 0.3 else K
        counts = random_counts(dice, tree, dice.randrange(1, 8))
        flags = publishable(tree, counts, counts[:, 1], threshold)
        expected = word_for_word(tree, counts.tolist(), counts[:, 1].tolist(), threshold)
        assert set(np.flatnonzero(flags).tolist()) == expected
        large_enough = int((counts >= threshold).all(axis=1).sum())
        kind = "none" if not expected else "some" if len(expected) < large_enough else "all that R2 lets through"
        outcomes[kind] += 1
    assert min(outcomes.values()) > 50, f"the trees were too much alike: {outcomes}"


# --- Exact algebra -----------------------------------------------------------------------------------------------


def test_no_combination_of_published_sums_is_about_fewer_than_k() -> None:
    dice = random.Random(64)  # noqa: S311
    leaking = 0
    for _ in range(400):
        tree = random_tree(dice, dice.randrange(2, 9), 14)
        direct = np.array(
            [[invited, *(dice.randint(invited // 2, invited) for _ in range(2))] for invited in tree.invited]
        )
        counts = with_units_below(tree, direct)
        flags = publishable(tree, counts, counts[:, 0], K)
        by_threshold_alone = (counts >= K).all(axis=1)
        for measure in range(3):
            own = direct[:, measure].tolist()
            group = smallest_group(tree, own, set(np.flatnonzero(flags).tolist()))
            assert group is None or group >= K
        group = smallest_group(tree, direct[:, 0].tolist(), set(np.flatnonzero(by_threshold_alone).tolist()))
        leaking += group is not None and group < K
    assert leaking > 100, "the threshold alone must leak in many of these trees, or the check sees nothing"


# --- Trees, thresholds, previews ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "parents", "invited"),
    [
        (("a", "b"), (-1, -1), (1, 1)),
        (("a", "b", "c"), (-1, 2, 1), (1, 1, 1)),
        (("a",), (0,), (1,)),
        (("a", "a"), (-1, 0), (1, 1)),
        (("a", "b"), (-1,), (1, 1)),
        (("a",), (-1,), (-1,)),
        ((), (), ()),
    ],
    ids=["two roots", "a circle", "its own parent", "one id twice", "a parent missing", "a headcount below 0", "none"],
)
def test_what_is_not_a_tree_is_refused(ids: tuple[str, ...], parents: tuple[int, ...], invited: tuple[int]) -> None:
    with pytest.raises(ValueError, match=r"tree|unit|headcount"):
        UnitTree(ids, parents, invited)


@pytest.mark.parametrize("threshold", [0, 4, 31])
def test_a_threshold_outside_5_to_30_is_refused(threshold: int) -> None:
    with pytest.raises(ValueError, match="5 to 30"):
        Rules(threshold)


def test_a_figure_with_a_larger_number_of_its_own_never_gets_a_smaller_one() -> None:
    assert [Rules(7).least(layer) for layer in Layer] == [10, 15, 30]
    assert [Rules(20).least(layer) for layer in Layer] == [20, 20, 30]


def test_a_preview_counts_in_whole_people_and_by_the_same_rule() -> None:
    tree = tree_of(root=("", 0), a=("root", 12), b=("root", 11), c=("root", 10))
    # 60 % of 12, 11 and 10 is 7, 6 and 6.
    assert preview(tree, 60, Rules(7)).tolist() == [True, True, False, False]
    assert preview(tree, 60, Rules(6)).tolist() == [True, True, True, True]
    assert preview(tree, 100, Rules(7)).tolist() == [True, True, True, True]
    assert preview(tree, 0, Rules(7)).tolist() == [False, False, False, False]
    # 29 % of 100 is 29; in floating point it would be 28.
    assert preview(tree_of(root=("", 100)), 29, Rules(29)).tolist() == [True]
    # One person in the root itself: whether they answer or not, a unit below is not shown.
    assert preview(tree_of(root=("", 1), a=("root", 30), b=("root", 20)), 50, Rules(7)).tolist() == [True, True, False]


# --- How much of a number ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "n", "shown"),
    [
        (62.5, 14, Shown(65)),
        (62.4, 14, Shown(60)),
        (62.5, 15, Shown(63)),
        (62.4, 15, Shown(62)),
        (0.0, 100, Shown(5, Bound.AT_MOST)),
        (5.4, 100, Shown(5, Bound.AT_MOST)),
        (5.5, 100, Shown(6)),
        (92.4, 7, Shown(90)),
        (92.5, 7, Shown(95, Bound.AT_LEAST)),
        (100.0, 7, Shown(95, Bound.AT_LEAST)),
        (94.5, 100, Shown(95, Bound.AT_LEAST)),
        (94.4, 100, Shown(94)),
    ],
)
def test_an_index_is_rounded_and_its_ends_are_coded(index: float, n: int, shown: Shown) -> None:
    assert index_shown(index, n) == shown


@pytest.mark.parametrize(
    ("count", "total", "shown"),
    [
        (0, 12, Shown(10, Bound.AT_MOST)),
        (1, 12, Shown(10, Bound.AT_MOST)),
        (3, 20, Shown(20)),
        (9, 20, Shown(50)),
        (16, 20, Shown(80)),
        (17, 20, Shown(90, Bound.AT_LEAST)),
        (20, 20, Shown(90, Bound.AT_LEAST)),
    ],
)
def test_a_share_is_rounded_to_tens_and_its_ends_are_coded(count: int, total: int, shown: Shown) -> None:
    assert share_shown(count, total) == shown


@pytest.mark.parametrize(
    ("answered", "shown"),
    [
        (0, Shown(20, Bound.BELOW)),
        (17, Shown(20, Bound.BELOW)),
        (18, Shown(20)),
        (62, Shown(60)),
        (63, Shown(65)),
        (92, Shown(90)),
        (93, Shown(90, Bound.ABOVE)),
        (100, Shown(90, Bound.ABOVE)),
    ],
)
def test_participation_is_rounded_to_fives_and_its_ends_are_coded(answered: int, shown: Shown) -> None:
    assert participation_shown(answered, 100) == shown


@pytest.mark.parametrize("invited", range(2, 60))
def test_that_all_answered_is_not_told_from_all_but_one(invited: int) -> None:
    everyone, nearly = participation_shown(invited, invited), participation_shown(invited - 1, invited)
    assert everyone == nearly
    assert everyone.bound is (Bound.ABOVE if invited > 13 else Bound.AT_LEAST if invited > 2 else everyone.bound)
    # What is said is true of fewer too.
    assert all(participation_shown(each, invited).value <= everyone.value for each in range(invited))


def test_a_single_item_is_told_in_fives() -> None:
    assert index_shown(62.4, 100, coarse=True) == Shown(60)
    assert index_shown(62.5, 100, coarse=True) == Shown(65)


@pytest.mark.parametrize(
    ("n", "threshold", "band"),
    [
        (7, 7, (7, 9)),
        (9, 7, (7, 9)),
        (10, 7, (10, 14)),
        (24, 7, (15, 24)),
        (49, 7, (25, 49)),
        (99, 7, (50, 99)),
        (100, 7, (100, None)),
        (5, 5, (5, 9)),
        (13, 12, (12, 14)),
        (15, 12, (15, 24)),
        (31, 30, (30, 49)),
    ],
)
def test_n_is_told_as_a_band(n: int, threshold: int, band: tuple[int, int | None]) -> None:
    assert respondents_band(n, threshold) == band
