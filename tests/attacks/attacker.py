"""An attacker who has read everything that the service shows and knows nothing of how it is made.

    known = Known(parents, members, answered, …)   # what colleagues know of each other
    figures = figures_of(document, known)          # what was shown, of whom, within which limits
    figures.unexplained                            # what says more than the figures and the public rules do
    isolated_groups(figures, least)                # by exact elimination, as if nothing were rounded
    deduced(figures, kinds)                        # by exact intervals, as everything is rounded
    with_later([figures, …])                       # each round with what the trends of later ones tell of it
    deduced_across([figures, …], below)            # of several rounds, as if nobody ever changed their mind

It imports nothing but the standard library. Its document is what the API answers for one round: {"units": [each unit's
part, in the order shown], "whole": the round's part, "answers": [every HTTP answer as it came]}. It knows more than
anybody can: the members of every unit, and who of them answered which items; everything but the answers.

Numbers are read in one of two ways. Most are figures: a sum over a group lies between two limits. Others are to follow
from figures and rules that everybody knows, like a zone or the reason why a part is hidden; those that do not are kept
as unexplained, and so is whatever is not rounded as it should be.

A group of persons is a whole number with a bit for each of them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from heapq import heappop, heappush
from itertools import combinations, product
from math import atan, ceil, cos, floor, pi, sin, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

Document = Mapping[str, Any]
Group = int

FEWEST_ITEMS, FEWEST_DIMENSIONS = 2, 5
FINE_FROM = 15
"""Answers from which an index is told in whole numbers instead of fives."""
FROM = {"index": 5, "interval": 15, "bands": 10, "points": 30, "alpha": 30}
"""Answers from which a part is told at all, if the threshold of the round is not higher."""
LEAST_SPREAD = 0.5
"""Points of the scale: a smaller spread is told as this."""
NEARLY_EVERYONE = {"percent": 90, "bound": "above"}
BANDS: Sequence[tuple[int, int | None]] = ((5, 9), (10, 14), (15, 24), (25, 49), (50, 99), (100, None))
LEAST_CHANGE = 5
LEAST_ORGANISATIONS = 5
SILENT_HEADERS = {
    *("content-type", "cache-control", "vary", "traceparent", "x-request-id", "x-content-type-options"),
    *("x-frame-options", "content-security-policy", "referrer-policy", "permissions-policy"),
    *("cross-origin-opener-policy", "cross-origin-resource-policy", "ratelimit", "ratelimit-policy"),
}
"""Headers that are the same for every result, or random, or count the attacker's own requests."""


@dataclass(frozen=True)
class Known:
    parents: Mapping[str, str | None]
    members: Mapping[str, Sequence[str]]
    """Those who work in the unit itself."""
    answered: Mapping[str, frozenset[str]]
    """Of those who responded: the items that they answered with a number."""
    dimensions: Mapping[str, Sequence[str]]
    standalone: Sequence[str]
    bits: Mapping[str, Group]
    """Of every person; the same in every round that is held against another."""
    elsewhere: Sequence[Mapping[str, Group]] = ()
    """Of every other organisation with a result of the same questionnaire: who has a score in each dimension."""

    @cached_property
    def root(self) -> str:
        return next(unit for unit, parent in self.parents.items() if parent is None)

    def complete(self, key: str) -> Group:
        """Who answered every item of a dimension, or of all dimensions with "total"."""
        group = self.respondents
        for items in self.dimensions.values() if key == "total" else [self.dimensions[key]]:
            for item in items:
                group &= self.numeric[item]
        return group

    @cached_property
    def below(self) -> dict[str, Group]:
        """Everyone invited in each unit and under it."""
        direct = {unit: self.group_of(self.members[unit]) for unit in self.parents}
        found = dict(direct)
        for unit, group in direct.items():
            above = self.parents[unit]
            while above is not None:
                found[above] |= group
                above = self.parents[above]
        return found

    def group_of(self, people: Sequence[str]) -> Group:
        group = 0
        for person in people:
            group |= self.bits[person]
        return group

    @cached_property
    def respondents(self) -> Group:
        return self.group_of(list(self.answered))

    @cached_property
    def numeric(self) -> dict[str, Group]:
        """Who answered each item."""
        items = [*(item for items in self.dimensions.values() for item in items), *self.standalone]
        found = dict.fromkeys(items, 0)
        for person, answered in self.answered.items():
            for item in answered:
                found[item] |= self.bits[person]
        return found

    @cached_property
    def scored(self) -> dict[str, Group]:
        """Who has a score in each dimension and stand-alone item, and a total."""
        found = {}
        of_person = dict.fromkeys(self.answered, 0)
        for key, items in self.dimensions.items():
            with_score = [
                person
                for person, answered in self.answered.items()
                if len(answered.intersection(items)) >= FEWEST_ITEMS
            ]
            for person in with_score:
                of_person[person] += 1
            found[key] = self.group_of(with_score)
        found["total"] = self.group_of([person for person, has in of_person.items() if has >= FEWEST_DIMENSIONS])
        return found | {item: self.numeric[item] for item in self.standalone}


# --- What was shown ----------------------------------------------------------------------------------------------


