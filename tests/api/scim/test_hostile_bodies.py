"""What a careless or hostile program sends: never an error of ours, never said back, never a standstill."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest

from tests.api.scim.provisioning import BULK, ENTERPRISE, ERROR, GROUP, PATCH, USER, Json, Provisioning
from tests.api.test_limits import an_app
from tests.in_process import ROOT
from tests.machines import hr_system
from tests.world import World

MARK = "Kvastbindarna"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


def somebody(**more: Any) -> Json:
    return {"schemas": [USER], "userName": f"{uuid4().hex}@example.se", "displayName": "Åsa Ek", "active": True, **more}


def a_patch(*operations: Any) -> Json:
    return {"schemas": [PATCH], "Operations": list(operations)}


def a_bulk(*operations: Any) -> Json:
    return {"schemas": [BULK], "Operations": list(operations)}


# --- Said back ---------------------------------------------------------------------------------------------------


FILTERS = (
    *(f'{MARK} eq "x"', f"{MARK}", f'userName {MARK} "x"', f"userName eq {MARK}", f'userName eq "{MARK}'),
    *(f'emails[{MARK} eq "x"]', f'urn:{MARK}:x eq "1"', f'active eq "{MARK}"', f'meta.created gt "{MARK}"'),
    *(f'id gt "{MARK}"', f"{MARK}.x.y eq 1", f'userName eq "{MARK}" {MARK}', f"{MARK} pr"),
)
SINGLE: tuple[tuple[str, str, Any], ...] = (
    *(("GET", f"/{MARK}", None), ("GET", f"/{MARK}/{MARK}/x", None), ("GET", f"/Users/{MARK}", None)),
    *(("GET", f"/Schemas/{MARK}", None), ("GET", f"/ResourceTypes/{MARK}", None), ("PUT", f"/{MARK}/x", {})),
    *(("GET", f"/Users?{name}={MARK}", None) for name in ("sortBy", "sortOrder", "count", "startIndex", "cursor")),
    *(("POST", "/Users/.search", {"schemas": [SEARCH], "sortBy": MARK}), ("POST", "/Users/.search", MARK.encode())),
    *(("POST", "/Users", somebody(**{name: {MARK: MARK}})) for name in ("userName", "active", "emails", "schemas")),
    *(("POST", "/Users", somebody(**{name: MARK * 20})) for name in ("displayName", "active", "emails", "schemas")),
    ("POST", "/Users", somebody(**{ENTERPRISE: {"manager": {"value": MARK}}})),
    ("POST", "/Groups", {"schemas": [GROUP], "displayName": "Alger", "members": [{"value": MARK}]}),
    ("POST", "/Bulk", a_bulk(MARK)),
    ("POST", "/Bulk", a_bulk() | {"failOnErrors": MARK}),
)
OPERATIONS: tuple[Json, ...] = (
    *({"op": MARK, "path": "active", "value": True}, {"op": "replace", "path": f"[{MARK}", "value": 1}),
    *(
        {"op": "replace", "path": f'groups[value eq "{MARK}"]', "value": 1},
        {"op": "replace", "path": "id", "value": MARK},
    ),
    *({"op": "remove", "path": f"name.{MARK}", "value": {"x": 1}}, {"op": "add", "path": "active", "value": MARK}),
    *(
        {"op": "add", "value": MARK},
        {"op": "add", "value": {"name": MARK}},
        {"op": "remove", "path": f"x[{MARK} eq 1]"},
    ),
)
IN_BULK: tuple[Json, ...] = (
    *({"method": MARK, "path": "/Users"}, {"method": "POST", "path": "/Users", "bulkId": "1", "data": MARK}),
    *({"method": "PATCH", "path": "/Users/x", "data": {MARK: 1}}, {"method": "POST", "path": "/Users", "data": {}}),
    {"method": "POST", "path": "/Users", "bulkId": "1", "data": somebody(active=MARK)},
)


async def test_nothing_of_a_refused_request_is_said_back(hr: Provisioning) -> None:
    made = await hr.hire(f"{uuid4().hex}@example.se")
    asked = [
        *SINGLE,
        *(("GET", f"/Users?filter={quote(each)}", None) for each in FILTERS),
        *(("POST", "/Groups/.search", {"schemas": [SEARCH], "filter": each}) for each in FILTERS),
        *(("PATCH", f"/Users/{made['id']}", a_patch(each)) for each in OPERATIONS),
        *(("POST", "/Bulk", a_bulk(each)) for each in IN_BULK),
    ]
    refused = 0
    for method, path, body in asked:
        response = await hr.send(method, path, body)
        assert response.status_code in {200, 400, 404, 405, 501}, (method, path, body, response.text)
        told = response.json()
        details = [told] if response.status_code >= 400 else [each["response"] for each in told.get("Operations", ())]
        refused += len(details)
        for error in details:
            assert error["schemas"] == [ERROR]
            assert error["detail"]
            assert MARK.lower() not in json.dumps(error).lower(), (method, path, body)
    assert refused > 45
    # What is ours is named all the same.
    error = await hr.refused("POST", "/Users", 400, somebody(active=MARK))
    assert error["detail"].endswith("Look at: active.")


async def test_what_looks_like_membership_is_not_said_back_by_a_bulk_request(hr: Provisioning) -> None:
    """Neither the number that the client gave the operation, nor its path, is in the answer."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": f"saco-{MARK}", "data": somebody()},
        {"method": "DELETE", "path": f"/Users/fackligt-{MARK}"},
        {"method": "POST", "path": "/Users", "bulkId": "1", "version": f"Seko {MARK}", "data": somebody()},
        {"method": "POST", "path": "/Users", "bulkId": "2", "DATA": somebody(title=f"Saco {MARK}")},
        {"method": "POST", "path": "/Users", "bulkId": "3", "data": somebody()},
    ]
    response = await hr.send("POST", "/Bulk", a_bulk(*operations))
    assert response.status_code == 200
    told = response.json()["Operations"]
    assert [each["status"] for each in told] == ["400", "400", "400", "400", "201"]
    assert all("union" in each["response"]["detail"] for each in told[:4])
    assert [each.get("bulkId") for each in told] == [None, None, "1", "2", "3"]
    assert MARK not in response.text
    read = await hr.world.administrator.client.get(hr.machine.path)
    assert read["unionDataRefusals"] == 4


