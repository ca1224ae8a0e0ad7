"""The attacker reads every number there is: none can be added to a release and be forgotten here."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.attacker import Figures, figures_of
from tests.attacks.organisations import Elsewhere
from tests.attacks.test_named_attacks import Attack, Units, mixed, unit
from tests.services.instrument import SCHEME
from tests.services.rounds import people, person

WITHOUT_INFORMATION = {
    "units.validation.validated": "of the questionnaire",
    "whole.validation.validated": "of the questionnaire",
    "whole.zones.fromIndex": "of the questionnaire; an index that lies elsewhere is seen",
    "whole.organisation.reliabilities.alpha": "cannot be turned round: whom it is about and its rounding are looked at",
}

Path = tuple[str | int, ...]


def six_others() -> tuple[Elsewhere, list[dict[str, int]]]:
    """Organisations of twenty people each."""
    sums = [{key: {"n": 20, "coded": 20 * 3.3} for key in SCHEME.dimensions} for _ in range(6)]
    return sums, [dict.fromkeys(SCHEME.dimensions, ((1 << 20) - 1) << (1000 + 20 * at)) for at in range(6)]


@pytest.fixture(scope="module")
def everything() -> Attack:
    """A release in which every part is shown somewhere and hidden somewhere."""
    large = [*mixed(33), *(person(4, A1=-2, B2=-1) for _ in range(8))]
    units: Units = {
        "rot": ("", 12, mixed(9)),
        "a": ("rot", 60, large),
        "b": unit("rot", 8),
        "c": ("rot", 20, people(*[2] * 17)),
        "d": unit("rot", 20),
        "e": unit("rot", 3),
    }
    before = Attack({**units, "a": ("rot", 60, people(*[1, 2] * 20)), "c": ("rot", 20, people(*[4] * 17))})
    return Attack(units, earlier=before, elsewhere=six_others())


def leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from leaves(value, (*path, at))
    else:
        yield path, node


def kinds_of_numbers(document: Any) -> dict[str, list[Path]]:
    """Where numbers stand, and words that say how a number is meant or why there is none; by name without places."""
    found: dict[str, list[Path]] = {}
    for path, value in leaves(document):
        if isinstance(value, bool | int | float) or path[-1] in ("bound", "indexBound", "reason"):
            found.setdefault(".".join(each for each in path if isinstance(each, str)), []).append(path)
    return found


def changed(document: Any, path: Path) -> Any:
    """With another number in that place; what is not on the way there is shared with the document."""
    place, *rest = path
    other = copy.copy(document)
    other[place] = changed(document[place], tuple(rest)) if rest else another(document[place], str(place))
    return other


def another(value: bool | float | str, name: str) -> bool | float | str:
    """Another one as it could stand there."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return "about" if value == "atLeast" else "atLeast"
    step = {"percent": 10, "index": 5, "change": 5, "alpha": 0.01}.get(name, 1)
    return round(value - step if value > step else value + step, 2)


def read(figures: Figures) -> tuple[Any, ...]:
    return figures.all, figures.before, figures.unexplained


def test_there_is_something_of_everything(everything: Attack) -> None:
    assert everything.figures.unexplained == []
    kinds = kinds_of_numbers(everything.document)
    wanted = ["interval.low", "favourableInterval.high", "points.percent", "dontKnow.bound", "trend.dimensions.change"]
    wanted += [
        "benchmark.others.dimensions.index",
        "benchmark.organisations.dimensions.index",
        "straightLining.percent",
    ]
    assert [each for each in wanted if not any(kind.endswith(each) for kind in kinds)] == []
    reasons = {value for path, value in leaves(everything.document) if path[-1] == "reason"}
    assert reasons >= {"notEnoughAnswers", "nearlyEveryoneAnswered", "endOfScale", "noUnitAbove", "wholeRound"}


def test_every_number_is_read_or_has_a_name_here(everything: Attack) -> None:
    """Another number in its place leads the attacker to believe something else."""
    attack, unread = everything, set()
    for kind, paths in kinds_of_numbers(attack.document).items():
        for path in {paths[0], paths[-1]}:
            other = figures_of(changed(attack.document, path), attack.known, attack.read)
            if read(other) == read(attack.figures):
                unread.add(kind)
    assert unread == set(WITHOUT_INFORMATION)


def test_a_reliability_that_is_not_rounded_is_seen(everything: Attack) -> None:
    document = copy.deepcopy(everything.document)
    document["whole"]["organisation"]["reliabilities"][0]["alpha"] = 0.8213
    assert figures_of(document, everything.known, everything.read).unexplained == ["reliability of A"]
