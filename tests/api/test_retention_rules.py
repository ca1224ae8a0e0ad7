"""Retention rules: set by the archivist, read by all, carried out after a notice, unless a legal hold is on it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from app import retention
from app.models.audit_entry import AuditEntry
from app.models.session_record import SessionRecord
from app.models.sign_in import RefreshToken, SignIn
from app.services.retention import months_before
from tests.database import Database
from tests.retention_stories import (
    RULE,
    a_destruction,
    a_hold,
    a_rule,
    final_appendix,
    lifted,
    log_of,
    months_pass,
    rows_left,
)
from tests.stories import Json, final_record, started_group, trail, written_record
from tests.world import World


async def a_note(world: World, record: Json, text: str = "Eget.") -> Json:
    path = f"/dialogue-sessions/{record['dialogueSessionId']}/party-notes"
    made: Json = await world.saco_rep.client.post(path, {"text": text})
    return made


async def test_set_changed_and_removed_by_the_archivist(world: World) -> None:
    rule = await a_rule(world)
    path = f"/retention-rules/{rule['id']}"
    assert {name: rule[name] for name in RULE} == RULE
    first = datetime.fromisoformat(rule["destroysFrom"]) - datetime.fromisoformat(rule["setAt"])
    assert first == timedelta(days=30)
    for who in (world.employee, world.saco_rep, world.employer_rep):
        assert (await who.client.get(path))["decisionReference"] == "MP 2026/45"
        assert len((await who.client.get(f"{world.path}/retention-rules"))["items"]) == 1
        tag = await who.client.etag(path)
        await who.client.refused("PATCH", path, 403, "notYourRole", json={"keepMonths": 1}, etag=tag)
        await who.client.refused("DELETE", path, 403, "notYourRole", etag=tag)
        await who.client.refused("POST", f"{world.path}/retention-rules", 403, "notYourRole", json=RULE)
    again = await world.archivist.client.refused(
        "POST", f"{world.path}/retention-rules", 409, "retentionRuleExists", json=RULE
    )
    assert again["errors"][0]["pointer"] == "/kind"
    shorter = await world.archivist.client.change(path, {"keepMonths": 6})
    assert datetime.fromisoformat(shorter["destroysFrom"]) > datetime.fromisoformat(rule["destroysFrom"])
    same = await world.archivist.client.change(path, {"keepMonths": 6})
    assert (same["version"], same["setAt"]) == (shorter["version"], shorter["setAt"])
    await world.archivist.client.refused("PATCH", path, 412, "staleVersion", json={"keepMonths": 7}, etag='"1"')
    await world.archivist.client.change(path, None, expect=204, method="DELETE")
    await world.archivist.client.refused("GET", path, 404, "notFound")
    entries = await trail(world.saco_rep, world, subjectId=rule["id"])
    operations = ["create_retention_rule", "update_retention_rule", "delete_retention_rule"]
    assert [each["operation"] for each in entries] == operations


@pytest.mark.parametrize(
    "wrong",
    [
        {"keepMonths": 0},
        {"keepMonths": 1201},
        {"keepMonths": "12"},
        {"decisionReference": ""},
        {"decisionReference": None},
        {"archiveClass": " "},
        {"kind": "surveyRounds"},
        {"legalHold": True},
    ],
)
async def test_a_rule_needs_a_decision_and_a_time(world: World, wrong: dict[str, Any]) -> None:
    body = {**RULE, **wrong}
    await world.archivist.client.refused("POST", f"{world.path}/retention-rules", 422, "validationFailed", json=body)


async def test_records_go_when_their_time_has_passed_and_not_before(world: World) -> None:
    group = await started_group(world)
    record, kept = await final_record(world, group), await written_record(world, group)
    rule = await a_rule(world, keepMonths=12)
    path = f"/session-records/{record['id']}"
    await months_pass(world, 11.5)
    assert await rows_left(world, "session_record", "id", record["id"]) == 1
    proposed = await a_destruction(world, record)
    await months_pass(world, 12)
    assert await rows_left(world, "session_record", "id", record["id"]) == 0
    await world.saco_rep.client.refused("GET", path, 404, "notFound")
    assert (await world.saco_rep.client.get(f"/destructions/{proposed['id']}"))["state"] == "withdrawn"
    # What is no final record is no part of the rule.
    assert await rows_left(world, "session_record", "id", kept["id"]) == 1
    (entry,) = await log_of(world.saco_rep, world)
    assert (entry["destroyedId"], entry["decisionReference"], entry["archiveClass"]) == (
        record["id"],
        "MP 2026/45",
        "2.4.1",
    )
    whole = await world.archivist.client.get(f"/destruction-log-entries/{entry['id']}")
    assert (whole["retentionRuleId"], whole["destructionId"]) == (rule["id"], None)
    await months_pass(world, 13)
    assert len(await log_of(world.saco_rep, world)) == 1


async def test_nothing_goes_without_a_rule_nor_in_its_notice(world: World) -> None:
    record = await final_record(world, await started_group(world))
    await months_pass(world, 2000)
    assert await rows_left(world, "session_record", "id", record["id"]) == 1
    async with world.database.own() as session:
        # Years ago; a rule set today for a month could take it at once.
        await session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        old = datetime.now(UTC) - timedelta(days=3000)
        await session.execute(
            sa.update(SessionRecord).where(col(SessionRecord.id) == UUID(record["id"])).values(final_at=old)
        )
    await a_rule(world, keepMonths=1)
    await retention.work(world.database, datetime.now(UTC) + timedelta(days=29, hours=23))
    assert await rows_left(world, "session_record", "id", record["id"]) == 1
    await retention.work(world.database, datetime.now(UTC) + timedelta(days=30, hours=1))
    assert await rows_left(world, "session_record", "id", record["id"]) == 0


async def test_what_the_archivist_registered_for_longer_stays_longer(world: World) -> None:
    record = await final_record(world, await started_group(world))
    until = (datetime.now(UTC) + timedelta(days=1000)).date().isoformat()
    given = {"caseNumber": "MP 2026/1", "archiveClass": "1.1", "retainUntil": until}
    await world.archivist.client.change(f"/record-registrations/{record['id']}", given, method="PUT", etag='"0"')
    await a_rule(world, keepMonths=1)
    await months_pass(world, 12)
    assert await rows_left(world, "session_record", "id", record["id"]) == 1
    await months_pass(world, 34)
    assert await rows_left(world, "session_record", "id", record["id"]) == 0
    (entry,) = await log_of(world.archivist, world)
    assert (entry["caseNumber"], entry["archiveClass"]) == ("MP 2026/1", "1.1")


async def test_a_record_waits_for_its_open_appendix(world: World) -> None:
    record = await final_record(world, await started_group(world))
    body = {"title": "Rättelse", "sharedPicture": "Rätt."}
    await world.saco_rep.client.post(f"/session-records/{record['id']}/appendices", body)
    await a_rule(world, keepMonths=1)
    await months_pass(world, 100)
    assert await rows_left(world, "session_record", "id", record["id"]) == 1


async def test_a_record_goes_together_with_its_appendices(world: World) -> None:
    record = await final_record(world, await started_group(world))
    appendix = await final_appendix(world, record)
    second = await final_appendix(world, appendix)
    await a_rule(world, keepMonths=1)
    hold = await a_hold(world, heldRecordId=second["id"])
    await months_pass(world, 24)
    assert await rows_left(world, "session_record", "id", record["id"]) == 1
    await lifted(world, hold)
    await months_pass(world, 24)
    gone = [each["id"] for each in (second, appendix, record)]
    assert [each["destroyedId"] for each in await log_of(world.archivist, world)] == gone


@pytest.mark.parametrize("on", ["organisation", "group", "record", "registration"])
async def test_a_hold_stops_a_rule(world: World, on: str) -> None:
    record = await final_record(world, await started_group(world))
    await a_rule(world, keepMonths=1)
    register = f"/record-registrations/{record['id']}"
    given: dict[str, Any] = {"caseNumber": "MP 2026/1", "archiveClass": "2.4"}
    if on == "registration":
        await world.archivist.client.change(register, {**given, "legalHold": True}, method="PUT", etag='"0"')
    else:
        named = {"group": {"heldGroupId": record["workingGroupId"]}, "record": {"heldRecordId": record["id"]}}
        hold = await a_hold(world, **named.get(on, {}))
    await months_pass(world, 24)
    assert await rows_left(world, "session_record", "id", record["id"]) == 1
    assert await log_of(world.archivist, world) == []
    if on == "registration":
        await world.archivist.client.change(register, given, method="PUT")
    else:
        await lifted(world, hold)
    await months_pass(world, 24)
    assert await rows_left(world, "session_record", "id", record["id"]) == 0


async def test_how_many_notes_went_is_for_their_party_alone(world: World) -> None:
    group = await started_group(world)
    record = await written_record(world, group)
    for number in range(3):
        await a_note(world, record, f"Eget {number}.")
    path = f"/dialogue-sessions/{record['dialogueSessionId']}/party-notes"
    own = await world.employer_rep.client.post(path, {"text": "Vårt."})
    held = await started_group(world)
    spared = await a_note(world, await written_record(world, held))
    await a_hold(world, heldGroupId=held["id"])
    await a_rule(world, kind="partyNotes", keepMonths=3)
    await months_pass(world, 4)
    assert await rows_left(world, "party_note", "dialogue_session_id", record["dialogueSessionId"]) == 0
    assert await rows_left(world, "party_note", "id", spared["id"]) == 1
    await world.employer_rep.client.refused("GET", f"/party-notes/{own['id']}", 404, "notFound")
    for who, count in ((world.saco_rep, 3), (world.employer_rep, 1)):
        (entry,) = await log_of(who, world)
        assert (entry["kind"], entry["count"], entry["destroyedId"]) == ("partyNotes", count, None)
        for other in (world.archivist, world.seko_rep, world.administrator):
            await other.client.refused("GET", f"/destruction-log-entries/{entry['id']}", 404, "notFound")
    assert await log_of(world.archivist, world) == []


async def test_the_trail_goes_by_its_rule_and_not_otherwise(world: World) -> None:
    group = await started_group(world)
    record = await written_record(world, group)
    await a_note(world, record)
    await a_rule(world, kind="auditEntries", keepMonths=24)
    await months_pass(world, 23)
    of_organisation = sa.select(col(AuditEntry.id)).where(col(AuditEntry.organisation_id) == world.organisation.id)
    async with world.database.read() as session:
        before = len((await session.execute(of_organisation)).all())
    assert before > 5
    await months_pass(world, 25)
    assert await trail(world.saco_rep, world) == []
    log = [*await log_of(world.saco_rep, world), *await log_of(world.archivist, world)]
    distinct = {each["id"]: each["count"] for each in log}
    assert sum(distinct.values()) == before
    assert {each["kind"] for each in log} == {"auditEntries"}
    assert len(await log_of(world.archivist, world)) == 1


async def test_sign_ins_go_when_no_token_can_be_renewed_from_them(world: World) -> None:
    now = datetime.now(UTC)
    then = now - timedelta(days=100)
    old = SignIn(person_id=world.employee.person.id, address_hash=b"x", started_at=then, last_used_at=then)
    await world.add(old, RefreshToken(token_hash=b"token" + old.id.bytes, sign_in_id=old.id, expires_at=now))
    await a_rule(world, kind="signIns", keepMonths=1)
    await retention.work(world.database, now + timedelta(days=31))
    assert await rows_left(world, "sign_in", "id", old.id) == 0
    assert await world.employee.client.get("/me")
    (entry,) = await log_of(world.archivist, world)
    assert (entry["kind"], entry["count"]) == ("signIns", 1)


async def test_other_organisations_keep_theirs(app: FastAPI, world: World) -> None:
    async with World(app) as other:
        record = await final_record(other, await started_group(other))
        await a_rule(world, keepMonths=1)
        await months_pass(world, 24)
        assert await rows_left(other, "session_record", "id", record["id"]) == 1


async def test_many_go_in_several_turns(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = await written_record(world, await started_group(world))
    for number in range(5):
        await a_note(world, record, f"Eget {number}.")
    await a_rule(world, kind="partyNotes", keepMonths=1)
    monkeypatch.setattr("app.services.retention.AT_ONCE", 2)
    await months_pass(world, 3)
    assert [each["count"] for each in await log_of(world.saco_rep, world)] == [2, 2, 1]


async def test_a_database_away_is_waited_for(world: World) -> None:
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    await retention.work(away, datetime.now(UTC))
    await away.close()
    assert await world.employee.client.get("/me")


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ((2026, 3, 31), 1, (2026, 2, 28)),
        ((2024, 3, 31), 1, (2024, 2, 29)),
        ((2026, 1, 15), 1, (2025, 12, 15)),
        ((2026, 12, 1), 24, (2024, 12, 1)),
        ((50, 1, 1), 1200, (1, 1, 1)),
    ],
)
def test_months_are_those_of_the_calendar(day: tuple[int, int, int], months: int, before: tuple[int, int, int]) -> None:
    assert months_before(datetime(*day, tzinfo=UTC), months) == datetime(*before, tzinfo=UTC)
