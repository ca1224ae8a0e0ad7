"""The release: what is shown of a round, what is not, and what can be worked out of it."""

import random
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest

from app.services.disclosure import Rules, UnitTree
from app.services.release import Release, make_release
from app.services.release_figures import Responses
from app.services.scoring import DONT_KNOW, Item, Scheme
from tests.services import plain_survey
from tests.services.instrument import SCHEME, ZONES
from tests.services.rounds import NAMES, people, person, release_of, round_of, unit_of

DIMENSIONS = SCHEME.dimensions
SUPPRESSED_KEYS = {"unitId", "status", "reason", "textAlternative"}


def one_unit(invited: int, *values: int, **rest: Any) -> dict[str, Any]:
    return unit_of(release_of({"root": ("", invited, people(*values))}, **rest), "root")


# --- What a unit shows -------------------------------------------------------------------------------------------


def test_a_small_unit_shows_coarse_indexes_and_nothing_finer() -> None:
    unit = one_unit(10, 4, 4, 4, 3, 3, 3, 3, 5)
    assert unit["status"] == "published"
    assert unit["respondents"] == {"from": 7, "to": 9}
    assert unit["participation"] == {"percent": 80, "bound": "about"}
    # The mean is 3.625, which is 65.6 exactly.
    for measure in (*unit["dimensions"], unit["total"], *unit["standaloneItems"]):
        assert (measure["index"], measure["indexBound"]) == (65, "about")
        assert measure["zone"] == {"key": "explore", "provisional": True}
        assert measure["interval"] is None
        assert measure["nearlyEveryoneAnswered"] is False
    assert [each["bands"] for each in (*unit["dimensions"], *unit["items"], *unit["standaloneItems"])] == [None] * 25
    assert [each["dontKnow"] for each in unit["items"]] == [None] * 18


def test_from_10_come_bands_from_15_intervals_and_from_30_points() -> None:
    ten = one_unit(20, *[5] * 2, *[4] * 4, *[3] * 3, 2)
    # One of ten counts as a half, as none would; the most, six, have the other half.
    assert ten["dimensions"][0]["bands"] == {
        "favourable": {"percent": 70, "bound": "about"},
        "neutral": {"percent": 30, "bound": "about"},
        "unfavourable": {"percent": 10, "bound": "atMost"},
    }
    reversed_item = ten["items"][2]
    assert reversed_item["key"] == "A3"
    assert reversed_item["bands"] == ten["dimensions"][0]["bands"], "after reversal"
    assert reversed_item["dontKnow"] == {"percent": 10, "bound": "atMost"}
    assert reversed_item["points"] is None
    assert ten["dimensions"][0]["interval"] is None

    fifteen = one_unit(30, *[5] * 3, *[4] * 6, *[3] * 4, *[2] * 2)
    # Mean 3.667 (67), s = 0.976, t(14) = 2.145, se with half of the invited = 0.178: ± 9.6.
    assert fifteen["dimensions"][0]["index"] == 67
    assert fifteen["dimensions"][0]["interval"] == {"low": 57, "high": 77}
    # 60 % as shown, n_eff = 30: Wilson gives 42.3-75.4.
    assert fifteen["dimensions"][0]["favourableInterval"] == {"low": 40, "high": 80}
    assert fifteen["items"][0]["points"] is None
    assert "favourableInterval" not in fifteen["total"]

    thirty = one_unit(60, *[5] * 6, *[4] * 12, *[3] * 6, *[2] * 6)
    assert [each["percent"] for each in thirty["items"][2]["points"]] == [20, 40, 20, 20, 10], "as answers were given"
    assert [each["value"] for each in thirty["items"][2]["points"]] == [1, 2, 3, 4, 5]
    assert thirty["standaloneItems"][0]["points"][4] == {"value": 5, "percent": 20, "bound": "about"}


