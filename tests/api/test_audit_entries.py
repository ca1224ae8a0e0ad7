"""The audit trail: every change once, by whom and from which version; nothing of content, nothing private."""

from typing import Any
from uuid import uuid4

from tests.stories import (
    Json,
    agreed_action,
    decide,
    draft_record,
    final_record,
    for_review,
    planned_session,
    present,
    started_group,
    trail,
)
from tests.world import World


async def test_every_change_at_the_table_is_told_once_with_mandate_and_version(world: World) -> None:
    group = await started_group(world)
    session = await planned_session(world, group)
    held = f"/dialogue-sessions/{session['id']}"
    await world.saco_rep.client.change(held, {"attendances": present(world.employer_rep, world.saco_rep)})
    read = await world.facilitator.client.step(f"{held}/transitions", {"to": "held"})
    path = f"/session-records/{read['sessionRecordId']}"
    await world.employer_rep.client.change(path, {"sharedPicture": "Ordet hemlighuset står bara i protokollet."})
    await world.facilitator.client.step(f"{path}/transitions", for_review())
    await decide(world.saco_rep, path)
    entries = await trail(world.saco_rep, world, workingGroupId=group["id"])
    employer, saco = world.employer_rep.mandate_id, world.saco_rep.mandate_id
    assert [(each["operation"], each["subjectType"], each["fromVersion"], each["mandateId"]) for each in entries] == [
        ("create_working_group", "working_group", None, employer),
        ("approve_working_group", "approval", None, employer),
        ("approve_working_group", "approval", None, saco),
        ("approve_working_group", "working_group", 1, saco),
        ("create_dialogue_session", "dialogue_session", None, employer),
        ("update_dialogue_session", "dialogue_session", 1, saco),
        ("transition_dialogue_session", "dialogue_session", 2, None),
        ("transition_dialogue_session", "working_group", 2, None),
        ("transition_dialogue_session", "session_record", None, None),
        ("update_session_record", "session_record", 1, employer),
        ("transition_session_record", "session_record", 2, None),
        ("approve_session_record", "approval", None, saco),
    ]
    assert {each["audience"] for each in entries} == {"workingGroup"}
    assert {each["personId"] for each in entries} == {
        world.employer_rep.id,
        world.saco_rep.id,
        world.facilitator.id,
    }
    assert "hemlighuset" not in str(entries)
    assert await trail(world.employer_rep, world, workingGroupId=group["id"]) == entries


async def test_what_is_refused_leaves_no_trace(world: World) -> None:
    group = await started_group(world)
    before = await trail(world.saco_rep, world)
    path = f"/working-groups/{group['id']}"
    await world.saco_rep.client.refused("PATCH", path, 412, "staleVersion", json={"name": "X"}, etag='"9"')
    await world.saco_rep.client.refused("PATCH", path, 409, "groupNotForming", json={"name": "X"}, etag='"2"')
    body = {"to": "closed", "reason": "\x00"}
    await world.saco_rep.client.refused("POST", f"{path}/transitions", 422, "validationFailed", json=body, etag='"2"')
    assert await trail(world.saco_rep, world) == before


