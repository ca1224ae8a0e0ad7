"""What files said of a later day, on that day: by whom, what is dropped, and what waits."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import importing
from app.models.audit_entry import AuditEntry
from app.models.hr_import import HrKeptChange
from app.models.mandate import Mandate
from app.services import kept_days
from tests import machines
from tests.api.scim.provisioning import Provisioning
from tests.api.test_data_exports import export_of
from tests.api.test_erasure import erased
from tests.api.test_imports import HEADER, Json, counted, hr, import_file, in_days, people, rows_of, send
from tests.api.test_unit_trees import foreign, on, period, put, unit
from tests.client import Client
from tests.database import Database, as_owner
from tests.retention_stories import a_hold
from tests.world import World

KEPT = ("keptApplied", "keptRefused", "keptHeld")


async def turn(world: World, days: int) -> None:
    await importing.work(world.database, datetime.now(UTC) + timedelta(days=days, hours=1))


async def report(world: World, hr_import: Json) -> list[int]:
    return counted(await world.administrator.client.get(f"/imports/{hr_import['id']}"), *KEPT)


async def leaving(world: World, client: Any, count: int, day: int, tag: str) -> Json:
    lines = [f"P{number};Namn Ek;p{number}@{tag}.example;;;" for number in range(count)]
    later = [f"P{number};;;;nej;{in_days(day)}" for number in range(count)]
    return await import_file(world, client, HEADER, *lines, *later)


async def day_comes(database: Database, days: int) -> None:
    await importing.work(database, datetime.now(UTC) + timedelta(days=days, hours=2))


async def became(client: Client, done: Json) -> list[int]:
    """How many of what an import had kept was done, and how many was dropped."""
    return counted(await client.get(f"/imports/{done['id']}"), "keptApplied", "keptRefused")


async def test_people_move_to_a_unit_that_begins_that_day(world: World, database: Database) -> None:
    client = await hr(world)
    await put(world, client, unit("A"), unit("D", period("Delta", "A", 10)))
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@omorg2.example;A;;", f"P1;;;D;;{in_days(10)}")
    await day_comes(database, 10)
    ids = {each["externalId"]: each["id"] for each in (await client.get(f"{world.path}/unit-tree"))["units"]}
    assert str((await people(world))["P1"].unit_id) == ids["D"]


async def test_one_that_does_not_fit_on_its_day_keeps_no_other_waiting(world: World, database: Database) -> None:
    it = await machines.hr_system(world)
    await import_file(world, it.client, HEADER, "P2;Bo Ek;bo@dag.example;;;")
    done = await import_file(
        world,
        it.client,
        HEADER,
        f"P1;Åsa Strand;asa.strand@dag.example;;;{in_days(5)}",
        f"P2;Bo Alm;;;;{in_days(5)}",
    )
    scim = Provisioning(world, it)
    made = await scim.hire("asa.ek@dag.example")
    renamed = {"op": "Replace", "path": "userName", "value": "asa.strand@dag.example"}
    await scim.patch(f"/Users/{made['id']}", renamed)
    await day_comes(database, 5)
    assert {key: each.name for key, each in (await people(world)).items()} == {"P2": "Bo Alm"}
    assert await became(it.client, done) == [1, 1]
    assert await rows_of(world, HrKeptChange) == []


async def test_what_no_plan_foresaw_is_dropped_alone(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else the database or the rules refuse of one row: the others are done."""
    client = await hr(world)
    await import_file(world, client, HEADER, *(f"P{number};Åsa Ek;p{number}@ensam.example;;;" for number in range(6)))
    later = [f"P{number};Åsa Alm;;;;{in_days(5)}" for number in range(6)]
    done = await import_file(world, client, HEADER, *later, f"P9;Di Ek;taken@ensam.example;;;{in_days(5)}")
    taken = "INSERT INTO person (id, version, created_at, organisation_id, name, email, language, active, roles) "
    taken += "SELECT gen_random_uuid(), 1, now(), NULL, 'Di', 'TAKEN@ensam.example', 'sv', true, '{}'"
    await as_owner(database, taken)

    async def nobody(*_: object) -> frozenset[str]:
        return frozenset()

    monkeypatch.setattr("app.services.people_syncing.taken_elsewhere", nobody)
    await day_comes(database, 5)
    here = await people(world)
    assert {key: each.name for key, each in here.items()} == {f"P{number}": "Åsa Alm" for number in range(6)}
    assert {each.version for each in here.values()} == {2}
    assert await became(client, done) == [6, 1]


