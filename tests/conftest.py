"""One PostgreSQL for the run, one database for each worker, one client whose every answer is checked.

The program itself is loaded where a test asks for it: the process that deals the tests out to others runs none.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app import embedded, logs, migrations
from app.settings import Settings
from tests import contract
from tests.client import Client, client_for
from tests.database import Database, database_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.api.file_turns import Turns
    from tests.stage import Stage
    from tests.world import World

TEMPLATE = "larande_template"
TOKEN_SECRET = "only-for-tests-only-for-tests-only-for-tests"

_server = ExitStack()
# A busy machine is no fault of the program's.
hypothesis_settings.register_profile("larande", deadline=None)
hypothesis_settings.load_profile("larande")


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the server; workers are told where it is."""
    logs.configure("json", "warning")
    gc.disable()
    if hasattr(config, "workerinput") or config.option.collectonly or "LARANDE_TEST_SERVER" in os.environ:
        return
    home = Path(tempfile.mkdtemp(prefix="larande-tests-"))
    home.chmod(0o755)  # a directory of our own: as root, PostgreSQL runs as another account
    _server.callback(shutil.rmtree, home, ignore_errors=True)
    # Durability is tested where it matters; here a crash loses nothing but the run.
    server = embedded.start(home / "server", settings={"fsync": "off", "max_connections": "200"})
    _server.callback(server.stop)
    # Where it is named from outside, several runs of some of the tests are counted as one.
    seen = Path(os.environ.setdefault("LARANDE_TEST_SEEN", str(home / "seen")))
    seen.mkdir(exist_ok=True)
    lend(server, home)


def lend(server: embedded.EmbeddedServer, home: Path) -> None:
    """Let the tests of this process, and of those it starts, use this server and this directory."""
    os.environ["LARANDE_TEST_SERVER"] = server.database_url("DATABASENAME")
    os.environ["LARANDE_TEST_KEYS"] = str(home / "keys")
    (home / "keys").mkdir()
    asyncio.run(_make_template(server.database_url("postgres"), server.database_url(TEMPLATE)))


def pytest_collection_finish() -> None:
    """Hundreds of thousands of objects stay until the end; nothing is won by looking at them again and again."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()


# What shares something that takes long to build.
TOGETHER = {
    "test_authorisation.py": "stage",
    "test_lists_equal_reads.py": "stage",
    "test_second_wall.py": "stage",
    "test_reasons_given.py": "stage",
    "test_linkage.py": "linkage",
    "test_every_number.py": "numbers",
    "test_demo.py": "demo",
    "test_embedded.py": "embedded",
}
# What takes seconds each, or a minute.
LONG = {
    *("properties", "attacks", "journeys"),
    *("test_ballot_box.py", "test_worker.py", "test_serve.py", "test_readme.py"),
    *("test_survey_closing.py", "test_histories.py", "test_conformance.py"),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each worker begins with its part of what takes long, so that no core waits for the last of it."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    if workers < 2:
        return
    tests = config.rootpath / "tests"
    portions: dict[object, list[pytest.Item]] = {name: [] for name in TOGETHER.values()}
    short = []
    for each in items:
        if each.path.name in TOGETHER:
            portions[TOGETHER[each.path.name]].append(each)
        elif LONG & {each.path.name, *each.path.relative_to(tests).parts}:
            portions[each] = [each]
        else:
            short.append(each)
    share = -(-len(items) // workers)
    dealt = []
    for worker in range(workers):
        own = [each for portion in list(portions.values())[worker::workers] for each in portion]
        dealt += own + [short.pop() for _ in range(min(len(short), share - len(own)))]
    items[:] = dealt


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _server.close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """At the end of a whole run everything documented must have been seen, operation by operation."""
    if not (seen := os.environ.get("LARANDE_TEST_SEEN")) or not Path(seen).is_dir():
        return
    contract.SEEN.write_to(Path(seen))
    asked = session.config.option
    some = asked.keyword or asked.markexpr not in {"", "not drill"} or "LARANDE_TEST_LONG" in os.environ
    whole = not some and session.config.args == session.config.getini("testpaths")
    if not hasattr(session.config, "workerinput") and whole and session.testsfailed == 0:
        unseen = contract.unseen(Path(seen))
        if unseen:
            print("\nDocumented but never seen in the suite:", *unseen, sep="\n  ")  # noqa: T201
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


async def _make_template(server: str, template: str) -> None:
    await _create_database(server, TEMPLATE)
    await _upgrade(template)


async def _upgrade(url: str) -> None:
    database = Database(url)
    await migrations.upgrade(database)
    await database.close()


async def _create_database(server: str, name: str, like: str = "template1") -> None:
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'))
    await engine.dispose()


def address(name: str) -> str:
    return os.environ["LARANDE_TEST_SERVER"].replace("DATABASENAME", name)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


_made = iter(range(10**6))


async def new_database(like: str = TEMPLATE) -> str:
    """The address of a fresh database, migrated and empty unless it is to be like another."""
    name = f"t_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{next(_made)}"
    await _create_database(address("postgres"), name, like)
    return address(name)


@pytest.fixture(scope="session")
async def database_url(anyio_backend: str) -> str:  # noqa: ARG001
    """This worker's database. Tests commit for real and make organisations of their own."""
    return await new_database()