def test_a_group_of_one_mind_is_not_told_from_one_nearly_so() -> None:
    alike = one_unit(40, *[4] * 20)
    nearly = one_unit(40, *[4] * 18, 3, 5)
    assert alike["dimensions"] == nearly["dimensions"]
    interval = alike["dimensions"][0]["interval"]
    assert interval["high"] - interval["low"] >= 6, "half a point of the scale at least"
    best, worst = one_unit(40, *[5] * 20), one_unit(40, *[1] * 20)
    assert (best["total"]["index"], best["total"]["indexBound"], best["total"]["interval"]) == (95, "atLeast", None)
    assert (worst["total"]["index"], worst["total"]["indexBound"]) == (5, "atMost")
    assert best["dimensions"][0]["bands"]["favourable"] == {"percent": 90, "bound": "atLeast"}
    assert best["dimensions"][0]["bands"]["unfavourable"] == {"percent": 10, "bound": "atMost"}


def test_that_everyone_answered_is_not_told_from_nearly_everyone() -> None:
    everyone = one_unit(40, *[3, 4] * 20)
    nearly = one_unit(40, *[3, 4] * 19)
    assert everyone == nearly
    for measure in everyone["dimensions"]:
        assert measure["interval"] is None
        assert measure["nearlyEveryoneAnswered"] is True
        assert "Alla eller nästan alla" in measure["textAlternative"]["sv"]
    assert everyone["participation"] == {"percent": 90, "bound": "above"}
    assert one_unit(40, *[3, 4] * 18)["dimensions"][0]["interval"] is not None


@pytest.mark.parametrize(("answered", "said"), [(10, True), (23, True), (24, True), (26, False), (40, False)])
def test_at_60_per_cent_or_less_it_is_said_that_non_response_is_not_covered(answered: int, said: bool) -> None:
    unit = one_unit(40, *[4] * answered)
    assert unit["nonResponseNotCovered"] is said
    assert ("Many did not answer" in unit["textAlternative"]["en"]) is said


@pytest.mark.parametrize(
    ("value", "zone"), [(2, "talkAboutFirst"), (3, "explore"), (4, "describeWhatWorks"), (1, "talkAboutFirst")]
)
def test_zones_are_neutral_and_come_from_the_index_as_shown(value: int, zone: str) -> None:
    assert one_unit(40, *[value] * 20)["total"]["zone"] == {"key": zone, "provisional": True}


def test_a_zone_changes_where_the_rounded_index_does() -> None:
    # 69.6 is shown as 70.
    unit = one_unit(60, *[4] * 22, *[3] * 6)
    assert (unit["total"]["index"], unit["total"]["zone"]["key"]) == (70, "describeWhatWorks")


def test_the_lowest_dimensions_are_the_two_lowest_as_shown_and_their_equals() -> None:
    low_c = {"C1": 2, "C2": 2, "C3": 4}
    low_e = {"E1": 3, "E2": 3, "E3": 3}
    low_b = {"B1": 3, "B2": 3, "B3": 3}

    def lowest(**answers: int) -> list[str]:
        keys: list[str] = unit_of(release_of({"root": ("", 20, [person(4, **answers)] * 8)}), "root")[
            "lowestDimensions"
        ]
        return keys

    assert lowest(**low_e, **low_c) == ["C", "E"]
    assert lowest(**low_e, **low_b, **low_c) == ["C", "B", "E"]
    assert lowest(**low_e, **low_b) == ["B", "E"]
    assert lowest() == list(DIMENSIONS), "no two are lower than the others"


def test_unlike_shares_of_dont_know_are_shown_apart_from_the_answers() -> None:
    rows = [person(4, A1=DONT_KNOW) for _ in range(4)] + people(*[4] * 12)
    item = unit_of(release_of({"root": ("", 30, rows)}), "root")["items"][0]
    # 4 of 16 are 25 %, which goes away from zero.
    assert item["dontKnow"] == {"percent": 30, "bound": "about"}
    assert item["bands"]["favourable"]["percent"] == 90, "of those who answered with a number"


