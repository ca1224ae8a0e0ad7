"""Whether those who ask notice anything: the service, but for one answer that is broken on purpose."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from socket import socket
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.main import create_app
from tests.conftest import settings_for
from tests.contract import BASE
from tests.contract_fuzz.asking import Asker, Things
from tests.contract_fuzz.exceptions import sorted_out
from tests.contract_fuzz.loopback import address_of, on_loopback

Break = Callable[[Any], tuple[int, Any]]


@dataclass
class Breaking:
    """Breaks what /api-info answers when all is well."""

    app: ASGIApp
    broken: Break

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun: list[Message] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            (start,) = begun
            if start["status"] == 200:
                start["status"], told = self.broken(json.loads(message["body"]))
                message["body"] = json.dumps(told).encode()
                others = [(name, value) for name, value in start["headers"] if name != b"content-length"]
                start["headers"] = [*others, (b"content-length", str(len(message["body"])).encode())]
            await send(start)
            await send(message)

        await self.app(scope, receive, sending if scope.get("path") == f"{BASE}/api-info" else send)


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        (lambda told: (500, told), "not_a_server_error"),
        (lambda told: (206, told), "status_code_conformance"),
        (lambda told: (200, {**told, "apiVersion": 1}), "response_schema_conformance"),
        (lambda told: (200, told), None),
    ],
    ids=["a server error", "a status of its own", "another shape", "nothing broken"],
)
def test_a_broken_answer_is_noticed(broken: Break, noticed: str | None, database_url: str, listener: socket) -> None:
    settings = settings_for(database_url)
    app = create_app(settings)
    app.add_middleware(Breaking, broken=broken)
    things = Things(defaultdict(dict), {})
    asker = Asker(address_of(listener), things, frozenset({"examples"}), 1, frozenset({"read_api_info"}))
    with on_loopback(app, settings, listener):
        asked = asker.ask(lambda: None)
    faults, _ = sorted_out(asked.findings)
    assert asked.operations == {"read_api_info"}
    checks = {check for each in faults for check in each.check.split("/")}
    assert noticed in checks if noticed else not checks
