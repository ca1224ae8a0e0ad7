"""`larande mock`: every operation of the document answers with its examples, checked as the service's answers are."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.api.document.recorded import recorded
from app.mock import TAKEN_OVER, mock_app, settings_of_mock
from app.settings import Settings
from app.token_key_directory import open_token_keys
from tests import contract
from tests.contract import BASE
from tests.document.reading import OPERATIONS, Json
from tests.in_process import ROOT, InProcess
from tests.program import PATIENCE, ended, launch
from tests.program import ROOT as PROJECT

TOLD: Json = recorded()["operations"]
BEARER = {"Authorization": "Bearer " + "vilken_som_helst_" * 2 + "12345678A"}
"""Any token will do; that of a survey has 43 characters."""


# In less than a minute one caller asks here for more than anybody may.
UNCOUNTED = Settings(reads_per_minute=10**6, writes_per_minute=10**6, strangers_per_minute=10**6)


@pytest.fixture(scope="module")
def mock() -> FastAPI:
    return mock_app(UNCOUNTED)


@pytest.fixture
def document_at_hand(mock: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another mock takes this one's document: making it takes seconds."""
    monkeypatch.setattr("app.api.document.document", lambda _app: mock.openapi())


@pytest.fixture
async def http(mock: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    # What the mock answers does not count as seen: it is the document's own.
    check = partial(contract.check, seen=contract.Seen(), untold=contract.UNTOLD | {"preference-applied"})
    async with InProcess(mock, on_answer=check) as http:
        yield http


def request_of(name: str, method: str) -> tuple[str, str, dict[str, Any]]:
    """As the story asked it, with the version that the mock shows."""
    told = TOLD[name]
    path = told["path"] + (f"?{told['query']}" if "query" in told else "")
    options: dict[str, Any] = {"headers": dict(BEARER)}
    if "ifMatch" in told:
        options["headers"]["If-Match"] = told["ifMatch"]
    sent = told.get("sent", {})
    if "application/json" in sent:
        options["json"] = sent["application/json"]
    return method.upper(), ROOT + BASE + path, options


async def ask(http: httpx2.AsyncClient, name: str, method: str, **headers: str) -> httpx2.Response:
    """Twice where the version is another one here than in the story: read first, as a client does."""
    verb, url, options = request_of(name, method)
    options["headers"] |= headers
    if "If-Match" in options["headers"] and "If-Match" not in headers:
        for owner in (url, "/".join(url.split("/")[:7])):
            read = await http.get(owner.partition("?")[0], headers=BEARER)
            if read.status_code == 200 and "ETag" in read.headers:
                options["headers"]["If-Match"] = read.headers["ETag"]
                break
    return await http.request(verb, url, **options)


everywhere = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)


