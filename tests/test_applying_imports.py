"""Large imports: accepted, applied by the worker all at once or not at all, and told why not."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from sqlmodel import col

from app import worker
from app.key_directory import open_key_directory
from app.main import create_app, workshop_of
from app.models.audit_entry import AuditEntry
from app.models.failed_job import FailedJob
from app.models.hr_import import HrImport, HrKeptChange
from app.models.import_change import HrImportPortion
from app.models.person import Person, Role
from app.services import import_applications, queue
from app.services.queue import Job
from app.settings import Settings
from app.worker import working
from tests import machines
from tests.api.test_changes import feed_of
from tests.api.test_erasure import erased
from tests.api.test_imports import HEADER, counted, import_file, in_days, people, rows_of, send
from tests.client import Client
from tests.conftest import settings_for
from tests.database import as_owner
from tests.program import PATIENCE, launch, somebody_waits
from tests.stories import shut_organisation
from tests.world import World

Json = dict[str, Any]
FEW = 3


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_applications, "AT_ONCE_AT_MOST", FEW)
    monkeypatch.setattr(worker, "FIRST_WAIT", timedelta(milliseconds=100))
    monkeypatch.setattr(worker, "LONGEST_WAIT", timedelta(milliseconds=200))
    monkeypatch.setattr(worker, "LOOKED_FOR_EVERY", timedelta(milliseconds=200))
    monkeypatch.setattr(worker, "AWAY_WAIT_S", 0.1)


@pytest.fixture
def settings(fresh_database_url: str, tmp_path: Path) -> Settings:
    return settings_for(fresh_database_url, key_directory=tmp_path / "keys")


@pytest.fixture
async def agency(settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    """In a database of its own: nobody else's jobs are in its queue."""
    app = create_app(settings)
    app.state.key_store = open_key_directory(tmp_path / "keys")
    async with World(app) as world:
        yield world
    await app.state.database.close()


@asynccontextmanager
async def at_work(world: World, settings: Settings) -> AsyncIterator[None]:
    """No mail server is named: imports do not wait for one."""
    async with working(workshop_of(settings, world.database, world.app.state.key_store)):
        yield


async def ask(client: Client, planned: Json, etag: str = '"1"', **headers: str) -> Any:
    path, body = f"/imports/{planned['id']}/applications", {"planHash": planned["planHash"]}
    return await client.request("POST", path, json=body, headers={"If-Match": etag} | headers)


async def accepted(client: Client, planned: Json, **more: Any) -> Json:
    response = await ask(client, planned, **more)
    assert response.status_code == 202, response.text
    assert response.headers["Location"].endswith(f"/imports/{planned['id']}")
    told: Json = response.json()
    assert told["state"] == "applying"
    return told


async def settled(client: Client, planned: Json) -> Json:
    """What came of it."""
    async with asyncio.timeout(PATIENCE):
        while (told := await client.get(f"/imports/{planned['id']}"))["state"] == "applying":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    found: Json = told
    return found


async def jobs(world: World) -> list[bytes]:
    async with world.database.write() as session:
        found = (await session.execute(sa.text("SELECT payload FROM queue.pgqueuer ORDER BY id"))).scalars()
        return [bytes(payload) for payload in found]


async def nothing_waits(world: World) -> None:
    async with asyncio.timeout(PATIENCE):
        while await jobs(world):  # noqa: ASYNC110 - the worker changes it
            await asyncio.sleep(0.02)


def many(count: int = 10, name: str = "Åsa Ek") -> list[str]:
    return [HEADER, *(f"P{number};{name};p{number}@large.example;;;" for number in range(count))]


