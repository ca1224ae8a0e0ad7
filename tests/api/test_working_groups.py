"""Working groups: proposed by one side, started by all, dormant by time, closed with a reason."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from app.models.working_group import dormant_on
from app.services.calendar import swedish_day
from tests.stories import (
    a_group,
    a_session,
    agreed_action,
    decide,
    draft_record,
    forming_group,
    held_session,
    now_as,
    planned_session,
    record_under_review,
    shut_organisation,
    shut_party,
    soon,
    started_group,
    trail,
)
from tests.world import Someone, World


def groups(world: World) -> str:
    return f"{world.path}/working-groups"


def state_of(action: str, resource: Any) -> tuple[bool, str | None]:
    found = next(each for each in resource["allowedActions"] if each["action"] == action)
    return found["allowed"], found["reason"]


# --- proposing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["employer_rep", "saco_rep"])
async def test_either_side_proposes(world: World, side: str) -> None:
    who: Someone = getattr(world, side)
    made = await who.client.post(groups(world), a_group(world))
    assert who.mandate is not None
    assert made["state"] == "forming"
    assert made["proposedByPartyId"] == str(who.mandate.party_id)
    assert (made["approvalRule"], made["dormancyIntervalDays"]) == ("every", 180)
    assert {seat["side"] for seat in made["parties"]} == {"employer", "union"}
    assert state_of("approve_working_group", made) == (True, None)
    assert await who.client.get(f"/working-groups/{made['id']}") == made
    (entry,) = await trail(who, world, subjectId=made["id"])
    assert (entry["operation"], entry["mandateId"], entry["fromVersion"]) == (
        "create_working_group",
        who.mandate_id,
        None,
    )


async def test_a_group_may_choose_its_own_rule_and_interval(world: World) -> None:
    made = await forming_group(world, approvalRule="any", dormancyIntervalDays=30, level="department")
    assert (made["approvalRule"], made["dormancyIntervalDays"], made["level"]) == ("any", 30, "department")


async def test_a_proposal_names_both_sides_and_oneself(world: World) -> None:
    employer, saco, seko = (str(party.id) for party in (world.employer, world.saco, world.seko))
    async with World(world.app) as other:
        foreign = str(other.saco.id)
    cases = [
        ([saco, seko], "ownPartyMissing"),
        ([employer, employer], "namedTwice"),
        ([employer, foreign], "unknownParty"),
        ([employer, str(uuid4())], "unknownParty"),
    ]
    for parties, code in cases:
        body = a_group(world, partyIds=parties)
        problem = await world.employer_rep.client.refused("POST", groups(world), 422, code, json=body)
        assert problem["errors"][0]["pointer"] == "/partyIds"
    one_sided = a_group(world, partyIds=[saco, seko])
    await world.saco_rep.client.refused("POST", groups(world), 422, "tableOneSided", json=one_sided)


async def test_a_proposal_stays_inside_the_organisation(world: World) -> None:
    async with World(world.app) as other:
        body = a_group(world, scopeUnitId=str(other.unit.id))
        await world.employer_rep.client.refused("POST", groups(world), 422, "unknownUnit", json=body)
        await world.employer_rep.client.refused("POST", groups(other), 404, "notFound", json=a_group(other))


async def test_a_closed_party_gets_no_seat(world: World) -> None:
    await shut_party(world, world.seko)
    body = a_group(world, world.seko)
    await world.employer_rep.client.refused("POST", groups(world), 422, "unknownParty", json=body)
    await world.seko_rep.client.refused("POST", groups(world), 403, "notYourRole", json=body)


async def test_a_closed_organisation_begins_nothing(world: World) -> None:
    group = await forming_group(world)
    started = await started_group(world)
    path = f"/working-groups/{group['id']}"
    await shut_organisation(world)
    await world.employer_rep.client.refused("POST", groups(world), 409, "organisationClosed", json=a_group(world))
    await decide(world.employer_rep, path, expect=409)
    sessions = f"/working-groups/{started['id']}/dialogue-sessions"
    body = await a_session(world)
    await world.employer_rep.client.refused("POST", sessions, 409, "organisationClosed", json=body)


async def test_others_propose_nothing(world: World) -> None:
    for who in (world.facilitator, world.archivist, world.employee, world.administrator):
        await who.client.refused("POST", groups(world), 403, "notYourRole", json=a_group(world))


async def test_a_mandate_for_one_table_proposes_no_other(world: World) -> None:
    """Nor does it lend its party's name to somebody with a general mandate of another union."""
    group = await started_group(world)
    bound = await world.representative("bound", world.saco, working_group_id=group["id"])
    await bound.client.refused("POST", groups(world), 403, "notYourRole", json=a_group(world))
    await world.representative("bound", world.seko, person=bound)
    await bound.client.refused("POST", groups(world), 422, "ownPartyMissing", json=a_group(world))
    made = await bound.client.post(groups(world), a_group(world, world.saco, world.seko))
    assert made["proposedByPartyId"] == str(world.seko.id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a" * 201),
        ("name", "rad\x00"),
        ("name", 7),
        ("purpose", "x" * 10_001),
        ("dormancyIntervalDays", 13),
        ("dormancyIntervalDays", "180"),
        ("approvalRule", "most"),
        ("partyIds", []),
        ("scopeUnitId", "7"),
        ("state", "active"),
    ],
)
async def test_bad_proposals_are_refused(shared: World, field: str, value: Any) -> None:
    problem = await shared.employer_rep.client.refused(
        "POST", groups(shared), 422, "validationFailed", json=a_group(shared, **{field: value})
    )
    assert problem["errors"][0]["pointer"].startswith(f"/{field}")


