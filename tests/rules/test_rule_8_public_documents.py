"""Rule 8: nothing final is destroyed without a decision reference, a legal hold stops everything, and destruction
leaves a log without content. Neither the service nor a script with the database open gets round that."""

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.retention_stories import (
    RULE,
    a_destruction,
    a_hold,
    a_rule,
    destroyed_jointly,
    log_of,
    months_pass,
    rows_left,
)
from tests.stories import Json, decide, final_record, started_group
from tests.world import World

LOGGED = (
    "INSERT INTO destruction_log_entry (id, organisation_id, kind, destroyed_id, count, archive_class, "
    "decision_reference, destroyed_at) "
    "VALUES (:entry, :organisation, 'sessionRecords', :id, 1, '2.4', :reference, now())"
)


async def script(world: World, record: Json, *statements: str, reference: str = "MP 2026/45") -> None:
    """Somebody with the database open, as its owner."""
    given = {
        "id": record["id"],
        "entry": uuid4(),
        "organisation": world.organisation.id,
        "reference": reference,
    }
    async with world.database.own() as session:
        for statement in statements:
            named = {name: value for name, value in given.items() if f":{name}" in statement}
            await session.execute(text(statement), named)


async def test_rule_8_nothing_final_goes_without_a_decision_reference(world: World) -> None:
    # The log tells of another one already, and that opens no door to this.
    await destroyed_jointly(world, await final_record(world, await started_group(world)))
    record = await final_record(world, await started_group(world))
    gone = "DELETE FROM session_record WHERE id = :id"
    parts = ("DELETE FROM approval WHERE subject_id = :id", "DELETE FROM statement WHERE session_record_id = :id")
    for statement in (gone, parts[0]):
        with pytest.raises(IntegrityError, match="is final"):
            await script(world, record, statement)
    with pytest.raises(IntegrityError, match="decision_reference"):
        await script(world, record, LOGGED, *parts, gone, reference="")
    assert await rows_left(world, "session_record", "id", record["id"]) == 1
    for address, body in (
        (f"/session-records/{record['id']}/destructions", {"reason": "Nedlagt."}),
        (f"{world.path}/retention-rules", {name: value for name, value in RULE.items() if name != "decisionReference"}),
    ):
        for who in (world.saco_rep, world.archivist):
            answer = await who.client.request("POST", address, json=body)
            assert answer.status_code in {403, 422}
    await months_pass(world, 2000)
    assert await rows_left(world, "session_record", "id", record["id"]) == 1, "without a rule it is kept for good"
    # With an entry a script can delete it: the log tells, and cannot be changed.
    await script(world, record, LOGGED, *parts, gone)
    entries = {each["destroyedId"]: each["decisionReference"] for each in await log_of(world.archivist, world)}
    assert entries[record["id"]] == "MP 2026/45"
    for statement in (
        "DELETE FROM destruction_log_entry WHERE destroyed_id = :id",
        "UPDATE destruction_log_entry SET count = 0 WHERE destroyed_id = :id",
        "TRUNCATE destruction_log_entry",
    ):
        with pytest.raises(IntegrityError, match="is final"):
            await script(world, record, statement)


async def test_rule_8_a_legal_hold_stops_everything(world: World) -> None:
    record = await final_record(world, await started_group(world))
    await a_rule(world, keepMonths=1)
    proposed = await a_destruction(world, record)
    await decide(world.saco_rep, f"/destructions/{proposed['id']}")
    await a_hold(world, heldRecordId=record["id"])
    await decide(world.employer_rep, f"/destructions/{proposed['id']}", expect=409)
    await months_pass(world, 2000)
    with pytest.raises(IntegrityError, match="under legal hold"):
        await script(world, record, LOGGED, "DELETE FROM approval WHERE subject_id = :id")
    read = await world.saco_rep.client.get(f"/session-records/{record['id']}")
    assert (read["content"], read["contentHash"]) == (record["content"], record["contentHash"])
    # The administrator, who runs the machine, has no say in it.
    for method, path, body in (
        ("POST", f"{world.path}/legal-holds", {"reason": "Prövas.", "caseNumber": "KRG 1-26"}),
        ("POST", f"{world.path}/retention-rules", RULE),
    ):
        await world.administrator.client.refused(method, path, 403, "notYourRole", json=body)


@pytest.mark.parametrize("way", ["jointly", "by rule"])
async def test_rule_8_the_log_holds_no_content(world: World, way: str) -> None:
    record = await final_record(world, await started_group(world))
    if way == "jointly":
        await destroyed_jointly(world, record)
    else:
        await a_rule(world, keepMonths=1)
        await months_pass(world, 12)
    async with world.database.read() as session:
        rows = await session.execute(
            text("SELECT to_jsonb(e)::text FROM destruction_log_entry e WHERE organisation_id = :id"),
            {"id": world.organisation.id},
        )
        (logged,) = rows.scalars().all()
    said = {logged, json.dumps(await log_of(world.saco_rep, world), ensure_ascii=False)}

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [each for part in value.values() for each in texts(part)]
        if isinstance(value, list):
            return [each for part in value for each in texts(part)]
        return [value] if isinstance(value, str) else []

    whole = " ".join(said)
    for words in texts(record["content"]):
        # An id of a group or session is no content, and is not there either.
        assert words not in whole, words
    for someone in world.people.values():
        assert someone.person.name not in whole
        assert someone.id not in whole


async def test_rule_1_and_8_the_sides_destroy_alike(world: World) -> None:
    """Whoever proposes and whoever comes last: with one side alone nothing goes, with both it goes for both at once."""
    for first, last in ((world.saco_rep, world.employer_rep), (world.employer_rep, world.saco_rep)):
        record = await final_record(world, await started_group(world))
        made = await a_destruction(world, record, by=first)
        await decide(first, f"/destructions/{made['id']}")
        assert await rows_left(world, "session_record", "id", record["id"]) == 1
        await decide(last, f"/destructions/{made['id']}")
        for who in (first, last):
            await who.client.refused("GET", f"/session-records/{record['id']}", 404, "notFound")
