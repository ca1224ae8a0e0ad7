"""Rule 4: nothing that could tell union membership is taken in, kept or logged, however it is sent."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog
from fastapi import FastAPI

from tests.api.scim.provisioning import BULK, ENTERPRISE, GROUP, PATCH, USER, Json, Provisioning
from tests.conftest import app_alone
from tests.database import as_owner
from tests.world import World

MARK = "Fackförbundet Kvastbindarna"


def somebody(**more: Any) -> Json:
    return {"schemas": [USER], "userName": f"{uuid4().hex}@example.se", "displayName": "Åsa Ek", "active": True, **more}


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    """With a database of its own: all of it is searched."""
    async with app_alone() as app:
        yield app


SENT: dict[str, Json] = {
    "an attribute's name": somebody(fackförbund="x"),
    "an attribute's name in English": somebody(tradeUnion="x"),
    "a value": somebody(title=MARK),
    "a value deep down": somebody(roles=[{"value": "a", "display": MARK}]),
    "an entitlement": somebody(entitlements=[{"value": "Saco"}]),
    "a group": somebody(groups=[{"display": "Seko"}]),
    "a name": somebody(displayName="Åsa Ek (OFR)"),
    "a department": somebody(**{ENTERPRISE: {"department": "ST"}}),
    "an extension": somebody(**{"urn:example:union:2.0:User": {"member": True}}),
    "an extension's URN": somebody(schemas=[USER, "urn:example:union:2.0:User"]),
    "an attribute of an extension": somebody(**{ENTERPRISE: {"costCenter": "facklig tid"}}),
    "an external id": somebody(externalId="seko-4711"),
    "an address": somebody(userName=f"{uuid4().hex}@saco.example"),
}


@contextmanager
def case(subtests: pytest.Subtests, name: str) -> Iterator[None]:
    """One of several in the same agency, named where it fails: workers pass a subtest's own name on to nobody."""
    with subtests.test(name):
        try:
            yield
        except AssertionError as fault:
            fault.add_note(f"Case: {name}")
            raise


async def stored(world: World) -> str:
    """Everything that any table says, as text."""
    tables = sa.text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    found: list[str] = []
    async with world.database.own() as session:
        for table in (await session.execute(tables)).scalars().all():
            found += (await session.execute(sa.text(f'SELECT to_jsonb(t)::text FROM "{table}" t'))).scalars()  # noqa: S608
    return "\n".join(found)


async def counted(world: World) -> int:
    return sum(
        await as_owner(
            world.database,
            "SELECT refusals FROM union_data_refusal r JOIN service_client c "
            "ON c.id = r.service_client_id WHERE c.organisation_id = :id",
            id=world.organisation.id,
        )
    )


async def test_a_user_with_it_is_refused_and_counted(world: World, hr: Provisioning, subtests: pytest.Subtests) -> None:
    for number, (what, sent) in enumerate(SENT.items(), 1):
        with case(subtests, what):
            with structlog.testing.capture_logs() as logged:
                error = await hr.refused("POST", "/Users", 400, sent)
            assert error["scimType"] == "invalidValue"
            assert "union" in error["detail"]
            # Nothing of it is said back.
            assert "Kvastbindarna" not in json.dumps(error) + json.dumps(logged, default=str)
            assert await counted(world) == number
            assert await hr.found(f'userName eq "{sent["userName"]}"') == []
    left = await stored(world)
    assert [what for what, sent in SENT.items() if sent["userName"] in left] == []


