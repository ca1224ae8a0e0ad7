"""Each kind of change outside schemas, with a change of the same place that harms nobody."""

from typing import Any

import pytest

from tests.contract_changes.breaks import Json
from tests.contract_changes.documents import breaks
from tests.contract_changes.small import GONE, document, with_value

PUT = "paths /things/{thingId} put"
GET = "paths /things/{thingId} get"
HOOK = "webhooks changed post"
STRING = {"type": "string"}
QUERY: Json = {"name": "q", "in": "query", "schema": STRING}
MATCH: Json = {"name": "If-Match", "in": "header", "required": True, "schema": STRING}
NEW_HEADER: Json = {"name": "X-New", "in": "header", "schema": STRING}
SECOND: Json = {"url": "https://{host}/v1/test"}
READ: Json = {"operationId": "read_thing", "parameters": {"thingId": "$response.body#/id"}}

# Where, what it becomes, and the break; then where and what harms nobody.
CHANGES: list[tuple[str, Any, str, str, Any]] = [
    (GET, GONE, "operation removed", "paths /others get", {"operationId": "x", "responses": {}}),
    ("paths /things/{thingId}", GONE, "operation removed", "paths /others", {}),
    (f"{PUT} operationId", "alter_thing", "operationId renamed", f"{PUT} summary", "Changes"),
    (f"{PUT} tags", ["others"], "operation moved to another tag", f"{PUT} tags", ["things", "others"]),
    (f"{PUT} servers", [SECOND], "operation's servers changed", f"{PUT} externalDocs", {"url": "https://a"}),
    (f"{PUT} callbacks", {"x": {}}, "operation's callbacks changed", f"{PUT} deprecated", True),
    # parameters
    (f"{PUT} parameters 0", GONE, "parameter removed", f"{PUT} parameters 2", NEW_HEADER),
    (f"{PUT} parameters 2", NEW_HEADER | {"required": True}, "required parameter added", f"{PUT} description", "b"),
    (f"{PUT} parameters 0 required", True, "parameter required", f"{PUT} parameters 1 required", False),
    (
        f"{PUT} parameters 0",
        QUERY | {"in": "header"},
        "parameter removed",
        f"{PUT} parameters 1",
        MATCH | {"name": "if-match"},
    ),
    (f"{PUT} parameters 0", QUERY | {"name": "Q"}, "parameter removed", f"{PUT} parameters 0 description", "Sök."),
    (f"{PUT} parameters 0 style", "spaceDelimited", "parameter's style changed", f"{PUT} parameters 0 example", "a"),
    (f"{PUT} parameters 0 explode", False, "parameter's explode changed", f"{PUT} parameters 0 deprecated", True),
    (f"{PUT} parameters 0 allowReserved", True, "parameter's allowReserved changed", f"{PUT} parameters 0 x-a", 1),
    (f"{PUT} parameters 0 schema maxLength", 5, "request maxLength lowered", f"{PUT} parameters 0 schema", {}),
    (f"{PUT} parameters 0 schema default", "a", "", f"{PUT} parameters 0 schema title", "Q"),
    (
        "paths /things/{thingId} parameters 0 schema format",
        "uuid",
        "request format changed",
        f"{PUT} parameters 0 name",
        "q",
    ),
    # request bodies
    (f"{PUT} requestBody", GONE, "body removed", f"{PUT} requestBody required", False),
    (f"{GET} requestBody", {"required": True, "content": {}}, "body required", f"{GET} requestBody", {"content": {}}),
    (f"{PUT} requestBody content text/csv", GONE, "media type removed", f"{PUT} requestBody content text/plain", {}),
    (
        *(f"{PUT} requestBody content text/csv encoding", {"a": {}}, "encoding changed"),
        *(f"{PUT} requestBody content text/csv example", "a;b"),
    ),
    (
        *(f"{PUT} requestBody content text/csv schema", {"type": "string", "minLength": 1}, "request minLength raised"),
        *(f"{PUT} requestBody content text/csv schema", {}),
    ),
    # answers
    (f"{PUT} responses 200", GONE, "status removed", f"{PUT} responses 200 description", "Jo."),
    (f"{PUT} responses 409", GONE, "status removed", f"{PUT} responses 429", {"description": "Vänta."}),
    (f"{PUT} responses 202", {"description": "Sen."}, "success or redirection added", f"{PUT} responses 503", {}),
    (
        f"{GET} responses 304",
        {"description": "Du har den."},
        "success or redirection added",
        f"{GET} responses 500",
        {},
    ),
    (
        f"{PUT} responses 200 content text/csv",
        GONE,
        "media type removed",
        f"{PUT} responses 200 content text/plain",
        {},
    ),
    (
        *(f"{PUT} responses 304 content", {"text/plain": {}}, "body answered"),
        *(f"{PUT} responses 304 headers", {"X-New": {"schema": STRING}}),
    ),
    (
        *(f"{PUT} responses 200 content text/csv schema", {}, "answer type widened"),
        *(f"{PUT} responses 200 content text/csv schema maxLength", 5),
    ),
    (f"{PUT} responses 200 headers ETag", GONE, "header removed", f"{PUT} responses 200 headers Location", {}),
    (
        *(f"{PUT} responses 200 headers ETag required", False, "header no longer always there"),
        *(f"{PUT} responses 200 headers ETag description", "Version."),
    ),
    (
        *(f"{PUT} responses 200 headers ETag schema minLength", 2, "answer minLength lowered"),
        *(f"{PUT} responses 200 headers ETag schema minLength", 4),
    ),
    (f"{PUT} responses 200 links read", GONE, "link removed", f"{PUT} responses 200 links again", READ),
    (
        *(f"{PUT} responses 200 links read operationId", "change_thing", "link leads elsewhere"),
        *(f"{PUT} responses 200 links read description", "Läs den."),
    ),
    (
        *(f"{PUT} responses 200 links read parameters thingId", "$response.body#/it", "link leads elsewhere"),
        *(f"{PUT} responses 304 links read", READ),
    ),
    (
        *("components responses Refused content application/problem+json", GONE, "media type removed"),
        *("components responses Refused description", "Nix."),
    ),
    (
        *("components schemas Refusal required", [], "answer property no longer always there"),
        *("components schemas Refusal properties more", STRING),
    ),
    # who may ask
    (f"{GET} security", [{"bearer": []}], "security: no longer open with nothing", f"{PUT} security", []),
    (
        *(f"{PUT} security", [{"key": []}], "security: no longer open with bearer"),
        *(f"{PUT} security", [{"key": []}, {"bearer": []}]),
    ),
    (
        *(f"{PUT} security", [{"bearer": ["write"]}], "security: no longer open with bearer"),
        *(f"{PUT} security", [{"bearer": []}]),
    ),
    (
        *(f"{PUT} security", [{"bearer": [], "key": []}], "security: no longer open with bearer"),
        *(f"{PUT} security", [{}, {"bearer": []}]),
    ),
    ("security", [{"key": []}], "security: no longer open with bearer", "security", [{"key": []}, {"bearer": []}]),
    (
        *("components securitySchemes bearer", GONE, "security scheme removed"),
        *("components securitySchemes third", {"type": "http", "scheme": "digest"}),
    ),
    (
        *("components securitySchemes bearer scheme", "basic", "security scheme changed"),
        *("components securitySchemes bearer description", "Ett intyg."),
    ),
    # webhooks, in which the client is the one who is asked
    ("webhooks changed", GONE, "webhook removed", "webhooks again", {"post": {"operationId": "y", "responses": {}}}),
    (f"{HOOK} operationId", "receive", "operationId renamed", f"{HOOK} description", "Något."),
    (f"{HOOK} parameters 0", GONE, "parameter removed", f"{HOOK} parameters 1", NEW_HEADER | {"required": True}),
    (f"{HOOK} parameters 0 required", False, "parameter no longer always there", f"{HOOK} parameters 0 example", "a"),
    (f"{HOOK} requestBody required", False, "body no longer always there", f"{HOOK} requestBody description", "Vad."),
    (f"{HOOK} responses 204", GONE, "status removed", f"{HOOK} responses 202", {"description": "Sedan."}),
    (
        *("components schemas Message properties it enum", ["a", "b", "c"], "answer word added"),
        *("components schemas Message properties it enum", ["a"]),
    ),
    (
        *("components schemas Message required", [], "answer property no longer always there"),
        *("components schemas Message properties more", STRING),
    ),
    # as a whole
    ("servers 0", GONE, "server removed", "servers 1", SECOND),
    ("servers 0 url", "https://{host}/v2", "server removed", "servers 0 description", "Vår."),
    ("servers 0 variables host", GONE, "server's variable changed", "servers 0 variables port", {"default": "443"}),
    (
        *("servers 0 variables host enum", ["här"], "server's variable changed"),
        *("servers 0 variables host enum", ["här", "där", "hit"]),
    ),
    ("components schemas Sent2", {}, "", "info description", "Mer."),
]
BREAKING = [each for each in CHANGES if each[2]]


