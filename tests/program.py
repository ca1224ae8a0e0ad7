"""The `larande` command as a process of its own, as people run it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from app.models.person import Person, Role
from app.models.sign_in import SignIn
from app.services.tokens import TokenKey
from app.token_key_directory import open_token_keys
from tests import zygote
from tests.database import Database
from tests.zygote import Process

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0


@dataclass(frozen=True)
class Ended:
    code: int
    said: list[str]
    complained: list[str]


async def launch(*arguments: str, **environment: str) -> Process:
    """Start `larande` with nothing of this process's settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LARANDE_", "COV_"))}
    given = {"LARANDE_LOG_LEVEL": "warning", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return await zygote.start(arguments, own | given | environment)


async def ended(process: Process) -> Ended:
    async with asyncio.timeout(PATIENCE):
        said, complained = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, said.decode().splitlines(), complained.decode().splitlines())


async def larande(*arguments: str, **environment: str) -> Ended:
    """Run a command to its end."""
    return await ended(await launch(*arguments, **environment))


class Service:
    """`larande serve` on a port of its own."""

    def __init__(self, process: Process, url: str) -> None:
        self.process = process
        self.url = url

    def http(self, token: str | None = None) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=PATIENCE, trust_env=False)

    async def interrupt(self, number: int = signal.SIGINT) -> Ended:
        """Ctrl-C, and what came of it."""
        self.process.send_signal(number)
        return await ended(self.process)


@asynccontextmanager
async def serving(*options: str, **environment: str) -> AsyncIterator[Service]:
    """The service, once it says that it runs; interrupted at the end unless the test has done so."""
    process = await launch("serve", "--port", "0", *options, **environment)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            first = (await process.stdout.readline()).decode()
        if "is running" not in first:
            raise AssertionError(f"{first}{await ended(process)}")
        yield Service(process, first.split()[-1].removesuffix("/docs"))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await ended(process)


def token_key_of(home: Path) -> TokenKey:
    """What signs the tokens of the installation there."""
    secret = (home / "token-secret").read_bytes()
    return TokenKey(secret, open_token_keys(home / "token-keys", datetime.now(UTC)))


async def administrator_token(database: Database, key: TokenKey) -> str:
    """An access token of a new system administrator."""
    now = datetime.now(UTC)
    person = Person(
        name="Drift", email=f"drift.{now.timestamp()}@example.se", roles=[Role.SYSTEM_ADMINISTRATOR], created_at=now
    )
    sign_in = SignIn(person_id=person.id, address_hash=b"", started_at=now, last_used_at=now)
    async with database.write() as session:
        for row in (person, sign_in):
            session.add(row)
            await session.flush()
    return key.issue(person.id, sign_in.id, now)


def an_organisation(number: str) -> dict[str, Any]:
    return {"organisationNumber": number, "name": f"Myndigheten för prövning {number}"}


async def somebody_waits(connection: asyncpg.Connection) -> None:
    """Return when a statement waits for a lock that another one holds."""
    async with asyncio.timeout(PATIENCE):
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while not await connection.fetchval(waiting):  # noqa: ASYNC110 - it happens in PostgreSQL
            await asyncio.sleep(0.02)