async def test_a_proposal_repeated_under_its_key_is_one_group(world: World) -> None:
    employer = world.employer_rep.client
    key = {"Idempotency-Key": "förslag".encode().hex()}
    body = a_group(world)
    made = await asyncio.gather(*(employer.post(groups(world), body, headers=key) for _ in range(3)))
    assert len({each["id"] for each in made}) == 1
    assert (await employer.get(groups(world)))["_meta"]["totalRecords"] == 1
    other = a_group(world, name="En annan")
    await employer.refused("POST", groups(world), 409, "idempotencyKeyReused", json=other, headers=key)


# --- changing a proposal ---------------------------------------------------------------------------------


async def test_any_change_voids_and_no_change_does_not(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    approval = await decide(world.employer_rep, path)
    same = await world.saco_rep.client.change(path, {"name": group["name"], "partyIds": a_group(world)["partyIds"]})
    assert (same["version"], len(same["approvals"])) == (group["version"], 1)
    changed = await world.saco_rep.client.change(path, {"approvalRule": "any"})
    assert changed["approvals"] == []
    assert changed["contentHash"] != group["contentHash"]
    voided = await world.saco_rep.client.get(f"/approvals/{approval['id']}")
    assert (voided["voidReason"], state_of("withdraw_approval", voided)) == ("edited", (False, "notYourRole"))
    restored = await world.saco_rep.client.change(path, {"approvalRule": "every"})
    assert restored["contentHash"] == group["contentHash"]
    assert restored["approvals"] == []


async def test_every_part_of_a_proposal_is_in_its_hash(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    hashes = {group["contentHash"]}
    for change in (
        {"name": "Å"},
        {"purpose": "Ö"},
        {"scopeUnitId": str(world.unit.id)},
        {"level": "organisation"},
        {"approvalRule": "any"},
        {"dormancyIntervalDays": 90},
        {"partyIds": [str(world.employer.id), str(world.saco.id), str(world.seko.id)]},
    ):
        hashes.add((await world.employer_rep.client.change(path, change))["contentHash"])
    assert len(hashes) == 8


async def test_a_changed_table_is_checked_like_a_new_one(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    employer, saco, seko = (str(party.id) for party in (world.employer, world.saco, world.seko))
    client = world.employer_rep.client
    for parties, code in [
        ([employer, saco, saco], "namedTwice"),
        ([employer, str(uuid4())], "unknownParty"),
        ([saco, seko], "ownPartyMissing"),
    ]:
        await client.change(path, {"partyIds": parties}, expect=422)
        tag = await client.etag(path)
        await client.refused("PATCH", path, 422, code, json={"partyIds": parties}, etag=tag)
    await world.saco_rep.client.change(path, {"partyIds": [saco, seko]}, expect=422)
    await client.change(path, {"scopeUnitId": str(uuid4())}, expect=422)
    assert (await client.get(path)) == group


async def test_who_leaves_a_proposal_sees_it_no_more(world: World) -> None:
    group = await forming_group(world, world.saco, world.seko)
    path = f"/working-groups/{group['id']}"
    await world.seko_rep.client.get(path)
    await world.employer_rep.client.change(path, {"partyIds": [str(world.employer.id), str(world.saco.id)]})
    await world.seko_rep.client.refused("GET", path, 404, "notFound")
    assert (await world.seko_rep.client.get(groups(world)))["items"] == []


async def test_a_started_group_is_not_edited(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}"
    tag = await world.saco_rep.client.etag(path)
    await world.saco_rep.client.refused("PATCH", path, 409, "groupNotForming", json={"name": "Ny"}, etag=tag)
    approval = {"contentHash": group["contentHash"], "decision": "approve"}
    await world.saco_rep.client.refused("POST", f"{path}/approvals", 409, "groupNotForming", json=approval, etag=tag)


# --- starting ----------------------------------------------------------------------------------------------


async def test_starting_needs_every_party_also_under_any(world: World) -> None:
    group = await forming_group(world, world.saco, world.seko, approvalRule="any")
    path = f"/working-groups/{group['id']}"
    await decide(world.employer_rep, path)
    await decide(world.saco_rep, path)
    assert (await world.saco_rep.client.get(path))["state"] == "forming"
    last = await decide(world.seko_rep, path, "approveWithDissent", statement="Vi hade velat ha kortare intervall.")
    assert last["decision"] == "approveWithDissent"
    started = await world.saco_rep.client.get(path)
    assert (started["state"], len(started["approvals"])) == ("active", 3)
    assert started["startedAt"] is not None
    entries = [each for each in await trail(world.saco_rep, world, subjectId=group["id"]) if each["fromVersion"]]
    assert [(each["operation"], each["mandateId"], each["fromVersion"]) for each in entries] == [
        ("approve_working_group", world.seko_rep.mandate_id, 1)
    ]


async def test_a_request_for_change_stands_in_the_way(world: World) -> None:
    group = await forming_group(world, world.saco, world.seko)
    path = f"/working-groups/{group['id']}"
    first = await decide(world.employer_rep, path)
    request = await decide(world.saco_rep, path, "requestChange", statement="Skriv in nattskiftet.")
    voided = await world.seko_rep.client.get(f"/approvals/{first['id']}")
    assert voided["voidReason"] == "changeRequested"
    read = await world.seko_rep.client.get(path)
    assert state_of("approve_working_group", read) == (False, "changeRequested")
    body = {"contentHash": group["contentHash"], "decision": "approve"}
    tag = await world.seko_rep.client.etag(path)
    for who in (world.seko_rep, world.employer_rep):
        await who.client.refused("POST", f"{path}/approvals", 409, "changeRequested", json=body, etag=tag)
    approval = f"/approvals/{request['id']}"
    await world.saco_rep.client.change(approval, None, 204, method="DELETE")
    for who in (world.seko_rep, world.employer_rep, world.saco_rep):
        await decide(who, path)
    assert (await world.seko_rep.client.get(path))["state"] == "active"


async def test_an_edit_answers_a_request_for_change(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    await decide(world.saco_rep, path, "requestChange", statement="Annat namn.")
    await world.employer_rep.client.change(path, {"name": "Lärgruppen Väst"})
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path)
    assert (await world.saco_rep.client.get(path))["state"] == "active"


async def test_a_decision_that_differs_says_how(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    tag = await world.saco_rep.client.etag(path)
    for decision in ("requestChange", "approveWithDissent"):
        body = {"contentHash": group["contentHash"], "decision": decision}
        await world.saco_rep.client.refused("POST", f"{path}/approvals", 422, "validationFailed", json=body, etag=tag)


async def test_deciding_needs_the_version_and_the_hash(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    client = world.saco_rep.client
    body = {"contentHash": "0" * 64, "decision": "approve"}
    await client.refused("POST", f"{path}/approvals", 428, "preconditionRequired", json=body)
    await client.refused("POST", f"{path}/approvals", 412, "staleVersion", json=body, etag='"7"')
    tag = await client.etag(path)
    await client.refused("POST", f"{path}/approvals", 409, "contentChanged", json=body, etag=tag)


@pytest.mark.parametrize("rule", ["every", "any"])
async def test_all_decide_at_once(world: World, rule: str) -> None:
    group = await forming_group(world, world.saco, world.seko, approvalRule=rule)
    path = f"/working-groups/{group['id']}"
    body = {"contentHash": group["contentHash"], "decision": "approve"}
    tag = await world.saco_rep.client.etag(path)
    people = (world.employer_rep, world.saco_rep, world.seko_rep)
    answers = await asyncio.gather(
        *(who.client.request("POST", f"{path}/approvals", json=body, etag=tag) for who in people)
    )
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    read = await world.saco_rep.client.get(path)
    assert (read["state"], read["version"]) == ("active", 2)


async def test_one_party_twice_at_once(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    second = await world.representative("second", world.saco)
    body = {"contentHash": group["contentHash"], "decision": "approve"}
    tag = await second.client.etag(path)
    answers = await asyncio.gather(
        *(who.client.request("POST", f"{path}/approvals", json=body, etag=tag) for who in (second, world.saco_rep))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len((await second.client.get(path))["approvals"]) == 1


async def test_deciding_and_editing_at_once(world: World) -> None:
    """Either the edit voids the start, or it comes too late; never is a group started on what was edited away."""
    for _ in range(8):
        group = await forming_group(world)
        path = f"/working-groups/{group['id']}"
        await decide(world.employer_rep, path)
        tag = await world.saco_rep.client.etag(path)
        body = {"contentHash": group["contentHash"], "decision": "approve"}
        approved, edited = await asyncio.gather(
            world.saco_rep.client.request("POST", f"{path}/approvals", json=body, etag=tag),
            world.employer_rep.client.request("PATCH", path, json={"name": "Annat"}, etag=tag),
        )
        read = await world.saco_rep.client.get(path)
        if edited.status_code == 200:
            assert (approved.status_code, read["state"], read["approvals"]) == (412, "forming", [])
        else:
            assert (approved.status_code, edited.status_code, read["state"]) == (201, 412, "active")
            assert read["contentHash"] == group["contentHash"]


# --- who sees a group ----------------------------------------------------------------------------------------


async def test_only_the_table_sees_a_group(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}"
    async with World(world.app) as other:
        strangers = [other.employer_rep, other.saco_rep, other.facilitator, other.archivist]
        insiders = [world.seko_rep, world.archivist, world.employee, world.administrator, world.facilitator]
        for who in (*strangers, *insiders):
            for address in ("", "/approvals", "/dialogue-sessions", "/session-records", "/actions"):
                await who.client.refused("GET", path + address, 404, "notFound")
            for address, method in (("", "PATCH"), ("/transitions", "POST"), ("/approvals", "POST")):
                bodies: dict[str, Any] = {
                    "": {"name": "Ny"},
                    "/transitions": {"to": "closed", "reason": "Nej"},
                    "/approvals": {"contentHash": group["contentHash"], "decision": "approve"},
                }
                await who.client.refused(method, path + address, 404, "notFound", json=bodies[address], etag='"1"')
        for who in strangers:
            await who.client.refused("GET", groups(world), 404, "notFound")
        for who in insiders:
            assert (await who.client.get(groups(world)))["_meta"]["totalRecords"] == 0


async def test_mandates_count_only_in_their_days_and_at_their_table(world: World) -> None:
    mine = await started_group(world)
    theirs = await started_group(world, name="En annan grupp")
    today = date.today()  # noqa: DTZ011
    bound = await world.representative("bound", world.saco, working_group_id=mine["id"])
    future = await world.representative("future", world.saco, valid_from=today + timedelta(days=2))
    expired = await world.representative("expired", world.saco, valid_to=today - timedelta(days=2))
    assert (await bound.client.get(f"/working-groups/{mine['id']}"))["id"] == mine["id"]
    await bound.client.refused("GET", f"/working-groups/{theirs['id']}", 404, "notFound")
    assert [each["id"] for each in (await bound.client.get(groups(world)))["items"]] == [mine["id"]]
    for who in (future, expired):
        await who.client.refused("GET", f"/working-groups/{mine['id']}", 404, "notFound")
        assert (await who.client.get(groups(world)))["items"] == []
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3), tick=True):
        client = await now_as(world, future)
        assert (await client.get(f"/working-groups/{mine['id']}"))["id"] == mine["id"]


async def test_a_mandate_lasts_its_last_day_in_sweden(world: World) -> None:
    group = await started_group(world)
    last = await world.representative("last", world.saco, valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 31))
    path = f"/working-groups/{group['id']}"
    with time_machine.travel(datetime(2027, 1, 31, 22, 59, tzinfo=UTC), tick=True):
        await (await now_as(world, last)).get(path)
    with time_machine.travel(datetime(2027, 1, 31, 23, 0, tzinfo=UTC), tick=True):
        await (await now_as(world, last)).refused("GET", path, 404, "notFound")


async def test_a_closed_partys_people_leave_the_table(world: World) -> None:
    group = await started_group(world, world.saco, world.seko)
    await shut_party(world, world.seko)
    await world.seko_rep.client.refused("GET", f"/working-groups/{group['id']}", 404, "notFound")
    read = await world.saco_rep.client.get(f"/working-groups/{group['id']}")
    assert len(read["parties"]) == 3


# --- lists and the glance -----------------------------------------------------------------------------------


async def test_groups_are_listed_by_name_state_and_page(world: World) -> None:
    for name in ("Örnen", "Älgen", "Ankan"):
        await forming_group(world, name=name)
    await started_group(world, name="Åkern")
    client = world.employer_rep.client

    async def names(**asked: Any) -> list[str]:
        return [each["name"] for each in (await client.get(groups(world), params=asked))["items"]]

    everything = await names()
    assert set(everything) == {"Örnen", "Älgen", "Ankan", "Åkern"}
    assert await names(sort="-name") == everything[::-1]
    assert await names(state="active") == ["Åkern"]
    assert await names(state="dormant") == []
    assert set(await names(state="forming")) == {"Örnen", "Älgen", "Ankan"}
    first = await client.get(groups(world), params={"limit": 3})
    following = first["_links"]["next"]["href"].split("/larande/v1")[1]
    assert [each["name"] for each in first["items"] + (await client.get(following))["items"]] == everything
    assert await names(page=2, limit=3) == everything[3:]
    assert await names(page=9) == await names(page=0) == []
    await client.refused("GET", groups(world), 422, "validationFailed", params={"state": "asleep"})


async def test_a_group_sleeps_after_its_interval_and_wakes_when_it_meets(world: World) -> None:
    group = await started_group(world, dormancyIntervalDays=14)
    path = f"/working-groups/{group['id']}"
    started = datetime.fromisoformat(group["startedAt"])
    assert group["glance"]["dormantOn"] is not None
    for days, state in ((13, "active"), (15, "dormant")):
        with time_machine.travel(started + timedelta(days=days), tick=True):
            client = await now_as(world, world.employer_rep)
            assert (await client.get(path))["state"] == state
            listed = await client.get(groups(world), params={"state": state})
            assert [each["state"] for each in listed["items"]] == [state]
            other = {"active": "dormant", "dormant": "active"}[state]
            assert (await client.get(groups(world), params={"state": other}))["_meta"]["totalRecords"] == 0
    with time_machine.travel(started + timedelta(days=15), tick=True):
        client, lead = await now_as(world, world.employer_rep), await now_as(world, world.facilitator)
        body = await a_session(world)
        session = await client.post(f"{path}/dialogue-sessions", body)
        held = f"/dialogue-sessions/{session['id']}"
        there = [{"mandateId": who.mandate_id, "status": "present"} for who in (world.employer_rep, world.saco_rep)]
        await lead.change(held, {"attendances": there})
        await lead.step(f"{held}/transitions", {"to": "held"})
        awake = await client.get(path)
        assert awake["state"] == "active"
        assert awake["glance"]["dormantOn"] == str(swedish_day(started + timedelta(days=15)) + timedelta(days=14))


async def test_a_session_from_before_the_start_puts_nobody_to_sleep(world: World) -> None:
    group = await started_group(world)
    before = datetime.now(UTC) - timedelta(days=20)
    await held_session(world, group, startsAt=before.isoformat())
    await held_session(world, group, startsAt=(before - timedelta(days=5)).isoformat())
    late = await started_group(world, dormancyIntervalDays=14)
    await held_session(world, late, startsAt=before.isoformat())
    read = await world.employer_rep.client.get(f"/working-groups/{late['id']}")
    assert read["state"] == "active"
    assert (await world.employer_rep.client.get(groups(world), params={"state": "dormant"}))["items"] == []
    latest = await world.employer_rep.client.get(f"/working-groups/{group['id']}")
    assert latest["glance"]["lastSessionAt"].startswith(before.isoformat()[:19])


def test_the_day_of_sleep() -> None:
    assert dormant_on(date(2026, 1, 1), None, 14) == date(2026, 1, 15)
    assert dormant_on(date(2026, 1, 1), date(2026, 2, 1), 14) == date(2026, 2, 15)
    assert dormant_on(date(2026, 1, 1), date(2025, 2, 1), 14) == date(2026, 1, 15)


async def test_the_glance_counts_what_is_due(world: World) -> None:
    group = await started_group(world)
    record = await record_under_review(world, group)
    draft = await draft_record(world, group)
    late = await agreed_action(world, draft, dueOn="2020-01-01")
    await agreed_action(world, draft)
    done = await agreed_action(world, draft)
    await world.saco_rep.client.step(f"/actions/{done['id']}/transitions", {"to": "done"})
    ahead = await planned_session(world, group, startsAt=soon(3))
    path = f"/working-groups/{group['id']}"
    glance = (await world.saco_rep.client.get(path))["glance"]
    assert (glance["openActions"], glance["overdueActions"], glance["actionsAwaitingEffectCheck"]) == (2, 1, 1)
    assert (glance["recordsUnderReview"], glance["nextSessionAt"]) == (1, ahead["startsAt"])
    await world.saco_rep.client.step(f"/actions/{late['id']}/transitions", {"to": "dropped", "reason": "Överspelat"})
    with time_machine.travel(datetime.fromisoformat(record["reviewDeadline"]), tick=True):
        glance = (await (await now_as(world, world.saco_rep)).get(path))["glance"]
    assert (glance["openActions"], glance["overdueActions"], glance["recordsUnderReview"]) == (1, 0, 0)
    assert glance["nextSessionAt"] is None


# --- closing -------------------------------------------------------------------------------------------------


async def test_a_party_closes_the_group_with_a_reason(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}"
    session = await planned_session(world, group)
    record = await draft_record(world, group)
    client = world.saco_rep.client
    tag = await client.etag(path)
    await client.refused("POST", f"{path}/transitions", 422, "validationFailed", json={"to": "closed"}, etag=tag)
    closing = {"to": "closed", "reason": "Enheten har slagits samman."}
    await client.refused("POST", f"{path}/transitions", 428, "preconditionRequired", json=closing)
    closed = await client.step(f"{path}/transitions", closing)
    assert (closed["state"], closed["closeReason"]) == ("closed", closing["reason"])
    assert closed["glance"]["dormantOn"] is None
    tag = await client.etag(path)
    await client.refused("POST", f"{path}/transitions", 409, "groupClosed", json=closing, etag=tag)
    await client.refused("POST", f"{path}/dialogue-sessions", 409, "groupNotStarted", json=await a_session(world))
    # What was written stays and is finished; but the table meets no more.
    written = await client.change(f"/session-records/{record['id']}", {"sharedPicture": "Så här långt kom vi."})
    assert written["content"]["sharedPicture"] == "Så här långt kom vi."
    held = f"/dialogue-sessions/{session['id']}"
    there = [{"mandateId": who.mandate_id, "status": "present"} for who in (world.employer_rep, world.saco_rep)]
    await client.change(held, {"attendances": there})
    tag = await client.etag(held)
    await client.refused("POST", f"{held}/transitions", 409, "groupClosed", json={"to": "held"}, etag=tag)
    await client.step(f"{held}/transitions", {"to": "cancelled", "reason": "Gruppen är stängd."})


async def test_closing_under_a_key_happens_once(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    client = world.employer_rep.client
    tag = await client.etag(path)
    closing = {"to": "closed", "reason": "Förslaget dras tillbaka."}
    for _ in range(2):
        answer = await client.request(
            "POST",
            f"{path}/transitions",
            json=closing,
            etag=tag,
            headers={"Idempotency-Key": "stäng".encode().hex()},
            expect=201,
        )
        assert (answer.json()["state"], answer.json()["version"]) == ("closed", 2)


async def test_the_facilitator_sees_the_group_and_decides_nothing(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}"
    await planned_session(world, group)
    client = world.facilitator.client
    read = await client.get(path)
    assert {each["reason"] for each in read["allowedActions"]} == {"notYourRole"}
    assert (await client.get(f"{path}/approvals"))["_meta"]["totalRecords"] == 2
    tag = await client.etag(path)
    await client.refused("PATCH", path, 403, "notYourRole", json={"name": "Ny"}, etag=tag)
    closing = {"to": "closed", "reason": "Nej"}
    await client.refused("POST", f"{path}/transitions", 403, "notYourRole", json=closing, etag=tag)
    approval = {"contentHash": group["contentHash"], "decision": "approve"}
    await client.refused("POST", f"{path}/approvals", 403, "notYourRole", json=approval, etag=tag)
    await client.refused("POST", f"{path}/dialogue-sessions", 403, "notYourRole", json=await a_session(world))