def test_an_even_scale_has_nothing_in_the_middle() -> None:
    scheme = Scheme(("A",), (Item("A1", 0), Item("A2", 0, reverse=True)), 1, 4, min_items=1, min_dimensions=1)
    tree = UnitTree(("root",), (-1,), (20,))
    answers = np.array([[4, 1], [3, 2], [2, 3], [3, 1]] * 4, dtype=np.int8)
    names = {key: {"sv": key, "en": key} for key in ("A", "A1", "A2")}
    release = make_release(scheme, names, tree, Responses(np.zeros(16, dtype=np.int64), answers), Rules(), zones=ZONES)
    bands = release.units[0]["dimensions"][0]["bands"]
    assert (bands["favourable"]["percent"], bands["neutral"], bands["unfavourable"]["percent"]) == (80, None, 30)
    assert "neutral" not in release.units[0]["dimensions"][0]["textAlternative"]["en"]


# --- What a unit does not show -----------------------------------------------------------------------------------


def test_a_suppressed_unit_says_that_it_is_and_nothing_else() -> None:
    release = release_of(
        {
            "root": ("", 0, []),
            "few": ("root", 30, people(*[4] * 6)),
            "leaking": ("root", 9, people(*[4] * 9)),
            "large": ("root", 40, people(*[4] * 30)),
        }
    )
    few, leaking = unit_of(release, "few"), unit_of(release, "leaking")
    assert set(few) == SUPPRESSED_KEYS
    assert few | {"unitId": ""} == leaking | {"unitId": ""}, "R2 and R3 are one reason"
    assert (few["status"], few["reason"]) == ("suppressed", "notEnoughAnswers")
    assert {unit["unitId"] for unit in release.units if unit["status"] == "published"} == {"root", "large"}


def test_dont_know_can_suppress_a_unit_and_takes_a_sibling_with_it() -> None:
    unsure = [person(4, D1=DONT_KNOW, D2=DONT_KNOW)] * 3 + people(*[4] * 6)
    units: dict[str, Any] = {
        "root": ("", 0, []),
        "unsure": ("root", 9, unsure),
        "a": ("root", 12, people(*[3] * 12)),
        "b": ("root", 14, people(*[3] * 14)),
    }
    status = {unit["unitId"]: unit["status"] for unit in release_of(units).units}
    assert status == {"root": "published", "unsure": "suppressed", "a": "suppressed", "b": "published"}


def test_a_direct_member_who_did_not_answer_is_not_told_from_one_who_did() -> None:
    def published(answered: int) -> list[str]:
        root = people(*[4] * answered)
        units: dict[str, Any] = {
            "root": ("", 1, root),
            "a": ("root", 20, people(*[3] * 12)),
            "b": ("root", 20, people(*[3] * 14)),
        }
        return [unit["unitId"] for unit in release_of(units).units if unit["status"] == "published"]

    assert published(0) == published(1) == ["root", "b"]


def test_those_who_answered_nothing_but_dont_know_are_a_group_too() -> None:
    """Three such in the root: as scores they are nobody, as respondents they would be told apart."""
    silent = [[DONT_KNOW] * len(SCHEME.items)] * 3
    units: dict[str, Any] = {"root": ("", 9, silent), "a": ("root", 20, people(*[3] * 12))}
    assert [unit["status"] for unit in release_of(units).units] == ["published", "suppressed"]


def test_a_dont_know_share_is_not_told_of_a_group_too_small_for_one() -> None:
    """Eight in the root know nothing of A: A's bands are about the unit below alone, the don't-know shares are not."""
    unknowing = dict.fromkeys(["A1", "A2", "A3"], DONT_KNOW)
    units: dict[str, Any] = {
        "root": ("", 8, [person(4, **unknowing)] * 8),
        "a": ("root", 40, people(*[3] * 20)),
    }
    release = release_of(units)
    assert [unit["status"] for unit in release.units] == ["published", "published"]
    assert [unit["items"][0]["dontKnow"] is None for unit in release.units] == [False, True]


