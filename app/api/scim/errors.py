"""From what a service or the library refuses to what SCIM calls it. What is said never repeats what was sent."""

import re
from typing import Any

from scim2_models import (
    ConflictException,
    Error,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    SCIMException,
    UnauthorizedException,
    UniquenessException,
)

from app.api.problem_texts import PROBLEMS
from app.services.errors import Code, Refusal

MEDIA_TYPE = "application/scim+json"
_BY_TYPE = {
    "invalidFilter": "The filter cannot be understood, or asks for what cannot be searched.",
    "invalidPath": "The path names nothing that is kept here.",
    "invalidSyntax": "The body does not have the form that SCIM gives it.",
    "invalidValue": "A value is missing, or is not one that its attribute can have.",
    "mutability": "This cannot be changed.",
    "noTarget": "The path leads to nothing that is there.",
    "uniqueness": "Somebody or something else has that already.",
}
_BY_STATUS = {
    404: "There is nothing here.",
    405: "This is not done here.",
    409: "This does not go together with what is there, or with the rest of the request.",
    412: "It is not any more as it was when it was read.",
    413: "The request is too large.",
    415: "The body is sent as application/scim+json.",
    500: "Something went wrong here. It has been noted.",
    501: "This is not supported.",
}
_OTHERWISE = "The request cannot be carried out."
_ATTRIBUTES = (
    *("userName", "displayName", "externalId", "active", "emails", "name", "groups", "members"),
    *("employeeNumber", "department", "manager"),
)


def exception_of(refusal: Refusal) -> SCIMException:
    detail = detail_of(refusal.code)
    if refusal.code in {Code.EMAIL_TAKEN, Code.EXTERNAL_ID_TAKEN}:
        return UniquenessException(detail=detail)
    by_status: dict[int, type[SCIMException]] = {
        401: UnauthorizedException,
        403: ForbiddenException,
        404: NotFoundException,
        409: ConflictException,
        412: PreconditionFailedException,
    }
    return by_status.get(PROBLEMS[refusal.code].status, InvalidValueException)(detail=detail)


def detail_of(code: str) -> str:
    return PROBLEMS[code].detail["en"]


def body_of(status: int, detail: str) -> dict[str, Any]:
    """What is refused before SCIM is asked at all, in SCIM's form (RFC 7644, 3.12)."""
    return dict(Error(status=status, detail=detail).model_dump())


def is_ours(error: Exception) -> bool:
    """Whether we raised it ourselves, and not the library, whose words quote what was sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).startswith("app.")


def without_echo(error: Error) -> Error:
    """What the library says, in words of ours; of what it names, our own attributes alone."""
    said = _BY_TYPE.get(error.scim_type or "") or _BY_STATUS.get(error.status or 500, _OTHERWISE)
    words = set(re.findall(r"\w+", error.detail or ""))
    if error.status == 400 and (named := [each for each in _ATTRIBUTES if each in words]):
        said = f"{said} Look at: {', '.join(named)}."
    return Error(status=error.status, scim_type=error.scim_type, detail=said)
