"""Disclosure control: what may be shown of a closed round so that no group smaller than K can be worked out.

    tree = UnitTree(ids, parents, invited)                          # frozen when the round opened; exactly one root
    publishable(tree, counts, respondents, K)                       # R2 and R3 -> one flag per unit
    index_shown, share_shown, participation_shown, respondents_band # R4 to R6: numbers as they may be read
    preview(tree, response_percent, K)                              # before a round, from headcounts alone

**Atoms.** What is published of a unit P and of the units below it can be subtracted: P less its nearest published
descendants leaves a group that nobody asked for, the atom. Sums over published units and sums over atoms determine
each other (a triangular system with ones on its diagonal), so a combination of published sums is about fewer than K
persons only if some atom is. R3 makes every atom 0 or at least K.

**Which quantities.** Each kind of figure has a threshold, and R2 and R3 are applied anew, with that threshold, to the
units that show this kind (`Layer`); otherwise the difference of two distributions from n = 10 would be a distribution
of a group of 7. A kind's counts are those of everyone its figures say something about:

- *Units* (K). A unit is published on: everyone invited, everyone who answered, the valid scores of every dimension, of
  the total and of every stand-alone item; K counts for each. Those invited are among them since "published together
  with all units below it" would otherwise say of a single direct member that they have *not* answered; those who
  answered, since the band of respondents and the don't-know shares are about them.
- *Distributions* (the larger of K and 10). The bands and don't-know shares of a dimension and of its items come
  together or not at all, since the dimension's bands are the sum of its items': two items and the dimension give the
  third. They count every item's numeric answers and everyone who answered. Items have no mean of their own, so that
  this is where the items are measures; as measures of whole units they would, with a few don't-knows on each of 19
  items, suppress nearly every unit of fewer than 10 without protecting anything that is shown.
- *Points* (the larger of K and 30): the shares of each answer on the scale, likewise.
- *Spread* (the larger of K and 15), measure by measure: whatever depends on a variance, shown or kept for trends.

**Across measures** the total is the mean of the dimensions for everyone who has them all, so that the difference of
the two sums is about those alone who miss one. No rule on counts can guard them (they are few nearly everywhere); R4
does. An index stands for a sum that may be off by half a step times n, for the two together by n points: 15 or more,
against the 16.7 that someone with five dimensions out of six adds to the difference. So nothing exact is kept of it.

**What n is.** It is shown as a band, of the coded number: with ten invited, "10–14" would say that all answered. But
participation in steps of 5 % of an invited number that colleagues know tells more: of 20 invited or fewer, often n to
the person; of 100, n within five. Nothing here may rest on n being unknown.
Hidden is whether everyone or all but one answered (R6; with exactly K invited, R2 tells that all K did), and how many
have a score in each measure. What is shown of a group is safe for someone who knows every n, as the attacks do.

**Ends.** That a group of K or more is all of one mind at an end is about each person in it. Coding what is shown hides
it only until it is subtracted: the ends are coded in every atom, before anything is summed; see `release_coding`.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from app.services.statistics import round_half_away

Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NumberT = TypeVar("NumberT", np.int64, np.float64)

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 5, 30
USUAL_THRESHOLD = 7


class Layer(StrEnum):
    """A kind of figure that comes from a larger number than the unit itself."""

    DISTRIBUTION = "distribution"
    SPREAD = "spread"
    POINTS = "points"


LEAST_SPREAD = 0.5
"""Points of the scale. A smaller spread is taken for this one: none at all says that all are of one mind."""
_LEAST = {Layer.DISTRIBUTION: 10, Layer.SPREAD: 15, Layer.POINTS: 30}


@dataclass(frozen=True)
class Rules:
    """K, frozen when the round opened. `ValueError` outside 5 to 30."""

    threshold: int = USUAL_THRESHOLD

    def __post_init__(self) -> None:
        if not LOWEST_THRESHOLD <= self.threshold <= HIGHEST_THRESHOLD:
            raise ValueError("the threshold is from 5 to 30")

    def least(self, layer: Layer) -> int:
        """The threshold of a kind of figure."""
        return max(self.threshold, _LEAST[layer])


# --- The tree ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitTree:
    """Units in any order. `ValueError` unless they are one tree with one root."""

    ids: tuple[str, ...]
    """In their usual text form: ties go to the smallest."""
    parents: tuple[int, ...]
    """Index of the parent; -1 for the root."""
    invited: tuple[int, ...]
    """Direct members of each unit, without those of the units below it."""

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.parents) == len(self.invited) == len(set(self.ids)):
            raise ValueError("every unit has one id, one parent and one headcount")
        if any(headcount < 0 for headcount in self.invited):
            raise ValueError("a headcount is not negative")
        if self.parents.count(-1) != 1 or len(self.bottom_up) != len(self.ids):
            raise ValueError("the units are not one tree with one root")

    @cached_property
    def root(self) -> int:
        return self.parents.index(-1)

    @cached_property
    def bottom_up(self) -> tuple[int, ...]:
        """Indexes with every unit after all that are below it, the root last."""
        children: list[list[int]] = [[] for _ in self.ids]
        for unit, parent in enumerate(self.parents):
            if parent != -1:
                children[parent].append(unit)
        top_down = [self.root]
        for unit in top_down:  # grows while it is read
            top_down.extend(children[unit])
        return tuple(reversed(top_down))


def with_units_below(tree: UnitTree, direct: npt.NDArray[NumberT]) -> npt.NDArray[NumberT]:
    """Sums over each unit and all units below it, from those of the units' direct members (first axis: units)."""
    sums = direct.copy()
    for unit in tree.bottom_up[:-1]:
        sums[tree.parents[unit]] += sums[unit]
    return sums


