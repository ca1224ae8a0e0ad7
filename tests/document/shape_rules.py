"""What every shape of the document keeps to. Each rule answers the places that break it, by name."""

from collections.abc import Iterator
from typing import Any

from tests.document.reading import Json

_BY_ITSELF = {"uuid", "date", "date-time"}
_OPTIONS = ("anyOf", "oneOf", "allOf", "prefixItems")


def shapes(document: Json) -> Iterator[tuple[str, Json]]:
    """Every schema of the document with its place: components, parameters, bodies and headers, all the way in."""
    for name, schema in document["components"]["schemas"].items():
        yield from _within(name, schema)
    for name, response in document["components"]["responses"].items():
        yield from _of_answer(name, response)
    for operation in _operations(document):
        name = operation["operationId"]
        for parameter in operation.get("parameters", []):
            yield from _within(f"{name}?{parameter['name']}", parameter["schema"])
        for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
            yield from _within(f"{name} < {media_type}", body["schema"])
        for status, response in operation["responses"].items():
            yield from _of_answer(f"{name} {status}", response)


def _operations(document: Json) -> Iterator[Json]:
    for item in [*document["paths"].values(), *document.get("webhooks", {}).values()]:
        yield from item.values()


def _of_answer(place: str, response: Json) -> Iterator[tuple[str, Json]]:
    for name, header in response.get("headers", {}).items():
        yield from _within(f"{place} {name}", header["schema"])
    for media_type, body in response.get("content", {}).items():
        yield from _within(f"{place} > {media_type}", body["schema"])


def _within(place: str, schema: Json) -> Iterator[tuple[str, Json]]:
    yield place, schema
    for kind in _OPTIONS:
        for number, option in enumerate(schema.get(kind, [])):
            yield from _within(f"{place}|{_name(option) or option.get('type', number)}", option)
    for name, part in schema.get("properties", {}).items():
        yield from _within(f"{place}.{name}", part)
    for pattern, part in schema.get("patternProperties", {}).items():
        yield from _within(f"{place}.{pattern}", part)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _within(f"{place}.*", schema["additionalProperties"])
    if isinstance(schema.get("items"), dict):
        yield from _within(f"{place}[]", schema["items"])


def _name(schema: Json) -> str | None:
    reference: str | None = schema.get("$ref")
    return reference and reference.rsplit("/", 1)[1]


def _resolved(document: Json, schema: Json) -> Json:
    while (name := _name(schema)) is not None:
        schema = document["components"]["schemas"][name]
    return schema


# --- The rules -------------------------------------------------------------------------------------


def unbounded(document: Json) -> set[str]:
    """A text without a longest, a number without ends, a list or a map without a largest, or anything at all."""
    return {place for place, schema in shapes(document) if _is_unbounded(schema)}


def _is_unbounded(schema: Json) -> bool:
    if schema.keys() & {"$ref", "const", "enum", *_OPTIONS}:
        return False
    kind = schema.get("type")
    if kind == "string":
        return "maxLength" not in schema and schema.get("format") not in _BY_ITSELF
    if kind in {"integer", "number"}:
        ends = ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"})
        return not all(schema.keys() & end for end in ends)
    if kind == "array":
        return "maxItems" not in schema or "items" not in schema
    if kind == "object":
        return schema.get("additionalProperties") is not False and "maxProperties" not in schema
    return kind not in {"boolean", "null"}


def unnamed_enums(document: Json) -> set[str]:
    """A choice without a name of its own: a generated client would make another type of it at every place."""
    named = document["components"]["schemas"]
    return {place for place, schema in shapes(document) if "enum" in schema and place not in named}


def undiscriminated(document: Json) -> set[str]:
    """A choice between objects that does not say by which field one tells them apart."""
    found = set()
    for place, schema in shapes(document):
        options = [_resolved(document, option) for kind in ("anyOf", "oneOf") for option in schema.get(kind, [])]
        if sum(option.get("type") == "object" for option in options) > 1 and "discriminator" not in schema:
            found.add(place)
    return found


