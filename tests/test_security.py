"""What the source itself must keep, and docs/asvs.tsv: requirement by requirement, where it is shown."""

import ast
import csv
import io
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from sqlmodel import SQLModel
from starlette.routing import Mount

from app import logs
from app.settings import Settings
from tests.client import BASE, Client
from tests.contract import document

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "app").rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def calls() -> list[tuple[str, str, ast.Call]]:
    """Every call in the program: file, what is called, and the call."""
    return [
        (str(path.relative_to(ROOT)), ast.unparse(node.func), node)
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
    ]


@cache
def imports() -> list[tuple[str, str]]:
    found = []
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found += [(str(path.relative_to(ROOT)), name) for name in names]
    return found


def _from_sqlalchemy() -> Iterator[tuple[str, set[str]]]:
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy":
                yield str(path.relative_to(ROOT)), {each.name for each in node.names}


def _fixed(node: ast.expr) -> bool:
    """Whether an expression is made of the program's own words alone: constants, and names written in capitals."""
    if isinstance(node, ast.JoinedStr):
        return all(_fixed(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _fixed(node.value)
    if isinstance(node, ast.BinOp):
        return _fixed(node.left) and _fixed(node.right)
    if isinstance(node, ast.Subscript):
        return _fixed(node.value)
    if isinstance(node, ast.Name):
        return node.id.lstrip("_").isupper()
    return isinstance(node, ast.Constant)


# --- The source ------------------------------------------------------------------------------------------------


def test_no_statement_is_made_of_what_was_sent() -> None:
    """SQL as text is the program's own; all else goes through bind parameters."""
    as_text = {"sa.text", "sqlalchemy.text", "literal_column", "sa.literal_column", "DDL", "sa.DDL"}
    by_name = {file for file, names in _from_sqlalchemy() if "text" in names}
    seen = 0
    for file, called, call in calls():
        if called in as_text or (called == "text" and file in by_name):
            seen += 1
            assert _fixed(call.args[0]), f"{file}:{call.lineno}"
        by_driver = re.search(r"(?:^|\.)(?:exec_driver_sql|execute|executemany|fetch|fetchval|fetchrow)$", called)
        if by_driver and call.args and isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Call):
            given = call.args[0]
            # A call makes a statement of SQLAlchemy's, which keeps what is sent apart; but not one that makes text.
            text = ast.unparse(given.func) if isinstance(given, ast.Call) else ""
            assert text.rpartition(".")[2] not in {"format", "format_map", "join", "replace"}, f"{file}:{call.lineno}"
            assert text or _fixed(given), f"{file}:{call.lineno}"
    assert seen > 5


def test_a_statement_made_of_what_was_sent_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for made in (
        'driver.execute(f"SET ROLE {role}")',
        'sa.text("SELECT " + name)',
        'connection.fetchval("SELECT {}".format(name))',
        'self.execute("SELECT %s" % name)',
    ):
        call = ast.parse(made, mode="eval").body
        assert isinstance(call, ast.Call)
        one = [("app/a.py", ast.unparse(call.func), call)]
        monkeypatch.setitem(globals(), "calls", lambda one=one: iter(one))
        with pytest.raises(AssertionError, match=r"app/a\.py:1"):
            test_no_statement_is_made_of_what_was_sent()


def test_nothing_runs_what_was_sent() -> None:
    modules = {"pickle", "marshal", "shelve", "jinja2", "mako", "yaml", "xml", "lxml", "ctypes", "runpy"}
    # These build trees and write them down, and read none.
    building = {(f"app/services/{name}.py", "xml.etree.ElementTree") for name in ("report_pages", "survey_charts")}
    assert {(file, name) for file, name in imports() if name.split(".")[0] in modules} == building
    for file, _module in building:
        from_it = [each for each in ast.walk(tree_of(ROOT / file)) if isinstance(each, ast.ImportFrom)]
        names = {name.name for each in from_it if each.module == "xml.etree.ElementTree" for name in each.names}
        assert names == {"Element", "SubElement", "tostring"}
    for file, called, call in calls():
        running = {"eval", "exec", "compile", "__import__", "import_module", "os.system", "os.popen"}
        assert called.removeprefix("importlib.") not in running, f"{file}:{call.lineno}"
        assert not called.startswith(("asyncio.create_subprocess", "os.exec", "os.spawn")), f"{file}:{call.lineno}"
        if called.startswith("subprocess."):
            assert file == "app/embedded.py"
            assert not [each for each in call.keywords if each.arg == "shell"]


def test_no_pattern_is_made_of_what_was_sent() -> None:
    """Neither a regular expression nor a format string; what is filled into one of ours is put in as it is."""
    functions = {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
    for file, called, call in calls():
        module, _, name = called.rpartition(".")
        if module == "re" and name in functions:
            # Addresses of our own operations, with their parameters taken out; and names, every sign escaped.
            known = {"app/api/operations.py", "app/services/person_names.py"}
            assert _fixed(call.args[0]) or file in known, f"{file}:{call.lineno}"
        if name in {"format", "format_map"} and file.startswith(("app/api", "app/services")):
            # The program's own words, from tables in capitals or chosen out of them before.
            texts = {
                f"app/services/{name}.py"
                for name in (
                    *("mail", "release_texts", "account_letters", "archive_readme", "survey_reports"),
                    "recommendation_facts",
                    "reminder_letters",
                )
            }
            assert file in texts, f"{file}:{call.lineno}"


def test_what_must_not_be_guessed_comes_from_the_system() -> None:
    assert not [file for file, name in imports() if name.split(".")[0] in {"random", "numpy.random"}]
    short = {"app/api/middleware.py", "app/key_directory.py", "app/installation.py", "app/key_files.py"}
    seen = 0
    for file, called, call in calls():
        assert called not in {"uuid1", "uuid.uuid1"}, file
        if re.fullmatch(r"secrets\.token_(bytes|hex|urlsafe)", called):
            seen += 1
            size = ast.unparse(call.args[0])
            # Names of traces and of files that are there for a moment may be short.
            assert not size.isdigit() or int(size) >= 16 or file in short, f"{file}:{call.lineno}"
    assert seen > 5
    from app.services import ballot, sign_ins

    assert ballot.SECRET_BYTES >= 32
    assert sign_ins.TOKEN_BYTES >= 32


def test_cryptography_comes_from_few_libraries() -> None:
    """Every library that is imported is known: for cryptography, each in few files, or for something else."""
    cryptography = {
        "jose": {"tokens"},
        "joserfc": {"id_tokens"},
        "cryptography": {"token_keys", "archive_keys", "vault"},
        "nacl": {"ballot", "vault", "account_mail"},
        "pwdlib": {"passwords"},
        "pyotp": {"one_time_codes"},
        "mnemonic": {"ballot"},
        "standardwebhooks": {"webhook_sending"},
    }
    others = {
        *(
            "aiosmtplib",
            "alembic",
            "app",
            "asyncpg",
            "dns",
            "email_validator",
            "fastapi",
            "fastapi_offline",
            "httpcore2",
        ),
        *("idna", "numpy", "pgqueuer", "psutil", "pydantic", "pydantic_core", "pydantic_settings", "reportlab"),
        *("rfc8785", "scim2_models", "scim2_server", "segno", "sqlalchemy", "sqlmodel"),
        *("starlette", "structlog", "typer", "typing_extensions", "uuid_utils", "uvicorn", "zxcvbn", "openpyxl"),
        *("typst", "xlsxwriter", "icalendar"),
    }
    used: dict[str, set[str]] = {}
    for file, name in imports():
        used.setdefault(name.split(".")[0], set()).add(file)
    assert set(used) - sys.stdlib_module_names == set(cryptography) | others
    for library, files in cryptography.items():
        assert used[library] == {f"app/services/{name}.py" for name in files}, library


def test_no_weak_cryptography_is_called() -> None:
    hashes = {called for _, called, _ in calls() if re.fullmatch(r"hashlib\.\w+", called)}
    assert "hashlib.sha256" in hashes
    assert hashes <= {"hashlib.sha256", "hashlib.sha512", "hashlib.blake2b", "hashlib.file_digest"}
    weak = re.compile(r"(?<![A-Za-z])(md5|sha1|des|rc4|ecb|pkcs1v15)(?![A-Za-z])", re.IGNORECASE)
    for file, called, call in calls():
        words = [called, *(each.value for each in call.args if isinstance(each, ast.Constant))]
        if re.search(r"hash|hmac|cipher|crypt|sign|digest", called, re.IGNORECASE):
            assert not [word for word in words if isinstance(word, str) and weak.search(word)], f"{file}:{call.lineno}"


def test_the_contracts_on_imports_name_every_module_once() -> None:
    """What holds connections, keys and settings stays outside the inner rooms, and reads no settings by itself."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    inner, settings = (
        next(each for each in contracts if start in each["name"]) for start in ("know neither", "Settings")
    )
    outside = {f"app.{path.stem}" for path in (ROOT / "app").glob("*.py")} - {"app.__init__"}
    commands = {"app.cli", "app.command_line", "app.content_commands", "app.document_commands", "app.key_commands"}
    entrances = {"app.main", "app.serving", "app.mock", "app.worker"} | commands
    neutral = {"app.logs", "app.migrations"}
    kept_out = [each for each in inner["forbidden_modules"] if each.startswith("app.")]
    assert sorted(kept_out) == sorted(outside - entrances - neutral | {"app.worker"})
    reads_none = outside - entrances - neutral - {"app.settings"} | {
        "app.api",
        "app.demo",
        "app.models",
        "app.services",
    }
    assert sorted(settings["source_modules"]) == sorted(reads_none)


def test_what_is_read_by_get_is_read_in_a_transaction_that_cannot_write() -> None:
    """But for two, for which the service steps out of the wall: tests/api/test_data_exports.py reads one, and the
    other makes its transaction one that cannot write (tests/api/test_archive_packages.py)."""
    writing: set[str] = set()
    reading: set[str] = set()
    for path in (ROOT / "app" / "api").glob("*.py"):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if not any(ast.unparse(each).startswith("router.get(") for each in node.decorator_list):
                continue
            given = {ast.unparse(each.annotation) for each in node.args.args if each.annotation is not None}
            writes = given & {"Writing", "Creating", "Proving"} or "asking.transaction()" in ast.unparse(node)
            (writing if writes else reading).add(node.name)
    assert len(reading) > 40
    assert writing == {"read_data_export", "read_archive_package"}


# --- What is there, and what is not -------------------------------------------------------------------------------


def columns() -> Iterator[str]:
    from app.models import catalogue  # noqa: F401 - all tables

    for table in SQLModel.metadata.sorted_tables:
        yield from (f"{table.name}.{column.name}" for column in table.columns)


def test_no_password_is_made_to_expire() -> None:
    assert not [name for name in columns() if re.search(r"password.*(expire|until|age|rotat)", name)]


def test_there_are_no_secret_questions() -> None:
    question = re.compile(r"hint|secret_?question|security_?question|mother|maiden", re.IGNORECASE)
    assert not [name for name in columns() if question.search(name.split(".")[1])]
    shapes = document()["components"]["schemas"]
    assert not [name for shape in shapes.values() for name in shape.get("properties", {}) if question.search(name)]


async def test_no_file_is_served_but_the_docs_pages_own(app: FastAPI, client: Client) -> None:
    mounts = [route.path for route in app.routes if isinstance(route, Mount)]
    # The other one is SCIM, which serves no file.
    assert sorted(mounts) == [f"{BASE}/docs-assets", "/scim/v2"]
    for path in ("", "/", "/..", "/../main.py", "/%2e%2e/core.py", "/..%2fcore.py", "/.git/config", "//etc/passwd"):
        answer = await client.http.get(f"{BASE}/docs-assets{path}")
        assert answer.status_code in {404, 405}, path
    for path in ("/.git/config", "/.svn/entries", "/.env", "/app/main.py", "/static/", "/openapi.json", "/redoc"):
        assert (await client.http.get(path)).status_code == 404, path


async def test_there_is_no_debug_mode(app: FastAPI) -> None:
    assert not app.debug
    assert not [name for name in Settings.model_fields if re.search("debug|trace|insecure|disable|skip|test", name)]
    assert not [call.lineno for _, _, call in calls() if any(each.arg == "debug" for each in call.keywords)]


async def test_trace_is_no_method(client: Client) -> None:
    for path in (BASE + "/organisations", BASE + "/docs", BASE + "/openapi.json", "/health/live", "/nowhere"):
        for method in ("TRACE", "TRACK", "CONNECT"):
            answer = await client.http.request(method, path, headers={"X-Secret": "mirror"})
            assert answer.status_code in {404, 405}, (method, path)
            assert "mirror" not in answer.text


@pytest.mark.parametrize("name", ["run", "test", "build", "clients"])
def test_every_library_is_locked_by_its_hash(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    requirements = [line for line in lines if line.strip() and not line.startswith("#")]
    assert requirements
    for line in requirements:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", line), line[:60]
        assert "--hash=sha256:" in line, line[:60]
        assert "://" not in line, line[:60]


def test_the_package_holds_the_program_alone() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert wheel["wheel"]["packages"] == ["app"]
    assert set(wheel["wheel"]["force-include"]) == {"alembic"}
    assert not [path for path in (ROOT / "app").rglob("*") if re.match(r"(test_|conftest)", path.name)]


def test_log_lines_are_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing that is logged can make two lines of one."""
    captured = io.StringIO()
    monkeypatch.setattr("sys.stderr", captured)
    logs.configure("json", "info")
    monkeypatch.undo()
    try:
        structlog.get_logger("larande").info("a\nb\r\u2028c", route='/x"}\n{"event": "forged"}')
    finally:
        logs.configure("json", "warning")
    (line,) = captured.getvalue().removesuffix("\n").split("\n")
    told: dict[str, Any] = json.loads(line)
    assert told["event"].startswith("a")
    assert "forged" in told["route"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", told["timestamp"])


# --- OWASP ASVS 5.0 --------------------------------------------------------------------------------------------------

STATUSES = {"met", "documented", "operator", "not applicable", "departed", "open"}


def table() -> list[dict[str, str]]:
    with (ROOT / "docs" / "asvs.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def named_in(file: str) -> frozenset[str]:
    path = ROOT / "tests" / file
    if not path.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        # What shows a requirement runs in `make test`.
        if "pytest.mark.drill" not in map(ast.unparse, node.decorator_list)
    )


def is_there(shown: str) -> bool:
    """A test of `make test`, or a page."""
    file, _, name = shown.partition("::")
    return name in named_in(file) if name else (ROOT / shown).is_file()


def test_every_requirement_of_level_1_and_2_is_there_once() -> None:
    """The ids and levels are those of ASVS 5.0.0; its texts stay where they are."""
    asked = [line.split("\t") for line in (ROOT / "tests" / "asvs-5.0.0.tsv").read_text().splitlines()]
    assert [(row["requirement"], row["level"]) for row in table()] == [(name, level) for name, level in asked]
    assert len(asked) == 253


def fault_in(row: dict[str, str]) -> str | None:
    shown = row["shown"].split()
    tests = {each for each in shown if "::" in each}
    there = {each for each in shown if is_there(each)}
    if row["status"] not in STATUSES or not row["words"].strip():
        return "it is not said how it stands"
    if row["status"] == "open":
        return "its tests are there: it is met" if tests and tests <= there else None
    if missing := set(shown) - there:
        return f"not there: {missing}"
    if row["status"] == "met" and not tests:
        return "met is what a test shows"
    if row["status"] in {"documented", "operator"} and not set(shown) - tests:
        return "a page says it"
    return "what does not apply is shown by nothing" if row["status"] == "not applicable" and shown else None


def test_each_requirement_is_shown_where_the_table_says() -> None:
    assert {row["requirement"]: fault for row in table() if (fault := fault_in(row))} == {}


OPEN = 0
"""What waits for the rest of issue 4. It only shrinks, and ends at 0."""


def test_what_is_open_only_shrinks() -> None:
    assert sum(row["status"] == "open" for row in table()) <= OPEN


def test_docs_security_names_tests_that_are_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py::test_\w+)`", page)
    assert len(named) > 20
    assert [each for each in named if not is_there(each)] == []
