"""What reading costs: CPU time of our list and single read against an endpoint written by hand.

All variants run in this process against one embedded PostgreSQL, in shuffled slices, and each slice is compared
with the hand-written one of its own round. CPU time of this process is counted, not that of the database.

    python -m bench.list_read
"""

import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, redirect_stderr
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import SQLModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message
from uvicorn.loops.auto import auto_loop_factory

from app import embedded, logs, migrations
from app.api.limits import AtOnce, RateLimited, WholeRequests
from app.api.operations import BASE
from app.database import Database
from app.main import create_app
from app.models.columns import Language
from app.models.mandate import Mandate
from app.models.organisation import ApprovalRule, Organisation
from app.models.party import Party, Side
from app.models.person import Person
from app.models.sign_in import SignIn
from app.models.unit import Unit, UnitPlacement
from app.models.working_group import WorkingGroup, WorkingGroupLevel, WorkingGroupParty, WorkingGroupState
from app.services.token_keys import Unsaved, new_pair, ring_of
from app.services.tokens import Claims, TokenKey
from app.services.wall import SYSTEM
from app.settings import Settings

ROUNDS = 30
REQUESTS = 40
"""How many of a kind stand together in a slice."""
UNITS = 1_000
OTHERS = 200
UNITS_OF_OTHERS = 20
LIMIT = 50
TOKEN_SECRET = "only-for-the-benchmark-only-for-the-benchmark"  # noqa: S105
KEYS = Unsaved(ring_of(new_pair(datetime.now(UTC))))
FIRST_DAY = date(2024, 1, 1)
BASELINE = "hand-written list"
LIMITS = (RateLimited, WholeRequests, AtOnce)


@dataclass(frozen=True)
class Place:
    """What the requests ask for, and as whom."""

    organisation_id: UUID
    working_group_id: UUID
    person_id: UUID
    sign_in_id: UUID


@dataclass(frozen=True)
class Variant:
    name: str
    app: ASGIApp
    path: str
    before_each: Callable[[], None] = lambda: None


# --- The data ----------------------------------------------------------------------------------------


async def fill(database: Database) -> Place:
    """One large organisation, in which an employer's representative asks, and many small ones."""
    now = datetime.now(UTC)
    for number in range(OTHERS):
        other = _organisation(number + 1, now)
        await add(database, other)
        await _add_units(database, other, UNITS_OF_OTHERS, now)
    own = _organisation(0, now)
    person = Person(organisation_id=own.id, name="Åsa Öberg", email="asa@example.se", roles=[], created_at=now)
    sign_in = SignIn(person_id=person.id, address_hash=b"", started_at=now, last_used_at=now)
    employer = Party(organisation_id=own.id, side=Side.EMPLOYER, name="Arbetsgivaren", created_at=now)
    union = Party(organisation_id=own.id, side=Side.UNION, name="Saco-S", created_at=now)
    mandate = Mandate(
        organisation_id=own.id,
        party_id=employer.id,
        person_id=person.id,
        function="Företrädare",
        valid_from=FIRST_DAY,
        first=True,
        created_at=now,
    )
    for row in (own, person, sign_in, employer, union, mandate):
        await add(database, row)
    units = await _add_units(database, own, UNITS, now)
    group = await add_group(database, units[0], (employer, union), now)
    return Place(own.id, group.id, person.id, sign_in.id)


async def add_group(database: Database, unit: Unit, parties: Sequence[Party], now: datetime) -> WorkingGroup:
    """A group that has begun, and in which these sit."""
    group = WorkingGroup(
        organisation_id=unit.organisation_id,
        name="Lärgruppen",
        purpose="Att tala om vad ett väl utfört arbete är och vad vi behöver lära.",
        scope_unit_id=unit.id,
        level=WorkingGroupLevel.WORKPLACE,
        approval_rule=ApprovalRule.EVERY,
        dormancy_interval_days=180,
        state=WorkingGroupState.ACTIVE,
        proposed_by_party_id=parties[0].id,
        content_hash="0" * 64,
        started_at=now - timedelta(days=30),
        created_at=now - timedelta(days=40),
    )
    await add(database, group)
    await add(database, *(WorkingGroupParty(working_group_id=group.id, party_id=each.id) for each in parties))
    return group


def _organisation(number: int, now: datetime) -> Organisation:
    return Organisation(
        organisation_number=f"202{number:07d}",
        name=f"Myndighet {number}",
        approval_rule=ApprovalRule.EVERY,
        languages=[Language.SWEDISH],
        created_at=now,
    )


