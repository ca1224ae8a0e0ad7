"""Random rounds, released and then read from the finished content alone: right figures, and no small group in them."""

import json
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from app.services.disclosure import Rules, UnitTree
from app.services.release import make_release
from app.services.release_figures import Responses
from tests.services import plain_survey
from tests.services.auditor import smallest_group
from tests.services.instrument import SCHEME
from tests.services.rounds import NAMES, random_round


def test_the_order_of_the_answers_leaves_no_trace() -> None:
    dice = random.Random(12)  # noqa: S311
    tree, responses = random_round(dice, 30, 40)
    order = dice.sample(range(len(responses.units)), len(responses.units))
    shuffled = Responses(responses.units[order], responses.answers[order])
    made = [make_release(SCHEME, NAMES, tree, each, Rules()) for each in (responses, shuffled)]
    first, second = (json.dumps([each.units, each.organisation, each.sums]) for each in made)
    assert first == second


def test_every_figure_is_what_the_plain_form_gives() -> None:
    dice = random.Random(33)  # noqa: S311
    seen = 0
    for _ in range(40):
        tree, responses = random_round(dice, dice.randrange(1, 8), 60)
        release = make_release(SCHEME, NAMES, tree, responses, Rules())
        for place, unit in enumerate(release.units):
            if unit["status"] == "published":
                seen += 1
                compare_with_plain(tree, responses, release.units, place)
    assert seen > 60


def line_of(tree: UnitTree, unit: int) -> list[int]:
    """A unit and all above it."""
    line = [unit]
    while (above := tree.parents[line[-1]]) != -1:
        line.append(above)
    return line


def atoms_of(tree: UnitTree, responses: Responses, showing: set[int], place: int) -> list[list[int]]:
    """Rows of those in and under a unit, put together where the nearest unit that shows the figure is the same."""
    found: dict[int, list[int]] = {}
    for row, own in enumerate(responses.units.tolist()):
        line = line_of(tree, own)
        if place in line:
            nearest = next(unit for unit in line if unit in showing)
            found.setdefault(nearest, []).append(row)
    return list(found.values())


def plain_counts(counts: list[int]) -> list[Fraction]:
    """None and one are a half; the first of the largest counts gives or takes what is missing."""
    if sum(counts) == 0:
        return [Fraction(0) for _ in counts]
    halved = [Fraction(1, 2) if each < 2 else Fraction(each) for each in counts]
    halved[counts.index(max(counts))] += sum(counts) - sum(halved)
    return halved


def shares_of(atoms: list[list[int]]) -> list[int]:
    """Per cent as shown, of the counts of each atom."""
    summed = [sum(each) for each in zip(*map(plain_counts, atoms), strict=True)]
    return [min(90, max(10, 10 * int(each / sum(summed) * 10 + Fraction(1, 2)))) for each in summed]


def compare_with_plain(tree: UnitTree, responses: Responses, units: list[dict[str, Any]], place: int) -> None:
    unit = units[place]
    rows = [[None if each < 0 else each for each in row] for row in responses.answers.tolist()]
    shown = {at for at, each in enumerate(units) if each["status"] == "published"}
    atoms = atoms_of(tree, responses, shown, place)
    groups = [[(column, SCHEME.items[column].reverse) for column in SCHEME.items_of(each)] for each in range(6)]
    scored = [plain_survey.person_scores(groups, row, (1, 5), 2, 5) for row in rows]
    alone = [None if row[18] is None else Fraction(row[18]) for row in rows]
    by_measure = [*([own[each] for own, _ in scored] for each in range(6)), [total for _, total in scored], alone]
    for measure, scores in zip(measures_in(unit), by_measure, strict=True):
        of_atoms = [[(each - 1) * 25 for row in atom if (each := scores[row]) is not None] for atom in atoms]
        values = [each for atom in of_atoms for each in atom]
        # The mean of each atom is kept from 5 to 95.
        exact = Fraction(sum(min(95 * len(atom), max(5 * len(atom), sum(atom))) for atom in of_atoms), len(values))
        step = 5 if len(values) < 15 or measure["key"] == "G1" else 1
        nearest = step * int(exact / step + Fraction(1, 2))
        assert measure["index"] == min(95, max(5, nearest))
        assert len(values) >= 15 or (measure["interval"], measure["nearlyEveryoneAnswered"]) == (None, False)
    for column, item in enumerate([*unit["items"], *unit["standaloneItems"]]):
        if item["bands"] is None:
            continue
        bands = [(4, 5), (3,), (1, 2)]
        for part, sides in (
            ("bands", bands[::-1] if SCHEME.items[column].reverse else bands),
            ("points", [(point,) for point in (1, 2, 3, 4, 5)]),
        ):
            if item[part] is None:
                continue
            showing = {at for at in shown if shows_item(units[at], at=column, part=part)}
            given = [[rows[row][column] for row in atom] for atom in atoms_of(tree, responses, showing, place)]
            wanted = shares_of([[sum(each in side for each in atom) for side in sides] for atom in given])
            told = (
                item[part] if part == "points" else [item[part][b] for b in ("favourable", "neutral", "unfavourable")]
            )
            assert [each["percent"] for each in told] == wanted


