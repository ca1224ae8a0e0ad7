"""The demo agency: complete, genuine, the same everywhere, and readable by those who may."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col
from typer.testing import CliRunner, Result

from app import demo
from app.cli import main
from app.demo import guide, story
from app.demo.clock import Clock, is_working_day
from app.main import create_app
from app.models.approval import Approval, VoidReason
from app.models.audit_entry import AuditEntry
from app.models.catalogue import TABLES
from app.models.followed_guide import FollowedGuide
from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState
from app.models.mandate import Mandate
from app.models.organisation import Organisation
from app.models.party import Party
from app.models.party_note import PartyNote
from app.models.person import Person
from app.models.session_record import RecordRegistration, SessionRecord
from app.models.sign_in import Credential, NewCredential
from app.models.statement import Statement
from app.models.unit import UnitPlacement
from app.services import content_packs, pack_reading, passwords
from app.services.calendar import swedish_day
from app.services.content_hash import content_hash
from tests.client import Client, client_for
from tests.conftest import hashed_as_agreed, new_database, settings_for
from tests.database import Database, database_of

Rows = dict[str, list[tuple[Any, ...]]]

TODAY = swedish_day(datetime.now(UTC))


CLOCKED = {"change"}
"""Rows that the database writes, by its own clock."""


async def dump(database: Database) -> Rows:
    """Every row of every table."""
    async with database.read() as session:
        tables = [row_type.__table__ for row_type in TABLES]  # type: ignore[attr-defined]
        return {
            table.name: [tuple(row) for row in await session.execute(sa.select(table).order_by(*table.primary_key))]
            for table in tables
        }


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


async def larande(url: str, *arguments: str) -> Result:
    """`larande demo load` runs its own event loop, so it gets a thread of its own."""
    environment = {"LARANDE_DATABASE_URL": url}
    return await asyncio.to_thread(CliRunner().invoke, main, ["demo", "load", *arguments], env=environment)


@dataclass
class Demo:
    """The loaded agency, what it looked like before anybody used it, and its people signed in."""

    app: FastAPI
    loads: list[str]
    """What became of two loads at the same time."""
    rows: Rows
    nobody: Client
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return database_of(self.app)

    async def sign_in(self, name: str) -> Client:
        if name not in self.tokens:
            person = next(person for person in story.agency().people if person.id == name)
            grant = {"grantType": "password", "username": person.email, "password": story.agency().password}
            response = await self.nobody.request("POST", "/auth/token", json=grant, expect=200)
            self.tokens[name] = response.json()["accessToken"]
        return self.nobody.signed_in(self.tokens[name])

    async def all(self, query: sa.Select[Any]) -> list[Any]:
        async with self.database.read() as session:
            return list((await session.execute(query)).scalars())

    async def organisation_path(self) -> str:
        (organisation,) = await self.all(sa.select(Organisation))
        return f"/organisations/{organisation.id}"


@pytest.fixture(scope="module")
async def agency(anyio_backend: str, passwords_as_agreed: dict[str, Any]) -> AsyncIterator[Demo]:  # noqa: ARG001
    app = create_app(settings_for(await new_database()))
    database = database_of(app)

    async def load() -> str:
        try:
            async with database.write() as session:
                await demo.load(session, TODAY)
        except demo.AlreadyThere:
            return "already there"
        return "loaded"

    try:
        with hashed_as_agreed(passwords_as_agreed):
            loads = await asyncio.gather(load(), load())
        rows = await dump(database)
        async with client_for(app) as nobody:
            yield Demo(app, list(loads), rows, nobody)
    finally:
        await database.close()


async def listed(client: Client, path: str) -> list[Any]:
    """Every page of a list."""
    items: list[Any] = []
    while True:
        joint = "&" if "?" in path else "?"
        page = await client.get(f"{path}{joint}limit=100&page={1 + len(items) // 100}")
        items += page["items"]
        if len(items) >= page["_meta"]["totalRecords"]:
            return items


# --- What is there -------------------------------------------------------------------------------------


@pytest.mark.drill
async def test_forty_units_in_four_levels_and_twelve_hundred_employees_in_the_leaves(agency: Demo) -> None:
    client, path = await agency.sign_in("katarina"), await agency.organisation_path()
    units = await listed(client, f"{path}/units")
    assert 38 <= len(units) <= 42
    parents = {unit["parentId"] for unit in units}
    leaves = [unit for unit in units if unit["id"] not in parents]
    assert sum(unit["headcount"] for unit in leaves) == 1200
    assert all(unit["headcount"] is None for unit in units if unit["id"] in parents)
    above = {unit["id"]: unit["parentId"] for unit in units}

    def level(unit_id: str | None) -> int:
        return 0 if unit_id is None else 1 + level(above[unit_id])

    assert max(level(unit_id) for unit_id in above) == 4
    assert (await client.get(path))["organisationNumber"] == "2021990417"


@pytest.mark.drill
async def test_units_have_been_moved_renamed_and_closed(agency: Demo) -> None:
    client, path = await agency.sign_in("katarina"), await agency.organisation_path()
    now = {unit["id"]: unit for unit in await listed(client, f"{path}/units")}
    first_day = min(unit["validFrom"] for unit in now.values())
    then = {unit["id"]: unit for unit in await listed(client, f"{path}/units?validOn={first_day}")}
    assert {then[unit]["name"] for unit in then.keys() - now.keys()} == {"Kustzonsenheten"}
    assert sum(now[unit]["name"] != then[unit]["name"] for unit in now) == 3
    assert sum(now[unit]["parentId"] != then[unit]["parentId"] for unit in now) == 2
    placements = await agency.all(sa.select(UnitPlacement))
    assert all(placement.valid_from.day == 1 for placement in placements)


@pytest.mark.drill
async def test_two_groups_are_active_and_one_waits_for_the_unions(agency: Demo) -> None:
    client = await agency.sign_in("katarina")
    path = await agency.organisation_path()
    anneli, peder = await agency.sign_in("anneli"), await agency.sign_in("peder")
    groups = {
        item["id"]: item for who in (client, anneli, peder) for item in await listed(who, f"{path}/working-groups")
    }
    assert Counter(item["state"] for item in groups.values()) == {"active": 2, "forming": 1, "dormant": 1, "closed": 1}
    (forming,) = [item for item in groups.values() if item["state"] == "forming"]
    read = await client.get(f"/working-groups/{forming['id']}")
    sides = {party["id"]: party["side"] for party in read["parties"]}
    assert [sides[approval["partyId"]] for approval in read["approvals"]] == ["employer"]
    assert len(sides) == 3
    for union in (anneli, peder):
        seen = await union.get(f"/working-groups/{forming['id']}")
        allowed = {action["action"]: action["allowed"] for action in seen["allowedActions"]}
        assert allowed["approve_working_group"]


@pytest.mark.drill
async def test_sessions_records_and_actions_are_there_in_every_state(agency: Demo) -> None:
    client, path = await agency.sign_in("katarina"), await agency.organisation_path()
    sessions: list[Any] = []
    records: list[Any] = []
    actions: list[Any] = []
    for group in await listed(client, f"{path}/working-groups"):
        below = f"/working-groups/{group['id']}"
        sessions += await listed(client, f"{below}/dialogue-sessions")
        records += await listed(client, f"{below}/session-records")
        actions += await listed(client, f"{below}/actions")
    assert {session["state"] for session in sessions} == {"planned", "prepared", "held", "cancelled"}
    assert {record["state"] for record in records} == {"draft", "underReview", "returned", "final", "notApproved"}
    assert {action["state"] for action in actions} == {"open", "done", "dropped", "effectChecked"}
    waiting = [action for action in actions if action["state"] == "open"]
    assert any(action["overdue"] for action in waiting)
    soon = (TODAY + timedelta(days=14)).isoformat()
    assert any(TODAY.isoformat() <= action["dueOn"] <= soon for action in waiting)
    now = datetime.now(UTC).isoformat()
    assert all(
        (session["startsAt"] > now) == (session["state"] in {"planned", "prepared"})
        for session in sessions
        if session["state"] != "cancelled"
    )
    assert {datetime.fromisoformat(session["startsAt"]).weekday() for session in sessions} <= set(range(5))


@pytest.mark.drill
async def test_final_records_stand_on_both_sides_and_on_their_hash(agency: Demo) -> None:
    finals = [record for record in await agency.all(sa.select(SessionRecord)) if record.final_at is not None]
    assert len(finals) >= 5
    sides = {party.id: party.side for party in await agency.all(sa.select(Party))}
    approvals = await agency.all(sa.select(Approval).where(col(Approval.voided_at).is_(None)))
    for record in finals:
        assert record.content is not None
        assert content_hash(record.content) == record.content_hash
        standing = [approval for approval in approvals if approval.subject_id == record.id]
        assert {sides[approval.party_id] for approval in standing} == {"employer", "union"}
        assert {approval.content_hash for approval in standing} == {record.content_hash}
        assert len({approval.person_id for approval in standing}) == len(standing)
    assert {approval.decision for approval in approvals} == {"approve", "approveWithDissent", "requestChange"}
    dissent = {approval.subject_id for approval in approvals if approval.decision == "approveWithDissent"}
    assert dissent & {record.id for record in finals}
    (appendix,) = [record for record in finals if record.appendix_to_id is not None]
    registered = {row.session_record_id: row for row in await agency.all(sa.select(RecordRegistration))}
    assert appendix.appendix_to_id in registered
    assert registered[appendix.appendix_to_id].case_number.startswith("MHV ")
    voided = await agency.all(sa.select(Approval).where(col(Approval.voided_at).is_not(None)))
    assert VoidReason.CHANGE_REQUESTED in {approval.void_reason for approval in voided}


@pytest.mark.drill
async def test_statements_are_published_and_not_and_two_parties_keep_notes(agency: Demo) -> None:
    statements = await agency.all(sa.select(Statement))
    assert {statement.published for statement in statements} == {True, False}
    sides = {party.id: party.side for party in await agency.all(sa.select(Party))}
    notes = await agency.all(sa.select(PartyNote))
    assert {sides[note.party_id] for note in notes} == {"employer", "union"}
    assert len({note.party_id for note in notes}) == 2


@pytest.mark.drill
async def test_groups_follow_a_guide_and_say_how_far_they_have_come(agency: Demo) -> None:
    client, path = await agency.sign_in("hedvig"), await agency.organisation_path()
    (group,) = [each for each in await listed(client, f"{path}/working-groups") if "Provtagning" in each["name"]]
    (item,) = await listed(client, f"/working-groups/{group['id']}/followed-guides")
    followed = await client.get(f"/followed-guides/{item['id']}")
    assert [each["status"] for each in followed["phases"]] == ["done", "done", "skipped", "done", "current", "notBegun"]
    assert followed["phases"][2]["skipReason"]
    now = {each["name"]: each["level"] for each in followed["phases"][4]["selfRatings"]}
    assert now == {"Arbetsgivaren": 3, "OFR/S,P,O": None, "Saco-S": None, "Seko": 1}
    overview = await client.get(f"/working-groups/{group['id']}/overview")
    assert overview["phase"]["phase"] == "followUp"
    followed_now = await agency.all(sa.select(FollowedGuide))
    assert {each.current_phase for each in followed_now} == {"beginInTheWork", "try", "followUp"}


@pytest.mark.drill
async def test_one_lesson_is_shared_one_waits_for_a_side_and_one_is_the_groups_own(agency: Demo) -> None:
    client, path = await agency.sign_in("asa"), await agency.organisation_path()
    (shared,) = await listed(client, f"{path}/learning-library")
    entries = {each.state: each for each in await agency.all(sa.select(LearningLogEntry))}
    assert set(entries) == set(LearningLogEntryState)
    assert shared["contentHash"] == entries[LearningLogEntryState.SHARED].content_hash
    assert len(entries[LearningLogEntryState.SHARED].revisits) == 1
    proposed = entries[LearningLogEntryState.PROPOSED]
    sides = {party.id: party.side for party in await agency.all(sa.select(Party))}
    standing = await agency.all(sa.select(Approval).where(col(Approval.subject_id) == proposed.id))
    assert [sides[each.party_id] for each in standing] == ["union"]
    allowed = (await (await agency.sign_in("yusuf")).get(f"/learning-log-entries/{proposed.id}"))["allowedActions"]
    assert {each["action"]: each["allowed"] for each in allowed}["approve_learning_log_entry"]


@pytest.mark.drill
async def test_mandates_are_general_for_one_group_expired_and_ahead(agency: Demo) -> None:
    mandates = await agency.all(sa.select(Mandate))
    assert any(mandate.working_group_id is None for mandate in mandates)
    assert any(mandate.working_group_id is not None for mandate in mandates)
    assert any(mandate.valid_to is not None and mandate.valid_to < TODAY for mandate in mandates)
    assert any(mandate.valid_from > TODAY for mandate in mandates)
    assert Counter(mandate.first for mandate in mandates)[True] == 4


@pytest.mark.drill
async def test_nobody_stands_on_both_sides_and_facilitators_on_none(agency: Demo) -> None:
    sides = {party.id: party.side for party in await agency.all(sa.select(Party))}
    of_person: dict[UUID, set[str]] = {}
    for mandate in await agency.all(sa.select(Mandate)):
        of_person.setdefault(mandate.person_id, set()).add(sides[mandate.party_id])
    assert all(len(held) == 1 for held in of_person.values())
    people = {person.email: person.id for person in await agency.all(sa.select(Person))}
    for session in (session for group in story.groups() for session in group.sessions):
        leader = next(person for person in story.agency().people if person.id == session.facilitator)
        assert people[leader.email] not in of_person


@pytest.mark.drill
async def test_the_trail_names_the_mandate_under_which_each_decision_was_taken(agency: Demo) -> None:
    entries = await agency.all(sa.select(AuditEntry).order_by(col(AuditEntry.id)))
    assert [entry.happened_at for entry in entries] == sorted(entry.happened_at for entry in entries)
    decisions = [entry for entry in entries if entry.operation.startswith("approve_")]
    assert len(decisions) > 30
    assert all(entry.mandate_id is not None for entry in decisions)
    (administrator,) = [person for person in await agency.all(sa.select(Person)) if person.organisation_id is None]
    assert all(
        entry.person_id == administrator.id and entry.mandate_id is None
        for entry in entries
        if entry.operation in {"create_organisation", "create_unit", "create_party"}
    )
    assert max(entry.happened_at for entry in entries) < datetime.now(UTC)


def test_the_texts_speak_of_the_work_and_name_nobody() -> None:
    names = {word for person in story.agency().people for word in person.name.replace("-", " ").split()}
    texts: list[str] = []
    for told in story.groups():
        texts += _texts(told.model_dump(exclude={"by", "facilitator", "present", "excused", "absent", "id"}))
    assert len(texts) > 100
    for text in texts:
        assert not names & set(text.replace(",", " ").replace(".", " ").split()), text


def _texts(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [text for value in part.values() for text in _texts(value)]
    if isinstance(part, list | tuple):
        return [text for value in part for text in _texts(value)]
    return [part] if isinstance(part, str) else []


# --- Who may read it -----------------------------------------------------------------------------------


@pytest.mark.drill
async def test_everybody_who_is_named_can_sign_in(agency: Demo) -> None:
    for person in story.agency().people:
        if person.leaves is None:
            me = await (await agency.sign_in(person.id)).get("/me")
            assert me["name"] == person.name
    gone = next(person for person in story.agency().people if person.leaves is not None)
    grant = {"grantType": "password", "username": gone.email, "password": story.agency().password}
    await agency.nobody.refused("POST", "/auth/token", 401, "credentialsRefused", json=grant)
    assert not [account for account in demo.ACCOUNTS if account.email == gone.email]


@pytest.mark.drill
@pytest.mark.usefixtures("agreed_cost")
async def test_the_password_is_one_that_people_may_choose(agency: Demo) -> None:
    password = story.agency().password
    NewCredential.model_validate({"token": "t", "password": password})
    for person in story.agency().people:
        await passwords.check(password, person.name, person.email)
    hashes = [credential.password_hash for credential in await agency.all(sa.select(Credential))]
    assert len(set(hashes)) == len(story.agency().people)
    assert await passwords.verify(password, hashes[0]) == (True, None)


@pytest.mark.drill
@pytest.mark.parametrize("name", ["katarina", "mikael", "zdenka", "jonna", "gunvor", "inga-marja", "lars-erik"])
async def test_everything_that_is_listed_can_be_read(agency: Demo, name: str) -> None:
    client, path = await agency.sign_in(name), await agency.organisation_path()
    lists, read = [f"{path}/working-groups", f"{path}/session-records", f"{path}/parties"], Counter[str]()
    below = {
        "working-groups": ("dialogue-sessions", "session-records", "actions", "approvals", "mandates"),
        "dialogue-sessions": ("party-notes",),
        "session-records": ("approvals", "appendices"),
    }
    await client.get(path)
    for whole in ("units", "people", "audit-entries"):
        read[whole] = len(await listed(client, f"{path}/{whole}"))
    done: set[str] = set()
    while lists:
        address = lists.pop()
        response = await client.request("GET", address)
        if response.status_code != 200:
            # A facilitator at a table has no seat at it, and an archivist is no party to anything.
            assert response.status_code in {403, 404}
            assert name in {"jonna", "gunvor", "inga-marja", "lars-erik"}
            continue
        kind = address.rpartition("/")[2]
        for item in await listed(client, address):
            thing = f"/{'session-records' if kind == 'appendices' else kind}/{item['id']}"
            if thing not in done:
                done.add(thing)
                read[kind] += 1
                await client.get(thing)
                lists += [f"{thing}/{child}" for child in below.get(kind, ())]
    groups = {"katarina": 5, "mikael": 4, "zdenka": 1, "jonna": 3, "gunvor": 0, "inga-marja": 0, "lars-erik": 0}
    assert read["working-groups"] == groups[name]
    assert read["units"] >= 40
    assert (read["session-records"] > 0) == (name not in {"inga-marja", "lars-erik"})
    assert (read["party-notes"] > 0) == (name in {"katarina", "mikael"})


# --- The same everywhere, once -------------------------------------------------------------------------


@pytest.mark.drill
def test_two_that_load_at_once_make_one_agency(agency: Demo) -> None:
    assert sorted(agency.loads) == ["already there", "loaded"]
    assert len(agency.rows["organisation"]) == 1
    assert agency.rows["sign_in"] == []


@pytest.mark.drill
async def test_another_machine_makes_the_same_agency(agency: Demo) -> None:
    url = await new_database()
    elsewhere = {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LC_ALL": "C.UTF-8", "LARANDE_DATABASE_URL": url}
    result = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "app.cli", "demo", "load", "--today", TODAY.isoformat()],
        env=os.environ | elsewhere,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert all(account.email in result.stdout for account in demo.ACCOUNTS)
    assert story.agency().password in result.stdout
    async with opened(url) as database:
        made = await dump(database)
        assert made.keys() == agency.rows.keys()
        for table in made.keys() - CLOCKED:
            assert made[table] == agency.rows[table], table


@pytest.mark.drill
async def test_loading_again_changes_nothing_and_says_so() -> None:
    url = await new_database()
    # A Saturday that is a leap day, for good measure.
    loaded = await larande(url, "--today", "2048-02-29")
    assert loaded.exit_code == 0, loaded.output
    assert "loaded as of 2048-02-29" in loaded.stdout
    async with opened(url) as database:
        made = await dump(database)
        again = await larande(url)
        assert again.exit_code == 0, again.output
        assert "already there" in again.stdout
        assert await dump(database) == made


@pytest.mark.drill
@pytest.mark.parametrize(
    "stranger",
    [
        Organisation(organisation_number="2021990425", name="Ett annat verk", created_at=datetime.now(UTC)),
        Person(name="Någon", email=f"{uuid4().hex}@example.se", created_at=datetime.now(UTC)),
    ],
    ids=["organisation", "person"],
)
async def test_it_is_not_put_among_others_unless_asked(
    fresh_database_url: str, stranger: Organisation | Person
) -> None:
    async with opened(fresh_database_url) as database:
        async with database.write() as session:
            session.add(stranger)
        before = await dump(database)
        refused = await larande(fresh_database_url)
        assert refused.exit_code == 1
        assert "--beside-others" in refused.stderr
        assert await dump(database) == before


@pytest.mark.drill
@pytest.mark.usefixtures("agreed_cost")
async def test_it_is_put_beside_others_when_asked(agency: Demo, fresh_database_url: str) -> None:
    """And is the same there, also when the content pack has been loaded before."""
    stranger = Person(name="Någon", email=f"{uuid4().hex}@example.se", created_at=datetime.now(UTC))
    async with opened(fresh_database_url) as database:
        async with database.write() as session:
            session.add(stranger)
            pack = pack_reading.read_pack(pack_reading.shipped())
            await content_packs.load(session, pack, datetime.now(UTC))
        loaded = await larande(fresh_database_url, "--beside-others", "--today", TODAY.isoformat())
        assert loaded.exit_code == 0, loaded.output
        rows = await dump(database)
    assert len(rows["person"]) == len(story.agency().people) + 1
    for table in (
        agency.rows.keys()
        - CLOCKED
        - {"content_pack", "dialogue_template", "inspiration_item", "process_guide", "instrument"}
    ):
        expected = [row for row in agency.rows[table] if "load_content_pack" not in row]
        assert [row for row in rows[table] if row in expected] == expected, table


# --- Its clock -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("today", [date(2026, 12, 19) + timedelta(days=day) for day in range(21)])
def test_days_are_working_days_in_order(today: date) -> None:
    clock = Clock(today)
    days = [clock.day(number) for number in range(-30, 31)]
    assert all(earlier < later for earlier, later in pairwise(days))
    assert all(is_working_day(day) for day in days)
    assert clock.day(-1) < today <= clock.day(0) <= today + timedelta(days=5)


def test_agencies_are_closed_on_weekends_holidays_and_three_eves() -> None:
    closed = [
        day
        for day in (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
        if day.weekday() < 5 and not is_working_day(day)
    ]
    holidays = ["01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "06-19", "12-24", "12-25", "12-31"]
    assert [f"{day:%m-%d}" for day in closed] == holidays
    easter_mondays = [date(2025, 4, 21), date(2027, 3, 29), date(2038, 4, 26), date(2049, 4, 19), date(2285, 3, 23)]
    assert not [day for day in easter_mondays if is_working_day(day)]


def test_a_time_is_told_in_swedish_time() -> None:
    clock = Clock(date(2026, 11, 23))
    assert clock.moment(0, 9) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert Clock(date(2026, 6, 22)).moment(0, 9) == datetime(2026, 6, 22, 7, tzinfo=UTC)


def test_ids_are_uuid7_in_the_order_of_the_story() -> None:
    clock = Clock(date(2026, 11, 23))
    series = clock.identities()
    made = [next(series) for _ in range(10_000)]
    clock.now += timedelta(milliseconds=1)
    made.append(next(series))
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert made[0].int >> 80 == round(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp() * 1000)


# --- Its page ------------------------------------------------------------------------------------------


def test_the_page_about_it_is_current() -> None:
    assert Path("docs/demo.md").read_text(encoding="utf-8") == guide.written(), "Run: larande demo guide"
