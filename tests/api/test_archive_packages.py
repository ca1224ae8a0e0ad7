"""The archive package over HTTP: who gets it, that it is the same for all, and that it is what was approved."""

import asyncio
import base64
import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.api.file_turns import Turns
from app.services import archive_packages
from app.services.archive_checks import verify
from app.services.work import Work
from tests import machines
from tests.archive_stories import (
    REGISTRATION,
    SECRET,
    ZIP,
    files_in,
    full_record,
    package_of,
    place_of,
    register,
)
from tests.client import Client
from tests.retention_stories import a_hold, destroyed_jointly, final_appendix
from tests.stories import (
    decide,
    draft_record,
    final_record,
    for_review,
    record_under_review,
    shut_organisation,
    started_group,
    written_record,
)
from tests.world import Someone, World


async def test_everyone_who_may_read_the_record_gets_the_same_file(world: World) -> None:
    """Rule 6, and what the archivist and an integrator may have."""
    record = await full_record(world)
    integrator = await machines.consented(world)
    readers: list[Someone | Client] = [
        *(world.employer_rep, world.saco_rep, world.seko_rep, world.facilitator, world.archivist),
        integrator.client,
    ]
    packages = {await package_of(who, record) for who in readers}
    assert len(packages) == 1
    assert verify(packages.pop()).holds
    shown = [await _client(who).get(place_of(record)) for who in readers]
    assert all(each == shown[0] for each in shown)


async def test_nobody_else_does(world: World, app: Any) -> None:
    record = await full_record(world)
    others = [world.employee.client, world.administrator.client]
    machine = await machines.machine(world)
    hr = await machines.hr_system(world)
    results = await machines.consented(world, scopes=["results:read"], name="Statistik")
    async with World(app) as elsewhere:
        others += [elsewhere.employer_rep.client, elsewhere.archivist.client]
        for headers in ({}, ZIP):
            for client in others:
                await client.refused("GET", place_of(record), 404, "notFound", headers=headers)
            for program in (machine, hr, results):
                answer = await program.client.request("GET", place_of(record), headers=headers)
                assert answer.status_code in {401, 403, 404}
            await world.nobody.refused("GET", place_of(record), 401, "notSignedIn", headers=headers)


async def test_only_a_final_record_has_one(world: World) -> None:
    group = await started_group(world)
    draft = await draft_record(world, group)
    review = await record_under_review(world, group)
    for record in (draft, review):
        for who in (world.employer_rep, world.saco_rep, world.facilitator):
            await who.client.refused("GET", place_of(record), 409, "recordNotFinal", headers=ZIP)
        await world.archivist.client.refused("GET", place_of(record), 404, "notFound", headers=ZIP)
    appendix = await world.saco_rep.client.post(
        f"/session-records/{(await final_record(world, group))['id']}/appendices",
        {"title": "Rättelse", "sharedPicture": "Rätt."},
    )
    await world.saco_rep.client.refused("GET", place_of(appendix), 409, "recordNotFinal")


async def test_it_holds_what_was_approved_and_nothing_that_is_private(world: World) -> None:
    record = await full_record(world)
    await register(world, record)
    package = await package_of(world.archivist, record)
    files = files_in(package)
    assert hashlib.sha256(files["record.json"]).hexdigest() == record["contentHash"]
    assert json.loads(files["record.json"]) == record["content"]
    approvals = json.loads(files["approvals.json"])
    assert [each["contentHash"] for each in approvals["approvals"]] == [record["contentHash"]] * 3
    kept = ("partyId", "decision", "statement", "decidedAt")
    assert [{name: each[name] for name in kept} for each in approvals["approvals"]] == [
        {name: each[name] for name in kept} for each in record["approvals"]
    ]
    assert [(each["name"], each["side"]) for each in approvals["parties"]] == [
        ("Arbetsgivaren", "employer"),
        ("Saco-S", "union"),
        ("Seko", "union"),
    ]
    registration = json.loads(files["registration.json"])
    assert registration.items() >= REGISTRATION.items()
    assert registration.keys() == {*REGISTRATION, "registeredAt"}
    template = await world.saco_rep.client.get(f"/dialogue-templates/{record['content']['dialogueTemplate']['id']}")
    assert json.loads(files["template.json"]) == template["content"]
    whole = b"".join(files.values()).decode("utf-8", errors="replace")
    assert SECRET not in whole
    assert "Hemlig" not in whole
    for someone in world.people.values():
        assert someone.person.name not in whole or " " not in someone.person.name
        assert someone.person.email not in whole
        assert someone.id not in whole


