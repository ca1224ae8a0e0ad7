"""Links from what makes a thing to what can be done with it (MOG.02)."""

import re
from collections.abc import Iterator

from app.api.document.shared import Json, reference_of

# What makes something that has no address of its own, and where to read what has become of it.
_ABOUT_THE_SAME = {
    "create_key_share": ("read_survey_round", "surveyRoundId"),
    "unlock_survey_round": ("read_survey_unlocks", "surveyRoundId"),
    "create_person_invitation": ("read_person", "personId"),
    "create_second_factor": ("read_second_factor", None),
    "confirm_second_factor": ("read_second_factor", None),
    "create_recovery_codes": ("read_second_factor", None),
}


def link(paths: Json) -> None:
    """From what makes a thing, or a step of it, to what reads, changes and removes it and to its further steps."""
    by_shape = {
        reference: path
        for path, item in paths.items()
        if re.fullmatch(r"/[a-z-]+/\{\w+\}", path)
        and (reference := reference_of(item.get("get", {}).get("responses", {}).get("200", {})))
    }
    by_name = {operation["operationId"]: operation for item in paths.values() for operation in item.values()}
    for item in paths.values():
        if (operation := item.get("post")) is None:
            continue
        for status in {"201", "202"} & operation["responses"].keys():
            answer = operation["responses"][status]
            if operation["operationId"] in _ABOUT_THE_SAME:
                name, parameter = _ABOUT_THE_SAME[operation["operationId"]]
                given = {} if parameter is None else {parameter: f"$request.path.{parameter}"}
                answer["links"] = {"getResult": _link(by_name[name], given)}
            elif (target := by_shape.get(reference_of(answer) or "")) is not None:
                has_tag = "ETag" in answer.get("headers", {})
                answer["links"] = dict(_to_the_thing(paths, target, has_tag=has_tag))


def _to_the_thing(paths: Json, target: str, *, has_tag: bool) -> Iterator[tuple[str, Json]]:
    parameter = target[target.index("{") + 1 : -1]
    for path, item in paths.items():
        collection, _, step = path.rpartition("/")
        below = collection == target and not step.startswith("{")
        if path != target and not below:
            continue
        for method, operation in item.items():
            if below and method == "get":
                continue  # lists and parts are found from the thing itself
            given = {parameter: "$response.body#/id"}
            if has_tag and any(each["name"] == "If-Match" for each in operation["parameters"]):
                given["header.If-Match"] = "$response.header.ETag"
            yield (operation["operationId"] if below else f"{method}Result"), _link(operation, given)


def _link(operation: Json, given: dict[str, str]) -> Json:
    return {
        "operationId": operation["operationId"],
        **({"parameters": given} if given else {}),
        "description": operation["summary"] + ".",
    }
