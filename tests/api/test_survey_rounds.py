"""Survey rounds: drafted by either side, proposed, decided jointly, opened with fresh keys; the frozen tree."""

import asyncio
import base64
import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
import sqlalchemy as sa
from sqlmodel import SQLModel, col

from app.key_directory import KeyDirectory
from app.models.instrument import Instrument, InstrumentState
from app.models.party import Side
from app.models.survey_round import SurveyRound
from app.services import ballot
from app.services.key_store import KeyMissing, KeyStore, RoundSecrets
from tests.client import Client
from tests.stories import Json, decide, forming_group, planned_session, soon, started_group, trail
from tests.survey_stories import (
    a_round,
    a_unit,
    an_instrument,
    draft_round,
    open_round,
    proposed_round,
    time_passes,
    units_of,
)
from tests.world import Someone, World


def path_of(survey_round: Json) -> str:
    return f"/survey-rounds/{survey_round['id']}"


async def row_of(world: World, survey_round: Json) -> SurveyRound:
    async with world.database.read() as session:
        return await session.get_one(SurveyRound, UUID(survey_round["id"]))


def key_store(world: World) -> KeyStore:
    kept: KeyStore = world.app.state.key_store
    return kept


async def listed_units(who: Someone, survey_round: Json) -> list[tuple[str, int]]:
    found = await who.client.get(f"{path_of(survey_round)}/units", params={"limit": 100})
    return [(unit["name"], unit["headcount"]) for unit in found["items"]]


async def refused(who: Someone, method: str, path: str, status: int, code: str, json: Json) -> Json:
    """Refused on the version that is there now."""
    tag = await who.client.etag("/".join(path.split("/")[:3]))
    problem: Json = await who.client.refused(method, path, status, code, json=json, etag=tag)
    return problem


# --- Drafts --------------------------------------------------------------------------------------------------------


async def test_a_draft_holds_what_the_parties_will_decide_on(world: World) -> None:
    group = await started_group(world)
    instrument = await an_instrument(world)
    await units_of(world, {"Lag B": 9, "Lag A": 11})
    body = await a_round(world, instrument=instrument, threshold=5, freeText=True)
    draft = await world.saco_rep.client.post(f"/working-groups/{group['id']}/survey-rounds", body)
    assert draft == await world.saco_rep.client.get(path_of(draft))
    assert {name: draft[name] for name in ("state", "instrumentId", "rootUnitId", "threshold", "freeText")} == {
        "state": "draft",
        "instrumentId": str(instrument.id),
        "rootUnitId": str(world.subunit.id),
        "threshold": 5,
        "freeText": True,
    }
    assert (draft["unitCount"], draft["headcount"], draft["everyUnit"]) == (3, 32, True)
    assert (draft["content"], draft["contentHash"], draft["approvals"]) == (None, None, [])
    assert (draft["twoKeys"], draft["keyHolders"], draft["keyNotice"]) == (False, [], None)
    assert await listed_units(world.employer_rep, draft) == [("Provtagningsenheten", 12), ("Lag A", 11), ("Lag B", 9)]
    listed = await world.employer_rep.client.get(f"/working-groups/{group['id']}/survey-rounds")
    assert listed["items"] == [
        {
            name: draft[name]
            for name in (
                "id",
                "title",
                "state",
                "workingGroupId",
                "instrumentId",
                "opensAt",
                "closesAt",
                "releasedAt",
            )
        }
    ]
    (entry,) = await trail(world.employer_rep, world, subjectId=draft["id"])
    assert (entry["operation"], entry["subjectType"], entry["mandateId"]) == (
        "create_survey_round",
        "survey_round",
        world.saco_rep.mandate_id,
    )


async def test_both_sides_change_a_draft(world: World) -> None:
    group = await started_group(world)
    units = await units_of(world, {"Lag A": 11, "Lag B": 9, "Lag C": 8})
    draft = await draft_round(world, group)
    path = path_of(draft)
    chosen = {"unitIds": [str(units["Lag B"].id)], "threshold": 9}
    changed = await world.saco_rep.client.change(path, chosen)
    assert (changed["version"], changed["threshold"], changed["everyUnit"]) == (draft["version"] + 1, 9, False)
    assert await listed_units(world.saco_rep, draft) == [("Provtagningsenheten", 31), ("Lag B", 9)]
    with_root = {"unitIds": [draft["rootUnitId"], str(units["Lag B"].id)], "threshold": 9}
    same = await world.employer_rep.client.change(path, with_root)
    assert same["version"] == changed["version"], "nothing is different"
    await world.employer_rep.client.change(path, {"title": "Ny titel"})
    assert await listed_units(world.saco_rep, draft) == [("Provtagningsenheten", 31), ("Lag B", 9)]
    await world.employer_rep.client.change(path, {"unitIds": []})
    assert await listed_units(world.saco_rep, draft) == [("Provtagningsenheten", 40)]
    every = await world.saco_rep.client.change(path, {"unitIds": None})
    assert (every["everyUnit"], every["unitCount"], every["headcount"]) == (True, 4, 40)
    narrower = await world.saco_rep.client.change(path, {"rootUnitId": str(units["Lag C"].id)})
    assert (narrower["unitCount"], narrower["headcount"]) == (1, 8)
    await world.saco_rep.client.refused("PATCH", path, 428, "preconditionRequired", json={"title": "X"})
    await world.saco_rep.client.refused("PATCH", path, 412, "staleVersion", json={"title": "X"}, etag='"1"')


TIMES: list[tuple[Json, str, str]] = [
    ({"opensAt": soon(2), "closesAt": soon(1)}, "closesBeforeOpening", "/closesAt"),
    ({"opensAt": "2027-01-01T00:00:00Z", "closesAt": "2027-01-01T00:00:00Z"}, "closesBeforeOpening", "/closesAt"),
    ({"opensAt": soon(1), "closesAt": soon(91.1)}, "openTooLong", "/closesAt"),
    ({"opensAt": soon(367), "closesAt": soon(370)}, "opensTooLate", "/opensAt"),
]


