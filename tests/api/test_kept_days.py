"""What is kept for later days: done, held where it must wait, told to whom it is about, and gone with them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app import importing
from app.models.hr_import import HrKeptChange
from app.models.mandate import Mandate
from tests import machines
from tests.api.test_data_exports import export_of
from tests.api.test_erasure import erased
from tests.api.test_imports import HEADER, counted, import_file, in_days, people, rows_of, send
from tests.database import as_owner
from tests.retention_stories import a_hold
from tests.stories import Json
from tests.world import World

KEPT = ("keptApplied", "keptRefused", "keptHeld")


async def turn(world: World, days: int) -> None:
    await importing.work(world.database, datetime.now(UTC) + timedelta(days=days, hours=1))


async def report(world: World, hr_import: Json) -> list[int]:
    return counted(await world.administrator.client.get(f"/imports/{hr_import['id']}"), *KEPT)


async def leaving(world: World, client: Any, count: int, day: int, tag: str) -> Json:
    lines = [f"P{number};Namn Ek;p{number}@{tag}.example;;;" for number in range(count)]
    later = [f"P{number};;;;nej;{in_days(day)}" for number in range(count)]
    return await import_file(world, client, HEADER, *lines, *later)


async def test_what_a_client_has_left_waits_once_it_has_ended(world: World) -> None:
    former = await machines.hr_system(world)
    done = await leaving(world, former.client, 2, 3, "ended")
    await world.administrator.client.step(f"{former.path}/transitions", {"to": "ended"})
    for _ in "ab":
        await turn(world, 3)
    assert await report(world, done) == [0, 0, 2]
    assert all(each.active for each in (await people(world)).values())
    # Every turn finds it held, and says so once.
    version = (await world.administrator.client.get(f"/imports/{done['id']}"))["version"]
    await turn(world, 3)
    assert (await world.administrator.client.get(f"/imports/{done['id']}"))["version"] == version
    # Another client says one of them again, and it is that client's from then on.
    client = (await machines.hr_system(world)).client
    again = await import_file(world, client, HEADER, f"P0;;;;nej;{in_days(3)}")
    assert counted(again, "kept") == [1]
    await turn(world, 3)
    assert {key: each.active for key, each in (await people(world)).items()} == {"P0": False, "P1": True}
    assert await report(world, again) == [1, 0, 0]
    assert await report(world, done) == [0, 0, 1]
    # A file that is everybody, and does not repeat the other, takes it back.
    whole = await send(world, client, HEADER, "P1;Namn Ek;;;;", mode="snapshot")
    listed = await client.get(f"/imports/{whole['id']}/changes?change=withdrawn")
    assert [each["externalId"] for each in listed["items"]] == ["P1"]


async def test_what_a_client_that_may_no_more_has_left_waits_too(world: World) -> None:
    it = await machines.hr_system(world)
    done = await leaving(world, it.client, 1, 3, "scopes")
    await as_owner(world.database, f"UPDATE service_client SET scopes = '{{units:write}}' WHERE id = '{it.id}'")  # noqa: S608
    await turn(world, 3)
    assert await report(world, done) == [0, 0, 1]


async def test_an_administrators_file_is_done_whoever_has_ended(world: World) -> None:
    done = await leaving(world, world.administrator.client, 1, 3, "admin")
    await turn(world, 3)
    assert await report(world, done) == [1, 0, 0]


async def test_what_the_brake_holds_is_told_until_it_is_released(world: World) -> None:
    client = (await machines.hr_system(world)).client
    done = await leaving(world, client, 20, 3, "held")
    await turn(world, 3)
    assert await report(world, done) == [0, 0, 20]
    assert all(each.active for each in (await people(world)).values())
    await world.administrator.client.post(f"{world.path}/deactivation-releases", {"people": 20})
    # Within the release's own day.
    await as_owner(world.database, "UPDATE hr_kept_change SET effective_on = current_date")
    await turn(world, 0)
    assert await report(world, done) == [20, 0, 0]
    assert not any(each.active for each in (await people(world)).values())


async def test_people_read_what_is_said_of_them_and_it_goes_with_them(world: World) -> None:
    client = (await machines.hr_system(world)).client
    them = world.employee
    await import_file(world, client, HEADER, f"E1;{them.person.name};{them.person.email};;;")
    await import_file(
        world, client, HEADER, f"E1;Nytt Namn;;;;{in_days(8)}", f"N1;Di Ek;di@kept.example;;;{in_days(4)}"
    )
    (own,) = (await export_of(them))["hrKeptChange"]
    assert (own["externalId"], own["effectiveOn"], own["content"]["name"]) == ("E1", in_days(8), "Nytt Namn")
    # What was said of somebody before they were here leads to them as well.
    await import_file(world, client, HEADER, "N1;Di Ek;di@kept.example;;;")
    assert [each.person_id for each in await rows_of(world, HrKeptChange) if each.external_id == "N1"] == [None]
    new = (await people(world))["N1"]
    await world.administrator.client.change(f"/people/{new.id}", {"active": False})
    await world.administrator.client.change(f"/people/{new.id}", None, expect=204, method="DELETE")
    assert {each.external_id for each in await rows_of(world, HrKeptChange)} == {"E1"}
    await erased(world, them)
    assert await rows_of(world, HrKeptChange) == []


async def test_a_legal_hold_keeps_what_was_and_stops_no_news(world: World) -> None:
    client = (await machines.hr_system(world)).client
    them = world.employer_rep
    await import_file(
        world, client, HEADER, f"S1;{them.person.name};{them.person.email};;;", "P1;Åsa;p1@hold.example;;;"
    )
    await a_hold(world)
    done = await import_file(world, client, HEADER, "S1;;;;nej;", "P1;Åsa Ek;;;;", f"P1;;;;nej;{in_days(2)}")
    assert counted(done, "deactivated", "changed", "kept") == [1, 1, 1]
    (mandate,) = [each for each in await rows_of(world, Mandate) if each.person_id == them.person.id]
    assert mandate.suspended_at is not None
    assert mandate.valid_to is None
    await turn(world, 2)
    assert {key: each.active for key, each in (await people(world)).items()} == {"S1": False, "P1": False}
    # Nobody is forgotten meanwhile, and no plan goes by being refused that.
    planned = await send(world, client, HEADER, "P2;Bo;p2@hold.example;;;")
    gone = f"/people/{(await people(world))['P1'].id}"
    tag = await world.administrator.client.etag(gone)
    await world.administrator.client.refused("DELETE", gone, 409, "legalHold", etag=tag)
    assert (await client.get(f"/imports/{planned['id']}"))["state"] == "planned"
