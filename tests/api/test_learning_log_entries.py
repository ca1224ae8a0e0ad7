"""What a group has learned: written, looked at again, shared by both sides, and never with anybody's name."""

import asyncio
from typing import Any

import pytest
import time_machine

from app.models.learning_log_entry import LearningContent
from app.services.content_hash import content_hash
from app.services.person_names import in_any_form
from tests.api.test_erasure import erased
from tests.learning_stories import LEARNED, learned, proposed_learning
from tests.retention_stories import a_hold
from tests.stories import Json, decide, now_as, planned_session, started_group, trail
from tests.world import World


async def library(world: World, who: Any, **asked: Any) -> list[str]:
    found = await who.client.get(f"{world.path}/learning-library", params=asked)
    return [each["title"] for each in found["items"]]


async def test_from_a_groups_own_log_to_the_organisations_library(world: World) -> None:
    group = await started_group(world, world.saco, world.seko)
    elsewhere = await started_group(world)
    session = await planned_session(world, group)
    entry = await learned(world, group, dialogueSessionId=session["id"])
    path = f"/learning-log-entries/{entry['id']}"
    own = world.saco_rep.client
    assert (entry["state"], entry["content"], entry["revisitCount"]) == ("own", None, 0)
    assert entry["unitId"] == group["scopeUnitId"]
    # Not of another group's session, nor of a month that is still to come.
    refused: list[tuple[Json, str, str]] = [
        (
            {"dialogueSessionId": (await planned_session(world, elsewhere))["id"]},
            "unknownSession",
            "/dialogueSessionId",
        ),
        ({"learnedMonth": "2099-01"}, "dateInFuture", "/learnedMonth"),
    ]
    for more, code, pointer in refused:
        problem = await own.refused(
            "POST", f"/working-groups/{group['id']}/learning-log-entries", 422, code, json=LEARNED | more
        )
        assert [each["pointer"] for each in problem["errors"]] == [pointer]
    # Looked at again: on one day once, with the last note; a week later once more.
    for note in ({"stillHolds": "Det håller."}, {}, {"stillHolds": "Det håller, om timmen får vara i fred."}):
        read = await own.post(f"{path}/revisits", note)
    assert (read["revisitCount"], read["revisits"][0]["stillHolds"]) == (1, "Det håller, om timmen får vara i fred.")
    with time_machine.travel("2027-03-01T12:00:00Z"):
        later = await now_as(world, world.employer_rep)
        read = await later.post(f"{path}/revisits", {})
        assert (read["revisitCount"], read["lastLookedAtOn"], read["revisits"][1]["stillHolds"]) == (
            2,
            "2027-03-01",
            None,
        )
        stale = await later.get(f"/working-groups/{group['id']}/learning-log-entries?sort=-lastLookedAtOn&state=own")
    assert [each["lastLookedAtOn"] for each in stale["items"]] == ["2027-03-01"]
    # Proposed, changed meanwhile, and decided by everybody whom the group's rule asks.
    proposed = await own.step(f"{path}/transitions", {"to": "proposed"})
    await decide(world.employer_rep, path)
    changed = await world.seko_rep.client.change(path, {"text": "Tisdagstimmen gav frågorna en plats."})
    assert (changed["state"], changed["approvals"], changed["contentHash"] != proposed["contentHash"]) == (
        "proposed",
        [],
        True,
    )
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path)
        await decide(who, path, expect=409)
        assert await library(world, who) == []
    await decide(world.seko_rep, path, "approveWithDissent", statement="Hellre hela dagen.")
    shared = await own.get(path)
    assert (shared["state"], len(shared["approvals"])) == ("shared", 3)
    content = LearningContent.model_validate(shared["content"]).model_dump(mode="json", by_alias=True)
    assert content_hash(content) == shared["contentHash"] == changed["contentHash"]
    # In the library for everybody here, found by word forms, and with nothing of who was there or decided.
    for who in (world.employee, world.archivist, world.facilitator, world.employer_rep):
        found = await who.client.get(f"{world.path}/learning-library", params={"q": "fråga"})
        (item,) = found["items"]
        assert item.keys() == {"id", "unitId", "title", "text", "learnedMonth", "contentHash", "sharedAt"}
    assert await library(world, world.employee, q="utbildning") == []
    for outside in (world.employee, world.archivist):
        await outside.client.refused("GET", path, 404, "notFound")
    await world.administrator.client.refused("GET", f"{world.path}/learning-library", 403, "notYourRole")
    async with World(world.app) as other:
        await other.saco_rep.client.refused("GET", f"{world.path}/learning-library", 404, "notFound")
        await other.saco_rep.client.refused("GET", path, 404, "notFound")
        assert await library(other, other.saco_rep) == []
    # Final, but looked at again as before.
    tag = f'"{shared["version"]}"'
    for method, step, code, body in (
        ("PATCH", "", "learningShared", {"text": "Något annat."}),
        ("DELETE", "", "learningNotOwn", None),
        ("POST", "/transitions", "learningShared", {"to": "own"}),
        ("POST", "/approvals", "learningNotProposed", {"contentHash": shared["contentHash"], "decision": "approve"}),
    ):
        await own.refused(method, f"{path}{step}", 409, code, json=body, etag=tag)
    approval = f"/approvals/{shared['approvals'][0]['id']}"
    await world.employer_rep.client.refused("DELETE", approval, 409, "decisionTaken", etag='"1"')
    again = await own.post(f"{path}/revisits", {"stillHolds": "Nu i två grupper."})
    assert (again["contentHash"], again["revisits"][-1]["stillHolds"]) == (shared["contentHash"], "Nu i två grupper.")
    told = [each["operation"] for each in await trail(own, world, subjectId=entry["id"])]
    assert told.count("create_learning_revisit") == 4
    assert told[-2:] == ["approve_learning_log_entry", "create_learning_revisit"]


