"""The pages that people read and the document in their language, as they come over HTTP."""

import re

import pytest
from fastapi import FastAPI

from app.api.document.language import in_swedish
from app.api.operations import BASE
from tests.client import Client

DOCUMENT = f"{BASE}/openapi.json"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("de", "en"),
        ("sv", "sv"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("SV-fi", "sv"),
        ("en-GB,en;q=0.9,sv;q=0.8", "en"),
        ("sv;q=0", "en"),
        ("sv;q=0,en;q=0.1", "en"),
        ("en;q=0", "sv"),
        ("en;q=0,sv;q=0", "en"),
        ("de,sv;q=0.1", "sv"),
    ],
)
async def test_the_document_comes_in_the_language_asked_for(
    app: FastAPI, client: Client, asked: str | None, language: str
) -> None:
    """Without a wish, tools get what is committed."""
    answer = await client.http.get(DOCUMENT, headers={} if asked is None else {"Accept-Language": asked})
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == (in_swedish(app.openapi()) if language == "sv" else app.openapi())


async def test_each_language_has_an_etag_of_its_own(client: Client) -> None:
    tags = {}
    for language in ("sv", "en"):
        answer = await client.http.get(DOCUMENT, headers={"Accept-Language": language})
        tags[language] = answer.headers["ETag"]
    assert tags["sv"] != tags["en"]
    for language, other in (("sv", "en"), ("en", "sv")):
        for tag, status in ((tags[language], 304), (tags[other], 200)):
            headers = {"Accept-Language": language, "If-None-Match": tag}
            answer = await client.http.get(DOCUMENT, headers=headers)
            assert answer.status_code == status
            assert (answer.headers["ETag"], answer.headers["Content-Language"]) == (tags[language], language)


async def test_pages_show_the_document_of_the_installation_that_serves_them(client: Client) -> None:
    for language in ("sv", "en"):
        page = (await client.http.get(f"{BASE}/docs", headers={"Accept-Language": language})).text
        address = re.search(r'data-document="([^"]+)"', page)
        assert address
        shown = (await client.http.get(address[1])).json()
        assert [server["url"] for server in shown["servers"]] == [BASE]
        general = (await client.http.get(DOCUMENT, headers={"Accept-Language": language})).json()
        assert shown | {"servers": 0} == general | {"servers": 0}


PAGES = ["/docs", "/docs/read", "/problems", "/problems/validation-failed"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("query", "asked", "language"),
    [
        ("", "", "sv"),
        ("", "en", "en"),
        ("", "fr", "sv"),
        ("?lang=en", "sv", "en"),
        ("?lang=sv", "en", "sv"),
        ("?lang=%3Cscript%3E", "en", "en"),
    ],
)
async def test_a_page_has_one_language_and_leads_to_the_other(
    client: Client, path: str, query: str, asked: str, language: str
) -> None:
    answer = await client.http.get(BASE + path + query, headers={"Accept": "text/html", "Accept-Language": asked})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert re.search(r"<title>[^<]{10,}</title>", answer.text)
    assert answer.text.count("<main ") == 1
    assert 'href="?lang=sv"' in answer.text
    assert 'href="?lang=en"' in answer.text
    assert "<script>" not in answer.text


async def test_a_page_is_not_sent_twice(client: Client) -> None:
    for path in PAGES:
        headers = {"Accept": "text/html"}
        first = await client.http.get(BASE + path, headers=headers)
        again = await client.http.get(BASE + path, headers=headers | {"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


async def test_the_root_leads_to_the_docs(client: Client) -> None:
    answer = await client.http.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}/docs")


async def test_nobody_is_sent_to_the_makers_of_a_tool(client: Client) -> None:
    """ReDoc would fetch a logo from them."""
    script = (await client.http.get(f"{BASE}/docs/redoc.js")).text
    assert "cdn.redoc.ly" not in script
    assert len(script) > 500_000
