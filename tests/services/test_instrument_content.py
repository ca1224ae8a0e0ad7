"""What an instrument must hold before it is used, how it is scored and sealed, and the schema that others write by."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
import pytest

from app.content_commands import written_schema
from app.models.instrument import InstrumentCreate
from app.models.instrument_content import InstrumentContent
from app.services import ballot
from app.services.instrument_content import (
    faults,
    import_schema,
    layout_of,
    scheme_of,
)
from app.services.scoring import DONT_KNOW, SKIPPED, Scheme, index, score, straight_lined
from tests.instruments import on_a_scale, shipped_instrument
from tests.services.instrument import INSTRUMENT, SCHEME

SCHEMA = Path("openapi/instrument.schema.json")
EXAMPLES: list[dict[str, Any]] = INSTRUMENT["scoring_examples"]

Change = Callable[[Any], Any]


@pytest.fixture
def content() -> dict[str, Any]:
    made: dict[str, Any] = shipped_instrument()["content"]
    return made


def found(content: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code.value) for fault in faults(InstrumentContent.model_validate(content))]


def shipped() -> InstrumentContent:
    return InstrumentCreate.model_validate(shipped_instrument()).content


# --- What is shipped --------------------------------------------------------------------------------------------


def test_the_shipped_instrument_is_the_one_that_was_written(content: dict[str, Any]) -> None:
    """Held against the authors' own file, text by text."""
    source = INSTRUMENT
    assert found(content) == []
    sent = shipped_instrument()
    assert (sent["key"], sent["instrumentVersion"]) == (source["id"], source["version"])
    assert content["title"] == source["title"]
    assert content["description"] == source["short_description"]
    assert content["provenance"] == source["provenance"]
    assert source["licence"].startswith(content["licence"] + " ")
    assert content["languages"] == ["sv", "en"]
    assert content["validation"] == {"validated": False, "text": source["validation_status"]["text"]}
    assert source["validation_status"]["state"] == "not_validated"
    assert content["instruction"] == source["instruction"]
    assert content["privacyNotices"] == source["privacy_notice_key_points"]
    scale = source["response_scale"]
    assert content["scale"] == {"points": scale["labels"], "dontKnow": scale["dont_know"]["label"]}
    assert [point["value"] for point in content["scale"]["points"]] == list(range(scale["min"], scale["max"] + 1))
    assert content["dimensions"] == [
        {
            "key": each["id"],
            "name": each["name"],
            "description": each["description"],
            "climateDimension": each["id"],
        }
        for each in source["dimensions"]
    ]
    asked = {each["id"]: each for each in source["items"]}
    (alone,) = source["standalone_items"]
    assert content["items"][:-1] == [
        {
            "id": item_id,
            "dimensionKey": asked[item_id]["dimension"],
            "reversed": asked[item_id]["reverse"],
            "text": asked[item_id]["text"],
            "purpose": None,
        }
        for item_id in source["presentation_order"]
    ]
    assert sorted(source["presentation_order"]) == sorted(asked)
    last = content["items"][-1]
    assert last | {"purpose": None} == {
        "id": alone["id"],
        "dimensionKey": None,
        "reversed": alone["reverse"],
        "text": alone["text"],
        "purpose": None,
    }
    assert last["purpose"]["en"].translate(str.maketrans("“”", "''")) == alone["purpose"]
    assert content["openQuestions"] == [
        {"id": each["id"], "text": each["text"], "maxCharacters": each["max_chars"]}
        for each in source["open_questions"]
    ]
    zones = content["scoring"].pop("zones")
    assert content["scoring"] == {"minAnsweredItems": 2, "minAnsweredDimensions": 5, "zonesProvisional": True}
    assert [(zone["key"], zone["fromIndex"]) for zone in zones] == [
        ("talkAboutFirst", 0),
        ("explore", 40),
        ("describeWhatWorks", 70),
    ]
    for zone in zones:
        assert f"'{zone['text']['en'].lower()}'" in source["scoring"]["no_cutoffs"]


def test_it_is_scored_as_its_authors_say() -> None:
    """The same six dimensions, the same items turned round, and their worked cases come out, in the order shown."""
    scheme = scheme_of(shipped())
    assert {(item.key, item.dimension, item.reverse) for item in scheme.items} == {
        (item.key, item.dimension, item.reverse) for item in SCHEME.items
    }
    assert [item.key for item in scheme.items] == [*INSTRUMENT["presentation_order"], "G1"]
    assert (scheme.dimensions, scheme.low, scheme.high) == (SCHEME.dimensions, 1, 5)
    assert (scheme.min_items, scheme.min_dimensions) == (2, 5)


