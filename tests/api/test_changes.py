"""The feed of changes: in commit order, without a gap, of what a service client may see and nothing else."""

import asyncio
import random
import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine

from app.models.change import Change, ChangedType
from app.models.service_client import Scope
from app.models.unit import Unit, UnitPlacement
from app.services import changes, sweeping
from app.services.spelling import base64url
from app.services.tokens import TokenKey
from tests import machines, stories
from tests.api.test_survey_results import a_released_round
from tests.client import Client
from tests.database import Database, as_owner
from tests.machines import Machine, consent, consented, hr_system, machine
from tests.retention_stories import a_destruction
from tests.signing_in import calling_from, give_password, sign_in
from tests.stories import Json, decide
from tests.world import World


class Feed:
    """One client that remembers its cursor."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cursor = ""

    async def begin(self) -> "Feed":
        answer = await self.client.get("/changes")
        assert (answer["items"], answer["more"]) == ([], False)
        self.cursor = answer["cursor"]
        return self

    async def items(self) -> list[Json]:
        """Everything new, over as many answers as it takes."""
        found: list[Json] = []
        more = True
        while more:
            answer = await self.client.get(f"/changes?cursor={self.cursor}")
            found += answer["items"]
            self.cursor, more = answer["cursor"], answer["more"]
        return found

    async def said(self) -> list[tuple[str, str, str]]:
        return [(each["type"], each["change"], each["id"]) for each in await self.items()]


async def feed_of(it: Machine) -> Feed:
    return await Feed(it.client).begin()


# --- What it tells ---------------------------------------------------------------------------------


async def test_units_and_people_as_they_come_and_go(world: World) -> None:
    hr = await hr_system(world)
    feed = await feed_of(hr)
    assert await feed.said() == []
    unit = await hr.client.post(f"{world.path}/units", {"name": "Nya enheten"})
    await hr.client.change(f"/units/{unit['id']}", {"name": "Kustenheten"})
    person = await hr.client.post(f"{world.path}/people", {"name": "Åsa Öberg", "email": "asa.o@example.se"})
    await hr.client.change(f"/people/{person['id']}", {"active": False})
    assert await feed.said() == [
        ("unit", "created", unit["id"]),
        ("unit", "updated", unit["id"]),
        ("person", "created", person["id"]),
        ("person", "updated", person["id"]),
    ]
    assert await feed.said() == []
    await world.administrator.client.change(f"/people/{person['id']}", None, expect=204, method="DELETE")
    assert ("person", "removed", person["id"]) == (await feed.said())[-1]
    await hr.client.refused("GET", f"/people/{person['id']}", 404, "notFound")


async def test_what_people_do_and_what_parties_let_them_do_is_no_change_of_them(world: World) -> None:
    """An HR system cannot tell from the feed who has been given a mandate, leads a session or has signed in."""
    feed = await feed_of(await hr_system(world))
    appointed = {"personId": world.employee.id, "function": "Ersättare"}
    await world.saco_rep.client.post(f"/parties/{world.saco.id}/mandates", appointed)
    await give_password(world, world.employee)
    async with calling_from(world.app) as caller:
        await sign_in(caller, world.employee)
    group = await stories.started_group(world)
    await stories.planned_session(world, group, facilitatorId=world.facilitator.id)
    await stories.written_record(world, group)
    assert await feed.said() == []
    # Roles are no secret: who may read people reads them, and is told when they change.
    hr = await hr_system(world)
    path = f"/people/{world.employee.id}"
    assert (await hr.client.get(path))["roles"] == []
    await world.administrator.client.change(path, {"roles": ["archivist"]})
    assert (await hr.client.get(path))["roles"] == ["archivist"]
    assert await feed.said() == [("person", "updated", world.employee.id)]


async def test_a_record_is_created_when_it_is_final(world: World) -> None:
    """Drafts, reviews, notes, statements and requests for change are nobody's to hear of."""
    reader = await consented(world, scopes=["records:read"])
    feed = await feed_of(reader)
    group = await stories.started_group(world)
    record = await stories.written_record(world, group)
    path = f"/session-records/{record['id']}"
    held = f"/dialogue-sessions/{record['dialogueSessionId']}"
    note = await world.saco_rep.client.post(f"{held}/party-notes", {"text": "Eget."})
    await world.saco_rep.client.change(f"/party-notes/{note['id']}", {"text": "Annat."})
    words = {"answers": {}, "differences": "Vi ser det annorlunda.", "published": False}
    await world.saco_rep.client.change(f"{path}/statements/{world.saco.id}", words, method="PUT", etag='"0"')
    await world.facilitator.client.step(f"{path}/transitions", stories.for_review())
    await decide(world.employer_rep, path)
    assert await feed.said() == []
    await decide(world.saco_rep, path)
    assert await feed.said() == [("sessionRecord", "created", record["id"])]
    registration = {"caseNumber": "MP 2026/1", "archiveClass": "2.4"}
    about = f"/record-registrations/{record['id']}"
    await world.archivist.client.change(about, registration, method="PUT", etag='"0"')
    assert await feed.said() == [("sessionRecord", "updated", record["id"])]
    appendix = await world.facilitator.client.post(
        f"{path}/appendices", {"title": "Rättelse", "sharedPicture": "Rätt."}
    )
    assert await feed.said() == []
    correction = f"/session-records/{appendix['id']}"
    await world.facilitator.client.step(f"{correction}/transitions", stories.for_review())
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, correction)
    assert ("sessionRecord", "created", appendix["id"]) in await feed.said()