@pytest.mark.parametrize(("times", "code", "pointer"), TIMES)
async def test_times_that_will_not_do(world: World, times: Json, code: str, pointer: str) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    body = await a_round(world)
    problem = await world.saco_rep.client.refused("POST", path, 422, code, json=body | times)
    assert problem["errors"][0]["pointer"] == pointer
    draft = await world.saco_rep.client.post(path, body)
    await refused(world.employer_rep, "PATCH", path_of(draft), 422, code, times)
    longest = await world.saco_rep.client.post(path, body | {"opensAt": soon(1), "closesAt": soon(90.9)})
    assert longest["state"] == "draft"


async def test_shapes_that_will_not_do(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    body = await a_round(world)
    twice = str(world.subunit.id)
    for wrong in (
        {"threshold": 4},
        {"threshold": 31},
        {"threshold": 7.5},
        {"unitIds": [twice, twice]},
        {"title": ""},
        {"opensAt": "2026-01-01"},
        {"state": "open"},
        {"twoKeys": "ja"},
    ):
        await world.saco_rep.client.refused("POST", path, 422, "validationFailed", json=body | wrong)
    draft = await world.saco_rep.client.post(path, body)
    for field in ("threshold", "rootUnitId", "publicKey"):
        await refused(world.saco_rep, "PATCH", path_of(draft), 422, "validationFailed", {field: None})


async def test_the_root_is_the_groups_unit_or_below_it(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    beside = await world.unit_under(world.unit, "En annan enhet")
    async with World(world.app) as other:
        for outside in (world.unit.id, beside.id, other.subunit.id, uuid4()):
            body = await a_round(world, rootUnitId=str(outside))
            await world.saco_rep.client.refused("POST", path, 422, "unitOutsideGroup", json=body)
    below = await a_unit(world, "Laget", 9)
    draft = await world.saco_rep.client.post(path, await a_round(world, rootUnitId=str(below.id)))
    for outside in (beside.id, uuid4()):
        patch = {"rootUnitId": str(outside)}
        await refused(world.saco_rep, "PATCH", path_of(draft), 422, "unitOutsideGroup", patch)
    await world.administrator.client.change(f"/units/{below.id}", {"parentId": str(beside.id)})
    await refused(world.saco_rep, "PATCH", path_of(draft), 422, "unitOutsideGroup", {"title": "Flyttad"})
    await refused(world.saco_rep, "POST", f"{path_of(draft)}/transitions", 422, "unitOutsideGroup", {"to": "proposed"})


async def test_chosen_units_lie_below_the_root(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    inside = await a_unit(world, "Laget", 9)
    body = await a_round(world, unitIds=[str(inside.id), str(world.unit.id)])
    problem = await world.saco_rep.client.refused("POST", path, 422, "unitOutsideRound", json=body)
    assert [each["pointer"] for each in problem["errors"]] == ["/unitIds/1"]
    draft = await draft_round(world, group)
    patch = {"unitIds": [str(uuid4()), str(inside.id), str(uuid4())]}
    problem = await refused(world.saco_rep, "PATCH", path_of(draft), 422, "unitOutsideRound", patch)
    assert [each["pointer"] for each in problem["errors"]] == ["/unitIds/0", "/unitIds/2"]


async def test_the_instrument_is_published_and_the_organisations_to_use(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    own = await an_instrument(world, own=True, openQuestions=[])
    retired, closed = await an_instrument(world), await an_instrument(world, openQuestions=[])
    async with world.database.write() as session:
        await session.execute(
            sa.update(Instrument).where(col(Instrument.id) == retired.id).values(state=InstrumentState.RETIRED)
        )
    async with World(world.app) as other:
        others = await an_instrument(other, own=True)
        for instrument_id in (others.id, retired.id, uuid4()):
            body = await a_round(world) | {"instrumentId": str(instrument_id)}
            await world.saco_rep.client.refused("POST", path, 422, "unknownInstrument", json=body)
    draft = await draft_round(world, group, instrument=own)
    await refused(world.saco_rep, "PATCH", path_of(draft), 422, "noOpenQuestions", {"freeText": True})
    await refused(world.saco_rep, "PATCH", path_of(draft), 422, "unknownInstrument", {"instrumentId": str(uuid4())})
    body = await a_round(world, instrument=closed, freeText=True)
    await world.saco_rep.client.refused("POST", path, 422, "noOpenQuestions", json=body)


async def test_an_instrument_retired_meanwhile_opens_nothing(world: World) -> None:
    group = await started_group(world)
    instrument = await an_instrument(world)
    draft = await draft_round(world, group, instrument=instrument)
    proposed = await proposed_round(world, group, instrument=instrument)
    await decide(world.saco_rep, path_of(proposed))
    async with world.database.write() as session:
        retired = sa.update(Instrument).where(col(Instrument.id) == instrument.id)
        await session.execute(retired.values(state=InstrumentState.RETIRED))
    await decide(world.employer_rep, path_of(proposed), expect=422)
    await refused(world.saco_rep, "POST", f"{path_of(draft)}/transitions", 422, "unknownInstrument", {"to": "proposed"})


async def test_only_a_running_group_of_an_active_organisation_begins_a_round(world: World) -> None:
    forming = await forming_group(world)
    body = await a_round(world)
    path = f"/working-groups/{forming['id']}/survey-rounds"
    await world.saco_rep.client.refused("POST", path, 409, "groupNotStarted", json=body)


# --- Proposing, taking back, cancelling ------------------------------------------------------------------------------


async def test_proposing_fixes_the_content_and_its_hash(world: World) -> None:
    group = await started_group(world)
    instrument = await an_instrument(world)
    await units_of(world, {"Lag A": 11})
    proposed = await proposed_round(world, group, instrument=instrument)
    content = proposed["content"]
    assert hashlib.sha256(rfc8785.dumps(content)).hexdigest() == proposed["contentHash"]
    listed = (await world.saco_rep.client.get(f"{path_of(proposed)}/units"))["items"]
    assert hashlib.sha256(rfc8785.dumps(listed)).hexdigest() == content["unitsHash"]
    assert content["instrument"] == {
        "id": str(instrument.id),
        "key": instrument.key,
        "instrumentVersion": "1.0.0",
        "contentHash": instrument.content_hash,
    }
    assert (content["unitCount"], content["headcount"], content["threshold"]) == (2, 23, 7)
    assert (content["publicKeys"], content["rules"]) == ([], "R1-R12/1")
    for name in ("title", "workingGroupId", "rootUnitId", "opensAt", "closesAt", "threshold", "freeText", "twoKeys"):
        assert content[name] == proposed[name]
    await refused(world.saco_rep, "PATCH", path_of(proposed), 409, "roundNotDraft", {"title": "Annan"})
    await refused(
        world.saco_rep, "POST", f"{path_of(proposed)}/transitions", 409, "transitionRefused", {"to": "proposed"}
    )


async def test_the_tree_is_read_once_more_when_it_is_proposed_and_then_stays(world: World) -> None:
    group = await started_group(world)
    units = await units_of(world, {"Lag A": 11, "Lag B": 9, "Lag C": 8})
    draft = await draft_round(world, group)
    chosen = await draft_round(world, group, unitIds=[str(units["Lag A"].id), str(units["Lag B"].id)])
    admin = world.administrator.client
    await admin.change(f"/units/{units['Lag A'].id}", {"headcount": 15, "name": "Lag Å"})
    await admin.post(f"{world.path}/units", {"name": "Lag D", "parentId": str(world.subunit.id), "headcount": 5})
    await admin.post(f"{world.path}/units", {"name": "Tomma", "parentId": str(world.subunit.id)})
    assert await listed_units(world.saco_rep, draft) == [
        ("Provtagningsenheten", 12),
        ("Lag A", 11),
        ("Lag B", 9),
        ("Lag C", 8),
    ]
    for each in (draft, chosen):
        await world.saco_rep.client.step(f"{path_of(each)}/transitions", {"to": "proposed"})
    frozen = {
        draft["id"]: [
            ("Provtagningsenheten", 12),
            ("Lag B", 9),
            ("Lag C", 8),
            ("Lag D", 5),
            ("Lag Å", 15),
            ("Tomma", 0),
        ],
        chosen["id"]: [("Provtagningsenheten", 25), ("Lag B", 9), ("Lag Å", 15)],
    }
    # From here on the tree can change as it likes.
    await admin.change(f"/units/{units['Lag A'].id}", {"name": "Lag X", "headcount": 1, "parentId": str(world.unit.id)})
    await admin.change(f"/units/{units['Lag C'].id}", {"validTo": soon(-1)[:10]})
    for each in (chosen, draft):
        before = await world.saco_rep.client.get(path_of(each))
        assert await listed_units(world.saco_rep, each) == frozen[each["id"]]
        await decide(world.employer_rep, path_of(each))
        if each is draft:
            await decide(world.saco_rep, path_of(each))
        after = await world.saco_rep.client.get(path_of(each))
        assert (after["content"], after["contentHash"]) == (before["content"], before["contentHash"])
        assert await listed_units(world.saco_rep, each) == frozen[each["id"]]
    with pytest.raises(sa.exc.IntegrityError, match="is final"):
        async with world.database.write() as session:
            await session.execute(
                sa.text("UPDATE survey_unit SET headcount = 99 WHERE survey_round_id = :id"), {"id": draft["id"]}
            )


async def test_a_round_smaller_than_its_threshold_is_not_proposed(world: World) -> None:
    group = await started_group(world)
    units = await units_of(world, {"Små": 6, "Okända": None or 0})
    small = await draft_round(world, group, rootUnitId=str(units["Små"].id))
    path = f"{path_of(small)}/transitions"
    await refused(world.saco_rep, "POST", path, 409, "roundTooSmall", {"to": "proposed"})
    await world.saco_rep.client.change(path_of(small), {"threshold": 6})
    await world.saco_rep.client.step(path, {"to": "proposed"})
    empty = await draft_round(world, group, rootUnitId=str(units["Okända"].id))
    path = f"{path_of(empty)}/transitions"
    await refused(world.saco_rep, "POST", path, 409, "roundTooSmall", {"to": "proposed"})


async def test_a_round_of_too_many_is_not_drafted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    group = await started_group(world)
    await units_of(world, {"Lag A": 1_000_000})
    path = f"/working-groups/{group['id']}/survey-rounds"
    body = await a_round(world)
    await world.saco_rep.client.refused("POST", path, 422, "roundTooLarge", json=body)
    monkeypatch.setattr("app.services.survey_units.MOST_EMPLOYEES", 2_000_000)
    monkeypatch.setattr("app.services.survey_units.MOST_UNITS", 1)
    await world.saco_rep.client.refused("POST", path, 422, "roundTooLarge", json=body)
    assert (await world.saco_rep.client.get(path))["items"] == []


async def test_a_closing_time_that_has_passed_is_neither_proposed_nor_approved(world: World) -> None:
    group = await started_group(world)
    draft, proposed = await draft_round(world, group), await proposed_round(world, group)
    await decide(world.employer_rep, path_of(proposed))
    for each in (draft, proposed):
        await time_passes(world, each, timedelta(days=22))
    await refused(world.saco_rep, "POST", f"{path_of(draft)}/transitions", 409, "closingTimePassed", {"to": "proposed"})
    await decide(world.saco_rep, path_of(proposed), expect=409)
    read = await world.saco_rep.client.get(path_of(proposed))
    assert read["state"] == "proposed", "nobody has opened it, so it is not closed either"
    (action,) = [each for each in read["allowedActions"] if each["action"] == "approve_survey_round"]
    assert action["reason"] == "closingTimePassed"


async def test_taken_back_to_draft_it_has_no_content_and_no_approvals(world: World) -> None:
    group = await started_group(world)
    proposed = await proposed_round(world, group)
    path = path_of(proposed)
    await decide(world.employer_rep, path)
    tag = await world.employer_rep.client.etag(path)
    draft = await world.employer_rep.client.step(f"{path}/transitions", {"to": "draft"})
    assert (draft["state"], draft["content"], draft["contentHash"], draft["approvals"]) == ("draft", None, None, [])
    (approval,) = (await world.saco_rep.client.get(f"{path}/approvals"))["items"]
    assert approval["voidReason"] == "edited"
    await refused(world.saco_rep, "POST", f"{path}/transitions", 409, "transitionRefused", {"to": "draft"})
    again = await world.saco_rep.client.step(f"{path}/transitions", {"to": "proposed"})
    assert again["contentHash"] == proposed["contentHash"], "nothing has changed"
    body = {"contentHash": proposed["contentHash"], "decision": "approve"}
    await world.saco_rep.client.refused("POST", f"{path}/approvals", 412, "staleVersion", json=body, etag=tag)
    await decide(world.saco_rep, path)
    assert (await world.saco_rep.client.get(path))["state"] == "proposed"


async def test_cancelled_before_it_opens_with_a_reason(world: World) -> None:
    group = await started_group(world)
    cancel = {"to": "cancelled", "reason": "Vi väntar till våren."}
    for survey_round in (await draft_round(world, group), await proposed_round(world, group)):
        path = f"{path_of(survey_round)}/transitions"
        await refused(world.saco_rep, "POST", path, 422, "reasonMissing", {"to": "cancelled"})
        await refused(world.saco_rep, "POST", path, 422, "notForThisStep", {"to": "draft", "reason": "Nej."})
        cancelled = await world.saco_rep.client.step(path, cancel)
        assert (cancelled["state"], cancelled["cancelReason"]) == ("cancelled", cancel["reason"])
        assert cancelled["cancelledAt"] is not None
        for to in ("draft", "proposed"):
            await refused(world.employer_rep, "POST", path, 409, "roundDecided", {"to": to})
    opened = await open_round(world, group)
    await refused(world.employer_rep, "POST", f"{path_of(opened)}/transitions", 409, "roundDecided", cancel)


# --- Deciding --------------------------------------------------------------------------------------------------------


async def test_the_last_approval_opens_it_with_keys(world: World) -> None:
    group = await started_group(world)
    proposed = await proposed_round(world, group)
    path = path_of(proposed)
    made = await decide(world.saco_rep, path)
    assert (made["subjectType"], made["contentHash"]) == ("surveyRound", proposed["contentHash"])
    assert (await row_of(world, proposed)).public_key is None
    with pytest.raises(KeyMissing):
        key_store(world).read_invitation_secret(UUID(proposed["id"]))
    await decide(world.employer_rep, path, "approveWithDissent", statement="Vi hade velat ha fler frågor.")
    for who in (world.employer_rep, world.saco_rep):
        opened = await who.client.get(path)
        assert (opened["state"], opened["content"]) == ("open", proposed["content"])
        assert opened["openedAt"] is not None
    row = await row_of(world, proposed)
    secret = key_store(world).read_ballot_key(row.id)
    assert ballot.public_key_of(secret) == row.public_key
    assert len(key_store(world).read_invitation_secret(row.id)) == 32
    assert row.public_key is not None
    assert ballot.open_box([secret], ballot.seal([row.public_key], b"svar")) == b"svar"
    await decide(world.saco_rep, path, expect=409)
    tag = await world.saco_rep.client.etag(f"/approvals/{made['id']}")
    await world.saco_rep.client.refused("DELETE", f"/approvals/{made['id']}", 409, "decisionTaken", etag=tag)
    entries = await trail(world.saco_rep, world, subjectId=proposed["id"])
    assert [entry["operation"] for entry in entries] == [
        "create_survey_round",
        "transition_survey_round",
        "approve_survey_round",
    ]
    assert entries[-1]["mandateId"] == world.employer_rep.mandate_id


async def test_an_approval_can_be_withdrawn_while_it_is_proposed(world: World) -> None:
    proposed = await proposed_round(world, await started_group(world))
    made = await decide(world.saco_rep, path_of(proposed))
    await world.saco_rep.client.change(f"/approvals/{made['id']}", None, 204, method="DELETE")
    await decide(world.employer_rep, path_of(proposed))
    assert (await world.saco_rep.client.get(path_of(proposed)))["state"] == "proposed"


async def test_a_request_for_change_makes_it_a_draft_again_and_stays_to_be_read(world: World) -> None:
    group = await started_group(world)
    proposed = await proposed_round(world, group, threshold=5)
    path = path_of(proposed)
    await decide(world.employer_rep, path)
    request = await decide(world.saco_rep, path, "requestChange", statement="Tröskeln ska vara sju.")
    draft = await world.employer_rep.client.get(path)
    assert (draft["state"], draft["content"], draft["contentHash"]) == ("draft", None, None)
    assert [(each["id"], each["statement"]) for each in draft["approvals"]] == [
        (request["id"], "Tröskeln ska vara sju.")
    ]
    approvals = (await world.employer_rep.client.get(f"{path}/approvals"))["items"]
    assert [each["voidReason"] for each in approvals] == ["changeRequested", None]
    await world.employer_rep.client.change(path, {"threshold": 7})
    assert (await world.saco_rep.client.get(path))["approvals"] == []
    again = await world.employer_rep.client.step(f"{path}/transitions", {"to": "proposed"})
    assert again["contentHash"] != proposed["contentHash"]
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path)
    assert (await world.saco_rep.client.get(path))["state"] == "open"


async def test_proposed_again_unchanged_a_request_for_change_counts_no_more(world: World) -> None:
    proposed = await proposed_round(world, await started_group(world))
    path = path_of(proposed)
    await decide(world.saco_rep, path, "requestChange", statement="Vänta lite.")
    await world.saco_rep.client.step(f"{path}/transitions", {"to": "proposed"})
    assert (await world.employer_rep.client.get(path))["approvals"] == []
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path)


async def test_every_union_decides_unless_the_group_says_any(world: World) -> None:
    group = await started_group(world, world.saco, world.seko)
    proposed = await proposed_round(world, group)
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path_of(proposed))
    assert (await world.seko_rep.client.get(path_of(proposed)))["state"] == "proposed"
    await decide(world.seko_rep, path_of(proposed))
    assert (await world.seko_rep.client.get(path_of(proposed)))["state"] == "open"


async def test_a_stale_hash_decides_nothing(world: World) -> None:
    proposed = await proposed_round(world, await started_group(world))
    body = {"contentHash": "0" * 64, "decision": "approve"}
    await refused(world.saco_rep, "POST", f"{path_of(proposed)}/approvals", 409, "contentChanged", body)


async def test_without_its_key_store_no_round_opens(world: World) -> None:
    proposed = await proposed_round(world, await started_group(world))
    path = path_of(proposed)
    await decide(world.saco_rep, path)
    kept = world.app.state.key_store
    world.app.state.key_store = KeyDirectory(kept.path / "borta")
    try:
        tag = await world.employer_rep.client.etag(path)
        body = {"contentHash": proposed["contentHash"], "decision": "approve"}
        answer = await world.employer_rep.client.request("POST", f"{path}/approvals", json=body, etag=tag, expect=503)
    finally:
        world.app.state.key_store = kept
    assert (answer.json()["code"], answer.headers["Retry-After"]) == ("keyStoreAway", "5")
    assert str(kept.path) not in answer.text
    read = await world.employer_rep.client.get(path)
    assert (read["state"], len(read["approvals"])) == ("proposed", 1)
    await decide(world.employer_rep, path)
    assert (await world.employer_rep.client.get(path))["state"] == "open"


async def test_what_an_opening_left_that_died_before_its_commit_is_replaced(world: World) -> None:
    proposed = await proposed_round(world, await started_group(world))
    round_id = UUID(proposed["id"])
    left = RoundSecrets(b"\1" * 32, b"\2" * 32)
    key_store(world).put(round_id, left)
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path_of(proposed))
    secret = key_store(world).read_ballot_key(round_id)
    assert secret != left.ballot_key
    assert ballot.public_key_of(secret) == (await row_of(world, proposed)).public_key
    assert key_store(world).read_invitation_secret(round_id) != left.invitation_secret


