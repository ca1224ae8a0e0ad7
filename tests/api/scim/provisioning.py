"""An HR system or identity provider that speaks SCIM to the application, and what is stored of it."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from app.models.person import Person
from app.models.unit import Unit
from tests import machines
from tests.in_process import ROOT
from tests.machines import Machine
from tests.world import World

Json = dict[str, Any]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass
class Provisioning:
    world: World
    machine: Machine

    async def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {token or self.machine.client.token}"}
        if body is not None:
            sent["Content-Type"] = "application/scim+json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return await self.world.nobody.http.request(method, f"{ROOT}/scim/v2{path}", headers=sent, content=content)

    async def ask(self, method: str, path: str, body: Any = None, expect: int = 200, **headers: str) -> Json:
        response = await self.send(method, path, body, **headers)
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        told: Json = response.json() if response.content else {}
        return told

    async def refused(self, method: str, path: str, status: int, body: Any = None, **headers: str) -> Json:
        """The error, in SCIM's form."""
        error = await self.ask(method, path, body, expect=status, **headers)
        assert error["schemas"] == [ERROR]
        assert error["status"] == str(status)
        assert error["detail"]
        return error

    async def hire(self, address: str, **more: Any) -> Json:
        body = {"schemas": [USER], "userName": address, "displayName": "Åsa Ek", "active": True, **more}
        return await self.ask("POST", "/Users", body, 201)

    async def patch(self, path: str, *operations: Json, expect: int = 200, **headers: str) -> Json:
        return await self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, expect, **headers)

    async def found(self, scim_filter: str, kind: str = "Users") -> list[str]:
        """The ids that a filter leaves, by POST: nothing has to be escaped."""
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": scim_filter}
        answer = await self.ask("POST", f"/{kind}/.search", body)
        assert answer["schemas"] == [LIST]
        return [each["id"] for each in answer.get("Resources", [])]

    async def person(self, person_id: str) -> Person:
        async with self.world.database.read() as session:
            found = await session.get(Person, UUID(person_id))
        assert found is not None
        return found

    async def unit(self, unit_id: str) -> Unit:
        async with self.world.database.read() as session:
            found = await session.get(Unit, UUID(unit_id))
        assert found is not None
        return found


async def provisioning(world: World, **more: Any) -> Provisioning:
    return Provisioning(world, await machines.hr_system(world, **more))


async def brake_off(world: World) -> None:
    """All of them may leave in one day."""
    await world.administrator.client.change(world.path, {"deactivationBrakePercent": 100})
