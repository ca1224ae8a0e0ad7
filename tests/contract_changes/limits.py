"""What a single value may be: its type, its words, how long and how large."""

import json
from collections.abc import Iterator
from typing import Any

from tests.contract_changes.breaks import Break, Json, Way, when

EVERY_KIND = {"null", "boolean", "integer", "number", "string", "array", "object"}
# Of these, each says how little, or how much, there may be.
LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")


def kinds_of_value(schema: Json) -> set[str]:
    """The JSON types that a value may have. Every integer is a number as well."""
    given = schema.get("type")
    if given is None:
        return set(EVERY_KIND)
    kinds = {given} if isinstance(given, str) else set(given)
    return kinds | ({"integer"} if "number" in kinds else set())


def words(old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    """Types, enumerated words, patterns, formats and what is assumed where nothing is said."""
    was, now = kinds_of_value(old), kinds_of_value(new)
    if way is Way.REQUEST:
        yield from when(bool(was - now), place, "request type narrowed")
    else:
        yield from when(bool(now - was), place, "answer type widened")
    yield from _enumerated(old, new, way, place)
    for key in ("pattern", "format"):
        given, known = (old.get(key), new.get(key)) if way is Way.REQUEST else (new.get(key), old.get(key))
        yield from when(known not in (None, given), place, f"{way} {key} changed")
    if way is Way.REQUEST:
        yield from when("default" in old and not _equal(old, new, "default"), place, "request default changed")
        yield from when(bool(new.get("readOnly") and not old.get("readOnly")), place, "request made readOnly")
    else:
        yield from when(bool(new.get("writeOnly") and not old.get("writeOnly")), place, "answer made writeOnly")


def _enumerated(old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    was, now = _values(old), _values(new)
    if way is Way.REQUEST:
        if now is not None:
            yield from when(was is None, place, "request confined to words")
            yield from when(was is not None and bool(was - now), place, "request word removed")
    elif was is not None:
        yield from when(now is None, place, "answer no longer confined to words")
        grows = bool(old.get("x-may-grow"))
        yield from when(not grows and now is not None and bool(now - was), place, "answer word added")


def _values(schema: Json) -> set[str] | None:
    if "const" in schema:
        return {_text(schema["const"])}
    return {_text(each) for each in schema["enum"]} if "enum" in schema else None


def bounds(old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    """How long, how many, how large: a request may be given more room, an answer less."""
    for key, sign, tighter, wider in (
        *((key, 1, "raised", "lowered") for key in LEAST),
        *((key, -1, "lowered", "raised") for key in MOST),
    ):
        was, now = (_bound(schema, key, sign) for schema in (old, new))
        if way is Way.REQUEST:
            yield from when(now > was, place, f"request {key} {tighter}")
        else:
            yield from when(now < was, place, f"answer {key} {wider}")
    given, known = (old, new) if way is Way.REQUEST else (new, old)
    step = known.get("multipleOf")
    yield from when(
        step is not None and ("multipleOf" not in given or given["multipleOf"] % step != 0),
        place,
        f"{way} multipleOf changed",
    )
    yield from when(
        bool(known.get("uniqueItems") and not given.get("uniqueItems")), place, f"{way} uniqueItems changed"
    )


def _bound(schema: Json, key: str, sign: int) -> float:
    """How tight the bound is: the larger, the tighter. A length is never below nothing."""
    nothing = 0.0 if sign > 0 and not key.endswith("imum") else float("-inf")
    return sign * float(schema[key]) if key in schema else nothing


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _equal(old: Json, new: Json, key: str) -> bool:
    return key in old and key in new and _text(old[key]) == _text(new[key])