class Scale(NamedTuple):
    """What one person adds to a sum: from 0 to `most`, in parts such that all of it is whole numbers."""

    most: int
    grid: int
    """Every sum is a multiple of it."""
    step: int
    """The least by which a person differs from either end."""
    coded_grid: int = 0
    """Every sum with coded ends is a multiple of it; 0 where ends are not coded."""
    others: int = 0
    """Of a count: how many other counts the same people may be in. An index has none."""
    answers: int = 1
    """Of a count: how many answers of each person it is over."""

    def ends(self, n: int) -> tuple[int, int]:
        """The least and the most that the coded sum over an atom of so many people can be."""
        if self.others:
            return self.answers, n * self.most - self.others * self.answers
        return n * self.most * 5 // 100, n * self.most * 95 // 100

    def decoded(self, n: int, low: int, high: int) -> tuple[int, int]:
        """How far the true sum over an atom may lie below and above the coded one, which is within these limits."""
        least, most = self.ends(n)
        if self.others:
            # None and one count as a half. The largest takes up the difference, a half for each of the others.
            off = self.answers * (self.others if high > least else 1)
            return off, off
        return (least if low <= least else 0), (n * self.most - most if high >= most else 0)


# Parts of an index: 180 for 25 points, so that a sixth of a sixth of a step is a whole number.
OF_DIMENSION, OF_TOTAL, OF_ITEM = Scale(720, 30, 60, 6), Scale(720, 1, 10, 1), Scale(720, 180, 180, 36)
OF_COUNT = Scale(1, 1, 1)
# In halves of a person.
OF_BANDS, OF_POINTS, OF_TWO = Scale(2, 2, 2, 1, others=2), Scale(2, 2, 2, 1, others=4), Scale(2, 2, 2, 1, others=1)
OF_THREE_BANDS = Scale(6, 2, 2, 1, others=2, answers=3)


class Figure(NamedTuple):
    """One number that was shown: the sum over a group lies between two limits, ends included."""

    kind: str
    """Which figures can be added and subtracted: "index A", "bands A1 favourable", …"""
    place: str
    group: Group
    low: int
    high: int
    scale: Scale = OF_COUNT


@dataclass(frozen=True)
class Figures:
    known: Known
    all: list[Figure] = field(default_factory=list)
    before: dict[str, list[Figure]] = field(default_factory=dict)
    """What the trends tell of earlier rounds, by round."""
    unexplained: list[str] = field(default_factory=list)
    """What does not follow from figures and rules, or is not rounded as it should be."""

    @cached_property
    def by_kind(self) -> dict[str, list[Figure]]:
        found: dict[str, list[Figure]] = {}
        for each in self.all:
            found.setdefault(each.kind, []).append(each)
        return found

    @cached_property
    def places(self) -> set[str]:
        return {each.place for each in self.all}


def size(group: Group) -> int:
    return group.bit_count()


def figures_of(document: Document, known: Known, earlier: Mapping[str, Figures] | None = None) -> Figures:
    """Every number of every unit and of the whole, with the group it is about. `earlier` rounds are by their ids."""
    found = Figures(known)
    whole = document["whole"]
    hidden = set()
    for unit in document["units"]:
        if unit["status"] == "published":
            found.all.extend(_of_unit(unit, known, whole))
            found.unexplained.extend(_unlike_a_unit(unit, known, whole))
            _read_trend(unit, found, earlier or {})
        else:
            if unit["reason"] != "notEnoughAnswers":
                found.unexplained.append(f"reason of {unit['unitId']}")
            own = {"unitId", "parentId", "name", "surveyRoundId", "validation"}
            hidden.add(json.dumps({key: value for key, value in unit.items() if key not in own}, sort_keys=True))
    if len(hidden) > 1:
        found.unexplained.append("hidden units are told apart")
    _read_whole(document, found)
    found.unexplained.extend(_unlike_an_answer(document))
    return found


def _of_unit(unit: Mapping[str, Any], known: Known, whole: Mapping[str, Any]) -> Iterator[Figure]:
    name, threshold = unit["unitId"], whole["threshold"]
    everyone = known.below[name]
    invited, responded = size(everyone), everyone & known.respondents
    yield _share("participation", name, everyone, invited, unit["participation"], 5, (20, 90), OF_TWO)
    # The band is rounded down from the same coded number as the share. The first one begins at the threshold.
    band = unit["respondents"]
    low = 0 if band["from"] == threshold else 2 * band["from"]
    high = 2 * invited if band["to"] is None else 2 * band["to"] + 1
    yield Figure("participation", name, everyone, low, min(high, 2 * invited), OF_TWO)
    yield Figure("respondents", name, responded, band["from"], size(responded))
    shown = {"index"}
    measures = [*unit["dimensions"], unit["total"], *unit["standaloneItems"]]
    for measure in measures:
        key = measure["key"]
        scale = _scale_of(key, known)
        group = everyone & known.scored[key]
        yield _index(f"index {key}", name, group, measure, scale)
        if measure["interval"] or measure["nearlyEveryoneAnswered"]:
            shown.add("interval")
            yield _deviation(f"interval {key}", name, group, invited, measure, scale)
        if measure["nearlyEveryoneAnswered"]:
            yield _share(f"nearly {key}", name, everyone, invited, NEARLY_EVERYONE, 5, (20, 90))
        elif measure["interval"]:
            yield Figure(f"nearly {key}", name, everyone, 0, _up(185 * invited, 200) - 1)
        if key in known.dimensions and measure["bands"]:
            answers = [everyone & known.numeric[item] for item in known.dimensions[key]]
            some, given = answers[0] | answers[1] | answers[2], sum(size(each) for each in answers)
            for side, share in measure["bands"].items():
                if share is not None:
                    yield _share(f"bands {key} {side}", name, some, given, share, 10, (10, 90), OF_THREE_BANDS)
    for item in [*unit["items"], *unit["standaloneItems"]]:
        yield from _of_item(item, name, everyone & known.numeric[item["key"]], responded)
        shown.update(part for part in ("bands", "points") if item[part])
    for part in sorted(shown):
        # That it is shown says of those invited how many answered at least.
        yield Figure(f"enough {part}", name, everyone, max(threshold, FROM[part]), invited)
    yield from _compared(unit, known, everyone, known.below[known.root])


