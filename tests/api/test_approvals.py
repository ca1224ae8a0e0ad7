"""Decisions on their own: listed, read, withdrawn; one for each party, one for each person."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col

from app.models.mandate import Mandate
from tests.stories import (
    decide,
    final_record,
    for_review,
    forming_group,
    planned_session,
    record_under_review,
    started_group,
    trail,
    written_record,
)
from tests.world import Someone, World


async def two_unions(world: World) -> Someone:
    """One person who speaks for both unions."""
    both = await world.representative("both", world.saco)
    await world.representative("both", world.seko, person=both)
    return both


async def mandate_of(who: Someone, world: World, party: Any) -> str:
    """Somebody's mandate for one of several parties."""
    async with world.database.read() as session:
        found = await session.execute(
            sa.select(col(Mandate.id)).where(col(Mandate.person_id) == who.person.id, col(Mandate.party_id) == party.id)
        )
        return str(found.scalar_one())


async def test_a_decision_shows_who_decided_on_what(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    made = await decide(world.saco_rep, path, "approveWithDissent", statement="Vi hade velat annat.")
    assert (made["subjectType"], made["subjectId"], made["workingGroupId"]) == (
        "workingGroup",
        group["id"],
        group["id"],
    )
    assert (made["partyId"], made["mandateId"], made["personId"]) == (
        str(world.saco.id),
        world.saco_rep.mandate_id,
        world.saco_rep.id,
    )
    assert (made["contentHash"], made["statement"]) == (group["contentHash"], "Vi hade velat annat.")
    assert (made["voidedAt"], made["voidReason"]) == (None, None)
    read = await world.employer_rep.client.get(f"/approvals/{made['id']}")
    assert {each["action"]: each["reason"] for each in read["allowedActions"]} == {"withdraw_approval": "notYourRole"}
    own = await world.saco_rep.client.get(f"/approvals/{made['id']}")
    assert {"href", "rel", "method"} == set(own["_links"][0])
    assert [link["rel"] for link in own["_links"]] == ["self", "withdrawApproval"]


async def test_withdrawn_it_counts_no_more_and_the_party_decides_again(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    made = await decide(world.saco_rep, path)
    approval = f"/approvals/{made['id']}"
    second = await world.representative("second", world.saco)
    tag = await second.client.etag(approval)
    await world.employer_rep.client.refused("DELETE", approval, 403, "notYourRole", etag=tag)
    await second.client.refused("DELETE", approval, 428, "preconditionRequired")
    await second.client.refused("DELETE", approval, 412, "staleVersion", etag='"9"')
    await second.client.request("DELETE", approval, etag=tag, expect=204)
    await second.client.refused("DELETE", approval, 412, "staleVersion", etag=tag)
    await second.client.refused("DELETE", approval, 409, "approvalVoided", etag=await second.client.etag(approval))
    assert (await second.client.get(approval))["voidReason"] == "withdrawn"
    assert (await second.client.get(path))["approvals"] == []
    (entry,) = [each for each in await trail(second, world) if each["operation"] == "withdraw_approval"]
    assert (entry["subjectId"], entry["mandateId"], entry["fromVersion"]) == (made["id"], second.mandate_id, 1)
    await decide(world.employer_rep, path)
    assert (await second.client.get(path))["state"] == "underReview"
    again = await decide(second, path)
    assert again["id"] != made["id"]
    assert (await second.client.get(path))["state"] == "final"
    listed = await second.client.get(f"{path}/approvals")
    assert [(each["partyId"], each["voidReason"]) for each in listed["items"]] == [
        (str(world.saco.id), "withdrawn"),
        (str(world.employer.id), None),
        (str(world.saco.id), None),
    ]


async def test_a_withdrawn_request_for_change_leaves_the_record_returned(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    silent = await decide(world.saco_rep, path, "requestChange", expect=422)
    assert [(each["pointer"], each["code"]) for each in silent["errors"]] == [("/statement", "statementMissing")]
    request = await decide(world.saco_rep, path, "requestChange", statement="Nämn natten.")
    approval = f"/approvals/{request['id']}"
    await world.saco_rep.client.change(approval, None, 204, method="DELETE")
    read = await world.saco_rep.client.get(path)
    assert (read["state"], read["approvals"], read["contentHash"]) == ("returned", [], None)
    await world.saco_rep.client.step(f"{path}/transitions", for_review())
    await decide(world.saco_rep, path)


async def test_what_is_decided_is_not_taken_back(world: World) -> None:
    group = await started_group(world)
    record = await final_record(world, group)
    for path in (f"/working-groups/{group['id']}", f"/session-records/{record['id']}"):
        for each in (await world.saco_rep.client.get(f"{path}/approvals"))["items"]:
            if each["partyId"] == str(world.saco.id):
                approval = f"/approvals/{each['id']}"
                tag = await world.saco_rep.client.etag(approval)
                await world.saco_rep.client.refused("DELETE", approval, 409, "decisionTaken", etag=tag)


async def test_who_speaks_for_two_unions_says_for_which_and_decides_once(world: World) -> None:
    both = await two_unions(world)
    saco_mandate = await mandate_of(both, world, world.saco)
    seko_mandate = await mandate_of(both, world, world.seko)
    group = await forming_group(world, world.saco, world.seko)
    path = f"/working-groups/{group['id']}"
    body = {"contentHash": group["contentHash"], "decision": "approve"}
    tag = await both.client.etag(path)
    problem = await both.client.refused("POST", f"{path}/approvals", 422, "chooseMandate", json=body, etag=tag)
    assert problem["errors"][0]["pointer"] == "/mandateId"
    for wrong in (world.saco_rep.mandate_id, world.employer_rep.mandate_id, both.id):
        answer = await both.client.request("POST", f"{path}/approvals", json={**body, "mandateId": wrong}, etag=tag)
        assert answer.json()["code"] == "unknownMandate"
    made = await decide(both, path, mandateId=seko_mandate)
    assert made["partyId"] == str(world.seko.id)
    read = await both.client.get(path)
    (allowed,) = [each for each in read["allowedActions"] if each["action"] == "approve_working_group"]
    assert (allowed["allowed"], allowed["reason"]) == (False, "personHasDecided")
    body["mandateId"] = saco_mandate
    await both.client.refused("POST", f"{path}/approvals", 409, "personHasDecided", json=body, etag=tag)
    await decide(world.saco_rep, path)
    (allowed,) = [
        each for each in (await both.client.get(path))["allowedActions"] if each["action"] == "approve_working_group"
    ]
    assert allowed["reason"] == "partyHasDecided"
    await decide(world.employer_rep, path)
    assert (await both.client.get(path))["state"] == "active"


async def test_one_mandate_at_the_table_needs_no_choice(world: World) -> None:
    """Seko is not at this table: the one who speaks for both unions speaks for Saco-S here."""
    both = await two_unions(world)
    group = await forming_group(world)
    made = await decide(both, f"/working-groups/{group['id']}")
    assert made["partyId"] == str(world.saco.id)


async def test_a_mandate_for_this_table_goes_before_a_general_one(world: World) -> None:
    group = await started_group(world)
    bound = await world.representative("bound", world.saco)
    await world.representative("bound", world.saco, person=bound, working_group_id=group["id"])
    record = await record_under_review(world, group)
    made = await decide(bound, f"/session-records/{record['id']}")
    assert made["mandateId"] == bound.mandate_id


async def test_a_decision_under_a_key_is_one_decision(world: World) -> None:
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    body = {"contentHash": group["contentHash"], "decision": "approve"}
    client = world.saco_rep.client
    options: Any = {"etag": await client.etag(path), "headers": {"Idempotency-Key": "beslut-1"}}
    answers = await asyncio.gather(
        *(client.request("POST", f"{path}/approvals", json=body, **options) for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = {**body, "decision": "requestChange", "statement": "Nej."}
    await client.refused("POST", f"{path}/approvals", 409, "idempotencyKeyReused", json=other, **options)
    # Other people's keys are their own.
    employer = world.employer_rep.client
    await employer.request("POST", f"{path}/approvals", json=body, expect=201, **options)


async def test_decisions_are_paged_from_the_oldest(world: World) -> None:
    group = await forming_group(world, world.saco, world.seko)
    path = f"/working-groups/{group['id']}"
    made = [(await decide(who, path))["id"] for who in (world.seko_rep, world.employer_rep)]
    await world.saco_rep.client.change(path, {"name": "Ny"})
    made += [(await decide(who, path))["id"] for who in (world.saco_rep, world.employer_rep)]
    client = world.seko_rep.client
    first = await client.get(f"{path}/approvals", params={"limit": 3})
    assert first["_meta"] == {
        "totalRecords": 4,
        "totalIsLowerBound": False,
        "page": 1,
        "limit": 3,
        "count": 3,
    }
    following = first["_links"]["next"]["href"].split("/larande/v1")[1]
    assert [each["id"] for each in first["items"] + (await client.get(following))["items"]] == made
    assert {each["voidReason"] for each in first["items"][:2]} == {"edited"}


async def test_decisions_are_seen_where_their_subject_is(world: World) -> None:
    group = await started_group(world)
    record = await record_under_review(world, group)
    made = await decide(world.saco_rep, f"/session-records/{record['id']}", "approveWithDissent", statement="Enskilt")
    approval = f"/approvals/{made['id']}"
    assert (await world.facilitator.client.get(approval))["statement"] == "Enskilt"
    other_lead = await world.someone("other_lead")
    await planned_session(world, group, facilitatorId=other_lead.id)
    started = (await other_lead.client.get(f"/working-groups/{group['id']}/approvals"))["items"]
    assert (await other_lead.client.get(f"/approvals/{started[0]['id']}"))["subjectType"] == "workingGroup"
    await other_lead.client.refused("GET", approval, 404, "notFound")
    await other_lead.client.refused("DELETE", approval, 404, "notFound", etag='"1"')
    async with World(world.app) as other:
        strangers = (other.employer_rep, other.archivist, world.archivist, world.employee, world.administrator)
        for who in (*strangers, world.seko_rep):
            await who.client.refused("GET", approval, 404, "notFound")
            await who.client.refused("DELETE", approval, 404, "notFound", etag='"1"')
            path = f"/session-records/{record['id']}/approvals"
            await who.client.refused("GET", path, 404, "notFound")
    await world.facilitator.client.refused(
        "DELETE", approval, 403, "notYourRole", etag=await world.facilitator.client.etag(approval)
    )
    await decide(world.employer_rep, f"/session-records/{record['id']}")
    await world.archivist.client.refused("GET", f"/session-records/{record['id']}/approvals", 403, "notYourRole")


@pytest.mark.parametrize("rule", ["every", "any"])
async def test_both_sides_approve_a_record_at_once(world: World, rule: str) -> None:
    group = await started_group(world, approvalRule=rule)
    for _ in range(4):
        record = await record_under_review(world, group)
        path = f"/session-records/{record['id']}"
        tag = await world.saco_rep.client.etag(path)
        body = {"contentHash": record["contentHash"], "decision": "approve"}
        answers = await asyncio.gather(
            *(
                who.client.request("POST", f"{path}/approvals", json=body, etag=tag)
                for who in (world.employer_rep, world.saco_rep)
            )
        )
        assert [answer.status_code for answer in answers] == [201, 201]
        read = await world.saco_rep.client.get(path)
        assert (read["state"], read["contentHash"]) == ("final", record["contentHash"])
        assert len(read["approvals"]) == 2


async def test_approving_and_editing_a_record_at_once(world: World) -> None:
    group = await started_group(world)
    for turn in range(8):
        record = await record_under_review(world, group)
        path = f"/session-records/{record['id']}"
        await decide(world.employer_rep, path)
        tag = await world.saco_rep.client.etag(path)
        body = {"contentHash": record["contentHash"], "decision": "approve"}
        edit = {"sharedPicture": f"En annan bild {turn}."}
        calls = [
            world.saco_rep.client.request("POST", f"{path}/approvals", json=body, etag=tag),
            world.facilitator.client.request("PATCH", path, json=edit, etag=tag),
        ]
        answers = await asyncio.gather(*(calls if turn % 2 else calls[::-1]))
        codes = sorted(answer.status_code for answer in answers)
        read = await world.saco_rep.client.get(path)
        if read["state"] == "final":
            assert codes == [201, 412]
            assert read["content"] == record["content"]
        else:
            assert (codes, read["state"], read["approvals"]) == ([200, 412], "draft", [])


async def test_withdrawing_and_the_last_approval_at_once(world: World) -> None:
    group = await started_group(world)
    for turn in range(8):
        record = await record_under_review(world, group)
        path = f"/session-records/{record['id']}"
        made = await decide(world.employer_rep, path)
        approval = f"/approvals/{made['id']}"
        tag = await world.saco_rep.client.etag(path)
        own = await world.employer_rep.client.etag(approval)
        body = {"contentHash": record["contentHash"], "decision": "approve"}
        calls = [
            world.saco_rep.client.request("POST", f"{path}/approvals", json=body, etag=tag),
            world.employer_rep.client.request("DELETE", approval, etag=own),
        ]
        await asyncio.gather(*(calls if turn % 2 else calls[::-1]))
        read = await world.saco_rep.client.get(path)
        parties = {each["partyId"] for each in read["approvals"]}
        if read["state"] == "final":
            assert parties == {str(world.employer.id), str(world.saco.id)}
        else:
            assert (read["state"], parties) == ("underReview", {str(world.saco.id)})


async def test_approving_what_is_being_written_is_refused(world: World) -> None:
    record = await written_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    body = {"contentHash": "0" * 64, "decision": "approve"}
    tag = await world.saco_rep.client.etag(path)
    await world.saco_rep.client.refused("POST", f"{path}/approvals", 409, "notUnderReview", json=body, etag=tag)


@pytest.mark.parametrize("what", ["mandate ended", "person inactive", "party closed"])
async def test_who_lost_the_say_while_waiting_decides_nothing(world: World, what: str) -> None:
    """The approval was sent in time, but waited for the record until its sender spoke for nobody any more."""
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    await decide(world.employer_rep, path)
    rep, colleague = world.saco_rep, await world.representative("colleague", world.saco)
    body = {"contentHash": record["contentHash"], "decision": "approve"}
    tag = await rep.client.etag(path)
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with world.database.write() as session:
        await session.execute(sa.text("SELECT FROM session_record WHERE id = :id FOR UPDATE"), {"id": record["id"]})
        under_way = asyncio.create_task(rep.client.request("POST", f"{path}/approvals", json=body, etag=tag))
        async with world.database.read() as other:
            while not (await other.execute(waiting)).scalar_one():  # noqa: ASYNC110 - it happens in PostgreSQL
                await asyncio.sleep(0.01)
        if what == "mandate ended":
            async with world.database.write() as ending:
                yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011
                statement = sa.update(Mandate).where(col(Mandate.id) == UUID(rep.mandate_id)).values(valid_to=yesterday)
                await ending.execute(statement)
        elif what == "person inactive":
            await world.administrator.client.change(f"/people/{rep.id}", {"active": False})
        else:
            await colleague.client.step(f"/parties/{world.saco.id}/transitions", {"to": "closed"})
    assert (await under_way).status_code == 403
    assert (await world.employer_rep.client.get(path))["state"] == "underReview"