def test_a_suppressed_unit_does_not_cost_its_siblings_their_distributions() -> None:
    """The large one is suppressed for its stand-alone item; the root's three are told apart from it by nothing."""
    units: dict[str, Any] = {
        "root": ("", 3, people(*[3] * 3)),
        "large": ("root", 30, [person(4, G1=DONT_KNOW)] * 14),
        "small": ("root", 30, people(*[3] * 12)),
        "rest": ("root", 30, people(*[3] * 6)),
    }
    release = release_of(units)
    assert [unit["status"] for unit in release.units] == ["published", "suppressed", "published", "suppressed"]
    assert unit_of(release, "small")["dimensions"][0]["bands"] is not None


def test_a_dimensions_distribution_comes_with_those_of_all_its_items_or_not_at_all() -> None:
    """With two of its items it would tell the third, of which there are too few answers."""
    rows = [person(4, A3=DONT_KNOW)] * 3 + people(*[4] * 9)
    unit = unit_of(release_of({"root": ("", 30, rows)}), "root")
    assert [each["bands"] is None for each in unit["dimensions"]] == [True, *[False] * 5]
    for item in unit["items"]:
        assert (item["bands"] is None) == (item["dontKnow"] is None) == item["key"].startswith("A")


def test_nothing_of_a_suppressed_root_is_in_the_organisation_or_the_benchmarks() -> None:
    release = release_of({"root": ("", 6, people(*[4] * 6))})
    assert release.organisation["status"] == "suppressed"
    assert set(release.organisation) == SUPPRESSED_KEYS - {"unitId"}
    assert release.sums == {}
    nobody = release_of({"root": ("", 0, [])})
    assert nobody.units[0]["status"] == nobody.organisation["status"] == "suppressed"


def test_what_is_answered_in_suppressed_units_is_seen_only_in_sums_with_others() -> None:
    units: dict[str, Any] = {
        "root": ("", 0, []),
        "a": ("root", 20, people(*[4] * 16)),
        "few": ("root", 5, people(*[5] * 5)),
        "b": ("root", 20, people(*[4] * 12)),
    }
    before = release_of(units)
    after = release_of(units | {"few": ("root", 5, people(*[1] * 5))})
    same = [one == other for one, other in zip(before.units, after.units, strict=True)]
    assert [unit["status"] for unit in before.units] == ["published", "published", "suppressed", "suppressed"]
    assert same == [False, False, True, True]
    # What differs in a is what it is compared with: the root, and few and b together.
    assert before.units[1] | {"benchmark": None} == after.units[1] | {"benchmark": None}


# --- The organisation --------------------------------------------------------------------------------------------


def test_the_organisation_has_reliabilities_from_30_complete_answers() -> None:
    dice = random.Random(5)  # noqa: S311
    rows = [[dice.randint(1, 5) for _ in SCHEME.items] for _ in range(31)]
    rows[0][0] = rows[1][0] = DONT_KNOW
    organisation = release_of({"root": ("", 60, rows)}).organisation
    reliability = {each["key"]: each["alpha"] for each in organisation["reliability"]}
    assert reliability["A"] is None, "29 have answered all of A"
    plain = plain_survey.alpha([[row[3], row[4], 6 - row[5]] for row in rows])
    assert plain is not None
    assert reliability["B"] == pytest.approx(plain, abs=0.005)
    assert set(reliability) == {*DIMENSIONS, "total"}


def test_straight_lining_is_counted_and_nobody_is_left_out() -> None:
    lines = [[5] * len(SCHEME.items)] * 5
    release = release_of({"root": ("", 60, [*lines, *people(*[2] * 15)])})
    assert release.organisation["straightLining"] == {"percent": 30, "bound": "about"}
    assert unit_of(release, "root")["respondents"] == {"from": 15, "to": 24}
    few = release_of({"root": ("", 60, people(*[2] * 9))})
    assert few.organisation["straightLining"] is None


# --- Compared with ----------------------------------------------------------------------------------------------


