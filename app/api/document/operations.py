"""Finishes operations: their parameters, words, headers and statuses that FastAPI does not write itself."""

from app.api.document.headers import document_headers
from app.api.document.shared import DATE_EXAMPLES, UUID_EXAMPLE, Json
from app.api.document.statuses import document_statuses
from app.api.life_cycle import ENDINGS
from app.api.operations import AUTH, BASE


def finish_operation(operation: Json, method: str, path: str) -> None:
    for parameter in operation.setdefault("parameters", []):
        tidy_parameter(parameter)
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


def tidy_parameter(parameter: Json) -> None:
    """Optional headers and parameters are plainly optional, and ids have an example."""
    schema = parameter["schema"]
    if "anyOf" in schema:
        (given,) = [option for option in schema["anyOf"] if option.get("type") != "null"]
        parameter["schema"] = schema = {**given, **{k: v for k, v in schema.items() if k not in {"anyOf", "default"}}}
    if schema.get("format") == "uuid":
        schema["example"] = UUID_EXAMPLE
    if schema.get("format") in DATE_EXAMPLES:
        schema["example"] = DATE_EXAMPLES[schema["format"]]
    if parameter["name"] == "If-Match":
        parameter["required"] = True
    schema.pop("title", None)
