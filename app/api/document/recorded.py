"""Examples that were recorded: what a story of one agency really asked and was answered (tests/recorded_examples).

`recorded_examples.json` has them by operation, with an example of each shape that has a name. `make examples` plays
the story and writes the file anew.
"""

import json
import re
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any

from app.api.document.shared import UUID_EXAMPLE, Json


@cache
def recorded() -> Json:
    """All of it: `operations`, `shapes`, `problems` and `webhooks`."""
    file = resources.files("app.api.document").joinpath("recorded_examples.json")
    read: Json = json.loads(file.read_text(encoding="utf-8"))
    return read


def told_of(document: Json, name: str) -> Json:
    """What the story has of an operation; of one that it does not reach, what the document says of it."""
    told: Json = recorded()["operations"].get(name, {})
    return told if "status" in told else composed(document, name) | told


def composed(document: Json, name: str) -> Json:
    """An operation's examples in the form of those that are recorded, out of the document alone."""
    path, operation = next(
        (path, each)
        for path, item in document["paths"].items()
        for each in item.values()
        if each["operationId"] == name
    )
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", parameter["schema"]["example"])
    status = next(status for status in operation["responses"] if status.startswith("2"))
    asked, answered = operation.get("requestBody", {}), operation["responses"][status]
    made = {"path": path, "status": status}
    for key, part in (("sent", asked), ("answers", answered)):
        examples = {kind: _example_in(body, document) for kind, body in part.get("content", {}).items()}
        if said := {kind: example for kind, example in examples.items() if example is not None}:
            made[key] = said
    return made


def _example_in(body: Json, document: Json) -> Any:
    if "examples" in body:
        return next(iter(body["examples"].values()))["value"]
    if "example" in body:
        return body["example"]
    name = body["schema"].get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name]["example"] if name else None


def place_shapes(schemas: Json) -> None:
    """The example of each shape that the story met; ids among its properties become those of the story."""
    for name, example in recorded()["shapes"].items():
        if name not in schemas:
            continue
        schemas[name]["example"] = deepcopy(example)
        for field, part in schemas[name].get("properties", {}).items():
            if part.get("example") == UUID_EXAMPLE:
                part["example"] = _told(name, field) or UUID_EXAMPLE


def _told(shape: str, field: str) -> Any:
    """What the story has in a field; for one that is empty there, a thing of the kind that its name says."""
    example = recorded()["shapes"][shape]
    said = example.get(field) if isinstance(example, dict) else None
    return said or _ids().get(field)


@cache
def _ids() -> dict[str, str]:
    """By the name of a field or parameter, an id that the story has in it."""
    found: dict[str, str] = {}
    for operation in recorded()["operations"].values():
        for body in operation.get("answers", {}).values():
            _collect(body, found)
    return found


def _collect(node: Any, found: dict[str, str]) -> None:
    if isinstance(node, dict):
        for name, value in node.items():
            if name.endswith("Id") and isinstance(value, str) and re.fullmatch(r"[0-9a-f-]{36}", value):
                found.setdefault(name, value)
            _collect(value, found)
    elif isinstance(node, list):
        for each in node:
            _collect(each, found)


def place_operations(paths: Json, schemas: Json) -> None:
    """What was asked of each operation and what it answered, where that is not what its shape shows already."""
    for path, item in paths.items():
        for operation in item.values():
            told = recorded()["operations"].get(operation["operationId"], {})
            if "status" not in told:
                continue
            asked = operation.get("requestBody", {}).get("content", {})
            answered = operation["responses"].get(told["status"], {}).get("content", {})
            for content, values in ((asked, told.get("sent", {})), (answered, told.get("answers", {}))):
                for kind in values.keys() & content.keys():
                    _place(content[kind], values[kind], schemas)
            _place_parameters(operation, path, told)


def place_problems(responses: Json) -> None:
    """A refusal of the story for each status that it met."""
    for status, problem in recorded()["problems"].items():
        for body in responses[f"Problem{status}"]["content"].values():
            body["example"] = deepcopy(problem)


def _place(body: Json, example: Any, schemas: Json) -> None:
    name = body["schema"].get("$ref", "").rpartition("/")[2]
    if name and schemas[name].get("example") == example:
        return
    if "examples" in body:
        # Ways to ask that differ; the story went the first.
        first, *others = deepcopy(body["examples"]).items()
        body["examples"] = {first[0]: {**first[1], "value": deepcopy(example)}, **dict(others)}
        return
    body["example"] = deepcopy(example)


def named_in(path: str, address: str) -> dict[str, str]:
    """What stands in an address for each of the path's parameters."""
    return {
        step[1:-1]: value
        for step, value in zip(path.split("/"), address.split("/"), strict=True)
        if step.startswith("{")
    }


def _place_parameters(operation: Json, path: str, told: Json) -> None:
    """Ids in the address are those of the things that the examples show."""
    names = named_in(path, told["path"])
    for parameter in operation["parameters"]:
        schema = parameter["schema"]
        if parameter["in"] == "path" and parameter["name"] in names:
            schema["example"] = names[parameter["name"]]
        elif schema.get("example") == UUID_EXAMPLE:
            schema["example"] = _ids().get(parameter["name"], UUID_EXAMPLE)
        elif parameter["name"] == "If-Match" and "ifMatch" in told:
            schema["example"] = told["ifMatch"]
