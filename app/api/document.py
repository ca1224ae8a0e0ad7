"""Finishes the OpenAPI document: problems, headers, examples and links that FastAPI does not write itself."""

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.api_info import VERSION
from app.api.operations import AUTH, BASE
from app.api.problem_texts import PROBLEMS
from app.api.problems import MEDIA_TYPE

Json = dict[str, Any]

TITLE = "Lärande i förändring"
DESCRIPTION = """
**Svenska.** Ett stöd för lokala parter, arbetsgivare och fackliga organisationer, som vill samtala om lärande i
arbetet: samtalsunderlag, arbetsgrupper, samtal och protokoll som båda sidor godkänner.
*Servicenivå:* tjänsten drivs av den organisation som har installerat den; programmet lovar inga svarstider.
*Begränsningar:* högst 100 rader per sida, antal är exakta upp till 10 000, en begäran är på högst 1 MiB. Hur många
anrop man får göra står i svarens `RateLimit-Policy`; den som gör fler får 429 med `Retry-After`.

**English.** Support for local parties, employer and trade unions, who want to talk about learning at work: dialogue
templates, working groups, sessions, and records that both sides approve.
*Service level:* the service is run by the organisation that installed it; the program promises no response times.
*Limitations:* at most 100 rows a page, counts are exact up to 10,000, a request may be at most 1 MiB. How often one may
ask is in the answers' `RateLimit-Policy`; whoever asks more often gets 429 with `Retry-After`.
""".strip()

_DATE_EXAMPLES = {"date": "2026-11-23", "date-time": "2026-11-23T13:00:00Z"}
_UUID_EXAMPLE = "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b"
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
_PROBLEM = {
    "title": "Problem",
    "description": "Why a request was not carried out (RFC 9457). `code` is stable; texts follow Accept-Language.",
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": sorted(PROBLEMS)},
        "error": {
            "type": "string",
            "enum": ["invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type"],
            "description": "The word of OAuth 2 (RFC 6749), where `/auth/token` was asked with a form.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "example": {
        "type": "https://larande.example/problems/stale-version",
        "title": "Någon annan hann före",
        "status": 412,
        "detail": "Resursen har ändrats sedan du läste den. Läs den igen och gör om ändringen.",
        "instance": "urn:uuid:019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b",
        "code": "staleVersion",
    },
}
_STATUS_WORDS = {
    "400": "The request cannot be read: no valid JSON, or no valid host name.",
    "401": "Not signed in, or no longer.",
    "403": "Readable, but not the caller's to do.",
    "404": "Nothing here that the caller can see.",
    "405": "No such method at this address.",
    "406": "The answer exists as JSON, and in the formats named here.",
    "408": "The request did not arrive in time.",
    "409": "The state of things does not allow it.",
    "410": "What is asked for is no longer kept; the problem says how to start over.",
    "412": "The resource has changed since it was read.",
    "413": "The body is larger than 1 MiB, or a survey answer than 128 KiB.",
    "414": "The address is longer than 8 KiB.",
    "415": "The body is not JSON.",
    "422": "Fields or parameters do not fit; see `errors`.",
    "428": "If-Match is missing.",
    "429": "Too many requests or attempts; see Retry-After.",
    "431": "The headers are larger than 32 KiB together.",
    "500": "A fault on our side.",
    "503": "The database, or something else that is needed for this, is away, or the service is busy; see Retry-After.",
}


