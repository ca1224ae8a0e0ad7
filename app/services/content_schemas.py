"""The JSON Schemas of the files that content is written in. What they cannot say, `larande content check` does."""

import re
from typing import Any

from app.models.base import WireModel

Json = dict[str, Any]


def schema_of(shape: type[WireModel], title: str) -> Json:
    """The JSON Schema of a shape, under the name that its file in `openapi/` has."""
    made: Json = _in_plain_json_schema(shape.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://larande.example/schemas/{file_of(title)}",
        "$comment": "What must fit together beyond this: larande content check PATH",
        **made,
        "title": title,
    }


def file_of(title: str) -> str:
    return f"{re.sub(r'(?<!^)(?=[A-Z])', '-', title).lower()}.schema.json"


def _in_plain_json_schema(node: Any) -> Any:
    """`example` is OpenAPI's word for what JSON Schema calls `examples`."""
    if isinstance(node, dict):
        plain = {name: _in_plain_json_schema(value) for name, value in node.items() if name != "example"}
        return plain | ({"examples": [node["example"]]} if "example" in node else {})
    return [_in_plain_json_schema(each) for each in node] if isinstance(node, list) else node
