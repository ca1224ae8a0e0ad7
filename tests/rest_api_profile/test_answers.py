"""What the national profile asks of the answers themselves, over the answers of the program."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.api.api_info import RELEASED, VERSION
from tests.client import Client
from tests.in_process import ROOT
from tests.world import World


def _values(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, part in node.items():
            yield from _values(part, key)
    elif isinstance(node, list):
        for part in node:
            yield from _values(part, name)
    else:
        yield name, node


async def _everything(world: World) -> list[Any]:
    """Some of each: a list, things that are alone, oneself."""
    client = world.employer_rep.client
    unit = await client.post(f"{world.path}/units", {"name": "Öppenvård"})
    entries = await client.get(f"{world.path}/audit-entries")
    return [
        unit,
        entries,
        await client.get("/me"),
        await client.get(world.path),
        await client.get(f"/units/{unit['id']}"),
    ]


async def test_the_document_stands_below_the_root(client: Client) -> None:
    """DOK.23, DOK.24."""
    served = await client.get("/openapi.json")
    assert served["openapi"].startswith("3.1")
    assert served["info"]["version"] == VERSION


async def test_api_info_says_what_is_asked_for(client: Client) -> None:
    """VER.06, VER.07, VER.10."""
    info = await client.get("/api-info")
    assert info == {
        "apiName": "larande",
        "apiVersion": VERSION,
        "apiReleased": RELEASED.isoformat(),
        "apiDocumentation": f"{ROOT}/larande/v1/docs",
        "apiStatus": "active",
    }


async def test_times_are_answered_in_utc(world: World) -> None:
    """DOT.01, DOT.04."""
    times = [
        value for body in await _everything(world) for name, value in _values(body) if name.endswith("At") and value
    ]
    assert times
    for value in times:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value), value


async def test_ids_say_nothing_and_are_no_counters(world: World) -> None:
    """RES.01, RES.03–05."""
    client = world.employer_rep.client
    made = [(await client.post(f"{world.path}/units", {"name": f"Enhet {letter}"}))["id"] for letter in "abc"]
    assert len(set(made)) == 3
    for each in made:
        assert UUID(each).version == 7
        assert UUID(each).int % 2**62 > 2**32, "its end is drawn by lot"
    bodies = await _everything(world)
    assert not [
        value
        for body in bodies
        for name, value in _values(body)
        if name.endswith(("Id", "id")) and isinstance(value, int)
    ]
    unknown = await client.refused("GET", "/units/019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b", 404, "notFound")
    assert unknown["status"] == 404


@pytest.mark.parametrize("credentials", ["Basic YW5uYTpzZWNyZXQ=", 'Digest username="anna"'])
async def test_basic_and_digest_are_not_taken(client: Client, credentials: str) -> None:
    """SAK.09."""
    answer = await client.request("GET", "/me", headers={"Authorization": credentials}, expect=401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_problems_have_all_members(world: World, client: Client) -> None:
    """FEL.01, FEL.02."""
    answers = [
        await client.request("GET", "/me"),
        await client.request("GET", "/nothing-here"),
        await client.request("PATCH", "/api-info"),
        await client.request("GET", "/api-info?q=%E5"),
        await world.employer_rep.client.request("POST", f"{world.path}/units", json={}),
        await world.employee.client.request("POST", f"{world.path}/units", json={"name": "Ny"}),
    ]
    assert [answer.status_code for answer in answers] == [401, 404, 405, 400, 422, 403]
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/problem+json"
        body = answer.json()
        assert {"type", "title", "status", "detail", "instance"} <= body.keys()
        assert body["status"] == answer.status_code
        assert body["instance"] == f"urn:uuid:{answer.headers['X-Request-Id']}"


async def test_reading_changes_nothing(world: World) -> None:
    """HYP.02, ARQ.06."""
    client = world.employer_rep.client
    unit = await client.post(f"{world.path}/units", {"name": "Enhet"})
    for path in (f"/units/{unit['id']}", world.path, "/me"):
        first, second = [await client.request("GET", path, expect=200) for _ in "ab"]
        assert first.headers["ETag"] == second.headers["ETag"]
        assert first.content == second.content


async def test_links_are_absolute_and_whole(world: World) -> None:
    """HYP.05, HYP.07, HYP.11–17: `self` first, and the host that was asked."""
    client = world.employer_rep.client
    unit = await client.post(f"{world.path}/units", {"name": "Enhet"})
    answer = await client.request("GET", f"/units/{unit['id']}", headers={"Host": "larande.agency.example"}, expect=200)
    links = answer.json()["_links"]
    assert links[0] == {
        "href": f"http://larande.agency.example/larande/v1/units/{unit['id']}",
        "rel": "self",
        "method": "GET",
    }
    for link in links:
        assert link.keys() == {"href", "rel", "method"}
        assert link["href"].startswith("http://larande.agency.example/larande/v1/")
    assert [link["rel"] for link in links] == ["self", "edit"]


async def test_lists_page_as_the_profile_says(world: World) -> None:
    """FNS.07–14, UFN.04, UFN.05."""
    client = world.employer_rep.client
    for number in range(25):
        await client.post(f"{world.path}/units", {"name": f"Vård {number:02}"})
    page = await client.get(f"{world.path}/units", params={"q": "Vård", "sort": "-name"})
    assert page["_meta"] == {
        "totalRecords": 25,
        "totalIsLowerBound": False,
        "page": 1,
        "limit": 20,
        "count": 20,
    }
    assert page["_links"].keys() == {"self", "first", "prev", "next", "last"}
    assert page["_links"]["prev"] is None
    for link in filter(None, page["_links"].values()):
        assert link["href"].startswith(ROOT)
        assert "q=V%C3%A5rd" in link["href"]
        assert "sort=-name" in link["href"]
        assert len(link["href"]) < 2048
    rest = await client.get(page["_links"]["next"]["href"].removeprefix(f"{ROOT}/larande/v1"))
    assert (rest["_meta"]["page"], rest["_meta"]["count"], rest["_links"]["next"]) == (2, 5, None)
    names = [unit["name"] for unit in page["items"] + rest["items"]]
    assert names == sorted(names, reverse=True)
    assert len(set(names)) == 25
    for outside in (0, 99):
        empty = await client.get(f"{world.path}/units", params={"page": outside, "q": "Vård"})
        assert (empty["items"], empty["_meta"]["totalRecords"]) == ([], 25)