# --- Errors of ours ----------------------------------------------------------------------------------------------


def odd() -> Iterator[tuple[str, str, bytes]]:
    """What used to end in a 500."""
    searches: list[Json] = [
        *({"filter": 'userName eq "\ud800"'}, {"filter": 'externalId co "x\udfff"'}, {"startIndex": 10**30}),
        *({"startIndex": 2**63, "count": 200}, {"filter": 'meta.created gt "0001-01-01T00:00:00+14:00"'}),
        {"filter": 'meta.lastModified lt "9999-12-31T23:59:59-12:00"'},
    ]
    for more in searches:
        for path in ("/Users/.search", "/Groups/.search", "/.search"):
            yield "POST", path, json.dumps({"schemas": [SEARCH], **more}).encode()
    for text in ("\ud800", "\x00", "\u202e", "\u200b"):
        yield "POST", "/Groups", json.dumps({"schemas": [GROUP], "displayName": text, "externalId": text}).encode()
        one = {"method": "POST", "path": "/Users", "bulkId": text, "data": somebody()}
        yield "POST", "/Bulk", json.dumps(a_bulk(one)).encode()
    yield (
        "POST",
        "/Bulk",
        json.dumps(a_bulk({"method": "POST", "path": "/Users", "DATA": {"larande:language": "xx"}})).encode(),
    )


async def test_odd_texts_and_numbers_are_refused_or_find_nobody(hr: Provisioning) -> None:
    for method, path, body in odd():
        response = await hr.send(method, path, body)
        assert response.status_code in {200, 400}, (path, body, response.text)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "ny@example.se"},
        {"op": "Add", "path": "emails", "value": [{"value": "ny@example.se"}]},
        {"op": "Replace", "value": {'emails[type eq "work"].value': "ny@example.se"}},
    ],
)
async def test_a_patch_of_the_address_alone_changes_nothing(hr: Provisioning, operation: Json) -> None:
    """As Entra ID sends it when nothing but the address is another."""
    made = await hr.hire(f"{uuid4().hex}@example.se")
    assert await hr.patch(f"/Users/{made['id']}", operation) == made
    await hr.patch(f"/Users/{made['id']}", operation, expect=412, If_Match='W/"7"')


async def test_names_have_no_case(hr: Provisioning) -> None:
    """Of two of them one reader would take the first and another the last."""
    for body in (
        somebody() | {"USERNAME": "annan@example.se"},
        somebody() | {"displayName\u0000": "Annan"},
        a_patch() | {"operations": [{"op": "replace", "path": "active", "value": False}]},
        a_bulk() | {"operations": []},
    ):
        for path in ("/Users", "/Bulk"):
            await hr.refused("POST", path, 400, body)


async def test_a_pile_of_marks_stops_nobody(hr: Provisioning) -> None:
    """To bring them in order takes the square of their number: 400 kilobytes took minutes, and all others waited."""
    pile = "a" + "\u0315\u0300" * 40_000
    began = time.perf_counter()
    await hr.refused("POST", "/Users", 400, somebody(displayName=pile))
    await hr.refused("POST", "/Users", 400, somebody(**{pile: 1}))
    await hr.refused("POST", "/Users/.search", 400, {"schemas": [SEARCH], "filter": f'userName eq "{pile}"'})
    await hr.refused("POST", "/Bulk", 400, a_bulk({"method": "POST", "path": "/Users", "bulkId": pile}))
    assert time.perf_counter() - began < 5