Shows = Callable[[dict[str, Any]], bool]


def audited(tree: UnitTree, responses: Responses) -> Iterator[tuple[str, int, list[int], Shows]]:
    """Each kind of figure: its name, the least group, its people by unit, and whether a unit shows it."""
    numeric = responses.answers >= 0

    def by_unit(persons: npt.NDArray[np.bool_]) -> list[int]:
        counted: list[int] = np.bincount(responses.units[persons], minlength=len(tree.ids)).tolist()
        return counted

    everyone = by_unit(np.ones(len(numeric), dtype=bool))
    yield "participation", 7, list(tree.invited), lambda unit: "participation" in unit
    yield "respondents", 7, everyone, lambda unit: "respondents" in unit
    in_dimensions = np.column_stack([numeric[:, list(SCHEME.items_of(each))].sum(axis=1) >= 2 for each in range(6)])
    scored = [*(by_unit(each) for each in in_dimensions.T), by_unit(in_dimensions.sum(axis=1) >= 5)]
    for at, persons in enumerate([*scored, by_unit(numeric[:, 18])]):
        yield f"index {at}", 7, persons, partial(shows_measure, at=at, part="index")
        yield f"spread {at}", 15, persons, partial(shows_spread, at=at)
    for at in range(6):
        some = by_unit(np.any(numeric[:, list(SCHEME.items_of(at))], axis=1))
        yield f"dimension's bands {at}", 10, some, partial(shows_measure, at=at, part="bands")
    for at in range(19):
        answered = by_unit(numeric[:, at])
        yield f"bands {at}", 10, answered, partial(shows_item, at=at, part="bands")
        yield f"points {at}", 30, answered, partial(shows_item, at=at, part="points")
        yield f"unknown {at}", 10, everyone, partial(shows_item, at=at, part="dontKnow")


def measures_in(unit: dict[str, Any]) -> list[dict[str, Any]]:
    return [*unit["dimensions"], unit["total"], *unit["standaloneItems"]]


def shows_measure(unit: dict[str, Any], at: int, part: str) -> bool:
    return measures_in(unit)[at][part] is not None


def shows_spread(unit: dict[str, Any], at: int) -> bool:
    measure = measures_in(unit)[at]
    return bool(measure["interval"]) or measure["nearlyEveryoneAnswered"]


def shows_item(unit: dict[str, Any], at: int, part: str) -> bool:
    return [*unit["items"], *unit["standaloneItems"]][at][part] is not None


def test_nothing_that_is_shown_or_kept_is_about_a_smaller_group_than_it_may_be() -> None:
    """Read from the finished content alone, by an auditor that shares nothing with what chose it."""
    dice = random.Random(77)  # noqa: S311
    kinds: dict[str, int] = {}
    for _ in range(60):
        tree, responses = random_round(dice, dice.randrange(2, 9), dice.choice([14, 30, 60]))
        release = make_release(SCHEME, NAMES, tree, responses, Rules())
        shown = {at for at, unit in enumerate(release.units) if unit["status"] == "published"}
        for name, least, persons, shows in audited(tree, responses):
            showing = {at for at in shown if shows(release.units[at])}
            group = smallest_group(tree, persons, showing)
            assert group is None or group >= least, name
            kinds[name.split(" ")[0]] = kinds.get(name.split(" ")[0], 0) + len(showing)
        for place, key in enumerate(SCHEME.dimensions):
            numeric = (responses.answers[:, list(SCHEME.items_of(place))] >= 0).sum(axis=1) >= 2
            persons = np.bincount(responses.units[numeric], minlength=len(tree.ids)).tolist()
            kept = {at for at in shown if key in release.sums[tree.ids[at]]["dimensions"]}
            group = smallest_group(tree, persons, kept)
            assert group is None or group >= 15
        assert set(release.sums) == {tree.ids[at] for at in shown}
    assert min(kinds.values()) > 20, f"too little was shown to find anything: {kinds}"


def test_every_text_is_written_in_both_languages_and_the_release_is_json() -> None:
    dice = random.Random(8)  # noqa: S311
    tree, responses = random_round(dice, 20, 50)
    earlier = make_release(SCHEME, NAMES, tree, responses, Rules()).sums
    release = make_release(SCHEME, NAMES, tree, responses, Rules(), earlier)
    content = [release.units, release.organisation, release.sums]
    assert json.loads(json.dumps(content)) == content
    texts = list(texts_in(release.units))
    assert len(texts) > 100
    for text in texts:
        assert set(text) == {"sv", "en"}
        assert min(len(each.strip()) for each in text.values()) > 10
        assert "{" not in text["sv"] + text["en"]
        assert "None" not in text["sv"] + text["en"]
        assert text["sv"] != text["en"]


def texts_in(content: Any) -> Iterator[dict[str, str]]:
    if isinstance(content, dict):
        if "textAlternative" in content:
            yield content["textAlternative"]
        content = list(content.values())
    if isinstance(content, list):
        for each in content:
            yield from texts_in(each)
