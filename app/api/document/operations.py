"""Finishes operations: the headers and statuses that FastAPI does not write itself."""

from app.api.document.shared import DATE_EXAMPLES, UUID_EXAMPLE, Json
from app.api.operations import AUTH, BASE

_TRACEPARENT = {
    "name": "traceparent",
    "in": "header",
    "required": False,
    "description": "W3C Trace Context; the answer carries the same trace.",
    "schema": {"type": "string", "example": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
}
_TRACEPARENT_UNUSED = _TRACEPARENT | {
    "description": "Not used here: so that nobody can be tied to an answer, each request gets a trace of its own."
}
_RATE_LIMIT = {
    "RateLimit-Policy": {
        "schema": {"type": "string", "example": '"reads";q=3000;w=60'},
        "description": "How many requests (q) come back within how many seconds (w), to one person or address.",
    },
    "RateLimit": {
        "schema": {"type": "string", "example": '"reads";r=2999;t=1'},
        "description": "How many are left (r), and in how many seconds there is one more (t).",
    },
}


def finish_operation(operation: Json, method: str, path: str) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        tidy_parameter(parameter)
    parameters.append(_TRACEPARENT)
    public = operation.get("security") == []
    of_respondents = {"surveyToken": []} in operation.get("security", [])
    if of_respondents:
        parameters[-1] = _TRACEPARENT_UNUSED
    number = "Number of the request in the log." if not of_respondents else "Number of the request; no log has it."
    names = {parameter["name"] for parameter in parameters}
    statuses = {"400", "406", "408", "413", "414", "422", "431", "500", "503"}
    counted = not of_respondents and not path.removeprefix(BASE).startswith(AUTH)
    statuses |= {"429"} if counted else set()
    statuses |= set() if public else {"401"} if of_respondents else {"401", "403"}
    named = any(parameter["in"] == "path" for parameter in parameters)
    statuses |= {"404"} if named or operation["operationId"] in _PERHAPS_ABSENT else set()
    statuses |= {"415"} if "requestBody" in operation else set()
    statuses |= {"412", "428"} if "If-Match" in names else set()
    in_some_states = of_respondents or operation["operationId"] in _OF_SOME_STATES
    statuses |= {"409"} if in_some_states or (method != "get" and not public) else set()
    if operation["operationId"] == "create_token":
        statuses |= {"401", "403", "409", "429"}
    statuses |= {"429"} if operation["operationId"] in _GUESSED_AT else set()
    statuses |= {"410"} if operation["operationId"] in {"read_changes", "list_import_changes"} else set()
    if operation["operationId"] in {"sign_out", "create_authorisation_request"}:
        operation["security"] = [{}, {"bearerAuth": []}]  # a token is welcome, not needed
        statuses -= {"409"}
    if operation["operationId"] == "sign_out":
        statuses -= {"401"}
    operation["responses"].pop("422", None)
    for response in operation["responses"].values():
        headers = response.setdefault("headers", {})
        headers["traceparent"] = {"schema": {"type": "string"}, "description": "The request's trace."}
        headers["X-Request-Id"] = {"schema": {"type": "string"}, "description": number}
        headers |= _RATE_LIMIT if counted else {}
    success = next(status for status in operation["responses"] if status.startswith("2"))
    answer = operation["responses"][success]
    answer["description"] = _success_words(success, operation)
    single = "$ref" in str(answer.get("content", "")) and not operation["operationId"].startswith("list_")
    if (
        single
        and (not public or operation["operationId"] in _PUBLISHED)
        and success != "202"
        and operation["operationId"] not in _WITHOUT_ETAG
    ):
        answer["headers"]["ETag"] = {"schema": {"type": "string"}, "description": "Version and digest."}
        if method == "get":
            operation["responses"]["304"] = {"description": "You already have it (If-None-Match)."}
            parameters.append(_IF_NONE_MATCH)
    if success == "201" and operation["operationId"] not in _WITHOUT_ADDRESS:
        answer["headers"]["Location"] = {
            "schema": {"type": "string", "format": "uri"},
            "description": "Where it is.",
        }
    if success == "201" and "202" in operation["responses"]:
        # Much of it takes long, and little is done at once.
        later = operation["responses"]["202"]
        later["description"] = _success_words("202", operation)
        later["headers"] |= {name: answer["headers"][name] for name in ("ETag", "Location")}
    for status in sorted(statuses):
        operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}


# A password, a code or somebody's address may be tried there, so it is not tried without end.
_GUESSED_AT = {
    *("set_password", "create_authorisation_request"),
    "create_password_reset",
    "create_password_change",
    "create_second_factor",
    "create_recovery_codes",
    "remove_second_factor",
}
_PERHAPS_ABSENT = {"read_method_texts"}
_OF_SOME_STATES = {
    "read_archive_package",
    "read_survey_protection",
    "read_survey_results",
    "list_unit_results",
    "read_unit_result",
    "read_unit_trend",
    "read_unit_benchmark",
    "read_survey_round_texts",
}
_WITHOUT_ETAG = {
    *("create_token", "read_api_info", "read_survey_form", "create_survey_response"),
    *("read_sign_in_choices", "create_authorisation_request"),
    "read_changes",
}
# Read by anybody, and seldom changed.
_PUBLISHED = {"read_archive_keys"}
# What is in the ballot box can be read by nobody, and a way to an identity provider is not to be read but gone.
_WITHOUT_ADDRESS = {"create_survey_response", "create_authorisation_request"}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "An ETag you hold; 304 if nothing has changed.",
    "schema": {"type": "string", "example": '"3-9f86d081884c7d65"'},
}


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
