"""Which headers the answers carry, and which of them a request may bring.

A documented header with `required: true` is always there. What protects every answer of a web service, whatever it is
about, is told of once, in the description of the whole document.
"""

from typing import Any

from app.api.document.shared import Json
from app.api.life_cycle import ENDINGS
from app.api.problems import CHALLENGE
from app.models.bounds import LONGEST_ADDRESS, LONGEST_HEADER


def always(description: str, **shape: Any) -> Json:
    return sometimes(description, **shape) | {"required": True}


def sometimes(description: str, **shape: Any) -> Json:
    """A header that only some of the answers carry; the description says which."""
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
TRACEPARENT = always("The request's trace.", maxLength=55)
_NUMBER = always("Number of the request in the log.", maxLength=100)
_NUMBER_UNLOGGED = always("Number of the request; no log has it.", maxLength=100)
_CACHE_CONTROL = always("Whether the answer may be kept, and by whom.", maxLength=100, example="private, no-store")
_VARY = sometimes(
    "What the answer depends on beside the address, where it does. `Origin` is among it where pages of other origins "
    "may ask.",
    maxLength=100,
    example="Accept-Language, Authorization",
)
_POLICY = (
    "How many requests (q) come back within how many seconds (w), to one person or address.",
    {"maxLength": 100, "example": '"reads";q=3000;w=60'},
)
_LEFT = (
    "How many are left (r), and in how many seconds there is one more (t).",
    {"maxLength": 100, "example": '"reads";r=2999;t=1'},
)
_RATE_LIMIT = {"RateLimit-Policy": always(_POLICY[0], **_POLICY[1]), "RateLimit": always(_LEFT[0], **_LEFT[1])}
_RATE_LIMIT_WHERE_COUNTED = {
    "RateLimit-Policy": sometimes(_POLICY[0], **_POLICY[1]),
    "RateLimit": sometimes(_LEFT[0], **_LEFT[1]),
}
_ETAG = always("Version and digest.", maxLength=100)
_OF_AN_END = {
    "Deprecation": always("Since when it is not to be used any more (RFC 9745).", maxLength=20, example="@1795996800"),
    "Sunset": always("When it is gone (RFC 8594).", maxLength=40, example="Thu, 01 Jul 2027 00:00:00 GMT"),
    "Link": always("To what comes instead, and to the news about it.", maxLength=LONGEST_ADDRESS),
}
_COOKIE = {
    "maxLength": 1000,
    "example": "__Host-larande-refresh=…; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Strict",
}
_FILE_NAME = sometimes(
    "The file's name, where the answer is not JSON.", maxLength=200, example='attachment; filename="protokoll.pdf"'
)
_IN_ONE_LANGUAGE = (
    *("read_inspiration_item", "read_process_guide", "read_interest_consent", "read_working_group_overview"),
    *("read_followed_guide", "create_followed_guide", "transition_followed_guide", "rate_followed_guide"),
)
_LANGUAGE = sometimes("The language of a page, a PDF or a chart.", maxLength=2, example="sv")
# By operation, what else its success carries.
_OF_ONE = {
    "create_token": {
        "Set-Cookie": sometimes(
            "Where the refresh token was asked for as a cookie: the token, and what this browser is known by. Once it "
            "has been to an identity provider, the end of the cookie of that way.",
            **_COOKIE,
        ),
        "Pragma": always("What RFC 6749 asks for beside Cache-Control.", maxLength=20, example="no-cache"),
    },
    "sign_out": {"Set-Cookie": sometimes("The end of the cookie, where one was sent.", **_COOKIE)},
    "create_authorisation_request": {
        "Set-Cookie": always("What the browser is known by when it is back from the provider.", **_COOKIE)
    },
    "read_survey_form": {
        "Content-Language": always("The language of the form.", maxLength=2, example="sv"),
    },
    **{
        name: {"Content-Language": always("The language of the texts.", maxLength=3, example="sv")}
        for name in _IN_ONE_LANGUAGE
    },
    **{
        name: {"Content-Language": _LANGUAGE}
        for name in ("read_session_record", "read_dialogue_session", "read_survey_results", "read_unit_result")
    },
}