@pytest.mark.parametrize("example", EXAMPLES, ids=[each["name"] for each in EXAMPLES])
def test_the_worked_cases_come_out(example: dict[str, Any]) -> None:
    scheme = scheme_of(shipped())
    for missing in (SKIPPED, DONT_KNOW):
        given = [example["answers"].get(item.key) for item in scheme.items]
        answers = np.array([[missing if each is None else each for each in given]], dtype=np.int8)
        scores = score(scheme, answers)
        expected = example["expected"]["dimension_index"]
        wanted = [np.nan if expected[key] is None else expected[key] for key in scheme.dimensions]
        np.testing.assert_allclose(index(scheme, scores.dimensions)[0], wanted, rtol=0, atol=1e-12)
        assert index(scheme, scores.totals)[0] == pytest.approx(example["expected"]["total_index"], abs=1e-12)
        assert straight_lined(scheme, answers).tolist() == ["flag" in example["expected"]]


# --- Faults -----------------------------------------------------------------------------------------------------


def test_every_missing_text_is_named_with_its_language(content: dict[str, Any]) -> None:
    content["title"]["en"] = None
    content["privacyNotices"][4]["sv"] = None
    content["scale"]["points"][2]["label"]["en"] = None
    content["scale"]["dontKnow"]["sv"] = None
    content["items"][18]["purpose"]["en"] = None
    content["scoring"]["zones"][1]["text"]["sv"] = None
    assert found(content) == [
        ("/title/en", "instrumentTextMissing"),
        ("/privacyNotices/4/sv", "instrumentTextMissing"),
        ("/scale/points/2/label/en", "instrumentTextMissing"),
        ("/scale/dontKnow/sv", "instrumentTextMissing"),
        ("/items/18/purpose/en", "instrumentTextMissing"),
        ("/scoring/zones/1/text/sv", "instrumentTextMissing"),
    ]


def test_only_the_languages_it_claims_are_asked_for(content: dict[str, Any]) -> None:
    content["languages"] = ["sv"]
    content["title"]["en"] = None
    assert found(content) == []


def _spoil(path: str, value: Any) -> Change:
    """Put a value at a JSON pointer."""

    def change(content: Any) -> None:
        *way, last = path.strip("/").split("/")
        for step in way:
            content = content[int(step)] if isinstance(content, list) else content[step]
        content[int(last) if isinstance(content, list) else last] = value

    return change


def _without_dimension_b(content: Any) -> None:
    content["items"] = [item for item in content["items"] if item["dimensionKey"] != "B"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_spoil("/scale/points/4/value", 6), [("/scale/points/4/value", "instrumentScaleUneven")]),
        (_spoil("/scale/points/1/value", 1), [("/scale/points/1/value", "instrumentScaleUneven")]),
        (
            lambda content: content["scale"]["points"].reverse(),
            [(f"/scale/points/{place}/value", "instrumentScaleUneven") for place in (1, 2, 3, 4)],
        ),
        (_spoil("/items/7/id", "A1"), [("/items/7/id", "instrumentIdRepeated")]),
        (_spoil("/items/7/id", "F"), [("/items/7/id", "instrumentIdRepeated")]),
        (_spoil("/openQuestions/0/id", "G1"), [("/openQuestions/0/id", "instrumentIdRepeated")]),
        (_spoil("/openQuestions/1/id", "O1"), [("/openQuestions/1/id", "instrumentIdRepeated")]),
        (_spoil("/scoring/zones/2/key", "explore"), [("/scoring/zones/2/key", "instrumentIdRepeated")]),
        (_spoil("/items/7/id", "explore"), []),  # a zone is nothing that is answered or scored
        (
            _spoil("/dimensions/1/key", "A"),
            [
                ("/dimensions/1/key", "instrumentIdRepeated"),
                *[(f"/items/{place}/dimensionKey", "instrumentDimensionUnknown") for place in (1, 7, 13)],
            ],
        ),
        (_spoil("/items/4/dimensionKey", "a"), [("/items/4/dimensionKey", "instrumentDimensionUnknown")]),
        (_spoil("/items/4/dimensionKey", None), []),
        (_without_dimension_b, [("/dimensions/1", "instrumentDimensionEmpty")]),
        (
            _spoil("/dimensions/5/climateDimension", "A"),
            [("/dimensions/5/climateDimension", "instrumentClimateRepeated")],
        ),
        (_spoil("/dimensions/5/climateDimension", None), []),
        (_spoil("/scoring/minAnsweredItems", 3), []),
        (_spoil("/scoring/minAnsweredItems", 4), [("/scoring/minAnsweredItems", "instrumentMinimumTooLarge")]),
        (_spoil("/scoring/minAnsweredDimensions", 6), []),
        (
            _spoil("/scoring/minAnsweredDimensions", 7),
            [("/scoring/minAnsweredDimensions", "instrumentMinimumTooLarge")],
        ),
        (_spoil("/scoring/zones/0/fromIndex", 1), [("/scoring/zones/0/fromIndex", "instrumentZonesOutOfOrder")]),
        (_spoil("/scoring/zones/1/fromIndex", 0), [("/scoring/zones/1/fromIndex", "instrumentZonesOutOfOrder")]),
        (_spoil("/scoring/zones/2/fromIndex", 40), [("/scoring/zones/2/fromIndex", "instrumentZonesOutOfOrder")]),
        (_spoil("/scoring/zones", []), []),
    ],
)
def test_what_contradicts_itself_is_named(
    content: dict[str, Any], change: Change, expected: list[tuple[str, str]]
) -> None:
    change(content)
    assert found(content) == expected


