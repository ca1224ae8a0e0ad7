"""From refusal to problem+json: the only table from reason code to status and text."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.api import scim
from app.api.answers import base_url
from app.api.dependencies import RequestRefusal
from app.api.middleware import is_host
from app.api.negotiation import LanguageTag, preferred_language, sends_form
from app.api.operations import BASE, methods_at, of_respondents
from app.api.problem_texts import FIELD_TEXTS, PROBLEMS
from app.api.scim import errors as scim_errors
from app.database import DatabaseAway
from app.services.archive_keys import NoArchiveKeys
from app.services.errors import Refusal
from app.services.key_store import KeyMissing, KeyStoreUnavailable

MEDIA_TYPE = "application/problem+json"
TYPE_ROOT = f"https://larande.example{BASE}/problems/"
"""Where the document's examples lead; answers lead to the service that gives them (app/api/docs/problem_pages.py)."""
RETRY_WHEN_AWAY = 5
CHALLENGE = 'Bearer realm="larande"'
"""How to sign in, as every 401 says it in WWW-Authenticate."""

_log = structlog.get_logger("larande.problems")


@dataclass(frozen=True)
class FieldProblem:
    """One field that does not fit: JSON pointer, code and a sentence."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


def problem(
    request: Request,
    code: str,
    fields: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer for a reason code, in the caller's language."""
    text = PROBLEMS[code]
    if request.scope["path"].startswith(f"{scim.PATH}/"):
        # Refused before SCIM was asked: in the form that its clients read.
        said = scim_errors.body_of(text.status, text.detail["en"])
        return JSONResponse(said, text.status, {"Cache-Control": "no-store", **(headers or {})}, scim_errors.MEDIA_TYPE)
    language = preferred_language(request)
    body: dict[str, Any] = {
        "type": type_of(request, code),
        "title": text.title[language],
        "status": text.status,
        "detail": text.detail[language],
        "instance": f"urn:uuid:{request.scope['larande.request_id']}",
        "code": code,
    }
    if fields:
        body["errors"] = [field.as_json() for field in fields]
    if text.status < 500 and text.status != 429 and _is_oauth(request):
        body["error"] = _oauth_error(code, fields)
    return JSONResponse(
        body,
        text.status,
        {"Content-Language": language, "Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def name_of(code: str) -> str:
    """The code as addresses are written: `stale-version`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", code).lower()


def type_of(request: Request, code: str) -> str:
    """The address where this service says what the problem means."""
    hosts = request.headers.getlist("host")
    # What no address can be made of, nobody is led to.
    if len(hosts) > 1 or not all(is_host(host) for host in hosts):
        return TYPE_ROOT + name_of(code)
    return f"{base_url(request)}{BASE}/problems/{name_of(code)}"


# What clients of OAuth 2 look for (RFC 6749, section 5.2); all else about such a request is an invalid request.
_OAUTH_ERRORS = {
    "clientRefused": "invalid_client",
    "scopeNotGranted": "invalid_scope",
    **dict.fromkeys(
        ("credentialsRefused", "secondFactorRequired", "oneTimeCodeRefused", "refreshTokenRefused"), "invalid_grant"
    ),
    **dict.fromkeys(("authorisationRefused", "invitationRefused", "tokenInvalid"), "invalid_grant"),
}


def _is_oauth(request: Request) -> bool:
    return request.scope["path"].endswith("/auth/token") and sends_form(request)


def _oauth_error(code: str, fields: Sequence[FieldProblem]) -> str:
    if any(field.pointer == "/grant_type" and field.code == "literalError" for field in fields):
        return "unsupported_grant_type"
    return _OAUTH_ERRORS.get(code, "invalid_request")


def install(app: FastAPI) -> None:
    """Every way in which a request can fail ends here."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestRefusal, _not_formed)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DatabaseAway, _away)
    app.add_exception_handler(KeyStoreUnavailable, _keys_away)
    app.add_exception_handler(KeyMissing, _keys_away)
    app.add_exception_handler(NoArchiveKeys, _archive_keys_away)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, unexpected)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    refusal = error if isinstance(error, Refusal) else Refusal(error.args[0])
    language = preferred_language(request)
    fields = [
        FieldProblem(field.pointer, field.code, PROBLEMS[field.code].detail[language]) for field in refusal.fields
    ]
    headers = {}
    if PROBLEMS[refusal.code].status == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return problem(request, refusal.code, fields, headers)


async def _not_formed(request: Request, error: Exception) -> JSONResponse:
    refusal = error if isinstance(error, RequestRefusal) else RequestRefusal("malformed")
    detail = PROBLEMS[refusal.code].detail[preferred_language(request)]
    return problem(
        request,
        refusal.code,
        [FieldProblem(_pointer(place), refusal.code, detail) for place in refusal.places],
        {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)},
    )


