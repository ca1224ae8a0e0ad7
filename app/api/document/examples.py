"""Examples of what the story does not meet (recorded.py), composed of the examples of the parts."""

import re
from typing import Any

from app.api.document.recorded import recorded
from app.api.document.shared import DATE_EXAMPLES, UUID_EXAMPLE, Json, reference_of
from app.api.operations import BASE


def finish_schemas(node: Any) -> None:
    """Every date and time carries the singular example the national rules ask for."""
    if isinstance(node, dict):
        if node.get("format") in DATE_EXAMPLES and node.get("type") == "string":
            node.setdefault("example", DATE_EXAMPLES[node["format"]])
        if node.get("format") == "uuid":
            node.setdefault("example", UUID_EXAMPLE)
        for option in node.get("anyOf", []):
            if isinstance(option, dict) and option.get("format") in DATE_EXAMPLES:
                node.setdefault("example", DATE_EXAMPLES[option["format"]])
        for value in node.values():
            finish_schemas(value)
    elif isinstance(node, list):
        for value in node:
            finish_schemas(value)


def example_of(schema: Json, schemas: Json) -> Any:
    """An example composed of the examples of the parts, so that it always fits the shape."""
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema and schema["default"] not in ([], {}):
        return schema["default"]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example_of(schema[choice][0], schemas)
    if schema.get("type") == "object":
        return {name: example_of(part, schemas) for name, part in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)] * max(1, schema.get("minItems", 1))
    return {"string": "text", "integer": max(1, schema.get("minimum", 1)), "boolean": True, "null": None}[
        schema["type"]
    ]


def complete_bodies(paths: Json, schemas: Json) -> None:
    """A body whose shape has no name of its own gets its example here."""
    for item in paths.values():
        for operation in item.values():
            parts = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in (body for part in parts for body in part.get("content", {}).values()):
                if "$ref" not in body["schema"] and not body.keys() & {"example", "examples"}:
                    body["example"] = example_of(body["schema"], schemas)


def place_examples(paths: Json, schemas: Json) -> None:
    """Examples of things and lists link to where such things and lists are."""
    for path, item in paths.items():
        reference = reference_of(item.get("get", {}).get("responses", {}).get("200", {}))
        if reference is None or reference.rsplit("/", 1)[1] in recorded()["shapes"]:
            continue
        home = "https://larande.example" + BASE + re.sub(r"\{\w+\}", UUID_EXAMPLE, path)
        example = schemas[reference.rsplit("/", 1)[1]]["example"]
        links = example.get("_links")
        if isinstance(links, list):
            example["_links"] = [{"href": home, "rel": "self", "method": "GET"}]
        elif links is not None:
            pages = {"self": 1, "first": 1, "prev": None, "next": 2, "last": 3}
            example["_links"] = {
                rel: page and {"href": f"{home}?page={page}", "rel": rel, "method": "GET"}
                for rel, page in pages.items()
            }
