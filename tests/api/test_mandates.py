"""Mandates: each party's own to give and to end, and never on both sides of one organisation."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from fastapi import FastAPI

from app.models.dialogue_session import DialogueSession, DialogueSessionState, MeetingForm
from app.models.organisation import ApprovalRule
from app.models.party import Party, Side
from app.models.person import Role
from app.models.working_group import WorkingGroup, WorkingGroupLevel, WorkingGroupParty, WorkingGroupState
from app.services.calendar import STOCKHOLM
from tests import stories
from tests.client import Client
from tests.world import Someone, World


def day(days: int) -> str:
    """So many days from today, in Sweden."""
    return (datetime.now(STOCKHOLM).date() + timedelta(days=days)).isoformat()


async def a_table(world: World, *parties: Party) -> WorkingGroup:
    now = datetime.now(UTC)
    group = WorkingGroup(
        organisation_id=world.organisation.id,
        name="Lärgruppen",
        purpose="Att lära.",
        scope_unit_id=world.unit.id,
        level=WorkingGroupLevel.WORKPLACE,
        approval_rule=ApprovalRule.EVERY,
        dormancy_interval_days=180,
        state=WorkingGroupState.ACTIVE,
        proposed_by_party_id=parties[0].id,
        started_at=now - timedelta(days=20),
        created_at=now - timedelta(days=30),
    )
    await world.add(group, *(WorkingGroupParty(working_group_id=group.id, party_id=party.id) for party in parties))
    return group


async def a_session(world: World, group: WorkingGroup, leader: Someone, state: DialogueSessionState) -> None:
    now = datetime.now(UTC)
    session = DialogueSession(
        organisation_id=world.organisation.id,
        working_group_id=group.id,
        dialogue_template_id=(await world.template()).id,
        title="Samtal",
        state=state,
        starts_at=now,
        meeting_form=MeetingForm.REMOTE,
        facilitator_id=leader.person.id,
        facilitator_function="Verksamhetsutvecklare",
        created_at=now,
    )
    await world.add(session)


def mandates_of(party: Party) -> str:
    return f"/parties/{party.id}/mandates"


def appointed(person: Someone, **more: Any) -> dict[str, Any]:
    return {"personId": person.id, "function": "Ledamot", **more}


class Pair:
    """One side and the other. Every test that takes a pair is run with the sides swapped as well."""

    def __init__(self, world: World, swapped: bool) -> None:
        sides = [(world.employer, world.employer_rep), (world.saco, world.saco_rep)]
        (self.party, self.rep), (self.other_party, self.other_rep) = sides[::-1] if swapped else sides

    @property
    def caller(self) -> Client:
        return self.rep.client

    @property
    def path(self) -> str:
        return mandates_of(self.party)


@pytest.fixture(params=[False, True], ids=["employer", "union"])
def pair(world: World, request: pytest.FixtureRequest) -> Pair:
    return Pair(world, request.param)


async def test_a_party_gives_changes_and_ends_its_mandates(world: World, pair: Pair) -> None:
    sent = appointed(world.employee, function="Ordförande i Åmål", validTo=day(100))
    made = await pair.caller.post(pair.path, sent)
    assert (made["function"], made["validFrom"], made["validTo"]) == ("Ordförande i Åmål", day(0), day(100))
    assert (made["partyId"], made["personId"], made["first"]) == (str(pair.party.id), world.employee.id, False)
    assert (made["personName"], made["workingGroupId"]) == ("Employee", None)
    path = f"/mandates/{made['id']}"
    assert await pair.caller.get(path) == made
    changed = await pair.caller.change(path, {"function": "Vice ordförande", "validTo": None})
    assert (changed["function"], changed["validTo"], changed["version"]) == ("Vice ordförande", None, 2)
    assert (await pair.caller.change(path, {"function": "Vice ordförande"}))["version"] == 2
    assert (await pair.caller.change(path, {"validTo": day(30)}))["validTo"] == day(30)
    assert (await pair.caller.change(path, {"validTo": day(0)}))["validTo"] == day(0)
    await pair.caller.refused("PATCH", path, 412, "staleVersion", json={"validTo": None}, etag='"1"')


async def test_a_mandate_gives_a_say_from_its_first_to_its_last_swedish_day(world: World, pair: Pair) -> None:
    sent = appointed(world.employee, validFrom="2037-03-02", validTo="2037-03-03")
    made = await pair.caller.post(pair.path, sent)
    for moment, status in [
        ("2037-03-01T22:59:59Z", 403),
        ("2037-03-01T23:00:00Z", 200),
        ("2037-03-03T22:59:59Z", 200),
        ("2037-03-03T23:00:00Z", 403),
    ]:
        with time_machine.travel(moment, tick=False):
            caller = world.nobody.signed_in(await world.token(world.employee.person))
            answer = await caller.request("GET", pair.path)
            assert answer.status_code == status, moment
            assert (made["id"] in answer.text) is (status == 200)
            rep = world.nobody.signed_in(await world.token(pair.rep.person))
            ended = {"function": "X"} if moment == "2037-03-03T23:00:00Z" else None
            if ended:
                await rep.refused("PATCH", f"/mandates/{made['id']}", 409, "mandateEnded", json=ended, etag='"1"')
                shown = await rep.get(f"/mandates/{made['id']}")
                assert [action["reason"] for action in shown["allowedActions"]] == ["mandateEnded"]


async def test_an_ended_mandate_never_changes_again(world: World, pair: Pair) -> None:
    made = await world.representative(
        "ended", pair.party, valid_from=date.fromisoformat(day(-10)), valid_to=date.fromisoformat(day(-1))
    )
    path = f"/mandates/{made.mandate_id}"
    await made.client.refused("GET", pair.path, 403, "notYourRole")
    for sent in ({"validTo": None}, {"validTo": day(10)}, {"function": "X"}):
        await pair.caller.refused("PATCH", path, 409, "mandateEnded", json=sent, etag='"1"')
    assert (await pair.caller.get(path))["validTo"] == day(-1)


async def test_the_last_day_never_comes_before_the_first(world: World, pair: Pair) -> None:
    sent = appointed(world.employee, validFrom=day(1), validTo=day(0))
    problem = await pair.caller.refused("POST", pair.path, 422, "datesReversed", json=sent)
    assert problem["errors"][0]["pointer"] == "/validTo"
    await pair.caller.refused("POST", pair.path, 422, "datesReversed", json=appointed(world.employee, validTo=day(-1)))
    made = await pair.caller.post(pair.path, appointed(world.employee, validFrom=day(-5), validTo=day(5)))
    await pair.caller.refused(
        "PATCH", f"/mandates/{made['id']}", 422, "datesReversed", json={"validTo": day(-6)}, etag='"1"'
    )
    one_day = await pair.caller.post(pair.path, appointed(world.archivist, validFrom=day(9), validTo=day(9)))
    assert one_day["validFrom"] == one_day["validTo"]


# --- attacks on the past: a mandate backdated at either end would rewrite who was authorised ----------------------


async def test_attack_a_mandate_is_ended_before_the_day_its_holder_signed(world: World, pair: Pair) -> None:
    """Ended as of last month, the signer would look unauthorised, and could be on the other side on that very day."""
    signer = await world.representative("signer", pair.party)
    group = await stories.started_group(world)
    record = await stories.record_under_review(world, group)
    await stories.decide(signer, f"/session-records/{record['id']}")
    path = f"/mandates/{signer.mandate_id}"
    for last in (day(-29), day(-1)):
        problem = await pair.caller.refused("PATCH", path, 422, "lastDayPassed", json={"validTo": last}, etag='"1"')
        assert problem["errors"][0]["pointer"] == "/validTo"
    await pair.caller.change(path, {"validTo": day(0)})
    theirs = mandates_of(pair.other_party)
    for first in (day(-28), day(0)):
        sent = appointed(signer, validFrom=first)
        await pair.other_rep.client.refused("POST", theirs, 409, "bothSides", json=sent)
    await pair.other_rep.client.post(theirs, appointed(signer, validFrom=day(1)))
    # On the other side the next day, the signer has signed already and cannot sign again.
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=False):
        later = await stories.now_as(world, signer)
        await stories.decide(later, f"/session-records/{record['id']}", expect=409)


async def test_attack_a_mandate_from_the_year_1900(world: World, pair: Pair) -> None:
    for first in ("1900-01-01", day(-367)):
        sent = appointed(world.employee, validFrom=first)
        problem = await pair.caller.refused("POST", pair.path, 422, "tooFarBack", json=sent)
        assert problem["errors"][0]["pointer"] == "/validFrom"
    # A mandate that is over when it is given could only be made to fill a seat in the past.
    past = appointed(world.employee, validFrom=day(-20), validTo=day(-1))
    await pair.caller.refused("POST", pair.path, 422, "lastDayPassed", json=past)
    made = await pair.caller.post(pair.path, appointed(world.employee, validFrom=day(-366)))
    assert made["validFrom"] == day(-366)


async def test_attack_backdated_over_days_for_a_closed_party(pair: Pair) -> None:
    await pair.caller.step(f"/parties/{pair.party.id}/transitions", {"to": "closed"})
    for first in (day(-3), day(0)):
        sent = appointed(pair.rep, validFrom=first)
        await pair.other_rep.client.refused("POST", mandates_of(pair.other_party), 409, "bothSides", json=sent)


async def test_attack_backdated_over_a_conversation_one_led(world: World, pair: Pair) -> None:
    table = await a_table(world, pair.party, pair.other_party)
    await a_session(world, table, world.facilitator, DialogueSessionState.HELD)
    sent = appointed(world.facilitator, validFrom=day(-1))
    await pair.caller.refused("POST", pair.path, 409, "facilitatesForParties", json=sent)
    await pair.caller.post(pair.path, appointed(world.facilitator))


async def test_no_party_touches_the_mandates_of_another(app: FastAPI, world: World, pair: Pair) -> None:
    made = await pair.caller.post(pair.path, appointed(world.employee))
    path = f"/mandates/{made['id']}"
    for stranger in (pair.other_rep, world.seko_rep, world.administrator, world.archivist):
        await stranger.client.refused("GET", path, 404, "notFound")
        await stranger.client.refused("PATCH", path, 404, "notFound", json={"validTo": day(0)}, etag='"1"')
        await stranger.client.refused("GET", pair.path, 403, "notYourRole")
    for stranger in (pair.other_rep, world.seko_rep, world.archivist):
        await stranger.client.refused("POST", pair.path, 403, "notYourRole", json=appointed(world.archivist))
    assert (await world.employee.client.get(path))["id"] == made["id"]
    async with World(app) as other:
        for method, address in (("GET", pair.path), ("GET", path)):
            await other.employer_rep.client.refused(method, address, 404, "notFound")
        await other.employer_rep.client.refused("POST", pair.path, 404, "notFound", json=appointed(other.employee))
        await pair.caller.refused("POST", pair.path, 422, "unknownPerson", json=appointed(other.employee))


async def test_whom_it_concerns_reads_but_does_not_end_it(world: World, pair: Pair) -> None:
    table = await a_table(world, pair.party, pair.other_party)
    made = await pair.caller.post(pair.path, appointed(world.employee, workingGroupId=str(table.id)))
    path = f"/mandates/{made['id']}"
    for reader in (world.employee, pair.other_rep):
        assert (await reader.client.get(path))["workingGroupId"] == str(table.id)
        await reader.client.refused("PATCH", path, 403, "notYourRole", json={"validTo": day(0)}, etag='"1"')
    # Somebody at one table only does not appoint for the party.
    await world.employee.client.refused("POST", pair.path, 403, "notYourRole", json=appointed(world.archivist))
    await world.employee.client.refused("GET", pair.path, 403, "notYourRole")


async def test_people_must_be_active_and_of_the_organisation(world: World, pair: Pair) -> None:
    await world.administrator.client.change(f"/people/{world.employee.id}", {"active": False})
    problem = await pair.caller.refused("POST", pair.path, 422, "personInactive", json=appointed(world.employee))
    assert problem["errors"][0]["pointer"] == "/personId"
    for unknown in (world.administrator.id, str(uuid4())):
        sent = appointed(world.employee) | {"personId": unknown}
        problem = await pair.caller.refused("POST", pair.path, 422, "unknownPerson", json=sent)
        assert problem["errors"][0]["pointer"] == "/personId"


async def test_a_seat_at_the_table_comes_first(world: World, pair: Pair) -> None:
    theirs = await a_table(world, pair.other_party, world.seko)
    for unknown in (str(theirs.id), str(uuid4())):
        sent = appointed(world.employee, workingGroupId=unknown)
        problem = await pair.caller.refused("POST", pair.path, 422, "unknownWorkingGroup", json=sent)
        assert problem["errors"][0]["pointer"] == "/workingGroupId"


async def test_members_of_a_table(app: FastAPI, world: World, pair: Pair) -> None:
    table = await a_table(world, pair.party, pair.other_party)
    path = f"/working-groups/{table.id}/mandates"
    own = await world.representative("own_member", pair.party, working_group_id=table.id)
    theirs = await world.representative("their_member", pair.other_party, working_group_id=table.id)
    was = await world.representative(
        "was_member", pair.party, working_group_id=table.id, valid_to=date.fromisoformat(day(-1))
    )
    elsewhere = await a_table(world, pair.party, world.seko)
    await world.representative("member_elsewhere", pair.party, working_group_id=elsewhere.id)

    async def members(caller: Someone, **params: Any) -> set[str]:
        return {item["id"] for item in (await caller.client.get(path, params=params))["items"]}

    everyone = {own.mandate_id, theirs.mandate_id, pair.rep.mandate_id, pair.other_rep.mandate_id}
    for caller in (pair.rep, pair.other_rep, own, theirs):
        assert await members(caller) == everyone
    assert was.mandate_id in await members(theirs, validOn=day(-1))
    for stranger in (world.seko_rep, world.employee, world.administrator):
        await stranger.client.refused("GET", path, 404, "notFound")
    async with World(app) as other:
        await other.employer_rep.client.refused("GET", path, 404, "notFound")


async def test_attack_a_group_is_proposed_to_see_who_speaks_for_a_union(world: World, pair: Pair) -> None:
    """Named by the other side alone, a party shows nobody, neither today nor in the past or the future."""
    await world.representative("past", pair.other_party, valid_from=date(2020, 1, 1), valid_to=date(2020, 2, 1))
    union = world.saco
    made = await pair.caller.post(f"{world.path}/working-groups", stories.a_group(world, union))
    path = f"/working-groups/{made['id']}/mandates"
    theirs = await world.representative("their_member", pair.other_party, working_group_id=made["id"])
    own = await world.representative("own_member", pair.party, working_group_id=made["id"])
    for who in (pair.rep, own):
        listed = await who.client.get(path)
        assert {item["partyId"] for item in listed["items"]} == {str(pair.party.id)}
        assert {item["id"] for item in listed["items"]} == {pair.rep.mandate_id, own.mandate_id}
        for hidden in (pair.other_rep, theirs):
            await who.client.refused("GET", f"/mandates/{hidden.mandate_id}", 404, "notFound")
    for valid_on in ("2020-01-15", "2999-01-01", day(-1), day(1)):
        problem = await pair.caller.refused("GET", f"{path}?validOn={valid_on}", 422, "outsideGroupLife")
        assert problem["errors"][0]["pointer"] == "/validOn"
    for who in (world.employer_rep, world.saco_rep):
        await stories.decide(who, f"/working-groups/{made['id']}")
    listed = await own.client.get(path)
    assert {pair.other_rep.mandate_id, theirs.mandate_id} <= {item["id"] for item in listed["items"]}
    await own.client.get(f"/mandates/{theirs.mandate_id}")


async def test_attack_who_speaks_for_a_party_after_the_group_is_closed(world: World, pair: Pair) -> None:
    group = await stories.started_group(world)
    path = f"/working-groups/{group['id']}"
    await pair.caller.step(f"{path}/transitions", {"to": "closed", "reason": "Klart."})
    with time_machine.travel(datetime.now(UTC) + timedelta(days=9), tick=False):
        caller = await stories.now_as(world, pair.rep)
        await caller.refused("GET", f"{path}/mandates?validOn={day(-1)}", 422, "outsideGroupLife")
        new = await world.representative("new", pair.other_party, valid_from=date.fromisoformat(day(0)))
        assert new.mandate_id not in (await caller.request("GET", f"{path}/mandates")).text


async def test_a_facilitator_finds_those_who_can_attend(world: World) -> None:
    """Attendance names mandates, so whoever writes it down must be able to find them; elsewhere they stay hidden."""
    table = await a_table(world, world.employer, world.saco)
    await a_session(world, table, world.facilitator, DialogueSessionState.HELD)
    listed = await world.facilitator.client.get(f"/working-groups/{table.id}/mandates")
    assert {world.employer_rep.mandate_id, world.saco_rep.mandate_id} <= {item["id"] for item in listed["items"]}
    await world.facilitator.client.get(f"/mandates/{world.saco_rep.mandate_id}")
    await world.facilitator.client.refused("GET", f"/mandates/{world.seko_rep.mandate_id}", 404, "notFound")
    await world.facilitator.client.refused("GET", f"/parties/{world.saco.id}/mandates", 403, "notYourRole")


async def test_a_party_lists_its_own_mandates_by_name_and_day(world: World, pair: Pair) -> None:
    ended = await world.representative("aa_ended", pair.party, valid_to=date.fromisoformat(day(-1)))
    listed = await pair.caller.get(pair.path)
    assert [item["id"] for item in listed["items"]] == [ended.mandate_id, pair.rep.mandate_id]
    assert listed["items"][0]["personName"] == "Aa Ended"
    today = await pair.caller.get(pair.path, params={"validOn": day(0), "sort": "-name"})
    assert [item["id"] for item in today["items"]] == [pair.rep.mandate_id]


# --- the first representative ------------------------------------------------------------------------------


@pytest.mark.parametrize("side", list(Side))
async def test_an_administrator_appoints_the_first_and_no_other(world: World, side: Side) -> None:
    admin = world.administrator.client
    if side is Side.EMPLOYER:
        await world.employer_rep.client.step(f"/parties/{world.employer.id}/transitions", {"to": "closed"})
    party = await world.party(side, "Ny part")
    table = await a_table(world, party, world.seko)
    sent = appointed(world.employee, workingGroupId=str(table.id))
    await admin.refused("POST", mandates_of(party), 422, "firstMandateIsGeneral", json=sent)
    made = await admin.post(mandates_of(party), appointed(world.employee, validFrom=day(-3)))
    assert made["first"] is True
    path = f"/mandates/{made['id']}"
    assert await admin.get(path) == made
    await admin.refused("POST", mandates_of(party), 409, "firstMandateExists", json=appointed(world.archivist))
    await admin.refused("PATCH", path, 403, "notYourRole", json={"validTo": day(0)}, etag='"1"')
    await admin.refused("GET", mandates_of(party), 403, "notYourRole")
    second = await world.employee.client.post(mandates_of(party), appointed(world.archivist))
    assert second["first"] is False
    await admin.refused("GET", f"/mandates/{second['id']}", 404, "notFound")
    # Not while somebody else of the party can appoint either.
    await world.archivist.client.change(path, {"validTo": day(0)})
    await admin.refused("POST", mandates_of(party), 409, "firstMandateExists", json=appointed(world.facilitator))


async def test_attack_a_party_locks_itself_out(world: World, pair: Pair) -> None:
    """It ends its last general mandate. From the next day the administrator may appoint again, and only then."""
    admin = world.administrator.client
    table = await a_table(world, pair.party, pair.other_party)
    await world.representative("at_one_table", pair.party, working_group_id=table.id)
    coming = await pair.caller.post(pair.path, appointed(world.archivist, validFrom=day(1), validTo=day(1)))
    await pair.caller.change(f"/mandates/{pair.rep.mandate_id}", {"validTo": day(0)})
    await admin.refused("POST", pair.path, 409, "firstMandateExists", json=appointed(world.employee))
    for days, status in ((1, 409), (2, 201)):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=False):
            caller = await stories.now_as(world, world.administrator)
            answer = await caller.request("POST", pair.path, json=appointed(world.employee))
            assert answer.status_code == status, coming
            again = await caller.request("POST", pair.path, json=appointed(world.facilitator))
            assert (again.status_code, again.json()["code"]) == (409, "firstMandateExists")
            if status == 201:
                assert answer.json()["first"] is True
                appointee = await stories.now_as(world, world.employee)
                told = await stories.trail(appointee, world, sort="-happenedAt")
                assert (told[0]["operation"], told[0]["personId"]) == ("create_mandate", world.administrator.id)
                assert (await appointee.post(pair.path, appointed(world.archivist)))["first"] is False


async def test_two_administrators_appoint_one_first_representative(world: World) -> None:
    party = await world.party(Side.UNION, "Ny part")
    admin = world.administrator.client
    answers = await asyncio.gather(
        *(
            admin.request("POST", mandates_of(party), json=appointed(person))
            for person in (world.employee, world.archivist)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_closed_party_appoints_nobody(world: World) -> None:
    party = await world.party(Side.UNION, "Kort part")
    rep = await world.representative("short_rep", party)
    await rep.client.step(f"/parties/{party.id}/transitions", {"to": "closed"})
    await rep.client.refused("POST", mandates_of(party), 403, "notYourRole", json=appointed(world.employee))
    admin = world.administrator.client
    await admin.refused("POST", mandates_of(party), 409, "partyClosed", json=appointed(world.employee))


# --- product.md, rule 1: nobody may hold mandates on both sides of one organisation -----------------------------


async def test_nobody_on_both_sides(world: World, pair: Pair) -> None:
    await pair.caller.post(pair.path, appointed(world.employee, validFrom=day(10), validTo=day(20)))
    path, caller = mandates_of(pair.other_party), pair.other_rep.client
    for first, last in [(0, None), (0, 10), (20, None), (12, 13), (0, 99), (10, 20)]:
        sent = appointed(world.employee, validFrom=day(first), **({} if last is None else {"validTo": day(last)}))
        await caller.refused("POST", path, 409, "bothSides", json=sent)
    before = await caller.post(path, appointed(world.employee, validFrom=day(0), validTo=day(9)))
    after = await caller.post(path, appointed(world.employee, validFrom=day(21), validTo=day(30)))
    # Nor by making a mandate longer afterwards.
    for longer in (day(10), day(15), None):
        await caller.refused(
            "PATCH", f"/mandates/{before['id']}", 409, "bothSides", json={"validTo": longer}, etag='"1"'
        )
    await caller.change(f"/mandates/{before['id']}", {"validTo": day(5)})
    await caller.change(f"/mandates/{before['id']}", {"validTo": day(9)})
    assert (await caller.change(f"/mandates/{after['id']}", {"validTo": None}))["validTo"] is None
    await caller.refused("POST", path, 409, "bothSides", json=appointed(pair.rep))


async def test_nobody_on_both_sides_at_one_table_either(world: World, pair: Pair) -> None:
    table = await a_table(world, pair.party, pair.other_party)
    await pair.caller.post(pair.path, appointed(world.employee, workingGroupId=str(table.id)))
    for sent in (appointed(world.employee), appointed(world.employee, workingGroupId=str(table.id))):
        await pair.other_rep.client.refused("POST", mandates_of(pair.other_party), 409, "bothSides", json=sent)


async def test_the_administrator_cannot_put_anybody_on_both_sides(world: World) -> None:
    party = await world.party(Side.UNION, "Ny part")
    admin = world.administrator.client
    await admin.refused("POST", mandates_of(party), 409, "bothSides", json=appointed(world.employer_rep))
    # Two unions are one side.
    made = await admin.post(mandates_of(party), appointed(world.saco_rep))
    assert made["personId"] == world.saco_rep.id


async def test_attack_an_administrator_is_given_a_mandate(world: World, pair: Pair) -> None:
    """Who runs the system reads no content, and would by a mandate."""
    inside = await world.someone("inside", Role.SYSTEM_ADMINISTRATOR)
    problem = await pair.caller.refused("POST", pair.path, 409, "administratorHoldsMandate", json=appointed(inside))
    assert problem["errors"][0]["pointer"] == "/personId"
    party = await world.party(Side.UNION, "Ny part")
    sent = appointed(inside)
    await inside.client.refused("POST", mandates_of(party), 409, "administratorHoldsMandate", json=sent)


async def test_attack_a_representative_is_made_administrator(world: World, pair: Pair) -> None:
    admin, sent = world.administrator.client, {"roles": ["systemAdministrator"]}
    coming = await world.representative("coming", pair.party, valid_from=date.fromisoformat(day(9)))
    for who in (pair.rep, coming):
        path = f"/people/{who.id}"
        tag = await admin.etag(path)
        problem = await admin.refused("PATCH", path, 409, "administratorHoldsMandate", json=sent, etag=tag)
        assert problem["errors"][0]["pointer"] == "/roles"
        assert (await admin.change(path, {"roles": ["archivist"]}))["roles"] == ["archivist"]
    past = await world.representative("past", pair.party, valid_to=date.fromisoformat(day(-1)))
    made = await admin.change(f"/people/{past.id}", sent)
    assert made["roles"] == sent["roles"]
    assert (await admin.change(f"/people/{past.id}", {"name": "Annat Namn"}))["roles"] == sent["roles"]


@pytest.mark.parametrize("attempt", range(5))
async def test_attack_a_mandate_and_the_role_at_once(world: World, pair: Pair, attempt: int) -> None:
    admin, path = world.administrator.client, f"/people/{world.employee.id}"
    tag = await admin.etag(path)
    both = [
        admin.request("PATCH", path, json={"roles": ["systemAdministrator"]}, etag=tag),
        pair.caller.request("POST", pair.path, json=appointed(world.employee)),
    ]
    answers = await asyncio.gather(*(both if attempt % 2 else both[::-1]))
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [201, 409])


@pytest.mark.parametrize("attempt", range(10))
async def test_two_sides_appoint_one_person_at_once(world: World, attempt: int) -> None:
    sides = [(world.employer_rep, world.employer), (world.saco_rep, world.saco)]
    answers = await asyncio.gather(
        *(
            rep.client.request("POST", mandates_of(party), json=appointed(world.employee))
            for rep, party in (sides if attempt % 2 else sides[::-1])
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert [answer.json()["code"] for answer in answers if answer.status_code == 409] == ["bothSides"]


@pytest.mark.parametrize("attempt", range(10))
async def test_one_side_appoints_while_the_other_prolongs(world: World, attempt: int) -> None:
    made = await world.saco_rep.client.post(
        mandates_of(world.saco), appointed(world.employee, validTo=day(10), function=f"Ledamot {attempt}")
    )
    answers = await asyncio.gather(
        world.saco_rep.client.request("PATCH", f"/mandates/{made['id']}", json={"validTo": None}, etag='"1"'),
        world.employer_rep.client.request(
            "POST", mandates_of(world.employer), json=appointed(world.employee, validFrom=day(11))
        ),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [201, 409])


async def test_two_unions_appoint_each_others_representatives_at_once(world: World) -> None:
    """Each holds one person's row while it refers to the other's; neither waits for the other."""
    for attempt in range(5):
        answers = await asyncio.gather(
            world.saco_rep.client.request(
                "POST",
                mandates_of(world.saco),
                json=appointed(world.seko_rep),
                headers={"Idempotency-Key": f"{attempt}"},
            ),
            world.seko_rep.client.request(
                "POST",
                mandates_of(world.seko),
                json=appointed(world.saco_rep),
                headers={"Idempotency-Key": f"{attempt}"},
            ),
        )
        assert [answer.status_code for answer in answers] == [201, 201]


async def test_the_mandates_of_a_closed_party_bind_nobody(pair: Pair) -> None:
    await pair.caller.step(f"/parties/{pair.party.id}/transitions", {"to": "closed"})
    tomorrow = appointed(pair.rep, validFrom=day(1))
    made = await pair.other_rep.client.post(mandates_of(pair.other_party), tomorrow)
    assert made["personId"] == pair.rep.id


async def test_another_organisation_is_another_matter(app: FastAPI, world: World) -> None:
    async with World(app) as other:
        outsider = await other.representative("elsewhere", other.employer, person=world.employee)
        made = await world.saco_rep.client.post(mandates_of(world.saco), appointed(outsider))
        assert made["personId"] == outsider.id


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (DialogueSessionState.PLANNED, 409),
        (DialogueSessionState.PREPARED, 409),
        (DialogueSessionState.HELD, 201),
        (DialogueSessionState.CANCELLED, 201),
    ],
)
async def test_who_leads_sessions_represents_nobody(
    world: World, pair: Pair, state: DialogueSessionState, status: int
) -> None:
    table = await a_table(world, pair.party, pair.other_party)
    await a_session(world, table, world.facilitator, state)
    answer = await pair.caller.request("POST", pair.path, json=appointed(world.facilitator))
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "facilitatesForParties"


@pytest.mark.parametrize("attempt", range(5))
async def test_a_session_to_lead_or_a_mandate_but_not_both_at_once(world: World, pair: Pair, attempt: int) -> None:
    table = await a_table(world, pair.party, pair.other_party)
    plan = await stories.a_session(world, title=f"Samtal {attempt}")
    answers = await asyncio.gather(
        pair.caller.request("POST", pair.path, json=appointed(world.facilitator)),
        pair.other_rep.client.request("POST", f"/working-groups/{table.id}/dialogue-sessions", json=plan),
    )
    given, planned = (answer.status_code for answer in answers)
    assert (given, planned) in {(201, 422), (409, 201)}


async def test_whom_a_party_appoints_everywhere_is_in_its_own_trail_alone(world: World, pair: Pair) -> None:
    made = await pair.caller.post(pair.path, appointed(world.employee))
    await pair.caller.change(f"/mandates/{made['id']}", {"validTo": day(0)})

    async def trail(caller: Client) -> list[tuple[str, str]]:
        entries = (await caller.get(f"{world.path}/audit-entries", params={"limit": 100}))["items"]
        return [(entry["operation"], entry["mandateId"]) for entry in entries if entry["subjectId"] == made["id"]]

    under = pair.rep.mandate_id
    assert sorted(await trail(pair.caller)) == [("create_mandate", under), ("update_mandate", under)]
    for stranger in (pair.other_rep, world.seko_rep, world.administrator):
        assert await trail(stranger.client) == []


async def test_the_same_key_gives_one_mandate(world: World, pair: Pair) -> None:
    headers, sent = {"Idempotency-Key": "uppdrag-1"}, appointed(world.employee)
    first = await pair.caller.post(pair.path, sent, headers=headers)
    assert await pair.caller.post(pair.path, sent, headers=headers) == first
    assert (await pair.caller.get(pair.path))["_meta"]["count"] == 2


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"function": ""}, "/function"),
        ({"function": "x\u0007"}, "/function"),
        ({"function": None}, "/function"),
        ({"personId": 7}, "/personId"),
        ({"validFrom": 20260101}, "/validFrom"),
        ({"validTo": "2026-06-31"}, "/validTo"),
        ({"validTo": "2026-06-30T00:00:00"}, "/validTo"),
        ({"workingGroupId": "x"}, "/workingGroupId"),
        ({"first": True}, "/first"),
        ({"partyId": str(uuid4())}, "/partyId"),
    ],
)
async def test_bad_mandates_are_refused_by_field(shared: World, sent: dict[str, Any], pointer: str) -> None:
    problem = await shared.saco_rep.client.refused(
        "POST", mandates_of(shared.saco), 422, "validationFailed", json=appointed(shared.employee) | sent
    )
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_mandate_keeps_its_person_and_its_table(world: World) -> None:
    path = f"/mandates/{world.saco_rep.mandate_id}"
    for sent in ({"personId": world.employee.id}, {"workingGroupId": None}, {"validFrom": day(0)}):
        await world.saco_rep.client.refused("PATCH", path, 422, "validationFailed", json=sent, etag='"1"')
