"""The test client: in process, every answer checked against the document, writes with the right headers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI

from tests import contract
from tests.in_process import ROOT, InProcess

BASE = contract.BASE

Response = httpx2.Response


class Client:
    """One caller. Paths are below the base path; `expect` is the status the test relies on."""

    def __init__(self, http: httpx2.AsyncClient, token: str | Callable[[], str] | None = None) -> None:
        self.http = http
        self._token = token

    @property
    def token(self) -> str | None:
        """Signed when it is asked for: most of the people in a test ask nothing."""
        if callable(self._token):
            self._token = self._token()
        return self._token

    @token.setter
    def token(self, token: str | Callable[[], str] | None) -> None:
        self._token = token

    def signed_in(self, token: str | Callable[[], str]) -> "Client":
        return Client(self.http, token)

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        etag: str | None = None,
        expect: int | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if etag is not None:
            sent["If-Match"] = etag
        if json is not None:
            options["json"] = json
        response = await self.http.request(method, ROOT + BASE + path, headers=sent | (headers or {}), **options)
        if expect is not None:
            assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        return response

    async def get(self, path: str, expect: int = 200, **options: Any) -> Any:
        """The JSON body of a GET."""
        return (await self.request("GET", path, expect=expect, **options)).json()

    async def post(self, path: str, json: Any, expect: int = 201, **options: Any) -> Any:
        """The JSON body of a POST."""
        return (await self.request("POST", path, json=json, expect=expect, **options)).json()

    async def etag(self, path: str) -> str:
        """The ETag a GET answers."""
        tag: str = (await self.request("GET", path, expect=200)).headers["ETag"]
        return tag

    async def change(
        self, path: str, json: Any, expect: int = 200, method: str = "PATCH", etag: str | None = None
    ) -> Any:
        """Read the ETag (of the resource the address belongs to), change, and give the new body."""
        tag = etag or await self.etag(_owner(path))
        response = await self.request(method, path, json=json, etag=tag, expect=expect)
        return response.json() if response.content else None

    async def step(self, path: str, json: Any, expect: int = 201) -> Any:
        """POST something that changes the resource above it: a transition or an approval."""
        return await self.change(path, json, expect, method="POST")

    async def refused(self, method: str, path: str, status: int, code: str, **options: Any) -> Any:
        """The problem of a request that must be refused with this status and code."""
        problem = (await self.request(method, path, expect=status, **options)).json()
        assert problem["code"] == code, problem
        return problem


def _owner(path: str) -> str:
    """/units/1 for /units/1, and /session-records/1 for /session-records/1/approvals."""
    return "/".join(path.split("?")[0].split("/")[:3])


@asynccontextmanager
async def client_for(app: FastAPI, **transport: Any) -> AsyncIterator[Client]:
    async with InProcess(app, on_answer=contract.check, **transport) as http:
        yield Client(http)
