"""What a burst of survey answers costs: accepted per second, beside an insert of the same sealed bytes by hand.

5,000 answers over 100 connections, each to the service as people run it (`larande serve`, one process, loopback) and to
an endpoint on Starlette and asyncpg that inserts a box which was sealed beforehand: one insert a request, in
autocommit, no token, no questionnaire, no sealing. Both stand on the same durable PostgreSQL and are asked in turn.

    python -m bench.survey_answers
"""

import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import psutil  # type: ignore[import-untyped]
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.loops.auto import auto_loop_factory

from app import embedded, migrations
from app.api.operations import BASE, SURVEY_RESPONSES
from app.services import ballot
from tests.database import Database
from tests.survey_ballots import ITEMS, SurveyStage, open_round

ANSWERS = 5_000
CONNECTIONS = 100
ROUNDS = 7
OURS, BY_HAND = "the service", "by hand"


@dataclass(frozen=True)
class Served:
    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


# --- The same insert by hand -----------------------------------------------------------------------------------


def by_hand(url: str) -> None:
    """Serve inserts and nothing else, and say on which port."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=10, max_size=10) as app.state.pool:
            yield

    async def insert(request: Request) -> Response:
        ciphertext = await request.body()
        await request.app.state.pool.execute(
            "INSERT INTO sealed_response (id, survey_round_id, ciphertext) VALUES ($1, $2, $3)",
            uuid4(),
            UUID(request.headers["survey-round"]),
            ciphertext,
        )
        return Response(b"{}", 201, media_type="application/json")

    config = uvicorn.Config(
        Starlette(routes=[Route("/", insert, methods=["POST"])], lifespan=lifespan), log_config=None, access_log=False
    )
    listener = config.bind_socket()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run([listener])


@contextmanager
def running(*command: str, **environment: str) -> Iterator["Served"]:
    """A server as a process of its own."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        address = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        yield Served(int(address.split(":")[2].split("/")[0]), psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


# --- The burst -------------------------------------------------------------------------------------------------


class Connection(asyncio.Protocol):
    """As little of an HTTP client as will do: one request after the other, the status and the time it took."""

    def __init__(self, requests: Iterator[bytes], statuses: list[int], seconds: list[float]) -> None:
        self.requests = requests
        self.statuses = statuses
        self.seconds = seconds
        self.done = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            self.done.set_result(None)
            return
        self.began = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) >= length:
            self.statuses.append(int(head[9:12]))
            self.seconds.append(time.perf_counter() - self.began)
            self.buffer = b""
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError())


@dataclass(frozen=True)
class Burst:
    per_second: float
    p99: float
    cpu: float
    """Seconds of the serving process for one answer."""


async def burst(served: Served, requests: list[bytes]) -> Burst:
    statuses: list[int] = []
    seconds: list[float] = []
    places = iter(requests)
    loop = asyncio.get_running_loop()
    began, cpu = time.perf_counter(), served.cpu_seconds()
    connections = [
        await loop.create_connection(lambda: Connection(places, statuses, seconds), "127.0.0.1", served.port)
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in connections))
    took = time.perf_counter() - began
    if statuses != [201] * len(requests):
        raise RuntimeError(f"answered otherwise than 201: {sorted(set(statuses))}")
    spent = (served.cpu_seconds() - cpu) / len(requests)
    return Burst(len(requests) / took, statistics.quantiles(seconds, n=100)[98], spent)


def posted(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answer(token: str) -> bytes:
    values = ", ".join(f'"{item}": {random.randint(1, 5)}' for item in ITEMS)  # noqa: S311
    body = f'{{"answers": {{{values}}}}}'.encode()
    return posted(BASE + SURVEY_RESPONSES, body, "Content-Type: application/json", f"Authorization: Bearer {token}")


def boxed(stage: SurveyStage) -> bytes:
    key = stage.survey_round.public_key
    if key is None:
        raise RuntimeError("the round has no key")
    box = ballot.seal([key], bytes(ballot.Layout(len(ITEMS)).size))
    return posted("/", box, "Content-Type: application/octet-stream", f"Survey-Round: {stage.round_id}")


async def compare(database: Database, served: dict[str, Served]) -> dict[str, list[Burst]]:
    """Bursts in turn, each into a round of its own; and whether all of it arrived once."""
    bursts: dict[str, list[Burst]] = {name: [] for name in served}
    for number in range(ROUNDS + 1):
        for name in random.sample(sorted(served), len(served)):
            stage = await open_round(database)
            tokens = await stage.invite(ANSWERS)
            requests = [answer(each) for each in tokens] if name == OURS else [boxed(stage) for _ in tokens]
            found = await burst(served[name], requests)
            if len(await stage.boxes()) != ANSWERS or (name == OURS and len(await stage.used()) != ANSWERS):
                raise RuntimeError("something was lost or doubled")
            if number:  # the first is to warm up
                bursts[name].append(found)
    return bursts


def table(bursts: dict[str, list[Burst]]) -> str:
    lines = [
        "| Variant | accepted per second | of by hand | middle half | 99th percentile, ms | CPU ms an answer |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, found in bursts.items():
        ratios = [own.per_second / base.per_second for own, base in zip(found, bursts[BY_HAND], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        speed, slowest, cpu = (
            statistics.median(getattr(each, field) for each in found) for field in ("per_second", "p99", "cpu")
        )
        lines.append(
            f"| {name} | {speed:,.0f} | {middle:.2f} | {low:.2f}–{high:.2f} | {slowest * 1000:.0f} | {cpu * 1000:.2f} |"
        )
    return "\n".join(lines)


async def run(url: str, served: dict[str, Served]) -> str:
    database = Database(url)
    try:
        return table(await compare(database, served))
    finally:
        await database.close()


async def migrate(url: str) -> None:
    database = Database(url)
    await migrations.upgrade(database)
    await database.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="larande-bench-") as home:
        Path(home).chmod(0o755)  # as root, PostgreSQL runs as another account
        with embedded.start(Path(home) / "server") as server:
            url = server.url.replace("+asyncpg", "")
            asyncio.run(migrate(url))
            where = {
                "LARANDE_DATABASE_URL": url,
                "LARANDE_HOME": str(Path(home) / "home"),
                "LARANDE_LOG_FORMAT": "json",
            }
            with (
                running("app.cli", "serve", "--port", "0", **where) as ours,
                running("bench.survey_answers", "by-hand", url) as other,
                asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
            ):
                print(runner.run(run(url, {OURS: ours, BY_HAND: other})))


if __name__ == "__main__":
    if sys.argv[1:2] == ["by-hand"]:
        by_hand(sys.argv[2])
    else:
        main()
