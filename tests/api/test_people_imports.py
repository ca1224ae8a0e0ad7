"""Files of people among units that come and go, and among people who were taken in by other ways."""

import pytest

from app.models.person import Person
from tests import machines
from tests.api.scim.provisioning import Provisioning
from tests.api.test_imports import HEADER, apply, counted, hr, import_file, in_days, people, send
from tests.api.test_unit_trees import period, put, unit
from tests.client import Client
from tests.world import World


def at(world: World) -> str:
    """An address of this world's alone."""
    return f"p1@{world.organisation.id.hex[-12:]}.example"


async def in_a_unit_that_has_closed(world: World) -> Client:
    client = await hr(world)
    await put(world, client, unit("A"), unit("B"))
    await import_file(world, client, HEADER, f"P1;Åsa Ek;{at(world)};A;;")
    await put(world, client, unit("B"))
    return client


async def of_two_names(world: World) -> Client:
    """Somebody has the address asa.ek, and is called by another one over there."""
    it = await machines.hr_system(world)
    scim = Provisioning(world, it)
    made = await scim.hire("asa.ek@krock.example")
    renamed = {"op": "Replace", "path": "userName", "value": "Asa.Strand@krock.example"}
    await scim.patch(f"/Users/{made['id']}", renamed)
    return it.client


# --- whoever leaves -----------------------------------------------------------------------------------------------


async def test_whoever_leaves_a_unit_that_has_closed_leaves(world: World) -> None:
    client = await in_a_unit_that_has_closed(world)
    done = await import_file(world, client, HEADER, f"P1;Åsa Ek;{at(world)};A;nej;", mode="snapshot")
    assert counted(done, "deactivated", "refused") == [1, 0]
    assert not (await people(world))["P1"].active


@pytest.mark.parametrize("cells", ["Åsa Ek;inte en adress;;nej", "=1+1;;;nej", "Åsa Ek;;@U9;nej", "Åsa;;Ingen;nej"])
async def test_nothing_else_in_their_row_keeps_a_leaver_here(world: World, cells: str) -> None:
    client = await hr(world)
    await import_file(world, client, HEADER, f"P1;Åsa Ek;{at(world)};;;")
    done = await import_file(world, client, HEADER, f"P1;{cells};", mode="snapshot")
    assert counted(done, "deactivated", "refused") == [1, 0], done["report"]["errors"]
    here = (await people(world))["P1"]
    assert (here.active, here.name, here.email) == (False, "Åsa Ek", at(world))


async def test_whoever_still_works_in_a_unit_that_has_closed_is_no_error(world: World) -> None:
    client = await in_a_unit_that_has_closed(world)
    again = await import_file(world, client, HEADER, f"P1;Åsa Ek;{at(world)};A;;", mode="snapshot")
    assert counted(again, "unchanged", "refused") == [1, 0]
    renamed = await import_file(world, client, HEADER, "P1;Åsa Alm;;A;;", mode="snapshot")
    assert counted(renamed, "changed", "moved", "refused") == [1, 0, 0]
    # Nobody else comes to it.
    other = await send(world, client, HEADER, "P2;Bo Ek;p2@stangd.example;A;;")
    assert [error["code"] for error in other["report"]["errors"]] == ["unknownUnit"]


# --- a row that cannot be done keeps no other waiting ----------------------------------------------------------------


async def test_an_address_by_which_somebody_is_called_over_there_is_said_in_its_row(world: World) -> None:
    client = await of_two_names(world)
    lines = (HEADER, "P1;Åsa Strand;asa.strand@krock.example;;;", "P2;Bo Ek;bo@krock.example;;;")
    planned = await send(world, client, *lines)
    assert planned["report"]["errors"] == [{"row": 2, "code": "emailTaken", "field": "email"}]
    await apply(client, planned)
    assert list(await people(world)) == ["P2"]


