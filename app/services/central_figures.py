"""Which figures of all organisations together may be shown (R11), and how: pure, without database and clock.

A figure is a sum of what its contributors add. Figures of the same contributors are a *family*; what has been published
of a family before is known by its sets of contributors. Whoever adds and subtracts what is published of a family can
get at no smaller groups than the *atoms* of those sets: contributors that stand in exactly the same of them. So only
a set is admitted after which every atom still has at least five.

That no contributor has more than half is looked at in the whole; and, where what is counted lasts from quarter to
quarter, in every atom too. What was held in one quarter is no part of what was held in another.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.services.disclosure import index_shown
from app.services.statistics import round_half_away

LEAST_ORGANISATIONS = 5
STEP = 5

Members = frozenset[UUID]
Weights = Mapping[UUID, int]
Figure = dict[str, Any]

SUPPRESSED: Figure = {"status": "suppressed", "reason": "notEnoughOrganisations"}


def atoms(sets: Iterable[Members]) -> list[Members]:
    """The members of all sets by which of them they stand in."""
    distinct = list(dict.fromkeys(sets))
    together: defaultdict[tuple[bool, ...], set[UUID]] = defaultdict(set)
    for member in frozenset().union(*distinct):
        together[tuple(member in each for each in distinct)].add(member)
    return [frozenset(each) for each in together.values()]


def admitted(present: Members, earlier: Collection[Members]) -> Members:
    """The most of those present that a family may be of, so that no atom gets smaller than five.

    Newcomers are counted once there are five of them. Of an atom that some have left, others are set aside with them
    until those are five, whoever came first; they stay aside, and if fewer than five are left, so are they. Nothing of
    this depends on what anybody adds.
    """
    before = atoms(earlier)
    newcomers = present.difference(*before)
    chosen = set(newcomers) if len(newcomers) >= LEAST_ORGANISATIONS else set()
    for each in before:
        gone, here = each - present, sorted(each & present)
        kept = here[max(LEAST_ORGANISATIONS - len(gone), 0) :] if gone else here
        if len(kept) >= LEAST_ORGANISATIONS:
            chosen.update(kept)
    return frozenset(chosen)


def enough(weights: Weights, of: Members) -> bool:
    """R11: at least five add something, and none of them more than half."""
    added = [weights[each] for each in of if weights.get(each, 0) > 0]
    return len(added) >= LEAST_ORGANISATIONS and 2 * max(added) <= sum(added)


def count(weights: Weights, of: Members, parts: Sequence[Members] = ()) -> Figure:
    """A sum over `of`, if all of them and each of the `parts` that lies within are enough."""
    if not all(enough(weights, each) for each in (of, *parts) if each <= of):
        return SUPPRESSED
    return {"status": "published", "value": round_half_away(sum(weights.get(each, 0) for each in of), STEP)}


@dataclass(frozen=True)
class Answers:
    """A dimension of one released round: how many answered, and the sum of their scores with coded ends."""

    n: int
    coded: float


def index(answers: Mapping[UUID, Answers], of: Members, parts: Sequence[Members], lowest: int, highest: int) -> Figure:
    """The index of all answers together, in steps of five as the benchmark of a result is."""
    weights = {each: answers[each].n for each in of}
    if not all(enough(weights, each) for each in (of, *parts) if each <= of):
        return SUPPRESSED
    mean = sum(answers[each].coded for each in of) / sum(weights.values())
    shown = index_shown((mean - lowest) * 100 / (highest - lowest), sum(weights.values()), coarse=True)
    return {"status": "published", "value": shown.value}


def uses(by_kind: Mapping[str, Weights], of: Members) -> dict[str, Figure]:
    """Sessions by kind of template. What is left of the whole when the published ones are taken away is enough too,
    or nothing: while it is not, the published kind with the fewest sessions is kept back."""
    figures = {kind: count(weights, of) for kind, weights in by_kind.items()}
    shown = sorted(
        (kind for kind in by_kind if figures[kind] is not SUPPRESSED),
        key=lambda kind: (-sum(by_kind[kind].get(each, 0) for each in of), kind),
    )
    while shown:
        rest: Counter[UUID] = Counter()
        for kind in by_kind.keys() - shown:
            rest.update({each: by_kind[kind].get(each, 0) for each in of})
        if not any(rest.values()) or enough(rest, of):
            break
        figures[shown.pop()] = SUPPRESSED
    return figures
