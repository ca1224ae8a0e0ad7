"""A receiver of webhooks on this machine: it keeps what it gets and answers what a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Message:
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Json:
        said: Json = json.loads(self.body)
        return said


@dataclass
class Receiver:
    url: str = ""
    answer: Callable[[Json], int] = lambda _said: 204
    """The status for what a message says."""
    more: bytes = b""
    """Headers of its answers."""
    delay: float = 0.0
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is set, nobody is answered."""
    got: list[Message] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    @property
    def taken(self) -> list[Message]:
        """What it has answered with 2xx, each message the first time only, as a receiver that knows ids does."""
        return list({each.id: each for each in reversed(self.got) if each.status < 300}.values())[::-1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = [line.partition(":") for line in head.split("\r\n")[1:] if line]
            headers = {name.lower(): value.strip() for name, _, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                await asyncio.sleep(self.delay)
                await self.answering.wait()
                status = self.answer(json.loads(body))
            finally:
                self.at_once -= 1
            self.got.append(Message(headers, body, status))
            writer.write(b"HTTP/1.1 %d Svar\r\nContent-Length: 0\r\n%b\r\n" % (status, self.more))
            await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    receiver.answering.set()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/larande"
    yield receiver
    server.close()
    await server.wait_closed()
