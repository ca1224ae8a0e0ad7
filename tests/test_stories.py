"""What is made directly (tests/directly.py) is what comes of the same steps over HTTP, row by row."""

import re
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import SQLModel

from tests import machines
from tests.conftest import app_alone
from tests.stories import (
    decide,
    final_record,
    for_review,
    forming_group,
    planned_session,
    present,
    started_group,
)
from tests.survey_stories import a_round, open_round
from tests.world import World

MADE_UP = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "(id)"),
    (r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", "(hash)"),
    (r"(?<![\w-])[\w-]{43}(?=\")", "(public key)"),
    (r"prov-[0-9a-f]{8}", "(key)"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+\d\d:\d\d)", "(moment)"),
    (r'"(xid|position)": "?\d+"?', "(when)"),
]


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    """With a database of its own: all of it is compared."""
    async with app_alone() as app:
        yield app


async def rows_in(world: World) -> Counter[str]:
    """Every row of every table as text, what this world began with by its name."""
    named = {str(world.organisation.id): "(organisation)"}
    named |= {str(each.id): f"({each.name})" for each in (world.employer, world.saco, world.seko)}
    named |= {someone.id: f"({name})" for name, someone in world.people.items()}
    named |= {someone.mandate_id: f"({name}, mandate)" for name, someone in world.people.items() if someone.mandate}
    found: Counter[str] = Counter()
    async with world.database.own() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = await session.execute(sa.text(f'SELECT to_jsonb(t)::text FROM "{table.name}" t'))  # noqa: S608
            found.update(f"{table.name}: {row}" for row in rows.scalars())
    plain: Counter[str] = Counter()
    for row, count in found.items():
        for made_up, name in named.items():
            row = row.replace(made_up, name)
        plain[row] += count
    return plain


def without_what_is_made_up(rows: Counter[str]) -> list[str]:
    def plain(row: str) -> str:
        for pattern, name in MADE_UP:
            row = re.sub(pattern, name, row)
        return row

    return sorted(plain(row) for row in rows.elements())


async def _over_http(world: World) -> None:
    """A final record, an open round and a service client that is let in, every step of it asked for."""
    group = await forming_group(world)
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, f"/working-groups/{group['id']}")
    session = await planned_session(world, group)
    path, client = f"/dialogue-sessions/{session['id']}", world.facilitator.client
    attended = {"attendances": present(world.employer_rep, world.saco_rep), "employeeHeadcount": 7}
    await client.change(path, attended)
    held = await client.step(f"{path}/transitions", {"to": "held"})
    path = f"/session-records/{held['sessionRecordId']}"
    written = {"answers": {"q2": "Att provet går att lita på."}, "sharedPicture": "Tiden för handledning har minskat."}
    await client.change(path, written)
    await client.step(f"{path}/transitions", for_review())
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path)
    survey_round = await world.employer_rep.client.post(
        f"/working-groups/{group['id']}/survey-rounds", await a_round(world, twoKeys=True)
    )
    path = f"/survey-rounds/{survey_round['id']}"
    for who in (world.employer_rep, world.saco_rep):
        await who.client.step(f"{path}/key-shares", None)
    await world.saco_rep.client.step(f"{path}/transitions", {"to": "proposed"})
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path)
    program = await machines.registered(world)
    await machines.a_secret(world, program["id"])
    await machines.consent(world, f"/service-clients/{program['id']}")


async def _directly(world: World) -> None:
    group = await started_group(world)
    await final_record(world, group)
    await open_round(world, group, twoKeys=True)
    await machines.consented(world)


async def test_what_is_made_directly_is_what_requests_would_have_made(app: FastAPI) -> None:
    made = []
    for story in (_over_http, _directly):
        async with World(app) as world:
            before = await rows_in(world)
            await story(world)
            made.append(without_what_is_made_up(await rows_in(world) - before))
    asked_for, made_directly = made
    assert len(asked_for) > 30
    differing = [pair for pair in zip(asked_for, made_directly, strict=True) if pair[0] != pair[1]]
    assert not differing, differing[0]
