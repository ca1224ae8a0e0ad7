"""Parties: one employer, several unions, each its own."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from tests.world import World


async def test_an_administrator_takes_in_a_party(world: World) -> None:
    admin = world.administrator.client
    made = await admin.post(f"{world.path}/parties", {"side": "union", "name": "OFR/S,P,O"})
    assert (made["side"], made["name"], made["state"], made["closedAt"]) == ("union", "OFR/S,P,O", "active", None)
    assert await world.employee.client.get(f"/parties/{made['id']}") == made | {
        "allowedActions": [
            {"action": action, "allowed": False, "reason": "notYourRole"}
            for action in ("update_party", "close_party", "create_mandate")
        ],
        "_links": made["_links"][:1],
    }
    listed = await world.employee.client.get(f"{world.path}/parties")
    assert [item["name"] for item in listed["items"]] == ["Arbetsgivaren", "OFR/S,P,O", "Saco-S", "Seko"]
    backwards = await world.employee.client.get(f"{world.path}/parties", params={"sort": "-name", "limit": 1})
    assert [item["name"] for item in backwards["items"]] == ["Seko"]


@pytest.mark.parametrize("who", ["employer_rep", "saco_rep", "employee"])
async def test_only_an_administrator_takes_in_a_party(world: World, who: str) -> None:
    sent = {"side": "union", "name": "OFR"}
    await world.people[who].client.refused("POST", f"{world.path}/parties", 403, "notYourRole", json=sent)


async def test_there_is_one_active_employer_party(world: World) -> None:
    admin = world.administrator.client
    sent = {"side": "employer", "name": "En arbetsgivare till"}
    problem = await admin.refused("POST", f"{world.path}/parties", 409, "employerPartyExists", json=sent)
    assert problem["errors"][0]["pointer"] == "/side"
    await world.employer_rep.client.step(f"/parties/{world.employer.id}/transitions", {"to": "closed"})
    answers = await asyncio.gather(
        admin.request("POST", f"{world.path}/parties", json=sent),
        admin.request("POST", f"{world.path}/parties", json={"side": "employer", "name": "Ytterligare en"}),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_names_differ_whatever_the_case(app: FastAPI, world: World) -> None:
    admin = world.administrator.client
    await admin.post(f"{world.path}/parties", {"side": "union", "name": "Örebro LÄRARE"})
    for name in ("SEKO", " seko ", "örebro lärare", "o\u0308rebro la\u0308rare"):
        sent = {"side": "union", "name": name}
        problem = await admin.refused("POST", f"{world.path}/parties", 409, "partyNameTaken", json=sent)
        assert problem["errors"][0]["pointer"] == "/name"
    tag = await admin.etag(f"/parties/{world.saco.id}")
    await world.saco_rep.client.refused(
        "PATCH", f"/parties/{world.saco.id}", 409, "partyNameTaken", json={"name": "SEKO"}, etag=tag
    )
    async with World(app) as other:
        await other.administrator.client.post(f"{other.path}/parties", {"side": "union", "name": "Örebro LÄRARE"})


@pytest.mark.parametrize(
    ("who", "party", "other"), [("employer_rep", "employer", "saco"), ("saco_rep", "saco", "employer")]
)
async def test_each_side_renames_and_closes_itself(world: World, who: str, party: str, other: str) -> None:
    rep = world.people[who].client
    own, others = f"/parties/{getattr(world, party).id}", f"/parties/{getattr(world, other).id}"
    assert (await rep.change(own, {"name": "Ett nytt namn"}))["version"] == 2
    assert (await rep.change(own, {"name": "Ett nytt namn"}))["version"] == 2
    tag = await rep.etag(others)
    await rep.refused("PATCH", others, 403, "notYourRole", json={"name": "Kapad"}, etag=tag)
    await rep.refused("POST", f"{others}/transitions", 403, "notYourRole", json={"to": "closed"}, etag=tag)
    await rep.refused("POST", f"{own}/transitions", 412, "staleVersion", json={"to": "closed"}, etag=tag)
    closed = await rep.step(f"{own}/transitions", {"to": "closed"})
    assert (closed["state"], closed["closedAt"] is not None) == ("closed", True)
    # From now on the mandates of the party give no say: not even a rename is theirs.
    await rep.refused("PATCH", own, 403, "notYourRole", json={"name": "Åter"}, etag='"3"')
    await rep.refused("POST", f"{world.path}/units", 403, "notYourRole", json={"name": "Ny"})
    admin = world.administrator.client
    await admin.refused("PATCH", own, 409, "partyClosed", json={"name": "Åter"}, etag='"3"')


async def test_an_administrator_corrects_a_name_but_closes_no_party(world: World) -> None:
    admin = world.administrator.client
    path = f"/parties/{world.seko.id}"
    assert (await admin.change(path, {"name": "Seko Myndigheter"}))["name"] == "Seko Myndigheter"
    await admin.refused("POST", f"{path}/transitions", 403, "notYourRole", json={"to": "closed"}, etag='"2"')


async def test_parties_of_others_are_not_found(app: FastAPI, world: World) -> None:
    async with World(app) as other:
        stranger = other.employer_rep.client
        await stranger.refused("GET", f"{world.path}/parties", 404, "notFound")
        await stranger.refused("GET", f"/parties/{world.saco.id}", 404, "notFound")
        await stranger.refused("PATCH", f"/parties/{world.saco.id}", 404, "notFound", json={"name": "X"}, etag='"1"')


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"side": "union"}, "/name"),
        ({"side": "both", "name": "X"}, "/side"),
        ({"side": "union", "name": "x" * 201}, "/name"),
        ({"side": "union", "name": "X\u0000"}, "/name"),
        ({"side": "union", "name": "X", "members": 12}, "/members"),
    ],
)
async def test_bad_parties_are_refused_by_field(world: World, sent: dict[str, Any], pointer: str) -> None:
    problem = await world.administrator.client.refused(
        "POST", f"{world.path}/parties", 422, "validationFailed", json=sent
    )
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_party_never_changes_side(world: World) -> None:
    tag = await world.saco_rep.client.etag(f"/parties/{world.saco.id}")
    await world.saco_rep.client.refused(
        "PATCH", f"/parties/{world.saco.id}", 422, "validationFailed", json={"side": "employer"}, etag=tag
    )
