"""A build of the service in which the policy layer allows everything, to see what the second wall alone keeps back.

Run as a program of its own: rules stand in statements that are built when a module is imported, so the policy is
replaced before anything else of the service is there. Each line of standard input is a list of requests as JSON; each
is sent in a transaction that is taken back, and what came of them all is a line of standard output.
"""

import asyncio
import gc
import json
import sys
import time
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import sqlalchemy as sa

from app.services import policy
from tests.in_process import ask, scope_of


def _allow_everything() -> None:
    built = {name for name in sys.modules if name.startswith("app.services.")}
    # Nothing may have asked the policy yet.
    assert not built & {"app.services.work", "app.services.people", "app.services.listing"}, built
    policy.may_ever = lambda *_: True
    policy.obstacle = lambda *_: None
    policy.reserved = lambda *_: []
    policy.visible = lambda *_: sa.true()


async def _answers(asked: dict[str, Any]) -> list[list[Any]]:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app import logs
    from app.database import Database
    from app.main import create_app
    from tests.conftest import settings_for

    class Rehearsal(Database):
        @asynccontextmanager
        async def write(self, context: Any) -> Any:
            async with self.engine.connect() as connection:
                await self._stand(connection, context)
                async with AsyncSession(connection, expire_on_commit=False, autoflush=False) as session:
                    yield session
                    await session.flush()
                    await session.rollback()

    logs.configure("json", "critical")  # thousands of requests end in a fault once everything is allowed
    app = create_app(settings_for(asked["url"]))
    await app.state.database.close()
    app.state.database = Rehearsal(asked["url"])

    async def look_up_texts(_name: str) -> list[str]:
        texts: list[str] = asked["domain_texts"]
        return texts

    app.state.look_up_texts = look_up_texts
    tokens = _Tokens(app.state.token_key, asked["bearers"])
    answers = [
        await _answer(app, method, path, body, headers | {"Authorization": f"Bearer {tokens.of(who)}"})
        for method, path, body, headers, who in asked["requests"]
    ]
    await app.state.database.close()
    return answers


async def _answer(app: Any, method: str, path: str, body: Any, headers: dict[str, str]) -> list[Any]:
    """Asks the application itself: of the thousands of requests, an HTTP client would be a fifth of the time."""
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers = headers | {"Content-Type": "application/json", "Content-Length": str(len(content))}
    path, _, query = path.partition("?")
    sent = [(name.lower().encode(), value.encode()) for name, value in {"Host": "testserver", **headers}.items()]
    scope = scope_of(method, path, path.encode(), query.encode(), sent)
    status, told, answer = await ask(app, scope, httpx2.ByteStream(content), raise_app_exceptions=False)
    return [status, answer.decode(), {name.decode(): value.decode() for name, value in told}]


class _Tokens:
    """Each caller's token, made anew before it expires."""

    def __init__(self, key: Any, bearers: dict[str, list[str]]) -> None:
        self._key = key
        self._bearers = bearers
        self._made: dict[str, tuple[float, str]] = {}

    def of(self, who: str) -> str:
        made, token = self._made.get(who, (0.0, ""))
        if not token or time.monotonic() - made > 120:
            token = _token(self._key, self._bearers[who])
            self._made[who] = (time.monotonic(), token)
        return token


def _token(key: Any, bearer: list[str]) -> str:
    """A token of a person, or of a service client; whoever answers a survey has brought theirs."""
    from datetime import UTC, datetime
    from uuid import UUID

    kind, *ids = bearer
    if kind == "token":
        return ids[0]
    issue = key.issue if kind == "person" else key.issue_for_client
    told: str = issue(*map(UUID, ids), datetime.now(UTC))
    return told


if __name__ == "__main__":
    _allow_everything()
    # What is here stays until the end; nothing is won by looking at it again and again.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    for line in sys.stdin:
        print(json.dumps(asyncio.run(_answers(json.loads(line)))), flush=True)  # noqa: T201
