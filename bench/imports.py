"""What HR systems cost: files of people and units, first and replayed, and SCIM's look-ups before each of its changes.

All of it is asked for over HTTP in this process by a service client, so that its scopes, its policies behind the second
wall, the screening of what it sends and the log are in the figures.

    python -m bench.imports [people]
"""

import asyncio
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psutil  # type: ignore[import-untyped]
from pydantic import SecretStr

from app import embedded, logs, migrations
from app.api.operations import BASE
from app.database import Database
from app.main import create_app
from app.models.organisation import ApprovalRule, Organisation
from app.models.service_client import Scope, ServiceClient, ServiceClientKind
from app.models.service_client_credential import ServiceClientCredential
from app.services.token_keys import Unsaved, new_pair, ring_of
from app.services.tokens import TokenKey
from app.services.wall import SYSTEM
from app.settings import Settings

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
UNITS = max(PEOPLE // 10, 1)
ROUNDS, REQUESTS = 20, 40
"""Of look-ups: slices of each kind, and how many stand together in one."""
TOKEN_SECRET = "only-for-the-benchmark-only-for-the-benchmark"  # noqa: S105
Json = dict[str, Any]


def people_file(changed: int = 0) -> bytes:
    lines = ["externalId;name;email;unitExternalId;active"]
    lines += [
        f"P{number};{'Åsa' if number >= changed else 'Eva'} Ek {number};p{number}@stor.example;U{number % UNITS};ja"
        for number in range(PEOPLE)
    ]
    return "\n".join(lines).encode()


def units_file() -> bytes:
    lines = ["externalId;name;parentExternalId;headcount"]
    lines += [f"U{number};Enhet {number};{f'U{(number - 1) // 8}' if number else ''};10" for number in range(UNITS)]
    return "\n".join(lines).encode()


# --- Who asks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    """An HR system that has got in."""

    http: httpx2.AsyncClient
    key: TokenKey
    organisation_id: UUID
    client_id: UUID
    credential_id: UUID

    async def ask(self, method: str, path: str, status: int, **how: Any) -> Json:
        token = self.key.issue_for_client(self.client_id, self.credential_id, datetime.now(UTC))
        headers = {"Authorization": f"Bearer {token}", **how.pop("headers", {})}
        response = await self.http.request(method, path, headers=headers, **how)
        if response.status_code not in {status, 202}:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        told: Json = response.json()
        return told


async def hr_system(app: Any, database: Database) -> Caller:
    now = datetime.now(UTC)
    organisation = Organisation(organisation_number="2021990417", name="Stor", created_at=now)
    client = ServiceClient(
        organisation_id=organisation.id,
        name="Personalsystemet",
        purpose="Personer och enheter.",
        kind=ServiceClientKind.HR_SYSTEM,
        scopes=[Scope.PEOPLE_WRITE, Scope.UNITS_WRITE],
        contact="it@stor.example",
        expires_at=now + timedelta(days=1),
        allowed_networks=["127.0.0.1/32"],
        approval_rule=ApprovalRule.EVERY,
        content_hash="0" * 64,
        created_at=now,
    )
    credential = ServiceClientCredential(
        organisation_id=organisation.id,
        service_client_id=client.id,
        secret_hash=b"0" * 32,
        expires_at=now + timedelta(days=1),
        created_at=now,
    )
    for row in (organisation, client, credential):
        async with database.write(SYSTEM) as session:
            session.add(row)
    http = httpx2.AsyncClient(base_url="http://stor.example", transport=httpx2.ASGITransport(app), timeout=None)
    return Caller(http, app.state.token_key, organisation.id, client.id, credential.id)


# --- Files -------------------------------------------------------------------------------------------


def processor_time(server: psutil.Process) -> tuple[float, float]:
    """Seconds of this process, and of the database's processes that live (their ended children included)."""
    of_server = 0.0
    for process in [server, *server.children(recursive=True)]:
        times = process.cpu_times()
        of_server += times.user + times.system
    return time.process_time(), of_server


async def run(caller: Caller, subject: str, content: bytes) -> str:
    """Planned and applied."""
    path, how = f"{BASE}/organisations/{caller.organisation_id}/imports", {"Content-Type": "text/csv"}
    asked = {"subject": subject, "mode": "snapshot"}
    planned = await caller.ask("POST", path, 201, content=content, headers=how, params=asked)
    its_own = f"{BASE}/imports/{planned['id']}"
    body = {"planHash": planned["planHash"]}
    done = await caller.ask("POST", f"{its_own}/applications", 201, json=body, headers={"If-Match": '"1"'})
    while done["state"] == "applying":
        await asyncio.sleep(0.2)
        done = await caller.ask("GET", its_own, 200)
    counts = done["report"]["counts"]
    return ", ".join(f"{counts[name]} {name}" for name in ("created", "changed", "unchanged", "refused"))


async def measured(name: str, server: psutil.Process, do: Callable[[], Awaitable[str]]) -> None:
    before, began = processor_time(server), time.monotonic()
    came_of_it = await do()
    after = processor_time(server)
    ours, theirs = after[0] - before[0], after[1] - before[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name}: {ours:.1f} s of CPU and {theirs:.1f} s of the database's, {time.monotonic() - began:.1f} s in all, "
        f"{peak:.0f} MB at most; {came_of_it}"
    )


