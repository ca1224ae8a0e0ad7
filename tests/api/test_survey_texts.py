"""Free text (R7): nothing unless agreed; then ten at least, read by both sides, withheld by either, let out by both."""

import asyncio
import hashlib
import json
import logging
from collections import Counter
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
import sqlalchemy as sa
from sqlalchemy import event

from app.closing import close_due
from tests import stories
from tests.ballot_boxes import Box, Tree, an_answered_round, an_open_round
from tests.stories import Json, decide, planned_session, started_group, trail
from tests.text_stories import (
    TWO_UNITS,
    closed_round,
    every_text,
    lines,
    released_texts,
    take_back,
    texts_of,
    texts_under_review,
    withhold,
)
from tests.world import World

SUPPRESSED = {
    "status": "suppressed",
    "reason": "notEnoughAnswers",
    "textAlternative": {
        "sv": "Inga texter visas, till skydd för dem som har svarat.",
        "en": "No texts are shown, to protect those who answered.",
    },
}


async def rows(world: World, statement: str, **given: Any) -> list[Any]:
    async with world.database.read() as session:
        return [tuple(row) for row in await session.execute(sa.text(statement), given)]


def by_group(box: Box, texts: list[Json]) -> Counter[tuple[str, str]]:
    """How many texts each group has for each question."""
    names = {str(unit_id): name for name, unit_id in box.units.items()}
    return Counter((names[each["unitId"]], each["questionId"]) for each in texts)


def hash_of(texts: list[Json]) -> str:
    """As a client computes it from the list."""
    content = [{name: each[name] for name in ("id", "unitId", "questionId", "text")} for each in texts if each["shown"]]
    return hashlib.sha256(rfc8785.dumps({"texts": content})).hexdigest()


# --- The whole life ---------------------------------------------------------------------------------------------------


async def test_texts_are_read_withheld_and_released_by_both_sides(world: World) -> None:
    group = await started_group(world)
    await planned_session(world, group)  # makes somebody its facilitator
    box, texts = await texts_under_review(world, group, opened_by=(world.employer_rep, world.saco_rep))
    path = f"/survey-texts/{texts['id']}"
    read = {who.id: await every_text(who, texts) for who in (world.employer_rep, world.saco_rep)}
    assert read[world.employer_rep.id] == read[world.saco_rep.id]
    found = read[world.employer_rep.id]
    assert by_group(box, found) == {("a", "O1"): 12, ("b", "O1"): 11}
    assert all((each["shown"], each["withholdingPartyIds"], each["reasons"]) == (True, [], []) for each in found)
    assert texts["contentHash"] == hash_of(found)

    await decide(world.employer_rep, path)
    hidden = next(each for each in found if each["text"] == "Från a 3")
    edited = await withhold(world.saco_rep, texts, hidden, reason="eventRecognisable")
    assert edited["approvals"] == []
    assert edited["contentHash"] != texts["contentHash"]
    assert edited["version"] == texts["version"] + 1
    now = await every_text(world.employer_rep, texts)
    assert edited["contentHash"] == hash_of(now)
    (told,) = [each for each in now if not each["shown"]]
    assert told == hidden | {
        "shown": False,
        "withholdingPartyIds": [str(world.saco.id)],
        "reasons": ["eventRecognisable"],
    }

    approval = await decide(world.employer_rep, path)
    assert (await world.saco_rep.client.get(path))["state"] == "underReview"
    assert (await world.saco_rep.client.get(f"{box.path}/texts"))["content"]["status"] == "underReview"
    await decide(world.saco_rep, path)

    released = await texts_of(world.facilitator, box)
    assert (released["state"], released["contentHash"]) == ("released", edited["contentHash"])
    assert released["releasedAt"] is not None
    shown = await every_text(world.facilitator, texts)
    assert by_group(box, shown) == {("a", "O1"): 11, ("b", "O1"): 11}
    assert hash_of(shown) == released["contentHash"]
    assert [each for each in now if each["shown"]] == shown
    # Nothing remains of what was withheld, by whom, or that anything was.
    assert await rows(world, "SELECT 1 FROM survey_text WHERE id = :id", id=hidden["id"]) == []
    assert await rows(world, "SELECT 1 FROM survey_text_withholding WHERE party_id = :id", id=world.saco.id) == []
    assert released["version"] == 1
    decided = await world.employer_rep.client.get(f"/approvals/{approval['id']}")
    assert (decided["subjectType"], decided["contentHash"]) == ("surveyTexts", released["contentHash"])