# --- Two keys --------------------------------------------------------------------------------------------------------


async def make_key(who: Someone, survey_round: Json, **options: Any) -> Json:
    tag = await who.client.etag(path_of(survey_round))
    asked = await who.client.request("POST", f"{path_of(survey_round)}/key-shares", etag=tag, expect=201, **options)
    made: Json = asked.json()
    return made


async def two_key_draft(world: World, **more: Any) -> Json:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    made: Json = await world.employer_rep.client.post(path, await a_round(world, twoKeys=True, **more))
    return made


async def test_each_side_makes_its_key_and_both_are_needed(world: World) -> None:
    draft = await two_key_draft(world)
    path = path_of(draft)
    assert draft["keyNotice"]["sv"].startswith("I den här omgången har varje sida en egen nyckel")
    assert "nobody can open the answers" in draft["keyNotice"]["en"]
    await refused(world.saco_rep, "POST", f"{path}/transitions", 409, "roundKeysMissing", {"to": "proposed"})
    employers = await make_key(world.employer_rep, draft)
    await refused(world.saco_rep, "POST", f"{path}/transitions", 409, "roundKeysMissing", {"to": "proposed"})
    assert (await world.saco_rep.client.get(path))["keyHolders"] == ["employer"]
    unions = await make_key(world.saco_rep, draft)
    for key, side in ((employers, "employer"), (unions, "union")):
        assert (key["side"], key["explanation"], len(key["words"])) == (side, draft["keyNotice"], 24)
    proposed = await world.saco_rep.client.step(f"{path}/transitions", {"to": "proposed"})
    assert proposed["content"]["publicKeys"] == [employers["publicKey"], unions["publicKey"]]
    assert proposed["keyHolders"] == ["employer", "union"]
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path)
    row = await row_of(world, draft)
    assert len(key_store(world).read_invitation_secret(row.id)) == 32
    assert row.employer_public_key is not None
    assert row.union_public_key is not None
    own = key_store(world).read_ballot_key(row.id)
    # The round's own key is the third lock, and dies with the release.
    assert row.public_key == ballot.public_key_of(own)
    keys = ballot.locks_of(row.public_key, [row.employer_public_key, row.union_public_key])
    handed_in = [
        ballot.secret_for(public_key, " ".join(key["words"]))
        for public_key, key in zip(keys[1:], (employers, unions), strict=True)
    ]
    secrets = ballot.locks_of(own, handed_in)
    box = ballot.seal(keys, b"svar")
    assert ballot.open_box(secrets, box) == b"svar"
    for wrong in (secrets[:1], secrets[:2], secrets[1:], secrets[::-1]):
        try:
            opened = ballot.open_box(wrong, box)
        except ballot.BoxDamaged:
            continue
        # The union's and the employer's seals are off, and the round's own is left.
        assert wrong == secrets[1:]
        assert len(opened) == len(b"svar") + ballot.SEAL_BYTES


