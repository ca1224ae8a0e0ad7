"""Organisations: taken in, read, changed, searched, closed."""

from typing import Any

import pytest

from tests.world import World, organisation_number


def a_workplace(**more: Any) -> dict[str, Any]:
    return {"organisationNumber": organisation_number(), "name": "Myndigheten för tjällossning", **more}


async def test_an_administrator_takes_in_an_organisation(world: World) -> None:
    number = organisation_number()
    admin = world.administrator.client
    sent = a_workplace(organisationNumber=f"{number[:6]}-{number[6:]}", shortName="MTL")
    response = await admin.request("POST", "/organisations", json=sent, expect=201)
    made = response.json()
    assert made["organisationNumber"] == number
    assert (made["approvalRule"], made["languages"], made["dormancyIntervalDays"]) == ("every", ["sv"], 180)
    assert response.headers["Location"].endswith(f"/larande/v1/organisations/{made['id']}")
    assert await admin.get(f"/organisations/{made['id']}") == made
    await admin.refused("POST", "/organisations", 409, "organisationNumberTaken", json=sent)


async def test_only_an_administrator_takes_in_an_organisation(world: World) -> None:
    await world.employer_rep.client.refused("POST", "/organisations", 403, "notYourRole", json=a_workplace())


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("2021006882", "organisationNumberChecksum"),
        ("202100688", "organisationNumberForm"),
        ("20219904173", "organisationNumberForm"),
        ("8001011234", "organisationNumberForm"),
        ("٢٠٢١٠٠٦٨٨٣", "organisationNumberForm"),
        ("202100-68-83", "organisationNumberForm"),
    ],
)
async def test_organisation_numbers_are_checked(world: World, number: str, code: str) -> None:
    problem = await world.administrator.client.refused(
        "POST", "/organisations", 422, "validationFailed", json=a_workplace(organisationNumber=number)
    )
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/organisationNumber", code)]
    assert number not in str(problem)


async def test_settings_change_by_merge_patch_and_version(world: World) -> None:
    admin = world.administrator.client
    tag = await admin.etag(world.path)
    changed = await admin.change(world.path, {"shortName": "MP", "approvalRule": "any"})
    assert (changed["shortName"], changed["approvalRule"], changed["version"]) == ("MP", "any", 2)
    assert (await admin.change(world.path, {"shortName": None}))["shortName"] is None
    await admin.refused("PATCH", world.path, 412, "staleVersion", json={"shortName": "X"}, etag=tag)
    await admin.refused("PATCH", world.path, 428, "preconditionRequired", json={"shortName": "X"})
    await admin.refused("PATCH", world.path, 422, "validationFailed", json={"name": None}, etag=tag)


async def test_a_patch_that_changes_nothing_is_no_change(world: World) -> None:
    changed = await world.administrator.client.change(world.path, {"approvalRule": "every"})
    assert changed["version"] == 1


async def test_a_closed_organisation_begins_nothing_new(world: World) -> None:
    admin = world.administrator.client
    closed = await admin.step(f"{world.path}/transitions", {"to": "closed"})
    assert closed["state"] == "closed"
    assert closed["closedAt"] is not None
    await admin.refused("PATCH", world.path, 409, "organisationClosed", json={"name": "Ny"}, etag='"2"')
    assert (await world.employee.client.get(world.path))["state"] == "closed"


async def test_search_understands_swedish_word_forms(world: World) -> None:
    admin = world.administrator.client
    made = await admin.post("/organisations", a_workplace(name="Myndigheten för älgars vandringsleder"))
    for words in ("vandringsled", "vandringsleden", "Myndigheten för älg"):
        found = await admin.get("/organisations", params={"q": words, "limit": 100})
        assert made["id"] in [item["id"] for item in found["items"]], words
    assert (await admin.get("/organisations", params={"q": "renar på rymmen"}))["items"] == []


async def test_everyone_sees_their_own_organisation_only(world: World) -> None:
    listed = await world.employee.client.get("/organisations")
    assert [item["id"] for item in listed["items"]] == [str(world.organisation.id)]
    other = await world.administrator.client.post("/organisations", a_workplace())
    await world.employee.client.refused("GET", f"/organisations/{other['id']}", 404, "notFound")


async def test_the_whole_list_is_counted(world: World) -> None:
    admin = world.administrator.client
    before = (await admin.get("/organisations"))["_meta"]["totalRecords"]
    await admin.post("/organisations", a_workplace())
    assert (await admin.get("/organisations"))["_meta"]["totalRecords"] == before + 1


async def test_pages_follow_each_other_without_gaps(world: World) -> None:
    admin = world.administrator.client
    mark = organisation_number()
    made = {(await admin.post("/organisations", a_workplace(name=f"Ort{mark} {n:02d}")))["id"] for n in range(7)}
    seen: list[str] = []
    page = await admin.get("/organisations", params={"q": f"Ort{mark}", "limit": 3})
    assert page["_meta"] == {"totalRecords": 7, "totalIsLowerBound": False, "page": 1, "limit": 3, "count": 3}
    while True:
        seen += [item["id"] for item in page["items"]]
        if page["_links"]["next"] is None:
            break
        href = page["_links"]["next"]["href"]
        assert "q=Ort" in href
        page = (await admin.http.get(href, headers={"Authorization": f"Bearer {admin.token}"})).json()
    assert page["_meta"]["page"] == 3
    assert len(seen) == 7
    assert set(seen) == made
    for beyond in (0, 99):
        assert (await admin.get("/organisations", params={"q": f"Ort{mark}", "page": beyond}))["items"] == []
    backwards = await admin.get("/organisations", params={"q": f"Ort{mark}", "sort": "-name", "limit": 3})
    assert [item["id"] for item in backwards["items"]] == seen[::-1][:3]
    await admin.refused("GET", "/organisations?after=abc", 422, "cursorInvalid")


async def test_the_same_key_makes_one_organisation(world: World) -> None:
    admin = world.administrator.client
    headers = {"Idempotency-Key": organisation_number()}
    sent = a_workplace()
    first = await admin.post("/organisations", sent, headers=headers)
    assert await admin.post("/organisations", sent, headers=headers) == first
    await admin.refused("POST", "/organisations", 409, "idempotencyKeyReused", json=a_workplace(), headers=headers)