async def test_an_endless_filter_stops_nobody(hr: Provisioning) -> None:
    """Its parts are read, and become parts of a statement, one by one while all others wait."""
    made = await hr.hire(f"{uuid4().hex}@example.se")
    parts = " or ".join(f'userName eq "{number}"' for number in range(20_000))
    began = time.perf_counter()
    for path in ("/Users/.search", "/.search"):
        await hr.refused("POST", path, 400, {"schemas": [SEARCH], "filter": parts})
    for operation in (
        {"op": "remove", "path": f"emails[{parts}]"},
        {"op": "add", "value": {f"emails[{parts}].value": 1}},
    ):
        await hr.refused("PATCH", f"/Users/{made['id']}", 400, a_patch(operation))
    assert time.perf_counter() - began < 5
    ids = " or ".join(f'id eq "{uuid4()}"' for _ in range(100))
    assert await hr.found(f'{ids} or id eq "{made["id"]}"') == [made["id"]]


async def test_a_storm_in_one_patch_is_too_large(hr: Provisioning) -> None:
    made = await hr.hire(f"{uuid4().hex}@example.se")
    path = f"/Users/{made['id']}"
    storm = [{"op": "replace", "path": "displayName", "value": f"Åsa {each}"} for each in range(501)]
    await hr.refused("PATCH", path, 413, a_patch(*storm))
    inside = {"method": "PATCH", "path": path, "data": a_patch(*storm[:500])}
    await hr.refused("POST", "/Bulk", 413, a_bulk(*[inside] * 4))
    assert (await hr.ask("GET", path))["displayName"] == "Åsa Ek"
    assert (await hr.patch(path, *storm[:50]))["displayName"] == "Åsa 49"


async def test_names_are_kept_without_what_cannot_be_seen(hr: Provisioning) -> None:
    """As everywhere else: a mark of direction in a name would turn round whatever stands after it."""
    made = await hr.hire(
        f"{uuid4().hex}@example.se", displayName=" \u202eÅsa\u200b\ufeff Ek\u2028", externalId="E\u20661"
    )
    assert (made["displayName"], made["externalId"]) == ("Åsa Ek", "E1")


# --- Many at once ------------------------------------------------------------------------------------------------


async def test_many_changes_at_once_are_all_made(hr: Provisioning) -> None:
    """Nobody said which version they meant; Entra ID adds members of one group in several requests at once."""
    unit = (await hr.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "Alger"}, 201))["id"]
    people = [(await hr.hire(f"{uuid4().hex}@example.se"))["id"] for _ in range(12)]
    added = [
        hr.patch(f"/Groups/{unit}", {"op": "Add", "path": "members", "value": [{"value": each}]}) for each in people
    ]
    renamed = [
        hr.send("PUT", f"/Users/{people[0]}", somebody(displayName=f"Åsa {each}"), If_None_Match="")
        for each in range(4)
    ]
    answers: list[Any] = list(await asyncio.gather(*added, *renamed))
    assert {each.status_code for each in answers if isinstance(each, httpx2.Response)} == {200}
    members = (await hr.ask("GET", f"/Groups/{unit}"))["members"]
    assert {each["value"] for each in members} == set(people)


# --- Refused before SCIM is asked --------------------------------------------------------------------------------


async def test_what_stands_before_scim_answers_in_its_form(database_url: str) -> None:
    async with an_app(database_url, reads_per_minute=2) as app, World(app) as world:
        http = world.nobody.http
        sent = {"Authorization": f"Bearer {(await hr_system(world)).client.token}"}

        async def error(status: int, method: str = "GET", path: str = "/Users", **more: Any) -> Json:
            headers = more.pop("headers", {})
            response = await http.request(method, f"{ROOT}/scim/v2{path}", headers=sent | headers, **more)
            assert response.status_code == status, response.text
            assert response.headers["Content-Type"] == "application/scim+json"
            told: Json = response.json()
            assert set(told) == {"schemas", "status", "detail"}
            assert (told["schemas"], told["status"]) == ([ERROR], str(status))
            return told

        await error(413, "POST", content=b"x" * 1_100_000)
        await error(415, "POST", content=b"{}", headers={"Content-Encoding": "gzip"})
        await error(414, path="/Users?filter=" + "x" * 20_000)
        while (await http.get(f"{ROOT}/scim/v2/Users", headers=sent)).status_code == 200:
            pass
        told = await error(429, headers={"Accept-Language": "sv"})
        assert "requests" in told["detail"]
        # Elsewhere it is what it was.
        response = await http.get(f"{ROOT}/larande/v1/organisations", headers=sent)
        assert response.headers["Content-Type"] == "application/problem+json"