async def test_a_destroyed_record_is_removed(world: World) -> None:
    reader = await consented(world, scopes=["records:read"])
    group = await stories.started_group(world)
    record = await stories.final_record(world, group)
    feed = await feed_of(reader)
    proposed = await a_destruction(world, record)
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, f"/destructions/{proposed['id']}")
    assert (await feed.said())[-1] == ("sessionRecord", "removed", record["id"])


async def test_a_round_is_created_when_its_results_are_released(world: World) -> None:
    reader = await consented(world, scopes=["results:read"])
    feed = await feed_of(reader)
    box = await a_released_round(world)
    assert await feed.said() == [("surveyRound", "created", box.path.rpartition("/")[2])]


async def test_scopes_decide_the_types(world: World) -> None:
    """The same changes, seen by clients of every kind; one without consent, and one elsewhere, see nothing."""
    seen = {
        "hr": await hr_system(world),
        "people": await machine(world, **machines.an_hr_system(scopes=["people:read"])),
        "units": await machine(world, **machines.an_hr_system(scopes=["units:read"])),
        "records": await consented(world, scopes=["records:read"]),
        "both": await consented(world),
        "unagreed": await machine(world),
    }
    async with World(world.app) as other:
        seen["elsewhere"] = await hr_system(other)
        feeds = {name: await feed_of(it) for name, it in seen.items()}
        await world.administrator.client.post(f"{world.path}/units", {"name": "Ny"})
        await world.administrator.client.change(f"/people/{world.employee.id}", {"language": "en"})
        await stories.final_record(world, await stories.started_group(world))
        told = {name: [kind for kind, _, _ in await feed.said()] for name, feed in feeds.items()}
    assert told == {
        "hr": ["unit", "person"],
        "people": ["person"],
        "units": ["unit"],
        "records": ["sessionRecord"],
        "both": ["sessionRecord"],
        "unagreed": [],
        "elsewhere": [],
    }


def test_types_are_those_of_the_policy_table() -> None:
    assert {scope: changes.types_of(frozenset({scope})) for scope in Scope if scope.value.endswith(":read")} == {
        Scope.PEOPLE_READ: {ChangedType.PERSON},
        Scope.UNITS_READ: {ChangedType.UNIT},
        Scope.RECORDS_READ: {ChangedType.SESSION_RECORD},
        Scope.RESULTS_READ: {ChangedType.SURVEY_ROUND},
        Scope.REMINDERS_READ: {ChangedType.GROUP_REMINDER},
    }


