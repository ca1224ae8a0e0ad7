"""Another closing time for an open round, or the end of one without a result: proposed by either side, decided by both,
one at a time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from app.closing import Closer, close_due
from app.database import DatabaseAway
from app.key_directory import KeyDirectory
from app.models.columns import Language
from app.models.survey_ballot import SurveyInvitation
from app.models.survey_round import SurveyRound
from app.services import ballot, queue, survey_mail
from app.services.content_hash import content_hash
from app.services.key_store import KeyStoreUnavailable
from tests.ballot_boxes import Box, an_answered_round
from tests.client import Client
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


async def test_a_last_approval_that_waited_until_the_round_had_begun_ends_one_that_was_open(world: World) -> None:
    """Answers hold the round's row while they are stored. A round that took some was open, and its people rest."""
    opened = await open_round(world, await started_group(world), opensAt=soon(2 / 86_400))
    amendment = await amended_round(world, opened, closesAt=None)
    await decide(world.employer_rep, path_of(amendment))
    async with world.database.write() as answering:
        held = sa.text("SELECT 1 FROM survey_round WHERE id = :id FOR SHARE")
        await answering.execute(held, {"id": opened["id"]})
        last = asyncio.create_task(decide(world.saco_rep, path_of(amendment)))
        await asyncio.sleep((datetime.fromisoformat(opened["opensAt"]) - datetime.now(UTC)).total_seconds() + 0.2)
        assert not last.done()
    await last
    ended = await current(world, opened)
    assert ended["opensAt"] == opened["opensAt"] < ended["closesAt"]


