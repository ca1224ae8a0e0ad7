"""The queue, the worker and the mails: from the request over a real queue to a real SMTP server."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from sqlmodel import col
from structlog.stdlib import ProcessorFormatter

from app import worker
from app.key_directory import open_key_directory
from app.main import create_app
from app.models.person import Person
from app.models.survey_ballot import SurveyInvitation
from app.models.survey_round import SurveyRound
from app.services import ballot, queue, survey_mail
from app.services.queue import Job
from app.services.reminder_mail import ReminderPages
from app.smtp import server_at
from app.worker import Workshop, working
from tests import stories
from tests.conftest import settings_for
from tests.database import as_owner
from tests.mail_server import MailServer, mail_server, text_of, token_in
from tests.mail_stage import a_round, colleagues
from tests.program import PATIENCE, ended, launch, serving
from tests.world import World

SENDER = "Enkäter <enkat@example.se>"
FRONT_END = "https://enkat.example.se/svara"
SIGN_IN_PAGE = "https://larande.example.se/losenord"
PAGES = ReminderPages(SIGN_IN_PAGE, SIGN_IN_PAGE, SIGN_IN_PAGE)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_WAIT", timedelta(milliseconds=100))
    monkeypatch.setattr(worker, "LONGEST_WAIT", timedelta(milliseconds=400))
    monkeypatch.setattr(worker, "LOOKED_FOR_EVERY", timedelta(milliseconds=200))
    monkeypatch.setattr(worker, "AWAY_WAIT_S", 0.1)


@pytest.fixture
async def agency(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """In a database of its own: nobody else's jobs are in its queue."""
    app = create_app(settings_for(fresh_database_url, key_directory=tmp_path / "keys"))
    app.state.key_store = open_key_directory(tmp_path / "keys")
    async with World(app) as world:
        yield world
    await app.state.database.close()


@asynccontextmanager
async def at_work(world: World, server: MailServer | str) -> AsyncIterator[None]:
    url = server if isinstance(server, str) else server.url
    shop = Workshop(
        world.database,
        world.app.state.key_store,
        server_at(url),
        SENDER,
        FRONT_END,
        world.app.state.vault,
        SIGN_IN_PAGE,
        SIGN_IN_PAGE,
        PAGES,
    )
    async with working(shop):
        yield


async def scalars(world: World, statement: str) -> list[Any]:
    async with world.database.write() as session:
        return list((await session.execute(sa.text(statement))).scalars())


async def waiting(world: World, count: int, where: str = "true") -> None:
    """Return when so many jobs are in the queue."""
    async with asyncio.timeout(PATIENCE):
        jobs = f"SELECT id FROM queue.pgqueuer WHERE {where}"  # noqa: S608
        while len(await scalars(world, jobs)) != count:  # noqa: ASYNC110 - the worker changes it
            await asyncio.sleep(0.02)


async def nothing_waits(world: World) -> None:
    await waiting(world, 0)


async def invite(world: World, survey_round: SurveyRound, **sent: Any) -> Any:
    return await world.saco_rep.client.post(f"/survey-rounds/{survey_round.id}/invitations", sent)


async def remind(world: World, survey_round: SurveyRound) -> Any:
    return await world.employer_rep.client.post(f"/survey-rounds/{survey_round.id}/reminders", {})


async def whole_database(world: World) -> str:
    """Every value of every table, the queue's too, as text."""
    tables = await scalars(
        world,
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
        "WHERE schemaname IN ('public', 'queue')",
    )
    assert {"queue.pgqueuer", "queue.pgqueuer_log", "public.survey_invitation"} <= set(tables)
    rows = [await scalars(world, f"SELECT t::text FROM {table} t") for table in tables]  # noqa: S608
    return "\n".join(row for found in rows for row in found)