@pytest.mark.parametrize(("name", "said"), [("record.sv.txt", "sv"), ("record.en.txt", "en")])
async def test_the_readable_text_says_all_of_it(world: World, name: str, said: str) -> None:
    record = await full_record(world)
    await register(world, record)
    package = await package_of(world.archivist, record)
    text = files_in(package)[name].decode()
    content = record["content"]
    template = json.loads(files_in(package)["template.json"])
    questions = {each["id"]: each["text"][said] for step in template["steps"] for each in step["questions"]}
    written = [
        *content["answers"].values(),
        *(answer for each in content["statements"] for answer in each["answers"].values()),
        *(each["differences"] for each in content["statements"] if each["differences"]),
        *(each["what"] for each in content["actions"]),
        *(each["matter"] for each in content["handovers"]),
        *(each["statement"] for each in record["approvals"] if each["statement"]),
        content["sharedPicture"],
    ]
    for each in written:
        for line in each.split("\n"):
            assert not line or f"\n    {line}\n" in text, line
    for question in ("q2", "q3", "q5", "q6"):
        assert f"{question}. {questions[question]}\n" in text
    facts = [
        *(world.organisation.name, content["title"], content["place"], content["facilitatorFunction"]),
        *(record["id"], record["contentHash"], content["dialogueTemplate"]["contentHash"]),
        *(content["workingGroupId"], content["dialogueSessionId"], "MHV 2026/0412", "2.4.1 Samverkan", "MP 2026/17"),
        {"sv": "31 december 2036", "en": "31 December 2036"}[said],
    ]
    for fact in facts:
        assert fact in text, fact
    # No line that somebody wrote begins where headings do.
    assert text.count("\nJUSTERING\n") == (1 if said == "sv" else 0)


async def test_only_decisions_that_count_are_in_it(world: World) -> None:
    """A party has withdrawn, another asked for a change: in the end both have approved another content."""
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    withdrawn = await decide(world.saco_rep, path)
    tag = await world.saco_rep.client.etag(f"/approvals/{withdrawn['id']}")
    await world.saco_rep.client.request("DELETE", f"/approvals/{withdrawn['id']}", etag=tag, expect=204)
    await decide(world.employer_rep, path, "requestChange", statement="Skriv om det.")
    await world.facilitator.client.change(path, {"sharedPicture": "Omskrivet."})
    await world.facilitator.client.step(f"{path}/transitions", for_review())
    await decide(world.saco_rep, path)
    await decide(world.employer_rep, path)
    package = await package_of(world.archivist, record)
    assert verify(package).holds
    decided = json.loads(files_in(package)["approvals.json"])["approvals"]
    assert [(each["partyId"], each["decision"]) for each in decided] == [
        (str(world.saco.id), "approve"),
        (str(world.employer.id), "approve"),
    ]
    assert "Skriv om det." not in files_in(package)["record.sv.txt"].decode()


async def test_an_appendix_has_a_package_of_its_own(world: World) -> None:
    record = await full_record(world, with_seko=False)
    before = await package_of(world.archivist, record)
    appendix = await final_appendix(world, record)
    package = await package_of(world.archivist, appendix)
    assert verify(package).holds
    manifest = json.loads(files_in(package)["manifest.json"])
    assert manifest["appendixTo"] == {"id": record["id"], "contentHash": record["contentHash"]}
    text = files_in(package)["record.sv.txt"].decode()
    assert text.startswith("TILLÄGG TILL PROTOKOLL FRÅN PARTSGEMENSAMT SAMTAL\n")
    assert record["id"] in text
    assert record["contentHash"] in text
    assert await package_of(world.archivist, record) == before


