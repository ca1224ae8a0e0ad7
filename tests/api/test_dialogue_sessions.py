"""Dialogue sessions: planned, prepared, held with both sides on record, or cancelled."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
import time_machine
from sqlmodel import col

from app.models.person import Person
from tests import stories
from tests.stories import (
    a_session,
    decide,
    draft_record,
    final_record,
    held_session,
    now_as,
    planned_session,
    present,
    record_under_review,
    soon,
    started_group,
    trail,
)
from tests.world import World


def sessions(group: Any) -> str:
    return f"/working-groups/{group['id']}/dialogue-sessions"


async def test_a_session_is_planned_on_one_template_version(world: World) -> None:
    group = await started_group(world)
    body = await a_session(world, startsAt="2026-12-01T14:30:00+01:00", meetingForm="hybrid")
    made = await world.saco_rep.client.post(sessions(group), body)
    title = (await world.template()).title["sv"]
    assert made["startsAt"] == "2026-12-01T13:30:00Z"
    assert (made["title"], made["state"], made["legalCharacter"]) == (title, "planned", "dialogue")
    assert (made["meetingForm"], made["sessionRecordId"]) == ("hybrid", None)
    assert await world.facilitator.client.get(f"/dialogue-sessions/{made['id']}") != {}
    (entry,) = await trail(world.saco_rep, world, subjectId=made["id"])
    assert (entry["operation"], entry["mandateId"]) == ("create_dialogue_session", world.saco_rep.mandate_id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("startsAt", "2026-12-01T14:30:00"),
        ("startsAt", "2026-12-01"),
        ("startsAt", 0),
        ("startsAt", "9999-12-31T23:30:00Z"),
        ("startsAt", "0001-01-01T00:00:00Z"),
        ("startsAt", "0001-01-01T00:00:00+14:00"),
        ("title", " "),
        ("place", "x" * 201),
        ("facilitatorFunction", ""),
        ("meetingForm", "telepathy"),
        ("legalCharacter", "negotiation"),
    ],
)
async def test_bad_plans_are_refused(world: World, field: str, value: Any) -> None:
    group = await started_group(world)
    body = await a_session(world, **{field: value})
    problem = await world.saco_rep.client.refused("POST", sessions(group), 422, "validationFailed", json=body)
    assert problem["errors"][0]["pointer"] == f"/{field}"


async def test_the_template_is_published_and_visible(world: World) -> None:
    group = await started_group(world)
    body = await a_session(world, dialogueTemplateId=str(uuid4()))
    await world.saco_rep.client.refused("POST", sessions(group), 422, "unknownTemplate", json=body)


async def test_the_facilitator_stands_outside_the_parties(world: World) -> None:
    group = await started_group(world)
    today = date.today()  # noqa: DTZ011
    coming = await world.representative("coming", world.seko, valid_from=today + timedelta(days=9))
    gone = await world.representative("gone", world.seko, valid_to=today - timedelta(days=3))
    async with World(world.app) as other:
        for person, code in (
            (world.saco_rep.id, "facilitatorHoldsMandate"),
            (coming.id, "facilitatorHoldsMandate"),
            (other.facilitator.id, "unknownPerson"),
            (world.administrator.id, "unknownPerson"),
            (str(uuid4()), "unknownPerson"),
        ):
            body = await a_session(world, facilitatorId=person)
            problem = await world.saco_rep.client.refused("POST", sessions(group), 422, code, json=body)
            assert problem["errors"][0]["pointer"] == "/facilitatorId"
    made = await world.saco_rep.client.post(sessions(group), await a_session(world, facilitatorId=gone.id))
    path = f"/dialogue-sessions/{made['id']}"
    await world.saco_rep.client.change(path, {"facilitatorId": coming.id}, 422)
    # A closed party gives nobody a say any more: who spoke for it may lead.
    await world.seko_rep.client.step(f"/parties/{world.seko.id}/transitions", {"to": "closed"})
    await world.saco_rep.client.change(path, {"facilitatorId": coming.id})
    inactive = await world.someone("inactive")
    async with world.database.write() as session:
        await session.execute(sa.update(Person).where(col(Person.id) == inactive.person.id).values(active=False))
    body = await a_session(world, facilitatorId=inactive.id)
    await world.saco_rep.client.refused("POST", sessions(group), 422, "personInactive", json=body)


async def test_a_replaced_facilitator_loses_sight(world: World) -> None:
    group = await started_group(world)
    session = await planned_session(world, group)
    path = f"/dialogue-sessions/{session['id']}"
    successor = await world.someone("successor")
    await successor.client.refused("GET", path, 404, "notFound")
    changed = await world.facilitator.client.change(path, {"facilitatorId": successor.id})
    assert changed["facilitatorId"] == successor.id
    for address in (path, f"/working-groups/{group['id']}"):
        await world.facilitator.client.refused("GET", address, 404, "notFound")
        await successor.client.get(address)
    await world.facilitator.client.refused("PATCH", path, 404, "notFound", json={"title": "Min"}, etag='"2"')


async def test_nothing_is_planned_before_the_group_has_started(world: World) -> None:
    group = await world.employer_rep.client.post(
        f"{world.path}/working-groups",
        {
            "name": "Ny",
            "purpose": "Ny",
            "scopeUnitId": str(world.unit.id),
            "partyIds": [str(world.employer.id), str(world.saco.id)],
        },
    )
    await world.saco_rep.client.refused("POST", sessions(group), 409, "groupNotStarted", json=await a_session(world))


async def test_a_plan_changes_by_merge_patch(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    path = f"/dialogue-sessions/{session['id']}"
    client = world.saco_rep.client
    changed = await client.change(path, {"place": None, "title": "Andra samtalet", "startsAt": soon(2)})
    assert (changed["place"], changed["title"], changed["version"]) == (None, "Andra samtalet", 2)
    same = await client.change(path, {"title": "Andra samtalet"})
    assert same["version"] == 2
    await client.refused("PATCH", path, 412, "staleVersion", json={"title": "X"}, etag='"1"')
    await client.refused("PATCH", path, 422, "validationFailed", json={"attendances": None}, etag='"2"')


async def test_attendance_names_mandates_of_the_table_once(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    path = f"/dialogue-sessions/{session['id']}"
    client = world.facilitator.client
    tag = await client.etag(path)
    for people, code in (
        (present(world.employer_rep, world.seko_rep), "unknownMandate"),
        (present(world.saco_rep, world.saco_rep), "namedTwice"),
    ):
        await client.refused("PATCH", path, 422, code, json={"attendances": people}, etag=tag)
    people = present(world.saco_rep)
    await client.refused(
        "PATCH", path, 422, "validationFailed", json={"attendances": people, "employeeHeadcount": -1}, etag=tag
    )
    changed = await client.change(path, {"attendances": people, "employeeHeadcount": 0})
    assert (changed["attendances"], changed["employeeHeadcount"]) == (people, 0)


async def test_a_moved_session_keeps_only_mandates_of_its_new_day(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    path = f"/dialogue-sessions/{session['id']}"
    client = world.facilitator.client
    today = date.today()  # noqa: DTZ011
    substitute = await world.representative("substitute", world.saco, valid_to=today + timedelta(days=3))
    later = await world.representative("later", world.saco, valid_from=today + timedelta(days=8))
    await client.change(path, {"attendances": present(world.employer_rep, substitute)})
    tag = await client.etag(path)
    await client.refused("PATCH", path, 422, "unknownMandate", json={"startsAt": soon(10)}, etag=tag)
    moved = {"startsAt": soon(10), "attendances": present(world.employer_rep, later)}
    assert (await client.change(path, moved))["attendances"] == moved["attendances"]


async def test_holding_needs_both_sides_and_its_day(world: World) -> None:
    group = await started_group(world)
    session = await planned_session(world, group)
    path = f"/dialogue-sessions/{session['id']}"
    client = world.facilitator.client
    held = {"to": "held"}

    def seats(employer: str, saco: str) -> dict[str, Any]:
        return {
            "attendances": [
                {"mandateId": world.employer_rep.mandate_id, "status": employer},
                {"mandateId": world.saco_rep.mandate_id, "status": saco},
            ]
        }

    for employer, saco in (("present", "absent"), ("absent", "present"), ("absent", "absent")):
        await client.change(path, seats(employer, saco))
        tag = await client.etag(path)
        await client.refused("POST", f"{path}/transitions", 409, "attendanceOneSided", json=held, etag=tag)
    await client.change(path, seats("excused", "present"))
    read = await client.step(f"{path}/transitions", held)
    assert read["state"] == "held"
    assert read["heldAt"] is not None
    record = await world.saco_rep.client.get(f"/session-records/{read['sessionRecordId']}")
    assert (record["state"], record["title"]) == ("draft", session["title"])


async def test_the_day_is_swedish(world: World) -> None:
    """At 22:59 UTC on 9 January it is 23:59 in Sweden; at 23:00 it is the 10th."""
    group = await started_group(world)
    session = await planned_session(world, group, startsAt="2027-01-10T09:00:00+01:00")
    path = f"/dialogue-sessions/{session['id']}"
    await world.facilitator.client.change(path, {"attendances": present(world.employer_rep, world.saco_rep)})
    with time_machine.travel(datetime(2027, 1, 9, 22, 59, tzinfo=UTC), tick=False):
        client = await now_as(world, world.facilitator)
        tag = await client.etag(path)
        await client.refused("POST", f"{path}/transitions", 409, "sessionNotYet", json={"to": "held"}, etag=tag)
    with time_machine.travel(datetime(2027, 1, 9, 23, 30, tzinfo=UTC), tick=False):
        client = await now_as(world, world.facilitator)
        await client.step(f"{path}/transitions", {"to": "held"})


STEPS = {
    "prepared": {"to": "prepared"},
    "held": {"to": "held"},
    "cancelled": {"to": "cancelled", "reason": "Sjukdom"},
}


@pytest.mark.parametrize(
    ("steps", "refused", "code"),
    [
        (["prepared"], "prepared", "transitionRefused"),
        (["held"], "prepared", "sessionClosed"),
        (["held"], "held", "sessionClosed"),
        (["held"], "cancelled", "sessionClosed"),
        (["cancelled"], "held", "sessionClosed"),
        (["cancelled"], "prepared", "sessionClosed"),
        (["prepared", "held"], "cancelled", "sessionClosed"),
        (["prepared", "cancelled"], "cancelled", "sessionClosed"),
    ],
)
async def test_steps_out_of_order_are_refused(world: World, steps: list[str], refused: str, code: str) -> None:
    session = await planned_session(world, await started_group(world))
    path = f"/dialogue-sessions/{session['id']}"
    client = world.employer_rep.client
    await client.change(path, {"attendances": present(world.employer_rep, world.saco_rep)})
    for step in steps:
        await client.step(f"{path}/transitions", STEPS[step])
    body = STEPS[refused]
    status = 422 if code == "transitionRefused" else 409
    answer = await client.request("POST", f"{path}/transitions", json=body, etag=await client.etag(path))
    assert answer.json()["code"] == code
    assert answer.status_code in {status, 409}


async def test_cancelling_needs_a_reason_and_ends_the_plan(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    path = f"/dialogue-sessions/{session['id']}"
    client = world.saco_rep.client
    tag = await client.etag(path)
    await client.refused("POST", f"{path}/transitions", 422, "reasonMissing", json={"to": "cancelled"}, etag=tag)
    sent = {"to": "prepared", "reason": "Sjukdom"}
    await client.refused("POST", f"{path}/transitions", 422, "notForThisStep", json=sent, etag=tag)
    cancelled = await client.step(f"{path}/transitions", {"to": "cancelled", "reason": "Sjukdom"})
    assert (cancelled["state"], cancelled["cancelReason"]) == ("cancelled", "Sjukdom")
    assert cancelled["sessionRecordId"] is None
    tag = await client.etag(path)
    await client.refused("PATCH", path, 409, "sessionClosed", json={"title": "Ny"}, etag=tag)


async def test_held_twice_at_once_is_one_record(world: World) -> None:
    group = await started_group(world)
    session = await planned_session(world, group)
    path = f"/dialogue-sessions/{session['id']}"
    await world.saco_rep.client.change(path, {"attendances": present(world.employer_rep, world.saco_rep)})
    tag = await world.saco_rep.client.etag(path)
    answers = await asyncio.gather(
        *(
            who.client.request("POST", f"{path}/transitions", json={"to": "held"}, etag=tag)
            for who in (world.saco_rep, world.employer_rep, world.facilitator)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412]
    records = await world.saco_rep.client.get(f"/working-groups/{group['id']}/session-records")
    assert records["_meta"]["totalRecords"] == 1


async def test_holding_under_a_key_is_one_record(world: World) -> None:
    session = await planned_session(world, await started_group(world))
    path = f"/dialogue-sessions/{session['id']}"
    client = world.saco_rep.client
    await client.change(path, {"attendances": present(world.employer_rep, world.saco_rep)})
    options: Any = {"etag": await client.etag(path), "headers": {"Idempotency-Key": "hålls".encode().hex()}}
    answers = [
        await client.request("POST", f"{path}/transitions", json={"to": "held"}, expect=201, **options)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()


async def test_after_the_session_only_attendance_is_corrected_and_that_edits_the_record(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    record_path = f"/session-records/{record['id']}"
    path = f"/dialogue-sessions/{record['dialogueSessionId']}"
    client = world.facilitator.client
    approval = await decide(world.saco_rep, record_path)
    tag = await client.etag(path)
    await client.refused("PATCH", path, 409, "sessionHeld", json={"title": "Nytt"}, etag=tag)
    one_sided = {"attendances": present(world.saco_rep)}
    await client.refused("PATCH", path, 409, "attendanceOneSided", json=one_sided, etag=tag)
    await client.change(path, {"employeeHeadcount": 7})
    assert (await client.get(record_path))["state"] == "underReview"
    await client.change(path, {"employeeHeadcount": 8})
    read = await client.get(record_path)
    assert (read["state"], read["contentHash"], read["approvals"]) == ("draft", None, [])
    assert read["content"]["employeeHeadcount"] == 8
    assert (await client.get(f"/approvals/{approval['id']}"))["voidReason"] == "edited"
    excused = [{**each, "status": "excused"} for each in present(world.saco_rep, world.employer_rep)]
    await client.change(path, {"attendances": excused})
    assert {each["status"] for each in (await client.get(record_path))["content"]["attendances"]} == {"excused"}


async def test_a_final_records_session_stays_as_it_was(world: World) -> None:
    record = await final_record(world, await started_group(world))
    path = f"/dialogue-sessions/{record['dialogueSessionId']}"
    client = world.facilitator.client
    tag = await client.etag(path)
    await client.refused("PATCH", path, 409, "recordIsFinal", json={"employeeHeadcount": 8}, etag=tag)
    assert (await client.get(path))["employeeHeadcount"] == 7


async def test_correcting_attendance_and_approving_at_once(world: World) -> None:
    group = await started_group(world)
    for turn in range(6):
        record = await record_under_review(world, group)
        record_path = f"/session-records/{record['id']}"
        path = f"/dialogue-sessions/{record['dialogueSessionId']}"
        await decide(world.employer_rep, record_path)
        body = {"contentHash": record["contentHash"], "decision": "approve"}
        tag, own = await world.saco_rep.client.etag(record_path), await world.facilitator.client.etag(path)
        calls = [
            world.saco_rep.client.request("POST", f"{record_path}/approvals", json=body, etag=tag),
            world.facilitator.client.request("PATCH", path, json={"employeeHeadcount": 99}, etag=own),
        ]
        await asyncio.gather(*(calls if turn % 2 else calls[::-1]))
        read = await world.saco_rep.client.get(record_path)
        session = await world.saco_rep.client.get(path)
        assert (read["state"], session["employeeHeadcount"]) in {("final", 7), ("draft", 99)}
        assert read["content"]["employeeHeadcount"] == session["employeeHeadcount"]


async def test_sessions_are_listed_by_time_state_and_page(world: World) -> None:
    group = await started_group(world)
    days = (5, -3, 1)
    made = {day: (await planned_session(world, group, startsAt=soon(day)))["id"] for day in days}
    held = await held_session(world, group)
    client = world.saco_rep.client

    async def ids(**asked: Any) -> list[str]:
        return [each["id"] for each in (await client.get(sessions(group), params=asked))["items"]]

    order = [made[5], made[1], held["id"], made[-3]]
    assert await ids() == order
    assert await ids(sort="startsAt") == order[::-1]
    assert await ids(state="held") == [held["id"]]
    assert await ids(state="cancelled") == []
    first = await client.get(sessions(group), params={"limit": 2, "sort": "startsAt"})
    following = first["_links"]["next"]["href"].split("/larande/v1")[1]
    assert [each["id"] for each in first["items"] + (await client.get(following))["items"]] == order[::-1]


async def test_a_facilitator_sees_the_sessions_they_lead(world: World) -> None:
    group = await started_group(world)
    mine = await planned_session(world, group)
    other_lead = await world.someone("other_lead")
    theirs = await planned_session(world, group, facilitatorId=other_lead.id)
    listed = await world.facilitator.client.get(sessions(group))
    assert ([each["id"] for each in listed["items"]], listed["_meta"]["totalRecords"]) == ([mine["id"]], 1)
    path = f"/dialogue-sessions/{theirs['id']}"
    await world.facilitator.client.refused("GET", path, 404, "notFound")
    await world.facilitator.client.refused("PATCH", path, 404, "notFound", json={"title": "Ny"}, etag='"1"')


async def test_only_the_table_and_its_facilitator_see_a_session(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    path = f"/dialogue-sessions/{record['dialogueSessionId']}"
    async with World(world.app) as other:
        strangers = (other.saco_rep, other.facilitator, other.archivist, world.seko_rep)
        for who in (*strangers, world.archivist, world.employee, world.administrator):
            await who.client.refused("GET", path, 404, "notFound")
            await who.client.refused("GET", f"{path}/party-notes", 404, "notFound")
            body = {"to": "cancelled", "reason": "Nej"}
            await who.client.refused("POST", f"{path}/transitions", 404, "notFound", json=body, etag='"1"')
            await who.client.refused("PATCH", path, 404, "notFound", json={"title": "Ny"}, etag='"1"')


async def test_attack_a_cancelled_session_leaves_its_facilitator_in_the_group(world: World) -> None:
    """Named by one side alone for a session that never was, somebody would see the group for good."""
    group = await stories.started_group(world)
    record = await stories.written_record(world, group)
    action = await stories.agreed_action(world, record)
    session = await stories.planned_session(world, group, facilitatorId=world.employee.id)
    table, other = f"/working-groups/{group['id']}", world.employee.client
    seen = (table, f"{table}/mandates", f"{table}/approvals", f"{table}/actions", f"{table}/session-records")
    for path in (*seen, f"/dialogue-sessions/{session['id']}", f"/mandates/{world.saco_rep.mandate_id}"):
        await other.get(path)
    cancelled = {"to": "cancelled", "reason": "Sjukdom"}
    await world.employer_rep.client.step(f"/dialogue-sessions/{session['id']}/transitions", cancelled)
    hidden = (
        f"/dialogue-sessions/{session['id']}",
        f"/mandates/{world.saco_rep.mandate_id}",
        f"/actions/{action['id']}",
    )
    for path in (*seen, *hidden):
        await other.refused("GET", path, 404, "notFound")
    await world.facilitator.client.get(table)
