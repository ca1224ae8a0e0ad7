"""Finishes operations: their parameters, words, headers and statuses that FastAPI does not write itself."""

from app.api.document.headers import document_headers
from app.api.document.shared import DATE_EXAMPLES, UUID_EXAMPLE, Json
from app.api.document.statuses import document_statuses
from app.api.life_cycle import ENDINGS
from app.api.operations import AUTH, BASE


def finish_operation(operation: Json, method: str, path: str) -> None:
    for parameter in operation.setdefault("parameters", []):
        tidy_parameter(parameter)
    for body in operation.get("requestBody", {}).get("content", {}).values():
        # A body that may be left out is plainly that: sent, it is what its shape says.
        body["schema"] = _given(body["schema"])
    of_respondents = {"surveyToken": []} in operation.get("security", [])
    counted = not of_respondents and not path.removeprefix(BASE).startswith(AUTH)
    document_headers(operation, method, counted=counted, of_respondents=of_respondents)
    success = next(status for status in operation["responses"] if status.startswith("2"))
    for status in {success, "202"} & operation["responses"].keys():
        operation["responses"][status]["description"] = _success_words(status, operation)
    if (ending := ENDINGS.get(operation["operationId"])) is not None:
        operation["deprecated"] = True
        operation["description"] += (
            f" Not to be used any more since {ending.since}; gone on {ending.until}. Use `{ending.successor}` instead."
        )
    document_statuses(operation, method, counted=counted, of_respondents=of_respondents)


def _success_words(status: str, operation: Json) -> str:
    return {
        "200": "As asked.",
        "201": "Done; the body shows the result.",
        "202": "It will be done.",
        "204": "Done; nothing to show.",
    }[status] + f" {operation['summary']}."


def _given(schema: Json) -> Json:
    """What there is when it is not left out."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    return options[0] if len(options) == 1 else schema


def tidy_parameter(parameter: Json) -> None:
    """Optional headers and parameters are plainly optional, and ids have an example."""
    schema = parameter["schema"]
    if "anyOf" in schema:
        without = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
        parameter["schema"] = schema = {**_given(schema), **without}
    if schema.get("format") == "uuid":
        schema["example"] = UUID_EXAMPLE
    if schema.get("format") in DATE_EXAMPLES:
        schema["example"] = DATE_EXAMPLES[schema["format"]]
    if parameter["name"] == "If-Match":
        parameter["required"] = True
    schema.pop("title", None)
