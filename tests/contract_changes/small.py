"""A small document to change: one operation with everything, one without much, and one webhook."""

import json
from typing import Any

from tests.contract_changes.breaks import Json

_STRING: Json = {"type": "string"}
_DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Litet", "version": "1.4.0"},
    "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "här", "enum": ["här", "där"]}}}],
    "security": [{"bearer": []}],
    "paths": {
        "/things/{thingId}": {
            "parameters": [{"name": "thingId", "in": "path", "required": True, "schema": _STRING}],
            "put": {
                "operationId": "change_thing",
                "tags": ["things"],
                "description": "Changes it.",
                "parameters": [
                    {"name": "q", "in": "query", "schema": _STRING},
                    {"name": "If-Match", "in": "header", "required": True, "schema": _STRING},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Sent"}},
                        "text/csv": {"schema": _STRING},
                    },
                },
                "responses": {
                    "200": {
                        "description": "Ja.",
                        "headers": {"ETag": {"required": True, "schema": {"type": "string", "minLength": 3}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Got"}},
                            "text/csv": {"schema": _STRING},
                        },
                        "links": {
                            "read": {"operationId": "read_thing", "parameters": {"thingId": "$response.body#/id"}}
                        },
                    },
                    "304": {"description": "Du har den."},
                    "409": {"$ref": "#/components/responses/Refused"},
                },
            },
            "get": {
                "operationId": "read_thing",
                "tags": ["things"],
                "security": [],
                "responses": {"200": {"description": "Den."}, "409": {"$ref": "#/components/responses/Refused"}},
            },
        },
    },
    "webhooks": {
        "changed": {
            "post": {
                "operationId": "receive_change",
                "tags": ["webhooks"],
                "parameters": [{"name": "webhook-id", "in": "header", "required": True, "schema": _STRING}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}},
                },
                "responses": {"204": {"description": "Tack."}, "410": {"description": "Nej."}},
            }
        }
    },
    "components": {
        "schemas": {
            "Sent": {"type": "object", "properties": {"it": {}}},
            "Got": {"type": "object", "properties": {"it": {}}},
            "Message": {"type": "object", "properties": {"it": {"enum": ["a", "b"]}}, "required": ["it"]},
            "Refusal": {"type": "object", "properties": {"code": _STRING}, "required": ["code"]},
        },
        "responses": {
            "Refused": {
                "description": "Nej.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
            }
        },
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "http", "scheme": "bearer"},
        },
    },
}
GONE = object()
"""In place of a value: there is none."""


def document() -> Json:
    made: Json = json.loads(json.dumps(_DOCUMENT))  # nothing in it is shared
    return made


def with_value(pointer: str, value: Any) -> Json:
    """The document with something else in one place; steps are parted by blanks, since paths have slashes."""
    made = document()
    *steps, last = pointer.split()
    inner: Any = made
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
    key: Any = int(last) if isinstance(inner, list) else last
    if value is GONE:
        del inner[key]
    elif isinstance(inner, list) and key == len(inner):
        inner.append(value)
    else:
        inner[key] = value
    return made


def sending(schema: Any) -> Json:
    """The document in which the request's `it` is this."""
    return with_value("components schemas Sent properties it", schema)


def getting(schema: Any) -> Json:
    """The document in which the answer's `it` is this."""
    return with_value("components schemas Got properties it", schema)
