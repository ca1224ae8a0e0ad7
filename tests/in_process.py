"""An HTTP client for an application in the same process.

What httpx does around a request (redirects, sign-in, streams, looking for another event loop's library) cost as much
as the application's answer. Here a request is httpx's, so is the response, and the application is asked in between.
"""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, MutableMapping
from typing import Any

import httpx2

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

ROOT = "http://testserver"
CALLER = ("127.0.0.1", 123)


class InProcess(httpx2.AsyncClient):
    """As `AsyncClient` with `ASGITransport`, but for redirects, which it does not follow, and `auth`."""

    def __init__(
        self,
        app: Application,
        *,
        client: tuple[str, int] = CALLER,
        raise_app_exceptions: bool = True,
        on_answer: Callable[[httpx2.Response], None] | None = None,
    ) -> None:
        # Never used; without one httpx makes its own, and reads all certificates of the machine for it.
        super().__init__(base_url=ROOT, transport=httpx2.ASGITransport(app))
        self._app = app
        self._client = client
        self._raise_app_exceptions = raise_app_exceptions
        self._on_answer = on_answer

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        wanted = {name for name, value in options.items() if value is True}
        assert not wanted, f"not done here: {wanted}"
        url = request.url
        scope = scope_of(
            request.method,
            url.path,
            url.raw_path.partition(b"?")[0],
            url.query,
            [(name.lower(), value) for name, value in request.headers.raw],
        )
        scope.update(scheme=url.scheme, server=(url.host, url.port), client=self._client)
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        status, headers, body = await ask(self._app, scope, request.stream, self._raise_app_exceptions)
        response = httpx2.Response(
            status,
            headers=headers,
            stream=httpx2.ByteStream(b"" if request.method == "HEAD" else body),
            request=request,
        )
        response.read()
        if "set-cookie" in response.headers:
            self.cookies.extract_cookies(response)
        if self._on_answer is not None:
            self._on_answer(response)
        return response


def scope_of(method: str, path: str, raw_path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]) -> Message:
    """What a server tells the application of a request, from this machine unless somebody says otherwise."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "root_path": "",
        "path": path,
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
        "server": ("testserver", None),
        "client": CALLER,
    }


async def ask(
    app: Application, scope: Message, content: AsyncIterable[bytes], raise_app_exceptions: bool = True
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the application's answer; it gets the content part by part, as it comes."""
    status = 0
    headers: list[tuple[bytes, bytes]] = []
    parts: list[bytes] = []
    to_come = aiter(content)
    all_here = False
    answered = asyncio.Event()

    async def receive() -> Message:
        nonlocal all_here
        if not all_here:
            try:
                return {"type": "http.request", "body": await anext(to_come), "more_body": True}
            except StopAsyncIteration:
                all_here = True
                return {"type": "http.request", "body": b"", "more_body": False}
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            assert not status
            status, headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            assert not answered.is_set()
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                answered.set()

    try:
        await app(scope, receive, send)
    except Exception:
        if raise_app_exceptions:
            raise
        # It was answered first, as to anybody.
        assert status == 500
    assert answered.is_set()
    return status, headers, b"".join(parts)
