"""How often, how much, how slowly and how many at once: refused in plain words, and honest callers never notice."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from starlette.types import Message

from app.api import limits, operations
from app.api.limits import RateLimited
from app.main import create_app
from tests.client import BASE, client_for
from tests.conftest import settings_for
from tests.contract import DOCUMENT, document
from tests.in_process import scope_of
from tests.world import World

PATH = "/organisations"
SURVEY = {"Authorization": f"Bearer {'a' * 43}"}


@dataclass
class Clock:
    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def an_app(url: str, clock: Clock | None = None, **settings: Any) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(url, **settings))
    if clock is not None:
        (counting,) = [each for each in app.user_middleware if cast("Any", each.cls) is RateLimited]
        counting.kwargs["clock"] = clock
    yield app
    await app.state.database.close()


# --- How often -----------------------------------------------------------------------------------------------


async def test_each_person_has_an_allowance_and_is_told_of_it(database_url: str) -> None:
    clock = Clock()
    async with an_app(database_url, clock, reads_per_minute=6, writes_per_minute=3) as app, World(app) as world:
        member, colleague = world.employee.client, world.employer_rep.client
        answers = [await member.request("GET", world.path) for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
        assert answers[0].headers["RateLimit-Policy"] == '"reads";q=6;w=60'
        assert answers[0].headers["RateLimit"] == '"reads";r=5;t=10'
        assert answers[6].headers["RateLimit"] == '"reads";r=0;t=10'
        assert answers[6].headers["Retry-After"] == "10"
        assert answers[6].json()["code"] == "tooManyRequests"
        assert answers[6].json()["title"] == "För många förfrågningar"
        english = await member.request("GET", world.path, headers={"Accept-Language": "en"}, expect=429)
        assert english.json()["title"] == "Too many requests"
        await colleague.get(world.path)
        clock.seconds += 10
        await member.get(world.path)
        await member.refused("GET", world.path, 429, "tooManyRequests")


async def test_writes_are_counted_apart_and_a_refused_one_changes_nothing(database_url: str) -> None:
    clock = Clock()
    async with an_app(database_url, clock, writes_per_minute=2) as app, World(app) as world:
        admin = world.administrator.client
        tag = await admin.etag(world.path)
        for name in ("Ett", "Två"):
            answer = await admin.request("PATCH", world.path, json={"shortName": name}, etag=tag, expect=200)
            tag = answer.headers["ETag"]
        assert answer.headers["RateLimit"] == '"writes";r=0;t=30'
        await admin.refused("PATCH", world.path, 429, "tooManyRequests", json={"shortName": "Tre"}, etag=tag)
        assert (await admin.get(world.path))["shortName"] == "Två"


async def test_two_sign_ins_of_one_person_share_what_the_person_has(database_url: str) -> None:
    async with an_app(database_url, Clock(), reads_per_minute=4) as app, World(app) as world:
        first = world.employee.client
        second = first.signed_in(await world.token(world.employee.person))
        answers = [await (first, second)[n % 2].request("GET", world.path) for n in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429]


def _from(address: str, app: FastAPI) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app, client=(address, 1)), base_url="http://testserver")


async def test_those_who_are_not_signed_in_are_counted_by_address(database_url: str) -> None:
    async with (
        an_app(database_url, Clock(), strangers_per_minute=3) as app,
        World(app) as world,
        _from("192.0.2.1", app) as here,
        _from("192.0.2.2", app) as there,
    ):
        sent: list[dict[str, str]] = [{}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic YTpi"}]
        answers = [await here.get(BASE + PATH, headers=headers) for headers in sent]
        assert [answer.status_code for answer in answers] == [401] * 3
        assert (await here.get(BASE + PATH, headers=sent[1])).status_code == 429
        for address in ("/api-info", "/nowhere", "/openapi.json", "/docs"):
            assert (await here.get(BASE + address)).status_code == 429
        assert (await there.get(BASE + "/api-info")).status_code == 200
        # Whoever is signed in is somebody of their own, wherever the request comes from.
        token = {"Authorization": f"Bearer {world.employee.client.token}"}
        assert (await here.get(BASE + world.path, headers=token)).status_code == 200
        # Nobody is kept from signing in, from health, or from answering a survey by what a neighbour does.
        assert (await here.get("/health/live")).status_code == 200
        grant = {"grantType": "refresh_token", "refreshToken": "x" * 43}
        for _ in range(5):
            assert (await here.post(f"{BASE}/auth/token", json=grant)).status_code == 401
            assert (await here.get(f"{BASE}/survey-forms/current", headers=SURVEY)).status_code == 401


async def test_a_proxys_word_counts_where_it_is_trusted(database_url: str) -> None:
    async with an_app(database_url, Clock(), strangers_per_minute=1, trusted_proxies="10.0.0.1") as app:
        for sender, expected in (("10.0.0.1", [200, 200, 429]), ("10.0.0.9", [200, 429, 429])):
            transport = httpx2.ASGITransport(app, client=(sender, 1))
            async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
                for_whom = ("192.0.2.1", "192.0.2.2", "192.0.2.1")
                answers = [
                    await http.get(f"{BASE}/api-info", headers={"Forwarded": f"for={each}"}) for each in for_whom
                ]
                assert [answer.status_code for answer in answers] == expected


async def test_a_whole_workplace_answers_from_one_address(database_url: str) -> None:
    """Honest respondents are never counted: not by address, not by anything."""
    async with an_app(database_url, Clock(), strangers_per_minute=1, reads_per_minute=1, writes_per_minute=1) as app:
        async with client_for(app) as client:
            for _ in range(50):
                answer = await client.request("GET", "/survey-forms/current", headers=SURVEY, expect=401)
                assert "ratelimit" not in answer.headers
        (counting,) = [each for each in _inner(app) if isinstance(each, RateLimited)]
        assert len(counting.buckets) == 0


def _inner(app: FastAPI) -> Iterator[Any]:
    each: Any = app.middleware_stack
    while each is not None:
        yield each
        each = getattr(each, "app", None)


def test_the_suite_runs_under_the_limits_that_people_meet() -> None:
    """They are what an installation has: high enough that nobody honest, and no test, meets them."""
    settings = settings_for("postgresql://nowhere/larande")
    assert (settings.reads_per_minute, settings.writes_per_minute, settings.strangers_per_minute) == (3000, 1200, 3000)
    assert (settings.requests_at_once, settings.connections) == (200, 800)


def test_the_document_tells_of_the_limits_once_for_every_operation_that_has_them() -> None:
    for path, item in document()["paths"].items():
        for operation in item.values():
            counted = limits.is_counted(BASE + path)
            success = next(answer for status, answer in operation["responses"].items() if status < "300")
            assert ({"RateLimit", "RateLimit-Policy"} <= success["headers"].keys()) == counted, path
            assert ("429" in operation["responses"]) >= counted, path
            assert {"408", "413", "414", "431", "503"} <= operation["responses"].keys(), path
    assert "RateLimit-Policy" in DOCUMENT.read_text()


# --- How much ------------------------------------------------------------------------------------------------


async def test_an_address_or_headers_of_any_length_are_refused(world: World) -> None:
    member = world.employee.client
    await member.get(PATH, params={"q": "x" * 100})
    for where in (f"{PATH}?q={'x' * 9_000}", f"/{'x' * 9_000}"):
        problem = await member.refused("GET", where, 414, "addressTooLong")
        assert "xxx" not in str(problem)
    large = {"X-Large": "x" * 33_000}
    assert "xxx" not in str(await member.refused("GET", PATH, 431, "headersTooLarge", headers=large))
    many = {f"X-{n}": "x" for n in range(8_000)}
    await member.refused("GET", PATH, 431, "headersTooLarge", headers=many)
    answer = await member.request("GET", PATH, headers=large, expect=431)
    assert answer.headers["Connection"] == "close"


async def test_what_has_too_large_headers_is_read_before_it_is_answered(database_url: str) -> None:
    """A connection that closes while its request is still being sent is reset, and takes the answer with it."""
    told: list[str] = []

    async def receive() -> Message:
        told.append("read")
        return {"type": "http.request", "body": b"{}", "more_body": told.count("read") < 3}

    async def send(message: Message) -> None:
        told.append(str(message.get("status", "sent")))

    scope = scope_of("POST", PATH, PATH.encode(), b"", [(b"content-length", b"6"), (b"x-large", b"x" * 33_000)])
    async with an_app(database_url) as app:
        await app(scope, receive, send)
    assert told[:4] == ["read", "read", "read", "431"]


# --- How slowly ----------------------------------------------------------------------------------------------


async def test_a_body_that_does_not_come_is_not_waited_for(database_url: str) -> None:
    async with an_app(database_url, body_seconds=0.1) as app, World(app) as world:

        async def dribble() -> AsyncIterator[bytes]:
            yield b'{"name": '
            await asyncio.sleep(30)
            yield b'"x"}'

        began = time.monotonic()
        problem = await world.administrator.client.refused(
            "POST", PATH, 408, "requestTooSlow", content=dribble(), headers={"Content-Type": "application/json"}
        )
        assert time.monotonic() - began < 10
        assert problem["title"] == "Begäran tog för lång tid"


async def test_whoever_sends_slowly_holds_no_place(database_url: str) -> None:
    """A request is under way only when all of it is here."""
    async with an_app(database_url, requests_at_once=1, body_seconds=30) as app, World(app) as world:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def dribble() -> AsyncIterator[bytes]:
            yield b"{"
            begun.set()
            await go_on.wait()
            yield b"}"

        admin = world.administrator.client
        slow = [
            asyncio.create_task(
                admin.request("POST", PATH, content=dribble(), headers={"Content-Type": "application/json"})
            )
            for _ in range(5)
        ]
        await begun.wait()
        await admin.get(world.path)
        go_on.set()
        for each in slow:
            assert (await each).status_code in {422, 503}


# --- How many at once ----------------------------------------------------------------------------------------

waiting = APIRouter()
GO_ON = asyncio.Event()


@waiting.get("/waiting")
async def wait() -> dict[str, str]:
    """Takes as long as the test wants."""
    await GO_ON.wait()
    return {"status": "waited"}


@pytest.fixture
async def busy(database_url: str) -> AsyncIterator[FastAPI]:
    GO_ON.clear()
    async with an_app(database_url, requests_at_once=4) as app:
        app.include_router(waiting, prefix=BASE)
        operations.install(app)
        yield app
        GO_ON.set()


async def test_one_too_many_is_asked_to_come_again_and_health_answers(busy: FastAPI) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(busy), base_url="http://testserver") as http:
        under_way = [asyncio.create_task(http.get(f"{BASE}/waiting")) for _ in range(4)]
        await asyncio.sleep(0.05)
        refused = await http.get(f"{BASE}/api-info", headers={"Accept-Language": "en"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert (refused.json()["code"], refused.json()["title"]) == ("serverBusy", "The service is busy")
        assert (await http.get("/health/live")).status_code == 200
        assert (await http.get("/health/ready")).status_code == 200
        # Respondents have a lane of their own.
        assert (await http.get(f"{BASE}/survey-forms/current", headers=SURVEY)).status_code == 401
        GO_ON.set()
        assert [(await each).status_code for each in under_way] == [200] * 4
        assert (await http.get(f"{BASE}/api-info")).status_code == 200


async def test_places_are_given_back_whatever_happens(busy: FastAPI) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(busy), base_url="http://testserver") as http:
        for _ in range(3):
            hung_up = [asyncio.create_task(http.get(f"{BASE}/waiting")) for _ in range(4)]
            await asyncio.sleep(0.05)
            for each in hung_up:
                each.cancel()
            await asyncio.gather(*hung_up, return_exceptions=True)
        for path in ("/nowhere", "/organisations", "/api-info?x=1"):
            for _ in range(5):
                assert (await http.get(BASE + path)).status_code in {404, 401, 422}
        assert (await http.get(f"{BASE}/api-info")).status_code == 200


async def test_who_reads_slowly_holds_no_place() -> None:
    """The place is given back when the answer begins, not when the last byte has been read."""
    reading = asyncio.Event()

    async def endpoint(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await reading.wait()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    at_once = limits.AtOnce(endpoint, most=1)
    scope = {"type": "http", "path": "/larande/v1/docs-assets/swagger-ui-bundle.js", "headers": []}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        pass

    slow = [asyncio.create_task(at_once(scope, receive, send)) for _ in range(3)]
    await asyncio.sleep(0)
    assert at_once.others.under_way == 0
    reading.set()
    await asyncio.gather(*slow)
    assert at_once.others.under_way == 0
