"""The examples in the document: there, of this world, and valid."""

import re

from tests.document.reading import (
    DOCUMENT,
    SCHEMAS,
    Json,
    answer,
    everywhere,
    faults,
    nodes,
    properties,
    resolved,
)


@everywhere
def test_every_example_fits_its_shape(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """DOK.15: an example of each body and parameter, and it validates."""
    bodies = [("request", operation.get("requestBody", {}).get("content", {}))]
    bodies += [(status, answer(operation, status).get("content", {})) for status in operation["responses"]]
    for where, content in bodies:
        for media_type, body in content.items():
            given = [each["value"] for each in body.get("examples", {}).values()]
            examples = given or [body["example"] if "example" in body else resolved(body["schema"])["example"]]
            for example in examples:
                assert faults(body["schema"], example) == [], (where, media_type)
    for parameter in operation["parameters"]:
        example = parameter["schema"].get("example")
        if example is None:
            assert {"default", "enum"} & parameter["schema"].keys() or parameter["in"] == "query", parameter["name"]
        else:
            assert faults(parameter["schema"], example) == [], parameter["name"]


def test_dates_have_one_example_in_rfc_3339() -> None:
    """DOT.02/04."""
    checked = 0
    for place, node in nodes(DOCUMENT):
        if isinstance(node, dict) and node.get("format") in {"date", "date-time"} and node.get("type") == "string":
            form = r"\d{4}-\d\d-\d\d" + (
                r"T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)" if "time" in node["format"] else ""
            )
            assert re.fullmatch(form, node["example"]), place
            checked += 1
        assert not (isinstance(node, dict) and isinstance(node.get("examples"), list)), place
    for shape, field, part in properties():
        if any(option.get("format") in {"date", "date-time"} for option in part.get("anyOf", [])):
            assert "example" in part, f"{shape}.{field}"
    assert checked > 1


def test_every_shape_has_words_and_an_example_that_fits() -> None:
    for name, schema in SCHEMAS.items():
        assert faults({"$ref": f"#/components/schemas/{name}"}, schema["example"]) == [], name
        if schema["type"] == "object":
            assert schema.get("description"), name
            assert schema["additionalProperties"] is False or name not in SCHEMAS, name


def test_examples_say_something() -> None:
    """A text field's example is a word of this world, not the word text."""
    bare = [
        f"{shape}.{field}"
        for shape, field, part in properties()
        if SCHEMAS[shape]["example"].get(field) in ("text", ["text"]) and "example" not in part
    ]
    assert bare == []