async def test_groups_patches_and_replacements_with_it_are_refused(world: World, hr: Provisioning) -> None:
    made = await hr.hire(f"{uuid4().hex}@example.se")
    unit = await hr.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "Alger"}, 201)
    for name in ("Saco-S", "Seko", "OFR/S,P,O", "ST", "Lo", "Facklig samverkan"):
        await hr.refused("POST", "/Groups", 400, {"schemas": [GROUP], "displayName": name})
    user, group = f"/Users/{made['id']}", f"/Groups/{unit['id']}"
    operations: list[tuple[str, Json]] = [
        (user, {"op": "Add", "path": "fackförbund", "value": "x"}),
        (user, {"op": "Add", "path": "urn:example:union:2.0:User:member", "value": True}),
        (user, {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": MARK}),
        (user, {"op": "Replace", "path": "title", "value": "Seko"}),
        (user, {"op": "Replace", "value": {"tradeUnion": "x"}}),
        (user, {"op": "Replace", "value": {"title": "OFR"}}),
        (user, {"op": "Add", "path": 'roles[type eq "union"].value', "value": "x"}),
        (group, {"op": "Replace", "path": "displayName", "value": "ST"}),
        (group, {"op": "Replace", "value": {"displayName": "Saco"}}),
    ]
    for path, operation in operations:
        await hr.refused("PATCH", path, 400, {"schemas": [PATCH], "Operations": [operation]})
    await hr.refused("PUT", user, 400, {**made, "nickName": MARK})
    assert await counted(world) == 6 + len(operations) + 1
    assert "Kvastbindarna" not in await stored(world)
    assert (await hr.ask("GET", user))["meta"]["version"] == made["meta"]["version"]
    # Their own name is no union's.
    assert (await hr.patch(user, {"op": "Replace", "path": "displayName", "value": "Lo Ek"}))["displayName"] == "Lo Ek"


async def test_in_bulk_it_fails_by_itself(world: World, hr: Provisioning) -> None:
    one, other = somebody(), somebody(nickName=MARK)
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "1", "data": other},
        {"method": "POST", "path": "/Users", "bulkId": "2", "data": one},
    ]
    answer = await hr.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    assert [each["status"] for each in answer["Operations"]] == ["400", "201"]
    assert "union" in answer["Operations"][0]["response"]["detail"]
    assert await counted(world) == 1
    assert "Kvastbindarna" not in await stored(world)


async def test_a_personal_identity_number_is_nobody_s_id(hr: Provisioning) -> None:
    for more in (
        {"externalId": "19811218-9876"},
        {"externalId": "8112189876"},
        {ENTERPRISE: {"employeeNumber": "811218-9876"}},
        {"userName": "198112189876@example.se"},
        {"userName": "198112189876", "emails": [{"value": f"{uuid4().hex}@example.se"}]},
    ):
        error = await hr.refused("POST", "/Users", 400, somebody(**more))
        assert "9876" not in json.dumps(error)
    await hr.hire(f"{uuid4().hex}@example.se", externalId="E-4711")


async def test_the_ordinary_ways_of_a_service_client_are_screened_too(world: World, hr: Provisioning) -> None:
    client = hr.machine.client
    address = f"{uuid4().hex}@example.se"
    person = {"name": "Åsa Ek (Saco)", "email": address}
    await client.refused("POST", f"{world.path}/people", 422, "unionDataRefused", json=person)
    made = await client.post(f"{world.path}/people", {"name": "Åsa Ek", "email": address})
    tag = await client.etag(f"/people/{made['id']}")
    await client.refused("PATCH", f"/people/{made['id']}", 422, "unionDataRefused", json={"name": MARK}, etag=tag)
    await client.refused("POST", f"{world.path}/units", 422, "unionDataRefused", json={"name": "Seko"})
    unit = await client.post(f"{world.path}/units", {"name": "Alger"})
    tag = await client.etag(f"/units/{unit['id']}")
    await client.refused("PATCH", f"/units/{unit['id']}", 422, "unionDataRefused", json={"name": "ST"}, etag=tag)
    await client.refused(
        "POST", f"{world.path}/units", 422, "personalNumberRefused", json={"name": "Is", "externalId": "8112189876"}
    )
    assert await counted(world) == 4
    for who in (world.administrator, world.saco_rep):
        assert (await who.client.get(hr.machine.path))["unionDataRefusals"] == 4
    # A party that names a unit itself is asked nothing: the tree is no register.
    await world.employer_rep.client.post(f"{world.path}/units", {"name": "Vision"})


