"""A plan is applied to what it was made for, or not at all: the tree as a whole, and what is kept of later days."""

import asyncio

import sqlalchemy as sa

from app.models.hr_import import HrKeptChange
from tests.api.test_imports import HEADER, Json, apply, hr, import_file, in_days, rows_of, send
from tests.api.test_unit_trees import foreign, on, put, unit
from tests.client import Client, Response
from tests.database import as_owner
from tests.world import World

UNITS = "externalId;name;parentExternalId"
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def applied(client: Client, planned: Json) -> Response:
    return await client.request(
        "POST",
        f"/imports/{planned['id']}/applications",
        json={"planHash": planned["planHash"]},
        headers={"If-Match": '"1"'},
    )


async def is_stale(client: Client, planned: Json) -> bool:
    response = await applied(client, planned)
    return (response.status_code, response.json().get("code")) == (409, "planStale")


async def units(world: World, client: Client) -> dict[str, str]:
    tree = await client.get(f"{world.path}/unit-tree")
    return {each["externalId"]: each["id"] for each in tree["units"]}


async def test_two_plans_of_units_make_no_circle(world: World) -> None:
    client = await hr(world)
    await put(world, client, unit("U1"), unit("U2"))
    under_the_second = await send(world, client, UNITS, "U1;U1;U2", subject="units")
    under_the_first = await send(world, client, UNITS, "U2;U2;U1", subject="units")
    await apply(client, under_the_first)
    before = foreign(await client.get(f"{world.path}/unit-tree"))
    assert await is_stale(client, under_the_second)
    assert foreign(await client.get(f"{world.path}/unit-tree")) == before


async def test_no_unit_comes_under_one_that_has_closed_meanwhile(world: World) -> None:
    client = await hr(world)
    await put(world, client, unit("U1"), unit("U2"))
    planned = await send(world, client, UNITS, "U3;Ny;U2", subject="units")
    await world.employer_rep.client.change(f"/units/{(await units(world, client))['U2']}", {"validTo": on(-1)})
    assert await is_stale(client, planned)
    assert set(await units(world, client)) >= {"U1", "U2"}
    assert "U3" not in await units(world, client)


async def test_no_unit_comes_under_one_that_is_called_something_else_over_there(world: World) -> None:
    client = await hr(world)
    await put(world, client, unit("U1"), unit("U2"))
    planned = await send(world, client, UNITS, "U3;Ny;U2", subject="units")
    await client.change(f"/units/{(await units(world, client))['U2']}", {"externalId": "X2"})
    assert await is_stale(client, planned)


async def test_what_is_kept_is_not_written_over_by_a_plan_that_did_not_know_it(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@dag.example;;;", "P2;Bo Ek;p2@dag.example;;;")
    leaving = await send(world, client, HEADER, f"P1;;;;nej;{in_days(30)}")
    renamed = await send(world, client, HEADER, f"P1;Åsa Alm;;;;{in_days(30)}")
    another = await send(world, client, HEADER, f"P2;Bo Alm;;;;{in_days(30)}")
    await apply(client, leaving)
    assert await is_stale(client, renamed)
    (kept,) = await rows_of(world, HrKeptChange)
    assert (kept.content["active"], kept.content["name"]) == (False, None)
    # What is said of somebody else is no business of this plan's.
    await apply(client, another)
    assert len(await rows_of(world, HrKeptChange)) == 2


async def test_a_file_that_is_everybody_takes_back_nothing_it_has_not_seen(world: World) -> None:
    client = await hr(world)
    first = "P1;Åsa Ek;p1@alla.example;;;"
    await import_file(world, client, HEADER, first)
    everybody = await send(world, client, HEADER, first, "P2;Bo Ek;p2@alla.example;;;", mode="snapshot")
    await apply(client, await send(world, client, HEADER, f"P1;Åsa Alm;;;;{in_days(30)}"))
    assert await is_stale(client, everybody)
    again = await send(world, client, HEADER, first, "P2;Bo Ek;p2@alla.example;;;", mode="snapshot")
    await apply(client, again)
    assert await rows_of(world, HrKeptChange) == []


async def test_two_applications_that_keep_the_same_day_at_once(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@sam.example;;;")
    plans = [
        await send(world, client, HEADER, f"P1;;;;nej;{in_days(30)}"),
        await send(world, client, HEADER, f"P1;Åsa Alm;;;;{in_days(30)}"),
    ]
    holding = sa.text("SELECT 1 FROM organisation WHERE id = :id FOR NO KEY UPDATE")
    async with world.database.write() as session:
        await session.execute(holding, {"id": world.organisation.id})
        both = [asyncio.ensure_future(applied(client, each)) for each in plans]
        for _ in range(200):
            if (await as_owner(world.database, _WAITING))[0] == len(both):
                break
            await asyncio.sleep(0.05)
        assert not any(each.done() for each in both)
    assert sorted([(await each).status_code for each in both]) == [201, 409]
    assert len(await rows_of(world, HrKeptChange)) == 1
