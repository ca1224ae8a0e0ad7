"""The examples in the document: there, of this world, and valid."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from app.api.catalogue import ROUTERS
from app.api.document.recorded import composed
from app.models.survey_response import SurveyResponseCreate
from tests.document.reading import (
    DOCUMENT,
    SCHEMAS,
    Json,
    answer,
    everywhere,
    faults,
    nodes,
    operations,
    properties,
    resolved,
)


@everywhere
def test_every_example_fits_its_shape(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """DOK.15: an example of each body and parameter, and it validates."""
    bodies = [("request", operation.get("requestBody", {}).get("content", {}))]
    bodies += [(status, answer(operation, status).get("content", {})) for status in operation["responses"]]
    for where, content in bodies:
        for media_type, body in content.items():
            given = [each["value"] for each in body.get("examples", {}).values()]
            examples = given or [body["example"] if "example" in body else resolved(body["schema"])["example"]]
            for example in examples:
                assert faults(body["schema"], example) == [], (where, media_type)
    for parameter in operation["parameters"]:
        example = parameter["schema"].get("example")
        if example is None:
            assert {"default", "enum"} & parameter["schema"].keys() or parameter["in"] == "query", parameter["name"]
        else:
            assert faults(parameter["schema"], example) == [], parameter["name"]


def test_dates_have_one_example_in_rfc_3339() -> None:
    """DOT.02/04."""
    checked = 0
    for place, node in nodes(DOCUMENT):
        if isinstance(node, dict) and node.get("format") in {"date", "date-time"} and node.get("type") == "string":
            form = r"\d{4}-\d\d-\d\d" + (
                r"T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)" if "time" in node["format"] else ""
            )
            assert re.fullmatch(form, node["example"]), place
            checked += 1
        assert not (isinstance(node, dict) and isinstance(node.get("examples"), list)), place
    for shape, field, part in properties():
        if any(option.get("format") in {"date", "date-time"} for option in part.get("anyOf", [])):
            assert "example" in part, f"{shape}.{field}"
    assert checked > 1


def test_every_shape_has_words_and_an_example_that_fits() -> None:
    for name, schema in SCHEMAS.items():
        assert faults({"$ref": f"#/components/schemas/{name}"}, schema["example"]) == [], name
        if schema.get("type") == "object" and "properties" in schema:
            assert schema.get("description"), name
            assert schema["additionalProperties"] is False, name


def test_examples_say_something() -> None:
    """A text field's example is a word of this world, not the word text."""
    bare = [
        f"{shape}.{field}"
        for shape, field, part in properties()
        if SCHEMAS[shape]["example"].get(field) in ("text", ["text"]) and "example" not in part
    ]
    assert bare == []


# --- The examples as one story ------------------------------------------------------------------------------------


def stories() -> Iterator[tuple[str, Any]]:
    """Every example of a body, with the operation it is of and where."""
    for _, _, operation in operations():
        parts = {"request": operation.get("requestBody", {})} | {
            status: answer(operation, status) for status in operation["responses"] if status < "400"
        }
        for where, part in parts.items():
            for body in part.get("content", {}).values():
                examples = [each["value"] for each in body.get("examples", {}).values()]
                for example in examples or [body.get("example", resolved(body["schema"]).get("example"))]:
                    yield f"{operation['operationId']} {where}", example


def parts_of(example: Any) -> Iterator[Json]:
    """Every object in an example."""
    if isinstance(example, dict):
        yield example
        for each in example.values():
            yield from parts_of(each)
    elif isinstance(example, list):
        for each in example:
            yield from parts_of(each)


def test_an_id_is_of_one_thing_everywhere() -> None:
    """What is the id of a session record in one example is nothing else in another."""
    kinds: dict[str, set[str]] = {}
    for _, example in stories():
        for part in parts_of(example):
            for name, value in part.items():
                if name.endswith("Id") and name not in OF_ANY_KIND and isinstance(value, str) and ID.fullmatch(value):
                    kinds.setdefault(value, set()).add(NOUN_OF.get(name, name.removesuffix("Id")))
            own = next((link for link in part.get("_links") or () if isinstance(link, dict)), None)
            if own is not None and own["rel"] == "self" and (found := HOME.fullmatch(own["href"])):
                kinds.setdefault(found[2], set()).add(HOMES[found[1]])
    assert {value: found for value, found in kinds.items() if len(found) > 1} == {}
    assert len(kinds) > 100


# By the first part of an address, what the id after it is of.
HOMES = {
    path.split("/")[1]: path.split("{")[1].removesuffix("Id}")
    for path in DOCUMENT["paths"]
    if re.fullmatch(r"/[a-z-]+/\{\w+Id\}", path)
}
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HOME = re.compile(r"https://larande\.example/larande/v1/([a-z-]+)/([0-9a-f-]{36})")
# What says elsewhere which kind of thing it names, and what outsiders have given.
OF_ANY_KIND = {"subjectId", "externalId", "clientId", "destroyedId", "messageId"}
NOUN_OF = {
    "facilitatorId": "person",
    "createdById": "person",
    "scopeUnitId": "unit",
    "rootUnitId": "unit",
    "parentId": "unit",
    "derivedFromId": "dialogueTemplate",
    "proposedByPartyId": "party",
    "destroyedRecordId": "sessionRecord",
    "appendixToId": "sessionRecord",
    "heldGroupId": "workingGroup",
    "heldRecordId": "sessionRecord",
    "heldPersonId": "person",
}


