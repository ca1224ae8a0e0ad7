"""Signing in by password, for tests where that matters; elsewhere `world` mints tokens directly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

from fastapi import FastAPI

from app.models.sign_in import Credential
from app.services import invitations, passwords
from tests.client import Client, Response, client_for
from tests.world import Someone, World

PASSWORD = "sju gräsänder på en å"

_addresses = count(1)


def an_address() -> str:
    """An address no other test calls from, since failures are counted by address."""
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@asynccontextmanager
async def calling_from(app: FastAPI, address: str | None = None) -> AsyncIterator[Client]:
    """Nobody in particular, from an address."""
    async with client_for(app, client=(address or an_address(), 1)) as client:
        yield client


async def give_password(world: World, someone: Someone, password: str = PASSWORD) -> None:
    """A password without the way through an invitation."""
    password_hash = await passwords.hashed(password)
    credential = Credential(person_id=someone.person.id, password_hash=password_hash, changed_at=datetime.now(UTC))
    await world.add(credential)


async def invitation(world: World, someone: Someone) -> str:
    async with world.database.write() as session:
        return await invitations.invite(session, someone.person.email, datetime.now(UTC))


async def try_password(
    client: Client, someone: Someone, password: str = PASSWORD, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    sent = {"grantType": "password", "username": someone.person.email, "password": password, **more}
    return await client.request("POST", "/auth/token", json=sent, headers=headers)


async def sign_in(client: Client, someone: Someone, password: str = PASSWORD) -> dict[str, Any]:
    """The tokens, in camelCase."""
    response = await try_password(client, someone, password)
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens


async def try_renew(client: Client, refresh_token: str) -> Response:
    sent = {"grantType": "refresh_token", "refreshToken": refresh_token}
    return await client.request("POST", "/auth/token", json=sent)
