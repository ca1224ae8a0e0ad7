"""What HTTP promises around every resource: traces, versions, languages, keys, links, origins, logs, commits."""

import asyncio
import io
import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import sqlalchemy as sa
import structlog
import structlog.testing
from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.types import Message

from app import logs
from app.api import operations
from app.api.dependencies import Writing
from app.main import create_app
from app.models.audit_entry import AuditEntry
from app.models.idempotency_key import IdempotencyKey
from app.models.organisation import Organisation
from app.models.unit import Unit
from app.services.errors import Code, Refusal
from tests.client import BASE, Client, client_for
from tests.conftest import settings_for
from tests.database import as_owner
from tests.world import World, organisation_number

PATH = "/organisations"


def a_workplace(**more: Any) -> dict[str, Any]:
    return {"organisationNumber": organisation_number(), "name": "Myndigheten för protokoll", **more}


async def stored(world: World, number: str) -> int:
    async with world.database.read() as session:
        query = sa.select(sa.func.count()).where(col(Organisation.organisation_number) == number)
        return (await session.execute(query)).scalar_one()


# --- Traces and numbers -------------------------------------------------------------------------------------

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"00-{TRACE}-b7ad6b7169203331-01", True),
        (f"00-{TRACE}-b7ad6b7169203331-00", True),
        (f"cc-{TRACE}-b7ad6b7169203331-01-what-the-future-holds", True),
        (f"00-{TRACE}-b7ad6b7169203331-01-more", False),
        (f"cc-{TRACE}-b7ad6b7169203331-01x", False),
        (f"ff-{TRACE}-b7ad6b7169203331-01", False),
        (f"00-{TRACE.upper()}-b7ad6b7169203331-01", False),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}-b7ad6b7169203331", False),
        ("<script>", False),
        ("", False),
        (None, False),
    ],
)
async def test_a_valid_trace_goes_on_and_any_other_begins_anew(client: Client, sent: str | None, kept: bool) -> None:
    headers = {} if sent is None else {"traceparent": sent}
    answered = (await client.request("GET", "/api-info", headers=headers, expect=200)).headers["traceparent"]
    match = re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])", answered)
    assert match is not None
    assert (match[1] == TRACE) == kept
    assert match[2] != "b7ad6b7169203331"
    assert not kept or (sent or "").split("-")[3] == match[3]


async def test_two_traces_are_none(client: Client) -> None:
    headers = [("traceparent", f"00-{TRACE}-b7ad6b7169203331-01")] * 2
    answered = (await client.http.get(f"{BASE}/api-info", headers=headers)).headers["traceparent"]
    assert TRACE not in answered


async def test_a_problem_has_the_number_of_the_request(world: World) -> None:
    responses = [await world.nobody.request("GET", path) for path in (PATH, "/nowhere", "/api-info?x")]
    numbers = [response.headers["X-Request-Id"] for response in responses]
    assert [response.json()["instance"] for response in responses] == [f"urn:uuid:{number}" for number in numbers]
    assert len({UUID(number) for number in numbers}) == 3


# --- Versions -------------------------------------------------------------------------------------------------


async def test_what_the_client_already_has_is_not_sent_again(world: World) -> None:
    member = world.employee.client
    first = await member.request("GET", world.path, expect=200)
    tag = first.headers["ETag"]
    for held in (tag, f"W/{tag}", f'"1-0000", {tag}', f'"x" , W/{tag}', "*"):
        answer = await member.request("GET", world.path, headers={"If-None-Match": held}, expect=304)
        assert not answer.content
        for name in ("ETag", "Cache-Control", "Vary"):
            assert answer.headers[name] == first.headers[name]
    for other in ('"1"', tag.strip('"'), '"1-0000"', "", f"w/{tag}", f'"{tag}"'):
        assert (await member.request("GET", world.path, headers={"If-None-Match": other}, expect=200)).json()
    await world.administrator.client.change(world.path, {"shortName": "NY"})
    await member.request("GET", world.path, headers={"If-None-Match": tag}, expect=200)


