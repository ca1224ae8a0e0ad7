"""The operations without anything behind them: the same addresses, checks and refusals, and the document's examples.

A mocked route reads and checks a request as the route it stands for does. Where that would open the database nothing
is opened, and where it would do what it is asked the example is answered.
"""

import copy
import dataclasses
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute, request_response
from fastapi.security import HTTPAuthorizationCredentials

from app.api import auth, dependencies, file_turns
from app.api.dependencies import Formed, Key, SignedIn, bearer, now
from app.api.document.shared import Json
from app.api.mock_answers import answer_of, preferred_answer
from app.api.operations import SURVEY_RESPONSES
from app.services.errors import Code, Refusal
from app.services.tokens import Claims

_asked: ContextVar[Request] = ContextVar("asked")


async def _anybody(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Claims:
    """Any token will do, but one there must be."""
    if credentials is None:
        raise Refusal(Code.NOT_SIGNED_IN)
    return Claims(UUID(int=0), UUID(int=0), now())


async def _unopened(_formed: Formed, _claims: SignedIn) -> None:
    """In place of a call with its transaction."""


async def _unopened_once(_formed: Formed, _claims: SignedIn, _key: Key) -> None:
    """The same, where an Idempotency-Key may come."""


_INSTEAD = SimpleNamespace(
    dependency_overrides={
        dependencies.signed_in: _anybody,
        dependencies.reading: _unopened,
        dependencies.writing: _unopened,
        dependencies.changing: _unopened,
        dependencies.creating: _unopened_once,
        dependencies.asking: _unopened_once,
        file_turns.exporting: _unopened,
    }
)


def mocked(route: APIRoute, document: Json) -> APIRoute:
    """A route that answers with examples; the one it stands for is left as it is."""
    made = copy.copy(route)
    handle = route.endpoint
    if not route.path.endswith(SURVEY_RESPONSES):  # which reads and checks by itself, and puts into a box of no bottom
        made.dependant = dataclasses.replace(route.dependant, call=_answering(route.name, document))
        made.dependency_overrides_provider = _INSTEAD
        handle = made.get_route_handler()
    made.app = request_response(_handler(route.name, document, handle))
    return made


def _handler(
    name: str, document: Json, handle: Callable[[Request], Coroutine[Any, Any, Response]]
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def handled(request: Request) -> Response:
        if (preferred := preferred_answer(request, name, document)) is not None:
            return preferred
        token = _asked.set(request)
        try:
            return await handle(request)
        finally:
            _asked.reset(token)

    return handled


def _answering(name: str, document: Json) -> Callable[..., Coroutine[Any, Any, Response]]:
    async def answered(**_checked: Any) -> Response:
        request = _asked.get()
        if name == "create_token":
            await auth.grant_in(request)
        if name == "read_survey_form" and "authorization" not in request.headers:
            raise Refusal(Code.SURVEY_TOKEN_UNKNOWN)
        return answer_of(request, name, document)

    return answered