async def test_what_one_side_asks_or_two_do_at_once(world: World) -> None:
    group = await started_group(world)
    entry = await proposed_learning(world, group, world.employer_rep)
    path = f"/learning-log-entries/{entry['id']}"
    employer, union = world.employer_rep.client, world.saco_rep.client
    # Asked to be changed it is the group's own again, and what was decided is void.
    decided = await decide(world.employer_rep, path)
    await decide(world.saco_rep, path, "requestChange", statement="Skriv hur ofta.")
    returned = await employer.get(path)
    assert (returned["state"], [each["decision"] for each in returned["approvals"]]) == ("own", ["requestChange"])
    assert (await union.get(f"/approvals/{decided['id']}"))["voidReason"] == "changeRequested"
    await employer.step(f"{path}/transitions", {"to": "proposed"})
    await union.refused("POST", f"{path}/transitions", 412, "staleVersion", json={"to": "own"}, etag='"1"')
    # Two at once: one is in time, and who was not reads it anew.
    tag = await employer.etag(path)
    hashed = (await employer.get(path))["contentHash"]
    body = {"contentHash": hashed, "decision": "approve"}
    answers = await asyncio.gather(
        employer.request("POST", f"{path}/approvals", json=body, etag=tag),
        union.request("PATCH", path, json={"title": "En fast tid"}, etag=tag),
    )
    seen = await employer.get(path)
    assert {each.status_code for each in answers} <= {200, 201, 412}
    assert seen["approvals"] == [] or seen["title"] != "En fast tid"
    looked = await asyncio.gather(*(each.post(f"{path}/revisits", {}) for each in (employer, union)))
    assert {each["revisitCount"] for each in looked} == {1}
    # Taken out only when it is nobody's proposal, and then gone for both.
    await union.refused("DELETE", path, 409, "learningNotOwn", etag=await union.etag(path))
    await union.step(f"{path}/transitions", {"to": "own"})
    await union.refused(
        "POST", f"{path}/transitions", 409, "transitionRefused", json={"to": "own"}, etag=await union.etag(path)
    )
    await union.change(path, None, 204, method="DELETE")
    await employer.refused("GET", path, 404, "notFound")


