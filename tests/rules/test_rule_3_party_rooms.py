"""What one party keeps to itself changes nothing that anybody else can observe, in any place.

Everybody else looks at everything twice. In between Saco-S writes, changes, finds and deletes notes, and writes a
statement that it does not publish, with words in them that occur nowhere else. Whatever others are answered must be the
same to the byte: headers, counts, ETags, refusals, searches and what they try to change included.
"""

import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import SQLModel

from app.models.action import Action
from app.models.audit_entry import AuditEntry
from app.models.base import Table
from app.models.dialogue_session import DialogueSession
from app.models.organisation import Organisation
from app.models.party import Party
from app.models.party_note import PartyNote
from app.models.person import Person, Role
from app.models.session_record import SessionRecord
from app.models.statement import Statement
from app.models.working_group import WorkingGroup
from app.services import agreement
from tests.client import Client
from tests.conftest import app_alone
from tests.contract import document
from tests.stories import agreed_action, started_group, written_record
from tests.world import World

NOTE, CHANGED_NOTE, DIFFERENCES, ANSWER, ANOTHER = CANARIES = (
    "kanariefågeln",
    "steglitsen",
    "grönsiskan",
    "bofinken",
    "sidensvansen",
)
# What differs between two answers to the same question, whatever happens meanwhile.
OF_EACH_REQUEST = {"x-request-id", "traceparent", "date", "ratelimit"}
_INSTANCE = re.compile(rb'"instance":"urn:uuid:[^"]+"')
READS = {name: rule for name, rule in agreement.RULES.items() if rule.reads}


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    """With a database of its own: all of it is searched."""
    async with app_alone() as app:
        yield app


@dataclass
class Room:
    """A session with a draft record at a table of three parties; what Saco-S keeps about it is its own."""

    world: World
    things: dict[type[Table] | None, list[str]]
    session: str
    statement: str
    note: str = ""
    entries: list[str] = field(default_factory=list)


Seen = dict[str, tuple[int, tuple[tuple[str, str], ...], bytes]]


def _kept(response: httpx2.Response) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    headers = tuple(sorted(each for each in response.headers.items() if each[0] not in OF_EACH_REQUEST))
    return response.status_code, headers, _INSTANCE.sub(b'"instance":""', response.content)


def _addresses(room: Room) -> list[tuple[str, bool]]:
    """Every address to read that leads to the room's surroundings, and whether one can search there."""
    found = []
    for path, item in document()["paths"].items():
        operation = item.get("get")
        if operation is None or operation["operationId"] not in READS:
            continue
        rule = READS[operation["operationId"]]
        searches = any(each.get("name") == "q" for each in operation["parameters"])
        head, brace, rest = path.partition("{")
        tail = rest.partition("}")[2]
        ids = room.things.get(rule.on, []) if brace else [""]
        found += [(head + each + tail, searches) for each in ids if "{" not in tail]
    return found


async def _look(room: Room, client: Client) -> Seen:
    """What one is answered by every address, in every search, and at the door of the room."""
    seen: Seen = {}
    for path, searches in _addresses(room):
        seen[path] = _kept(await client.request("GET", path))
        # Whoever is refused the list is refused every search in it.
        shown = seen[path][0] == 200
        for word in CANARIES[: len(CANARIES) if shown else 1] if searches else ():
            response = await client.request("GET", path, params={"q": word})
            status, headers, body = _kept(response)
            # The links of a search repeat the words of the one who searches.
            quoted = str(httpx2.QueryParams({"q": word})).encode()
            seen[f"{path}?{word}"] = status, headers, body.replace(quoted, b"")
    text, statement = {"text": "Försök."}, {"answers": {}, "differences": "Försök.", "published": True}
    attempts: list[tuple[str, str, Any, str | None]] = [("GET", room.statement, None, None)]
    attempts += [("PUT", room.statement, statement, f'"{version}"') for version in range(4)]
    for version in range(1, 3):
        attempts += [
            ("PATCH", room.note, text, f'"{version}"'),
            ("DELETE", room.note, None, f'"{version}"'),
        ]
    attempts += [("GET", room.note, None, None)]
    attempts += [("GET", f"/audit-entries/{entry}", None, None) for entry in room.entries]
    for method, path, body, tag in attempts:
        response = await client.request(method, path, json=body, etag=tag)
        assert response.status_code >= 400, (method, path)
        seen[f"{method} {path} {tag}"] = _kept(response)
    return seen


async def _kept_to_themselves(room: Room) -> None:
    """Saco-S at work in its room; one note stays, and one goes."""
    saco, world = room.world.saco_rep.client, room.world
    notes = f"{room.session}/party-notes"
    async with world.database.write() as session:
        # Others have looked for this note before it was written.
        kept = {"id": room.note.rsplit("/", 1)[1], "made": await _note(saco, notes, NOTE)}
        await session.execute(sa.text("UPDATE party_note SET id = :id WHERE id = :made"), kept)
    await saco.change(room.note, {"text": f"{CHANGED_NOTE} och {NOTE}"})
    gone = await _note(saco, notes, ANOTHER)
    await saco.change(f"/party-notes/{gone}", None, expect=204, method="DELETE")
    written = {"answers": {"q5": ANSWER}, "differences": DIFFERENCES, "published": False}
    await saco.change(room.statement, written, method="PUT", etag='"0"')
    written["differences"] = f"{DIFFERENCES}, ändrat"
    await saco.change(room.statement, written, method="PUT", etag='"1"')


