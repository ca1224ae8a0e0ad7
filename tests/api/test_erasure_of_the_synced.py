"""Whoever came by an HR system is erased like anybody else: nothing waits for its day, no report names them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import importing
from app.models.hr_import import HrImport, HrKeptChange
from app.models.person import Person
from tests import machines
from tests.api.scim.provisioning import Provisioning
from tests.api.test_imports import HEADER, hr, import_file, in_days, people, rows_of, send
from tests.database import Database
from tests.world import World


def at(world: World) -> str:
    """A domain that is in no other test."""
    return f"{world.organisation.id.hex[-12:]}.kvast.example"


def later(world: World) -> str:
    return f"P1;Åsa Kvastmakare;p1@{at(world)};;;{in_days(30)}"


async def erase(world: World, person_id: Any) -> None:
    path = f"/people/{person_id}"
    await world.administrator.client.change(path, {"active": False})
    await world.administrator.client.change(path, None, expect=204, method="DELETE")


async def come_the_day(world: World, database: Database) -> list[tuple[str, str]]:
    """Who is here by then of those who make brooms."""
    await importing.work(database, datetime.now(UTC) + timedelta(days=30, hours=2))
    return [(each.name, each.email) for each in await rows_of(world, Person) if "kvast" in (each.name + each.email)]


async def test_nobody_comes_back_on_a_day_that_was_kept(world: World, database: Database) -> None:
    """Taken in by the very file that told of the later day."""
    client = await hr(world)
    await import_file(world, client, HEADER, f"P1;Åsa Kvastbindare;p1@{at(world)};;;", later(world))
    (kept,) = await rows_of(world, HrKeptChange)
    person = (await people(world))["P1"]
    assert kept.person_id == person.id
    await erase(world, person.id)
    assert await rows_of(world, HrKeptChange) == []
    assert await come_the_day(world, database) == []


@pytest.mark.parametrize("known_by", ["the HR system's id", "the address alone", "an id that was another then"])
async def test_whatever_it_is_that_ties_them_to_it(world: World, database: Database, known_by: str) -> None:
    it = await machines.hr_system(world)
    scim = Provisioning(world, it)
    if known_by == "an id that was another then":
        await import_file(world, it.client, HEADER, f"P1;Åsa Kvastbindare;p1@{at(world)};;;")
        await import_file(world, it.client, HEADER, f"P1;Åsa Kvastmakare;;;;{in_days(30)}")
        person_id = (await people(world))["P1"].id
        await scim.patch(f"/Users/{person_id}", {"op": "Replace", "path": "externalId", "value": "X1"})
    else:
        await import_file(world, it.client, HEADER, later(world))
        more = {"externalId": "P1"} if known_by == "the HR system's id" else {}
        person_id = (await scim.hire(f"P1@{at(world)}" if not more else f"annan@{at(world)}", **more))["id"]
    await erase(world, person_id)
    assert await rows_of(world, HrKeptChange) == []
    assert await come_the_day(world, database) == []


async def test_others_keep_what_is_kept_of_them(world: World) -> None:
    client = await hr(world)
    lines = (f"P1;Åsa Kvastbindare;p1@{at(world)};;;", f"P2;Bo Ek;p2@{at(world)};;;{in_days(30)}")
    await import_file(world, client, HEADER, *lines, later(world))
    unit = ("externalId;name;parentExternalId;effectiveOn", f"P1;Kvastrummet;;{in_days(30)}")
    await import_file(world, client, *unit, subject="units")
    await erase(world, (await people(world))["P1"].id)
    assert sorted((each.subject, each.external_id) for each in await rows_of(world, HrKeptChange)) == [
        ("people", "P2"),
        ("units", "P1"),
    ]


async def test_no_report_names_them_any_more(world: World) -> None:
    client = await hr(world)
    done = await import_file(world, client, HEADER, *(f"P{n};Åsa Ek;p{n}@{at(world)};;;" for n in (1, 11, 2)))
    planned = await send(world, client, HEADER, "P1;Bo Ek;;;;", "P2;Bo Alm;;;;")
    await erase(world, (await people(world))["P1"].id)
    after = await client.get(f"/imports/{done['id']}")
    assert after["report"]["changes"] == [{"change": "create", "externalId": each} for each in ("P11", "P2")]
    assert after["report"]["counts"] == done["report"]["counts"]
    assert [each["externalId"] for each in (await client.get(f"/imports/{planned['id']}"))["report"]["changes"]] == [
        "P2"
    ]
    assert all("P1" not in _ids(each) for each in await rows_of(world, HrImport))


def _ids(hr_import: HrImport) -> set[str]:
    return {each["externalId"] for each in hr_import.report["changes"]}
