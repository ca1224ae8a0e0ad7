"""An agency founded as in life: over HTTP, but for the two commands that a new installation begins with."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from app.models.sign_in import NewAdministrator
from app.services import content_packs, invitations
from tests.client import Client
from tests.content import shipped_pack
from tests.database import Database, database_of
from tests.signing_in import PASSWORD
from tests.world import organisation_number

Json = dict[str, Any]


@dataclass
class Member:
    """Somebody who has signed in with a password of their own."""

    id: str
    client: Client
    mandate_id: str = ""


@dataclass
class Agency:
    """A new installation with one organisation, to be filled over HTTP."""

    database: Database
    nobody: Client
    administrator: Client = field(init=False)
    path: str = ""

    async def take_in(self, name: str, *roles: str) -> Member:
        """A new person, who is invited, sets a password and signs in."""
        email = f"{name.casefold().replace(' ', '.')}@example.se"
        body = {"name": name, "email": email, "roles": roles}
        person = await self.administrator.post(f"{self.path}/people", body)
        return Member(person["id"], await self.invite(email))

    async def invite(self, email: str) -> Client:
        """`larande person invite`, and what the person does with its token."""
        async with self.database.write() as session:
            token = await invitations.invite(session, email, datetime.now(UTC))
        sent = {"token": token, "password": PASSWORD}
        await self.nobody.request("POST", "/auth/credentials", json=sent, expect=204)
        return await self.sign_in(email)

    async def sign_in(self, email: str) -> Client:
        asked = {"grantType": "password", "username": email, "password": PASSWORD}
        tokens = (await self.nobody.request("POST", "/auth/token", json=asked, expect=200)).json()
        return self.nobody.signed_in(tokens["accessToken"])

    async def appoint(self, by: Client, party: Json, member: Member, **more: Any) -> Member:
        body = {"personId": member.id, "function": "Företrädare", **more}
        member.mandate_id = (await by.post(f"/parties/{party['id']}/mandates", body))["id"]
        return member


async def found(app: FastAPI, nobody: Client) -> Agency:
    """What `larande serve` loads, whom `larande person create-administrator` makes, and then the organisation."""
    database = database_of(app)
    now = datetime.now(UTC)
    drift = NewAdministrator(name="Drift", email="drift@example.se")
    async with database.write() as session:
        await content_packs.load(session, shipped_pack(), now)
        await invitations.create_administrator(session, drift, now)
    agency = Agency(database, nobody)
    agency.administrator = await agency.invite(drift.email)
    body = {"organisationNumber": organisation_number(), "name": "Myndigheten för provtagning"}
    agency.path = f"/organisations/{(await agency.administrator.post('/organisations', body))['id']}"
    return agency