async def test_the_etag_differs_where_the_view_differs(world: World) -> None:
    """The administrator may change what the employee may only read: allowedActions are part of the view."""
    tags = {await someone.client.etag(world.path) for someone in (world.employee, world.administrator)}
    assert len(tags) == 2
    assert {tag.split("-")[0] for tag in tags} == {'"1'}


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        (None, 428, "preconditionRequired"),
        ("*", 428, "preconditionRequired"),
        ("", 412, "staleVersion"),
        ('"2"', 412, "staleVersion"),
        ('"0"', 412, "staleVersion"),
        ("1", 412, "staleVersion"),
        ('W/"1"', 412, "staleVersion"),
        ('"1", "2"', 412, "staleVersion"),
        ('"1-xyz"', 412, "staleVersion"),
        ('"-1"', 412, "staleVersion"),
        ('"' + "9" * 400 + '"', 412, "staleVersion"),
        ('"1-' + "a" * 400 + '"', 412, "staleVersion"),
    ],
)
async def test_a_change_needs_the_version_it_changes(
    world: World, if_match: str | None, status: int, code: str
) -> None:
    admin = world.administrator.client
    for method, path, body in (
        ("PATCH", world.path, {"name": "Ny"}),
        ("POST", f"{world.path}/transitions", {"to": "closed"}),
    ):
        problem = await admin.refused(method, path, status, code, json=body, etag=if_match)
        assert [error["pointer"] for error in problem.get("errors", [])] == (
            ["/header/If-Match"] if status == 428 else []
        )
    assert (await admin.get(world.path))["version"] == 1


async def test_of_two_changes_at_once_one_wins(world: World) -> None:
    admin = world.administrator.client
    tag = await admin.etag(world.path)
    answers = await asyncio.gather(
        *(admin.request("PATCH", world.path, json={"name": f"Namn {n}"}, etag=tag) for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await admin.get(world.path)) == winner
    assert winner["version"] == 2


# --- Languages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "sv"),
        ("", "sv"),
        ("sv", "sv"),
        ("en", "en"),
        ("en-GB", "en"),
        ("EN-us", "en"),
        ("fi", "sv"),
        ("fi, en;q=0.5", "en"),
        ("sv;q=0.5, en;q=0.8", "en"),
        ("sv;q=0.8, en;q=0.5", "sv"),
        ("en, sv", "sv"),
        ("en;q=0, sv;q=0", "sv"),
        ("en;q=high", "en"),
        ("*", "sv"),
        ("eng", "sv"),
    ],
)
async def test_problems_speak_the_callers_language(client: Client, asked: str | None, language: str) -> None:
    headers = {} if asked is None else {"Accept-Language": asked}
    response = await client.request("GET", PATH, headers=headers, expect=401)
    assert response.headers["Content-Language"] == language
    titles = {"sv": "Du är inte inloggad", "en": "You are not signed in"}
    assert response.json()["title"].startswith(titles[language]), response.json()["title"]


async def test_the_words_about_a_field_are_in_the_callers_language_too(world: World) -> None:
    for language, words in (("sv", "Fältet saknas."), ("en", "The field is missing.")):
        problem = await world.administrator.client.refused(
            "POST", PATH, 422, "validationFailed", json={"name": "x"}, headers={"Accept-Language": language}
        )
        assert [error["detail"] for error in problem["errors"]] == [words]


# --- Idempotency --------------------------------------------------------------------------------------------------