async def test_a_personal_number_in_an_address_is_said_in_its_row(world: World) -> None:
    client = await hr(world)
    lines = (HEADER, "P1;Åsa Ek;198112189876@pnr.example;;;", "P2;Bo Ek;bo@pnr.example;;;")
    planned = await send(world, client, *lines)
    assert planned["report"]["errors"] == [{"row": 2, "code": "personalNumberRefused", "field": "email"}]
    await apply(client, planned)
    # Of somebody who is here it changes nothing, and so stands in no way.
    done = await import_file(world, client, HEADER, "P2;Bo Alm;198112189876@pnr.example;;;")
    assert counted(done, "changed", "refused") == [1, 0]


# --- later days ------------------------------------------------------------------------------------------------------


async def test_people_move_on_a_day_to_a_unit_that_begins_that_day(world: World) -> None:
    client = await hr(world)
    await put(world, client, unit("A"), unit("D", period("Delta", "A", 10)))
    moving = f"P1;;;D;;{in_days(10)}"
    done = await import_file(world, client, HEADER, "P1;Åsa Ek;p1@omorg.example;A;;", moving)
    assert counted(done, "refused", "created", "kept") == [0, 1, 1], done["report"]
    too_early = await send(world, client, HEADER, f"P1;;;D;;{in_days(9)}", f"P2;Bo Ek;p2@omorg.example;D;;{in_days(9)}")
    assert [error["code"] for error in too_early["report"]["errors"]] == ["unknownUnit"] * 2
    today = await send(world, client, HEADER, "P1;;;D;;")
    assert [error["code"] for error in today["report"]["errors"]] == ["unknownUnit"]


# --- whoever comes back ----------------------------------------------------------------------------------------------


async def left(world: World, client: Client) -> Person:
    await import_file(world, client, HEADER, f"P1;Åsa Ek;{at(world)};;;")
    await import_file(world, client, HEADER, "P1;;;;nej;")
    return (await people(world))["P1"]


async def test_whoever_comes_back_with_another_number_is_the_same_person(world: World) -> None:
    client = await hr(world)
    former = await left(world, client)
    planned = await send(world, client, HEADER, f"P99;Åsa Alm;{at(world).upper()};;ja;")
    assert planned["report"]["changes"] == [{"change": "return", "externalId": "P99"}]
    await apply(client, planned)
    here = await people(world)
    assert {key: (each.id, each.name, each.active) for key, each in here.items()} == {
        "P99": (former.id, "Åsa Alm", True)
    }
    # Their former employment may stand in the file for years.
    lines = (HEADER, f"P1;Åsa Ek;{at(world)};;nej;", f"P99;Åsa Alm;{at(world)};;ja;")
    again = await import_file(world, client, *lines, mode="snapshot")
    assert counted(again, "unchanged", "refused", "deactivated") == [2, 0, 0], again["report"]


@pytest.mark.parametrize("turned", [False, True])
async def test_a_former_employment_in_the_same_file_does_not_stand_in_the_way(world: World, turned: bool) -> None:
    client = await hr(world)
    former = await left(world, client)
    lines = [f"P1;Åsa Ek;{at(world)};;nej;", f"P99;Åsa Ek;{at(world)};;ja;"]
    done = await import_file(world, client, HEADER, *(reversed(lines) if turned else lines), mode="snapshot")
    assert counted(done, "returned", "unchanged", "refused") == [1, 1, 0], done["report"]
    assert (await people(world))["P99"].id == former.id


async def test_an_address_is_nobody_elses_while_its_owner_works_here(world: World) -> None:
    client = await hr(world)
    await import_file(world, client, HEADER, f"P1;Åsa Ek;{at(world)};;;")
    for lines in (
        [f"P99;Åsa Ek;{at(world)};;;"],
        ["P1;;;;nej;", f"P99;Åsa Ek;{at(world)};;;"],  # they leave first; who comes next is seen in the next file
    ):
        planned = await send(world, client, HEADER, *lines)
        assert [error["code"] for error in planned["report"]["errors"]] == ["emailTaken"]
    await import_file(world, client, HEADER, "P1;;;;nej;")
    both = await send(world, client, HEADER, "P1;Åsa Ek;;;ja;", f"P99;Bo Ek;{at(world)};;;")
    assert [(each["row"], each["code"]) for each in both["report"]["errors"]] == [(3, "emailTaken")]
    assert both["report"]["changes"] == [{"change": "return", "externalId": "P1"}]