async def test_people_are_told_nothing(world: World) -> None:
    for who in (world.employer_rep, world.saco_rep, world.administrator, world.archivist):
        await who.client.refused("GET", "/changes", 403, "notYourRole")
    await world.nobody.refused("GET", "/changes", 401, "notSignedIn")


async def test_what_is_seen_by_it_is_what_may_be_read(world: World) -> None:
    """Whoever keeps a copy by the feed alone has in the end what the lists show."""
    chance = random.Random(7)  # noqa: S311
    hr = await hr_system(world)
    feed = await feed_of(hr)
    copy: dict[str, set[str]] = {"unit": set(), "person": set()}
    for kind in copy:
        copy[kind] = set(await _listed(world, hr, kind))
    people: list[str] = []
    for number in range(60):
        what = chance.choice(["unit", "person", "rename", "erase"])
        if what == "unit":
            await hr.client.post(f"{world.path}/units", {"name": f"Enhet {number}"})
        elif what == "person":
            body = {"name": f"Person {number}", "email": f"p{number}.{world.organisation.id}@example.se"}
            made = await hr.client.post(f"{world.path}/people", body)
            await world.administrator.client.change(f"/people/{made['id']}", {"active": False})
            people.append(made["id"])
        elif people:
            path = f"/people/{chance.choice(people)}"
            if what == "rename":
                await hr.client.change(path, {"name": f"Annan {number}"})
            else:
                people.remove(path.rpartition("/")[2])
                await world.administrator.client.change(path, None, expect=204, method="DELETE")
        if chance.random() < 0.3:
            await _follow(feed, copy)
    await _follow(feed, copy)
    for kind, kept in copy.items():
        assert kept == set(await _listed(world, hr, kind))


async def _follow(feed: Feed, copy: dict[str, set[str]]) -> None:
    for kind, change, thing in await feed.said():
        if change == "removed":
            copy[kind].remove(thing)
        else:
            assert (thing in copy[kind]) is (change == "updated")
            copy[kind].add(thing)


async def _listed(world: World, it: Machine, kind: str) -> list[str]:
    path: str | None = f"{world.path}/{'units' if kind == 'unit' else 'people'}?limit=100"
    found: list[str] = []
    while path:
        page = await it.client.get(path)
        found += [each["id"] for each in page["items"]]
        path = page["_links"]["next"] and page["_links"]["next"]["href"].split("/larande/v1")[1]
    return found


# --- Commit order ----------------------------------------------------------------------------------


def a_unit(world: World, name: str) -> tuple[Unit, UnitPlacement]:
    now, since = datetime.now(UTC), date(2020, 1, 1)
    unit = Unit(organisation_id=world.organisation.id, valid_from=since, headcount=1, created_at=now)
    return unit, UnitPlacement(
        organisation_id=world.organisation.id, unit_id=unit.id, parent_id=None, name=name, valid_from=since
    )


async def count_up(session: Any, unit_id: UUID) -> None:
    await session.execute(sa.text("UPDATE unit SET version = version + 1 WHERE id = :id"), {"id": unit_id})


async def test_a_slow_transaction_is_not_overtaken(world: World) -> None:
    """It wrote first and is committed last: until then nothing of it is told, and then all of it."""
    feed = await feed_of(await hr_system(world))
    slow, quick = a_unit(world, "Långsam"), a_unit(world, "Snabb")
    async with world.database.write() as session:
        for row in slow:
            session.add(row)
            await session.flush()
        await world.add(*quick)
        assert await feed.said() == [("unit", "created", str(quick[0].id))]
        # Nor does it keep anybody waiting.
        await world.add(*a_unit(world, "Till"))
        assert len(await feed.said()) == 1
    assert await feed.said() == [("unit", "created", str(slow[0].id))]