async def test_words_are_shown_once(world: World) -> None:
    draft = await two_key_draft(world)
    options: Any = {"headers": {"Idempotency-Key": "nyckel-1"}}
    tag = await world.saco_rep.client.etag(path_of(draft))
    asked: Any = {"etag": tag, "expect": 201, **options}
    path = f"{path_of(draft)}/key-shares"
    first = await world.saco_rep.client.request("POST", path, **asked)
    assert first.headers["Cache-Control"] == "private, no-store"
    again = await world.saco_rep.client.request("POST", path, **asked)
    assert (len(first.json()["words"]), again.json()["words"]) == (24, None)
    assert again.json()["publicKey"] == first.json()["publicKey"]
    assert first.headers["Location"].endswith(path_of(draft))
    everything = [
        (await world.saco_rep.client.request("GET", where)).text
        for where in (path_of(draft), f"{world.path}/audit-entries?limit=100")
    ]
    assert not any(" ".join(first.json()["words"][:2]) in text or '"words"' in text for text in everything)


async def test_a_new_key_replaces_the_sides_own_and_never_the_others(world: World) -> None:
    draft = await two_key_draft(world)
    second = await world.representative("second", world.saco)
    employers = await make_key(world.employer_rep, draft)
    first, other = await make_key(world.saco_rep, draft), await make_key(second, draft)
    assert first["publicKey"] != other["publicKey"]
    await world.saco_rep.client.refused(
        "POST", f"{path_of(draft)}/key-shares", 412, "staleVersion", etag=f'"{first["version"]}"'
    )
    proposed = await world.saco_rep.client.step(f"{path_of(draft)}/transitions", {"to": "proposed"})
    assert proposed["content"]["publicKeys"] == [employers["publicKey"], other["publicKey"]]
    tag = await second.client.etag(path_of(draft))
    await second.client.refused("POST", f"{path_of(draft)}/key-shares", 409, "roundNotDraft", etag=tag)
    entries = [each for each in await trail(second, world) if each["operation"] == "create_key_share"]
    assert [each["mandateId"] for each in entries] == [
        who.mandate_id for who in (world.employer_rep, world.saco_rep, second)
    ]


