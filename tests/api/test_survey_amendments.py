"""Another closing time for an open round: proposed by either side, decided by both, one at a time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.models.survey_round import SurveyRound
from tests.stories import Json, decide, planned_session, soon, started_group, trail
from tests.survey_stories import a_unit, amended_round, draft_round, open_round, proposed_round, time_passes
from tests.world import Someone, World


def path_of(amendment: Json) -> str:
    return f"/survey-amendments/{amendment['id']}"


async def current(world: World, survey_round: Json) -> Json:
    read: Json = await world.saco_rep.client.get(f"/survey-rounds/{survey_round['id']}")
    return read


async def refused(who: Someone, survey_round: Json, status: int, code: str, **body: Any) -> Json:
    path = f"/survey-rounds/{survey_round['id']}/amendments"
    asked = {"closesAt": soon(10), "reason": "Många är borta.", **body}
    problem: Json = await who.client.refused("POST", path, status, code, json=asked)
    return problem


@pytest.mark.parametrize("days", [30, 10])
async def test_later_or_earlier_when_both_sides_have_decided(world: World, days: int) -> None:
    opened = await open_round(world, await started_group(world))
    closes_at = soon(days).replace("+00:00", "Z")
    amendment = await amended_round(world, opened, by=world.saco_rep, closesAt=closes_at)
    assert (amendment["state"], amendment["partyId"], amendment["approvals"]) == ("proposed", str(world.saco.id), [])
    assert amendment["content"] == {
        "surveyRoundId": opened["id"],
        "closesAt": closes_at,
        "reason": "Många är på fältarbete.",
    }
    made = await decide(world.saco_rep, path_of(amendment))
    assert (made["subjectType"], made["subjectId"]) == ("surveyAmendment", amendment["id"])
    assert (await current(world, opened))["closesAt"] == opened["closesAt"]
    await decide(world.employer_rep, path_of(amendment), "approveWithDissent", statement="Vi hade velat vänta.")
    changed = await current(world, opened)
    assert (changed["closesAt"], changed["version"]) == (closes_at, opened["version"] + 1)
    assert (changed["content"], changed["contentHash"]) == (opened["content"], opened["contentHash"])
    for who in (world.saco_rep, world.employer_rep):
        decided = await who.client.get(path_of(amendment))
        assert (decided["state"], len(decided["approvals"])) == ("decided", 2)
        assert decided["decidedAt"] is not None
    entries = await trail(world.saco_rep, world, subjectId=opened["id"])
    assert entries[-1]["operation"] == "approve_survey_amendment"
    listed = await world.employer_rep.client.get(f"/survey-rounds/{opened['id']}/amendments")
    assert [(each["id"], each["state"]) for each in listed["items"]] == [(amendment["id"], "decided")]
    await decide(world.saco_rep, path_of(amendment), expect=409)
    tag = await world.saco_rep.client.etag(f"/approvals/{made['id']}")
    await world.saco_rep.client.refused("DELETE", f"/approvals/{made['id']}", 409, "decisionTaken", etag=tag)


async def test_at_once_when_both_have_decided(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened, closesAt=None)
    before = datetime.now(UTC)
    for who in (world.employer_rep, world.saco_rep):
        assert (await current(world, opened))["state"] == "open"
        await decide(who, path_of(amendment))
    closed = await current(world, opened)
    assert closed["state"] == "closed"
    assert before <= datetime.fromisoformat(closed["closesAt"]) <= datetime.now(UTC)
    assert closed["opensAt"] == opened["opensAt"]


async def test_a_time_that_has_passed_means_at_once(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened, closesAt=soon(0.00001))
    await decide(world.employer_rep, path_of(amendment))
    await asyncio.sleep(1)
    before = datetime.now(UTC)
    await decide(world.saco_rep, path_of(amendment))
    closed = await current(world, opened)
    assert closed["state"] == "closed"
    assert datetime.fromisoformat(closed["closesAt"]) >= before, "no answer is late for a time nobody had decided"


async def test_a_round_that_has_not_begun_can_be_ended_and_has_asked_nobody(world: World) -> None:
    group = await started_group(world)
    opened = await open_round(world, group, opensAt=soon(20), closesAt=soon(40))
    await refused(world.saco_rep, opened, 422, "newClosingTimeUnfit", closesAt=soon(10))
    draft = await draft_round(world, group)
    transition: Any = {"json": {"to": "proposed"}, "etag": f'"{draft["version"]}"'}
    path = f"/survey-rounds/{draft['id']}/transitions"
    await world.saco_rep.client.refused("POST", path, 409, "roundTooSoon", **transition)
    amendment = await amended_round(world, opened, closesAt=None)
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path_of(amendment))
    ended = await current(world, opened)
    assert (ended["state"], ended["opensAt"]) == ("closed", ended["closesAt"])
    await world.saco_rep.client.request("POST", path, expect=201, **transition)


async def test_times_that_will_not_do(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    for closes_at in (soon(-1), soon(90.1), opened["closesAt"], opened["opensAt"]):
        problem = await refused(world.saco_rep, opened, 422, "newClosingTimeUnfit", closesAt=closes_at)
        assert problem["errors"][0]["pointer"] == "/closesAt"
    longest = await amended_round(world, opened, closesAt=soon(89.9))
    assert longest["state"] == "proposed"
    for wrong in ({"reason": ""}, {"closesAt": "i morgon"}, {"opensAt": soon(1)}):
        await refused(world.saco_rep, opened, 422, "validationFailed", **wrong)
    path = f"/survey-rounds/{opened['id']}/amendments"
    await world.saco_rep.client.refused("POST", path, 422, "validationFailed", json={"reason": "Utan tid."})


async def test_only_an_open_round_gets_another_closing_time(world: World) -> None:
    group = await started_group(world)
    lab = str((await a_unit(world, "Labbet", 20)).id)
    for survey_round in (await draft_round(world, group), await proposed_round(world, group)):
        await refused(world.saco_rep, survey_round, 409, "roundNotOpen")
    opened = await open_round(world, group, rootUnitId=lab)
    amendment = await amended_round(world, opened)
    await decide(world.employer_rep, path_of(amendment))
    await time_passes(world, opened, timedelta(days=21))
    await refused(world.saco_rep, opened, 409, "roundNotOpen")
    await decide(world.saco_rep, path_of(amendment), expect=409)
    read = await world.saco_rep.client.get(path_of(amendment))
    (action,) = [each for each in read["allowedActions"] if each["action"] == "approve_survey_amendment"]
    assert (action["allowed"], action["reason"]) == (False, "roundNotOpen")


async def test_one_at_a_time_and_its_own_party_takes_it_back(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened, by=world.saco_rep)
    await decide(world.employer_rep, path_of(amendment))
    await refused(world.employer_rep, opened, 409, "amendmentPending")
    path = f"{path_of(amendment)}/transitions"
    tag = await world.employer_rep.client.etag(path_of(amendment))
    await world.employer_rep.client.refused("POST", path, 403, "notYourRole", json={"to": "withdrawn"}, etag=tag)
    await world.saco_rep.client.refused("POST", path, 428, "preconditionRequired", json={"to": "withdrawn"})
    second = await world.representative("second", world.saco)
    withdrawn = await second.client.step(path, {"to": "withdrawn"})
    assert withdrawn["state"] == "withdrawn"
    await decide(world.saco_rep, path_of(amendment), expect=409)
    tag = await second.client.etag(path_of(amendment))
    await second.client.refused("POST", path, 409, "amendmentSettled", json={"to": "withdrawn"}, etag=tag)
    assert (await amended_round(world, opened))["partyId"] == str(world.employer.id)
    assert (await current(world, opened))["closesAt"] == opened["closesAt"]


async def test_a_request_for_change_settles_it(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened)
    await decide(world.employer_rep, path_of(amendment))
    request = await decide(world.saco_rep, path_of(amendment), "requestChange", statement="Två dagar till räcker.")
    read = await world.employer_rep.client.get(path_of(amendment))
    assert (read["state"], [each["id"] for each in read["approvals"]]) == ("withdrawn", [request["id"]])
    approvals = (await world.employer_rep.client.get(f"{path_of(amendment)}/approvals"))["items"]
    assert [each["voidReason"] for each in approvals] == ["changeRequested", None]
    await amended_round(world, opened, closesAt=soon(23))


async def test_an_approval_is_withdrawn_while_it_is_proposed(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened)
    made = await decide(world.employer_rep, path_of(amendment))
    await world.employer_rep.client.change(f"/approvals/{made['id']}", None, 204, method="DELETE")
    await decide(world.saco_rep, path_of(amendment))
    assert (await world.saco_rep.client.get(path_of(amendment)))["state"] == "proposed"


async def test_a_later_time_leaves_56_days_to_the_next_round(world: World) -> None:
    group = await started_group(world)
    first = await open_round(world, group, closesAt=soon(20))
    pending = await amended_round(world, first, closesAt=soon(30))
    await open_round(world, group, opensAt=soon(77), closesAt=soon(90))
    await decide(world.employer_rep, path_of(pending), expect=409)
    await world.employer_rep.client.step(f"{path_of(pending)}/transitions", {"to": "withdrawn"})
    await refused(world.saco_rep, first, 409, "roundTooSoon", closesAt=soon(21.1))
    near = await amended_round(world, first, closesAt=soon(20.9))
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path_of(near))


async def test_it_is_seen_at_its_table_alone(world: World) -> None:
    group = await started_group(world)
    opened = await open_round(world, group)
    amendment = await amended_round(world, opened)
    made = await decide(world.employer_rep, path_of(amendment))
    await planned_session(world, group)
    body = {"contentHash": amendment["contentHash"], "decision": "approve"}
    async with World(world.app) as other:
        for who in (other.employer_rep, other.saco_rep, world.seko_rep, world.employee, world.administrator):
            for path in (path_of(amendment), f"{path_of(amendment)}/approvals", f"/approvals/{made['id']}"):
                await who.client.refused("GET", path, 404, "notFound")
            path = f"{path_of(amendment)}/approvals"
            await who.client.refused("POST", path, 404, "notFound", json=body, etag='"1"')
            path = f"{path_of(amendment)}/transitions"
            await who.client.refused("POST", path, 404, "notFound", json={"to": "withdrawn"}, etag='"1"')
            await refused(who, opened, 404, "notFound")
    await world.facilitator.client.get(path_of(amendment))
    path = f"{path_of(amendment)}/approvals"
    await world.facilitator.client.refused("POST", path, 403, "notYourRole", json=body, etag='"1"')


async def test_refusals_are_said_in_both_languages(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    body = {"closesAt": soon(100), "reason": "Länge."}
    for language, title in (("sv", "Stängningstiden går inte"), ("en", "That closing time will not do")):
        problem = await world.saco_rep.client.refused(
            "POST",
            f"/survey-rounds/{opened['id']}/amendments",
            422,
            "newClosingTimeUnfit",
            json=body,
            headers={"Accept-Language": language},
        )
        assert problem["title"] == title


async def test_two_proposals_at_once_are_one(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    body = {"closesAt": soon(10), "reason": "Nu."}
    path = f"/survey-rounds/{opened['id']}/amendments"
    answers = await asyncio.gather(
        *(who.client.request("POST", path, json=body) for who in (world.employer_rep, world.saco_rep))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_two_last_approvals_at_once_change_it_once(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened)
    tag = await world.saco_rep.client.etag(path_of(amendment))
    body = {"contentHash": amendment["contentHash"], "decision": "approve"}
    answers = await asyncio.gather(
        *(
            who.client.request("POST", f"{path_of(amendment)}/approvals", json=body, etag=tag)
            for who in (world.employer_rep, world.saco_rep)
        )
    )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (await current(world, opened))["version"] == opened["version"] + 1


async def test_taking_back_and_the_last_approval_at_once(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    for turn in range(6):
        closes_at = soon(30 + turn).replace("+00:00", "Z")
        amendment = await amended_round(world, opened, closesAt=closes_at)
        await decide(world.employer_rep, path_of(amendment))
        tag = await world.saco_rep.client.etag(path_of(amendment))
        body = {"contentHash": amendment["contentHash"], "decision": "approve"}
        calls = [
            world.saco_rep.client.request("POST", f"{path_of(amendment)}/approvals", json=body, etag=tag),
            world.employer_rep.client.request(
                "POST", f"{path_of(amendment)}/transitions", json={"to": "withdrawn"}, etag=tag
            ),
        ]
        answers = await asyncio.gather(*(calls if turn % 2 else calls[::-1]))
        assert sorted(answer.status_code for answer in answers) == [201, 412]
        state = (await world.saco_rep.client.get(path_of(amendment)))["state"]
        moved = (await current(world, opened))["closesAt"] == closes_at
        assert (state, moved) in {("decided", True), ("withdrawn", False)}


async def test_an_answer_that_holds_the_round_is_waited_for(world: World) -> None:
    """Whoever takes an answer shares the round's row: the closing time moves when it is stored, not under it."""
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened, closesAt=None)
    await decide(world.employer_rep, path_of(amendment))
    async with world.database.write() as session:
        held = await session.get_one(SurveyRound, UUID(opened["id"]), with_for_update={"read": True})
        closing = asyncio.create_task(decide(world.saco_rep, path_of(amendment)))
        await asyncio.sleep(0.3)
        assert not closing.done()
        assert held.closes_at == datetime.fromisoformat(opened["closesAt"])
    await closing
    assert (await current(world, opened))["state"] == "closed"