async def test_times_that_will_not_do(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    for closes_at in (soon(-1), soon(90.1), opened["closesAt"], opened["opensAt"]):
        problem = await refused(world.saco_rep, opened, 422, "newClosingTimeUnfit", closesAt=closes_at)
        assert problem["errors"][0]["pointer"] == "/closesAt"
    longest = await amended_round(world, opened, closesAt=soon(89.9))
    assert longest["state"] == "proposed"
    for wrong in ({"reason": ""}, {"closesAt": "i morgon"}, {"opensAt": soon(1)}):
        await refused(world.saco_rep, opened, 422, "validationFailed", **wrong)


async def test_only_an_open_round_gets_another_closing_time(world: World) -> None:
    group = await started_group(world)
    lab = str((await a_unit(world, "Labbet", 20)).id)
    for survey_round in (await draft_round(world, group), await proposed_round(world, group)):
        await refused(world.saco_rep, survey_round, 409, "roundNotUnderWay")
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


# --- Abandoning a round -----------------------------------------------------------------------------------------------

ABANDON = {"abandon": True, "reason": "En sida har tappat sina ord."}


async def abandonment(box: Box, *, by: Someone | None = None) -> Json:
    """A proposal to abandon the round."""
    made: Json = await (by or box.world.saco_rep).client.post(f"{box.path}/amendments", ABANDON)
    return made


async def abandoned(box: Box) -> None:
    amendment = await abandonment(box)
    for who in (box.world.employer_rep, box.world.saco_rep):
        await decide(who, path_of(amendment))


async def mail_waits(box: Box, people: int = 2) -> None:
    """As inviting and reminding leave it."""
    jobs = survey_mail.to_people(box.id, [uuid4() for _ in range(people)], reminder=False)
    jobs.append(survey_mail.to_address(box.id, bytes(32), "a@example.se", Language.SWEDISH, reminder=True))
    async with box.world.database.write() as session:
        await queue.put(session, jobs, timedelta(days=1))


async def remains(box: Box) -> Json:
    """What there is of the round beside its row: how many boxes, invitations, mails; whether keys."""
    counts = """
        SELECT (SELECT count(*) FROM sealed_response WHERE survey_round_id = :id),
               (SELECT count(*) FROM survey_invitation WHERE survey_round_id = :id),
               (SELECT count(*) FROM queue.pgqueuer WHERE position(convert_to(:name, 'UTF8') IN payload) > 0),
               (SELECT count(*) FROM survey_release WHERE survey_round_id = :id)
    """
    async with box.world.database.read() as session:
        found = (await session.execute(sa.text(counts), {"id": box.id, "name": str(box.id)})).one()
    keys = box.id in box.key_store.rounds()
    return dict(zip(("boxes", "invitations", "mails", "releases"), found, strict=True)) | {"keys": keys}


UNTOUCHED = {"boxes": 32, "invitations": 35, "mails": 3, "releases": 0, "keys": True}
NOTHING = {"boxes": 0, "invitations": 0, "mails": 0, "releases": 0, "keys": False}


async def a_box(world: World, state: str = "closed", **more: Any) -> Box:
    """An answered round that waits for the sides' words, or is open still; with mail in the queue."""
    closes_at = datetime.now(UTC) + timedelta(days=3 if state == "open" else -3)
    group = more.pop("group", None) or await started_group(world)
    box = await an_answered_round(world, group, closes_at=closes_at, **{"two_keys": True, **more})
    await mail_waits(box)
    return box


async def state_of(box: Box) -> str:
    return str((await box.world.saco_rep.client.get(box.path))["state"])


@pytest.mark.parametrize("two_keys", [False, True])
@pytest.mark.parametrize("state", ["open", "closed"])
async def test_a_round_is_abandoned_when_both_sides_have_decided(world: World, state: str, two_keys: bool) -> None:
    group = await started_group(world)
    box, other = await a_box(world, state, group=group, two_keys=two_keys), await a_box(world, "open", group=group)
    before = await world.saco_rep.client.get(box.path)
    assert (before["state"], await remains(box)) == (state, UNTOUCHED)
    amendment = await abandonment(box, by=world.employer_rep)
    assert amendment["content"] == {"surveyRoundId": str(box.id), "closesAt": None, **ABANDON}
    assert amendment["contentHash"] == content_hash(amendment["content"])
    await decide(world.saco_rep, path_of(amendment))
    assert (await state_of(box), await remains(box)) == (state, UNTOUCHED)
    began = datetime.now(UTC)
    await decide(world.employer_rep, path_of(amendment), "approveWithDissent", statement="Vi hade velat leta mer.")
    for who in (world.saco_rep, world.employer_rep, world.facilitator):
        if who is world.facilitator:
            await planned_session(world, group)
        read = await who.client.get(box.path)
        assert (read["state"], read["cancelReason"]) == ("cancelled", ABANDON["reason"])
        assert began <= datetime.fromisoformat(read["cancelledAt"]) <= datetime.now(UTC)
        assert (read["version"], read["releasedAt"]) == (before["version"] + 1, None)
        assert (read["content"], read["closesAt"]) == (before["content"], before["closesAt"])
        assert (await who.client.get(path_of(amendment)))["state"] == "decided"
        await who.client.refused("GET", f"{box.path}/results", 409, "resultsNotReleased")
        await who.client.refused("GET", f"{box.path}/texts", 409, "resultsNotReleased")
        listed = (await who.client.get(f"{box.path}/amendments"))["items"]
        assert [(each["abandon"], each["closesAt"]) for each in listed] == [(True, None)]
    assert (await remains(box), await remains(other)) == (NOTHING, UNTOUCHED)
    entries = await trail(world.saco_rep, world, subjectId=str(box.id))
    assert [each["operation"] for each in entries] == ["approve_survey_amendment"]
    assert entries[0]["personId"] == str(world.employer_rep.id)


async def test_one_side_alone_abandons_nothing(world: World) -> None:
    group = await started_group(world, world.saco, world.seko)
    box = await a_box(world, group=group)
    amendment = await abandonment(box)
    for who in (world.saco_rep, world.seko_rep):
        await decide(who, path_of(amendment))
        await decide(who, path_of(amendment), expect=409)
    assert (await state_of(box), await remains(box)) == ("closed", UNTOUCHED)
    # A request for change settles it, and what was approved counts no more.
    await decide(world.employer_rep, path_of(amendment), "requestChange", statement="Vi letar en vecka till.")
    assert (await world.saco_rep.client.get(path_of(amendment)))["state"] == "withdrawn"
    again = await abandonment(box)
    await decide(world.employer_rep, path_of(again))
    await decide(world.saco_rep, path_of(again))
    assert (await state_of(box), await remains(box)) == ("closed", UNTOUCHED)
    await world.saco_rep.client.step(f"{path_of(again)}/transitions", {"to": "withdrawn"})
    await decide(world.seko_rep, path_of(again), expect=409)
    assert (await state_of(box), await remains(box)) == ("closed", UNTOUCHED)


async def test_an_approval_is_of_this_version_and_this_content(world: World) -> None:
    box = await a_box(world, "open")
    closing = await amended_round(
        world, {"id": str(box.id)}, by=world.saco_rep, closesAt=None, reason=ABANDON["reason"]
    )
    await world.saco_rep.client.step(f"{path_of(closing)}/transitions", {"to": "withdrawn"})
    amendment = await abandonment(box)
    assert amendment["contentHash"] != closing["contentHash"]
    await decide(world.employer_rep, path_of(amendment))
    body = {"contentHash": amendment["contentHash"], "decision": "approve"}
    path = f"{path_of(amendment)}/approvals"
    for etag in ('"2"', '"0"'):
        await world.saco_rep.client.refused("POST", path, 412, "staleVersion", json=body, etag=etag)
    await world.saco_rep.client.refused("POST", path, 428, "preconditionRequired", json=body)
    stale = body | {"contentHash": closing["contentHash"]}
    await world.saco_rep.client.refused("POST", path, 409, "contentChanged", json=stale, etag='"1"')
    assert (await state_of(box), await remains(box)) == ("open", UNTOUCHED)


async def test_what_was_proposed_before_rounds_could_be_abandoned_keeps_its_hash(world: World) -> None:
    opened = await open_round(world, await started_group(world))
    amendment = await amended_round(world, opened, abandon=False)
    assert "abandon" not in amendment["content"]
    members = {
        "surveyRoundId": opened["id"],
        "closesAt": amendment["content"]["closesAt"],
        "reason": "Många är på fältarbete.",
    }
    assert amendment["contentHash"] == content_hash(members)


async def test_two_last_approvals_at_once_abandon_it_once(world: World) -> None:
    box = await a_box(world)
    amendment = await abandonment(box)
    before = await world.saco_rep.client.get(box.path)
    body = {"contentHash": amendment["contentHash"], "decision": "approve"}
    answers = await asyncio.gather(
        *(
            who.client.request("POST", f"{path_of(amendment)}/approvals", json=body, etag='"1"')
            for who in (world.employer_rep, world.saco_rep, world.employer_rep, world.saco_rep)
        )
    )
    told = sorted(answer.status_code for answer in answers)
    assert (told[:2], {*told[2:]} <= {409, 412}) == ([201, 201], True)
    after = await world.saco_rep.client.get(box.path)
    assert (after["state"], after["version"]) == ("cancelled", before["version"] + 1)
    assert await remains(box) == NOTHING
    # The same request once more, after a lost answer, makes nothing anew either.
    await decide(world.saco_rep, path_of(amendment), expect=409)


async def test_closing_and_abandoning_at_once_are_one_or_the_other(world: World) -> None:
    """Two keys handed in, or one: from the closing time on it may be released at any moment."""
    for turn in range(4):
        box = await an_answered_round(world, await started_group(world), two_keys=False)
        amendment = await abandonment(box)
        await decide(world.employer_rep, path_of(amendment))
        body = {"contentHash": amendment["contentHash"], "decision": "approve"}
        approving = world.saco_rep.client.request("POST", f"{path_of(amendment)}/approvals", json=body, etag='"1"')
        closing = close_due(world.database, box.key_store, datetime.now(UTC))
        await asyncio.gather(*((closing, approving) if turn % 2 else (approving, closing)))
        state, left = await state_of(box), await remains(box)
        assert (state, left) in (("cancelled", NOTHING), ("released", NOTHING | {"releases": 1}))
        settled = (await world.saco_rep.client.get(path_of(amendment)))["state"]
        assert settled == ("decided" if state == "cancelled" else "proposed")


async def test_whoever_closes_rounds_leaves_an_abandoned_one_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    box = await a_box(world, two_keys=False)
    box.key_store.destroy(box.id)
    await close_due(world.database, box.key_store, datetime.now(UTC))
    assert str(box.id) in caplog.text, "its key is lost"
    await abandoned(box)
    caplog.clear()
    for _ in range(2):
        await Closer(world.database, box.key_store).work(datetime.now(UTC))
    assert str(box.id) not in caplog.text
    assert (await state_of(box), await remains(box)) == ("cancelled", NOTHING)


async def test_keys_go_after_the_commit_and_at_the_next_turn_if_the_store_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    box, loop = await a_box(world), asyncio.get_running_loop()
    seen: list[str] = []

    def away(_store: KeyDirectory, _round_id: UUID) -> None:
        seen.append(asyncio.run_coroutine_threadsafe(state_of(box), loop).result(10))
        raise KeyStoreUnavailable("No such disk.")

    with monkeypatch.context() as patched:
        patched.setattr(KeyDirectory, "destroy", away)
        await abandoned(box)
    assert seen == ["cancelled"], "another connection sees it: what is not committed has its keys"
    assert await remains(box) == NOTHING | {"keys": True}
    assert "keys wait to be destroyed" in caplog.text
    await Closer(world.database, box.key_store).work(datetime.now(UTC))
    assert await remains(box) == NOTHING


async def test_what_is_not_committed_destroys_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    box = await a_box(world)
    amendment = await abandonment(box)
    await decide(world.employer_rep, path_of(amendment))

    async def lost(_session: AsyncSession) -> None:
        raise DatabaseAway

    body = {"contentHash": amendment["contentHash"], "decision": "approve"}
    with monkeypatch.context() as patched:
        patched.setattr(AsyncSession, "commit", lost)
        await world.saco_rep.client.request(
            "POST", f"{path_of(amendment)}/approvals", json=body, etag='"1"', expect=503
        )
    assert (await state_of(box), await remains(box)) == ("closed", UNTOUCHED)
    await decide(world.saco_rep, path_of(amendment))
    assert await remains(box) == NOTHING


async def test_a_token_of_an_abandoned_round_leads_nowhere(world: World, client: Client) -> None:
    box = await a_box(world, "open")
    token = ballot.new_token()
    invitation = SurveyInvitation(
        token_hash=ballot.token_hash(token), survey_round_id=box.id, unit_id=box.units["a"], used=False
    )
    await world.add(invitation)
    holder = client.signed_in(token)
    await holder.get("/survey-forms/current")
    await abandoned(box)
    answer = {"answers": {box.instrument_content.items[0].id: 3}}
    for language, title in (("sv", "Länken leder inte till någon enkät"), ("en", "The link leads to no survey")):
        asked = {"Accept-Language": language}
        problem = await holder.refused("GET", "/survey-forms/current", 401, "surveyTokenUnknown", headers=asked)
        assert problem["title"] == title
        await holder.refused("POST", "/survey-responses", 401, "surveyTokenUnknown", json=answer, headers=asked)
    assert await remains(box) == NOTHING


async def test_an_answer_on_its_way_is_destroyed_with_the_others_or_refused(world: World, client: Client) -> None:
    for turn in range(4):
        box = await a_box(world, "open")
        token = ballot.new_token()
        await world.add(
            SurveyInvitation(
                token_hash=ballot.token_hash(token), survey_round_id=box.id, unit_id=box.units["a"], used=False
            )
        )
        amendment = await abandonment(box)
        await decide(world.employer_rep, path_of(amendment))
        body = {"contentHash": amendment["contentHash"], "decision": "approve"}
        sent = {"answers": {box.instrument_content.items[0].id: 3}}
        calls = [
            client.signed_in(token).request("POST", "/survey-responses", json=sent),
            world.saco_rep.client.request("POST", f"{path_of(amendment)}/approvals", json=body, etag='"1"', expect=201),
        ]
        answered, _ = await asyncio.gather(*calls) if turn % 2 else (await asyncio.gather(*calls[::-1]))[::-1]
        assert answered.status_code in {201, 204, 401}
        assert (await state_of(box), await remains(box)) == ("cancelled", NOTHING)


async def test_only_a_round_under_way_is_abandoned(world: World) -> None:
    group = await started_group(world)
    lab = str((await a_unit(world, "Labbet", 20)).id)
    draft = await draft_round(world, group)
    cancelled = await draft_round(world, group)
    stop = {"to": "cancelled", "reason": "Omorganisation."}
    await world.saco_rep.client.step(f"/survey-rounds/{cancelled['id']}/transitions", stop)
    released = await an_answered_round(world, group)
    await close_due(world.database, released.key_store, datetime.now(UTC))
    proposed = await proposed_round(world, group, rootUnitId=lab)
    for each in (draft, proposed, cancelled, {"id": str(released.id)}):
        for language, title in (("sv", "Omgången pågår inte"), ("en", "The round is not under way")):
            problem = await world.saco_rep.client.refused(
                "POST",
                f"/survey-rounds/{each['id']}/amendments",
                409,
                "roundNotUnderWay",
                json=ABANDON,
                headers={"Accept-Language": language},
            )
            assert problem["title"] == title
    box = await a_box(world)
    await abandoned(box)
    for body in (ABANDON, {"closesAt": None, "reason": "Nu."}):
        await world.saco_rep.client.refused("POST", f"{box.path}/amendments", 409, "roundNotUnderWay", json=body)
    unlock = {"words": " ".join(ballot.words_of(box.secret_keys[2]))}
    await world.saco_rep.client.refused("POST", f"{box.path}/unlocks", 409, "roundNotClosed", json=unlock)
    assert await remains(box) == NOTHING


async def test_either_a_closing_time_or_abandoned(world: World) -> None:
    box = await a_box(world, "open")
    unclear: list[Json] = [{"reason": "Nu."}, {"reason": "Nu.", "abandon": False}, ABANDON | {"closesAt": soon(1)}]
    wrong: list[Json] = [{"abandon": True}, {"abandon": True, "reason": ""}, ABANDON | {"abandon": "ja"}]
    for body in unclear:
        for language, title in (
            ("sv", "Stängningstid eller avbruten omgång"),
            ("en", "A closing time, or an abandoned round"),
        ):
            problem = await world.saco_rep.client.refused(
                "POST",
                f"{box.path}/amendments",
                422,
                "closingTimeOrAbandon",
                json=body,
                headers={"Accept-Language": language},
            )
            assert (problem["title"], problem["errors"][0]["pointer"]) == (title, "/closesAt")
    for body in wrong:
        await world.saco_rep.client.refused("POST", f"{box.path}/amendments", 422, "validationFailed", json=body)
    made = await world.saco_rep.client.post(f"{box.path}/amendments", ABANDON | {"closesAt": None})
    assert made["content"]["abandon"] is True


async def test_a_closing_time_that_came_too_late_stands_in_no_ones_way(world: World) -> None:
    """Its party may be gone, or may not want to take it back; nobody can decide on it any more."""
    group = await started_group(world)
    opened = await open_round(world, group)
    late = await amended_round(world, opened, by=world.employer_rep)
    path = f"/survey-rounds/{opened['id']}/amendments"
    await world.saco_rep.client.refused("POST", path, 409, "amendmentPending", json=ABANDON)
    await time_passes(world, opened, timedelta(days=21))
    await world.saco_rep.client.refused("POST", path, 409, "roundNotOpen", json={"closesAt": None, "reason": "Nu."})
    amendment = await world.saco_rep.client.post(path, ABANDON)
    assert (await world.employer_rep.client.get(path_of(late)))["state"] == "withdrawn"
    # But a proposal to abandon it is one that can be decided.
    await world.employer_rep.client.refused("POST", path, 409, "amendmentPending", json=ABANDON)
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path_of(amendment))
    assert (await current(world, opened))["state"] == "cancelled"
    # It has no result that another one could be held against: the 56 days do not count from it.
    await open_round(world, group)


async def test_a_round_without_answers_is_abandoned_before_it_has_begun(world: World) -> None:
    opened = await open_round(world, await started_group(world), opensAt=soon(5), closesAt=soon(20), twoKeys=True)
    amendment = await world.employer_rep.client.post(f"/survey-rounds/{opened['id']}/amendments", ABANDON)
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path_of(amendment))
    assert (await current(world, opened))["state"] == "cancelled"
    assert UUID(opened["id"]) not in world.app.state.key_store.rounds()
