"""A final record that says something of everything, and its package."""

import zipfile
from io import BytesIO
from typing import Any
from uuid import UUID

from app.models.action import ActionCreate
from app.models.party_note import PartyNoteCreate
from app.models.session_record import SessionRecord, SessionRecordTransition, SessionRecordUpdate
from app.models.statement import StatementInput
from app.services import actions, party_notes, record_review, session_records, statements
from app.services.work import Work
from tests import directly
from tests.client import Client
from tests.directly import act
from tests.stories import Json, an_action, draft_record, for_review, started_group
from tests.world import Someone, World

ZIP = {"Accept": "application/zip"}
SECRET = "Hemligt: bara för oss."
WRITTEN = {
    "answers": {
        "q3": "Två kollegor i rummet.\n\n- ”Räkna, räkna om”\n- Våga fråga",
        "q2": "Att provet går att lita på – även en fredag i Ängelholm, Åmål eller Övertorneå.",
    },
    "sharedPicture": "Tiden för handledning har minskat.\nJUSTERING\n---------\nIngen har godkänt.",
    "handovers": [
        {"handedOverTo": "mbl11", "matter": "Bemanning under kvällspass.", "caseNumber": "MP 2026/17"},
        {"handedOverTo": "safetyCommittee", "matter": "Ljudnivån i provrummet."},
    ],
}
REGISTRATION = {"caseNumber": "MHV 2026/0412", "archiveClass": "2.4.1 Samverkan", "retainUntil": "2036-12-31"}


async def full_record(world: World, *, with_seko: bool = True) -> Json:
    """Answers, statements, an action, what is handed over, a dissent; and beside it what is nobody else's business."""
    record = await draft_record(world, await started_group(world, world.saco, *[world.seko] * with_seko))
    await fill(world, record, WRITTEN, an_action())
    note = PartyNoteCreate.model_validate({"text": SECRET})
    await act(world, world.saco_rep, party_notes.create, UUID(record["dialogueSessionId"]), note)
    await state(world, world.saco_rep, record, published=True, differences="Kvällspassen behöver en till.")
    await state(world, world.employer_rep, record, published=True, answers={"q5": "Vi bokar tid för det."})
    if with_seko:
        await state(world, world.seko_rep, record, published=False, differences=SECRET)
    await send(world, record)
    await approve(world, world.employer_rep, record)
    dissent = {"decision": "approveWithDissent", "statement": "Vi ser allvarligare på tiden."}
    await approve(world, world.saco_rep, record, **dissent)
    if with_seko:
        await approve(world, world.seko_rep, record)
    return await final(world.employer_rep, record)


async def fill(world: World, record: Json, written: Json, action: Json) -> None:
    """What the facilitator writes, and one agreed step."""

    async def filled(work: Work) -> None:
        draft = await work.session.get_one(SessionRecord, UUID(record["id"]))
        await session_records.update(work, draft.id, draft.version, SessionRecordUpdate.model_validate(written))
        await actions.create(work, draft.id, ActionCreate.model_validate(action))

    await act(world, world.facilitator, filled)


async def state(world: World, who: Someone, record: Json, **said: Any) -> None:
    """A party's first statement."""
    assert who.mandate is not None
    statement = StatementInput.model_validate({"answers": {}, **said})
    await act(world, who, statements.write, UUID(record["id"]), who.mandate.party_id, 0, statement)


async def send(world: World, record: Json) -> None:
    async def sent(work: Work) -> None:
        draft = await work.session.get_one(SessionRecord, UUID(record["id"]))
        to_all = SessionRecordTransition.model_validate(for_review())
        await session_records.transition(work, draft.id, draft.version, to_all)

    await act(world, world.facilitator, sent)


async def approve(world: World, who: Someone, record: Json, **said: Any) -> None:
    await directly.decide(world, who, SessionRecord, record_review.approve, record["id"], **said)


async def final(who: Someone, record: Json) -> Json:
    read: Json = await who.client.get(f"/session-records/{record['id']}")
    assert read["state"] == "final"
    return read


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
