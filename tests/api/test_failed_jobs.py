"""Jobs that could not be done: seen by the system administrator alone, tried again, given up, taken back, swept."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from app import worker
from app.database import DatabaseAway
from app.key_directory import open_key_directory
from app.main import create_app
from app.services import account_mail, failed_jobs, queue, survey_mail, wall
from app.services.account_letters import Notice
from app.services.queue import Job
from tests import stories
from tests.api.test_erasure import erased
from tests.conftest import new_database, settings_for
from tests.database import as_owner
from tests.mail_server import mail_server
from tests.mail_stage import a_round, colleagues
from tests.stories import Json
from tests.test_worker import at_work, invite, nothing_waits, scalars
from tests.world import World


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_WAIT", timedelta(milliseconds=50))
    monkeypatch.setattr(worker, "LONGEST_WAIT", timedelta(milliseconds=100))
    monkeypatch.setattr(worker, "LOOKED_FOR_EVERY", timedelta(milliseconds=200))
    monkeypatch.setattr(worker, "AWAY_WAIT_S", 0.1)


@pytest.fixture(scope="module")
async def app(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    """With a database of its own: nobody else's jobs are in its queue, or have failed."""
    keys = tmp_path_factory.mktemp("keys")
    app = create_app(settings_for(await new_database(), key_directory=keys))
    app.state.key_store = open_key_directory(keys)
    yield app
    await app.state.database.close()


@pytest.fixture
async def agency(world: World) -> World:
    """Nor those of the test before."""
    async with world.database.write() as session:
        for table in ("queue.pgqueuer", "failed_job"):
            await session.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - our own words
    return world


async def listed(world: World) -> list[Json]:
    items: list[Json] = (await world.administrator.client.get("/failed-jobs?sort=createdAt"))["items"]
    return items


async def failed(world: World, entrypoint: str, order: Json) -> str:
    """A job that was given up; its id."""
    async with world.database.write() as session:
        job = Job(entrypoint, json.dumps(order).encode())
        await failed_jobs.keep(session, job, "MailRefused", 1, datetime.now(UTC))
    return str((await listed(world))[-1]["id"])