async def _not_valid(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own 422, without the input it echoes."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    if any(each["type"] == "json_invalid" for each in errors):
        return problem(request, "malformed")
    language = preferred_language(request)
    return problem(request, "validationFailed", [_field(each, language) for each in errors[:100]])


def _field(error: Mapping[str, Any], language: LanguageTag) -> FieldProblem:
    kind = error["type"]
    if kind in {"too_short", "too_long"} and error["ctx"]["field_type"] == "Value":
        # Of a list Pydantic says that it is one; a text that was cleaned first is just a value to it.
        kind = f"string_{kind}"
    text = FIELD_TEXTS.get(kind, FIELD_TEXTS["other"])
    bounds = {
        key: str(value)
        for key, value in error.get("ctx", {}).items()
        if key in {"min_length", "max_length", "ge", "le", "gt", "lt"}
    }
    # A rule over several fields says itself which of them it has something against.
    place = (*error["loc"], *(value for key, value in error.get("ctx", {}).items() if key == "field"))
    return FieldProblem(_pointer(place), to_camel(kind), _fill(text[language], bounds))


def _pointer(place: Sequence[str | int]) -> str:
    """/name for a field of the body, /query/name for a parameter, and "" for the body as a whole."""
    path = place[1:] if place[0] == "body" else place
    # A field's name may itself be what somebody tried to smuggle in, or a survey token of 43 characters; only plain
    # names are repeated, and ours are shorter.
    return "".join(f"/{step}" if re.fullmatch(r"[\w-]{1,40}", str(step), re.ASCII) else "/…" for step in path)


def _fill(text: str, bounds: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: bounds.get(match[1], "?"), text)


_BY_STATUS = {
    400: "malformed",
    404: "notFound",
    405: "methodNotAllowed",
    413: "bodyTooLarge",
    415: "unsupportedMediaType",
}


async def _http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status in {404, 405}:
        # FastAPI's own Allow is empty for included routers; it is right for the few other addresses.
        allowed = methods_at(request.app, request.scope["path"])
        if status == 405 and not allowed:
            given = error.headers if isinstance(error, HTTPException) else None
            allowed = sorted((given or {}).get("Allow", "GET, HEAD").split(", "))
        if allowed and request.method not in allowed:
            return problem(request, "methodNotAllowed", headers={"Allow": ", ".join(allowed)})
    return problem(request, _BY_STATUS.get(status, "malformed" if status < 500 else "unexpected"))


async def _away(request: Request, error: Exception) -> JSONResponse:
    if not of_respondents(request.scope["path"]):
        _log.warning("database away", kind=type(error.__cause__).__name__)
    return problem(request, "databaseAway", headers={"Retry-After": str(RETRY_WHEN_AWAY)})


async def _keys_away(request: Request, error: Exception) -> JSONResponse:
    # A key that is missing may lie in another machine's directory.
    _log.error("key store away", kind=type(error).__name__, reason=str(error))
    return problem(request, "keyStoreAway", headers={"Retry-After": str(RETRY_WHEN_AWAY)})


async def _archive_keys_away(request: Request, error: Exception) -> JSONResponse:
    _log.error("no archive keys", reason=str(error))
    return problem(request, "archiveKeysAway", headers={"Retry-After": str(RETRY_WHEN_AWAY)})


async def _gone(request: Request, _error: Exception) -> JSONResponse:
    """Whoever hung up in the middle of a body reads no answer; it is no fault of ours either."""
    return problem(request, "malformed")


async def unexpected(request: Request, error: Exception) -> JSONResponse:
    if of_respondents(request.scope["path"]):
        _count_fault(request, type(error).__name__)
        return problem(request, "unexpectedUnlogged")
    _log.error("unexpected", kind=type(error).__name__, exc_info=error)
    return problem(request, "unexpected")


def _count_fault(request: Request, kind: str) -> None:
    """Of what a respondent met only the number is told, at the first, tenth, hundredth … of its kind."""
    faults: Counter[str] = request.app.state.faults_in_answering
    faults[kind] += 1
    if re.fullmatch("10*", str(faults[kind])):
        _log.error("faults in answering", kind=kind, count=faults[kind])
