"""Headers that browsers heed: on every answer, whatever it is; and who may call from a page elsewhere."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.main import create_app
from tests.client import BASE, Client, Response, client_for
from tests.conftest import settings_for
from tests.contract import ALWAYS, document
from tests.lines import Served, served
from tests.world import World

NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
LISTED = "https://front.example.se"


def demand(answer: Response) -> None:
    for name, least in ALWAYS.items():
        assert answer.headers.get_list(name), (answer.request.url, name)
        assert len(answer.headers.get_list(name)) == 1, (answer.request.url, name)
        assert least in answer.headers[name], (answer.request.url, name)
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers


async def test_every_operation_answers_with_them_also_when_it_refuses(world: World) -> None:
    """As nobody and as somebody; what the suite is answered otherwise is checked by tests/contract.py."""
    seen = 0
    for path, item in document()["paths"].items():
        for method in [*item, "options", "trace"]:
            address = re.sub(r"\{\w+\}", "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b", path)
            for client in (world.nobody, world.employee.client):
                answer = await client.request(method.upper(), address)
                demand(answer)
                assert answer.headers["content-security-policy"] == NOTHING
                seen += 1
    assert seen > 400


async def test_what_is_no_operation_answers_with_them_too(client: Client) -> None:
    for path in (
        "/",
        "/favicon.ico",
        "/health/live",
        "/health/ready",
        "/larande",
        "/robots.txt",
        f"{BASE}/openapi.json",
    ):
        answer = await client.http.get(path)
        demand(answer)
        assert answer.headers["content-security-policy"] == NOTHING
    for path in ("/docs", "/docs/openapi.json", "/docs-assets/swagger-ui.css", "/docs-assets/nowhere.js", "/nowhere"):
        demand(await client.http.get(BASE + path))
    demand(await client.http.request("POST", f"{BASE}/auth/token", content=b"x" * 2_000_000))
    demand(await client.http.get(f"{BASE}/api-info", headers={"Host": "<script>"}))


async def test_only_https_is_promised_where_https_is_spoken(database_url: str) -> None:
    """RFC 6797: never over plain HTTP, always over TLS, which a trusted proxy speaks for the service."""
    app = create_app(settings_for(database_url, trusted_proxies="10.0.0.1"))
    for sender, proto, promised in (("10.0.0.1", "https", 1), ("10.0.0.1", "http", 0), ("10.0.0.9", "https", 0)):
        transport = httpx2.ASGITransport(app, client=(sender, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            for path in (f"{BASE}/api-info", f"{BASE}/docs", "/nowhere", f"{BASE}/organisations"):
                answer = await http.get(path, headers={"Forwarded": f"for=192.0.2.1;proto={proto}"})
                told = answer.headers.get_list("strict-transport-security")
                assert told == ["max-age=63072000; includeSubDomains"] * promised, (sender, proto, path)
    await app.state.database.close()


# --- The docs page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/docs", "/docs/read", "/problems", "/problems/stale-version"])
async def test_the_docs_page_runs_its_own_scripts_and_no_others(client: Client, path: str) -> None:
    page = await client.http.get(BASE + path, headers={"Accept": "text/html"})
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "http" not in page.headers["content-security-policy"]
    assert policy.get("script-src") == ("'self'" if "docs" in path else None)
    styles = policy["style-src"].split()
    assert styles[0] == "'self'"
    assert len(styles) == (3 if path == "/docs/read" else 1)
    assert all(each.startswith("'sha256-") for each in styles[1:])
    assert not re.search(r"<script>|\son\w+=|style=|<style", page.text)
    sources = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', page.text)
    assert len(sources) >= 2
    for source in sources:
        assert source.startswith(("/larande/v1/docs-assets/", "/larande/v1/docs/"))
        assert (await client.http.get(source)).status_code == 200


# --- Other origins, over real HTTP --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def at(database_url: str) -> AsyncIterator[tuple[Served, FastAPI]]:
    own = create_app(settings_for(database_url, cors_origins=f"{LISTED}, http://localhost:5173"))
    async with served(own) as there:
        yield there, own
    await own.state.database.close()


def cors(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


async def test_a_listed_origin_is_answered_with_its_own_name(at: tuple[Served, FastAPI]) -> None:
    there, app = at
    async with World(app) as world, httpx2.AsyncClient(base_url=there.url + BASE, trust_env=False) as http:
        signed_in = {"Authorization": f"Bearer {world.employee.client.token}"}
        for origin in (LISTED, "http://localhost:5173"):
            for path, more in (("/api-info", {}), (world.path, signed_in), ("/organisations", {}), ("/nowhere", {})):
                answer = await http.get(path, headers={"Origin": origin, **more})
                told = cors(answer)
                assert told["access-control-allow-origin"] == origin
                assert told["access-control-allow-credentials"] == "true"
                exposed = set(told["access-control-expose-headers"].split(", "))
                assert exposed >= {"ETag", "Location", "Retry-After", "traceparent", "RateLimit", "RateLimit-Policy"}
                assert "*" not in str(told)
                assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.example.se",
        "https://front.example.se.evil.example",
        "https://evilfront.example.se",
        "https://a.front.example.se",
        "https://example.se",
        "http://front.example.se",
        "https://front.example.se:8443",
        "https://front.example.se:443",
        "https://FRONT.example.se",
        "HTTPS://front.example.se",
        "https://front.example.se/",
        "https://front.example.se.",
        "https://front.example.se, https://other.example.se",
        "http://localhost:5174",
        "http://localhost",
        "null",
        "*",
        "",
        "file://",
    ],
)
async def test_any_other_origin_is_told_nothing(at: tuple[Served, FastAPI], origin: str) -> None:
    there, app = at
    async with World(app) as world, httpx2.AsyncClient(base_url=there.url + BASE, trust_env=False) as http:
        signed_in = {"Authorization": f"Bearer {world.employee.client.token}", "Origin": origin}
        answer = await http.get(world.path, headers=signed_in)
        assert answer.status_code == 200
        assert cors(answer) == {}
        # A cache must not show a listed origin this answer.
        assert "Origin" in answer.headers["vary"]
        asking = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}
        asked = await http.options(world.path, headers={"Origin": origin, **asking})
        assert asked.status_code == 405
        assert cors(asked) == {}


async def test_two_origins_are_none(at: tuple[Served, FastAPI]) -> None:
    there, _ = at
    async with httpx2.AsyncClient(base_url=there.url + BASE, trust_env=False) as http:
        answer = await http.get("/api-info", headers=[("Origin", LISTED), ("Origin", "https://other.example.se")])
        assert cors(answer) == {}


async def test_a_browser_that_asks_first_hears_what_it_may_send(at: tuple[Served, FastAPI]) -> None:
    there, _ = at
    own = "authorization, content-type, if-match, if-none-match, idempotency-key, traceparent"
    async with httpx2.AsyncClient(base_url=there.url + BASE, trust_env=False) as http:

        async def asked(method: str, headers: str | None) -> Any:
            asking = {"Origin": LISTED, "Access-Control-Request-Method": method}
            more = {} if headers is None else {"Access-Control-Request-Headers": headers}
            return await http.options("/organisations", headers=asking | more)

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = await asked(method, own)
            assert answer.status_code == 200
            told = cors(answer)
            assert told["access-control-allow-origin"] == LISTED
            assert told["access-control-allow-credentials"] == "true"
            assert set(told["access-control-allow-methods"].split(", ")) == {"GET", "POST", "PUT", "PATCH", "DELETE"}
            assert {name.strip() for name in own.split(",")} <= {
                name.strip().lower() for name in told["access-control-allow-headers"].split(",")
            }
            assert "*" not in str(told)
            assert "Origin" in answer.headers["vary"]
            demand(answer)
        assert (await asked("TRACE", own)).status_code == 400
        assert (await asked("POST", "x-forwarded-for")).status_code == 400
        assert (await asked("POST", "cookie")).status_code == 400


async def test_without_a_list_there_are_no_other_origins(app: FastAPI) -> None:
    async with client_for(app) as client:
        for origin in ("https://front.example.se", "null", "http://testserver"):
            answer = await client.request("GET", "/api-info", headers={"Origin": origin}, expect=200)
            assert cors(answer) == {}


async def test_a_refusal_for_coming_too_often_can_be_read_from_a_page(database_url: str) -> None:
    own = create_app(settings_for(database_url, cors_origins=LISTED, strangers_per_minute=1))
    async with client_for(own) as client:
        answers = [await client.request("GET", "/api-info", headers={"Origin": LISTED}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert cors(answers[1])["access-control-allow-origin"] == LISTED
        demand(answers[1])
    await own.state.database.close()
