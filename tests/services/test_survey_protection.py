"""What could be shown, foreseen from head-counts: as the release's own rules say, with advice that helps."""

from uuid import uuid4

import numpy as np

from app.models.survey_protection import ProtectedUnit, Protection
from app.services import disclosure
from app.services.survey_protection import foreseen
from app.services.survey_units import RoundUnit

ROOT, NORTH, SOUTH, TEAM = (uuid4() for _ in range(4))


def units(root: int, north: int, south: int, team: int) -> list[RoundUnit]:
    """Two units under a root, and a team under the northern one."""
    return [
        RoundUnit(ROOT, None, "Myndigheten", root),
        RoundUnit(NORTH, ROOT, "Norr", north),
        RoundUnit(TEAM, NORTH, "Laget", team),
        RoundUnit(SOUTH, ROOT, "Syd", south),
    ]


def shown(found: list[ProtectedUnit]) -> set[str]:
    return {unit.name for unit in found if unit.status is Protection.SHOWN}


def test_units_large_enough_are_shown_without_advice() -> None:
    found = foreseen(units(10, 10, 10, 10), 70, 7)
    assert shown(found) == {"Myndigheten", "Norr", "Laget", "Syd"}
    assert [(unit.headcount, unit.advice, unit.group_under_id) for unit in found] == [
        (40, None, None),
        (20, None, None),
        (10, None, None),
        (10, None, None),
    ]


def test_a_small_unit_is_told_which_one_above_to_be_counted_with() -> None:
    found = {unit.name: unit for unit in foreseen(units(20, 20, 20, 9), 70, 7)}
    team = found["Laget"]
    assert (team.status, team.group_under_id) == (Protection.HIDDEN, NORTH)
    assert team.advice is not None
    assert "Norr" in str(team.advice["sv"])
    assert "unitIds" in str(team.advice["sv"])
    assert "Norr" in str(team.advice["en"])
    assert found["Norr"].status is Protection.SHOWN


def test_the_nearest_one_above_may_be_hidden_too() -> None:
    found = {unit.name: unit for unit in foreseen(units(20, 3, 20, 3), 70, 7)}
    assert (found["Norr"].status, found["Laget"].status) == (Protection.HIDDEN, Protection.HIDDEN)
    assert found["Norr"].group_under_id == found["Laget"].group_under_id == ROOT


def test_a_large_unit_is_hidden_when_the_rest_would_be_few() -> None:
    found = foreseen(units(3, 20, 20, 20), 100, 7)
    assert shown(found) == {"Myndigheten", "Norr", "Laget"}
    assert found[3].group_under_id == ROOT


def test_where_nothing_can_be_shown_the_advice_is_another_root() -> None:
    for unit in foreseen(units(1, 1, 1, 1), 100, 7):
        assert (unit.status, unit.group_under_id) == (Protection.HIDDEN, None)
        assert unit.advice is not None
        assert "större enhet" in str(unit.advice["sv"])
        assert "larger unit" in str(unit.advice["en"])


def test_a_higher_threshold_and_a_lower_rate_hide_more() -> None:
    tree = units(10, 10, 10, 10)
    assert shown(foreseen(tree, 69, 7)) == {"Myndigheten", "Norr"}, "6.9 answers are 6"
    assert shown(foreseen(tree, 70, 8)) < shown(foreseen(tree, 70, 7))
    assert shown(foreseen(tree, 0, 5)) == set()


def test_it_is_what_the_release_would_do() -> None:
    """With the rules of the release applied to exactly those answers, whatever the tree."""
    lottery = np.random.default_rng(3)
    for _ in range(60):
        size = int(lottery.integers(1, 30))
        ids = [uuid4() for _ in range(size)]
        made = [
            RoundUnit(ids[place], ids[int(lottery.integers(place))] if place else None, f"{place}", int(headcount))
            for place, headcount in enumerate(lottery.integers(0, 25, size))
        ]
        parents = tuple(-1 if unit.parent_id is None else ids.index(unit.parent_id) for unit in made)
        tree = disclosure.UnitTree(tuple(map(str, ids)), parents, tuple(unit.headcount for unit in made))
        found = foreseen(made, 60, 5)
        answers = np.array([unit.headcount * 60 // 100 for unit in made])
        counts = disclosure.with_units_below(tree, np.stack([answers, np.array(tree.invited)], axis=1))
        expected = disclosure.publishable(tree, counts, counts[:, 0], 5)
        assert [unit.status is Protection.SHOWN for unit in found] == list(expected)
        assert [unit.headcount for unit in found] == list(counts[:, 1])
