"""One measure of one unit as it is shown: index, interval, bands, points and the same in words; see `release`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.services import release_texts as texts
from app.services.disclosure import (
    LEAST_SPREAD,
    Bound,
    Rules,
    Shown,
    UnitTree,
    index_shown,
    participation_shown,
    share_shown,
)
from app.services.release_coding import FAVOURABLE, NEUTRAL, UNFAVOURABLE, Coded
from app.services.release_figures import TOTAL, Figures, Usable
from app.services.release_texts import Text
from app.services.scoring import STANDALONE, Scheme
from app.services.statistics import Sample, mean_interval, round_half_away, share_interval

Content = dict[str, Any]


@dataclass(frozen=True)
class Zone:
    """A neutral word for where an index lies, from here up to the next."""

    key: str
    from_index: int
    name: Text


@dataclass(frozen=True)
class Zones:
    """Those of the instrument, rising from 0, or none."""

    zones: tuple[Zone, ...] = ()
    provisional: bool = True

    def at(self, index: Shown) -> Zone | None:
        """Taken from the index as it is shown."""
        return next((zone for zone in reversed(self.zones) if index.value >= zone.from_index), None)


@dataclass(frozen=True)
class Basis:
    """All that the content of a release is made from."""

    scheme: Scheme
    names: Mapping[str, Text]
    tree: UnitTree
    figures: Figures
    usable: Usable
    coded: Coded
    rules: Rules
    zones: Zones


def share_content(share: Shown) -> Content:
    return {"percent": share.value, "bound": share.bound.value}


def index_content(index: Shown) -> Content:
    return {"index": index.value, "indexBound": index.bound.value}


def index_of_sum(basis: Basis, measure: int, total: float, n: int) -> Shown:
    """The index of the mean of n scores that, with coded ends, sum up to so many parts."""
    mean = total / basis.figures.parts / n
    index = (mean - basis.scheme.low) * 100 / (basis.scheme.high - basis.scheme.low)
    return index_shown(index, n, coarse=measure > len(basis.scheme.dimensions))


def index_of(basis: Basis, unit: int, measure: int) -> Shown:
    return index_of_sum(basis, measure, float(basis.coded.sums[unit, measure]), int(basis.figures.n[unit, measure]))


# --- What has an index -------------------------------------------------------------------------------------------


def dimension_content(basis: Basis, unit: int, dimension: int) -> Content:
    content, favourable = _bands(basis, unit, dimension, basis.scheme.items_of(dimension))
    return _with_index(basis, unit, dimension, content, favourable)


def total_content(basis: Basis, unit: int) -> Content:
    return _with_index(basis, unit, len(basis.scheme.dimensions), {}, None)


def standalone_content(basis: Basis, unit: int, which: int) -> Content:
    """A stand-alone item has an index like a dimension and the distribution of an item."""
    content, favourable = _answers(basis, unit, basis.scheme.standalone[which])
    return _with_index(basis, unit, len(basis.scheme.dimensions) + 1 + which, content, favourable)


def _with_index(basis: Basis, unit: int, measure: int, content: Content, favourable: Shown | None) -> Content:
    """The index of a measure in front of what else is shown of it, and both in words."""
    key = basis.figures.measures[measure]
    index = index_of(basis, unit, measure)
    zone, provisional = basis.zones.at(index), basis.zones.provisional
    interval = share = None
    nearly_everyone = False
    if basis.usable.spread[unit, measure]:
        sample = basis.figures.sample(unit, measure)
        nearly_everyone = participation_shown(sample.n, int(basis.figures.invited[unit])).bound is Bound.ABOVE
        if not nearly_everyone:
            interval = _interval(basis, index, sample)
            share = _share_interval(favourable, sample.n, int(basis.figures.invited[unit]))
    shown: Content = {
        "key": key,
        **index_content(index),
        "zone": {"key": zone.key, "provisional": provisional} if zone else None,
        "interval": interval,
        "nearlyEveryoneAnswered": nearly_everyone,
        **content,
    }
    if key != TOTAL:
        shown["favourableInterval"] = share
    shown["textAlternative"] = texts.joined(
        texts.index(basis.names[key], index, zone.name if zone else None, provisional=provisional),
        texts.interval(interval["low"], interval["high"]) if interval else None,
        texts.NEARLY_EVERYONE if nearly_everyone else None,
        content.get("textAlternative"),
    )
    return shown


def _interval(basis: Basis, index: Shown, sample: Sample) -> Content | None:
    interval = mean_interval(replace(sample, deviation=max(sample.deviation, LEAST_SPREAD)))
    if interval is None or index.bound is not Bound.ABOUT:
        return None
    per_point = 100 / (basis.scheme.high - basis.scheme.low)
    margin = max(1, round_half_away((interval.high - interval.low) / 2 * per_point))
    return {"low": max(0, index.value - margin), "high": min(100, index.value + margin)}


def _share_interval(share: Shown | None, n: int, invited: int) -> Content | None:
    """From the share as it is shown, rounded outwards to tens."""
    if share is None or share.bound is not Bound.ABOUT:
        return None
    interval = share_interval(share.value / 100, n, invited)
    return {"low": math.floor(interval.low * 10) * 10, "high": math.ceil(interval.high * 10) * 10} if interval else None


# --- Distributions -----------------------------------------------------------------------------------------------


def item_content(basis: Basis, unit: int, item: int) -> Content:
    """An item of a dimension has a distribution and no index of its own."""
    content, _favourable = _answers(basis, unit, item)
    key = basis.scheme.items[item].key
    return {"key": key, **content, "textAlternative": texts.joined(basis.names[key], content["textAlternative"])}


def _answers(basis: Basis, unit: int, item: int) -> tuple[Content, Shown | None]:
    """Bands, points and don't-know share of an item, and the favourable share by itself."""
    group = _group(basis.scheme, item)
    content, favourable = _bands(basis, unit, group, (item,))
    points = unknown = None
    if basis.usable.distributions[unit, group]:
        unknown = share_shown(float(basis.coded.dont_know[unit, item]), int(basis.figures.respondents[unit]))
    if basis.usable.points[unit, group]:
        given = basis.coded.points[unit, item].tolist()
        points = [(basis.scheme.low + place, share_shown(count, sum(given))) for place, count in enumerate(given)]
    text = texts.joined(
        content["textAlternative"],
        texts.points(points) if points else None,
        texts.dont_know(unknown) if unknown else None,
    )
    return {
        "bands": content["bands"],
        "points": [{"value": value, **share_content(share)} for value, share in points] if points else None,
        "dontKnow": share_content(unknown) if unknown else None,
        "textAlternative": text,
    }, favourable


def _group(scheme: Scheme, item: int) -> int:
    """Where an item stands in `groups_of`."""
    if (dimension := scheme.items[item].dimension) != STANDALONE:
        return dimension
    return len(scheme.dimensions) + scheme.standalone.index(item)


def _bands(basis: Basis, unit: int, group: int, items: tuple[int, ...]) -> tuple[Content, Shown | None]:
    """Favourable, neutral and unfavourable answers after reversal, of all numeric answers to the items together."""
    if not basis.usable.distributions[unit, group]:
        return {"bands": None, "textAlternative": texts.NO_DISTRIBUTION}, None
    counts = basis.coded.bands[unit, list(items)].sum(axis=0).tolist()
    shares = [share_shown(count, sum(counts)) for count in counts]
    favourable, unfavourable = shares[FAVOURABLE], shares[UNFAVOURABLE]
    middle = shares[NEUTRAL] if basis.scheme.points % 2 else None
    bands = {
        "favourable": share_content(favourable),
        "neutral": share_content(middle) if middle else None,
        "unfavourable": share_content(unfavourable),
    }
    return {"bands": bands, "textAlternative": texts.bands(favourable, middle, unfavourable)}, favourable
