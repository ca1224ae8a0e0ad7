"""An identity provider of our own making that says whatever a test wants, right or forged, fast or never."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeyParameters, RSAKey

_numbers = count(1)

CLIENT_ID, CLIENT_SECRET = "larande", "Zt4~tQ9wVb2xK8mLr5nYp7"

Json = dict[str, Any]
Key = RSAKey | ECKey


@cache
def a_key(name: str, kind: str = "RS256", bits: int = 2048) -> Key:
    """The same for the same name: making RSA keys takes long."""
    parameters: KeyParameters = {"kid": name, "use": "sig"}
    if kind == "ES256":
        return ECKey.generate_key("P-256", parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # a key too short to be trusted is one of the forgeries
        return RSAKey.generate_key(bits, parameters)


def public(key: Key, **more: Any) -> Json:
    return {**key.as_dict(private=False), **more}


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(claims: Json | str, key: Key, *, algorithm: str = "RS256", **header: Any) -> str:
    """A token; `header` adds to the usual one or, with None, takes away from it."""
    whole = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **header}
    whole = {name: value for name, value in whole.items() if value is not None}
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    head = base64url(json.dumps(whole).encode())
    message = f"{head}.{base64url(payload.encode())}"
    model = jws.JWSRegistry.algorithms[algorithm]
    return f"{message}.{base64url(model.sign(message.encode(), key))}"


def with_hmac(claims: Json, secret: bytes, **header: Any) -> str:
    """What a confused verifier would take: HMAC with a secret that everybody knows, such as the public key."""
    head = base64url(json.dumps({"alg": "HS256", "typ": "JWT", **header}).encode())
    message = f"{head}.{base64url(json.dumps(claims).encode())}"
    return f"{message}.{base64url(hmac.digest(secret, message.encode(), hashlib.sha256))}"


def unsigned(claims: Json, algorithm: str = "none") -> str:
    head = base64url(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    return f"{head}.{base64url(json.dumps(claims).encode())}."


def claims_for(issuer: str, nonce: str, /, **more: Any) -> Json:
    """Claims as they should be; `more` changes them or, with None, takes them away."""
    now = int(time.time())
    claims = {"iss": issuer, "aud": CLIENT_ID, "sub": "248289761001", "iat": now, "exp": now + 300, "nonce": nonce}
    return {name: value for name, value in {**claims, **more}.items() if value is not None}


@dataclass
class HostileProvider:
    """What it answers is in its fields; a test changes them."""

    issuer: str = ""
    key: Key = field(default_factory=lambda: a_key("first"))
    jwks: Json | bytes | None = None
    metadata: Json = field(default_factory=dict)
    """What the discovery document says besides, or instead of, what is right; None takes a name away."""
    claims: Json = field(default_factory=dict)
    token: Callable[[Json], str] | None = None
    """Makes the ID token of the right claims; by default rightly."""
    answer: Json = field(default_factory=dict)
    """What the token endpoint says besides."""
    status: dict[str, int] = field(default_factory=dict)
    """By path."""
    body: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    delay: dict[str, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: list[Json] = field(default_factory=list)
    """What the token endpoint was sent, with the header `authorization`."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    parameters: dict[str, str] = field(default_factory=dict)
    """Of the last browser that came."""
    visits: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of every browser, by its code."""

    def visit(self, authorisation_url: str) -> dict[str, str]:
        """What a browser would come back with. Nothing is asked of it."""
        self.parameters = dict(parse_qsl(urlsplit(authorisation_url).query))
        code = f"a-code-{len(self.visits)}"
        self.visits[code] = self.parameters
        return {"code": code, "state": self.parameters["state"]}

    def document(self) -> Json:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        }
        return {name: value for name, value in {**document, **self.metadata}.items() if value is not None}

    def tokens(self, code: str) -> Json:
        nonce = self.visits.get(code, self.parameters).get("nonce", "")
        claims = claims_for(self.issuer, nonce, **self.claims)
        token = signed(claims, self.key) if self.token is None else self.token(claims)
        return {"token_type": "Bearer", "access_token": "an-access-token", "id_token": token, **self.answer}

    def _content(self, path: str, code: str) -> bytes:
        if path in self.body:
            return self.body[path]
        if path == "/jwks":
            jwks = {"keys": [public(self.key)]} if self.jwks is None else self.jwks
            return jwks if isinstance(jwks, bytes) else json.dumps(jwks).encode()
        return json.dumps(self.tokens(code) if path == "/token" else self.document()).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1].removeprefix(urlsplit(self.issuer).path)
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            sent = await reader.readexactly(int(fields.get("content-length", 0)))
            self.asked.append(path)
            if path == "/token":
                authorisation = head.split("uthorization: ", 1)[1].split("\r\n")[0]
                self.codes.append({**dict(parse_qsl(sent.decode())), "authorization": authorisation})
            if path in self.delay:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.closing.wait(), self.delay[path])
            content = self._content(path, dict(parse_qsl(sent.decode())).get("code", ""))
            more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            status = f"HTTP/1.1 {self.status.get(path, 200)} So\r\n"
            lines = f"{status}{more}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
            writer.write(lines.encode() + content)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def hostile_provider(**fields: Any) -> AsyncIterator[HostileProvider]:
    provider = HostileProvider(**fields)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    # No two are the same, though the machine gives out the same port again: providers stay registered.
    provider.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{next(_numbers)}"
    try:
        yield provider
    finally:
        provider.closing.set()
        server.close()
        await server.wait_closed()
