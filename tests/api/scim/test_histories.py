"""Random HR histories through SCIM: people and units are as a plain model says, and the same once more changes nothing.

Hire, rename, move, leave, return, remove, take back, new units, renamed and closed ones. `LARANDE_TEST_LONG=1` plays a
thousand of them.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.main import create_app
from app.models.audit_entry import AuditEntry
from tests.api.scim.provisioning import BULK, ENTERPRISE, GROUP, USER, Json, Provisioning, brake_off, provisioning
from tests.conftest import settings_for
from tests.long import seed, sized
from tests.world import World

HISTORIES, HISTORIES_IN_FULL = 40, 1000
STEPS = 6
NAMES = ("Åsa", "Örjan", "Älva", "Lo", "Bo", "Märta", "Øystein", "Zoë")


@dataclass
class Modelled:
    """Somebody as HR has them."""

    external_id: str
    user_name: str
    given: str
    family: str
    active: bool = True
    unit: str | None = None
    department: str | None = None
    manager: str | None = None
    id: str = ""

    def told(self, ids: dict[str, str]) -> Json:
        extension: Json = {"department": self.department} if self.department else {}
        if self.manager:
            extension["manager"] = {"value": ids[self.manager]}
        told: Json = {
            "schemas": [USER, ENTERPRISE],
            "externalId": self.external_id,
            "userName": self.user_name,
            "name": {"givenName": self.given, "familyName": self.family},
            "displayName": f"{self.given} {self.family}",
            "active": self.active,
        }
        return told | ({ENTERPRISE: extension} if extension else {})


@dataclass
class Model:
    people: dict[str, Modelled] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    """Name by external id."""
    unit_ids: dict[str, str] = field(default_factory=dict)
    gone: dict[str, Modelled] = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, str]:
        return {key: each.id for key, each in self.people.items()}


class History:
    def __init__(self, hr: Provisioning, chance: random.Random) -> None:
        self.hr, self.chance, self.model = hr, chance, Model()
        # Nine: ten digits, of which each might be one, can be a personal identity number, which no HR system may send.
        self.mark = uuid4().hex[:9]
        self.count = 0

    def key(self) -> str:
        self.count += 1
        return f"{self.mark}-{self.count}"

    def somebody(self) -> Modelled | None:
        return self.chance.choice(list(self.model.people.values())) if self.model.people else None

    async def put(self, person: Modelled) -> None:
        """By PATCH, without or with a path, or by PUT: whatever the provider is."""
        path, told = f"/Users/{person.id}", person.told(self.model.ids)
        way = self.chance.randrange(3)
        if way == 0:
            await self.hr.ask("PUT", path, told)
            return
        extension = told.pop(ENTERPRISE, {})
        values: Json = {
            "userName": told["userName"],
            "displayName": told["displayName"],
            "name.givenName": person.given,
            "name.familyName": person.family,
            "active": str(person.active) if way == 1 else person.active,
        }
        operations: list[Json] = [{"op": "Replace", "value": values}]
        if way == 1:
            operations = [{"op": "Replace", "path": name, "value": value} for name, value in values.items()]
        for name in ("department", "manager"):
            value = extension.get(name)
            place = f"{ENTERPRISE}:{name}"
            value = value["value"] if isinstance(value, dict) else value
            operations.append(
                {"op": "Replace", "path": place, "value": value} if value else {"op": "Remove", "path": place}
            )
        await self.hr.patch(path, *operations)

    async def hire(self) -> None:
        key = self.key()
        person = Modelled(key, f"n{key}@example.se", self.chance.choice(NAMES), f"Ek{key}")
        made = await self.hr.ask("POST", "/Users", person.told(self.model.ids), 201)
        person.id = made["id"]
        self.model.people[key] = person

    async def hire_several(self) -> None:
        """In one bulk, with a unit of their own."""
        people = []
        for _ in range(2):
            key = self.key()
            people.append(Modelled(key, f"n{key}@example.se", self.chance.choice(NAMES), f"Ek{key}"))
        unit = self.key()
        operations: list[Json] = [
            {"method": "POST", "path": "/Users", "bulkId": each.external_id, "data": each.told(self.model.ids)}
            for each in people
        ]
        members = [{"value": f"bulkId:{each.external_id}"} for each in people]
        group = {"schemas": [GROUP], "displayName": f"Enhet {unit}", "externalId": unit, "members": members}
        operations.append({"method": "POST", "path": "/Groups", "bulkId": "unit", "data": group})
        answer = await self.hr.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
        located = [each["location"].rpartition("/")[2] for each in answer["Operations"]]
        for person, person_id in zip(people, located[:2], strict=True):
            person.id, person.unit = person_id, unit
            self.model.people[person.external_id] = person
        self.model.units[unit], self.model.unit_ids[unit] = f"Enhet {unit}", located[2]

    async def rename(self) -> None:
        if (person := self.somebody()) is not None:
            person.family = f"Ny{self.key()}"
            if self.chance.random() < 0.3:
                person.user_name = f"n{self.key()}@example.se"
            person.department = self.chance.choice([None, "Växter", "Fåglar"])
            await self.put(person)

    async def promote(self) -> None:
        person, manager = self.somebody(), self.somebody()
        if person is not None and manager is not None and person is not manager:
            person.manager = manager.external_id
            await self.put(person)

    async def leave(self) -> None:
        if (person := self.somebody()) is not None:
            person.active = False
            await self.put(person)

    async def come_back(self) -> None:
        if (person := self.somebody()) is not None:
            person.active = True
            await self.put(person)

    async def remove(self) -> None:
        person = self.somebody()
        if person is None:
            return
        await self.hr.ask("DELETE", f"/Users/{person.id}", expect=204)
        del self.model.people[person.external_id]
        for other in self.model.people.values():
            if other.manager == person.external_id:
                other.manager = None
        person.unit = None
        self.model.gone[person.external_id] = person

    async def take_back(self) -> None:
        if not self.model.gone:
            return
        person = self.model.gone.pop(self.chance.choice(list(self.model.gone)))
        person.active, person.manager = True, None
        # Known by the address to which mail goes, which stays whatever they are called.
        told = person.told(self.model.ids) | {"emails": [{"value": f"n{person.external_id}@example.se"}]}
        made = await self.hr.ask("POST", "/Users", told, 201)
        assert made["id"] == person.id
        self.model.people[person.external_id] = person

    async def new_unit(self) -> None:
        key = self.key()
        body = {"schemas": [GROUP], "displayName": f"Enhet {key}", "externalId": key}
        made = await self.hr.ask("POST", "/Groups", body, 201)
        self.model.units[key], self.model.unit_ids[key] = f"Enhet {key}", made["id"]

    async def rename_unit(self) -> None:
        if self.model.units:
            key = self.chance.choice(list(self.model.units))
            self.model.units[key] = f"Enhet {self.key()}"
            rename = {"op": "Replace", "path": "displayName", "value": self.model.units[key]}
            await self.hr.patch(f"/Groups/{self.model.unit_ids[key]}", rename)

    async def move(self) -> None:
        person = self.somebody()
        if person is None or not self.model.units:
            return
        person.unit = self.chance.choice(list(self.model.units))
        member = {"op": "Add", "path": "members", "value": [{"value": person.id}]}
        await self.hr.patch(f"/Groups/{self.model.unit_ids[person.unit]}", member)

    async def merge_units(self) -> None:
        """All people of one go to another, and it is closed."""
        if len(self.model.units) < 2:
            return
        old, new = self.chance.sample(list(self.model.units), 2)
        moved = [each for each in self.model.people.values() if each.unit == old]
        if moved:
            values = [{"value": each.id} for each in moved]
            await self.hr.patch(
                f"/Groups/{self.model.unit_ids[new]}", {"op": "Add", "path": "members", "value": values}
            )
        await self.close(old)
        for each in moved:
            each.unit = new

    async def close_unit(self) -> None:
        if self.model.units:
            await self.close(self.chance.choice(list(self.model.units)))

    async def close(self, key: str) -> None:
        await self.hr.ask("DELETE", f"/Groups/{self.model.unit_ids[key]}", expect=204)
        del self.model.units[key], self.model.unit_ids[key]
        for each in self.model.people.values():
            if each.unit == key:
                each.unit = None

    async def step(self) -> None:
        ways = [self.hire, self.hire_several, self.rename, self.promote, self.leave, self.come_back, self.remove]
        ways += [self.take_back, self.new_unit, self.rename_unit, self.move, self.merge_units, self.close_unit]
        await self.chance.choice([self.hire, *ways])()

    async def check(self) -> None:
        answer = await self.hr.ask("POST", "/Users/.search", {"filter": f'externalId sw "{self.mark}"'})
        seen = {each["externalId"]: each for each in answer.get("Resources", [])}
        assert seen.keys() == self.model.people.keys()
        for key, person in self.model.people.items():
            there = seen[key]
            wanted = person.told(self.model.ids)
            extension = dict(there.get(ENTERPRISE, {}))
            if "manager" in extension:
                extension["manager"] = {"value": extension["manager"]["value"]}
            assert there["id"] == person.id
            assert extension == wanted.pop(ENTERPRISE, {})
            assert {name: there[name] for name in wanted if name != "schemas"} == {
                name: value for name, value in wanted.items() if name != "schemas"
            }
            unit_ids = [each["value"] for each in there.get("groups", [])]
            assert unit_ids == ([self.model.unit_ids[person.unit]] if person.unit else [])
        answer = await self.hr.ask("POST", "/Groups/.search", {"filter": f'externalId sw "{self.mark}"'})
        units = {each["externalId"]: each for each in answer.get("Resources", [])}
        assert {key: each["displayName"] for key, each in units.items()} == self.model.units
        for key, unit in units.items():
            members = {each["value"] for each in unit.get("members", [])}
            assert members == {each.id for each in self.model.people.values() if each.unit == key}

    async def replay(self) -> None:
        for person in self.model.people.values():
            await self.put(person)
        for key, unit_id in self.model.unit_ids.items():
            members = [{"value": each.id} for each in self.model.people.values() if each.unit == key]
            body = {"schemas": [GROUP], "displayName": self.model.units[key], "externalId": key, "members": members}
            await self.hr.ask("PUT", f"/Groups/{unit_id}", body)


async def changes(world: World) -> int:
    async with world.database.read() as session:
        query = sa.select(sa.func.count()).where(AuditEntry.organisation_id == world.organisation.id)  # type: ignore[arg-type]
        return (await session.execute(query)).scalar_one()


@pytest.fixture
async def hr(database_url: str) -> AsyncIterator[Provisioning]:
    """An HR system that is not slowed down: it asks more in a minute than any real one."""
    app = create_app(settings_for(database_url, reads_per_minute=1_000_000, writes_per_minute=1_000_000))
    async with World(app) as world:
        yield await provisioning(world)
    await app.state.database.close()


async def test_histories_end_as_a_plain_model_says(hr: Provisioning) -> None:
    world = hr.world
    await brake_off(world)
    first = seed()
    for each in range(sized(HISTORIES, HISTORIES_IN_FULL)):
        history = History(hr, random.Random(first + each))  # noqa: S311
        try:
            for _ in range(STEPS):
                await history.step()
            await history.check()
            before = await changes(world)
            await history.replay()
            assert await changes(world) == before
            await history.check()
        except BaseException as fault:
            fault.add_note(f"seed {first + each}")
            raise
        await world.renew_tokens()
        hr.machine.renew(world.app)
