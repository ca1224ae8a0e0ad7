"""An attacker who has read everything that the service shows and knows nothing of how it is made.

    known = Known(parents, members, answered, …)   # what colleagues know of each other
    figures = figures_of(document, known)          # what was shown, of whom, within which limits
    isolated_groups(figures, least)                # by exact elimination, as if nothing were rounded
    deduced(figures)                               # by exact intervals, as everything is rounded
    deduced_across([figures, …], below)            # of several rounds, as if nobody ever changed their mind

It imports nothing but the standard library. Its document is what the API answers for one round: {"units": [each unit's
part, in the order shown], "organisation": …}. It knows more than anybody can: the members of every unit, and who of
them answered which items; everything but the answers.

A group of persons is a whole number with a bit for each of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from itertools import combinations, product
from math import floor
from typing import Any

Document = Mapping[str, Any]
Group = int

FEWEST_ITEMS, FEWEST_DIMENSIONS = 2, 5
FINE_FROM = 15
"""Answers from which an index is told in whole numbers instead of fives."""


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


@dataclass(frozen=True)
class Scale:
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

    def ends(self, n: int) -> tuple[int, int]:
        """The least and the most that the coded sum over an atom of so many people can be."""
        if self.others:
            return 1, 2 * n - self.others
        return n * self.most * 5 // 100, n * self.most * 95 // 100

    def decoded(self, n: int, low: int, high: int) -> tuple[int, int]:
        """How far the true sum over an atom may lie below and above the coded one, which is within these limits."""
        least, most = self.ends(n)
        if self.others:
            # None and one count as a half. The largest takes up the difference, a half for each of the others.
            return (self.others, self.others) if high > least else (1, 1)
        return (least if low <= least else 0), (n * self.most - most if high >= most else 0)


# Parts of an index: 180 for 25 points, so that a sixth of a sixth of a step is a whole number.
OF_DIMENSION, OF_TOTAL, OF_ITEM = Scale(720, 30, 60, 6), Scale(720, 1, 10, 1), Scale(720, 180, 180, 36)
OF_COUNT = Scale(1, 1, 1)
# In halves of a person.
OF_BANDS, OF_POINTS, OF_TWO = Scale(2, 2, 2, 1, others=2), Scale(2, 2, 2, 1, others=4), Scale(2, 2, 2, 1, others=1)


@dataclass(frozen=True)
class Figure:
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

    def by_kind(self) -> dict[str, list[Figure]]:
        found: dict[str, list[Figure]] = {}
        for each in self.all:
            found.setdefault(each.kind, []).append(each)
        return found


def size(group: Group) -> int:
    return group.bit_count()


def figures_of(document: Document, known: Known) -> Figures:
    """Every number of every unit, with the group it is about."""
    found = Figures(known)
    root = next(unit for unit, parent in known.parents.items() if parent is None)
    for unit in document["units"]:
        if unit["status"] == "published":
            found.all.extend(_of_unit(unit, known, known.below[unit["unitId"]], known.below[root]))
    return found


def _of_unit(unit: Mapping[str, Any], known: Known, everyone: Group, whole: Group) -> Iterator[Figure]:
    name = unit["unitId"]
    responded = everyone & known.respondents
    yield _share("participation", name, everyone, size(everyone), unit["participation"], 5, (20, 90), OF_TWO)
    band = unit["respondents"]
    limits = band["from"], size(everyone) if band["to"] is None else band["to"]
    yield Figure("respondents", name, responded, *limits)
    measures = [*unit["dimensions"], unit["total"], *unit["standaloneItems"]]
    for measure in measures:
        key = measure["key"]
        scale = OF_TOTAL if key == "total" else OF_DIMENSION if key in known.dimensions else OF_ITEM
        group = everyone & known.scored[key]
        yield _index(f"index {key}", name, group, measure, scale)
        if measure["interval"] or measure["nearlyEveryoneAnswered"]:
            # It is about the squares; whose they are is what counts here.
            yield Figure(f"interval {key}", name, group, 0, size(group) * scale.most, scale)
        if key in known.dimensions and measure["bands"]:
            answers = [everyone & known.numeric[item] for item in known.dimensions[key]]
            some = answers[0] | answers[1] | answers[2]
            yield Figure(f"bands {key}", name, some, 0, sum(size(each) for each in answers), Scale(3, 1, 1))
    for item in [*unit["items"], *unit["standaloneItems"]]:
        yield from _of_item(item, name, everyone & known.numeric[item["key"]], responded)
    yield from _compared(unit, known, everyone, whole)


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
    others = unit["benchmark"]["others"]
    if others is None or others.get("status", "published") != "published":
        return
    for measure in [*others["dimensions"], others["total"], *others["standaloneItems"]]:
        key = measure["key"]
        scale = OF_TOTAL if key == "total" else OF_DIMENSION if key in known.dimensions else OF_ITEM
        group = whole & ~everyone & known.scored[key]
        yield _index(f"index {key}", f"all but {unit['unitId']}", group, measure, scale)


def _index(kind: str, place: str, group: Group, shown: Mapping[str, Any], scale: Scale) -> Figure:
    """Rounded half up; 5 is 5 or less and 95 is 95 or more."""
    n, halves = size(group), 2 * shown["index"]
    step = 5 if n < FINE_FROM or scale == OF_ITEM else 1
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
    """How many in a group that is part of `total`, of a rounded share."""
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
    least, most = _up(low * total * scale.most, 200), _up(high * total * scale.most, 200) - 1
    return Figure(kind, place, group, max(0, least), min(size(group) * scale.most, most), scale)


def _up(number: int, divisor: int) -> int:
    """Divided and rounded up."""
    return -(-number // divisor)


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
    for kind, some in figures.by_kind().items():
        groups = frozenset(each.group for each in some)
        key = groups, least[kind.split(" ")[0]]
        if key not in tried:
            tried[key] = smallest_isolated(sorted(groups), key[1])
        if (group := tried[key]) is not None:
            found.append((kind, group))
    return found


# --- What rounding leaves -----------------------------------------------------------------------------------------


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

    Not `coded`: what is shown is believed to be made of the answers as they are.
    """
    found = []
    for kind, some in figures.by_kind().items():
        if kind.split(" ")[0] not in kinds:
            continue
        true = decoded(some) if coded else some
        found += forced(kind, limits_of(true), some[0].scale, below)
    return found