@everywhere
async def test_it_answers_with_the_status_and_the_shape_that_are_documented(
    http: httpx2.AsyncClient, path: str, method: str, operation: Json
) -> None:
    name = operation["operationId"]
    response = await ask(http, name, method)
    assert str(response.status_code) == TOLD[name]["status"], (path, response.text)
    if "ETag" in response.headers and method == "get":
        again = await ask(http, name, method, **{"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
    assert "https://larande.example/larande/v1" not in response.text


@everywhere
async def test_it_refuses_as_the_service_does(
    http: httpx2.AsyncClient, path: str, method: str, operation: Json
) -> None:
    """Without a token, with a body that does not fit, without and with an old version."""
    name = operation["operationId"]
    verb, url, options = request_of(name, method)
    if operation["security"] == [{"bearerAuth": []}]:
        bare = await http.request(verb, url, **{**options, "headers": {}})
        assert bare.status_code == 401, path
        assert bare.headers["WWW-Authenticate"].startswith("Bearer")
    if "application/json" in operation.get("requestBody", {}).get("content", {}) and name != "create_import":
        misfit = await http.request(verb, url, **options | {"json": {"hittepa": 1}})
        assert misfit.status_code == 422, path
        assert misfit.json()["errors"]
    if "412" in operation["responses"]:
        without = {key: value for key, value in options["headers"].items() if key != "If-Match"}
        assert (await http.request(verb, url, **options | {"headers": without})).status_code == 428
        stale = options["headers"] | {"If-Match": '"987-0123456789abcdef"'}
        assert (await http.request(verb, url, **options | {"headers": stale})).status_code == 412


@everywhere
async def test_any_documented_refusal_can_be_asked_for(
    http: httpx2.AsyncClient, path: str, method: str, operation: Json
) -> None:
    """RFC 7240, with the preference `status`."""
    verb, url, options = request_of(operation["operationId"], method)
    for status in operation["responses"]:
        if status < "400":
            continue
        headers = options["headers"] | {"Prefer": f"status={status}"}
        response = await http.request(verb, url, **options | {"headers": headers})
        assert str(response.status_code) == status, path
        assert response.headers["Preference-Applied"] == f"status={status}"
        assert response.headers["Content-Type"] == "application/problem+json"
        assert str(response.json()["status"]) == status, path


@pytest.mark.parametrize("held", ["*", "W/{}", '"other", {}'])
async def test_what_the_client_already_has_is_not_sent_again(http: httpx2.AsyncClient, held: str) -> None:
    tag = (await http.get(f"{ROOT}{BASE}/me", headers=BEARER)).headers["ETag"]
    again = await http.get(f"{ROOT}{BASE}/me", headers=BEARER | {"If-None-Match": held.format(tag)})
    assert (again.status_code, again.headers["ETag"]) == (304, tag)


async def test_a_tag_that_only_contains_the_right_one_is_another(http: httpx2.AsyncClient) -> None:
    tag = (await http.get(f"{ROOT}{BASE}/me", headers=BEARER)).headers["ETag"]
    again = await http.get(f"{ROOT}{BASE}/me", headers=BEARER | {"If-None-Match": f'"x{tag}"'})
    assert again.status_code == 200


async def test_what_it_knows_nothing_of_is_refused_as_ever(http: httpx2.AsyncClient) -> None:
    assert (await http.get(f"{ROOT}{BASE}/hittepa", headers=BEARER)).status_code == 404
    wrong = await http.delete(f"{ROOT}{BASE}/me", headers=BEARER)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")
    unknown = await http.get(f"{ROOT}{BASE}/me?hittepa=1", headers=BEARER)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknownParameter")
    for preference in ("status=418", "status=abc", "respond-async", "status=201"):
        response = await http.get(f"{ROOT}{BASE}/me", headers=BEARER | {"Prefer": preference})
        assert response.status_code == 200
        assert "Preference-Applied" not in response.headers


async def test_the_problem_comes_in_the_language_asked_for(http: httpx2.AsyncClient) -> None:
    asked = BEARER | {"Prefer": "respond-async, status=409", "Accept-Language": "en"}
    name = "approve_session_record"
    _, url, options = request_of(name, "post")
    response = await http.post(url, **options | {"headers": options["headers"] | asked})
    assert response.json()["code"] == TOLD[name]["refusals"]["409"]["code"]
    assert response.json()["title"] != TOLD[name]["refusals"]["409"]["title"]
    assert response.headers["Content-Language"] == "en"


async def test_pages_lead_to_each_other(http: httpx2.AsyncClient) -> None:
    url = f"{ROOT}{BASE}{TOLD['list_working_groups']['path']}"
    page = (await http.get(f"{url}?limit=1", headers=BEARER)).json()
    total, found = page["_meta"]["totalRecords"], list(page["items"])
    assert total > 1
    while page["_links"]["next"] is not None:
        page = (await http.get(page["_links"]["next"]["href"], headers=BEARER)).json()
        found += page["items"]
    assert len({each["id"] for each in found}) == len(found) == total
    beyond = (await http.get(f"{url}?page=99", headers=BEARER)).json()
    assert (beyond["items"], beyond["_links"]["next"]) == ([], None)


async def test_what_is_asked_for_is_what_is_shown(http: httpx2.AsyncClient) -> None:
    """The id in the address is that of the thing, whatever the example's was."""
    other = "0198a316-3b80-7000-805b-93156f363aff"
    body = (await http.get(f"{ROOT}{BASE}/units/{other}", headers=BEARER)).json()
    assert body["id"] == other
    assert body["_links"][0]["href"] == f"{ROOT}{BASE}/units/{other}"
    misspelt = await http.get(f"{ROOT}{BASE}/units/nummer-ett", headers=BEARER)
    assert misspelt.status_code == 422


async def test_files_are_of_the_kind_asked_for(http: httpx2.AsyncClient) -> None:
    for name, kind, begins in (
        ("list_approved_records", "text/csv", "\ufeff".encode()),
        ("read_survey_results", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("read_archive_package", "application/zip", b"PK"),
        ("read_session_record", "application/pdf", b"%PDF"),
        ("read_dialogue_session", "text/html", b"<!DOCTYPE html>"),
        ("read_unit_result", "image/svg+xml", b"<svg "),
        ("read_unit_result", "application/vnd.vegalite.v6+json", b'{"$schema": '),
    ):
        url = f"{ROOT}{BASE}{TOLD[name]['path']}"
        response = await http.get(url, headers=BEARER | {"Accept": kind})
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"].split(";")[0] == kind
        assert response.content.startswith(begins)


async def test_a_page_from_another_port_of_this_machine_may_ask(http: httpx2.AsyncClient) -> None:
    asked = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    headers = asked | {"Access-Control-Request-Headers": "authorization,content-type,if-match,prefer"}
    allowed = await http.options(f"{ROOT}{BASE}/me", headers=headers)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    read = await http.get(f"{ROOT}{BASE}/me", headers=BEARER | {"Origin": "http://localhost:5173"})
    assert "ETag" in read.headers["Access-Control-Expose-Headers"]
    stranger = await http.get(f"{ROOT}{BASE}/me", headers=BEARER | {"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


async def test_the_service_itself_is_not_mocked(mock: FastAPI, app: FastAPI) -> None:
    """Both may live in one process: a mocked route is a copy."""
    assert mock.openapi() == app.openapi()
    async with InProcess(app) as real:
        response = await real.get(f"{ROOT}{BASE}/me", headers=BEARER)
    assert response.status_code == 401


async def test_it_is_ready_and_opens_no_connection(http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    async def connected(*where: object, **_how: object) -> None:
        opened.append(where)
        raise OSError

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connected)
    answers = [await http.get(f"{ROOT}/health/{probe}") for probe in ("live", "ready")]
    assert opened == []
    assert [(each.status_code, each.json()["status"]) for each in answers] == [(200, "live"), (200, "ready")]


def found_in(place: Path) -> list[Path]:
    return sorted(place.rglob("*"))


@pytest.mark.usefixtures("document_at_hand")
async def test_the_keys_of_this_machine_are_neither_shown_nor_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the service's own settings at hand may start the mock beside it."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    own = {pair.kid for pair in open_token_keys(tmp_path / "token-keys", long_ago).kept(long_ago).pairs}
    before = found_in(tmp_path)
    assert len(before) == 2
    for name, directory in (("TOKEN_KEY", "token-keys"), ("KEY", "keys"), ("ARCHIVE_KEY", "archive-keys")):
        monkeypatch.setenv(f"LARANDE_{name}_DIRECTORY", str(tmp_path / directory))
    async with InProcess(mock_app(Settings())) as http:
        shown = (await http.get(f"{ROOT}/.well-known/jwks.json")).json()["keys"]
    assert (len(own), len(shown)) == (1, 1)
    assert own.isdisjoint(key["kid"] for key in shown)
    assert found_in(tmp_path) == before


@pytest.mark.usefixtures("document_at_hand")
@pytest.mark.parametrize("where", ["file/keys", "keys"])
def test_key_directories_that_cannot_be_used_do_not_concern_it(where: str, tmp_path: Path) -> None:
    """The service would make them, or refuse to start."""
    (tmp_path / "file").touch()
    names = ("token_key_directory", "key_directory", "archive_key_directory")
    mock_app(Settings.model_validate(dict.fromkeys(names, tmp_path / where)))
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_of_the_settings_it_takes_over_how_it_is_reached_and_nothing_that_reaches_out() -> None:
    heard = {"host": "127.0.0.2", "port": 8009, "log_level": "error", "cors_origins": "https://www.example.se"}
    heard |= {"trusted_proxies": "10.0.0.0/8", "requests_at_once": 7, "reads_per_minute": 8}
    left = {
        "database_url": "postgresql://larande@db.example/larande",
        "owner_database_url": "postgresql://owner@db.example/larande",
        "home": "/srv/larande",
        "token_secret": "hemligt" * 6,
        "key_directory": "/srv/keys",
        "token_key_directory": "/srv/token-keys",
        "archive_key_directory": "/srv/archive-keys",
        "smtp_url": "smtp://mail.example:25",
        "name_servers": "192.0.2.53",
        "identity_provider_networks": "10.0.0.0/8",
        "webhook_networks": "10.0.0.0/8",
        "require_second_factor": "everyone",
    }
    given = Settings.model_validate(heard | left)
    taken = settings_of_mock(given)
    assert set(Settings.model_fields) >= TAKEN_OVER
    assert {name: getattr(taken, name) for name in heard} == heard
    assert [name for name in left if getattr(taken, name) == getattr(given, name)] == []
    assert taken.worker == "apart"
    paths = [name for name in Settings.model_fields if isinstance(getattr(taken, name), Path)]
    assert paths == []


def test_a_fresh_clone_gets_it_as_the_readme_says() -> None:
    shown = (PROJECT / "README.md").read_text(encoding="utf-8").split("\n## Without a database\n\n")[1]
    assert shown.splitlines()[0] == "    LARANDE_PORT=8001 make mock"
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert "\nmock: .venv/run.stamp\n\t@$(BIN)/larande mock\n" in makefile


@pytest.mark.drill
async def test_the_command_says_where_it_is_and_needs_no_database() -> None:
    program = await launch("mock", "--port", "0")
    try:
        async with asyncio.timeout(PATIENCE):
            line = (await program.stdout.readline()).decode()
            found = re.search(
                r"answers at (http://127\.0\.0\.1:\d+/larande/v1)\. Its docs are at \1/docs$", line.strip()
            )
            assert found, line
            async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
                while True:
                    try:
                        me = await http.get(f"{found[1]}/me", headers=BEARER)
                        break
                    except httpx2.ConnectError:
                        await asyncio.sleep(0.05)
                docs = await http.get(f"{found[1]}/docs")
        assert (me.status_code, docs.status_code) == (200, 200)
        assert json.loads(me.text)["_links"][0]["href"] == f"{found[1]}/me"
    finally:
        program.send_signal(signal.SIGTERM)
        end = await ended(program)
    assert end.code == 0
