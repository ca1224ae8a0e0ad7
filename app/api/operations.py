"""What the program offers: every operation with its method and path, read off the routes once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_origin

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.api.negotiation import JSON

BASE = "/larande/v1"
AUTH = "/auth/"
"""Below it everything is slowed down by itself (services/throttle.py), and not counted as requests."""

SURVEY_FORM, SURVEY_RESPONSES = "/survey-forms/current", "/survey-responses"


def of_respondents(path: str) -> bool:
    """Whether somebody answers a survey there, or tries to: nothing is kept of it, no line in a log and no trace."""
    # Whoever gets the end of the address wrong is a respondent too.
    return path.startswith((f"{BASE}/survey-forms", f"{BASE}{SURVEY_RESPONSES}"))


def router_of(tag: str, route_class: type[APIRoute] = APIRoute) -> APIRouter:
    """Where a noun's operations are put: below the base path, and named as their functions are."""
    return APIRouter(
        prefix=BASE, tags=[tag], route_class=route_class, generate_unique_id_function=lambda route: route.name
    )


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    """With the base path and `{parameters}`."""
    query_names: frozenset[str]
    repeated_names: frozenset[str]
    """Those of them that may be there more than once."""
    takes_body: bool
    file_types: tuple[str, ...]
    """The media types of files that it reads itself; none for an operation that takes JSON alone."""
    media_types: tuple[str, ...]
    """In which it answers, JSON first."""

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def matcher(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", "[^/]+", self.path))


def operations_of(app: FastAPI) -> dict[str, Operation]:
    """Every documented operation by name."""
    found: dict[str, Operation] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        (method,) = route.methods or {"GET"}
        found[route.name] = Operation(
            name=route.name,
            method=method,
            path=context.path or route.path,
            query_names=frozenset(_query_names(route)),
            repeated_names=frozenset(
                each.alias for each in route.dependant.query_params if get_origin(each.field_info.annotation) is list
            ),
            # Signing in reads its body itself, a form or JSON, and says so in the document.
            takes_body=route.body_field is not None or "requestBody" in (route.openapi_extra or {}),
            file_types=_file_types(route),
            media_types=tuple(dict.fromkeys([JSON, *_media_types(route)])),
        )
    return found


def _media_types(route: APIRoute) -> Iterator[str]:
    for response in route.responses.values():
        yield from response.get("content", {})


def _file_types(route: APIRoute) -> tuple[str, ...]:
    content = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    return tuple(content) if "text/csv" in content else ()


def _query_names(route: APIRoute) -> set[str]:
    names: set[str] = set()
    for parameter in route.dependant.query_params:
        shape = parameter.field_info.annotation
        fields = getattr(shape, "model_fields", None)
        names |= {field.alias or name for name, field in fields.items()} if fields else {parameter.alias}
    return names


def install(app: FastAPI) -> None:
    app.state.operations = operations_of(app)


def methods_at(app: FastAPI, path: str) -> list[str]:
    """The methods that exist at a path, for `Allow`."""
    operations: dict[str, Operation] = app.state.operations
    return sorted({each.method for each in operations.values() if each.matcher.fullmatch(path)})