def deduced_across(rounds: Sequence[Figures], below: int) -> list[Deduction] | None:
    """What would be certain of groups smaller than `below` if everyone held in every round what they held in the first.

    Nobody can know that they did. It is what two results tell of those who came, left or moved between them. None when
    somebody must have changed their mind.
    """
    found = []
    by_round: dict[tuple[int, str], list[Figure]] = {}
    by_kind: dict[str, list[Figure]] = {}
    for at, figures in enumerate(rounds):
        for each in figures.all:
            if each.kind.startswith("index"):
                by_round.setdefault((at, each.kind), []).append(each)
    for (_, kind), some in by_round.items():
        by_kind.setdefault(kind, []).extend(decoded(some))
    for kind, some in by_kind.items():
        limits = limits_of(some, across=2 * below)
        if any(low > high for low, high in limits.values()):
            return None
        found += forced(kind, {each: limits[each] for each in limits if size(each) < below}, some[0].scale, below)
    return found


def decoded(some: Sequence[Figure]) -> list[Figure]:
    """Figures of one kind and one round as limits of the true sums, also over the atoms, which are what is coded.

    Whatever is shown is a sum of coded atoms. So those are narrowed down first, by all figures together; then each may
    be off by what the coding hides at the ends that are still open to it, and a larger group by what its atoms are.
    """
    scale = some[0].scale
    if not scale.coded_grid:
        return list(some)
    atoms = classes_of([each.group for each in some])
    within = [Figure(some[0].kind, "atom", atom, *scale.ends(size(atom)), scale) for atom in atoms]
    limits = limits_of([*some, *within], coded=True)
    off = {atom: scale.decoded(size(atom), *limits[atom]) for atom in atoms}
    found = []
    for group, (low, high) in limits.items():
        inside = [off[atom] for atom in atoms if atom & group]
        least = max(0, low - sum(below for below, _ in inside))
        most = min(size(group) * scale.most, high + sum(above for _, above in inside))
        least, most = _up(least, scale.grid) * scale.grid, most // scale.grid * scale.grid
        found.append(Figure(some[0].kind, "decoded", group, least, most, scale))
    return found


def forced(kind: str, limits: Mapping[Group, tuple[int, int]], scale: Scale, below: int) -> list[Deduction]:
    found = []
    for group, (low, high) in limits.items():
        most = size(group) * scale.most
        if low > most - scale.step:
            found.append(Deduction(kind, group, low, high, "all at the top"))
        elif high < scale.step:
            found.append(Deduction(kind, group, low, high, "all at the bottom"))
        elif size(group) < below and low == high:
            found.append(Deduction(kind, group, low, high, "one value"))
    return found


def limits_of(some: Sequence[Figure], across: int = 0, coded: bool = False) -> dict[Group, tuple[int, int]]:
    """The narrowest limits that the figures leave to every group they are about, and to what is left between them.

    A group is the largest shown groups within it and a rest: whatever is known of all but one of them limits the one.
    Groups of different trees are also split by each other, where they differ by fewer than `across` persons.
    """
    scale = some[0].scale
    groups, wholes = _lattice(tuple(sorted({each.group for each in some})), across)
    place = {group: at for at, group in enumerate(groups)}
    low, high = [0] * len(groups), [size(group) * scale.most for group in groups]
    for each in some:
        at = place[each.group]
        low[at], high[at] = max(low[at], each.low), min(high[at], each.high)
    _settle(low, high, wholes, scale.coded_grid if coded else scale.grid)
    return {group: (low[at], high[at]) for group, at in place.items()}


@lru_cache(maxsize=256)
def _lattice(groups: tuple[Group, ...], across: int) -> tuple[list[Group], list[tuple[int, tuple[int, ...]]]]:
    """All groups, and which of them are made up of which others."""
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
    return list(place), [(whole, tuple(parts)) for whole, *parts in sorted(wholes)]


def _settle(low: list[int], high: list[int], wholes: Sequence[tuple[int, tuple[int, ...]]], grid: int) -> None:
    """Narrow the limits of wholes and parts by each other until nothing moves."""
    for _ in range(100):
        moved = False
        for whole, parts in wholes:
            least, most = sum([low[part] for part in parts]), sum([high[part] for part in parts])
            if least > low[whole]:
                low[whole], moved = least, True
            if most < high[whole]:
                high[whole], moved = most, True
            spare, room = high[whole] - least, low[whole] - most
            for part in parts:
                own_low, own_high = low[part], high[part]
                # All others at their least leave this one so much at the most, and the other way round.
                if (bound := (own_low + spare) // grid * grid) < own_high:
                    high[part], moved = bound, True
                if (bound := -(-(own_high + room) // grid) * grid) > own_low:
                    low[part], moved = bound, True
        if not moved:
            return


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
            figures.add(str(floor(each)))

    walk(content)
    return told - figures - {"0", "100"}