async def test_everyone_reads_the_same_bytes_once_released(world: World) -> None:
    group = await started_group(world)
    await planned_session(world, group)
    box, texts = await released_texts(world, group)
    readers = (world.employer_rep, world.saco_rep, world.facilitator)
    for path in (f"{box.path}/texts", f"/survey-texts/{texts['id']}", f"/survey-texts/{texts['id']}/texts"):
        answers = [await who.client.request("GET", path, expect=200) for who in readers]
        assert len({answer.content for answer in answers}) == 1, path
        assert len({answer.headers.get("ETag") for answer in answers}) == 1, path
        assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert texts["allowedActions"] == []


async def test_released_texts_never_change(world: World) -> None:
    _box, texts = await released_texts(world, await started_group(world))
    (text, *_) = await every_text(world.employer_rep, texts)
    path = f"/survey-texts/{texts['id']}"
    body = {"textId": text["id"], "reason": "authorRecognisable"}
    await world.saco_rep.client.refused("POST", f"{path}/withholdings", 409, "textsReleased", json=body)
    ((version,),) = await rows(world, "SELECT version FROM survey_texts WHERE id = :id", id=texts["id"])
    tag = f'"{version}"'
    gone = f"{path}/withholdings/{text['id']}"
    await world.saco_rep.client.refused("DELETE", gone, 409, "textsReleased", etag=tag)
    again = {"contentHash": texts["contentHash"], "decision": "approve"}
    await world.saco_rep.client.refused("POST", f"{path}/approvals", 409, "textsReleased", json=again, etag=tag)
    (approval, *_) = texts["approvals"]
    own = world.employer_rep if approval["partyId"] == str(world.employer.id) else world.saco_rep
    await own.client.refused("DELETE", f"/approvals/{approval['id']}", 409, "decisionTaken", etag='"1"')


# --- Who reads --------------------------------------------------------------------------------------------------------


async def test_before_release_only_the_table_reads(world: World) -> None:
    """Another party, the group's facilitator, the archivist, the administrator: nothing is there."""
    group = await started_group(world)
    await planned_session(world, group)
    box, texts = await texts_under_review(world, group)
    (text, *_) = await every_text(world.employer_rep, texts)
    approval = await decide(world.employer_rep, f"/survey-texts/{texts['id']}")
    path = f"/survey-texts/{texts['id']}"
    member = await world.representative("at_table", world.saco, working_group_id=group["id"])
    assert (await member.client.get(path))["state"] == "underReview"
    async with World(world.app) as other:
        strangers = [world.seko_rep, world.archivist, world.employee, world.administrator, other.employer_rep]
        for who in [*strangers, world.facilitator]:
            for hidden in (path, f"{path}/texts", f"{path}/approvals"):
                await who.client.refused("GET", hidden, 404, "notFound")
            await who.client.refused("GET", f"/approvals/{approval['id']}", 404, "notFound")
            body = {"textId": text["id"], "reason": "authorRecognisable"}
            await who.client.refused("POST", f"{path}/withholdings", 404, "notFound", json=body)
            gone = f"{path}/withholdings/{text['id']}"
            await who.client.refused("DELETE", gone, 404, "notFound", etag='"1"')
            body = {"contentHash": texts["contentHash"], "decision": "approve"}
            await who.client.refused("POST", f"{path}/approvals", 404, "notFound", json=body, etag='"1"')
        # The facilitator reads the round: it is not to be seen that there is anything to wait for.
        none = await closed_round(world, group, {"a": lines("a", 2)})
        heard = [await world.facilitator.client.get(f"{each.path}/texts") for each in (box, none)]
        assert [each["content"] for each in heard] == [SUPPRESSED] * 2
        assert heard[0]["version"] == heard[1]["version"]
        for who in strangers:
            await who.client.refused("GET", f"{box.path}/texts", 404, "notFound")
        await decide(world.saco_rep, path)
        for who in strangers:
            for hidden in (f"{box.path}/texts", path, f"{path}/texts", f"{path}/approvals"):
                await who.client.refused("GET", hidden, 404, "notFound")
    assert len(await every_text(world.facilitator, texts)) == 23
    # How often texts were withheld shows in decisions that were voided, and they are for the table.
    await world.facilitator.client.refused("GET", f"{path}/approvals", 403, "notYourRole")


