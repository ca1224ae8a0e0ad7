"""Service clients: registered for one organisation, consented to by its parties, changed, ended, and what they see."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.models.party import Side
from app.services.content_hash import content_hash
from tests import machines, stories
from tests.api.test_survey_results import a_released_round, addresses
from tests.machines import HERE, HR, Machine, a_client, a_secret, consent, consented, hr_system, machine, registered
from tests.stories import decide
from tests.world import World

NOWHERE = "/session-records/019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b"


async def reads_records(world: World, it: Machine) -> bool:
    """Whether it can list final records; every other answer must be the one for what is not its to do."""
    response = await it.client.request("GET", f"{world.path}/session-records")
    assert response.status_code in {200, 403}, response.text
    return response.status_code == 200


async def seen_by_parties(world: World, path: str) -> dict[str, Any]:
    """The client as all representatives see it, which is alike."""
    seen = [await each.client.get(path) for each in (world.employer_rep, world.saco_rep, world.seko_rep)]
    facts: list[dict[str, Any]] = [
        {key: value for key, value in each.items() if key not in {"allowedActions", "_links"}} for each in seen
    ]
    assert facts[0] == facts[1] == facts[2]
    return facts[0]


# --- Registered ---------------------------------------------------------------------------------------------------


async def test_what_is_registered_is_what_the_parties_see(world: World) -> None:
    body = a_client(
        allowedNetworks=["192.0.2.7", "2001:db8::/32", "192.0.2.7"], scopes=["results:read", "records:read"]
    )
    made = await world.administrator.client.post(f"{world.path}/service-clients", body)
    assert made["allowedNetworks"] == ["192.0.2.7/32", "2001:db8::/32"]
    assert made["scopes"] == ["records:read", "results:read"]
    assert (made["state"], made["needsConsent"], made["consentedAt"], made["credentials"]) == ("active", True, None, [])
    assert made["contentHash"] == content_hash(made["content"])
    told = {key: made[key] for key in ("name", "purpose", "kind", "scopes", "expiresAt", "allowedNetworks")}
    own = {"serviceClientId": made["id"], "organisationId": str(world.organisation.id), "approvalRule": "every"}
    assert made["content"] == told | own
    seen = await seen_by_parties(world, f"/service-clients/{made['id']}")
    assert seen == {key: value for key, value in made.items() if key not in {"allowedActions", "_links"}}
    (item,) = (await world.saco_rep.client.get(f"{world.path}/service-clients"))["items"]
    assert item == {key: made[key] for key in item}


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"scopes": ["people:read"]}, "scopeNotForKind", "/scopes"),
        ({"kind": "hrSystem", "scopes": ["people:read", "records:read"]}, "scopeNotForKind", "/scopes"),
        ({"scopes": []}, "validationFailed", "/scopes"),
        ({"scopes": ["mandates:read"]}, "validationFailed", "/scopes/0"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiryUnfit", "/expiresAt"),
        ({"expiresAt": stories.soon(732)}, "expiryUnfit", "/expiresAt"),
        ({"allowedNetworks": []}, "validationFailed", "/allowedNetworks"),
        ({"allowedNetworks": ["192.0.2.1/24"]}, "validationFailed", "/allowedNetworks/0"),
        ({"allowedNetworks": ["::ffff:192.0.2.0/120"]}, "validationFailed", "/allowedNetworks/0"),
        ({"allowedNetworks": ["example.se"]}, "validationFailed", "/allowedNetworks/0"),
        ({"allowedNetworks": [f"10.0.0.{number}" for number in range(21)]}, "validationFailed", "/allowedNetworks"),
        ({"secret": "larande_client_x"}, "validationFailed", "/secret"),
        ({"consentedAt": "2026-01-01T00:00:00Z"}, "validationFailed", "/consentedAt"),
    ],
)
async def test_what_does_not_fit_is_refused(world: World, more: Any, code: str, pointer: str) -> None:
    path = f"{world.path}/service-clients"
    problem = await world.administrator.client.refused("POST", path, 422, code, json=a_client(**more))
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    assert (await world.administrator.client.get(path))["items"] == []


async def test_a_scope_that_comes_later_fits_the_kind_too(world: World) -> None:
    made = await registered(world, **machines.an_hr_system())
    path = f"/service-clients/{made['id']}"
    tag = await world.administrator.client.etag(path)
    body = {"scopes": [*HR, "results:read"]}
    await world.administrator.client.refused("PATCH", path, 422, "scopeNotForKind", json=body, etag=tag)


async def test_only_the_administrator_registers_and_nobody_else_sees(world: World) -> None:
    made = await registered(world)
    for who in (world.employer_rep, world.saco_rep, world.facilitator, world.archivist, world.employee):
        refused = await who.client.request("POST", f"{world.path}/service-clients", json=a_client())
        assert refused.status_code == 403
    for who in (world.facilitator, world.archivist, world.employee):
        await who.client.refused("GET", f"/service-clients/{made['id']}", 404, "notFound")
        await who.client.refused("GET", f"{world.path}/service-clients", 403, "notYourRole")
    local = await world.representative("local", world.saco, working_group_id=(await stories.started_group(world))["id"])
    await local.client.refused("GET", f"/service-clients/{made['id']}", 404, "notFound")


async def test_another_organisations_parties_see_nothing_of_it(app: FastAPI, world: World) -> None:
    made = await registered(world)
    async with World(app) as other:
        await other.saco_rep.client.refused("GET", f"/service-clients/{made['id']}", 404, "notFound")
        assert (await other.saco_rep.client.get(f"{other.path}/service-clients"))["items"] == []
        body = {"contentHash": made["contentHash"], "decision": "approve"}
        path = f"/service-clients/{made['id']}/approvals"
        await other.employer_rep.client.refused("POST", path, 404, "notFound", json=body, etag='"1"')


async def test_the_trail_says_what_was_done_and_which_client_acted(world: World) -> None:
    it = await hr_system(world)
    person = await it.client.post(f"{world.path}/people", {"name": "Åsa Öst", "email": "asa.ost@trail.example.se"})
    seen = await stories.trail(world.saco_rep, world)
    told = [(each["operation"], each["personId"], each["serviceClientId"]) for each in seen]
    administrator = world.administrator.id
    assert told == [
        ("create_service_client", administrator, None),
        ("create_service_client_credential", administrator, None),
        ("create_person", None, it.id),
    ]
    assert seen[-1]["subjectId"] == person["id"]
    assert await world.saco_rep.client.get(f"/audit-entries/{seen[-1]['id']}")


# --- Consent ------------------------------------------------------------------------------------------------------


async def test_nothing_is_read_before_both_sides_and_every_union_agree(world: World) -> None:
    record = await stories.final_record(world, await stories.started_group(world))
    it = await machine(world)
    for who in (world.seko_rep, world.employer_rep, world.saco_rep):
        assert not await reads_records(world, it)
        await it.client.refused("GET", f"/session-records/{record['id']}", 404, "notFound")
        await decide(who, it.path)
    assert await reads_records(world, it)
    assert (await it.client.get(f"/session-records/{record['id']}"))["content"] == record["content"]
    assert (await seen_by_parties(world, it.path))["consentedAt"] is not None


async def test_a_client_is_told_that_it_waits_for_consent_and_not_that_it_lacks_a_scope(world: World) -> None:
    it = await machine(world, scopes=["records:read"])
    await it.client.refused("GET", f"{world.path}/session-records", 403, "consentPending")
    await it.client.refused("GET", f"{world.path}/survey-rounds", 403, "notYourRole")
    await consent(world, it.path)
    await it.client.get(f"{world.path}/session-records")
    lacking = await hr_system(world)
    await lacking.client.get(f"{world.path}/people")
    await lacking.client.refused("GET", f"{world.path}/session-records", 403, "notYourRole")


async def test_attack_an_administrator_lowers_the_rule_and_brings_a_union_of_its_own(world: World) -> None:
    """What an administrator proposes for groups is nothing that the parties have chosen: every union is asked."""
    it = await machine(world)
    await world.administrator.client.change(world.path, {"approvalRule": "any"})
    changed = await world.administrator.client.change(it.path, {"purpose": "Något annat."})
    assert changed["content"]["approvalRule"] == "every"
    another = await machine(world)
    assert (await seen_by_parties(world, another.path))["content"]["approvalRule"] == "every"
    puppet = await world.representative("puppet", await world.party(Side.UNION, "Administratörens förbund"), first=True)
    for client in (it, another):
        await consent(world, client.path, world.employer_rep, puppet, world.saco_rep)
        assert not await reads_records(world, client)
        await decide(world.seko_rep, client.path)
        assert await reads_records(world, client)


async def test_a_union_that_was_not_there_can_stop_it_all_the_same(world: World) -> None:
    it = await machine(world)
    await consent(world, it.path)
    assert await reads_records(world, it)
    latecomer = await world.representative("latecomer", await world.party(Side.UNION, "Nya förbundet"), first=True)
    await decide(latecomer, it.path, "requestChange", statement="Ändamålet är för vitt.")
    assert not await reads_records(world, it)


async def test_the_same_person_does_not_agree_for_two(world: World) -> None:
    third = await world.party(Side.UNION, "Tredje förbundet")
    it = await machine(world)
    both = await world.representative("both", third)
    await world.representative("both", world.saco, person=both)
    seen = await both.client.get(it.path)
    body = {"contentHash": seen["contentHash"], "decision": "approve"}
    path = f"{it.path}/approvals"
    tag = await both.client.etag(it.path)
    await both.client.refused("POST", path, 422, "chooseMandate", json=body, etag=tag)
    await both.client.post(path, body | {"mandateId": both.mandate_id}, etag=tag)
    other = next(each for each in (await both.client.get("/me"))["mandates"] if each["id"] != both.mandate_id)
    again = body | {"mandateId": other["id"]}
    await both.client.refused("POST", path, 409, "personHasDecided", json=again, etag=tag)


@pytest.mark.parametrize("side", ["employer", "union"])
async def test_either_side_takes_its_consent_back_at_once(world: World, side: str) -> None:
    it = await machine(world)
    decisions = await consent(world, it.path)
    assert await reads_records(world, it)
    who, own = (world.employer_rep, decisions[0]) if side == "employer" else (world.saco_rep, decisions[1])
    await who.client.change(f"/approvals/{own['id']}", None, 204, method="DELETE")
    assert not await reads_records(world, it)
    left = await seen_by_parties(world, it.path)
    assert left["consentedAt"] is None
    assert {each["id"] for each in left["approvals"]} == {each["id"] for each in decisions} - {own["id"]}
    await decide(who, it.path)
    assert await reads_records(world, it)


async def test_nobody_takes_anothers_consent_back(world: World) -> None:
    it = await machine(world)
    decisions = await consent(world, it.path)
    path = f"/approvals/{decisions[1]['id']}"
    for who in (world.employer_rep, world.seko_rep):
        await who.client.refused("DELETE", path, 403, "notYourRole", etag='"1"')
    await world.administrator.client.refused("DELETE", path, 404, "notFound", etag='"1"')
    await it.client.refused("DELETE", path, 404, "notFound", etag='"1"')
    assert await reads_records(world, it)


async def test_asking_for_a_change_ends_what_was_agreed(world: World) -> None:
    it = await consented(world)
    fourth = await world.representative("fourth", await world.party(Side.UNION, "Fjärde förbundet"))
    # A party that has come since was not asked, and need not put up with it.
    asked = await decide(fourth, it.path, "requestChange", statement="Bara protokoll.")
    assert not await reads_records(world, it)
    assert [each["id"] for each in (await seen_by_parties(world, it.path))["approvals"]] == [asked["id"]]
    await decide(world.employer_rep, it.path, expect=409)
    await world.administrator.client.change(it.path, {"scopes": ["records:read"]})
    await consent(world, it.path, world.employer_rep, world.saco_rep, world.seko_rep)
    assert not await reads_records(world, it)
    await decide(fourth, it.path)
    assert await reads_records(world, it)


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": ["records:read"]},
        {"purpose": "Löneförhandling."},
        {"name": "Arkivet"},
        {"expiresAt": stories.soon(500)},
        {"allowedNetworks": [HERE, "0.0.0.0/0"]},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_any_change_of_what_was_agreed_ends_it(world: World, change: Any) -> None:
    it = await consented(world)
    before = await seen_by_parties(world, it.path)
    changed = await world.administrator.client.change(it.path, change)
    assert not await reads_records(world, it)
    assert (changed["consentedAt"], changed["approvals"]) == (None, [])
    assert changed["contentHash"] != before["contentHash"]
    listed = (await world.saco_rep.client.get(f"{it.path}/approvals"))["items"]
    assert {each["voidReason"] for each in listed} == {"edited"}
    # The old content is nothing that can be agreed to any more.
    body = {"contentHash": before["contentHash"], "decision": "approve"}
    tag = await world.saco_rep.client.etag(it.path)
    await world.saco_rep.client.refused("POST", f"{it.path}/approvals", 409, "contentChanged", json=body, etag=tag)


async def test_more_scopes_do_not_creep_in(world: World) -> None:
    """Agreed for records, widened to results: neither, until the parties have agreed to both."""
    box = await a_released_round(world)
    it = await consented(world, scopes=["records:read"])
    assert await reads_records(world, it)
    await it.client.refused("GET", f"{box.path}/results", 404, "notFound")
    await world.administrator.client.change(it.path, {"scopes": ["records:read", "results:read"]})
    assert not await reads_records(world, it)
    await it.client.refused("GET", f"{box.path}/results", 404, "notFound")
    await consent(world, it.path)
    assert await reads_records(world, it)
    await it.client.get(f"{box.path}/results")


async def test_what_changes_nothing_and_another_contact_leave_it(world: World) -> None:
    it = await consented(world)
    before = await seen_by_parties(world, it.path)
    same = {key: before[key] for key in ("name", "purpose", "scopes", "expiresAt", "allowedNetworks")}
    assert (await world.administrator.client.change(it.path, same))["version"] == before["version"]
    changed = await world.administrator.client.change(it.path, {"contact": "Förvaltningsgruppen"})
    assert (changed["contact"], changed["version"]) == ("Förvaltningsgruppen", before["version"] + 1)
    assert (changed["consentedAt"], changed["contentHash"]) == (before["consentedAt"], before["contentHash"])
    assert await reads_records(world, it)


async def test_where_no_consent_is_needed_none_is_asked_for(world: World) -> None:
    it = await hr_system(world)
    seen = await world.saco_rep.client.get(it.path)
    (deciding,) = [each for each in seen["allowedActions"] if each["action"] == "approve_service_client"]
    assert (seen["needsConsent"], deciding["reason"]) == (False, "consentNotNeeded")
    await decide(world.saco_rep, it.path, expect=409)
    assert (await it.client.get(f"{world.path}/people"))["items"]


async def test_the_last_two_parties_agree_at_the_same_moment(world: World) -> None:
    for _ in range(3):
        it = await machine(world)
        await consent(world, it.path, world.seko_rep)
        await asyncio.gather(*(decide(who, it.path) for who in (world.employer_rep, world.saco_rep)))
        assert await reads_records(world, it)


async def test_an_agreement_and_an_edit_at_the_same_moment(world: World) -> None:
    """Whoever is first: nobody is ever taken to have agreed to what they have not seen."""
    for _ in range(4):
        it = await machine(world)
        await consent(world, it.path, world.seko_rep, world.employer_rep)
        before = await world.saco_rep.client.get(it.path)
        body = {"contentHash": before["contentHash"], "decision": "approve"}
        tag = await world.saco_rep.client.etag(it.path)
        await asyncio.gather(
            world.saco_rep.client.request("POST", f"{it.path}/approvals", json=body, etag=tag),
            world.administrator.client.request("PATCH", it.path, json={"scopes": ["results:read"]}, etag=tag),
        )
        after = await seen_by_parties(world, it.path)
        assert (after["consentedAt"] is None) == (after["contentHash"] != before["contentHash"])
        assert await reads_records(world, it) == (after["contentHash"] == before["contentHash"])


async def test_allowed_actions_say_who_can_do_what_now(world: World) -> None:
    it = await machine(world)

    async def allowed(who: Any) -> set[str]:
        seen = await who.client.get(it.path)
        assert {link["rel"] for link in seen["_links"]} >= {"self"}
        return {each["action"] for each in seen["allowedActions"] if each["allowed"]}

    assert await allowed(world.administrator) == {
        "update_service_client",
        "end_service_client",
        "create_service_client_credential",
        "create_webhook_endpoint",
    }
    assert await allowed(world.saco_rep) == await allowed(world.employer_rep) == {"approve_service_client"}
    await decide(world.saco_rep, it.path)
    assert await allowed(world.saco_rep) == set()
    await world.administrator.client.step(f"{it.path}/transitions", {"to": "ended"})
    assert await allowed(world.administrator) == await allowed(world.employer_rep) == set()


# --- Ended, expired, closed -----------------------------------------------------------------------------------------


async def test_an_ended_client_is_out_at_once_and_for_good(world: World) -> None:
    it = await consented(world)
    ended = await world.administrator.client.step(f"{it.path}/transitions", {"to": "ended"})
    assert (ended["state"], ended["credentials"], ended["consentedAt"]) == ("ended", [], None)
    await it.client.refused("GET", "/me", 401, "tokenInvalid")
    response = await machines.try_in(world.nobody, it.id, it.secret)
    assert (response.status_code, response.json()["code"]) == (401, "clientRefused")
    tag = await world.administrator.client.etag(it.path)
    for path, body in (
        (f"{it.path}/transitions", {"to": "ended"}),
        (f"{it.path}/credentials", {}),
    ):
        await world.administrator.client.refused("POST", path, 409, "serviceClientEnded", json=body, etag=tag)
    patch = {"expiresAt": stories.soon(30)}
    await world.administrator.client.refused("PATCH", it.path, 409, "serviceClientEnded", json=patch, etag=tag)
    await decide(world.saco_rep, it.path, expect=409)


async def test_an_expired_client_is_out_until_it_is_given_more_time(world: World) -> None:
    it = await consented(world, expiresAt=stories.soon(1))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        administrator = await stories.now_as(world, world.administrator)
        late = world.nobody.signed_in(machines.token_for(world.app, it.id, it.credential_id))
        await late.refused("GET", "/me", 401, "tokenInvalid")
        assert (await administrator.get(it.path))["state"] == "expired"
        (item,) = (await administrator.get(f"{world.path}/service-clients"))["items"]
        assert item["state"] == "expired"
        await administrator.change(it.path, {"expiresAt": stories.soon(30)})
        # The secret had no longer than its client.
        await late.refused("GET", "/me", 401, "tokenInvalid")
        secret = await administrator.post(f"{it.path}/credentials", {})
        again = world.nobody.signed_in(machines.token_for(world.app, it.id, secret["id"]))
        assert (await again.get("/me"))["pendingScopes"] == ["records:read", "results:read"]


async def test_no_machine_reads_in_a_closed_organisation_and_it_can_still_be_ended(world: World) -> None:
    it = await consented(world)
    await world.administrator.client.step(f"{world.path}/transitions", {"to": "closed"})
    await it.client.refused("GET", "/me", 401, "tokenInvalid")
    tag = await world.administrator.client.etag(it.path)
    for method, path, body in (
        ("PATCH", it.path, {"name": "Annat"}),
        ("POST", f"{it.path}/credentials", {}),
    ):
        await world.administrator.client.refused(method, path, 409, "organisationClosed", json=body, etag=tag)
    await world.administrator.client.step(f"{it.path}/transitions", {"to": "ended"})


# --- What a client sees ---------------------------------------------------------------------------------------------


async def test_an_integrator_sees_what_is_final_and_released_and_nothing_else(world: World) -> None:
    group = await stories.started_group(world)
    final, draft = await stories.final_record(world, group), await stories.written_record(world, group)
    review = await stories.record_under_review(world, group)
    standing = await decide(world.employer_rep, f"/session-records/{review['id']}")
    box = await a_released_round(world)
    it = await consented(world)
    assert [each["id"] for each in (await it.client.get(f"{world.path}/session-records"))["items"]] == [final["id"]]
    assert [each["id"] for each in (await it.client.get(f"{world.path}/survey-rounds"))["items"]] == [str(box.id)]
    approvals = (await it.client.get(f"/session-records/{final['id']}/approvals"))["items"]
    assert len(approvals) == 2
    for each in approvals:
        assert (await it.client.get(f"/approvals/{each['id']}"))["subjectId"] == final["id"]
    for path in addresses(box):
        told = [await who.request("GET", path, expect=200) for who in (it.client, world.saco_rep.client)]
        assert told[0].content == told[1].content
    actions = (await it.client.get(f"/session-records/{final['id']}"))["allowedActions"]
    assert {(each["allowed"], each["reason"]) for each in actions} == {(False, "notYourRole")}
    hidden = [
        *(f"/session-records/{each['id']}{part}" for each in (draft, review) for part in ("", "/approvals")),
        f"/approvals/{standing['id']}",
        f"/working-groups/{group['id']}",
        f"/working-groups/{group['id']}/survey-rounds",
        f"/working-groups/{group['id']}/session-records",
        f"/dialogue-sessions/{final['dialogueSessionId']}",
        f"/session-records/{final['id']}/statements/{world.saco.id}",
        f"/parties/{world.saco.id}",
        f"/parties/{world.saco.id}/mandates",
        f"/people/{world.employee.id}",
        f"/units/{world.unit.id}",
        it.path,
        f"/service-client-credentials/{it.credential_id}",
    ]
    for path in hidden:
        assert (await it.client.request("GET", path)).status_code == 404, path
    for noun in ("units", "people", "parties", "working-groups", "audit-entries", "service-clients"):
        await it.client.refused("GET", f"{world.path}/{noun}", 403, "notYourRole")
    for path in ("/dialogue-templates", "/instruments", "/method-texts"):
        await it.client.refused("GET", path, 403, "notYourRole")
    assert [each["id"] for each in (await it.client.get("/organisations"))["items"]] == [str(world.organisation.id)]


async def test_an_integrator_sees_no_decision_that_fell_before_the_record_was_final(world: World) -> None:
    """What a party asked to have changed in a draft is no part of what was agreed."""
    record = await stories.record_under_review(world, await stories.started_group(world))
    path = f"/session-records/{record['id']}"
    asked = await decide(world.saco_rep, path, "requestChange", statement="Stryk stycket om natten.")
    await world.saco_rep.client.step(f"{path}/transitions", stories.for_review())
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path)
    it = await consented(world)
    listed = await it.client.request("GET", f"{path}/approvals", expect=200)
    assert asked["id"] not in {each["id"] for each in listed.json()["items"]}
    assert "natten" not in listed.text
    await it.client.refused("GET", f"/approvals/{asked['id']}", 404, "notFound")
    assert asked["id"] in {each["id"] for each in (await world.saco_rep.client.get(f"{path}/approvals"))["items"]}


async def test_an_hr_system_keeps_people_and_units_and_sees_nothing_else(world: World) -> None:
    record = await stories.final_record(world, await stories.started_group(world))
    box = await a_released_round(world)
    it = await hr_system(world)
    unit = await it.client.post(f"{world.path}/units", {"name": "Östra enheten", "externalId": "E1"})
    body = {"name": "Åke Ström", "email": "ake.strom@hr.example.se", "unitId": unit["id"]}
    person = await it.client.post(f"{world.path}/people", body)
    path = f"/people/{person['id']}"
    assert (await it.client.change(path, {"name": "Åke Å", "unitId": None, "active": False}))["active"] is False
    await it.client.change(f"/units/{unit['id']}", {"headcount": 40})
    assert person["id"] in {each["id"] for each in (await it.client.get(f"{world.path}/people?limit=100"))["items"]}
    tag = await it.client.etag(path)
    # Where links to set a password go is not the employer's system's to say, nor who is what.
    for change, pointer in (({"email": "ny@hr.example.se"}, "/email"), ({"roles": ["archivist"]}, "/roles")):
        problem = await it.client.refused("PATCH", path, 403, "notYourRole", json=change, etag=tag)
        assert [each["pointer"] for each in problem["errors"]] == [pointer]
    roles = body | {"email": "ny@hr.example.se", "roles": ["archivist"]}
    await it.client.refused("POST", f"{world.path}/people", 403, "notYourRole", json=roles)
    for noun in ("parties", "working-groups", "session-records", "survey-rounds", "audit-entries", "service-clients"):
        await it.client.refused("GET", f"{world.path}/{noun}", 403, "notYourRole")
    for path in (
        f"/session-records/{record['id']}",
        f"{box.path}/results",
        f"/parties/{world.saco.id}/mandates",
        f"/mandates/{world.saco_rep.mandate_id}",
    ):
        await it.client.refused("GET", path, 404, "notFound")
    for field in ("union", "membership", "partyId", "fackförbund"):
        problem = await it.client.refused(
            "POST",
            f"{world.path}/people",
            422,
            "validationFailed",
            json={"name": "A", "email": "a@b.se", field: "Saco"},
        )
        assert "Saco" not in json.dumps(problem)


async def test_who_may_only_read_writes_nothing(world: World) -> None:
    it = await machine(world, **machines.an_hr_system(scopes=["people:read", "units:read"]))
    await it.client.refused("POST", f"{world.path}/units", 403, "notYourRole", json={"name": "Ny"})
    body = {"name": "Ny", "email": "ny@read.example.se"}
    await it.client.refused("POST", f"{world.path}/people", 403, "notYourRole", json=body)
    read = await it.client.get(f"/people/{world.employee.id}")
    assert not any(each["allowed"] for each in read["allowedActions"])
    tag = await it.client.etag(f"/people/{world.employee.id}")
    path = f"/people/{world.employee.id}"
    await it.client.refused("PATCH", path, 403, "notYourRole", json={"name": "X"}, etag=tag)


async def test_a_client_works_for_one_organisation(app: FastAPI, world: World) -> None:
    async with World(app) as other:
        record = await stories.final_record(other, await stories.started_group(other))
        it, hr = await consented(world), await hr_system(world)
        await it.client.refused("GET", f"/session-records/{record['id']}", 404, "notFound")
        for client in (it.client, hr.client):
            await client.refused("GET", f"{other.path}/people", 404, "notFound")
            await client.refused("GET", f"{other.path}/session-records", 404, "notFound")
        await hr.client.refused("GET", f"/people/{other.employee.id}", 404, "notFound")
        await hr.client.refused("POST", f"{other.path}/units", 404, "notFound", json={"name": "Ny"})


async def test_what_a_list_shows_is_what_single_reads_allow(app: FastAPI, world: World) -> None:
    """For each client, over everything there is in two organisations."""
    async with World(app) as other:
        things: dict[str, set[str]] = {
            "people": set(),
            "units": set(),
            "session-records": set(),
            "survey-rounds": set(),
        }
        for each in (world, other):
            things["people"] |= {someone.id for someone in each.people.values()}
            things["units"] |= {str(each.unit.id), str(each.subunit.id)}
            group = await stories.started_group(each)
            for story in (stories.final_record, stories.written_record, stories.record_under_review):
                things["session-records"].add((await story(each, group))["id"])
            things["survey-rounds"].add(str((await a_released_round(each)).id))
        clients = [await hr_system(world), await machine(world), await consented(world), await consented(other)]
        clients.append(await consented(world, scopes=["results:read"]))
        for it in clients:
            for noun, ids in things.items():
                listed: set[str] = set()
                for each in (world, other):
                    answer = await it.client.request("GET", f"{each.path}/{noun}", params={"limit": 100})
                    if answer.status_code == 200:
                        listed |= {item["id"] for item in answer.json()["items"]}
                alone = {
                    each
                    for each in ids | listed
                    if (await it.client.request("GET", f"/{noun}/{each}")).status_code == 200
                }
                assert listed == alone, (it.id, noun)


# --- Once -----------------------------------------------------------------------------------------------------------


async def test_a_request_sent_twice_by_a_client_makes_one_thing(world: World) -> None:
    it, another = await hr_system(world), await hr_system(world)
    key = {"Idempotency-Key": "sync-1"}
    body = {"name": "Nya enheten"}
    first = await it.client.post(f"{world.path}/units", body, headers=key)
    assert (await it.client.post(f"{world.path}/units", body, headers=key))["id"] == first["id"]
    problem = {"json": {"name": "Annan"}, "headers": key}
    await it.client.refused("POST", f"{world.path}/units", 409, "idempotencyKeyReused", **problem)
    # The same key of another client, or of a person, is another key.
    assert (await another.client.post(f"{world.path}/units", body, headers=key))["id"] != first["id"]
    assert (await world.saco_rep.client.post(f"{world.path}/units", body, headers=key))["id"] != first["id"]
    both = await asyncio.gather(
        *(it.client.post(f"{world.path}/units", {"name": "Samtidigt"}, headers={"Idempotency-Key": "2"}) for _ in "ab")
    )
    assert both[0]["id"] == both[1]["id"]


async def test_a_clients_registration_sent_twice_makes_one(world: World) -> None:
    body, key = a_client(), {"Idempotency-Key": "registered-once"}
    path = f"{world.path}/service-clients"
    made = [await world.administrator.client.post(path, body, headers=key) for _ in "ab"]
    assert made[0]["id"] == made[1]["id"]
    assert len((await world.administrator.client.get(path))["items"]) == 1


async def test_two_edits_at_once_do_not_overwrite_each_other(world: World) -> None:
    made = await registered(world)
    path = f"/service-clients/{made['id']}"
    tag = await world.administrator.client.etag(path)
    edits = [{"purpose": "Ett."}, {"allowedNetworks": ["0.0.0.0/0"]}]
    answers = await asyncio.gather(
        *(world.administrator.client.request("PATCH", path, json=each, etag=tag) for each in edits)
    )
    assert sorted(each.status_code for each in answers) == [200, 412]
    assert await a_secret(world, made["id"])
