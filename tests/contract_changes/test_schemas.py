"""Each kind of change of a schema: what breaks a request mirrors what breaks an answer; the way back is harmless."""

from typing import Any

import pytest

from tests.contract_changes.breaks import Json
from tests.contract_changes.documents import breaks
from tests.contract_changes.small import document, getting, sending

OBJECT: Json = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
A, B = ({"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]} for kind in "ab")

# What may be said, and less of it. A client may not be asked for less than it may send, nor be sent more than it knows.
NARROWER: list[tuple[str, Any, Any, str, str]] = [
    ("type", {"type": ["string", "integer"]}, {"type": "string"}, "type narrowed", "type widened"),
    ("any type", {}, {"type": "string"}, "type narrowed", "type widened"),
    ("whole numbers", {"type": "number"}, {"type": "integer"}, "type narrowed", "type widened"),
    ("word", {"enum": ["a", "b"]}, {"enum": ["a"]}, "word removed", "word added"),
    ("number among words", {"enum": [1, True]}, {"enum": [1]}, "word removed", "word added"),
    ("constant among words", {"enum": ["a", "b"]}, {"const": "b"}, "word removed", "word added"),
    (
        *("confinement to words", {"type": "string"}, {"type": "string", "enum": ["a"]}),
        *("confined to words", "no longer confined to words"),
    ),
    ("minLength", {"minLength": 1}, {"minLength": 2}, "minLength raised", "minLength lowered"),
    ("first minLength", {}, {"minLength": 1}, "minLength raised", "minLength lowered"),
    ("maxLength", {"maxLength": 2}, {"maxLength": 1}, "maxLength lowered", "maxLength raised"),
    ("first maxLength", {}, {"maxLength": 200}, "maxLength lowered", "maxLength raised"),
    ("minimum", {"minimum": -2}, {"minimum": -1}, "minimum raised", "minimum lowered"),
    ("minimum of nothing", {}, {"minimum": 0}, "minimum raised", "minimum lowered"),
    ("maximum", {"maximum": 2.5}, {"maximum": 2.4}, "maximum lowered", "maximum raised"),
    (
        *("exclusiveMinimum", {"exclusiveMinimum": 0}, {"exclusiveMinimum": 1}),
        *("exclusiveMinimum raised", "exclusiveMinimum lowered"),
    ),
    ("exclusiveMaximum", {}, {"exclusiveMaximum": 9}, "exclusiveMaximum lowered", "exclusiveMaximum raised"),
    ("minItems", {"minItems": 0}, {"minItems": 1}, "minItems raised", "minItems lowered"),
    ("maxItems", {"maxItems": 100}, {"maxItems": 99}, "maxItems lowered", "maxItems raised"),
    ("minProperties", {}, {"minProperties": 1}, "minProperties raised", "minProperties lowered"),
    ("maxProperties", {"maxProperties": 5}, {"maxProperties": 4}, "maxProperties lowered", "maxProperties raised"),
    ("multipleOf", {"multipleOf": 2}, {"multipleOf": 4}, "multipleOf changed", "multipleOf changed"),
    ("first multipleOf", {}, {"multipleOf": 0.5}, "multipleOf changed", "multipleOf changed"),
    ("uniqueItems", {}, {"uniqueItems": True}, "uniqueItems changed", "uniqueItems changed"),
    ("pattern", {"type": "string"}, {"type": "string", "pattern": "^a$"}, "pattern changed", "pattern changed"),
    ("format", {"type": "string"}, {"type": "string", "format": "uuid"}, "format changed", "format changed"),
    (
        *("null", {"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string"}),
        *("null refused", "null answered"),
    ),
    ("null among types", {"type": ["string", "null"]}, {"type": "string"}, "null refused", "null answered"),
    ("nullable of old", {"type": "string", "nullable": True}, {"type": "string"}, "null refused", "null answered"),
    ("alternative", {"oneOf": [A, {"type": "string"}]}, A, "alternative refused", "alternative answered"),
    (
        *("word of an alternative", {"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}),
        *({"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, "word removed", "word added"),
    ),
    (
        *("property required", OBJECT, OBJECT | {"required": ["a"]}),
        *("property required", "property no longer always there"),
    ),
    (
        *("property required in allOf", {"allOf": [OBJECT]}, {"allOf": [OBJECT, {"required": ["a"]}]}),
        *("property required", "property no longer always there"),
    ),
    (
        *("closed", {"type": "object"}, {"type": "object", "additionalProperties": False}),
        *("closed to other properties", "opened to other properties"),
    ),
    (
        *("other properties' type", {"additionalProperties": True}, {"additionalProperties": {"type": "string"}}),
        *("type narrowed", "type widened"),
    ),
    (
        *("map closed", {"additionalProperties": {"type": "string"}}, {"additionalProperties": False}),
        *("closed to other properties", "opened to other properties"),
    ),
    (
        *("names by pattern", {"patternProperties": {"^a": {}}, "additionalProperties": False}),
        *({"additionalProperties": False}, "property names by pattern changed", "property names by pattern changed"),
    ),
    (
        *("values by pattern", {"patternProperties": {"^a": {}}}, {"patternProperties": {"^a": {"maxLength": 1}}}),
        *("maxLength lowered", "maxLength raised"),
    ),
    ("names of properties", {}, {"propertyNames": {"maxLength": 9}}, "maxLength lowered", "maxLength raised"),
    ("items", {"items": {}}, {"items": {"type": "string"}}, "type narrowed", "type widened"),
    ("first items", {"type": "array"}, {"type": "array", "items": {"minimum": 1}}, "minimum raised", "minimum lowered"),
    (
        *("tuple's part", {"prefixItems": [{}]}, {"prefixItems": [{"maxLength": 1}]}),
        *("maxLength lowered", "maxLength raised"),
    ),
    (
        *("deep inside", {"properties": {"b": {"items": {"enum": [1, 2]}}}}),
        *({"properties": {"b": {"items": {"enum": [2]}}}}, "word removed", "word added"),
    ),
]
each_narrower = pytest.mark.parametrize(
    ("wide", "narrow", "refused", "answered"), [each[1:] for each in NARROWER], ids=[each[0] for each in NARROWER]
)


def kinds(old: Json, new: Json) -> set[str]:
    return {each.kind for each in breaks(old, new)}


@each_narrower
def test_a_request_may_be_given_more_room_and_not_less(wide: Json, narrow: Json, refused: str, answered: str) -> None:
    assert answered
    expected = refused if refused.endswith("refused") else f"request {refused}"
    assert kinds(sending(wide), sending(narrow)) == {expected}
    assert kinds(sending(narrow), sending(wide)) == set()


@each_narrower
def test_an_answer_may_say_less_than_it_could_and_not_more(
    wide: Json, narrow: Json, refused: str, answered: str
) -> None:
    assert refused
    expected = answered if answered.startswith(("null", "alternative")) else f"answer {answered}"
    assert kinds(getting(narrow), getting(wide)) == {expected}
    assert kinds(getting(wide), getting(narrow)) == set()


WITHOUT_A: Json = OBJECT | {"properties": {}}
DISCRIMINATED: Json = {"oneOf": [A, B], "discriminator": {"propertyName": "kind", "mapping": {"a": "#/A", "b": "#/B"}}}
ONLY_A: Json = DISCRIMINATED | {"discriminator": {"propertyName": "kind", "mapping": {"a": "#/A"}}}
ELSEWHERE: Json = DISCRIMINATED | {"discriminator": {"propertyName": "sort", "mapping": {"a": "#/A", "b": "#/B"}}}
MISLED: Json = DISCRIMINATED | {"discriminator": {"propertyName": "kind", "mapping": {"a": "#/B", "b": "#/B"}}}
UNTOLD: Json = {"oneOf": [A, B]}
GROWING: Json = {"enum": ["a"], "x-may-grow": True}

# Before, after, the break, and another change of the same place that harms nobody (or the way back).
SENT: list[tuple[str, Any, Any, str, tuple[Any, Any]]] = [
    ("property removed", OBJECT, WITHOUT_A, "request property removed", (WITHOUT_A, OBJECT)),
    (
        *("new property required", WITHOUT_A, OBJECT | {"required": ["a"]}, "request property required"),
        (WITHOUT_A, OBJECT),
    ),
    ("default changed", {"default": 1}, {"default": 2}, "request default changed", ({}, {"default": 1})),
    ("default removed", {"default": 1}, {}, "request default changed", ({"default": 1}, {"default": 1})),
    ("default of another type", {"default": 1}, {"default": True}, "request default changed", ({}, {"default": True})),
    ("made readOnly", {}, {"readOnly": True}, "request made readOnly", ({"readOnly": True}, {})),
    ("pattern", {"pattern": "a"}, {"pattern": "b"}, "request pattern changed", ({"pattern": "a"}, {})),
    ("format", {"format": "uri"}, {"format": "uuid"}, "request format changed", ({"format": "uri"}, {})),
    ("discriminator", DISCRIMINATED, ELSEWHERE, "request discriminator changed", (DISCRIMINATED, UNTOLD)),
    ("what it means", DISCRIMINATED, MISLED, "request discriminator changed", (UNTOLD, DISCRIMINATED)),
    ("value of it", DISCRIMINATED, ONLY_A, "request discriminator value removed", (ONLY_A, DISCRIMINATED)),
    ("longer tuple", {"prefixItems": [{}]}, {"prefixItems": [{}, {}]}, "request prefixItems changed", ({}, {})),
    ("bytes read otherwise", {}, {"contentEncoding": "base64"}, "request contentEncoding changed", ({}, {})),
    ("not", {}, {"not": {"const": 1}}, "request not changed", ({"not": {}}, {"not": {}})),
    ("if", {}, {"if": {}, "then": False}, "request if changed", ({}, {"$comment": "if"})),
    ("dependentRequired", {}, {"dependentRequired": {"a": ["b"]}}, "request dependentRequired changed", ({}, {})),
    ("multipleOf of another", {"multipleOf": 4}, {"multipleOf": 3}, "request multipleOf changed", ({}, {})),
    ("all of all", {"allOf": [{"maxLength": 5}]}, {"allOf": [{"maxLength": 4}]}, "request maxLength lowered", ({}, {})),
]
GOT: list[tuple[str, Any, Any, str, tuple[Any, Any]]] = [
    ("property removed", OBJECT, WITHOUT_A, "answer property removed", (WITHOUT_A, OBJECT)),
    ("made writeOnly", {}, {"writeOnly": True}, "answer made writeOnly", ({"writeOnly": True}, {})),
    ("pattern", {"pattern": "a"}, {"pattern": "b"}, "answer pattern changed", ({}, {"pattern": "a"})),
    ("format", {"format": "uri"}, {"format": "uuid"}, "answer format changed", ({}, {"format": "uuid"})),
    ("default", {"maxLength": 1}, {}, "answer maxLength raised", ({"default": 1}, {"default": 2})),
    (
        *("word of words that may grow", {"enum": ["a"]}, {"enum": ["a", "b"]}, "answer word added"),
        (GROWING, {"enum": ["a", "b"], "x-may-grow": True}),
    ),
    ("discriminator", DISCRIMINATED, ELSEWHERE, "answer discriminator changed", (UNTOLD, DISCRIMINATED)),
    ("discriminator removed", DISCRIMINATED, UNTOLD, "answer discriminator removed", (UNTOLD, DISCRIMINATED)),
    ("value of it", ONLY_A, DISCRIMINATED, "answer discriminator value added", (DISCRIMINATED, ONLY_A)),
    (
        *("value of one that may grow", ONLY_A, DISCRIMINATED, "answer discriminator value added"),
        (ONLY_A | {"x-may-grow": True}, DISCRIMINATED | {"x-may-grow": True}),
    ),
    ("shorter tuple", {"prefixItems": [{}]}, {"prefixItems": []}, "answer prefixItems changed", ({}, {})),
    ("another kind of text", {"contentMediaType": "text/csv"}, {}, "answer contentMediaType changed", ({}, {})),
    ("contains", {"contains": {}}, {}, "answer contains changed", ({"title": "a"}, {"title": "b"})),
]


@pytest.mark.parametrize(("old", "new", "kind", "mirror"), [each[1:] for each in SENT], ids=[each[0] for each in SENT])
def test_what_breaks_only_requests(old: Json, new: Json, kind: str, mirror: tuple[Json, Json]) -> None:
    assert kind in kinds(sending(old), sending(new))
    assert kinds(*map(sending, mirror)) == set()


@pytest.mark.parametrize(("old", "new", "kind", "mirror"), [each[1:] for each in GOT], ids=[each[0] for each in GOT])
def test_what_breaks_only_answers(old: Json, new: Json, kind: str, mirror: tuple[Json, Json]) -> None:
    assert kind in kinds(getting(old), getting(new))
    assert kinds(*map(getting, mirror)) == set()


@pytest.mark.parametrize("place", [sending, getting])
def test_what_only_explains_may_change(place: Any) -> None:
    told = {"title": "A", "description": "b", "example": 1, "examples": [1], "deprecated": True, "x-own": 1}
    assert kinds(place({}), place(told)) == set()
    assert kinds(place(told), place({})) == set()


def test_a_part_under_another_name_is_the_same_and_one_that_holds_itself_ends() -> None:
    old, new = document(), document()
    tree = {
        "type": "object",
        "properties": {"parent": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]}},
    }
    for made in (old, new):
        made["components"]["schemas"]["Tree"] = tree
    old["components"]["schemas"]["Got"] = {"$ref": "#/components/schemas/Tree"}
    new["components"]["schemas"]["Got"] = tree
    assert kinds(old, new) == set()
    new["components"]["schemas"]["Tree"] = tree | {"properties": {}}
    new["components"]["schemas"]["Got"] = {"$ref": "#/components/schemas/Tree"}
    assert kinds(old, new) == {"answer property removed"}