async def test_whoever_holds_the_organisation_and_whoever_commits_do_not_lock_each_other_up(world: World) -> None:
    """A legal hold, or an erasure, takes the organisation's row for itself; another change is committed meanwhile."""
    feed = await feed_of(await hr_system(world))
    mine = sa.text("SELECT id FROM organisation WHERE id = :id FOR UPDATE")

    async def change_elsewhere() -> None:
        async with world.database.write() as session:
            await count_up(session, world.subunit.id)

    async with world.database.write() as session:
        await session.execute(mine, {"id": world.organisation.id})
        await count_up(session, world.unit.id)
        # It waits for nobody, and leaves nothing that this one would wait for at its own commit.
        async with asyncio.timeout(30):
            await change_elsewhere()
    assert {thing for _, _, thing in await feed.said()} == {str(world.unit.id), str(world.subunit.id)}


async def test_of_one_thing_the_last_word_is_the_last_committed(world: World) -> None:
    """The transaction that began first changes the thing last. By its number it would come first."""
    feed = await feed_of(await hr_system(world))
    person, elsewhere = (await world.someone("borttagen")).person, a_unit(world, "Annat")
    await feed.said()
    async with world.database.write() as early:
        for row in elsewhere:
            early.add(row)
            await early.flush()  # it has its number from here on
        async with world.database.write() as late:
            await late.execute(sa.text("UPDATE person SET name = 'Ny' WHERE id = :id"), {"id": person.id})
        await early.execute(sa.text("UPDATE person SET erased_at = now() WHERE id = :id"), {"id": person.id})
    told = [(kind, change) for kind, change, thing in await feed.said() if thing == str(person.id)]
    assert told == [("person", "updated"), ("person", "removed")]


async def test_what_is_rolled_back_is_not_told(world: World) -> None:
    feed = await feed_of(await hr_system(world))
    async with world.database.write() as session:
        await count_up(session, world.unit.id)
        await session.rollback()
    assert await feed.said() == []


async def test_a_commit_that_takes_long_is_not_overtaken_either(world: World) -> None:
    """While a large import is being committed, others change things and somebody reads: nothing of it is skipped."""
    feed = await feed_of(await hr_system(world))
    many = sa.text(
        "INSERT INTO person (id, organisation_id, name, email, language, active, roles, version, created_at) "
        "SELECT gen_random_uuid(), :id, 'N', 'import' || n || '@' || CAST(:id AS text), 'sv', true, '{}', 1, now() "
        "FROM generate_series(1, 4000) n"
    ).bindparams(sa.bindparam("id", type_=sa.Uuid))

    async def take_over() -> None:
        async with world.database.write() as session:
            await session.execute(many, {"id": world.organisation.id})

    importing = asyncio.create_task(take_over())
    seen = small = 0
    while not importing.done():
        await world.add(*a_unit(world, "Medan det pågår"))
        small += 1
        seen += len(await feed.items())
    await importing
    seen += len(await feed.items())
    assert small
    assert seen == 4000 + small


@pytest.mark.parametrize("pace", [0.0, 0.01])
async def test_many_writers_and_a_reader_who_never_rests(world: World, pace: float) -> None:
    """Every change is told once, and of each unit in the order of its versions, whatever overtakes what."""
    chance = random.Random(11)  # noqa: S311
    feed = await feed_of(await hr_system(world))
    shared = [(await world.unit_under(world.unit, f"Delad {number}")).id for number in range(3)]
    await feed.said()
    made: list[str] = []
    over = asyncio.Event()

    async def write(turns: int) -> None:
        for _ in range(turns):
            rows = a_unit(world, "En till")
            async with world.database.write() as session:
                for row in rows:
                    session.add(row)
                    await session.flush()
                await asyncio.sleep(chance.random() * pace)
                await count_up(session, shared[chance.randrange(3)])
            made.append(str(rows[0].id))

    seen: list[tuple[str, str, str]] = []

    async def read() -> None:
        while not over.is_set():
            seen.extend(await feed.said())

    async def write_all() -> None:
        await asyncio.gather(*(write(15) for _ in range(6)))
        over.set()

    await asyncio.gather(write_all(), read())
    seen += await feed.said()
    created = [thing for _, change, thing in seen if change == "created"]
    assert sorted(created) == sorted(made)
    assert len([each for each in seen if each[1] == "updated"]) == 90
    # The feed is the table in its order: nothing was told at another place than where it stands.
    async with world.database.read() as session:
        told = sa.select(Change.subject_id).where(Change.organisation_id == world.organisation.id)  # type: ignore[call-overload]
        stored = [str(each) for each in (await session.execute(told.order_by(Change.position))).scalars()]
    assert [thing for _, _, thing in seen] == stored[-len(seen) :]


