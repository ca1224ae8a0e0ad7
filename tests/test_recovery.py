"""The database goes away and comes back: nobody is lied to, nothing is half stored, nobody restarts anything."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import database as database_module
from app import embedded
from app.database import DatabaseAway
from app.main import create_app
from tests.client import Client, Response, client_for
from tests.conftest import settings_for
from tests.database import Database, database_of
from tests.program import PATIENCE, administrator_token, an_organisation, somebody_waits
from tests.world import organisation_number


class Server:
    """An embedded server that goes and comes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.running = embedded.start(home)
        self.url = self.running.url

    async def start(self) -> None:
        self.running = await asyncio.to_thread(embedded.start, self.home)

    async def stop(self) -> None:
        await asyncio.to_thread(self.running.stop)

    def signal(self, number: signal.Signals) -> None:
        """As an administrator's hand or a crash would end it."""
        os.kill(int((self.home / "data" / "postmaster.pid").read_text().split()[0]), number)

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.url.replace("+asyncpg", ""))


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    server = Server(home)
    yield server
    server.running.stop()


@asynccontextmanager
async def app_on(url: str, pool_size: int = 4) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(url, pool_size=pool_size))
    yield app
    await app.state.database.close()


@asynccontextmanager
async def administrator_of(app: FastAPI) -> AsyncIterator[Client]:
    token = await administrator_token(database_of(app), app.state.token_key)
    async with client_for(app) as client:
        yield client.signed_in(token)


def assert_unavailable(answer: Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "databaseAway"


async def assert_away(client: Client) -> None:
    assert_unavailable(await client.request("GET", "/organisations"))
    assert_unavailable(await client.request("POST", "/organisations", json=an_organisation(organisation_number())))
    assert_unavailable(await client.http.get("/health/ready"))
    assert (await client.http.get("/health/live")).status_code == 200


async def test_the_service_recovers_by_itself(server: Server) -> None:
    async with app_on(server.url) as app, administrator_of(app) as client:
        made = await client.post("/organisations", an_organisation(organisation_number()))
        assert (await client.http.get("/health/ready")).status_code == 200
        for _ in range(2):
            await server.stop()
            await assert_away(client)
            await assert_away(client)
            await server.start()
            # Not one more request fails: dead connections are not handed out.
            assert (await client.get("/organisations"))["_meta"]["totalRecords"] == 1
            assert (await client.http.get("/health/ready")).status_code == 200
            assert (await client.get(f"/organisations/{made['id']}"))["name"] == made["name"]


@pytest.mark.drill
async def test_a_restart_between_two_requests_is_not_noticed(server: Server) -> None:
    async with app_on(server.url) as app, administrator_of(app) as client:
        await asyncio.gather(*(client.get("/organisations") for _ in range(8)))
        await server.stop()
        await server.start()
        answers = await asyncio.gather(*(client.get("/organisations") for _ in range(8)))
        assert [answer["items"] for answer in answers] == [[]] * 8
        await client.post("/organisations", an_organisation(organisation_number()))


@pytest.mark.drill
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
async def test_away_in_the_middle_of_a_transaction_stores_nothing_of_it(server: Server, end: signal.Signals) -> None:
    async with app_on(server.url) as app, administrator_of(app) as client:
        kept = await client.post("/organisations", an_organisation(organisation_number()))
        wanted = an_organisation(organisation_number())
        once = {"Idempotency-Key": "once-and-once-only"}
        locker = await server.connect()
        await locker.execute("BEGIN; LOCK TABLE organisation IN SHARE MODE")
        post = asyncio.create_task(client.request("POST", "/organisations", json=wanted, headers=once))
        await somebody_waits(locker)
        server.signal(end)
        assert_unavailable(await post)
        locker.terminate()
        await server.stop()
        await server.start()
        rows = "SELECT (SELECT array_agg(name) FROM organisation), count(*) FROM idempotency_key"
        trail = "SELECT count(*) FROM audit_entry"
        async with database_of(app).read() as session:
            assert (await session.execute(text(rows))).one() == ([kept["name"]], 0)
            assert (await session.execute(text(trail))).scalar_one() == 1
        made = await client.post("/organisations", wanted, headers=once)
        assert await client.post("/organisations", wanted, headers=once) == made


async def test_a_server_that_does_not_answer_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "ANSWER_TIMEOUT_S", 0.5)
    async with app_on(server.url) as app, administrator_of(app) as client:
        await client.get("/organisations")
        watch = await server.connect()
        ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'larande'"
        frozen = [row["pid"] for row in await watch.fetch(ours)]
        assert len(frozen) == 2, "one that reads, one that writes"
        for number in frozen:
            os.kill(number, signal.SIGSTOP)
        try:
            post = client.request("POST", "/organisations", json=an_organisation(organisation_number()))
            # They stand still until the end of the test: whoever waited for an answer would wait for ever.
            async with asyncio.timeout(PATIENCE):
                for answer in await asyncio.gather(client.request("GET", "/organisations"), post):
                    assert_unavailable(answer)
            # Those connections are gone from the pool, and fresh ones are answered.
            await client.get("/organisations")
            await client.post("/organisations", an_organisation(organisation_number()))
        finally:
            for number in frozen:
                os.kill(number, signal.SIGCONT)
            await watch.close()


