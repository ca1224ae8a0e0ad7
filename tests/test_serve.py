"""`larande serve` as people run it: started, stopped, started again, twice at once, interrupted."""

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx2
import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text

from app import demo, embedded
from app import serving as entrance
from app.services.token_keys import Unsaved, new_pair, ring_of
from app.services.tokens import TokenKey
from tests.database import Database
from tests.program import (
    PATIENCE,
    Service,
    administrator_token,
    an_organisation,
    larande,
    launch,
    serving,
    somebody_waits,
    token_key_of,
)
from tests.program import ended as ended_process
from tests.world import organisation_number


@asynccontextmanager
async def database_in(home: Path) -> AsyncIterator[Database]:
    database = Database((home / "address").read_text())
    try:
        yield database
    finally:
        await database.close()


async def token_for(home: Path) -> str:
    async with database_in(home) as database:
        return await administrator_token(database, token_key_of(home))


@asynccontextmanager
async def organisations_locked(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody can write an organisation meanwhile: a request that does takes as long as the test wants."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE organisation IN SHARE MODE")
            yield connection
    finally:
        await connection.close()


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "data" / "postmaster.pid").read_text().splitlines()[0]))


@pytest.mark.drill
async def test_a_second_start_finds_all_data_and_the_same_sign_ins(new_home: Path) -> None:
    async with serving(LARANDE_HOME=str(new_home)) as service:
        token = await token_for(new_home)
        async with service.http(token) as http:
            made = await http.post("/organisations", json=an_organisation(organisation_number()))
            assert made.status_code == 201
            assert "server" not in made.headers
            assert (await http.get("/dialogue-templates")).json()["_meta"]["totalRecords"] == 6
        for name in ("address", "token-secret"):
            assert stat.S_IMODE((new_home / name).stat().st_mode) == 0o600
        server = postmaster(new_home)
        end = await service.interrupt()
        assert (end.code, end.complained) == (0, [])
    assert not server.is_running()
    assert not (new_home / "address").exists()
    async with serving(LARANDE_HOME=str(new_home)) as service:
        async with service.http(token) as http:
            found = await http.get(httpx2.URL(made.headers["Location"]).path.removeprefix("/larande/v1"))
            assert found.status_code == 200
            assert found.json()["name"] == made.json()["name"]
            assert (await http.get("/dialogue-templates")).json()["_meta"]["totalRecords"] == 6
            assert (await http.get("/docs")).status_code == 200
        server = postmaster(new_home)
        assert (await service.interrupt(signal.SIGTERM)).code == 0
    assert not server.is_running()


@pytest.mark.drill
async def test_ctrl_c_finishes_the_request_that_has_begun(home: Path) -> None:
    async with serving(LARANDE_HOME=str(home)) as service:
        token = await token_for(home)
        async with service.http(token) as http:
            async with organisations_locked((home / "address").read_text()) as connection:
                slow = asyncio.create_task(http.post("/organisations", json=an_organisation(organisation_number())))
                await somebody_waits(connection)
                os.killpg(service.process.pid, signal.SIGINT)  # as a terminal does, to everything in it
                await _refuses_connections(service)
                assert not slow.done()
                assert service.process.returncode is None
            made = await slow
        assert made.status_code == 201
        assert (await ended_process(service.process)).code == 0
    async with serving(LARANDE_HOME=str(home)) as service, service.http(token) as http:
        assert (await http.get(f"/organisations/{made.json()['id']}")).status_code == 200


async def _refuses_connections(service: Service) -> None:
    async with asyncio.timeout(5), service.http() as http:
        while True:
            try:
                await http.get("/api-info")
            except httpx2.TransportError:
                return
            await asyncio.sleep(0.02)


@pytest.mark.drill
async def test_ctrl_c_in_a_storm_of_writes_loses_nothing_acknowledged(home: Path) -> None:
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def write_until_it_ends(service: Service, token: str) -> None:
        async with service.http(token) as http:
            while True:
                try:
                    made = await http.post("/organisations", json=an_organisation(organisation_number()))
                except httpx2.TransportError:
                    return
                if made.status_code == 201:
                    acknowledged.append(made.json()["id"])
                if len(acknowledged) == 40:
                    enough.set()

    async with serving(LARANDE_HOME=str(home)) as service:
        token = await token_for(home)
        writers = [asyncio.create_task(write_until_it_ends(service, token)) for _ in range(8)]
        await asyncio.wait_for(enough.wait(), 60)
        assert (await service.interrupt()).code == 0
        await asyncio.gather(*writers)
    with embedded.start(home) as server:
        connection = await asyncpg.connect(server.url.replace("+asyncpg", ""))
        stored = {str(row["id"]) for row in await connection.fetch("SELECT id FROM organisation")}
        await connection.close()
    assert set(acknowledged) <= stored


