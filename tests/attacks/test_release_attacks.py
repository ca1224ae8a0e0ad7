"""The attacker against releases of random organisations, and against four rounds of organisations that change."""

import ast
import random
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest

from app.services.disclosure import Rules, UnitTree
from app.services.scoring import score
from tests.attacks import attacker
from tests.attacks.attacker import (
    Deduction,
    Document,
    Figures,
    Group,
    Known,
    deduced,
    deduced_across,
    figures_of,
    isolated_groups,
    numbers_only_in_words,
    size,
    smallest_by_trial,
    smallest_isolated,
)
from tests.attacks.organisations import (
    KEYS,
    Organisation,
    known_of,
    numbered,
    random_organisation,
    random_years,
    released,
)
from tests.services.instrument import SCHEME

K = 7
LEAST = {"participation": K, "respondents": K, "index": K, "interval": 15, "bands": 10, "points": 30, "dontKnow": 10}
"""The smallest group that a figure of each kind may be about, also after subtracting."""
PROVABLE = ["participation", "index", "bands", "points", "dontKnow"]
"""Kinds whose ends say something of each person in a group, however large."""


# --- The attacker itself -----------------------------------------------------------------------------------------


def test_the_attacker_knows_nothing_of_the_program() -> None:
    """It imports the standard library, and so does all that it imports."""
    tree = ast.parse(Path(attacker.__file__).read_text(encoding="utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def test_elimination_finds_what_trying_every_combination_finds() -> None:
    """On groups in no order at all, not only on trees."""
    dice = random.Random(5)  # noqa: S311
    found = 0
    for _ in range(100):
        groups = [dice.randrange(1, 1 << 9) for _ in range(dice.randrange(1, 5))]
        by_trial = smallest_by_trial(groups)
        group = smallest_isolated(groups, below=5)
        if group is not None:
            found += 1
            assert by_trial is not None
            assert size(group) <= by_trial
        else:
            assert by_trial is None or by_trial >= 5
    assert found > 50


# --- One round -----------------------------------------------------------------------------------------------------


def attacked(organisation: Organisation, bits: dict[str, int] | None = None) -> tuple[Document, Known, Figures]:
    document, _ = released(organisation, Rules(K))
    known = known_of(organisation, bits)
    return document, known, figures_of(document, known)


def test_nobody_is_isolated_in_a_thousand_organisations(capsys: pytest.CaptureFixture[str]) -> None:
    large = published = persons = covered = figures_shown = proven = of_one_mind = 0
    leaks: list[tuple[int, str, int]] = []
    for seed in range(1000):
        organisation = random_organisation(seed)
        document, known, figures = attacked(organisation)
        leaks += [(seed, kind, size(group)) for kind, group in isolated_groups(figures, LEAST)]
        certain = deduced(figures, PROVABLE, below=K)
        leaks += [(seed, each.kind, each.persons) for each in certain]
        proven += len(certain)
        of_one_mind += unanimous(organisation, figures)
        assert_true(organisation, known, certain)
        shown = {unit["unitId"] for unit in document["units"] if unit["status"] == "published"}
        large += sum(size(group & known.respondents) >= K for group in known.below.values())
        published += len(shown)
        persons += len(organisation.answers)
        root = next(iter(organisation.parents))
        inside = [known.below[unit] for unit in shown if unit != root]
        covered += sum(any(known.bits[person] & group for group in inside) for person in organisation.answers)
        figures_shown += len(figures.all)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n1,000 organisations, {figures_shown:,} figures: {len(leaks)} groups isolated; shown are "
            f"{published / large:.0%} of the units with {K} respondents or more, "
            f"and {covered / persons:.0%} of {persons:,} respondents are in one below the whole; "
            f"{of_one_mind:,} indexes are over people of one mind at an end of the scale; "
            f"{proven} groups are proved to be at an end in something"
        )
    assert leaks == []
    # What protects by showing next to nothing would pass too.
    assert published > 0.6 * large
    assert covered > 0.5 * persons


def unanimous(organisation: Organisation, figures: Figures) -> int:
    """How many of the indexes of units are of people who all answered at one and the same end."""
    ends = extremes(organisation, figures.known)
    shown = [each for each in figures.all if each.kind.startswith("index") and not each.place.startswith("all but")]
    return sum(
        any(each.group & ~ends[each.kind.split(" ")[1], end] == 0 for end in (SCHEME.low, SCHEME.high))
        for each in shown
    )


def extremes(organisation: Organisation, known: Known) -> dict[tuple[str, int], Group]:
    """Who scores at an end of the scale, by measure and end."""
    people = list(organisation.answers)
    answers = np.array(list(organisation.answers.values()), dtype=np.int8).reshape(len(people), len(KEYS))
    scores = score(SCHEME, answers)
    columns = {key: scores.dimensions[:, at] for at, key in enumerate(SCHEME.dimensions)} | {"total": scores.totals}
    columns |= {KEYS[at]: scores.values[:, at].astype(np.float64) for at in SCHEME.standalone}
    return {
        (key, end): known.group_of([people[at] for at in np.flatnonzero(column == end)])
        for key, column in columns.items()
        for end in (SCHEME.low, SCHEME.high)
    }


def assert_true(organisation: Organisation, known: Known, certain: list[Deduction]) -> None:
    """An attacker that is wrong would prove nothing."""
    if not certain:
        return
    ends = extremes(organisation, known)
    for each in certain:
        if not each.kind.startswith("index"):
            continue
        end = {"all at the top": SCHEME.high, "all at the bottom": SCHEME.low}.get(each.how)
        if end is not None:
            assert each.group & ~ends[each.kind.split(" ")[1], end] == 0


def threshold_alone(
    _tree: UnitTree,
    counts: npt.NDArray[np.int64],
    _respondents: npt.NDArray[np.int64],
    threshold: int,
    among: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.bool_]:
    """R2 without R3: what most tools for surveys do."""
    passing: npt.NDArray[np.bool_] = np.all(counts >= threshold, axis=1)
    return passing if among is None else passing & among


def test_a_threshold_alone_would_have_leaked(capsys: pytest.CaptureFixture[str]) -> None:
    leaking = with_parts = 0
    with patch("app.services.release_figures.publishable", threshold_alone):
        for seed in range(100):
            _, _, figures = attacked(random_organisation(seed))
            some = Figures(figures.known, [each for each in figures.all if each.kind.startswith("index")])
            with_parts += len({each.place for each in some.all}) > 1
            leaking += bool(isolated_groups(some, dict.fromkeys(LEAST, K)))
    with capsys.disabled():
        print(  # noqa: T201
            f"\na threshold alone: groups smaller than {K} isolated in {leaking} of 100 organisations "
            f"({with_parts} show more than one unit)"
        )
    assert leaking > 0.3 * with_parts


def test_the_words_say_no_more_than_the_figures() -> None:
    seen = 0
    for seed in range(40):
        document, _, _ = attacked(random_organisation(seed))
        for unit in document["units"]:
            assert numbers_only_in_words(unit) == set()
            seen += unit["status"] == "published"
    assert seen > 50


# --- Four rounds ---------------------------------------------------------------------------------------------------


def test_nobody_is_isolated_in_four_rounds_of_a_changing_organisation(capsys: pytest.CaptureFixture[str]) -> None:
    """Each answer of each round is an unknown of its own. Printed beside it: what would be certain of small groups if
    it could be known that nobody who stayed has changed their mind, although one in five has."""
    leaks: list[tuple[int, str, int]] = []
    contradicted = certain = 0
    for seed in range(250):
        years = list(random_years(seed))
        figures = _four(years)
        for each in figures:
            leaks += [(seed, kind, size(group)) for kind, group in isolated_groups(each, LEAST)]
        found = deduced_across(figures, below=K)
        contradicted += found is None
        certain += bool(found)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n250 organisations, four rounds each: {len(leaks)} groups isolated. That nobody has changed their "
            f"mind is contradicted by {contradicted}; believed of the others, {certain} tell of a group below {K}"
        )
    assert leaks == []
    assert contradicted > 125, "the answers change too little for this to say anything"


def _four(years: list[Organisation]) -> list[Figures]:
    bits = numbered(*years)
    kept: dict[str, object] = {}
    found = []
    for year in years:
        document, sums = released(year, Rules(K), kept)
        kept |= sums
        found.append(figures_of(document, known_of(year, bits)))
    return found
