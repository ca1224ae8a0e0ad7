"""Which headers the answers carry, and which of them a request may bring."""

from typing import Any

from app.api.document.shared import Json
from app.api.life_cycle import ENDINGS
from app.models.bounds import LONGEST_ADDRESS, LONGEST_HEADER


def _header(description: str, **shape: Any) -> Json:
    return {"schema": {"type": "string", **shape}, "description": description}


_TRACEPARENT = {
    "name": "traceparent",
    "in": "header",
    "required": False,
    "description": "W3C Trace Context; the answer carries the same trace.",
    "schema": {
        "type": "string",
        "maxLength": LONGEST_HEADER,
        "example": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
}
_TRACEPARENT_UNUSED = _TRACEPARENT | {
    "description": "Not used here: so that nobody can be tied to an answer, each request gets a trace of its own."
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "An ETag you hold; 304 if nothing has changed.",
    "schema": {"type": "string", "maxLength": LONGEST_HEADER, "example": '"3-9f86d081884c7d65"'},
}
_RATE_LIMIT = {
    "RateLimit-Policy": _header(
        "How many requests (q) come back within how many seconds (w), to one person or address.",
        maxLength=100,
        example='"reads";q=3000;w=60',
    ),
    "RateLimit": _header(
        "How many are left (r), and in how many seconds there is one more (t).",
        maxLength=100,
        example='"reads";r=2999;t=1',
    ),
}

_OF_AN_END = {
    "Deprecation": _header("Since when it is not to be used any more (RFC 9745).", maxLength=20, example="@1795996800"),
    "Sunset": _header("When it is gone (RFC 8594).", maxLength=40, example="Thu, 01 Jul 2027 00:00:00 GMT"),
    "Link": _header("To what comes instead, and to the news about it.", maxLength=LONGEST_ADDRESS),
}


def document_headers(operation: Json, method: str, *, counted: bool, of_respondents: bool) -> None:
    """The headers of the answers that are no refusals, and those of the request that belong to them."""
    parameters = operation["parameters"]
    parameters.append(_TRACEPARENT_UNUSED if of_respondents else _TRACEPARENT)
    number = "Number of the request; no log has it." if of_respondents else "Number of the request in the log."
    answers = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    for answer in answers.values():
        headers = answer.setdefault("headers", {})
        headers["traceparent"] = _header("The request's trace.", maxLength=55)
        headers["X-Request-Id"] = _header(number, maxLength=100)
        headers["Cache-Control"] = _header(
            "Whether the answer may be kept, and by whom.", maxLength=100, example="private, no-store"
        )
        headers |= _RATE_LIMIT if counted else {}
        headers |= _OF_AN_END if operation["operationId"] in ENDINGS else {}
    success = next(status for status in answers if status.startswith("2"))
    answer = answers[success]
    name = operation["operationId"]
    public = operation.get("security") == []
    single = "$ref" in str(answer.get("content", "")) and not name.startswith("list_")
    if single and (not public or name in _PUBLISHED) and success != "202" and name not in _WITHOUT_ETAG:
        answer["headers"]["ETag"] = _header("Version and digest.", maxLength=100)
        if method == "get":
            operation["responses"]["304"] = {"description": "You already have it (If-None-Match)."}
            parameters.append(_IF_NONE_MATCH)
    if success == "201" and name not in _WITHOUT_ADDRESS:
        answer["headers"]["Location"] = _header("Where it is.", format="uri", maxLength=LONGEST_ADDRESS)
    if success == "201" and "202" in answers:
        # Much of it takes long, and little is done at once.
        answers["202"]["headers"] |= {name: answer["headers"][name] for name in ("ETag", "Location")}


_WITHOUT_ETAG = {
    *("create_token", "read_api_info", "read_survey_form", "create_survey_response"),
    *("read_sign_in_choices", "create_authorisation_request"),
    "read_changes",
}
# Read by anybody, and seldom changed.
_PUBLISHED = {"read_archive_keys"}
# What is in the ballot box can be read by nobody, and a way to an identity provider is not to be read but gone.
_WITHOUT_ADDRESS = {"create_survey_response", "create_authorisation_request"}
