"""The document keeps the rules of the national profile, and a document that does not is found out."""

import json
from typing import Any

import pytest

from tests.contract import DOCUMENT, document
from tests.rest_api_profile.broken import BREAKING
from tests.rest_api_profile.rules import RULES


@pytest.mark.parametrize("ids", RULES)
def test_the_document_keeps_the_rule(ids: str) -> None:
    assert RULES[ids](document()) == []


@pytest.mark.parametrize(("ids", "number"), [(ids, number) for ids in RULES for number in range(len(BREAKING[ids]))])
def test_a_broken_document_is_found_out(ids: str, number: int) -> None:
    broken: dict[str, Any] = json.loads(DOCUMENT.read_text())
    BREAKING[ids][number](broken)
    assert RULES[ids](broken) != []


def test_every_rule_has_been_broken() -> None:
    assert set(BREAKING) == set(RULES)