def install(app: FastAPI) -> None:
    """Let the app serve the finished document."""

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def document(app: FastAPI) -> Json:
    """The whole document, the same on every machine."""
    made = get_openapi(
        title=TITLE,
        version=VERSION,
        openapi_version="3.1.0",
        summary="Joint conversations about learning at work",
        description=DESCRIPTION,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        terms_of_service="https://larande.example/terms",
        contact={"name": "Lärande i förändring", "url": "https://larande.example", "email": "api@larande.example"},
        license_info={"name": "EUPL-1.2", "url": "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12"},
        servers=[
            {
                "url": "https://{host}" + BASE,
                "description": "The installation at your workplace.",
                "variables": {"host": {"default": "larande.example", "description": "The installation's address."}},
            }
        ],
        tags=_tags(),
    )
    made["externalDocs"] = {"url": "https://larande.example/docs", "description": "Guides in Swedish and English."}
    made["security"] = [{"bearerAuth": []}]
    made["paths"] = {path.removeprefix(BASE): item for path, item in made["paths"].items()}
    schemas = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    made["components"]["responses"] = {f"Problem{status}": _problem_response(status) for status in _STATUS_WORDS}
    for path, item in made["paths"].items():
        for method, operation in item.items():
            _finish_operation(operation, method, path)
    _finish_schemas(schemas)
    for name, schema in schemas.items():
        if name != "Problem":
            schema["example"] = example_of(schema, schemas)
    _complete_bodies(made["paths"], schemas)
    _place_examples(made["paths"], schemas)
    _finish_webhooks(made["webhooks"])
    _link(made["paths"])
    return made


def _tags() -> list[Json]:
    from app.api.catalogue import TAGS

    return [{"name": name, "description": words} for name, words in TAGS.items()]


# --- Operations ------------------------------------------------------------------------------------------


def _finish_operation(operation: Json, method: str, path: str) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        _tidy_parameter(parameter)
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


def _tidy_parameter(parameter: Json) -> None:
    """Optional headers and parameters are plainly optional, and ids have an example."""
    schema = parameter["schema"]
    if "anyOf" in schema:
        (given,) = [option for option in schema["anyOf"] if option.get("type") != "null"]
        parameter["schema"] = schema = {**given, **{k: v for k, v in schema.items() if k not in {"anyOf", "default"}}}
    if schema.get("format") == "uuid":
        schema["example"] = _UUID_EXAMPLE
    if schema.get("format") in _DATE_EXAMPLES:
        schema["example"] = _DATE_EXAMPLES[schema["format"]]
    if parameter["name"] == "If-Match":
        parameter["required"] = True
    schema.pop("title", None)


def _problem_response(status: str) -> Json:
    code, text = next((code, text) for code, text in PROBLEMS.items() if text.status == int(status))
    example = {
        "type": "https://larande.example/problems/" + re.sub(r"(?<!^)(?=[A-Z])", "-", code).lower(),
        "title": text.title["sv"],
        "status": text.status,
        "detail": text.detail["sv"],
        "instance": f"urn:uuid:{_UUID_EXAMPLE}",
        "code": code,
    }
    headers: Json = {
        "traceparent": {"schema": {"type": "string"}, "description": "The request's trace."},
        "X-Request-Id": {"schema": {"type": "string"}, "description": "Number of the request in the log."},
    }
    if status in {"429", "503"}:
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
    return {
        "description": _STATUS_WORDS[status],
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


# --- Schemas and examples ----------------------------------------------------------------------------------


def _finish_schemas(node: Any) -> None:
    """Every date and time carries the singular example the national rules ask for."""
    if isinstance(node, dict):
        if node.get("format") in _DATE_EXAMPLES and node.get("type") == "string":
            node.setdefault("example", _DATE_EXAMPLES[node["format"]])
        if node.get("format") == "uuid":
            node.setdefault("example", _UUID_EXAMPLE)
        for option in node.get("anyOf", []):
            if isinstance(option, dict) and option.get("format") in _DATE_EXAMPLES:
                node.setdefault("example", _DATE_EXAMPLES[option["format"]])
        for value in node.values():
            _finish_schemas(value)
    elif isinstance(node, list):
        for value in node:
            _finish_schemas(value)


def example_of(schema: Json, schemas: Json) -> Any:
    """An example composed of the examples of the parts, so that it always fits the shape."""
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema and schema["default"] not in ([], {}):
        return schema["default"]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if schema.get("type") == "object":
        return {name: example_of(part, schemas) for name, part in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)] * max(1, schema.get("minItems", 1))
    return {"string": "text", "integer": max(1, schema.get("minimum", 1)), "boolean": True, "null": None}[
        schema["type"]
    ]