async def test_turned_off_the_keys_are_gone(world: World) -> None:
    draft = await two_key_draft(world)
    path = path_of(draft)
    options: Any = {"headers": {"Idempotency-Key": "nyckel-2"}}
    tag = await world.saco_rep.client.etag(path)
    await make_key(world.saco_rep, draft, **options)
    one = await world.employer_rep.client.change(path, {"twoKeys": False})
    assert (one["twoKeys"], one["keyHolders"], one["keyNotice"]) == (False, [], None)
    await refused(world.saco_rep, "POST", f"{path}/key-shares", 409, "roundHasOneKey", {})
    two = await world.employer_rep.client.change(path, {"twoKeys": True})
    assert two["keyHolders"] == []
    answer = await world.saco_rep.client.request("POST", f"{path}/key-shares", etag=tag, **options)
    assert answer.status_code == 404, "what the request once made is no more"


async def test_nothing_secret_is_in_the_database_the_log_or_the_trail(
    apart: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    group = await started_group(apart)
    lab, office = [await a_unit(apart, name, 20) for name in ("Labbet", "Kontoret")]
    one = await open_round(apart, group, rootUnitId=str(lab.id))
    two = await apart.employer_rep.client.post(
        f"/working-groups/{group['id']}/survey-rounds",
        await a_round(apart, twoKeys=True, rootUnitId=str(office.id)),
    )
    words = [(await make_key(who, two))["words"] for who in (apart.employer_rep, apart.saco_rep)]
    await apart.saco_rep.client.step(f"{path_of(two)}/transitions", {"to": "proposed"})
    for who in (apart.employer_rep, apart.saco_rep):
        await decide(who, path_of(two))
    store = key_store(apart)
    secrets = [
        store.read_ballot_key(UUID(one["id"])),
        *(store.read_invitation_secret(UUID(each["id"])) for each in (one, two)),
        *(ballot.secret_from(" ".join(each)) for each in words),
    ]
    needles = {form for secret in secrets for form in (secret.hex(), base64_of(secret), repr(secret))}
    needles |= {separator.join(each[:3]) for each in words for separator in (" ", '", "', ",")}
    async with apart.database.read() as session:
        for table in SQLModel.metadata.tables:
            query = sa.text(f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE ANY(:needles)')  # noqa: S608
            found = await session.execute(query, {"needles": [f"%{needle}%" for needle in needles]})
            assert found.scalar_one() == 0, table
    out, err = capfd.readouterr()
    said = out + err + caplog.text
    assert not any(needle in said for needle in needles)


def base64_of(secret: bytes) -> str:
    return base64.b64encode(secret).decode().rstrip("=")


# --- At the same time ------------------------------------------------------------------------------------------------


async def both_approve(world: World, *rounds: Json) -> list[int]:
    """The union's decision on each of the rounds, sent at once."""
    tags = [await world.saco_rep.client.etag(path_of(each)) for each in rounds]
    answers = await asyncio.gather(
        *(
            world.saco_rep.client.request(
                "POST",
                f"{path_of(each)}/approvals",
                json={"contentHash": each["contentHash"], "decision": "approve"},
                etag=tag,
            )
            for each, tag in zip(rounds, tags, strict=True)
        )
    )
    return [answer.status_code for answer in answers]


async def test_two_last_approvals_at_once_open_it_once(world: World) -> None:
    group = await started_group(world)
    for unit in [await a_unit(world, f"Lag {turn}", 20) for turn in range(3)]:
        proposed = await proposed_round(world, group, rootUnitId=str(unit.id))
        path = path_of(proposed)
        tag = await world.saco_rep.client.etag(path)
        body = {"contentHash": proposed["contentHash"], "decision": "approve"}
        answers = await asyncio.gather(
            *(
                who.client.request("POST", f"{path}/approvals", json=body, etag=tag)
                for who in (world.employer_rep, world.saco_rep)
            )
        )
        assert [answer.status_code for answer in answers] == [201, 201]
        read = await world.saco_rep.client.get(path)
        assert (read["state"], len(read["approvals"])) == ("open", 2)
        row = await row_of(world, proposed)
        assert ballot.public_key_of(key_store(world).read_ballot_key(row.id)) == row.public_key


async def test_approving_and_taking_back_at_once(world: World) -> None:
    group = await started_group(world)
    for turn, unit in enumerate([await a_unit(world, f"Lag {turn}", 20) for turn in range(6)]):
        proposed = await proposed_round(world, group, rootUnitId=str(unit.id))
        path = path_of(proposed)
        await decide(world.employer_rep, path)
        tag = await world.saco_rep.client.etag(path)
        body = {"contentHash": proposed["contentHash"], "decision": "approve"}
        calls = [
            world.saco_rep.client.request("POST", f"{path}/approvals", json=body, etag=tag),
            world.employer_rep.client.request("POST", f"{path}/transitions", json={"to": "draft"}, etag=tag),
        ]
        answers = await asyncio.gather(*(calls if turn % 2 else calls[::-1]))
        codes = sorted(answer.status_code for answer in answers)
        read = await world.saco_rep.client.get(path)
        assert (read["state"], codes) in [("open", [201, 412]), ("draft", [201, 412])]
        assert len(read["approvals"]) == (2 if read["state"] == "open" else 0)


async def test_of_two_rounds_that_ask_the_same_people_one_opens(world: World) -> None:
    group, another = await started_group(world), await started_group(world)
    above = [await a_unit(world, f"Avdelning {turn}", 20) for turn in range(4)]
    for unit, below in [(unit, await a_unit(world, "Laget", 20, unit)) for unit in above]:
        rounds = [
            await proposed_round(world, group, rootUnitId=str(unit.id)),
            await proposed_round(world, another, rootUnitId=str(below.id)),
        ]
        for each in rounds:
            await decide(world.employer_rep, path_of(each))
        assert sorted(await both_approve(world, *rounds)) == [201, 409]
        states = sorted([(await world.saco_rep.client.get(path_of(each)))["state"] for each in rounds])
        assert states == ["open", "proposed"]


# --- Rest between rounds ---------------------------------------------------------------------------------------------


async def proposing(world: World, survey_round: Json) -> int:
    tag = await world.saco_rep.client.etag(path_of(survey_round))
    answer = await world.saco_rep.client.request(
        "POST", f"{path_of(survey_round)}/transitions", json={"to": "proposed"}, etag=tag
    )
    assert answer.status_code == 201 or answer.json()["code"] == "roundTooSoon"
    return answer.status_code


async def test_the_same_people_rest_56_days(world: World) -> None:
    group = await started_group(world)
    first = await open_round(world, group)
    too_soon = await draft_round(world, group, opensAt=soon(21 + 55.9), closesAt=soon(90))
    rested = await draft_round(world, group, opensAt=soon(21 + 56.1), closesAt=soon(90))
    assert [await proposing(world, each) for each in (too_soon, rested)] == [409, 201]
    await time_passes(world, first, timedelta(days=21))
    now = await draft_round(world, group)
    assert (await world.saco_rep.client.get(path_of(first)))["state"] == "closed"
    assert await proposing(world, now) == 409
    await time_passes(world, first, timedelta(days=55))
    assert await proposing(world, now) == 409
    await time_passes(world, first, timedelta(days=1))
    assert await proposing(world, now) == 201
    problem = await refused(
        world.saco_rep, "POST", f"{path_of(too_soon)}/transitions", 422, "reasonMissing", {"to": "cancelled"}
    )
    assert problem["title"] == "Skäl saknas"


async def test_a_round_must_also_end_56_days_before_the_next(world: World) -> None:
    group = await started_group(world)
    await open_round(world, group, opensAt=soon(100), closesAt=soon(120))
    late = await draft_round(world, group, opensAt=soon(0), closesAt=soon(44.1))
    early = await draft_round(world, group, opensAt=soon(0), closesAt=soon(43.9))
    assert [await proposing(world, each) for each in (late, early)] == [409, 201]


async def test_above_below_and_shared_units_rest_but_neighbours_do_not(world: World) -> None:
    whole = await started_group(world, scopeUnitId=str(world.unit.id))
    south = await a_unit(world, "Syd", 20, world.unit)
    team = await a_unit(world, "Laget", 20, world.subunit)
    await open_round(world, whole, rootUnitId=str(world.subunit.id))
    for root, status in ((world.unit, 409), (world.subunit, 409), (team, 409), (south, 201)):
        assert await proposing(world, await draft_round(world, whole, rootUnitId=str(root.id))) == status
    async with World(world.app) as other:
        group = await started_group(other)
        assert await proposing(other, await draft_round(other, group)) == 201, "another organisation's people"


@pytest.mark.parametrize("effective", [None, "2021-05-01"])
async def test_a_clone_with_one_unit_moved_asks_the_same_people(world: World, effective: str | None) -> None:
    """The attack: move all but one to a new unit and ask again; the difference would be the one left behind.

    The units do not stand on their own in the first round, and the move may be dated back before it.
    """
    whole = await started_group(world, scopeUnitId=str(world.unit.id))
    units = await units_of(world, {"Lag A": 20, "Lag B": 20, "Lag C": 1})
    opened = await open_round(world, whole, rootUnitId=str(world.subunit.id), unitIds=[])
    clone = await a_unit(world, "Nya enheten", 0, world.unit)
    for name in ("Lag A", "Lag B"):
        move = {"parentId": str(clone.id)} | ({"effectiveOn": effective} if effective else {})
        await world.administrator.client.change(f"/units/{units[name].id}", move)
    copied = await draft_round(world, whole, rootUnitId=str(clone.id))
    assert await proposing(world, copied) == 409
    await time_passes(world, opened, timedelta(days=30))
    assert await proposing(world, copied) == 409
    await time_passes(world, opened, timedelta(days=48))
    assert await proposing(world, copied) == 201


async def test_a_unit_made_for_all_but_one_asks_the_same_people(world: World) -> None:
    """The attack: make a new unit beside the one that was asked, and ask nearly the same people as its employees."""
    group = await started_group(world, scopeUnitId=str(world.unit.id))
    team = await a_unit(world, "Laget", 20, world.subunit)
    elsewhere = await a_unit(world, "En annan avdelning", 20, world.unit)
    await open_round(world, group, rootUnitId=str(team.id))
    beside, below, above, cousin = [
        await a_unit(world, name, 19, parent)
        for name, parent in (
            ("Bredvid", world.subunit),
            ("Under", team),
            ("Ovanför", world.unit),
            ("Långt därifrån", elsewhere),
        )
    ]
    for unit, status in ((beside, 409), (below, 409), (above, 409), (cousin, 201)):
        assert await proposing(world, await draft_round(world, group, rootUnitId=str(unit.id))) == status, unit
    # Dated back, or moved away once made: it is when it was made that counts.
    moved = {"parentId": str(elsewhere.id), "effectiveOn": "2021-05-01"}
    await world.administrator.client.change(f"/units/{beside.id}", moved)
    assert await proposing(world, await draft_round(world, group, rootUnitId=str(beside.id))) == 409


async def test_what_is_proposed_first_does_not_open_after_another_has(world: World) -> None:
    group = await started_group(world)
    first, second = await proposed_round(world, group), await proposed_round(world, group)
    await decide(world.employer_rep, path_of(first))
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path_of(second))
    await decide(world.saco_rep, path_of(first), expect=409)
    request = await decide(world.saco_rep, path_of(first), "requestChange", statement="Den andra är öppen.")
    assert request["decision"] == "requestChange", "what cannot open can still be sent back"


# --- The preview -----------------------------------------------------------------------------------------------------


async def test_protection_is_foreseen_before_it_opens_and_never_after(world: World) -> None:
    group = await started_group(world)
    units = await units_of(world, {"Stora": 20, "Små": 6})
    draft = await draft_round(world, group)
    path = f"{path_of(draft)}/protection"
    seen = await world.saco_rep.client.get(path)
    assert seen == await world.employer_rep.client.get(path)
    assert (seen["responseRate"], seen["threshold"], seen["shownCount"], seen["hiddenCount"]) == (0.7, 7, 2, 1)
    by_name = {unit["name"]: unit for unit in seen["units"]}
    assert (by_name["Små"]["status"], by_name["Små"]["groupUnderId"]) == ("hidden", str(world.subunit.id))
    assert by_name["Stora"]["status"] == "shown"
    lower = await world.saco_rep.client.get(path, params={"responseRate": "1", "threshold": 5})
    assert lower["shownCount"] == 3
    assert (await world.saco_rep.client.get(path, params={"responseRate": "0"}))["shownCount"] == 0
    await world.saco_rep.client.change(path_of(draft), {"unitIds": [str(units["Stora"].id)]})
    grouped = await world.saco_rep.client.get(path)
    assert (grouped["hiddenCount"], len(grouped["units"])) == (0, 2)
    for wrong in ({"responseRate": "1.01"}, {"responseRate": "nan"}, {"threshold": 4}, {"threshold": 31}):
        await world.saco_rep.client.refused("GET", path, 422, "validationFailed", params=wrong)
    await world.saco_rep.client.step(f"{path_of(draft)}/transitions", {"to": "proposed"})
    assert (await world.saco_rep.client.get(path))["units"] == grouped["units"]
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path_of(draft))
    await world.saco_rep.client.refused("GET", path, 409, "roundDecided")


