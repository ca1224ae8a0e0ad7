"""A party's own words in a record: private until published, then part of what is approved."""

import asyncio
from typing import Any

import pytest

from tests.stories import Json, decide, draft_record, final_record, record_under_review, started_group, trail
from tests.world import Someone, World

WORDS: Json = {"answers": {"q5": "Vi tar med oss frågan om tid."}, "differences": "Kvällspassen behöver en till."}


async def write(who: Someone, path: str, published: bool, expect: int = 200, **more: Any) -> Json:
    body = WORDS | {"published": published} | more
    made: Json = await who.client.change(path, body, expect, method="PUT", etag=await who.client.etag(path))
    return made


def own(record: Json, party: Any) -> str:
    return f"/session-records/{record['id']}/statements/{party.id}"


async def test_private_drafts_touch_nothing_that_others_see(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path, record_path = own(record, world.saco), f"/session-records/{record['id']}"
    await decide(world.employer_rep, record_path)
    before = (await world.employer_rep.client.request("GET", record_path)).content
    audit = len(await trail(world.employer_rep, world))
    empty = await world.saco_rep.client.get(path)
    assert [link["rel"] for link in empty.pop("_links")] == ["self"]
    assert empty == {
        "sessionRecordId": record["id"],
        "partyId": str(world.saco.id),
        "version": 0,
        "answers": {},
        "differences": None,
        "published": False,
    }
    assert (await write(world.saco_rep, path, published=False))["version"] == 1
    assert (await write(world.saco_rep, path, published=False))["version"] == 1
    assert (await write(world.saco_rep, path, published=False, differences=None))["version"] == 2
    assert (await world.employer_rep.client.request("GET", record_path)).content == before
    assert len(await trail(world.employer_rep, world)) == audit
    for who in (world.employer_rep, world.facilitator):
        await who.client.refused("GET", path, 404, "notFound")
    entries = [each for each in await trail(world.saco_rep, world) if each["operation"] == "write_statement"]
    assert [(each["audience"], each["fromVersion"]) for each in entries] == [("party", 0), ("party", 1)]


async def test_publishing_changing_and_unpublishing_edit_the_record(world: World) -> None:
    group = await started_group(world)
    record = await record_under_review(world, group)
    path, record_path = own(record, world.saco), f"/session-records/{record['id']}"
    steps: list[Json] = [
        {"published": True},
        {"published": True, "differences": "Annat."},
        {"published": False, "differences": "Annat."},
    ]
    for step in steps:
        approval = await decide(world.employer_rep, record_path)
        before = await world.employer_rep.client.get(record_path)
        await write(world.saco_rep, path, **step)
        after = await world.employer_rep.client.get(record_path)
        assert (after["state"], after["contentHash"], after["approvals"]) == ("draft", None, [])
        assert after["version"] == before["version"] + 1
        assert (await world.employer_rep.client.get(f"/approvals/{approval['id']}"))["voidReason"] == "edited"
        said = [each["differences"] for each in after["content"]["statements"]]
        assert said == ([step.get("differences", WORDS["differences"])] if step["published"] else [])
        await world.facilitator.client.step(
            f"{record_path}/transitions",
            {"to": "underReview", "reviewDeadline": "2027-02-01T12:00:00Z", "noIndividualRecognisable": True},
        )
    await world.employer_rep.client.refused("GET", path, 404, "notFound")


async def test_repeating_what_is_published_voids_nothing(world: World) -> None:
    group = await started_group(world)
    record = await draft_record(world, group)
    path = own(record, world.saco)
    await write(world.saco_rep, path, published=True)
    version = (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["version"]
    await write(world.saco_rep, path, published=True)
    assert (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["version"] == version


async def test_how_often_it_was_rewritten_stays_with_the_party(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    path = own(record, world.saco)
    for turn in range(4):
        await write(world.saco_rep, path, published=False, differences=f"Utkast {turn}.")
    published = await write(world.saco_rep, path, published=True)
    assert published["version"] == 5
    for who in (world.employer_rep, world.facilitator):
        answer = await who.client.request("GET", path, expect=200)
        assert answer.json()["version"] == 1
        assert answer.headers["ETag"].startswith('"1-')
        assert answer.json()["differences"] == WORDS["differences"]
    entries = [each for each in await trail(world.employer_rep, world) if each["operation"] == "write_statement"]
    assert {(each["subjectType"], each["fromVersion"]) for each in entries} == {
        ("statement", None),
        ("session_record", 1),
    }
    assert {each["mandateId"] for each in entries} == {world.saco_rep.mandate_id}
    # Whoever takes the version shown to others for their own is told nothing more.
    await world.employer_rep.client.refused(
        "PUT", path, 403, "notYourRole", json=WORDS | {"published": True}, etag='"1"'
    )


async def test_each_party_writes_its_own_alone(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    body = WORDS | {"published": True}
    cases = [
        (world.employer_rep, world.saco, 403, "notYourRole"),
        (world.facilitator, world.saco, 403, "notYourRole"),
        (world.saco_rep, world.seko, 404, "notFound"),
        (world.seko_rep, world.seko, 404, "notFound"),
        (world.archivist, world.saco, 404, "notFound"),
        (world.employee, world.saco, 404, "notFound"),
        (world.administrator, world.saco, 404, "notFound"),
    ]
    for who, party, status, code in cases:
        await who.client.refused("PUT", own(record, party), status, code, json=body, etag='"0"')
    await world.saco_rep.client.refused("GET", own(record, world.seko), 404, "notFound")
    async with World(world.app) as other:
        for who in (other.saco_rep, other.employer_rep):
            await who.client.refused("GET", own(record, world.saco), 404, "notFound")
            await who.client.refused("PUT", own(record, other.saco), 404, "notFound", json=body, etag='"0"')


@pytest.mark.parametrize("question", ["q1", "q2", "q6", "q99"])
async def test_answers_fit_the_partys_questions(world: World, question: str) -> None:
    record = await draft_record(world, await started_group(world))
    path = own(record, world.saco)
    body = {"answers": {question: "Svar"}, "published": False}
    problem = await world.saco_rep.client.refused("PUT", path, 422, "unknownQuestion", json=body, etag='"0"')
    assert problem["errors"][0]["pointer"] == f"/answers/{question}"


async def test_bad_statements_are_refused(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    path = own(record, world.saco)
    client = world.saco_rep.client
    bodies: list[Json] = [
        {"answers": {"q5": None}, "published": False},
        {"answers": {"<script>": "x"}, "published": False},
        {"answers": {}, "published": "yes"},
        {"answers": {}},
        {"differences": "\x07", "published": True},
    ]
    for body in bodies:
        await client.refused("PUT", path, 422, "validationFailed", json=body, etag='"0"')
    await client.refused("PUT", path, 428, "preconditionRequired", json={"published": False})


async def test_two_first_versions_at_once_are_one(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    path = own(record, world.saco)
    second = await world.representative("second", world.saco)
    bodies = [WORDS | {"published": True}, WORDS | {"published": True, "differences": "Annat."}]
    answers = await asyncio.gather(
        *(
            who.client.request("PUT", path, json=body, etag='"0"')
            for who, body in zip((second, world.saco_rep), bodies, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_a_final_record_takes_no_more_words(world: World) -> None:
    record = await final_record(world, await started_group(world))
    for published in (True, False):
        body = WORDS | {"published": published}
        await world.saco_rep.client.refused("PUT", own(record, world.saco), 409, "recordIsFinal", json=body, etag='"0"')
    await world.archivist.client.refused("GET", own(record, world.saco), 404, "notFound")


async def test_who_speaks_for_two_unions_writes_for_each_by_its_address(world: World) -> None:
    record = await draft_record(world, await started_group(world, world.saco, world.seko))
    both = await world.representative("both", world.saco)
    saco_mandate = both.mandate_id
    await world.representative("both", world.seko, person=both)
    for party in (world.saco, world.seko):
        await write(both, own(record, party), published=True, differences=party.name)
    content = (await world.employer_rep.client.get(f"/session-records/{record['id']}"))["content"]
    assert [each["differences"] for each in content["statements"]] == ["Saco-S", "Seko"]
    entries = [each for each in await trail(world.employer_rep, world) if each["subjectType"] == "statement"]
    assert [each["mandateId"] for each in entries] == [saco_mandate, both.mandate_id]