def _scale_of(key: str, known: Known) -> Scale:
    return OF_TOTAL if key == "total" else OF_DIMENSION if key in known.dimensions else OF_ITEM


def _of_item(item: Mapping[str, Any], name: str, group: Group, responded: Group) -> Iterator[Figure]:
    key = item["key"]
    for band, share in (item["bands"] or {}).items():
        if share is not None:
            yield _share(f"bands {key} {band}", name, group, size(group), share, 10, (10, 90), OF_BANDS)
    for point in item["points"] or []:
        yield _share(f"points {key} {point['value']}", name, group, size(group), point, 10, (10, 90), OF_POINTS)
    if item["dontKnow"]:
        yield _share(f"dontKnow {key}", name, responded, size(responded), item["dontKnow"], 10, (10, 90), OF_TWO)


def _compared(unit: Mapping[str, Any], known: Known, everyone: Group, whole: Group) -> Iterator[Figure]:
    name = unit["unitId"]
    parent, others, organisations = (unit["benchmark"][part] for part in ("parent", "others", "organisations"))
    if parent["status"] == "published":
        yield from _indexes(f"above {name}", parent, known, known.below[parent["unitId"]])
    if others["status"] == "published":
        yield from _indexes(f"all but {name}", others, known, whole & ~everyone)
    if organisations["status"] == "published":
        for measure in organisations["dimensions"]:
            key = measure["key"]
            group = 0
            for each in known.elsewhere:
                group |= each.get(key, 0)
            # In steps of five, however many they are.
            yield _index(f"organisations {key}", "elsewhere", group, measure, OF_DIMENSION, step=5)


def _indexes(place: str, compared: Mapping[str, Any], known: Known, people: Group) -> Iterator[Figure]:
    for measure in [*compared["dimensions"], compared["total"], *compared["standaloneItems"]]:
        key = measure["key"]
        yield _index(f"index {key}", place, people & known.scored[key], measure, _scale_of(key, known))


def _index(
    kind: str, place: str, group: Group, shown: Mapping[str, Any], scale: Scale, step: int | None = None
) -> Figure:
    """Rounded half up; 5 is 5 or less and 95 is 95 or more."""
    n, halves = size(group), 2 * shown["index"]
    if step is None:
        step = 5 if n < FINE_FROM or scale is OF_ITEM else 1
    low = 0 if shown["indexBound"] == "atMost" else halves - step
    high = 201 if shown["indexBound"] == "atLeast" else halves + step
    # Half an index point of so many people, in parts.
    parts = n * OF_DIMENSION.most // 2
    grid = scale.coded_grid
    least = _up(low * parts, 100 * grid) * grid
    most = (_up(high * parts, 100 * grid) - 1) * grid
    return Figure(kind, place, group, max(0, least), min(n * scale.most, most), scale)


def _share(
    kind: str,
    place: str,
    group: Group,
    total: int,
    shown: Mapping[str, Any],
    step: int,
    ends: tuple[int, int],
    scale: Scale = OF_COUNT,
) -> Figure:
    """How many of `total` answers, all of them a group's, of a rounded share."""
    low, high = 2 * shown["percent"] - step, 2 * shown["percent"] + step
    match shown["bound"]:
        case "atMost":
            low = 0
        case "atLeast":  # this or any more
            high = 201
        case "below":  # rounded to less than this
            low, high = 0, 2 * ends[0] - step
        case "above":
            low, high = 2 * ends[1] + step, 201
    each = scale.most // scale.answers
    least, most = _up(low * total * each, 200), _up(high * total * each, 200) - 1
    return Figure(kind, place, group, max(0, least), min(size(group) * scale.most, most), scale)


