"""Organisations for the attacker: unit trees, people, answers, and what a release shows of them as JSON text.

organisation = random_organisation(seed)
shown(organisation)                        -> (document, what colleagues know)
for year in random_years(seed): …          four rounds of one organisation that changes between them
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.services.disclosure import Rules, UnitTree
from app.services.release import make_release
from app.services.release_figures import Responses
from app.services.scoring import DONT_KNOW, SKIPPED, Answers
from tests.attacks.attacker import Known
from tests.services.instrument import SCHEME, ZONES
from tests.services.rounds import NAMES

ITEMS = len(SCHEME.items)
REVERSE = np.array([item.reverse for item in SCHEME.items])
KEYS = [item.key for item in SCHEME.items]


@dataclass(frozen=True)
class Organisation:
    parents: dict[str, str | None]
    members: dict[str, list[str]]
    answers: dict[str, Answers]
    """Of those who responded."""


def random_organisation(seed: int, most_units: int = 60) -> Organisation:
    dice = random.Random(seed)  # noqa: S311
    rng = np.random.default_rng(seed)
    count = min(most_units, int(dice.paretovariate(0.9) * 2))
    reach = dice.choice([1, 3, count])
    parents: dict[str, str | None] = {}
    names: list[str] = []
    for _ in range(count):
        name = f"{dice.randrange(16**8):08x}"
        parents[name] = dice.choice(names[-reach:]) if names else None
        names.append(name)
    inner = dice.choice([0.1, 0.5, 1.0])
    with_children = set(parents.values())
    members = {
        unit: [f"{unit}-{number}" for number in range(_headcount(dice))]
        if unit not in with_children or dice.random() < inner
        else []
        for unit in names
    }
    if not any(members.values()):
        members[names[-1]] = [f"{names[-1]}-0"]
    answers: dict[str, Answers] = {}
    willing, unsaid = dice.uniform(0.3, 1), dice.choice([0.0, 0.02, 0.1])
    for people in members.values():
        answers |= _answers(dice, rng, people, dice.choice([willing, willing, 1.0]), unsaid)
    return Organisation(parents, members, answers)


def _headcount(dice: random.Random) -> int:
    """Most units are small."""
    return dice.choice([dice.randrange(1, 13), dice.randrange(1, 13), dice.randrange(5, 20), dice.randrange(10, 45)])


def _answers(
    dice: random.Random, rng: np.random.Generator, people: list[str], willing: float, unsaid: float
) -> dict[str, Answers]:
    """Of a unit: some are of one mind, and in some of those everyone holds an end of the scale."""
    responding = [person for person in people if dice.random() < willing]
    shape = len(responding), ITEMS
    middle, spread = dice.choice([1, 5, dice.uniform(1, 5)]), dice.choice([0.0, 0.3, 0.8, 1.2])
    values = np.clip(np.rint(rng.normal(middle, spread, shape)), 1, 5).astype(np.int8)
    values = np.where(REVERSE, 6 - values, values)
    kind = rng.random(shape)
    values = np.where(kind < unsaid / 2, SKIPPED, np.where(kind < unsaid, DONT_KNOW, values)).astype(np.int8)
    return dict(zip(responding, values, strict=True))


def random_years(seed: int, faithful: float = 0.8) -> Iterator[Organisation]:
    """Four rounds: some join, some leave, units are moved, merged and new; so many of who stay answer as before."""
    dice = random.Random(f"years {seed}")  # noqa: S311 - other names than those the organisation begins with
    rng = np.random.default_rng([seed, 1])
    organisation = random_organisation(seed, most_units=12)
    yield organisation
    for year in range(1, 4):
        organisation = _next_year(dice, rng, organisation, year, faithful)
        yield organisation


def _next_year(
    dice: random.Random, rng: np.random.Generator, last: Organisation, year: int, faithful: float
) -> Organisation:
    parents, members = dict(last.parents), {unit: list(people) for unit, people in last.members.items()}
    root = next(iter(parents))
    if dice.random() < 0.5 and len(parents) > 2:
        _reorganise(dice, parents, members, root)
    turnover = dice.choice([0.0, 0.03, 0.15])
    for unit, people in members.items():
        stays = [person for person in people if dice.random() >= turnover]
        joins = int(dice.random() < 0.3) + (len(people) - len(stays) if dice.random() < 0.5 else 0)
        members[unit] = stays + [f"{unit}-{year}-{number}" for number in range(joins if people else 0)]
    answers: dict[str, Answers] = {}
    for people in members.values():
        fresh = _answers(dice, rng, people, dice.uniform(0.6, 1), 0.03)
        for person in people:
            if person in last.answers and dice.random() < faithful:
                answers[person] = last.answers[person]
            elif person in fresh:
                answers[person] = fresh[person]
    return Organisation(parents, members, answers)


def _reorganise(dice: random.Random, parents: dict[str, str | None], members: dict[str, list[str]], root: str) -> None:
    unit = dice.choice([each for each in parents if each != root])
    match dice.choice(["move", "merge", "split"]):
        case "move":
            parents[unit] = dice.choice([root, *(each for each in parents if not _under(parents, each, unit))])
        case "merge":
            into = parents[unit]
            for each, parent in parents.items():
                if parent == unit:
                    parents[each] = into
            members[str(into)] += members.pop(unit)
            del parents[unit]
        case "split":
            new = f"{dice.randrange(16**8):08x}"
            half = len(members[unit]) // 2
            parents[new] = parents[unit]
            members[new], members[unit] = members[unit][:half], members[unit][half:]


def _under(parents: Mapping[str, str | None], unit: str, above: str) -> bool:
    at: str | None = unit
    while at is not None and at != above:
        at = parents[at]
    return at == above


# --- What is shown and known --------------------------------------------------------------------------------------


def tree_of(organisation: Organisation) -> UnitTree:
    units = list(organisation.parents)
    place = {unit: at for at, unit in enumerate(units)}
    return UnitTree(
        tuple(units),
        tuple(-1 if parent is None else place[parent] for parent in organisation.parents.values()),
        tuple(len(organisation.members[unit]) for unit in units),
    )


def responses_of(organisation: Organisation) -> Responses:
    rows = [
        (at, organisation.answers[person])
        for at, unit in enumerate(organisation.parents)
        for person in organisation.members[unit]
        if person in organisation.answers
    ]
    answers = np.array([row for _, row in rows], dtype=np.int8).reshape(len(rows), ITEMS)
    return Responses(np.array([at for at, _ in rows], dtype=np.int64), answers)


def released(organisation: Organisation, rules: Rules, earlier: Mapping[str, Any] | None = None) -> tuple[Any, Any]:
    """What is shown, read from its JSON text, and what is kept for trends."""
    release = make_release(SCHEME, NAMES, tree_of(organisation), responses_of(organisation), rules, earlier, ZONES)
    return json.loads(json.dumps({"units": release.units, "organisation": release.organisation})), release.sums


def numbered(*rounds: Organisation) -> dict[str, int]:
    """A bit for everyone who was ever there."""
    people = {person: None for each in rounds for members in each.members.values() for person in members}
    return {person: 1 << at for at, person in enumerate(people)}


def known_of(organisation: Organisation, bits: Mapping[str, int] | None = None) -> Known:
    return Known(
        bits=numbered(organisation) if bits is None else bits,
        parents=organisation.parents,
        members=organisation.members,
        answered={
            person: frozenset(key for key, answer in zip(KEYS, row.tolist(), strict=True) if answer >= 0)
            for person, row in organisation.answers.items()
        },
        dimensions={key: [KEYS[item] for item in SCHEME.items_of(at)] for at, key in enumerate(SCHEME.dimensions)},
        standalone=[KEYS[item] for item in SCHEME.standalone],
    )
