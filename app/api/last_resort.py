"""Pure ASGI just outside the endpoints: what no endpoint should see, and what nobody foresaw."""

import re
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.middleware import is_host
from app.api.problems import problem, unexpected


class LastResort:
    """Refuses what no endpoint should see, and answers what nobody foresaw.

    It stands inside the request frame and CORS, so that these answers carry their headers too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if (code := _refused_at_once(request)) is not None:
            headers = {"Accept-Encoding": "identity"} if code == "contentEncodingUnsupported" else {}
            await problem(request, code, headers=headers)(scope, receive, send)
            return
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            if begun:
                raise
            response = await unexpected(request, error)
            await response(scope, receive, send)


_NOT_ENCODED = re.compile(rb"[^\x21-\x7e]|%(?![0-9A-Fa-f]{2})")
# Of two of them the program would heed the first, and what stands between it and the client perhaps the other.
_ONCE = ("content-type", "idempotency-key", "if-match")


def _refused_at_once(request: Request) -> str | None:
    headers: Headers = request.headers
    hosts = headers.getlist("host")
    if len(hosts) > 1 or not all(is_host(host) for host in hosts):
        return "hostInvalid"
    if len(headers.getlist("authorization")) > 1:
        # Two readers would disagree on who asks.
        return "authorizationTwice"
    if any(len(headers.getlist(name)) > 1 for name in _ONCE):
        return "headerTwice"
    if headers.get("content-encoding", "").strip().lower() not in {"", "identity"}:
        # What is compressed would look like bytes that are no JSON.
        return "contentEncodingUnsupported"
    return None if _is_readable(request.scope["query_string"]) else "addressUnreadable"


def _is_readable(query: bytes) -> bool:
    """Whether it is percent-encoded UTF-8 (RFC 3986). Other bytes would be read as letters that nobody sent."""
    if _NOT_ENCODED.search(query):
        return False
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True
