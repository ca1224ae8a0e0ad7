"""The figures that a release is made from with their ends coded, group by group, so that subtraction proves no end.

A shown 95 means "95 or more". But with the rounded index of a unit and that of the unit below it, what is left of the
unit, its atom, can come out as nothing but 100: everyone in it at the top. What is rounded later does not help, for the
larger group has a place in the middle of the scale. So ends are coded first, in every atom, and what is shown of a unit
is made of the coded atoms in it. Any sum or difference of such figures is a sum of coded atoms too, and a coded atom
of one mind is like one that is not.

- *Means*: the mean of an atom is kept from 5 to 95 on the index.
- *Counts* (who answered and who did not, bands, points, don't knows and all else): none and one both count as a half;
  the largest count gives or takes the difference, so that all of them still add up to everyone.

Atoms are those of the units that show the kind of figure; see `disclosure`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.services.disclosure import Counts, Flags, UnitTree
from app.services.release_figures import Figures, Usable, groups_of
from app.services.scoring import Numbers, Scheme

LOWEST, HIGHEST = 5, 95
"""On the index."""
FAVOURABLE, NEUTRAL, UNFAVOURABLE = 0, 1, -1
"""Places of the bands. A scale with an even number of points has no neutral one."""


@dataclass(frozen=True)
class Coded:
    """Per unit, with the units below it. Meaningful only where the figure is usable."""

    respondents: Numbers
    sums: Numbers
    """Units × measures, in parts, like `Figures.sums`."""
    bands: Numbers
    """Units × items × favourable, neutral, unfavourable; after reversal."""
    points: Numbers
    """Units × items × points of the scale: answers as they were given."""
    dont_know: Numbers
    """Units × items."""


def coded(scheme: Scheme, tree: UnitTree, figures: Figures, usable: Usable) -> Coded:
    bands = _in_bands(scheme, figures.given)
    # Of everyone who answered, those who do not know and those who said anything else or nothing.
    unknown = np.stack([figures.dont_know, figures.respondents[:, np.newaxis] - figures.dont_know], axis=2)
    coded_bands, coded_unknown = np.zeros(bands.shape), np.zeros(unknown.shape)
    coded_points = np.zeros(figures.given.shape)
    for group, items in enumerate(groups_of(scheme)):
        at, shown = list(items), usable.distributions[:, group]
        coded_bands[:, at] = _summed_atoms(tree, shown, bands[:, at], _coded_counts)
        coded_unknown[:, at] = _summed_atoms(tree, shown, unknown[:, at], _coded_counts)
        coded_points[:, at] = _summed_atoms(tree, usable.points[:, group], figures.given[:, at], _coded_counts)
    answered = np.stack([figures.respondents, figures.invited - figures.respondents], axis=1)
    return Coded(
        _summed_atoms(tree, usable.units, answered, _coded_counts)[:, 0],
        _coded_sums(scheme, tree, figures, usable.units),
        coded_bands,
        coded_points,
        coded_unknown[:, :, 0],
    )


def _coded_sums(scheme: Scheme, tree: UnitTree, figures: Figures, published: Flags) -> Numbers:
    def code(atoms: Numbers) -> Numbers:
        sums, n = atoms[:, :, 0], atoms[:, :, 1]
        per_point = (scheme.high - scheme.low) * figures.parts / 100
        lowest, highest = (scheme.low * figures.parts + end * per_point for end in (LOWEST, HIGHEST))
        return np.clip(sums, lowest * n, highest * n)

    return _summed_atoms(tree, published, np.stack([figures.sums, figures.n], axis=2), code)


def _coded_counts(atoms: Numbers) -> Numbers:
    """The last axis is what a person is counted in, once."""
    everyone = atoms.sum(axis=-1, keepdims=True)
    counts = np.where(atoms <= 1, 0.5, atoms)
    largest = np.expand_dims(atoms.argmax(axis=-1), -1)
    rest = everyone - counts.sum(axis=-1, keepdims=True)
    np.put_along_axis(counts, largest, np.take_along_axis(counts, largest, -1) + rest, -1)
    # An atom may be nobody.
    return np.where(everyone > 0, counts, 0)


def _summed_atoms(
    tree: UnitTree, shown: Flags, values: Numbers | Counts, code: Callable[[Numbers], Numbers]
) -> Numbers:
    """Sums over each shown unit of its own atom and those of the shown units below it, each of them coded."""
    above = _nearest_shown_above(tree, shown)
    lower = np.flatnonzero(shown & (above >= 0))
    atoms = values.astype(np.float64)
    np.subtract.at(atoms, above[lower], values[lower])
    sums = code(atoms)
    for unit in tree.bottom_up:
        if shown[unit] and above[unit] >= 0:
            sums[above[unit]] += sums[unit]
    return sums


def _nearest_shown_above(tree: UnitTree, shown: Flags) -> Counts:
    """For each unit; -1 where there is none."""
    above = np.full(len(tree.ids), -1)
    for unit in reversed(tree.bottom_up[:-1]):
        parent = tree.parents[unit]
        above[unit] = parent if shown[parent] else above[parent]
    return above


def _in_bands(scheme: Scheme, given: Counts) -> Counts:
    """Units × items × bands."""
    reverse = [item.reverse for item in scheme.items]
    turned = np.where(np.array(reverse)[:, np.newaxis], given[:, :, ::-1], given)
    sides = np.sign(2 * np.arange(scheme.points) - (scheme.points - 1))
    bands = (1, 0, -1) if scheme.points % 2 else (1, -1)
    return np.stack([turned[:, :, sides == side].sum(axis=2) for side in bands], axis=2)
