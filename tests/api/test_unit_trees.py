"""Whole unit trees over HTTP, and what is kept of them for later days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import importing
from app.services.calendar import STOCKHOLM
from tests import machines
from tests.api.test_imports import counted, import_file, people, send
from tests.client import Client
from tests.database import Database
from tests.world import World

Json = dict[str, Any]


def on(days: int) -> str:
    return (datetime.now(STOCKHOLM).date() + timedelta(days=days)).isoformat()


def unit(key: str, *periods: Json, **more: Any) -> Json:
    return {"externalId": key, "periods": list(periods) or [period(key)], **more}


def period(name: str, parent: str | None = None, first: int = -300, last: int | None = None) -> Json:
    return {
        "name": name,
        "parentExternalId": parent,
        "validFrom": on(first),
        "validTo": None if last is None else on(last),
    }


async def put(world: World, client: Client, *units: Json, expect: int = 200) -> Json:
    path = f"{world.path}/unit-tree"
    answer: Json = await client.change(path, {"units": list(units)}, expect, method="PUT", etag=await client.etag(path))
    return answer


def foreign(tree: Json) -> dict[str, list[tuple[str, str | None, str, str | None]]]:
    return {
        each["externalId"]: [
            (one["name"], one["parentExternalId"], one["validFrom"], one["validTo"]) for one in each["periods"]
        ]
        for each in tree["units"]
        if each["externalId"] is not None
    }


def as_sent(*units: Json) -> dict[str, list[tuple[str, str | None, str, str | None]]]:
    return foreign({"units": units})


async def test_a_tree_is_put_in_place_and_keeps_its_lineage(world: World, database: Database) -> None:
    client = (await machines.hr_system(world)).client
    first = (
        unit("A", period("Alfa")),
        unit("B", period("Beta", "A", last=-101), period("Beta ny", "C", -100), headcount=7),
        unit("C", period("Gamma")),
    )
    tree = await put(world, client, *first)
    assert foreign(tree) == as_sent(*first)
    by_hand = [each for each in tree["units"] if each["externalId"] is None]
    assert len(by_hand) == 2
    again = await put(world, client, *first)
    assert again == tree | {"version": tree["version"]}

    second = (
        unit("A", period("Alfa", last=-1), mergedIntoExternalId="C"),
        unit("B", period("Beta", "A", last=-101), period("Beta ny", "C", -100, -1), period("Beta ny", "D", 0)),
        unit("C", period("Gamma")),
        unit("D", period("Delta", "C", -10)),
    )
    after = await put(world, client, *second)
    assert foreign(after) == as_sent(*second)
    ids = {each["externalId"]: each["id"] for each in after["units"]}
    assert {each["externalId"]: each["id"] for each in tree["units"] if each["externalId"]}.items() <= ids.items()
    closed = await client.get(f"/units/{ids['A']}")
    assert (closed["mergedIntoId"], closed["validTo"]) == (ids["C"], on(-1))
    # What is not in it any more ends yesterday; what was closed and is not named stays as it is.
    third = foreign(await put(world, client, second[2], second[3]))
    assert third["A"] == [("Alfa", None, on(-300), on(-1))]
    # What began today has today, and is closed when that is over.
    assert third["B"][-1] == ("Beta ny", "D", on(0), None)
    await importing.work(database, datetime.now(UTC) + timedelta(days=1, hours=1))
    later = foreign(await client.get(f"{world.path}/unit-tree"))
    assert later == third | {"B": [*third["B"][:-1], ("Beta ny", "D", on(0), on(0))]}
    report = (await client.get(f"{world.path}/imports", params={"sort": "-createdAt"}))["items"][0]
    assert (report["subject"], report["state"]) == ("units", "applied")


@pytest.mark.parametrize(
    ("units", "code", "pointer"),
    [
        ([unit("A", period("A", "B")), unit("B", period("B", "A"))], "unitCycle", "/units/0"),
        ([unit("A", period("A", "X"))], "unknownUnit", "/units/0"),
        ([unit("C"), unit("A"), unit("A")], "unitTwice", "/units/2"),
        ([unit("A", period("A", last=-20), period("A2", first=-18))], "periodsLeaveGap", "/units/0"),
        ([unit("A", period("A", last=-20), period("A2", first=-20))], "periodsOverlap", "/units/0"),
        ([unit("A", period("A", first=-1)), unit("B", period("B", "A", -2))], "parentNotYet", "/units/1"),
        ([unit("A", mergedIntoExternalId="X")], "unknownUnit", "/units/0"),
        ([unit("A", period("Fackförbundet Seko"))], "unionDataRefused", "/units/0"),
        ([unit("850709-9805")], "personalNumberRefused", "/units/0"),
        ([unit("#A")], "unknownUnit", "/units/0"),
    ],
)
async def test_what_is_no_tree_is_refused_with_its_place(
    world: World, units: list[Json], code: str, pointer: str
) -> None:
    client = (await machines.hr_system(world)).client
    problem = await put(world, client, *units, expect=422)
    assert problem["code"] == code, problem
    assert problem["errors"][0]["pointer"] == pointer
    assert foreign(await client.get(f"{world.path}/unit-tree")) == {}


async def test_union_data_in_a_tree_is_counted_and_what_a_party_has_named_stays(world: World) -> None:
    it = await machines.hr_system(world)
    tree = await put(world, it.client, unit("A"), unit("B"))
    ids = {each["externalId"]: each["id"] for each in tree["units"]}
    await put(world, it.client, unit("A"), unit("B", period("Saco")), unit("C", period("OFR")), expect=422)
    mapping = {"units": {"columns": {"Namn": "name"}, "ignoredColumns": ["isUnionMember"]}}
    await it.client.refused("PUT", f"{world.path}/import-mapping", 422, "unionDataRefused", json=mapping, etag='"0"')
    assert (await world.administrator.client.get(it.path))["unionDataRefusals"] == 3
    await world.employer_rep.client.change(f"/units/{ids['B']}", {"name": "Vision"})
    read = foreign(await it.client.get(f"{world.path}/unit-tree"))
    as_it_is = [
        unit(key, *(period(one[0]) | {"validFrom": one[2], "validTo": one[3]} for one in read[key])) for key in read
    ]
    assert foreign(await put(world, it.client, *as_it_is)) == read
    assert (await world.administrator.client.get(it.path))["unionDataRefusals"] == 3


async def test_a_tree_that_has_changed_is_not_written_over(world: World) -> None:
    client = (await machines.hr_system(world)).client
    path = f"{world.path}/unit-tree"
    tag = await client.etag(path)
    await world.employer_rep.client.change(f"/units/{world.unit.id}", {"headcount": 5})
    await client.refused("PUT", path, 412, "staleVersion", json={"units": []}, etag=tag)
    for who in (world.employer_rep, world.employee):
        response = await who.client.request("PUT", path, json={"units": []}, headers={"If-Match": tag})
        assert response.status_code == 403


async def test_many_units_are_closed_by_an_administrator_alone(world: World) -> None:
    client = (await machines.hr_system(world)).client
    await put(world, client, *(unit(f"U{number}") for number in range(8)))
    problem = await put(world, client, unit("U0"), expect=409)
    assert problem["code"] == "unitBrake"
    await put(world, world.administrator.client, unit("U0"))


async def test_later_days_come(world: World, database: Database) -> None:
    client = (await machines.hr_system(world)).client
    await put(
        world,
        client,
        unit("A", period("Alfa", last=9), mergedIntoExternalId="C"),
        unit("B", period("Beta", "A", last=9), period("Beta", "C", 10)),
        unit("C"),
        unit("D", period("Delta", "C", 10)),
    )
    lines = (
        "externalId;name;email;unitExternalId;active;effectiveOn",
        "P1;Åsa Ek;p1@days.example;A;;",
        f"P1;;;C;;{on(10)}",
        "P2;Bo Ek;p2@days.example;A;;",
        f"P2;;;;nej;{on(10)}",
        f"P3;Di Ek;p3@days.example;C;;{on(10)}",
        "P4;Ed Ek;p4@days.example;;;",
        f"P4;;;B;;{on(10)}",
    )
    done = await import_file(world, client, *lines)
    assert counted(done, "created", "kept") == [3, 4]
    now = datetime.now(UTC)
    await importing.work(database, now)
    tree = foreign(await client.get(f"{world.path}/unit-tree"))
    assert (tree["A"][-1][3], tree["B"][-1][1], "D" in tree) == (None, "A", False)
    await importing.work(database, now + timedelta(days=10, hours=1))
    tree = foreign(await client.get(f"{world.path}/unit-tree"))
    assert tree["A"] == [("Alfa", None, on(-300), on(9))]
    assert tree["B"][-1] == ("Beta", "C", on(10), None)
    assert tree["D"] == [("Delta", "C", on(10), None)]
    here = await people(world)
    assert {key: person.active for key, person in here.items()} == {"P1": True, "P2": False, "P3": True, "P4": True}
    assert here["P1"].unit_id == here["P3"].unit_id
    assert here["P1"].unit_id is not None
    assert counted(await client.get(f"/imports/{done['id']}"), "keptApplied", "keptRefused") == [4, 0]
    versions = {key: person.version for key, person in here.items()}
    await importing.work(database, now + timedelta(days=10, hours=1))
    assert {key: person.version for key, person in (await people(world)).items()} == versions


async def test_what_fits_no_more_on_its_day_is_dropped_and_counted(world: World, database: Database) -> None:
    client = (await machines.hr_system(world)).client
    await put(
        world, client, unit("A"), unit("B", period("B", last=4), period("B", "A", 5)), unit("C", period("C", None, 5))
    )
    done = (await client.get(f"{world.path}/imports"))["items"][0]
    ids = {each["externalId"]: each["id"] for each in (await client.get(f"{world.path}/unit-tree"))["units"]}
    await world.employer_rep.client.change(f"/units/{ids['A']}", {"validTo": on(0)})
    await importing.work(database, datetime.now(UTC) + timedelta(days=5, hours=1))
    tree = foreign(await client.get(f"{world.path}/unit-tree"))
    assert (tree["B"][-1][1], tree["C"]) == (None, [("C", None, on(5), None)])
    assert counted(await client.get(f"/imports/{done['id']}"), "keptApplied", "keptRefused") == [1, 1]


async def test_a_file_of_units_with_an_error_changes_nothing(world: World) -> None:
    client = (await machines.hr_system(world)).client
    refused = await send(
        world, client, "externalId;name;parentExternalId", "A;Alfa;", "B;Beta;X", subject="units", mode="snapshot"
    )
    assert (refused["state"], refused["report"]["errors"]) == (
        "refused",
        [{"row": 3, "code": "unknownUnit", "field": None}],
    )
    path = f"/imports/{refused['id']}/applications"
    await client.refused("POST", path, 409, "importSettled", json={"planHash": refused["planHash"]}, etag='"1"')


async def test_what_was_changed_today_can_be_taken_back_today(world: World) -> None:
    client = (await machines.hr_system(world)).client
    await put(world, client, unit("A"), unit("B", period("Beta", "A")))
    header = "externalId;name;parentExternalId"
    await import_file(world, client, header, "B;Beta ny;", subject="units")
    await import_file(world, client, header, "B;Beta;A", subject="units")
    assert foreign(await client.get(f"{world.path}/unit-tree"))["B"][-1][:2] == ("Beta", "A")
    again = await send(world, client, header, "B;Beta;A", subject="units")
    assert counted(again, "unchanged", "changed", "moved") == [1, 0, 0]
