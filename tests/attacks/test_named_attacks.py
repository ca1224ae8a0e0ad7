"""Every attack that is known by name, each as somebody would try it on a release."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest

from app.services.disclosure import Rules, preview
from app.services.release import Release
from tests.attacks.attacker import Figures, Known, deduced, figures_of, isolated_groups, of_one_end_or_the_other, size
from tests.attacks.organisations import Elsewhere, Year, stored
from tests.attacks.test_release_attacks import LEAST, PROVABLE, TWO_CAMPS, K
from tests.services.instrument import SCHEME
from tests.services.rounds import Person, people, person, release_of, round_of

Units = dict[str, tuple[str, int, Sequence[Person]]]
MIXED = (5, 4, 4, 3, 2)


def mixed(count: int) -> list[Person]:
    """So many people of different minds."""
    return people(*(MIXED[at % len(MIXED)] for at in range(count)))


def unit(parent: str, responding: int, silent: int = 0) -> tuple[str, int, list[Person]]:
    return parent, responding + silent, mixed(responding)


class Attack:
    """What is shown of a round, and an attacker who knows everybody in it and has read an earlier one."""

    def __init__(
        self,
        units: Units,
        threshold: int = K,
        earlier: "Attack | None" = None,
        elsewhere: tuple[Elsewhere, Sequence[Mapping[str, int]]] = ([], []),
    ) -> None:
        self.id = uuid4()
        before = earlier.release.sums if earlier else {}
        self.release: Release = release_of(units, threshold, before)
        parents = {name: parent or None for name, (parent, _, _) in units.items()}
        since = {name: Year(earlier.id, before) for name in before} if earlier else {}
        self.document = stored(self.release, parents, Rules(threshold), since, round_id=self.id, elsewhere=elsewhere[0])
        keys = [item.key for item in SCHEME.items]
        members = {name: [f"{name}-{at}" for at in range(invited)] for name, (_, invited, _) in units.items()}
        answered = {
            who: frozenset(key for key, value in zip(keys, row, strict=True) if value >= 0)
            for name, (_, _, rows) in units.items()
            for who, row in zip(members[name], rows, strict=False)
        }
        everyone = [who for each in members.values() for who in each]
        known = Known(
            parents=parents,
            members=members,
            answered=answered,
            dimensions={
                key: [keys[at] for at in SCHEME.items_of(place)] for place, key in enumerate(SCHEME.dimensions)
            },
            standalone=[keys[at] for at in SCHEME.standalone],
            bits={who: 1 << at for at, who in enumerate(everyone)},
            elsewhere=elsewhere[1],
        )
        self.known = known
        self.read = {str(earlier.id): earlier.figures} if earlier else None
        self.figures: Figures = figures_of(self.document, known, self.read)

    @property
    def published(self) -> set[str]:
        return {each["unitId"] for each in self.release.units if each["status"] == "published"}

    def unit(self, name: str) -> dict[str, Any]:
        return next(each for each in self.release.units if each["unitId"] == name)

    def isolates(self) -> list[tuple[str, int]]:
        assert self.figures.unexplained == []
        return [(kind, size(group)) for kind, group in isolated_groups(self.figures, LEAST)]


def test_parent_minus_children() -> None:
    """Two units of ten and a third of three: the whole less the two would be the three."""
    attack = Attack({"rot": unit("", 0), "a": unit("rot", 10), "b": unit("rot", 11), "c": unit("rot", 3)})
    assert attack.isolates() == []
    assert "rot" in attack.published
    assert attack.published < {"rot", "a", "b"}
    # With three more in the third unit both can be shown.
    larger = Attack({"rot": unit("", 0), "a": unit("rot", 10), "b": unit("rot", 11), "c": unit("rot", 7)})
    assert larger.published == {"rot", "a", "b", "c"}
    assert larger.isolates() == []


def test_grandparent_minus_mixed_generations() -> None:
    """The whole less one child and the grandchildren of another."""
    attack = Attack(
        {
            "rot": unit("", 0),
            "a": unit("rot", 12),
            "b": unit("rot", 2),
            "b1": unit("b", 8),
            "b2": unit("b", 9),
        }
    )
    assert attack.isolates() == []
    assert attack.published != {"rot", "a", "b", "b1", "b2"}


def test_units_with_direct_members() -> None:
    """A manager with two in the office and a unit below: the unit above less the one below is those in the office."""
    attack = Attack({"rot": unit("", 3), "a": unit("rot", 20)})
    assert attack.published == {"rot"}
    assert attack.isolates() == []
    assert Attack({"rot": unit("", 7), "a": unit("rot", 20)}).published == {"rot", "a"}


def test_a_single_child() -> None:
    """It is its parent, to the last person, and may be shown; with one more in the parent it may not."""
    assert Attack({"rot": unit("", 0), "a": unit("rot", 9)}).published == {"rot", "a"}
    assert Attack({"rot": unit("", 1), "a": unit("rot", 9)}).published == {"rot"}


def test_a_direct_member_who_did_not_answer() -> None:
    """Two units shown that differ by one who is silent would say of one person that they have not answered."""
    assert Attack({"rot": unit("", 0, silent=1), "a": unit("rot", 9)}).published == {"rot"}


def test_a_sibling_below_the_threshold_whose_complement_leaks_a_level_up() -> None:
    attack = Attack(
        {
            "rot": unit("", 0),
            "left": unit("rot", 0),
            "right": unit("rot", 15),
            "l1": unit("left", 6),
            "l2": unit("left", 7),
            "l3": unit("left", 8),
        }
    )
    assert "l1" not in attack.published
    assert not {"left", "l2", "l3"} <= attack.published
    assert attack.isolates() == []


def test_n_that_differs_from_measure_to_measure() -> None:
    """Everyone answers, but in one dimension so many do not know that the rest of the unit above is one person."""
    unsure = [person(4, A1=-2, A2=-2, A3=-2) for _ in range(7)]
    attack = Attack({"rot": ("", 8, [*unsure, person(1)]), "a": unit("rot", 12)})
    assert attack.isolates() == []
    assert attack.published == {"rot"}
    # Where nobody of them knows, there is nobody to find.
    assert Attack({"rot": ("", 7, unsure), "a": unit("rot", 12)}).published == {"rot", "a"}


def test_the_threshold_is_one_for_everything_and_never_below_five() -> None:
    """K lowered by one party or after closing: a release knows the one K that the round was opened with."""
    for wrong in (4, 0, -1, 31):
        with pytest.raises(ValueError, match="from 5 to 30"):
            Rules(wrong)
    units: Units = {"rot": unit("", 10), "a": unit("rot", 6)}
    assert Attack(units).published == {"rot"}
    assert Attack(units, threshold=5).published == {"rot", "a"}


def test_eight_and_then_nine() -> None:
    """A new colleague: of two rounds in units of fewer than fifteen no change is shown, and indexes in fives alone."""
    first = Attack({"rot": unit("", 20), "a": unit("rot", 8)})
    second = Attack({"rot": unit("", 20), "a": ("rot", 9, [*mixed(8), person(1)])}, earlier=first)
    shown = second.unit("a")
    assert all(each["status"] == "noAssuredChange" for each in shown["trend"]["dimensions"])
    for each in (first.unit("a"), shown):
        measures = [*each["dimensions"], each["total"], *each["standaloneItems"]]
        assert all(measure["index"] % 5 == 0 and measure["interval"] is None for measure in measures)
        assert each["respondents"] == {"from": 7, "to": 9}
    # That of so small a unit nothing is kept either, no third round can make up for.
    assert first.release.sums["a"]["dimensions"] == {}


def test_moved_renamed_and_merged_units() -> None:
    """A trend needs the same unit, shown in both rounds; a new or merged one has none."""
    first = Attack({"rot": unit("", 20), "a": unit("rot", 20), "b": unit("rot", 20)})
    second = Attack({"rot": unit("", 20), "ab": unit("rot", 40)}, earlier=first)
    assert second.unit("ab")["trend"] is None
    assert second.unit("rot")["trend"] is not None
    small = Attack({"rot": unit("", 20), "a": unit("rot", 6)})
    grown = Attack({"rot": unit("", 20), "a": unit("rot", 20)}, earlier=small)
    assert grown.unit("a")["trend"] is None


def test_the_old_round_is_what_it_was_whatever_comes_after() -> None:
    """A release is made from its own round alone, but for the trend: a later one says nothing new of an earlier."""
    units: Units = {"rot": unit("", 20), "a": unit("rot", 20)}
    alone, earlier = Attack(units), Attack({"rot": unit("", 25), "a": unit("rot", 20)})
    after = Attack(units, earlier=earlier)
    for one, other in zip(alone.release.units, after.release.units, strict=True):
        assert {**one, "trend": None} == {**other, "trend": None}


def test_a_benchmark_of_others_is_no_second_way_to_a_small_group() -> None:
    """All but one unit: a difference like any other, and rounded like any other."""
    attack = Attack({"rot": unit("", 2), "a": unit("rot", 20), "b": unit("rot", 4)})
    assert attack.isolates() == []
    assert attack.published == {"rot"}
    larger = Attack({"rot": unit("", 7), "a": unit("rot", 20)})
    others = larger.unit("a")["benchmark"]["others"]
    assert all(each["index"] % 5 == 0 for each in [*others["dimensions"], others["total"]])


def test_whole_numbers_over_six_dimensions_and_the_total() -> None:
    """One person misses a dimension. Six sums less six times the total would be about them alone.

    Rounding has to leave most scores possible: what all seven figures leave open is wider than the scale itself.
    """
    for n in (8, 14, 15, 16, 30):
        attack = Attack({"rot": ("", n, [*mixed(n - 1), person(5, A1=-2, A2=-2)])})
        by_kind = attack.figures.by_kind
        low = high = 0
        for kind, some in by_kind.items():
            if kind.startswith("index") and kind != "index G1":
                (figure,) = some
                # Of the total five sixths count: with six of it the others' scores cancel.
                factor = -6 if kind == "index total" else 1
                low += min(factor * figure.low, factor * figure.high)
                high += max(factor * figure.low, factor * figure.high)
        assert high - low > 720, n
        # The sum is what the person is without: theirs, from none to all of it.
        assert min(720, -low) - max(0, -high) > 360, n


def test_a_unanimous_group() -> None:
    """All at an end look like nearly all at an end; all in the middle differ from others by what is shown of anyone."""
    for value, others in ((5, (5, 5, 5, 5, 5, 5, 4)), (1, (1, 1, 1, 1, 1, 1, 2))):
        one_mind = Attack({"rot": ("", 9, people(*[value] * 7))})
        nearly = Attack({"rot": ("", 9, people(*others))})
        assert one_mind.unit("rot")["dimensions"] == nearly.unit("rot")["dimensions"]
        assert one_mind.unit("rot")["total"] == nearly.unit("rot")["total"]
        assert deduced(one_mind.figures, ["index", "bands", "points", "dontKnow"], below=K) == []
    alike = Attack({"rot": ("", 40, people(*[3] * 30))}).unit("rot")
    assert all(each["interval"]["low"] < each["interval"]["high"] for each in alike["dimensions"])


def test_everyone_answered() -> None:
    """In a unit of some size, that all have answered is told no more than that nearly all have."""
    everyone, nearly = Attack({"rot": unit("", 20)}), Attack({"rot": unit("", 19, silent=1)})
    assert everyone.unit("rot")["participation"] == nearly.unit("rot")["participation"]
    assert deduced(everyone.figures, ["participation"], below=K) == []
    for each in everyone.unit("rot")["dimensions"]:
        assert each["interval"] is None
        assert each["nearlyEveryoneAnswered"]


def test_the_band_of_respondents_is_no_second_way_to_everyone_answered() -> None:
    """Of ten invited, "10–14" would be all of them, and "7–9" all but one; by subtraction likewise."""
    for n in (10, 15, 25, 50, 100):
        everyone, nearly = Attack({"rot": unit("", n)}), Attack({"rot": unit("", n - 1, silent=1)})
        for part in ("respondents", "participation"):
            assert everyone.unit("rot")[part] == nearly.unit("rot")[part], n
        assert deduced(everyone.figures, ["participation"], below=K) == [], n
    # 25 or more, less 14 at the most, is all eleven in the office.
    attack = Attack({"rot": unit("", 11), "a": unit("rot", 14, silent=8)})
    assert attack.published == {"rot", "a"}
    assert deduced(attack.figures, ["participation"], below=K) == []


def test_a_reliability_is_not_about_the_few_who_differ() -> None:
    """Among people of one mind it would be made of those few who are not; and where it cannot be computed since there
    are none, everyone is known to be of that mind."""

    def alphas(different: int) -> list[float | None]:
        answers = [*people(*[5] * 40), *(person(5, A1=2, A2=1 + at % 3, B1=4) for at in range(different))]
        whole = Attack({"rot": ("", 60, answers)}).document["whole"]
        return [each["alpha"] for each in whole["organisation"]["reliabilities"] if each["key"] in ("A", "total")]

    assert [alphas(few) for few in range(K)] == [[None, None]] * K
    assert None not in alphas(K)


def test_an_interval_tells_of_one_end_or_the_other_but_never_which() -> None:
    """What remains: as wide as can be, it can prove that everyone is at one of the two ends. Never who is at which."""
    proofs = told = 0
    for n in (16, 20, 30, 60, 100):
        for silent in (2, n // 2, 4 * n):
            halves = people(*[1] * (n // 2), *[5] * (n // 2))
            attack = Attack({"rot": ("", n + silent, halves)})
            told += attack.unit("rot")["dimensions"][0]["interval"] is not None
            proofs += bool(of_one_end_or_the_other(attack.figures))
            assert deduced(attack.figures, PROVABLE, below=K) == []
    assert told > 10
    assert 0 < proofs <= TWO_CAMPS


def test_suppressed_units_are_alike_to_the_byte() -> None:
    """Nobody answered, too few answered, or a neighbour needs protection: one reason, one length, no number."""
    attack = Attack(
        {
            "rot0": unit("", 4),
            "aaaa": unit("rot0", 0, silent=9),
            "bbbb": unit("rot0", 6),
            "cccc": unit("rot0", 12),
            "dddd": unit("rot0", 40),
        }
    )
    hidden = [each for each in attack.release.units if each["status"] == "suppressed"]
    assert {"aaaa", "bbbb"} <= {each["unitId"] for each in hidden}
    assert len({json.dumps({**each, "unitId": ""}) for each in hidden}) == 1
    assert not any(character.isdigit() for each in hidden for character in str({**each, "unitId": ""}))


def test_the_order_shown_is_the_tree_s() -> None:
    """Not that of size, score or answers."""
    units: Units = {"rot": unit("", 0), "a": unit("rot", 9), "b": unit("rot", 30), "c": unit("rot", 12)}
    assert [each["unitId"] for each in Attack(units).release.units] == list(units)
    shown = Attack(units).unit("rot")
    assert [each["key"] for each in shown["dimensions"]] == list(SCHEME.dimensions)


def test_a_preview_tells_nothing_of_the_answers() -> None:
    """It is made from headcounts; the same whoever has answered what."""
    tree, _ = round_of({"rot": unit("", 8), "a": unit("rot", 12)})
    other, _ = round_of({"rot": ("", 8, people(1)), "a": ("rot", 12, [])})
    assert preview(tree, 70, Rules()).tolist() == preview(other, 70, Rules()).tolist()
