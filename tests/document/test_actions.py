"""`allowedActions` and `_links`: for each kind of thing what there is to do, the reasons against it, and the links."""

import re

import pytest

from app.services.agreement import RULES
from app.services.beyond_the_table import BEYOND_THE_TABLE, NEVER_TOLD
from app.services.errors import Code
from tests.document.reading import SCHEMAS, Json, answer, operations, resolved

SHOWING = {
    name: schema["properties"] for name, schema in SCHEMAS.items() if "allowedActions" in schema.get("properties", {})
}
WITHOUT = {
    *("AuditEntryRead", "DestructionLogEntryRead", "DeactivationReleaseRead", "MethodTextsRead"),
    *("InspirationItemRead", "ProcessGuideRead", "CentralAggregateRead", "GroupReminderRead"),
    *("ServiceClientMeRead", "SurveyInvitationBatchRead", "SurveyReminderRead", "WebhookDeliveryRead"),
}
"""Shapes of things that nobody changes once they are there, at least not as themselves."""

OF_OTHERS = {"SurveyUnlocksRead": {"unlock_survey_round"}}
"""Shapes that show one change of another thing."""


def _read_as(name: str) -> str | None:
    """The operation that reads such a thing alone."""
    return next(
        (
            operation["operationId"]
            for _, method, operation in operations()
            if method == "get"
            and "200" in operation["responses"]
            and answer(operation, "200").get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
            == f"#/components/schemas/{name}"
        ),
        {"MeRead": "read_person"}.get(name),
    )


def _actions_in(properties: Json) -> Json:
    return resolved(properties["allowedActions"]["items"])


@pytest.mark.parametrize("name", sorted(set(SHOWING) - WITHOUT))
def test_the_actions_are_the_changes_that_there_are(name: str) -> None:
    reader = _read_as(name)
    assert reader is not None
    kind = RULES[reader].on
    changes = {each for each, rule in RULES.items() if rule.on is kind and not rule.reads}
    shape = _actions_in(SHOWING[name])
    named = resolved(shape["properties"]["action"])
    assert set(named["enum"]) == set(shape["x-reasons"]) == OF_OTHERS.get(name, changes)
    assert named["x-may-grow"], "clients of today meet what will be possible tomorrow"
    for each in named["enum"]:
        assert re.search(rf"^- `{each}`: .+$", named["description"], re.MULTILINE), each


@pytest.mark.parametrize("name", sorted(set(SHOWING) - WITHOUT))
def test_the_reasons_are_those_of_the_table(name: str) -> None:
    shape = _actions_in(SHOWING[name])
    (reasons,) = (
        [resolved(option)]
        for option in shape["properties"]["reason"].get("anyOf", [{"enum": []}])
        if option.get("type") != "null"
    )
    every = {reason for those in shape["x-reasons"].values() for reason in those}
    assert set(reasons[0]["enum"]) == every
    for reason in every:
        assert re.search(rf"^- `{reason}`: .+$", reasons[0]["description"], re.MULTILINE), reason
    for action, those in shape["x-reasons"].items():
        of_table = {condition.reason for condition in RULES[action].while_} | {Code.NOT_YOUR_ROLE}
        assert set(those) <= {code.value for code in of_table | BEYOND_THE_TABLE.get(action, {}).keys()}
        told = {condition.reason for condition in RULES[action].while_} - NEVER_TOLD.get(action, frozenset())
        assert {code.value for code in told} <= set(those)


@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_where_nothing_can_be_done_the_list_is_empty(name: str) -> None:
    assert SHOWING[name]["allowedActions"]["maxItems"] == 0


@pytest.mark.parametrize(
    "name", sorted(name for name, schema in SCHEMAS.items() if "_links" in schema.get("properties", {}))
)
def test_every_link_has_a_name_that_is_documented(name: str) -> None:
    """HYP.01, HYP.18, HYP.19."""
    links = resolved(SCHEMAS[name]["properties"]["_links"])
    if links.get("type") == "object":  # of a list
        shown = [resolved(option) for part in links["properties"].values() for option in part.get("anyOf", [part])]
        shapes = [shape for shape in shown if shape.get("type") != "null"]
    else:
        assert name == "Changes" or links["minItems"] == 1
        shapes = [resolved(links["items"])]
    for shape in shapes:
        relations = resolved(shape["properties"]["rel"])
        assert "self" in relations["enum"]
        for relation in relations["enum"]:
            assert re.search(rf"^- `{relation}`: .+$", relations["description"], re.MULTILINE), relation
        assert set(shape["required"]) == {"href", "rel", "method"}
