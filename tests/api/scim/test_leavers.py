"""Who leaves is signed out, their mandate rests and their party is told; a stream of leavers waits for a release."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import time_machine
from sqlmodel import col

from app.models.audit_entry import Audience, AuditEntry
from app.models.mandate import Mandate
from app.models.person import Person
from tests.api.scim.provisioning import BULK, Json, Provisioning, brake_off, provisioning
from tests.database import as_owner
from tests.stories import started_group
from tests.world import Someone, World

GONE: Json = {"op": "Replace", "path": "active", "value": "False"}
BACK: Json = {"op": "Replace", "path": "active", "value": "True"}


async def mandate_of(world: World, who: Someone) -> Mandate:
    async with world.database.read() as session:
        found = await session.get(Mandate, UUID(who.mandate_id))
    assert found is not None
    return found


async def entries(world: World, audience: Audience) -> list[AuditEntry]:
    async with world.database.read() as session:
        query = sa.select(AuditEntry).where(
            col(AuditEntry.organisation_id) == world.organisation.id, col(AuditEntry.audience) == audience
        )
        return list((await session.execute(query)).scalars())


async def notices(world: World, kind: str = "mandateSuspended") -> list[Any]:
    orders = await as_owner(world.database, "SELECT convert_from(payload, 'UTF8') FROM queue.pgqueuer")
    return [each for each in map(json.loads, orders) if each.get("notice") == kind]


async def test_a_leaver_s_mandate_rests_and_the_party_is_told(world: World, hr: Provisioning) -> None:
    second = await world.representative("second", world.seko)
    path = f"/Users/{second.id}"
    assert (await second.client.get("/me"))["mandates"]
    await hr.patch(path, GONE)
    # Signed out at once, everywhere.
    await second.client.refused("GET", "/me", 401, "tokenInvalid")
    mandate = await mandate_of(world, second)
    assert mandate.suspended_at is not None
    assert (mandate.valid_to, mandate.version) == (None, 2)
    # The party is told, by its own trail and by mail to its other representative, and nobody else is.
    (told,) = await entries(world, Audience.PARTY)
    assert (told.party_id, told.subject_id, told.service_client_id) == (world.seko.id, mandate.id, UUID(hr.machine.id))
    assert told.operation == "suspend_mandate"
    assert world.seko_rep.id in {each["person"] for each in await notices(world)}
    assert second.id not in {each["person"] for each in await notices(world)}
    assert world.saco_rep.id not in {each["person"] for each in await notices(world)}
    read = await world.seko_rep.client.get(f"/mandates/{mandate.id}")
    assert read["suspendedAt"] is not None
    listed = await world.seko_rep.client.get(f"/organisations/{world.organisation.id}/audit-entries")
    assert str(mandate.id) in {each["subjectId"] for each in listed["items"]}
    for other in (world.employer_rep, world.saco_rep, world.administrator):
        answer = await other.client.get(f"/organisations/{world.organisation.id}/audit-entries")
        assert str(mandate.id) not in {each["subjectId"] for each in answer["items"]}


async def test_when_a_party_has_nobody_left_an_administrator_is_told_so_much(world: World, hr: Provisioning) -> None:
    admin, kind = world.administrator.id, "partyWithoutRepresentative"
    second = await world.representative("second", world.seko)
    at_table = await world.representative("at_table", world.saco, working_group_id=(await started_group(world))["id"])
    gone_by_hand = await world.representative("gone_by_hand", world.saco)
    await world.administrator.client.change(f"/people/{gone_by_hand.id}", {"active": False})
    await hr.patch(f"/Users/{second.id}", GONE)
    assert admin not in {each["person"] for each in await notices(world, kind)}
    # Somebody who speaks at one table alone can appoint nobody.
    await hr.patch(f"/Users/{world.saco_rep.id}", GONE)
    (told,) = [each for each in await notices(world, kind) if each["person"] == admin]
    assert set(told) == {"notice", "person", "at"}
    assert {each["person"] for each in await notices(world)} >= {at_table.id}
    others = {each.id for each in (world.employer_rep, world.archivist, world.facilitator, world.employee, at_table)}
    assert not others & {each["person"] for each in await notices(world, kind)}


async def test_who_is_taken_back_is_another_version_and_in_the_trail(world: World, hr: Provisioning) -> None:
    """Also when nothing else of them is different."""
    await brake_off(world)
    address = f"tillbaka@{world.organisation.id.hex[-12:]}.example"
    person_id = (await hr.hire(address))["id"]
    await hr.ask("DELETE", f"/Users/{person_id}", expect=204)
    before = await hr.person(person_id)
    assert (await hr.hire(address, active=False))["id"] == person_id
    after = await hr.person(person_id)
    assert (after.removed_at, after.version) == (None, before.version + 1)
    trail = [each for each in await entries(world, Audience.ORGANISATION) if str(each.subject_id) == person_id]
    assert [(each.operation, each.from_version) for each in trail][-1] == ("update_person", before.version)


async def test_whoever_returns_speaks_again_once_the_party_says_so(world: World, hr: Provisioning) -> None:
    second = await world.representative("second", world.seko)
    path = f"/mandates/{second.mandate_id}"
    await hr.patch(f"/Users/{second.id}", GONE)
    resume = {"suspendedAt": None}
    # While they are gone it cannot be resumed.
    tag = await world.seko_rep.client.etag(path)
    await world.seko_rep.client.refused("PATCH", path, 422, "personInactive", json=resume, etag=tag)
    await hr.patch(f"/Users/{second.id}", BACK)
    second.client.token = await world.token(second.person)
    assert (await second.client.get("/me"))["mandates"] == []
    assert (await mandate_of(world, second)).suspended_at is not None
    # A program's word that they are back is no mandate, and neither is their own or the other side's.
    await second.client.refused("PATCH", path, 403, "notYourRole", json=resume, etag=tag)
    await world.employer_rep.client.refused("PATCH", path, 404, "notFound", json=resume, etag=tag)
    resumed = await world.seko_rep.client.change(path, resume)
    assert resumed["suspendedAt"] is None
    assert len((await second.client.get("/me"))["mandates"]) == 1
    # Only null can be said.
    response = await world.seko_rep.client.request(
        "PATCH", path, json={"suspendedAt": "2026-01-01T00:00:00Z"}, etag=await world.seko_rep.client.etag(path)
    )
    assert response.status_code == 422


async def test_a_suspended_mandate_gives_nothing_behind_the_second_wall_either(world: World, hr: Provisioning) -> None:
    await hr.patch(f"/Users/{world.saco_rep.id}", GONE)
    await hr.patch(f"/Users/{world.saco_rep.id}", BACK)
    speaks = "SELECT larande_enter(:id, current_date), current_setting('larande.parties')"
    async with world.database.migrate() as connection:
        row = (await connection.execute(sa.text(speaks), {"id": world.saco_rep.person.id})).one()
    assert row[1] == ""
    world.saco_rep.client.token = await world.token(world.saco_rep.person)
    await world.saco_rep.client.refused("GET", f"/parties/{world.saco.id}/mandates", 403, "notYourRole")
    # The party has nobody who speaks for it: a system administrator appoints its first one again.
    another = await world.someone("another")
    given = {"personId": another.id, "function": "Ordförande"}
    made = await world.administrator.client.post(f"/parties/{world.saco.id}/mandates", given)
    assert made["first"] is True


async def test_syncing_never_gives_changes_or_ends_a_mandate(world: World, hr: Provisioning) -> None:
    await brake_off(world)
    before = await mandate_of(world, world.saco_rep)
    path = f"/Users/{world.saco_rep.id}"
    await hr.patch(path, {"op": "Replace", "path": "displayName", "value": "Annat Namn"})
    await hr.patch(path, GONE)
    await hr.patch(path, BACK)
    await hr.patch(path, GONE)
    await hr.ask("DELETE", path, expect=204)
    after = await mandate_of(world, world.saco_rep)
    assert after.model_dump(exclude={"suspended_at", "version"}) == before.model_dump(
        exclude={"suspended_at", "version"}
    )
    assert len(await entries(world, Audience.PARTY)) == 1


async def test_the_ordinary_way_of_a_service_client_suspends_too(world: World, hr: Provisioning) -> None:
    second = await world.representative("second", world.seko)
    await hr.machine.client.change(f"/people/{second.id}", {"active": False})
    assert (await mandate_of(world, second)).suspended_at is not None


# --- The brake -------------------------------------------------------------------------------------------------------


async def staff(world: World, hr: Provisioning, number: int) -> list[str]:
    """So many active people in all, and the ids of those that were added."""
    there = (await hr.ask("GET", "/Users?count=0"))["totalResults"]
    mark, now = world.organisation.id.hex[-12:], datetime.now(UTC)
    added = [
        Person(organisation_id=world.organisation.id, name="Åsa Ek", email=f"n{each}.{mark}@example.se", created_at=now)
        for each in range(number - there)
    ]
    async with world.database.write() as session:
        session.add_all(added)
    assert (await hr.ask("GET", "/Users?count=0"))["totalResults"] == number
    return [str(each.id) for each in added]


async def test_a_stream_of_leavers_stops_until_an_administrator_confirms(world: World, hr: Provisioning) -> None:
    people = await staff(world, hr, 80)
    for each in people[:8]:  # ten percent of eighty
        await hr.patch(f"/Users/{each}", GONE)
    error = await hr.refused("DELETE", f"/Users/{people[8]}", 409)
    assert "confirm" in error["detail"]
    await hr.patch(f"/Users/{people[8]}", GONE, expect=409)
    assert (await hr.ask("GET", f"/Users/{people[8]}"))["active"] is True
    # Whoever has left already is removed all the same, and who comes is taken in.
    await hr.ask("DELETE", f"/Users/{people[0]}", expect=204)
    await hr.hire("ny.anstalld@example.se")
    # Neither the parties nor the client itself release it.
    release = {"people": 2}
    for other in (world.employer_rep.client, world.saco_rep.client, hr.machine.client):
        path = f"{world.path}/deactivation-releases"
        await other.refused("POST", path, 403, "notYourRole", json=release)
    made = await world.administrator.client.post(f"{world.path}/deactivation-releases", release)
    assert (await world.saco_rep.client.get(f"/deactivation-releases/{made['id']}"))["people"] == 2
    for each in people[8:10]:
        await hr.patch(f"/Users/{each}", GONE)
    await hr.patch(f"/Users/{people[10]}", GONE, expect=409)


async def test_who_returns_counts_for_the_day_all_the_same(world: World, hr: Provisioning) -> None:
    """Or a system that says of one after another that they have left and are back would sign everybody out, and let
    every mandate rest, before anybody had looked at it."""
    people = await staff(world, hr, 60)
    for each in people[:3]:
        await hr.patch(f"/Users/{each}", GONE)
        await hr.patch(f"/Users/{each}", BACK)
    await hr.ask("DELETE", f"/Users/{people[3]}", expect=204)
    await hr.hire((await hr.person(people[3])).email)
    client = hr.machine.client
    for active in (False, True):
        await client.change(f"/people/{people[4]}", {"active": active})
    await hr.patch(f"/Users/{people[5]}", GONE)
    await hr.patch(f"/Users/{people[6]}", GONE, expect=409)  # ten percent of sixty
    tag = await client.etag(f"/people/{people[7]}")
    await client.refused("PATCH", f"/people/{people[7]}", 409, "deactivationBrake", json={"active": False}, etag=tag)
    # Once a person has brought them back, somebody has looked.
    await world.administrator.client.change(f"/people/{people[5]}", {"active": True})
    await hr.patch(f"/Users/{people[6]}", GONE)
    # And a day later it is another day.
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        hr.machine.renew(world.app)
        await hr.patch(f"/Users/{people[8]}", GONE)


async def test_whoever_is_taken_in_inactive_has_not_left(world: World, hr: Provisioning) -> None:
    people = await staff(world, hr, 60)
    mark = world.organisation.id.hex[-12:]
    for number in range(30):
        await hr.hire(f"inaktiv{number}.{mark}@example.se", active=False)
    await hr.patch(f"/Users/{people[0]}", GONE)


async def test_bulk_and_two_streams_at_once_do_not_get_past_it(world: World, hr: Provisioning) -> None:
    people = await staff(world, hr, 60)
    other = await provisioning(world)
    leave = [
        {
            "method": "PATCH",
            "path": f"/Users/{each}",
            "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [GONE]},
        }
        for each in people[:4]
    ]
    answer = await hr.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": leave})
    assert {each["status"] for each in answer["Operations"]} == {"200"}
    at_once = [
        each.send("DELETE", f"/Users/{person}") for each, person in zip([hr, other] * 4, people[4:12], strict=True)
    ]
    statuses = sorted(response.status_code for response in await asyncio.gather(*at_once))
    assert statuses == [204, 204, 409, 409, 409, 409, 409, 409]


async def test_the_percentage_is_the_organisation_s(world: World, hr: Provisioning) -> None:
    people = await staff(world, hr, 40)
    await world.administrator.client.change(world.path, {"deactivationBrakePercent": 50})
    for each in people[:20]:
        await hr.patch(f"/Users/{each}", GONE)
    await hr.patch(f"/Users/{people[20]}", GONE, expect=409)
    for value in (0, 101):
        response = await world.administrator.client.request(
            "PATCH",
            world.path,
            json={"deactivationBrakePercent": value},
            etag=await world.administrator.client.etag(world.path),
        )
        assert response.status_code == 422