# --- R2 and R3: which units --------------------------------------------------------------------------------------


def publishable(
    tree: UnitTree, counts: Counts, respondents: Counts, threshold: int, among: Flags | None = None
) -> Flags:
    """Which units can be published so that every atom of every measure is 0 or at least the threshold.

    `counts` is units × measures and `respondents` one per unit, both with the units below; `among` are the units
    that come into question, all of them if it is left out.

    R3 word for word: while a published unit has an atom between, its nearest published descendant with the fewest
    respondents (ties: smallest id) goes, and those below that one come nearer. Going from the bottom up, each unit is
    settled once and for all: what happens above it takes whole units away and changes no atom within the others.
    A unit with no published descendant is its own atom, which R2 has seen to, so that R3 never unpublishes P itself.
    """
    published: Flags = np.all(counts >= threshold, axis=1)
    if among is not None:
        published &= among
    # For each unit: its nearest published descendants as a heap, and the sum of their counts.
    nearest: list[list[tuple[int, str, int]]] = [[] for _ in tree.ids]
    covered = np.zeros_like(counts)
    for unit in tree.bottom_up:
        if published[unit]:
            heapq.heapify(nearest[unit])
            while nearest[unit] and _too_small(counts[unit] - covered[unit], threshold):
                smallest = heapq.heappop(nearest[unit])[2]
                published[smallest] = False
                covered[unit] += covered[smallest] - counts[smallest]
                for each in nearest[smallest]:
                    heapq.heappush(nearest[unit], each)
        if (parent := tree.parents[unit]) == -1:
            continue
        if published[unit]:
            nearest[parent].append((int(respondents[unit]), tree.ids[unit], unit))
            covered[parent] += counts[unit]
        else:
            nearest[parent].extend(nearest[unit])
            covered[parent] += covered[unit]
    return published


def _too_small(atom: Counts, threshold: int) -> bool:
    return bool(((atom > 0) & (atom < threshold)).any())


def preview(tree: UnitTree, response_percent: int, rules: Rules) -> Flags:
    """Which units would be published if so many in a hundred answered everything in every unit, rounded down.

    From the headcounts alone and with the same algorithm: it can be asked before a round and tells nothing of one.
    """
    direct = [(headcount * response_percent // 100, headcount) for headcount in tree.invited]
    counts = with_units_below(tree, np.array(direct, dtype=np.int64))
    return publishable(tree, counts, counts[:, 0], rules.threshold)


# --- R4 to R6: how much of a number ------------------------------------------------------------------------------


class Bound(StrEnum):
    """How a number is meant: rounded, or the end of a scale whose outermost part is not told apart."""

    ABOUT = "about"
    AT_MOST = "atMost"
    AT_LEAST = "atLeast"
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True)
class Shown:
    value: int
    bound: Bound = Bound.ABOUT


def index_shown(index: float, n: int, *, coarse: bool = False) -> Shown:
    """R4: to the nearest 5 below n = 15 or if `coarse`, else to whole numbers; 5 means 5 or less, 95 means 95 or more.

    A single item's index is coarse: in whole numbers it is the exact sum of up to 24 answers on five points.
    """
    value = round_half_away(index, 5 if coarse or n < _LEAST[Layer.SPREAD] else 1)
    return _coded(value, 5, 95)


def share_shown(count: float, total: float) -> Shown:
    """R5: per cent, to the nearest 10; 10 means 10 or less (also none) and 90 means 90 or more (also all)."""
    return _coded(round_half_away(100 * count / total, 10), 10, 90)


def _coded(value: int, lowest: int, highest: int) -> Shown:
    if value <= lowest:
        return Shown(lowest, Bound.AT_MOST)
    return Shown(highest, Bound.AT_LEAST) if value >= highest else Shown(value)


def participation_shown(answered: float, invited: int) -> Shown:
    """R6: per cent, to the nearest 5; below 20 and above 90 are not told apart further.

    Nor are all told from all but one: where few are invited (up to 13) the upper end begins lower, at what all but
    one are.
    """
    percent = round_half_away(100 * answered / invited, 5)
    all_but_one = round_half_away(100 * (invited - 1) / invited, 5)
    if percent < 20:
        return Shown(20, Bound.BELOW)
    if percent > 90 and all_but_one > 90:
        return Shown(90, Bound.ABOVE)
    return Shown(all_but_one, Bound.AT_LEAST) if percent >= all_but_one else Shown(percent)


_BANDS: Sequence[tuple[int, int | None]] = ((5, 9), (10, 14), (15, 24), (25, 49), (50, 99), (100, None))


def respondents_band(n: int, threshold: int) -> tuple[int, int | None]:
    """R4: n as a band from … to …, of which K cuts off what cannot be; None is "or more"."""
    low, high = next(band for band in _BANDS if band[1] is None or n <= band[1])
    return max(low, threshold), high
