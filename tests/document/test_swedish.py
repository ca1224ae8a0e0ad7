"""The document in Swedish: every text has its Swedish, and nothing but the texts differs."""

import json
import re
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.document.language import (
    CATALOGUES,
    catalogue,
    in_swedish,
    is_bilingual,
    left_over,
    texts,
    untranslated,
)
from tests.document.reading import DOCUMENT

Json = dict[str, Any]

SWEDISH = in_swedish(DOCUMENT)
FILES = sorted(CATALOGUES.glob("*.json"))
ENGLISH = [node[key] for node, key in texts(DOCUMENT)]


def test_every_text_has_its_swedish() -> None:
    missing = untranslated(DOCUMENT)
    assert missing == [], "run: larande openapi texts"


def test_no_swedish_is_left_of_texts_that_are_gone() -> None:
    assert left_over(DOCUMENT) == [], "run: larande openapi texts"


def test_each_text_is_translated_in_one_place() -> None:
    counted: Counter[str] = Counter()
    for file in FILES:
        pairs: list[tuple[str, str]] = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=list)
        counted.update(english for english, _ in pairs)
    assert [english for english, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_catalogue_is_written_in_order_of_the_program(file: Any) -> None:
    """One form, so that two people's changes meet line by line."""
    text = file.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


def marks(text: str) -> Counter[str]:
    """What a program reads: names in backticks, numbers of standards, methods with their paths."""
    found = re.findall(r"`[^`]+`|\b(?:RFC \d+|SHA-256|[A-Z]+ /[\w/{}-]+|If-Match|Retry-After|Idempotency-Key)\b", text)
    return Counter(found)


def test_what_programs_read_is_the_same_in_both_languages() -> None:
    differ = {english: swedish for english, swedish in catalogue().items() if marks(english) != marks(swedish)}
    assert differ == {}


def test_the_swedish_is_swedish() -> None:
    for english, swedish in catalogue().items():
        assert swedish.strip() == swedish != english, english
        assert bool(re.search(r"[.:!?]$", swedish)) == bool(re.search(r"[.:!?]$", english)), english
        assert swedish.count("\n\n") == english.count("\n\n"), english
        leaves = re.sub(r"`[^`]+`", "", swedish)
        assert not re.search(r"\b(the|of|is|are|and|with|from|which|this|that)\b", leaves), swedish
        assert not re.search(r"(?<![\w|-])\"", leaves), f"Swedish quotation marks are ”: {swedish}"
        assert "  " not in swedish, swedish


def stripped(document: Json) -> Json:
    """The document without its texts."""
    copy = deepcopy(document)
    for node, key in list(texts(copy)):
        node[key] = ""
    return copy


def test_only_texts_differ() -> None:
    assert stripped(SWEDISH) == stripped(DOCUMENT)
    assert [key for _, key in texts(SWEDISH)] == [key for _, key in texts(DOCUMENT)]
    same = {a for a, b in zip(ENGLISH, (node[key] for node, key in texts(SWEDISH)), strict=True) if a == b}
    assert [text for text in same if not is_bilingual(text)] == []


def test_the_swedish_document_is_valid_too() -> None:
    OpenAPIV31SpecValidator(SWEDISH).validate()


def test_every_tag_is_described_in_both_languages() -> None:
    english = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    swedish = {tag["name"]: tag["description"] for tag in SWEDISH["tags"]}
    assert english.keys() == swedish.keys()
    assert all(swedish[name] != english[name] for name in english)


# --- The mechanism, with a document of its own ------------------------------------------------------------------


def test_what_looks_like_a_text_and_is_none_is_left_alone() -> None:
    small = {
        "description": "The unit.",
        "example": {"description": "The unit.", "summary": "The unit."},
        "examples": {"one": {"summary": "The unit.", "value": {"description": "The unit."}}},
        "properties": {
            "description": {"type": "string", "description": "The unit.", "default": "The unit."},
            "value": {"type": "string", "description": "The unit."},
            "example": {"type": "object", "properties": {"summary": {"description": "The unit.", "type": "string"}}},
        },
        "enum": ["The unit."],
        "responses": {"204": {"description": "The unit."}, "default": {"description": "The unit."}},
    }
    known = catalogue()["The unit."]
    swedish = in_swedish(small)
    assert json.dumps(swedish, ensure_ascii=False).count(known) == 7
    assert swedish["example"] == small["example"]
    assert swedish["examples"]["one"] == {"summary": known, "value": {"description": "The unit."}}
    assert swedish["properties"]["description"]["default"] == "The unit."
    assert swedish["properties"]["example"]["properties"]["summary"]["description"] == known
    assert small["description"] == "The unit.", "the English one is not touched"


def test_a_text_without_swedish_is_found_and_stays_english() -> None:
    small = {"description": "As asked. Nobody has said this.", "summary": "As asked. Sign in or renew."}
    assert untranslated(small) == ["Nobody has said this."]
    assert in_swedish(small)["description"] == "Som begärt. Nobody has said this."
    assert in_swedish(small)["summary"] == f"Som begärt. {catalogue()['Sign in or renew']}."


def test_a_list_of_names_is_put_together_of_what_they_mean() -> None:
    english = "The unit.\n\n- `sign_in`: Sign in or renew\n- `notFound`: Not found\n- `invented`: The party."
    known = catalogue()
    swedish = f"{known['The unit.']}\n\n- `sign_in`: {known['Sign in or renew']}\n- `notFound`: Finns inte\n"
    assert in_swedish({"description": english})["description"] == f"{swedish}- `invented`: {known['The party.']}"
    assert untranslated({"description": "The unit.\n\n- `x`: Nobody has said this"}) == ["Nobody has said this"]
