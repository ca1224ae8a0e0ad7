"""Legal holds: while one stands, nothing of what it is on is destroyed, erased or written over."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from tests.api.test_erasure import mandates_end
from tests.database import as_owner
from tests.retention_stories import a_destruction, a_hold, a_rule, lifted, months_pass, rows_left
from tests.stories import (
    agreed_action,
    decide,
    final_record,
    forming_group,
    held_session,
    planned_session,
    present,
    record_under_review,
    soon,
    started_group,
    trail,
    written_record,
)
from tests.survey_stories import draft_round
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


@pytest.mark.parametrize("on", ["group", "organisation"])
async def test_nothing_that_stands_there_is_overwritten(world: World, on: str) -> None:
    """What was planned, noted and named as well. A cancellation adds its reason, and overwrites nothing."""
    own = world.saco_rep.client
    group = await started_group(world)
    held, ahead = await held_session(world, group), await planned_session(world, group)
    at_table = await world.representative("at_table", world.saco, working_group_id=group["id"])
    survey_round = await draft_round(world, group)
    lost: list[tuple[str, Any]] = [
        (f"/dialogue-sessions/{held['id']}", {"attendances": present(world.employer_rep, at_table)}),
        (f"/dialogue-sessions/{held['id']}", {"employeeHeadcount": 9}),
        *(
            (f"/dialogue-sessions/{ahead['id']}", {field: "Annat"})
            for field in ("title", "place", "facilitatorFunction")
        ),
        (f"/mandates/{at_table.mandate_id}", {"function": "Annan"}),
        (f"/survey-rounds/{survey_round['id']}", {"title": "Annan titel"}),
    ]
    if on == "organisation":
        forming = await forming_group(world)
        lost += [(f"/working-groups/{forming['id']}", {field: "Annat"}) for field in ("name", "purpose")]
    hold = await a_hold(world, **({"heldGroupId": group["id"]} if on == "group" else {}))
    for address, body in lost:
        await own.refused("PATCH", address, 409, "legalHold", json=body, etag=await own.etag(address))
    # More who were there are noted, and who is to come is planned as before.
    path = f"/dialogue-sessions/{held['id']}"
    more = {"attendances": present(world.employer_rep, world.saco_rep, at_table)}
    assert len((await own.change(path, more))["attendances"]) == 3
    for attendances in (present(world.employer_rep, world.saco_rep), present(world.employer_rep)):
        await own.change(f"/dialogue-sessions/{ahead['id']}", {"attendances": attendances})
    cancelled = {"to": "cancelled", "reason": "Flera är sjuka."}
    await own.step(f"/dialogue-sessions/{ahead['id']}/transitions", cancelled)
    await own.step(f"/survey-rounds/{survey_round['id']}/transitions", cancelled)
    await lifted(world, hold)
    await own.change(*lost[0])


async def test_a_forming_group_under_hold_keeps_its_words(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    await a_hold(world, heldGroupId=group["id"])
    own = world.saco_rep.client
    for field in ("name", "purpose"):
        await own.refused("PATCH", path, 409, "legalHold", json={field: "Annat"}, etag=await own.etag(path))
    await own.step(f"{path}/transitions", {"to": "closed", "reason": "Det blev inget."})


@pytest.mark.parametrize("by", ["hold", "registration"])
async def test_who_acted_on_a_held_record_stays_known(world: World, by: str) -> None:
    """Who decided, who wrote the record, who changed a step of it: the trail of another record forgets them."""
    group, other_rep = await started_group(world), await world.representative("other_rep", world.saco)
    path = f"/session-records/{(await record_under_review(world, group))['id']}"
    for who in (world.employer_rep, other_rep):
        await decide(who, path)
    record = await other_rep.client.get(path)
    await mandates_end(world, other_rep)
    if by == "hold":
        await a_hold(world, heldRecordId=record["id"])
    else:
        registered = {"caseNumber": "MP 1-26", "archiveClass": "2.4.1", "legalHold": True}
        await world.archivist.client.change(
            f"/record-registrations/{record['id']}", registered, method="PUT", etag='"0"'
        )
    own, person = other_rep.client, f"/people/{other_rep.id}"
    await own.refused("DELETE", person, 409, "legalHold", etag=await own.etag(person))
    # By every way that leads from an entry to the record, also for a script of the owner's.
    for subject in (record["id"], record["dialogueSessionId"], *(each["id"] for each in record["approvals"])):
        with pytest.raises(sa.exc.IntegrityError, match="audit_entry is under legal hold"):
            await stripped(world, subject)


async def stripped(world: World, subject_id: str) -> None:
    """A script of the owner's that would take out of the trail who did it, erased or not."""
    async with world.database.own() as session:
        await session.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_stays"))
        strip = sa.text("UPDATE audit_entry SET person_id = NULL WHERE subject_id = :subject")
        await session.execute(strip, {"subject": UUID(subject_id)})


async def test_the_trail_of_a_held_record_is_kept_and_the_rest_goes(world: World) -> None:
    group = await started_group(world)
    kept, other = [await final_record(world, group) for _ in range(2)]
    await a_hold(world, heldRecordId=kept["id"])
    await a_rule(world, kind="auditEntries", keepMonths=12)
    await months_pass(world, 14)
    about = {each["subjectId"] for each in await trail(world.saco_rep, world)}
    for record in (kept, other):
        of_record = {record["id"], record["dialogueSessionId"], *(each["id"] for each in record["approvals"])}
        assert of_record <= about if record is kept else not of_record & about


async def test_what_is_held_is_not_everybodys_to_ask(world: World) -> None:
    asks = (
        "SELECT CASE grantee WHEN 0 THEN 'public' ELSE grantee::regrole::text END "
        "FROM pg_proc, aclexplode(proacl) WHERE proname = 'is_held' AND grantee <> proowner"
    )
    assert set(await as_owner(world.database, asks)) == {"larande_service", "larande_system"}


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