async def _add_units(database: Database, organisation: Organisation, how_many: int, now: datetime) -> list[Unit]:
    """A root with all the others below it."""
    units = [
        Unit(
            organisation_id=organisation.id,
            external_id=f"ORG-{number}",
            headcount=12,
            valid_from=FIRST_DAY,
            created_at=now,
        )
        for number in range(how_many)
    ]
    await add(database, *units)
    placements = [
        UnitPlacement(
            organisation_id=organisation.id,
            unit_id=unit.id,
            parent_id=units[0].id if unit is not units[0] else None,
            name=f"Enheten för lärande {number:04d}",
            valid_from=FIRST_DAY,
        )
        for number, unit in enumerate(units)
    ]
    await add(database, *placements)
    return units


async def add(database: Database, *rows: SQLModel) -> None:
    async with database.write(SYSTEM) as session:
        session.add_all(rows)


# --- The same list by hand ---------------------------------------------------------------------------

_ITEMS = """
    SELECT unit.id, placement.name, placement.parent_id,
           unit.external_id, unit.headcount, unit.valid_from, unit.valid_to
    FROM unit JOIN unit_placement AS placement ON placement.unit_id = unit.id
    WHERE placement.organisation_id = $1 AND placement.valid_from <= $2
      AND coalesce(placement.valid_to, 'infinity') >= $2
    ORDER BY swedish_order(placement.name) COLLATE "C", unit.id LIMIT $3
"""
_KEYS = ("id", "name", "parentId", "externalId", "headcount", "validFrom", "validTo")
# Roughly what else ours asks the database: who the actor is, whether the organisation exists, how many there are.
_ACTOR = """
    SELECT person.organisation_id, person.language, person.roles FROM person
    JOIN sign_in ON sign_in.person_id = person.id WHERE person.id = $1 AND sign_in.ended_at IS NULL
"""
_PARENT = "SELECT * FROM organisation WHERE id = $1"
_COUNT = """
    SELECT count(*) FROM unit_placement WHERE organisation_id = $1 AND valid_from <= $2
      AND coalesce(valid_to, 'infinity') >= $2
"""


def by_hand(pool: asyncpg.Pool, key: TokenKey) -> Starlette:
    """Starlette and asyncpg alone: no policy, no paging, no validation, no log. The floor, not a service."""
    known: dict[str, UUID] = {}

    async def list_units(request: Request) -> Response:
        person_id = verified(request)
        return await answer(request, person_id, others=False)

    async def list_units_in_four_statements(request: Request) -> Response:
        person_id = verified(request)
        return await answer(request, person_id, others=True)

    def verified(request: Request) -> UUID:
        token = request.headers["authorization"].removeprefix("Bearer ")
        if (person_id := known.get(token)) is None:
            claims = key.verify(token, datetime.now(UTC))
            if not isinstance(claims, Claims):
                raise TypeError("the benchmark signs in people alone")
            person_id = known[token] = claims.person_id
        return person_id

    async def answer(request: Request, person_id: UUID, *, others: bool) -> Response:
        organisation_id = UUID(request.path_params["organisation_id"])
        limit = int(request.query_params["limit"])
        today = datetime.now(UTC).date()
        async with pool.acquire() as connection:
            if others:
                await connection.fetchrow(_ACTOR, person_id)
                await connection.fetchrow(_PARENT, organisation_id)
                await connection.fetchval(_COUNT, organisation_id, today)
            rows = await connection.fetch(_ITEMS, organisation_id, today, limit)
        items = [dict(zip(_KEYS, row, strict=True)) for row in rows]
        body = json.dumps({"items": items}, default=str, ensure_ascii=False, separators=(",", ":"))
        return Response(body, media_type="application/json")

    return Starlette(
        routes=[
            Route("/one/{organisation_id}/units", list_units),
            Route("/four/{organisation_id}/units", list_units_in_four_statements),
        ]
    )


# --- The measurement ---------------------------------------------------------------------------------