async def test_a_round_without_open_questions_has_no_texts(world: World) -> None:
    """Off by default: what somebody put in the box all the same is no text."""
    group = await started_group(world)
    box = await an_answered_round(world, group)
    assert not box.survey_round.free_text
    await world.employer_rep.client.refused("GET", f"{box.path}/texts", 409, "resultsNotReleased")
    await close_due(world.database, box.key_store, datetime.now(UTC))
    await world.employer_rep.client.refused("GET", f"{box.path}/texts", 404, "notFound")
    draft = await world.employer_rep.client.post(
        f"/working-groups/{group['id']}/survey-rounds",
        {
            "title": "Ny",
            "instrumentId": str(box.instrument.id),
            "opensAt": stories.soon(1),
            "closesAt": stories.soon(9),
        },
    )
    assert draft["freeText"] is False


# --- Ten at least -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "threshold", "groups"),
    [
        ({"a": lines("a", 5), "b": lines("b", 4)}, 7, {}),
        ({"a": lines("a", 5), "b": lines("b", 5)}, 7, {("rot", "O1"): 10}),
        ({"a": lines("a", 7), "b": lines("b", 12)}, 7, {("rot", "O1"): 19}),
        ({"a": lines("a", 10), "b": lines("b", 10)}, 7, {("a", "O1"): 10, ("b", "O1"): 10}),
        ({"a": lines("a", 12), "b": lines("b", 12)}, 12, {("a", "O1"): 12, ("b", "O1"): 12}),
        ({"a": lines("a", 11), "b": lines("b", 13)}, 12, {("rot", "O1"): 24}),
        ({"a": lines("a", 12), "b": lines("b", 11), "rot": lines("r", 3)}, 7, {("rot", "O1"): 14, ("a", "O1"): 12}),
        (
            {"a": lines("a", 12), "b": lines("b", 12, "två")},
            7,
            {("a", "O1"): 12, ("b", "O1"): 12, ("b", "O2"): 12},
        ),
    ],
)
async def test_no_group_and_no_difference_of_groups_is_below_ten(
    world: World, written: Any, threshold: int, groups: dict[tuple[str, str], int]
) -> None:
    """Nor below the round's own threshold; what a unit has too few of stands with the whole."""
    tree: Tree = {"rot": (None, 0), "a": ("rot", 20), "b": ("rot", 20)}
    box = await closed_round(world, await started_group(world), written, tree=tree, threshold=threshold)
    found = await world.saco_rep.client.get(f"{box.path}/texts")
    if not groups:
        assert found["content"] == SUPPRESSED
        return
    texts = await texts_of(world.saco_rep, box)
    assert by_group(box, await every_text(world.saco_rep, texts)) == groups


async def test_a_text_stands_with_no_unit_below_the_second_level(world: World) -> None:
    tree: Tree = {"rot": (None, 0), "a": ("rot", 0), "a1": ("a", 30), "a11": ("a1", 30), "b": ("rot", 30)}
    written = {"a1": lines("ett", 15), "a11": lines("elva", 15), "b": lines("b", 15)}
    box, texts = await texts_under_review(world, await started_group(world), written, tree=tree)
    found = await every_text(world.employer_rep, texts)
    assert by_group(box, found) == {("a", "O1"): 30, ("b", "O1"): 15}
    assert set(found[0]) == {"id", "unitId", "questionId", "text", "shown", "withholdingPartyIds", "reasons"}