async def test_writers_of_several_organisations_do_not_lock_each_other_up(world: World) -> None:
    """Two transactions change two organisations in opposite order: the later waits at its commit, or is told to try
    again; neither waits for ever."""
    async with World(world.app) as other:
        ones, others = a_unit(world, "Här"), a_unit(other, "Där")
        reverse = a_unit(other, "Där också"), a_unit(world, "Här också")

        async def both(*pairs: tuple[Any, Any]) -> None:
            async with world.database.write() as session:
                for row in (each for pair in pairs for each in pair):
                    session.add(row)
                    await session.flush()

        async with asyncio.timeout(20):
            done = await asyncio.gather(both(ones, others), both(*reverse), return_exceptions=True)
    assert sum(each is None for each in done) >= 1


# --- Cursors ---------------------------------------------------------------------------------------


async def test_pages_of_five_hundred(world: World) -> None:
    feed = await feed_of(await hr_system(world))
    async with world.database.write() as session:
        for _ in range(1_203):
            await count_up(session, world.unit.id)
    sizes = []
    more = True
    while more:
        answer = await feed.client.get(f"/changes?cursor={feed.cursor}")
        sizes.append(len(answer["items"]))
        following = answer["_links"][1]["href"].partition("cursor=")[2]
        assert following == answer["cursor"]
        feed.cursor, more = answer["cursor"], answer["more"]
    assert sizes == [500, 500, 203]


def _altered(cursor: str) -> Iterator[str]:
    for place in range(0, len(cursor), 3):
        yield cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
    yield from (cursor[:-1], cursor + "A", cursor + "=", "A", "å", "null", "")


async def test_a_cursor_is_read_by_whom_it_was_given_to(world: World) -> None:
    feed = await feed_of(await hr_system(world))
    another = await hr_system(world)
    await another.client.refused("GET", f"/changes?cursor={feed.cursor}", 422, "cursorInvalid")
    for altered in _altered(feed.cursor):
        await feed.client.refused("GET", f"/changes?cursor={altered}", 422, "cursorInvalid")
    await feed.client.refused("GET", f"/changes?cursor={'A' * 201}", 422, "validationFailed")
    await feed.client.refused("GET", "/changes?after=1", 422, "unknownParameter")
    assert await feed.said() == []


async def test_a_cursor_from_before_they_were_sealed_still_counts(world: World) -> None:
    hr, another = await hr_system(world), await hr_system(world)
    feed = await feed_of(hr)
    unit = await hr.client.post(f"{world.path}/units", {"name": "Ny"})
    plain = struct.pack(">BqqH", 1, 0, int(datetime.now(UTC).timestamp()), 0xFFFF)
    key: TokenKey = world.app.state.token_key
    proof = key.pseudonym("changes", f"{hr.id} {plain.hex()}")[:16]
    kept = base64url(plain + proof)
    feed.cursor = kept
    assert ("unit", "created", unit["id"]) in await feed.said()
    await another.client.refused("GET", f"/changes?cursor={kept}", 422, "cursorInvalid")
    for altered in _altered(kept):
        await feed.client.refused("GET", f"/changes?cursor={altered}", 422, "cursorInvalid")


async def test_an_old_cursor_says_how_to_start_over(world: World) -> None:
    hr = await hr_system(world)
    feed = await feed_of(hr)
    await hr.client.post(f"{world.path}/units", {"name": "Ny"})
    for days, gone in ((29.9, False), (30.1, True)):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True):
            hr.renew(world.app)
            answer = await hr.client.request("GET", f"/changes?cursor={feed.cursor}")
        assert answer.status_code == (410 if gone else 200)
    problem = answer.json()
    assert problem["code"] == "cursorExpired"
    assert "hämta /changes utan cursor" in problem["detail"]


