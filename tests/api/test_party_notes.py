"""Party-private notes: for the party's own people at this table, and for nobody else."""

from typing import Any

from tests.stories import draft_record, planned_session, started_group, trail
from tests.world import World


async def test_a_party_writes_changes_and_deletes_its_notes(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    notes = f"/dialogue-sessions/{session['id']}/party-notes"
    client = world.saco_rep.client
    made = await client.post(notes, {"text": "Ta upp handledningen internt."})
    path = f"/party-notes/{made['id']}"
    assert (made["partyId"], made["version"]) == (str(world.saco.id), 1)
    assert await client.get(path) == made
    tag = await client.etag(path)
    changed = await client.change(path, {"text": "Ta upp tiden först."})
    assert (changed["text"], changed["version"]) == ("Ta upp tiden först.", 2)
    assert (await client.change(path, {"text": "Ta upp tiden först."}))["version"] == 2
    assert (await client.change(path, {}))["version"] == 2
    await client.refused("PATCH", path, 412, "staleVersion", json={"text": "X"}, etag=tag)
    await client.refused("DELETE", path, 412, "staleVersion", etag=tag)
    await client.refused("DELETE", path, 428, "preconditionRequired")
    colleague = await world.representative("colleague", world.saco)
    await colleague.client.request("DELETE", path, etag=await colleague.client.etag(path), expect=204)
    await client.refused("GET", path, 404, "notFound")
    entries = await trail(client, world, subjectId=made["id"])
    assert [(each["operation"], each["fromVersion"], each["audience"]) for each in entries] == [
        ("create_party_note", None, "party"),
        ("update_party_note", 1, "party"),
        ("delete_party_note", 2, "party"),
    ]
    assert [each["mandateId"] for each in entries] == [
        world.saco_rep.mandate_id,
        world.saco_rep.mandate_id,
        colleague.mandate_id,
    ]


async def test_bad_notes_are_refused(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    notes = f"/dialogue-sessions/{session['id']}/party-notes"
    for body in (
        {"text": ""},
        {"text": "a\x00b"},
        {"text": "x" * 10_001},
        {"text": 1},
        {},
        {"text": "a", "partyId": "b"},
    ):
        await world.saco_rep.client.refused("POST", notes, 422, "validationFailed", json=body)


async def test_nobody_else_can_tell_that_a_note_exists(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    notes = f"/dialogue-sessions/{session['id']}/party-notes"
    made = await world.saco_rep.client.post(notes, {"text": "Hemligt om Åsa-projektet."})
    path = f"/party-notes/{made['id']}"
    async with World(world.app) as other:
        insiders = (world.employer_rep, world.seko_rep, world.facilitator, world.archivist, world.employee)
        for who in (*insiders, world.administrator, other.saco_rep, other.employer_rep):
            missing = await who.client.request("GET", "/party-notes/" + made["dialogueSessionId"])
            hidden = await who.client.request("GET", path)
            assert hidden.status_code == missing.status_code == 404
            assert {**hidden.json(), "instance": ""} == {**missing.json(), "instance": ""}
            await who.client.refused("PATCH", path, 404, "notFound", json={"text": "x"}, etag='"1"')
            await who.client.refused("DELETE", path, 404, "notFound", etag='"1"')
    employer = await world.employer_rep.client.get(notes)
    assert (employer["items"], employer["_meta"]["totalRecords"]) == ([], 0)
    await world.facilitator.client.refused("GET", notes, 403, "notYourRole")
    await world.facilitator.client.refused("POST", notes, 403, "notYourRole", json={"text": "Min"})


async def test_a_mandate_for_one_table_sees_that_tables_notes_alone(world: World) -> None:
    here, there = await started_group(world), await started_group(world, name="Där")
    made = {}
    for group in (here, there):
        session = await planned_session(world, group)
        notes = f"/dialogue-sessions/{session['id']}/party-notes"
        made[group["id"]] = (notes, await world.saco_rep.client.post(notes, {"text": "Vid bordet."}))
    bound = await world.representative("bound", world.saco, working_group_id=here["id"])
    notes, note = made[here["id"]]
    assert [each["id"] for each in (await bound.client.get(notes))["items"]] == [note["id"]]
    own = await bound.client.post(notes, {"text": "Från den som bara sitter här."})
    told = [each["subjectId"] for each in await trail(bound, world) if each["audience"] == "party"]
    assert told == [note["id"], own["id"]]
    notes, note = made[there["id"]]
    await bound.client.refused("GET", notes, 404, "notFound")
    await bound.client.refused("GET", f"/party-notes/{note['id']}", 404, "notFound")


async def test_who_speaks_for_two_unions_says_whose_note_it_is(world: World) -> None:
    session = await planned_session(world, await started_group(world, world.saco, world.seko))
    notes = f"/dialogue-sessions/{session['id']}/party-notes"
    both = await world.representative("both", world.saco)
    saco_mandate = both.mandate_id
    await world.representative("both", world.seko, person=both)
    await both.client.refused("POST", notes, 422, "chooseMandate", json={"text": "Vems?"})
    wrong = {"text": "Vems?", "mandateId": world.employer_rep.mandate_id}
    await both.client.refused("POST", notes, 422, "unknownMandate", json=wrong)
    made = await both.client.post(notes, {"text": "Sacos", "mandateId": saco_mandate})
    assert made["partyId"] == str(world.saco.id)
    await world.seko_rep.client.refused("GET", f"/party-notes/{made['id']}", 404, "notFound")
    (entry,) = await trail(both, world, subjectId=made["id"])
    assert entry["mandateId"] == saco_mandate


async def test_notes_are_paged_in_the_order_they_were_written(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    notes = f"/dialogue-sessions/{record['dialogueSessionId']}/party-notes"
    client = world.saco_rep.client
    key: Any = {"Idempotency-Key": "anteckning-1"}
    made = [(await client.post(notes, {"text": f"Nummer {number}"}))["id"] for number in range(3)]
    made += {(await client.post(notes, {"text": "En gång"}, headers=key))["id"] for _ in range(2)}
    first = await client.get(notes, params={"limit": 3})
    following = first["_links"]["next"]["href"].split("/larande/v1")[1]
    assert [each["id"] for each in first["items"] + (await client.get(following))["items"]] == made