async def test_withholding_below_ten_takes_the_whole_group_away(world: World) -> None:
    """Never nine: what is left of the group is deleted with the rest, and the hash says so before anybody approves."""
    box, texts = await texts_under_review(
        world, await started_group(world), {"a": lines("a", 10), "b": lines("b", 11), "rot": lines("r", 10)}
    )
    found = await every_text(world.employer_rep, texts)
    assert by_group(box, found) == {("a", "O1"): 10, ("b", "O1"): 11, ("rot", "O1"): 10}
    in_a = [each for each in found if each["text"].startswith("a ")]
    await withhold(world.employer_rep, texts, in_a[0])
    left = await every_text(world.employer_rep, texts)
    assert by_group(box, [each for each in left if each["shown"]]) == {("b", "O1"): 11, ("rot", "O1"): 10}
    assert [each["withholdingPartyIds"] for each in left if not each["shown"]].count([]) == 9
    # Taken back in time, all of them are there again.
    await take_back(world.employer_rep, texts, in_a[0])
    assert await every_text(world.saco_rep, texts) == found
    assert (await texts_of(world.saco_rep, box))["contentHash"] == texts["contentHash"]
    in_root = next(each for each in found if each["text"].startswith("r "))
    await withhold(world.saco_rep, texts, in_root)
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, f"/survey-texts/{texts['id']}")
    shown = await every_text(world.employer_rep, texts)
    assert by_group(box, shown) == {("a", "O1"): 10, ("b", "O1"): 11}
    kept = await rows(world, "SELECT count(*) FROM survey_text WHERE survey_texts_id = :id", id=texts["id"])
    assert kept == [(21,)]


async def test_the_rounds_own_threshold_holds_for_what_is_left_too(world: World) -> None:
    """Where more than ten are agreed on, eleven of twelve are too few."""
    written = {"a": lines("a", 12), "b": lines("b", 13)}
    box, texts = await texts_under_review(
        world,
        await started_group(world),
        written,
        tree={"rot": (None, 0), "a": ("rot", 20), "b": ("rot", 20)},
        threshold=12,
    )
    found = await every_text(world.saco_rep, texts)
    for unit in ("a ", "b "):
        await withhold(world.saco_rep, texts, next(each for each in found if each["text"].startswith(unit)))
    left = [each for each in await every_text(world.saco_rep, texts) if each["shown"]]
    assert by_group(box, left) == {("b", "O1"): 12}


async def test_too_few_and_so_many_withheld_are_told_in_the_same_bytes(world: World) -> None:
    group = await started_group(world)
    await planned_session(world, group)
    box, texts = await texts_under_review(world, group, {"a": lines("a", 10), "b": lines("", 0)})
    (text, *_) = await every_text(world.employer_rep, texts)
    await withhold(world.saco_rep, texts, text)
    assert not any(each["shown"] for each in await every_text(world.employer_rep, texts))
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, f"/survey-texts/{texts['id']}")
    few = await closed_round(world, group, {"a": lines("a", 9)})
    for who in (world.employer_rep, world.saco_rep, world.facilitator):
        answers = [await who.client.get(f"{each.path}/texts") for each in (box, few)]
        assert [answer["content"] for answer in answers] == [SUPPRESSED] * 2
        assert [answer["version"] for answer in answers] == [1, 1]
    assert await every_text(world.employer_rep, texts) == []
    assert await rows(world, "SELECT 1 FROM survey_text WHERE survey_texts_id = :id", id=texts["id"]) == []


# --- Withholding is one-sided, releasing is not -----------------------------------------------------------------------


async def test_rule_1_no_side_releases_alone(world: World) -> None:
    """Whoever and however many of one side approve, and whatever the other side has approved before an edit."""
    box, texts = await texts_under_review(world, await started_group(world))
    path = f"/survey-texts/{texts['id']}"
    more = await world.representative("more", world.employer)
    await decide(world.employer_rep, path)
    await decide(more, path, expect=409)
    await decide(world.employer_rep, path, expect=409)
    (told,) = [
        each for each in (await more.client.get(path))["allowedActions"] if each["action"] == "approve_survey_texts"
    ]
    assert told["reason"] == "partyHasDecided"
    (text, *_) = await every_text(world.saco_rep, texts)
    edited = await withhold(world.saco_rep, texts, text)
    await decide(world.saco_rep, path)
    # The employer's approval was of other texts.
    assert (await texts_of(world.saco_rep, box))["state"] == "underReview"
    own = await decide(more, path, expect=201)
    assert (await texts_of(world.saco_rep, box))["state"] == "released"
    listed = await world.saco_rep.client.get(f"{path}/approvals")
    standing = [each for each in listed["items"] if each["voidedAt"] is None]
    assert {each["partyId"] for each in standing} == {str(world.employer.id), str(world.saco.id)}
    assert {each["contentHash"] for each in standing} == {edited["contentHash"]} == {own["contentHash"]}
    assert [each["voidReason"] for each in listed["items"]].count("edited") == 1


