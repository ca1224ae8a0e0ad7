"""Holds every answer of the test suite against the committed OpenAPI document."""

import json
import re
from functools import cache, lru_cache, reduce
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import jsonschema_rs

from app.api.life_cycle import ENDINGS

DOCUMENT = Path(__file__).parent.parent / "openapi" / "openapi.json"
BASE = "/larande/v1"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "geolocation=()",
    "content-security-policy": "default-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "",
}
"""What every answer carries, and what its value must contain."""
UNTOLD = frozenset(
    {
        *(ALWAYS.keys() - {"cache-control"}),
        "strict-transport-security",
        *(f"access-control-{each}" for each in ("allow-origin", "allow-credentials", "expose-headers")),
        *("content-type", "content-length", "connection", "date", "server"),
    }
)
"""What no operation's answers are described with. The document's description names those that are not HTTP's own."""


@cache
def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return made


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document itself where only a reference to it stands."""
    while "$ref" in part:
        steps = part["$ref"].removeprefix("#/").split("/")
        part = reduce(lambda whole, step: whole[step.replace("~1", "/").replace("~0", "~")], steps, document())
    return part


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    # Literal segments come before parameters: /survey-forms/current is not a /survey-forms/{id}.
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(BASE + re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in paths]


# What most parameters are; all its values have the same path.
_ID = re.compile(r"(?<=/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/|$)")


@lru_cache(maxsize=10_000)
def _path_of(address: str) -> str | None:
    """The documented path that an address belongs to."""
    return next((path for pattern, path in _paths() if pattern.fullmatch(address)), None)


@cache
def _registry() -> jsonschema_rs.Registry:
    shapes = {key: document()[key] for key in ("components", "paths")}
    return jsonschema_rs.Registry([("urn:larande", shapes)], draft=jsonschema_rs.Draft202012)


@cache
def validator(pointer: str) -> jsonschema_rs.Draft202012Validator:
    """A validator for one schema inside the document."""
    return validator_of({"$ref": "#" + quote(pointer, safe="/~")})


def validator_of(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator for a schema that refers to the document's; those are read once for all validators."""
    elsewhere = json.loads(json.dumps(schema).replace('"$ref": "#/', '"$ref": "urn:larande#/'))
    return jsonschema_rs.Draft202012Validator(elsewhere, registry=_registry(), validate_formats=True)


class Seen:
    """Which documented answers the suite has met."""

    def __init__(self) -> None:
        self.answers: set[str] = set()

    def add(self, operation: str, status: str) -> None:
        self.answers.add(f"{operation} {status}")

    def write_to(self, directory: Path) -> None:
        (directory / uuid4().hex).write_text("\n".join(self.answers))


SEEN = Seen()


def unseen(directory: Path) -> list[str]:
    """What the document promises, successes and refusals, and no test met."""
    seen = {line for file in directory.iterdir() for line in file.read_text().splitlines()}
    documented = {
        f"{operation['operationId']} {status}"
        for item in document()["paths"].values()
        for operation in item.values()
        for status in operation["responses"]
    }
    return sorted(documented - seen)


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def check(response: httpx2.Response, seen: Seen = SEEN, untold: frozenset[str] = UNTOLD) -> None:
    """Fail unless the document promises exactly such an answer; what the service gave is `seen`."""
    request = response.request
    path = _path_of(_ID.sub("{}", request.url.path))
    assert "traceparent" in response.headers
    for name, least in ALWAYS.items():
        assert least in response.headers.get(name, ""), f"{request.method} {request.url.path} lacks {name}"
    if request.url.path.startswith("/scim/v2") and response.headers.get("Content-Type") != "application/problem+json":
        # Outside the document: another standard says what is answered there (tests/api/scim).
        if response.content:
            assert response.headers["Content-Type"] == "application/scim+json"
            assert response.json()["schemas"]
        return
    if path is None:
        assert response.status_code in {200, 303, 304, 308, 400, 404, 405, 406, 408, 413, 414, 429, 431, 500, 503}, (
            request.url.path,
            response.status_code,
        )
        return
    operation = document()["paths"][path].get(request.method.lower())
    if request.method == "OPTIONS" and "access-control-allow-origin" in response.headers:
        return
    if operation is None:
        assert response.status_code == 405
        assert response.headers["allow"] == ", ".join(sorted(method.upper() for method in document()["paths"][path]))
        return
    status = str(response.status_code)
    where = f"{request.method} {path} {status}"
    promised = operation["responses"].get(status)
    assert promised is not None, f"{where} is not documented: {response.text[:300]}"
    pointer = f"/paths/{_escaped(path)}/{request.method.lower()}/responses/{status}"
    if "$ref" in promised:
        pointer = promised["$ref"].removeprefix("#")
        promised = document()["components"]["responses"][pointer.rsplit("/", 1)[1]]
    seen.add(operation["operationId"], status)
    # That an operation will end, its answers say from then on; the committed document does not know of it in a test.
    of_its_end = {"deprecation", "sunset", "link"} if operation["operationId"] in ENDINGS else set()
    _check_headers(promised.get("headers", {}), response, untold | of_its_end, where)
    content = promised.get("content")
    if not content:
        assert not response.content, f"{where} should have no body"
        return
    media_type = response.headers["content-type"].split(";")[0]
    assert media_type in content, f"{where} answers {media_type}"
    if not media_type.endswith("json"):
        return
    body = response.json()
    check_body(f"{pointer}/content/{_escaped(media_type)}/schema", body, where)
    for action in body.get("allowedActions", ()) if isinstance(body, dict) else ():
        reasons = reasons_documented()[action["action"]]
        assert action["allowed"] == (action["reason"] is None), (where, action)
        assert action["reason"] is None or action["reason"] in reasons, (where, action)


def _check_headers(promised: dict[str, Any], response: httpx2.Response, untold: frozenset[str], where: str) -> None:
    for name, header in promised.items():
        assert name in response.headers or not header.get("required"), f"{where} lacks {name}"
        # Several cookies come as several lines.
        for value in response.headers.get_list(name):
            assert len(value) <= header["schema"].get("maxLength", len(value)), f"{where}: {name} is longer"
    more = {name.lower() for name in response.headers} - {name.lower() for name in promised} - untold
    assert not more, f"{where} carries {more}, which the document does not tell of"


@cache
def reasons_documented() -> dict[str, list[str]]:
    """By operation, for which reasons the document says that it may not be done now."""
    found: dict[str, list[str]] = {}
    for schema in document()["components"]["schemas"].values():
        for action, reasons in schema.get("x-reasons", {}).items():
            assert found.setdefault(action, reasons) == reasons, action
    return found


def check_body(pointer: str, body: Any, where: str) -> None:
    if validator(pointer).is_valid(body):
        return
    faults = [
        f"{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in validator(pointer).iter_errors(body)
    ]
    raise AssertionError(f"{where}: {faults}")
