"""A final record goes before its retention ends when both sides have decided so, and leaves a log without content."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from tests.retention_stories import (
    a_destruction,
    a_hold,
    destroyed_jointly,
    final_appendix,
    lifted,
    log_of,
    rows_left,
)
from tests.stories import Json, agreed_action, decide, final_record, for_review, started_group, trail, written_record
from tests.world import World


async def registered(world: World, record: Json) -> None:
    given = {"caseNumber": "MP 2026/0412", "archiveClass": "2.4.1 Samverkan"}
    await world.archivist.client.change(f"/record-registrations/{record['id']}", given, method="PUT", etag='"0"')


@pytest.mark.parametrize("proposer", ["saco_rep", "employer_rep"])
async def test_a_record_goes_with_all_that_belongs_to_it(world: World, proposer: str) -> None:
    group = await started_group(world)
    record = await written_record(world, group)
    await agreed_action(world, record)
    statement = f"/session-records/{record['id']}/statements/{world.saco.id}"
    words = {"answers": {}, "differences": "Vi ser det annorlunda.", "published": True}
    await world.saco_rep.client.change(statement, words, method="PUT", etag='"0"')
    path = f"/session-records/{record['id']}"
    await world.facilitator.client.step(f"{path}/transitions", for_review())
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path)
    record = await world.saco_rep.client.get(path)
    appendix = await final_appendix(world, record)
    await registered(world, record)
    destruction = await a_destruction(world, record, by=world.people[proposer])
    assert destruction["content"] == {
        "destroyedRecordId": record["id"],
        "records": [{"id": each["id"], "contentHash": each["contentHash"]} for each in (record, appendix)],
        "reason": "Verksamheten är nedlagd.",
        "decisionReference": "MP 2026/77",
    }
    there = f"/destructions/{destruction['id']}"
    await decide(world.saco_rep, there)
    assert (await world.employer_rep.client.get(path))["content"] == record["content"], "one side is not enough"
    await decide(world.employer_rep, there)
    for who in (world.saco_rep, world.employer_rep, world.facilitator, world.archivist):
        for each in (record, appendix):
            await who.client.refused("GET", f"/session-records/{each['id']}", 404, "notFound")
    for table, column in (
        ("session_record", "id"),
        ("approval", "subject_id"),
        ("statement", "session_record_id"),
        ("action", "session_record_id"),
        ("record_registration", "session_record_id"),
    ):
        assert await rows_left(world, table, column, record["id"]) == 0, table
        assert await rows_left(world, table, column, appendix["id"]) == 0, table
    decided = await world.archivist.client.get(there)
    assert (decided["state"], decided["contentHash"]) == ("carriedOut", destruction["contentHash"])
    for who in (world.archivist, world.saco_rep, world.seko_rep):
        assert [
            (each["kind"], each["destroyedId"], each["count"], each["caseNumber"], each["archiveClass"])
            for each in await log_of(who, world)
        ] == [("sessionRecords", each["id"], 1, "MP 2026/0412", "2.4.1 Samverkan") for each in (record, appendix)]
    (entry, _) = await log_of(world.archivist, world)
    whole = await world.saco_rep.client.get(f"/destruction-log-entries/{entry['id']}")
    assert (whole["destructionId"], whole["retentionRuleId"]) == (destruction["id"], None)
    assert (whole["decisionReference"], whole["olderThan"]) == ("MP 2026/77", None)
    assert await log_of(world.employee, world) == []
    operations = [each["operation"] for each in await trail(world.saco_rep, world, subjectId=destruction["id"])]
    assert operations == ["create_destruction", "approve_destruction"]
    # The session is known to have been held, and what it was is nobody's to rewrite.
    session = f"/dialogue-sessions/{record['dialogueSessionId']}"
    held = await world.saco_rep.client.get(session)
    assert (held["state"], held["sessionRecordId"]) == ("held", None)
    tag = await world.saco_rep.client.etag(session)
    await world.saco_rep.client.refused("PATCH", session, 409, "recordIsFinal", json={"employeeHeadcount": 9}, etag=tag)


async def test_no_number_of_one_sides_people_destroys_anything(world: World) -> None:
    record = await final_record(world, await started_group(world))
    there = f"/destructions/{(await a_destruction(world, record))['id']}"
    more = [await world.representative(f"saco_{number}", world.saco) for number in range(2)]
    await decide(world.saco_rep, there)
    for who in more:
        await decide(who, there, expect=409)
    assert (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["state"] == "final"


async def test_a_change_asked_for_ends_the_proposal(world: World) -> None:
    record = await final_record(world, await started_group(world))
    made = await a_destruction(world, record)
    there = f"/destructions/{made['id']}"
    await decide(world.saco_rep, there)
    await decide(world.employer_rep, there, "requestChange", statement="Vänta till nästa år.")
    assert (await world.saco_rep.client.get(there))["state"] == "withdrawn"
    await decide(world.saco_rep, there, expect=409)
    again = await a_destruction(world, record)
    taken_back = await world.saco_rep.client.step(f"/destructions/{again['id']}/transitions", {"to": "withdrawn"})
    assert taken_back["state"] == "withdrawn"
    of_group = f"/working-groups/{record['workingGroupId']}/destructions"
    for sort, order in (("createdAt", [made["id"], again["id"]]), ("-createdAt", [again["id"], made["id"]])):
        listed = (await world.employer_rep.client.get(of_group, params={"sort": sort}))["items"]
        assert [each["id"] for each in listed] == order
        assert [each["state"] for each in listed] == ["withdrawn", "withdrawn"]


async def test_one_proposal_at_a_time_and_only_by_who_can_decide(app: FastAPI, world: World) -> None:
    record = await final_record(world, await started_group(world))
    path = f"/session-records/{record['id']}/destructions"
    body = {"reason": "Nedlagt.", "decisionReference": "MP 2026/77"}
    answers = await asyncio.gather(
        *(who.client.request("POST", path, json=body) for who in (world.saco_rep, world.employer_rep))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    for who in (world.facilitator, world.archivist):
        await who.client.refused("POST", path, 403, "notYourRole", json=body)
    for who in (world.seko_rep, world.employee):
        await who.client.refused("POST", path, 404, "notFound", json=body)
        await who.client.refused("GET", f"/destructions/{made['id']}", 404, "notFound")
    await world.facilitator.client.refused("GET", f"/destructions/{made['id']}", 404, "notFound")
    async with World(app) as other:
        await other.archivist.client.refused("GET", f"/destructions/{made['id']}", 404, "notFound")
    for wrong in ({"reason": "Nedlagt."}, {**body, "decisionReference": ""}, {**body, "decisionReference": " "}):
        await world.saco_rep.client.refused("POST", path, 422, "validationFailed", json=wrong)


async def test_what_has_an_open_appendix_waits(world: World) -> None:
    record = await final_record(world, await started_group(world))
    made = await a_destruction(world, record)
    await world.saco_rep.client.post(
        f"/session-records/{record['id']}/appendices", {"title": "Rättelse", "sharedPicture": "Rätt."}
    )
    problem = await decide(world.employer_rep, f"/destructions/{made['id']}", expect=409)
    assert problem["code"] == "appendixOpen"
    other = await final_record(world, await started_group(world))
    await world.saco_rep.client.post(
        f"/session-records/{other['id']}/appendices", {"title": "Rättelse", "sharedPicture": "Rätt."}
    )
    body = {"reason": "Nedlagt.", "decisionReference": "MP 2026/77"}
    await world.saco_rep.client.refused(
        "POST", f"/session-records/{other['id']}/destructions", 409, "appendixOpen", json=body
    )


async def test_an_appendix_can_go_alone(world: World) -> None:
    record = await final_record(world, await started_group(world))
    appendix = await final_appendix(world, record)
    await registered(world, record)
    await destroyed_jointly(world, appendix)
    assert (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["content"] == record["content"]
    assert [(each["destroyedId"], each["caseNumber"]) for each in await log_of(world.archivist, world)] == [
        (appendix["id"], "MP 2026/0412")
    ]


@pytest.mark.parametrize("on", ["organisation", "group", "record", "registration"])
async def test_a_hold_stops_it_until_it_is_lifted(world: World, on: str) -> None:
    record = await final_record(world, await started_group(world))
    made = await a_destruction(world, record)
    there = f"/destructions/{made['id']}"
    await decide(world.saco_rep, there)
    register = f"/record-registrations/{record['id']}"
    given: dict[str, Any] = {"caseNumber": "MP 2026/1", "archiveClass": "2.4"}
    if on == "registration":
        held = {**given, "legalHold": True}
        await world.archivist.client.change(register, held, method="PUT", etag='"0"')
    else:
        named = {"group": {"heldGroupId": record["workingGroupId"]}, "record": {"heldRecordId": record["id"]}}
        hold = await a_hold(world, **named.get(on, {}))
    problem = await decide(world.employer_rep, there, expect=409)
    assert problem["code"] == "legalHold"
    assert (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["content"] == record["content"]
    if on == "registration":
        await world.archivist.client.change(register, given, method="PUT")
    else:
        await lifted(world, hold)
    await decide(world.employer_rep, there)
    await world.saco_rep.client.refused("GET", f"/session-records/{record['id']}", 404, "notFound")


async def test_what_is_held_is_not_even_proposed(world: World) -> None:
    record = await final_record(world, await started_group(world))
    await a_hold(world, heldRecordId=record["id"])
    body = {"reason": "Nedlagt.", "decisionReference": "MP 2026/77"}
    await world.saco_rep.client.refused(
        "POST", f"/session-records/{record['id']}/destructions", 409, "legalHold", json=body
    )


async def test_both_last_approvals_at_once_destroy_it_once(world: World) -> None:
    for _ in range(5):
        record = await final_record(world, await started_group(world))
        made = await a_destruction(world, record)
        body = {"contentHash": made["contentHash"], "decision": "approve"}
        path = f"/destructions/{made['id']}/approvals"
        answers = await asyncio.gather(
            *(who.client.request("POST", path, json=body, etag='"1"') for who in (world.saco_rep, world.employer_rep))
        )
        assert [answer.status_code for answer in answers] == [201, 201]
        assert [each["destroyedId"] for each in await log_of(world.archivist, world)].count(record["id"]) == 1


async def test_a_hold_on_an_appendix_keeps_its_record_and_one_on_the_record_its_appendices(world: World) -> None:
    record = await final_record(world, await started_group(world))
    appendix = await final_appendix(world, record)
    second = await final_appendix(world, appendix)
    made = await a_destruction(world, record)
    assert len(made["content"]["records"]) == 3
    there = f"/destructions/{made['id']}"
    await decide(world.saco_rep, there)
    for held in (second, appendix, record):
        hold = await a_hold(world, heldRecordId=held["id"])
        problem = await decide(world.employer_rep, there, expect=409)
        assert problem["code"] == "legalHold"
        await lifted(world, hold)
    hold = await a_hold(world, heldRecordId=record["id"])
    body = {"reason": "Nedlagt.", "decisionReference": "MP 2026/77"}
    await world.saco_rep.client.refused(
        "POST", f"/session-records/{second['id']}/destructions", 409, "legalHold", json=body
    )
    await lifted(world, hold)
    await decide(world.employer_rep, there)
    for each in (record, appendix, second):
        assert await rows_left(world, "session_record", "id", each["id"]) == 0


async def test_an_appendix_begun_at_the_same_time_is_never_left_alone(world: World) -> None:
    for _ in range(5):
        record = await final_record(world, await started_group(world))
        made = await a_destruction(world, record)
        await decide(world.saco_rep, f"/destructions/{made['id']}")
        body = {"contentHash": made["contentHash"], "decision": "approve"}
        begun, decided = await asyncio.gather(
            world.saco_rep.client.request(
                "POST",
                f"/session-records/{record['id']}/appendices",
                json={"title": "Rättelse", "sharedPicture": "Rätt."},
            ),
            world.employer_rep.client.request("POST", f"/destructions/{made['id']}/approvals", json=body, etag='"1"'),
        )
        both = (begun.status_code, decided.status_code)
        assert both in {(201, 409), (404, 201)}, (begun.text, decided.text)
