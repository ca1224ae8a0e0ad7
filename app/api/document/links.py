"""Links from what makes a thing to what can be done with it (MOG.02)."""

import re

from app.api.document.shared import Json, reference_of


def link(paths: Json) -> None:
    """From what makes or shows a thing to what reads, changes and removes it."""
    single = {path: item for path, item in paths.items() if re.fullmatch(r"/[a-z-]+/\{\w+\}", path)}
    by_shape: dict[str, str] = {}
    for path, item in single.items():
        answer = item.get("get", {}).get("responses", {}).get("200", {})
        reference = reference_of(answer)
        if reference:
            by_shape[reference] = path
    for item in paths.values():
        for method, operation in item.items():
            if method != "post" or "201" not in operation["responses"]:
                continue
            target = by_shape.get(reference_of(operation["responses"]["201"]) or "")
            if target is None:
                continue
            parameter = target[target.index("{") + 1 : -1]
            operation["responses"]["201"]["links"] = {
                f"{verb}Result": {
                    "operationId": paths[target][verb]["operationId"],
                    "parameters": {parameter: "$response.body#/id"},
                    "description": paths[target][verb]["summary"] + ".",
                }
                for verb in ("get", "patch", "put", "delete")
                if verb in paths[target]
            }