async def test_what_a_party_withholds_only_that_party_takes_back(world: World) -> None:
    box, texts = await texts_under_review(world, await started_group(world))
    (text, *_) = await every_text(world.saco_rep, texts)
    await withhold(world.saco_rep, texts, text)
    await take_back(world.employer_rep, texts, text, expect=404)
    await withhold(world.employer_rep, texts, text, reason="otherPersonRecognisable")
    colleague = await world.representative("colleague", world.saco)
    await take_back(colleague, texts, text)
    (now, *_) = await every_text(world.saco_rep, texts)
    assert (now["shown"], now["withholdingPartyIds"], now["reasons"]) == (
        False,
        [str(world.employer.id)],
        ["otherPersonRecognisable"],
    )
    await withhold(world.employer_rep, texts, text)
    (now, *_) = await every_text(world.saco_rep, texts)
    assert now["reasons"] == ["authorRecognisable"]
    await take_back(world.employer_rep, texts, text)
    assert (await texts_of(world.saco_rep, box))["contentHash"] == texts["contentHash"]


async def test_every_withholding_and_taking_back_voids_what_was_approved(world: World) -> None:
    _box, texts = await texts_under_review(world, await started_group(world))
    path = f"/survey-texts/{texts['id']}"
    (text, *_) = await every_text(world.saco_rep, texts)
    for by, edit in ((world.employer_rep, withhold), (world.saco_rep, withhold), (world.saco_rep, take_back)):
        await decide(world.employer_rep, path)
        assert len((await world.saco_rep.client.get(path))["approvals"]) == 1
        await edit(by, texts, text)
        assert (await world.saco_rep.client.get(path))["approvals"] == []


async def test_only_plain_approval_and_a_reason_to_choose(world: World) -> None:
    """No words about texts that may be withheld: they would outlive them."""
    _box, texts = await texts_under_review(world, await started_group(world))
    path = f"/survey-texts/{texts['id']}"
    (text, *_) = await every_text(world.saco_rep, texts)
    for decision, more in product(
        ("approve", "approveWithDissent", "requestChange"), ({}, {"statement": "Det var Eva."})
    ):
        if (decision, more) != ("approve", {}):
            await decide(world.saco_rep, path, decision, expect=422, **more)
    await withhold(world.saco_rep, texts, text, expect=422, reason="Det var Eva på lager.")
    await withhold(world.saco_rep, texts, text, expect=422, note="Det var Eva på lager.")


async def test_stale_and_unknown(world: World) -> None:
    group = await started_group(world)
    _box, texts = await texts_under_review(world, group)
    _other, others = await texts_under_review(world, group)
    path = f"/survey-texts/{texts['id']}"
    client = world.saco_rep.client
    (text, *_) = await every_text(world.saco_rep, texts)
    (foreign, *_) = await every_text(world.saco_rep, others)
    before = await client.etag(path)
    body = {"contentHash": texts["contentHash"], "decision": "approve"}
    approvals, own = f"{path}/approvals", f"{path}/withholdings/{text['id']}"
    await client.refused("POST", approvals, 428, "preconditionRequired", json=body)
    await client.refused("DELETE", own, 428, "preconditionRequired")
    await withhold(world.saco_rep, texts, text)
    await client.refused("POST", approvals, 412, "staleVersion", json=body, etag=before)
    await client.refused("DELETE", own, 412, "staleVersion", etag=before)
    refused = await client.refused("POST", approvals, 409, "contentChanged", json=body, etag=await client.etag(path))
    assert refused["errors"][0]["pointer"] == "/contentHash"
    for unknown in (str(uuid4()), foreign["id"]):
        told = {"textId": unknown, "reason": "authorRecognisable"}
        refused = await client.refused("POST", f"{path}/withholdings", 422, "unknownText", json=told)
        assert refused["errors"][0]["pointer"] == "/textId"
    await withhold(world.saco_rep, others, foreign)
    tag = await client.etag(path)
    await client.refused("DELETE", f"{path}/withholdings/{foreign['id']}", 404, "notFound", etag=tag)
    # The same key once more makes nothing new.
    key, told = {"Idempotency-Key": uuid4().hex}, {"textId": text["id"], "reason": "eventRecognisable"}
    made = [await client.post(f"{path}/withholdings", told, headers=key) for _ in range(2)]
    assert made[0] == made[1]


