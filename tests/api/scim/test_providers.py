"""Entra ID and Okta as they really behave: requests in the shapes that they send, one after the other.

Source: the providers' own documentation of their SCIM clients, and what their validators send.
"""

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.api.scim.provisioning import BULK, ENTERPRISE, GROUP, LIST, PATCH, USER, Json, Provisioning, brake_off
from tests.world import World


def by(scim_filter: str) -> str:
    return f"filter={quote(scim_filter)}"


def address(name: str) -> str:
    return f"{name}.{uuid4().hex[:8]}@example.se"


def entra_user(user_name: str, **more: Any) -> Json:
    """As Entra's default mapping makes it."""
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": uuid4().hex,
        "userName": user_name,
        "active": True,
        "displayName": "Åsa Lindqvist",
        "emails": [{"primary": True, "type": "work", "value": user_name}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Åsa Lindqvist", "familyName": "Lindqvist", "givenName": "Åsa"},
        "title": "Utredare",
        "preferredLanguage": "en-GB",
        "phoneNumbers": [{"type": "work", "value": "+46 10 123 45 67"}],
        ENTERPRISE: {"employeeNumber": "E-7001", "department": "Provtagning"},
        **more,
    }


# --- Entra ID --------------------------------------------------------------------------------------------------------


async def test_entra_probes_the_address_before_it_is_saved(hr: Provisioning) -> None:
    """'Test connection': a filter for somebody who cannot exist, answered with an empty list and not with 404."""
    answer = await hr.ask("GET", "/Users?" + by(f'userName eq "{uuid4()}"'))
    assert answer["schemas"] == [LIST]
    assert answer["totalResults"] == 0
    answer = await hr.ask("GET", "/Groups?excludedAttributes=members&" + by('displayName eq "Ingen"'))
    assert answer["totalResults"] == 0


async def test_entra_reads_schemas_and_resource_types(hr: Provisioning) -> None:
    schemas = await hr.ask("GET", "/Schemas")
    assert {each["id"] for each in schemas["Resources"]} == {USER, ENTERPRISE, GROUP}
    types = await hr.ask("GET", "/ResourceTypes")
    assert {each["endpoint"] for each in types["Resources"]} == {"/Users", "/Groups"}
    assert (await hr.ask("GET", "/ServiceProviderConfig"))["bulk"]["supported"] is True


async def test_entra_creates_with_its_default_mapping(hr: Provisioning) -> None:
    """What is not kept is dropped; the rest is there, and the language is a first guess."""
    user_name = address("asa")
    made = await hr.ask("POST", "/Users", entra_user(user_name), 201)
    assert made["userName"] == user_name
    assert made["name"] == {"familyName": "Lindqvist", "givenName": "Åsa"}
    assert made[ENTERPRISE]["employeeNumber"] == "E-7001"
    assert made[ENTERPRISE]["department"] == "Provtagning"
    assert not {"title", "phoneNumbers", "preferredLanguage"} & made.keys()
    person = await hr.person(made["id"])
    assert (person.email, person.name, person.language) == (user_name, "Åsa Lindqvist", "en")


async def test_entra_looks_somebody_up_whatever_the_case(hr: Provisioning) -> None:
    user_name = address("Asa.Lindqvist")
    made = await hr.ask("POST", "/Users", entra_user(user_name), 201)
    answer = await hr.ask("GET", "/Users?" + by(f'userName eq "{user_name.upper()}"'))
    assert [each["id"] for each in answer["Resources"]] == [made["id"]]
    assert await hr.found('externalId eq "' + made["externalId"] + '"') == [made["id"]]
    assert await hr.found('externalId eq "' + made["externalId"].upper() + '"') == []
    assert await hr.found(f'emails[type eq "work"].value eq "{user_name}"') == [made["id"]]


async def test_entra_s_operations_are_in_pascal_case_and_false_is_a_text(world: World, hr: Provisioning) -> None:
    await brake_off(world)
    made = await hr.ask("POST", "/Users", entra_user(address("asa")), 201)
    path = f"/Users/{made['id']}"
    left = await hr.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    assert left["active"] is False
    back = await hr.patch(path, {"op": "Replace", "path": "active", "value": "True"})
    assert back["active"] is True
    left = await hr.patch(path, {"op": "Replace", "value": {"active": "False"}})
    assert left["active"] is False
    left = await hr.patch(
        path, {"op": "replace", "path": "active", "value": [{"$ref": None, "value": "True"}]}, expect=400
    )


async def test_entra_s_dotted_names_without_a_path(hr: Provisioning) -> None:
    made = await hr.ask("POST", "/Users", entra_user(address("asa")), 201)
    changed = await hr.patch(
        f"/Users/{made['id']}",
        {
            "op": "Replace",
            "value": {
                "displayName": "Åsa Ek",
                "name.givenName": "Åsa",
                "name.familyName": "Ek",
                f"{ENTERPRISE}:department": "Växter",
                'emails[type eq "work"].value': made["userName"],
            },
        },
    )
    assert changed["displayName"] == "Åsa Ek"
    assert changed["name"]["familyName"] == "Ek"
    assert changed[ENTERPRISE]["department"] == "Växter"