# --- Look-ups ----------------------------------------------------------------------------------------


async def look_up(caller: Caller, server: psutil.Process) -> None:
    """Each kind against a user read by id in the same round: the CPU of both processes, median of the rounds."""
    chance = random.Random(5)  # noqa: S311
    found = await caller.ask("GET", "/scim/v2/Users", 200, params={"filter": 'externalId eq "P0"'})
    by_id = found["Resources"][0]["id"]

    def filtered(name: str, value: str) -> Callable[[], Awaitable[Json]]:
        return lambda: caller.ask("GET", "/scim/v2/Users", 200, params={"filter": f'{name} eq "{value}"'})

    def some() -> int:
        return chance.randrange(PEOPLE)

    kinds: dict[str, Callable[[], Awaitable[Json]]] = {
        "by id": lambda: caller.ask("GET", f"/scim/v2/Users/{by_id}", 200),
        "by userName": lambda: filtered("userName", f"P{some()}@Stor.example")(),
        "by externalId": lambda: filtered("externalId", f"P{some()}")(),
        "by a userName that nobody has": lambda: filtered("userName", f"x{some()}@stor.example")(),
        "by displayName": lambda: filtered("displayName", f"Åsa Ek {some()}")(),
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        cost = {}
        for name in chance.sample(list(kinds), len(kinds)):
            before = sum(processor_time(server))
            for _ in range(REQUESTS):
                await kinds[name]()
            cost[name] = sum(processor_time(server)) - before
        for name, spent in cost.items():
            taken[name].append(spent / cost["by id"])
    for name, ratios in taken.items():
        quartiles = statistics.quantiles(ratios, n=4)
        print(f"user {name}: {statistics.median(ratios):.2f} ({quartiles[0]:.2f}–{quartiles[2]:.2f})")


async def main(home: Path) -> None:
    server = embedded.start(home / "server")
    settings = Settings(
        database_url=SecretStr(server.database_url("postgres")),
        token_secret=SecretStr(TOKEN_SECRET),
        key_directory=home / "keys",
        reads_per_minute=10**9,
        writes_per_minute=10**9,
    )
    (home / "keys").mkdir(mode=0o700)
    logs.configure("json", "info")  # every request writes its line, as in service, but nobody reads it
    app = create_app(settings)
    app.state.token_key = TokenKey(TOKEN_SECRET.encode(), Unsaved(ring_of(new_pair(datetime.now(UTC)))))
    try:
        await migrations.upgrade(app.state.database)
        # With the worker inside: it is the one that applies what is large.
        async with app.router.lifespan_context(app):
            caller = await hr_system(app, app.state.database)
            (pid_file,) = home.rglob("postmaster.pid")  # noqa: ASYNC240
            postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
            for name, subject, content in (
                ("units, first", "units", units_file()),
                ("units, replayed", "units", units_file()),
                ("people, first", "people", people_file()),
                ("people, replayed", "people", people_file()),
                ("people, some renamed", "people", people_file(PEOPLE // 100)),
            ):
                await measured(name, postmaster, lambda s=subject, c=content: run(caller, s, c))  # type: ignore[misc]
            await look_up(caller, postmaster)
            await caller.http.aclose()
    finally:
        server.stop()


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="larande-bench-") as made,
        Path(os.devnull).open("w") as nowhere,
        redirect_stderr(nowhere),
    ):
        Path(made).chmod(0o755)
        asyncio.run(main(Path(made)))
