"""An organisation's own dialogue templates: copied, drafted, published for good, retired."""

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.services.content_hash import content_hash
from tests.templates import ALL, LIST, WORK_WELL_DONE, app_with_content, drafted, keys, published
from tests.world import World


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    async with asynccontextmanager(app_with_content)() as app:
        yield app


# --- Drafts of one's own ------------------------------------------------------------------------------------


async def test_a_party_copies_a_central_template_as_a_draft(world: World) -> None:
    central = await world.saco_rep.client.get(WORK_WELL_DONE)
    sent = {"derivedFromId": central["id"], "templateVersion": "1.0.0"}
    answer = await world.saco_rep.client.request("POST", f"{world.path}{LIST}", json=sent, expect=201)
    made = answer.json()
    assert answer.headers["Location"].endswith(f"{LIST}/{made['id']}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert made["content"] == central["content"]
    assert (made["key"], made["templateVersion"], made["state"]) == ("val-utfort-arbete", "1.0.0", "draft")
    assert (made["derivedFromId"], made["organisationId"]) == (central["id"], str(world.organisation.id))
    assert (made["contentHash"], made["publishedAt"]) == (None, None)
    assert all(action["allowed"] for action in made["allowedActions"])
    # The other side sees and may do the same.
    assert await world.employer_rep.client.get(f"{LIST}/{made['id']}") == made
    refused = await world.seko_rep.client.refused("POST", f"{world.path}{LIST}", 409, "templateVersionTaken", json=sent)
    assert refused["errors"][0]["pointer"] == "/templateVersion"
    assert (await drafted(world, "1.0.1"))["templateVersion"] == "1.0.1"
    assert (await drafted(world, "1.0.0", key="vart-arbete"))["key"] == "vart-arbete"


async def test_a_template_is_written_from_scratch(world: World) -> None:
    content = (await world.saco_rep.client.get(WORK_WELL_DONE))["content"]
    content |= {"languages": ["sv"], "title": {"sv": "  Vårt\u0020sa\u030att ", "en": None}}
    sent = {"key": "vart-satt", "templateVersion": "0.1.0", "content": content}
    made = await world.employer_rep.client.post(f"{world.path}{LIST}", sent)
    assert made["content"]["title"] == {"sv": "Vårt sått", "en": None}
    assert made["derivedFromId"] is None
    path = f"{world.path}{LIST}"
    client = world.employer_rep.client
    for missing, pointer in (("key", "/key"), ("content", "/content")):
        rest = {name: value for name, value in sent.items() if name != missing}
        problem = await client.refused("POST", path, 422, "templateSourceMissing", json=rest)
        assert problem["errors"][0]["pointer"] == pointer


async def test_the_same_key_drafts_one_template(world: World) -> None:
    sent = {"derivedFromId": WORK_WELL_DONE.rsplit("/", 1)[1], "templateVersion": "1.1.0"}
    headers = {"Idempotency-Key": str(uuid4())}
    client = world.saco_rep.client
    first = await client.post(f"{world.path}{LIST}", sent, headers=headers)
    assert await client.post(f"{world.path}{LIST}", sent, headers=headers) == first


async def test_two_who_draft_the_same_version_at_once_get_one(world: World) -> None:
    sent = {"derivedFromId": WORK_WELL_DONE.rsplit("/", 1)[1], "templateVersion": "1.1.0"}
    answers = await asyncio.gather(
        *(
            someone.client.request("POST", f"{world.path}{LIST}", json=sent)
            for someone in (world.employer_rep, world.saco_rep, world.seko_rep)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_only_published_versions_in_sight_are_copied(world: World) -> None:
    draft = await drafted(world)
    async with World(world.app) as other:
        theirs = await published(other)
    for source in (draft["id"], theirs["id"], str(uuid4())):
        problem = await world.saco_rep.client.refused(
            "POST",
            f"{world.path}{LIST}",
            422,
            "unknownTemplate",
            json={"derivedFromId": source, "templateVersion": "9.0.0"},
        )
        assert problem["errors"][0]["pointer"] == "/derivedFromId"


async def test_only_parties_draft(world: World) -> None:
    sent = {"derivedFromId": WORK_WELL_DONE.rsplit("/", 1)[1], "templateVersion": "1.1.0"}
    for someone in (world.employee, world.archivist, world.facilitator, world.administrator):
        await someone.client.refused("POST", f"{world.path}{LIST}", 403, "notYourRole", json=sent)
    async with World(world.app) as other:
        await other.saco_rep.client.refused("POST", f"{world.path}{LIST}", 404, "notFound", json=sent)


async def test_a_draft_is_changed_in_parts(world: World) -> None:
    made = await drafted(world)
    path = f"{LIST}/{made['id']}"
    client = world.seko_rep.client
    patch = {"title": {"sv": "Vårt väl utförda arbete"}, "participants": {"groupSize": {"min": 3}}, "variants": []}
    changed = await client.change(path, {"templateVersion": "1.2.0", "content": patch})
    expected = copy.deepcopy(made["content"])
    expected["title"]["sv"] = "Vårt väl utförda arbete"
    expected["participants"]["groupSize"]["min"] = 3
    expected["variants"] = []
    assert (changed["content"], changed["templateVersion"], changed["version"]) == (expected, "1.2.0", 2)
    assert (await client.change(path, {"content": patch}))["version"] == 2
    assert (await client.change(path, {}))["version"] == 2
    less = {"title": {"en": None}, "subtitle": {"en": None}, "climateDimensions": ["F"]}
    without = await client.change(path, {"content": less})
    assert without["content"]["title"]["en"] is None
    assert without["content"]["subtitle"] == {"sv": made["content"]["subtitle"]["sv"], "en": None}
    mine = await client.get(LIST, params={"state": "draft", "climateDimension": "F", "maxMinutes": 90})
    assert [item["title"]["sv"] for item in mine["items"]] == ["Vårt väl utförda arbete"]
    # Search follows the change.
    await client.change(path, {"content": {"openingWords": {"sv": "Tjälknölar"}}})
    assert await keys(client, q="tjälknölarna", state="draft") == ["val-utfort-arbete"]
    await client.refused("PATCH", path, 428, "preconditionRequired", json={})
    await client.refused("PATCH", path, 412, "staleVersion", json={"templateVersion": "3.0.0"}, etag='"1"')


async def test_a_version_number_is_not_taken_twice(world: World) -> None:
    await drafted(world, "1.1.0")
    second = await drafted(world, "1.2.0")
    await world.saco_rep.client.change(f"{LIST}/{second['id']}", {"templateVersion": "1.1.0"}, 409)


async def test_content_that_does_not_fit_is_refused_by_its_place(world: World) -> None:
    path = f"{LIST}/{(await drafted(world))['id']}"
    client = world.saco_rep.client
    tag = await client.etag(path)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"templateVersion": "1.0"}, "/templateVersion"),
        ({"templateVersion": "1.0.0-rc.1"}, "/templateVersion"),
        ({"templateVersion": "01.0.0"}, "/templateVersion"),
        ({"templateVersion": "1.0.0\n"}, "/templateVersion"),
        ({"templateVersion": "1.0.10000"}, "/templateVersion"),
        ({"templateVersion": None}, "/templateVersion"),
        ({"key": "annan"}, "/key"),
        ({"content": None}, "/content"),
        ({"content": {"title": None}}, "/content/title"),
        ({"content": {"title": {"fi": "Työ"}}}, "/content/title/fi"),
        ({"content": {"title": {"sv": ""}}}, "/content/title/sv"),
        ({"content": {"title": {"sv": "a" * 201}}}, "/content/title/sv"),
        ({"content": {"title": {"sv": "NUL \u0000"}}}, "/content/title/sv"),
        ({"content": {"title": {"sv": 1}}}, "/content/title/sv"),
        ({"content": {"totalMinutes": 90.5}}, "/content/totalMinutes"),
        ({"content": {"totalMinutes": "90"}}, "/content/totalMinutes"),
        ({"content": {"climateDimensions": ["A", "A"]}}, "/content/climateDimensions"),
        ({"content": {"climateDimensions": ["G"]}}, "/content/climateDimensions/0"),
        ({"content": {"languages": []}}, "/content/languages"),
        ({"content": {"steps": [{}]}}, "/content/steps/0/order"),
        ({"content": {"steps": None}}, "/content/steps"),
        ({"content": {"variants": [{"sv": "Bara svenska"}]}}, "/content/variants/0/en"),
        ({"content": {"total_minutes": 60}}, "/content/total_minutes"),
        ({"content": {"participants": {"groupSize": {"min": 0}}}}, "/content/participants/groupSize/min"),
    ]
    for patch, pointer in cases:
        problem = await client.refused("PATCH", path, 422, "validationFailed", json=patch, etag=tag)
        assert pointer in [error["pointer"] for error in problem["errors"]], patch
    assert await client.etag(path) == tag


