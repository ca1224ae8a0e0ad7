"""What could be proved of groups that are large enough, by subtracting roundings, if ends were not coded by atoms."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

from app.services.disclosure import UnitTree
from app.services.release_coding import Coded
from app.services.release_figures import Figures as Exact
from app.services.release_figures import Usable
from app.services.scoring import Scheme
from tests.attacks.attacker import IMPOSSIBLE, Figures, deduced
from tests.attacks.organisations import random_organisation
from tests.attacks.test_named_attacks import Attack, mixed, unit
from tests.attacks.test_release_attacks import PROVABLE, K, assert_true, attacked
from tests.services.rounds import people, person


@contextmanager
def uncoded() -> Iterator[None]:
    """Releases as if only what is shown had its ends coded, not what it is made of."""

    def exact(scheme: Scheme, _tree: UnitTree, figures: Exact, _usable: Usable) -> Coded:
        given = figures.given.astype(np.float64)
        reverse = np.array([item.reverse for item in scheme.items])[:, np.newaxis]
        turned = np.where(reverse, given[:, :, ::-1], given)
        bands = np.stack([turned[:, :, 3:].sum(axis=2), turned[:, :, 2], turned[:, :, :2].sum(axis=2)], axis=2)
        return Coded(
            figures.respondents.astype(np.float64), figures.sums, bands, given, figures.dont_know.astype(float)
        )

    with patch("app.services.release.coded", exact):
        yield


def contradictions(figures: Figures) -> int:
    """Kinds for which no answers can lead to what is shown, if it is made as the attacker believes."""
    return sum(each.how == IMPOSSIBLE for each in deduced(figures, PROVABLE))


def test_the_attacker_proves_much_where_ends_are_not_coded_by_atoms() -> None:
    """And is right in it. It also sees which of the two releases it has before it: of one with coded ends it finds
    nothing impossible in any of a thousand organisations, which is a test of its own."""
    proofs = impossible = 0
    for seed in range(100):
        organisation = random_organisation(seed)
        with uncoded():
            _, known, figures = attacked(organisation)
        certain = deduced(figures, PROVABLE, below=K, coded=False)
        assert_true(organisation, known, certain)
        proofs += len(certain)
        impossible += contradictions(figures)
    assert proofs > 50
    assert impossible > 50


def test_each_named_proof_is_one_where_ends_are_not_coded_by_atoms() -> None:
    with uncoded():
        index, bands = office_at_the_top(), ten_and_ten()
    proofs = deduced(index.figures, ["index"], below=K, coded=False)
    assert {each.how for each in proofs} == {"all at the top"}
    assert deduced(bands.figures, ["bands"], below=K, coded=False) != []


def office_at_the_top() -> Attack:
    """Seven in the office, all at the top; fifteen in the unit below. 22 · 72 − 15 · 58 leaves nothing but 7 · 100."""
    below = [person((3, 3, 4)[at % 3]) for at in range(15)]
    return Attack({"rot": ("", 7, people(*[5] * 7)), "a": ("rot", 15, below)})


def ten_and_ten() -> Attack:
    """80 per cent of twenty less 50 per cent of ten is ten of ten, where 90 per cent or more is shown."""
    return Attack({"rot": ("", 10, people(*[5] * 10)), "a": ("rot", 10, people(*[5] * 5, *[2] * 5))})


def test_coded_ends_of_an_index_outlive_subtraction() -> None:
    attack = office_at_the_top()
    assert attack.published == {"rot", "a"}
    assert deduced(attack.figures, ["index"], below=K) == []


def test_coded_ends_of_a_distribution_outlive_subtraction() -> None:
    assert deduced(ten_and_ten().figures, ["bands"], below=K) == []


def test_in_a_small_unit_nearly_everyone_is_everyone() -> None:
    """Up to 13 invited, above 90 per cent is 100: of each of them it is known that they have answered."""
    for n in range(8, 14):
        assert deduced(Attack({"rot": unit("", n)}).figures, ["participation"], below=K) == [], n


def test_a_single_item_s_index_is_not_its_exact_sum() -> None:
    """In steps of 25 points, whole numbers of an index give the sum away until 49 people, fives until 4."""
    attack = Attack({"rot": ("", 20, mixed(20))})
    (figure,) = [each for each in attack.figures.all if each.kind == "index G1"]
    assert figure.low < figure.high