async def test_what_is_here_already_does_not_keep_news_from_arriving(world: World, hr: Provisioning) -> None:
    """Somebody at st.org, or called Saco, was taken in by a system administrator: their leaving must be heard."""
    mark = uuid4().hex[:9]  # too short for a personal identity number, which is refused for another reason
    person = {"name": "Ida Saco", "email": f"ida.saco.{mark}@st.org"}
    made = await world.administrator.client.post(f"{world.path}/people", person)
    read = await hr.ask("GET", f"/Users/{made['id']}")
    left = await hr.ask("PUT", f"/Users/{made['id']}", {**read, "active": False})
    assert left["active"] is False
    assert await counted(world) == 0
    # Only what is there, and only of this person.
    for more in ({"title": "Saco"}, {"displayName": "Ida Saco-Seko"}, {"nickName": "Seko"}, {"Saco": "x"}):
        await hr.refused("PUT", f"/Users/{made['id']}", 400, {**read, **more})
    await hr.refused("POST", "/Users", 400, somebody(displayName="Ida Saco"))
    other = await hr.hire(f"{uuid4().hex}@example.se")
    await hr.refused("PUT", f"/Users/{other['id']}", 400, {**other, "displayName": "Ida Saco"})
    assert await counted(world) == 6


async def test_a_unit_that_a_party_has_named_may_have_members(world: World, hr: Provisioning) -> None:
    unit = await world.employer_rep.client.post(f"{world.path}/units", {"name": "Vision"})
    made = await hr.hire(f"{uuid4().hex}@example.se")
    path = f"/Groups/{unit['id']}"
    await hr.patch(path, {"op": "Add", "path": "members", "value": [{"value": made["id"]}]})
    read = await hr.ask("GET", path)
    assert [each["value"] for each in read["members"]] == [made["id"]]
    assert (await hr.ask("PUT", path, read | {"members": []})).get("members") is None
    await hr.refused("PUT", path, 400, read | {"displayName": "Ledarna"})
    assert await counted(world) == 1


HIDDEN: tuple[Json, ...] = (
    *(
        {"Operations": [], "department": "Kim i Saco"},
        {"operations": "x", "Facklig": True},
        {"x": {"Operations": ["OFR"]}},
    ),
    *({"title": "S\u0430co"}, {"title": "5aco"}, {"title": "S&#97;co"}, {"title": "S%61co"}, {"title": "S\u0000aco"}),
    *({"isunionmember": True}, {"a": {"b": [{"UNIONCODE": 1}]}}, {"urn:example:\u0455eko": {}}, {"title": "O.F.R."}),
)


async def test_hidden_it_is_refused_too(world: World, hr: Provisioning, subtests: pytest.Subtests) -> None:
    for number, more in enumerate(HIDDEN, 1):
        with case(subtests, str(more)):
            await _refused_everywhere(hr, more)
            assert await counted(world) == 5 * number


async def _refused_everywhere(hr: Provisioning, more: Json) -> None:
    await hr.refused("POST", "/Users", 400, somebody(**more))
    await hr.refused("POST", "/Groups", 400, {"schemas": [GROUP], "displayName": "Alger", **more})
    one = {"method": "POST", "path": "/Users", "bulkId": "1", "data": somebody(**more)}
    answer = await hr.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": [one]})
    assert answer["Operations"][0]["status"] == "400"
    made = await hr.hire(f"{uuid4().hex}@example.se")
    operations = [{"op": "replace", "path": "active", "value": True}]
    await hr.refused("PATCH", f"/Users/{made['id']}", 400, {"Operations": operations, "schemas": [PATCH], "x": more})
    beside = [{"op": "replace", "path": "active", "value": True, "x": more}]
    await hr.refused("PATCH", f"/Users/{made['id']}", 400, {"schemas": [PATCH], "Operations": beside})
