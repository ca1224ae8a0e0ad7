"""Each linter finds nothing in a small copy of the document, and each of these faults in a broken one.

Run by `make contract`, before the linters read the document itself.
"""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.contract import document
from tests.contract_tools import HERE, LINTERS, LinterBroke, redocly, spectral

Json = dict[str, Any]
PATHS = ("/api-info", "/me", "/organisations/{organisationId}", "/survey-forms/current")


def small() -> Json:
    """The document with a few paths, and the components that these need."""
    whole = document()
    paths = {path: deepcopy(whole["paths"][path]) for path in PATHS}
    for operation in (each for item in paths.values() for each in item.values()):
        for response in operation["responses"].values():
            response.pop("links", None)  # they lead to operations that are not here
    components: Json = {"securitySchemes": whole["components"]["securitySchemes"], "schemas": {}, "responses": {}}
    waiting = [paths]
    while waiting:
        for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(waiting.pop())):
            if name not in components[kind]:
                components[kind][name] = whole["components"][kind][name]
                waiting.append(components[kind][name])
    used = {tag for item in paths.values() for operation in item.values() for tag in operation["tags"]}
    made = {key: value for key, value in whole.items() if key != "webhooks"}
    made["tags"] = [tag for tag in whole["tags"] if tag["name"] in used]
    return deepcopy(made | {"paths": paths, "components": components})


def _undescribed(document: Json) -> None:
    del document["paths"]["/me"]["get"]["description"]


def _untagged(document: Json) -> None:
    document["tags"] = [tag for tag in document["tags"] if tag["name"] not in document["paths"]["/me"]["get"]["tags"]]


def _lying_example(document: Json) -> None:
    document["components"]["schemas"]["ApiInfo"]["example"]["apiReleased"] = 7


def _twice(document: Json) -> None:
    document["paths"]["/me"]["get"]["operationId"] = "read_api_info"


def _no_refusal(document: Json) -> None:
    responses = document["paths"]["/me"]["get"]["responses"]
    document["paths"]["/me"]["get"]["responses"] = {key: responses[key] for key in responses if key < "400"}


def _open_to_all(document: Json) -> None:
    del document["security"]
    del document["paths"]["/me"]["get"]["security"]


def _not_openapi(document: Json) -> None:
    document["paths"]["/me"]["get"]["responses"]["200"] = "yes"


def _unused(document: Json) -> None:
    document["components"]["schemas"]["Nobody"] = {"type": "string", "example": "x"}


FAULTS: dict[Callable[[Json], None], dict[str, str]] = {
    _undescribed: {"spectral": "operation-description"},
    _untagged: {"spectral": "operation-tag-defined"},
    _lying_example: {"spectral": "oas3-valid-schema-example", "redocly": "no-invalid-schema-examples"},
    _twice: {"spectral": "operation-operationId-unique", "redocly": "operation-operationId-unique"},
    _no_refusal: {"redocly": "operation-4xx-response"},
    _open_to_all: {"redocly": "security-defined"},
    _not_openapi: {"spectral": "oas3-schema", "redocly": "struct"},
    _unused: {"spectral": "oas3-unused-component", "redocly": "no-unused-components"},
}
"""What is done to the document, and the rules of each linter that say so."""


@pytest.mark.parametrize("linter", LINTERS, ids=lambda each: each.__name__)
def test_a_linter_finds_nothing_in_the_copy_and_every_fault_in_the_broken_ones(
    linter: Callable[[list[Path]], list[str]], tmp_path: Path
) -> None:
    copies = {"sound.json": small()}
    for break_it in FAULTS:
        copies[f"{break_it.__name__}.json"] = broken = small()
        break_it(broken)
    for name, copy in copies.items():
        (tmp_path / name).write_text(json.dumps(copy, ensure_ascii=False), encoding="utf-8")
    told = linter([tmp_path / name for name in copies])
    found = {name: {line.split()[2] for line in told if line.startswith(f"{name} ")} for name in copies}
    expected = {
        f"{fault.__name__}.json": rules[linter.__name__] for fault, rules in FAULTS.items() if linter.__name__ in rules
    }
    assert found["sound.json"] == set()
    assert {name for name, rule in expected.items() if rule not in found[name]} == set(), found


@pytest.mark.parametrize("linter", LINTERS, ids=lambda each: each.__name__)
def test_a_document_that_is_not_there_is_no_document_without_problems(
    linter: Callable[[list[Path]], list[str]], tmp_path: Path
) -> None:
    try:
        told = linter([tmp_path / "nowhere.json"])
    except LinterBroke:
        return
    assert told


def test_no_rule_is_switched_off() -> None:
    said = "".join((HERE / name).read_text(encoding="utf-8") for name in ("spectral.yaml", "redocly.yaml"))
    lines = [line for line in said.splitlines() if not line.startswith("#")]
    assert lines == ['extends: ["spectral:oas"]', "extends: [recommended-strict]", 'telemetry: "off"']
    assert list(HERE.glob("*ignore*")) == []
    assert (spectral, redocly) == LINTERS