async def test_a_lone_surrogate_is_refused(world: World) -> None:
    path = f"{LIST}/{(await drafted(world))['id']}"
    tag = await world.saco_rep.client.etag(path)
    body = b'{"content": {"title": {"sv": "\\ud800"}}}'
    headers = {"Content-Type": "application/json"}
    answer = await world.saco_rep.client.request("PATCH", path, content=body, headers=headers, etag=tag)
    assert answer.status_code in {400, 422}


async def test_a_draft_is_deleted(world: World) -> None:
    made = await drafted(world)
    path = f"{LIST}/{made['id']}"
    client = world.employer_rep.client
    await client.refused("DELETE", path, 428, "preconditionRequired")
    await client.change(path, None, 204, method="DELETE")
    await client.refused("GET", path, 404, "notFound")
    async with world.database.read() as session:
        operations = sa.select(col(AuditEntry.operation)).where(col(AuditEntry.subject_id) == made["id"])
        assert set((await session.execute(operations)).scalars()) == {
            "create_dialogue_template",
            "delete_dialogue_template",
        }


async def test_drafts_stay_between_the_parties_of_the_organisation(world: World) -> None:
    path = f"{LIST}/{(await drafted(world, key='hemligt-utkast'))['id']}"
    async with World(world.app) as other:
        hidden_from = [
            other.saco_rep,
            other.employee,
            world.employee,
            world.archivist,
            world.facilitator,
            world.administrator,
        ]
        for someone in hidden_from:
            await someone.client.refused("GET", path, 404, "notFound")
            await someone.client.refused("PATCH", path, 404, "notFound", json={"templateVersion": "7.0.0"}, etag='"1"')
            await someone.client.refused("DELETE", path, 404, "notFound", etag='"1"')
            await someone.client.refused(
                "POST", f"{path}/transitions", 404, "notFound", json={"to": "published"}, etag='"1"'
            )
            assert set(await keys(someone.client, allVersions=True)) == ALL
            assert await keys(someone.client, state="draft") == []
            assert await keys(someone.client, organisationId=str(world.organisation.id)) == []
    for someone in (world.employer_rep, world.saco_rep, world.seko_rep):
        assert await keys(someone.client, state="draft") == ["hemligt-utkast"]
        assert await keys(someone.client, allVersions=True, organisationId=str(world.organisation.id)) == [
            "hemligt-utkast"
        ]


