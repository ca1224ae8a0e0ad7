"""The attacker against what one party reads over HTTP: rounds with sealed answers, closed by the service."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.closing import close_due
from tests import stories
from tests.attacks.attacker import (
    Document,
    Figures,
    figures_of,
    numbers_only_in_words,
    with_later,
)
from tests.attacks.organisations import KEYS, Organisation, known_of, numbered, random_organisation, random_years
from tests.attacks.test_release_attacks import K, leaks_of
from tests.ballot_boxes import Box, Tree, an_instrument, an_open_round
from tests.client import Client
from tests.world import World

Answered = dict[str, Any]
YEARS = 6
"""The seed of an organisation that trends can be told of."""


async def answered(client: Client, path: str) -> Answered:
    """An answer as it came, with its headers."""
    got = await client.request("GET", path)
    return {
        "path": path,
        "status": got.status_code,
        "headers": dict(got.headers),
        "body": got.content,
        "json": got.json(),
    }


async def document_of(box: Box, client: Client) -> Document:
    """Everything of a released round that one party can read, put together as a front end would."""
    results = f"{box.path}/results"
    listed = await answered(client, f"{results}/units?limit=100")
    paths = [f"{results}/units/{item['unitId']}" for item in listed["json"]["items"]]
    units = [await answered(client, path) for path in paths]
    whole = await answered(client, results)
    parts = [await answered(client, f"{path}/{part}") for path in paths for part in ("trend", "benchmark")]
    return {
        "units": [each["json"]["content"] for each in units],
        "whole": whole["json"]["content"],
        "answers": [whole, listed, *units, *parts],
    }


async def a_released_round(
    world: World, group: dict[str, Any], organisation: Organisation, units: dict[str, UUID], **more: Any
) -> Box:
    """Everyone's answers are sealed and put in the box in no order, and the round is closed."""
    tree: Tree = {unit: (parent, len(organisation.members[unit])) for unit, parent in organisation.parents.items()}
    box = await an_open_round(world, group, tree, units=units, **more)
    order = [item.id for item in box.instrument_content.items]
    at = [KEYS.index(key) for key in order]
    people = [(unit, person) for unit, members in organisation.members.items() for person in members]
    random.Random(len(people)).shuffle(people)  # noqa: S311
    for unit, person in people:
        if person in organisation.answers:
            box.put(unit, organisation.answers[person][at].tolist())
    await box.store(silent=0)
    await close_due(world.database, box.key_store, datetime.now(UTC))
    return box


def by_ids(organisation: Organisation, units: Mapping[str, UUID]) -> Organisation:
    """The same with the units called as the service calls them."""
    return Organisation(
        {str(units[unit]): parent and str(units[parent]) for unit, parent in organisation.parents.items()},
        {str(units[unit]): people for unit, people in organisation.members.items()},
        organisation.answers,
    )


def some_organisations(count: int) -> list[Organisation]:
    """Of five to fifteen units with something to see in them."""
    found = []
    for seed in range(5_000, 6_000):
        organisation = random_organisation(seed, most_units=15)
        if 5 <= len(organisation.parents) <= 15 and 60 <= len(organisation.answers) <= 250:
            found.append(organisation)
        if len(found) == count:
            break
    return found


async def test_nobody_is_isolated_by_what_a_party_reads(world: World) -> None:
    group = await stories.started_group(world)
    instrument = await an_instrument(world)
    shown = 0
    for at, organisation in enumerate(some_organisations(4)):
        units: dict[str, UUID] = {}
        box = await a_released_round(world, group, organisation, units, instrument=instrument)
        document = await document_of(box, (world.employer_rep, world.saco_rep)[at % 2].client)
        figures = figures_of(document, known_of(by_ids(organisation, units)))
        assert leaks_of(figures, K) == []
        for unit in document["units"]:
            assert numbers_only_in_words(unit) == set()
        assert numbers_only_in_words([document["whole"], document["units"][0]]) == set()
        shown += len(figures.all)
    assert shown > 2_000


async def test_nobody_is_isolated_by_two_rounds_that_a_party_reads(world: World) -> None:
    """The trend of the second tells of the first, and comes in two answers that say the same."""
    group = await stories.started_group(world)
    instrument = await an_instrument(world)
    units: dict[str, UUID] = {}
    rounds: dict[str, Figures] = {}
    years = list(random_years(YEARS))[:2]
    bits = numbered(*years)
    for organisation in years:
        box = await a_released_round(world, group, organisation, units, instrument=instrument)
        document = await document_of(box, world.saco_rep.client)
        known = known_of(by_ids(organisation, units), bits)
        rounds[str(box.id)] = figures_of(document, known, dict(rounds))
    assert sum(len(each.before) for each in rounds.values()) == 1
    assert [figures.unexplained for figures in rounds.values()] == [[], []]
    for figures in with_later(rounds):
        assert leaks_of(figures, K) == []


async def test_what_an_answer_says_beside_its_text_is_seen(world: World) -> None:
    """A count in a header, a length that is not the text's, a part that is not the unit's: each would be found."""
    organisation = some_organisations(1)[0]
    units: dict[str, UUID] = {}
    box = await a_released_round(world, await stories.started_group(world), organisation, units)
    document = await document_of(box, world.employer_rep.client)
    known = known_of(by_ids(organisation, units))
    last = document["answers"][-1]
    body = last["json"] | {"benchmark": {**last["json"]["benchmark"], "n": 9}}
    text = json.dumps(body).encode()
    as_it_should = {"content-length": str(len(text)), "etag": f'"1-{sha256(text).hexdigest()[:16]}"'}
    for changes, headers, told in (
        ({}, {"x-respondents": "9"}, "header x-respondents"),
        ({}, {"content-length": "9"}, "length"),
        ({}, {"etag": '"1-9"'}, "tag"),
        ({"status": 206}, {}, "status"),
        ({"body": text}, as_it_should, "benchmark by itself in "),
    ):
        other = {**last, **changes, "headers": last["headers"] | headers}
        found = figures_of({**document, "answers": [other]}, known).unexplained
        assert len(found) == 1
        assert found[0].startswith(told)