async def test_a_refused_mail_is_kept_and_goes_out_when_it_is_tried_again(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    people = await colleagues(agency, agency.unit, 2)
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    async with mail_server() as server:
        server.refusals = {people[0].email: "550 no such mailbox"}
        async with at_work(agency, server):
            await nothing_waits(agency)
            assert server.recipients == [people[1].email]
            (job,) = await listed(agency)
            assert (job["entrypoint"], job["fault"], job["state"]) == ("survey_mail", "MailRefused", "failed")
            path = f"/failed-jobs/{job['id']}"
            text = (await agency.administrator.client.request("GET", path)).text
            assert str(people[0].id) not in text
            assert str(survey_round.id) not in text
            server.refusals.clear()
            retried = await agency.administrator.client.step(f"{path}/transitions", {"to": "retried"})
            assert (retried["state"], retried["settledAt"] is not None) == ("retried", True)
            await nothing_waits(agency)
            assert server.recipients == sorted(person.email for person in people)
    again = {"json": {"to": "retried"}, "etag": '"2"'}
    await agency.administrator.client.refused("POST", f"{path}/transitions", 409, "jobSettled", **again)
    assert await as_owner(agency.database, "SELECT count(*) FROM failed_job WHERE payload IS NOT NULL") == [0]


async def test_two_administrators_at_once_put_it_back_once(agency: World) -> None:
    job_id = await failed(agency, survey_mail.ENTRYPOINT, {"round": "x"})
    admin, path = agency.administrator.client, f"/failed-jobs/{job_id}/transitions"
    await admin.step(path, {"to": "retried"})
    await admin.refused("POST", path, 412, "staleVersion", json={"to": "retried"}, etag='"1"')
    assert await scalars(agency, "SELECT count(*) FROM queue.pgqueuer") == [1]


async def test_a_job_that_is_given_up_is_not_done(agency: World) -> None:
    job_id = await failed(agency, survey_mail.ENTRYPOINT, {"round": "x"})
    path = f"/failed-jobs/{job_id}"
    await agency.administrator.client.step(f"{path}/transitions", {"to": "discarded"})
    assert (await agency.administrator.client.get(path))["state"] == "discarded"
    assert await scalars(agency, "SELECT count(*) FROM queue.pgqueuer") == [0]
    await agency.administrator.client.refused(
        "POST", f"{path}/transitions", 422, "validationFailed", json={"to": "failed"}, etag='"2"'
    )


async def test_nobody_else_sees_any(agency: World) -> None:
    job_id = await failed(agency, survey_mail.ENTRYPOINT, {"round": "x"})
    for who in (agency.employer_rep, agency.saco_rep, agency.archivist, agency.employee):
        await who.client.refused("GET", "/failed-jobs", 403, "notYourRole")
        await who.client.refused("GET", f"/failed-jobs/{job_id}", 404, "notFound")


async def test_what_names_a_person_is_exported_and_goes_with_them(agency: World) -> None:
    someone = agency.employee
    order = {"notice": Notice.PASSWORD_CHANGED, "person": someone.id, "at": datetime.now(UTC).isoformat()}
    await failed(agency, account_mail.ENTRYPOINT, order)
    export = await someone.client.get(f"/people/{someone.id}/data-export")
    mails = [row for table in export["tables"] if table["table"] == "waitingMail" for row in table["rows"]]
    assert [each["notice"] for each in mails] == ["passwordChanged"]
    await erased(agency, someone)
    assert await listed(agency) == []


async def test_what_a_round_takes_back_is_not_tried_again(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    await failed(agency, survey_mail.ENTRYPOINT, {"round": str(survey_round.id), "person": agency.employee.id})
    async with agency.database.write() as session:
        await survey_mail.take_back(session, survey_round.id)
    assert await listed(agency) == []


async def test_a_job_that_cannot_be_kept_stays_in_the_queue(agency: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost because the database was away at the wrong moment."""
    tries: list[str] = []
    keep = failed_jobs.keep

    async def keep_late(session: Any, job: Job, fault: str, attempts: int, now: datetime) -> None:
        tries.append(fault)
        if len(tries) < 3:
            raise DatabaseAway
        await keep(session, job, fault, attempts, now)

    monkeypatch.setattr(failed_jobs, "keep", keep_late)
    async with agency.database.write() as session:
        await queue.put(session, [Job(survey_mail.ENTRYPOINT, b"[]")])
    async with mail_server() as server, at_work(agency, server):
        await nothing_waits(agency)
    assert tries == ["Unreadable"] * 3
    assert len(await listed(agency)) == 1


async def test_a_fault_that_nobody_foresaw_is_kept_after_the_last_try(
    agency: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "TRIES", 2)

    async def breaks(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(survey_mail, "carry_out", breaks)
    async with agency.database.write() as session:
        await queue.put(session, [Job(survey_mail.ENTRYPOINT, b"{}")])
    async with mail_server() as server, at_work(agency, server):
        await nothing_waits(agency)
    (job,) = await listed(agency)
    assert (job["fault"], job["attempts"]) == ("ZeroDivisionError", 3)
    assert "ZeroDivisionError" in caplog.text


async def test_they_are_swept_after_thirty_days(agency: World) -> None:
    await failed(agency, survey_mail.ENTRYPOINT, {"round": "x"})
    for days, left in ((29, 1), (31, 0)):
        async with agency.database.write() as session:
            assert not await failed_jobs.sweep(session, datetime.now(UTC) + timedelta(days=days))
            counted = await session.execute(sa.text("SELECT count(*) FROM failed_job"))
            assert counted.scalar_one() == left


async def test_a_job_that_is_given_up_twice_is_kept_once(agency: World) -> None:
    """A worker that dies just after giving up has not told the queue: the job would be taken, and given up, again."""
    order = Job(account_mail.ENTRYPOINT, b"{}")
    async with agency.database.write() as session:
        await queue.put(session, [order])
    (job_id,) = await as_owner(agency.database, "SELECT id FROM queue.pgqueuer")
    for _ in range(2):
        async with agency.database.write(wall.SYSTEM) as session:
            await failed_jobs.move(session, job_id, order, "MailRefused", 1, datetime.now(UTC))
        assert await as_owner(agency.database, "SELECT count(*) FROM queue.pgqueuer") == [0]
    assert len(await listed(agency)) == 1
