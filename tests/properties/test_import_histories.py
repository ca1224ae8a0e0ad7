"""Random HR histories through files give the people and units of a plain model, and a replay changes nothing."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import time_machine
from fastapi import FastAPI
from sqlmodel import col

from app.models.unit import Unit, UnitPlacement
from tests import machines
from tests.api.test_imports import counted, import_file, people
from tests.client import Client
from tests.long import sized
from tests.world import World

HISTORIES = sized(200, 1_000)
HISTORIES_IN_ONE = 25
"""In one organisation, each going on where the one before ended."""
NAMES = ("Åsa Ek", "Bo Öberg", "Cim Alm")


@dataclass
class Plain:
    """People by id: name, unit, active. Units by id: name and the one above; None: closed."""

    people: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    units: dict[str, tuple[str, str] | None] = field(default_factory=dict)

    @property
    def open(self) -> list[str]:
        return [key for key, unit in self.units.items() if unit is not None]

    def below(self, key: str) -> set[str]:
        found = {key}
        while True:
            more = {each for each in self.open if self.units[each][1] in found} - found  # type: ignore[index]
            if not more:
                return found
            found |= more


def reorganise(plain: Plain, chance: random.Random) -> None:
    """Units begin, get another name, move, or become part of another."""
    for _ in range(chance.randrange(3)):
        what = chance.choice(["begin", "rename", "move", "merge"]) if plain.open else "begin"
        key = chance.choice(plain.open) if plain.open else ""
        if what == "begin":
            parent = chance.choice(["", *plain.open])
            plain.units[f"U{len(plain.units)}"] = (chance.choice(NAMES), parent)
        elif what == "rename":
            plain.units[key] = (chance.choice(NAMES), plain.units[key][1])  # type: ignore[index]
        elif what == "move":
            parents = [each for each in plain.open if each not in plain.below(key)]
            plain.units[key] = (plain.units[key][0], chance.choice(["", *parents]))  # type: ignore[index]
        elif plain.below(key) == {key}:
            for person, (name, unit, active) in plain.people.items():
                if unit == key and active:
                    plain.people[person] = (name, "", active)
            plain.units[key] = None


def live(plain: Plain, chance: random.Random) -> None:
    """People are hired, renamed, moved, leave and return."""
    for _ in range(chance.randrange(1, 4)):
        known = sorted(plain.people)
        key = chance.choice([*known, f"P{len(known)}"])
        name, unit, active = plain.people.get(key, (chance.choice(NAMES), "", False))
        if key in plain.people and active and chance.random() < 0.3:
            plain.people[key] = (name, unit, False)
        else:
            plain.people[key] = (chance.choice(NAMES), chance.choice(["", *plain.open]), True)


def units_file(plain: Plain) -> list[str]:
    lines = [f"{key};{unit[0]};{unit[1]}" for key, unit in plain.units.items() if unit is not None]
    return ["externalId;name;parentExternalId", *lines]


def people_file(plain: Plain, tag: str) -> list[str]:
    lines = [
        f"{key};{name};{key}-{tag}@historia.example;{unit}"
        for key, (name, unit, active) in plain.people.items()
        if active
    ]
    return ["externalId;name;email;unitExternalId", *lines]


async def stored_units(world: World) -> dict[str, tuple[str, str] | None]:
    async with world.database.write() as session:
        keys = dict(
            (
                await session.execute(
                    sa.select(col(Unit.id), col(Unit.external_id)).where(
                        col(Unit.organisation_id) == world.organisation.id
                    )
                )
            ).all()
        )
        query = (
            sa.select(UnitPlacement)
            .where(col(UnitPlacement.organisation_id) == world.organisation.id)
            .order_by(col(UnitPlacement.valid_from))
        )
        found: dict[str, tuple[str, str] | None] = {}
        for each in (await session.execute(query)).scalars():
            key = keys[each.unit_id]
            if key is not None:
                parent = "" if each.parent_id is None else str(keys[each.parent_id])
                found[key] = (each.name, parent) if each.valid_to is None else None
        return found


async def test_histories_through_files_are_those_of_a_plain_model(app: FastAPI) -> None:
    chance = random.Random(20261126)  # noqa: S311 - to be repeated
    for start in range(0, HISTORIES, HISTORIES_IN_ONE):
        async with World(app) as world:
            it = await machines.hr_system(world)
            plain = Plain()
            for number in range(start, start + HISTORIES_IN_ONE):
                # A day each: what has begun today ends tomorrow at the earliest.
                with time_machine.travel(datetime.now(UTC) + timedelta(days=number - start)):
                    it.renew(app)
                    await one_history(world, it.client, plain, chance)


async def one_history(world: World, client: Client, plain: Plain, chance: random.Random) -> None:
    reorganise(plain, chance)
    live(plain, chance)
    files = {"units": units_file(plain), "people": people_file(plain, str(world.organisation.id)[-12:])}
    for subject, file in files.items():
        done = await import_file(world, client, *file, subject=subject, mode="snapshot")
        assert counted(done, "refused") == [0], (plain, done)
    stored = await stored_units(world)
    assert stored == {key: unit for key, unit in plain.units.items() if unit is not None or key in stored}
    here = await people(world)
    ids = {unit_id: key for key, unit_id in (await unit_ids(world)).items()}
    active = {key: each for key, each in here.items() if each.active}
    assert {key: (each.name, ids[each.unit_id] if each.unit_id else "") for key, each in active.items()} == {
        key: (name, unit) for key, (name, unit, there) in plain.people.items() if there
    }
    # Whoever came and left between two files was in none of them.
    assert set(here) <= set(plain.people)
    for subject, file in files.items():
        again = await import_file(world, client, *file, subject=subject, mode="snapshot")
        changes = counted(again, "created", "changed", "moved", "deactivated", "returned", "kept", "refused")
        assert changes == [0] * 7, (plain, again)


async def unit_ids(world: World) -> dict[str, UUID]:
    async with world.database.write() as session:
        query = sa.select(col(Unit.external_id), col(Unit.id)).where(
            col(Unit.organisation_id) == world.organisation.id, col(Unit.external_id).is_not(None)
        )
        return {str(key): unit_id for key, unit_id in await session.execute(query)}
