"""A service that lies: it hands on what the true one answers, with one thing changed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.program import PATIENCE

Json = dict[str, Any]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Json


Lie = Callable[[Answer], None]
OF_THE_CONNECTION = {"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server"}


def truth(answer: Answer) -> None:
    """Nothing is changed."""


def hash_missing(answer: Answer) -> None:
    answer.body.pop("contentHash", None)


def word_unknown(answer: Answer) -> None:
    if "state" in answer.body:
        answer.body["state"] = "begun"


def number_for_id(answer: Answer) -> None:
    if "id" in answer.body:
        answer.body["id"] = 7


def list_elsewhere(answer: Answer) -> None:
    if "items" in answer.body:
        answer.body["rows"] = answer.body.pop("items")


def other_success(answer: Answer) -> None:
    answer.status = 202 if answer.status == 201 else answer.status


def without_etag(answer: Answer) -> None:
    answer.headers.pop("etag", None)


LIES: tuple[Lie, ...] = (hash_missing, word_unknown, number_for_id, list_elsewhere, other_success, without_etag)


@asynccontextmanager
async def lying(url: str, lie: Lie) -> AsyncIterator[str]:
    """The address of a service that answers as the one at `url` does, but for one lie."""
    base = url.removesuffix("/larande/v1")
    async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as http:

        async def hand_on(request: Request) -> Response:
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            headers = {
                name: value for name, value in request.headers.items() if name not in OF_THE_CONNECTION | {"host"}
            }
            answer = await http.request(request.method, base + path, headers=headers, content=await request.body())
            kept = {name: value for name, value in answer.headers.items() if name not in OF_THE_CONNECTION}
            if "json" not in kept.get("content-type", "") or request.url.path.endswith("/auth/token"):
                return Response(answer.content, answer.status_code, kept)
            told = Answer(answer.status_code, kept, answer.json())
            lie(told)
            return Response(json.dumps(told.body), told.status, told.headers)

        routes = [Route("/{path:path}", hand_on, methods=["GET", "POST", "PATCH", "PUT", "DELETE"])]
        config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        try:
            async with asyncio.timeout(PATIENCE):
                while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
                    await asyncio.sleep(0.02)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}/larande/v1"
        finally:
            server.should_exit = True
            await serving