async def _note(client: Client, notes: str, text: str) -> str:
    return str((await client.post(notes, {"text": text}))["id"])


async def _others(world: World, other: World) -> dict[str, Client]:
    """Everybody who does not speak for Saco-S at this table."""
    elsewhere = await started_group(world, world.saco)
    await world.representative("saco_elsewhere", world.saco, working_group_id=elsewhere["id"])
    await world.someone("content_editor", Role.CONTENT_EDITOR, outside=True)
    await world.someone("central_analyst", Role.CENTRAL_ANALYST, outside=True)
    people = {name: someone.client for name, someone in world.people.items() if name != "saco_rep"}
    return people | {
        "outsider": other.employer_rep.client,
        "outside_saco": other.saco_rep.client,
        "nobody": world.nobody,
    }


@pytest.fixture
async def room(world: World) -> Room:
    group = await started_group(world, world.saco, world.seko)
    record = await written_record(world, group)
    action = await agreed_action(world, record)
    session = record["dialogueSessionId"]
    things: dict[type[Table] | None, list[str]] = {
        Organisation: [str(world.organisation.id)],
        WorkingGroup: [group["id"]],
        DialogueSession: [session],
        SessionRecord: [record["id"]],
        Action: [action["id"]],
        Party: [str(each.id) for each in (world.employer, world.saco, world.seko)],
        Person: [each.id for each in (world.saco_rep, world.seko_rep, world.facilitator)],
    }
    return Room(
        world,
        things,
        f"/dialogue-sessions/{session}",
        f"/session-records/{record['id']}/statements/{world.saco.id}",
    )


async def test_rule_3_nobody_else_can_observe_what_happens_in_a_party_room(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = room.world
    room.note = f"/party-notes/{world.organisation.id}"  # an id of our own choice, so that it is known beforehand
    async with World(world.app) as other:
        others = await _others(world, other)
        before = {name: await _look(room, client) for name, client in others.items()}
        await _kept_to_themselves(room)
        room.entries = await _entries_of_the_room(room)
        assert len(room.entries) > 4
        after = {name: await _look(room, client) for name, client in others.items()}
        for name in others:
            different = [what for what, told in before[name].items() if after[name][what] != told]
            assert not different, (name, different)
            for what, (_, headers, body) in after[name].items():
                told = str(headers) + body.decode()
                assert not [word for word in CANARIES if word in told], (name, what)
    # The room itself finds everything again.
    own = await world.saco_rep.client.get(room.note)
    assert CHANGED_NOTE in own["text"]
    assert DIFFERENCES in (await world.saco_rep.client.get(room.statement))["differences"]
    # The test's own client logs the addresses of its searches.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert not [word for word in CANARIES if word in "\n".join(logged)]


async def _entries_of_the_room(room: Room) -> list[str]:
    async with room.world.database.read() as session:
        query = sa.select(AuditEntry.id).where(  # type: ignore[call-overload]
            AuditEntry.organisation_id == room.world.organisation.id, AuditEntry.audience == "party"
        )
        return [str(each) for each in (await session.execute(query)).scalars()]


async def test_rule_3_private_words_are_kept_in_one_place(room: Room) -> None:
    """In the note and in the statement, and in no other column of the database: no log, no queue, no request key."""
    room.note = f"/party-notes/{room.world.organisation.id}"
    await _kept_to_themselves(room)
    found: dict[str, set[str]] = {}
    async with room.world.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = await session.execute(sa.text(f'SELECT "{table.name}"::text FROM "{table.name}"'))  # noqa: S608
            for row in rows.scalars():
                found.setdefault(table.name, set()).update(word for word in CANARIES if word in row)
    holding = {name: words for name, words in found.items() if words}
    assert holding == {
        PartyNote.__table__.name: {NOTE, CHANGED_NOTE},  # type: ignore[attr-defined]
        Statement.__table__.name: {DIFFERENCES, ANSWER},  # type: ignore[attr-defined]
    }


async def test_rule_3_a_published_statement_is_observed(room: Room) -> None:
    """The watch above can see: what is published shows at once."""
    room.note = f"/party-notes/{room.world.organisation.id}"
    client = room.world.employer_rep.client
    before = _kept(await client.request("GET", room.statement))
    written = {"answers": {"q5": ANSWER}, "differences": DIFFERENCES, "published": True}
    await room.world.saco_rep.client.change(room.statement, written, method="PUT", etag='"0"')
    after = _kept(await client.request("GET", room.statement))
    assert after != before
    assert DIFFERENCES in after[2].decode()
