"""The app on a real port behind uvicorn as the service runs it, and connections to it byte by byte."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from app import serving
from tests.conftest import settings_for

BASE = "/larande/v1"
GET = f"GET {BASE}/api-info HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
SOON = 10.0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> Any:
        assert self.headers["content-type"] == "application/problem+json"
        return json.loads(self.body)


class Line:
    """A connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, sent: bytes) -> None:
        self.writer.write(sent)
        await self.writer.drain()

    async def answer(self) -> Answer:
        async with asyncio.timeout(SOON):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(head[0].split()[1]), headers, body)

    async def ends(self) -> bytes:
        """What else comes until the server hangs up."""
        async with asyncio.timeout(SOON):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def close(self) -> None:
        self.writer.transport.abort()


@dataclass
class Served:
    server: Any
    port: int
    lines: list[Line]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def line(self, **options: Any) -> Line:
        line = Line(*await asyncio.open_connection("127.0.0.1", self.port, **options))
        self.lines.append(line)
        return line

    async def asked(self) -> float:
        """How many seconds an honest request takes, on a connection of its own."""
        began = time.monotonic()
        line = await self.line()
        await line.say(GET)
        assert (await line.answer()).status == 200
        return time.monotonic() - began


@asynccontextmanager
async def served(app: FastAPI, **limits: Any) -> AsyncIterator[Served]:
    """The app behind uvicorn as `larande serve` runs it, with these limits of connections."""
    with serving.listen("127.0.0.1", 0) as listener:
        server = serving.server_for(app, settings_for("postgresql://unused/larande", **limits))
        server.config.lifespan = "off"  # the app is the suite's and lives on
        server.config.timeout_graceful_shutdown = 1
        serve = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        there = Served(server, listener.getsockname()[1], [])
        try:
            yield there
        finally:
            for line in there.lines:
                await line.close()
            server.should_exit = True
            await serve
