"""What a release says around its figures: other organisations (R11), and why something is not shown."""

from typing import Any, cast

import pytest

from app.models.instrument_content import InstrumentContent
from app.services.instrument_content import scheme_of
from app.services.release_content import Surroundings, _organisations, _with_reasons, part_of
from tests.ballot_boxes import a_questionnaire

CONTENT = InstrumentContent.model_validate(a_questionnaire())
SCHEME = scheme_of(CONTENT)


def sums(n: int, mean: float, keys: str = "ABCDEF") -> dict[str, Any]:
    return {key: {"n": n, "sum": n * mean, "sumOfSquares": n * mean * mean, "coded": n * mean} for key in keys}


def beside(*organisations: dict[str, Any]) -> dict[str, Any]:
    around = Surroundings(
        survey_round=cast("Any", None),
        instrument=cast("Any", None),
        content=CONTENT,
        scheme=SCHEME,
        units=[],
        earlier={},
        organisations=organisations,
        templates=[],
    )
    return _organisations(around)


def test_five_other_organisations_are_one_figure_in_steps_of_five() -> None:
    shown = beside(*(sums(20, mean) for mean in (2.0, 3.0, 3.0, 4.0, 4.1)))
    assert shown["status"] == "published"
    # 3.22 on a scale from 1 to 5 is 55.5.
    assert [each["index"] for each in shown["dimensions"]] == [55] * 6
    assert {each["indexBound"] for each in shown["dimensions"]} == {"about"}
    assert "55" in shown["textAlternative"]["en"]
    assert set(shown) == {"status", "dimensions", "textAlternative"}


@pytest.mark.parametrize(
    "organisations",
    [
        [sums(20, 3.0)] * 4,
        [*[sums(15, 3.0)] * 4, sums(61, 3.0)],  # one with more than half
    ],
)
def test_fewer_than_five_or_one_that_dominates_show_nothing(organisations: list[dict[str, Any]]) -> None:
    assert beside(*organisations)["reason"] == "notEnoughOrganisations"


def test_exactly_half_is_not_more_than_half() -> None:
    assert beside(*[sums(15, 3.0)] * 4, sums(60, 3.0))["status"] == "published"


def test_each_dimension_is_counted_by_itself() -> None:
    shown = beside(*[sums(20, 3.0)] * 4, sums(20, 3.0, "AB"))
    assert [each["key"] for each in shown["dimensions"]] == ["A", "B"]


def measure(**parts: Any) -> dict[str, Any]:
    bands = {"favourable": {"percent": 60, "bound": "about"}}
    shown = {"indexBound": "about", "nearlyEveryoneAnswered": False, "interval": {}, "bands": bands}
    return shown | {"points": [], "dontKnow": {}, "favourableInterval": {}} | parts


@pytest.mark.parametrize(
    ("parts", "hidden"),
    [
        ({}, []),
        ({"points": None}, [("points", "notEnoughAnswers")]),
        ({"interval": None}, [("interval", "notEnoughAnswers")]),
        ({"interval": None, "nearlyEveryoneAnswered": True}, [("interval", "nearlyEveryoneAnswered")]),
        ({"interval": None, "indexBound": "atMost"}, [("interval", "endOfScale")]),
        ({"interval": None, "indexBound": "atLeast", "nearlyEveryoneAnswered": True}, [("interval", "endOfScale")]),
        (
            {"bands": None, "favourableInterval": None},
            [("bands", "notEnoughAnswers"), ("favourableInterval", "notEnoughAnswers")],
        ),
        (
            {"bands": {"favourable": {"percent": 90, "bound": "atLeast"}}, "favourableInterval": None},
            [("favourableInterval", "endOfScale")],
        ),
    ],
)
def test_every_gap_has_the_reason_that_can_be_seen(parts: dict[str, Any], hidden: list[tuple[str, str]]) -> None:
    told = _with_reasons(measure(**parts))["hiddenParts"]
    assert [(each["part"], each["reason"]) for each in told] == hidden


def test_a_part_is_canonical_json() -> None:
    part = part_of({"b": "å", "a": {"d": None, "c": [1, True]}})
    assert part.text == '{"a":{"c":[1,true],"d":null},"b":"å"}'
    assert part.content_hash == "c8f289bf1e019c76acff96c318d17028bbf75980cee135a261c0ae753869ce7c"
