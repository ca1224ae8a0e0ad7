"""Operations and webhooks: what they are called, what they take, what they answer, and who may ask."""

from collections.abc import Iterator

from tests.contract_changes.breaks import Break, Json, Sides, Way, resolved, when
from tests.contract_changes.schemas import SAYS_NOTHING, schemas

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
UNDERSTOOD = {"tags", "summary", "operationId", "parameters", "requestBody", "responses", "security", "servers"}


def items(sides: Sides, kind: str) -> Iterator[Break]:
    """All operations under `paths`, or all messages under `webhooks`, which go the other way."""
    was, now = sides.old.get(kind, {}), sides.new.get(kind, {})
    what = "operation" if kind == "paths" else "webhook"
    for path, item in was.items():
        for method in METHODS:
            if method not in item:
                continue
            place = f"{method.upper()} {path}"
            if method not in now.get(path, {}):
                yield Break(place, f"{what} removed")
                continue
            old, new = (each[path][method] | {"parameters": _all(each[path], method)} for each in (was, now))
            yield from operation(sides, old, new, place, Way.REQUEST if kind == "paths" else Way.ANSWER)


def _all(item: Json, method: str) -> list[Json]:
    return [*item.get("parameters", []), *item[method].get("parameters", [])]


def operation(sides: Sides, old: Json, new: Json, place: str, way: Way) -> Iterator[Break]:
    """`way` is how the client sees what is asked: an operation takes requests, a webhook brings it answers."""
    yield from when(old.get("operationId") != new.get("operationId"), place, "operationId renamed")
    # Generated Python clients have a module for each tag.
    yield from when(old.get("tags", [])[:1] != new.get("tags", [])[:1], place, "operation moved to another tag")
    yield from when(old.get("servers") != new.get("servers"), place, "operation's servers changed")
    yield from _parameters(sides, old, new, place, way)
    yield from _body(sides, old, new, place, way)
    yield from _responses(sides, old, new, place, way.other)
    yield from _security(sides, old, new, place)
    for key in sorted({*old, *new} - UNDERSTOOD - SAYS_NOTHING):
        if not key.startswith("x-"):
            yield from when(old.get(key) != new.get(key), place, f"operation's {key} changed")


def _parameters(sides: Sides, old: Json, new: Json, place: str, way: Way) -> Iterator[Break]:
    was, now = (
        {(each["in"], each["name"].lower() if each["in"] == "header" else each["name"]): each for each in given}
        for given in (
            [resolved(document, each) for each in operation["parameters"]]
            for document, operation in ((sides.old, old), (sides.new, new))
        )
    )
    for key in was.keys() - now.keys():
        yield Break(f"{place} {' '.join(key)}", "parameter removed")
    for key in now.keys() - was.keys():
        needed = bool(now[key].get("required")) and way is Way.REQUEST
        yield from when(needed, f"{place} {' '.join(key)}", "required parameter added")
    for key in was.keys() & now.keys():
        before, after, there = was[key], now[key], f"{place} {' '.join(key)}"
        needed, needs = bool(before.get("required")), bool(after.get("required"))
        if way is Way.REQUEST:
            yield from when(needs and not needed, there, "parameter required")
        else:
            yield from when(needed and not needs, there, "parameter no longer always there")
        for form in ("style", "explode", "allowReserved", "allowEmptyValue"):
            yield from when(before.get(form) != after.get(form), there, f"parameter's {form} changed")
        yield from schemas(sides, before.get("schema", {}), after.get("schema", {}), way, there)
        yield from _content(sides, before, after, way, there)


def _body(sides: Sides, old: Json, new: Json, place: str, way: Way) -> Iterator[Break]:
    was, now = resolved(sides.old, old.get("requestBody")), resolved(sides.new, new.get("requestBody"))
    there = f"{place} body"
    if was is None:
        yield from when(now is not None and bool(now.get("required")) and way is Way.REQUEST, there, "body required")
        return
    if now is None:
        yield Break(there, "body removed")
        return
    needed, needs = bool(was.get("required")), bool(now.get("required"))
    if way is Way.REQUEST:
        yield from when(needs and not needed, there, "body required")
    else:
        yield from when(needed and not needs, there, "body no longer always there")
    yield from _content(sides, was, now, way, there)


def _content(sides: Sides, old: Json, new: Json, way: Way, place: str) -> Iterator[Break]:
    was, now = old.get("content", {}), new.get("content", {})
    for media in sorted(was.keys() - now.keys()):
        yield Break(f"{place} {media}", "media type removed")
    for media in sorted(was.keys() & now.keys()):
        there = f"{place} {media}"
        before, after = was[media], now[media]
        yield from when(before.get("encoding") != after.get("encoding"), there, "encoding changed")
        yield from schemas(sides, before.get("schema", {}), after.get("schema", {}), way, there)


def _responses(sides: Sides, old: Json, new: Json, place: str, way: Way) -> Iterator[Break]:
    was, now = old["responses"], new["responses"]
    for status in sorted(was.keys() - now.keys()):
        yield Break(f"{place} {status}", "status removed")
    if way is Way.ANSWER:
        for status in sorted(now.keys() - was.keys()):
            # A client must reckon with any error, and with no success that it has not been told of.
            yield from when(status[0] in "123", f"{place} {status}", "success or redirection added")
    for status in sorted(was.keys() & now.keys()):
        before, after = resolved(sides.old, was[status]), resolved(sides.new, now[status])
        there = f"{place} {status}"
        yield from _headers(sides, before, after, there, way)
        yield from _links(sides, before, after, there)
        bodies = before.get("content"), after.get("content")
        yield from when(not bodies[0] and bool(bodies[1]) and way is Way.ANSWER, there, "body answered")
        yield from _content(sides, before, after, way, there)


def _headers(sides: Sides, old: Json, new: Json, place: str, way: Way) -> Iterator[Break]:
    was, now = ({name.lower(): each for name, each in given.get("headers", {}).items()} for given in (old, new))
    for name in sorted(was.keys() - now.keys()):
        yield Break(f"{place} {name}", "header removed")
    for name in sorted(was.keys() & now.keys()):
        before, after, there = resolved(sides.old, was[name]), resolved(sides.new, now[name]), f"{place} {name}"
        gone = bool(before.get("required")) and not after.get("required") and way is Way.ANSWER
        yield from when(gone, there, "header no longer always there")
        yield from schemas(sides, before.get("schema", {}), after.get("schema", {}), way, there)


def _links(sides: Sides, old: Json, new: Json, place: str) -> Iterator[Break]:
    was, now = old.get("links", {}), new.get("links", {})
    for name in sorted(was.keys() - now.keys()):
        yield Break(f"{place} {name}", "link removed")
    for name in sorted(was.keys() & now.keys()):
        before, after = (
            {key: value for key, value in resolved(document, links[name]).items() if key not in SAYS_NOTHING}
            for document, links in ((sides.old, was), (sides.new, now))
        )
        yield from when(before != after, f"{place} {name}", "link leads elsewhere")


def _security(sides: Sides, old: Json, new: Json, place: str) -> Iterator[Break]:
    """Each way in that was open must still be, and ask for no more."""
    was = old.get("security", sides.old.get("security", [])) or [{}]
    now = new.get("security", sides.new.get("security", [])) or [{}]
    for way in was:
        still = any(
            all(scheme in way and set(scopes) <= set(way[scheme]) for scheme, scopes in other.items()) for other in now
        )
        yield from when(not still, place, f"security: no longer open with {' and '.join(sorted(way)) or 'nothing'}")
