"""The release of a closed round: everything that will ever be shown of it, made once.

    make_release(scheme, names, tree, responses, rules, earlier, zones) -> Release(units, organisation, sums)

- `names`: texts {"sv": …, "en": …} of the dimensions and items, by key.
- `tree`: the units as they were frozen when the round opened; its root is the organisation.
- `earlier`: by unit the `sums` of the latest earlier release of the same version of the instrument in which it was
  shown, or None.
- `zones`: the instrument's neutral words for where an index lies.
- `units`: one for each unit, in the tree's order, ready for JSON, with camelCase keys. A suppressed unit says only that
  it is; R2 and R3 are one reason.
- `organisation`: how far the questionnaire can be relied on, for the whole organisation alone.
- `sums`: what may be kept for later trends and is never shown; see `release_trends`.

The same answers in another order give the same release. It is made of whole numbers that are rounded already:

- *Index*: R4, from sums whose ends are coded in every atom (`release_coding`), a single item's in fives. Zones, lowest
  dimensions, benchmarks and changes are taken from the rounded index.
- *Interval*: the rounded index ± a whole number, since bounds of their own would tell the mean to half a point. A
  spread below half a point of the scale counts as half a point, and there is none at a coded end: a narrow interval
  would say that everyone answered alike. Where all or nearly all take part (R6 does not tell these apart) it says so
  instead: "everyone answered" alone would tell of each person that they did.
- *Bands and points*: R5; dimensions over their items' answers. Bands are after reversal, points are answers as given.
  The interval of the favourable share is computed from the rounded share and rounded outwards.
- *Respondents* and *participation*: R4's band and R6's share, both of the coded number of those who answered. At 60 %
  as shown, or less, it is said that non-response is not covered.
- *Reliability*: where at least K answered otherwise than most.
- *Others*: the rest of the organisation, where the whole is published and every difference is K at least.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from app.services import release_texts as texts
from app.services.disclosure import Layer, Rules, UnitTree, participation_shown, respondents_band, share_shown
from app.services.release_coding import coded
from app.services.release_figures import TOTAL, Responses, measured, usable
from app.services.release_measures import (
    Basis,
    Content,
    Zones,
    dimension_content,
    index_content,
    index_of,
    index_of_sum,
    item_content,
    share_content,
    standalone_content,
    total_content,
)
from app.services.release_texts import Text
from app.services.release_trends import Kept, kept_sums, trend
from app.services.scoring import STANDALONE, Numbers, Scheme, Scores, score, straight_lined
from app.services.statistics import Sample, cronbach_alpha, round_half_away

PUBLISHED, SUPPRESSED = "published", "suppressed"
NON_RESPONSE_FROM = 60
"""Per cent as shown, and below."""


@dataclass(frozen=True)
class Release:
    units: list[Content]
    organisation: Content
    sums: Content


def make_release(
    scheme: Scheme,
    names: Mapping[str, Text],
    tree: UnitTree,
    responses: Responses,
    rules: Rules,
    earlier: Kept | None = None,
    zones: Zones = Zones(),
) -> Release:
    """Score, count, suppress, round. `ValueError` if scheme, tree and answers do not fit each other."""
    scores = score(scheme, responses.answers)
    figures = measured(scheme, tree, responses, scores)
    called = {key: names[key] for key in scheme.dimensions} | {TOTAL: texts.TOTAL_NAME}
    called |= {item.key: texts.statement(names[item.key]) for item in scheme.items}
    may = usable(scheme, tree, figures, rules)
    basis = Basis(scheme, called, tree, figures, may, coded(scheme, tree, figures, may), rules, zones)
    units = [_unit(basis, unit, (earlier or {}).get(tree.ids[unit])) for unit in range(len(tree.ids))]
    return Release(
        units, _organisation(basis, responses, scores), kept_sums(scheme, tree, figures, basis.usable, basis.coded)
    )


# --- A unit ------------------------------------------------------------------------------------------------------


def _unit(basis: Basis, unit: int, earlier: Kept | None) -> Content:
    identity = {"unitId": basis.tree.ids[unit]}
    if not basis.usable.units[unit]:
        return identity | _suppressed()
    scheme, figures = basis.scheme, basis.figures
    # Both of the same coded number. That of ten invited ten have answered is told by the band if not by the share.
    answered = float(basis.coded.respondents[unit])
    low, high = respondents_band(math.floor(answered), basis.rules.threshold)
    participation = participation_shown(answered, int(figures.invited[unit]))
    many_silent = participation.value <= NON_RESPONSE_FROM
    dimensions = [dimension_content(basis, unit, dimension) for dimension in range(len(scheme.dimensions))]
    return identity | {
        "status": PUBLISHED,
        "respondents": {"from": low, "to": high},
        "participation": share_content(participation),
        "nonResponseNotCovered": many_silent,
        "dimensions": dimensions,
        "total": total_content(basis, unit),
        "items": [
            item_content(basis, unit, item)
            for item in range(len(scheme.items))
            if scheme.items[item].dimension != STANDALONE
        ],
        "standaloneItems": [standalone_content(basis, unit, which) for which in range(len(scheme.standalone))],
        "lowestDimensions": _lowest(dimensions),
        "benchmark": _benchmark(basis, unit),
        "trend": None if earlier is None else _trend(basis, unit, earlier),
        "textAlternative": texts.joined(
            texts.unit((low, high), participation), texts.NON_RESPONSE if many_silent else None
        ),
    }


def _suppressed() -> Content:
    return {"status": SUPPRESSED, "reason": "notEnoughAnswers", "textAlternative": texts.SUPPRESSED}


def _lowest(dimensions: list[Content]) -> list[str]:
    """The two lowest as shown, and whatever is shown alike; the lowest first, then as they are presented."""
    second = sorted(each["index"] for each in dimensions)[:2][-1]
    low = [each for each in dimensions if each["index"] <= second]
    return [each["key"] for each in sorted(low, key=lambda each: each["index"])]


def _trend(basis: Basis, unit: int, earlier: Kept) -> Content:
    now = {
        key: (_coded_sample(basis, unit, dimension), index_of(basis, unit, dimension))
        for dimension, key in enumerate(basis.scheme.dimensions)
        if basis.usable.spread[unit, dimension]
    }
    return trend(basis.scheme, basis.names, now, earlier)


def _coded_sample(basis: Basis, unit: int, measure: int) -> Sample:
    """With the mean that the index is made from."""
    sample = basis.figures.sample(unit, measure)
    return replace(sample, mean=float(basis.coded.sums[unit, measure]) / basis.figures.parts / sample.n)


# --- Compared with ----------------------------------------------------------------------------------------------


def _benchmark(basis: Basis, unit: int) -> Content:
    """The unit next above as it is shown there, and all who are not in this unit."""
    tree, figures, coded_sums, published = basis.tree, basis.figures, basis.coded.sums, basis.usable.units
    parent = others = None
    above = tree.parents[unit]
    if above != -1 and published[above]:
        own = [(float(total), int(n)) for total, n in zip(coded_sums[above], figures.n[above], strict=True)]
        parent = {"unitId": tree.ids[above]} | _indexes(basis, own)
    n = figures.n[tree.root] - figures.n[unit]
    if unit != tree.root and published[tree.root] and (n >= basis.rules.threshold).all():
        sums = coded_sums[tree.root] - coded_sums[unit]
        others = _indexes(basis, [(float(total), int(count)) for total, count in zip(sums, n, strict=True)])
    return {"parent": parent, "others": others}


def _indexes(basis: Basis, sums: list[tuple[float, int]]) -> Content:
    """The index of every measure, from its coded sum and its n."""
    shown = [index_of_sum(basis, measure, total, n) for measure, (total, n) in enumerate(sums)]
    keyed = [{"key": key, **index_content(index)} for key, index in zip(basis.figures.measures, shown, strict=True)]
    at = len(basis.scheme.dimensions)
    each = [texts.compared(basis.names[key], index) for key, index in zip(basis.figures.measures, shown, strict=True)]
    return {
        "dimensions": keyed[:at],
        "total": keyed[at],
        "standaloneItems": keyed[at + 1 :],
        "textAlternative": texts.joined(*each, between="; "),
    }


# --- The whole organisation --------------------------------------------------------------------------------------


def _organisation(basis: Basis, responses: Responses, scores: Scores) -> Content:
    if not basis.usable.units[basis.tree.root]:
        return _suppressed()
    scheme = basis.scheme
    values = np.where(scores.values >= 0, scores.values, np.nan)
    columns = {key: list(scheme.items_of(dimension)) for dimension, key in enumerate(scheme.dimensions)}
    columns[TOTAL] = [item for items in columns.values() for item in items]
    alphas = {key: _alpha(basis, values[:, items]) for key, items in columns.items()}
    respondents, straight = len(responses.units), int(straight_lined(scheme, responses.answers).sum())
    enough = respondents >= basis.rules.least(Layer.DISTRIBUTION)
    return {
        "status": PUBLISHED,
        "reliability": [
            {"key": key, "alpha": None if alpha is None else round_half_away(alpha * 100) / 100}
            for key, alpha in alphas.items()
        ],
        "straightLining": share_content(share_shown(straight, respondents)) if enough else None,
    }


def _alpha(basis: Basis, values: Numbers) -> float | None:
    """Not where fewer than K answer otherwise than all others: alpha would be about those few alone, and where it
    cannot be computed since nobody does, that would tell it."""
    complete = values[~np.isnan(values).any(axis=1)]
    alike = np.unique(complete, axis=0, return_counts=True)[1].max(initial=0)
    return cronbach_alpha(values) if len(complete) - alike >= basis.rules.threshold else None
