"""The recorded examples are what the program answers today: `make examples` plays the story and writes them anew."""

import os

from tests import contract
from tests.recorded_examples import recorded

# What the story does not reach; this may only become less.
UNREACHED: set[str] = set()
ONE_ITEM = {
    *("list_appendices", "list_destruction_log_entries", "list_identity_providers", "list_instruments"),
    *("list_my_identities", "list_survey_reminders", "list_working_group_session_records"),
}
"""Lists of which the story has one item."""


async def test_the_recorded_examples_are_those_of_today() -> None:
    told = recorded.spelled(await recorded.played())
    if "LARANDE_TEST_EXAMPLES" in os.environ:
        recorded.FILE.write_text(told, encoding="utf-8")
    assert recorded.FILE.read_text(encoding="utf-8") == told, "run: make examples"


def test_the_story_reaches_every_operation() -> None:
    operations = {each["operationId"] for item in contract.document()["paths"].values() for each in item.values()}
    told = {name for name, each in recorded.kept()["operations"].items() if "status" in each}
    assert operations - told == UNREACHED


def test_lists_have_two_or_three_items_that_differ() -> None:
    short = set()
    for name, each in recorded.kept()["operations"].items():
        items = each.get("answers", {}).get("application/json", {}).get("items")
        if name.startswith("list_"):
            assert 1 <= len(items) <= 3, name
            assert len({str(item) for item in items}) == len(items), name
            short |= {name} if len(items) == 1 else set()
    assert short == ONE_ITEM
