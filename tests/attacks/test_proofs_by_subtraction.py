"""What is proved of a group that is large enough, although the ends of every scale are coded: by subtracting roundings."""

from tests.attacks.attacker import deduced
from tests.attacks.test_named_attacks import Attack, mixed, unit
from tests.attacks.test_release_attacks import K
from tests.services.rounds import people, person


def test_coded_ends_of_an_index_outlive_subtraction() -> None:
    """Seven in the office, all at the top; fifteen in the unit below. 22 · 72 − 15 · 58 leaves nothing but 7 · 100."""
    below = [person((3, 3, 4)[at % 3]) for at in range(15)]
    attack = Attack({"rot": ("", 7, people(*[5] * 7)), "a": ("rot", 15, below)})
    assert attack.published == {"rot", "a"}
    assert deduced(attack.figures, ["index"], below=K) == []


def test_coded_ends_of_a_distribution_outlive_subtraction() -> None:
    """Ten and ten: 80 per cent of twenty less 50 per cent of ten is ten of ten, where 90 per cent or more is shown."""
    attack = Attack({"rot": ("", 10, people(*[5] * 10)), "a": ("rot", 10, people(*[5] * 5, *[2] * 5))})
    assert deduced(attack.figures, ["bands"], below=K) == []


def test_in_a_small_unit_nearly_everyone_is_everyone() -> None:
    """Up to 13 invited, above 90 per cent is 100: of each of them it is known that they have answered."""
    for n in range(8, 14):
        assert deduced(Attack({"rot": unit("", n)}).figures, ["participation"], below=K) == [], n


def test_a_single_item_s_index_is_not_its_exact_sum() -> None:
    """In steps of 25 points, whole numbers of an index give the sum away until 49 people, fives until 4."""
    attack = Attack({"rot": ("", 20, mixed(20))})
    (figure,) = [each for each in attack.figures.all if each.kind == "index G1"]
    assert figure.low < figure.high