async def test_each_kept_change_is_done_in_the_name_of_whoever_applied_it(world: World, database: Database) -> None:
    one, other = await machines.hr_system(world), await machines.hr_system(world)
    await import_file(world, one.client, HEADER, "P1;Åsa Ek;p1@namn.example;;;", "P2;Bo Ek;p2@namn.example;;;")
    await import_file(world, one.client, HEADER, f"P1;Åsa Alm;;;;{in_days(5)}")
    await import_file(world, other.client, HEADER, f"P2;Bo Alm;;;;{in_days(5)}")
    await import_file(world, world.administrator.client, HEADER, f"P3;Di Ek;p3@namn.example;;;{in_days(5)}")
    await day_comes(database, 5)
    here = await people(world)
    entries = [
        each for each in await rows_of(world, AuditEntry) if each.operation in {"create_person", "update_person"}
    ]
    by = {each.subject_id: each.service_client_id for each in sorted(entries, key=lambda each: each.id)}
    assert (here["P1"].name, here["P2"].name, here["P3"].name) == ("Åsa Alm", "Bo Alm", "Di Ek")
    assert [str(by[here[key].id]) for key in ("P1", "P2", "P3")] == [one.id, other.id, "None"]


async def test_units_change_in_the_name_of_each_and_fit_together(world: World, database: Database) -> None:
    one, other = await machines.hr_system(world), await machines.hr_system(world)
    header = "externalId;name;parentExternalId;effectiveOn"
    await put(world, one.client, unit("A"), unit("B"))
    await import_file(world, one.client, header, f"A;Alfa;;{in_days(5)}", f"N;Ny;B;{in_days(5)}", subject="units")
    await import_file(world, other.client, header, f"B;B;A;{in_days(5)}", subject="units")
    await day_comes(database, 5)
    tree = await one.client.get(f"{world.path}/unit-tree")
    ids = {each["externalId"]: each["id"] for each in tree["units"]}
    assert [foreign(tree)[key][-1][:2] for key in ("A", "B", "N")] == [("Alfa", None), ("B", "A"), ("Ny", "B")]
    entries = sorted(await rows_of(world, AuditEntry), key=lambda each: each.id)
    by = {str(each.subject_id): str(each.service_client_id) for each in entries}
    assert [by[ids[key]] for key in ("A", "B", "N")] == [one.id, other.id, one.id]


