"""Who one is: name, workplace, roles, and the mandates that count today."""

from datetime import UTC, date, datetime, timedelta

import time_machine

from tests.client import Client
from tests.world import World


async def test_a_representative_sees_organisation_roles_and_mandates(world: World) -> None:
    rep = world.employer_rep
    me = await rep.client.get("/me")
    assert (me["id"], me["name"], me["email"]) == (rep.id, rep.person.name, rep.person.email)
    assert (me["language"], me["roles"], me["facilitatedSessions"]) == ("sv", [], 0)
    assert me["organisation"] == {
        "id": str(world.organisation.id),
        "name": world.organisation.name,
        "shortName": world.organisation.short_name,
    }
    (mandate,) = me["mandates"]
    assert (mandate["id"], mandate["side"], mandate["workingGroupId"]) == (rep.mandate_id, "employer", None)
    assert mandate["function"] == "Företrädare"
    assert me["_links"][0] == {"href": "http://testserver/larande/v1/me", "rel": "self", "method": "GET"}


async def test_people_without_mandates_or_workplace(world: World) -> None:
    assert (await world.archivist.client.get("/me"))["roles"] == ["archivist"]
    admin = await world.administrator.client.get("/me")
    assert (admin["organisation"], admin["mandates"], admin["roles"]) == (None, [], ["systemAdministrator"])


async def test_the_etag_changes_when_a_mandate_does(world: World) -> None:
    client = world.employee.client
    tag = await client.etag("/me")
    await client.request("GET", "/me", headers={"If-None-Match": tag}, expect=304)
    await world.representative("employee", world.saco, person=world.employee)
    response = await client.request("GET", "/me", headers={"If-None-Match": tag}, expect=200)
    assert [mandate["partyName"] for mandate in response.json()["mandates"]] == [world.saco.name]
    assert response.headers["Cache-Control"] == "private, no-store"


async def test_mandates_count_by_swedish_days(world: World) -> None:
    day = date(2026, 6, 30)
    rep = await world.representative("short", world.seko, valid_from=day, valid_to=day)
    for moment, counts in (
        (datetime(2026, 6, 29, 21, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 29, 22, 0, tzinfo=UTC), True),
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), False),
    ):
        with time_machine.travel(moment, tick=False):
            client = rep.client.signed_in(await world.token(rep.person))
            assert bool((await client.get("/me"))["mandates"]) is counts, moment


async def test_only_ones_own_mandates_are_shown(world: World) -> None:
    ended = await world.representative(
        "ended",
        world.saco,
        valid_to=date.today() - timedelta(days=1),  # noqa: DTZ011
    )
    assert (await ended.client.get("/me"))["mandates"] == []


async def test_nobody_is_nobody(client: Client) -> None:
    await client.refused("GET", "/me", 401, "notSignedIn")
    await client.signed_in("a.b.c").refused("GET", "/me", 401, "tokenInvalid")
