"""What the parts of the document share."""

from typing import Any

Json = dict[str, Any]

DATE_EXAMPLES = {"date": "2026-11-23", "date-time": "2026-11-23T13:00:00Z"}
UUID_EXAMPLE = "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b"


def reference_of(response: Json) -> str | None:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    reference: str | None = schema.get("$ref")
    return reference