# --- Published, retired ------------------------------------------------------------------------------------------


async def test_a_published_template_is_the_organisations_alone(world: World) -> None:
    made = await published(world)
    assert (made["state"], made["contentHash"]) == ("published", content_hash(made["content"]))
    assert made["publishedAt"] is not None
    path = f"{LIST}/{made['id']}"
    answer = await world.employee.client.request("GET", path, expect=200)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert sorted(await keys(world.employee.client)) == sorted([*ALL, "val-utfort-arbete"])
    async with World(world.app) as other:
        await other.saco_rep.client.refused("GET", path, 404, "notFound")
        assert set(await keys(other.saco_rep.client, allVersions=True)) == ALL
        assert len(await keys(other.saco_rep.client)) == 6


async def test_final_is_final_nobody_changes_a_published_template(world: World) -> None:
    made = await published(world)
    path = f"{LIST}/{made['id']}"
    client = world.saco_rep.client
    before = await client.get(path)
    assert {action["action"]: action["reason"] for action in before["allowedActions"]} == {
        "update_dialogue_template": "templateNotDraft",
        "delete_dialogue_template": "templateNotDraft",
        "transition_dialogue_template": None,
    }
    for _ in range(2):
        tag = await client.etag(path)
        await client.refused("PATCH", path, 409, "templateNotDraft", json={"templateVersion": "8.0.0"}, etag=tag)
        await client.refused("DELETE", path, 409, "templateNotDraft", etag=tag)
        await client.refused(
            "POST", f"{path}/transitions", 409, "templateNotPublished", json={"to": "published"}, etag=tag
        )
        if (await client.get(path))["state"] == "published":
            await client.step(f"{path}/transitions", {"to": "retired"})
    after = await client.get(path)
    assert (after["content"], after["contentHash"]) == (before["content"], before["contentHash"])


async def test_final_is_final_in_the_database_too(world: World) -> None:
    made = await published(world)
    for change in (
        "UPDATE dialogue_template SET content = '{}' WHERE id = :id",
        "UPDATE dialogue_template SET title = '{}' WHERE id = :id",
        "UPDATE dialogue_template SET template_version = '9.9.9' WHERE id = :id",
        "UPDATE dialogue_template SET content_hash = NULL WHERE id = :id",
        "UPDATE dialogue_template SET organisation_id = NULL WHERE id = :id",
        "UPDATE dialogue_template SET state = 'draft' WHERE id = :id",
        "DELETE FROM dialogue_template WHERE id = :id",
    ):
        with pytest.raises(IntegrityError, match="dialogue_template is final"):
            async with world.database.write() as session:
                await session.execute(sa.text(change), {"id": made["id"]})
    path = f"{LIST}/{made['id']}"
    retired = await world.saco_rep.client.step(f"{path}/transitions", {"to": "retired"})
    back = "UPDATE dialogue_template SET state = 'published' WHERE id = :id"
    with pytest.raises(IntegrityError, match="dialogue_template is final"):
        async with world.database.write() as session:
            await session.execute(sa.text(back), {"id": made["id"]})
    assert await world.saco_rep.client.get(path) == retired


