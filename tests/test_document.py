"""The OpenAPI document: valid, committed, complete, with examples that fit, and as the national profile asks."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.api_info import RELEASED, VERSION
from app.api.problem_texts import FIELD_TEXTS, PROBLEMS
from app.api.problems import TYPE_ROOT
from app.services.agreement import RULES
from app.services.conditions import PUBLIC, TOKEN_HOLDER
from app.services.errors import Code
from tests import contract

Json = dict[str, Any]

DOCUMENT = contract.document()
SCHEMAS: Json = DOCUMENT["components"]["schemas"]
METHODS = {"get", "post", "put", "patch", "delete"}
# Codes that only the protocol gives; all others are reasons a service may give.
# What can be read before something has happened, and not after.
OF_SOME_STATES = {
    "read_archive_package",
    "read_survey_protection",
    "read_survey_results",
    "list_unit_results",
    "read_unit_result",
    "read_unit_trend",
    "read_unit_benchmark",
    "read_survey_round_texts",
}
WITHOUT_ADDRESS = {"create_survey_response", "create_authorisation_request"}
PROTOCOL = {
    "malformed",
    "hostInvalid",
    "authorizationTwice",
    "headerTwice",
    "contentEncodingUnsupported",
    "methodNotAllowed",
    "notAcceptable",
    "bodyTooLarge",
    "unsupportedMediaType",
    "validationFailed",
    "unknownParameter",
    "notForThisFormat",
    "parameterTwice",
    "preconditionRequired",
    "idempotencyKeyInvalid",
    "unexpected",
    "unexpectedUnlogged",
    "databaseAway",
    "keyStoreAway",
    "archiveKeysAway",
    # limits
    "requestUnreadable",
    "requestTooSlow",
    "addressTooLong",
    "headersTooLarge",
    "tooManyRequests",
    "serverBusy",
}


def operations() -> Iterator[tuple[str, str, Json]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


OPERATIONS = [pytest.param(*each, id=each[2]["operationId"]) for each in operations()]
everywhere = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)


def nodes(node: Any, place: str = "#") -> Iterator[tuple[str, Any]]:
    """Every part of the document with its address; what stands in an example is not the document's own."""
    yield place, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in inner:
        if key != "example" or place.endswith("/properties"):
            yield from nodes(part, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")


def resolved(schema: Json) -> Json:
    while "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def answer(operation: Json, status: str) -> Json:
    response: Json = operation["responses"][status]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response


def faults(schema: Json, value: Any) -> list[str]:
    return [f"{each.instance_path}: {each.message}" for each in contract.validator_of(schema).iter_errors(value)]


def properties() -> Iterator[tuple[str, str, Json]]:
    for name, schema in SCHEMAS.items():
        for field, shape in schema.get("properties", {}).items():
            yield name, field, shape


# --- As a whole ------------------------------------------------------------------------------------------------


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    assert DOCUMENT["openapi"].startswith("3.1")


def test_what_is_committed_is_what_the_program_says(app: FastAPI) -> None:
    committed = contract.DOCUMENT.read_text()
    generated = json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"
    assert committed == generated, "run: larande openapi write"


def test_no_part_is_unused_and_no_reference_is_broken() -> None:
    referred = {node["$ref"] for _, node in nodes(DOCUMENT) if isinstance(node, dict) and "$ref" in node}
    there = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in DOCUMENT["components"][kind]
    }
    assert referred <= there
    assert {name for name in there - referred if "/schemas/" in name} == set()


def test_shapes_have_no_twins() -> None:
    assert [name for name in SCHEMAS if re.search(r"-|__", name)] == []


def test_it_says_what_the_service_is() -> None:
    info = DOCUMENT["info"]
    for field in ("title", "version", "description", "contact", "license", "termsOfService"):
        assert info[field], field
    assert info["license"]["url"].startswith("https://")
    for words in ("Servicenivå", "Begränsningar", "Service level", "Limitations"):
        assert words in info["description"]
    assert DOCUMENT["externalDocs"]["url"].startswith("https://")


def test_every_tag_is_described_and_used() -> None:
    described = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    assert all(described.values())
    assert {tag for _, _, operation in operations() for tag in operation["tags"]} == set(described)


