"""Actions: agreed in a record, carried over, done or dropped, and their effect checked."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from tests.stories import (
    agreed_action,
    decide,
    draft_record,
    for_review,
    held_session,
    now_as,
    planned_session,
    record_under_review,
    started_group,
    trail,
)
from tests.world import World


def allowed(resource: Any) -> dict[str, str | None]:
    return {each["action"]: each["reason"] for each in resource["allowedActions"]}


async def test_an_agreed_step_is_part_of_the_record(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    record_path = f"/session-records/{record['id']}"
    client = world.saco_rep.client
    await decide(world.employer_rep, record_path)
    action = await agreed_action(world, record)
    path = f"/actions/{action['id']}"
    assert (action["state"], action["overdue"], action["timesCarriedOver"]) == ("open", False, 0)
    edits: list[Any] = [
        lambda: client.change(path, {"what": "Två timmar i veckan."}),
        lambda: client.change(path, {"dueOn": "2027-06-30", "ownerFunction": "Enhetschef och lärgruppen"}),
        lambda: client.change(path, None, 204, method="DELETE"),
    ]
    for edit in edits:
        read = await client.get(record_path)
        assert (read["state"], read["contentHash"], read["approvals"]) == ("draft", None, [])
        review = {"to": "underReview", "reviewDeadline": "2027-02-01T12:00:00Z", "noIndividualRecognisable": True}
        await client.step(f"{record_path}/transitions", review)
        approval = await decide(world.employer_rep, record_path)
        await edit()
        assert (await client.get(f"/approvals/{approval['id']}"))["voidReason"] == "edited"
    final = await client.get(record_path)
    assert (final["state"], final["content"]["actions"]) == ("draft", [])
    await client.refused("GET", path, 404, "notFound")
    told = [(each["operation"], each["fromVersion"]) for each in await trail(client, world, subjectId=action["id"])]
    assert told == [("create_action", None), ("update_action", 1), ("update_action", 2), ("delete_action", 3)]


async def test_no_change_voids_nothing(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    action = await agreed_action(world, record)
    version = (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["version"]
    same = await world.saco_rep.client.change(f"/actions/{action['id']}", {"what": action["what"]})
    assert same["version"] == 1
    assert (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["version"] == version


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("questionId", "q2", "unknownQuestion"),
        ("questionId", "q77", "unknownQuestion"),
        ("questionId", "7", "validationFailed"),
        ("what", "", "validationFailed"),
        ("ownerFunction", None, "validationFailed"),
        ("dueOn", "2026-02-30", "validationFailed"),
        ("dueOn", 20260101, "validationFailed"),
        ("dueOn", "2026-01-01T00:00:00Z", "validationFailed"),
        ("state", "done", "validationFailed"),
    ],
)
async def test_bad_actions_are_refused(world: World, field: str, value: Any, code: str) -> None:
    record = await draft_record(world, await started_group(world))
    body = {"what": "Å", "ownerFunction": "Chef", "dueOn": "2027-01-01", field: value}
    problem = await world.saco_rep.client.refused(
        "POST", f"/session-records/{record['id']}/actions", 422, code, json=body
    )
    assert problem["errors"][0]["pointer"] == f"/{field}"


async def test_an_action_needs_no_question_and_is_made_once_under_its_key(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    body = {"what": "Å", "ownerFunction": "Chef", "dueOn": "2027-01-01"}
    path = f"/session-records/{record['id']}/actions"
    key = {"Idempotency-Key": "steg-1"}
    made = await asyncio.gather(*(world.saco_rep.client.post(path, body, headers=key) for _ in range(2)))
    assert made[0]["id"] == made[1]["id"]
    assert made[0]["questionId"] is None


STEPS = {
    "done": {"to": "done"},
    "dropped": {"to": "dropped", "reason": "Skäl"},
    "effectChecked": {"to": "effectChecked", "effect": "Fler frågar."},
}


@pytest.mark.parametrize(
    ("steps", "refused", "code"),
    [
        ([], {"to": "effectChecked", "effect": "Bra"}, "transitionRefused"),
        ([], {"to": "dropped"}, "reasonMissing"),
        (["done"], {"to": "done"}, "transitionRefused"),
        (["done"], {"to": "dropped", "reason": "Nej"}, "transitionRefused"),
        (["done"], {"to": "effectChecked"}, "effectMissing"),
        (["dropped"], {"to": "done"}, "actionSettled"),
        (["done", "effectChecked"], {"to": "dropped", "reason": "Nej"}, "actionSettled"),
    ],
)
async def test_steps_out_of_order_are_refused(world: World, steps: list[str], refused: Any, code: str) -> None:
    action = await agreed_action(world, await draft_record(world, await started_group(world)))
    path = f"/actions/{action['id']}"
    client = world.employer_rep.client
    for step in steps:
        await client.step(f"{path}/transitions", STEPS[step])
    before = await client.get(path)
    answer = await client.request("POST", f"{path}/transitions", json=refused, etag=await client.etag(path))
    assert answer.json()["code"] == code
    assert await client.get(path) == before


async def test_a_step_is_followed_to_its_effect(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    made = await agreed_action(world, record)
    path = f"/actions/{made['id']}"
    done = await world.saco_rep.client.step(f"{path}/transitions", {"to": "done", "reason": "Klart i maj."})
    assert (done["state"], done["reason"], done["effect"]) == ("done", "Klart i maj.", None)
    checked = await world.employer_rep.client.step(
        f"{path}/transitions", {"to": "effectChecked", "effect": "Fler vågar fråga."}
    )
    assert (checked["state"], checked["effect"], checked["settledAt"]) == (
        "effectChecked",
        "Fler vågar fråga.",
        done["settledAt"],
    )
    assert (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["state"] == "draft"
    tag = await world.saco_rep.client.etag(path)
    await world.saco_rep.client.refused("PATCH", path, 409, "actionSettled", json={"what": "X"}, etag=tag)
    await world.saco_rep.client.refused("DELETE", path, 409, "actionSettled", etag=tag)


@pytest.mark.parametrize(
    ("steps", "sent", "field"),
    [
        ([], {"to": "done", "effect": "Fler frågar."}, "effect"),
        ([], {"to": "dropped", "reason": "Flyttat.", "effect": "Inget."}, "effect"),
        (["done"], {"to": "effectChecked", "effect": "Fler frågar.", "reason": "Ändå."}, "reason"),
    ],
)
async def test_what_says_nothing_about_a_step_is_refused(
    world: World, steps: list[str], sent: dict[str, Any], field: str
) -> None:
    made = await agreed_action(world, await draft_record(world, await started_group(world)))
    path, client = f"/actions/{made['id']}", world.saco_rep.client
    for step in steps:
        await client.step(f"{path}/transitions", {"to": step})
    before = await client.get(path)
    problem = await client.refused(
        "POST", f"{path}/transitions", 422, "notForThisStep", json=sent, etag=await client.etag(path)
    )
    assert problem["errors"][0]["pointer"] == f"/{field}"
    assert await client.get(path) == before


async def test_settled_once_however_often_it_is_sent(world: World) -> None:
    action = await agreed_action(world, await draft_record(world, await started_group(world)))
    path = f"/actions/{action['id']}"
    client = world.saco_rep.client
    options: Any = {"etag": await client.etag(path), "headers": {"Idempotency-Key": "klart"}}
    for _ in range(2):
        await client.request("POST", f"{path}/transitions", json={"to": "done"}, expect=201, **options)
    tag = await client.etag(path)
    answers = await asyncio.gather(
        *(
            who.client.request("POST", f"{path}/transitions", json={"to": "effectChecked", "effect": "Bra."}, etag=tag)
            for who in (world.saco_rep, world.employer_rep)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 412]


async def test_a_final_records_steps_are_the_parties_matter(world: World) -> None:
    group = await started_group(world)
    record = await record_under_review(world, group)
    action = await agreed_action(world, record)
    record_path, path = f"/session-records/{record['id']}", f"/actions/{action['id']}"
    review = {"to": "underReview", "reviewDeadline": "2027-02-01T12:00:00Z", "noIndividualRecognisable": True}
    await world.saco_rep.client.step(f"{record_path}/transitions", review)
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, record_path)
    final = await world.saco_rep.client.get(record_path)
    assert final["state"] == "final"
    moved = await world.saco_rep.client.change(path, {"dueOn": "2027-08-31"})
    assert moved["dueOn"] == "2027-08-31"
    assert allowed(moved)["delete_action"] == "recordIsFinal"
    tag = await world.saco_rep.client.etag(path)
    await world.saco_rep.client.refused("DELETE", path, 409, "recordIsFinal", etag=tag)
    seen = await world.facilitator.client.get(path)
    assert allowed(seen) == {
        "update_action": "notYourRole",
        "transition_action": "notYourRole",
        "delete_action": "recordIsFinal",
    }
    await world.facilitator.client.refused("PATCH", path, 403, "notYourRole", json={"what": "X"}, etag=tag)
    done = {"to": "done"}
    await world.facilitator.client.refused("POST", f"{path}/transitions", 403, "notYourRole", json=done, etag=tag)
    assert await world.saco_rep.client.get(record_path) == final
    body = {"what": "Ny", "ownerFunction": "Chef", "dueOn": "2027-01-01"}
    await world.saco_rep.client.refused("POST", f"{record_path}/actions", 409, "recordIsFinal", json=body)


async def test_a_facilitator_of_another_session_follows_up_but_edits_nothing(world: World) -> None:
    group = await started_group(world)
    record = await record_under_review(world, group)
    action = await agreed_action(world, record)
    path = f"/actions/{action['id']}"
    record_path = f"/session-records/{record['id']}"
    await world.facilitator.client.step(f"{record_path}/transitions", for_review())
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, record_path)
    other_lead = await world.someone("other_lead")
    await planned_session(world, group, facilitatorId=other_lead.id)
    read = await other_lead.client.get(path)
    assert set(allowed(read).values()) == {"notYourRole"}
    listed = await other_lead.client.get(f"/working-groups/{group['id']}/actions")
    assert [each["id"] for each in listed["items"]] == [action["id"]]
    tag = await other_lead.client.etag(path)
    await other_lead.client.refused("PATCH", path, 403, "notYourRole", json={"what": "X"}, etag=tag)
    await other_lead.client.refused("DELETE", path, 403, "notYourRole", etag=tag)
    body = {"what": "Ny", "ownerFunction": "Chef", "dueOn": "2027-01-01"}
    await other_lead.client.refused("POST", f"/session-records/{record['id']}/actions", 404, "notFound", json=body)


async def test_steps_are_carried_over_until_settled(world: World) -> None:
    group = await started_group(world)
    action = await agreed_action(world, await draft_record(world, group))
    path = f"/actions/{action['id']}"
    client = world.saco_rep.client
    for times in (1, 2):
        await held_session(world, group)
        assert (await client.get(path))["timesCarriedOver"] == times
    await client.step(f"{path}/transitions", {"to": "done"})
    await held_session(world, group)
    assert (await client.get(path))["timesCarriedOver"] == 2


async def test_overdue_from_the_day_after_in_sweden(world: World) -> None:
    group = await started_group(world)
    action = await agreed_action(world, await draft_record(world, group), dueOn="2027-01-09")
    path = f"/working-groups/{group['id']}/actions"
    for moment, overdue in (
        (datetime(2027, 1, 9, 22, 59, tzinfo=UTC), False),
        (datetime(2027, 1, 9, 23, 0, tzinfo=UTC), True),
    ):
        with time_machine.travel(moment, tick=False):
            client = await now_as(world, world.saco_rep)
            assert (await client.get(f"/actions/{action['id']}"))["overdue"] is overdue
            (item,) = (await client.get(path))["items"]
            assert item["overdue"] is overdue
            for asked in (True, False):
                found = await client.get(path, params={"overdue": str(asked).lower()})
                assert found["_meta"]["totalRecords"] == (asked is overdue)


async def test_actions_are_listed_across_sessions_by_due_day(world: World) -> None:
    group = await started_group(world)
    days = ["2027-03-01", "2027-01-01", "2027-02-01", "2027-01-01"]
    made = [await agreed_action(world, await draft_record(world, group), dueOn=day) for day in days]
    await world.saco_rep.client.step(f"/actions/{made[2]['id']}/transitions", {"to": "dropped", "reason": "Nej"})
    path = f"/working-groups/{group['id']}/actions"
    client = world.saco_rep.client

    async def ids(**asked: Any) -> list[str]:
        return [each["id"] for each in (await client.get(path, params=asked))["items"]]

    order = [made[place]["id"] for place in (1, 3, 2, 0)]
    assert await ids() == order
    assert await ids(sort="-dueOn") == order[::-1]
    assert await ids(state="dropped") == [made[2]["id"]]
    assert await ids(state="open") == [each for each in order if each != made[2]["id"]]
    first = await client.get(path, params={"limit": 1})
    following = first["_links"]["next"]["href"].split("/larande/v1")[1]
    assert (await client.get(following))["items"][0]["id"] == order[1]


async def test_only_the_table_sees_actions(world: World) -> None:
    group = await started_group(world)
    action = await agreed_action(world, await draft_record(world, group))
    path = f"/actions/{action['id']}"
    async with World(world.app) as other:
        strangers = (other.saco_rep, other.employer_rep, other.facilitator, world.seko_rep)
        for who in (*strangers, world.archivist, world.employee, world.administrator):
            await who.client.refused("GET", path, 404, "notFound")
            await who.client.refused("PATCH", path, 404, "notFound", json={"what": "X"}, etag='"1"')
            await who.client.refused("DELETE", path, 404, "notFound", etag='"1"')
            await who.client.refused("POST", f"{path}/transitions", 404, "notFound", json={"to": "done"}, etag='"1"')


async def test_attack_a_facilitator_reads_the_steps_of_somebody_elses_draft(world: World) -> None:
    """Steps of a record that is not final are seen by those who see that record, alone and in the list."""
    group = await started_group(world)
    await planned_session(world, group, facilitatorId=world.employee.id)
    record = await record_under_review(world, group)
    action = await agreed_action(world, record)
    other, path = world.employee.client, f"/actions/{action['id']}"
    for who in (world.facilitator, world.employer_rep, world.saco_rep):
        assert (await who.client.get(path))["id"] == action["id"]
    await other.refused("GET", path, 404, "notFound")
    assert (await other.get(f"/working-groups/{group['id']}/actions"))["items"] == []
    await other.refused("DELETE", path, 404, "notFound", etag='"1"')
    record_path = f"/session-records/{record['id']}"
    await world.facilitator.client.step(f"{record_path}/transitions", for_review())
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, record_path)
    assert (await other.get(path))["version"] == 1
    assert [each["id"] for each in (await other.get(f"/working-groups/{group['id']}/actions"))["items"]] == [
        action["id"]
    ]


@pytest.mark.parametrize("attempt", range(4))
async def test_a_step_is_changed_while_its_record_becomes_final(world: World, attempt: int) -> None:
    """Both hold the record first, so neither waits for the other for ever."""
    group = await started_group(world)
    record = await record_under_review(world, group)
    action = await agreed_action(world, record)
    path = f"/session-records/{record['id']}"
    ready = await world.facilitator.client.step(f"{path}/transitions", for_review())
    await decide(world.employer_rep, path)
    decision = {"contentHash": ready["contentHash"], "decision": "approve"}
    both = [
        world.saco_rep.client.request(
            "POST", f"{path}/approvals", json=decision, etag=await world.saco_rep.client.etag(path)
        ),
        world.employer_rep.client.request("PATCH", f"/actions/{action['id']}", json={"what": "Nytt."}, etag='"1"'),
    ]
    answers = await asyncio.gather(*(both if attempt % 2 else both[::-1]))
    assert {answer.status_code for answer in answers} <= {200, 201, 409, 412}
    final = (await world.saco_rep.client.get(path))["state"] == "final"
    assert final == (201 in {answer.status_code for answer in answers})
