"""VER.08–18: an operation that will end says so in each answer and in the document, in time, and names what follows."""

from datetime import date, timedelta

import pytest
from fastapi import FastAPI

from app.api import document, life_cycle
from app.api.life_cycle import ENDINGS, Ending
from app.api.operations import BASE
from tests.client import Client
from tests.contract import document as committed
from tests.world import World

A_YEAR = Ending(date(2027, 1, 1), date(2028, 1, 1), f"{BASE}/approved-records")
HEADERS = ("Deprecation", "Sunset", "Link")


def faults(ending: Ending, paths: set[str]) -> list[str]:
    """What the table may not say of an end."""
    found = []
    if ending.until - ending.since < timedelta(days=182):
        found.append("less than half a year")
    if ending.successor not in paths:
        found.append("no successor")
    return found


def test_an_end_has_a_successor_and_comes_after_its_notice() -> None:
    paths = {BASE + path for path in committed()["paths"]}
    for name, ending in ENDINGS.items():
        assert faults(ending, paths) == [], name
    assert faults(A_YEAR, {A_YEAR.successor}) == []
    assert faults(Ending(date(2027, 1, 1), date(2027, 3, 1), "/nowhere"), paths) == [
        "less than half a year",
        "no successor",
    ]


async def test_an_operation_that_ends_says_so(
    app: FastAPI, world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = world.employer_rep.client
    before = await http.request("GET", f"{world.path}/units", expect=200)
    assert not [name for name in HEADERS if name in before.headers]
    monkeypatch.setitem(ENDINGS, "list_units", A_YEAR)
    answers = [
        await http.request("GET", f"{world.path}/units", expect=200),
        await http.request("GET", f"{world.path}/units?limit=0", expect=422),
        await client.request("GET", f"{world.path}/units", expect=401),
    ]
    for answer in answers:
        assert answer.headers["Deprecation"] == "@1798761600"
        assert answer.headers["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
        assert f'<{BASE}/approved-records>; rel="successor-version"' in answer.headers["Link"]
        assert 'rel="deprecation"' in answer.headers["Link"]
    other = await http.request("GET", f"{world.path}/parties", expect=200)
    assert not [name for name in HEADERS if name in other.headers]

    paths = document.document(app)["paths"]
    operation = paths["/organisations/{organisationId}/units"]["get"]
    assert operation["deprecated"] is True
    assert "since 2027-01-01; gone on 2028-01-01" in operation["description"]
    assert set(HEADERS) <= operation["responses"]["200"]["headers"].keys()
    assert "deprecated" not in paths["/organisations/{organisationId}/parties"]["get"]


def test_nothing_is_said_of_what_goes_on() -> None:
    assert life_cycle.told("read_me") == life_cycle.told(None) == []
