"""The shapes of the document: bounded, closed, named, told apart, and null only where that says something."""

import json
from collections.abc import Callable

import pytest

from tests.document.reading import DOCUMENT, Json
from tests.document.shape_exceptions import EXCEPTIONS
from tests.document.shape_rules import RULES, shapes

Rule = Callable[[Json], set[str]]

AS_TEXT = json.dumps(DOCUMENT)
"""Read again it is a copy, in a fraction of what `deepcopy` takes."""


@pytest.mark.parametrize("rule", RULES)
def test_every_shape_keeps_to_it(rule: Rule) -> None:
    explained = EXCEPTIONS[rule.__name__]
    found = rule(DOCUMENT)
    assert found - explained.keys() == set(), rule.__doc__
    assert explained.keys() - found == set(), "these exceptions are not needed any more: take them out"
    assert all(reason.endswith(".") for reason in explained.values())


def test_no_exception_is_from_a_rule_that_is_gone() -> None:
    assert set(EXCEPTIONS) == {rule.__name__ for rule in RULES}


def test_the_whole_document_is_walked() -> None:
    """What stands in a list in a map in an answer is looked at like everything else."""
    places = {place for place, _ in shapes(DOCUMENT)}
    assert {
        "UnitCreate.name",
        "UnitPage.items[]",
        "StatementInput.answers.^q[0-9]{1,3}$",
        "list_units?limit",
        "list_units 200 > application/json",
        "read_unit 200 ETag",
        "Problem404 traceparent",
        "create_unit < application/json",
        "receive_change?webhook-id",
    } <= places


# --- Each rule sees what breaks it -----------------------------------------------------------------


def _property(shape: str, name: str, becomes: Json) -> Callable[[Json], None]:
    def breaks(document: Json) -> None:
        document["components"]["schemas"][shape]["properties"][name] = becomes

    return breaks


def _opened(document: Json) -> None:
    del document["components"]["schemas"]["UnitCreate"]["additionalProperties"]


def _undescribed(document: Json) -> None:
    del document["components"]["schemas"]["UnitRead"]["description"]


def _unnamed_body(document: Json) -> None:
    body = document["paths"]["/units/{unitId}"]["patch"]["requestBody"]["content"]["application/json"]
    body["schema"] = {"type": "object", "additionalProperties": False}


def _endless_header(document: Json) -> None:
    del document["paths"]["/units/{unitId}"]["get"]["responses"]["200"]["headers"]["ETag"]["schema"]["maxLength"]


def _endless_parameter(document: Json) -> None:
    parameters = document["paths"]["/units/{unitId}"]["get"]["parameters"]
    (one,) = [each for each in parameters if each["name"] == "If-None-Match"]
    del one["schema"]["maxLength"]


def _shown_as_sent(document: Json) -> None:
    answer = document["paths"]["/units/{unitId}"]["get"]["responses"]["200"]["content"]["application/json"]
    answer["schema"] = {"$ref": "#/components/schemas/UnitCreate"}


_NULLABLE = {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}
_EITHER = {"anyOf": [{"$ref": "#/components/schemas/UnitRead"}, {"$ref": "#/components/schemas/PartyRead"}]}

BREAKS: list[tuple[str, Callable[[Json], None], str]] = [
    ("unbounded", _property("UnitRead", "name", {"type": "string"}), "UnitRead.name"),
    ("unbounded", _property("UnitRead", "name", {"type": "string", "format": "uri"}), "UnitRead.name"),
    ("unbounded", _property("UnitRead", "name", {"type": "integer", "minimum": 0}), "UnitRead.name"),
    ("unbounded", _property("UnitRead", "name", {"type": "number", "maximum": 0}), "UnitRead.name"),
    ("unbounded", _property("UnitRead", "name", {"type": "array", "items": {"type": "null"}}), "UnitRead.name"),
    ("unbounded", _property("UnitRead", "name", {"type": "object"}), "UnitRead.name"),
    ("unbounded", _property("UnitRead", "name", {}), "UnitRead.name"),
    ("unbounded", _property("UnitRead", "name", {"anyOf": [{"type": "string"}]}), "UnitRead.name|string"),
    ("unbounded", _endless_header, "read_unit 200 ETag"),
    ("unbounded", _endless_parameter, "read_unit?If-None-Match"),
    ("unnamed_enums", _property("UnitRead", "name", {"type": "string", "enum": ["a", "b"]}), "UnitRead.name"),
    ("undiscriminated", _property("UnitRead", "name", _EITHER), "UnitRead.name"),
    ("open_inputs", _opened, "UnitCreate"),
    ("open_inputs", _property("UnitCreate", "name", {"type": "object"}), "UnitCreate.name"),
    ("nulls_in_creations", _property("UnitCreate", "name", _NULLABLE), "UnitCreate.name"),
    ("nulls_in_creations", _property("UnitCreate", "name", {"type": ["string", "null"]}), "UnitCreate.name"),
    ("nulls_unexplained", _property("UnitRead", "name", _NULLABLE), "UnitRead.name"),
    ("unnamed_bodies", _unnamed_body, "update_unit < application/json"),
    ("unnamed_objects", _property("UnitRead", "name", {"properties": {}}), "UnitRead.name"),
    ("sent_and_shown", _shown_as_sent, "UnitCreate"),
    ("undescribed", _undescribed, "UnitRead"),
]


@pytest.mark.parametrize(("rule", "breaks", "place"), BREAKS)
def test_a_rule_sees_what_breaks_it(rule: str, breaks: Callable[[Json], None], place: str) -> None:
    (holds,) = [each for each in RULES if each.__name__ == rule]
    broken = json.loads(AS_TEXT)
    breaks(broken)
    assert place not in holds(DOCUMENT)
    assert place in holds(broken)


def test_every_rule_has_been_broken() -> None:
    assert {rule for rule, _, _ in BREAKS} == set(EXCEPTIONS)
