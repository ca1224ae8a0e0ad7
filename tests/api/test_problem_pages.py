"""Every problem is documented where its `type` leads."""

import re
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from app.api.docs.words import ADVICE
from app.api.operations import BASE
from app.api.problem_texts import FIELD_TEXTS, PROBLEMS
from app.api.problems import name_of
from app.main import create_app
from tests.client import Client
from tests.conftest import settings_for
from tests.world import World

PAGES = f"{BASE}/problems"


async def test_a_refusal_leads_to_its_own_page(world: World) -> None:
    refusal = await world.employee.client.request("GET", "/nowhere", expect=404)
    said = refusal.json()
    assert said["type"] == "http://testserver/larande/v1/problems/not-found"
    for language in ("sv", "en"):
        page = await world.employee.client.http.get(said["type"], headers={"Accept-Language": language})
        told = page.json()
        assert (told["type"], told["code"], told["status"]) == (said["type"], "notFound", 404)
        assert told["title"] == PROBLEMS["notFound"].title[language]


@pytest.mark.parametrize("language", ["sv", "en"])
async def test_every_problem_has_a_page_and_the_same_as_json(app: FastAPI, client: Client, language: str) -> None:
    documented = {operation["operationId"] for item in app.openapi()["paths"].values() for operation in item.values()}
    index = await client.http.get(PAGES, headers={"Accept": "text/html", "Accept-Language": language})
    listed = (await client.http.get(PAGES, headers={"Accept-Language": language})).json()
    assert {each["code"] for each in listed["problems"]} == set(PROBLEMS)
    assert index.headers["Cache-Control"].startswith("public")
    assert len(listed["fieldCodes"]) == len(FIELD_TEXTS)
    for code, text in PROBLEMS.items():
        address = f"{PAGES}/{name_of(code)}"
        assert f'href="{address}?lang={language}"' in index.text
        told = (await client.http.get(address, headers={"Accept-Language": language})).json()
        assert told["type"] == f"http://testserver{address}"
        assert told["code"] == told["example"]["code"] == code
        assert (told["title"], told["meaning"]) == (text.title[language], text.detail[language])  # type: ignore[index]
        assert told["advice"] == ADVICE[text.status][language]  # type: ignore[index]
        assert {each["operationId"] for each in told["operations"]} <= documented
        page = await client.http.get(address, headers={"Accept": "text/html", "Accept-Language": language})
        # It names the host that was asked for: no cache hands it to somebody who has asked for another.
        assert page.headers["Cache-Control"].startswith("private")
        seen = unescape(re.sub(r"<[^>]+>", "", page.text))
        for words in (told["title"], told["meaning"], told["advice"], told["example"]["type"]):
            assert words in seen
        assert page.text.count("<h1>") == 1


async def test_a_page_names_the_calls_that_the_agreement_refuses_so(client: Client) -> None:
    told = (await client.http.get(f"{PAGES}/own-party-missing")).json()
    assert {"operationId": "create_working_group", "method": "POST"}.items() <= told["operations"][0].items()
    assert {each["operationId"] for each in told["operations"]} == {"create_working_group", "update_working_group"}


async def test_who_has_the_code_is_shown_the_way(client: Client) -> None:
    answer = await client.http.get(f"{PAGES}/staleVersion?lang=en")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PAGES}/stale-version?lang=en")
    for name in ("stale_version", "StaleVersion", "stale-Version", "x" * 3000, "%3Cscript%3E", "..", "å", "%00"):
        unknown = await client.http.get(f"{PAGES}/{name}")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "notFound"), name
        assert "script" not in unknown.text


async def test_a_page_comes_in_two_formats_and_no_third(client: Client) -> None:
    for path in (PAGES, f"{PAGES}/not-found"):
        for accept, status, media_type in (
            ("*/*", 200, "application/json"),
            ("text/html,application/xhtml+xml,*/*;q=0.8", 200, "text/html; charset=utf-8"),
            ("image/png", 406, "application/problem+json"),
        ):
            answer = await client.http.get(path, headers={"Accept": accept})
            assert (answer.status_code, answer.headers["Content-Type"]) == (status, media_type)


async def test_the_type_names_the_host_that_the_client_used(database_url: str) -> None:
    """A trusted proxy's word counts, a stranger's does not, and what is no host is led nowhere near us."""
    app = create_app(settings_for(database_url, trusted_proxies="10.0.0.1"))
    for sender, home in (("10.0.0.1", "https://larande.mhv.example"), ("10.0.0.9", "http://testserver")):
        transport = httpx2.ASGITransport(app, client=(sender, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            forwarded = {"Forwarded": "for=192.0.2.1;proto=https;host=larande.mhv.example"}
            for path, name in (("/nowhere", "not-found"), (f"{BASE}/docs-assets/nowhere.js", "not-found")):
                answer = await http.get(path, headers=forwarded)
                assert answer.json()["type"] == f"{home}{PAGES}/{name}"
            strange = await http.get("/nowhere", headers={"Host": "<script>"})
            kind = urlsplit(strange.json()["type"])
            assert (kind.netloc, kind.path) == ("larande.example", f"{PAGES}/host-invalid")
    await app.state.database.close()
