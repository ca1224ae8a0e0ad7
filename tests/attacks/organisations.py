"""Organisations for the attacker: unit trees, people, answers, and the texts that a release stores of them.

organisation = random_organisation(seed)
released(organisation, rules)              -> the document that is read from the stored texts, what is kept for trends
known_of(organisation)                     -> what colleagues know
for year in random_years(seed): …          four rounds of one organisation that changes between them
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid5

import numpy as np

from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.survey_round import SurveyRound, SurveyUnit
from app.services.disclosure import Rules, UnitTree
from app.services.release import Release, make_release
from app.services.release_content import Earlier, Surroundings, unit_parts, whole_part
from app.services.release_figures import Responses
from app.services.scoring import DONT_KNOW, SKIPPED, Answers
from tests.attacks.attacker import Document, Known
from tests.instruments import shipped_instrument
from tests.services.instrument import SCHEME, ZONES
from tests.services.rounds import NAMES

ITEMS = len(SCHEME.items)
REVERSE = np.array([item.reverse for item in SCHEME.items])
KEYS = [item.key for item in SCHEME.items]
INSTRUMENT_ID = UUID(int=1)
CONTENT = InstrumentContent.model_validate(shipped_instrument()["content"])
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
INSTRUMENT = Instrument(
    id=INSTRUMENT_ID,
    key="prov",
    instrument_version="1.0.0",
    title={},
    languages=[],
    content={},
    content_hash="0" * 64,
    created_at=NOW,
    published_at=NOW,
)


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


Kept = Mapping[str, Any]
Elsewhere = list[dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Year:
    """An earlier round that trends are told since, and what was kept of it."""

    round_id: UUID
    kept: Kept


def released(
    organisation: Organisation,
    rules: Rules,
    earlier: Mapping[str, Year] | None = None,
    *,
    round_id: UUID = UUID(int=0),
    elsewhere: Elsewhere | None = None,
) -> tuple[Document, Kept]:
    """What is shown, read from the texts as they are stored, and what is kept for trends.

    `earlier` is by unit; `elsewhere` are the sums kept of other organisations.
    """
    since = earlier or {}
    kept = {unit: year.kept[unit] for unit, year in since.items()}
    release = make_release(SCHEME, NAMES, tree_of(organisation), responses_of(organisation), rules, kept, ZONES)
    document = stored(release, organisation.parents, rules, since, round_id=round_id, elsewhere=elsewhere)
    return document, release.sums


def stored(
    release: Release,
    parents: Mapping[str, str | None],
    rules: Rules,
    earlier: Mapping[str, Year] | None = None,
    *,
    round_id: UUID = UUID(int=0),
    elsewhere: Elsewhere | None = None,
) -> Document:
    """The texts that closing stores, read again. Units are called by their names there."""
    ids = {unit: uuid5(INSTRUMENT_ID, unit) for unit in parents}
    root = next(iter(ids.values()))
    survey_round = SurveyRound(
        id=round_id,
        organisation_id=root,
        working_group_id=root,
        title="Lärklimatet",
        instrument_id=INSTRUMENT_ID,
        root_unit_id=root,
        threshold=rules.threshold,
        opens_at=NOW,
        closes_at=NOW,
        created_at=NOW,
        content={"rules": "R1-R12/1"},
    )
    units = [
        SurveyUnit(
            survey_round_id=round_id,
            unit_id=ids[unit],
            position=position,
            parent_id=None if parent is None else ids[parent],
            name=unit,
            headcount=0,
        )
        for position, (unit, parent) in enumerate(parents.items())
    ]
    before = {
        ids[unit]: Earlier(year.round_id, "Lärklimatet då", NOW, year.kept[unit])
        for unit, year in (earlier or {}).items()
        if unit in ids
    }
    around = Surroundings(survey_round, INSTRUMENT, CONTENT, SCHEME, units, before, elsewhere or [], [])
    parts = list(unit_parts(around, release))
    whole = whole_part(around, release, [part.content_hash for part in parts], accounted_for=True, now=NOW)
    return {"units": [json.loads(part.text) for part in parts], "whole": json.loads(whole.text)}


@contextmanager
def canonical_in_haste() -> Iterator[None]:
    """The same JSON from the standard library, for the thousands of texts of the attacks.

    Canonical JSON writes 1.0 as 1 and differs in nothing else that a release has; a test sees to that.
    """

    def dumped(content: Any) -> bytes:
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    with patch("rfc8785.dumps", dumped):
        yield


def random_elsewhere(seed: int) -> tuple[Elsewhere, list[dict[str, int]]]:
    """Sums kept of some other organisations, and their people as groups; the bits begin above all of one's own."""
    dice = random.Random(f"elsewhere {seed}")  # noqa: S311
    sums: Elsewhere = []
    groups = []
    first = 1 << 20_000
    for _ in range(dice.randrange(10)):
        kept, people = {}, {}
        for key in SCHEME.dimensions:
            if (n := dice.choice([0, dice.randrange(15, 40), dice.randrange(15, 300)])) > 0:
                kept[key] = {"n": n, "coded": n * dice.uniform(1.2, 4.8)}
                people[key] = ((1 << n) - 1) * first
        first <<= 300
        sums.append(kept)
        groups.append(people)
    return sums, groups


def numbered(*rounds: Organisation) -> dict[str, int]:
    """A bit for everyone who was ever there."""
    people = {person: None for each in rounds for members in each.members.values() for person in members}
    return {person: 1 << at for at, person in enumerate(people)}


def known_of(
    organisation: Organisation,
    bits: Mapping[str, int] | None = None,
    elsewhere: Sequence[Mapping[str, int]] = (),
) -> Known:
    return Known(
        elsewhere=elsewhere,
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
