"""What makes a template ready to be published; merge patches; the words for search."""

from typing import Any

import pytest

from app.models.columns import Language
from app.models.template_content import TemplateContent
from app.services.pack_reading import read_pack, shipped
from app.services.template_content import faults, merged, words, written


@pytest.fixture
def content() -> dict[str, Any]:
    return written(read_pack(shipped()).templates[0].content)


def found(content: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code.value) for fault in faults(TemplateContent.model_validate(content))]


def test_a_shipped_template_has_no_faults(content: dict[str, Any]) -> None:
    assert found(content) == []


def test_every_missing_text_is_named_with_its_language(content: dict[str, Any]) -> None:
    content["purpose"]["en"] = None
    content["steps"][2]["questions"][0]["text"]["sv"] = None
    content["participants"]["parties"]["en"] = None
    assert found(content) == [
        ("/purpose/en", "templateTextMissing"),
        ("/participants/parties/en", "templateTextMissing"),
        ("/steps/2/questions/0/text/sv", "templateTextMissing"),
    ]


def test_only_the_languages_it_claims_are_asked_for(content: dict[str, Any]) -> None:
    content["languages"] = ["sv"]
    content["title"]["en"] = None
    assert found(content) == []


def test_what_does_not_fit_together_is_named(content: dict[str, Any]) -> None:
    content["totalMinutes"] += 1
    content["participants"]["groupSize"] = {"min": 9, "max": 8}
    content["steps"][3]["order"] = 9
    content["steps"][4]["questions"][0]["id"] = "q1"
    assert found(content) == [
        ("/totalMinutes", "templateMinutesDiffer"),
        ("/participants/groupSize", "templateGroupSizeReversed"),
        ("/steps/3/order", "templateStepsOutOfOrder"),
        ("/steps/4/questions/0/id", "templateQuestionRepeated"),
    ]


def test_a_patch_reaches_down_to_the_single_language(content: dict[str, Any]) -> None:
    before = written(TemplateContent.model_validate(content))
    patch = {"title": {"en": None}, "participants": {"groupSize": {"max": 6}}, "variants": []}
    after = merged(content, patch)
    assert content == before
    assert after["title"] == {"sv": before["title"]["sv"], "en": None}
    assert after["participants"] == before["participants"] | {"groupSize": {"min": 4, "max": 6}}
    assert after["variants"] == []
    assert {name for name in after if after[name] != before[name]} == {"title", "participants", "variants"}


def test_words_are_those_of_one_language(content: dict[str, Any]) -> None:
    assert "Vad är ett väl utfört arbete hos oss?" in words(content, Language.SWEDISH)
    assert "What is work well done" in words(content, Language.ENGLISH)
    assert "Vad är" not in words(content, Language.ENGLISH)
