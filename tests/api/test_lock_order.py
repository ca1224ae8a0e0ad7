"""Two who change the same at once wait for each other in one order (docs/decisions/order-of-locks.md).

Each test stops one in the middle, lets the other run until it waits, and then both come to an end. In two orders
PostgreSQL would stop one of them after a second, who is then told that the database is away (503).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from app.services import deactivation_brake, kept_changes, mandates, people, syncing, throttle, units
from app.services.calendar import swedish_day
from tests.api.scim.provisioning import GROUP, PATCH, Provisioning, brake_off, provisioning
from tests.api.scim.test_leavers import GONE
from tests.api.test_erasure_races import Gate, one_in_the_others_way
from tests.api.test_imports import HEADER, import_file, send
from tests.api.test_imports import people as synced
from tests.client import Response
from tests.stories import a_session, started_group
from tests.world import World

Ask = Callable[[], Awaitable[Response]]


class FirstOnly(Gate):
    """Holds up whoever comes first."""

    def before(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        held = super().before(function)

        async def first_held(*given: Any, **named: Any) -> Any:
            return await (function if self.reached.is_set() else held)(*given, **named)

        return first_held


@dataclass(frozen=True)
class Way:
    """One of two, and where it is stopped: with all that it waits for in its hands, and something still to take."""

    ask: Ask
    place: tuple[Any, str]
    done: int


def merge_patch(client: Any, path: str, body: Any, etag: str) -> Ask:
    kind = {"Content-Type": "application/merge-patch+json"}
    return lambda: client.request("PATCH", path, json=body, etag=etag, headers=kind)


async def run(monkeypatch: pytest.MonkeyPatch, world: World, first: Way, second: Way) -> tuple[int, int]:
    gate = FirstOnly()
    module, name = first.place
    monkeypatch.setattr(module, name, gate.before(getattr(module, name)))
    one, other = await one_in_the_others_way(world, gate, first.ask(), second.ask)
    assert one.status_code == first.done, one.text
    return one.status_code, other.status_code


# --- One person, by several ways --------------------------------------------------------------------------------------


async def ways_of_one_person(world: World) -> dict[str, Way]:
    """Somebody inactive, who is erased, changed by SCIM, by the API or by a file, all at the version they have now."""
    hr = await provisioning(world)
    await brake_off(world)
    client = hr.machine.client
    address = f"p1@{world.organisation.id.hex[-12:]}.example"
    await import_file(world, client, HEADER, f"P1;Åsa Ek;{address};;;")
    person = (await synced(world))["P1"]
    path = f"/people/{person.id}"
    await world.administrator.client.change(path, {"active": False})
    tag = await world.administrator.client.etag(path)
    planned = await send(world, client, HEADER, "P1;Åsa Alm;;;;")
    patch = {"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "displayName", "value": "Åsa Asp"}]}
    application = {"planHash": planned["planHash"]}
    scim: Any = lambda: hr.send("PATCH", f"/Users/{person.id}", patch)  # noqa: E731
    return {
        "erased": Way(
            lambda: world.administrator.client.request("DELETE", path, etag=tag), (throttle, "forget_account"), 204
        ),
        "by SCIM": Way(scim, (deactivation_brake, "check"), 200),
        "by the API": Way(merge_patch(client, path, {"active": True}, tag), (people, "changed"), 200),
        "by a file": Way(
            lambda: client.request("POST", f"/imports/{planned['id']}/applications", json=application, etag='"1"'),
            (kept_changes, "know_people"),
            201,
        ),
    }


AMONG = ("erased", "by SCIM", "by the API", "by a file")


@pytest.mark.parametrize(("first", "second"), list(permutations(AMONG, 2)))
async def test_of_one_person(world: World, monkeypatch: pytest.MonkeyPatch, first: str, second: str) -> None:
    ways = await ways_of_one_person(world)
    _, status = await run(monkeypatch, world, ways[first], ways[second])
    # Done, or refused because the first has changed it: never stopped by the database.
    assert status in {200, 201, 204, 404, 409, 412}


async def test_leaving_by_two_ways(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hr = await provisioning(world)
    second = await world.representative("second", world.seko)
    path = f"/people/{second.id}"
    gone = {"schemas": [PATCH], "Operations": [GONE]}
    scim: Any = lambda: hr.send("PATCH", f"/Users/{second.id}", gone)  # noqa: E731
    by_scim = Way(scim, (deactivation_brake, "check"), 200)
    tag = await hr.machine.client.etag(path)
    by_api = Way(merge_patch(hr.machine.client, path, {"active": False}, tag), (syncing, "hold_back"), 200)
    assert await run(monkeypatch, world, by_api, by_scim) == (200, 200)


@pytest.mark.parametrize("way", ["SCIM", "API", "file"])
async def test_leaving_while_their_party_changes_the_mandate(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A party holds the mandate and then whose it is; so does whoever deactivates them."""
    hr = await provisioning(world)
    second = await world.representative("second", world.seko)
    client = world.seko_rep.client
    path = f"/mandates/{second.mandate_id}"
    until = {"validTo": (swedish_day(datetime.now(UTC)) + timedelta(days=30)).isoformat()}
    await client.change(path, until)
    longer = {"validTo": (swedish_day(datetime.now(UTC)) + timedelta(days=60)).isoformat()}
    party = Way(merge_patch(client, path, longer, await client.etag(path)), (mandates, "_hold"), 200)
    person = f"/people/{second.id}"
    if way == "SCIM":
        gone = {"schemas": [PATCH], "Operations": [GONE]}
        leaving: Any = lambda: hr.send("PATCH", f"/Users/{second.id}", gone)  # noqa: E731
    elif way == "API":
        leaving = merge_patch(hr.machine.client, person, {"active": False}, await hr.machine.client.etag(person))
    else:
        planned = await send(world, hr.machine.client, HEADER, f"P1;;{second.person.email};;;")
        await import_application(hr, planned)()
        planned = await send(world, hr.machine.client, HEADER, "P1;;;;nej;")
        leaving = import_application(hr, planned)
    _, status = await run(monkeypatch, world, party, Way(leaving, (people, "changed"), 200))
    assert status in {200, 201}
    assert (await client.get(path))["suspendedAt"] is not None


