"""Real sockets against the server as it is run: those who dawdle, shout or do not listen keep nobody else waiting."""

import asyncio
import time
from contextlib import suppress

import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from app.main import create_app
from tests.conftest import settings_for
from tests.lines import BASE, GET, SOON, Answer, Line, served

SURVEY = f"GET {BASE}/survey-forms/current HTTP/1.1\r\nHost: localhost\r\n".encode()
PATIENT = {"header_seconds": 30.0, "answer_seconds": 30.0}


async def test_fifty_who_send_their_headers_slowly_keep_nobody_waiting(app: FastAPI) -> None:
    """Slowloris: a byte now and then, for ever. The honest one is answered at once, and they are sent away."""
    async with served(app, header_seconds=1.0) as there:
        slow = [await there.line() for _ in range(50)]
        for line in slow:
            await line.say(b"GET /larande/v1/api-info HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert await there.asked() < 1.0
        began = time.monotonic()

        async def dribble(line: Line) -> Answer:
            answer = asyncio.create_task(line.answer())
            while not answer.done():
                line.writer.write(b"a")
                await asyncio.sleep(0.1)
            return await answer

        answers = await asyncio.gather(*(dribble(line) for line in slow))
        assert time.monotonic() - began < 5.0
        assert {answer.status for answer in answers} == {408}
        assert {answer.problem["code"] for answer in answers} == {"requestTooSlow"}
        assert answers[0].headers["connection"] == "close"
        assert answers[0].headers["x-frame-options"] == "deny"
        assert "traceparent" in answers[0].headers
        assert await there.asked() < 1.0


async def test_fifty_who_send_their_bodies_slowly_hold_no_place(database_url: str) -> None:
    own = create_app(settings_for(database_url, body_seconds=1.0, requests_at_once=2))
    async with served(own, **PATIENT) as there:
        slow = [await there.line() for _ in range(50)]
        for line in slow:
            await line.say(
                f"POST {BASE}/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                "Content-Length: 100000\r\n\r\n{".encode()
            )
        assert await there.asked() < 1.0
        answers = await asyncio.gather(*(line.answer() for line in slow))
        assert {(answer.status, answer.problem["code"]) for answer in answers} == {(408, "requestTooSlow")}
        assert await asyncio.gather(*(line.ends() for line in slow)) == [b""] * 50
    await own.state.database.close()


async def test_who_says_nothing_is_hung_up_on(app: FastAPI) -> None:
    async with served(app, header_seconds=0.5) as there:
        silent = [await there.line() for _ in range(20)]
        assert await asyncio.gather(*(line.ends() for line in silent)) == [b""] * 20
        assert await there.asked() < 1.0


async def test_a_connection_that_is_kept_has_as_long_for_its_next_request(app: FastAPI) -> None:
    async with served(app, header_seconds=0.6) as there:
        line = await there.line()
        for _ in range(6):
            await line.say(GET)
            assert (await line.answer()).status == 200
            await asyncio.sleep(0.2)
        await line.say(GET[:30])
        assert (await line.answer()).status == 408


async def test_a_request_that_takes_long_is_not_taken_for_a_slow_one(database_url: str) -> None:
    own = create_app(settings_for(database_url))

    @own.get(f"{BASE}/long")
    async def take_long() -> PlainTextResponse:
        await asyncio.sleep(1.0)
        return PlainTextResponse("done")

    async with served(own, header_seconds=0.2, answer_seconds=0.2) as there:
        line = await there.line()
        await line.say(GET.replace(b"/api-info", b"/long"))
        assert (await line.answer()).body == b"done"


async def test_requests_sent_all_at_once_are_answered_in_turn(app: FastAPI) -> None:
    async with served(app, **PATIENT) as there:
        line = await there.line()
        await line.say(GET * 20)
        assert [(await line.answer()).status for _ in range(20)] == [200] * 20


async def test_when_all_lines_are_taken_the_longest_silent_makes_room(app: FastAPI) -> None:
    async with served(app, connections=10, **PATIENT) as there:
        idle = [await there.line() for _ in range(10)]
        await asyncio.sleep(0.05)
        for _ in range(5):
            assert await there.asked() < 1.0
        assert await idle[0].ends() == b""
        assert len(there.server.server_state.connections) <= 10


@pytest.mark.parametrize(
    "head",
    [
        b"GET /larande/v1/api-info HTTP/1.1\r\nHost: localhost\r\nX-Endless: " + b"x" * 200_000,
        b"GET /" + b"x" * 200_000,
        b"GET /larande/v1/api-info HTTP/1.1\r\nHost: localhost\r\n" + b"X-Many: x\r\n" * 20_000,
    ],
    ids=["one header", "an address", "many headers"],
)
async def test_a_head_without_end_is_not_kept(app: FastAPI, head: bytes) -> None:
    async with served(app, **PATIENT) as there:
        line = await there.line()
        for place in range(0, len(head), 4096):
            line.writer.write(head[place : place + 4096])
            await asyncio.sleep(0)
            if there.server.server_state.connections and line.writer.transport.is_closing():
                break
        answer: Answer | None = None
        with suppress(ConnectionError):  # hung up before it had read the answer: what it sent was not wanted
            answer = await line.answer()
        assert answer is None or (answer.status, answer.problem["code"]) == (431, "headersTooLarge")
        assert await there.asked() < 1.0


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /larande/v1/api-info HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /larande/v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /larande/v1/api-info HTTP/1.1\r\nHost: localhost\r\nBad\x00Name: x\r\n\r\n",
        b"GET /larande/v1/\xc3\xa5 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT example.se:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_a_problem_like_any_other(app: FastAPI, sent: bytes) -> None:
    async with served(app, **PATIENT) as there:
        line = await there.line()
        await line.say(sent)
        answer = await line.answer()
        assert answer.status in {400, 404}
        if answer.status == 400:
            assert answer.problem["code"] == "requestUnreadable"
        assert (
            answer.headers["content-security-policy"] == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert "server" not in answer.headers
        assert await there.asked() < 1.0


async def test_a_refused_request_speaks_the_language_that_was_heard(app: FastAPI) -> None:
    async with served(app, header_seconds=0.3) as there:
        line = await there.line()
        await line.say(b"GET / HTTP/1.1\r\nAccept-Language: en\r\nX-Slow: a")
        assert (await line.answer()).problem["title"] == "The request took too long"


async def test_a_respondent_who_is_too_slow_is_in_no_log(
    app: FastAPI, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr("app.api.middleware._log.info", lambda _event, **known: seen.append(str(known)), raising=False)
    async with served(app, header_seconds=0.3) as there:
        line = await there.line()
        await line.say(SURVEY + b"X-Slow: a")
        assert (await line.answer()).status == 408
    assert seen == []
    assert "survey" not in capsys.readouterr().err


async def test_what_is_not_read_is_not_kept_for_ever(database_url: str) -> None:
    """Those who ask for much and read nothing are given up; those who read, however slowly, get everything."""
    own = create_app(settings_for(database_url))
    much = b"x" * 20_000_000

    @own.get(f"{BASE}/much")
    async def give_much() -> PlainTextResponse:
        return PlainTextResponse(much)

    asking = GET.replace(b"/api-info", b"/much")
    async with served(own, header_seconds=30.0, answer_seconds=0.5) as there:
        deaf = [await there.line(limit=1024) for _ in range(5)]
        for line in deaf:
            await line.say(asking)
        slow = await there.line(limit=1024)
        await slow.say(asking)
        read = 0
        async with asyncio.timeout(60):
            while read < len(much):
                read += len(await slow.reader.read(400_000))
                await asyncio.sleep(0.02)
        async with asyncio.timeout(SOON):
            while len(there.server.server_state.connections) > 1:  # noqa: ASYNC110 - the server's own list
                await asyncio.sleep(0.05)
        assert await there.asked() < 1.0


async def test_what_follows_a_refused_body_has_an_end(app: FastAPI) -> None:
    """Whoever goes on sending after a 413 is hung up on."""
    async with served(app, header_seconds=0.5) as there:
        line = await there.line()
        await line.say(
            f"POST {BASE}/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Content-Length: 100000000\r\n\r\n".encode()
        )
        assert (await line.answer()).status == 413
        with pytest.raises(ConnectionError):
            await _send_for_ever(line)
        assert await there.asked() < 1.0


async def _send_for_ever(line: Line) -> None:
    async with asyncio.timeout(SOON):
        while True:
            await line.say(b"x" * 1000)
            await asyncio.sleep(0.01)
