"""Units: the tree on any day, with moves, new names and closed units in its history."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.models.unit import UnitPlacement
from app.services.calendar import STOCKHOLM
from tests.world import World


def days_ago(days: int) -> str:
    return (datetime.now(STOCKHOLM).date() - timedelta(days=days)).isoformat()


TODAY = 0
LONG_AGO = 400


async def a_unit(world: World, name: str, **more: Any) -> Any:
    sent = {"name": name, "validFrom": days_ago(LONG_AGO), **more}
    return await world.employer_rep.client.post(f"{world.path}/units", sent)


async def names(world: World, **params: Any) -> list[str]:
    listed = await world.employee.client.get(f"{world.path}/units", params={"limit": 100, **params})
    return [item["name"] for item in listed["items"]]


@pytest.mark.parametrize("who", ["employer_rep", "saco_rep", "administrator"])
async def test_either_side_and_the_administrator_keep_the_tree(world: World, who: str) -> None:
    caller = world.people[who].client
    made = await caller.post(
        f"{world.path}/units",
        {"name": "Enheten för åtgärder", "parentId": str(world.unit.id), "externalId": "ÅÄÖ-1", "headcount": 0},
    )
    assert (made["name"], made["parentId"], made["externalId"], made["headcount"], made["validTo"]) == (
        "Enheten för åtgärder",
        str(world.unit.id),
        "ÅÄÖ-1",
        0,
        None,
    )
    assert made["validFrom"] == days_ago(TODAY)
    assert made["periods"] == [
        {"name": made["name"], "parentId": str(world.unit.id), "validFrom": days_ago(TODAY), "validTo": None}
    ]
    assert await caller.get(f"/units/{made['id']}") == made
    changed = await caller.change(f"/units/{made['id']}", {"headcount": 41, "externalId": None})
    assert (changed["headcount"], changed["externalId"], changed["version"]) == (41, None, 2)
    assert (await caller.change(f"/units/{made['id']}", {"headcount": 41}))["version"] == 2


async def test_others_read_the_tree_and_leave_it(app: FastAPI, world: World) -> None:
    path = f"/units/{world.unit.id}"
    tag = await world.employee.client.etag(path)
    for who in ("employee", "facilitator", "archivist"):
        caller = world.people[who].client
        await caller.refused("POST", f"{world.path}/units", 403, "notYourRole", json={"name": "Ny"})
        await caller.refused("PATCH", path, 403, "notYourRole", json={"name": "Ny"}, etag=tag)
    async with World(app) as other:
        stranger = other.employer_rep.client
        await stranger.refused("GET", path, 404, "notFound")
        await stranger.refused("PATCH", path, 404, "notFound", json={"name": "Ny"}, etag=tag)
        await stranger.refused("GET", f"{world.path}/units", 404, "notFound")
        await stranger.refused("POST", f"{world.path}/units", 404, "notFound", json={"name": "Ny"})
        foreign = {"name": "Ny", "parentId": str(other.unit.id)}
        await world.saco_rep.client.refused("POST", f"{world.path}/units", 422, "unknownUnit", json=foreign)
        assert await names(world, parentId=str(other.unit.id)) == []


async def test_moves_and_new_names_keep_their_history(world: World) -> None:
    rep = world.employer_rep.client
    first, second = await a_unit(world, "Norr"), await a_unit(world, "Söder")
    unit = await a_unit(world, "Labbet", parentId=first["id"])
    path = f"/units/{unit['id']}"
    await rep.change(path, {"parentId": second["id"], "effectiveOn": days_ago(100)})
    await rep.change(path, {"name": "Laboratoriet", "effectiveOn": days_ago(50)})
    now = await rep.change(path, {"name": "Provlaboratoriet", "effectiveOn": days_ago(50)})
    assert now["periods"] == [
        {"name": "Labbet", "parentId": first["id"], "validFrom": days_ago(LONG_AGO), "validTo": days_ago(101)},
        {"name": "Labbet", "parentId": second["id"], "validFrom": days_ago(100), "validTo": days_ago(51)},
        {"name": "Provlaboratoriet", "parentId": second["id"], "validFrom": days_ago(50), "validTo": None},
    ]
    assert (now["name"], now["parentId"], now["version"]) == ("Provlaboratoriet", second["id"], 4)
    assert await names(world, parentId=first["id"], validOn=days_ago(101)) == ["Labbet"]
    assert await names(world, parentId=first["id"], validOn=days_ago(100)) == []
    assert await names(world, parentId=second["id"], validOn=days_ago(51)) == ["Labbet"]
    assert await names(world, parentId=second["id"]) == ["Provlaboratoriet"]
    assert await names(world, validOn=days_ago(LONG_AGO + 1)) == ["Myndigheten", "Provtagningsenheten"]
    to_the_top = await rep.change(path, {"parentId": None})
    assert (to_the_top["parentId"], len(to_the_top["periods"])) == (None, 4)
    assert (await rep.change(path, {"parentId": None, "name": "Provlaboratoriet"}))["version"] == 5


async def test_changes_take_effect_today_or_earlier_but_not_before_the_history(world: World) -> None:
    rep = world.employer_rep.client
    unit = await a_unit(world, "Labbet")
    path = f"/units/{unit['id']}"
    await rep.change(path, {"name": "Laboratoriet", "effectiveOn": days_ago(10)})
    tag = await rep.etag(path)
    for sent, code, pointer in [
        ({"name": "X", "effectiveOn": days_ago(-1)}, "dateInFuture", "/effectiveOn"),
        ({"name": "X", "effectiveOn": days_ago(11)}, "changeBeforeHistory", "/effectiveOn"),
        ({"validTo": days_ago(-1)}, "dateInFuture", "/validTo"),
        ({"validTo": days_ago(11)}, "changeBeforeHistory", "/validTo"),
    ]:
        problem = await rep.refused("PATCH", path, 422, code, json=sent, etag=tag)
        assert problem["errors"][0]["pointer"] == pointer
    ahead = {"name": "X", "validFrom": days_ago(-1)}
    await rep.refused("POST", f"{world.path}/units", 422, "dateInFuture", json=ahead)
    assert len((await rep.get(path))["periods"]) == 2


async def test_today_is_a_swedish_day(world: World) -> None:
    with time_machine.travel("2036-06-30T22:30:00Z", tick=False):  # half past midnight in Stockholm
        fresh = world.nobody.signed_in(await world.token(world.employer_rep.person))
        made = await fresh.post(f"{world.path}/units", {"name": "Nattens enhet"})
        assert made["validFrom"] == "2036-07-01"
        listed = await fresh.get(f"{world.path}/units", params={"q": "Nattens"})
        assert [item["id"] for item in listed["items"]] == [made["id"]]
        before = await fresh.get(f"{world.path}/units", params={"q": "Nattens", "validOn": "2036-06-30"})
        assert before["items"] == []


async def test_a_closed_unit_stays_readable_and_unchanged(world: World) -> None:
    rep = world.saco_rep.client
    parent = await a_unit(world, "Norr")
    child = await a_unit(world, "Labbet", parentId=parent["id"])
    path = f"/units/{parent['id']}"
    tag = await rep.etag(path)
    await rep.refused("PATCH", path, 409, "unitHasChildren", json={"validTo": days_ago(0)}, etag=tag)
    await rep.change(f"/units/{child['id']}", {"validTo": days_ago(5)})
    # On the days before it closed, the child lay there.
    await rep.refused("PATCH", path, 409, "unitHasChildren", json={"validTo": days_ago(6)}, etag=tag)
    closed = await rep.change(path, {"name": "Norra enheten", "effectiveOn": days_ago(30), "validTo": days_ago(5)})
    assert (closed["name"], closed["validTo"]) == ("Norra enheten", days_ago(5))
    assert [period["validTo"] for period in closed["periods"]] == [days_ago(31), days_ago(5)]
    assert await rep.get(path) == closed
    assert {action["action"]: action["reason"] for action in closed["allowedActions"]} == {"update_unit": "unitClosed"}
    await rep.refused("PATCH", path, 409, "unitClosed", json={"validTo": None}, etag='"2"')
    await rep.refused("PATCH", path, 409, "unitClosed", json={"name": "Åter"}, etag='"2"')
    below = {"name": "Ny", "parentId": parent["id"]}
    problem = await rep.refused("POST", f"{world.path}/units", 409, "unitClosed", json=below)
    assert problem["errors"][0]["pointer"] == "/parentId"
    assert {"Norra enheten", "Labbet"} <= set(await names(world, validOn=days_ago(5)))
    assert not {"Norra enheten", "Labbet"} & set(await names(world, validOn=days_ago(4)))


async def test_an_open_unit_stays_open_when_asked_to(world: World) -> None:
    unit = await a_unit(world, "Labbet")
    assert (await world.saco_rep.client.change(f"/units/{unit['id']}", {"validTo": None}))["version"] == 1


async def test_a_parent_must_have_existed(world: World) -> None:
    rep = world.employer_rep.client
    young = await a_unit(world, "Ung", validFrom=days_ago(10))
    for sent in ({"validFrom": days_ago(11)}, {"validFrom": days_ago(LONG_AGO)}):
        await rep.refused(
            "POST",
            f"{world.path}/units",
            422,
            "parentNotYet",
            json={"name": "Äldre", "parentId": young["id"], **sent},
        )
    assert (await a_unit(world, "Jämnårig", parentId=young["id"], validFrom=days_ago(10)))["parentId"] == young["id"]
    unknown = {"name": "X", "parentId": "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b"}
    await rep.refused("POST", f"{world.path}/units", 422, "unknownUnit", json=unknown)


async def test_no_unit_lies_under_itself(world: World) -> None:
    rep = world.employer_rep.client
    top = await a_unit(world, "Topp")
    middle = await a_unit(world, "Mitt", parentId=top["id"])
    bottom = await a_unit(world, "Botten", parentId=middle["id"])
    path = f"/units/{top['id']}"
    tag = await rep.etag(path)
    for parent in (top, middle, bottom):
        problem = await rep.refused("PATCH", path, 422, "unitCycle", json={"parentId": parent["id"]}, etag=tag)
        assert problem["errors"][0]["pointer"] == "/parentId"
    # Out of the way today, but below it until yesterday: from today the move is fine, from last week it is not.
    await rep.change(f"/units/{middle['id']}", {"parentId": None})
    earlier = {"parentId": bottom["id"], "effectiveOn": days_ago(7)}
    await rep.refused("PATCH", path, 422, "unitCycle", json=earlier, etag=tag)
    assert (await rep.change(path, {"parentId": bottom["id"]}))["parentId"] == bottom["id"]


async def test_a_circle_needs_all_its_parts_on_one_day(world: World) -> None:
    """`low` lay under `middle` until `middle` came under `top`: `top` never was above `low`."""
    rep = world.employer_rep.client
    top, middle, low = [await a_unit(world, name) for name in ("Topp", "Mitt", "Låg")]
    await rep.change(f"/units/{low['id']}", {"parentId": middle["id"], "effectiveOn": days_ago(200)})
    await rep.change(f"/units/{low['id']}", {"parentId": None, "effectiveOn": days_ago(100)})
    await rep.change(f"/units/{middle['id']}", {"parentId": top["id"], "effectiveOn": days_ago(100)})
    moved = await rep.change(f"/units/{top['id']}", {"parentId": low["id"], "effectiveOn": days_ago(300)})
    assert moved["parentId"] == low["id"]


@pytest.mark.parametrize("attempt", range(5))
async def test_two_moves_at_once_make_no_circle(world: World, attempt: int) -> None:
    one, two = await a_unit(world, f"Ett {attempt}"), await a_unit(world, "Två")
    employer, union = world.employer_rep.client, world.saco_rep.client
    answers = await asyncio.gather(
        employer.request("PATCH", f"/units/{one['id']}", json={"parentId": two["id"]}, etag='"1"'),
        union.request("PATCH", f"/units/{two['id']}", json={"parentId": one["id"]}, etag='"1"'),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert [answer.json()["code"] for answer in answers if answer.status_code == 422] == ["unitCycle"]


async def test_a_unit_closes_or_gets_a_child_but_not_both_at_once(world: World) -> None:
    unit = await a_unit(world, "Labbet")
    answers = await asyncio.gather(
        world.employer_rep.client.request("PATCH", f"/units/{unit['id']}", json={"validTo": days_ago(0)}, etag='"1"'),
        world.saco_rep.client.request("POST", f"{world.path}/units", json={"name": "Ny", "parentId": unit["id"]}),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [201, 409])


async def test_one_of_two_concurrent_changes_is_told_to_read_again(world: World) -> None:
    path = f"/units/{world.subunit.id}"
    answers = await asyncio.gather(
        *(
            rep.client.request("PATCH", path, json={"name": f"Nytt {place}"}, etag='"1"')
            for place, rep in enumerate((world.employer_rep, world.saco_rep))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_external_ids_are_one_unit_each(app: FastAPI, world: World) -> None:
    rep = world.employer_rep.client
    await a_unit(world, "Ett", externalId="HR-1")
    taken = {"name": "Två", "externalId": "HR-1"}
    problem = await rep.refused("POST", f"{world.path}/units", 409, "externalIdTaken", json=taken)
    assert problem["errors"][0]["pointer"] == "/externalId"
    tag = await rep.etag(f"/units/{world.unit.id}")
    await rep.refused("PATCH", f"/units/{world.unit.id}", 409, "externalIdTaken", json={"externalId": "HR-1"}, etag=tag)
    async with World(app) as other:
        assert (await a_unit(other, "Ett", externalId="HR-1"))["externalId"] == "HR-1"


async def test_search_understands_swedish_word_forms_and_beginnings(world: World) -> None:
    await a_unit(world, "Enheten för älgars vandringsleder")
    for words in ("vandringsleden", "VANDRINGSLED", "Enheten för älg", "ENHETEN FÖR ÄLG"):
        assert await names(world, q=words) == ["Enheten för älgars vandringsleder"], words
    for words in ("renar", "vandr%", "_nheten", "&|!():*'"):
        assert await names(world, q=words) == [], words


async def test_pages_of_units_are_sorted_by_name(world: World) -> None:
    rep = world.employer_rep.client
    for name in ("C", "A", "B"):
        await a_unit(world, name, parentId=str(world.subunit.id))
    params = {"parentId": str(world.subunit.id), "limit": 2, "sort": "-name"}
    page = await rep.get(f"{world.path}/units", params=params)
    assert [item["name"] for item in page["items"]] == ["C", "B"]
    href = page["_links"]["next"]["href"]
    rest = (await rep.http.get(href, headers={"Authorization": f"Bearer {rep.token}"})).json()
    assert [item["name"] for item in rest["items"]] == ["A"]
    assert page["_meta"]["totalRecords"] == 3


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": " \t "}, "/name"),
        ({"name": "a\u0000b"}, "/name"),
        ({"name": "a\u202eb"}, "/name"),
        ({"name": "a" * 201}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "X", "headcount": -1}, "/headcount"),
        ({"name": "X", "headcount": 1.5}, "/headcount"),
        ({"name": "X", "headcount": "12"}, "/headcount"),
        ({"name": "X", "headcount": True}, "/headcount"),
        ({"name": "X", "validFrom": 0}, "/validFrom"),
        ({"name": "X", "validFrom": "2026-02-30"}, "/validFrom"),
        ({"name": "X", "validFrom": "2026-02-01T00:00:00Z"}, "/validFrom"),
        ({"name": "X", "parentId": "x"}, "/parentId"),
        ({"name": "X", "managerId": "x"}, "/managerId"),
        ({"name": "X", "parent_id": None}, "/parent_id"),
    ],
)
async def test_bad_units_are_refused_by_field(shared: World, sent: dict[str, Any], pointer: str) -> None:
    problem = await shared.employer_rep.client.refused(
        "POST", f"{shared.path}/units", 422, "validationFailed", json=sent
    )
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert len(await names(shared)) == 2


async def test_a_lone_surrogate_is_refused(world: World) -> None:
    response = await world.employer_rep.client.request(
        "POST",
        f"{world.path}/units",
        content=b'{"name": "a\\ud800b"}',
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code in {400, 422}
    assert len(await names(world)) == 2


async def test_bad_days_in_the_address_are_refused(world: World) -> None:
    caller = world.employee.client
    for day in ("0", "2026-13-01", "20260101", "2026-01-01T00:00:00Z", "0001-01-01", "9999-12-31"):
        await caller.refused("GET", f"{world.path}/units?validOn={day}", 422, "validationFailed")
    for day in ("1900-01-01", "2999-12-31"):
        listed = await caller.get(f"{world.path}/units", params={"validOn": day})
        assert listed["_meta"]["count"] == (2 if day.startswith("2") else 0)


async def test_a_closed_organisation_gets_no_units(world: World) -> None:
    await world.administrator.client.step(f"{world.path}/transitions", {"to": "closed"})
    await world.employer_rep.client.refused(
        "POST", f"{world.path}/units", 409, "organisationClosed", json={"name": "Ny"}
    )


async def test_the_same_key_makes_one_unit(world: World) -> None:
    rep = world.employer_rep.client
    headers = {"Idempotency-Key": "enhet-1"}
    first = await rep.post(f"{world.path}/units", {"name": "En enda"}, headers=headers)
    assert await rep.post(f"{world.path}/units", {"name": "En enda"}, headers=headers) == first
    assert await names(world, q="En enda") == ["En enda"]


async def test_the_database_holds_one_open_period_for_each_unit(world: World) -> None:
    """What the services rely on when they close a period before the next begins."""
    second = UnitPlacement(
        organisation_id=world.organisation.id,
        unit_id=world.unit.id,
        name="Ännu en",
        valid_from=date(2021, 1, 1),
    )
    with pytest.raises(Exception, match="uq_unit_placement_current"):
        await world.add(second)


async def test_null_is_no_way_to_leave_a_field_out(world: World) -> None:
    """In a creation null means nothing; in a merge patch it takes away what may be taken away."""
    rep, path = world.employer_rep.client, f"{world.path}/units"
    for field in ("parentId", "externalId", "headcount", "validFrom"):
        refused = await rep.refused("POST", path, 422, "validationFailed", json={"name": "Laboratoriet", field: None})
        assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [(f"/{field}", "nullRefused")]
    assert (await rep.post(path, {"name": "Laboratoriet"}))["headcount"] is None