async def test_a_large_plan_is_accepted_and_applied_by_the_worker(agency: World, settings: Settings) -> None:
    it = await machines.hr_system(agency)
    feed = await feed_of(it)
    planned = await send(agency, it.client, *many(), f"P0;;;;nej;{in_days(9)}")
    key = {"Idempotency-Key": "natten"}
    await accepted(it.client, planned, **key)
    assert [json.loads(each) for each in await jobs(agency)] == [{"import": planned["id"]}]
    # Nothing has happened, what will can still be read, and the same request once more is the same.
    assert await people(agency) == {}
    assert (await it.client.get(f"/imports/{planned['id']}/changes"))["_meta"]["totalRecords"] == 17
    await accepted(it.client, planned, **key)
    assert len(await jobs(agency)) == 1
    async with at_work(agency, settings):
        told = await settled(it.client, planned)
        await nothing_waits(agency)
    assert (told["state"], told["failureCode"], told["report"]) == ("applied", None, planned["report"])
    here = await people(agency)
    assert len(here) == 10
    assert sorted(await feed.said()) == sorted(("person", "created", str(each.id)) for each in here.values())
    (kept,) = await rows_of(agency, HrKeptChange)
    assert str(kept.service_client_id) == it.id
    # It was the client's doing, both when it asked and when it was done.
    entries = [
        each for each in await rows_of(agency, AuditEntry) if each.operation in {"apply_import", "create_person"}
    ]
    assert {(str(each.service_client_id), each.person_id) for each in entries} == {(it.id, None)}
    assert await rows_of(agency, HrImportPortion) == []
    response = await ask(it.client, planned, **key)
    assert (response.status_code, response.json()["state"]) == (201, "applied")
    assert counted(await send(agency, it.client, *many()), "unchanged") == [10]


async def test_units_too(agency: World, settings: Settings) -> None:
    client = (await machines.hr_system(agency)).client
    units = [
        "externalId;name;parentExternalId",
        "U0;Myndigheten;",
        *(f"U{each};Enhet {each};U0" for each in range(1, 9)),
    ]
    planned = await send(agency, client, *units, subject="units")
    await accepted(client, planned)
    async with at_work(agency, settings):
        assert (await settled(client, planned))["state"] == "applied"
    tree = await client.get(f"{agency.path}/unit-tree")
    assert {"U0", "U8"} <= {each["externalId"] for each in tree["units"]}


async def test_a_small_plan_is_applied_at_once(agency: World) -> None:
    client = (await machines.hr_system(agency)).client
    planned = await send(agency, client, *many(FEW))
    assert (await ask(client, planned)).status_code == 201
    assert await jobs(agency) == []
    over = await send(agency, client, *many(FEW, "Bo Ek"), f"P9;;;;nej;{in_days(2)}", f"P0;;;;nej;{in_days(3)}")
    await accepted(client, over)


async def test_meanwhile_no_other_import_is_planned_or_applied(agency: World, settings: Settings) -> None:
    client = (await machines.hr_system(agency)).client
    other = await send(agency, client, HEADER, "P1;Bo Ek;p1@large.example;;;")
    planned = await send(agency, client, *many())
    await accepted(client, planned)
    for each, etag in ((other, '"1"'), (planned, '"2"')):
        response = await ask(client, each, etag)
        assert (response.status_code, response.json()["code"]) == (409, "importApplying")
    assert (await ask(client, planned)).status_code == 412
    assert (await send(agency, client, *many(), expect=409))["code"] == "importApplying"
    shown = await client.get(f"/imports/{planned['id']}")
    reasons = {each["action"]: each["reason"] for each in shown["allowedActions"]}
    assert reasons["apply_import"] == "importApplying"
    # Whoever may not import is told nothing of it.
    assert (await send(agency, agency.employee.client, *many(), expect=403))["code"] == "notYourRole"
    async with at_work(agency, settings):
        await settled(client, planned)
    await send(agency, client, *many())


async def test_what_has_changed_meanwhile_makes_it_fail(agency: World, settings: Settings) -> None:
    client = (await machines.hr_system(agency)).client
    await import_file(agency, client, *many(FEW))
    planned = await send(agency, client, *many(10, "Åsa Alm"))
    await accepted(client, planned)
    one = (await people(agency))["P1"]
    await agency.administrator.client.change(f"/people/{one.id}", {"name": "Åsa Asp"})
    async with at_work(agency, settings):
        told = await settled(client, planned)
    assert (told["state"], told["failureCode"], told["appliedAt"]) == ("failed", "planStale", None)
    assert len(await people(agency)) == FEW
    assert await rows_of(agency, HrImportPortion) == []
    await client.refused("GET", f"/imports/{planned['id']}/changes", 410, "planGone")
    response = await ask(client, planned, '"3"')
    assert (response.status_code, response.json()["code"]) == (409, "importSettled")
    assert [each["state"] for each in (await client.get(f"{agency.path}/imports"))["items"]] == ["applied", "failed"]
    await accepted(client, await send(agency, client, *many(10, "Åsa Alm")))


