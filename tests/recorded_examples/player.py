"""Plays the story against the program, in process, and writes down everything that is asked and answered."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col
from time_machine import Traveller

from app import reminding
from app.models.person import Person
from app.models.service_client_credential import ServiceClientCredential
from app.models.sign_in import SignIn
from app.services.tokens import TokenKey
from tests import contract
from tests.database import Database, database_of
from tests.in_process import InProcess

Json = Any

HOST = "https://larande.example"
BASE = contract.BASE
CALLER = ("192.0.2.17", 50000)
"""An address that documents may use (RFC 5737)."""

BETWEEN = timedelta(seconds=70)
"""Passes between two requests: every moment in the story is another."""

REFUSED = 400

_OF_SOME = ("Content-Language", "Pragma", "Set-Cookie")


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered."""

    operation: str
    status: str
    sent_type: str | None
    sent: Json
    answered_type: str | None
    answered: Json
    headers: dict[str, str]
    method: str
    path: str
    query: str
    etag: str | None
    who: str | None
    at: datetime
    shown: bool
    """Whether the story says that this is the example."""


@cache
def _operations() -> dict[tuple[str, str], str]:
    return {
        (method.upper(), path): operation["operationId"]
        for path, item in contract.document()["paths"].items()
        for method, operation in item.items()
    }


@dataclass
class Player:
    """Everybody's hands: `who` is a local part of an e-mail address, or the name of a service client."""

    app: FastAPI
    clock: Traveller
    exchanges: list[Exchange] = field(default_factory=list)
    things: dict[str, Json] = field(default_factory=dict)
    """What the scenes hand on to each other, by name."""
    machines: dict[str, tuple[str, str]] = field(default_factory=dict)
    _tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _showing: bool = False
    hurried: bool = False
    """Whether no time passes between requests."""

    @property
    def database(self) -> Database:
        return database_of(self.app)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """What is asked meanwhile are the examples, whatever else is answered elsewhere."""
        self._showing = True
        try:
            yield
        finally:
            self._showing = False

    async def person(self, who: str) -> Person:
        query = sa.select(Person).where(col(Person.email).like(f"{who}@%"))
        async with self.database.read() as session:
            return (await session.execute(query)).scalars().one()

    async def token(self, who: str) -> str:
        """Of somebody who has signed in; a new one when the latest is getting old."""
        now = datetime.now(UTC)
        kept = self._tokens.get(who)
        if kept is not None and now - kept[1] < timedelta(minutes=4):
            return kept[0]
        key: TokenKey = self.app.state.token_key
        if who in self.machines:
            client_id, credential_id = self.machines[who]
            token = key.issue_for_client(UUID(client_id), UUID(credential_id), now)
        else:
            person = await self.person(who)
            sign_in = SignIn(person_id=person.id, address_hash=b"", started_at=now, last_used_at=now)
            async with self.database.write() as session:
                session.add(sign_in)
            token = key.issue(person.id, sign_in.id, now)
        self._tokens[who] = (token, now)
        return token

    async def let_in(self, name: str, client_id: str, credential_id: str) -> None:
        """A service client acts from now on under this name."""
        async with self.database.read() as session:
            assert await session.get(ServiceClientCredential, UUID(credential_id)) is not None
        self.machines[name] = (client_id, credential_id)

    async def ask(
        self,
        who: str | None,
        method: str,
        path: str,
        sent: Json = None,
        *,
        etag: str | None = None,
        expect: int | None = None,
        bearer: str | None = None,
        content: bytes | None = None,
        form: dict[str, str] | None = None,
        media_type: str | None = None,
        accept: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """One request, written down with its answer."""
        if not self.hurried:
            self.clock.shift(BETWEEN)
        given = dict(headers or {})
        token = bearer if bearer is not None else await self.token(who) if who is not None else None
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        if etag is not None:
            given["If-Match"] = etag
        if accept is not None:
            given["Accept"] = accept
        options: dict[str, Any] = {}
        if content is not None:
            options["content"], given["Content-Type"] = content, media_type or "text/csv"
        elif form is not None:
            options["data"], media_type = form, "application/x-www-form-urlencoded"
        elif sent is not None:
            options["json"], media_type = sent, "application/json"
        async with InProcess(self.app, client=CALLER, on_answer=None) as http:
            response = await http.request(method, HOST + BASE + path, headers=given, **options)
        if expect is not None:
            assert response.status_code == expect, f"{who}: {method} {path}: {response.status_code} {response.text}"
        body = sent if sent is not None else form if form is not None else content and content.decode(errors="replace")
        self._write_down(response, method, media_type, body, etag, who)
        return response

    def _write_down(
        self,
        response: httpx2.Response,
        method: str,
        sent_type: str | None,
        sent: Json,
        etag: str | None,
        who: str | None,
    ) -> None:
        parts = urlsplit(str(response.request.url))
        template = contract._path_of(parts.path)
        operation = _operations().get((method, template or ""))
        if operation is None:
            return
        answered_type = response.headers.get("content-type", "").split(";")[0] or None
        answered: Json = None
        if answered_type is not None and answered_type.endswith("json"):
            answered = json.loads(response.content)
        elif answered_type in {"text/csv", "image/svg+xml"}:
            answered = response.text
        kept = ("ETag", "Location", "Retry-After", "Cache-Control", "Content-Disposition", *_OF_SOME)
        self.exchanges.append(
            Exchange(
                operation,
                str(response.status_code),
                sent_type if sent is not None else None,
                sent,
                answered_type,
                answered,
                {name: response.headers[name] for name in kept if name in response.headers},
                method,
                parts.path.removeprefix(BASE),
                parts.query,
                etag,
                who,
                datetime.now(UTC),
                self._showing and response.status_code < REFUSED,
            )
        )

    # --- As people talk ---------------------------------------------------------------------------------------

    async def get(self, who: str | None, path: str, **more: Any) -> Json:
        return (await self.ask(who, "GET", path, expect=more.pop("expect", 200), **more)).json()

    async def post(self, who: str | None, path: str, sent: Json = None, **more: Any) -> Json:
        response = await self.ask(who, "POST", path, sent, expect=more.pop("expect", 201), **more)
        return response.json() if response.content else None

    async def change(
        self, who: str, path: str, sent: Json = None, method: str = "PATCH", expect: int = 200, **more: Any
    ) -> Json:
        """Read the thing that the address belongs to, and change it in the version that was read."""
        owner = "/".join(path.split("?")[0].split("/")[: more.pop("steps", 3)])
        tag = (await self.ask(who, "GET", more.pop("of", owner), expect=200)).headers["ETag"]
        response = await self.ask(who, method, path, sent, etag=tag, expect=expect, **more)
        return response.json() if response.content else None

    async def step(self, who: str, path: str, sent: Json = None, **more: Any) -> Json:
        """A transition or an approval."""
        return await self.change(who, path, sent, "POST", more.pop("expect", 201), **more)

    async def remove(self, who: str, path: str, **more: Any) -> None:
        await self.change(who, path, None, "DELETE", 204, **more)

    async def decide(self, who: str, path: str, decision: str = "approve", **more: Any) -> Json:
        """One party's decision on what is there now."""
        subject = await self.get(who, path)
        return await self.step(
            who, f"{path}/approvals", {"contentHash": subject["contentHash"], "decision": decision, **more}
        )

    def later(self, **passes: float) -> None:
        self.clock.shift(timedelta(**passes))

    async def are_reminded(self) -> None:
        """What is due in the groups is noted, as the worker does every half hour."""
        await reminding.work(self.database, datetime.now(UTC), by_letter=False)
