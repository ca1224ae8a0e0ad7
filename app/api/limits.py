"""How much, how often, how slowly and how many at once: pure ASGI around the endpoints.

Whoever answers a survey is counted nowhere here. A whole workplace answers from one address in the same minutes, and
nothing may be kept of who answered when (anonymity); the ballot box bounds what waits.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.dependencies import now
from app.api.operations import AUTH, BASE, of_respondents
from app.api.problems import problem
from app.models.bounds import LONGEST_ASKED, LONGEST_HEADER
from app.services.errors import Refusal
from app.services.networks import network_of
from app.services.rate_limits import Allowance, Buckets, Standing
from app.services.tokens import ClientClaims, TokenKey

RESPONDENTS_AT_ONCE = 4_096
RETRY_WHEN_BUSY = 1

_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Allowances:
    """What one person or client may read and write, and what one address may ask without having signed in."""

    reads: Allowance
    writes: Allowance
    strangers: Allowance

    @classmethod
    def per_minute(cls, reads: int, writes: int, strangers: int) -> "Allowances":
        return cls(
            Allowance("reads", reads, 60), Allowance("writes", writes, 60), Allowance("strangers", strangers, 60)
        )


def is_counted(path: str) -> bool:
    """Not survey answers, and not signing in.

    Whoever shares an address with an attacker would be locked out if sign-ins were counted by address here. Passwords,
    codes, links and ways to identity providers are slowed down by services/throttle.py instead, where nobody can lock
    another out. Of what it does not count there, nothing is guessed: renewing and signing out take 256 random bits.
    """
    return not (of_respondents(path) or path.startswith((BASE + AUTH, "/health/")))


class RateLimited:
    """Counts each request of a person or client, or else of an address, and refuses one too many."""

    def __init__(self, app: ASGIApp, allowances: Allowances, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.allowances = allowances
        self.clock = clock
        self.buckets = Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_counted(scope["path"]):
            await self.app(scope, receive, send)
            return
        allowance, who = self._counted_as(scope)
        standing = self.buckets.take(allowance, who, self.clock())
        scope["larande.headers"] = _told(allowance, standing)  # the request frame sends them
        if standing.retry_after_s is None:
            await self.app(scope, receive, send)
            return
        headers = {"Retry-After": str(standing.retry_after_s)}
        await problem(Request(scope), "tooManyRequests", headers=headers)(scope, receive, send)

    def _counted_as(self, scope: Scope) -> tuple[Allowance, str]:
        if (subject := _signed_in_as(scope)) is None:
            return self.allowances.strangers, network_of(scope["client"][0] if scope.get("client") else "")
        return (self.allowances.reads if scope["method"] in _SAFE else self.allowances.writes), subject


def _signed_in_as(scope: Scope) -> str | None:
    """Whose valid token this is. Verified tokens are remembered, so that the endpoint pays nothing for it again."""
    authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    key: TokenKey = scope["app"].state.token_key
    try:
        claims = key.verify(token.decode("latin-1").strip(), now())
    except Refusal:
        return None
    return str(claims.client_id if isinstance(claims, ClientClaims) else claims.person_id)


def _told(allowance: Allowance, standing: Standing) -> list[tuple[bytes, bytes]]:
    """Structured fields as draft-ietf-httpapi-ratelimit-headers-10 has them."""
    policy = f'"{allowance.name}";q={allowance.quota};w={allowance.window_s}'
    left = f'"{allowance.name}";r={standing.left};t={standing.more_in_s}'
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


class WholeRequests:
    """Hands on requests of a bearable size once all of them is here, so that who sends slowly holds nothing up."""

    def __init__(
        self,
        app: ASGIApp,
        max_body_bytes: int,
        smaller: Mapping[str, int],
        body_seconds: float,
        larger: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.smaller = smaller
        """By path, where less is enough."""
        self.larger = larger
        """By the last word of the path, where an organisation's whole file comes, from somebody who is signed in."""
        self.body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        code = scope.get("larande.refusal")
        if code is None:
            code = _too_large(scope)
            if (has_body := _body_length(scope)) is not None:
                # Also when it is for nothing: a connection that closes while its request is still being sent is
                # reset, and takes the answer with it.
                refused, receive = await self._read(scope, receive, has_body)
                code = code or refused
        if code is None:
            await self.app(scope, receive, send)
        else:
            # What else comes on this connection is the rest of what was refused.
            await problem(Request(scope), code, headers={"Connection": "close"})(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, announced: int) -> tuple[str | None, Receive]:
        """Why the body is refused, and who gives it once more when it is not."""
        most = self._most(scope)
        if announced > most:
            return "bodyTooLarge", receive
        try:
            async with asyncio.timeout(self.body_seconds):
                body = await _whole_body(receive, most)
        except TimeoutError:
            return "requestTooSlow", receive
        return ("bodyTooLarge", receive) if body is None else (None, _again(body, receive))

    def _most(self, scope: Scope) -> int:
        path: str = scope["path"]
        larger = self.larger.get(path.rpartition("/")[2])
        if larger is not None and path.startswith(f"{BASE}/organisations/") and _signed_in_as(scope) is not None:
            return larger
        return self.smaller.get(path, self.max_body_bytes)


def _too_large(scope: Scope) -> str | None:
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > LONGEST_ASKED:
        return "addressTooLong"
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEADER:
        return "headersTooLarge"
    return None


def _body_length(scope: Scope) -> int | None:
    """The bytes that are announced, 0 when nobody knows how many, None without a body."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    if length.isdecimal():
        return int(length) or None
    return 0 if "transfer-encoding" in headers or length else None


async def _whole_body(receive: Receive, most: int) -> Message | None:
    """The body in one message, the message that there will be none, or None when it is too large."""
    parts = []
    received = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        parts.append(message.get("body", b""))
        received += len(parts[-1])
        if received > most:
            return None
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _again(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


class _Lane:
    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0


class AtOnce:
    """Beyond so many requests under way the next is asked to come again, instead of waiting in a growing queue.

    Respondents have a lane of their own: neither they nor the others can keep the other ones out. Whether the process
    lives is answered always. A request is under way until its answer begins: who reads slowly holds no place.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.others = _Lane(most)
        self.respondents = _Lane(RESPONDENTS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/"):
            await self.app(scope, receive, send)
            return
        lane = self.respondents if of_respondents(scope["path"]) else self.others
        if lane.under_way >= lane.most:
            headers = {"Retry-After": str(RETRY_WHEN_BUSY)}
            await problem(Request(scope), "serverBusy", headers=headers)(scope, receive, send)
            return
        lane.under_way += 1
        holds = True

        async def answer(message: Message) -> None:
            nonlocal holds
            if holds:
                holds = False
                lane.under_way -= 1
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            if holds:
                lane.under_way -= 1