async def test_held_by_the_brake_it_waits_for_its_release(agency: World, settings: Settings) -> None:
    client = (await machines.hr_system(agency)).client
    async with at_work(agency, settings):
        planned = await send(agency, client, *many(20))
        await accepted(client, planned)
        await settled(client, planned)
        planned = await send(agency, client, *many(5), mode="snapshot")
        await accepted(client, planned)
        told = await settled(client, planned)
        assert (told["state"], told["failureCode"]) == ("planned", "deactivationBrake")
        assert sum(each.active for each in (await people(agency)).values()) == 20
        assert (await client.get(f"/imports/{planned['id']}/changes?change=deactivate"))["_meta"]["totalRecords"] == 15
        await agency.administrator.client.post(f"{agency.path}/deactivation-releases", {"people": 15})
        again = await accepted(client, planned, etag='"3"')
        assert again["failureCode"] is None
        assert (await settled(client, planned))["state"] == "applied"
    assert sum(each.active for each in (await people(agency)).values()) == 5


@pytest.mark.parametrize("end", ["client", "expired", "scopes", "organisation"])
async def test_a_client_that_is_let_in_no_more_has_applied_nothing(agency: World, settings: Settings, end: str) -> None:
    it = await machines.hr_system(agency)
    planned = await send(agency, it.client, *many())
    await accepted(it.client, planned)
    admin = agency.administrator.client
    if end == "client":
        await admin.step(f"{it.path}/transitions", {"to": "ended"})
    elif end == "organisation":
        await shut_organisation(agency)
    else:
        said = {"expired": "expires_at = now()", "scopes": "scopes = '{units:write}'"}[end]
        await as_owner(agency.database, f"UPDATE service_client SET {said} WHERE id = '{it.id}'")  # noqa: S608
    async with at_work(agency, settings):
        told = await settled(admin, planned)
    code = {"scopes": "notYourRole", "organisation": "organisationClosed"}.get(end, "serviceClientEnded")
    assert (told["state"], told["failureCode"]) == ("failed", code)
    assert await people(agency) == {}


async def test_an_administrator_who_is_none_any_more_has_applied_nothing(agency: World, settings: Settings) -> None:
    also = await agency.someone("second", Role.SYSTEM_ADMINISTRATOR, outside=True)
    one = await send(agency, also.client, *many())
    await accepted(also.client, one)
    async with at_work(agency, settings):
        assert (await settled(also.client, one))["state"] == "applied"
        entries = [each for each in await rows_of(agency, AuditEntry) if each.operation == "create_person"]
        assert {each.person_id for each in entries} == {also.person.id}
    other = await send(agency, also.client, *many(20))
    await accepted(also.client, other)
    async with agency.database.write() as session:
        roles = sa.update(Person).where(col(Person.id) == also.person.id).values(roles=[])
        await session.execute(roles)
    async with at_work(agency, settings):
        told = await settled(agency.administrator.client, other)
    assert (told["state"], told["failureCode"]) == ("failed", "notYourRole")
    assert len(await people(agency)) == 10


async def test_the_same_job_twice_is_done_once(agency: World, settings: Settings) -> None:
    client = (await machines.hr_system(agency)).client
    planned = await send(agency, client, *many())
    await accepted(client, planned)
    again = Job(import_applications.ENTRYPOINT, json.dumps({"import": planned["id"]}).encode())
    lost = Job(import_applications.ENTRYPOINT, json.dumps({"import": str(UUID(int=7))}).encode())
    async with agency.database.write() as session:
        await queue.put(session, [again, again, lost])
    async with at_work(agency, settings):
        await nothing_waits(agency)
    assert (await client.get(f"/imports/{planned['id']}"))["version"] == 3
    assert {each.version for each in (await people(agency)).values()} == {1}
    assert await rows_of_failed(agency) == []


async def rows_of_failed(world: World) -> list[FailedJob]:
    async with world.database.write() as session:
        return list((await session.execute(sa.select(FailedJob))).scalars())


