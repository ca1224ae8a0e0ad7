"""Rule 4: nobody can be found by the union they belong to, since nothing here says it of a person."""

import json
import re

from sqlmodel import SQLModel

from app.models.person import Person
from tests import contract
from tests.stories import final_record, started_group
from tests.world import World


async def test_rule_4_no_union_register(world: World) -> None:
    """A held session names mandates and counts employees; nobody's name is anywhere in the record."""
    record = await final_record(world, await started_group(world))
    written = json.dumps(record, ensure_ascii=False)
    for who in world.people.values():
        assert who.person.name not in written
        assert who.person.email not in written
    for who in (world.saco_rep, world.employer_rep, world.facilitator, world.employee):
        assert who.id not in json.dumps(record["content"])
    assert record["content"]["employeeHeadcount"] == 7


def test_rule_4_no_field_for_it() -> None:
    """A person's columns and shapes are these and no more; only a mandate, and the trail of what is done by one,
    tie a person to a party."""
    columns = {
        "id",
        "version",
        "created_at",
        "organisation_id",
        "unit_id",
        "name",
        "email",
        "language",
        "active",
        "roles",
        "erased_at",
        # --- what an HR system says of them
        "external_id",
        "user_name",
        "user_name_key",
        "given_name",
        "family_name",
        "department",
        "employee_number",
        "manager_id",
        "changed_at",
        "deactivated_at",
        "removed_at",
    }
    assert set(Person.model_fields) == columns == set(SQLModel.metadata.tables["person"].columns.keys())
    tied = set()
    for table in SQLModel.metadata.tables.values():
        leads_to = {key.column.table.name for key in table.foreign_keys}
        assert table.name != "person" or leads_to == {"organisation", "unit", "person"}
        if {"person", "party"} <= leads_to:
            tied.add(table.name)
    assert tied == {"mandate", "approval", "audit_entry"}

    of_a_person = {"id", "organisationId", "unitId", "name", "email", "language", "active", "roles", "createdAt"}
    of_a_resource = {"version", "allowedActions", "_links"}
    proof = {"currentPassword"}
    shapes = contract.document()["components"]["schemas"]
    # What may be done with a person, why not, and where: words of the agreement, with no field of anybody's.
    steps = {"PersonAction", "PersonActionReason", "PersonAllowedAction", "PersonRelation", "PersonLink"}
    assert {name for name in shapes if name.startswith("Person")} - steps == {
        "PersonCreate", "PersonUpdate", "PersonItem", "PersonRead", "PersonPage"
    }  # fmt: skip
    assert set(shapes["PersonAllowedAction"]["properties"]) == {"action", "allowed", "reason"}
    assert set(shapes["PersonLink"]["properties"]) == {"href", "rel", "method"}
    for name in ("PersonAction", "PersonActionReason", "PersonRelation"):
        assert [word for word in shapes[name]["enum"] if re.search("union|party|side", word.lower())] == [], name
    for name in ("PersonCreate", "PersonUpdate", "PersonItem", "PersonRead"):
        assert shapes[name]["properties"].keys() <= of_a_person | of_a_resource | proof, name
    assert [role for role in shapes["Role"]["enum"] if "union" in role.lower()] == []


def test_rule_4_no_list_of_people_by_party() -> None:
    """People are listed in one place, without a word about parties; mandates of one party, or at one table, alone."""
    lists = {}
    for path, operations in contract.document()["paths"].items():
        for operation in operations.values():
            told = json.dumps(operation["responses"])
            if operation["operationId"].startswith("list_") and ("/PersonPage" in told or "/MandatePage" in told):
                asked = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
                lists[path] = set(asked) - {"sort", "page", "limit", "after"}
    assert lists == {
        "/organisations/{organisationId}/people": {"q"},
        "/parties/{partyId}/mandates": {"validOn"},
        "/working-groups/{workingGroupId}/mandates": {"validOn"},
    }


async def test_rule_4_only_the_party_lists_its_own(world: World) -> None:
    """Nobody else gets a party's list, or finds people by the party's name."""
    own = f"/parties/{world.saco.id}/mandates"
    assert (await world.saco_rep.client.get(own))["_meta"]["totalRecords"] == 1
    others = (world.employer_rep, world.seko_rep, world.facilitator, world.archivist, world.employee)
    for who in (*others, world.administrator):
        await who.client.refused("GET", own, 403, "notYourRole")
    for who in (world.saco_rep, *others):
        people = f"{world.path}/people"
        for asked in ("partyId", "party", "side"):
            await who.client.refused("GET", f"{people}?{asked}={world.saco.id}", 422, "unknownParameter")
        assert (await who.client.get(people, params={"q": "Saco-S"}))["items"] == []
