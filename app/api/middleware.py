"""Pure ASGI around every request: id, trace, one log line, and who really sent it."""

import re
import secrets
import time
from collections.abc import Sequence
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import life_cycle
from app.api.operations import of_respondents
from app.models.base import new_id
from app.services.networks import is_within

# Version 00 ends after the flags; later versions may say more.
_TRACEPARENT = re.compile(
    r"(?!ff)(?:00(?!.{53}.)|(?!00)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?"
)
_FORWARDED = re.compile(r'(?:^|;)\s*(for|host|proto)=("[^"\\]*"|[^;,"]*)', re.IGNORECASE)
_HOST = re.compile(r"(?:[A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")

_log = structlog.get_logger("larande.requests")

# What no answer lacks, unless its endpoint says something else: the docs page has a policy of its own.
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# RFC 6797 forbids it over plain HTTP. The scheme is what a trusted proxy says that the client used.
ONLY_HTTPS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


class RequestFrame:
    """Gives each request an id and a trace, answers both, and logs route, status and time: nothing personal.

    Of a survey's respondents it logs nothing at all, and neither follows a trace nor hands one on: what they are
    answered is drawn anew and written down nowhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        unseen = of_respondents(scope["path"])
        request_id = str(uuid4() if unseen else new_id())
        trace_id, flags = _trace([] if unseen else Headers(scope=scope).getlist("traceparent"))
        traceparent = f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"
        scope["larande.request_id"] = request_id
        status = 500
        began = time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = list(message.get("headers", ()))
                named = {name for name, _ in headers}
                headers += [header for header in ALWAYS if header[0] not in named]
                if scope["scheme"] == "https":
                    headers.append(ONLY_HTTPS)
                headers += [(b"x-request-id", request_id.encode()), (b"traceparent", traceparent.encode())]
                headers += scope.get("larande.headers", ())
                headers += life_cycle.told(getattr(scope.get("route"), "name", None))
            await send(message)

        if unseen:
            await self.app(scope, receive, answer)
            return
        with structlog.contextvars.bound_contextvars(request_id=request_id, trace_id=trace_id):
            try:
                await self.app(scope, receive, answer)
            finally:
                _log.info(
                    "request",
                    method=scope["method"],
                    route=getattr(scope.get("route"), "path", None),
                    status=status,
                    milliseconds=round((time.perf_counter() - began) * 1000, 1),
                )


def _trace(headers: Sequence[str]) -> tuple[str, str]:
    """The caller's trace, or a new one when there is none, two of them, or no valid one (W3C Trace Context)."""
    match = _TRACEPARENT.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    return (match[1], match[2]) if match else (secrets.token_hex(16), "00")


def is_host(text: str) -> bool:
    """Whether this can stand in an address: a name or a bracketed IPv6 address, with a port or without."""
    match = _HOST.fullmatch(text)
    return match is not None and int(match[1] or 0) <= 65535


class ListedOrigins(CORSMiddleware):
    """CORS for listed origins; for all others it is as if CORS did not exist."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.allow_origins:
            await self.app(scope, receive, send)
            return
        origins = Headers(scope=scope).getlist("origin")
        if len(origins) == 1 and self.is_allowed_origin(origins[0]):
            await super().__call__(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Or a cache could show a listed origin what was answered to another one.
                MutableHeaders(scope=message).add_vary_header("Origin")
            await send(message)

        await self.app(scope, receive, answer)


class TrustedProxies:
    """Believes `Forwarded` (RFC 7239) when the sender is a listed proxy, and nobody else."""

    def __init__(self, app: ASGIApp, networks: Sequence[str]) -> None:
        self.app = app
        self.networks = networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._trusted(scope):
            # A client's own line may stand before the proxy's; together they are one list.
            self._apply(scope, ",".join(Headers(scope=scope).getlist("forwarded")))
        await self.app(scope, receive, send)

    def _trusted(self, scope: Scope) -> bool:
        if not self.networks or not scope.get("client"):
            return False
        return is_within(scope["client"][0], self.networks)

    def _apply(self, scope: Scope, header: str) -> None:
        """From the right: each proxy adds itself last, so the first stranger met is the client."""
        for element in reversed(header.split(",")):
            if element.count('"') % 2:
                return
            parts = {name.lower(): value.strip().strip('"') for name, value in _FORWARDED.findall(element)}
            if parts.get("proto", "").lower() in {"http", "https"}:
                scope["scheme"] = parts["proto"].lower()
            if is_host(parts.get("host", "")):
                kept = [(name, value) for name, value in scope["headers"] if name != b"host"]
                scope["headers"] = [*kept, (b"host", parts["host"].encode("ascii"))]
            address = re.sub(r"^\[(.*)\](:\d+)?$|^([^:]+):\d+$", r"\1\3", parts.get("for", ""))
            if not address:
                return
            scope["client"] = (address, 0)
            if not is_within(address, self.networks):
                return
