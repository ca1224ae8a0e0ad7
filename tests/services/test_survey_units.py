"""The frozen tree: who stands on its own, who is counted with whom, in which order."""

import random
from uuid import UUID, uuid4

from app.services.survey_units import OpenUnit, RoundUnit, below, hash_of, standing

HEADCOUNTS = {
    "Myndigheten": 3,
    "Avdelning Norr": 2,
    "Enhet A": 10,
    "Enhet Ö": 4,
    "Enhet Å": 5,
    "Avdelning Syd": 0,
    "Enhet B": 7,
    "Grupp B1": 6,
    "Utanför": 99,
}
PARENTS = {
    "Avdelning Norr": "Myndigheten",
    "Enhet A": "Avdelning Norr",
    "Enhet Ö": "Avdelning Norr",
    "Enhet Å": "Avdelning Norr",
    "Avdelning Syd": "Myndigheten",
    "Enhet B": "Avdelning Syd",
    "Grupp B1": "Enhet B",
}
ALPHABET = "abcdefghijklmnopqrstuvwxyzåäö 1"
IDS = {name: uuid4() for name in HEADCOUNTS}
NAMES = {unit_id: name for name, unit_id in IDS.items()}
# As the database answers: in Swedish order, whatever the tree.
TREE = [
    OpenUnit(IDS[name], IDS.get(PARENTS.get(name, "")), name, HEADCOUNTS[name])
    for name in sorted(HEADCOUNTS, key=lambda name: [ALPHABET.index(letter) for letter in name.lower()])
]


def seen(units: list[RoundUnit]) -> list[tuple[str, str | None, int]]:
    return [(unit.name, None if unit.parent_id is None else NAMES[unit.parent_id], unit.headcount) for unit in units]


def test_every_unit_stands_in_tree_order_with_siblings_by_name() -> None:
    assert seen(standing(TREE, IDS["Myndigheten"], None)) == [
        ("Myndigheten", None, 3),
        ("Avdelning Norr", "Myndigheten", 2),
        ("Enhet A", "Avdelning Norr", 10),
        ("Enhet Å", "Avdelning Norr", 5),
        ("Enhet Ö", "Avdelning Norr", 4),
        ("Avdelning Syd", "Myndigheten", 0),
        ("Enhet B", "Avdelning Syd", 7),
        ("Grupp B1", "Enhet B", 6),
    ]


def test_the_root_may_be_any_unit_and_nothing_above_or_beside_it_counts() -> None:
    assert seen(standing(TREE, IDS["Avdelning Syd"], None)) == [
        ("Avdelning Syd", None, 0),
        ("Enhet B", "Avdelning Syd", 7),
        ("Grupp B1", "Enhet B", 6),
    ]


def test_who_is_not_chosen_is_counted_with_the_nearest_above_who_is() -> None:
    chosen = {IDS["Enhet Å"], IDS["Avdelning Syd"], IDS["Utanför"]}
    assert seen(standing(TREE, IDS["Myndigheten"], chosen)) == [
        ("Myndigheten", None, 3 + 2 + 10 + 4),
        # They have come nearer, and stand among their new siblings by name.
        ("Avdelning Syd", "Myndigheten", 0 + 7 + 6),
        ("Enhet Å", "Myndigheten", 5),
    ]
    assert seen(standing(TREE, IDS["Myndigheten"], set())) == [("Myndigheten", None, 37)]


def test_below_is_the_unit_and_all_that_is_under_it() -> None:
    assert {NAMES[each] for each in below(TREE, IDS["Avdelning Syd"])} == {"Avdelning Syd", "Enhet B", "Grupp B1"}
    assert below(TREE, uuid4()) == set()


def test_the_hash_is_of_what_the_list_shows_in_its_order() -> None:
    units = standing(TREE, IDS["Myndigheten"], None)
    assert hash_of(units) == hash_of(standing(TREE, IDS["Myndigheten"], set(IDS.values())))
    for place in range(len(units)):
        for changed in ({"headcount": 99}, {"name": "Annat"}, {"unit_id": uuid4()}):
            other = [RoundUnit(**vars(unit)) for unit in units]
            for field, value in changed.items():
                setattr(other[place], field, value)
            assert hash_of(other) != hash_of(units)
    assert hash_of(units[::-1]) != hash_of(units)


def test_in_any_tree_nobody_is_lost_or_counted_twice() -> None:
    lottery = random.Random(7)  # noqa: S311 - the same trees every time
    for size in [*range(1, 40), 2_000]:
        ids = [UUID(int=lottery.getrandbits(128)) for _ in range(size)]
        parents: list[UUID | None] = [None, *(lottery.choice(ids[:place]) for place in range(1, size))]
        tree = [OpenUnit(ids[place], parents[place], f"{place}", lottery.randrange(30)) for place in range(size)]
        lottery.shuffle(tree)
        root = lottery.choice(ids)
        chosen = set(lottery.sample(ids, lottery.randrange(size + 1)))
        units = standing(tree, root, chosen)
        reached = below(tree, root)
        assert {unit.unit_id for unit in units} == (chosen & reached) | {root}
        assert sum(unit.headcount for unit in units) == sum(unit.headcount for unit in tree if unit.id in reached)
        placed: set[UUID | None] = {None}
        for unit in units:
            assert unit.parent_id in placed, "parents before children"
            placed.add(unit.unit_id)
        assert [unit.parent_id for unit in units].count(None) == 1
