"""Registrations of interest, and what their contacts do with the links that they are mailed."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.services import interest_consent
from tests.client import Client
from tests.database import as_owner
from tests.world import World, organisation_number

Json = Any


async def rows(world: World) -> list[Any]:
    return await as_owner(world.database, "SELECT to_jsonb(t) FROM interest_registration t ORDER BY id")


def a_registration(side: str, number: str | None = None, **other: Any) -> Json:
    names = {"employer": ("Myndigheten", "Åsa Öberg", "HR-chef"), "union": ("Saco-S", "Örjan Ek", "Ordförande")}
    party, contact, function = names[side]
    return {
        "organisationNumber": number or organisation_number(),
        "organisationName": "Myndigheten för sjömätning",
        "side": side,
        "partyName": party,
        "contactName": contact,
        "contactFunction": function,
        "contactEmail": f"{side}.{organisation_number()}@sjomatning.example",
        "language": "sv",
        "consentVersion": interest_consent.VERSION,
    } | other


async def register(client: Client, registration: Json, expect: int = 202) -> Json:
    response = await client.request("POST", "/interest-registrations", json=registration, expect=expect)
    return response.json()


async def id_of(world: World, registration: Json) -> str:
    """Of the latest with that address."""
    query = "SELECT id::text FROM interest_registration WHERE lower(contact_email) = lower(:address) ORDER BY id DESC"
    async with world.database.read() as session:
        found = await session.execute(sa.text(query), {"address": registration["contactEmail"]})
        return str(found.scalars().first())


async def token_of(world: World, registration: Json) -> str:
    """What the mail would bring: derived from the id, and stored nowhere."""
    return str(world.app.state.vault.link_token(UUID(await id_of(world, registration))))


async def opened(client: Client, token: str, expect: int = 200) -> Json:
    return await client.post("/interest-links", {"token": token}, expect)


async def confirm(client: Client, token: str, expect: int = 200, **other: Any) -> Json:
    """The contact confirms what they read."""
    read = await opened(client, token)
    return await client.post(
        "/interest-confirmations", {"token": token, "contentHash": read["contentHash"]} | other, expect
    )


async def agreed(world: World, number: str | None = None) -> tuple[Json, Json]:
    """Both sides of a workplace, who have confirmed the same content: their registrations, tokens with them."""
    client, number = world.nobody, number or organisation_number()
    employer = a_registration("employer", number)
    await register(client, employer)
    employer["token"] = await token_of(world, employer)
    code = (await confirm(client, employer["token"]))["joiningCode"]
    union = a_registration("union", number, joiningCode=code)
    await register(client, union)
    union["token"] = await token_of(world, union)
    await confirm(client, union["token"])
    await confirm(client, employer["token"])
    return employer, union


async def known_to_the_central_side(world: World, registration: Json) -> Json:
    """The registration as a system administrator reads it."""
    return await world.administrator.client.get(f"/interest-registrations/{await id_of(world, registration)}")
