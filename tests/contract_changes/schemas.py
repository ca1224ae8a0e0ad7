"""Schemas: what was right to send must stay right, and what comes back must have been possible before."""

from collections.abc import Iterator
from typing import Any

from tests.contract_changes.breaks import Break, Json, Sides, Way, resolved, when
from tests.contract_changes.limits import bounds, kinds_of_value, words

SAYS_NOTHING = {"title", "description", "example", "examples", "deprecated", "$comment", "externalDocs", "xml"}
"""What tells people something and refuses nothing."""
UNDERSTOOD = {
    *("$ref", "type", "nullable", "enum", "const", "anyOf", "oneOf", "allOf", "default", "discriminator"),
    *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "uniqueItems", "pattern", "format"),
    *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
    *("items", "prefixItems", "readOnly", "writeOnly"),
}
NULL = {"type": "null"}
NAME = "x-name"
"""Where a resolved schema came from."""


def schemas(sides: Sides, old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    """Breaks between two schemas. Parts that both documents share by name are compared once, under that name."""
    before, after = alternatives(sides.old, old), alternatives(sides.new, new)
    if len(before) == len(after) == 1:
        yield from _one(sides, before[0], after[0], way, place)
    else:
        yield from _several(sides, before, after, way, place)
    yield from _discriminator(resolved(sides.old, old), resolved(sides.new, new), way, place)


def alternatives(document: Json, schema: Json) -> list[Json]:
    """What a value may be, one of these; null stands by itself."""
    whole = resolved(document, schema)
    if "$ref" in schema and not schema.keys() - {"$ref"} - SAYS_NOTHING:
        whole[NAME] = schema["$ref"]
    for key in ("anyOf", "oneOf"):
        if key in whole:
            beside = {name: value for name, value in whole.items() if name != key}
            return [
                part | {name: value for name, value in beside.items() if name not in {*part, *SAYS_NOTHING, NAME}}
                for each in whole[key]
                for part in alternatives(document, each)
            ]
    if "allOf" in whole:
        return alternatives(document, _together(document, whole))
    if whole.get("nullable") or (isinstance(whole.get("type"), list) and "null" in whole["type"]):
        types = kinds_of_value(whole) - {"null"}
        rest = {key: value for key, value in whole.items() if key not in ("nullable", "type")}
        return ([rest | {"type": sorted(types)}] if types else []) + [NULL]
    return [whole]


def _together(document: Json, whole: Json) -> Json:
    """All of several schemas as one."""
    made: Json = {key: value for key, value in whole.items() if key != "allOf"}
    for each in whole["allOf"]:
        for key, value in resolved(document, each).items():
            if key in ("properties", "patternProperties"):
                made[key] = made.get(key, {}) | value
            elif key == "required":
                made[key] = sorted({*made.get(key, []), *value})
            elif key in made and made[key] != value and key not in SAYS_NOTHING:
                made[f"{key} in allOf"] = [made[key], value]  # not understood, so that it counts when it changes
            else:
                made[key] = value
    return made


def _several(sides: Sides, before: list[Json], after: list[Json], way: Way, place: str) -> Iterator[Break]:
    """Each alternative that one side may use must be among those that the other reckons with."""
    given, known = (before, after) if way is Way.REQUEST else (after, before)
    for each in given:
        closest: tuple[list[Break], Sides] | None = None
        for other in sorted(known, key=lambda other: not _alike(each, other)):
            old, new = (each, other) if way is Way.REQUEST else (other, each)
            apart = Sides(sides.old, sides.new, set(sides.compared))
            found = list(_one(apart, old, new, way, place))
            if not found or (_alike(each, other) and (closest is None or len(found) < len(closest[0]))):
                closest = found, apart
            if not found:
                break
        if closest is None:
            what = "null" if each.get("type") == "null" else "alternative"
            yield Break(place, f"{what} refused" if way is Way.REQUEST else f"{what} answered")
        else:
            sides.compared |= closest[1].compared
            yield from closest[0]


def _alike(one: Json, other: Json) -> bool:
    """Whether two alternatives are meant to be the same one."""
    if NAME in one or NAME in other:
        return one.get(NAME) == other.get(NAME)
    kinds = kinds_of_value(one) & kinds_of_value(other)
    return bool(kinds) and kinds != {"null"}


def _one(sides: Sides, old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    if NAME in old and NAME in new:
        pair = (old[NAME], new[NAME], way)
        if pair in sides.compared:
            return
        sides.compared.add(pair)
        place = f"{old[NAME]} ({way})" if old[NAME] == new[NAME] else place
    yield from words(old, new, way, place)
    yield from bounds(old, new, way, place)
    yield from _object(sides, old, new, way, place)
    yield from _array(sides, old, new, way, place)
    for key in sorted({*old, *new} - UNDERSTOOD - SAYS_NOTHING):
        if not key.startswith("x-"):
            yield from when(old.get(key) != new.get(key), place, f"{way} {key} changed")


def _object(sides: Sides, old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    was, now = old.get("properties", {}), new.get("properties", {})
    needed, needs = set(old.get("required", [])), set(new.get("required", []))
    for name in sorted(was.keys() - now.keys()):
        yield Break(f"{place}/{name}", f"{way} property removed")
    if way is Way.REQUEST:
        for name in sorted(needs - needed):
            yield Break(f"{place}/{name}", "request property required")
    else:
        for name in sorted(needed - needs - (was.keys() - now.keys())):
            yield Break(f"{place}/{name}", "answer property no longer always there")
    for name in sorted(was.keys() & now.keys()):
        yield from schemas(sides, was[name], now[name], way, f"{place}/{name}")
    yield from _others(sides, old, new, way, place)
    yield from _patterns(sides, old, new, way, place)
    yield from _inner(sides, old, new, way, place, "propertyNames")


def _others(sides: Sides, old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    """Properties without a name in the document."""
    was, now = old.get("additionalProperties", True), new.get("additionalProperties", True)
    given, known = (was, now) if way is Way.REQUEST else (now, was)
    kind = "request closed to other properties" if way is Way.REQUEST else "answer opened to other properties"
    if was in (True, {}) and now in (True, {}):
        return
    if known is False:
        yield from when(given is not False, place, kind)
    elif given is not False:
        yield from schemas(sides, _as_schema(was), _as_schema(now), way, f"{place}/*")


def _patterns(sides: Sides, old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    was, now = old.get("patternProperties", {}), new.get("patternProperties", {})
    given, known = (was, now) if way is Way.REQUEST else (now, was)
    for pattern in sorted(given.keys() - known.keys()):
        yield Break(f"{place}/{pattern}", f"{way} property names by pattern changed")
    for pattern in sorted(was.keys() & now.keys()):
        yield from schemas(sides, was[pattern], now[pattern], way, f"{place}/{pattern}")


def _array(sides: Sides, old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    yield from _inner(sides, old, new, way, place, "items")
    was, now = old.get("prefixItems", []), new.get("prefixItems", [])
    yield from when(len(was) != len(now), place, f"{way} prefixItems changed")
    for number, (before, after) in enumerate(zip(was, now, strict=False)):
        yield from schemas(sides, before, after, way, f"{place}/{number}")


def _inner(sides: Sides, old: Json, new: Json, way: Way, place: str, key: str) -> Iterator[Break]:
    if key in old or key in new:
        yield from schemas(sides, _as_schema(old.get(key, True)), _as_schema(new.get(key, True)), way, f"{place}/{key}")


def _as_schema(given: Any) -> Json:
    """A schema may be written as true, for anything, or false, for nothing."""
    if given is True:
        return {}
    return {"not": {}} if given is False else dict(given)


def _discriminator(old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    was, now = old.get("discriminator"), new.get("discriminator")
    if was is None or now is None:
        yield from when(was is not None and way is Way.ANSWER, place, "answer discriminator removed")
        return
    yield from when(was["propertyName"] != now["propertyName"], place, f"{way} discriminator changed")
    before, after = was.get("mapping", {}), now.get("mapping", {})
    shared = {name: (before[name], after[name]) for name in before.keys() & after.keys()}
    yield from when(any(one != other for one, other in shared.values()), place, f"{way} discriminator changed")
    if way is Way.REQUEST:
        yield from when(bool(before.keys() - after.keys()), place, "request discriminator value removed")
    elif not old.get("x-may-grow"):
        yield from when(bool(after.keys() - before.keys()), place, "answer discriminator value added")
