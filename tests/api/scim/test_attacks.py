"""Whoever means no good: other organisations, wrong scopes, hostile filters, huge and deep bodies, two at once."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from scim2_models import ScimFilter

from app.api.scim.shapes import UserResource
from app.services import scim_filters, scim_users, wall
from app.services.actors import load_client
from app.services.tokens import ClientClaims
from tests import machines
from tests.api.scim.provisioning import BULK, ENTERPRISE, GROUP, PATCH, USER, Json, Provisioning, provisioning
from tests.database import as_owner
from tests.world import World


@pytest.fixture
async def other(app: Any) -> Any:
    async with World(app) as world:
        yield world


def somebody(**more: Any) -> Json:
    return {"schemas": [USER], "userName": f"{uuid4().hex}@example.se", "displayName": "Åsa Ek", "active": True, **more}


async def test_nobody_gets_in_without_a_service_client_s_token(world: World, hr: Provisioning) -> None:
    for path in ("/Users", "/Groups", "/Schemas", "/ResourceTypes", "/Bulk", f"/Users/{world.employee.id}"):
        response = await world.nobody.http.request(
            "GET" if path != "/Bulk" else "POST", f"http://testserver/scim/v2{path}"
        )
        assert response.status_code == 401, path
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.json()["status"] == "401"
    assert (await hr.send("GET", "/Users", token="nonsense")).status_code == 401
    for who in (world.administrator, world.employer_rep, world.employee):
        response = await hr.send("GET", "/Users", token=str(who.client.token))
        assert response.status_code == 403
    # What the service is like, anybody may know.
    response = await world.nobody.http.request("GET", "http://testserver/scim/v2/ServiceProviderConfig")
    assert response.status_code == 200


async def test_a_client_that_has_ended_or_calls_from_elsewhere_is_nobody(world: World, hr: Provisioning) -> None:
    elsewhere = await machines.hr_system(world, allowedNetworks=["192.0.2.0/28"])
    assert (await hr.send("GET", "/Users", token=str(elsewhere.client.token))).status_code == 401
    await world.administrator.client.step(f"{hr.machine.path}/transitions", {"to": "ended"})
    for path in ("/Users", "/Schemas"):
        assert (await hr.send("GET", path)).status_code == 401


async def test_another_organisation_is_not_there(world: World, hr: Provisioning, other: World) -> None:
    """Neither by its ids, nor as members or managers, nor by searching."""
    theirs = await provisioning(other)
    person, unit = other.employee, other.unit
    await theirs.patch(f"/Users/{person.id}", {"op": "add", "path": "externalId", "value": "theirs"})
    for method, body in (("GET", None), ("DELETE", None), ("PUT", somebody(userName=person.person.email))):
        await hr.refused(method, f"/Users/{person.id}", 404, body)
    rename = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "X"}]}
    await hr.refused("PATCH", f"/Users/{person.id}", 404, rename)
    for method in ("GET", "DELETE"):
        await hr.refused(method, f"/Groups/{unit.id}", 404)
    await hr.refused("PATCH", f"/Groups/{unit.id}", 404, rename)
    assert await hr.found(f'userName eq "{person.person.email}" or externalId eq "theirs" or id eq "{person.id}"') == []
    assert await hr.found(f'members eq "{person.id}" or id eq "{unit.id}"', "Groups") == []
    made = await hr.ask("POST", "/Users", somebody(externalId="theirs"), 201)  # an id is unique in its organisation
    for value in (person.id, str(uuid4()), "nonsense"):
        body = {"schemas": [GROUP], "displayName": "Alger", "members": [{"value": value}]}
        await hr.refused("POST", "/Groups", 400, body)
        await hr.refused("POST", "/Users", 400, somebody(**{ENTERPRISE: {"manager": {"value": value}}}))
    assert await hr.found('displayName eq "Alger"', "Groups") == []
    # The administrator of the installation belongs to no organisation, and is in none's list.
    assert await hr.found(f'userName eq "{world.administrator.person.email}"') == []
    assert await theirs.found(f'id eq "{made["id"]}"') == []


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["people:read"], {"read users"}),
        (["people:write"], {"read users", "write users"}),
        (["units:read"], {"read groups"}),
        (["units:write"], {"read groups", "write groups"}),
        (["people:read", "units:write"], {"read users", "read groups", "write groups"}),
    ],
)
async def test_scopes_say_who_may_what(world: World, scopes: list[str], allowed: set[str]) -> None:
    client = await provisioning(world, scopes=scopes)
    asked: dict[str, list[tuple[str, str, Any]]] = {
        "read users": [("GET", "/Users", None), ("GET", f"/Users/{world.employee.id}", None)],
        "write users": [("POST", "/Users", somebody())],
        "read groups": [("GET", "/Groups", None), ("GET", f"/Groups/{world.unit.id}", None)],
        "write groups": [("POST", "/Groups", {"schemas": [GROUP], "displayName": "Alger"})],
    }
    for what, requests in asked.items():
        for method, path, body in requests:
            done = 201 if method == "POST" else 200
            await client.ask(method, path, body, expect=done if what in allowed else 403)


async def test_who_may_not_write_people_moves_nobody(world: World, hr: Provisioning) -> None:
    made = await hr.ask("POST", "/Users", somebody(), 201)
    # Who sees no people says nothing of members that counts; who sees them is told that it may not.
    for scopes, status in ((["units:write"], 200), (["units:write", "people:read"], 403)):
        client = await provisioning(world, scopes=scopes)
        member = {"op": "add", "path": "members", "value": [{"value": made["id"]}]}
        answer = await client.patch(f"/Groups/{world.unit.id}", member, expect=status)
        assert "members" not in answer
        assert (await hr.person(made["id"])).unit_id is None
    # And who may not read people reads no members, nor searches by them.
    await hr.patch(f"/Groups/{world.unit.id}", {"op": "add", "path": "members", "value": [{"value": made["id"]}]})
    units_only = await provisioning(world, scopes=["units:read"])
    assert "members" not in await units_only.ask("GET", f"/Groups/{world.unit.id}")
    await units_only.refused("GET", f"/Groups?filter=members%20eq%20%22{made['id']}%22", 400)


INJECTIONS = [
    'userName eq "\' OR 1=1 --"',
    'userName eq "x\'; DROP TABLE person; --"',
    'userName co "%"',
    'userName sw "_"',
    'displayName eq "\\u0000"',
    'externalId eq "$1"',
    'displayName co ":organisation_id"',
]


@pytest.mark.parametrize("scim_filter", INJECTIONS)
async def test_what_a_filter_says_is_a_value_and_nothing_else(hr: Provisioning, scim_filter: str) -> None:
    assert await hr.found(scim_filter) == []


def wrong_filters() -> Iterator[str]:
    yield from ("", "userName", "userName eq", 'userName like "x"', 'password eq "x"', "nonsense pr", "userName eq 1")
    yield from ('active eq "maybe"', 'meta.created gt "yesterday"', "roles pr")
    yield "not (" * 60 + 'userName eq "x"' + ")" * 60


@pytest.mark.parametrize("scim_filter", list(wrong_filters()))
async def test_a_wrong_filter_is_refused_as_such(hr: Provisioning, scim_filter: str) -> None:
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": scim_filter}
    error = await hr.refused("POST", "/Users/.search", 400, body)
    assert error["scimType"] == "invalidFilter"


@pytest.mark.parametrize("scim_filter", ['id gt "x"', "(" * 300 + 'userName eq "x"' + ")" * 300])
async def test_an_odd_filter_that_is_one_finds_nobody(hr: Provisioning, scim_filter: str) -> None:
    assert await hr.found(scim_filter) == []


async def test_odd_bodies_are_refused(hr: Provisioning) -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    bodies: list[bytes] = [
        *(b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"userName": "a@b.se", "userName": "c@d.se"}'),
        b"[" * 5000,
        json.dumps(somebody(x=deep)).encode(),
        json.dumps(somebody(userName=None)).encode(),
        json.dumps(somebody(userName="x" * 300 + "@example.se")).encode(),
        json.dumps(somebody(displayName="x" * 201)).encode(),
        json.dumps(somebody(externalId="x" * 201)).encode(),
        json.dumps(somebody(active="maybe")).encode(),
        json.dumps(somebody(emails="x")).encode(),
        json.dumps(somebody(emails=[{"value": "no address"}])).encode(),
        json.dumps(somebody(name=[1])).encode(),
        json.dumps({"schemas": [USER]}).encode(),
    ]
    for body in bodies:
        response = await hr.send("POST", "/Users", body)
        assert response.status_code == 400, body[:60]
        assert response.json()["status"] == "400"
    patches: list[Any] = [
        *({}, {"Operations": []}, {"Operations": "x"}, {"Operations": [1]}, {"Operations": [{"op": "explode"}]}),
        {"Operations": [{"op": "replace", "path": "][", "value": 1}]},
        {"Operations": [{"op": "remove"}]},
    ]
    made = await hr.ask("POST", "/Users", somebody(), 201)
    for patch in patches:
        await hr.refused("PATCH", f"/Users/{made['id']}", 400, {"schemas": [PATCH], **patch})
    assert (await hr.ask("GET", f"/Users/{made['id']}"))["meta"]["version"] == made["meta"]["version"]
    assert (await hr.send("POST", "/Users", b"<x/>", Content_Type="text/xml")).status_code == 415
    for path, status in (("/Nothing", 404), ("/Users/x/y", 404), ("/Users/not-an-id", 404), ("/Me", 501)):
        await hr.refused("GET", path, status)
    assert (await hr.send("DELETE", "/Users")).status_code == 405


async def test_a_huge_bulk_is_refused_whole(hr: Provisioning) -> None:
    operations: list[Json] = [
        {"method": "POST", "path": "/Users", "bulkId": str(n), "data": somebody()} for n in range(501)
    ]
    await hr.refused("POST", "/Bulk", 413, {"schemas": [BULK], "Operations": operations})
    assert await hr.found(f'userName eq "{operations[0]["data"]["userName"]}"') == []
    heavy = [{"method": "POST", "path": "/Users", "bulkId": "1", "data": somebody(nickName="x" * 1_100_000)}]
    response = await hr.send("POST", "/Bulk", {"schemas": [BULK], "Operations": heavy})
    assert response.status_code == 413
    inside = [{"method": "POST", "path": "/Bulk", "bulkId": "1", "data": {}}, {"method": "GET", "path": "/Users"}]
    answer = await hr.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": inside})
    assert [each["status"] for each in answer["Operations"]] == ["400", "400"]


async def test_two_who_take_in_the_same_person_make_one(hr: Provisioning) -> None:
    same = somebody(externalId=uuid4().hex)
    answers = await asyncio.gather(*(hr.send("POST", "/Users", same) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    made = next(each.json() for each in answers if each.status_code == 201)
    rename = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "Ny"}]}
    tag = made["meta"]["version"]
    changed = [hr.send("PATCH", f"/Users/{made['id']}", rename, If_Match=tag) for _ in range(3)]
    statuses = sorted(each.status_code for each in await asyncio.gather(*changed))
    assert statuses[0] == 200
    assert statuses[1:] == [412, 412]


async def test_swedish_letters_come_back_as_they_were(hr: Provisioning) -> None:
    made = await hr.ask("POST", "/Users", somebody(userName=f"Åsa.Öberg.{uuid4().hex[:6]}@exämple.se"), 201)
    assert made["userName"].startswith("Åsa.Öberg")
    found = await hr.found(f'userName eq "{made["userName"].swapcase()}"')
    assert found == [made["id"]]
    decomposed = await hr.ask("POST", "/Users", somebody(displayName="A\u030asa"), 201)
    assert decomposed["displayName"] == "Åsa"


async def test_who_is_removed_cannot_be_reached_by_others_either(world: World, hr: Provisioning) -> None:
    """What a removed person was called is another's, and no unit counts them any more."""
    made = await hr.ask("POST", "/Users", somebody(externalId="e-1"), 201)
    await hr.patch(f"/Groups/{world.unit.id}", {"op": "add", "path": "members", "value": [{"value": made["id"]}]})
    await hr.ask("DELETE", f"/Users/{made['id']}", expect=204)
    assert "members" not in await hr.ask("GET", f"/Groups/{world.unit.id}")
    again = await hr.ask("POST", "/Users", somebody(externalId="e-1"), 201)
    assert again["id"] != made["id"]
    assert (await hr.person(made["id"])).external_id is None