# --- Operations ----------------------------------------------------------------------------------------------------


def test_every_operation_has_its_rule_and_its_own_name() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    assert set(names) <= set(RULES)


@everywhere
def test_an_operation_is_described(path: str, method: str, operation: Json) -> None:
    assert method in METHODS
    assert operation["summary"].strip()
    assert not operation["summary"].endswith(".")
    assert len(operation["description"]) > 10
    assert operation["description"].rstrip().endswith(".")
    for status in operation["responses"]:
        assert answer(operation, status)["description"], (path, status)
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter["name"]


@everywhere
def test_who_is_signed_in_is_stated(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """SAK.09/10, DOK.21: bearer tokens, and an empty list where none is needed."""
    public = PUBLIC in RULES[operation["operationId"]].who
    if TOKEN_HOLDER in RULES[operation["operationId"]].who:
        # A token in the body is no scheme that a document could name.
        assert operation["security"] == [{"surveyToken": []}, *([{}] if method == "post" else [])]
        assert "401" in operation["responses"]
        return
    assert operation["security"] in ([[], [{}, {"bearerAuth": []}]] if public else [[{"bearerAuth": []}]])
    assert ("401" in operation["responses"]) or public


@everywhere
def test_a_refusal_is_a_problem(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """FEL.01/02: application/problem+json, one shape, for everything from 400 on."""
    refusals = [status for status in operation["responses"] if status >= "400"]
    assert {"400", "422", "500"} <= set(refusals)
    for status in refusals:
        assert operation["responses"][status] == {"$ref": f"#/components/responses/Problem{status}"}
        content = answer(operation, status)["content"]
        assert list(content) == ["application/problem+json"]
        body = content["application/problem+json"]
        assert body["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert body["example"]["status"] == int(status)


@everywhere
def test_the_refusals_fit_the_operation(path: str, method: str, operation: Json) -> None:
    parameters = {(each["in"], each["name"]) for each in operation["parameters"]}
    refusals = {status for status in operation["responses"] if status >= "400"}
    assert ("404" in refusals) >= ("{" in path)
    assert ("415" in refusals) == ("requestBody" in operation)
    changes = ("header", "If-Match") in parameters
    assert ({"412", "428"} <= refusals) == changes
    assert not ({"412", "428"} & refusals) or changes
    of_respondents = TOKEN_HOLDER in RULES[operation["operationId"]].who  # an early, a late, a used token
    in_some_states = of_respondents or operation["operationId"] in OF_SOME_STATES
    assert ("409" not in refusals) or method != "get" or in_some_states
    if method in {"patch", "put", "delete"} or (path.endswith(("/transitions", "/approvals")) and method == "post"):
        assert changes, "a change needs If-Match"
    if method == "post" and not of_respondents and PUBLIC not in RULES[operation["operationId"]].who:
        assert ("header", "Idempotency-Key") in parameters
    for parameter in operation["parameters"]:
        assert parameter["required"] == (parameter["in"] == "path" or parameter["name"] == "If-Match")


@everywhere
def test_every_example_fits_its_shape(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """DOK.15: an example of each body and parameter, and it validates."""
    bodies = [("request", operation.get("requestBody", {}).get("content", {}))]
    bodies += [(status, answer(operation, status).get("content", {})) for status in operation["responses"]]
    for where, content in bodies:
        for media_type, body in content.items():
            given = [each["value"] for each in body.get("examples", {}).values()]
            examples = given or [body["example"] if "example" in body else resolved(body["schema"])["example"]]
            for example in examples:
                assert faults(body["schema"], example) == [], (where, media_type)
    for parameter in operation["parameters"]:
        example = parameter["schema"].get("example")
        if example is None:
            assert {"default", "enum"} & parameter["schema"].keys() or parameter["in"] == "query", parameter["name"]
        else:
            assert faults(parameter["schema"], example) == [], parameter["name"]


@everywhere
def test_what_is_made_links_to_what_can_be_done_with_it(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """MOG.02: from creation to reading, changing and removing, where the thing has an address of its own."""
    created = answer(operation, "201") if "201" in operation["responses"] else {}
    by_id = {other["operationId"]: where for where, _, other in operations()}
    if created:
        # What is in the ballot box has no address.
        assert ("Location" in created["headers"]) == (operation["operationId"] not in WITHOUT_ADDRESS)
    for link in created.get("links", {}).values():
        assert link["operationId"] in by_id
        (parameter,) = link["parameters"]
        assert f"{{{parameter}}}" in by_id[link["operationId"]]
        assert link["parameters"][parameter] == "$response.body#/id"
    shape = created.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    readers = [
        other["operationId"]
        for where, verb, other in operations()
        if verb == "get"
        and re.fullmatch(r"/[a-z-]+/\{\w+\}", where)
        and answer(other, "200").get("content", {}).get("application/json", {}).get("schema", {}).get("$ref") == shape
    ]
    if shape and readers:
        assert {link["operationId"] for link in created["links"].values()} & set(readers)


@everywhere
def test_the_trace_goes_in_and_out(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """SPA.02/04."""
    assert "traceparent" in {each["name"] for each in operation["parameters"] if each["in"] == "header"}
    for status in operation["responses"]:
        assert status == "304" or "traceparent" in answer(operation, status)["headers"]


@everywhere
def test_lists_are_paged_and_single_things_versioned(path: str, method: str, operation: Json) -> None:
    """FNS.07–09: page from 1, limit 20 of at most 100, together, on everything that answers a page."""
    query = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "query"}
    shape: Json = next(
        (answer(operation, s).get("content", {}) for s in ("200", "201") if s in operation["responses"]), {}
    )
    schema = resolved(shape.get("application/json", {}).get("schema", {}))
    paged = "_meta" in schema.get("properties", {})
    assert paged == ({"page", "limit"} <= query.keys())
    if paged:
        assert method == "get"
        assert (query["page"]["default"], query["limit"]["default"], query["limit"]["maximum"]) == (1, 20, 100)
        assert schema["required"] == ["items", "_meta", "_links"]
    elif "version" in schema.get("properties", {}):
        success = next(status for status in operation["responses"] if status < "300")
        assert "ETag" in answer(operation, success)["headers"], path
        assert "_links" in schema["properties"]


# --- The national profile's rules on names ------------------------------------------------------------------------


@everywhere
def test_addresses_are_plain_nouns_in_plural(path: str, method: str, operation: Json) -> None:
    """UFN.07–09, RES.06: a–z and single hyphens; no verbs; every collection in the plural."""
    for step in path.strip("/").split("/"):
        if step.startswith("{"):
            assert re.fullmatch(r"\{[a-z]+([A-Z][a-z]+)*Id\}", step), step
            continue
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", step), step
        assert not re.match(r"(get|list|create|update|delete|post|set|do)-", step)
        if step not in {"me", "auth", "api-info", "overview", "people"} and "{" in path and step == path.split("/")[1]:
            assert step.endswith("s"), step
    in_path = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", path)), method


@everywhere
def test_parameters_are_camel_case_and_hold_no_personal_number(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """FNS.01–05, RES.02, SAK.15: optional, camelCase from a letter on; no personal number, no key, no secret."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "query":
            assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", parameter["name"]), parameter["name"]
            assert parameter["required"] is False
        if parameter["in"] in {"query", "path"}:
            forbidden = r"person(al)?.?(number|nummer|id$)|ssn|pnr|password|secret|token|api.?key|union|member"
            allowed = parameter["in"] == "path" and parameter["name"] == "personId"
            assert allowed or not re.search(forbidden, parameter["name"], re.IGNORECASE), parameter["name"]
        assert parameter["in"] != "cookie"


def test_versions_and_servers() -> None:
    """VER.05/06, SAK.16: https, the major version in the address, api-info there."""
    for server in DOCUMENT["servers"]:
        assert re.fullmatch(r"https://.*/v1", server["url"])
    assert DOCUMENT["info"]["version"].startswith("1.")
    info = resolved(answer(DOCUMENT["paths"]["/api-info"]["get"], "200")["content"]["application/json"]["schema"])
    assert {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"} <= set(info["properties"])


def test_the_only_schemes_are_bearer_tokens() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert set(schemes) == {"bearerAuth", "surveyToken"}
    assert {(scheme["type"], scheme["scheme"]) for scheme in schemes.values()} == {("http", "bearer")}
    assert DOCUMENT["security"] == [{"bearerAuth": []}]


# OAuth's own names (RFC 6749) are the one exception: clients and libraries expect them.
_OAUTH = {"access_token", "token_type", "expires_in", "refresh_token", "grant_type", "client_id", "client_secret"}


def test_fields_are_camel_case_with_letters_only() -> None:
    """AME.04/05."""
    odd = [f"{shape}.{field}" for shape, field, _ in properties() if not re.fullmatch(r"_?[a-z]+([A-Z][a-z]*)*", field)]
    assert [name for name in odd if name.split(".")[1] not in _OAUTH] == []


def test_lists_are_named_in_the_plural() -> None:
    """AME.06."""
    singular = [
        f"{shape}.{field}"
        for shape, field, part in properties()
        for option in [part, *part.get("anyOf", [])]
        if resolved(option).get("type") == "array" and not re.search(r"(s|people|children|data|attendance)$", field)
    ]
    assert singular == []


def test_dates_have_one_example_in_rfc_3339() -> None:
    """DOT.02/04."""
    checked = 0
    for place, node in nodes(DOCUMENT):
        if isinstance(node, dict) and node.get("format") in {"date", "date-time"} and node.get("type") == "string":
            form = r"\d{4}-\d\d-\d\d" + (
                r"T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)" if "time" in node["format"] else ""
            )
            assert re.fullmatch(form, node["example"]), place
            checked += 1
        assert not (isinstance(node, dict) and isinstance(node.get("examples"), list)), place
    for shape, field, part in properties():
        if any(option.get("format") in {"date", "date-time"} for option in part.get("anyOf", [])):
            assert "example" in part, f"{shape}.{field}"
    assert checked > 1


def test_every_shape_has_words_and_an_example_that_fits() -> None:
    for name, schema in SCHEMAS.items():
        assert faults({"$ref": f"#/components/schemas/{name}"}, schema["example"]) == [], name
        if schema["type"] == "object":
            assert schema.get("description"), name
            assert schema["additionalProperties"] is False or name not in SCHEMAS, name


def test_examples_say_something() -> None:
    """A text field's example is a word of this world, not the word text."""
    bare = [
        f"{shape}.{field}"
        for shape, field, part in properties()
        if SCHEMAS[shape]["example"].get(field) in ("text", ["text"]) and "example" not in part
    ]
    assert bare == []


# --- Problems -------------------------------------------------------------------------------------------------------


def test_every_reason_has_words_in_both_languages_and_none_is_left_over() -> None:
    assert set(PROBLEMS) == {code.value for code in Code} | PROTOCOL
    for code, text in PROBLEMS.items():
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", code)
        assert 400 <= text.status <= 503
        for language in ("sv", "en"):
            title, detail = text.title[language], text.detail[language]
            assert title, code
            assert detail.endswith((".", "?")), code
            assert not title.endswith("."), code
        assert text.title["sv"] != text.title["en"], code
    assert SCHEMAS["Problem"]["properties"]["code"]["enum"] == sorted(PROBLEMS)


def test_every_status_a_reason_has_is_documented_somewhere() -> None:
    documented = {int(name.removeprefix("Problem")) for name in DOCUMENT["components"]["responses"]}
    assert {text.status for text in PROBLEMS.values()} <= documented


def test_words_about_fields_are_whole_in_both_languages() -> None:
    for kind, text in FIELD_TEXTS.items():
        assert set(text) == {"sv", "en"}, kind
        assert set(re.findall(r"\{\w+\}", text["sv"])) == set(re.findall(r"\{\w+\}", text["en"])), kind
        assert text["sv"] != text["en"], kind


def test_a_problems_type_is_an_address() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        for body in response["content"].values():
            assert re.fullmatch(re.escape(TYPE_ROOT) + r"[a-z]+(-[a-z]+)*", body["example"]["type"])


def test_the_version_and_its_day_are_the_same_wherever_they_stand() -> None:
    assert tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"] == VERSION
    published = Path("publiccode.yml").read_text().splitlines()
    assert f"softwareVersion: {VERSION}" in published
    assert f'releaseDate: "{RELEASED}"' in published
