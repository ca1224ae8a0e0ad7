"""docs/rest-api-profile.md answers every requirement once, and names tests that are there."""

import re
from pathlib import Path

from tests.rest_api_profile.rules import RULES
from tests.test_security import is_there

PAGE = Path("docs/rest-api-profile.md").read_text()
REQUIREMENTS = dict(
    line.split("\t")[:2] for line in (Path(__file__).parent / "requirements.tsv").read_text().splitlines()[1:]
)
ANSWERS = {"met", "the operator's", "departed from", "not applicable"}
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if re.match(r"\| [A-Z]{3}\.\d\d ", line)
]
RULE = "`rest_api_profile/test_rules.py::test_the_document_keeps_the_rule`"


def test_every_requirement_is_answered_once_at_its_level() -> None:
    assert [(row[0], row[1]) for row in ROWS] == list(REQUIREMENTS.items())
    assert len(ROWS) == 151
    for row in ROWS:
        assert len(row) == 5, row
        assert row[2] in ANSWERS, row
        assert row[3].endswith("."), row


def test_the_only_must_that_is_departed_from_is_oauths() -> None:
    assert {row[0] for row in ROWS if row[1].startswith("SKALL") and row[2] == "departed from"} == {"AME.05"}


def test_what_is_met_is_shown_by_tests_that_are_there() -> None:
    for row in ROWS:
        named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", row[4])
        assert named or row[2] != "met", row
        for file, test in named:
            assert is_there(f"{file}::{test}"), (row[0], test)


def test_the_page_and_the_rules_name_the_same_requirements() -> None:
    by_rule = {each for ids in RULES for each in ids.split()} & set(REQUIREMENTS)
    assert {row[0] for row in ROWS if RULE in row[4]} == by_rule


def test_the_numbers_at_the_top_are_right() -> None:
    numbers = {answer: sum(row[2] == answer for row in ROWS) for answer in ANSWERS}
    told = re.search(r"(\d+) are met,\s(\d+) are the operator's to meet, (\d+) are departed from, and (\d+) is", PAGE)
    assert told is not None
    order = ("met", "the operator's", "departed from", "not applicable")
    assert [int(number) for number in told.groups()] == [numbers[each] for each in order]
