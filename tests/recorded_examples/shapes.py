"""An example of each shape that has a name, taken from what was sent and answered."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from tests import contract
from tests.recorded_examples.choosing import allowed_in

Json = Any


def of_every_shape(operations: dict[str, Json]) -> dict[str, Json]:
    """By the shape's name; of several the one that says most."""
    found: dict[str, Json] = {}
    for schema, value in _bodies(operations):
        for name, part in _named(schema, value):
            if name not in found or _says(part) > _says(found[name]):
                found[name] = part
    return {name: found[name] for name in sorted(found)}


def _says(value: Json) -> tuple[int, int]:
    return allowed_in(value), _filled(value)


def _filled(value: Json) -> int:
    """How many of the fields hold something; a long list says no more than three of it would."""
    if isinstance(value, dict):
        return sum(map(_filled, value.values()))
    if isinstance(value, list):
        return sum(map(_filled, value[:3]))
    return value is not None


def _bodies(operations: dict[str, Json]) -> Iterator[tuple[Json, Json]]:
    for item in contract.document()["paths"].values():
        for operation in item.values():
            recorded = operations.get(operation["operationId"])
            if recorded is None or "status" not in recorded:
                continue
            asked = operation.get("requestBody", {}).get("content", {})
            answered = operation["responses"][recorded["status"]].get("content", {})
            for content, values in ((asked, recorded.get("sent", {})), (answered, recorded.get("answers", {}))):
                for kind, value in values.items():
                    if kind.endswith("json") and kind in content:
                        yield content[kind]["schema"], value


def _named(schema: Json, value: Json) -> Iterator[tuple[str, Json]]:
    """Every named shape in a value, outermost first."""
    if "$ref" in schema:
        name = unquote(schema["$ref"].rsplit("/", 1)[1])
        shape = contract.document()["components"]["schemas"][name]
        if value is not None or "null" in str(shape.get("type")):
            yield name, value
        yield from _named(shape, value)
        return
    for option in [*schema.get("oneOf", []), *schema.get("anyOf", [])]:
        if contract.validator_of(option).is_valid(value):
            yield from _named(option, value)
            break
    for option in schema.get("allOf", []):
        yield from _named(option, value)
    if isinstance(value, dict):
        for name, part in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if isinstance(inner, dict):
                yield from _named(inner, part)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for part in value:
            yield from _named(schema["items"], part)
