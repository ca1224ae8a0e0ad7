"""Whole documents: every break between two of them, and what each version must say has changed."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.contract_changes.breaks import Break, Json, Sides, when
from tests.contract_changes.operations import METHODS, items
from tests.contract_changes.schemas import SAYS_NOTHING


def breaks(old: Json, new: Json) -> list[Break]:
    """Everything that a client of the old document could stumble on."""
    sides = Sides(old, new)
    found = [*items(sides, "paths"), *items(sides, "webhooks"), *_shared(old, new), *_servers(old, new)]
    return sorted(set(found))


def _shared(old: Json, new: Json) -> Iterator[Break]:
    was, now = old.get("components", {}), new.get("components", {})
    # Generated clients call types by these names.
    for name in sorted(was.get("schemas", {}).keys() - now.get("schemas", {}).keys()):
        yield Break(f"#/components/schemas/{name}", "schema's name removed")
    before, after = was.get("securitySchemes", {}), now.get("securitySchemes", {})
    for name in sorted(before):
        place = f"#/components/securitySchemes/{name}"
        if name not in after:
            yield Break(place, "security scheme removed")
        else:
            yield from when(_spoken(before[name]) != _spoken(after[name]), place, "security scheme changed")


def _servers(old: Json, new: Json) -> Iterator[Break]:
    was, now = ({each["url"]: each for each in document.get("servers", [])} for document in (old, new))
    for url in sorted(was):
        if url not in now:
            yield Break(url, "server removed")
            continue
        before, after = was[url].get("variables", {}), now[url].get("variables", {})
        for name, variable in before.items():
            gone = set(variable.get("enum", [])) - set(after.get(name, {}).get("enum", []))
            confined = "enum" not in variable and "enum" in after.get(name, {})
            yield from when(name not in after or bool(gone) or confined, url, "server's variable changed")


def _spoken(part: Any) -> Any:
    """A part without what only explains it."""
    if isinstance(part, dict):
        # What is called `description` among properties is a property.
        return {
            key: {name: _spoken(each) for name, each in value.items()} if key == "properties" else _spoken(value)
            for key, value in part.items()
            if key not in SAYS_NOTHING | {"summary"}
        }
    return [_spoken(each) for each in part] if isinstance(part, list) else part


def changed(old: Json, new: Json) -> list[str]:
    """Names of the operations and messages that are new, gone or say something else than before, and of such parts.

    Of a shared part only its own words count: an operation that refers to it is named when it changes itself. A type
    that is new needs no name of its own: nobody uses it yet, and what brings it is named. Of the headers of answers the
    header is named, and not each operation that answers with it.
    """
    was, now = _named(old), _named(new)
    known = set(old.get("components", {}).get("schemas", {}))
    new_types = set(new.get("components", {}).get("schemas", {})) - known
    parts = {name for name in (was.keys() | now.keys()) - new_types if was.get(name) != now.get(name)}
    before, after = _headers(old), _headers(new)
    # An answer that is new or gone is a change of its operation.
    both = [(before[place], after[place]) for place in before.keys() & after.keys()]
    headers = {name for had, has in both for name in had.keys() | has.keys() if had.get(name) != has.get(name)}
    return sorted(parts | headers)


def _named(document: Json) -> dict[str, str]:
    made = {}
    for kind in ("paths", "webhooks"):
        for path, item in document.get(kind, {}).items():
            for method in METHODS:
                if method in item:
                    said = [path, method, item.get("parameters"), _spoken(_without_headers(item[method]))]
                    made[item[method]["operationId"]] = json.dumps(said, sort_keys=True)
    for kind, parts in document.get("components", {}).items():
        for name, part in parts.items():
            own = {key: value for key, value in part.items() if key != "headers"} if kind == "responses" else part
            made[name] = json.dumps(_spoken(own), sort_keys=True)
    return made


def _without_headers(operation: Json) -> Json:
    answers = {
        status: {key: value for key, value in answer.items() if key != "headers"}
        for status, answer in operation.get("responses", {}).items()
    }
    return operation | {"responses": answers}


def _headers(document: Json) -> dict[str, Json]:
    """The headers of each answer, by the answer's place and then by name."""
    answers = dict(document.get("components", {}).get("responses", {}))
    for path, item in document.get("paths", {}).items():
        for method in item.keys() & set(METHODS):
            answers |= {f"{method} {path} {status}": each for status, each in item[method]["responses"].items()}
    return {
        place: {name: _spoken(each) for name, each in answer.get("headers", {}).items()}
        for place, answer in answers.items()
    }


def version_of(document: Json) -> tuple[int, int, int]:
    given = document["info"]["version"]
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", given)
    if found is None:
        raise ValueError(f"{given} is not a version like 1.2.3.")
    return int(found[1]), int(found[2]), int(found[3])


def faults(released: Json, current: Json) -> list[str]:
    """Why the current document may not follow the one released last, or nothing."""
    if released == current:
        return []
    last, here = version_of(released), version_of(current)
    name = released["info"]["version"]
    told = []
    if here[:2] <= last[:2]:
        told.append(
            f"The document is no longer that of {name} and says version {current['info']['version']}: "
            f"each change needs a higher version, at least {last[0]}.{last[1] + 1}.0."
        )
    found = breaks(released, current)
    if found and here[0] <= last[0]:
        told.append(f"{len(found)} changes break clients of {name}, which needs version {last[0] + 1}.0.0:")
        told += [f"  {each}" for each in found]
    for server in current.get("servers", []):
        major = re.search(r"/v(\d+)$", server["url"])
        if major is None or int(major[1]) != here[0]:
            told.append(f"{server['url']} does not end with the major version, /v{here[0]}.")
    return told
