"""Rule 6: both sides read the same, from the same instant."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.util import await_only

from tests.stories import Json, decide, forming_group, record_under_review, started_group
from tests.world import Someone, World


async def test_rule_6_everyone_at_the_same_time(world: World) -> None:
    """From the same instant both sides read the same bytes."""
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    await decide(world.saco_rep, path)
    sides = (world.employer_rep, world.saco_rep)

    async def watch(who: Someone) -> list[Json]:
        return [await who.client.get(path) for _ in range(5)]

    *seen, _decision = await asyncio.gather(watch(sides[0]), watch(sides[1]), decide(world.employer_rep, path))
    for answers in seen:
        told = [answer["state"] for answer in answers]
        assert told == sorted(told, reverse=True), "a final record never goes back"
    told_to_all = [json.dumps(for_everyone(answer)) for answers in seen for answer in answers]
    assert len(set(told_to_all)) <= 2, "the same before, and the same after"
    final = [await who.client.request("GET", path, expect=200) for who in (*sides, world.facilitator, world.archivist)]
    assert final[0].json()["state"] == "final"
    assert final[0].content == final[1].content
    assert final[0].headers["ETag"] == final[1].headers["ETag"]
    assert len({json.dumps(for_everyone(answer.json())) for answer in final}) == 1


@pytest.mark.parametrize("kind", ["group", "record"])
async def test_rule_6_a_decision_and_what_it_brings_about_are_read_together(world: World, kind: str) -> None:
    """Wherever in a reading the last decision falls, the reader is told of both it and its effect, or of neither."""
    states = []
    for moment in range(10):
        if kind == "group":
            made = await forming_group(world)
            path = f"/working-groups/{made['id']}"
        else:
            made = await record_under_review(world, await started_group(world))
            path = f"/session-records/{made['id']}"
        await decide(world.employer_rep, path)
        decision = {"contentHash": made["contentHash"], "decision": "approve"}
        approve = world.saco_rep.client.request(
            "POST", f"{path}/approvals", json=decision, etag=await world.saco_rep.client.etag(path), expect=201
        )
        async with before_statement(world, moment, approve) as statements:
            read = await world.employer_rep.client.get(path)
        parties = {str(world.employer.id), str(world.saco.id)}
        states.append(read["state"])
        decided = {each["partyId"] for each in read["approvals"]}
        assert decided == (parties if read["state"] in {"active", "final"} else {str(world.employer.id)}), moment
        if len(statements) == moment:
            break  # nothing was left for it to fall before
    assert len(states) == len(statements) + 1 >= 3, "before each statement of a reading once"
    assert len(set(states)) == 2, "some readers came before it, some after"


def for_everyone(answer: Json) -> Json:
    """A record without what tells a reader of their own part in it."""
    return {name: value for name, value in answer.items() if name not in {"allowedActions", "_links"}}


@asynccontextmanager
async def before_statement(world: World, number: int, happens: Coroutine[Any, Any, Any]) -> AsyncIterator[list[str]]:
    """Let something happen just before that statement of a reading, counted from nought; gives the statements."""
    statements: list[str] = []

    def told(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)
        if len(statements) == number + 1:
            await_only(asyncio.ensure_future(happens))

    reading = world.database._reading.sync_engine
    event.listen(reading, "before_cursor_execute", told)
    try:
        yield statements
    finally:
        event.remove(reading, "before_cursor_execute", told)
        happens.close()