_RETRY_AFTER = {
    "schema": {"type": "integer", "minimum": 0, "maximum": 31_536_000},
    "description": "Seconds to wait.",
    "required": True,
}
_OF_A_REFUSAL = {
    "409": {
        "Retry-After": _RETRY_AFTER
        | {"description": "Seconds to wait, where waiting is what helps.", "required": False},
    },
    "401": {
        "WWW-Authenticate": always("How to sign in: with a bearer token.", maxLength=100, example=CHALLENGE),
    },
    "415": {
        "Accept-Encoding": sometimes(
            "How a body may be encoded, where this one's encoding is why it was refused.",
            maxLength=100,
            example="identity",
        ),
    },
    "429": {"Retry-After": _RETRY_AFTER},
    "503": {"Retry-After": _RETRY_AFTER},
}


def document_headers(operation: Json, method: str, *, counted: bool, of_respondents: bool) -> None:
    """The headers of the answers that are no refusals, and those of the request that belong to them."""
    parameters = operation["parameters"]
    parameters.append(_TRACEPARENT_UNUSED if of_respondents else _TRACEPARENT)
    answers = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    common = {
        "traceparent": TRACEPARENT,
        "X-Request-Id": _NUMBER_UNLOGGED if of_respondents else _NUMBER,
        "Cache-Control": _CACHE_CONTROL,
        "Vary": _VARY,
    }
    common |= _RATE_LIMIT if counted else {}
    common |= _OF_AN_END if operation["operationId"] in ENDINGS else {}
    for answer in answers.values():
        answer["headers"] = answer.get("headers", {}) | common
    success = next(status for status in answers if status.startswith("2"))
    answer = answers[success]
    name = operation["operationId"]
    public = operation.get("security") == []
    single = "$ref" in str(answer.get("content", "")) and not name.startswith("list_")
    if single and (not public or name in _PUBLISHED) and success != "202" and name not in _WITHOUT_ETAG:
        answer["headers"]["ETag"] = _ETAG
        if method == "get":
            operation["responses"]["304"] = {
                "description": "You already have it (If-None-Match).",
                "headers": common | {"ETag": _ETAG},
            }
            parameters.append(_IF_NONE_MATCH)
    if success == "201" and name not in _WITHOUT_ADDRESS:
        answer["headers"]["Location"] = always("Where it is.", format="uri", maxLength=LONGEST_ADDRESS)
    if success == "201" and "202" in answers:
        # Much of it takes long, and little is done at once.
        answers["202"]["headers"] |= {name: answer["headers"][name] for name in ("ETag", "Location")}
    if answer.get("content", {}).keys() - {"application/json"}:
        answer["headers"]["Content-Disposition"] = _FILE_NAME
    answer["headers"] |= _OF_ONE.get(name, {})


def refusal_headers(status: str) -> Json:
    """The headers of a refusal, which all operations share."""
    found = {
        "traceparent": TRACEPARENT,
        "X-Request-Id": _NUMBER,
        "Content-Language": always("The language of title and detail.", maxLength=2, example="sv"),
        "Cache-Control": always("A refusal is never kept.", maxLength=100, example="no-store"),
        "Vary": _VARY,
        **_RATE_LIMIT_WHERE_COUNTED,
    }
    return found | _OF_A_REFUSAL.get(status, {})


_WITHOUT_ETAG = {
    *("create_token", "read_api_info", "read_survey_form", "create_survey_response"),
    *("read_sign_in_choices", "create_authorisation_request"),
    "read_changes",
}
# Read by anybody, and seldom changed.
_PUBLISHED = {"read_archive_keys"}
# What is in the ballot box can be read by nobody, and a way to an identity provider is not to be read but gone.
_WITHOUT_ADDRESS = {"create_survey_response", "create_authorisation_request"}