def _complete_bodies(paths: Json, schemas: Json) -> None:
    """A body whose shape has no name of its own gets its example here."""
    for item in paths.values():
        for operation in item.values():
            parts = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in (body for part in parts for body in part.get("content", {}).values()):
                if "$ref" not in body["schema"] and not body.keys() & {"example", "examples"}:
                    body["example"] = example_of(body["schema"], schemas)


def _place_examples(paths: Json, schemas: Json) -> None:
    """Examples of things and lists link to where such things and lists are."""
    for path, item in paths.items():
        reference = _reference(item.get("get", {}).get("responses", {}).get("200", {}))
        if reference is None:
            continue
        home = "https://larande.example" + BASE + re.sub(r"\{\w+\}", _UUID_EXAMPLE, path)
        example = schemas[reference.rsplit("/", 1)[1]]["example"]
        links = example.get("_links")
        if isinstance(links, list):
            example["_links"] = [{"href": home, "rel": "self", "method": "GET"}]
        elif links is not None:
            pages = {"self": 1, "first": 1, "prev": None, "next": 2, "last": 3}
            example["_links"] = {
                rel: page and {"href": f"{home}?page={page}", "rel": rel, "method": "GET"}
                for rel, page in pages.items()
            }


_MESSAGES: dict[str, dict[str, Json]] = {
    "change": {
        "finalRecord": {
            "summary": "Ett protokoll har blivit slutligt",
            "value": {
                "type": "sessionRecord.created",
                "timestamp": "2026-11-23T13:00:00Z",
                "data": {"id": _UUID_EXAMPLE},
            },
        },
        "renamedUnit": {
            "summary": "En enhet har fått ett annat namn eller en annan plats",
            "value": {"type": "unit.updated", "timestamp": "2026-11-23T13:05:00Z", "data": {"id": _UUID_EXAMPLE}},
        },
        "erasedPerson": {
            "summary": "En person finns inte längre",
            "value": {"type": "person.removed", "timestamp": "2026-11-23T13:10:00Z", "data": {"id": _UUID_EXAMPLE}},
        },
    },
    "endpoint.test": {
        "test": {
            "summary": "Ett prov, som en systemadministratör har bett om",
            "value": {"type": "endpoint.test", "timestamp": "2026-11-23T13:15:00Z", "data": {"id": _UUID_EXAMPLE}},
        }
    },
}


def _finish_webhooks(webhooks: Json) -> None:
    """What receivers get and are to answer; it is they who are asked, by signature and not by token."""
    for name, item in webhooks.items():
        operation = item["post"]
        operation["security"] = []
        for parameter in operation["parameters"]:
            _tidy_parameter(parameter)
        operation["requestBody"]["content"]["application/json"]["examples"] = _MESSAGES[name]
        operation["responses"] = {
            "204": {"description": "Taken. Any other 2xx is as good; its body is not read."},
            "410": {"description": "Nobody wants this any more: the endpoint is paused."},
            "default": {"description": "Not taken. The message is sent again, for three days."},
        }


# --- Links ---------------------------------------------------------------------------------------------------


def _link(paths: Json) -> None:
    """From what makes or shows a thing to what reads, changes and removes it."""
    single = {path: item for path, item in paths.items() if re.fullmatch(r"/[a-z-]+/\{\w+\}", path)}
    by_shape: dict[str, str] = {}
    for path, item in single.items():
        answer = item.get("get", {}).get("responses", {}).get("200", {})
        reference = _reference(answer)
        if reference:
            by_shape[reference] = path
    for item in paths.values():
        for method, operation in item.items():
            if method != "post" or "201" not in operation["responses"]:
                continue
            target = by_shape.get(_reference(operation["responses"]["201"]) or "")
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


def _reference(response: Json) -> str | None:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    reference: str | None = schema.get("$ref")
    return reference