@pytest.mark.parametrize(
    ("where", "value", "kind", "place", "harmless"), BREAKING, ids=[f"{each[0]} {each[2]}" for each in BREAKING]
)
def test_a_break_is_seen_and_its_harmless_neighbour_is_not(
    where: str, value: Any, kind: str, place: str, harmless: Any
) -> None:
    assert {each.kind for each in breaks(document(), with_value(where, value))} == {kind}
    assert breaks(document(), with_value(place, harmless)) == []


@pytest.mark.parametrize(("where", "value"), [each[:2] for each in CHANGES if not each[2]])
def test_what_harms_nobody(where: str, value: Any) -> None:
    assert breaks(document(), with_value(where, value)) == []


def test_a_types_name_is_part_of_what_generated_clients_promise() -> None:
    renamed = document()
    schemas = renamed["components"]["schemas"]
    schemas["Given"] = schemas.pop("Got")
    content = renamed["paths"]["/things/{thingId}"]["put"]["responses"]["200"]["content"]
    content["application/json"]["schema"] = {"$ref": "#/components/schemas/Given"}
    assert [str(each) for each in breaks(document(), renamed)] == ["#/components/schemas/Got: schema's name removed"]
    more = document()
    more["components"]["schemas"]["Given"] = {}
    assert breaks(document(), more) == []
