"""The SCIM sub-application: reads a request, lets its service client in, carries it out in one transaction, answers.

It stands outside the document of the API and shares the state of the application that it is mounted in. Its errors are
SCIM's own.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import structlog
from scim2_models import ForbiddenException, SCIMException, UnauthorizedException
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from scim2_server.service import ScimService
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from app.api.dependencies import address_of, database_of
from app.api.scim.errors import exception_of
from app.api.scim.service import Service
from app.api.scim.storage import Storage
from app.database import DatabaseAway
from app.services import actors, syncing, wall
from app.services.actor import Actor
from app.services.calendar import swedish_day
from app.services.errors import Refusal
from app.services.tokens import ClientClaims, TokenKey
from app.services.work import Work

PATH = "/scim/v2"
RETRY_AFTER_S = 5
_READS = {Operation.query, Operation.search, Operation.search_with_body}
_DISCOVERY = {Operation.resource_types, Operation.schemas, Operation.resource_type, Operation.schema}

_log = structlog.get_logger("larande.scim")


class ScimApplication:
    """Pure ASGI, mounted at `/scim/v2`; `now` is the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        service = Service()
        asked = _asked(request, body)
        try:
            response = await self._answered(request, asked, service)
        except Exception as error:
            response = self._failed(service, error)
        await _send(response, send)

    async def _answered(self, request: Request, asked: ScimRequest, service: Service) -> ScimResponse:
        operation = service.match(asked).operation
        if operation is Operation.service_provider_config:
            # What the service is like, anybody may know (RFC 7643, 5).
            return await _Discovery(service).handle(asked)
        claims = _let_in(request, self._now())
        if operation in _DISCOVERY:
            async with database_of(request).read(self._context(claims)) as session:
                await self._actor(request, claims, session)
            return await _Discovery(service).handle(asked)
        try:
            return await self._carried_out(request, claims, asked, service, reads=operation in _READS)
        finally:
            if service.union_data_refusals:
                await self._count(request, claims, service.union_data_refusals)

    async def _carried_out(
        self, request: Request, claims: ClientClaims, asked: ScimRequest, service: Service, *, reads: bool
    ) -> ScimResponse:
        """Committed before anybody is told of it; whatever is raised takes all of it back."""
        database = database_of(request)
        opened = database.read if reads else database.write
        async with opened(self._context(claims)) as session:
            moment = self._now()
            actor = await self._actor(request, claims, session)
            work = Work(session, actor, moment, self._now)
            asked.subject = actor
            if not reads and actor.organisation_id is not None:
                # Before anything is read: or of two changes of one thing the later would be refused as stale.
                await syncing.hold(session, actor.organisation_id)
            storage = Storage(work, writes=not reads)
            return await AsyncScimHandler(service, storage).handle(asked)

    async def _actor(self, request: Request, claims: ClientClaims, session: Any) -> Actor:
        return await actors.load_client(session, claims, address_of(request), self._now())

    def _context(self, claims: ClientClaims) -> wall.Context:
        return wall.serving(claims.client_id, claims.credential_id, self._now())

    async def _count(self, request: Request, claims: ClientClaims, refusals: int) -> None:
        """Apart from the request, which may have been taken back."""
        async with database_of(request).write(self._context(claims)) as session:
            await syncing.count_refusals(session, claims.client_id, swedish_day(self._now()), refusals)

    def _failed(self, service: ScimService, error: Exception) -> ScimResponse:
        """As SCIM says it. What nobody foresaw is logged without the request, and answered without the reason."""
        if isinstance(error, Refusal):
            error = exception_of(error)
        if isinstance(error, SCIMException):
            return service.error_response(error)
        if isinstance(error, DatabaseAway):
            response = service.error_response(_Away())
            response.headers["Retry-After"] = str(RETRY_AFTER_S)
            return response
        _log.error("unexpected", kind=type(error).__name__, exc_info=error)
        return service.error_response(error)


class _Away(SCIMException):
    """The database cannot be reached, or can do nothing for us now."""

    status = 503
    _default_detail = "The service is away for a moment. Please try again."


class _Discovery(AsyncScimHandler):
    """What the service is like, for which nothing is looked up."""

    def __init__(self, service: ScimService) -> None:
        self.service = service


def _asked(request: Request, body: bytes) -> ScimRequest:
    path: str = request.scope["path"]
    root: str = request.scope.get("root_path", "")
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return ScimRequest(
        method=request.method,
        base_url=f"{request.url.scheme}://{request.url.netloc}{PATH}",
        path=path.removeprefix(root if root and path.startswith(root) else PATH),
        query=query,
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
        body=body,
    )


def _let_in(request: Request, moment: datetime) -> ClientClaims:
    """A service client's token. People have nothing to sync."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise UnauthorizedException(detail="This takes a service client's access token")
    key: TokenKey = request.app.state.token_key
    try:
        claims = key.verify(token.strip(), moment)
    except Refusal:
        raise UnauthorizedException(detail="The access token is not valid, or not any more") from None
    if not isinstance(claims, ClientClaims):
        raise ForbiddenException(detail="SCIM is for service clients")
    return claims


async def _send(response: ScimResponse, send: Send) -> None:
    body = b"" if response.body is None else json.dumps(response.body, ensure_ascii=False).encode()
    headers = response.headers | {"Cache-Control": "private, no-store", "Content-Length": str(len(body))}
    if response.body is None:
        headers.pop("Content-Type", None)
    if int(response.status) in {204, 304}:
        headers.pop("Content-Length")
    await send(
        {
            "type": "http.response.start",
            "status": int(response.status),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