async def test_the_registration_changes_it_and_nothing_else_does(world: World) -> None:
    record = await full_record(world)
    path, client = place_of(record), world.archivist.client
    first = await client.request("GET", path, headers=ZIP, expect=200)
    shown = await client.request("GET", path, expect=200)
    assert first.headers["ETag"] != shown.headers["ETag"]
    assert first.headers["Content-Disposition"] == f'attachment; filename="protokoll-{record["id"]}.zip"'
    assert first.headers["Cache-Control"] == "private, no-store"
    for tag, accept in ((first.headers["ETag"], ZIP), (shown.headers["ETag"], {})):
        same = await client.request("GET", path, headers={**accept, "If-None-Match": tag}, expect=304)
        assert (same.content, same.headers["ETag"]) == (b"", tag)
    await world.saco_rep.client.change(f"/parties/{world.saco.id}", {"name": "Saco-S lokalt"})
    await world.saco_rep.client.change(f"/mandates/{world.saco_rep.mandate_id}", {"function": "Ordförande"})
    action = record["content"]["actions"][0]["id"]
    await world.saco_rep.client.step(f"/actions/{action}/transitions", {"to": "done"})
    assert (await client.request("GET", path, headers=ZIP)).content == first.content
    await register(world, record)
    second = await client.request("GET", path, headers={**ZIP, "If-None-Match": first.headers["ETag"]}, expect=200)
    assert "registration.json" in files_in(second.content)
    assert "Protokollet var inte diariefört" in files_in(first.content)["record.sv.txt"].decode()
    await register(world, record, '"1"', caseNumber="MHV 2026/0413")
    third = await package_of(world.archivist, record)
    assert len({first.content, second.content, third}) == 3
    assert all(verify(each).holds for each in (first.content, second.content, third))


async def test_as_json_it_says_what_is_in_the_file(world: World) -> None:
    record = await full_record(world)
    await register(world, record)
    shown = await world.employer_rep.client.get(place_of(record))
    package = await package_of(world.employer_rep, record)
    files = files_in(package)
    assert shown["packageHash"] == hashlib.sha256(package).hexdigest()
    assert shown["manifest"] == json.loads(files["manifest.json"])
    assert base64.b64decode(shown["signature"]) == files["manifest.sig"]
    assert shown["approvals"] == json.loads(files["approvals.json"])["approvals"]
    assert shown["registration"] == json.loads(files["registration.json"])
    listed = {each["name"]: (each["size"], each["hash"]) for each in shown["manifest"]["files"]}
    there = {name: (len(each), hashlib.sha256(each).hexdigest()) for name, each in files.items()}
    assert listed == {name: each for name, each in there.items() if name not in {"manifest.json", "manifest.sig"}}
    await world.employer_rep.client.refused(
        "GET", place_of(record), 406, "notAcceptable", headers={"Accept": "text/csv"}
    )
    both = {"Accept": "application/zip;q=0.5, application/json"}
    answer = await world.employer_rep.client.request("GET", place_of(record), headers=both)
    assert answer.headers["Content-Type"] == "application/json"


async def test_reading_it_writes_nothing(world: World) -> None:
    record = await full_record(world)
    count = sa.text("SELECT count(*) FROM audit_entry")
    async with world.database.write() as session:
        before = (await session.execute(count)).scalar_one()
    tag = await world.archivist.client.etag(f"/session-records/{record['id']}")
    await package_of(world.archivist, record)
    async with world.database.write() as session:
        assert (await session.execute(count)).scalar_one() == before
    assert await world.archivist.client.etag(f"/session-records/{record['id']}") == tag