async def test_nobody_is_named_and_nobody_is_found_out(world: World) -> None:
    """A name is refused without being said; whoever has one seat learns of nobody whom they do not meet anyway."""
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/learning-log-entries"
    await world.someone("åke_ödmark")
    await world.administrator.client.change(f"/people/{(await world.someone('bo_ek')).id}", {"active": False})
    seat = await world.representative("ida_lind", world.saco, working_group_id=group["id"])
    naming: dict[str, str] = {
        "title": "Som ÅKE  ÖDMARKS timme visade",
        "text": "Det lärde oss Åke\nÖd\u00admark.",
    }
    for field, text in naming.items():
        problem = await world.saco_rep.client.refused("POST", path, 422, "personNamed", json=LEARNED | {field: text})
        assert [each["pointer"] for each in problem["errors"]] == [f"/{field}"]
        assert "dmark" not in str(problem).lower()
    left = LEARNED | {"text": "Bo Ek slutade."}
    await world.saco_rep.client.refused("POST", path, 422, "personNamed", json=left)
    numbered = LEARNED | {"text": "Född 811218-9876."}
    await world.saco_rep.client.refused("POST", path, 422, "personalNumberWritten", json=numbered)
    for harmless in ("Håke Ödmarken", "Åke", "Bo i ek"):
        await learned(world, group, text=harmless)
    # Ida may not list people: for her there is nobody of that name, though her own and her table's are refused.
    entry = await learned(world, group, seat, text="Det lärde oss Åke\u200d Öd\u00admark.")
    entry_path = f"/learning-log-entries/{entry['id']}"
    for known in ("Ida Lind", "Employer Rep"):
        await seat.client.refused("POST", path, 422, "personNamed", json=LEARNED | {"text": f"{known} sade det."})
    noted = {"stillHolds": "Saco Reps idé."}
    await seat.client.refused("POST", f"{entry_path}/revisits", 422, "personNamed", json=noted)
    # Before everybody reads it, it is looked through for everybody.
    await seat.client.step(f"{entry_path}/transitions", {"to": "proposed"})
    await decide(seat, entry_path)
    body = {"contentHash": (await seat.client.get(entry_path))["contentHash"], "decision": "approve"}
    tag = await seat.client.etag(entry_path)
    await world.employer_rep.client.refused("POST", f"{entry_path}/approvals", 422, "personNamed", json=body, etag=tag)
    assert (await seat.client.get(entry_path))["state"] == "proposed"
    assert await library(world, world.employee) == []
    shared = await proposed_learning(world, group)
    shared_path = f"/learning-log-entries/{shared['id']}"
    for who in (seat, world.employer_rep):
        await decide(who, shared_path)
    await seat.client.post(f"{shared_path}/revisits", {"stillHolds": "Åke Ödmark vet mer."})
    # Erasure takes a name out of what is not shared, and what was decided of it falls.
    await erased(world, world.people["åke_ödmark"])
    read = await seat.client.get(entry_path)
    assert (read["content"]["text"], read["approvals"]) == ("Det lärde oss NN.", [])
    assert read["contentHash"] != body["contentHash"]
    # Of what is shared, it does so in what the group has noted since.
    kept = await seat.client.get(shared_path)
    assert [each["stillHolds"] for each in kept["revisits"]] == ["NN vet mer."]
    assert (kept["state"], kept["contentHash"], len(kept["approvals"])) == ("shared", shared["contentHash"], 2)
    # Once erased, nobody is known by that name any more.
    await learned(world, group, text="Det lärde oss Åke Ödmark.")


async def test_a_hold_keeps_what_was_learned(world: World) -> None:
    group = await started_group(world)
    entry = await learned(world, group)
    path = f"/learning-log-entries/{entry['id']}"
    own = world.saco_rep.client
    await own.post(f"{path}/revisits", {"stillHolds": "Det håller."})
    await a_hold(world, heldGroupId=group["id"])
    tag = await own.etag(path)
    await own.refused("PATCH", path, 409, "legalHold", json={"text": "Annat."}, etag=tag)
    await own.refused("DELETE", path, 409, "legalHold", etag=tag)
    await own.refused("POST", f"{path}/revisits", 409, "legalHold", json={"stillHolds": "Det håller inte."})
    with time_machine.travel("2027-03-01T12:00:00Z"):
        later = await now_as(world, world.saco_rep)
        assert (await later.post(f"{path}/revisits", {"stillHolds": "Det håller inte."}))["revisitCount"] == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("åke ödmark", True),
        ("Åke Ödmarks", True),
        ("Å\u200bke Ödmark", False),
        ("(Åke\u00a0Ödmark)", True),
        ("Å\u00adke\u200d Öd\u00admark\u00ads", True),
        ("Åke-Ödmark", False),
        ("x.y@example.se", True),
        ("", False),
    ],
)
def test_a_name_in_any_form(text: str, named: bool) -> None:
    assert bool(in_any_form(["Åke Ödmark", "x.y@example.se"]).search(text)) is named