async def get(app: ASGIApp, path: str, token: str) -> tuple[int, bytes]:
    """One GET with the least that ASGI needs: all variants pay the same for being called."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"localhost:8000"),
            (b"accept", b"application/json"),
            (b"authorization", b"Bearer " + token.encode()),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    status, body = 0, b""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, body
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            body += message.get("body", b"")

    await app(scope, receive, send)
    return status, body


async def cost(variant: Variant, token: str) -> float:
    """Seconds of CPU for one request, from a slice of them."""
    began = time.process_time()
    for _ in range(REQUESTS):
        variant.before_each()
        status, _body = await get(variant.app, variant.path, token)
        if status != 200:
            raise RuntimeError(f"{variant.name} answered {status}")
    return (time.process_time() - began) / REQUESTS


async def compare(variants: list[Variant], token: str) -> dict[str, list[float]]:
    """The cost of every variant in every round, each round in an order of its own."""
    for variant in variants:
        await cost(variant, token)  # warm
    costs: dict[str, list[float]] = {variant.name: [] for variant in variants}
    for _ in range(ROUNDS):
        for variant in random.sample(variants, len(variants)):
            costs[variant.name].append(await cost(variant, token))
    return costs


def table(costs: dict[str, list[float]], baseline: str = BASELINE) -> str:
    """Medians of the ratios of each round's pair, with the middle half of them."""
    lines = [f"| Variant | CPU, {baseline} = 1.00 | middle half | ms |", "|---|---:|---:|---:|"]
    for name, spent in costs.items():
        ratios = [own / base for own, base in zip(spent, costs[baseline], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        lines.append(f"| {name} | {middle:.2f} | {low:.2f}–{high:.2f} | {statistics.median(spent) * 1000:.2f} |")
    return "\n".join(lines)


async def check_same_items(variants: list[Variant], token: str) -> None:
    """A comparison of different answers would say nothing."""
    lists = [json.loads((await get(each.app, each.path, token))[1])["items"] for each in variants]
    if len(lists[0]) != LIMIT or any(each != lists[0] for each in lists):
        raise RuntimeError("the variants list different things")


async def run(url: str) -> dict[str, list[float]]:
    app, bare = an_app(url), an_app(url)
    bare.user_middleware[:] = [each for each in bare.user_middleware if cast("Any", each.cls) not in LIMITS]
    async with AsyncExitStack() as stack:
        database: Database = app.state.database
        stack.push_async_callback(database.close)
        stack.push_async_callback(bare.state.database.close)
        await migrations.upgrade(database)
        place = await fill(database)
        pool = await stack.enter_async_context(
            asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=1, max_size=10)
        )
        await pool.execute("ANALYZE")
        token = app.state.token_key.issue(place.person_id, place.sign_in_id, datetime.now(UTC))
        variants = variants_for(app, bare, by_hand(pool, app.state.token_key), place)
        await check_same_items([each for each in variants if "list" in each.name], token)
        return await compare(variants, token)


def an_app(url: str) -> FastAPI:
    """The service, for somebody who asks more often than a person does."""
    app = create_app(
        Settings(database_url=SecretStr(url), token_secret=SecretStr(TOKEN_SECRET), reads_per_minute=10**9)
    )
    app.state.token_key = TokenKey(TOKEN_SECRET.encode(), KEYS)
    return app


def variants_for(app: FastAPI, bare: FastAPI, hand_written: Starlette, place: Place) -> list[Variant]:
    units = f"/{place.organisation_id}/units?limit={LIMIT}"

    def forget_tokens() -> None:
        app.state.token_key = TokenKey(TOKEN_SECRET.encode(), KEYS)  # has verified nothing yet

    return [
        Variant(BASELINE, hand_written, "/one" + units),
        Variant("hand-written list in as many statements as ours", hand_written, "/four" + units),
        Variant("list_units", app, f"{BASE}/organisations{units}"),
        Variant("list_units without limits", bare, f"{BASE}/organisations{units}"),
        Variant("list_units, token never seen before", app, f"{BASE}/organisations{units}", forget_tokens),
        Variant("liveness: no token, no database", app, "/health/live"),
        Variant("read_working_group without limits", bare, f"{BASE}/working-groups/{place.working_group_id}"),
        Variant("read_working_group", app, f"{BASE}/working-groups/{place.working_group_id}"),
    ]


def measured(run: Callable[[str], Coroutine[Any, Any, dict[str, list[float]]]]) -> dict[str, list[float]]:
    """What that measures with a PostgreSQL of its own, whose address it is given."""
    with Path(os.devnull).open("w") as nowhere, tempfile.TemporaryDirectory(prefix="larande-bench-") as home:
        with redirect_stderr(nowhere):
            logs.configure("json", "info")  # every request writes its line, as in service, but nobody reads it
        Path(home).chmod(0o755)  # as root, PostgreSQL runs as another account
        with (
            embedded.start(Path(home) / "server", settings={"fsync": "off"}) as server,
            asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
        ):
            return runner.run(run(server.url))


def main() -> None:
    print(table(measured(run)))


if __name__ == "__main__":
    main()