@pytest.fixture
async def fresh_database_url() -> str:
    """A database that no other test has seen."""
    return await new_database()


@pytest.fixture
async def empty_database_url() -> str:
    """A database that no migration has seen."""
    return await new_database("template1")


def open_directory() -> Path:
    """A directory that other accounts may enter: as root, PostgreSQL runs as one of them."""
    place = Path(tempfile.mkdtemp(prefix="larande-tests-"))
    place.chmod(0o755)
    return place


@pytest.fixture
def new_home() -> Iterator[Path]:
    """Where an installation has yet to be made."""
    place = open_directory()
    yield place / "home"
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def made_home() -> Iterator[Path]:
    """An installation with an embedded database, migrated and empty; not to be started, but copied."""
    place = open_directory()
    with embedded.start(place / "home") as server:
        asyncio.run(_upgrade(server.url))
    yield place / "home"
    shutil.rmtree(place)


@pytest.fixture
def home(new_home: Path, made_home: Path) -> Path:
    """An installation of the test's own."""
    subprocess.run(["cp", "-a", made_home, new_home], check=True)
    return new_home


def settings_for(url: str, **more: Any) -> Settings:
    """Settings for an app on this database, with a key directory that no other database's apps use."""
    keys = Path(os.environ["LARANDE_TEST_KEYS"]) / url.rpartition("/")[2]
    archive_keys = keys.with_name(f"{keys.name}-archive")
    token_keys = keys.with_name(f"{keys.name}-tokens")
    given: dict[str, Any] = {
        "database_url": SecretStr(url),
        "token_secret": SecretStr(TOKEN_SECRET),
        "key_directory": keys,
        "token_key_directory": token_keys,
        "archive_key_directory": archive_keys,
    }
    return Settings(**given | more)


@asynccontextmanager
async def app_on(url: str) -> AsyncIterator[FastAPI]:
    """An application with this database."""
    from app.main import create_app

    app = create_app(settings_for(url))
    yield app
    await app.state.database.close()


@pytest.fixture(scope="session")
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    async with app_on(database_url) as app:
        yield app


@asynccontextmanager
async def app_alone() -> AsyncIterator[FastAPI]:
    """An application with a database of its own, for tests that look through all that is stored or sweep it: in the
    worker's lies what thousands of tests have left."""
    async with app_on(await new_database()) as app:
        yield app


@pytest.fixture
def database(app: FastAPI) -> Database:
    return database_of(app)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[Client]:
    """Nobody in particular, over HTTP in process."""
    async with client_for(app) as client:
        yield client


@pytest.fixture
async def world(app: FastAPI) -> AsyncIterator[World]:
    """An agency with an employer, two unions, and people in every role."""
    from tests.world import World

    async with World(app) as world:
        yield world


@pytest.fixture
async def apart(anyio_backend: str) -> AsyncIterator[World]:  # noqa: ARG001
    """A world with a database of its own: all of it is searched."""
    from tests.world import World

    async with app_alone() as app, World(app) as world:
        yield world


@pytest.fixture(scope="session")
async def built_stage(anyio_backend: str) -> AsyncIterator[Stage]:  # noqa: ARG001
    """Things in every state, in a database of their own, for walks that change nothing of it; built by one worker."""
    from tests import machines
    from tests.stage import Stage
    from tests.world import World

    async with app_alone() as app, World(app) as world, World(app) as other, World(app) as shut:
        world.people["outsider"] = other.employer_rep
        world.machines["foreign_client"] = await machines.consented(other)
        yield await Stage(world, shut).build()


@pytest.fixture
async def stage(built_stage: Stage) -> Stage:
    """Everybody on it is signed in anew: a walk may take longer than a token lives."""
    await built_stage.world.renew_tokens()
    return built_stage


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LARANDE_") and not name.startswith("LARANDE_TEST")]:
        monkeypatch.delenv(name)
    return


@pytest.fixture(autouse=True, scope="session")
def passwords_as_agreed() -> Iterator[dict[str, Any]]:
    """What hashes passwords in service. In tests another does, at the least cost of argon2id: the agreed one would be a
    minute of the run."""
    from app.services import passwords

    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    agreed = {name: getattr(passwords, name) for name in ("_HASH", "_NOBODYS")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASH", quick)
        patch.setattr(passwords, "_NOBODYS", quick.hash("nobody has this password"))
        yield agreed


@contextmanager
def hashed_as_agreed(passwords_as_agreed: dict[str, Any]) -> Iterator[None]:
    """Meanwhile passwords are hashed as in service."""
    with pytest.MonkeyPatch.context() as patch:
        for name, agreed in passwords_as_agreed.items():
            patch.setattr(f"app.services.passwords.{name}", agreed)
        yield


@pytest.fixture
def agreed_cost(passwords_as_agreed: dict[str, Any]) -> Iterator[None]:
    """For tests that look at how passwords are hashed."""
    with hashed_as_agreed(passwords_as_agreed):
        yield


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests have counted, said where people look."""
    for report in terminalreporter.stats.get("passed", []):
        for name, told in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(str(told))


@pytest.fixture
def few_turns(world: World) -> Iterator[Turns]:
    """One file at a time, while one other waits."""
    from app.api.file_turns import Turns

    usual, few = world.app.state.exports, Turns(1, 1, 2, 5)
    world.app.state.exports = few
    yield few
    world.app.state.exports = usual