async def test_what_is_approved_is_what_is_released_whoever_edits_the_database(world: World) -> None:
    box, texts = await texts_under_review(world, await started_group(world))
    path = f"/survey-texts/{texts['id']}"
    await decide(world.employer_rep, path)
    (text, *_) = await every_text(world.saco_rep, texts)
    async with world.database.write() as session:
        await session.execute(sa.text("UPDATE survey_text SET text = 'Annat' WHERE id = :id"), {"id": text["id"]})
    await decide(world.saco_rep, path, expect=409)
    assert (await texts_of(world.saco_rep, box))["state"] == "underReview"


async def test_in_a_closed_organisation_nothing_more_is_decided(world: World) -> None:
    _box, texts = await texts_under_review(world, await started_group(world))
    (text, *_) = await every_text(world.saco_rep, texts)
    await stories.shut_organisation(world)
    path = f"/survey-texts/{texts['id']}"
    assert {each["reason"] for each in (await world.saco_rep.client.get(path))["allowedActions"]} == {
        "organisationClosed"
    }
    await withhold(world.saco_rep, texts, text, expect=409)
    await decide(world.saco_rep, path, expect=409)


@pytest.mark.parametrize("attempt", range(6))
async def test_withholding_while_the_last_approval_is_on_its_way(world: World, attempt: int) -> None:
    """Either the withheld text is not released, or the withholding came too late and says so."""
    _box, texts = await texts_under_review(
        world, await started_group(world), {"a": lines("a", 15), "b": lines("b", 15)}
    )
    path = f"/survey-texts/{texts['id']}"
    await decide(world.employer_rep, path)
    found = await every_text(world.saco_rep, texts)
    tag = await world.saco_rep.client.etag(path)

    def approving() -> Any:
        body = {"contentHash": texts["contentHash"], "decision": "approve"}
        return world.saco_rep.client.request("POST", f"{path}/approvals", json=body, etag=tag)

    def withholding(text: Json) -> Any:
        body = {"textId": text["id"], "reason": "authorRecognisable"}
        return world.employer_rep.client.request("POST", f"{path}/withholdings", json=body)

    first = [approving(), withholding(found[0]), withholding(found[1])]
    answers = await asyncio.gather(*(first if attempt % 2 else first[::-1]))
    approved, *withheld = answers if attempt % 2 else answers[::-1]
    shown = {each["id"] for each in await every_text(world.saco_rep, texts) if each["shown"]}
    if approved.status_code == 201:
        assert [each.status_code for each in withheld] == [409, 409]
        assert shown == {each["id"] for each in found}
    else:
        assert approved.status_code == 412
        assert [each.status_code for each in withheld] == [201, 201]
        assert shown == {each["id"] for each in found[2:]}
    state = (await world.saco_rep.client.get(path))["state"]
    assert state == ("released" if approved.status_code == 201 else "underReview")


async def test_two_readers_withhold_at_once_and_lose_nothing(world: World) -> None:
    _box, texts = await texts_under_review(
        world, await started_group(world), {"a": lines("a", 15), "b": lines("b", 15)}
    )
    found = await every_text(world.saco_rep, texts)
    hidden = found[:4]
    await asyncio.gather(
        *(withhold(who, texts, text) for who in (world.employer_rep, world.saco_rep) for text in hidden)
    )
    now = await every_text(world.saco_rep, texts)
    assert {each["id"] for each in now if len(each["withholdingPartyIds"]) == 2} == {each["id"] for each in hidden}
    read = await world.saco_rep.client.get(f"/survey-texts/{texts['id']}")
    assert read["contentHash"] == hash_of(now)
    assert read["version"] == texts["version"] + 8


# --- What texts may hold, and where they never are --------------------------------------------------------------------

ODD = [
    "Åsa, Örjan och Ärla: räksmörgås på övertid.",
    "👩‍👩‍👧‍👦 tillsammans 🧪",
    "Första raden\nandra raden\tmed tabb",
    '"; DROP TABLE survey_text; --',
    "<script>alert(1)</script>",
    "{{7*7}} ${jndi:ldap://example.se} %s %(text)s :text_id",
    '{"shown": false, "unitId": null}',
    '=HYPERLINK("https://example.se")',
    "e\u0301 blir é".replace("e\u0301", "é"),
    "می‌خواهم یاد بگیرم",
    "-",
]


