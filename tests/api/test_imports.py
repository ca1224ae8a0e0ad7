"""Imports over HTTP: planned, reviewed, applied as they were reviewed, and harmless whatever comes in."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.models.hr_import import HrImport, HrKeptChange, ImportState
from app.models.person import Person
from app.services import imports
from app.services.calendar import STOCKHOLM
from tests import machines
from tests.client import Client, Response
from tests.world import World

Json = dict[str, Any]
HEADER = "externalId;name;email;unitExternalId;active;effectiveOn"


def in_days(days: int) -> str:
    return (datetime.now(STOCKHOLM).date() + timedelta(days=days)).isoformat()


async def hr(world: World, **more: Any) -> Client:
    return (await machines.hr_system(world, **more)).client


async def send(
    world: World, client: Client, *lines: str, expect: int = 201, kind: str = "text/csv", **query: str
) -> Json:
    response = await post(world, client, "\n".join(lines).encode(), kind, **query)
    assert response.status_code == expect, response.text
    sent: Json = response.json()
    return sent


async def post(world: World, client: Client, content: bytes, kind: str = "text/csv", **query: str) -> Response:
    path = f"{world.path}/imports"
    return await client.request("POST", path, content=content, headers={"Content-Type": kind}, params=query)


async def apply(client: Client, planned: Json, expect: int = 201) -> Json:
    body = {"planHash": planned["planHash"]}
    path = f"/imports/{planned['id']}/applications"
    made: Json = await client.change(path, body, expect, method="POST")
    return made


async def import_file(world: World, client: Client, *lines: str, **query: Any) -> Json:
    return await apply(client, await send(world, client, *lines, **query))


def counted(hr_import: Json, *names: str) -> list[int]:
    return [hr_import["report"]["counts"][name] for name in names]


async def people(world: World) -> dict[str, Person]:
    async with world.database.write() as session:
        query = sa.select(Person).where(
            col(Person.organisation_id) == world.organisation.id, col(Person.external_id).is_not(None)
        )
        return {str(person.external_id): person for person in (await session.execute(query)).scalars()}


async def rows_of(world: World, table: type[Any]) -> list[Any]:
    async with world.database.write() as session:
        query = sa.select(table).where(table.organisation_id == world.organisation.id)
        return list((await session.execute(query)).scalars())


async def test_a_plan_names_the_missing_in_the_order_of_their_ids(world: World) -> None:
    client = await hr(world)
    everybody = [f"A{each};Namn {each};namn{each}@myndigheten.example" for each in range(5)]
    await import_file(world, client, "externalId;name;email", *everybody)
    # The database keeps who has been changed in another place than before.
    await import_file(world, client, "externalId;name;email", "A0;Namn Noll;namn0@myndigheten.example")
    planned = await send(world, client, "externalId;name;email", "A9;Namn 9;namn9@myndigheten.example")
    missing = planned["report"]["missingIds"]
    assert {str(each.id) for each in (await people(world)).values()} <= set(missing)
    assert missing == sorted(missing)


async def test_a_file_is_planned_reviewed_and_applied(world: World) -> None:
    client = await hr(world)
    units = ("externalId;name;parentExternalId;headcount", "U1;Myndighetens kansli;;3", "U2;Fältenheten;U1;12")
    planned = await send(world, client, *units, subject="units")
    assert counted(planned, "seen", "created", "refused") == [2, 2, 0]
    assert planned["state"] == "planned"
    assert planned["report"]["changes"][0] == {"change": "create", "externalId": "U1"}
    await apply(client, planned)

    tag = "Ä" + in_days(0)
    lines = (HEADER, f"P1;Åsa {tag};asa{tag.lower()}@x.example;U2;;", f"P2;Bo Ek;bo{tag.lower()}@x.example;U1;ja;")
    planned = await send(world, client, *lines, mode="snapshot")
    assert await people(world) == {}
    assert counted(planned, "seen", "created", "missing") == [2, 2, 6]
    applied = await apply(client, planned)
    assert (applied["state"], applied["report"]) == ("applied", planned["report"])
    here = await people(world)
    assert here["P1"].name == f"Åsa {tag}"
    entries = [entry for entry in await rows_of(world, AuditEntry) if entry.subject_id == here["P1"].id]
    assert [(entry.operation, entry.person_id) for entry in entries] == [("create_person", None)]
    # The same once more changes nothing, whoever applies it.
    again = await import_file(world, client, *lines, mode="snapshot")
    assert counted(again, "unchanged", "created", "changed", "moved", "deactivated", "kept") == [2, 0, 0, 0, 0, 0]
    again = await import_file(world, client, *units, subject="units", mode="snapshot")
    assert counted(again, "unchanged", "created", "changed", "moved", "deactivated", "kept") == [2, 0, 0, 0, 0, 0]
    assert (await people(world))["P1"].version == 1
    changed = await import_file(world, client, HEADER, "P1;Åsa Alm;;U1;;", "P2;;;;nej;")
    assert counted(changed, "moved", "deactivated") == [1, 1]
    back = await import_file(world, client, HEADER, "P2;Bo Ek;;U1;;")
    assert counted(back, "returned") == [1]
    here = await people(world)
    assert (here["P1"].name, here["P1"].unit_id) == ("Åsa Alm", here["P2"].unit_id)
    assert here["P2"].active
    listed = await client.get(f"{world.path}/imports", params={"sort": "-createdAt"})
    assert [item["state"] for item in listed["items"]] == ["applied"] * 6
    # The plan names people, and is gone.
    assert all(each.plan is None for each in await rows_of(world, HrImport))


async def test_what_was_reviewed_is_what_happens_or_nothing_does(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@stale.example;;;", "P2;Bo Ek;p2@stale.example;;;")
    planned = await send(world, client, HEADER, "P1;Åsa Alm;;;;", "P2;Bo Alm;;;;", "P3;Di Ek;p3@stale.example;;;")
    path = f"/imports/{planned['id']}/applications"
    other = {"planHash": "0" * 64}
    await client.refused(
        "POST", path, 409, "planHashDiffers", json=other, etag=await client.etag(path.rsplit("/", 1)[0])
    )
    person = (await people(world))["P2"]
    await world.administrator.client.change(f"/people/{person.id}", {"name": "Bo Asp"})
    body = {"planHash": planned["planHash"]}
    await client.refused("POST", path, 409, "planStale", json=body, etag='"1"')
    here = await people(world)
    assert {key: each.name for key, each in here.items()} == {"P1": "Åsa Ek", "P2": "Bo Asp"}
    assert (await client.get(f"/imports/{planned['id']}"))["state"] == "planned"
    fresh = await send(world, client, HEADER, "P1;Åsa Alm;;;;")
    await apply(client, fresh)
    path = f"/imports/{fresh['id']}/applications"
    await client.refused("POST", path, 409, "importSettled", json={"planHash": fresh["planHash"]}, etag='"2"')


async def test_a_plan_lapses_and_is_then_forgotten(world: World) -> None:
    client = await hr(world)
    planned = await send(world, client, HEADER, "P1;Åsa Ek;p1@lapse.example;;;")
    async with world.database.write() as session:
        await session.execute(
            sa.text("UPDATE hr_import SET lapses_at = now() - interval '1 hour' WHERE id = :id"),
            {"id": UUID(planned["id"])},
        )
    assert (await client.get(f"/imports/{planned['id']}"))["state"] == "lapsed"
    path = f"/imports/{planned['id']}/applications"
    await client.refused("POST", path, 409, "importSettled", json={"planHash": planned["planHash"]}, etag='"1"')
    # The plan names people: it is kept no longer than it can be applied.
    async with world.database.write() as session:
        await imports.sweep(session, datetime.now(UTC))
    (swept,) = await rows_of(world, HrImport)
    assert (swept.state, swept.plan) == (ImportState.LAPSED, None)


async def units_of_old(world: World, client: Client, *lines: str) -> None:
    """What has begun today ends tomorrow at the earliest."""
    await import_file(world, client, *lines, subject="units")
    async with world.database.write() as session:
        for table in ("unit", "unit_placement"):
            began = sa.text(f"UPDATE {table} SET valid_from = '2020-01-01' WHERE organisation_id = :id")  # noqa: S608
            await session.execute(began, {"id": world.organisation.id})


async def test_too_many_units_close_by_an_administrators_hand_alone(world: World) -> None:
    client = await hr(world)
    units = [f"U{number};Enhet {number};" for number in range(8)]
    header = "externalId;name;parentExternalId"
    await units_of_old(world, client, header, *units)
    planned = await send(world, client, header, *units[:2], subject="units", mode="snapshot")
    assert planned["report"]["brakeHolds"] is True
    path, body = f"/imports/{planned['id']}/applications", {"planHash": planned["planHash"]}
    await client.refused("POST", path, 409, "unitBrake", json=body, etag='"1"')
    applied = await apply(world.administrator.client, planned)
    assert counted(applied, "deactivated") == [6]
    # A handful closes by itself.
    few = await send(world, client, header, units[0], subject="units", mode="snapshot")
    assert few["report"]["brakeHolds"] is False
    await apply(client, few)


async def test_whom_an_unreadable_row_may_have_named_does_not_leave(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@nameless.example;;;", "P2;Bo Ek;p2@nameless.example;;;")
    planned = await send(world, client, HEADER, "P1;Åsa Ek;;;;", "811218-9876;Bo Ek;;;;", mode="snapshot")
    assert counted(planned, "deactivated", "refused") == [0, 1]
    assert planned["report"]["absentStay"] is True
    await apply(client, planned)
    assert (await people(world))["P2"].active


async def test_nobody_comes_to_a_unit_that_has_closed_meanwhile(world: World) -> None:
    client = await hr(world)
    units = ("externalId;name;parentExternalId", "U1;Kansliet;", "U2;Fältenheten;")
    await units_of_old(world, client, *units)
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@closed.example;U1;;")
    planned = await send(world, client, HEADER, "P1;Åsa Ek;;U2;;")
    await import_file(world, client, *units[:2], subject="units", mode="snapshot")
    path, body = f"/imports/{planned['id']}/applications", {"planHash": planned["planHash"]}
    await client.refused("POST", path, 409, "planStale", json=body, etag='"1"')


async def test_too_many_leavers_wait_for_the_administrator(world: World) -> None:
    client = await hr(world)
    lines = [f"P{number};Namn Ek;p{number}@brake.example;;;" for number in range(20)]
    await import_file(world, client, HEADER, *lines)
    planned = await send(world, client, HEADER, *lines[:10], mode="snapshot")
    assert planned["report"]["brakeHolds"] is True
    assert counted(planned, "deactivated") == [10]
    path, body = f"/imports/{planned['id']}/applications", {"planHash": planned["planHash"]}
    problem = await client.refused("POST", path, 409, "deactivationBrake", json=body, etag='"1"')
    assert "errors" not in problem
    assert all(person.active for person in (await people(world)).values())
    # Not even an administrator passes it without having said so.
    await world.administrator.client.refused("POST", path, 409, "deactivationBrake", json=body, etag='"1"')
    await world.administrator.client.post(f"{world.path}/deactivation-releases", {"people": 10})
    await apply(client, planned)
    here = await people(world)
    assert sorted(key for key, person in here.items() if person.active) == sorted(f"P{each}" for each in range(10))
    assert await world.employee.client.get("/me")


async def test_ten_thousand_errors_are_counted_and_a_hundred_shown(world: World) -> None:
    client = await hr(world)
    lines = [f"E{number};;;;;" for number in range(10_000)]
    planned = await send(world, client, HEADER, *lines, "P1;Åsa Ek;p1@errors.example;;;")
    assert counted(planned, "seen", "refused", "created") == [10_001, 10_000, 1]
    assert len(planned["report"]["errors"]) == 100
    assert planned["report"]["errors"][0] == {"row": 2, "code": "columnEmpty", "field": "name"}
    await apply(client, planned)
    assert list(await people(world)) == ["P1"]


async def test_no_union_data_comes_in_and_none_is_kept(world: World, caplog: pytest.LogCaptureFixture) -> None:
    it = await machines.hr_system(world)
    problem = await send(world, it.client, HEADER + ";Fackförbund", "P1;Åsa;p1@u.example;;;;Seko", expect=422)
    assert (problem["code"], [error["pointer"] for error in problem["errors"]]) == ("unionDataRefused", ["/columns/7"])
    planned = await send(world, it.client, HEADER, "P1;Åsa;p1@u.example;Seko;;", "P2;Bo;p2@u.example;;;")
    assert planned["report"]["errors"] == [{"row": 2, "code": "unionDataRefused", "field": None}]
    assert "Seko" not in str(planned)
    mapping = {"people": {"columns": {"Facklig tillhörighet": "name"}}}
    await it.client.refused("PUT", f"{world.path}/import-mapping", 422, "unionDataRefused", json=mapping, etag='"0"')
    async with world.database.write() as session:
        query = sa.text("SELECT refusals FROM union_data_refusal WHERE service_client_id = :id")
        assert (await session.execute(query, {"id": UUID(it.id)})).scalar_one() == 3
    assert not {"Seko", "Fackförbund"} & set(caplog.text.split())


async def test_columns_mean_what_the_organisation_says(world: World) -> None:
    client = await hr(world)
    path = f"{world.path}/import-mapping"
    assert (await client.get(path))["version"] == 0
    problem = await send(world, client, "Anst.nr;Namn;E-post;Lön", "1;Åsa;a@m.example;9", expect=422)
    assert [error["pointer"] for error in problem["errors"]] == ["/columns/1", "/columns/4"]
    mapping = {"people": {"columns": {"Anst.nr": "externalId"}, "ignoredColumns": ["Lön"]}}
    assert (await client.change(path, mapping, method="PUT", etag='"0"'))["version"] == 1
    await client.refused("PUT", path, 412, "staleVersion", json=mapping, etag='"0"')
    await import_file(world, client, "Anst.nr;Namn;E-post;Lön", "1;Åsa;a@m.example;9")
    assert list(await people(world)) == ["1"]
    for wrong, code in (
        ({"columns": {"Lön": "salary"}}, "unknownImportField"),
        ({"columns": {"A": "name", "B": "name"}}, "columnTwice"),
        ({"columns": {"A": "name"}, "ignoredColumns": [" a "]}, "columnTwice"),
    ):
        await client.refused("PUT", path, 422, code, json={"people": wrong}, etag='"1"')


async def test_later_days_are_kept_and_said_once(world: World) -> None:
    client = await hr(world)
    lines = (HEADER, f"P1;Åsa Ek;p1@later.example;;;{in_days(-9)}", f"P1;;;;nej;{in_days(30)}")
    first = await import_file(world, client, *lines, mode="snapshot")
    assert counted(first, "created", "kept") == [1, 1]
    again = await import_file(world, client, *lines, mode="snapshot")
    assert counted(again, "unchanged", "kept") == [1, 0]
    (kept,) = await rows_of(world, HrKeptChange)
    assert kept.effective_on.isoformat() == in_days(30)
    # A delta says nothing of what it does not name; a snapshot takes it back.
    await import_file(world, client, HEADER, "P1;Åsa Alm;;;;")
    assert len(await rows_of(world, HrKeptChange)) == 1
    await import_file(world, client, HEADER, "P1;Åsa Alm;;;;", mode="snapshot")
    assert await rows_of(world, HrKeptChange) == []


async def test_two_imports_at_once_are_done_one_after_the_other(world: World) -> None:
    client = await hr(world)
    one, other = [
        await send(world, client, HEADER, *(f"P{number};{name};p{number}@both.example;;;" for number in range(30)))
        for name in ("Åsa Ek", "Bo Alm")
    ]

    async def try_applying(planned: Json) -> int:
        path, body = f"/imports/{planned['id']}/applications", {"planHash": planned["planHash"]}
        response = await client.request("POST", path, json=body, headers={"If-Match": '"1"'})
        return response.status_code

    assert sorted(await asyncio.gather(try_applying(one), try_applying(other))) == [201, 409]
    assert len({person.name for person in (await people(world)).values()}) == 1


async def test_a_crash_in_the_middle_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await hr(world)
    planned = await send(world, client, HEADER, *(f"P{each};Åsa Ek;p{each}@crash.example;;;" for each in range(50)))
    monkeypatch.setattr("app.services.people_syncing.AT_ONCE", 10)
    settled = 0

    async def crash(*_: Any) -> None:
        nonlocal settled
        settled += 1
        if settled == 3:
            raise RuntimeError("the power is gone")

    monkeypatch.setattr("app.services.deactivation_brake.check", crash)
    path, body = f"/imports/{planned['id']}/applications", {"planHash": planned["planHash"]}
    response = await client.request("POST", path, json=body, headers={"If-Match": '"1"'})
    assert (response.status_code, settled) == (500, 3)
    assert await people(world) == {}
    monkeypatch.undo()
    await apply(client, planned)
    assert len(await people(world)) == 50


async def test_who_may_import_what(world: World) -> None:
    units_only = await hr(world, scopes=["units:write"])
    response = await post(world, units_only, f"{HEADER}\nP1;Åsa;p@s.example;;;".encode())
    assert (response.status_code, response.json()["code"]) == (403, "notYourRole")
    people_only = await hr(world, scopes=["people:write"])
    response = await post(world, people_only, b"externalId;name\nU1;A", subject="units")
    assert response.status_code == 403
    planned = await send(world, people_only, HEADER, "P1;Åsa;p1@s.example;;;")
    await units_only.refused("GET", f"/imports/{planned['id']}", 404, "notFound")
    assert (await units_only.get(f"{world.path}/imports"))["items"] == []
    reader = await hr(world, scopes=["people:read"])
    assert (await reader.get(f"/imports/{planned['id']}"))["id"] == planned["id"]
    path, body = f"/imports/{planned['id']}/applications", {"planHash": planned["planHash"]}
    await reader.refused("POST", path, 403, "notYourRole", json=body, etag='"1"')
    for who in (world.employer_rep, world.saco_rep, world.employee):
        assert (await post(world, who.client, b"externalId\n1")).status_code == 403


async def test_an_address_elsewhere_is_taken_and_nobody_moves(world: World) -> None:
    client = await hr(world)
    taken = world.administrator.person.email
    planned = await send(world, client, HEADER, f"P1;Åsa;{taken.upper()};;;")
    assert [error["code"] for error in planned["report"]["errors"]] == ["emailTaken"]
    theirs = world.employee.person.email
    adopted = await import_file(world, client, HEADER, f"P1;Åsa Ek;{theirs};;;")
    assert counted(adopted, "changed", "created") == [1, 0]
    assert (await people(world))["P1"].id == world.employee.person.id


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"id;name", "text/plain", 415, "unsupportedMediaType"),
        (b"", "text/csv", 422, "fileEmpty"),
        (b"{}", "application/json", 422, "fileForm"),
        (b"externalId;name\n1;\x81", "text/csv", 422, "fileEncoding"),
        (b"name\nA", "text/csv", 422, "columnMissing"),
        (b"x" * (16 * 1024 * 1024 + 1), "text/csv", 413, "bodyTooLarge"),
    ],
)
async def test_what_is_no_file_is_refused(world: World, content: bytes, kind: str, status: int, code: str) -> None:
    response = await post(world, await hr(world), content, kind)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_strangers_send_no_large_files(world: World) -> None:
    response = await post(world, world.nobody, b"x" * (1024 * 1024 + 1))
    assert (response.status_code, response.json()["code"]) == (413, "bodyTooLarge")


async def test_the_same_request_twice_makes_one_import(world: World) -> None:
    client = await hr(world)
    path, key = f"{world.path}/imports", {"Content-Type": "text/csv", "Idempotency-Key": "once"}
    first, second = [
        (await client.request("POST", path, content=b"externalId;name\n1;A", headers=key, expect=201)).json()
        for _ in "ab"
    ]
    assert first["id"] == second["id"]
