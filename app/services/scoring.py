"""Scoring: from answers to person scores, as the instrument says.

    scheme = Scheme(dimensions=("A", …), items=(Item("A1", 0), Item("A3", 0, reverse=True), …, Item("G1")), …)
    scores = score(scheme, answers)        # persons × items, int8, in the order of `scheme.items`
    index(scheme, scores.dimensions)       # 0-100

An answer is a number on the scale, `SKIPPED` or `DONT_KNOW`. Both of these are missing in every score and are counted
apart. Scores are numbers on the answers' own scale, with NaN where too little was answered.

Source: the instrument's `scoring` section. Reverse first; a dimension's score is the mean of what was answered in it
and the total is the mean of the dimensions' scores, each only if enough is there.
"""

from dataclasses import dataclass
from functools import cached_property
from math import lcm

import numpy as np
import numpy.typing as npt

Answers = npt.NDArray[np.int8]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SKIPPED = -1
DONT_KNOW = -2
STANDALONE = -1


@dataclass(frozen=True)
class Item:
    key: str
    dimension: int = STANDALONE
    """Index into the scheme's dimensions; `STANDALONE` items are part of no score but their own."""
    reverse: bool = False


@dataclass(frozen=True)
class Scheme:
    """What the instrument says about scoring. `ValueError` if it contradicts itself."""

    dimensions: tuple[str, ...]
    items: tuple[Item, ...]
    low: int = 1
    high: int = 5
    min_items: int = 2
    """How many of a dimension's items a person must have answered to get a score on it."""
    min_dimensions: int = 5
    """How many dimensions a person must have a score on to get a total."""

    def __post_init__(self) -> None:
        keys = [*self.dimensions, *(item.key for item in self.items)]
        if len(set(keys)) != len(keys):
            raise ValueError("two dimensions or items have the same key")
        if self.low < 0 or not 2 <= self.points <= 11:
            raise ValueError("a scale has 2 to 11 points and does not start below 0")
        if any(not STANDALONE <= item.dimension < len(self.dimensions) for item in self.items):
            raise ValueError("an item belongs to a dimension that does not exist")
        if not 1 <= self.min_dimensions <= len(self.dimensions):
            raise ValueError("a total cannot ask for that many dimensions")
        if not 1 <= self.min_items <= min(len(self.items_of(each)) for each in range(len(self.dimensions))):
            raise ValueError("a dimension has fewer items than must be answered")

    @property
    def points(self) -> int:
        return self.high - self.low + 1

    @cached_property
    def standalone(self) -> tuple[int, ...]:
        """Indexes of the stand-alone items."""
        return self.items_of(STANDALONE)

    @cached_property
    def parts(self) -> int:
        """Every person score times this is a whole number, so that sums of scores are exact in whatever order."""
        sizes = [len(self.items_of(each)) for each in range(len(self.dimensions))]
        in_dimension = lcm(*range(self.min_items, max(sizes) + 1))
        return in_dimension * lcm(*range(self.min_dimensions, len(self.dimensions) + 1))

    def items_of(self, dimension: int) -> tuple[int, ...]:
        """Indexes of the items of a dimension."""
        return tuple(index for index, item in enumerate(self.items) if item.dimension == dimension)


@dataclass(frozen=True)
class Scores:
    values: Answers
    """Persons × items: the answers after reversal; what was missing is as it was."""
    dimensions: Numbers
    """Persons × dimensions."""
    totals: Numbers
    """One per person."""


def score(scheme: Scheme, answers: Answers) -> Scores:
    """Person scores. `ValueError` if the matrix has another shape than the scheme or an answer is off the scale."""
    if answers.ndim != 2 or answers.shape[1] != len(scheme.items):
        raise ValueError("answers are a matrix with one column for each item")
    answered = answers >= 0
    off_scale = answered & ((answers < scheme.low) | (answers > scheme.high))
    if off_scale.any() or (answers < DONT_KNOW).any():
        raise ValueError("an answer is not on the scale")

    reverse = np.array([item.reverse for item in scheme.items], dtype=bool)
    values = np.where(answered & reverse, scheme.low + scheme.high - answers, answers).astype(np.int8)
    dimensions = np.full((len(answers), len(scheme.dimensions)), np.nan)
    for dimension in range(len(scheme.dimensions)):
        columns = list(scheme.items_of(dimension))
        present = answered[:, columns]
        dimensions[:, dimension] = _mean(values[:, columns].astype(np.float64), present, scheme.min_items)
    totals = _mean(dimensions, ~np.isnan(dimensions), scheme.min_dimensions)
    return Scores(values, dimensions, totals)


def _mean(values: Numbers, present: Flags, least: int) -> Numbers:
    """The mean of what is present in each row, NaN where fewer than `least` are."""
    count = present.sum(axis=1)
    total = np.where(present, values, 0.0).sum(axis=1)
    return np.where(count >= least, total / np.maximum(count, 1), np.nan)


def index(scheme: Scheme, scores: Numbers) -> Numbers:
    """Scores as 0-100."""
    return (scores - scheme.low) / (scheme.high - scheme.low) * 100


def straight_lined(scheme: Scheme, answers: Answers) -> Flags:
    """Who gave one and the same answer to statements that say opposite things. Counted, never deleted.

    The middle of the scale is not counted: whoever answers it throughout has not contradicted themselves.
    """
    reverse = np.array([item.reverse for item in scheme.items], dtype=bool)
    in_dimension = np.array([item.dimension != STANDALONE for item in scheme.items], dtype=bool)
    answered = (answers >= 0) & in_dimension
    highest = np.where(answered, answers, scheme.low).max(axis=1)
    lowest = np.where(answered, answers, scheme.high).min(axis=1)
    both_ways = (answered & reverse).any(axis=1) & (answered & ~reverse).any(axis=1)
    contradicting: Flags = both_ways & (highest == lowest) & (2 * highest != scheme.low + scheme.high)
    return contradicting