# --- Who sees, and in which words ----------------------------------------------------------------------------------


async def test_it_is_seen_at_its_table_alone(world: World) -> None:
    group = await started_group(world)
    opened = await open_round(world, group)
    await planned_session(world, group)
    addresses = [path_of(opened), *(f"{path_of(opened)}/{part}" for part in ("units", "approvals", "amendments"))]
    async with World(world.app) as other:
        strangers: list[Client] = [
            who.client for who in (other.employer_rep, other.saco_rep, other.administrator, world.seko_rep)
        ]
        strangers += [who.client for who in (world.employee, world.archivist, world.administrator)]
        for address in addresses:
            for client in strangers:
                await client.refused("GET", address, 404, "notFound")
            await world.facilitator.client.get(address)
            await world.nobody.refused("GET", address, 401, "notSignedIn")
        body = {"contentHash": opened["contentHash"], "decision": "approve"}
        for client in strangers:
            await client.refused("POST", f"{path_of(opened)}/approvals", 404, "notFound", json=body, etag='"1"')
            await client.refused("POST", f"{path_of(opened)}/key-shares", 404, "notFound", etag='"1"')
            await client.refused("GET", f"{path_of(opened)}/protection", 404, "notFound")
    for name in ("members", "unionMembers", "answers", "responses"):
        assert name not in opened


