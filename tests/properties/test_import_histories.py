"""Random HR histories through files give the people and units of a plain model, and a replay changes nothing.

Everybody or what has changed; units that become part of others, with or without their people; things said days before
they happen; people who come back with another number. `LARANDE_TEST_LONG=1` plays a thousand of them.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import time_machine
from fastapi import FastAPI
from sqlmodel import col

from app import importing
from app.models.hr_import import HrKeptChange, ImportSubject
from app.models.unit import Unit, UnitPlacement
from tests import machines
from tests.api.scim.provisioning import brake_off
from tests.api.test_imports import Json, counted, import_file, in_days, people, rows_of, send
from tests.client import Client
from tests.long import seed, sized
from tests.properties.hr_model import Workplace
from tests.world import World

HISTORIES = sized(25, 1_000)
HISTORIES_IN_ONE = 25
"""In one organisation, each a day that goes on where the one before ended."""
STEPS = ("created", "changed", "moved", "deactivated", "returned", "refused")


async def test_histories_through_files_are_those_of_a_plain_model(app: FastAPI) -> None:
    first = seed()
    for number in range(HISTORIES // HISTORIES_IN_ONE):
        try:
            await histories(app, random.Random(first + number))  # noqa: S311
        except BaseException as fault:
            fault.add_note(f"seed {first + number}")
            raise


async def histories(app: FastAPI, chance: random.Random) -> None:
    async with World(app) as world:
        it = await machines.hr_system(world)
        await brake_off(world)
        workplace = Workplace(chance, f"{world.organisation.id.hex[-12:]}.example")
        # At noon: no day ends while one history is played.
        noon = datetime.now(UTC).replace(hour=12) + timedelta(days=1)
        for day in range(HISTORIES_IN_ONE):
            with time_machine.travel(noon + timedelta(days=day)):
                it.renew(app)
                await importing.work(world.database, datetime.now(UTC))
                workplace.begin_day()
                await hold_against(world, workplace)
                await one_history(world, it.client, workplace)


async def one_history(world: World, client: Client, workplace: Workplace) -> None:
    workplace.change()
    files: list[tuple[list[str], dict[str, Any]]] = []
    for subject, file_of in (("units", workplace.units_file), ("people", workplace.people_file)):
        whole = workplace.happens(0.5)
        if not (file := file_of(whole=whole)):
            continue
        mode: dict[str, Any] = {"subject": subject, "mode": "snapshot" if whole else "delta"}
        done = await import_file(world, client, *file, **mode)
        assert counted(done, "refused") == [0], (file, errors(done))
        files.append((file, mode))
    workplace.sent()
    await hold_against(world, workplace)
    for file, mode in files:
        again = await send(world, client, *file, **mode)
        assert counted(again, *STEPS, "kept") == [0] * (len(STEPS) + 1), (file, again)


def errors(hr_import: Json) -> object:
    return hr_import["report"]["errors"]


async def hold_against(world: World, workplace: Workplace) -> None:
    """Everything that is stored."""
    now = workplace.now
    keys = {unit_id: key for key, (unit_id, _) in (await stored_units(world)).items()}
    stored = {key: unit for key, (_, unit) in (await stored_units(world)).items()}
    # What begins and closes between two files was in none of them.
    assert stored == {key: unit for key, unit in now.units.items() if unit is not None or key in stored}
    assert await merged(world, keys) == workplace.merged
    here = await people(world)
    active = {key: each for key, each in here.items() if each.active}
    assert {
        key: (each.email, each.name, keys[each.unit_id] if each.unit_id else "") for key, each in active.items()
    } == {key: (each.email, each.name, each.unit) for key, each in now.people.items() if each.active}
    # Some left before anybody was told of their new number.
    assert set(here) <= {*now.people, *workplace.former}
    kept = await rows_of(world, HrKeptChange)
    assert {(each.subject, each.external_id, each.effective_on.isoformat()) for each in kept} == {
        *((ImportSubject.PEOPLE, key, in_days(day - workplace.day)) for key, day in workplace.later_people),
        *(
            (ImportSubject.UNITS, key, in_days(later.day - workplace.day))
            for key, later in workplace.later_units.items()
        ),
    }


async def stored_units(world: World) -> dict[str, tuple[UUID, tuple[str, str] | None]]:
    """By external id: its own, its name and the one above; None for what has closed."""
    async with world.database.write() as session:
        here = col(Unit.organisation_id) == world.organisation.id
        keys = dict((await session.execute(sa.select(col(Unit.id), col(Unit.external_id)).where(here))).all())
        query = (
            sa.select(UnitPlacement)
            .where(col(UnitPlacement.organisation_id) == world.organisation.id)
            .order_by(col(UnitPlacement.valid_from))
        )
        found: dict[str, tuple[UUID, tuple[str, str] | None]] = {}
        for each in (await session.execute(query)).scalars():
            if (key := keys[each.unit_id]) is not None:
                parent = "" if each.parent_id is None else str(keys[each.parent_id])
                found[key] = (each.unit_id, (each.name, parent) if each.valid_to is None else None)
        return found


async def merged(world: World, keys: dict[UUID, str]) -> dict[str, str]:
    units = [each for each in await rows_of(world, Unit) if each.merged_into_id is not None]
    return {keys[each.id]: keys[each.merged_into_id] for each in units}
