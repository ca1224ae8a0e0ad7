"""MOG.02: links from what makes a thing lead to operations that are there, with all that these must be told."""

import re
from typing import Any

import pytest

from tests import stories
from tests.client import Client
from tests.document.reading import DOCUMENT, Json, answer, operations
from tests.world import World

BY_ID = {operation["operationId"]: (path, method, operation) for path, method, operation in operations()}
MAKING = [
    pytest.param(operation, status, id=f"{operation['operationId']}-{status}")
    for _, method, operation in operations()
    if method == "post"
    for status in ("201", "202")
    if status in operation["responses"]
]
WITHOUT = {
    "create_survey_response": "What is in the ballot box can be read by nobody.",
    "create_authorisation_request": "It leads to the identity provider, and is not to be read but gone.",
    "create_interest_registration": "A mail is on its way; what is there already is told to no one.",
    "create_password_reset": "A mail is on its way to somebody, or nobody; which of both is told to no one.",
}
EXPRESSION = re.compile(r"\$response\.(body#/id|header\.ETag)|\$request\.path\.\w+")


@pytest.mark.parametrize(("operation", "status"), MAKING)
def test_what_is_made_leads_on(operation: Json, status: str) -> None:
    made = answer(operation, status)
    links = made.get("links", {})
    assert bool(links) == (operation["operationId"] not in WITHOUT)
    for name, link in links.items():
        path, method, target = BY_ID[link["operationId"]]
        assert name in {f"{method}Result", link["operationId"]}
        given = link.get("parameters", {})
        # In the body's place stands what the caller wants; all else that must be told is known from the answer.
        needed = {each["name"] for each in target["parameters"] if each["in"] == "path"}
        needed |= {"header.If-Match"} if any(each["name"] == "If-Match" for each in target["parameters"]) else set()
        assert set(given) == needed, (name, path)
        for expression in given.values():
            assert EXPRESSION.fullmatch(expression), expression
            if expression == "$response.header.ETag":
                assert "ETag" in made["headers"]
    if links:
        assert "getResult" in links


def test_steps_and_decisions_are_among_them() -> None:
    links = answer(DOCUMENT["paths"]["/working-groups/{workingGroupId}/dialogue-sessions"]["post"], "201")["links"]
    assert {"getResult", "patchResult", "transition_dialogue_session", "create_party_note"} <= links.keys()
    links = answer(DOCUMENT["paths"]["/organisations/{organisationId}/working-groups"]["post"], "201")["links"]
    assert {"getResult", "approve_working_group", "close_working_group"} <= links.keys()


async def _follow(client: Client, link: Json, made: Any) -> int:
    """The status of what a link leads to, asked as it says, with an empty body where there is one."""
    path, method, target = BY_ID[link["operationId"]]
    headers = {}
    for name, expression in link["parameters"].items():
        value = made.json()["id"] if expression == "$response.body#/id" else made.headers["ETag"]
        if name == "header.If-Match":
            headers["If-Match"] = value
        else:
            path = path.replace(f"{{{name}}}", value)
    body: Json | None = {} if "requestBody" in target else None
    return (await client.request(method.upper(), path, headers=headers, json=body)).status_code


async def test_links_lead_where_they_say(world: World) -> None:
    """Each finds the thing in its version: none is 404, 412 or 428. An empty body is most often none that fits."""
    client = world.employer_rep.client
    making = [
        ("/organisations/{organisationId}/units", {"name": "Enhet"}),
        ("/organisations/{organisationId}/working-groups", stories.a_group(world)),
    ]
    followed = 0
    for path, body in making:
        operation = DOCUMENT["paths"][path]["post"]
        links = answer(operation, "201")["links"]
        for link in links.values():
            made = await client.request("POST", world.path + "/" + path.rsplit("/", 1)[1], json=body, expect=201)
            assert await _follow(client, link, made) in {200, 201, 202, 204, 403, 409, 422}, link
            followed += 1
    assert followed >= 6
