"""The short way to an operation leads where the long one does."""

from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match

from app.api.doors import Doors
from app.api.operations import operations_of


def test_every_operation_has_its_door(app: FastAPI) -> None:
    doors = next(route for route in app.routes if isinstance(route, Doors))
    others = [route for route in app.routes if not isinstance(route, Doors)]
    operations = operations_of(app)
    assert len(operations) > 100
    for operation in operations.values():
        path = operation.path
        for parameter in operation.parameters:
            path = path.replace(f"{{{parameter}}}", str(uuid4()))
        scope = {"type": "http", "method": operation.method, "path": path, "root_path": "", "headers": []}
        match, found = doors.matches(scope)
        assert match is Match.FULL, operation
        assert found["route"].name == operation.name
        # The long way: the first route of all that takes it.
        first = next(route for route in others if route.matches(scope)[0] is Match.FULL)
        assert isinstance(first, APIRoute)
        assert (first.name, first.matches(scope)[1]) == (operation.name, found)


@pytest.mark.parametrize(
    "scope",
    [
        {"type": "websocket", "path": "/larande/v1/me"},
        {"type": "http", "method": "DELETE", "path": "/larande/v1/me"},
        {"type": "http", "method": "GET", "path": "/larande/v1/nothing"},
        {"type": "http", "method": "GET", "path": "/larande/v1/me/"},
        {"type": "http", "method": "GET", "path": ""},
    ],
)
def test_what_is_no_operation_is_left_to_the_routes(app: FastAPI, scope: dict[str, str]) -> None:
    doors = next(route for route in app.routes if isinstance(route, Doors))
    assert doors.matches({"root_path": "", **scope}) == (Match.NONE, {})
