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
    """Names of the operations, messages and shared parts that are new, gone, or say something else than before.

    Of a shared part only its own words count: an operation that refers to it is named when it changes itself.
    """
    was, now = _named(old), _named(new)
    return sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))


def _named(document: Json) -> dict[str, str]:
    made = {}
    for kind in ("paths", "webhooks"):
        for path, item in document.get(kind, {}).items():
            for method in METHODS:
                if method in item:
                    said = [path, method, item.get("parameters"), _spoken(item[method])]
                    made[item[method]["operationId"]] = json.dumps(said, sort_keys=True)
    for parts in document.get("components", {}).values():
        made |= {name: json.dumps(_spoken(part), sort_keys=True) for name, part in parts.items()}
    return made


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