async def test_people_get_a_link_that_opens_exactly_their_invitation(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    people = await colleagues(agency, agency.unit, 5)
    english = await colleagues(agency, agency.unit, 1, language="en")
    await colleagues(agency, agency.unit, 1, active=False)
    made = await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    assert (made["invited"], made["mailed"]) == (6, 6)
    payloads = await scalars(agency, "SELECT convert_from(payload, 'UTF8') FROM queue.pgqueuer")
    assert {frozenset(json.loads(each)) for each in payloads} == {frozenset({"round", "person", "reminder"})}
    async with mail_server() as server, at_work(agency, server):
        await nothing_waits(agency)
    assert server.recipients == sorted(person.email for person in people + english)
    secret = agency.app.state.key_store.read_invitation_secret(survey_round.id)
    for person in people + english:
        (mail,) = server.to(person.email)
        assert mail["To"] == person.email
        assert token_in(mail) == ballot.token_of_person(secret, survey_round.id, person.id)
        assert text_of(mail).count(FRONT_END) == 1
        assert mail["Content-Language"] == ("en" if person in english else "sv")
    async with agency.database.read() as session:
        hashes = set((await session.execute(sa.select(col(SurveyInvitation.token_hash)))).scalars())
    tokens = [token_in(mail) for _, mail in server.mails]
    assert {ballot.token_hash(token) for token in tokens} == hashes
    assert len(hashes) == 6
    stored = await whole_database(agency)
    for token in tokens:
        assert token not in stored
    # The library's log knows that something was done, and not with what.
    assert len(await scalars(agency, "SELECT 1 FROM queue.pgqueuer_log WHERE status = 'successful'")) == 6


async def test_an_address_lives_in_the_queue_sealed_until_the_mail_is_sent(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    addresses = ["Åsa.Öberg@exempel.se", "lars@sjöfart.example", "eva@example.se"]
    sent = {"unitId": str(agency.unit.id), "kind": "addresses", "addresses": [*addresses, "EVA@example.se"]}
    headers = {"Idempotency-Key": "lista-1"}
    path = f"/survey-rounds/{survey_round.id}/invitations"
    made = await agency.saco_rep.client.post(path, sent, headers=headers)
    assert (made["invited"], made["mailed"]) == (3, 3)
    assert await agency.saco_rep.client.post(path, sent, headers=headers) == made
    waiting = await whole_database(agency)
    assert "pgqueuer" not in waiting  # rows only
    for part in ("exempel.se", "sjöfart", "xn--sjfart", "eva@", "6576614"):  # 6576614: "eva@" in hex
        assert part not in waiting.casefold(), part
    async with mail_server() as server:
        async with at_work(agency, server):
            await nothing_waits(agency)
        async with agency.database.write() as session:
            day = "UPDATE survey_invitation_batch SET created_at = created_at - interval '24 hours'"
            await session.execute(sa.text(day))
        again = await invite(agency, survey_round, **sent | {"language": "en"})
        assert (again["invited"], again["mailed"]) == (0, 3)
        async with at_work(agency, server):
            await nothing_waits(agency)
    assert server.recipients == sorted(2 * ["Åsa.Öberg@exempel.se", "lars@xn--sjfart-xxa.example", "eva@example.se"])
    first, second = server.to("eva@example.se")
    assert token_in(first) == token_in(second)
    assert first["Message-ID"] != second["Message-ID"]
    assert (first["Subject"], second["Subject"]) == (
        "Inbjudan att svara: Lärklimatet hösten 2026",
        "Reminder: Lärklimatet hösten 2026",
    )
    stored = await whole_database(agency)
    for part in ("exempel.se", "sjöfart", "xn--sjfart", "eva@", *[token_in(mail) for _, mail in server.mails]):
        assert part not in stored.casefold(), part


async def test_a_reminder_goes_to_everyone_with_the_same_link_answered_or_not(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    people = await colleagues(agency, agency.unit, 4)
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="slips", count=2)
    await colleagues(agency, agency.unit, 2)  # not invited
    async with mail_server() as server, at_work(agency, server):
        await nothing_waits(agency)
        # Two have answered.
        secret = agency.app.state.key_store.read_invitation_secret(survey_round.id)
        used = [ballot.token_hash(ballot.token_of_person(secret, survey_round.id, person.id)) for person in people[:2]]
        async with agency.database.write() as session:
            await session.execute(
                sa.update(SurveyInvitation).where(col(SurveyInvitation.token_hash).in_(used)).values(used=True)
            )
        reminder = await remind(agency, survey_round)
        assert reminder["mailed"] == 4
        await nothing_waits(agency)
    assert len(server.mails) == 8
    for person in people:
        invitation, reminded = sorted(server.to(person.email), key=lambda mail: "Påminnelse" in mail["Subject"])
        assert "Påminnelse" in reminded["Subject"]
        assert token_in(invitation) == token_in(reminded)


async def test_mail_waits_for_the_round_to_open_and_ends_with_it(agency: World) -> None:
    group = await stories.started_group(agency)
    await colleagues(agency, agency.unit, 1)
    later = await a_round(agency, group, opens_in=timedelta(hours=5))
    await invite(agency, later, unitId=str(agency.unit.id), kind="people")
    (wait,) = await scalars(agency, "SELECT execute_after - now() FROM queue.pgqueuer")
    assert timedelta(hours=4, minutes=58) < wait <= timedelta(hours=5)
    # Somebody's clock is wrong: the job is put back until then.
    await scalars(agency, "UPDATE queue.pgqueuer SET execute_after = now() RETURNING id")
    async with mail_server() as server, at_work(agency, server):
        await waiting(agency, 1, "attempts = 1")
        over = {"opens_at": datetime.now(UTC) - timedelta(days=2), "closes_at": datetime.now(UTC)}
        async with agency.database.write() as session:
            await session.execute(sa.update(SurveyRound).where(col(SurveyRound.id) == later.id).values(over))
        await scalars(agency, "UPDATE queue.pgqueuer SET execute_after = now() RETURNING id")
        await nothing_waits(agency)
    assert server.mails == []


async def test_voided_invitations_are_not_mailed(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency), opens_in=timedelta(hours=1))
    await colleagues(agency, agency.unit, 3)
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    path = f"/survey-rounds/{survey_round.id}/units/{agency.unit.id}/invitations"
    await agency.saco_rep.client.request("DELETE", path, etag='"1"', expect=204)
    async with agency.database.write() as session:
        await session.execute(sa.update(SurveyRound).values(opens_at=datetime.now(UTC) - timedelta(minutes=1)))
    await scalars(agency, "UPDATE queue.pgqueuer SET execute_after = now() RETURNING id")
    async with mail_server() as server, at_work(agency, server):
        await nothing_waits(agency)
    assert server.mails == []


def written(caplog: pytest.LogCaptureFixture) -> str:
    """What the log says, as it would be written."""
    formatters = (each.formatter for each in logging.getLogger().handlers)
    formatter = next(each for each in formatters if isinstance(each, ProcessorFormatter))
    return "\n".join(formatter.format(record) for record in caplog.records)


async def test_nothing_is_lost_or_doubled_while_the_mail_server_is_away(
    agency: World, caplog: pytest.LogCaptureFixture
) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    people = await colleagues(agency, agency.unit, 12)
    async with mail_server() as server:
        port = server.port
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    async with at_work(agency, f"smtp://127.0.0.1:{port}"):
        await waiting(agency, 12, "attempts > 0")
        async with mail_server(port) as server:
            await nothing_waits(agency)
            assert server.recipients == sorted(person.email for person in people)
    stored = await whole_database(agency)
    said = written(caplog)
    assert "jobs wait" in said
    secret = agency.app.state.key_store.read_invitation_secret(survey_round.id)
    for person in people:
        log_of_queue = "\n".join(await scalars(agency, "SELECT t::text FROM queue.pgqueuer_log t"))
        assert person.email not in said + log_of_queue
        assert ballot.token_of_person(secret, survey_round.id, person.id) not in stored + said


async def test_a_poisoned_or_refused_job_does_not_stop_the_others(
    agency: World, caplog: pytest.LogCaptureFixture
) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    people = await colleagues(agency, agency.unit, 4)
    order = {"round": str(survey_round.id), "address": "AAAA", "language": "sv", "reminder": False}
    poison = [b"", b"{}", b"[]", b"\xff", json.dumps(order).encode(), json.dumps(order | {"language": "fi"}).encode()]
    async with agency.database.write() as session:
        await queue.put(session, [Job(survey_mail.ENTRYPOINT, each) for each in poison])
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    async with mail_server() as server:
        server.refusals = {people[0].email: "550 no such mailbox", people[1].email: "451 greylisted, come back"}
        async with at_work(agency, server):
            await waiting(agency, 1)
            assert server.recipients == sorted(person.email for person in people[2:])
            server.refusals.clear()
            await nothing_waits(agency)
    assert server.recipients == sorted(person.email for person in people[1:])
    said = written(caplog)
    assert said.count("job given up") == len(poison) + 1
    kept = await scalars(agency, "SELECT fault FROM failed_job ORDER BY id")
    assert sorted(kept) == ["MailRefused", *["Unreadable"] * len(poison)]
    assert all(person.email not in said for person in people)


async def test_an_unforeseen_fault_is_tried_again_and_says_nothing_of_the_mail(
    agency: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    (person,) = await colleagues(agency, agency.unit, 1)
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    monkeypatch.setattr(worker, "TRIES", 2)
    calls = 0

    def broken(_survey: Any, link: str, **about: Any) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError(f"{link} {about}")

    monkeypatch.setattr(survey_mail, "message", broken)
    async with mail_server() as server, at_work(agency, server):
        await nothing_waits(agency)
    assert calls == 3
    assert server.mails == []
    seen = written(caplog) + "\n".join(await scalars(agency, "SELECT t::text FROM queue.pgqueuer_log t"))
    assert seen.count("job failed") == 3
    assert "RetryRequested" in seen
    secret = agency.app.state.key_store.read_invitation_secret(survey_round.id)
    for words in (person.email, ballot.token_of_person(secret, survey_round.id, person.id), FRONT_END):
        assert words not in seen


@pytest.mark.drill
async def test_a_worker_killed_in_the_middle_leaves_its_jobs_to_the_next(
    agency: World, fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    people = await colleagues(agency, agency.unit, 15)
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    async with mail_server() as server:
        server.slow = asyncio.Event()  # no mail is acknowledged
        process = await launch(
            "worker",
            LARANDE_DATABASE_URL=fresh_database_url,
            LARANDE_KEY_DIRECTORY=str(agency.app.state.key_store._path),
            LARANDE_SMTP_URL=server.url,
            LARANDE_FRONT_END_URL=FRONT_END,
            LARANDE_MAIL_FROM=SENDER,
        )
        async with asyncio.timeout(PATIENCE):
            while len(server.mails) < worker.AT_WORK:  # noqa: ASYNC110 - another process sends them
                await asyncio.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()
        unacknowledged = dict(server.mails)
        server.slow.set()
        server.mails.clear()
        assert len(await scalars(agency, "SELECT id FROM queue.pgqueuer")) == 15
        monkeypatch.setattr(worker, "GIVEN_UP_AFTER", timedelta(seconds=1))
        async with at_work(agency, server):
            await nothing_waits(agency)
    assert server.recipients == sorted(person.email for person in people)
    # What had been sent without an answer is sent again as the same mail.
    for recipient, mail in unacknowledged.items():
        (again,) = server.to(recipient)
        assert (again["Message-ID"], token_in(again)) == (mail["Message-ID"], token_in(mail))


async def test_the_worker_goes_on_when_its_connection_is_lost(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    people = await colleagues(agency, agency.unit, 3)
    async with mail_server() as server, at_work(agency, server):
        async with asyncio.timeout(PATIENCE):
            listening = (
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pgqueuer%'"
            )
            while not await as_owner(agency.database, listening):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await as_owner(
            agency.database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        # A request that comes before its connection has heard of its end is refused, and may be sent again.
        path, sent = f"/survey-rounds/{survey_round.id}/invitations", {"unitId": str(agency.unit.id), "kind": "people"}
        async with asyncio.timeout(PATIENCE):
            while (answer := await agency.saco_rep.client.request("POST", path, json=sent)).status_code == 503:
                assert answer.json()["code"] == "databaseAway"
        assert answer.status_code == 201
        await nothing_waits(agency)
    assert server.recipients == sorted(person.email for person in people)


async def test_a_job_belongs_to_the_transaction_that_asked_for_it(agency: World) -> None:
    async with agency.database.write() as session:
        await queue.put(session, [Job(survey_mail.ENTRYPOINT, b"x")])
        await session.rollback()
    assert await scalars(agency, "SELECT id FROM queue.pgqueuer") == []
    survey_round = await a_round(agency, await stories.started_group(agency), (agency.unit, 3))
    await colleagues(agency, agency.unit, 4)
    path = f"/survey-rounds/{survey_round.id}/invitations"
    sent = {"unitId": str(agency.unit.id), "kind": "people"}
    await agency.saco_rep.client.refused("POST", path, 409, "moreThanHeadcount", json=sent)
    assert await scalars(agency, "SELECT id FROM queue.pgqueuer") == []
    assert await scalars(agency, "SELECT 1 FROM survey_invitation") == []


@pytest.mark.drill
async def test_ten_times_the_people(agency: World) -> None:
    """An agency of twelve thousand is invited in one request; every job is there, and they are worked off."""
    many = 12_000
    survey_round = await a_round(agency, await stories.started_group(agency), (agency.unit, many))
    now = datetime.now(UTC)
    rows = [
        Person(
            organisation_id=agency.organisation.id,
            name="Kollega",
            email=f"k{number}@stor.example",
            unit_id=agency.unit.id,
            created_at=now,
        ).model_dump()
        for number in range(many)
    ]
    async with agency.database.write() as session:
        await session.execute(sa.insert(Person), rows)
    made = await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    assert (made["invited"], made["mailed"]) == (many, many)
    assert (await remind(agency, survey_round))["mailed"] == many
    # Three hundred of them are sent; the rest would take minutes and show nothing more.
    await scalars(
        agency, "DELETE FROM queue.pgqueuer WHERE id > (SELECT min(id) + 299 FROM queue.pgqueuer) RETURNING 1"
    )
    async with mail_server() as server, at_work(agency, server):
        await nothing_waits(agency)
    assert len(set(server.recipients)) == len(server.mails) == 300


async def test_the_queues_tables_are_what_the_library_declares(agency: World) -> None:
    async with agency.database.listen() as connection:
        plan = await queue.queries(AsyncpgDriver(connection)).plan_upgrade()
    assert list(plan.statements) == []
    assert list(plan.notes) == []


async def test_what_the_library_logged_is_forgotten(agency: World) -> None:
    await scalars(
        agency,
        "INSERT INTO queue.pgqueuer_log (created, job_id, status, priority, entrypoint) VALUES "
        "(now() - interval '25 hours', 1, 'successful', 0, 'x'), "
        "(now() - interval '23 hours', 2, 'successful', 0, 'x') "
        "RETURNING id",
    )
    async with agency.database.write() as session:
        await queue.forget_log(session)
    assert await scalars(agency, "SELECT job_id FROM queue.pgqueuer_log") == [2]


async def test_without_a_mail_server_mail_waits(agency: World) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    await colleagues(agency, agency.unit, 2)
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    shop = Workshop(
        agency.database,
        agency.app.state.key_store,
        None,
        "a@example.se",
        FRONT_END,
        agency.app.state.vault,
        SIGN_IN_PAGE,
        SIGN_IN_PAGE,
        PAGES,
    )
    async with working(shop):
        await asyncio.sleep(0.2)
    assert len(await scalars(agency, "SELECT id FROM queue.pgqueuer WHERE status = 'queued'")) == 2


@pytest.mark.drill
async def test_without_a_mail_server_the_worker_says_so(fresh_database_url: str, new_home: Path) -> None:
    process = await launch("worker", LARANDE_DATABASE_URL=fresh_database_url, LARANDE_HOME=str(new_home))
    assert process.stdout is not None
    # It closes rounds all the same.
    said = [(await process.stdout.readline()).decode() for _ in range(2)]
    assert "LARANDE_SMTP_URL" in said[0]
    assert "The worker is running" in said[1]
    process.send_signal(signal.SIGINT)
    assert (await ended(process)).code == 0


@pytest.mark.drill
@pytest.mark.parametrize("place", ["inside", "apart"])
async def test_the_service_mails_by_itself_unless_it_is_told_not_to(
    agency: World, fresh_database_url: str, new_home: Path, place: str
) -> None:
    survey_round = await a_round(agency, await stories.started_group(agency))
    (person,) = await colleagues(agency, agency.unit, 1)
    await invite(agency, survey_round, unitId=str(agency.unit.id), kind="people")
    async with mail_server() as server:
        settings = {
            "LARANDE_HOME": str(new_home),
            "LARANDE_DATABASE_URL": fresh_database_url,
            "LARANDE_KEY_DIRECTORY": str(agency.app.state.key_store._path),
            "LARANDE_SMTP_URL": server.url,
            "LARANDE_WORKER": place,
        }
        async with serving(**settings) as service:
            async with service.http() as http:
                assert (await http.get("/api-info")).status_code == 200
            if place == "inside":
                await nothing_waits(agency)
            end = await service.interrupt()
        # Told to stop, the worker stops with it, and has nothing to complain of.
        assert (end.code, end.complained) == (0, [])
        assert server.recipients == ([person.email] if place == "inside" else [])
        if place == "apart":
            process = await launch("worker", **settings)
            await nothing_waits(agency)
            process.send_signal(signal.SIGTERM)
            end = await ended(process)
            assert (end.code, end.said, end.complained) == (0, ["The worker is running. Ctrl-C stops it."], [])
            assert server.recipients == [person.email]
