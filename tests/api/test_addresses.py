"""What follows the question mark is percent-encoded UTF-8, or is refused (FNS.02)."""

import pytest
from fastapi import FastAPI

from tests.client import BASE
from tests.in_process import scope_of
from tests.world import World

READABLE = [
    *(b"", b"q=V%C3%A5rd", b"q=v%c3%a5rd+och%20omsorg", b"page=1&limit=2", b"q=%F0%9F%8C%B1", b"q=100%25"),
    *(b"q", b"=", b"&", b"q=a/b?c:d@e"),
]
UNREADABLE = [
    *(b"q=V%E5rd", b"q=%C3", b"q=%C3%28", b"q=%ED%A0%80", b"q=%C0%AF", b"q=%F4%90%80%80", b"%E5=1"),
    # Not encoded at all, or by halves.
    *("q=Vård".encode(), "q=Vård".encode("latin-1"), b"q=50%", b"q=%zz", b"q=%2", b"q=a b", b"q=a\x00b"),
    # Half a letter here and half there makes no letter.
    b"q=%C3&page=%A5",
]


async def _asked(app: FastAPI, path: str, query: bytes, token: str | None, language: str = "en") -> tuple[int, bytes]:
    headers = [(b"host", b"testserver"), (b"accept-language", language.encode())]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await app(scope_of("GET", path, path.encode(), query, headers), receive, send)  # type: ignore[arg-type]
    status, body = sent[0]["status"], b"".join(part["body"] for part in sent[1:])  # type: ignore[misc]
    assert isinstance(status, int)
    return status, body


@pytest.mark.parametrize("query", UNREADABLE)
async def test_what_is_no_encoded_utf_8_is_refused(app: FastAPI, world: World, query: bytes) -> None:
    status, body = await _asked(app, f"{BASE}{world.path}/units", query, world.employer_rep.client.token)
    assert (status, b'"addressUnreadable"' in body) == (400, True), body


@pytest.mark.parametrize("query", READABLE)
async def test_all_else_is_read(app: FastAPI, world: World, query: bytes) -> None:
    """None of these is a fault of the address; whether the names are known is another matter."""
    status, body = await _asked(app, f"{BASE}{world.path}/units", query, world.employer_rep.client.token)
    assert status in {200, 422}, body
    assert b"addressUnreadable" not in body


async def test_also_for_whoever_answers_a_survey_and_for_strangers(app: FastAPI) -> None:
    for path in (f"{BASE}/survey-forms/current", f"{BASE}/api-info", f"{BASE}/nothing-here", "/health/live"):
        status, body = await _asked(app, path, b"q=%E5", None, "sv")
        assert status == 400, path
        assert b"procentkodad UTF-8" in body, body
    status, body = await _asked(app, "/scim/v2/Users", b"filter=userName%20eq%20%22%E5%22", None)
    assert status == 400, body
    assert b"percent-encoded UTF-8" in body


async def test_a_swedish_word_is_found_by_its_letters(world: World) -> None:
    client = world.employer_rep.client
    made = await client.post(f"{world.path}/units", {"name": "Öppenvård på ön"})
    found = await client.get(f"{world.path}/units?q=%C3%96ppenv%C3%A5rd")
    assert [unit["id"] for unit in found["items"]] == [made["id"]]
    assert "q=%C3%96ppenv%C3%A5rd" in found["_links"]["self"]["href"]
