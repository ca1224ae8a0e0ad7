"""How a single resource, a list and nothing at all are answered."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import ConfigDict, Field, TypeAdapter, create_model
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from app.api.dependencies import Call
from app.api.negotiation import etag, is_none_match
from app.api.operations import BASE, Operation
from app.models.base import Link, Linked, Output, Resource
from app.models.bounds import LAST_PAGE, Tally
from app.models.columns import Language
from app.services.listing import Listed, PageRequest

PRIVATE = "private, no-store"
PUBLISHED = "public, max-age=300"

# IANA link relations where one fits; otherwise the operation's own name.
_RELATIONS = {"PATCH": "edit"}


def relation_of(operation: Operation) -> str:
    return _RELATIONS.get(operation.method, to_camel(operation.name))


def base_url(request: Request) -> str:
    """Scheme and host as the client wrote them (a trusted proxy's Forwarded is already applied)."""
    return str(request.base_url).rstrip("/")


def single(
    request: Request,
    resource: Resource,
    self_path: str,
    *,
    status: int = 200,
    cache: str = PRIVATE,
    also: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """One resource with its links and ETag; 304 when the client already has it.

    `also`: what belongs to it and is read by itself, by the relation, with the path.
    """
    home = base_url(request)
    operations: dict[str, Operation] = request.app.state.operations
    links = [Link(href=home + BASE + self_path, rel="self", method="GET")]
    for action in resource.allowed_actions:
        operation = operations[action.action]
        if action.allowed and len(operation.parameters) == 1:
            href = home + operation.path.replace(f"{{{operation.parameters[0]}}}", str(resource.id))
            links.append(Link.model_validate({"href": href, "rel": relation_of(operation), "method": operation.method}))
    links += (Link(href=home + BASE + path, rel=relation, method="GET") for relation, path in also.items())
    resource.links = links
    return tagged(request, resource, resource.version, self_path, status=status, cache=cache)


def tagged(
    request: Request,
    body: Linked,
    version: int,
    self_path: str,
    *,
    status: int = 200,
    cache: str = PRIVATE,
) -> Response:
    """A body with the ETag that belongs to it, and at least a link to itself."""
    if not body.links:
        body.links = [Link(href=base_url(request) + BASE + self_path, rel="self", method="GET")]
    return _tagged(request, body.model_dump_json(by_alias=True).encode(), version, self_path, status, cache)


def spoken(answer: Response, language: str) -> Response:
    """An answer that says in its headers too which language it is in, if it says anything."""
    if answer.status_code in {200, 201}:
        answer.headers["Content-Language"] = language
    return answer


def kept(request: Request, members: dict[str, Any], name: str, text: str, self_path: str) -> Response:
    """What was stored as a text and never changes, sent as it is in the member `name` beside a few others."""
    link = Link(href=base_url(request) + BASE + self_path, rel="self", method="GET")
    around = members | {"version": 1, "_links": [link.model_dump(by_alias=True)]}
    rest = json.dumps(around, ensure_ascii=False, separators=(",", ":")).encode()
    return _tagged(request, b'{"%b":%b,%b' % (name.encode(), text.encode(), rest[1:]), 1, self_path, 200, PRIVATE)


def _tagged(request: Request, text: bytes, version: int, self_path: str, status: int, cache: str) -> Response:
    tag = etag(version, hashlib.sha256(text).hexdigest())
    headers = {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Language, Authorization"}
    if status in {201, 202}:
        headers["Location"] = base_url(request) + BASE + self_path
    if request.method == "GET" and is_none_match(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(text, status, headers, "application/json")


def download(shown: Response, content: bytes, media_type: str, name: str) -> Response:
    """The same resource in another format, with the headers it has as JSON, as a file of this name."""
    kept = {
        header: shown.headers[header] for header in ("ETag", "Location", "Cache-Control") if header in shown.headers
    }
    described = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Accept, Accept-Language, Authorization",
    }
    return Response(content, shown.status_code, kept | described, media_type)


def file(content: bytes, media_type: str, name: str) -> Response:
    """A selection of things as a file of this name."""
    return Response(content, 200, _of_file(name), _with_charset(media_type))


def kept_file(
    request: Request, content: bytes, media_type: str, name: str, language: Language | None = None
) -> Response:
    """What never changes, as a file. Its ETag is over its bytes, for it is not those of the JSON."""
    tag = etag(1, hashlib.sha256(content).hexdigest())
    known = {"ETag": tag} | ({} if language is None else {"Vary": "Accept, Accept-Language, Authorization"})
    if is_none_match(request, tag):
        return Response(status_code=304, headers=_KEPT_BY_NOBODY_ELSE | known)
    headers = _of_file(name) | known | ({} if language is None else {"Content-Language": language.value})
    return Response(content, 200, headers, _with_charset(media_type))


_KEPT_BY_NOBODY_ELSE = {"Cache-Control": PRIVATE, "Vary": "Accept, Authorization"}


def _of_file(name: str) -> dict[str, str]:
    return _KEPT_BY_NOBODY_ELSE | {"Content-Disposition": f'attachment; filename="{name}"'}


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def accepted(body: Output) -> Response:
    """What will be done, and not yet what came of it."""
    return Response(body.model_dump_json(by_alias=True), 202, {"Cache-Control": "no-store"}, "application/json")


def nothing() -> Response:
    return Response(status_code=204)


# --- Lists ---------------------------------------------------------------------------------------------


_typed_dict: Any = TypedDict


class PageMeta(Output):
    """What is known about the whole list."""

    total_records: Tally = Field(json_schema_extra={"example": 41})
    total_is_lower_bound: bool = Field(json_schema_extra={"example": False})
    page: int = Field(ge=0, le=LAST_PAGE, json_schema_extra={"example": 1})
    limit: int = Field(ge=1, le=100, json_schema_extra={"example": 20})
    count: int = Field(ge=0, le=100, description="Rows on this page.", json_schema_extra={"example": 20})


class PageLinks(Output):
    """Absolute links that keep the other parameters. `next` continues after the last row."""

    self: Link
    first: Link
    prev: Link | None = Field(description="Null on the first page.")
    next: Link | None = Field(description="Null on the last page.")
    last: Link


@lru_cache
def page_of(item: type[Output]) -> type[Output]:
    """The documented shape of a list of `item`."""
    name = item.__name__.removesuffix("Item") + "Page"
    items: Any = Annotated[list.__class_getitem__(item), Field(max_length=100)]
    fields: Any = {"items": (items, ...), "meta": (PageMeta, ...), "links": (PageLinks, ...)}
    page = create_model(name, __base__=Output, __doc__=f"A page of the list. {item.__doc__}", **fields)
    page.model_fields["meta"].alias = page.model_fields["meta"].serialization_alias = "_meta"
    page.model_fields["links"].alias = page.model_fields["links"].serialization_alias = "_links"
    page.model_rebuild(force=True)
    return page


@lru_cache
def _rows_of(item: type[Output]) -> TypeAdapter[list[Any]]:
    """Writes rows straight from the database to JSON, without a second validation."""
    fields = {
        name: Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        for name, field in item.model_fields.items()
    }
    row: Any = _typed_dict(item.__name__, fields)
    row.__pydantic_config__ = ConfigDict(alias_generator=to_camel)
    return TypeAdapter(list[row])


def listed(call: Call, item: type[Output], found: Listed, request: PageRequest) -> Response:
    """A page of a list."""
    meta = PageMeta(
        total_records=found.total,
        total_is_lower_bound=found.total_is_lower_bound,
        page=request.page,
        limit=request.limit,
        count=len(found.rows),
    )
    body = b'{"items":%b,"_meta":%b,"_links":%b}' % (
        _rows_of(item).dump_json(found.rows, by_alias=True),
        meta.model_dump_json(by_alias=True).encode(),
        _page_links(call.request, found, request).model_dump_json(by_alias=True).encode(),
    )
    headers = {"Cache-Control": PRIVATE, "Vary": "Accept-Language, Authorization"}
    return Response(body, 200, headers, "application/json")


def _page_links(request: Request, found: Listed, asked: PageRequest) -> PageLinks:
    last = max(1, -(-found.total // asked.limit))

    def link(page: int, rel: str, after: str | None = None) -> Link:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in {"page", "after"}]
        parameters = [*kept, ("page", str(page)), *([("after", after)] if after else [])]
        return Link(
            href=f"{base_url(request)}{quote(request.scope['path'])}?{urlencode(parameters)}", rel=rel, method="GET"
        )

    before = 0 < asked.page - 1 <= last
    return PageLinks(
        self=link(asked.page, "self", asked.after),
        first=link(1, "first"),
        prev=link(asked.page - 1, "prev") if before else None,
        next=link(asked.page + 1, "next", found.next_after) if found.next_after else None,
        last=link(last, "last"),
    )
