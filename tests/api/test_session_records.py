"""Session records: written jointly, reviewed until a deadline, final for both at once, corrected by appendices."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import time_machine

from app.models.person import Role
from tests.stories import (
    Json,
    decide,
    draft_record,
    final_record,
    for_review,
    now_as,
    planned_session,
    record_under_review,
    started_group,
    trail,
    written_record,
)
from tests.world import World


def reason(action: str, resource: Json) -> str | None:
    found: str | None = next(each["reason"] for each in resource["allowedActions"] if each["action"] == action)
    return found


# --- writing -----------------------------------------------------------------------------------------------


async def test_answers_merge_and_null_removes(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    client = world.saco_rep.client
    await client.change(path, {"answers": {"q2": "Ett", "q3": "Två"}})
    read = await client.change(path, {"answers": {"q2": None}, "sharedPicture": "Bild"})
    assert (read["content"]["answers"], read["content"]["sharedPicture"]) == ({"q3": "Två"}, "Bild")
    same = await client.change(path, {"answers": {"q2": None, "q3": "Två"}, "sharedPicture": "Bild", "handovers": []})
    assert same["version"] == read["version"]
    assert (await client.change(path, {"sharedPicture": None}))["content"]["sharedPicture"] is None


@pytest.mark.parametrize("question", ["q1", "q5", "q6", "q99"])
async def test_only_the_groups_questions_are_answered(world: World, question: str) -> None:
    record = await draft_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    tag = await world.saco_rep.client.etag(path)
    for answer in ("Svar", None):
        problem = await world.saco_rep.client.refused(
            "PATCH", path, 422, "unknownQuestion", json={"answers": {question: answer}}, etag=tag
        )
        assert problem["errors"][0]["pointer"] == f"/answers/{question}"


@pytest.mark.parametrize(
    "body",
    [
        {"answers": {"q2": "a\x00"}},
        {"answers": {"kön": "a"}},
        {"answers": None},
        {"sharedPicture": ""},
        {"sharedPicture": "x" * 10_001},
        {"title": "Nytt"},
        {"state": "final"},
        {"handovers": [{"handedOverTo": "police", "matter": "x"}]},
        {"handovers": [{"handedOverTo": "mbl11"}]},
    ],
)
async def test_bad_writing_is_refused(world: World, body: Json) -> None:
    record = await draft_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    await world.saco_rep.client.refused("PATCH", path, 422, "validationFailed", json=body, etag='"1"')


async def test_any_edit_under_review_takes_it_back_to_draft(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    approval = await decide(world.employer_rep, path)
    handover = {"handedOverTo": "mbl11", "matter": "Bemanning", "caseNumber": "MP 2026/1"}
    read = await world.facilitator.client.change(path, {"handovers": [handover]})
    assert (read["state"], read["contentHash"], read["reviewDeadline"]) == ("draft", None, None)
    assert (read["approvals"], read["content"]["noIndividualRecognisable"]) == ([], False)
    assert read["content"]["handovers"] == [handover]
    assert (await world.saco_rep.client.get(f"/approvals/{approval['id']}"))["voidReason"] == "edited"


async def test_two_edits_at_once_are_one_edit_and_one_refusal(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    tag = await world.saco_rep.client.etag(path)
    answers = await asyncio.gather(
        *(
            who.client.request("PATCH", path, json={"answers": {question: "Svar"}}, etag=tag)
            for who, question in ((world.saco_rep, "q2"), (world.employer_rep, "q3"))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len((await world.saco_rep.client.get(path))["content"]["answers"]) == 1


# --- review --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"noIndividualRecognisable": ...}, 422, "confirmationMissing"),
        ({"noIndividualRecognisable": None}, 422, "validationFailed"),
        ({"noIndividualRecognisable": False}, 422, "confirmationMissing"),
        ({"noIndividualRecognisable": 1}, 422, "validationFailed"),
        ({"reviewDeadline": ...}, 422, "reviewDeadlineMissing"),
        ({"reviewDeadline": None}, 422, "validationFailed"),
        ({"reviewDeadline": "2020-01-01T00:00:00Z"}, 422, "reviewDeadlineMissing"),
        ({"reviewDeadline": "2199-01-01T00:00:00Z"}, 422, "reviewDeadlineMissing"),
        ({"reviewDeadline": "2027-01-01"}, 422, "validationFailed"),
        ({"to": "final"}, 422, "validationFailed"),
        ({"to": "draft"}, 422, "notForThisStep"),
    ],
)
async def test_review_needs_a_deadline_and_the_confirmation(world: World, more: Json, status: int, code: str) -> None:
    record = await written_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    tag = await world.saco_rep.client.etag(path)
    body = {name: value for name, value in for_review(**more).items() if value is not ...}  # left out
    await world.saco_rep.client.refused("POST", f"{path}/transitions", status, code, json=body, etag=tag)
    assert (await world.saco_rep.client.get(path))["state"] == "draft"


async def test_an_empty_record_is_not_reviewed(world: World) -> None:
    record = await draft_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    tag = await world.saco_rep.client.etag(path)
    problem = await world.saco_rep.client.request("POST", f"{path}/transitions", json=for_review(), etag=tag)
    assert problem.json()["code"] == "recordEmpty"
    await world.saco_rep.client.refused(
        "POST", f"{path}/transitions", 409, "transitionRefused", json={"to": "draft"}, etag=tag
    )


async def test_taken_back_and_sent_again_it_has_the_same_hash(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    client = world.saco_rep.client
    approval = await decide(world.saco_rep, path)
    back = await client.step(f"{path}/transitions", {"to": "draft"})
    assert (back["state"], back["contentHash"]) == ("draft", None)
    again = await client.step(f"{path}/transitions", for_review())
    assert (again["contentHash"], again["content"]) == (record["contentHash"], record["content"])
    assert again["approvals"] == []
    assert (await client.get(f"/approvals/{approval['id']}"))["voidReason"] == "edited"


async def test_review_under_a_key_starts_once(world: World) -> None:
    record = await written_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    client = world.saco_rep.client
    options: Any = {"etag": await client.etag(path), "headers": {"Idempotency-Key": "granska-1"}}
    body = for_review()
    versions = {
        (await client.request("POST", f"{path}/transitions", json=body, expect=201, **options)).json()["version"]
        for _ in range(2)
    }
    assert versions == {record["version"] + 1}


async def test_after_its_deadline_nothing_is_approved_and_silence_is_not_consent(world: World) -> None:
    group = await started_group(world)
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    approval = await decide(world.employer_rep, path)
    deadline = datetime.fromisoformat(record["reviewDeadline"])
    lists = (f"/working-groups/{group['id']}/session-records", f"{world.path}/session-records")
    body = {"contentHash": record["contentHash"], "decision": "approve"}
    with time_machine.travel(deadline - timedelta(seconds=1), tick=False):
        assert (await (await now_as(world, world.saco_rep)).get(path))["state"] == "underReview"
    with time_machine.travel(deadline, tick=False):
        client = await now_as(world, world.saco_rep)
        read = await client.get(path)
        assert read["state"] == "notApproved"
        assert reason("approve_session_record", read) == "reviewDeadlinePassed"
        for address in lists:
            for state, expected in (("notApproved", 1), ("underReview", 0)):
                found = await client.get(address, params={"state": state})
                assert [each["state"] for each in found["items"]] == ["notApproved"] * expected
        tag = await client.etag(path)
        await client.refused("POST", f"{path}/approvals", 409, "reviewDeadlinePassed", json=body, etag=tag)
        again = await client.step(f"{path}/transitions", for_review(reviewDeadline="2028-12-01T00:00:00Z"), 422)
        assert again["code"] == "reviewDeadlineMissing"
        soon = (deadline + timedelta(days=7)).isoformat()
        again = await client.step(f"{path}/transitions", for_review(reviewDeadline=soon))
        assert (again["state"], again["approvals"], again["contentHash"]) == (
            "underReview",
            [],
            record["contentHash"],
        )
        assert (await client.get(f"/approvals/{approval['id']}"))["voidReason"] == "deadlinePassed"
        for who in (world.saco_rep, world.employer_rep):
            await decide(await now_as(world, who), path)
        assert (await client.get(path))["state"] == "final"
    with time_machine.travel(deadline + timedelta(days=30), tick=False):
        assert (await (await now_as(world, world.saco_rep)).get(path))["state"] == "final"


async def test_edited_after_the_deadline_it_is_a_draft_again(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    with time_machine.travel(datetime.fromisoformat(record["reviewDeadline"]), tick=False):
        client = await now_as(world, world.saco_rep)
        assert (await client.change(path, {"sharedPicture": "Ny"}))["state"] == "draft"


async def test_a_requested_change_returns_it(world: World) -> None:
    group = await started_group(world, world.saco, world.seko)
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    first = await decide(world.employer_rep, path)
    await decide(world.seko_rep, path, "requestChange", statement="Nämn natten.")
    read = await world.saco_rep.client.get(path)
    assert (read["state"], read["contentHash"]) == ("returned", None)
    assert [each["statement"] for each in read["approvals"]] == ["Nämn natten."]
    assert (await world.saco_rep.client.get(f"/approvals/{first['id']}"))["voidReason"] == "changeRequested"
    body = {"contentHash": record["contentHash"], "decision": "approve"}
    tag = await world.saco_rep.client.etag(path)
    await world.saco_rep.client.refused("POST", f"{path}/approvals", 409, "notUnderReview", json=body, etag=tag)
    listed = await world.saco_rep.client.get(
        f"/working-groups/{group['id']}/session-records", params={"state": "returned"}
    )
    assert listed["_meta"]["totalRecords"] == 1
    edited = await world.facilitator.client.change(path, {"sharedPicture": "Mest på natten."})
    assert (edited["state"], edited["approvals"]) == ("draft", [])


async def test_the_any_rule_needs_the_employer_and_one_union(world: World) -> None:
    group = await started_group(world, world.saco, world.seko, approvalRule="any")
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    await decide(world.saco_rep, path)
    await decide(world.seko_rep, path)
    assert (await world.saco_rep.client.get(path))["state"] == "underReview"
    await decide(world.employer_rep, path)
    assert (await world.saco_rep.client.get(path))["state"] == "final"
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    await decide(world.employer_rep, path)
    await decide(world.seko_rep, path, "requestChange", statement="Vänta.")
    assert (await world.saco_rep.client.get(path))["state"] == "returned"


async def test_under_every_a_silent_union_is_no_consent(world: World) -> None:
    group = await started_group(world, world.saco, world.seko)
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    await decide(world.saco_rep, path)
    await decide(world.employer_rep, path)
    assert (await world.saco_rep.client.get(path))["state"] == "underReview"
    entries = await trail(world.employer_rep, world, subjectId=record["id"])
    assert {each["audience"] for each in entries} == {"workingGroup"}
    assert [each["fromVersion"] for each in entries] == [None, 1, 2]
    assert {each["mandateId"] for each in entries} == {None}
    await decide(world.seko_rep, path)
    last = (await trail(world.employer_rep, world, subjectId=record["id"]))[-1]
    assert (last["operation"], last["mandateId"]) == ("approve_session_record", world.seko_rep.mandate_id)


async def test_a_union_that_has_closed_its_party_is_not_waited_for(world: World) -> None:
    group = await started_group(world, world.saco, world.seko)
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    await decide(world.employer_rep, path)
    await world.seko_rep.client.step(f"/parties/{world.seko.id}/transitions", {"to": "closed"})
    await decide(world.saco_rep, path)
    assert (await world.saco_rep.client.get(path))["state"] == "final"


async def test_without_any_union_left_the_employer_alone_decides_nothing(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    await world.saco_rep.client.step(f"/parties/{world.saco.id}/transitions", {"to": "closed"})
    await decide(world.employer_rep, path)
    assert (await world.employer_rep.client.get(path))["state"] == "underReview"


async def test_the_facilitator_approves_nothing_even_with_a_mandate(world: World) -> None:
    group = await started_group(world)
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    body = {"contentHash": record["contentHash"], "decision": "approve"}
    client = world.facilitator.client
    tag = await client.etag(path)
    await client.refused("POST", f"{path}/approvals", 403, "notYourRole", json=body, etag=tag)
    await world.representative("facilitator", world.saco, person=world.facilitator)
    await client.refused("POST", f"{path}/approvals", 403, "facilitatorMayNotApprove", json=body, etag=tag)
    assert reason("approve_session_record", await client.get(path)) == "facilitatorMayNotApprove"


# --- final, appendices, the archive -------------------------------------------------------------------------------


async def test_a_final_record_refuses_every_change(world: World) -> None:
    record = await final_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    approval = {"contentHash": record["contentHash"], "decision": "approve"}
    for who in (world.saco_rep, world.employer_rep):
        tag = await who.client.etag(path)
        await who.client.refused("PATCH", path, 409, "recordIsFinal", json={"sharedPicture": "X"}, etag=tag)
        for body in ({"to": "draft"}, for_review()):
            await who.client.refused("POST", f"{path}/transitions", 409, "recordIsFinal", json=body, etag=tag)
        await who.client.refused("POST", f"{path}/approvals", 409, "notUnderReview", json=approval, etag=tag)
    assert await world.saco_rep.client.get(path) == record | {
        "allowedActions": (await world.saco_rep.client.get(path))["allowedActions"]
    }


async def test_appendices_of_appendices_live_the_same_life(world: World) -> None:
    group = await started_group(world)
    record = await final_record(world, group)
    texts = ["Rättelse", "Rättelse av rättelsen"]
    corrected = record
    for text in texts:
        path = f"/session-records/{corrected['id']}"
        body = {"title": text, "sharedPicture": "Det var nio."}
        key = {"Idempotency-Key": f"bilaga-{corrected['id']}"}
        made = [(await world.saco_rep.client.post(f"{path}/appendices", body, headers=key)) for _ in range(2)]
        assert made[0] == made[1]
        appendix = made[0]
        assert appendix["appendixToId"] == corrected["id"]
        assert appendix["content"]["appendixTo"] == {
            "id": corrected["id"],
            "contentHash": corrected["contentHash"],
        }
        assert (await world.saco_rep.client.get(f"{path}/appendices"))["_meta"]["totalRecords"] == 1
        assert (await world.archivist.client.get(f"{path}/appendices"))["_meta"]["totalRecords"] == 0
        path = f"/session-records/{appendix['id']}"
        more = {"title": "Y", "sharedPicture": "Z"}
        await world.saco_rep.client.refused("POST", f"{path}/appendices", 409, "recordNotFinal", json=more)
        await world.archivist.client.refused("GET", path, 404, "notFound")
        await world.facilitator.client.step(f"{path}/transitions", for_review())
        for who in (world.saco_rep, world.employer_rep):
            await decide(who, path)
        corrected = await world.archivist.client.get(path)
        assert corrected["state"] == "final"
    session = await world.saco_rep.client.get(f"/dialogue-sessions/{record['dialogueSessionId']}")
    assert session["sessionRecordId"] == record["id"]
    everything = await world.archivist.client.get(f"{world.path}/session-records")
    assert [each["title"] for each in everything["items"]] == [record["title"], *texts]


async def test_the_archivist_sees_only_what_is_final(world: World) -> None:
    group = await started_group(world)
    draft = await draft_record(world, group)
    reviewed = await record_under_review(world, group)
    final = await final_record(world, group)
    client = world.archivist.client
    listed = await client.get(f"{world.path}/session-records")
    assert [each["id"] for each in listed["items"]] == [final["id"]]
    assert listed["_meta"]["totalRecords"] == 1
    for state in ("draft", "underReview", "returned", "notApproved"):
        found = await client.get(f"{world.path}/session-records", params={"state": state})
        assert found["_meta"]["totalRecords"] == 0
    for record in (draft, reviewed):
        path = f"/session-records/{record['id']}"
        for address in ("", "/appendices", "/approvals"):
            await client.refused("GET", path + address, 404, "notFound")
        await client.refused("GET", f"/record-registrations/{record['id']}", 404, "notFound")
    path = f"/session-records/{final['id']}"
    assert (await client.get(path))["content"] == final["content"]
    tag = await client.etag(path)
    await client.refused("PATCH", path, 403, "notYourRole", json={"sharedPicture": "X"}, etag=tag)
    body = {"title": "X", "sharedPicture": "X"}
    await client.refused("POST", f"{path}/appendices", 403, "notYourRole", json=body)


async def test_the_archivist_registers_a_final_record(world: World) -> None:
    group = await started_group(world)
    record = await final_record(world, group)
    register = f"/record-registrations/{record['id']}"
    client = world.archivist.client
    given = {"caseNumber": "MP 2026/0412", "archiveClass": "2.4.1 Samverkan", "retainUntil": "2036-12-31"}
    await client.refused("GET", register, 404, "notFound")
    await client.refused("PUT", register, 428, "preconditionRequired", json=given)
    await client.refused("PUT", register, 412, "staleVersion", json=given, etag='"1"')
    answers = await asyncio.gather(*(client.request("PUT", register, json=given, etag='"0"') for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    first = await client.get(register)
    assert (first["version"], first["legalHold"], first["retainUntil"]) == (1, False, "2036-12-31")
    same = await client.change(register, given, method="PUT", etag='"1"')
    assert same == first
    held = await client.change(register, given | {"legalHold": True}, method="PUT", etag='"1"')
    assert (held["version"], held["legalHold"]) == (2, True)
    for who in (world.saco_rep, world.employer_rep, world.facilitator):
        assert await who.client.get(register) == held
        await who.client.refused("PUT", register, 403, "notYourRole", json=given, etag='"2"')
    entries = [
        each
        for each in await trail(world.saco_rep, world, subjectId=record["id"])
        if each["operation"] == "register_session_record"
    ]
    assert [(each["fromVersion"], each["personId"]) for each in entries] == [
        (0, world.archivist.id),
        (1, world.archivist.id),
    ]
    assert (await world.saco_rep.client.get(f"/session-records/{record['id']}"))["version"] == record["version"]
    async with World(world.app) as other:
        await other.archivist.client.refused("GET", register, 404, "notFound")
        await other.archivist.client.refused("PUT", register, 404, "notFound", json=given, etag='"2"')
    draft = await draft_record(world, group)
    await client.refused("PUT", f"/record-registrations/{draft['id']}", 404, "notFound", json=given, etag='"0"')


# --- who sees records, and how they are listed ---------------------------------------------------------------------


async def test_only_the_table_and_its_facilitator_see_a_record(world: World) -> None:
    group = await started_group(world)
    record = await final_record(world, group)
    path = f"/session-records/{record['id']}"
    other_lead = await world.someone("other_lead")
    await planned_session(world, group, facilitatorId=other_lead.id)
    bound = await world.representative("bound", world.saco, working_group_id=(await started_group(world))["id"])
    async with World(world.app) as other:
        outside = (other.saco_rep, other.employer_rep, other.archivist, other.facilitator)
        for who in (*outside, other_lead, bound, world.seko_rep, world.employee, world.administrator):
            for address in (path, f"{path}/approvals", f"{path}/appendices"):
                await who.client.refused("GET", address, 404, "notFound")
            await who.client.refused("PATCH", path, 404, "notFound", json={"sharedPicture": "X"}, etag='"1"')
            await who.client.refused("POST", f"{path}/transitions", 404, "notFound", json=for_review(), etag='"1"')
            body = {"contentHash": record["contentHash"], "decision": "approve"}
            await who.client.refused("POST", f"{path}/approvals", 404, "notFound", json=body, etag='"1"')
        for who in outside:
            await who.client.refused("GET", f"{world.path}/session-records", 404, "notFound")
    for who in (world.seko_rep, world.employee, bound, other_lead):
        assert (await who.client.get(f"{world.path}/session-records"))["_meta"]["totalRecords"] == 0
    await world.administrator.client.refused("GET", f"{world.path}/session-records", 403, "notYourRole")
    mine = await world.facilitator.client.get(f"{world.path}/session-records")
    assert [each["id"] for each in mine["items"]] == [record["id"]]


async def test_records_are_listed_in_the_order_they_were_begun(world: World) -> None:
    group = await started_group(world)
    made = [
        (await make(world, group))["id"] for make in (draft_record, record_under_review, final_record, draft_record)
    ]
    other = await draft_record(world, await started_group(world))
    client = world.saco_rep.client
    path = f"/working-groups/{group['id']}/session-records"
    assert [each["id"] for each in (await client.get(path))["items"]] == made
    everywhere = await client.get(f"{world.path}/session-records")
    assert [each["id"] for each in everywhere["items"]] == [*made, other["id"]]
    for state, places in (("draft", (0, 3)), ("underReview", (1,)), ("final", (2,)), ("returned", ())):
        found = await client.get(path, params={"state": state})
        assert [each["id"] for each in found["items"]] == [made[place] for place in places]
        assert found["_meta"]["totalRecords"] == len(places)
    first = await client.get(path, params={"limit": 3, "state": "draft"})
    assert first["_links"]["next"] is None
    first = await client.get(path, params={"limit": 3})
    following = first["_links"]["next"]["href"].split("/larande/v1")[1]
    assert [each["id"] for each in first["items"] + (await client.get(following))["items"]] == made


async def test_the_clock_of_review_is_any_zone(world: World) -> None:
    record = await written_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    deadline = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)
    local = deadline.astimezone(timezone(timedelta(hours=-9))).isoformat()
    read = await world.saco_rep.client.step(f"{path}/transitions", for_review(reviewDeadline=local))
    assert read["reviewDeadline"].endswith("Z")
    assert datetime.fromisoformat(read["reviewDeadline"]) == deadline


async def test_who_keeps_the_archive_and_sits_at_the_table_registers_nothing_that_is_not_final(world: World) -> None:
    both = await world.representative("both", world.saco, person=await world.someone("both", Role.ARCHIVIST))
    record = await written_record(world, await started_group(world))
    given = {"caseNumber": "MP 2026/3", "archiveClass": "2.4"}
    path = f"/record-registrations/{record['id']}"
    await both.client.refused("PUT", path, 409, "recordNotFinal", json=given, etag='"0"')
