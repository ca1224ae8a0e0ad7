"""The rules of the product that working groups, sessions and records guard, by number; 1, 4 and 6 have files of
their own."""

import asyncio
import hashlib
from typing import Any

import pytest
import rfc8785
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.learning_stories import proposed_learning
from tests.stories import (
    Json,
    a_session,
    agreed_action,
    decide,
    draft_record,
    final_record,
    for_review,
    forming_group,
    held_session,
    started_group,
    trail,
    written_record,
)
from tests.world import Someone, World


async def test_rule_2_final_is_final(world: World) -> None:
    """Neither the service nor a script with the database open changes what is final."""
    record = await final_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    assert hashlib.sha256(rfc8785.dumps(record["content"])).hexdigest() == record["contentHash"]
    approval = record["approvals"][0]["id"]
    template = str((await world.template()).id)
    shared = await proposed_learning(world, await started_group(world))
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, f"/learning-log-entries/{shared['id']}")
    attempts = {
        "UPDATE learning_log_entry SET text = 'X' WHERE id = :id": shared["id"],
        "UPDATE learning_log_entry SET state = 'own', content_hash = NULL, shared_at = NULL WHERE id = :id": shared[
            "id"
        ],
        "DELETE FROM learning_log_entry WHERE id = :id": shared["id"],
        "UPDATE session_record SET shared_picture = 'X' WHERE id = :id": record["id"],
        "UPDATE session_record SET content = '{}' WHERE id = :id": record["id"],
        "UPDATE session_record SET state = 'draft', final_at = NULL, content_hash = NULL WHERE id = :id": record["id"],
        "DELETE FROM session_record WHERE id = :id": record["id"],
        "UPDATE approval SET decision = 'requestChange' WHERE id = :id": approval,
        "UPDATE approval SET content_hash = repeat('0', 64) WHERE id = :id": approval,
        "UPDATE approval SET person_id = person_id WHERE id = :id": approval,
        "DELETE FROM approval WHERE id = :id": approval,
        "UPDATE audit_entry SET operation = 'x' WHERE subject_id = :id": record["id"],
        "DELETE FROM audit_entry WHERE subject_id = :id": record["id"],
        "UPDATE dialogue_template SET content = '{}' WHERE id = :id": template,
        "DELETE FROM dialogue_template WHERE id = :id": template,
    }
    for statement, row_id in attempts.items():
        with pytest.raises(IntegrityError, match="is final"):
            async with world.database.own() as session:
                await session.execute(text(statement), {"id": row_id})
    assert await world.saco_rep.client.get(path) == record | {
        "allowedActions": (await world.saco_rep.client.get(path))["allowedActions"],
        "_links": (await world.saco_rep.client.get(path))["_links"],
    }
    appendix = await world.saco_rep.client.post(f"{path}/appendices", {"title": "Rättelse", "sharedPicture": "Nio."})
    assert appendix["state"] == "draft"
    assert (await world.saco_rep.client.get(path))["content"] == record["content"]


async def test_rule_3_party_private_means_private(world: World) -> None:
    """Everything others can fetch is, byte for byte, the same before and after a party writes in private."""
    group = await started_group(world, world.saco, world.seko)
    record = await written_record(world, group)
    await agreed_action(world, record)
    session = f"/dialogue-sessions/{record['dialogueSessionId']}"
    statement = f"/session-records/{record['id']}/statements/{world.saco.id}"
    others = (world.employer_rep, world.seko_rep, world.facilitator, world.archivist, world.employee)
    addresses = [
        f"/working-groups/{group['id']}",
        f"/working-groups/{group['id']}/approvals",
        f"/working-groups/{group['id']}/dialogue-sessions",
        f"/working-groups/{group['id']}/session-records",
        f"/working-groups/{group['id']}/actions",
        f"{world.path}/working-groups",
        f"{world.path}/session-records",
        f"{world.path}/audit-entries?limit=100",
        session,
        f"{session}/party-notes",
        f"/session-records/{record['id']}",
        f"/session-records/{record['id']}/approvals",
        f"/session-records/{record['id']}/appendices",
        statement,
    ]

    async def seen_by(who: Someone) -> list[Any]:
        seen = []
        for address in addresses:
            answer = await who.client.request("GET", address)
            body = {key: value for key, value in answer.json().items() if key != "instance"}
            size = len(answer.content) if answer.status_code == 200 else 0
            seen.append((address, answer.status_code, answer.headers.get("ETag"), size, body))
        return seen

    before = [await seen_by(who) for who in others]
    own = world.saco_rep.client
    note = await own.post(f"{session}/party-notes", {"text": "Hemligt ett."})
    await own.change(f"/party-notes/{note['id']}", {"text": "Hemligt två."})
    for words in ("Utkast ett.", "Utkast två."):
        body = {"answers": {"q5": words}, "differences": words, "published": False}
        await own.change(statement, body, method="PUT", etag=await own.etag(statement))
    assert [await seen_by(who) for who in others] == before
    await own.change(f"/party-notes/{note['id']}", None, 204, method="DELETE")
    assert [await seen_by(who) for who in others] == before
    told = [each for each in await trail(world.saco_rep, world) if each["audience"] == "party"]
    assert len(told) == 5
    for who in others:
        for entry in told:
            await who.client.refused("GET", f"/audit-entries/{entry['id']}", 404, "notFound")
            found = await who.client.get(f"{world.path}/audit-entries", params={"subjectId": note["id"]})
            assert found["_meta"]["totalRecords"] == 0
        guess = await who.client.request("PUT", statement, json={"answers": {}, "published": False}, etag='"2"')
        assert guess.status_code in {403, 404}
        assert "Utkast" not in guess.text