def test_a_unit_is_compared_with_the_one_above_and_with_all_others() -> None:
    release = release_of(
        {
            "root": ("", 0, []),
            "a": ("root", 20, people(*[5] * 16)),
            "a1": ("a", 20, people(*[3] * 16)),
            "b": ("root", 20, people(*[2] * 16)),
            "c": ("root", 20, people(*[3] * 6)),
            "d": ("root", 20, people(*[3] * 10)),
        }
    )
    benchmark = unit_of(release, "a1")["benchmark"]
    assert benchmark["parent"]["unitId"] == "a"
    # In a itself all are at the top, which counts as 95: (95 + 50) / 2.
    assert benchmark["parent"]["total"] == {"key": "total", "index": 73, "indexBound": "about"}
    # (95 + 25 + 50) / 3, of a single item in fives.
    assert benchmark["others"]["dimensions"][0] == {"key": "A", "index": 57, "indexBound": "about"}
    assert benchmark["others"]["standaloneItems"][0]["index"] == 55
    assert unit_of(release, "root")["benchmark"] == {"parent": None, "others": None}
    assert unit_of(release, "d")["status"] == "suppressed", "with c it would be told apart"


def test_a_unit_that_is_nearly_the_whole_has_no_others() -> None:
    units: dict[str, Any] = {"root": ("", 0, []), "only": ("root", 20, people(*[3] * 16))}
    assert unit_of(release_of(units), "only")["benchmark"]["others"] is None


def test_a_parent_that_is_suppressed_is_no_benchmark() -> None:
    release = release_of(
        {
            "root": ("", 0, []),
            "north": ("root", 6, people(*[4] * 6)),
            "south": ("root", 0, []),
            "a": ("south", 8, people(*[4] * 8)),
            "b": ("south", 9, people(*[3] * 9)),
        }
    )
    assert [unit["unitId"] for unit in release.units if unit["status"] == "published"] == ["root", "b"]
    assert unit_of(release, "b")["benchmark"]["parent"] is None
    assert unit_of(release, "b")["benchmark"]["others"]["total"]["index"] == 75


# --- Change since an earlier round --------------------------------------------------------------------------------