async def test_a_cursor_in_the_middle_of_a_backlog_ages_with_what_it_stands_at(world: World) -> None:
    """A page read late leads to where changes are as old as they are, not as new as the answer."""
    hr = await hr_system(world)
    feed = await feed_of(hr)
    async with world.database.write() as session:
        for _ in range(501):
            await count_up(session, world.unit.id)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=29), tick=True):
        hr.renew(world.app)
        answer = await hr.client.get(f"/changes?cursor={feed.cursor}")
        assert answer["more"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31), tick=True):
        hr.renew(world.app)
        await hr.client.refused("GET", f"/changes?cursor={answer['cursor']}", 410, "cursorExpired")


async def test_what_has_become_visible_by_consent_is_not_passed_over(world: World) -> None:
    """Records that were final before the parties agreed are in no feed: the cursor says so, and how to start over."""
    reader = await machine(world, scopes=["records:read"])
    feed = await feed_of(reader)
    record = await stories.final_record(world, await stories.started_group(world))
    assert await feed.said() == []
    approvals = await consent(world, reader.path)
    await reader.client.refused("GET", f"/changes?cursor={feed.cursor}", 410, "sightHasChanged")
    await feed.begin()
    assert record["id"] in [each["id"] for each in (await reader.client.get(f"{world.path}/session-records"))["items"]]
    # Taken back: nothing more is told. Given again, before the client has asked in between: nothing was missed.
    kept = feed.cursor
    await world.saco_rep.client.change(
        f"/approvals/{approvals[1]['id']}", None, expect=204, method="DELETE", etag='"1"'
    )
    another = await stories.final_record(world, await stories.started_group(world))
    assert await feed.said() == []
    await decide(world.saco_rep, reader.path)
    await reader.client.refused("GET", f"/changes?cursor={feed.cursor}", 410, "sightHasChanged")
    feed.cursor = kept
    assert ("sessionRecord", "created", another["id"]) in await feed.said()


async def test_a_database_that_was_put_back_is_noticed(world: World) -> None:
    hr = await hr_system(world)
    feed = await feed_of(hr)
    for name in "ab":
        await hr.client.post(f"{world.path}/units", {"name": name})
    await feed.said()
    last = "(SELECT max(position) FROM change WHERE organisation_id = CAST(:id AS uuid))"
    await as_owner(world.database, f"DELETE FROM change WHERE position = {last}", id=str(world.organisation.id))  # noqa: S608
    await hr.client.refused("GET", f"/changes?cursor={feed.cursor}", 410, "cursorExpired")


async def test_an_ended_client_hears_nothing_more(world: World) -> None:
    hr = await hr_system(world)
    feed = await feed_of(hr)
    await world.administrator.client.step(f"{hr.path}/transitions", {"to": "ended"})
    await hr.client.refused("GET", f"/changes?cursor={feed.cursor}", 401, "tokenInvalid")


# --- Kept ------------------------------------------------------------------------------------------


async def _changes_of(database: Database, world: World) -> int:
    counted = "SELECT count(*) FROM change WHERE organisation_id = CAST(:id AS uuid)"
    return int((await as_owner(database, counted, id=str(world.organisation.id)))[0])


async def test_what_no_cursor_leads_to_is_swept(apart: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    now = datetime.now(UTC)
    there = await _changes_of(apart.database, apart)
    assert there > 3
    async with apart.database.write() as session:
        assert not await changes.sweep(session, now + timedelta(days=30, hours=23))
    assert await _changes_of(apart.database, apart) == there
    more = True
    while more:
        async with apart.database.write() as session:
            more = await changes.sweep(session, now + timedelta(days=31, minutes=1))
    assert await _changes_of(apart.database, apart) == 0


async def test_nobody_writes_into_it(world: World) -> None:
    """Not even the service itself: only the triggers, whatever changes a row."""
    async with world.database.write() as session:
        for statement in ("INSERT INTO change (happened_at) VALUES (now())", "UPDATE change SET kind = 'removed'"):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                async with session.begin_nested():
                    await session.execute(sa.text(statement))
