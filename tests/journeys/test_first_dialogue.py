"""The whole story over HTTP: two parties start a group, hold a dialogue and sign its record. Every guard is tried."""

import hashlib
from datetime import date, timedelta

import rfc8785
import time_machine

from tests.stories import a_group, a_session, decide, for_review, present, soon
from tests.world import World


async def test_the_first_dialogue(world: World) -> None:
    """Five people: employer representative, two union representatives, facilitator, archivist."""
    employer, saco, seko = world.employer_rep.client, world.saco_rep.client, world.seko_rep.client
    facilitator, archivist = world.facilitator.client, world.archivist.client

    # --- the employer proposes a group for itself and both unions; nothing starts on one side's word
    proposal = a_group(world, world.saco, world.seko)
    group = await employer.post(f"{world.path}/working-groups", proposal)
    path = f"/working-groups/{group['id']}"
    sessions = f"{path}/dialogue-sessions"
    assert group["state"] == "forming"
    await employer.refused("POST", sessions, 409, "groupNotStarted", json=await a_session(world))
    await decide(world.employer_rep, path)
    await employer.refused(
        "POST",
        f"{path}/approvals",
        409,
        "partyHasDecided",
        json={"contentHash": group["contentHash"], "decision": "approve"},
        etag=await employer.etag(path),
    )
    await decide(world.saco_rep, path)
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
    for who in (world.employer_rep, world.saco_rep, world.seko_rep):
        assert (await who.client.get(path))["state"] == "forming"
        await decide(who, path)
    assert (await employer.get(path))["state"] == "active"

    # --- a session is planned, prepared and held with both sides on record
    session = await saco.post(sessions, await a_session(world))
    held = f"/dialogue-sessions/{session['id']}"
    assert session["legalCharacter"] == "dialogue"
    await facilitator.step(f"{held}/transitions", {"to": "prepared"})
    await facilitator.refused(
        "POST", f"{held}/transitions", 409, "attendanceOneSided", json={"to": "held"}, etag=await facilitator.etag(held)
    )
    await facilitator.change(
        held, {"attendances": present(world.employer_rep, world.saco_rep, world.seko_rep), "employeeHeadcount": 9}
    )
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
    own = f"{record_path}/statements/{world.saco.id}"
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
    await decide(world.employer_rep, record_path)
    second = await world.representative("second_employer_rep", world.employer)
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
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011
    expired = await world.representative("expired", world.saco, valid_to=yesterday)
    await expired.client.refused("POST", f"{record_path}/approvals", 404, "notFound", json=decision, etag=tag)

    # --- Seko asks for a change; it is made, and all three approve, one with dissent
    await decide(world.employer_rep, record_path)
    await decide(world.seko_rep, record_path, "requestChange", statement="Nämn nattskiftet.")
    returned = await employer.get(record_path)
    assert returned["state"] == "returned"
    assert [each["decision"] for each in returned["approvals"]] == ["requestChange"]
    await facilitator.change(record_path, {"sharedPicture": "Tiden har minskat, mest på natten."})
    await facilitator.step(f"{record_path}/transitions", for_review())
    await decide(world.saco_rep, record_path)
    await decide(world.employer_rep, record_path)
    assert (await employer.get(record_path))["state"] == "underReview"
    await decide(world.seko_rep, record_path, "approveWithDissent", statement="Vi bedömer risken som högre.")

    # --- final: the same for everyone, at once, for ever
    seen = [await who.client.get(record_path) for who in (world.employer_rep, world.saco_rep, world.seko_rep)]
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
    for who in (world.employer_rep, world.saco_rep, world.seko_rep):
        assert (await employer.get(appendix_path))["state"] == "underReview"
        await decide(who, appendix_path)
    assert (await archivist.get(appendix_path))["state"] == "final"
    assert (await employer.get(record_path))["content"] == seen[0]["content"]

    # --- the step is followed up, its effect checked, and the trail tells it all without content
    await saco.step(f"/actions/{action['id']}/transitions", {"to": "done"})
    with time_machine.travel(soon(0.003), tick=True):
        checked = await employer.step(
            f"/actions/{action['id']}/transitions", {"to": "effectChecked", "effect": "Fler vågar fråga."}
        )
    assert checked["state"] == "effectChecked"
    trail = (await employer.get(f"{world.path}/audit-entries", params={"limit": 100}))["items"]
    told = {entry["operation"] for entry in trail}
    assert {"approve_working_group", "approve_session_record", "write_statement", "register_session_record"} <= told
    assert "Hemligt" not in str(trail)
    others = (await saco.get(f"{world.path}/audit-entries", params={"limit": 100}))["items"]
    assert "create_party_note" in told
    assert "create_party_note" not in {entry["operation"] for entry in others}