def a_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def test_the_same_request_many_times_at_once_makes_one_row(world: World) -> None:
    admin, sent, key = world.administrator.client, a_workplace(), a_key()
    answers = await asyncio.gather(*(admin.request("POST", PATH, json=sent, headers=key) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert await stored(world, sent["organisationNumber"]) == 1


async def test_a_second_request_waits_for_the_first(world: World) -> None:
    """The key's row is held by a transaction that is still open: the request waits, and goes on when it fails."""
    admin, sent, key = world.administrator, a_workplace(), a_key()
    async with world.database.engine.connect() as other:
        await other.execute(
            sa.insert(IdempotencyKey).values(
                person_id=admin.person.id,
                key=key["Idempotency-Key"],
                request_hash=b"",
                created_at=world.organisation.created_at,
            )
        )
        waiting = asyncio.create_task(admin.client.request("POST", PATH, json=sent, headers=key))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        await other.rollback()
    assert (await waiting).status_code == 201
    assert await stored(world, sent["organisationNumber"]) == 1


async def test_a_key_belongs_to_one_request(world: World) -> None:
    admin, sent, key = world.administrator.client, a_workplace(), a_key()
    await admin.post(PATH, sent, headers=key)
    for other in ({**sent, "name": "Annat"}, a_workplace()):
        await admin.refused("POST", PATH, 409, "idempotencyKeyReused", json=other, headers=key)
    closing = f"{world.path}/transitions"
    await admin.refused("POST", closing, 409, "idempotencyKeyReused", json={"to": "closed"}, headers=key, etag='"1"')


async def test_a_key_belongs_to_one_person(world: World) -> None:
    colleague = await world.someone("colleague", *world.administrator.person.roles, outside=True)
    key = a_key()
    made = [
        (await someone.client.post(PATH, a_workplace(), headers=key))["id"]
        for someone in (world.administrator, colleague)
    ]
    assert made[0] != made[1]


async def test_a_refused_attempt_does_not_use_up_the_key(world: World) -> None:
    admin, sent, key = world.administrator.client, a_workplace(), a_key()
    await admin.refused("POST", PATH, 422, "validationFailed", json={**sent, "name": ""}, headers=key)
    taken = a_workplace(organisationNumber=world.organisation.organisation_number)
    await admin.refused("POST", PATH, 409, "organisationNumberTaken", json=taken, headers=key)
    made = await admin.post(PATH, sent, headers=key)
    assert made["organisationNumber"] == sent["organisationNumber"]


async def test_a_transition_repeated_after_a_lost_answer_is_answered_again(world: World) -> None:
    admin, key = world.administrator.client, a_key()
    tag = await admin.etag(world.path)
    first, again = [
        await admin.request(
            "POST", f"{world.path}/transitions", json={"to": "closed"}, etag=tag, headers=key, expect=201
        )
        for _ in range(2)
    ]
    assert first.json() == again.json()
    assert first.json()["version"] == 2


@pytest.mark.parametrize("key", ["", "x" * 101, "med mellanslag", "nyckel\x7f", "å"])
async def test_a_key_has_a_form(world: World, key: str) -> None:
    sent = a_workplace()
    headers: Any = {"Idempotency-Key": key.encode("latin-1")}
    problem = await world.administrator.client.refused(
        "POST", PATH, 422, "idempotencyKeyInvalid", json=sent, headers=headers
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/header/Idempotency-Key"]
    assert await stored(world, sent["organisationNumber"]) == 0


# --- Addresses ------------------------------------------------------------------------------------------------------


async def test_what_is_made_says_where_it_is(world: World) -> None:
    admin = world.administrator.client
    response = await admin.request("POST", PATH, json=a_workplace(), expect=201)
    made = response.json()
    assert response.headers["Location"] == f"http://testserver{BASE}{PATH}/{made['id']}"
    assert made["_links"][0] == {"href": response.headers["Location"], "rel": "self", "method": "GET"}
    found = await admin.http.get(response.headers["Location"], headers={"Authorization": f"Bearer {admin.token}"})
    assert found.json() == made
    assert found.headers["ETag"] == response.headers["ETag"]


async def test_links_are_what_the_caller_may_do(world: World) -> None:
    for someone, relations in (
        (world.administrator, {"self", "edit", "closeOrganisation"}),
        (world.employee, {"self"}),
    ):
        body = await someone.client.get(world.path)
        allowed = {action["action"] for action in body["allowedActions"] if action["allowed"]}
        shown = {link["rel"] for link in body["_links"]}
        assert relations <= shown
        assert ("edit" in shown) == ("update_organisation" in allowed)
        assert all(link["href"].startswith("http://testserver/larande/v1/") for link in body["_links"])
        assert not [link for link in body["_links"] if "{" in link["href"]]


@pytest.fixture(scope="module")
async def behind_proxy(database_url: str) -> AsyncIterator[FastAPI]:
    """The same service where 10.0.0.0/8 and one IPv6 address are trusted proxies."""
    settings = settings_for(database_url, trusted_proxies="10.0.0.0/8, 2001:db8::1", cors_origins="https://a.example")
    app = create_app(settings)
    yield app
    await app.state.database.close()


@pytest.mark.parametrize(
    ("sender", "forwarded", "home"),
    [
        ("10.0.0.1", ["for=192.0.2.7;host=larande.myndighet.se;proto=https"], "https://larande.myndighet.se"),
        ("10.0.0.1", ['For="192.0.2.7:4711"; Host="l.se:8443"; Proto=HTTPS'], "https://l.se:8443"),
        ("::ffff:10.0.0.1", ["for=192.0.2.7;host=l.se"], "http://l.se"),
        ("2001:db8::1", ['for="[2001:db8::7]:80";host=l.se'], "http://l.se"),
        # Two proxies of ours: the outer one knows the name.
        ("10.0.0.1", ["for=192.0.2.7;host=l.se;proto=https, for=10.0.0.2;proto=http;host=inre"], "https://l.se"),
        # A client that writes a Forwarded of its own before the proxy does, in one line or two.
        ("10.0.0.1", ["for=10.0.0.9;host=evil.example, for=192.0.2.7;host=l.se"], "http://l.se"),
        ("10.0.0.1", ["for=10.0.0.9;host=evil.example", "for=192.0.2.7;host=l.se"], "http://l.se"),
        ("10.0.0.1", ["host=evil.example, for=192.0.2.7"], "http://testserver"),
        # Strangers are not believed.
        ("192.0.2.7", ["for=10.0.0.1;host=evil.example;proto=https"], "http://testserver"),
        ("10.0.0.1x", ["host=evil.example"], "http://testserver"),
        ("testclient", ["host=evil.example"], "http://testserver"),
        # Odd values do no harm.
        ("10.0.0.1", ["for=unknown;host=a b;proto=ftp"], "http://testserver"),
        ("10.0.0.1", ["for=_hidden;host=evil.example/x?y#"], "http://testserver"),
        ("10.0.0.1", ["for=1;x-host=evil.example"], "http://testserver"),
        ("10.0.0.1", ["host=l.se:99999"], "http://testserver"),
        ("10.0.0.1", ['for="192.0.2.7;host=evil.example'], "http://testserver"),
        ("10.0.0.1", ["for=;host=;proto=;;=,=;,"], "http://testserver"),
        ("10.0.0.1", [""], "http://testserver"),
        ("10.0.0.1", [], "http://testserver"),
    ],
)
async def test_forwarded_is_believed_from_a_trusted_proxy_alone(
    behind_proxy: FastAPI, world: World, sender: str, forwarded: list[str], home: str
) -> None:
    async with client_for(behind_proxy, client=(sender, 1)) as client:
        headers = [("Authorization", f"Bearer {world.employee.client.token}"), *(("Forwarded", f) for f in forwarded)]
        body = (await client.http.get(BASE + world.path, headers=headers)).json()
        assert body["_links"][0]["href"] == f"{home}{BASE}{world.path}"
        listed = (await client.http.get(f"{BASE}{PATH}?limit=1&q=a%26b", headers=headers)).json()
        assert listed["_links"]["first"]["href"] == f"{home}{BASE}{PATH}?limit=1&q=a%26b&page=1"


async def test_a_service_without_proxies_believes_nobody(world: World) -> None:
    headers = {"Forwarded": "host=evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    body = await world.employee.client.get(world.path, headers=headers)
    assert "evil" not in str(body)


async def test_only_listed_origins_may_read(behind_proxy: FastAPI, world: World) -> None:
    token = {"Authorization": f"Bearer {world.employee.client.token}"}
    preflight = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "If-Match, traceparent"}
    async with client_for(behind_proxy) as client:
        for path in (PATH, world.path, "/nowhere"):
            answer = await client.request("GET", path, headers={**token, "Origin": "https://a.example"})
            assert answer.headers["access-control-allow-origin"] == "https://a.example"
            exposed = set(answer.headers["access-control-expose-headers"].split(", "))
            assert {"ETag", "Location", "Retry-After", "traceparent"} <= exposed
            assert "Origin" in answer.headers["vary"]
        asked = await client.http.options(BASE + world.path, headers={**preflight, "Origin": "https://a.example"})
        assert asked.status_code == 200
        assert "PATCH" in asked.headers["access-control-allow-methods"]
        for origin in ("https://b.example", "http://a.example", "https://a.example.evil.example", "null", "*", ""):
            answer = await client.request("GET", PATH, headers={**token, "Origin": origin}, expect=200)
            assert not [name for name in answer.headers if name.startswith("access-control")]
            asked = await client.http.options(BASE + world.path, headers={**preflight, "Origin": origin})
            assert asked.status_code == 405
            assert not [name for name in asked.headers if name.startswith("access-control")]


async def test_nobody_keeps_what_is_private(world: World) -> None:
    for path, kept in (
        (world.path, "private, no-store"),
        (PATH, "private, no-store"),
        ("/api-info", "public, max-age=300"),
        ("/nowhere", "no-store"),
    ):
        answer = await world.employee.client.request("GET", path)
        assert answer.headers["Cache-Control"] == kept
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_docs_page_needs_no_internet(client: Client) -> None:
    page = await client.http.get(f"{BASE}/docs")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href|data-document)=["']([^"'#?]+)""", page.text)
    assert len(addresses) >= 8
    for address in addresses:
        assert address.startswith("/larande/v1/"), address
        assert (await client.http.get(address)).status_code == 200, address
    assert not re.search(r"https?://", page.text)
    styles = (await client.http.get(f"{BASE}/docs-assets/swagger-ui.css")).text
    assert not re.search(r"url\(\s*['\"]?https?://", styles)


async def test_health_says_whether_the_database_answers(client: Client) -> None:
    assert (await client.http.get("/health/live")).json() == {"status": "live"}
    assert (await client.http.get("/health/ready")).json() == {"status": "ready"}


async def test_the_api_says_what_it_is(client: Client) -> None:
    info = await client.get("/api-info")
    assert (info["apiVersion"].split(".")[0], info["apiStatus"]) == ("1", "active")
    assert info["apiDocumentation"] == "http://testserver/larande/v1/docs"
    assert (await client.http.get(f"{BASE}/openapi.json")).json()["info"]["version"] == info["apiVersion"]


# --- Faults, commits and logs, in a service of our own -----------------------------------------------------------

SECRET = "Anna Svensson anna@example.se 19800101-1234"

faults = APIRouter()


@faults.get("/faults")
async def fail() -> None:
    """Fails in the way programs fail: with what it was about in the message."""
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(f"cannot handle {SECRET}") from error


@faults.post("/faults/late")
async def fail_late(call: Writing) -> dict[str, bool]:
    """Writes what only the commit refuses: a unit whose organisation does not exist."""
    await call.work.session.execute(sa.text("CREATE TEMP TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    await call.work.session.execute(sa.text("INSERT INTO late VALUES (1), (1)"))
    return {"stored": True}


@faults.post("/faults/half")
async def fail_half(call: Writing, keep: bool) -> None:
    """Stores a change, then refuses."""
    await call.work.session.execute(sa.update(Organisation).values(short_name="halv"))
    raise Refusal(Code.NOT_YOUR_ROLE, keep=keep)


@pytest.fixture
async def faulty(fresh_database_url: str) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(fresh_database_url, cors_origins="https://a.example"))
    app.include_router(faults, prefix=BASE)
    operations.install(app)
    yield app
    await app.state.database.close()


class Captured(io.StringIO):
    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
async def log(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Captured]:
    """The log as it leaves the process, at the level of production."""
    captured = Captured()
    monkeypatch.setattr("sys.stderr", captured)
    logs.configure("json", "info")
    monkeypatch.undo()
    logging.getLogger("httpx2").setLevel("WARNING")  # the test client's own, which names addresses
    yield captured
    logs.configure("json", "warning")


async def test_a_fault_of_ours_is_a_problem_with_nothing_inside(faulty: FastAPI, log: Captured) -> None:
    async with client_for(faulty) as client:
        response = await client.request("GET", "/faults", headers={"Origin": "https://a.example"}, expect=500)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "unexpected"
    assert response.headers["access-control-allow-origin"] == "https://a.example"
    assert not [word for word in ("Anna", "Error", "Traceback", ".py", "fail") if word in response.text]
    request_id = response.headers["X-Request-Id"]
    (fault,) = [line for line in log.lines if line["event"] == "unexpected"]
    assert fault["request_id"] == request_id
    assert "in fail" in fault["exception"]
    assert fault["exception"].index("builtins.KeyError") < fault["exception"].index("builtins.ValueError")
    assert "Anna" not in log.getvalue()
    assert "1980" not in log.getvalue()


async def test_the_console_log_keeps_quiet_too(faulty: FastAPI, log: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", log)
    logs.configure("console", "info")
    async with client_for(faulty) as client:
        await client.request("GET", "/faults", expect=500)
    logging.getLogger("elsewhere").error("a library fails", exc_info=ValueError(SECRET))
    assert "in fail" in log.getvalue()
    assert "a library fails" in log.getvalue()
    assert "Anna" not in log.getvalue()


async def test_an_exception_that_is_being_handled_is_logged_without_its_words(log: Captured) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger("larande").exception("said")
        logging.getLogger("library").exception("said too")
    assert [("builtins.ValueError" in line["exception"]) for line in log.lines] == [True, True]
    assert "Anna" not in log.getvalue()


async def test_a_database_error_quotes_no_row(world: World, log: Captured) -> None:
    """PostgreSQL's DETAIL names the values that clash."""
    with pytest.raises(IntegrityError) as clash:
        await world.add(
            Unit(organisation_id=UUID(int=7), valid_from=date(2026, 1, 1), created_at=world.organisation.created_at)
        )
    structlog.get_logger("larande").error("clash", exc_info=clash.value)
    assert "IntegrityError" in log.getvalue()
    assert str(UUID(int=7)) not in log.getvalue()


async def test_each_request_is_one_line_about_nobody(world: World, log: Captured) -> None:
    admin = world.administrator.client
    body = a_workplace(name="Hemliga namnet")
    made = await admin.post(PATH, body, headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    await admin.get(f"{PATH}/{made['id']}")
    await admin.get(PATH, params={"q": "Hemliga"})
    await world.employee.client.refused("GET", f"{PATH}/{made['id']}", 404, "notFound")
    await world.nobody.request("GET", "/nowhere/anna@example.se", expect=404)
    lines = log.lines
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", BASE + PATH, 201),
        ("GET", f"{BASE}{PATH}/{{organisationId}}", 200),
        ("GET", BASE + PATH, 200),
        ("GET", f"{BASE}{PATH}/{{organisationId}}", 404),
        ("GET", None, 404),
    ]
    assert all(
        line.keys()
        == {"event", "level", "timestamp", "request_id", "trace_id", "method", "route", "status", "milliseconds"}
        for line in lines
    )
    assert lines[0]["trace_id"] == TRACE
    said = log.getvalue()
    for private in (
        "Hemliga",
        "anna",
        "127.0.0.1",
        "testclient",
        made["id"],
        admin.token or "",
        "Bearer",
        body["organisationNumber"],
        str(world.administrator.person.id),
    ):
        assert private not in said, private


async def test_a_commit_that_fails_is_not_answered_with_success(faulty: FastAPI) -> None:
    async with World(faulty) as world:
        response = await world.employee.client.request("POST", "/faults/late")
        assert response.status_code == 500
        assert "stored" not in response.text


async def test_a_commit_that_fails_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = a_workplace()

    async def broken(_session: AsyncSession) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "commit", broken)
        response = await world.administrator.client.request("POST", PATH, json=sent, expect=503)
    assert response.json()["code"] == "databaseAway"
    assert int(response.headers["Retry-After"]) > 0
    assert await stored(world, sent["organisationNumber"]) == 0
    await world.administrator.client.post(PATH, sent)


@pytest.mark.parametrize(("keep", "kept"), [("false", None), ("true", "halv")])
async def test_a_refused_request_keeps_nothing_unless_it_must(faulty: FastAPI, keep: str, kept: str | None) -> None:
    async with World(faulty) as world:
        headers = {"Authorization": f"Bearer {world.administrator.client.token}"}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(faulty), base_url="http://testserver") as http:
            refused = await http.post(f"{BASE}/faults/half?keep={keep}", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "notYourRole")
        assert (await world.employee.client.get(world.path))["shortName"] == kept


async def test_a_refused_request_has_let_go_of_everything(world: World) -> None:
    """Locks end with the request, not when the garbage is collected."""
    admin = world.administrator.client
    for _ in range(30):
        await admin.refused("PATCH", world.path, 412, "staleVersion", json={"name": "Ny"}, etag='"7"')
        async with world.database.write() as session:
            query = sa.select(col(Organisation.id)).where(col(Organisation.id) == world.organisation.id)
            assert (await session.execute(query.with_for_update(nowait=True))).one()


async def test_a_refused_request_leaves_no_trail(world: World) -> None:
    sent = a_workplace(organisationNumber=world.organisation.organisation_number)
    await world.administrator.client.refused("POST", PATH, 409, "organisationNumberTaken", json=sent)
    async with world.database.read() as session:
        mine = sa.select(sa.func.count()).where(col(AuditEntry.person_id) == world.administrator.person.id)
        assert (await session.execute(mine)).scalar_one() == 0


async def test_a_lost_connection_is_said_and_got_over(faulty: FastAPI) -> None:
    """The server ends all our connections, as when it restarts: 503 at most once each, then all is well."""
    async with World(faulty) as world:
        member = world.employee.client
        await asyncio.gather(*(member.get(world.path) for _ in range(4)))
        ours = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        await as_owner(world.database, f"SELECT pg_terminate_backend(pid) {ours}")
        answers = [await member.request("GET", world.path) for _ in range(12)]
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert answers[-1].status_code == 200
        assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)


async def test_a_database_that_is_not_there_is_a_503() -> None:
    app = create_app(settings_for("postgresql://nobody:nothing@127.0.0.1:9/larande"))
    async with client_for(app) as client:
        ready = await client.http.get("/health/ready")
        assert (ready.status_code, ready.headers["Retry-After"]) == (503, "5")
        assert (await client.http.get("/health/live")).status_code == 200
        assert "127.0.0.1" not in ready.text
    await app.state.database.close()


@pytest.mark.parametrize("state", ["40P01", "57014", "55P03"])
async def test_what_passes_by_itself_may_be_tried_again(world: World, state: str) -> None:
    from app.database import DatabaseAway

    with pytest.raises(DatabaseAway):
        async with world.database.write() as session:
            await session.execute(sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"))


async def test_a_connection_that_is_upgraded_is_not_served(client: Client, app: FastAPI) -> None:
    """Websockets pass the frame and end at a router that has none."""
    said: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message["type"])

    scope = {"type": "websocket", "path": "/larande/v1/organisations", "headers": [], "query_string": b"", "app": app}
    await app(scope, receive, send)
    assert said == ["websocket.close"]
    assert isinstance(client.http, httpx2.AsyncClient)


async def test_whoever_hangs_up_is_no_fault_of_ours(app: FastAPI, world: World) -> None:
    """A body that ends in the middle is logged as the client's doing: nobody can fill the log with alarms."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [
        (b"host", b"testserver"),
        (b"authorization", f"Bearer {world.employer_rep.client.token}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", b"500"),
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": f"{BASE}{world.path}/units",
        "raw_path": f"{BASE}{world.path}/units".encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    with structlog.testing.capture_logs() as logged:
        await app(scope, receive, send)
    assert [entry["event"] for entry in logged] == ["request"]
    assert logged[0]["status"] == 400
    assert sent[0]["status"] == 400
