"""A plan under review: everything it would do, page by page, with what is now and what would be."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.models.import_change import HrImportPortion
from app.services import imports, plan_content
from tests.api.test_erasure import erased
from tests.api.test_imports import HEADER, apply, hr, import_file, in_days, people, rows_of, send, units_of_old
from tests.client import Client
from tests.world import World

Json = dict[str, Any]
UNITS = "externalId;name;parentExternalId;headcount;effectiveOn;lastDay;mergedIntoExternalId"


async def changes(client: Client, planned: Json, **query: Any) -> list[Json]:
    """All of them, as a client finds them that follows `next`."""
    page = await client.get(f"/imports/{planned['id']}/changes", params=query)
    found: list[Json] = page["items"]
    while (following := page["_links"]["next"]) is not None:
        page = await client.get(following["href"].split("/larande/v1")[1])
        found += page["items"]
    assert page["_meta"]["totalRecords"] == len(found)
    return found


def said(item: Json) -> dict[str, tuple[str | None, str | None]]:
    return {each["field"]: (each["before"], each["after"]) for each in item["fields"]}


def names(item: Json, field: str) -> tuple[str | None, str | None]:
    (found,) = [each for each in item["fields"] if each["field"] == field]
    return found["beforeName"], found["afterName"]


async def test_what_becomes_of_people(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, UNITS, "U1;Kansliet;;;;;", "U2;Fältenheten;;;;;", subject="units")
    there = [f"P{number};Åsa {number};p{number}@plan.example;U1;;" for number in range(5)]
    await import_file(world, client, HEADER, *there, f"P0;;;;nej;{in_days(20)}")
    await import_file(world, client, HEADER, "P3;;;;nej;")
    here = await people(world)
    planned = await send(
        world,
        client,
        HEADER,
        "P0;Åsa 0;;U1;;",  # as it was, and what was said of a later day is taken back
        "P1;Åsa Alm;;U1;;",
        "P2;Åsa 2;;U2;;",
        "P3;Åsa 3;;U1;;",
        "N1;Bo Ek;n1@plan.example;U2;;",
        f"N1;;;;nej;{in_days(9)}",
        f"P1;Åsa Ek;;U2;;{in_days(5)}",
        mode="snapshot",
    )
    found = await changes(client, planned, limit=3)
    kinds = [(each["change"], each["externalId"]) for each in found if each["change"] != "missing"]
    assert kinds == [
        ("create", "N1"),
        ("change", "P1"),
        ("move", "P2"),
        ("deactivate", "P4"),
        ("return", "P3"),
        ("kept", "P1"),
        ("kept", "N1"),
        ("withdrawn", "P0"),
    ]
    new, renamed, moved, leaves, back, ahead, later, withdrawn = found[:8]
    units = {each["name"]: each["id"] for each in (await client.get(f"{world.path}/units?limit=100"))["items"]}
    unit, other = units["Kansliet"], units["Fältenheten"]
    assert said(new) == {
        "name": (None, "Bo Ek"),
        "email": (None, "n1@plan.example"),
        "language": (None, "sv"),
        "unit": (None, other),
        "active": (None, "true"),
    }
    assert (new["subjectId"], new["name"], new["stale"], new["effectiveOn"]) == (None, "Bo Ek", False, None)
    assert (renamed["subjectId"], renamed["name"]) == (str(here["P1"].id), "Åsa 1")
    assert said(renamed) == {"name": ("Åsa 1", "Åsa Alm")}
    assert said(moved) == {"unit": (unit, other)}
    assert names(moved, "unit") == ("Kansliet", "Fältenheten")
    assert said(leaves) == {"active": ("true", "false")}
    assert said(back) == {"active": ("false", "true")}
    assert (said(later), later["effectiveOn"], later["subjectId"]) == ({"active": (None, "false")}, in_days(9), None)
    assert said(ahead) == {"name": ("Åsa 1", "Åsa Ek"), "unit": (unit, other)}
    assert (ahead["effectiveOn"], ahead["subjectId"]) == (in_days(5), str(here["P1"].id))
    assert (withdrawn["effectiveOn"], said(withdrawn)) == (in_days(20), {})
    missing = found[8:]
    assert {each["externalId"] for each in missing} == {"P4", None}
    assert len(missing) == planned["report"]["counts"]["missing"]
    assert world.employee.person.name in {each["name"] for each in missing}
    # One kind alone, from the first to the last.
    (alone,) = await changes(client, planned, change="deactivate")
    assert alone == leaves
    assert await changes(client, planned, change="missing", limit=2) == missing
    assert await changes(client, planned, change="close") == []


async def test_what_becomes_of_units(world: World) -> None:
    client = await hr(world)
    await units_of_old(world, client, UNITS, "U1;Kansliet;;5;;;", "U2;Fältenheten;U1;7;;;", "U3;Fyren;U2;;;;")
    planned = await send(
        world,
        client,
        UNITS,
        "U1;Kansliet;;6;;;",
        "U2;Fältenheten;;7;;;",
        f"U3;Fyren;U2;;;{in_days(-1)};U4",
        "U4;Båken;U1;3;;;",
        f"U4;Båkarna;U1;3;{in_days(40)};;",
        subject="units",
        mode="snapshot",
    )
    found = {(each["change"], each["externalId"]): each for each in await changes(client, planned)}
    assert set(found) == {
        *(("create", "U4"), ("change", "U1"), ("move", "U2"), ("close", "U3"), ("kept", "U4")),
    }
    assert said(found["create", "U4"]) == {
        "name": (None, "Båken"),
        "parent": (None, "U1"),
        "headcount": (None, "3"),
        "firstDay": (None, in_days(0)),
    }
    assert names(found["create", "U4"], "parent") == (None, "Kansliet")
    assert said(found["change", "U1"]) == {"headcount": ("5", "6")}
    assert said(found["move", "U2"]) == {"parent": ("U1", None)}
    assert found["move", "U2"]["effectiveOn"] == in_days(0)
    assert said(found["close", "U3"]) == {"lastDay": (None, in_days(-1)), "mergedInto": (None, "U4")}
    assert (found["kept", "U4"]["effectiveOn"], found["kept", "U4"]["name"]) == (in_days(40), "Båkarna")
    # A reader of people alone does not see it, as it does not see the import.
    reader = await hr(world, scopes=["people:read"])
    await reader.refused("GET", f"/imports/{planned['id']}/changes", 404, "notFound")
    assert len(await changes(world.administrator.client, planned)) == len(found)
    await apply(client, planned)
    short = await send(world, client, UNITS, "U1;Kansliet;;6;;;", subject="units")
    assert [each["change"] for each in await changes(client, short)] == ["missing"] * 2
    assert {each["name"] for each in await changes(client, short)} == {"Fältenheten", "Båken"}


async def test_who_may_review_whom(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, UNITS, "U1;Kansliet;;;;;", subject="units")
    planned = await send(world, client, HEADER, "P1;Åsa Ek;p1@who.example;U1;;")
    path = f"/imports/{planned['id']}/changes"
    units_only = await hr(world, scopes=["units:write"])
    await units_only.refused("GET", path, 404, "notFound")
    for who in (world.employer_rep, world.saco_rep, world.employee, world.archivist):
        await who.client.refused("GET", path, 404, "notFound")
    # What units are called is for those to whom units are shown.
    people_only = await hr(world, scopes=["people:read"])
    (item,) = await changes(people_only, planned, change="create")
    assert (item["name"], names(item, "unit")) == ("Åsa Ek", (None, None))
    (item,) = await changes(world.administrator.client, planned, change="create")
    assert names(item, "unit") == (None, "Kansliet")


async def test_what_has_changed_since_is_said(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@since.example;;;", "P2;Bo Ek;p2@since.example;;;")
    planned = await send(world, client, HEADER, "P1;Åsa Alm;;;;", "P2;Bo Alm;;;;")
    person = (await people(world))["P2"]
    await world.administrator.client.change(f"/people/{person.id}", {"name": "Bo Asp"})
    one, other = await changes(client, planned, change="change")
    assert (one["stale"], other["stale"]) == (False, True)
    assert said(other) == {"name": ("Bo Asp", "Bo Alm")}


async def test_pages_of_a_long_plan_are_the_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_content, "PORTION", 7)
    client = await hr(world)
    lines = [f"P{number};Åsa {number};p{number}@pages.example;;;" for number in range(60)]
    planned = await send(world, client, HEADER, *lines, mode="snapshot")
    assert len(await rows_of(world, HrImportPortion)) == 9 + 1
    wanted = [f"P{number}" for number in range(60)]
    for limit in (1, 5, 7, 20, 59, 60, 100):
        found = await changes(client, planned, change="create", limit=limit)
        assert [each["externalId"] for each in found] == wanted, limit
        back = await changes(client, planned, change="create", limit=limit, sort="-position")
        assert back == found[::-1], limit
    whole = await changes(client, planned)
    assert await changes(client, planned, sort="-position", limit=11) == whole[::-1]
    path = f"/imports/{planned['id']}/changes"
    third = await client.get(path, params={"change": "create", "limit": 20, "page": 3})
    assert [each["externalId"] for each in third["items"]] == wanted[40:]
    assert third["_links"]["next"] is None
    for page in (0, 4, 10_000_000):
        assert (await client.get(path, params={"change": "create", "page": page}))["items"] == []
    # A place in one list is none in another.
    first = await client.get(path, params={"change": "create", "limit": 5})
    after = first["_links"]["next"]["href"].split("after=")[1].split("&")[0]
    for query in ("change=missing", "limit=5", "change=create&sort=-position"):
        await client.refused("GET", f"{path}?{query}&after={after}", 422, "cursorInvalid")
    await client.refused("GET", f"{path}?after=AAAA", 422, "cursorInvalid")
    await client.refused("GET", f"{path}?change=remove", 422, "validationFailed")


async def test_a_plan_is_gone_once_it_is_applied_or_lapsed_and_with_whoever_is_erased(world: World) -> None:
    client = await hr(world)
    one, two, three = [
        await send(world, client, HEADER, f"P{number};Åsa Ek;p{number}@gone.example;;;") for number in range(3)
    ]
    await apply(client, one)
    await client.refused("GET", f"/imports/{one['id']}/changes", 410, "planGone")
    over = sa.text("UPDATE hr_import SET lapses_at = now() - interval '1 hour' WHERE id = :id")
    async with world.database.write() as session:
        await session.execute(over, {"id": UUID(two["id"])})
    await client.refused("GET", f"/imports/{two['id']}/changes", 410, "planGone")
    async with world.database.write() as session:
        await imports.sweep(session, datetime.now(UTC) + timedelta(seconds=1))
    assert {str(each.hr_import_id) for each in await rows_of(world, HrImportPortion)} == {three["id"]}
    await erased(world, world.employee)
    assert await rows_of(world, HrImportPortion) == []
    assert (await client.get(f"/imports/{three['id']}"))["state"] == "lapsed"
    refused = await send(world, client, UNITS, "U1;;;;;;", subject="units")
    await client.refused("GET", f"/imports/{refused['id']}/changes", 410, "planGone")


async def test_a_plan_of_the_former_program_is_made_anew(world: World) -> None:
    client = await hr(world)
    planned = await send(world, client, HEADER, "P1;Åsa Ek;p1@former.example;;;")
    async with world.database.write() as session:
        await session.execute(sa.text("UPDATE hr_import SET plan = 'x' WHERE id = :id"), {"id": UUID(planned["id"])})
    await client.refused("GET", f"/imports/{planned['id']}/changes", 410, "planGone")
    body, path = {"planHash": planned["planHash"]}, f"/imports/{planned['id']}/applications"
    await client.refused("POST", path, 409, "planStale", json=body, etag='"1"')