@pytest.mark.drill
async def test_a_hundred_at_once_share_two_connections(fresh_database_url: str) -> None:
    async with app_on(fresh_database_url, pool_size=2) as app, administrator_of(app) as client:
        async with asyncio.timeout(60):
            answers = await asyncio.gather(
                *(client.request("GET", "/organisations") for _ in range(50)),
                *(
                    client.request("POST", "/organisations", json=an_organisation(organisation_number()))
                    for _ in range(50)
                ),
            )
        assert [answer.status_code for answer in answers] == [200] * 50 + [201] * 50


@pytest.mark.drill
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "SELECT pg_sleep(1)",
        "LOCK TABLE person",
        "DELETE FROM organisation",
        "DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$",
        "DO $$ BEGIN RAISE EXCEPTION SQLSTATE '53100'; END $$",
    ],
    ids=["cut off", "too slow", "locked", "a standby", "deadlock", "disk full"],
)
async def test_what_is_not_the_requests_fault_counts_as_away(fresh_database_url: str, statement: str) -> None:
    database = Database(fresh_database_url)
    other = await asyncpg.connect(fresh_database_url.replace("+asyncpg", ""))
    await other.execute("BEGIN; LOCK TABLE person IN ACCESS SHARE MODE")

    async def in_one_transaction(*statements: str) -> None:
        async with database.write() as session:
            for each in statements:
                await session.execute(text(each))

    slow = ("SET LOCAL statement_timeout = 20", "SET LOCAL lock_timeout = 10")
    standby = ("SET LOCAL transaction_read_only = on",) if statement.startswith("DELETE") else ()
    # The service's own roles can end no connection.
    owner = ("SET LOCAL ROLE NONE",) if "terminate" in statement else ()
    with pytest.raises(DatabaseAway):
        await in_one_transaction(*slow, *standby, *owner, statement)
    await in_one_transaction("SELECT 1")
    other.terminate()
    await database.close()


@pytest.mark.drill
async def test_a_mistake_of_ours_does_not_count_as_away(fresh_database_url: str) -> None:
    database = Database(fresh_database_url)
    with pytest.raises(Exception, match="does not exist"):
        async with database.read() as session:
            await session.execute(text("SELECT nothing FROM nowhere"))
    await database.close()


@pytest.mark.parametrize("statement", ["DELETE FROM organisation", "SELECT id FROM organisation FOR UPDATE"])
async def test_reading_can_change_nothing(fresh_database_url: str, statement: str) -> None:
    database = Database(fresh_database_url)
    for _ in range(2):  # the second time on a connection that comes back from the pool
        with pytest.raises(DBAPIError, match="read-only transaction"):
            async with database.read() as session:
                await session.execute(text(statement))
    async with database.write() as session:
        await session.execute(text(statement))
    await database.close()


@pytest.mark.drill
@pytest.mark.parametrize("part", ["database", "password"])
async def test_a_wrong_address_counts_as_away(fresh_database_url: str, part: str) -> None:
    head, _, tail = fresh_database_url.partition("@")
    wrong = f"{head}wrong@{tail}" if part == "password" else fresh_database_url.replace("/t_", "/no_")
    database = Database(wrong)
    for opened in (database.read, database.write):
        with pytest.raises(DatabaseAway):
            async with opened() as session:
                await session.execute(text("SELECT 1"))
    await database.close()