async def test_stepped_out_of_the_wall_it_can_only_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the service is nobody's but its own, a fault of ours must not change anything."""
    record = await full_record(world)
    tried = []
    really = archive_packages._parties

    async def writes(work: Work, *given: Any) -> Any:
        role = (await work.session.execute(sa.text("SELECT current_setting('role')"))).scalar_one()
        try:
            async with work.session.begin_nested():
                await work.session.execute(sa.text("UPDATE party SET version = version"))
        except DBAPIError as error:
            tried.append((role, str(error.orig)))
        return await really(work, *given)

    monkeypatch.setattr(archive_packages, "_parties", writes)
    await package_of(world.archivist, record)
    assert [role for role, _ in tried] == ["larande_system"]
    assert "read-only transaction" in tried[0][1]


async def test_under_a_legal_hold_it_is_read_as_before(world: World) -> None:
    record = await full_record(world)
    before = await package_of(world.archivist, record)
    await a_hold(world, heldRecordId=record["id"])
    assert await package_of(world.archivist, record) == before


async def test_in_a_closed_organisation_too(world: World) -> None:
    record = await full_record(world)
    before = await package_of(world.archivist, record)
    await shut_organisation(world)
    assert await package_of(world.archivist, record) == before
    assert await package_of(world.saco_rep, record) == before


async def test_of_a_destroyed_record_there_is_none(world: World) -> None:
    record = await full_record(world, with_seko=False)
    await package_of(world.archivist, record)
    await destroyed_jointly(world, record)
    for who in (world.archivist, world.saco_rep, world.employer_rep):
        for headers in ({}, ZIP):
            await who.client.refused("GET", place_of(record), 404, "notFound", headers=headers)


async def test_while_it_is_destroyed_it_is_whole_or_not_there(world: World) -> None:
    record = await full_record(world, with_seko=False)

    async def read(_: int) -> tuple[int, bytes]:
        answer = await world.archivist.client.request("GET", place_of(record), headers=ZIP)
        return answer.status_code, answer.content

    reading = [asyncio.create_task(read(number)) for number in range(10)]
    await destroyed_jointly(world, record)
    for status, content in await asyncio.gather(*reading):
        assert status in {200, 404}
        assert status == 404 or verify(content).holds


async def test_whoever_was_not_in_the_room_is_called_what_they_are_called_now(world: World) -> None:
    """Seko approves and is not in the record: its name and function are those of today, and the package says so."""
    record = await full_record(world)
    await world.seko_rep.client.change(f"/parties/{world.seko.id}", {"name": "Seko Åmål"})
    files = files_in(await package_of(world.saco_rep, record))
    assert "Seko Åmål (arbetstagarpart), Företrädare:" in files["record.sv.txt"].decode()