def _up(number: int, divisor: int) -> int:
    """Divided and rounded up."""
    return -(-number // divisor)


def _deviation(kind: str, place: str, group: Group, invited: int, measure: Mapping[str, Any], scale: Scale) -> Figure:
    """The sum over a group of squared distances from its mean, in parts², from the width of an interval.

    The width is the rounded index plus and minus a whole number, at least 1, and is cut off at 0 and 100.
    """
    n, span = size(group), measure["interval"]
    if span is None or n == invited:
        return Figure(kind, place, group, 0, n * (scale.most // 2) ** 2, scale)
    margin = max(measure["index"] - span["low"], span["high"] - measure["index"])
    # Of the standard deviation, in parts, for each point of the margin.
    unit = scale.most / 4 / _margin(n, invited)
    low = (margin - 0.5) * unit
    high = (margin + 0.5) * unit if span["low"] > 0 or span["high"] < 100 else scale.most
    if margin == 1 or low <= LEAST_SPREAD * scale.most / 4:
        low = 0
    # A hair wider than floating point can be wrong.
    squares = floor((n - 1) * low**2 * (1 - 1e-9)), ceil((n - 1) * high**2 * (1 + 1e-9))
    return Figure(kind, place, group, squares[0], min(squares[1], n * (scale.most // 2) ** 2), scale)


def _margin(n: int, invited: int) -> float:
    """Index points on each side of the index, for a standard deviation of one point of the scale."""
    return 25 * _student(n - 1) * sqrt((1 - n / invited) / n)


@cache
def _student(df: int) -> float:
    """The 97.5 per cent point of Student's distribution, from its closed form (A&S 26.7.3 and 26.7.4)."""

    def within(t: float) -> float:
        angle = atan(t / sqrt(df))
        cosine, square = cos(angle), cos(angle) ** 2
        term = cosine if df % 2 else 1.0
        total = term if df > 1 else 0.0
        for at in range(2 + df % 2, df - 1, 2):
            term *= square * (at - 1) / at
            total += term
        return (2 / pi) * (angle + sin(angle) * total) if df % 2 else sin(angle) * total

    # From infinitely many degrees of freedom to one.
    low, high = 1.95, 12.8 if df < 10 else 2.3
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < 0.95 else (low, middle)
    return high


# --- What has to follow from the figures -------------------------------------------------------------------------


def _unlike_a_unit(unit: Mapping[str, Any], known: Known, whole: Mapping[str, Any]) -> Iterator[str]:
    """Parts of a unit that are not what its figures and the public rules make of them."""
    name, dimensions = unit["unitId"], unit["dimensions"]
    invited = size(known.below[name])
    second = sorted(each["index"] for each in dimensions)[:2][-1]
    lowest = sorted((each for each in dimensions if each["index"] <= second), key=lambda each: int(each["index"]))
    follows = {
        "nonResponseNotCovered": unit["participation"]["percent"] <= 60,
        "lowestDimensions": [each["key"] for each in lowest],
    }
    told = dict(unit) | {"lowestDimensions": [each["key"] for each in unit["lowestDimensions"]]}
    yield from (f"{part} of {name}" for part, value in follows.items() if told[part] != value)
    share, band = unit["participation"], unit["respondents"]
    end = {"below": 20, "above": 90, "atLeast": ((invited - 1) * 40 + invited) // (2 * invited) * 5}
    if share["percent"] % 5 or share["percent"] != end.get(share["bound"], share["percent"]):
        yield f"participation of {name} is not in fives"
    cut = [{"from": max(low, whole["threshold"]), "to": high} for low, high in BANDS]
    if band not in cut:
        yield f"respondents of {name} are in no band"
    yield from (f"{part} beside {name}" for part in _unlike_neighbours(unit, known))
    for measure in [*dimensions, unit["total"], *unit["standaloneItems"]]:
        yield from (f"{part} of {measure['key']} in {name}" for part in _unlike_a_measure(measure, known, name, whole))
    for item in unit["items"]:
        if item["hiddenParts"] != _hidden(item):
            yield f"hidden parts of {item['key']} in {name}"
    for shown in [*dimensions, *unit["items"], *unit["standaloneItems"]]:
        shares = [*(shown["bands"] or {}).values(), *(shown.get("points") or []), shown.get("dontKnow")]
        if any(share["percent"] % 10 for share in shares if share):
            yield f"shares of {shown['key']} in {name} are not in tens"
        if [each["value"] for each in shown.get("points") or []] not in ([], [1, 2, 3, 4, 5]):
            yield f"points of {shown['key']} in {name}"
    above, parent = known.parents[name], unit["benchmark"]["parent"]
    if parent["status"] == "published" and parent["unitId"] != above:
        yield f"unit above {name}"
    organisations = unit["benchmark"]["organisations"]
    for measure in organisations["dimensions"] if organisations["status"] == "published" else []:
        sizes = [size(each[measure["key"]]) for each in known.elsewhere if measure["key"] in each]
        if len(sizes) < LEAST_ORGANISATIONS or 2 * max(sizes) > sum(sizes) or measure["index"] % 5:
            yield f"other organisations' {measure['key']}"
    if invited < whole["threshold"]:
        yield f"{name} has fewer people than the threshold"


def _unlike_neighbours(unit: Mapping[str, Any], known: Known) -> Iterator[str]:
    """Reasons that are not those everybody can see."""
    alone = unit["unitId"] == known.root
    reasons = {
        "parent": "noUnitAbove" if alone else "notEnoughAnswers",
        "others": "wholeRound" if alone else "notEnoughAnswers",
        "organisations": "notEnoughOrganisations",
        "trend": "noEarlierResult",
    }
    for part, shown in (unit["benchmark"] | {"trend": unit["trend"]}).items():
        if shown["status"] != "published" and shown["reason"] != reasons[part]:
            yield part


def _unlike_a_measure(measure: Mapping[str, Any], known: Known, name: str, whole: Mapping[str, Any]) -> Iterator[str]:
    everyone = known.below[name]
    n, invited, index = size(everyone & known.scored[measure["key"]]), size(everyone), measure["index"]
    if index % (5 if n < FINE_FROM or _scale_of(measure["key"], known) is OF_ITEM else 1):
        yield "rounding"
    zone = [each["key"] for each in whole["zones"] if each["fromIndex"] <= index][-1:]
    provisional = whole["zonesProvisional"]
    if measure["zone"] != ({"key": zone[0], "provisional": provisional} if zone else None):
        yield "zone"
    if measure["hiddenParts"] != _hidden(measure):
        yield "hidden parts"
    span = measure["interval"]
    if span:
        margin = max(index - span["low"], span["high"] - index)
        if span != {"low": max(0, index - margin), "high": min(100, index + margin)} or margin < 1:
            yield "interval"
        # Narrower than the least spread makes it, it would say that all are of one mind.
        elif n == invited or margin + 0.5 < LEAST_SPREAD * _margin(n, invited) - 1e-9:
            yield "width of the interval"
    if measure.get("favourableInterval"):
        share = measure["bands"]["favourable"]
        if share["bound"] != "about" or measure["favourableInterval"] != _wilson(share["percent"] / 100, n, invited):
            yield "favourable interval"


def _hidden(measure: Mapping[str, Any]) -> list[dict[str, str]]:
    """The parts that are not shown, each with the reason that everybody can see."""
    parts = [part for part in ("bands", "points", "dontKnow") if part in measure and measure[part] is None]
    found = [{"part": part, "reason": "notEnoughAnswers"} for part in parts]

    def none(part: str, bound: str) -> None:
        nearly = "nearlyEveryoneAnswered" if measure["nearlyEveryoneAnswered"] else "notEnoughAnswers"
        found.append({"part": part, "reason": nearly if bound == "about" else "endOfScale"})

    if "interval" in measure and measure["interval"] is None:
        none("interval", measure["indexBound"])
    if "favourableInterval" in measure and measure["favourableInterval"] is None:
        if measure["bands"]:
            none("favourableInterval", measure["bands"]["favourable"]["bound"])
        else:
            found.append({"part": "favourableInterval", "reason": "notEnoughAnswers"})
    return found


def _wilson(share: float, n: int, invited: int) -> dict[str, int] | None:
    """From the share as it is shown, rounded outwards to tens."""
    if n == invited:
        return None
    effective = n / (1 - n / invited)
    z = NormalDist().inv_cdf(0.975)
    middle, shrink = share + z * z / (2 * effective), 1 + z * z / effective
    margin = z * sqrt(share * (1 - share) / effective + (z / (2 * effective)) ** 2)
    low, high = max(0.0, (middle - margin) / shrink), min(1.0, (middle + margin) / shrink)
    return {"low": floor(low * 10) * 10, "high": ceil(high * 10) * 10}


def _read_trend(unit: Mapping[str, Any], found: Figures, earlier: Mapping[str, Figures]) -> None:
    """A change is told of those who are in the unit now, and with the index of now it tells the one of before."""
    trend, name = unit["trend"], unit["unitId"]
    if trend["status"] != "published":
        return
    last = earlier.get(trend["earlierSurveyRoundId"])
    if last is None or name not in last.places:
        found.unexplained.append(f"trend of {name} since a round in which it was not shown")
        return
    before = found.before.setdefault(trend["earlierSurveyRoundId"], [])
    index = {each["key"]: each["index"] for each in unit["dimensions"]}
    for each in trend["dimensions"]:
        key, change = each["key"], each["change"]
        if (each["status"] == "change") != (change is not None) or (change is not None and abs(change) < LEAST_CHANGE):
            found.unexplained.append(f"change of {key} in {name}")
        if change is None:
            continue
        now, then = found.known.below[name], last.known.below[name]
        now, then = now & found.known.scored[key], then & last.known.scored[key]
        found.all.append(Figure(f"change {key}", name, now, 0, size(now) * OF_DIMENSION.most, OF_DIMENSION))
        value = index[key] - change
        bound = "atMost" if value <= 5 else "atLeast" if value >= 95 else "about"
        before.append(Figure(f"change {key}", name, then, 0, size(then) * OF_DIMENSION.most, OF_DIMENSION))
        before.append(
            _index(f"index {key}", f"{name} later", then, {"index": value, "indexBound": bound}, OF_DIMENSION)
        )


def _read_whole(document: Document, found: Figures) -> None:
    """Reliability and straight-lining are about everyone who answered; the rest is told elsewhere too."""
    whole, known = document["whole"], found.known
    root = next(unit for unit in document["units"] if unit["unitId"] == known.root)
    if whole["unitCount"] != len(known.parents) or len(document["units"]) != len(known.parents):
        found.unexplained.append("number of units")
    if whole["ballotsAccountedFor"] is not True:
        found.unexplained.append("ballots are not accounted for")
    participation = {part: value for part, value in whole["participation"].items() if part in ("percent", "bound")}
    if participation != root.get("participation", {}):
        found.unexplained.append("participation in the whole")
    organisation = whole["organisation"]
    if organisation["status"] != "published":
        return
    for each in organisation["reliabilities"]:
        key, alpha = each["key"], each["alpha"]
        group = known.complete(key)
        if alpha is not None and (alpha > 1 or round(alpha, 2) != alpha):
            found.unexplained.append(f"reliability of {key}")
        if alpha is not None:
            # Nobody can turn it round. Whom it is about is what counts.
            found.all.append(Figure(f"alpha {key}", known.root, group, 0, size(group)))
    alike = organisation["straightLining"]
    if alike is not None:
        group = known.respondents
        found.all.append(_share("straightLining", known.root, group, size(group), alike, 10, (10, 90)))
        if alike["percent"] % 10:
            found.unexplained.append("straight-lining is not in tens")


def _unlike_an_answer(document: Document) -> Iterator[str]:
    """What HTTP says beside the texts: nothing but their length and a tag made of them."""
    parts = {unit["unitId"]: unit for unit in document["units"]}
    for answer in document.get("answers", []):
        path, text, headers = answer["path"], answer["body"], {**answer["headers"]}
        if answer["status"] != 200:
            yield f"status of {path}"
        if headers.pop("content-length", None) != str(len(text)):
            yield f"length of {path}"
        tag = headers.pop("etag", None)
        if tag not in (None, f'"1-{sha256(text).hexdigest()[:16]}"'):
            yield f"tag of {path}"
        yield from (f"header {name} of {path}" for name in headers.keys() - SILENT_HEADERS)
        body = json.loads(text)
        for part in ("trend", "benchmark"):
            if part in body:
                unit = parts[body["unitId"]]
                suppressed = {each: unit[each] for each in ("status", "reason", "textAlternative") if each in unit}
                if body[part] != unit.get(part, suppressed):
                    yield f"{part} by itself in {path}"
        if "_meta" in body and body["_meta"]["totalRecords"] != len(parts):
            yield f"number of units in {path}"


def with_later(rounds: Mapping[str, Figures]) -> list[Figures]:
    """Each round with what the trends of the others tell of it. Nothing is believed of what people think between."""
    return [
        Figures(each.known, [*each.all, *(told for other in rounds.values() for told in other.before.get(name, []))])
        for name, each in rounds.items()
    ]


# --- Adding and subtracting, as if nothing were rounded -----------------------------------------------------------


def classes_of(groups: Sequence[Group]) -> list[Group]:
    """People who are together in every one of the groups or in none; no combination tells them apart."""
    everyone = 0
    for group in groups:
        everyone |= group
    found = [everyone] if everyone else []
    for group in groups:
        split = [part for each in found for part in (each & group, each & ~group) if part]
        found = split
    return found


def eliminated(rows: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """Rows in echelon form, by elimination with exact fractions: each begins in a column of its own, left to right."""
    rest = [list(row) for row in rows]
    found: list[list[Fraction]] = []
    for column in range(len(rest[0]) if rest else 0):
        pivot = next((row for row in rest if row[column]), None)
        if pivot is None:
            continue
        rest.remove(pivot)
        found.append(pivot)
        for row in rest:
            if row[column]:
                factor = row[column] / pivot[column]
                for at in range(column, len(row)):
                    row[at] -= factor * pivot[at]
    return found


def smallest_isolated(groups: Sequence[Group], below: int) -> Group | None:
    """The smallest group, fewer persons than `below`, that some combination of sums over the groups is about alone.

    Combinations that say nothing of any class that is large itself are found first: there must be one, or there is no
    such group. Among them, one that vanishes on all classes outside a set exists exactly when the columns outside have
    a smaller rank than all.
    """
    classes = classes_of(groups)
    small = sorted((each for each in classes if size(each) < below), key=lambda each: (size(each), each))
    if not small:
        return None
    large = [each for each in classes if size(each) >= below]
    rows = [[Fraction(int(each & group != 0)) for each in (*large, *small)] for group in groups]
    about_small = [row[len(large) :] for row in eliminated(rows) if not any(row[: len(large)])]
    if not about_small:
        return None
    for chosen in _fewest_first([size(each) for each in small], below):
        outside = [[entry for at, entry in enumerate(row) if at not in chosen] for row in about_small]
        if len(eliminated(outside)) < len(about_small):
            return sum(small[at] for at in chosen)
    return None


def _fewest_first(sizes: Sequence[int], below: int) -> Iterator[tuple[int, ...]]:
    """Every choice of places whose sizes together are less than so much, the smallest first. Sizes are in order."""
    waiting: list[tuple[int, tuple[int, ...]]] = [(n, (at,)) for at, n in enumerate(sizes) if n < below]
    while waiting:
        persons, chosen = heappop(waiting)
        yield chosen
        for at in range(chosen[-1] + 1, len(sizes)):
            if persons + sizes[at] < below:
                heappush(waiting, (persons + sizes[at], (*chosen, at)))


def smallest_by_trial(groups: Sequence[Group], reach: int = 2) -> int | None:
    """The same without any algebra: every combination with small whole factors, person by person."""
    people = [1 << at for at in range(max(groups, default=0).bit_length())]
    sizes = []
    for factors in product(range(-reach, reach + 1), repeat=len(groups)):
        about = sum(
            1 for person in people if sum(f for f, group in zip(factors, groups, strict=True) if group & person)
        )
        if about:
            sizes.append(about)
    return min(sizes, default=None)


def isolated_groups(figures: Figures, least: Mapping[str, int]) -> list[tuple[str, Group]]:
    """For each kind of figure a group smaller than that kind's least, if there is one; kinds by their first word."""
    found = []
    tried: dict[tuple[frozenset[Group], int], Group | None] = {}
    for kind, some in figures.by_kind.items():
        groups = frozenset(each.group for each in some)
        key = groups, least[kind.split(" ")[0]]
        if key not in tried:
            tried[key] = smallest_isolated(sorted(groups), key[1])
        if (group := tried[key]) is not None:
            found.append((kind, group))
    return found


# --- What rounding leaves -----------------------------------------------------------------------------------------


IMPOSSIBLE = "impossible"


@dataclass(frozen=True)
class Deduction:
    """All of a group answered alike at an end of the scale, or a sum over a group that has one possible value left."""

    kind: str
    group: Group
    low: int
    high: int
    how: str

    @property
    def persons(self) -> int:
        return size(self.group)


def deduced(figures: Figures, kinds: Sequence[str], below: int = 0, coded: bool = True) -> list[Deduction]:
    """What must be so, whatever the answers were; of groups smaller than `below` also every sum that is certain.

    Not `coded`: what is shown is believed to be made of the answers as they are. Figures that no answers can lead to
    are a deduction too, of nobody: something is not made as it is believed to be.
    """
    found = []
    for kind, some in figures.by_kind.items():
        if kind.split(" ")[0] not in kinds:
            continue
        limits = true_limits(some) if coded else limits_of(some)
        if limits is None:
            found.append(Deduction(kind, 0, 0, 0, IMPOSSIBLE))
        else:
            found += forced(kind, limits, some[0].scale, below)
    return found


def deduced_across(rounds: Sequence[Figures], below: int) -> list[Deduction] | None:
    """What would be certain of groups smaller than `below` if everyone held in every round what they held in the first.

    Nobody can know that they did. It is what two results tell of those who came, left or moved between them. None when
    somebody must have changed their mind.
    """
    found = []
    by_kind: dict[str, list[Figure]] = {}
    for figures in rounds:
        for kind, some in figures.by_kind.items():
            if kind.startswith("index"):
                limits = true_limits(some)
                if limits is None:
                    return None
                told = [Figure(kind, "decoded", group, *each, some[0].scale) for group, each in limits.items()]
                by_kind.setdefault(kind, []).extend(told)
    for kind, some in by_kind.items():
        limits = limits_of(some, across=2 * below)
        if limits is None:
            return None
        found += forced(kind, {each: limits[each] for each in limits if size(each) < below}, some[0].scale, below)
    return found


def of_one_end_or_the_other(figures: Figures) -> list[Deduction]:
    """Groups of which an interval, with the index, proves that everyone is at an end, or everyone in the middle.

    For someone at x of `most` parts, x · (most − x) is nothing at the ends and most in the middle. Its sum over a group
    is made of the sum and of the squared distances from the mean, and is added and subtracted like any other.
    """
    found = []
    by_kind = figures.by_kind
    for kind, some in by_kind.items():
        if not kind.startswith("interval"):
            continue
        scale = some[0].scale
        sums = true_limits(by_kind[kind.replace("interval", "index")])
        middle = scale.most // 2
        spread = Scale(middle**2, 1, scale.step * (scale.most - scale.step))
        turned = []
        for each in some:
            n, (low, high) = size(each.group), (0, 0) if sums is None else sums[each.group]
            # most · S − S²/n rises until everyone is in the middle on average, and then falls.
            peak = min(max(low, n * middle), high)
            least, most = (min if at == 0 else max for at in (0, 1))
            ends = [(scale.most * at * n - at * at) for at in (low, high, peak)]
            limits = _up(least(ends), n) - each.high - 1, most(ends) // n - each.low + 1
            turned.append(Figure(kind, each.place, each.group, max(0, limits[0]), limits[1], spread))
        within = limits_of(turned)
        if within is None:
            found.append(Deduction(kind, 0, 0, 0, IMPOSSIBLE))
            continue
        for group, (low, high) in within.items():
            if high < spread.step:
                found.append(Deduction(kind, group, low, high, "all at one end or the other"))
            elif low > size(group) * spread.most - scale.grid**2:
                found.append(Deduction(kind, group, low, high, "all in the middle"))
    return found


def forced(kind: str, limits: Mapping[Group, tuple[int, int]], scale: Scale, below: int) -> list[Deduction]:
    found = []
    for group, (low, high) in limits.items():
        n = group.bit_count()
        if low > n * scale.most - scale.step:
            found.append(Deduction(kind, group, low, high, "all at the top"))
        elif high < scale.step:
            found.append(Deduction(kind, group, low, high, "all at the bottom"))
        elif low == high and n < below:
            found.append(Deduction(kind, group, low, high, "one value"))
    return found


Limits = tuple[tuple[Group, int, int], ...]
"""Groups with the limits of their sums."""


def true_limits(some: Sequence[Figure]) -> dict[Group, tuple[int, int]] | None:
    """The limits that figures of one kind and one round leave to the true sums; None if no answers lead to them.

    Whatever is shown is a sum of coded atoms. So those are narrowed down first, by all figures together; then each may
    be off by what the coding hides at the ends that are still open to it, and a larger group by what its atoms are.
    """
    return _true_limits(tuple((each.group, each.low, each.high) for each in some), some[0].scale)


@lru_cache(maxsize=2048)
def _true_limits(some: Limits, scale: Scale) -> dict[Group, tuple[int, int]] | None:
    """Kept: many items of a unit are answered by the same people and shown alike."""
    shown = tuple(sorted({group for group, _, _ in some}))
    if not scale.coded_grid:
        return _narrowed(_lattice(shown, 0), some, scale.most, scale.grid)
    atoms, inside = _atoms(shown)
    lattice = _lattice(tuple(inside), 0)
    within = tuple((atom, *scale.ends(atom.bit_count())) for atom in atoms)
    coded = _narrowed(lattice, some + within, scale.most, scale.coded_grid)
    if coded is None:
        return None
    off = [scale.decoded(atom.bit_count(), *coded[atom]) for atom in atoms]
    decoded = []
    grid = scale.grid
    for group, places in inside.items():
        low, high = coded[group]
        for at in places:
            low, high = low - off[at][0], high + off[at][1]
        decoded.append((group, -(-low // grid) * grid, high // grid * grid))
    return _narrowed(lattice, decoded, scale.most, grid)


@lru_cache(maxsize=256)
def _atoms(groups: tuple[Group, ...]) -> tuple[list[Group], dict[Group, list[int]]]:
    """The atoms of some groups, and which of them are in each group and atom."""
    atoms = classes_of(groups)
    every = sorted({*groups, *atoms})
    return atoms, {group: [at for at, atom in enumerate(atoms) if atom & group] for group in every}


def limits_of(some: Sequence[Figure], across: int = 0) -> dict[Group, tuple[int, int]] | None:
    """The narrowest limits that the figures leave to every group they are about, and to what is left between them; None
    where they contradict each other.

    A group is the largest shown groups within it and a rest: whatever is known of all but one of them limits the one.
    Groups of different trees are also split by each other, where they differ by fewer than `across` persons.
    """
    lattice = _lattice(tuple(sorted({each.group for each in some})), across)
    scale = some[0].scale
    return _narrowed(lattice, [(each.group, each.low, each.high) for each in some], scale.most, scale.grid)


@dataclass(frozen=True)
class Lattice:
    """Groups, and which of them are made up of which others."""

    place: Mapping[Group, int]
    sizes: Sequence[int]
    wholes: Sequence[tuple[int, tuple[int, ...]]]
    touching: Sequence[Sequence[int]]
    """For each group the places in `wholes` where it is the whole or a part."""


def _narrowed(
    lattice: Lattice, some: Sequence[tuple[Group, int, int]], most: int, grid: int
) -> dict[Group, tuple[int, int]] | None:
    place = lattice.place
    low, high = [0] * len(place), [n * most for n in lattice.sizes]
    for group, least, top in some:
        at = place[group]
        if least > low[at]:
            low[at] = least
        if top < high[at]:
            high[at] = top
    if not _settle(low, high, lattice, grid):
        return None
    return {group: (low[at], high[at]) for group, at in place.items()}


@lru_cache(maxsize=256)
def _lattice(groups: tuple[Group, ...], across: int) -> Lattice:
    place = {group: at for at, group in enumerate(groups) if group}
    ordered = sorted(place, key=size)
    wholes = set()

    def made_up(whole: Group, *parts: Group) -> None:
        if len(parts) > 1:
            wholes.add(tuple(place.setdefault(each, len(place)) for each in (whole, *parts)))

    for at, whole in enumerate(ordered):
        rest, parts = whole, []
        for part in reversed(ordered[:at]):
            if part & rest == part:
                parts.append(part)
                rest &= ~part
            if part & whole == part and whole & ~part in place:
                made_up(whole, part, whole & ~part)
        made_up(whole, *parts, *([rest] if rest else []))
    for first, second in combinations(ordered, 2) if across else ():
        if size(first ^ second) < across and (common := first & second):
            made_up(first, *(each for each in (common, first & ~second) if each))
            made_up(second, *(each for each in (common, second & ~first) if each))
    touching: list[list[int]] = [[] for _ in place]
    listed = [(whole, tuple(parts)) for whole, *parts in sorted(wholes)]
    for at, (whole, found) in enumerate(listed):
        for each in (whole, *found):
            touching[each].append(at)
    return Lattice(place, [size(group) for group in place], listed, touching)


def _settle(low: list[int], high: list[int], lattice: Lattice, grid: int) -> bool:
    """Narrow the limits of wholes and parts by each other until nothing moves; False if nothing is left of one."""
    wholes, touching = lattice.wholes, lattice.touching
    waiting = dict.fromkeys(range(len(wholes)))
    for _ in range(100 * len(wholes)):
        if not waiting:
            break
        at = next(iter(waiting))
        del waiting[at]
        whole, parts = wholes[at]
        least = most = 0
        for part in parts:
            least += low[part]
            most += high[part]
        moved = []
        if least > low[whole] or most < high[whole]:
            low[whole], high[whole] = max(low[whole], least), min(high[whole], most)
            moved.append(whole)
        spare, room = high[whole] - least, low[whole] - most
        for part in parts:
            own_low, own_high = low[part], high[part]
            # All others at their least leave this one so much at the most, and the other way round.
            upper, lower = own_low + spare, own_high + room
            if upper < own_high:
                high[part] = upper // grid * grid
            if lower > own_low:
                low[part] = -(-lower // grid) * grid
            if high[part] < own_high or low[part] > own_low:
                moved.append(part)
        for each in moved:
            if low[each] > high[each]:
                return False
            for other in touching[each]:
                # Itself too: what has moved may leave less to its other parts.
                waiting[other] = None
    return all(least <= most for least, most in zip(low, high, strict=True))


# --- Words --------------------------------------------------------------------------------------------------------


def numbers_only_in_words(content: Any) -> set[str]:
    """Numbers in the texts of a part of the result that are not among its figures."""
    told: set[str] = set()
    figures: set[str] = set()

    def walk(each: Any, key: str = "") -> None:
        if isinstance(each, dict):
            for name, value in each.items():
                if name != "validation":
                    walk(value, name if key != "textAlternative" else key)
        elif isinstance(each, list):
            for value in each:
                walk(value, key)
        elif isinstance(each, str) and key == "textAlternative":
            told.update(re.findall(r"\d+", re.sub(r"”[^”]*”|“[^”]*”", "", each)))
        elif isinstance(each, int | float) and not isinstance(each, bool):
            figures.update(re.findall(r"\d+", f"{each:.2f}") if isinstance(each, float) else [str(each)])

    walk(content)
    return told - figures - {"0", "00", "100"}