def test_whatever_has_no_fault_can_be_scored(content: dict[str, Any]) -> None:
    """Random instruments: those without a fault have a scheme, those with one in the numbers have none."""
    dice = random.Random(18)  # noqa: S311
    outcomes = []
    for _ in range(400):
        keys = ["A", "B", "C"][: dice.randrange(1, 4)]
        names = [f"i{number}" if dice.random() < 0.95 else dice.choice(["A", "i0"]) for number in range(12)]
        made = content | {
            "dimensions": [content["dimensions"][place] | {"key": key} for place, key in enumerate(keys)],
            "items": [
                content["items"][0] | {"id": name, "dimensionKey": dice.choice([*keys, *keys, None])} for name in names
            ],
            "scoring": content["scoring"]
            | {"minAnsweredItems": dice.randrange(1, 3), "minAnsweredDimensions": dice.randrange(1, 3)},
        }
        good = found(made) == []
        outcomes.append(good)
        if good:
            assert isinstance(scheme_of(InstrumentContent.model_validate(made)), Scheme)
        else:
            with pytest.raises(ValueError, match=r"same key|fewer items|that many"):
                scheme_of(InstrumentContent.model_validate(made))
    assert 50 < sum(outcomes) < 350


# --- Ballots ----------------------------------------------------------------------------------------------------


def test_a_ballot_has_a_byte_for_each_item_and_room_for_agreed_texts(content: dict[str, Any]) -> None:
    content["openQuestions"][1]["maxCharacters"] = 700
    made = InstrumentContent.model_validate(content)
    assert layout_of(made, free_text=False) == ballot.Layout(items=19)
    assert layout_of(made, free_text=True) == ballot.Layout(items=19, text_count=2, max_chars=700)
    content["openQuestions"] = []
    assert layout_of(InstrumentContent.model_validate(content), free_text=True) == ballot.Layout(items=19)


@pytest.mark.parametrize(("lowest", "points"), [(0, 2), (0, 11), (1, 5), (1, 11), (40, 11)])
def test_answers_come_out_of_the_ballot_as_they_went_in(lowest: int, points: int) -> None:
    """Also the zero of a scale that begins there, which is no skipped item."""
    content = InstrumentContent.model_validate(on_a_scale(lowest, points)["content"])
    layout, scheme = layout_of(content, free_text=False), scheme_of(content)
    values = [lowest + place % points for place in range(len(content.items) - 2)]
    sealed = ballot.Ballot(0, (*values, SKIPPED, DONT_KNOW))
    answers = ballot.decode_many(layout, [ballot.encode(layout, sealed)]).answers
    assert answers.dtype == np.int8
    assert answers.tolist() == [[*values, SKIPPED, DONT_KNOW]]
    turned = score(scheme, answers).values[0].tolist()
    assert turned[:-2] == [
        2 * lowest + points - 1 - value if item.reverse else value
        for item, value in zip(scheme.items, values, strict=False)
    ]


# --- The published schema -----------------------------------------------------------------------------------------


def test_the_committed_schema_is_the_programs() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == written_schema(), "run: larande content schema"


def test_the_schema_is_plain_json_schema() -> None:
    schema = import_schema()
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert '"example":' not in json.dumps(schema)
    assert '"examples":' in json.dumps(schema)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (None, None),
        (lambda sent: sent.update(key="Larklimat"), "/key"),
        (lambda sent: sent["content"]["scale"]["points"].__delitem__(slice(1, None)), "/content/scale/points"),
        (
            lambda sent: sent["content"]["scale"]["points"].extend(sent["content"]["scale"]["points"] * 2),
            "/content/scale/points",
        ),
        (lambda sent: sent["content"]["items"][3].pop("reversed"), "/content/items/3"),
        (lambda sent: sent["content"]["items"][3].update(weight=2), "/content/items/3"),
        (lambda sent: sent["content"]["title"].update(sv=""), "/content/title/sv"),
    ],
)
def test_the_schema_says_what_the_import_does(change: Change | None, pointer: str | None) -> None:
    sent = shipped_instrument()
    if change is not None:
        change(sent)
    validator = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    places = ["".join(f"/{step}" for step in fault.instance_path) for fault in validator.iter_errors(sent)]
    assert places == ([] if pointer is None else [pointer])