# --- One indexed read ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scim_filter", "index"),
    [('userName eq "N7@example.se"', "uq_person_user_name"), ('externalId eq "e-7"', "uq_person_external_id")],
)
async def test_somebody_is_found_by_one_indexed_read(
    world: World, hr: Provisioning, scim_filter: str, index: str
) -> None:
    """As the service client itself, behind its row-level policies, in an organisation of some size."""
    people = (
        "INSERT INTO person "
        "(id, version, created_at, organisation_id, name, email, external_id, language, active, roles) "
        "SELECT gen_random_uuid(), 1, now(), :id, 'N ' || n, 'n' || n || '.' || :mark || '@example.se', 'e-' || n, "
        "'sv', true, '{}' FROM generate_series(1, 3000) n"
    )
    await as_owner(world.database, people, id=world.organisation.id, mark=uuid4().hex[:8])
    await as_owner(world.database, "ANALYZE person")
    now = datetime.now(UTC)
    claims = ClientClaims(UUID(hr.machine.id), UUID(hr.machine.credential_id), now + timedelta(minutes=5))
    tree = ScimFilter[UserResource](scim_filter).ast  # type: ignore[valid-type]
    condition = scim_filters.ToSql(scim_users.ATTRIBUTES).visit(tree)
    query = scim_users.searching(condition)
    async with world.database.write(wall.serving(claims.client_id, claims.credential_id, now)) as session:
        actor = await load_client(session, claims, "127.0.0.1", now)
        compiled = query.params(**actor.held, organisation_id=world.organisation.id).compile(
            dialect=world.database.engine.dialect, compile_kwargs={"literal_binds": True, "render_postcompile": True}
        )
        statement = re.sub(r"ARRAY\[([^]]*)\]", r"ARRAY[\1]::uuid[]", str(compiled))
        connection = await session.connection()
        plan = "\n".join((await connection.exec_driver_sql(f"EXPLAIN {statement}")).scalars())
    assert index in plan
    assert "Seq Scan on person" not in plan