async def test_texts_come_out_as_they_were_written(world: World) -> None:
    written = {"a": [(text, "") for text in ODD], "b": lines("b", 10)}
    _box, texts = await released_texts(world, await started_group(world), written)
    shown = await every_text(world.saco_rep, texts)
    assert Counter(each["text"] for each in shown) == Counter([*ODD, *(text for text, _ in lines("b", 10))])
    assert texts["contentHash"] == hash_of(shown)


async def test_control_characters_and_blank_texts_are_no_texts(world: World) -> None:
    """The form refuses them; what somebody seals by hand is left out as damaged, and counts as no text."""
    group = await started_group(world)
    bad = ["\u0007 klocka", "osynlig \u202e vändning", "   ", "\x00", "rad\r\nslut", " utfyllt "]
    written = {"a": [*lines("a", 9), *((text, "") for text in bad)], "b": [("", "")] * 9}
    box = await closed_round(world, group, written)
    assert (await world.saco_rep.client.get(f"{box.path}/texts"))["content"] == SUPPRESSED


async def test_the_same_words_of_two_people_are_two_texts(world: World) -> None:
    written = {"a": [("Tid.", "Tid.")] * 10, "b": lines("b", 0)}
    box, texts = await released_texts(world, await started_group(world), written)
    shown = await every_text(world.saco_rep, texts)
    assert by_group(box, shown) == {("rot", "O1"): 10, ("rot", "O2"): 10} or by_group(box, shown) == {
        ("a", "O1"): 10,
        ("a", "O2"): 10,
    }
    assert len({each["id"] for each in shown}) == 20


async def test_nothing_ties_one_persons_texts_together(world: World) -> None:
    """Neither ids nor order, on the wire or on the disk, are those of the answers: as unlike as two shuffles are."""
    number = 60
    people = [(f"ett {place:02}", f"två {place:02}") for place in range(number)]
    _box, texts = await texts_under_review(
        world, await started_group(world), {"a": people}, tree={"rot": (None, 0), "a": ("rot", 60)}
    )
    on_disk = await rows(
        world, "SELECT id, text FROM survey_text WHERE survey_texts_id = :id ORDER BY ctid", id=texts["id"]
    )
    listed = await every_text(world.saco_rep, texts)
    assert [str(text_id) for text_id, _ in on_disk] == [each["id"] for each in listed]
    assert {UUID(each["id"]).version for each in listed} == {4}
    places = {
        question: [int(each["text"][-2:]) for each in listed if each["questionId"] == question]
        for question in ("O1", "O2")
    }
    for question in places.values():
        assert sorted(question) == list(range(number))
        assert sum(place == at for at, place in enumerate(question)) < 10, "the order of the answers"
    assert sum(one == two for one, two in zip(*places.values(), strict=True)) < 10, "the same order in both"
    columns = await rows(world, "SELECT column_name FROM information_schema.columns WHERE table_name = 'survey_text'")
    assert {name for (name,) in columns} == {"id", "survey_texts_id", "unit_id", "question_id", "text"}


async def test_a_thousand_texts_page_by_page(world: World) -> None:
    tree: Tree = {"rot": (None, 0), "a": ("rot", 600), "b": ("rot", 600)}
    written = {"a": lines("a", 500), "b": lines("b", 500, "två")}
    box, texts = await texts_under_review(world, await started_group(world), written, tree=tree)
    for read_on in (False, True):
        found = await every_text(world.saco_rep, texts)
        assert len({each["id"] for each in found}) == 1500
        assert [each["id"] for each in found] == sorted(each["id"] for each in found)
        assert texts["contentHash"] == hash_of(found)
        second = await every_text(world.saco_rep, texts, questionId="O2")
        assert second == [each for each in found if each["questionId"] == "O2"]
        of_b = await every_text(world.saco_rep, texts, unitId=str(box.units["b"]), questionId="O1")
        assert by_group(box, of_b) == {("b", "O1"): 500}
        path = f"/survey-texts/{texts['id']}/texts"
        first = await world.saco_rep.client.get(path, params={"limit": 7})
        assert first["_meta"] == {"totalRecords": 1500, "totalIsLowerBound": False, "page": 1, "limit": 7, "count": 7}
        back = await world.saco_rep.client.get(path, params={"limit": 7, "sort": "-id"})
        assert back["items"] == found[::-1][:7]
        assert await every_text(world.saco_rep, texts, questionId="O9") == []
        await world.saco_rep.client.request("GET", path, params={"questionId": "' OR 1=1"}, expect=422)
        if not read_on:
            for who in (world.employer_rep, world.saco_rep):
                await decide(who, f"/survey-texts/{texts['id']}")


