"""Straight to the operation that a path means.

The framework tries one route after the other. Of some two hundred that was a sixth of what a request cost.
"""

from collections import defaultdict
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_Door = tuple[str, ...]


def _door(path: str) -> _Door:
    """What tells most paths apart: how long they are, and the names of the collection and of what is in one of it.

    `/larande/v1/working-groups/{id}/approvals` is one of six parts, of `working-groups` and `approvals`.
    """
    parts = path.split("/")
    return (str(len(parts)), *parts[3:6:2])


class Doors(BaseRoute):
    """Stands before the routes themselves and knows the way to each; what it does not know is left to them.

    So who asks for what does not exist, or with another method, is answered by the routes as before.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._behind: dict[_Door, list[APIRoute]] = defaultdict(list)
        for route in routes:
            if isinstance(route, APIRoute):
                self._behind[_door(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            for route in self._behind.get(_door(scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)
