"""What every refusal looks like in the document."""

from app.api.document.headers import refusal_headers
from app.api.document.shared import UUID_EXAMPLE, Json
from app.api.problem_texts import PROBLEMS
from app.api.problems import MEDIA_TYPE, TYPE_ROOT, name_of
from app.models.bounds import LONGEST_ADDRESS

PROBLEM_CODE: Json = {
    "title": "ProblemCode",
    "description": "Why, in one stable word. Each is told of at the address in `type`. "
    "New words come with new possibilities: show `detail` where you do not know one.",
    "type": "string",
    "x-may-grow": True,
    "enum": sorted(PROBLEMS),
    "example": "staleVersion",
}
OAUTH_ERROR: Json = {
    "title": "OAuthError",
    "description": "The word of OAuth 2 (RFC 6749), where `/auth/token` was asked with a form.",
    "type": "string",
    "enum": ["invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type"],
    "example": "invalid_grant",
}
FIELD_PROBLEM: Json = {
    "title": "FieldProblem",
    "description": "What is wrong with one field or parameter.",
    "type": "object",
    "additionalProperties": False,
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "maxLength": 2000},
        "code": {"type": "string", "maxLength": 100},
        "detail": {"type": "string", "maxLength": 2000},
    },
    "example": {"pointer": "/name", "code": "stringTooLong", "detail": "Högst 200 tecken."},
}
PROBLEM: Json = {
    "title": "Problem",
    "description": "Why a request was not carried out (RFC 9457). `code` is stable; texts follow Accept-Language.",
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "maxLength": LONGEST_ADDRESS},
        "title": {"type": "string", "maxLength": 200},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "maxLength": 2000},
        "instance": {"type": "string", "maxLength": 100},
        "code": {"$ref": "#/components/schemas/ProblemCode"},
        "error": {"$ref": "#/components/schemas/OAuthError"},
        "errors": {
            "type": "array",
            "maxItems": 100,
            "items": {"$ref": "#/components/schemas/FieldProblem"},
        },
    },
    "example": {
        "type": TYPE_ROOT + "stale-version",
        "title": "Någon annan hann före",
        "status": 412,
        "detail": "Resursen har ändrats sedan du läste den. Läs den igen och gör om ändringen.",
        "instance": "urn:uuid:019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b",
        "code": "staleVersion",
    },
}
SHAPES = {shape["title"]: shape for shape in (PROBLEM, FIELD_PROBLEM, PROBLEM_CODE, OAUTH_ERROR)}
# Not 405: it belongs to no operation, since no operation has that method.
STATUS_WORDS = {
    "400": "The request cannot be read: no valid JSON, no valid host name, or no percent-encoded UTF-8 in the address.",
    "401": "Not signed in, or no longer.",
    "403": "Readable, but not the caller's to do.",
    "404": "Nothing here that the caller can see.",
    "406": "The answer exists as JSON, and in the formats named here.",
    "408": "The request did not arrive in time.",
    "409": "The state of things does not allow it.",
    "410": "What is asked for is no longer kept; the problem says how to start over.",
    "412": "The resource has changed since it was read.",
    "413": "The body is larger than 1 MiB, or a survey answer than 128 KiB.",
    "414": "The address is longer than 8 KiB.",
    "415": "The body is compressed, or not of a type that is read here.",
    "422": "Fields or parameters do not fit; see `errors`.",
    "428": "If-Match is missing.",
    "429": "Too many requests or attempts; see Retry-After.",
    "431": "The headers are larger than 32 KiB together.",
    "500": "A fault on our side.",
    "503": "The database, or something else that is needed for this, is away, or the service is busy; see Retry-After.",
}


def problem_response(status: str) -> Json:
    code, text = next((code, text) for code, text in PROBLEMS.items() if text.status == int(status))
    example = {
        "type": TYPE_ROOT + name_of(code),
        "title": text.title["sv"],
        "status": text.status,
        "detail": text.detail["sv"],
        "instance": f"urn:uuid:{UUID_EXAMPLE}",
        "code": code,
    }
    return {
        "description": STATUS_WORDS[status],
        "headers": refusal_headers(status),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