def open_inputs(document: Json) -> set[str]:
    """Something sent that takes fields nobody has heard of. A map takes any, and says how many."""
    sent = reached(document, requests(document))
    found = set()
    for place, schema in shapes(document):
        if schema.get("type") == "object" and (_root(place) in sent or " < " in place):
            is_map = "properties" not in schema and {"additionalProperties", "patternProperties"} & schema.keys()
            if schema.get("additionalProperties") is not False and not (is_map and "maxProperties" in schema):
                found.add(place)
    return found


def nulls_in_creations(document: Json) -> set[str]:
    """Something that may be null in what is sent, and not to change a part of what is there (merge patch)."""
    patched = reached(document, requests(document, ("patch",)))
    sent = reached(document, requests(document)) - patched
    return {
        place for place, schema in shapes(document) if _nullable(schema) and (_root(place) in sent or " < " in place)
    }


def nulls_unexplained(document: Json) -> set[str]:
    """Something that may be null in an answer, without a word about it."""
    shown = reached(document, answers(document))
    return {
        place
        for place, schema in shapes(document)
        if _nullable(schema)
        and _root(place) in shown
        and not schema.get("description")
        and not any(option.get("description") for option in schema.get("anyOf", []))
    }


def _nullable(schema: Json) -> bool:
    kind = schema.get("type")
    options = [option for name in ("anyOf", "oneOf") for option in schema.get(name, [])]
    listed = isinstance(kind, list) and "null" in kind
    return listed or any(option.get("type") == "null" for option in options)


def unnamed_bodies(document: Json) -> set[str]:
    """A JSON or form body that is not a named component."""
    return {
        place
        for place, schema in shapes(document)
        if place.endswith(("json", "urlencoded")) and (" < " in place or " > " in place) and "$ref" not in schema
    }


def unnamed_objects(document: Json) -> set[str]:
    """An object with fields in the middle of something else."""
    named = document["components"]["schemas"]
    return {place for place, schema in shapes(document) if "properties" in schema and place not in named}


def sent_and_shown(document: Json) -> set[str]:
    """One shape of an object for both directions: what may be left out of one may not be missing in the other."""
    named = document["components"]["schemas"]
    both = reached(document, requests(document)) & reached(document, answers(document))
    return {name for name in both if "properties" in named[name]}


def undescribed(document: Json) -> set[str]:
    """A shape without a word about what it is."""
    return {name for name, schema in document["components"]["schemas"].items() if not schema.get("description")}


RULES = (
    unbounded,
    unnamed_enums,
    undiscriminated,
    open_inputs,
    nulls_in_creations,
    nulls_unexplained,
    unnamed_bodies,
    unnamed_objects,
    sent_and_shown,
    undescribed,
)


# --- Who sends what --------------------------------------------------------------------------------


def _root(place: str) -> str:
    return place.split(".")[0].split("|")[0].split("[")[0]


def requests(document: Json, methods: tuple[str, ...] = ("post", "put", "patch", "delete")) -> Iterator[Any]:
    for item in document["paths"].values():
        yield from (
            operation["requestBody"] for way, operation in item.items() if way in methods and "requestBody" in operation
        )


def answers(document: Json) -> Iterator[Any]:
    for item in document["paths"].values():
        yield from (operation["responses"] for operation in item.values())


def reached(document: Json, parts: Iterator[Any]) -> set[str]:
    """The names of all shapes that these parts are made of."""
    named = document["components"]["schemas"]
    found: set[str] = set()
    waiting = [name for part in parts for name in _names(part)]
    while waiting:
        name = waiting.pop()
        if name not in found and name in named:
            found.add(name)
            waiting += _names(named[name])
    return found


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rsplit("/", 1)[1]
        for key, part in node.items():
            if key not in {"example", "examples"}:
                yield from _names(part)
    elif isinstance(node, list):
        for part in node:
            yield from _names(part)