async def test_a_fault_is_tried_again_and_then_told(
    agency: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = (await machines.hr_system(agency)).client
    planned = await send(agency, client, *many())
    await accepted(client, planned)
    tried = 0

    async def breaks(*_: Any) -> None:
        nonlocal tried
        tried += 1
        raise RuntimeError("Åsa Ek")

    monkeypatch.setattr(worker, "TRIES", 2)
    with monkeypatch.context() as patch:
        patch.setattr("app.services.deactivation_brake.check", breaks)
        async with at_work(agency, settings):
            told = await settled(client, planned)
    assert (told["state"], told["failureCode"], tried) == ("failed", "unexpected", 3)
    assert await people(agency) == {}
    assert await rows_of(agency, HrImportPortion) == []
    (failed,) = await rows_of_failed(agency)
    assert (failed.entrypoint, failed.fault) == ("import_application", "RuntimeError")
    # Tried again by the administrator, it finds nothing to do: the file is sent anew.
    await agency.administrator.client.step(f"/failed-jobs/{failed.id}/transitions", {"to": "retried"})
    async with at_work(agency, settings):
        await nothing_waits(agency)
    assert len(await rows_of_failed(agency)) == 1
    again = await send(agency, client, *many())
    await accepted(client, again)


async def test_a_job_that_nobody_can_read_is_kept(agency: World, settings: Settings) -> None:
    async with agency.database.write() as session:
        damaged = (b"", b"[]", b'{"import": "x"}')
        await queue.put(session, [Job(import_applications.ENTRYPOINT, each) for each in damaged])
    async with at_work(agency, settings):
        await nothing_waits(agency)
    assert [each.fault for each in await rows_of_failed(agency)] == ["Unreadable"] * 3


async def test_whoever_is_erased_meanwhile_is_in_no_plan(agency: World, settings: Settings) -> None:
    client = (await machines.hr_system(agency)).client
    planned = await send(agency, client, *many())
    await accepted(client, planned)
    await erased(agency, agency.employee)
    async with at_work(agency, settings):
        await nothing_waits(agency)
    assert (await client.get(f"/imports/{planned['id']}"))["state"] == "lapsed"
    assert await people(agency) == {}


@pytest.mark.drill
async def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_does_it_all(
    agency: World, settings: Settings, fresh_database_url: str, new_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = await machines.hr_system(agency)
    await import_file(agency, it.client, *many(1))
    feed = await feed_of(it)
    planned = await send(agency, it.client, *many(600, "Åsa Alm"))
    await accepted(it.client, planned)
    holder = await asyncpg.connect(fresh_database_url.replace("+asyncpg", ""))
    held = holder.transaction()
    await held.start()
    # Whose name changes is written after all who are new: there the worker has to wait, in the middle.
    await holder.execute("SELECT id FROM person WHERE external_id = 'P0' FOR UPDATE")
    process = await launch(
        "worker",
        LARANDE_DATABASE_URL=fresh_database_url,
        LARANDE_HOME=str(new_home),
        LARANDE_KEY_DIRECTORY=str(agency.app.state.key_store._path),
    )
    await somebody_waits(holder)
    os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()
    await held.rollback()
    await holder.close()
    async with asyncio.timeout(PATIENCE):
        while await as_owner(  # noqa: ASYNC110 - PostgreSQL has to notice
            agency.database,
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'",
        ):
            await asyncio.sleep(0.02)
    assert (await it.client.get(f"/imports/{planned['id']}"))["state"] == "applying"
    assert list(await people(agency)) == ["P0"]
    assert await feed.said() == []
    monkeypatch.setattr(worker, "GIVEN_UP_AFTER", timedelta(seconds=1))
    seen: list[int] = []
    async with at_work(agency, settings):
        async with asyncio.timeout(PATIENCE):
            while (await it.client.get(f"/imports/{planned['id']}"))["state"] == "applying":
                seen.append(len(await feed.said()))
                await asyncio.sleep(0.02)
        seen.append(len(await feed.said()))
        await nothing_waits(agency)
    # Whoever listens has heard of nothing, and then of everything.
    assert [number for number in seen if number] == [600]
    here = await people(agency)
    assert len(here) == 600
    assert {each.name for each in here.values()} == {"Åsa Alm"}
    (row,) = [each for each in await rows_of(agency, HrImport) if str(each.id) == planned["id"]]
    assert row.version == 3
