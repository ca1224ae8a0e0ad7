"""The OpenAPI document as a whole: valid, committed and complete. Its parts are tested in tests/document."""

import json
import re
import tomllib
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.api_info import RELEASED, VERSION
from tests import contract
from tests.document.reading import DOCUMENT, SCHEMAS, nodes, operations


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


def test_it_names_once_the_headers_that_no_operation_is_described_with() -> None:
    """But for those of HTTP itself. Whether an answer has others is looked at in every test: tests/contract.py."""
    http = {"content-type", "content-length", "connection", "date", "server"}
    told = DOCUMENT["info"]["description"].lower().replace("`access-control-*`", "access-control-")
    for name in contract.UNTOLD - http:
        assert ("access-control-" if name.startswith("access-control-") else f"`{name}`") in told, name


def test_an_answer_with_a_header_that_is_told_of_nowhere_is_noticed() -> None:
    request = httpx2.Request("GET", f"https://larande.example{contract.BASE}/api-info")
    headers = contract.ALWAYS | {
        "cache-control": "public",
        "traceparent": "00",
        "x-request-id": "1",
        "ratelimit": "1",
        "ratelimit-policy": "1",
    }
    body = DOCUMENT["components"]["schemas"]["ApiInfo"]["example"]
    seen = contract.Seen()
    contract.check(httpx2.Response(200, headers=headers, json=body, request=request), seen)
    assert seen.answers == {"read_api_info 200"}
    with pytest.raises(AssertionError, match=r"carries .*x-more"):
        contract.check(httpx2.Response(200, headers=headers | {"X-More": "1"}, json=body, request=request), seen)
    with pytest.raises(AssertionError, match="RateLimit is longer"):
        contract.check(
            httpx2.Response(200, headers=headers | {"RateLimit": "1" * 101}, json=body, request=request), seen
        )
    without = {name: value for name, value in headers.items() if name != "x-request-id"}
    with pytest.raises(AssertionError, match="lacks X-Request-Id"):
        contract.check(httpx2.Response(200, headers=without, json=body, request=request), seen)


def test_every_tag_is_described_and_used() -> None:
    described = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    assert all(described.values())
    assert {tag for _, _, operation in operations() for tag in operation["tags"]} == set(described)


def test_the_version_and_its_day_are_the_same_wherever_they_stand() -> None:
    assert tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"] == VERSION
    published = Path("publiccode.yml").read_text().splitlines()
    assert f"softwareVersion: {VERSION}" in published
    assert f'releaseDate: "{RELEASED}"' in published
