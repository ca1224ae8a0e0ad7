"""Legal holds: while one stands, nothing of what it is on is destroyed, erased or written over."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from tests.retention_stories import a_destruction, a_hold, lifted, rows_left
from tests.stories import agreed_action, decide, final_record, soon, started_group, trail, written_record
from tests.world import World


async def test_set_read_and_lifted(world: World) -> None:
    hold = await a_hold(world)
    assert (hold["heldGroupId"], hold["heldRecordId"], hold["heldPersonId"]) == (None, None, None)
    path = f"/legal-holds/{hold['id']}"
    for who in (world.saco_rep, world.employer_rep, world.archivist):
        assert (await who.client.get(path))["caseNumber"] == "KRG 512-26"
        listed = await who.client.get(f"{world.path}/legal-holds")
        assert [(each["id"], each["liftedAt"]) for each in listed["items"]] == [(hold["id"], None)]
    for who in (world.saco_rep, world.employer_rep):
        tag = await who.client.etag(path)
        await who.client.refused("POST", f"{path}/transitions", 403, "notYourRole", json={"to": "lifted"}, etag=tag)
    assert (await lifted(world, hold))["liftedAt"] is not None
    await world.archivist.client.step(f"{path}/transitions", {"to": "lifted"}, expect=409)
    entries = await trail(world.saco_rep, world, subjectId=hold["id"])
    assert [each["operation"] for each in entries] == ["create_legal_hold", "lift_legal_hold"]


async def test_who_may_not(app: FastAPI, world: World) -> None:
    body = {"reason": "Målet prövas.", "caseNumber": "KRG 1-26"}
    for who in (world.saco_rep, world.employer_rep, world.facilitator, world.employee):
        await who.client.refused("POST", f"{world.path}/legal-holds", 403, "notYourRole", json=body)
    hold = await a_hold(world)
    for who in (world.employee, world.facilitator, world.administrator):
        await who.client.refused("GET", f"/legal-holds/{hold['id']}", 404, "notFound")
    assert (await world.employee.client.get(f"{world.path}/legal-holds"))["items"] == []
    async with World(app) as other:
        await other.archivist.client.refused("POST", f"{world.path}/legal-holds", 404, "notFound", json=body)
        await other.archivist.client.refused("GET", f"/legal-holds/{hold['id']}", 404, "notFound")


@pytest.mark.parametrize("field", ["heldGroupId", "heldRecordId", "heldPersonId"])
async def test_only_on_something_of_the_organisation(app: FastAPI, world: World, field: str) -> None:
    async with World(app) as other:
        group = await started_group(other)
        foreign = {
            "heldGroupId": group["id"],
            "heldRecordId": (await final_record(other, group))["id"],
            "heldPersonId": other.employee.id,
        }
        for row_id in (foreign[field], str(uuid4())):
            body = {"reason": "Målet prövas.", "caseNumber": "KRG 1-26", field: row_id}
            problem = await world.archivist.client.refused(
                "POST", f"{world.path}/legal-holds", 422, "nothingToHold", json=body
            )
            assert problem["errors"][0]["pointer"] == f"/{field}"


async def test_not_on_two_things_nor_on_a_draft(world: World) -> None:
    group = await started_group(world)
    draft = await written_record(world, group)
    body: dict[str, Any] = {"reason": "Målet prövas.", "caseNumber": "KRG 1-26", "heldRecordId": draft["id"]}
    holds = f"{world.path}/legal-holds"
    await world.archivist.client.refused("POST", holds, 422, "nothingToHold", json=body)
    both = {**body, "heldPersonId": world.employee.id}
    await world.archivist.client.refused("POST", holds, 422, "validationFailed", json=both)


@pytest.mark.parametrize("on", ["group", "organisation"])
async def test_nothing_written_is_lost_and_more_can_be_written(world: World, on: str) -> None:
    group = await started_group(world)
    record = await written_record(world, group)
    action = await agreed_action(world, record)
    session, path = f"/dialogue-sessions/{record['dialogueSessionId']}", f"/session-records/{record['id']}"
    own = world.saco_rep.client
    note = await own.post(f"{session}/party-notes", {"text": "Eget."})
    statement = f"{path}/statements/{world.saco.id}"
    words = {"answers": {}, "differences": "Vi ser det annorlunda.", "published": False}
    await own.change(statement, words, method="PUT", etag='"0"')
    hold = await a_hold(world, **({"heldGroupId": group["id"]} if on == "group" else {}))
    lost: list[tuple[str, str, Any]] = [
        ("PATCH", f"/party-notes/{note['id']}", {"text": "Annat."}),
        ("DELETE", f"/party-notes/{note['id']}", None),
        ("PATCH", f"/actions/{action['id']}", {"what": "Något annat."}),
        ("DELETE", f"/actions/{action['id']}", None),
        ("PATCH", path, {"sharedPicture": "En annan bild."}),
        ("PATCH", path, {"answers": {"q2": "Ett annat svar."}}),
        ("PATCH", path, {"answers": {"q2": None}}),
        ("PUT", statement, {**words, "differences": None}),
    ]
    for method, address, body in lost:
        tag = await own.etag(address)
        await own.refused(method, address, 409, "legalHold", json=body, etag=tag)
    more = await own.change(path, {"answers": {"q3": "Ännu ett svar."}})
    assert set(more["content"]["answers"]) == {"q2", "q3"}
    await own.post(f"{session}/party-notes", {"text": "Ännu en."})
    await own.change(f"/actions/{action['id']}", {"dueOn": soon(60)[:10]})
    await lifted(world, hold)
    for method, address, body in (lost[0], lost[1], lost[4], lost[7], lost[3]):
        await own.change(
            address, body, expect=204 if method == "DELETE" else 200, method=method, etag=await own.etag(address)
        )


async def test_a_hold_and_a_destruction_never_pass_each_other(world: World) -> None:
    for _ in range(5):
        record = await final_record(world, await started_group(world))
        made = await a_destruction(world, record)
        await decide(world.saco_rep, f"/destructions/{made['id']}")
        body = {"reason": "Målet prövas.", "caseNumber": "KRG 1-26", "heldRecordId": record["id"]}
        approval = {"contentHash": made["contentHash"], "decision": "approve"}
        held, decided = await asyncio.gather(
            world.archivist.client.request("POST", f"{world.path}/legal-holds", json=body),
            world.employer_rep.client.request(
                "POST", f"/destructions/{made['id']}/approvals", json=approval, etag='"1"'
            ),
        )
        both = (held.status_code, decided.status_code)
        assert both in {(201, 409), (422, 201)}, (held.text, decided.text)
        assert await rows_left(world, "session_record", "id", record["id"]) == (both == (201, 409))


async def test_another_groups_hold_stands_in_nobodys_way(world: World) -> None:
    held, free = await started_group(world), await started_group(world)
    await a_hold(world, heldGroupId=held["id"])
    record = await written_record(world, free)
    note = await world.saco_rep.client.post(
        f"/dialogue-sessions/{record['dialogueSessionId']}/party-notes", {"text": "Eget."}
    )
    await world.saco_rep.client.change(f"/party-notes/{note['id']}", None, expect=204, method="DELETE")
