"""How the tests read the committed OpenAPI document."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import contract

Json = dict[str, Any]

DOCUMENT = contract.document()
SCHEMAS: Json = DOCUMENT["components"]["schemas"]
METHODS = {"get", "post", "put", "patch", "delete"}


def operations() -> Iterator[tuple[str, str, Json]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


OPERATIONS = [pytest.param(*each, id=each[2]["operationId"]) for each in operations()]


def everywhere(check: Callable[[str, str, Json], None]) -> Callable[[], None]:
    """A test that holds every operation against it and names those that fail. A test for each would cost far more."""

    def of_every_operation() -> None:
        faults = []
        for path, method, operation in operations():
            try:
                check(path, method, operation)
            except AssertionError as fault:
                faults.append(f"{operation['operationId']}: {fault}")
            except Exception as fault:
                fault.add_note(operation["operationId"])
                raise
        assert not faults, "\n".join(faults)

    # Not `functools.wraps`: pytest would ask for the arguments of what is wrapped.
    of_every_operation.__name__, of_every_operation.__doc__ = check.__name__, check.__doc__
    return of_every_operation


def nodes(node: Any, place: str = "#") -> Iterator[tuple[str, Any]]:
    """Every part of the document with its address; what stands in an example is not the document's own."""
    yield place, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in inner:
        if key != "example" or place.endswith("/properties"):
            yield from nodes(part, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")


def resolved(schema: Json) -> Json:
    while "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def answer(operation: Json, status: str) -> Json:
    response: Json = operation["responses"][status]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response


def faults(schema: Json, value: Any) -> list[str]:
    return [f"{each.instance_path}: {each.message}" for each in contract.validator_of(schema).iter_errors(value)]


def properties() -> Iterator[tuple[str, str, Json]]:
    for name, schema in SCHEMAS.items():
        for field, shape in schema.get("properties", {}).items():
            yield name, field, shape
