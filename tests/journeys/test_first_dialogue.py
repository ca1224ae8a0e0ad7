"""The whole story over HTTP: two parties start a group, hold a dialogue and sign its record. Every guard is tried."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import rfc8785
import time_machine

from app.main import create_app
from app.services.calendar import swedish_day
from tests.conftest import settings_for
from tests.journeys.agency import Agency, found
from tests.signing_in import calling_from
from tests.stories import decide, for_review, soon


@pytest.fixture
async def agency(fresh_database_url: str) -> AsyncIterator[Agency]:
    app = create_app(settings_for(fresh_database_url))
    async with calling_from(app) as nobody:
        yield await found(app, nobody)
    await app.state.database.close()


async def test_the_first_dialogue(agency: Agency) -> None:
    """Five people: employer representative, two union representatives, facilitator, archivist."""
    # --- the administrator takes in the agency, its parties and people, and appoints each party's first: no more
    administrator = agency.administrator
    unit = await administrator.post(f"{agency.path}/units", {"name": "Provtagningsenheten"})
    parties = [
        await administrator.post(f"{agency.path}/parties", {"side": side, "name": name})
        for side, name in (("employer", "Arbetsgivaren"), ("union", "Saco-S"), ("union", "Seko"))
    ]
    employer_party, saco_party, _ = parties
    people = [await agency.take_in(name) for name in ("Anna Berg", "Örjan Åkesson", "Li Ek")]
    first = [await agency.appoint(administrator, *each) for each in zip(parties, people, strict=True)]
    employer, saco, seko = [member.client for member in first]
    leader = await agency.take_in("Siv Lind")
    facilitator = leader.client
    archivist = (await agency.take_in("Ali Öz", "archivist")).client
    stranger = await agency.take_in("Bo Ek")
    appointment = {"personId": stranger.id, "function": "Företrädare"}
    own_mandates = f"/parties/{employer_party['id']}/mandates"
    wrong = {"grantType": "password", "username": "anna.berg@example.se", "password": "sju gräsänder på en ö"}
    await agency.nobody.refused("POST", "/auth/token", 401, "credentialsRefused", json=wrong)
    await administrator.refused("POST", own_mandates, 409, "firstMandateExists", json=appointment)
    await saco.refused("POST", own_mandates, 403, "notYourRole", json=appointment)

    # --- the employer proposes a group for itself and both unions; nothing starts on one side's word
    proposal = {
        "name": "Lärgruppen på Provtagningsenheten",
        "purpose": "Att tala om vad ett väl utfört arbete är.",
        "scopeUnitId": unit["id"],
        "partyIds": [party["id"] for party in parties],
    }
    templates = (await employer.get("/dialogue-templates"))["items"]
    plan = {
        "dialogueTemplateId": next(each["id"] for each in templates if each["key"] == "kvalitet-och-kompetens"),
        "startsAt": soon(0),
        "place": "Sammanträdesrummet Ålen",
        "facilitatorId": leader.id,
        "facilitatorFunction": "Verksamhetsutvecklare",
    }
    await stranger.client.refused("POST", f"{agency.path}/working-groups", 403, "notYourRole", json=proposal)
    group = await employer.post(f"{agency.path}/working-groups", proposal)
    path = f"/working-groups/{group['id']}"
    sessions = f"{path}/dialogue-sessions"
    assert group["state"] == "forming"
    await employer.refused("POST", sessions, 409, "groupNotStarted", json=plan)
    await decide(employer, path)
    await employer.refused(
        "POST",
        f"{path}/approvals",
        409,
        "partyHasDecided",
        json={"contentHash": group["contentHash"], "decision": "approve"},
        etag=await employer.etag(path),
    )
    await decide(saco, path)
    assert (await saco.get(path))["state"] == "forming"

    # --- Seko changes the purpose: the approvals are void and everyone decides anew
    changed = await seko.change(path, {"purpose": "Att tala om lärande på alla skift."})
    assert changed["approvals"] == []
    await employer.refused(
        "POST",
        f"{path}/approvals",
        409,
        "contentChanged",
        json={"contentHash": group["contentHash"], "decision": "approve"},
        etag=await employer.etag(path),
    )
    for who in (employer, saco, seko):
        assert (await who.get(path))["state"] == "forming"
        await decide(who, path)
    assert (await employer.get(path))["state"] == "active"

    # --- a session is planned, prepared and held with both sides on record
    session = await saco.post(sessions, plan)
    held = f"/dialogue-sessions/{session['id']}"
    assert session["legalCharacter"] == "dialogue"
    await facilitator.step(f"{held}/transitions", {"to": "prepared"})
    await facilitator.refused(
        "POST", f"{held}/transitions", 409, "attendanceOneSided", json={"to": "held"}, etag=await facilitator.etag(held)
    )
    present = [{"mandateId": member.mandate_id, "status": "present"} for member in first]
    await facilitator.change(held, {"attendances": present, "employeeHeadcount": 9})
    session = await facilitator.step(f"{held}/transitions", {"to": "held"})
    record_path = f"/session-records/{session['sessionRecordId']}"

    # --- the group's answers, the parties' own words, a step, and notes that are nobody else's business
    await facilitator.change(
        record_path, {"answers": {"q2": "Att provet går att lita på."}, "sharedPicture": "Tiden har minskat."}
    )
    action = await facilitator.post(
        f"{record_path}/actions",
        {"what": "En timme i veckan.", "ownerFunction": "Enhetschef", "dueOn": soon(30)[:10], "questionId": "q6"},
    )
    note = await employer.post(f"{held}/party-notes", {"text": "Hemligt: ta upp budgeten internt."})
    await saco.refused("GET", f"/party-notes/{note['id']}", 404, "notFound")
    await facilitator.refused("GET", f"/party-notes/{note['id']}", 404, "notFound")
    await facilitator.refused("GET", f"{held}/party-notes", 403, "notYourRole")
    assert (await saco.get(f"{held}/party-notes"))["_meta"]["totalRecords"] == 0
    own = f"{record_path}/statements/{saco_party['id']}"
    words = {"answers": {"q5": "Vi tar med oss frågan om tid."}, "differences": "Kvällspassen behöver en till."}
    before = await employer.etag(record_path)
    await saco.change(own, {**words, "published": False}, method="PUT", etag=await saco.etag(own))
    await employer.refused("GET", own, 404, "notFound")
    assert await employer.etag(record_path) == before
    await employer.refused("PUT", own, 403, "notYourRole", json={**words, "published": True}, etag='"1"')
    await saco.change(own, {**words, "published": True}, method="PUT", etag=await saco.etag(own))
    assert (await employer.get(own))["differences"] == words["differences"]

    # --- review fixes the content and its hash
    await facilitator.refused(
        "POST",
        f"{record_path}/transitions",
        422,
        "confirmationMissing",
        json=for_review(noIndividualRecognisable=False),
        etag=await facilitator.etag(record_path),
    )
    record = await facilitator.step(f"{record_path}/transitions", for_review())
    assert hashlib.sha256(rfc8785.dumps(record["content"])).hexdigest() == record["contentHash"]
    decision = {"contentHash": record["contentHash"], "decision": "approve"}
    await facilitator.refused(
        "POST", f"{record_path}/approvals", 403, "notYourRole", json=decision, etag=await facilitator.etag(record_path)
    )
    await archivist.refused("GET", record_path, 404, "notFound")

    # --- approving twice from one side, and approving what has been edited since
    await decide(employer, record_path)
    second = await agency.appoint(employer, employer_party, stranger)
    tag = await employer.etag(record_path)
    await second.client.refused("POST", f"{record_path}/approvals", 409, "partyHasDecided", json=decision, etag=tag)
    edited = await facilitator.change(record_path, {"answers": {"q3": "Tid och handledning."}})
    assert (edited["state"], edited["approvals"], edited["contentHash"]) == ("draft", [], None)
    await saco.refused("POST", f"{record_path}/approvals", 412, "staleVersion", json=decision, etag=tag)
    tag = await saco.etag(record_path)
    await saco.refused("POST", f"{record_path}/approvals", 409, "notUnderReview", json=decision, etag=tag)
    record = await employer.step(f"{record_path}/transitions", for_review())
    tag = await saco.etag(record_path)
    await saco.refused("POST", f"{record_path}/approvals", 409, "contentChanged", json=decision, etag=tag)

    # --- an expired mandate approves nothing
    leaving = await agency.take_in("Eva Nord")
    await agency.appoint(saco, saco_party, leaving, validTo=swedish_day(datetime.now(UTC)).isoformat())
    assert (await leaving.client.get(record_path))["state"] == "underReview"
    with time_machine.travel(soon(1), tick=True):
        left = await agency.sign_in("eva.nord@example.se")
        await left.refused("POST", f"{record_path}/approvals", 404, "notFound", json=decision, etag=tag)

    # --- Seko asks for a change; it is made, and all three approve, one with dissent
    await decide(employer, record_path)
    await decide(seko, record_path, "requestChange", statement="Nämn nattskiftet.")
    returned = await employer.get(record_path)
    assert returned["state"] == "returned"
    assert [each["decision"] for each in returned["approvals"]] == ["requestChange"]
    await facilitator.change(record_path, {"sharedPicture": "Tiden har minskat, mest på natten."})
    await facilitator.step(f"{record_path}/transitions", for_review())
    await decide(saco, record_path)
    await decide(employer, record_path)
    assert (await employer.get(record_path))["state"] == "underReview"
    await decide(seko, record_path, "approveWithDissent", statement="Vi bedömer risken som högre.")

    # --- final: the same for everyone, at once, for ever
    seen = [await who.get(record_path) for who in (employer, saco, seko)]
    assert seen[0]["state"] == "final"
    assert {hashlib.sha256(rfc8785.dumps(each["content"])).hexdigest() for each in seen} == {seen[0]["contentHash"]}
    assert [each["content"] for each in seen] == [seen[0]["content"]] * 3
    for client in (employer, saco, facilitator):
        tag = await client.etag(record_path)
        await client.refused("PATCH", record_path, 409, "recordIsFinal", json={"sharedPicture": "Nytt"}, etag=tag)
    approval_id = seen[0]["approvals"][0]["id"]
    await saco.refused(
        "DELETE", f"/approvals/{approval_id}", 409, "decisionTaken", etag=await saco.etag(f"/approvals/{approval_id}")
    )

    # --- the archivist registers it; a correction is an appendix that both sides approve
    register = f"/record-registrations/{record['id']}"
    registration = {"caseNumber": "MP 2026/0412", "archiveClass": "2.4.1 Samverkan"}
    await employer.refused("PUT", register, 403, "notYourRole", json=registration, etag='"0"')
    await archivist.change(register, registration, method="PUT", etag='"0"')
    assert (await saco.get(register))["caseNumber"] == "MP 2026/0412"
    appendix = await saco.post(
        f"{record_path}/appendices", {"title": "Rättelse", "sharedPicture": "Det var nio medarbetare."}
    )
    appendix_path = f"/session-records/{appendix['id']}"
    assert appendix["content"]["appendixTo"]["contentHash"] == seen[0]["contentHash"]
    await employer.step(f"{appendix_path}/transitions", for_review())
    for who in (employer, saco, seko):
        assert (await employer.get(appendix_path))["state"] == "underReview"
        await decide(who, appendix_path)
    assert (await archivist.get(appendix_path))["state"] == "final"
    assert (await employer.get(record_path))["content"] == seen[0]["content"]

    # --- the step is followed up, its effect checked, and the trail tells it all without content
    await saco.step(f"/actions/{action['id']}/transitions", {"to": "done"})
    with time_machine.travel(soon(31), tick=True):
        later = await agency.sign_in("anna.berg@example.se")
        effect = {"to": "effectChecked", "effect": "Fler vågar fråga."}
        checked = await later.step(f"/actions/{action['id']}/transitions", effect)
    assert checked["state"] == "effectChecked"
    trail = (await employer.get(f"{agency.path}/audit-entries", params={"limit": 100}))["items"]
    told = {entry["operation"] for entry in trail}
    assert {"approve_working_group", "approve_session_record", "write_statement", "register_session_record"} <= told
    assert "Hemligt" not in str(trail)
    others = (await saco.get(f"{agency.path}/audit-entries", params={"limit": 100}))["items"]
    assert "create_party_note" in told
    assert "create_party_note" not in {entry["operation"] for entry in others}