def changed(
    before: list[int], after: list[int], invited: int = 60, **answers: int
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The earlier unit, the later one and the trend in the later by dimension."""
    first = release_of({"root": ("", invited, people(*before))})
    rows = [person(value, **answers) for value in after]
    second = unit_of(release_of({"root": ("", invited, rows)}, earlier=first.sums), "root")
    return unit_of(first, "root"), second, {each["key"]: each for each in second["trend"]["dimensions"]}


def test_a_large_change_is_shown_as_the_difference_of_what_was_shown() -> None:
    first, second, trend = changed([3] * 14 + [2] * 7, [4] * 14 + [3] * 7, C1=3, C2=2, C3=3)
    assert (first["dimensions"][0]["index"], second["dimensions"][0]["index"]) == (42, 67)
    assert trend["A"]["status"] == "change"
    assert trend["A"]["change"] == 25
    assert "from 42 to 67" in trend["A"]["textAlternative"]["en"]
    assert trend["C"] == {
        "key": "C",
        "status": "noAssuredChange",
        "change": None,
        "textAlternative": {
            "sv": "Misstag som lärtillfällen: ingen säkerställd förändring sedan den tidigare mätningen.",
            "en": "Mistakes as occasions for learning: no assured change since the earlier round.",
        },
    }


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ([3] * 14, [5] * 16, "14 are too few, however much has changed"),
        ([3] * 16, [5] * 14, "and so they are in the later round"),
        ([3] * 50, [3] * 42 + [4] * 8, "4 points are little, however certain"),
        ([1, 5] * 8, [1, 5, 2, 5] * 4, "it may well be chance"),
    ],
)
def test_a_change_that_is_not_assured_is_not_shown(before: list[int], after: list[int], why: str) -> None:
    _, _, trend = changed(before, after)
    assert {each["status"] for each in trend.values()} == {"noAssuredChange"}, why
    assert {each["change"] for each in trend.values()} == {None}


@pytest.mark.parametrize("count", [15, 16, 20, 40])
def test_which_changes_are_assured_does_not_tell_all_from_all_but_one(count: int) -> None:
    """Nor people of one mind from people of nearly one mind."""
    told = set()
    for before, after in (([3, 2, 4], [3, 3, 4]), ([3], [3, 3, 4]), ([3, 3, 3, 3, 2], [3, 3, 3, 4])):
        first, second = [list(islice(cycle(each), count)) for each in (before, after)]
        for invited in (count, count + 1):
            _, later, trend = changed(first, second, invited)
            assert later["participation"]["bound"] == "above"
            told.add((str(before), tuple(each["status"] for each in trend.values())))
    assert len(told) == 3


def test_holm_keeps_one_chance_finding_among_six_dimensions_from_being_a_change() -> None:
    """p is 0.04: enough if A were the only dimension that is compared, not among six."""
    same = {item.key: 3 for item in SCHEME.items if not item.key.startswith("A")}
    first = release_of({"root": ("", 28, [person(value, **same) for value in [2, 3, 4] * 6])})
    rows = [person(value, **same) for value in [3, 3, 4, 4, 2, 4] * 3]
    only_a = {"root": first.sums["root"] | {"dimensions": {"A": first.sums["root"]["dimensions"]["A"]}}}
    for earlier, status in ((first.sums, "noAssuredChange"), (only_a, "change")):
        unit = unit_of(release_of({"root": ("", 28, rows)}, earlier=earlier), "root")
        assert unit["trend"]["dimensions"][0]["status"] == status


def test_a_unit_that_was_not_published_before_has_no_trend() -> None:
    first = release_of({"root": ("", 60, people(*[3] * 20)), "a": ("root", 30, people(*[3] * 3))})
    second = release_of({"root": ("", 60, people(*[4] * 20)), "a": ("root", 30, people(*[4] * 20))}, earlier=first.sums)
    assert unit_of(second, "a")["trend"] is None
    assert unit_of(second, "root")["trend"] is not None
    assert unit_of(first, "root")["trend"] is None


# --- What is kept ------------------------------------------------------------------------------------------------


def test_sums_are_kept_of_published_units_and_only_where_a_change_could_be_shown() -> None:
    release = release_of(
        {
            "root": ("", 0, []),
            "a": ("root", 20, [*people(*[4] * 15), person(2)]),
            "b": ("root", 20, people(*[3] * 14)),
            "c": ("root", 20, people(*[3] * 5)),
            "d": ("root", 20, people(*[3] * 5)),
        }
    )
    assert set(release.sums) == {"root", "a", "b"}
    assert release.sums["a"]["dimensions"]["F"] == {"n": 16, "sum": 62.0, "sumOfSquares": 244.0, "coded": 62.0}
    assert set(release.sums["a"]["dimensions"]) == set(DIMENSIONS), "the total would tell on those who miss a dimension"
    assert release.sums["b"] == {"invited": 20, "dimensions": {}}


# --- What does not fit -------------------------------------------------------------------------------------------


def made_with(units: list[int], rows: int, invited: int = 20) -> Release:
    tree, responses = round_of({"root": ("", invited, people(*[3] * rows))})
    return make_release(
        SCHEME, NAMES, tree, replace(responses, units=np.array(units, dtype=np.int64)), Rules(), zones=ZONES
    )


@pytest.mark.parametrize(("units", "rows"), [([0] * 7, 8), ([0] * 7 + [1], 8), ([0] * 7 + [-1], 8)])
def test_every_answer_belongs_to_one_unit_of_the_tree(units: list[int], rows: int) -> None:
    with pytest.raises(ValueError, match="one unit of the tree"):
        made_with(units, rows)


def test_more_answers_than_invitations_are_refused() -> None:
    with pytest.raises(ValueError, match="than were invited"):
        made_with([0] * 21, 21)