async def test_lists_show_the_state_of_the_clock(world: World) -> None:
    group = await started_group(world)
    opened = await open_round(world, group)
    draft = await draft_round(world, group)
    path = f"/working-groups/{group['id']}/survey-rounds"
    await time_passes(world, opened, timedelta(days=21))
    for state, expected in (("closed", [opened["id"]]), ("open", []), ("draft", [draft["id"]]), (None, None)):
        found = await world.saco_rep.client.get(path, params={"state": state} if state else {})
        ids = [each["id"] for each in found["items"]]
        assert ids == ([opened["id"], draft["id"]] if expected is None else expected)
    newest = await world.saco_rep.client.get(path, params={"sort": "-createdAt", "limit": 1})
    assert newest["items"][0]["id"] == draft["id"]


async def test_units_are_paged_in_tree_order(world: World) -> None:
    await units_of(world, {f"Lag {number}": 5 for number in range(7)})
    draft = await draft_round(world, await started_group(world))
    first = await world.saco_rep.client.get(f"{path_of(draft)}/units", params={"limit": 5})
    assert first["_meta"]["totalRecords"] == 8
    following = first["_links"]["next"]["href"].split("/larande/v1")[1]
    rest = (await world.saco_rep.client.get(following))["items"]
    assert [unit["name"] for unit in first["items"] + rest] == [
        "Provtagningsenheten",
        *(f"Lag {number}" for number in range(7)),
    ]


