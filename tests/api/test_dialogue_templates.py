"""Dialogue templates: found and read. And the method texts."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.main import create_app
from app.services.content_hash import content_hash
from app.services.content_packs import central_id
from tests.conftest import settings_for
from tests.templates import ALL, LIST, WORK_WELL_DONE, app_with_content, keys
from tests.world import World


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    async with asynccontextmanager(app_with_content)() as app:
        yield app


# --- Finding ------------------------------------------------------------------------------------------------


async def test_everyone_signed_in_finds_the_six_central_templates(world: World) -> None:
    for someone in world.people.values():
        assert set(await keys(someone.client)) == ALL
    await world.nobody.refused("GET", LIST, 401, "notSignedIn")
    first = (await world.employee.client.get(LIST, params={"q": "väl utfört arbete", "limit": 1}))["items"][0]
    assert first == {
        "id": str(central_id("val-utfort-arbete", "1.0.0")),
        "key": "val-utfort-arbete",
        "templateVersion": "1.0.0",
        "title": {"sv": "Det väl utförda arbetet", "en": "Work well done"},
        "subtitle": first["subtitle"],
        "totalMinutes": 90,
        "climateDimensions": ["A", "B"],
        "languages": ["sv", "en"],
        "state": "published",
        "derivedFromId": None,
        "organisationId": None,
    }
    assert set(first["subtitle"]) == {"sv", "en"}


async def test_search_understands_word_forms(world: World) -> None:
    for words, language, found in (
        ("misstagen", "sv", "misstag-som-lartillfallen"),
        ("MISSTAG", None, "misstag-som-lartillfallen"),
        ("lärande", "sv", "chefens-roll"),
        ("lärandet", "sv", "chefens-roll"),
        ("mistakes", "en", "misstag-som-lartillfallen"),
        ("mistake", None, "misstag-som-lartillfallen"),
        ("leading", "en", "chefens-roll"),
        ('"nästan-händelse"', "sv", "misstag-som-lartillfallen"),
        # Deep in a question and in an instruction:
        ("När lärde du dig senast något", "sv", "erfarenhetsutbyte"),
        ("handovers interruptions", "en", "misstag-som-lartillfallen"),
    ):
        params = {"q": words} | ({"language": language} if language else {})
        assert found in await keys(world.employee.client, **params), words


async def test_search_finds_nothing_where_nothing_is_said(world: World) -> None:
    for words, language in (
        ("mistakes", "sv"),
        ("misstagen", "en"),
        ("månraket", None),
        ("lärande -lärande", "sv"),
        ("och", "sv"),
        ("&|!", None),
    ):
        params = {"q": words} | ({"language": language} if language else {})
        assert await keys(world.employee.client, **params) == [], words


async def test_filters_narrow_the_list(world: World) -> None:
    client = world.employee.client
    assert set(await keys(client, climateDimension="C")) == {
        "misstag-som-lartillfallen",
        "chefens-roll",
        "uppfoljning-larklimat",
    }
    assert set(await keys(client, climateDimension=["B", "C"])) == ALL - {"kvalitet-och-kompetens"}
    assert await keys(client, maxMinutes=75) == ["misstag-som-lartillfallen"]
    assert await keys(client, maxMinutes=74) == []
    assert set(await keys(client, language="en")) == ALL
    assert await keys(client, state="retired") == []
    assert await keys(client, organisationId=str(world.organisation.id)) == []
    assert await keys(client, climateDimension="E", maxMinutes=90, q="kvalitet i processen", language="sv") == [
        "kvalitet-och-kompetens"
    ]


async def test_questions_that_make_no_sense_are_refused(world: World) -> None:
    for query in (
        "climateDimension=G",
        "climateDimension=A,B",
        "maxMinutes=0",
        "maxMinutes=ninety",
        "maxMinutes=99999999999999999999",
        "language=fi",
        "state=gone",
        "organisationId=1",
        "allVersions=perhaps",
        "sort=key",
        "q=",
        "q=%00",
        "q=%EF%BF%BD%00",
        f"q={'a' * 101}",
        "&".join(["climateDimension=A"] * 7),
        "unknown=1",
    ):
        await world.employee.client.request("GET", f"{LIST}?{query}", expect=422)


@pytest.mark.parametrize(
    ("sort", "language"), [("title", "sv"), ("-title", "en"), ("totalMinutes", "sv"), ("-totalMinutes", "en")]
)
async def test_pages_follow_each_other_in_every_order(world: World, sort: str, language: str) -> None:
    client = world.employee.client
    params = {"sort": sort, "language": language, "climateDimension": ["A", "B", "C"]}
    whole = (await client.get(LIST, params=params))["items"]
    seen = []
    page = await client.get(LIST, params={**params, "limit": 2})
    while True:
        seen += page["items"]
        if page["_links"]["next"] is None:
            break
        page = (
            await client.http.get(page["_links"]["next"]["href"], headers={"Authorization": f"Bearer {client.token}"})
        ).json()
    assert seen == whole
    assert len({item["id"] for item in seen}) == 6
    if sort == "totalMinutes":
        minutes = [item["totalMinutes"] for item in seen]
        assert (minutes[0], minutes[-1], minutes) == (75, 100, sorted(minutes))
    if sort == "-title":
        forwards = await client.get(LIST, params={**params, "sort": "title"})
        assert [item["id"] for item in forwards["items"]] == [item["id"] for item in seen][::-1]


async def test_a_made_up_place_in_the_list_is_refused(world: World) -> None:
    client = world.employee.client
    page = await client.get(LIST, params={"sort": "totalMinutes", "limit": 2})
    after = page["_links"]["next"]["href"].split("after=")[1]
    await client.refused("GET", f"{LIST}?sort=title&after={after}", 422, "cursorInvalid")
    for minutes in ("99999999999", "1.5", "x", "١"):
        made_up = json.dumps(["totalMinutes", minutes, str(uuid4())]).encode()
        place = quote(base64.urlsafe_b64encode(made_up).decode().rstrip("="))
        await client.refused("GET", f"{LIST}?sort=totalMinutes&after={place}", 422, "cursorInvalid")


# --- Reading ------------------------------------------------------------------------------------------------


async def test_a_central_template_is_whole_and_the_same_for_everyone(world: World) -> None:
    answers = [await someone.client.request("GET", WORK_WELL_DONE, expect=200) for someone in world.people.values()]
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    answer = answers[0]
    assert answer.headers["Cache-Control"].startswith("public")
    assert "Authorization" in answer.headers["Vary"]
    body = answer.json()
    assert {action["action"]: (action["allowed"], action["reason"]) for action in body["allowedActions"]} == {
        "update_dialogue_template": (False, "notYourRole"),
        "delete_dialogue_template": (False, "notYourRole"),
        "transition_dialogue_template": (False, "notYourRole"),
    }
    assert [link["rel"] for link in body["_links"]] == ["self"]
    assert body["contentHash"] == content_hash(body["content"])
    assert sum(step["minutes"] for step in body["content"]["steps"]) == body["content"]["totalMinutes"] == 90
    questions = [question for step in body["content"]["steps"] for question in step["questions"]]
    assert [(each["id"], each["record"]) for each in questions][:2] == [("q1", "none"), ("q2", "group")]
    assert questions[1]["text"]["sv"] == "Vad är ett väl utfört arbete hos oss?"
    await world.nobody.refused("GET", WORK_WELL_DONE, 401, "notSignedIn")


async def test_what_the_client_has_is_not_sent_again(world: World) -> None:
    for path in (WORK_WELL_DONE, "/method-texts"):
        tag = await world.employee.client.etag(path)
        again = await world.saco_rep.client.request("GET", path, expect=304, headers={"If-None-Match": tag})
        assert again.headers["Cache-Control"].startswith("public")


async def test_nobody_changes_a_central_template(world: World) -> None:
    for someone in world.people.values():
        await someone.client.change(WORK_WELL_DONE, {"templateVersion": "2.0.0"}, 403)
        await someone.client.change(WORK_WELL_DONE, None, 403, method="DELETE")
        await someone.client.step(f"{WORK_WELL_DONE}/transitions", {"to": "retired"}, 403)
    await world.saco_rep.client.refused("GET", f"{LIST}/{uuid4()}", 404, "notFound")


async def test_the_method_texts_are_there_in_both_languages(world: World) -> None:
    answer = await world.employee.client.request("GET", "/method-texts", expect=200)
    assert answer.headers["Cache-Control"].startswith("public")
    body = answer.json()
    assert answer.content == (await world.seko_rep.client.request("GET", "/method-texts")).content
    assert (body["packKey"], body["packVersion"]) == ("larande", "1.2.0")
    assert body["groundRules"][0] == {
        "sv": "Vi talar om arbetet, inte om personer som inte är här.",
        "en": "We talk about the work, not about people who are not here.",
    }
    assert [role["id"] for role in body["roles"]] == ["process_leader", "note_taker", "employer_rep", "union_rep"]
    assert len(body["recordExclusions"]) == len(body["inclusionMeasures"]) == 4
    assert "MBL" in body["escalationNote"]["sv"]
    assert {each["record"] for each in body["recordValues"]} == {"group", "party", "none", "action"}
    await world.nobody.refused("GET", "/method-texts", 401, "notSignedIn")


async def test_before_a_pack_is_loaded_there_are_no_method_texts(fresh_database_url: str) -> None:
    app = create_app(settings_for(fresh_database_url))
    async with World(app) as world:
        await world.employee.client.refused("GET", "/method-texts", 404, "notFound")
        assert await keys(world.employee.client) == []
    await app.state.database.close()