@pytest.mark.parametrize("part", [1, 2])
async def test_what_was_altered_in_the_database_is_not_signed(
    world: World, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """The database refuses it; whoever gets past that gets nothing signed. Once the record, once the template."""
    record = await full_record(world)
    really: Any = archive_packages._made

    def altered(*given: Any) -> Any:
        return really(*given[:part], {**given[part], "sharedPicture": "Något annat."}, *given[part + 1 :])

    monkeypatch.setattr(archive_packages, "_made", altered)
    answer = await world.archivist.client.request("GET", place_of(record), headers=ZIP, expect=500)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_union_that_has_not_decided_is_said_not_to_have(world: World) -> None:
    """Rule 1. The group's rule is `any`: Seko states something, and the record is final without it."""
    group = await started_group(world, world.saco, world.seko, approvalRule="any")
    record = await written_record(world, group)
    path = f"/session-records/{record['id']}"
    place = f"{path}/statements/{world.seko.id}"
    seko = world.seko_rep.client
    await seko.change(
        place, {"published": True, "answers": {"q5": "Vi behöver mer tid."}}, method="PUT", etag=await seko.etag(place)
    )
    await world.facilitator.client.step(f"{path}/transitions", for_review())
    await decide(world.employer_rep, path)
    await decide(world.saco_rep, path)
    package = await package_of(world.seko_rep, record)
    assert verify(package).holds
    files = files_in(package)
    approvals = json.loads(files["approvals.json"])
    assert str(world.seko.id) in {each["id"] for each in approvals["parties"]}
    assert str(world.seko.id) not in {each["partyId"] for each in approvals["approvals"]}
    assert "\nSeko (arbetstagarpart) har inte fattat något beslut som gäller.\n" in files["record.sv.txt"].decode()
    assert "\nSeko (union party) has made no decision that stands.\n" in files["record.en.txt"].decode()
    assert "Var och en" not in files["record.sv.txt"].decode()


async def test_an_edited_mandate_of_a_decider_who_was_not_in_the_room_changes_it(world: World) -> None:
    record = await full_record(world)
    before = await package_of(world.archivist, record)
    await world.seko_rep.client.change(f"/mandates/{world.seko_rep.mandate_id}", {"function": "Klubbordförande"})
    after = await package_of(world.archivist, record)
    assert before != after
    assert verify(before).holds
    assert verify(after).holds
    assert "Seko (arbetstagarpart), Klubbordförande:" in files_in(after)["record.sv.txt"].decode()


async def test_packages_are_made_in_turn_and_without_a_connection(
    world: World, few_turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await full_record(world)
    held: list[int] = []
    really: Any = archive_packages._made

    def counted(*given: Any) -> Any:
        held.append(world.app.state.database.engine.pool.checkedout())
        return really(*given)

    monkeypatch.setattr(archive_packages, "_made", counted)
    client = world.archivist.client
    async with few_turns.turn(uuid4()):
        waiting = asyncio.create_task(package_of(client, record))
        while not few_turns.waiting:  # noqa: ASYNC110 - there is nothing that tells
            await asyncio.sleep(0.01)
        assert world.app.state.database.engine.pool.checkedout() == 0
        for headers in (ZIP, {}):
            busy = await client.request("GET", place_of(record), headers=headers, expect=503)
            assert (busy.json()["code"], busy.headers["Retry-After"]) == ("serverBusy", "5")
        assert held == []
    assert verify(await waiting).holds
    assert held == [0]
    # Whoever is refused gives the turn back.
    for _ in range(3):
        await world.employee.client.refused("GET", place_of(record), 404, "notFound", headers=ZIP)
    assert verify(await package_of(client, record)).holds


async def test_a_large_record(world: World) -> None:
    """A hundred answers of ten thousand characters, each three bytes long in UTF-8."""
    group = await started_group(world)
    record = await draft_record(world, group)
    path = f"/session-records/{record['id']}"
    for question in ("q2", "q3", "q4"):
        await world.facilitator.client.change(path, {"answers": {question: "åäö€ " * 1999 + question}})
    for number in range(60):
        body = {"what": f"{number} " + "Ö" * 9000, "ownerFunction": "Enhetschef", "dueOn": "2030-01-01"}
        await world.facilitator.client.post(f"{path}/actions", body)
    await world.facilitator.client.step(f"{path}/transitions", for_review())
    await decide(world.employer_rep, path)
    await decide(world.saco_rep, path)
    package = await package_of(world.archivist, record)
    assert len(package) > 3_000_000
    assert verify(package).holds


# --- The keys ---------------------------------------------------------------------------------------------------------


async def test_anybody_may_see_the_keys(world: World) -> None:
    record = await final_record(world, await started_group(world))
    answer = await world.nobody.request("GET", "/archive-keys", expect=200)
    keys = answer.json()["keys"]
    shown = await world.saco_rep.client.get(place_of(record))
    (signing,) = [each for each in keys if each["signsNow"]]
    assert signing["thumbprint"] == shown["manifest"]["keyThumbprint"]
    assert signing["publicKey"].encode() == files_in(await package_of(world.saco_rep, record))["public-key.pem"]
    assert "PRIVATE" not in answer.text
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert (await world.nobody.request("GET", "/archive-keys", headers=tag)).status_code == 304


def _client(who: Someone | Client) -> Client:
    return who if isinstance(who, Client) else who.client