async def test_entra_adds_where_the_filter_matches_nothing(hr: Provisioning) -> None:
    """`add` and `replace` of addresses and numbers that nobody keeps change nothing, and the rest is carried out."""
    made = await hr.ask("POST", "/Users", entra_user(address("asa")), 201)
    changed = await hr.patch(
        f"/Users/{made['id']}",
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Göteborg"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+46 70 1"},
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "hemma@example.se"},
        {"op": "Replace", "path": "title", "value": "Chef"},
        {"op": "Add", "path": "displayName", "value": "Åsa Strand"},
    )
    assert changed["displayName"] == "Åsa Strand"
    assert [each["value"] for each in changed["emails"]] == [made["userName"]]


async def test_entra_s_manager_is_a_plain_text(hr: Provisioning) -> None:
    chief = await hr.ask("POST", "/Users", entra_user(address("chef")), 201)
    made = await hr.ask("POST", "/Users", entra_user(address("asa"), **{ENTERPRISE: {"manager": chief["id"]}}), 201)
    assert made[ENTERPRISE]["manager"]["value"] == chief["id"]
    path = f"/Users/{made['id']}"
    gone = await hr.patch(path, {"op": "Remove", "path": f"{ENTERPRISE}:manager"})
    assert "manager" not in gone.get(ENTERPRISE, {})
    again = await hr.patch(path, {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": chief["id"]})
    assert again[ENTERPRISE]["manager"]["value"] == chief["id"]
    assert again[ENTERPRISE]["manager"]["$ref"].endswith(f"/scim/v2/Users/{chief['id']}")
    dotted = await hr.patch(path, {"op": "Replace", "value": {f"{ENTERPRISE}:manager": chief["id"]}})
    assert dotted[ENTERPRISE]["manager"]["value"] == chief["id"]
    await hr.patch(path, {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": str(uuid4())}, expect=400)
    await hr.patch(path, {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": made["id"]}, expect=400)


async def test_entra_removes_and_sets_the_user_name(hr: Provisioning) -> None:
    """A new name over there is a new name here; the address to which mail goes is the person's to change."""
    old, new = address("asa.ek"), address("asa.strand")
    made = await hr.ask("POST", "/Users", entra_user(old), 201)
    path = f"/Users/{made['id']}"
    changed = await hr.patch(
        path,
        {"op": "Replace", "path": "userName", "value": new},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": new},
    )
    assert changed["userName"] == new
    person = await hr.person(made["id"])
    assert person.email == old
    assert await hr.found(f'userName eq "{new}"') == [made["id"]]
    assert await hr.found(f'userName eq "{old}"') == []
    same = await hr.patch(path, {"op": "Replace", "path": "userName", "value": old})
    assert same["userName"] == old


async def test_entra_s_groups(hr: Provisioning) -> None:
    """Created empty, found by name without members, filled by `Add`, emptied by `Remove` with a list of values."""
    people = [await hr.ask("POST", "/Users", entra_user(address(name)), 201) for name in ("asa", "bo", "eva")]
    name = f"Växtskydd {uuid4().hex[:6]}"
    body = {
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": uuid4().hex,
        "displayName": name,
        "meta": {"resourceType": "Group"},
    }
    made = await hr.ask("POST", "/Groups", body, 201)
    path = f"/Groups/{made['id']}"
    found = await hr.ask("GET", "/Groups?excludedAttributes=members&" + by(f'displayName eq "{name}"'))
    assert [each["id"] for each in found["Resources"]] == [made["id"]]
    values = [{"$ref": None, "value": each["id"]} for each in people[:2]]
    await hr.patch(path, {"op": "Add", "path": "members", "value": values})
    await hr.patch(path, {"op": "Add", "path": "members", "value": [{"value": people[2]["id"]}]})
    there = await hr.ask("GET", path)
    assert {each["value"] for each in there["members"]} == {each["id"] for each in people}
    assert "members" not in await hr.ask("GET", f"{path}?excludedAttributes=members")
    await hr.patch(path, {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": people[0]["id"]}]})
    await hr.patch(path, {"op": "Remove", "path": 'members[value eq "' + people[1]["id"] + '"]'})
    there = await hr.ask("GET", path)
    assert [each["value"] for each in there["members"]] == [people[2]["id"]]
    both = 'id eq "{}" and members eq "{}"'.format(made["id"], people[2]["id"])
    assert await hr.found(both, "Groups") == [made["id"]]
    await hr.patch(path, {"op": "Replace", "path": "displayName", "value": f"{name} och skadegörare"})
    await hr.patch(path, {"op": "Remove", "path": "members"})
    assert "members" not in await hr.ask("GET", path)
    await hr.ask("DELETE", path, expect=204)
    await hr.refused("GET", path, 404)


async def test_entra_soft_deletes_and_brings_back_the_same_person(world: World, hr: Provisioning) -> None:
    await brake_off(world)
    user = entra_user(address("asa"))
    made = await hr.ask("POST", "/Users", user, 201)
    path = f"/Users/{made['id']}"
    await hr.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    await hr.ask("DELETE", path, expect=204)
    await hr.refused("GET", path, 404)
    await hr.refused("DELETE", path, 404)
    assert await hr.found('userName eq "' + made["userName"] + '"') == []
    again = await hr.ask("POST", "/Users", user, 201)
    assert again["id"] == made["id"]
    assert again["active"] is True


async def test_entra_meets_somebody_who_was_there_before(world: World, hr: Provisioning) -> None:
    """Taken in by hand: found by the address, and from then on known by the provider's id."""
    person = world.employee.person
    assert await hr.found(f'userName eq "{person.email}"') == [str(person.id)]
    conflict = await hr.refused("POST", "/Users", 409, entra_user(person.email.upper()))
    assert conflict["scimType"] == "uniqueness"
    changed = await hr.patch(f"/Users/{person.id}", {"op": "Add", "path": "externalId", "value": "oid-1"})
    assert changed["externalId"] == "oid-1"


# --- Okta ------------------------------------------------------------------------------------------------------------


def okta_user(user_name: str, **more: Any) -> Json:
    return {
        "schemas": [USER],
        "userName": user_name,
        "name": {"givenName": "Örjan", "familyName": "Öberg"},
        "emails": [{"primary": True, "value": user_name, "type": "work"}],
        "displayName": "Örjan Öberg",
        "locale": "sv-SE",
        "externalId": f"00u{uuid4().hex[:17]}",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
        **more,
    }


async def test_okta_checks_and_creates(hr: Provisioning) -> None:
    user_name = address("orjan")
    query = by(f'userName eq "{user_name}"') + "&startIndex=1&count=100"
    answer = await hr.ask("GET", f"/Users?{query}")
    assert (answer["totalResults"], answer["startIndex"]) == (0, 1)
    made = await hr.ask("POST", "/Users", okta_user(user_name), 201)
    assert "password" not in made
    assert (await hr.ask("GET", f"/Users?{query}"))["totalResults"] == 1
    assert "1mz050nq" not in json.dumps(made)


async def test_okta_pages_through_everybody(hr: Provisioning) -> None:
    made = {(await hr.ask("POST", "/Users", okta_user(address("orjan")), 201))["id"] for _ in range(5)}
    seen: list[str] = []
    while True:
        answer = await hr.ask("GET", f"/Users?startIndex={len(seen) + 1}&count=3")
        seen += [each["id"] for each in answer.get("Resources", [])]
        if len(seen) >= answer["totalResults"]:
            break
    assert len(seen) == len(set(seen)) == answer["totalResults"]
    assert made <= set(seen)


async def test_okta_replaces_the_whole_user(hr: Provisioning) -> None:
    user_name = address("orjan")
    made = await hr.ask("POST", "/Users", okta_user(user_name), 201)
    path = f"/Users/{made['id']}"
    body = await hr.ask("GET", path)
    body["name"]["familyName"] = "Åberg"
    body["displayName"] = "Örjan Åberg"
    changed = await hr.ask("PUT", path, body)
    assert changed["displayName"] == "Örjan Åberg"
    assert changed["meta"]["version"] != made["meta"]["version"]
    # The same once more changes nothing, not even the version.
    assert (await hr.ask("PUT", path, changed))["meta"] == changed["meta"]


async def test_okta_deactivates_by_put_and_reactivates(world: World, hr: Provisioning) -> None:
    await brake_off(world)
    made = await hr.ask("POST", "/Users", okta_user(address("orjan")), 201)
    path = f"/Users/{made['id']}"
    left = await hr.ask("PUT", path, okta_user(made["userName"], externalId=made["externalId"], active=False))
    assert left["active"] is False
    # A PUT that does not say so leaves it.
    silent = okta_user(made["userName"], externalId=made["externalId"], displayName="Örjan Ö")
    del silent["active"]
    assert (await hr.ask("PUT", path, silent))["active"] is False
    operation = {"op": "replace", "value": {"active": True}}
    assert (await hr.patch(path, operation))["active"] is True


async def test_okta_sends_no_display_name(hr: Provisioning) -> None:
    user = okta_user(address("orjan"))
    del user["displayName"]
    made = await hr.ask("POST", "/Users", user, 201)
    assert made["displayName"] == "Örjan Öberg"
    changed = await hr.patch(f"/Users/{made['id']}", {"op": "replace", "path": "name.familyName", "value": "Strand"})
    assert changed["displayName"] == "Örjan Strand"


async def test_okta_pushes_groups(hr: Provisioning) -> None:
    people = [await hr.ask("POST", "/Users", okta_user(address("orjan")), 201) for _ in range(2)]
    members = [{"value": each["id"], "display": each["userName"]} for each in people]
    made = await hr.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "Sjöfåglar", "members": members}, 201)
    path = f"/Groups/{made['id']}"
    renamed = await hr.patch(path, {"op": "replace", "value": {"id": made["id"], "displayName": "Sjöfågel"}})
    assert renamed["displayName"] == "Sjöfågel"
    replaced = await hr.patch(path, {"op": "replace", "path": "members", "value": members[:1]})
    assert [each["value"] for each in replaced["members"]] == [people[0]["id"]]
    whole = {"schemas": [GROUP], "id": made["id"], "displayName": "Sjöfågel", "members": members}
    assert len((await hr.ask("PUT", path, whole))["members"]) == 2


async def test_okta_s_user_name_is_no_address(hr: Provisioning) -> None:
    """The address comes with `emails`; by either of them nobody else is found."""
    mail = address("orjan")
    made = await hr.ask(
        "POST", "/Users", okta_user("orjob", emails=[{"value": mail, "type": "work", "primary": True}]), 201
    )
    assert (made["userName"], made["emails"][0]["value"]) == ("orjob", mail)
    assert await hr.found('userName eq "ORJOB"') == [made["id"]]
    nobody = okta_user("ingen-adress")
    del nobody["emails"]
    await hr.refused("POST", "/Users", 400, nobody)


async def test_bulk_is_one_operation_each(hr: Provisioning) -> None:
    """Those that fail say so; the others are carried out, and refer to each other."""
    first, taken = address("asa"), address("bo")
    await hr.hire(taken)
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "asa", "data": entra_user(first)},
        {"method": "POST", "path": "/Users", "bulkId": "bo", "data": entra_user(taken)},
        {
            "method": "POST",
            "path": "/Groups",
            "bulkId": "unit",
            "data": {"schemas": [GROUP], "displayName": "Isar", "members": [{"value": "bulkId:asa"}]},
        },
    ]
    answer = await hr.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    assert [each["status"] for each in answer["Operations"]] == ["201", "409", "201"]
    made = answer["Operations"][0]["location"].rpartition("/")[2]
    group = answer["Operations"][2]["location"].rpartition("/")[2]
    assert [each["value"] for each in (await hr.ask("GET", f"/Groups/{group}"))["members"]] == [made]
    stops = [
        {
            "method": "PATCH",
            "path": f"/Users/{uuid4()}",
            "data": {"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "False"}]},
        },
        {"method": "POST", "path": "/Users", "bulkId": "eva", "data": entra_user(address("eva"))},
    ]
    answer = await hr.ask("POST", "/Bulk", {"schemas": [BULK], "failOnErrors": 1, "Operations": stops})
    assert [each["status"] for each in answer["Operations"]] == ["404"]


async def test_etags_are_honoured(hr: Provisioning) -> None:
    made = await hr.hire(address("asa"))
    path, tag = f"/Users/{made['id']}", made["meta"]["version"]
    assert (await hr.send("GET", path, If_None_Match=tag)).status_code == 304
    rename = {"op": "replace", "path": "displayName", "value": "Åsa Ny"}
    changed = await hr.patch(path, rename, If_Match=tag)
    assert changed["meta"]["version"] != tag
    assert changed["meta"]["lastModified"] > made["meta"]["lastModified"]
    await hr.patch(path, {**rename, "value": "Åsa Gammal"}, expect=412, If_Match=tag)
    await hr.refused("DELETE", path, 412, If_Match=tag)
    group = await hr.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "Alger"}, 201)
    before = group["meta"]["version"]
    await hr.patch(f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": made["id"]}]})
    await hr.refused("DELETE", f"/Groups/{group['id']}", 412, If_Match=before)


async def test_sorting_is_the_database_s(hr: Provisioning) -> None:
    names = ["Östen", "anna", "Bo", "Åke"]
    mark = uuid4().hex[:6]
    for name in names:
        await hr.hire(address("n"), displayName=f"{mark} {name}")
    query = by(f'displayName sw "{mark}"') + "&sortBy=displayName"
    answer = await hr.ask("GET", f"/Users?{query}")
    assert [each["displayName"].split()[1] for each in answer["Resources"]] == ["anna", "Bo", "Åke", "Östen"]
    answer = await hr.ask("GET", f"/Users?{query}&sortOrder=descending&count=2&startIndex=2")
    assert [each["displayName"].split()[1] for each in answer["Resources"]] == ["Åke", "Bo"]