async def test_rule_7_dialogue_not_negotiation(world: World) -> None:
    """Every session and record says so, and hands over what dialogue cannot settle."""
    group = await started_group(world)
    session = await held_session(world, group)
    path = f"/session-records/{session['sessionRecordId']}"
    record = await world.saco_rep.client.get(path)
    assert session["legalCharacter"] == record["content"]["legalCharacter"] == "dialogue"
    handovers: list[Json] = [
        {"handedOverTo": body, "matter": "Bemanning under kvällspass.", "caseNumber": number}
        for body, number in (
            ("cooperationGroup", None),
            ("mbl11", "MP 2026/1"),
            ("mbl19", "MP 2026/2"),
            ("safetyCommittee", None),
        )
    ]
    changed = await world.saco_rep.client.change(path, {"handovers": handovers, "sharedPicture": "Bild."})
    assert changed["content"]["handovers"] == handovers
    reviewed = await world.saco_rep.client.step(f"{path}/transitions", for_review())
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path)
    assert (await world.archivist.client.get(path))["content"] == reviewed["content"]
    body = {**await a_session(world), "legalCharacter": "negotiation"}
    sessions = f"/working-groups/{group['id']}/dialogue-sessions"
    await world.saco_rep.client.refused("POST", sessions, 422, "validationFailed", json=body)


async def test_rule_8_public_documents(world: World) -> None:
    """A final record gets its case number and archive class without a letter of its content changing."""
    record = await final_record(world, await started_group(world))
    register = f"/record-registrations/{record['id']}"
    given = {"caseNumber": "MP 2026/0412", "archiveClass": "2.4.1 Samverkan", "legalHold": True}
    await world.archivist.client.change(register, given, method="PUT", etag='"0"')
    read = await world.archivist.client.get(f"/session-records/{record['id']}")
    assert (read["version"], read["contentHash"], read["content"]) == (
        record["version"],
        record["contentHash"],
        record["content"],
    )


async def test_rule_9_nothing_lost(world: World) -> None:
    """Of two edits with the same ETag exactly one is taken, whatever is edited."""
    forming = await forming_group(world)
    group = await started_group(world)
    record = await draft_record(world, group)
    session = f"/dialogue-sessions/{record['dialogueSessionId']}"
    action = await agreed_action(world, record)
    note = await world.saco_rep.client.post(f"{session}/party-notes", {"text": "Ett"})
    edits: list[tuple[str, Any]] = [
        (f"/working-groups/{forming['id']}", lambda turn: {"name": f"Namn {turn}"}),
        (f"/session-records/{record['id']}", lambda turn: {"sharedPicture": f"Bild {turn}"}),
        (session, lambda turn: {"employeeHeadcount": 20 + turn}),
        (f"/actions/{action['id']}", lambda turn: {"what": f"Steg {turn}"}),
        (f"/party-notes/{note['id']}", lambda turn: {"text": f"Text {turn}"}),
    ]
    second = await world.representative("second", world.saco)
    for path, edit in edits:
        tag = await second.client.etag(path)
        answers = await asyncio.gather(
            *(
                who.client.request("PATCH", path, json=edit(turn), etag=tag)
                for turn, who in enumerate((world.saco_rep, second))
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412], path
        (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
        read = await second.client.get(path)
        assert read["version"] == winner["version"]
        assert {key: read[key] for key in winner if key != "_links"} == {
            key: winner[key] for key in winner if key != "_links"
        }