async def test_no_text_in_trail_log_problem_tag_or_decision(world: World, caplog: pytest.LogCaptureFixture) -> None:
    secret = "Hemligheten om Eva på lager"
    written = {"a": [(f"{secret} {place}", "") for place in range(12)], "b": lines("b", 12)}
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        _box, texts = await texts_under_review(world, await started_group(world), written)
        found = await every_text(world.saco_rep, texts)
        hidden = next(each for each in found if each["text"].startswith(secret))
        path = f"/survey-texts/{texts['id']}"
        for body in (
            {"textId": hidden["text"], "reason": "authorRecognisable"},
            {"textId": hidden["id"], "reason": secret},
        ):
            refused = await world.saco_rep.client.request("POST", f"{path}/withholdings", json=body, expect=422)
            said += [refused.text, str(refused.headers)]
        await withhold(world.saco_rep, texts, hidden)
        for who in (world.employer_rep, world.saco_rep):
            await decide(who, path)
    read = await world.saco_rep.client.request("GET", path)
    approvals = await world.saco_rep.client.request("GET", f"{path}/approvals")
    listed = await world.saco_rep.client.request("GET", f"{path}/texts")
    entries = await trail(world.saco_rep, world)
    said += [read.text, str(read.headers), approvals.text, str(listed.headers), json.dumps(entries), caplog.text]
    assert all(secret not in text and hidden["id"] not in text for text in said)
    own = [entry for entry in entries if entry["subjectId"] == texts["id"]]
    assert [entry["operation"] for entry in own] == ["withhold_survey_text", "approve_survey_texts"]
    async with world.database.read() as session:
        tables = (
            await session.execute(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        ).scalars()
        for table in tables.all():
            if table != "survey_text":
                holding = sa.text(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE :words')  # noqa: S608
                assert (await session.execute(holding, {"words": f"%{secret}%"})).scalar_one() == 0, table


async def test_both_sides_are_told_in_the_same_instant(world: World) -> None:
    """Whoever asks while the last approval is stored sees all texts that are released, or those under review."""
    _box, texts = await texts_under_review(world, await started_group(world), TWO_UNITS)
    path = f"/survey-texts/{texts['id']}"
    found = await every_text(world.saco_rep, texts)
    await withhold(world.employer_rep, texts, found[0])
    await decide(world.employer_rep, path)

    async def watch() -> list[tuple[str, int]]:
        seen = []
        for _ in range(6):
            listed = await world.employer_rep.client.get(f"{path}/texts", params={"limit": 100})
            seen.append((str(len(listed["items"])), sum(each["shown"] for each in listed["items"])))
        return seen

    seen, _, more = await asyncio.gather(watch(), decide(world.saco_rep, path), watch())
    assert {*seen, *more} <= {("23", 22), ("22", 22)}


async def test_a_released_list_costs_one_look_at_the_page(world: World) -> None:
    """What is under review is weighed group by group; what is released is read as it is."""
    _box, texts = await released_texts(world, await started_group(world))
    statements: list[str] = []

    def told(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    reading = world.database._reading.sync_engine
    event.listen(reading, "before_cursor_execute", told)
    try:
        await world.saco_rep.client.get(f"/survey-texts/{texts['id']}/texts", params={"limit": 100})
    finally:
        event.remove(reading, "before_cursor_execute", told)
    assert not any("survey_text_withholding" in statement for statement in statements)
    assert len(statements) == 3, "who asks, whether they may, the page"


async def test_a_box_opened_for_nothing(world: World) -> None:
    """Free text agreed and nobody wrote: the answer is the one of too few."""
    box = await an_open_round(world, await started_group(world), free_text=True)
    await box.store()
    await close_due(world.database, box.key_store, datetime.now(UTC))
    for who in (world.employer_rep, world.saco_rep):
        assert (await who.client.get(f"{box.path}/texts"))["content"] == SUPPRESSED
