"""What the server bears from a connection before there is a request, and after the answer is written.

uvicorn waits for ever for the rest of a header, keeps headers of any length, and keeps an answer for ever for somebody
who does not read it. So each connection is on a list while its next request is expected. Those who dawdle are sent
away, and when there are too many connections, the one that has been expected longest makes room.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

LONGEST_HEAD = 64 * 1024
"""Bytes of a request line and its headers; the program itself refuses less, in better words."""
LEAST_READ_PER_SECOND = 1024


@dataclass(frozen=True)
class Patience:
    """How many connections there may be, and how long each may keep us waiting."""

    connections: int
    header_seconds: float
    """From the connection, or the answer before, to the end of a request's headers."""
    answer_seconds: float
    """In which whoever does not read at least a KiB a second is given up."""


class Expected:
    """The connections of one server whose next request is expected, and those whose answer is not read yet."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        # In order of time, the longest expected first.
        self._expected: dict[PatientProtocol, float] = {}
        self._unread: dict[PatientProtocol, tuple[float, int]] = {}
        self._every_s = min(1.0, patience.header_seconds / 4, patience.answer_seconds / 4)
        self._sweeping = False

    def add(self, connection: "PatientProtocol") -> None:
        self._expected.pop(connection, None)
        self._expected[connection] = connection.loop.time()
        self._sweep_from_now_on(connection.loop)

    def remove(self, connection: "PatientProtocol") -> None:
        self._expected.pop(connection, None)

    def forget(self, connection: "PatientProtocol") -> None:
        self._expected.pop(connection, None)
        self._unread.pop(connection, None)

    def __contains__(self, connection: "PatientProtocol") -> bool:
        return connection in self._expected

    def watch_reading(self, connection: "PatientProtocol") -> None:
        """The other end has not read everything; it is given time as long as it goes on reading."""
        if connection not in self._unread:
            self._unread[connection] = (connection.loop.time(), connection.transport.get_write_buffer_size())
            self._sweep_from_now_on(connection.loop)

    def make_room(self) -> bool:
        """End the connection that has been expected longest; whether there was one."""
        connection = next(iter(self._expected), None)
        if connection is None:
            return False
        self.forget(connection)
        connection.transport.abort()
        return True

    def _sweep_from_now_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(self._every_s, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._expected:
            connection, since = next(iter(self._expected.items()))
            if now - since < self.patience.header_seconds:
                break
            self.remove(connection)
            connection.end_of_patience()
        for connection, (since, size) in list(self._unread.items()):
            left = connection.transport.get_write_buffer_size()
            if left == 0:
                del self._unread[connection]
            elif now - since >= self.patience.answer_seconds:
                if size - left < LEAST_READ_PER_SECOND * self.patience.answer_seconds:
                    self.forget(connection)
                    connection.transport.abort()
                else:
                    self._unread[connection] = (now, left)
        self._sweeping = bool(self._expected or self._unread)
        if self._sweeping:
            loop.call_later(self._every_s, self._sweep, loop)


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's own, with bounds. What it refuses, the program answers like everything else it refuses."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        expected: Expected,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.expected = expected
        self.head_bytes = 0
        self.refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self.expected.patience.connections and not self.expected.make_room():
            transport.abort()
            return
        super().connection_made(transport)
        self.expected.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.expected.forget(self)
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.refused or self.transport is None:
            return
        super().data_received(data)
        if self in self.expected:
            self.head_bytes += len(data)
            if self.head_bytes > LONGEST_HEAD:
                self.refuse("headersTooLarge")

    def on_headers_complete(self) -> None:
        self.expected.remove(self)
        self.head_bytes = 0
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self.expected.watch_reading(self)
        if self.cycle.response_complete and not self.transport.is_closing():
            # Also while the rest of a refused body comes in: that, too, has to end.
            self.expected.add(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.expected.watch_reading(self)

    def end_of_patience(self) -> None:
        if self.head_bytes and not self.refused:
            self.refuse("requestTooSlow")
        elif not self.transport.is_closing():
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self.refuse("requestUnreadable")

    def refuse(self, code: str) -> None:
        """Let the program answer what was no request: with a number, in a language, with all headers."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        self.expected.remove(self)
        if self.cycle is not None and not self.cycle.response_complete:
            # Another answer is on its way; two would be mixed up.
            self.transport.close()
            return
        address = getattr(self, "url", b"").partition(b"?")[0]
        scope: Any = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "method": "GET",
            "path": unquote(address.decode("latin-1")) or "/",
            "raw_path": address,
            "query_string": b"",
            # Those that were whole; none of them may mean more than how to answer.
            "headers": [each for each in self.headers or () if each[0] in {b"accept-language", b"origin"}],
            "state": self.app_state.copy(),
            "larande.refusal": code,
        }
        self.cycle = RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
        self.cycle.more_body = False
        self._start_asgi_task(self.cycle, self.app)


def protocol(patience: Patience) -> type[asyncio.Protocol]:
    """What uvicorn makes for each connection of one server."""
    expected = Expected(patience)

    def make(*arguments: Any, **named: Any) -> PatientProtocol:
        return PatientProtocol(*arguments, **named, expected=expected)

    return cast("type[asyncio.Protocol]", make)
