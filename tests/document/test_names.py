"""The names in the document, as the national profile asks."""

import re

from tests.document.reading import DOCUMENT, Json, answer, everywhere, properties, resolved


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


def test_fields_are_camel_case_with_letters_only() -> None:
    """AME.04/05. OAuth's own names (RFC 6749) are the one exception: clients and libraries expect them."""
    odd = [f"{shape}.{field}" for shape, field, _ in properties() if not re.fullmatch(r"_?[a-z]+([A-Z][a-z]*)*", field)]
    assert [name for name in odd if not name.startswith("OAuth")] == []


def test_lists_are_named_in_the_plural() -> None:
    """AME.06."""
    singular = [
        f"{shape}.{field}"
        for shape, field, part in properties()
        for option in [part, *part.get("anyOf", [])]
        if resolved(option).get("type") == "array" and not re.search(r"(s|people|children|data|attendance)$", field)
    ]
    assert singular == []
