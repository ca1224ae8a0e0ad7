"""The brake on units: no service client closes a workplace by mistake, by whatever way, at once or bit by bit."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from app import importing
from app.models.unit import Unit
from app.services.calendar import STOCKHOLM
from tests import machines
from tests.api.scim.provisioning import Provisioning
from tests.api.test_imports import apply, rows_of, send
from tests.api.test_unit_trees import on, period, put, unit
from tests.database import Database
from tests.world import World

Json = dict[str, Any]
HEADER = "externalId;name;parentExternalId"
UNITS = 20
MOST = 5
"""Ten percent of twenty is less than a handful."""


@pytest.fixture
async def hr(world: World) -> Provisioning:
    """With twenty units of its own."""
    hr = Provisioning(world, await machines.hr_system(world))
    await put(world, hr.machine.client, *map(unit, names()))
    return hr


def names(closed: int = 0) -> list[str]:
    return [f"U{n:02}" for n in range(closed, UNITS)]


async def open_units(world: World) -> int:
    return sum(each.valid_to is None and each.external_id is not None for each in await rows_of(world, Unit))


async def by_tree(hr: Provisioning, closed: int) -> int:
    client, path = hr.machine.client, f"{hr.world.path}/unit-tree"
    tree = {"units": [unit(each) for each in names(closed + 1)]}
    return (await client.request("PUT", path, json=tree, etag=await client.etag(path))).status_code


async def by_file(hr: Provisioning, closed: int) -> int:
    client = hr.machine.client
    lines = [f"{each};{each};" for each in names(closed + 1)]
    planned = await send(hr.world, client, HEADER, *lines, subject="units", mode="snapshot")
    assert planned["report"]["brakeHolds"] is (closed >= MOST)
    body = {"planHash": planned["planHash"]}
    path = f"/imports/{planned['id']}/applications"
    return (await client.request("POST", path, json=body, etag='"1"')).status_code


async def by_scim(hr: Provisioning, closed: int) -> int:
    return (await hr.send("DELETE", f"/Groups/{await id_of(hr, names()[closed])}")).status_code


async def by_hand(hr: Provisioning, closed: int) -> int:
    client, path = hr.machine.client, f"/units/{await id_of(hr, names()[closed])}"
    kind = {"Content-Type": "application/merge-patch+json"}
    tag = await client.etag(path)
    return (await client.request("PATCH", path, json={"validTo": on(0)}, etag=tag, headers=kind)).status_code


async def id_of(hr: Provisioning, name: str) -> str:
    (found,) = await hr.found(f'externalId eq "{name}"', "Groups")
    return found


# Each closes the next unit in the row, after so many others, and says how that was answered.
WAYS = {"tree": by_tree, "file": by_file, "SCIM": by_scim, "hand": by_hand}


@pytest.mark.parametrize("way", WAYS)
async def test_one_after_the_other_they_meet_the_brake(world: World, hr: Provisioning, way: str) -> None:
    answers = [await WAYS[way](hr, closed) for closed in range(MOST + 1)]
    assert all(200 <= each < 300 for each in answers[:MOST]), answers
    assert answers[MOST] == 409
    assert await open_units(world) == UNITS - MOST
    # The others stand before it as well.
    assert [await close(hr, MOST) for close in WAYS.values()] == [409] * 4
    # And so does another client.
    another = Provisioning(world, await machines.hr_system(world))
    assert await by_scim(another, MOST) == 409


async def test_all_at_once_are_refused_and_said_to_be_units(world: World, hr: Provisioning) -> None:
    problem = await put(world, hr.machine.client, unit("U00"), expect=409)
    assert problem["code"] == "unitBrake"
    assert "enheter" in problem["detail"]
    error = await closing_by_scim(hr)
    assert "units" in error["detail"]
    assert "create_deactivation_release" in error["detail"]
    assert await open_units(world) == UNITS - MOST


async def closing_by_scim(hr: Provisioning) -> Json:
    for closed in range(MOST):
        assert await by_scim(hr, closed) == 204
    return await hr.refused("DELETE", f"/Groups/{await id_of(hr, names()[MOST])}", 409)


async def test_a_release_of_units_lets_so_many_through(world: World, hr: Provisioning) -> None:
    path = f"{world.path}/deactivation-releases"
    admin = world.administrator.client
    # People are other than units.
    await admin.post(path, {"people": 50})
    assert (await put(world, hr.machine.client, unit("U00"), expect=409))["code"] == "unitBrake"
    await admin.post(path, {"units": UNITS - 1 - MOST - 1})
    await put(world, hr.machine.client, unit("U00"), expect=409)
    last = await admin.post(path, {"units": 1})
    assert (last["people"], last["units"]) == (0, 1)
    await put(world, hr.machine.client, unit("U00"))
    assert await open_units(world) == 1
    listed = await world.saco_rep.client.get(path)
    assert sorted((each["people"], each["units"]) for each in listed["items"]) == [(0, 1), (0, 13), (50, 0)]
    for nothing in ({}, {"people": 0, "units": 0}, {"units": -1}):
        response = await admin.request("POST", path, json=nothing)
        assert (response.status_code, response.json()["code"]) == (422, "validationFailed")


async def test_a_day_later_as_many_may_close_again(world: World, hr: Provisioning) -> None:
    await closing_by_scim(hr)
    async with world.database.write() as session:
        day_ago = datetime.now(UTC) - timedelta(hours=24, minutes=1)
        closed = sa.update(Unit).where(
            col(Unit.organisation_id) == world.organisation.id, col(Unit.closed_by_syncing_at).is_not(None)
        )
        await session.execute(closed.values(closed_by_syncing_at=day_ago))
    assert [await by_scim(hr, closed) for closed in range(MOST, 2 * MOST + 1)] == [204] * MOST + [409]


async def test_what_people_close_themselves_does_not_count(world: World, hr: Provisioning) -> None:
    client = world.employer_rep.client
    for name in names()[:8]:
        await client.change(f"/units/{await id_of(hr, name)}", {"validTo": on(0)})
    await put(world, world.administrator.client, *map(unit, names(14)))
    assert await open_units(world) == 6
    assert await by_scim(hr, 14) == 204


async def test_units_that_are_closed_already_are_not_closed_again(world: World, hr: Provisioning) -> None:
    """What they became part of can be said later, of as many as there are."""
    await put(world, world.administrator.client, unit("U19"))
    units = [unit(each, period(each, last=-1), mergedIntoExternalId="U19") for each in names()[:-1]]
    await put(world, hr.machine.client, *units, unit("U19"))
    assert await by_tree(hr, UNITS - 1) == 200


@pytest.mark.parametrize("way", ["tree", "file"])
async def test_on_a_day_that_was_kept_they_wait_for_the_release(
    world: World, hr: Provisioning, database: Database, way: str
) -> None:
    client = hr.machine.client
    if way == "tree":
        await put(world, client, *(unit(each, period(each, last=0)) for each in names()))
    else:
        lines = ["externalId;name;parentExternalId;lastDay", *(f"{each};{each};;{on(0)}" for each in names())]
        await apply(client, await send(world, client, *lines, subject="units"))
    # The first moment of tomorrow: a release of today still counts.
    tomorrow = datetime.combine(datetime.now(STOCKHOLM).date() + timedelta(days=1), time(0, 0, 1), STOCKHOLM)
    for _ in range(2):
        await importing.work(database, tomorrow)
        assert await open_units(world) == UNITS
    await world.administrator.client.post(f"{world.path}/deactivation-releases", {"units": UNITS - MOST})
    await importing.work(database, tomorrow)
    assert await open_units(world) == 0
