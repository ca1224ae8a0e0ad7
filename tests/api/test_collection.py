"""The requests that can be downloaded: all there, complete, and let in when they are sent."""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from app.api.collection import WHENCE
from app.api.docs.frame import REQUESTS
from tests import contract
from tests.client import BASE, Client
from tests.in_process import ROOT
from tests.world import World

Json = dict[str, Any]
PLACE = REQUESTS.removeprefix(BASE)


@dataclass(frozen=True)
class Request:
    name: str
    method: str
    address: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class File:
    variables: dict[str, str]
    comments: dict[str, str]
    requests: dict[str, Request]


def read(text: str) -> File:
    """As an editor reads it."""
    head, *parts = re.split(r"^### .+\n", text, flags=re.MULTILINE)
    found = re.findall(r"^# (.+)\n@(\w+) = (.+)$", head, re.MULTILINE)
    requests = {}
    for part in parts:
        above, _, body = part.strip("\n").partition("\n\n")
        name, line, *headers = above.split("\n")
        method, _, address = line.partition(" ")
        name = name.removeprefix("# @name ")
        requests[name] = Request(name, method, address, dict(each.split(": ", 1) for each in headers), body)
    return File({name: value for _, name, value in found}, {name: words for words, name, _ in found}, requests)


def filled(text: str, variables: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: variables[match[1]], text)


@pytest.fixture
async def files(client: Client) -> dict[str, File]:
    response = await client.request("GET", PLACE, expect=200, headers={"Accept-Language": "en"})
    assert response.headers["Content-Type"] == "application/zip"
    assert "attachment" in response.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        return {name: read(archive.read(name).decode()) for name in archive.namelist()}


async def test_there_is_one_request_for_each_operation_in_the_file_of_its_tag(files: dict[str, File]) -> None:
    there = {f"larande/{each['tags'][0]}.http {each['operationId']}" for each in _operations().values()}
    assert {f"{file} {name}" for file, read in files.items() for name in read.requests} == there
    assert sum(len(each.requests) for each in files.values()) == len(there)


async def test_every_request_is_complete_and_fits_the_document(files: dict[str, File]) -> None:
    """With its variables filled in, those that change from one request to the next too."""
    operations, now = _operations(), {"contentHash": "0" * 64, "planHash": "0" * 64}
    for file in files.values():
        assert file.variables["host"] == ROOT
        for request in file.requests.values():
            operation = operations[request.name]
            address = filled(request.address, file.variables)
            assert address.startswith(f"{ROOT}{BASE}/")
            assert ("Authorization" in request.headers) == (operation["security"] not in ([], None))
            wants = any(each["name"] == "If-Match" for each in operation["parameters"])
            assert (request.headers.get("If-Match") == "{{ifMatch}}") == wants
            if (content := operation.get("requestBody", {}).get("content", {})) and "application/json" in content:
                body = json.loads(filled(request.body, file.variables | now))
                assert list(contract.validator_of(content["application/json"]["schema"]).iter_errors(body)) == []
            else:
                assert request.body == ""


async def test_each_gets_the_address_by_which_they_asked(client: Client) -> None:
    """What somebody else asked for before them is neither in it nor kept for them by a cache between."""
    for host in ("a.example", "b.example:8443", "a.example"):
        response = await client.request("GET", PLACE, expect=200, headers={"Host": host})
        assert response.headers["Cache-Control"].startswith("private")
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            hosts = {read(archive.read(name).decode()).variables["host"] for name in archive.namelist()}
        assert hosts == {f"http://{host}"}


async def test_what_changes_is_a_variable_that_says_where_it_comes_from(files: dict[str, File]) -> None:
    groups = files["larande/working-groups.http"]
    for name, word in (("ifMatch", "ETag"), ("contentHash", "contentHash"), ("token", "POST /auth/token")):
        assert word in groups.comments[name]
        assert groups.variables[name] == f"PASTE-{name}-HERE"
    for file in files.values():
        assert all(file.comments.values())
        for request in file.requests.values():
            assert not re.search(r'"(content|plan)Hash": "[0-9a-f]{64}"', request.body), request.name


async def test_it_is_sent_once_to_whoever_has_it(client: Client) -> None:
    tag = await client.etag(PLACE)
    again = await client.request("GET", PLACE, expect=304, headers={"If-None-Match": tag})
    assert again.content == b""
    swedish = await client.request("GET", f"{PLACE}?lang=sv", expect=200)
    assert swedish.headers["ETag"] != await client.etag(f"{PLACE}?lang=en")


async def test_it_is_in_one_language_from_beginning_to_end(client: Client) -> None:
    response = await client.request("GET", f"{PLACE}?lang=sv", expect=200)
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        said = "\n".join(archive.read(name).decode() for name in archive.namelist())
    assert not set(re.findall(r"^# (.+)$", said, re.MULTILINE)) & {*WHENCE["en"].values()}
    assert set(re.findall(r"^# (.+)$", said, re.MULTILINE)) >= {*WHENCE["sv"].values()}


async def test_it_stands_outside_the_document_and_the_docs_page_leads_to_it(client: Client, app: FastAPI) -> None:
    assert not [path for path in app.openapi()["paths"] if "requests.zip" in path]
    page = await client.request("GET", "/docs", expect=200)
    assert f'href="{REQUESTS}?lang=' in page.text


async def test_requests_do_what_they_say_when_they_are_sent(files: dict[str, File], world: World) -> None:
    """From who I am to a group that both sides have started and its first session, with a world's ids filled in."""
    ids = {
        "organisationId": str(world.organisation.id),
        "scopeUnitId": str(world.subunit.id),
        "partyId": str(world.employer.id),
        "partyId2": str(world.saco.id),
        "dialogueTemplateId": str((await world.template()).id),
        "facilitatorId": world.facilitator.id,
        "unitId": str(world.subunit.id),
    }

    async def send(tag: str, name: str, who: Client, **now: str) -> Any:
        file = files[f"larande/{tag}.http"]
        request, variables = file.requests[name], file.variables | ids | now | {"token": str(who.token)}
        headers = {key: filled(value, variables) for key, value in request.headers.items()}
        content = filled(request.body, variables).encode() or None
        response = await who.http.request(
            request.method, filled(request.address, variables), headers=headers, content=content
        )
        assert response.status_code < 300, (name, response.text)
        return response

    employer, saco = world.employer_rep.client, world.saco_rep.client
    assert (await send("me", "read_me", employer)).json()["id"] == world.employer_rep.id
    await send("units", "list_units", employer)
    await send("units", "read_unit", employer)
    made = await send("working-groups", "create_working_group", employer)
    ids["workingGroupId"] = made.json()["id"]
    for who in (employer, saco):
        shown = await send("working-groups", "read_working_group", who)
        now = {"ifMatch": shown.headers["ETag"], "contentHash": shown.json()["contentHash"]}
        await send("working-groups", "approve_working_group", who, **now)
    assert (await send("working-groups", "read_working_group", saco)).json()["state"] == "active"
    planned = await send("dialogue-sessions", "create_dialogue_session", saco)
    assert planned.json()["place"] == "Sammanträdesrummet Ålen"


def _operations() -> dict[str, Json]:
    return {each["operationId"]: each for item in contract.document()["paths"].values() for each in item.values()}
