"""Scoring, held against the instrument's own worked examples and against a plain form of the same rules."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.services.scoring import DONT_KNOW, SKIPPED, STANDALONE, Item, Scheme, index, score, straight_lined
from tests.services import plain_survey
from tests.services.instrument import INSTRUMENT, SCHEME, answers_of

EXAMPLES: list[dict[str, Any]] = INSTRUMENT["scoring_examples"]


@pytest.mark.parametrize("example", EXAMPLES, ids=[each["name"] for each in EXAMPLES])
def test_the_instruments_examples_come_out_as_written(example: dict[str, Any]) -> None:
    for missing in (SKIPPED, DONT_KNOW):
        answers = answers_of(example["answers"], missing=missing)
        scores = score(SCHEME, answers)
        expected = [example["expected"]["dimension_index"][key] for key in SCHEME.dimensions]
        wanted = np.array([np.nan if each is None else each for each in expected])
        np.testing.assert_allclose(index(SCHEME, scores.dimensions)[0], wanted, rtol=0, atol=1e-12)
        assert index(SCHEME, scores.totals)[0] == pytest.approx(example["expected"]["total_index"], abs=1e-12)
        assert straight_lined(SCHEME, answers).tolist() == ["flag" in example["expected"]]


def test_the_instrument_asks_for_two_of_three_items_and_five_of_six_dimensions() -> None:
    everything = {item.key: 4 for item in SCHEME.items}
    two_items: dict[str, int | None] = {**everything, "A1": None}
    one_item: dict[str, int | None] = {**two_items, "A2": None}
    one_each: dict[str, int | None] = {**one_item, "B1": None, "B2": None}
    scores = score(SCHEME, answers_of(two_items, one_item, one_each))
    assert np.isnan(scores.dimensions[:, 0]).tolist() == [False, True, True]
    assert np.isnan(scores.totals).tolist() == [False, False, True]


def test_missing_answers_stay_what_they_are_and_stand_alone_items_count_in_no_score() -> None:
    answers = answers_of({"A1": 2, "A3": 2, "G1": 5})
    answers[0, 1] = DONT_KNOW
    values = score(SCHEME, answers).values[0]
    assert values[:3].tolist() == [2, DONT_KNOW, 4]
    assert values[3] == SKIPPED
    assert score(SCHEME, answers).dimensions[0, 0] == 3.0
    assert SCHEME.standalone == (18,)


def test_random_answers_on_any_scale_are_scored_as_the_plain_form_does() -> None:
    dice = random.Random(18)  # noqa: S311
    for _ in range(500):
        scheme = a_scheme(dice)
        persons = dice.randrange(0, 30)
        possible = [SKIPPED, DONT_KNOW, *range(scheme.low, scheme.high + 1)]
        rows = [[dice.choice(possible) for _ in scheme.items] for _ in range(persons)]
        scores = score(scheme, np.array(rows, dtype=np.int8).reshape(persons, len(scheme.items)))
        groups = [
            [(column, scheme.items[column].reverse) for column in scheme.items_of(dimension)]
            for dimension in range(len(scheme.dimensions))
        ]
        for row, dimensions, total in zip(rows, scores.dimensions, scores.totals, strict=True):
            answers = [None if each < 0 else each for each in row]
            expected, expected_total = plain_survey.person_scores(
                groups, answers, (scheme.low, scheme.high), scheme.min_items, scheme.min_dimensions
            )
            for own, plain in zip([*dimensions, total], [*expected, expected_total], strict=True):
                if plain is None:
                    assert np.isnan(own)
                else:
                    assert own == pytest.approx(float(plain), abs=1e-12)
                    assert (plain * scheme.parts).denominator == 1


def a_scheme(dice: random.Random) -> Scheme:
    low = dice.choice([0, 1])
    sizes = [dice.randrange(2, 6) for _ in range(dice.randrange(1, 8))]
    items = [
        Item(f"{dimension}-{number}", dimension, dice.random() < 0.4)
        for dimension, size in enumerate(sizes)
        for number in range(size)
    ]
    items += [Item(f"alone-{number}", STANDALONE, dice.random() < 0.5) for number in range(dice.randrange(3))]
    dice.shuffle(items)
    return Scheme(
        dimensions=tuple(f"d{number}" for number in range(len(sizes))),
        items=tuple(items),
        low=low,
        high=low + dice.randrange(1, 11),
        min_items=dice.randrange(1, min(sizes) + 1),
        min_dimensions=dice.randrange(1, len(sizes) + 1),
    )


@pytest.mark.parametrize("answer", [0, 6, 9, -3])
def test_an_answer_off_the_scale_is_refused(answer: int) -> None:
    with pytest.raises(ValueError, match="not on the scale"):
        score(SCHEME, answers_of({"A1": answer}))


def test_a_matrix_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="one column for each item"):
        score(SCHEME, answers_of({"A1": 3})[:, :-1])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"dimensions": ("A", "A1", "C", "D", "E", "F")}, "same key"),
        ({"low": -1}, "2 to 11 points"),
        ({"high": 1}, "2 to 11 points"),
        ({"high": 12}, "2 to 11 points"),
        ({"items": (*SCHEME.items, Item("H1", 6))}, "does not exist"),
        ({"min_dimensions": 7}, "that many dimensions"),
        ({"min_dimensions": 0}, "that many dimensions"),
        ({"min_items": 4}, "fewer items"),
        ({"min_items": 0}, "fewer items"),
    ],
)
def test_a_scheme_that_contradicts_itself_is_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        replace(SCHEME, **change)


def test_straight_lines_are_told_from_opinions() -> None:
    lines: dict[str, tuple[dict[str, int | None], bool]] = {
        "all ones": ({item.key: 1 for item in SCHEME.items}, True),
        "two opposites": ({"A1": 4, "A3": 4}, True),
        "the middle throughout": ({item.key: 3 for item in SCHEME.items}, False),
        "no reversed statement answered": ({"A1": 5, "A2": 5, "B1": 5}, False),
        "the stand-alone item decides nothing": ({"A1": 5, "G1": 5}, False),
        "one answer differs": ({**{item.key: 5 for item in SCHEME.items}, "F3": 4}, False),
        "nothing answered": ({}, False),
    }
    answers = answers_of(*(answers for answers, _ in lines.values()))
    assert straight_lined(SCHEME, answers).tolist() == [expected for _, expected in lines.values()]