async def test_a_template_is_complete_before_it_is_published(world: World) -> None:
    path = f"{LIST}/{(await drafted(world))['id']}"
    client = world.saco_rep.client
    await client.change(path, {"content": {"purpose": {"en": None}, "totalMinutes": 80}})
    tag = await client.etag(path)
    problem = await client.refused(
        "POST", f"{path}/transitions", 422, "templateIncomplete", json={"to": "published"}, etag=tag
    )
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/content/purpose/en", "templateTextMissing"),
        ("/content/totalMinutes", "templateMinutesDiffer"),
    ]
    assert (await client.get(path))["state"] == "draft"
    # In Swedish alone it needs no English.
    await client.change(path, {"content": {"languages": ["sv"], "totalMinutes": 90}})
    assert (await client.step(f"{path}/transitions", {"to": "published"}))["state"] == "published"
    assert await keys(client, language="en", organisationId=str(world.organisation.id)) == []
    assert await keys(client, language="sv", organisationId=str(world.organisation.id)) == ["val-utfort-arbete"]


async def test_only_a_draft_is_published_and_only_the_published_retired(world: World) -> None:
    path = f"{LIST}/{(await drafted(world))['id']}"
    client = world.seko_rep.client
    tag = await client.etag(path)
    await client.refused("POST", f"{path}/transitions", 409, "templateNotPublished", json={"to": "retired"}, etag=tag)
    await client.refused("POST", f"{path}/transitions", 422, "validationFailed", json={"to": "draft"}, etag=tag)
    await client.refused("POST", f"{path}/transitions", 428, "preconditionRequired", json={"to": "published"})
    await client.step(f"{path}/transitions", {"to": "published"})
    await client.refused("POST", f"{path}/transitions", 412, "staleVersion", json={"to": "retired"}, etag=tag)
    await world.employee.client.refused(
        "POST", f"{path}/transitions", 403, "notYourRole", json={"to": "retired"}, etag=tag
    )


async def test_two_who_publish_at_once_publish_once(world: World) -> None:
    path = f"{LIST}/{(await drafted(world))['id']}"
    tag = await world.saco_rep.client.etag(path)
    answers = await asyncio.gather(
        *(
            someone.client.request("POST", f"{path}/transitions", json={"to": "published"}, etag=tag)
            for someone in (world.employer_rep, world.saco_rep)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 412]


async def test_an_edit_and_a_publication_at_once_do_not_mix(world: World) -> None:
    path = f"{LIST}/{(await drafted(world))['id']}"
    tag = await world.saco_rep.client.etag(path)
    edit, publication = await asyncio.gather(
        world.saco_rep.client.request("PATCH", path, json={"content": {"title": {"sv": "Ändrad"}}}, etag=tag),
        world.employer_rep.client.request("POST", f"{path}/transitions", json={"to": "published"}, etag=tag),
    )
    assert sorted([edit.status_code // 100, publication.status_code // 100]) == [2, 4]
    after = await world.saco_rep.client.get(path)
    assert (after["content"]["title"]["sv"] == "Ändrad") == (edit.status_code == 200)
    assert (after["state"] == "published") == (publication.status_code == 201)


async def test_the_latest_published_version_stands_for_the_template(world: World) -> None:
    client = world.employee.client
    mine = {"organisationId": str(world.organisation.id)}

    async def versions(**params: Any) -> list[str]:
        items = (await client.get(LIST, params={**mine, **params}))["items"]
        return sorted(item["templateVersion"] for item in items)

    for version in ("1.9.0", "1.10.0", "1.2.0"):
        latest = await published(world, version)
        if version == "1.10.0":
            ten = latest
    assert await versions() == ["1.10.0"]
    assert await versions(state="published", allVersions=True) == ["1.10.0", "1.2.0", "1.9.0"]
    assert await versions(allVersions=True) == ["1.10.0", "1.2.0", "1.9.0"]
    retired = await world.saco_rep.client.step(f"{LIST}/{ten['id']}/transitions", {"to": "retired"})
    assert retired["retiredAt"] is not None
    assert await versions() == ["1.9.0"]
    assert await versions(state="retired") == ["1.10.0"]
    assert (await client.get(f"{LIST}/{ten['id']}"))["content"] == ten["content"]
