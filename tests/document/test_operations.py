"""Every operation of the document: described, guarded, linked, paged and refused as the profile asks."""

import re

from app.services.agreement import RULES
from app.services.conditions import PUBLIC, TOKEN_HOLDER
from tests.document.reading import METHODS, Json, answer, everywhere, operations, resolved

# What can be read before something has happened, and not after.
OF_SOME_STATES = {
    "read_archive_package",
    "read_survey_protection",
    "read_survey_results",
    "list_unit_results",
    "read_unit_result",
    "read_unit_trend",
    "read_unit_benchmark",
    "read_survey_round_texts",
}
WITHOUT_ADDRESS = {"create_survey_response", "create_authorisation_request"}


def test_every_operation_has_its_rule_and_its_own_name() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    assert set(names) <= set(RULES)


@everywhere
def test_an_operation_is_described(path: str, method: str, operation: Json) -> None:
    assert method in METHODS
    assert operation["summary"].strip()
    assert not operation["summary"].endswith(".")
    assert len(operation["description"]) > 10
    assert operation["description"].rstrip().endswith(".")
    for status in operation["responses"]:
        assert answer(operation, status)["description"], (path, status)
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter["name"]


@everywhere
def test_who_is_signed_in_is_stated(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """SAK.09/10, DOK.21: bearer tokens, and an empty list where none is needed."""
    public = PUBLIC in RULES[operation["operationId"]].who
    if TOKEN_HOLDER in RULES[operation["operationId"]].who:
        # A token in the body is no scheme that a document could name.
        assert operation["security"] == [{"surveyToken": []}, *([{}] if method == "post" else [])]
        assert "401" in operation["responses"]
        return
    assert operation["security"] in ([[], [{}, {"bearerAuth": []}]] if public else [[{"bearerAuth": []}]])
    assert ("401" in operation["responses"]) or public


@everywhere
def test_a_refusal_is_a_problem(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """FEL.01/02: application/problem+json, one shape, for everything from 400 on."""
    refusals = [status for status in operation["responses"] if status >= "400"]
    assert {"400", "422", "500"} <= set(refusals)
    for status in refusals:
        assert operation["responses"][status] == {"$ref": f"#/components/responses/Problem{status}"}
        content = answer(operation, status)["content"]
        assert list(content) == ["application/problem+json"]
        body = content["application/problem+json"]
        assert body["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert body["example"]["status"] == int(status)


@everywhere
def test_the_refusals_fit_the_operation(path: str, method: str, operation: Json) -> None:
    parameters = {(each["in"], each["name"]) for each in operation["parameters"]}
    refusals = {status for status in operation["responses"] if status >= "400"}
    # Whose reminders an address ends, and whether anybody's, is told to no one.
    assert ("404" in refusals) >= ("{" in path and operation["operationId"] != "unsubscribe_from_reminders")
    assert "415" in refusals  # what is compressed is read nowhere
    changes = ("header", "If-Match") in parameters
    assert ({"412", "428"} <= refusals) == changes
    assert not ({"412", "428"} & refusals) or changes
    of_respondents = TOKEN_HOLDER in RULES[operation["operationId"]].who  # an early, a late, a used token
    in_some_states = of_respondents or operation["operationId"] in OF_SOME_STATES
    assert ("409" not in refusals) or method != "get" or in_some_states
    if method in {"patch", "put", "delete"} or (path.endswith(("/transitions", "/approvals")) and method == "post"):
        assert changes, "a change needs If-Match"
    if method == "post" and not of_respondents and PUBLIC not in RULES[operation["operationId"]].who:
        assert ("header", "Idempotency-Key") in parameters
    for parameter in operation["parameters"]:
        assert parameter["required"] == (parameter["in"] == "path" or parameter["name"] == "If-Match")


@everywhere
def test_what_is_made_links_to_what_can_be_done_with_it(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """MOG.02: from creation to reading, changing and removing, where the thing has an address of its own."""
    created = answer(operation, "201") if "201" in operation["responses"] else {}
    if created:
        # What is in the ballot box has no address.
        assert ("Location" in created["headers"]) == (operation["operationId"] not in WITHOUT_ADDRESS)
    shape = created.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    readers = [
        other["operationId"]
        for where, verb, other in operations()
        if verb == "get"
        and re.fullmatch(r"/[a-z-]+/\{\w+\}", where)
        and answer(other, "200").get("content", {}).get("application/json", {}).get("schema", {}).get("$ref") == shape
    ]
    if shape and readers:
        assert {link["operationId"] for link in created["links"].values()} & set(readers)


@everywhere
def test_the_trace_goes_in_and_out(path: str, method: str, operation: Json) -> None:  # noqa: ARG001
    """SPA.02/04."""
    assert "traceparent" in {each["name"] for each in operation["parameters"] if each["in"] == "header"}
    for status in operation["responses"]:
        assert "traceparent" in answer(operation, status)["headers"]


@everywhere
def test_lists_are_paged_and_single_things_versioned(path: str, method: str, operation: Json) -> None:
    """FNS.07–09: page from 1, limit 20 of at most 100, together, on everything that answers a page."""
    query = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "query"}
    shape: Json = next(
        (answer(operation, s).get("content", {}) for s in ("200", "201") if s in operation["responses"]), {}
    )
    schema = resolved(shape.get("application/json", {}).get("schema", {}))
    paged = "_meta" in schema.get("properties", {})
    assert paged == ({"page", "limit"} <= query.keys())
    if paged:
        assert method == "get"
        assert (query["page"]["default"], query["limit"]["default"], query["limit"]["maximum"]) == (1, 20, 100)
        assert schema["required"] == ["items", "_meta", "_links"]
    elif "version" in schema.get("properties", {}):
        success = next(status for status in operation["responses"] if status < "300")
        assert "ETag" in answer(operation, success)["headers"], path
        always_sent = {"version", "_links", *({"allowedActions"} & schema["properties"].keys())}
        assert always_sent <= set(schema["required"])