def import_application(hr: Provisioning, planned: Any) -> Ask:
    body = {"planHash": planned["planHash"]}
    return lambda: hr.machine.client.request(
        "POST", f"/imports/{planned['id']}/applications", json=body, etag='"1"', expect=201
    )


# --- Other things -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["group", "person"])
async def test_a_person_moves_while_their_unit_changes(
    world: World, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    hr = await provisioning(world)
    person = (await hr.hire(f"a@{world.organisation.id.hex[-12:]}.example"))["id"]
    group = (await hr.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "Alger"}, 201))["id"]
    body = {
        "schemas": [PATCH],
        "Operations": [
            {"op": "Replace", "path": "displayName", "value": "Brunalger"},
            {"op": "Add", "path": "members", "value": [{"value": person}]},
        ],
    }
    scim: Any = lambda: hr.send("PATCH", f"/Groups/{group}", body)  # noqa: E731
    grows = Way(scim, (deactivation_brake, "check"), 200)
    path = f"/people/{person}"
    client = world.administrator.client
    moves = Way(merge_patch(client, path, {"unitId": group}, await client.etag(path)), (people, "check_unit"), 200)
    if first == "group":
        # Once the unit is held, and its people not yet.
        grows = Way(scim, (units, "changed"), 200)
        _, status = await run(monkeypatch, world, grows, moves)
        assert status == 412
    else:
        assert await run(monkeypatch, world, moves, grows) == (200, 200)


@pytest.mark.parametrize("first", ["planned", "erased"])
async def test_a_session_is_given_to_somebody_who_is_erased(
    world: World, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    group = await started_group(world)
    someone = await world.someone("another")
    session = await a_session(world, facilitatorId=someone.id)
    client, path = world.saco_rep.client, f"/people/{someone.id}"
    planned = Way(
        lambda: client.request("POST", f"/working-groups/{group['id']}/dialogue-sessions", json=session),
        (people, "hold"),
        201,
    )
    erased = Way(lambda: someone.client.request("DELETE", path, etag='"1"'), (throttle, "forget_account"), 204)
    if first == "planned":
        _, status = await run(monkeypatch, world, planned, erased)
        assert status == 409
    else:
        _, status = await run(monkeypatch, world, erased, planned)
        assert status == 422


async def test_members_that_are_added_at_once_are_all_there(world: World) -> None:
    """Without If-Match nobody is told that it is stale: each change is made of what is there when its turn comes."""
    hr = await provisioning(world)
    domain = f"{world.organisation.id.hex[-12:]}.example"
    made = [(await hr.hire(f"m{n}@{domain}"))["id"] for n in range(5)]
    group = (await hr.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "Alger"}, 201))["id"]

    async def join(person: str) -> int:
        body = {"schemas": [PATCH], "Operations": [{"op": "Add", "path": "members", "value": [{"value": person}]}]}
        return (await hr.send("PATCH", f"/Groups/{group}", body)).status_code

    assert await asyncio.gather(*map(join, made)) == [200] * 5
    there = await hr.ask("GET", f"/Groups/{group}")
    assert sorted(each["value"] for each in there["members"]) == sorted(made)