async def test_what_a_client_that_has_ended_had_kept_is_dropped(
    world: World, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = await machines.hr_system(world), await machines.hr_system(world)
    lines = (HEADER, "P1;Åsa Ek;p1@slut.example;;;", f"P1;;;;nej;{in_days(5)}")
    done = await import_file(world, one.client, *lines)
    kept = await import_file(world, other.client, HEADER, f"P1;Åsa Alm;;;;{in_days(4)}")
    await put(world, one.client, unit("D", period("Delta", first=5)))
    await world.administrator.client.step(f"{one.path}/transitions", {"to": "ended"})
    with caplog.at_level(logging.WARNING):
        await day_comes(database, 5)
    here = (await people(world))["P1"]
    assert (here.active, here.name) == (True, "Åsa Alm")
    assert "D" not in foreign(await other.client.get(f"{world.path}/unit-tree"))
    assert (await became(other.client, done), await became(other.client, kept)) == ([0, 1], [1, 0])
    assert await rows_of(world, HrKeptChange) == []
    dropped = [record.getMessage() for record in caplog.records if "kept changes were dropped" in record.getMessage()]
    assert len(dropped) == 2
    assert all("clientEnded" in line and "Åsa" not in line and "P1" not in line for line in dropped)


async def test_what_a_client_that_has_expired_had_kept_waits(world: World, database: Database) -> None:
    it = await machines.hr_system(world)
    lines = (HEADER, "P1;Åsa Ek;p1@vilar.example;;;", f"P1;Åsa Alm;;;;{in_days(5)}")
    done = await import_file(world, it.client, *lines)
    expires = "UPDATE service_client SET expires_at = now() + make_interval(days => :days) WHERE id = :id"
    await as_owner(database, expires, days=3, id=UUID(it.id))
    await day_comes(database, 5)
    assert ((await people(world))["P1"].name, await report(world, done)) == ("Åsa Ek", [0, 0, 1])
    # Every turn finds it held, and says so once.
    version = (await world.administrator.client.get(f"/imports/{done['id']}"))["version"]
    await day_comes(database, 5)
    assert (await world.administrator.client.get(f"/imports/{done['id']}"))["version"] == version
    assert len(await rows_of(world, HrKeptChange)) == 1
    await as_owner(database, expires, days=30, id=UUID(it.id))
    await day_comes(database, 6)
    assert ((await people(world))["P1"].name, await report(world, done)) == ("Åsa Alm", [1, 0, 0])


async def test_what_a_client_may_not_do_any_more_is_dropped(world: World, database: Database) -> None:
    it = await machines.hr_system(world)
    lines = (HEADER, "P1;Åsa Ek;p1@matt.example;;;", f"P1;Åsa Alm;;;;{in_days(5)}")
    done = await import_file(world, it.client, *lines)
    await world.administrator.client.change(it.path, {"scopes": ["units:write"]})
    await day_comes(database, 5)
    assert (await people(world))["P1"].name == "Åsa Ek"
    reader = await hr(world, scopes=["people:read"])
    assert await became(reader, done) == [0, 1]


async def test_all_that_is_done_or_dropped_is_counted(world: World, database: Database) -> None:
    client = await hr(world)
    await put(world, client, unit("A"))
    await import_file(world, client, HEADER, "P1;Åsa Ek;p1@raknas.example;;;")
    lines = (HEADER, f"P1;;;A;;{in_days(5)}", f"P1;Åsa Alm;;;;{in_days(6)}")
    done = await import_file(world, client, *lines)
    ids = {each["externalId"]: each["id"] for each in (await client.get(f"{world.path}/unit-tree"))["units"]}
    await world.employer_rep.client.change(f"/units/{ids['A']}", {"validTo": on(0)})
    await day_comes(database, 6)
    # Each day by itself, as if it had been done then.
    here = (await people(world))["P1"]
    assert (here.name, here.unit_id) == ("Åsa Alm", None)
    assert await became(client, done) == [1, 1]


async def test_what_waits_for_a_client_can_be_said_again_by_another(world: World) -> None:
    former = await machines.hr_system(world)
    done = await leaving(world, former.client, 2, 3, "expired")
    await as_owner(world.database, "UPDATE service_client SET expires_at = now() WHERE id = :id", id=UUID(former.id))
    client = (await machines.hr_system(world)).client
    again = await import_file(world, client, HEADER, f"P0;;;;nej;{in_days(3)}")
    assert counted(again, "kept") == [1]
    await turn(world, 3)
    assert {key: each.active for key, each in (await people(world)).items()} == {"P0": False, "P1": True}
    assert await report(world, again) == [1, 0, 0]
    assert await report(world, done) == [0, 0, 1]
    # A file that is everybody, and does not repeat the other, takes it back.
    whole = await send(world, client, HEADER, "P1;Namn Ek;;;;", mode="snapshot")
    listed = await client.get(f"/imports/{whole['id']}/changes?change=withdrawn")
    assert [each["externalId"] for each in listed["items"]] == ["P1"]
    await client.step(f"/imports/{whole['id']}/applications", {"planHash": whole["planHash"]})
    await turn(world, 3)
    assert await report(world, done) == [0, 0, 0]


async def test_an_administrators_file_is_done_whoever_has_ended(world: World) -> None:
    done = await leaving(world, world.administrator.client, 1, 3, "admin")
    await turn(world, 3)
    assert await report(world, done) == [1, 0, 0]


async def test_what_the_brake_holds_is_told_until_it_is_released(world: World) -> None:
    client = (await machines.hr_system(world)).client
    done = await leaving(world, client, 20, 3, "held")
    await turn(world, 3)
    assert await report(world, done) == [0, 0, 20]
    assert all(each.active for each in (await people(world)).values())
    await world.administrator.client.post(f"{world.path}/deactivation-releases", {"people": 20})
    # Within the release's own day.
    await as_owner(world.database, "UPDATE hr_kept_change SET effective_on = current_date")
    await turn(world, 0)
    assert await report(world, done) == [20, 0, 0]
    assert not any(each.active for each in (await people(world)).values())


async def test_people_read_what_is_said_of_them_and_it_goes_with_them(world: World) -> None:
    client = (await machines.hr_system(world)).client
    them = world.employee
    await import_file(world, client, HEADER, f"E1;{them.person.name};{them.person.email};;;")
    await import_file(
        world, client, HEADER, f"E1;Nytt Namn;;;;{in_days(8)}", f"N1;Di Ek;di@kept.example;;;{in_days(4)}"
    )
    (own,) = (await export_of(them))["hrKeptChange"]
    assert (own["externalId"], own["effectiveOn"], own["content"]["name"]) == ("E1", in_days(8), "Nytt Namn")
    # What was said of somebody before they were here leads to them as well.
    await import_file(world, client, HEADER, "N1;Di Ek;di@kept.example;;;")
    new = (await people(world))["N1"]
    assert [each.person_id for each in await rows_of(world, HrKeptChange) if each.external_id == "N1"] == [new.id]
    await world.administrator.client.change(f"/people/{new.id}", {"active": False})
    await world.administrator.client.change(f"/people/{new.id}", None, expect=204, method="DELETE")
    assert {each.external_id for each in await rows_of(world, HrKeptChange)} == {"E1"}
    await erased(world, them)
    assert await rows_of(world, HrKeptChange) == []


async def test_a_legal_hold_keeps_what_was_and_stops_no_news(world: World) -> None:
    client = (await machines.hr_system(world)).client
    them = world.employer_rep
    await import_file(
        world, client, HEADER, f"S1;{them.person.name};{them.person.email};;;", "P1;Åsa;p1@hold.example;;;"
    )
    await a_hold(world)
    done = await import_file(world, client, HEADER, "S1;;;;nej;", "P1;Åsa Ek;;;;", f"P1;;;;nej;{in_days(2)}")
    assert counted(done, "deactivated", "changed", "kept") == [1, 1, 1]
    (mandate,) = [each for each in await rows_of(world, Mandate) if each.person_id == them.person.id]
    assert mandate.suspended_at is not None
    assert mandate.valid_to is None
    await turn(world, 2)
    assert {key: each.active for key, each in (await people(world)).items()} == {"S1": False, "P1": False}
    # Nobody is forgotten meanwhile, and no plan goes by being refused that.
    planned = await send(world, client, HEADER, "P2;Bo;p2@hold.example;;;")
    gone = f"/people/{(await people(world))['P1'].id}"
    tag = await world.administrator.client.etag(gone)
    await world.administrator.client.refused("DELETE", gone, 409, "legalHold", etag=tag)
    assert (await client.get(f"/imports/{planned['id']}"))["state"] == "planned"


async def test_a_fault_with_one_organisation_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even when it comes while it is said what waits."""
    done = await leaving(world, (await machines.hr_system(world)).client, 20, 3, "fel")

    async def breaks(*_: object) -> None:
        raise RuntimeError("the pen is broken")

    monkeypatch.setattr(kept_days, "hold", breaks)
    async with World(world.app) as elsewhere:
        others = (await machines.hr_system(elsewhere)).client
        theirs = await leaving(elsewhere, others, 1, 3, "annars")
        # Whoever comes first of the two: both are looked at.
        await turn(world, 3)
        assert await report(elsewhere, theirs) == [1, 0, 0]
    assert await report(world, done) == [0, 0, 0]
    assert [record.getMessage() for record in caplog.records if "could not be done" in record.getMessage()]