def test_nothing_in_an_example_contradicts_the_rest_of_it() -> None:
    """State and the moments that belong to it; what is allowed has no reason why not."""
    checked = Counter[str]()
    for where, example in stories():
        for part in parts_of(example):
            for moment, states in MOMENTS.items():
                if moment in part and "state" in part:
                    assert (part[moment] is not None) == (part["state"] in states), (where, moment, part["state"])
                    checked[moment] += 1
            if part.keys() == {"action", "allowed", "reason"}:
                assert (part["reason"] is None) == part["allowed"], where
                checked["allowed" if part["allowed"] else "forbidden"] += 1
            if {"decision", "statement"} <= part.keys() and part["decision"] == "requestChange":
                assert part["statement"], where
                checked["requestChange"] += 1
            if isinstance(part.get("_meta"), dict):
                assert part["_meta"]["count"] == len(part["items"]) <= part["_meta"]["limit"], where
                checked["list"] += 1
    for thing in (*MOMENTS, "allowed", "forbidden", "requestChange", "list"):
        assert checked[thing] > 0, thing
    assert checked["allowed"] > 150


MOMENTS = {
    "finalAt": {"final"},
    "closedAt": {"closed", "released"},
    "cancelledAt": {"cancelled"},
    "endedAt": {"ended"},
    "heldAt": {"held"},
    "publishedAt": {"published", "retired"},
    "retiredAt": {"retired"},
    "releasedAt": {"released"},
    "openedAt": {"open", "closed", "released"},
    "pausedAt": {"paused"},
    "appliedAt": {"applied"},
}
"""When something happened, and the states in which it has."""


def test_what_can_be_done_is_shown_where_somebody_may_do_something() -> None:
    """A mock that shows no button is no help: in the example of nearly every thing that has actions one is open."""
    closed = set()
    for where, example in stories():
        actions = example.get("allowedActions") if isinstance(example, dict) else None
        if actions and not any(each["allowed"] for each in actions):
            closed.add(where.partition(" ")[0])
    assert closed == NOTHING_LEFT_TO_DO


NOTHING_LEFT_TO_DO = {
    *("apply_import", "close_organisation", "close_party", "close_working_group", "end_service_client"),
    *("lift_legal_hold", "transition_action", "transition_destruction", "transition_failed_job"),
    *("transition_instrument", "transition_survey_amendment"),
}
"""Operations after which the thing is at its end; this may only become less."""


def test_examples_are_of_an_agency_that_does_not_exist() -> None:
    """Reserved names (RFC 2606) and addresses (RFC 5737) alone."""
    for where, example in stories():
        said = json.dumps(example, ensure_ascii=False)
        for host in re.findall(r"https?://([^/\s\"\\:#?]+)", said):
            # What a licence and the two forms of charts are called.
            names = {"creativecommons.org", "www.w3.org", "vega.github.io"}
            assert host.endswith(".example") or host in names, (where, host)
        for address in re.findall(r"[\w.+-]+@([\w.-]+)", said):
            assert address.rstrip(".").endswith(".example"), (where, address)


ROUTES = {
    route.name: route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.body_field
}
READ_BY_THEMSELVES = {"create_survey_response", "create_token", "create_import"}
"""Endpoints that read what is sent without the framework's help."""


def test_what_the_examples_send_is_let_in() -> None:
    """Not by the schema alone: by the model that reads it, with all that it checks."""
    read = set()
    for _, _, operation in operations():
        name, content = operation["operationId"], operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content or name in READ_BY_THEMSELVES:
            continue
        body = content["application/json"]
        example = body["example"] if "example" in body else resolved(body["schema"])["example"]
        field = ROUTES[name].body_field
        assert field is not None
        _, faults_found = field.validate(example, {}, loc=("body",))
        assert not faults_found, (name, faults_found)
        read.add(name)
    assert len(read) > 80
    SurveyResponseCreate.model_validate(dict(stories())["create_survey_response request"])


def test_a_number_is_no_yes_or_no() -> None:
    """The document says boolean; 0 and 1 would be read as one."""
    asked = set()
    for _, _, operation in operations():
        name, content = operation["operationId"], operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content or name in READ_BY_THEMSELVES:
            continue
        shape = resolved(content["application/json"]["schema"])
        field = ROUTES[name].body_field
        assert field is not None
        for each, said in shape.get("properties", {}).items():
            if "boolean" in {one.get("type") for one in (said, *said.get("anyOf", ()))}:
                _, refused = field.validate({**shape["example"], each: 0}, {}, loc=("body",))
                assert [(fault["type"], fault["loc"][1]) for fault in refused] == [("bool_type", each)], name
                asked.add(each)
    assert {"endsOverlap", "freeText"} <= asked


def test_what_the_story_does_not_reach_is_composed_of_what_the_document_says() -> None:
    """So that an operation that is new has a mock and a request before the story is told anew."""
    for path, _, operation in operations():
        made = composed(DOCUMENT, operation["operationId"])
        assert made["path"].count("/") == path.count("/")
        assert "{" not in made["path"]
        parts = (operation.get("requestBody", {}), operation["responses"][made["status"]])
        for part, said in zip(parts, (made.get("sent", {}), made.get("answers", {})), strict=True):
            for kind, example in said.items():
                assert faults(part["content"][kind]["schema"], example) == [], (path, kind)
