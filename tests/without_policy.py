"""A build of the service in which the policy layer allows everything, to see what the second wall alone keeps back.

Run as a program of its own: rules stand in statements that are built when a module is imported, so the policy is
replaced before anything else of the service is there. It reads requests as JSON from standard input, sends each in a
transaction that is taken back, and writes what came of them to standard output.
"""

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import sqlalchemy as sa

from app.services import policy


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

    logs.configure("json", "error")
    app = create_app(settings_for(asked["url"]))
    await app.state.database.close()
    app.state.database = Rehearsal(asked["url"])

    async def look_up_texts(_name: str) -> list[str]:
        texts: list[str] = asked["domain_texts"]
        return texts

    app.state.look_up_texts = look_up_texts
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    answers: list[list[Any]] = []
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        for method, path, body, headers, who in asked["requests"]:
            sent = {"Authorization": f"Bearer {_token(app.state.token_key, asked['bearers'][who])}"} | headers
            response = await http.request(method, path, json=body, headers=sent)
            answers.append([response.status_code, response.text, dict(response.headers)])
    await app.state.database.close()
    return answers


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
    json.dump(asyncio.run(_answers(json.load(sys.stdin))), sys.stdout)