@pytest.mark.drill
async def test_the_data_have_one_service_which_other_commands_join(home: Path) -> None:
    where = {"LARANDE_HOME": str(home)}
    async with serving(**where) as service:
        second, check = await asyncio.gather(larande("serve", "--port", "0", **where), larande("db", "check", **where))
        assert (second.code, second.said, len(second.complained)) == (1, [], 1)
        for word in ("in use", str(service.process.pid), "LARANDE_DATABASE_URL"):
            assert word in second.complained[0]
        assert check.said == ["The schema is current."]
        async with service.http() as http:
            assert (await http.get("/api-info")).status_code == 200
        service.process.kill()
        await ended_process(service.process)
    assert (home / "address").exists()
    # What the killed service left behind fools nobody: one starts the database, the other waits for its turn.
    at_once = await asyncio.gather(larande("db", "check", **where), larande("db", "check", **where))
    assert [end.said for end in at_once] == [["The schema is current."]] * 2
    assert not (home / "data" / "postmaster.pid").exists()


@pytest.mark.drill
async def test_an_interrupted_start_stops_the_database_too(new_home: Path) -> None:
    process = await launch("serve", "--port", "0", LARANDE_HOME=str(new_home))
    async with asyncio.timeout(PATIENCE):
        while not (new_home / "address").exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.005)
    server = postmaster(new_home)
    process.send_signal(signal.SIGINT)
    end = await ended_process(process)
    assert (end.code, end.complained) == (0, [])
    assert not server.is_running()


@pytest.mark.drill
async def test_two_services_on_another_server_migrate_in_turn_and_share_a_secret(
    new_home: Path, empty_database_url: str
) -> None:
    where = {"LARANDE_HOME": str(new_home), "LARANDE_DATABASE_URL": empty_database_url}
    begun = asyncio.Barrier(2)

    async def serves(made: asyncio.Future[str], token: asyncio.Future[str], first: bool) -> int:
        async with serving(**where) as service:
            await begun.wait()
            if first:
                database = Database(empty_database_url)
                token.set_result(await administrator_token(database, token_key_of(new_home)))
                await database.close()
            async with service.http(await token) as http:
                if first:
                    answer = await http.post("/organisations", json=an_organisation(organisation_number()))
                    made.set_result(answer.json()["id"])
                assert (await http.get(f"/organisations/{await made}")).status_code == 200
            return (await service.interrupt()).code

    loop = asyncio.get_running_loop()
    made, token = loop.create_future(), loop.create_future()
    codes = await asyncio.gather(serves(made, token, True), serves(made, token, False))
    assert list(codes) == [0, 0]
    assert sorted(path.name for path in new_home.iterdir()) == [  # noqa: ASYNC240
        *("archive-keys", "keys", "token-keys", "token-secret")
    ]


@pytest.mark.drill
async def test_two_first_starts_with_the_demo_make_one(empty_database_url: str) -> None:
    there = await asyncio.gather(*(entrance.prepare(empty_database_url, with_demo=True) for _ in range(2)))
    assert there == [True, True]
    assert await _organisations(empty_database_url) == ["Myndigheten för havs- och vattenkunskap"]
    assert await entrance.prepare(empty_database_url, with_demo=False)


async def test_the_demo_is_not_put_among_others(fresh_database_url: str) -> None:
    assert not await entrance.prepare(fresh_database_url, with_demo=False)
    database = Database(fresh_database_url)
    key = TokenKey(b"+" * 32, Unsaved(ring_of(new_pair(datetime.now(UTC)))))
    await administrator_token(database, key)
    await database.close()
    assert not await entrance.prepare(fresh_database_url, with_demo=True)
    assert await _organisations(fresh_database_url) == []


async def test_a_first_start_makes_nobody_who_could_sign_in(empty_database_url: str) -> None:
    assert not await entrance.prepare(empty_database_url, with_demo=False)
    database = Database(empty_database_url)
    async with database.read() as session:
        for table in ("person", "credential", "person_invitation", "service_client", "identity_provider", "sign_in"):
            there = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert there.scalar_one() == 0, table
        assert (await session.execute(text("SELECT count(*) FROM dialogue_template"))).scalar_one() > 0
    await database.close()


async def _organisations(url: str) -> list[str]:
    database = Database(url)
    async with database.read() as session:
        names = list((await session.execute(text("SELECT name FROM organisation"))).scalars())
    await database.close()
    return names


@pytest.mark.parametrize(("demo_there", "mail_waits"), [(True, True), (False, False)])
def test_it_says_where_it_is_and_who_can_sign_in(
    capsys: pytest.CaptureFixture[str], demo_there: bool, mail_waits: bool
) -> None:
    with entrance.listen("127.0.0.1", 0) as listener:
        entrance._say_where(listener, demo_there, mail_waits=mail_waits)
        port = listener.getsockname()[1]
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(f"http://127.0.0.1:{port}/larande/v1/docs")
    accounts = ["Demo accounts:", *(f"  {line}" for line in demo.account_lines())] if demo_there else []
    waiting = [entrance.MAIL_WAITS] if mail_waits else []
    assert said[1:] == [*accounts, *waiting, "Ctrl-C stops it."]
