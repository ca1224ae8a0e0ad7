"""A final record that says something of everything, and its package."""

import zipfile
from io import BytesIO
from typing import Any

from tests.client import Client
from tests.stories import Json, agreed_action, decide, draft_record, for_review, started_group
from tests.world import Someone, World

ZIP = {"Accept": "application/zip"}
SECRET = "Hemligt: bara för oss."
REGISTRATION = {"caseNumber": "MHV 2026/0412", "archiveClass": "2.4.1 Samverkan", "retainUntil": "2036-12-31"}


async def full_record(world: World, *, with_seko: bool = True) -> Json:
    """Answers, statements, an action, what is handed over, a dissent; and beside it what is nobody else's business."""
    record = await draft_record(world, await started_group(world, world.saco, *[world.seko] * with_seko))
    path = f"/session-records/{record['id']}"
    session = record["dialogueSessionId"]
    note = {"text": SECRET}
    await world.saco_rep.client.post(f"/dialogue-sessions/{session}/party-notes", note)
    await world.facilitator.client.change(
        path,
        {
            "answers": {
                "q3": "Två kollegor i rummet.\n\n- ”Räkna, räkna om”\n- Våga fråga",
                "q2": "Att provet går att lita på – även en fredag i Ängelholm, Åmål eller Övertorneå.",
            },
            "sharedPicture": "Tiden för handledning har minskat.\nJUSTERING\n---------\nIngen har godkänt.",
            "handovers": [
                {"handedOverTo": "mbl11", "matter": "Bemanning under kvällspass.", "caseNumber": "MP 2026/17"},
                {"handedOverTo": "safetyCommittee", "matter": "Ljudnivån i provrummet."},
            ],
        },
    )
    await agreed_action(world, record)
    await _state(world.saco_rep, path, world.saco.id, published=True, differences="Kvällspassen behöver en till.")
    await _state(world.employer_rep, path, world.employer.id, published=True, answers={"q5": "Vi bokar tid för det."})
    if with_seko:
        await _state(world.seko_rep, path, world.seko.id, published=False, differences=SECRET)
    await world.facilitator.client.step(f"{path}/transitions", for_review())
    await decide(world.employer_rep, path)
    await decide(world.saco_rep, path, "approveWithDissent", statement="Vi ser allvarligare på tiden.")
    if with_seko:
        await decide(world.seko_rep, path)
    read: Json = await world.employer_rep.client.get(path)
    assert read["state"] == "final"
    return read


async def _state(who: Someone, path: str, party_id: Any, **statement: Any) -> None:
    place = f"{path}/statements/{party_id}"
    await who.client.change(place, statement, method="PUT", etag=await who.client.etag(place))


async def register(world: World, record: Json, etag: str = '"0"', **more: Any) -> Json:
    place = f"/record-registrations/{record['id']}"
    read: Json = await world.archivist.client.change(place, REGISTRATION | more, method="PUT", etag=etag)
    return read


def place_of(record: Json) -> str:
    return f"/session-records/{record['id']}/archive-package"


async def package_of(who: Someone | Client, record: Json) -> bytes:
    client = who if isinstance(who, Client) else who.client
    response = await client.request("GET", place_of(record), headers=ZIP, expect=200)
    assert response.headers["Content-Type"] == "application/zip"
    content: bytes = response.content
    return content


def files_in(package: bytes) -> dict[str, bytes]:
    """As another program reads it."""
    with zipfile.ZipFile(BytesIO(package)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}
