"""Change since an earlier round of the same questionnaire, and the little that is kept for it.

Kept, never shown: n, Σx and Σx² of published units, for those dimensions alone whose spread may be used (n ≥ 15, also
for what remains when published units below are taken away). Of smaller groups they would give the answers away, and
no change is shown for them anyway. Nothing is kept of the total: with exact sums of it and of the dimensions, the few
who miss a dimension could be worked out.

    {unitId: {"invited": N, "dimensions": {key: {"n": n, "sum": Σx, "sumOfSquares": Σx², "coded": Σx with coded ends}}}}

The spread comes from the exact sums. Whatever is compared or shown of the mean comes from the coded one, as the index.

Scores are on the answers' own scale, so that only rounds of the same version of an instrument can be compared.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.services import release_texts as texts
from app.services.disclosure import LEAST_SPREAD, Bound, Shown, UnitTree, index_shown, participation_shown
from app.services.release_coding import Coded
from app.services.release_figures import Figures, Usable
from app.services.scoring import Scheme
from app.services.statistics import Sample, holm, sample_of_sums, welch

LEAST_CHANGE = 5
"""Index points, both exact and as shown."""
SIGNIFICANCE = 0.05

Kept = Mapping[str, Any]


def kept_sums(scheme: Scheme, tree: UnitTree, figures: Figures, usable: Usable, coded: Coded) -> dict[str, Any]:
    """What may be stored of this round, for the trends of later ones."""
    return {
        tree.ids[unit]: {
            "invited": int(figures.invited[unit]),
            "dimensions": {
                key: {
                    "n": int(figures.n[unit, dimension]),
                    "sum": float(figures.sums[unit, dimension]) / figures.parts,
                    "sumOfSquares": float(figures.squares[unit, dimension]) / figures.parts**2,
                    "coded": float(coded.sums[unit, dimension]) / figures.parts,
                }
                for dimension, key in enumerate(scheme.dimensions)
                if usable.spread[unit, dimension]
            },
        }
        for unit in usable.units.nonzero()[0].tolist()
    }


def guarded(sample: Sample) -> Sample:
    """As the test of a change sees it: not closer to certainty than what is said of participation and spread.

    Whether all of a unit answered or all but one, and whether they were of one mind, would otherwise show in which
    changes are assured. Where participation is coded as above 90 %, a tenth is taken not to have answered.
    """
    population = sample.population
    if population is not None and participation_shown(sample.n, population).bound is Bound.ABOVE:
        population = max(population, math.ceil(sample.n / 0.9))
    return replace(sample, population=population, deviation=max(sample.deviation, LEAST_SPREAD))


def trend(
    scheme: Scheme, names: Mapping[str, texts.Text], now: Mapping[str, tuple[Sample, Shown]], earlier: Kept
) -> dict[str, Any]:
    """A unit's change in each dimension since what was kept of it `earlier`.

    `now` holds the dimensions whose spread may be used, with what is shown of them. Holm's correction is over the
    dimensions that can be compared; the change given is the difference of the two indexes that have been shown.
    """
    before = {
        key: replace(
            sample_of_sums(kept["n"], kept["sum"], kept["sumOfSquares"], earlier["invited"]),
            mean=kept["coded"] / kept["n"],
        )
        for key, kept in earlier["dimensions"].items()
        if key in now
    }
    tests = {key: welch(guarded(sample), guarded(now[key][0])) for key, sample in before.items()}
    adjusted = dict(zip(tests, holm([test.p for test in tests.values()]), strict=True))
    per_point = 100 / (scheme.high - scheme.low)

    def of_dimension(key: str) -> dict[str, Any]:
        if key in tests:
            shown_before = index_shown((before[key].mean - scheme.low) * per_point, before[key].n)
            shown = now[key][1].value - shown_before.value
            exact = tests[key].difference * per_point
            # An exact 5 can come out as 4.999…
            if min(abs(shown), abs(exact) + 1e-9) >= LEAST_CHANGE and adjusted[key] < SIGNIFICANCE:
                text = texts.change(names[key], shown_before, now[key][1])
                return {"key": key, "status": "change", "change": shown, "textAlternative": text}
        text = texts.no_assured_change(names[key])
        return {"key": key, "status": "noAssuredChange", "change": None, "textAlternative": text}

    return {"dimensions": [of_dimension(key) for key in scheme.dimensions]}