async def test_entries_are_seen_within_their_audience(world: World) -> None:
    group = await started_group(world)
    record = await draft_record(world, group)
    note = await world.saco_rep.client.post(
        f"/dialogue-sessions/{record['dialogueSessionId']}/party-notes", {"text": "Internt"}
    )
    (private,) = await trail(world.saco_rep, world, subjectId=note["id"])
    (shared,) = (await trail(world.saco_rep, world, subjectId=group["id"]))[:1]
    assert (await world.saco_rep.client.get(f"/audit-entries/{private['id']}"))["audience"] == "party"
    single = await world.employer_rep.client.get(f"/audit-entries/{shared['id']}")
    assert {key: single[key] for key in shared} == shared
    assert (single["version"], single["allowedActions"]) == (1, [])
    async with World(world.app) as other:
        insiders = (world.employer_rep, world.seko_rep, world.facilitator, world.archivist, world.employee)
        for who in (*insiders, world.administrator, other.saco_rep, other.employer_rep):
            await who.client.refused("GET", f"/audit-entries/{private['id']}", 404, "notFound")
        for who in (world.seko_rep, world.archivist, world.employee, world.administrator, world.facilitator):
            await who.client.refused("GET", f"/audit-entries/{shared['id']}", 404, "notFound")
            found = await who.client.get(f"{world.path}/audit-entries", params={"workingGroupId": group["id"]})
            assert found["_meta"]["totalRecords"] == 0
        await other.saco_rep.client.refused("GET", f"{world.path}/audit-entries", 404, "notFound")
    mine = await world.employer_rep.client.get(f"{world.path}/audit-entries")
    theirs = await world.saco_rep.client.get(f"{world.path}/audit-entries")
    assert theirs["_meta"]["totalRecords"] == mine["_meta"]["totalRecords"] + 1


async def test_changes_of_the_organisation_are_told_to_its_parties(world: World) -> None:
    await world.administrator.client.change(world.path, {"shortName": "MFP"})
    for who in (world.employer_rep, world.seko_rep, world.administrator):
        (entry,) = await trail(who, world, subjectId=str(world.organisation.id))
        assert (entry["operation"], entry["fromVersion"], entry["mandateId"]) == ("update_organisation", 1, None)
        assert (entry["audience"], entry["workingGroupId"]) == ("organisation", None)
        await who.client.get(f"/audit-entries/{entry['id']}")
    assert await trail(world.employee, world) == []


async def test_the_trail_is_filtered_sorted_and_paged(world: World) -> None:
    group = await started_group(world)
    other = await started_group(world)
    record = await final_record(world, group)
    await agreed_action(world, await draft_record(world, other))
    path, client = f"{world.path}/audit-entries", world.saco_rep.client

    async def ids(**asked: Any) -> list[str]:
        found: Json = await client.get(path, params={"limit": 100, **asked})
        return [each["id"] for each in found["items"]]

    everything = await ids()
    assert await ids(sort="happenedAt") == everything[::-1] == sorted(everything)
    here, there = await ids(workingGroupId=group["id"]), await ids(workingGroupId=other["id"])
    assert sorted(here + there) == sorted(everything)
    assert set(await ids(subjectId=record["id"])) < set(here)
    assert await ids(subjectId=record["id"], workingGroupId=other["id"]) == []
    assert await ids(subjectId=str(uuid4())) == []
    seen: list[str] = []
    address: str | None = f"{path}?limit=7"
    while address:
        page = await client.get(address)
        seen += [each["id"] for each in page["items"]]
        following = page["_links"]["next"]
        address = following["href"].split("/larande/v1")[1] if following else None
    assert seen == everything
    await client.refused("GET", path, 422, "validationFailed", params={"subjectId": "x"})
    await client.refused("GET", path, 422, "unknownParameter", params={"personId": world.employee.id})


async def test_attack_the_trail_tells_whom_a_union_is_bringing_in(world: World) -> None:
    """Every party reads that somebody was taken in; by whose mandate would say for which party."""
    sent = {"name": "Ny Person", "email": f"ny.{uuid4().hex}@example.se"}
    made = await world.saco_rep.client.post(f"{world.path}/people", sent)
    await world.saco_rep.client.change(f"/people/{world.saco_rep.id}", {"name": "Nytt Namn"})
    for reader in (world.employer_rep, world.seko_rep, world.administrator):
        about = [each for each in await trail(reader, world) if each["subjectType"] == "person"]
        assert {each["subjectId"] for each in about} >= {made["id"], world.saco_rep.id}
        assert {each["mandateId"] for each in about} == {None}
        assert world.saco_rep.mandate_id not in str(about)
