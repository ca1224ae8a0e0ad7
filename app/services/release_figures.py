"""The exact figures that a release is made from, and which of them may be used. Nothing here is shown as it is.

Everything is per unit, with the units below it; units are in the tree's order. `ValueError` if the answers do not fit
the tree or the scheme.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.services.disclosure import Counts, Flags, Layer, Rules, UnitTree, publishable, with_units_below
from app.services.scoring import DONT_KNOW, Answers, Numbers, Scheme, Scores
from app.services.statistics import Sample, sample_of_sums

TOTAL = "total"


@dataclass(frozen=True)
class Responses:
    """The decoded answers of a closed round, one row for each person, in any order."""

    units: npt.NDArray[np.int64]
    """Index into the tree of each person's own unit."""
    answers: Answers
    """Persons × items, as `scoring` reads them."""


@dataclass(frozen=True)
class Figures:
    measures: tuple[str, ...]
    """What has a mean: the dimensions, the total, the stand-alone items."""
    parts: int
    """Sums are in these parts of a scale point, and so they are whole numbers."""
    invited: Counts
    respondents: Counts
    n: Counts
    """Units × measures: persons with a score."""
    sums: Numbers
    """Units × measures."""
    squares: Numbers
    """Units × measures."""
    given: Counts
    """Units × items × points of the scale: answers as they were given, before reversal."""
    dont_know: Counts
    """Units × items."""

    def sample(self, unit: int, measure: int) -> Sample:
        """The scores of a unit's people, on the answers' own scale. Two persons at least."""
        total, squares = float(self.sums[unit, measure]), float(self.squares[unit, measure])
        return sample_of_sums(
            int(self.n[unit, measure]), total / self.parts, squares / self.parts**2, int(self.invited[unit])
        )


@dataclass(frozen=True)
class Usable:
    """What passed R2 and R3, each kind of figure with its own threshold; see `disclosure`."""

    units: Flags
    spread: Flags
    """Units × measures."""
    distributions: Flags
    """Units × groups of items."""
    points: Flags
    """Units × groups of items."""


def measured(scheme: Scheme, tree: UnitTree, responses: Responses, scores: Scores) -> Figures:
    """Count and sum what the scores of a round come to."""
    units = responses.units
    if len(units) != len(responses.answers) or ((units < 0) | (units >= len(tree.ids))).any():
        raise ValueError("every person belongs to one unit of the tree")
    respondents = np.bincount(units, minlength=len(tree.ids))
    if (respondents > np.array(tree.invited)).any():
        raise ValueError("more have answered in a unit than were invited")

    alone = np.where(scores.values >= 0, scores.values, np.nan)[:, list(scheme.standalone)]
    persons = np.column_stack([scores.dimensions, scores.totals, alone])
    valid = ~np.isnan(persons)
    # Whole numbers, exact in floating point: the order of the answers changes nothing, not even the last digit.
    in_parts = np.rint(np.where(valid, persons, 0) * scheme.parts)

    def summed(columns: Numbers) -> Numbers:
        direct = [np.bincount(units, weights=column, minlength=len(tree.ids)) for column in columns.T]
        return with_units_below(tree, np.column_stack(direct))

    width = scheme.high - DONT_KNOW + 1
    cells = units[:, np.newaxis] * width + (responses.answers.astype(np.int64) - DONT_KNOW)
    tallies = [np.bincount(column, minlength=len(tree.ids) * width).reshape(-1, width) for column in cells.T]
    answered = with_units_below(tree, np.stack(tallies, axis=1))
    return Figures(
        measures=(*scheme.dimensions, TOTAL, *(scheme.items[item].key for item in scheme.standalone)),
        parts=scheme.parts,
        invited=with_units_below(tree, np.array(tree.invited, dtype=np.int64)),
        respondents=with_units_below(tree, respondents),
        n=summed(valid.astype(np.float64)).astype(np.int64),
        sums=summed(in_parts),
        squares=summed(in_parts**2),
        given=answered[:, :, scheme.low - DONT_KNOW :],
        dont_know=answered[:, :, 0],
    )


def groups_of(scheme: Scheme) -> list[tuple[int, ...]]:
    """Items whose distributions come together: those of each dimension, and each stand-alone item by itself."""
    return [*map(scheme.items_of, range(len(scheme.dimensions))), *((item,) for item in scheme.standalone)]


def usable(scheme: Scheme, tree: UnitTree, figures: Figures, rules: Rules) -> Usable:
    """Apply R2 and R3 to each kind of figure."""
    respondents = figures.respondents

    def passing(counts: list[Counts], threshold: int, among: Flags | None = None) -> Flags:
        return publishable(tree, np.column_stack(counts), respondents, threshold, among)

    def layered(layer: Layer, counts: list[list[Counts]]) -> Flags:
        return np.column_stack([passing(each, rules.least(layer), units) for each in counts])

    units = passing([figures.invited, respondents, figures.n], rules.threshold)
    numeric = figures.given.sum(axis=2)
    of_groups = [[respondents, numeric[:, list(items)]] for items in groups_of(scheme)]
    return Usable(
        units=units,
        spread=layered(Layer.SPREAD, [[figures.n[:, measure]] for measure in range(len(figures.measures))]),
        distributions=layered(Layer.DISTRIBUTION, of_groups),
        points=layered(Layer.POINTS, of_groups),
    )
