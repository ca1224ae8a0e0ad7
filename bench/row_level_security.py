"""What the second wall costs: reads as the role that row-level security confines, against the same reads as the owner.

Both variants run in this process against one embedded PostgreSQL, in shuffled pairs. What is counted is the time from
request to answer, with nobody else asking, so that PostgreSQL's share is in it, and this process's CPU time beside it.

    python -m bench.row_level_security
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from contextlib import AsyncExitStack, redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil  # type: ignore[import-untyped]
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

from app import embedded, logs, migrations
from app.api.operations import BASE
from app.database import Database
from app.main import create_app
from app.services.wall import Context, DatabaseRole
from app.settings import Settings
from bench.list_read import LIMIT, TOKEN_SECRET, Place, fill, get

PAIRS = 24
REQUESTS = 8
"""How many of a kind stand together in a slice; of the slow ones fewer."""
SLOW = 0.05
PEOPLE = 100_000


class AsOwner(Database):
    """As it was before the wall: the owner's connections, whom no policy holds, and no word of who asks."""

    def _as(self, role: DatabaseRole) -> dict[str, str]:  # noqa: ARG002
        return {}

    async def _stand(self, connection: AsyncConnection, context: Context) -> None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class Spent:
    elapsed: float
    cpu: float
    database_cpu: float


async def add_people(database: Database, organisation_id: UUID) -> None:
    """As many as no Swedish agency has, with names that are spread over the alphabet."""
    async with database.migrate() as connection:
        await connection.execute(
            sa.text(
                "INSERT INTO person (id, version, created_at, organisation_id, name, email, language, active, roles) "
                "SELECT uuidv7(), 1, now(), :organisation, "
                "chr(65 + n % 26) || 'nders Öberg ' || n, 'p' || n || '@example.se', 'sv', true, '{}' "
                "FROM generate_series(1, :people) n"
            ),
            {"organisation": organisation_id, "people": PEOPLE},
        )
    async with database.migrate() as connection:
        await connection.execute(sa.text("ANALYZE"))


def paths(place: Place, deep: str) -> dict[str, str]:
    organisation = f"{BASE}/organisations/{place.organisation_id}"
    return {
        "list_units, 50 of 1,000": f"{organisation}/units?limit={LIMIT}",
        "read_working_group": f"{BASE}/working-groups/{place.working_group_id}",
        "list_people, first 50 of 100,000": f"{organisation}/people?limit={LIMIT}",
        "list_people, 50 from the middle": deep,
        "list_people, one found by its name": f"{organisation}/people?q=Pnders%20%C3%96berg%2077001",
    }


def cpu_of(server: psutil.Process) -> float:
    """Of all connections that are open; in hundredths of a second, so that only a sum over many requests says much."""
    return sum(sum(each.cpu_times()[:2]) for each in server.children())


async def spent(app: ASGIApp, path: str, token: str, requests: int, server: psutil.Process) -> Spent:
    began, cpu, database_cpu = time.perf_counter(), time.process_time(), cpu_of(server)
    for _ in range(requests):
        status, body = await get(app, path, token)
        if status != 200:
            raise RuntimeError(f"{path} answered {status} {body!r}")
    elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Spent(elapsed / requests, cpu / requests, (cpu_of(server) - database_cpu) / requests)


async def run(url: str, server: psutil.Process) -> None:
    print("| Read | elapsed, with / without | middle half | CPU of the service | CPU of PostgreSQL | ms with |")
    print("|---|---:|---:|---:|---:|---:|")
    async with AsyncExitStack() as stack:
        apps = []
        for kind in (Database, AsOwner):
            app = create_app(Settings(database_url=SecretStr(url), token_secret=SecretStr(TOKEN_SECRET)))
            await app.state.database.close()
            app.state.database = kind(url)
            stack.push_async_callback(app.state.database.close)
            apps.append(app)
        with_wall, without = apps
        await migrations.upgrade(with_wall.state.database)
        place = await fill(with_wall.state.database)
        await add_people(with_wall.state.database, place.organisation_id)
        for name, path in paths(place, await _from_the_middle(with_wall, place)).items():
            requests, pairs = 2, []
            for pair in range(PAIRS + 1):
                token = with_wall.state.token_key.issue(place.person_id, place.sign_in_id, datetime.now(UTC))
                found = {id(app): await spent(app, path, token, requests, server) for app in random.sample(apps, 2)}
                if pair == 0:  # to get warm, and to see how slow it is
                    requests = REQUESTS if found[id(with_wall)].elapsed < SLOW else 2
                    continue
                pairs.append((found[id(with_wall)], found[id(without)]))
            low, middle, high = statistics.quantiles((a.elapsed / b.elapsed for a, b in pairs), n=4, method="inclusive")
            cpu = statistics.median(a.cpu / b.cpu for a, b in pairs)
            took = statistics.median(a.elapsed for a, _ in pairs) * 1000
            theirs = sum(a.database_cpu for a, _ in pairs) / sum(b.database_cpu for _, b in pairs)
            print(
                f"| {name} | {middle:.2f} | {low:.2f}–{high:.2f} | {cpu:.2f} | {theirs:.2f} | {took:.1f} |", flush=True
            )


async def _from_the_middle(app: ASGIApp, place: Place) -> str:
    """Where a client comes that has followed `next` for a long time: the name in the middle, and the person's id."""
    from app.services.listing import written

    database: Database = app.state.database  # type: ignore[attr-defined]
    async with database.migrate() as connection:
        middle = (
            await connection.execute(
                sa.text(
                    'SELECT swedish_order(name) COLLATE "C", id FROM person WHERE organisation_id = :organisation '
                    "ORDER BY 1, 2 OFFSET :half LIMIT 1"
                ),
                {"organisation": place.organisation_id, "half": PEOPLE // 2},
            )
        ).one()
    after = written("name", tuple(middle))
    return f"{BASE}/organisations/{place.organisation_id}/people?limit={LIMIT}&after={after}"


def main() -> None:
    with Path(os.devnull).open("w") as nowhere, tempfile.TemporaryDirectory(prefix="larande-bench-") as home:
        with redirect_stderr(nowhere):
            logs.configure("json", "info")
        Path(home).chmod(0o755)  # as root, PostgreSQL runs as another account
        with (
            embedded.start(Path(home) / "server", settings={"fsync": "off"}) as server,
            asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
        ):
            number = int((server.data / "postmaster.pid").read_text().split()[0])
            runner.run(run(server.url, psutil.Process(number)))


if __name__ == "__main__":
    main()
