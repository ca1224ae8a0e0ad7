"""Final records taken away whole: by whom, what of them, in which format, and never anything but what is final."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
import rfc8785
import sqlalchemy as sa

from app.api.dependencies import RequestRefusal
from app.api.file_turns import Turns
from app.services import approved_records
from app.services.content_hash import content_hash
from tests import machines
from tests.archive_stories import approve, fill, final, send, state
from tests.client import Client
from tests.retention_stories import destroyed_jointly, final_appendix
from tests.stories import (
    Json,
    an_action,
    decide,
    draft_record,
    final_record,
    for_review,
    held_session,
    record_under_review,
    started_group,
    written_record,
)
from tests.tables import CSV, XLSX, get_csv, get_file, get_xlsx
from tests.world import World

TABLES = ("records", "answers", "statements", "actions", "handovers", "attendances", "approvals")
OWN_WORDS = "Bara för Saco-S, och för ingen annan."
DRAFTED = "Det här är bara ett utkast."


def at(world: World) -> str:
    return f"{world.path}/approved-records"


async def a_full_record(
    world: World, group: Json, words: str = "Vi ser det annorlunda.", *, voided: bool = False
) -> Json:
    """Final, with something of everything; `words` stand wherever somebody can write in it.

    With `voided` one side has approved something else before.
    """
    session = await held_session(world, group, title=words, place=words, facilitatorFunction=words)
    record = {"id": session["sessionRecordId"], "dialogueSessionId": session["id"]}
    written = {
        "answers": {"q2": words, "q4": "Fyra.", "q3": "Tre."},
        "sharedPicture": words,
        "handovers": [{"handedOverTo": "mbl11", "matter": words, "caseNumber": words}],
    }
    await fill(world, record, written, an_action(what=words, ownerFunction=words))
    await state(world, world.employer_rep, record, published=True, answers={"q5": words}, differences=words)
    await state(world, world.saco_rep, record, published=False, answers={"q5": OWN_WORDS}, differences=OWN_WORDS)
    await send(world, record)
    if voided:
        await approve(world, world.employer_rep, record)
        await world.facilitator.client.change(f"/session-records/{record['id']}", {"answers": {"q3": "Annat."}})
        await send(world, record)
    await approve(world, world.employer_rep, record)
    await approve(world, world.saco_rep, record, decision="approveWithDissent", statement=words)
    note = {"text": OWN_WORDS}
    await world.saco_rep.client.post(f"/dialogue-sessions/{record['dialogueSessionId']}/party-notes", note)
    return await final(world.saco_rep, record)


async def registered(world: World, record: Json, **more: Any) -> Json:
    given = {"caseNumber": "MP 2026/0412", "archiveClass": "2.4.1 Samverkan", "retainUntil": "2031-12-31"} | more
    path = f"/record-registrations/{record['id']}"
    read: Json = await world.archivist.client.change(path, given, method="PUT", etag='"0"')
    return read


async def ids(client: Client, world: World, **asked: Any) -> list[str]:
    return [item["id"] for item in (await client.get(at(world), params=asked))["items"]]


# --- What is in it -------------------------------------------------------------------------------------------------


async def test_a_record_is_there_whole_as_it_was_approved(world: World) -> None:
    record = await a_full_record(world, await started_group(world), voided=True)
    registration = await registered(world, record)
    (item,) = (await world.archivist.client.get(at(world)))["items"]
    assert item["content"] == record["content"]
    assert content_hash(item["content"]) == item["contentHash"] == record["contentHash"]
    assert item["approvals"] == record["approvals"]
    assert [each["decision"] for each in item["approvals"]] == ["approve", "approveWithDissent"]
    of_archive = {"caseNumber", "archiveClass", "retainUntil", "legalHold", "registeredAt"}
    assert item["registration"] == {name: registration[name] for name in of_archive}
    same = ("id", "title", "workingGroupId", "dialogueSessionId", "appendixToId", "finalAt")
    assert {name: item[name] for name in same} == {name: record[name] for name in same}


async def test_files_say_what_the_json_says(world: World) -> None:
    record = await a_full_record(world, await started_group(world))
    await registered(world, record)
    appendix = await final_appendix(world, record)
    (item, _) = (await world.archivist.client.get(at(world)))["items"]
    content = item["content"]
    book = await get_xlsx(world.archivist.client, at(world))
    assert tuple(book) == TABLES
    whole, correction = book["records"]
    assert whole["id"] == record["id"]
    assert correction["id"], correction["appendixToId"] == (appendix["id"], record["id"])
    assert correction["caseNumber"] is correction["legalHold"] is None
    flat = item | item["registration"] | content
    flat |= {
        "dialogueTemplateId": content["dialogueTemplate"]["id"],
        "dialogueTemplateKey": content["dialogueTemplate"]["key"],
        "templateVersion": content["dialogueTemplate"]["templateVersion"],
        "dialogueTemplateContentHash": content["dialogueTemplate"]["contentHash"],
        "contentHash": item["contentHash"],
    }
    assert whole == {name: flat[name] for name in whole}
    own = [row for row in book["answers"] if row["sessionRecordId"] == record["id"]]
    assert [(row["partyId"], row["questionId"]) for row in own] == [
        *((None, question) for question in ("q2", "q3", "q4")),
        (str(world.employer.id), "q5"),
    ]
    for table in ("statements", "actions", "handovers", "attendances"):
        rows = [row for row in book[table] if row["sessionRecordId"] == record["id"]]
        assert rows
        assert rows == [
            {"sessionRecordId": record["id"], **{name: each[name] for name in rows[0] if name != "sessionRecordId"}}
            for each in content[table]
        ]
    assert [row for row in book["approvals"] if row["sessionRecordId"] == record["id"]] == [
        {"sessionRecordId": record["id"], **each} for each in item["approvals"]
    ]
    for table in TABLES:
        rows = await get_csv(world.archivist.client, at(world), params={"table": table})
        assert [list(row) for row in rows] == [list(row) for row in book[table]]
        as_text = [{name: _in_csv(value) for name, value in row.items()} for row in book[table]]
        assert rows == as_text, table
    assert await get_csv(world.archivist.client, at(world)) == await get_csv(
        world.archivist.client, at(world), params={"table": "records"}
    )


def _in_csv(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


async def test_files_have_plain_names(world: World) -> None:
    names = []
    for media_type, asked in ((CSV, ""), (CSV, "?table=actions"), (XLSX, "")):
        response = await get_file(world.archivist.client, at(world) + asked, media_type)
        names.append(response.headers["content-disposition"])
        assert response.headers["cache-control"] == "private, no-store"
    assert names == [
        'attachment; filename="approved-records.csv"',
        'attachment; filename="approved-records-actions.csv"',
        'attachment; filename="approved-records.xlsx"',
    ]


async def test_an_empty_selection_is_a_header(world: World) -> None:
    response = await get_file(world.archivist.client, at(world), CSV)
    assert response.content.startswith(b'\xef\xbb\xbf"id";"title";')
    assert response.content.count(b"\r\n") == 1
    assert all(rows == [] for rows in (await get_xlsx(world.archivist.client, at(world))).values())


HOSTILE = ('=HYPERLINK("http://x.example";"Se här")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "\u00ad=1", '\'=1;"x",=2')


@pytest.mark.parametrize("words", HOSTILE)
async def test_no_field_of_a_record_becomes_a_formula(world: World, words: str) -> None:
    group = await started_group(world)
    await world.employer_rep.client.change(f"/parties/{world.employer.id}", {"name": words})
    await world.employer_rep.client.change(f"/mandates/{world.employer_rep.mandate_id}", {"function": words})
    record = await a_full_record(world, group, words)
    await registered(world, record, caseNumber=words, archiveClass=words)
    assert record["content"]["sharedPicture"] == words
    escaped = 0
    for table in TABLES:
        for row in await get_csv(world.archivist.client, at(world), params={"table": table}):
            escaped += list(row.values()).count(f"'{words}")
            assert words not in row.values()
    in_json = json.dumps((await world.archivist.client.get(at(world)))["items"])
    # The title stands there twice: of the record, and of what was approved.
    assert escaped == in_json.count(json.dumps(words)) - 1 == 16
    book = await get_xlsx(world.archivist.client, at(world))
    cells = [cell for rows in book.values() for row in rows for cell in row.values()]
    assert cells.count(words) == escaped


async def test_lines_and_separators_stay_in_their_cells(world: World) -> None:
    words = 'Rad ett;"citat"\nrad två, och\ttabb.\n\nSlut'
    record = await final_of(world, words)
    (row,) = await get_csv(world.archivist.client, at(world))
    assert row["sharedPicture"] == record["content"]["sharedPicture"] == words
    assert (await get_xlsx(world.archivist.client, at(world)))["records"][0]["sharedPicture"] == words


async def final_of(world: World, words: str) -> Json:
    record = await written_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    await world.facilitator.client.change(path, {"sharedPicture": words})
    await world.facilitator.client.step(f"{path}/transitions", for_review())
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, path)
    read: Json = await world.saco_rep.client.get(path)
    return read


# --- What is not ----------------------------------------------------------------------------------------------------


async def test_nothing_but_what_is_final_is_there(world: World) -> None:
    group = await started_group(world)
    final = await final_record(world, group)
    draft = await draft_record(world, group)
    await world.facilitator.client.change(f"/session-records/{draft['id']}", {"sharedPicture": DRAFTED})
    review = await record_under_review(world, group)
    returned = await record_under_review(world, group)
    await decide(world.saco_rep, f"/session-records/{returned['id']}", "requestChange", statement=DRAFTED)
    appendix = {"title": "Ännu inte justerad", "sharedPicture": DRAFTED}
    await world.saco_rep.client.post(f"/session-records/{final['id']}/appendices", appendix)
    machine = await machines.consented(world)
    for client in (
        *(who.client for who in (world.employer_rep, world.saco_rep, world.facilitator, world.archivist)),
        machine.client,
    ):
        assert await ids(client, world) == [final["id"]]
        for text in await everything(client, world):
            assert DRAFTED not in text
            for other in (draft, review, returned):
                assert other["id"] not in text


async def everything(client: Client, world: World) -> list[str]:
    """All that somebody gets of the records, as text."""
    got = [json.dumps(await client.get(at(world)), ensure_ascii=False)]
    files = [await get_file(client, f"{at(world)}?table={table}", CSV) for table in TABLES]
    got += [each.content.decode("utf-8-sig") for each in files]
    book = await get_xlsx(client, at(world))
    return [*got, json.dumps(book, ensure_ascii=False)]


async def test_what_is_a_partys_own_is_nowhere(world: World) -> None:
    await a_full_record(world, await started_group(world))
    machine = await machines.consented(world)
    for client in (
        *(who.client for who in (world.employer_rep, world.saco_rep, world.facilitator, world.archivist)),
        machine.client,
    ):
        for text in await everything(client, world):
            assert OWN_WORDS not in text
            for who in (world.employer_rep, world.saco_rep, world.facilitator):
                assert str(who.id) not in text, "functions, never people"
                assert who.person.name not in text


async def test_what_is_destroyed_is_gone(world: World) -> None:
    group = await started_group(world)
    record = await final_record(world, group)
    await final_appendix(world, record)
    kept = await final_record(world, group)
    await destroyed_jointly(world, record)
    assert await ids(world.archivist.client, world) == [kept["id"]]
    for text in await everything(world.archivist.client, world):
        assert record["id"] not in text


# --- Who ------------------------------------------------------------------------------------------------------------


async def test_everybody_sees_what_they_may_read_one_by_one(world: World) -> None:
    with_saco = await final_record(world, await started_group(world))
    seen = {
        "employer_rep": [with_saco["id"]],
        "saco_rep": [with_saco["id"]],
        "facilitator": [with_saco["id"]],
        "archivist": [with_saco["id"]],
        "seko_rep": [],
        "employee": [],
    }
    for name, expected in seen.items():
        client = world.people[name].client
        assert await ids(client, world) == expected, name
        assert [row["id"] for row in await get_csv(client, at(world))] == expected, name
        assert [row["id"] for row in (await get_xlsx(client, at(world)))["records"]] == expected, name
        alone = (await client.request("GET", f"/session-records/{with_saco['id']}")).status_code
        assert alone == (200 if expected else 404)


async def test_others_are_told_nothing_in_any_format(world: World) -> None:
    await final_record(world, await started_group(world))
    async with World(world.app) as elsewhere:
        await _told_nothing(world, elsewhere)


async def _told_nothing(world: World, elsewhere: World) -> None:
    outside = await machines.consented(elsewhere)
    without = await machines.machine(world)
    other_scope = await machines.consented(world, scopes=["results:read"])
    for media_type in ("application/json", CSV, XLSX):
        asked = {"headers": {"Accept": media_type}}
        for client in (elsewhere.saco_rep.client, elsewhere.archivist.client, outside.client):
            await client.refused("GET", at(world), 404, "notFound", **asked)
        for client in (world.administrator.client, other_scope.client):
            await client.refused("GET", at(world), 403, "notYourRole", **asked)
        await without.client.refused("GET", at(world), 403, "consentPending", **asked)
        await world.nobody.refused("GET", at(world), 401, "notSignedIn", **asked)


async def test_a_service_client_reads_for_as_long_as_both_sides_let_it(world: World) -> None:
    record = await final_record(world, await started_group(world))
    machine = await machines.machine(world, scopes=["records:read"])
    await machine.client.refused("GET", at(world), 403, "consentPending")
    first, *_ = await machines.consent(world, machine.path, world.employer_rep)
    await machine.client.refused("GET", at(world), 403, "consentPending")
    await machines.consent(world, machine.path, world.saco_rep, world.seko_rep)
    assert await ids(machine.client, world) == [record["id"]]
    assert await everything(machine.client, world) == await everything(world.archivist.client, world)
    withdrawn = f"/approvals/{first['id']}"
    await world.employer_rep.client.change(withdrawn, None, 204, "DELETE")
    for media_type in ("application/json", CSV, XLSX):
        await machine.client.refused("GET", at(world), 403, "consentPending", headers={"Accept": media_type})


async def test_both_sides_get_the_same_bytes(world: World) -> None:
    await a_full_record(world, await started_group(world))
    for media_type in (CSV, XLSX):
        told = {
            (
                await get_file(
                    who.client, at(world), media_type, params={"table": "records"} if media_type == CSV else {}
                )
            ).content
            for who in (world.employer_rep, world.saco_rep, world.archivist)
        }
        assert len(told) == 1


# --- Which of them --------------------------------------------------------------------------------------------------


async def became_final(world: World, record: Json, moment: datetime) -> None:
    """At another time than it did, which nobody but the owner of the tables can say."""
    query = sa.text("UPDATE session_record SET final_at = :at WHERE id = :id")
    async with world.database.migrate() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(query, {"at": moment, "id": UUID(record["id"])})


async def test_the_oldest_final_one_comes_first_and_a_window_is_half_open(world: World) -> None:
    groups = [await started_group(world), await started_group(world)]
    begun = datetime(2026, 3, 1, 12, tzinfo=UTC)
    records = [await final_record(world, groups[number % 2]) for number in range(4)]
    for number, record in enumerate(reversed(records)):
        await became_final(world, record, begun + timedelta(hours=number // 2))
    oldest_first = sorted(records, key=lambda record: (records.index(record) < 2, record["id"]))
    in_order = [record["id"] for record in oldest_first]
    client = world.archivist.client
    assert await ids(client, world) == in_order
    assert await ids(client, world, sort="-finalAt") == in_order[::-1]
    later = "2026-03-01T14:00:00+01:00"
    assert await ids(client, world, finalFrom=later) == in_order[2:]
    assert await ids(client, world, finalBefore=later) == in_order[:2]
    assert await ids(client, world, finalFrom=later, finalBefore=later) == []
    of_group = [each for each in in_order if each in {record["id"] for record in records[::2]}]
    assert await ids(client, world, workingGroupId=groups[0]["id"]) == of_group
    assert await ids(client, world, workingGroupId=str(uuid4())) == []
    for asked, expected in (
        ({}, in_order),
        ({"sort": "-finalAt"}, in_order[::-1]),
        ({"finalFrom": later}, in_order[2:]),
        (
            {"finalBefore": later, "workingGroupId": groups[0]["id"]},
            [each for each in of_group if each in in_order[:2]],
        ),
    ):
        assert [row["id"] for row in await get_csv(client, at(world), params=asked)] == expected
        assert [row["id"] for row in (await get_xlsx(client, at(world), params=asked))["records"]] == expected


async def test_pages_hold_together(world: World) -> None:
    group = await started_group(world)
    records = [await final_record(world, group) for _ in range(3)]
    client = world.archivist.client
    first = await client.get(at(world), params={"limit": 2})
    following = await client.get(first["_links"]["next"]["href"].split("/larande/v1")[1])
    assert [item["id"] for page in (first, following) for item in page["items"]] == [each["id"] for each in records]
    assert first["_meta"]["totalRecords"] == 3
    assert (await client.get(at(world), params={"page": 2, "limit": 2}))["items"] == following["items"]


async def test_a_file_is_read_in_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    group = await started_group(world)
    records = [await final_record(world, group) for _ in range(5)]
    await became_final(world, records[0], datetime.fromisoformat(records[1]["finalAt"]))
    expected = await get_csv(world.archivist.client, at(world))
    for size in (1, 2, 5):
        monkeypatch.setattr(approved_records, "AT_A_TIME", size)
        assert await get_csv(world.archivist.client, at(world)) == expected


async def test_more_than_a_file_holds_is_refused_with_what_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    group = await started_group(world)
    records = [await final_record(world, group) for _ in range(3)]
    client = world.archivist.client
    monkeypatch.setattr(approved_records, "MOST_RECORDS", 2)
    for media_type in (CSV, XLSX):
        problem = await client.refused("GET", at(world), 422, "selectionTooLarge", headers={"Accept": media_type})
        assert "finalFrom" in problem["detail"]
    window = f"?{urlencode({'finalFrom': records[1]['finalAt']})}"
    assert len(await get_csv(client, at(world) + window)) == 2
    assert len(await ids(client, world)) == 3
    monkeypatch.setattr(approved_records, "MOST_RECORDS", 5_000)
    size = len(rfc8785.dumps(records[0]["content"]))
    monkeypatch.setattr(approved_records, "MOST_TEXT", size)
    await client.refused("GET", at(world), 422, "selectionTooLarge", headers={"Accept": CSV})


# --- How it is asked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("text/*", CSV),
        (f"{XLSX}, application/json;q=0.5", XLSX),
        (f"{CSV};q=0.1, {XLSX};q=0.2", XLSX),
        ("application/*", "application/json"),
    ],
)
async def test_accept_says_which(world: World, accept: str, media_type: str) -> None:
    response = await world.archivist.client.request("GET", at(world), headers={"Accept": accept}, expect=200)
    assert response.headers["content-type"].split(";")[0] == media_type


async def test_what_does_not_exist_is_not_acceptable(world: World) -> None:
    for accept in ("application/pdf", "text/html", "application/json;q=0"):
        await world.archivist.client.refused("GET", at(world), 406, "notAcceptable", headers={"Accept": accept})


@pytest.mark.parametrize(
    ("accept", "asked"),
    [
        (CSV, "page=1"),
        (CSV, "limit=20"),
        (XLSX, "after=x"),
        (XLSX, "table=records"),
        ("application/json", "table=records"),
    ],
)
async def test_what_means_nothing_there_is_refused(world: World, accept: str, asked: str) -> None:
    problem = await world.archivist.client.refused(
        "GET", f"{at(world)}?{asked}", 422, "notForThisFormat", headers={"Accept": accept}
    )
    assert [each["pointer"] for each in problem["errors"]] == [f"/query/{asked.partition('=')[0]}"]


@pytest.mark.parametrize(
    "asked", ["finalFrom=2026-03-01", "finalBefore=1", "table=people", "sort=title", "caseNumber=1"]
)
async def test_what_cannot_be_read_is_refused(world: World, asked: str) -> None:
    await world.archivist.client.request("GET", f"{at(world)}?{asked}", headers={"Accept": CSV}, expect=422)


async def test_more_files_than_are_made_at_a_time_all_come(world: World) -> None:
    record = await final_record(world, await started_group(world))
    files = await asyncio.gather(*(get_csv(world.archivist.client, at(world)) for _ in range(5)))
    assert [[row["id"] for row in rows] for rows in files] == [[record["id"]]] * 5


async def test_when_too_many_wait_for_files_the_next_comes_again_and_pages_are_read(
    world: World, few_turns: Turns
) -> None:
    client = world.archivist.client
    async with few_turns.turn(uuid4()):
        waiting = asyncio.create_task(get_csv(client, at(world)))
        while not few_turns.waiting:  # noqa: ASYNC110 - there is nothing that tells
            await asyncio.sleep(0.01)
        busy = await client.request("GET", at(world), headers={"Accept": XLSX}, expect=503)
        assert (busy.json()["code"], busy.headers["retry-after"]) == ("serverBusy", "5")
        assert await ids(client, world) == []
    assert await waiting == []
    assert await get_csv(client, at(world)) == []


async def test_nobody_takes_the_places_of_everybody_else() -> None:
    turns = Turns(1, 20, 2, 5)
    one, other = uuid4(), uuid4()
    async with turns.turn(one):
        waiting = asyncio.create_task(_a_turn(turns, one))
        await asyncio.sleep(0)
        with pytest.raises(RequestRefusal):
            await _a_turn(turns, one)
        others = asyncio.create_task(_a_turn(turns, other))
        await asyncio.sleep(0)
        assert turns.waiting == 2
    await asyncio.gather(waiting, others)
    await _a_turn(turns, one)


async def _a_turn(turns: Turns, caller: UUID) -> None:
    async with turns.turn(caller):
        pass


async def test_a_file_that_is_refused_gives_its_turn_back(
    world: World, few_turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not few_turns.waiting
    monkeypatch.setattr(approved_records, "MOST_RECORDS", -1)
    for _ in range(3):
        headers = {"Accept": CSV}
        await world.archivist.client.refused("GET", at(world), 422, "selectionTooLarge", headers=headers)
        await world.administrator.client.refused("GET", at(world), 403, "notYourRole", headers=headers)
