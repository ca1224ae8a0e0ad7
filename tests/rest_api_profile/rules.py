"""What the national linter looks at in a document: each rule gives the places where it is not kept."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Rule = Callable[[Json], list[str]]

RULES: dict[str, Rule] = {}
"""By the ids of the requirements that a rule answers for, parted by blanks."""

CAMEL = re.compile(r"[a-z]+([A-Z][a-z]*)*")
# OAuth's own names (RFC 6749) are the one exception: clients and libraries expect them.
OAUTH = {
    *("access_token", "token_type", "expires_in", "refresh_token", "refresh_token_in", "grant_type", "client_id"),
    *("client_secret", "client_assertion", "client_assertion_type", "one_time_code", "code_verifier"),
}
ONE_OF_A_KIND = {"me", "api-info", "auth"}


def rule(ids: str) -> Callable[[Rule], Rule]:
    def named(check: Rule) -> Rule:
        RULES[ids] = check
        return check

    return named


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _responses(document: Json) -> Iterator[tuple[str, str, Json]]:
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if "$ref" in response:
                response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
            yield operation["operationId"], status, response


def _parameters(document: Json, *places: str) -> Iterator[tuple[str, Json]]:
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] in places:
                yield operation["operationId"], parameter


def _nodes(node: Any, place: str = "#") -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        yield place, node
        for key, part in node.items():
            if key not in {"example", "examples"} or place.endswith("/properties"):
                yield from _nodes(part, f"{place}/{key}")
    elif isinstance(node, list):
        for number, part in enumerate(node):
            yield from _nodes(part, f"{place}/{number}")


def _fields(document: Json) -> Iterator[str]:
    for place, node in _nodes(document):
        if isinstance(node.get("properties"), dict) and not place.endswith("/properties"):
            yield from node["properties"]


@rule("DOK.06 DOK.07 DOK.08 DOK.09")
def the_service_is_described(document: Json) -> list[str]:
    info = document["info"]
    words = ("**Svenska.**", "**English.**", "Servicenivå", "Service level", "Begränsningar", "Limitations")
    missing = [word for word in words if word not in info.get("description", "")]
    return missing + [field for field in ("title", "contact", "license", "termsOfService") if not info.get(field)]


@rule("DOK.11 DOK.12 DOK.19")
def operations_are_described(document: Json) -> list[str]:
    return [
        operation["operationId"]
        for _, _, operation in operations(document)
        if not operation.get("summary") or not operation.get("description")
    ]


@rule("DOK.13 DOK.20")
def answers_are_described(document: Json) -> list[str]:
    bare = [f"{name} {status}" for name, status, response in _responses(document) if not response.get("description")]
    few = [
        operation["operationId"]
        for _, _, operation in operations(document)
        if not any(status < "300" for status in operation["responses"])
        or not {"400", "500"} <= operation["responses"].keys()
    ]
    return bare + few


@rule("DOK.15")
def bodies_have_examples(document: Json) -> list[str]:
    bodies = [(operation["operationId"], operation.get("requestBody", {})) for _, _, operation in operations(document)]
    bodies += [(f"{name} {status}", response) for name, status, response in _responses(document)]
    found = []
    for where, part in bodies:
        for media_type, body in part.get("content", {}).items():
            schema = body.get("schema", {})
            if "$ref" in schema:
                schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            if not (body.keys() & {"example", "examples"} or "example" in schema) and media_type.endswith("json"):
                found.append(f"{where} {media_type}")
    return found


@rule("DOK.17 DOK.18")
def it_is_openapi_3(document: Json) -> list[str]:
    return [] if re.fullmatch(r"3\.1\.\d+", document["openapi"]) else [document["openapi"]]


@rule("DOK.21 SAK.09 SAK.10 SAK.16")
def bearer_tokens_alone(document: Json) -> list[str]:
    schemes = document["components"].get("securitySchemes", {})
    odd = [name for name, scheme in schemes.items() if (scheme["type"], scheme.get("scheme")) != ("http", "bearer")]
    open_ones = [
        operation["operationId"]
        for _, _, operation in operations(document)
        if "security" not in operation and not document.get("security")
    ]
    unknown = [
        operation["operationId"]
        for _, _, operation in operations(document)
        for choice in operation.get("security", [])
        if choice.keys() - schemes.keys()
    ]
    return odd + open_ones + unknown


@rule("DOT.02")
def dates_have_an_example_in_rfc_3339(document: Json) -> list[str]:
    forms = {"date": r"\d{4}-\d\d-\d\d", "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"}
    return [
        place
        for place, node in _nodes(document)
        if node.get("type") == "string"
        and node.get("format") in forms
        and not re.fullmatch(forms[node["format"]], str(node.get("example")))
    ]


@rule("RES.02 SAK.15")
def addresses_hold_nothing_personal_and_no_secret(document: Json) -> list[str]:
    forbidden = re.compile(r"person(al)?.?(number|nummer)|ssn|pnr|password|secret|token|api.?key", re.IGNORECASE)
    found = [f"{name} {each['name']}" for name, each in _parameters(document, "query", "path")]
    return [each for each in found if forbidden.search(each.split()[1])]


@rule("RES.06 UFN.07 UFN.08 UFN.09 SAK.30")
def paths_are_nouns_of_small_letters(document: Json) -> list[str]:
    found = []
    for path in document["paths"]:
        steps = path.strip("/").split("/")
        for step in steps:
            plain = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", step) or re.fullmatch(r"\{[a-z]+([A-Z][a-z]+)*\}", step)
            if not plain or re.match(r"(get|list|create|update|delete|post|put|set|do)-", step):
                found.append(path)
        above = steps[0]
        if len(steps) > 1 and steps[1].startswith("{") and not (above.endswith("s") or above == "people"):
            found.append(path)
    return found


@rule("UFN.01 VER.05")
def servers_are_https_with_one_version(document: Json) -> list[str]:
    servers = [server["url"] for server in document.get("servers", [])]
    return [url for url in servers if not re.fullmatch(r"https://[^/]+/[a-z-]+/v\d+", url)] or (
        [] if servers else ["-"]
    )


@rule("UFN.03 MOG.01 MOG.03")
def methods_do_what_they_say(document: Json) -> list[str]:
    found = []
    for _, method, operation in operations(document):
        name = operation["operationId"]
        if method not in {"get", "post", "put", "patch", "delete"} or (method == "get" and "requestBody" in operation):
            found.append(name)
        if method == "get" and "201" in operation["responses"]:
            found.append(name)
        if method == "post" and re.match(r"(read|list|get|search)_", name):
            found.append(name)
    return found


@rule("AME.01")
def answers_are_json(document: Json) -> list[str]:
    return [
        f"{name} {status}"
        for name, status, response in _responses(document)
        if response.get("content") and not any(re.search(r"[/+]json$", each) for each in response["content"])
    ]


@rule("AME.04 AME.05 AME.07")
def fields_are_camel_case(document: Json) -> list[str]:
    return [
        field
        for field in _fields(document)
        if not CAMEL.fullmatch(field) and field not in OAUTH and field not in {"_links", "_meta"}
    ]


@rule("ARQ.05")
def headers_of_requests_are_of_the_protocol(document: Json) -> list[str]:
    known = {"traceparent", "If-Match", "If-None-Match", "Idempotency-Key", "Accept-Language", "Accept"}
    of_protocol = known | {"Origin", "Cookie", "Sec-Fetch-Site", "User-Agent", "Authorization"}
    return [
        f"{name} {each['name']}" for name, each in _parameters(document, "header") if each["name"] not in of_protocol
    ]


@rule("ARP.03 ARP.04")
def what_is_made_has_an_address(document: Json) -> list[str]:
    # What is in the ballot box can be read by nobody, and a way to an identity provider is not to be read but gone.
    without = {"create_survey_response", "create_authorisation_request"}
    # It will be mailed; nothing comes of it that could be read.
    mailed = {"create_password_reset", "create_person_invitation", "create_interest_registration"}
    return [
        f"{name} {status}"
        for name, status, response in _responses(document)
        if status in {"201", "202"}
        and "Location" not in response.get("headers", {})
        and name not in (without if status == "201" else mailed)
    ]


@rule("FEL.01 FEL.02")
def refusals_are_problems(document: Json) -> list[str]:
    found = [
        f"{name} {status}"
        for name, status, response in _responses(document)
        if status >= "400" and list(response.get("content", {})) != ["application/problem+json"]
    ]
    members = {"type", "title", "status", "detail", "instance"}
    return found + sorted(members - set(document["components"]["schemas"]["Problem"]["properties"]))


@rule("VER.04 VER.11 VER.12")
def the_version_is_semantic(document: Json) -> list[str]:
    version = document["info"]["version"]
    major = {re.search(r"/v(\d+)$", server["url"])[1] for server in document["servers"]}  # type: ignore[index]
    return [] if re.fullmatch(r"[1-9]\d*\.\d+\.\d+", version) and major == {version.split(".")[0]} else [version]


@rule("VER.06")
def it_says_what_it_is(document: Json) -> list[str]:
    return [] if "get" in document["paths"].get("/api-info", {}) else ["/api-info"]


@rule("FNS.01 FNS.03 FNS.06")
def parameters_are_camel_case(document: Json) -> list[str]:
    return [
        f"{name} {each['name']}" for name, each in _parameters(document, "query") if not CAMEL.fullmatch(each["name"])
    ]


@rule("FNS.05")
def parameters_are_optional(document: Json) -> list[str]:
    return [f"{name} {each['name']}" for name, each in _parameters(document, "query") if each.get("required")]


@rule("FNS.07 FNS.08 FNS.09")
def pages_are_asked_for_as_everywhere(document: Json) -> list[str]:
    found = []
    for _, _, operation in operations(document):
        query = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "query"}
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        shape = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
        paged = "_meta" in document["components"]["schemas"].get(shape, {}).get("properties", {})
        defaults = (query.get("page", {}).get("default"), query.get("limit", {}).get("default"))
        if (paged or query.keys() & {"page", "limit"}) and defaults != (1, 20):
            found.append(operation["operationId"])
    return found


@rule("SPA.02 SPA.04")
def the_trace_goes_in_and_out(document: Json) -> list[str]:
    """Of an earlier version of the profile; the linter still looks."""
    taken = {name for name, each in _parameters(document, "header") if each["name"] == "traceparent"}
    missing = [each["operationId"] for _, _, each in operations(document) if each["operationId"] not in taken]
    return missing + [
        f"{name} {status}"
        for name, status, response in _responses(document)
        if "traceparent" not in response.get("headers", {})
    ]
