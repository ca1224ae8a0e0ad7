"""Service clients as tests need them: registered, consented to, given a secret, let in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from app.models.service_client import ServiceClient, ServiceClientCreate
from app.models.service_client_credential import ServiceClientCredentialCreate, ServiceClientCredentialRead
from app.services import service_client_consent, service_client_credentials, service_clients
from app.services.tokens import TokenKey
from app.services.work import Work
from tests import directly
from tests.client import Client, Response
from tests.stories import decide
from tests.world import Someone, World

Json = dict[str, Any]

HERE = "127.0.0.1"
HR = ["people:write", "units:write"]
INTEGRATOR = ["records:read", "results:read"]


@dataclass
class Machine:
    """A program with a secret, and a client that has got in by it."""

    id: str
    credential_id: str
    secret: str
    client: Client

    @property
    def path(self) -> str:
        return f"/service-clients/{self.id}"

    def renew(self, app: FastAPI) -> None:
        """Let it in anew: a token lives for five minutes."""
        self.client.token = token_for(app, self.id, self.credential_id)


def a_client(**more: Any) -> Json:
    return {
        "name": "Diariet",
        "purpose": "Justerade protokoll diarieförs.",
        "kind": "integrator",
        "scopes": INTEGRATOR,
        "contact": "it@example.se",
        "expiresAt": (datetime.now(UTC) + timedelta(days=365)).isoformat(),
        "allowedNetworks": [HERE],
        **more,
    }


def an_hr_system(**more: Any) -> Json:
    return a_client(name="Personalsystemet", purpose="Personer och enheter.", kind="hrSystem", scopes=HR) | more


def an_endpoint(**more: Any) -> Json:
    """On the public internet, where nothing is sent in a test."""
    return {"url": "https://8.8.8.8/larande", "types": ["unit"], **more}


async def registered(world: World, **more: Any) -> Json:
    made: Json = await world.administrator.client.post(f"{world.path}/service-clients", a_client(**more))
    return made


async def a_secret(world: World, client_id: str, **more: Any) -> Json:
    made: Json = await world.administrator.client.post(f"/service-clients/{client_id}/credentials", more)
    return made


def token_for(app: FastAPI, client_id: str, credential_id: str) -> str:
    """A token as getting in would give it."""
    key: TokenKey = app.state.token_key
    return key.issue_for_client(UUID(client_id), UUID(credential_id), datetime.now(UTC))


async def machine(world: World, **more: Any) -> Machine:
    """Registered and let in; nobody has consented."""
    wanted = ServiceClientCreate.model_validate(a_client(**more))

    async def with_a_secret(work: Work) -> ServiceClientCredentialRead:
        made = await service_clients.create(work, world.organisation.id, wanted)
        return await service_client_credentials.create(work, made.id, ServiceClientCredentialCreate())

    made = await directly.act(world, world.administrator, with_a_secret)
    client_id, secret_id = str(made.service_client_id), str(made.id)
    assert made.secret is not None
    return Machine(
        client_id, secret_id, made.secret, world.nobody.signed_in(token_for(world.app, client_id, secret_id))
    )


async def hr_system(world: World, **more: Any) -> Machine:
    return await machine(world, **an_hr_system(**more))


async def consented(world: World, **more: Any) -> Machine:
    """An integrator that the employer and both unions have agreed to."""
    made = await machine(world, **more)
    for who in (world.employer_rep, world.saco_rep, world.seko_rep):
        await directly.decide(world, who, ServiceClient, service_client_consent.approve, made.id)
    assert (await world.saco_rep.client.get(made.path))["state"] == "active"
    return made


async def consent(world: World, path: str, *who: Someone) -> list[Json]:
    """The parties' approvals, in order; of all three when none are named."""
    return [await decide(each, path) for each in who or (world.employer_rep, world.saco_rep, world.seko_rep)]


async def try_in(caller: Client, client_id: str, secret: str, **more: Any) -> Response:
    body = {"grantType": "client_credentials", "clientId": client_id, "clientSecret": secret, **more}
    return await caller.request("POST", "/auth/token", json=body)


async def get_in(caller: Client, it: Machine, **more: Any) -> Client:
    response = await try_in(caller, it.id, it.secret, **more)
    assert response.status_code == 200, response.text
    return caller.signed_in(response.json()["accessToken"])