async def test_refusals_are_said_in_both_languages(world: World) -> None:
    group = await started_group(world)
    await open_round(world, group)
    draft = await draft_round(world, group)
    tag = await world.saco_rep.client.etag(path_of(draft))
    for language, title in (("sv", "För nära en annan omgång"), ("en", "Too near another round")):
        problem = await world.saco_rep.client.refused(
            "POST",
            f"{path_of(draft)}/transitions",
            409,
            "roundTooSoon",
            json={"to": "proposed"},
            etag=tag,
            headers={"Accept-Language": language},
        )
        assert problem["title"] == title


@pytest.mark.parametrize("swapped", [False, True])
async def test_the_sides_have_the_same_say(world: World, swapped: bool) -> None:
    """Whoever drafts, proposes, decides last and makes the second key: the other could have done so."""
    one, other = (world.saco_rep, world.employer_rep) if swapped else (world.employer_rep, world.saco_rep)
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    draft = await one.client.post(path, await a_round(world, twoKeys=True))
    for who in (one, other):
        assert (await make_key(who, draft))["side"] == (Side.EMPLOYER if who is world.employer_rep else Side.UNION)
    seen = [await who.client.get(path_of(draft)) for who in (one, other)]
    assert seen[0] == seen[1]
    await other.client.change(path_of(draft), {"title": "Vår gemensamma omgång"})
    await other.client.step(f"{path_of(draft)}/transitions", {"to": "proposed"})
    await one.client.step(f"{path_of(draft)}/transitions", {"to": "draft"})
    await one.client.step(f"{path_of(draft)}/transitions", {"to": "proposed"})
    for who in (one, other):
        await decide(who, path_of(draft))
    assert (await one.client.get(path_of(draft)))["state"] == "open"


async def test_a_round_is_made_once_for_its_key(world: World) -> None:
    group = await started_group(world)
    path = f"/working-groups/{group['id']}/survey-rounds"
    body = await a_round(world)
    options: Any = {"json": body, "headers": {"Idempotency-Key": "omgång".encode().hex()}}
    answers = await asyncio.gather(*(world.saco_rep.client.request("POST", path, **options) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
