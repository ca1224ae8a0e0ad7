"""A person's data export: all that is stored about them, and nobody else's to read."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import SQLModel

from app.models.base import Table
from app.models.columns import PydanticJSON
from app.services import account_mail, import_applications, interest_mail, queue, survey_mail
from app.services.account_letters import Notice
from app.services.personal_data import NOT_EXPORTED, PLACES, WAITING_MAIL
from tests.conftest import app_alone
from tests.retention_stories import a_hold
from tests.signing_in import calling_from, give_password, invitation, sign_in
from tests.stories import Json, final_record, started_group, written_record
from tests.world import Someone, World


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    """With a database of its own: all of it is searched."""
    async with app_alone() as app:
        yield app


async def export_of(who: Someone) -> dict[str, list[Json]]:
    """The rows by table; a table that is there twice tells of two ways to be in it."""
    rows: dict[str, list[Json]] = {}
    for table in (await who.client.get(f"/people/{who.id}/data-export"))["tables"]:
        rows.setdefault(table["table"], []).extend(table["rows"])
    return rows


# --- Complete, by the columns there are --------------------------------------------------------------------------

# Columns of ids without a foreign key, or of JSON, that no person can be found by; with the reason.
NOBODYS = {
    "person_invitation.id": "the link's own id, shown in the same row",
    "service_client_idempotency_key.row_id": "what a service client's request made; the client is no person",
    "change.organisation_id": "an organisation",
    "import_mapping.people": "names of columns",
    "import_mapping.units": "names of columns",
    "hr_import.basis": "a hash and a number",
    "webhook_delivery.message_id": "the delivery's own id, or that of the one it repeats",
    "reminder.subject_id": "a session, action, group or subject of a decision",
    "group_reminder.subject_id": "a session, action, group or subject of a decision",
    "reminder.digest_id": "the letter's own id",
    "central_contribution.members": "organisations, or released rounds",
    "interest_registration.joining_id": "shared by the sides that mean to join as one organisation",
    "organisation.search": "made of the organisation's own names",
    "approval.subject_id": "a group, record, round, change, texts, destruction or something learned",
    "legal_hold.held_record_id": "a record",
    "destruction.destroyed_record_id": "a record",
    "destruction.records": "records by id and hash",
    "learning_log_entry.revisits": "a group's words, by day",
    "destruction_log_entry.destroyed_id": "a record",
    "destruction_log_entry.retention_rule_id": "a rule",
    "followed_guide.progress": "phases and when the group was in them",
    "followed_guide.skips": "why the group skipped a phase",
    "session_record.answers": "the group's words, by question",
    "session_record.handovers": "matters handed over, by body",
    "statement.answers": "a party's words, by question",
    **{
        f"{table}.{column}": "what is published or measured; it knows no people"
        for table, columns in {
            "content_pack": ("method_texts",),
            "central_aggregate": ("content",),
            "dialogue_template": ("title", "content"),
            "inspiration_item": ("title", "content"),
            "process_guide": ("title", "content"),
            "content_translation": ("subject_id", "texts"),
            "instrument": ("title", "content"),
            "survey_release": ("content",),
            "survey_result": ("content",),
            "survey_round": ("content",),
            "survey_sums": ("measures",),
        }.items()
        for column in columns
    },
}


def leads_to_a_person(column: sa.Column[Any]) -> bool:
    """By a foreign key to a person, or to what belongs to one: a mandate or a sign-in."""
    return any(key.column.table.name in {"person", "mandate", "sign_in"} for key in column.foreign_keys)


def may_hold_a_person(column: sa.Column[Any]) -> bool:
    """Ids that no foreign key explains, JSON, and hashes: whatever somebody might write an id into."""
    kind = column.type.impl_instance if isinstance(column.type, sa.TypeDecorator) else column.type
    by_hand = isinstance(column.type, PydanticJSON) or isinstance(kind, (sa.Uuid, sa.JSON))
    own_id = column.primary_key and column.name == "id"
    return by_hand and not column.foreign_keys and not own_id


def test_every_column_that_leads_to_a_person_is_exported_or_named() -> None:
    """A new table fails here until somebody has said what it tells of whom."""
    exported = {f"{place.name}.{column}" for place in PLACES for column in place.by}
    columns = [column for table in SQLModel.metadata.tables.values() for column in table.columns]
    straight = {str(column) for column in columns if leads_to_a_person(column)}
    assert straight - exported - set(NOT_EXPORTED) == set()
    perhaps = {str(column) for column in columns if may_hold_a_person(column)}
    assert perhaps - exported - set(NOT_EXPORTED) - set(NOBODYS) == set()
    # Neither list names what is not there.
    assert {*exported, *NOT_EXPORTED, *NOBODYS} <= {str(column) for column in columns}


def test_what_is_left_out_of_a_row_is_a_secret_or_somebody_elses() -> None:
    for place in PLACES:
        columns = set(sa.inspect(place.row_type).local_table.columns.keys())
        assert {*place.withheld, *place.fields, *place.by} <= columns, place.name
        secrets = ("_hash", "sealed_secret", "used_by", "seed")
        assert all(name.endswith(secrets) for name in place.withheld), place.name
        for texts in (place.purpose, place.legal_ground):
            assert texts.sv.endswith(".")
            assert texts.en.endswith(".")
            assert texts.sv != texts.en


# --- Complete, by the rows there are -------------------------------------------------------------------------------


async def rows_that_name(world: World, ids: list[str]) -> set[tuple[str, str]]:
    """Every row of every table with one of the ids anywhere in it: (table, the row's own id or key)."""
    found = set()
    async with world.database.read() as session:
        for table in SQLModel.metadata.tables.values():
            keys = "||'/'||".join(f"({column.name})::text" for column in table.primary_key.columns)
            query = sa.text(
                f"SELECT {keys} FROM {table.name} t WHERE to_jsonb(t)::text ~ :pattern"  # noqa: S608
            )
            for key in (await session.execute(query, {"pattern": "|".join(ids)})).scalars():
                found.add((table.name, key))
    return found


def key_of(table: type[Table], row: Json) -> str | None:
    """The primary key of an exported row, unless that is a secret."""
    camel = {"person_id": "personId", "sign_in_id": "signInId"}
    names = [camel.get(column.name, column.name) for column in sa.inspect(table).primary_key]
    return "/".join(str(row[name]) for name in names) if all(name in row for name in names) else None


@pytest.mark.parametrize("part", ["representative", "facilitator", "archivist", "employee", "administrator"])
async def test_every_row_with_the_persons_id_in_it_is_in_the_export(world: World, part: str) -> None:
    who = {"representative": world.saco_rep}.get(part) or world.people[part]
    await give_password(world, who)
    await invitation(world, who)
    async with calling_from(world.app) as caller:
        await sign_in(caller, who)
    group = await started_group(world)
    await final_record(world, group)
    draft = await written_record(world, group)
    await world.saco_rep.client.post(
        f"/dialogue-sessions/{draft['dialogueSessionId']}/party-notes",
        {"text": "Eget."},
        headers={"Idempotency-Key": "k"},
    )
    await world.administrator.client.change(f"/people/{who.id}", {"language": "en"})
    if who is not world.administrator:
        await a_hold(world, heldPersonId=who.id)
    mandates = [who.mandate_id] if who.mandate else []
    export = await export_of(who)
    shown = {(place.name, place.row_type): set[str | None]() for place in PLACES}
    for name, row_type in shown:
        camel = "".join(word.title() if number else word for number, word in enumerate(name.split("_")))
        shown[name, row_type] = {key_of(row_type, row) for row in export[camel]}
    by_name: dict[str, set[str | None]] = {}
    for (name, _), keys in shown.items():
        by_name.setdefault(name, set()).update(keys)
    named = await rows_that_name(world, [who.id, *mandates])
    secret = {"person_invitation", "refresh_token"}
    missing = {(name, key) for name, key in named if name not in secret and key not in by_name.get(name, set())}
    assert missing == set()
    assert len(named) >= 4
    for name in secret:
        count = sum(1 for table, _ in named if table == name)
        camel = {"person_invitation": "personInvitation", "refresh_token": "refreshToken"}[name]
        assert len(export[camel]) >= count


async def test_what_is_in_it(world: World) -> None:
    await give_password(world, world.saco_rep)
    group = await started_group(world)
    final = await final_record(world, group)
    now = datetime.now(UTC)
    async with world.database.write() as session:
        mails = survey_mail.to_people(uuid4(), [world.saco_rep.person.id, world.employee.person.id], reminder=True)
        await queue.put(session, mails)
        for who in (world.saco_rep, world.employee):
            await account_mail.put_notice(session, Notice.SECOND_FACTOR_ADDED, who.person.id, now)
        of_former = (Notice.EMAIL_CHANGED, world.saco_rep.person.id, "förra@example.se", now)
        await account_mail.put_notice_to(session, world.app.state.vault, *of_former)
    export = await export_of(world.saco_rep)
    (person,) = export["person"]
    assert (person["id"], person["name"]) == (world.saco_rep.id, "Saco Rep")
    assert person["email"] == world.saco_rep.person.email
    (credential,) = export["credential"]
    assert set(credential) == {"personId", "changedAt"}
    assert [each["function"] for each in export["mandate"]] == ["Företrädare"]
    assert {each["subjectType"] for each in export["approval"]} == {"workingGroup", "sessionRecord"}
    (attended,) = [each for each in export["sessionRecord"] if each["id"] == final["id"]]
    assert [each["function"] for each in attended["attendances"]] == ["Företrädare"]
    assert world.employer_rep.mandate_id not in str(export)
    assert world.employer_rep.id not in str(export)
    survey, *notices = export["waitingMail"]
    assert (set(survey), survey["reminder"]) == ({"round", "reminder"}, True)
    assert [(set(each), each["notice"]) for each in notices] == [
        ({"notice", "at"}, notice) for notice in (Notice.SECOND_FACTOR_ADDED, Notice.EMAIL_CHANGED)
    ]
    leader = await export_of(world.facilitator)
    assert [each["facilitatorFunction"] for each in leader["dialogueSession"]] == ["Verksamhetsutvecklare"]
    assert leader["mandate"] == leader["approval"] == leader["sessionRecord"] == []


def test_every_kind_of_job_that_names_a_person_is_shown_and_taken_back() -> None:
    """A new kind of job fails here until somebody has said whether it names anybody."""
    jobs = {
        f"{path.stem}.{value}"
        for path in Path(queue.__file__).parent.glob("*.py")
        for value in re.findall(r'^ENTRYPOINT = "(.+)"$', path.read_text(), re.MULTILINE)
    }
    # An import that waits to be applied, and a registration that is to be mailed about, are known by their ids alone;
    # erasure takes the plan, and the registration.
    unnamed = {import_applications.ENTRYPOINT, interest_mail.ENTRYPOINT}
    assert {each.rpartition(".")[2] for each in jobs} == {*WAITING_MAIL, *unnamed}


async def test_no_secret_is_in_it(world: World) -> None:
    await give_password(world, world.employee)
    token = await invitation(world, world.employee)
    text = (await world.employee.client.request("GET", f"/people/{world.employee.id}/data-export")).text
    assert "argon2" not in text
    assert token not in text
    assert '"withheldFields":["passwordHash"]' in text


async def test_nobody_elses_to_read(app: FastAPI, world: World) -> None:
    path = f"/people/{world.employee.id}/data-export"
    for who in (world.saco_rep, world.employer_rep, world.administrator):
        await who.client.refused("GET", path, 403, "notYourRole")
    for who in (world.archivist, world.facilitator):
        await who.client.refused("GET", path, 404, "notFound")
    async with World(app) as other:
        await other.employer_rep.client.refused("GET", path, 404, "notFound")
    await world.nobody.refused("GET", path, 401, "notSignedIn")
    await world.employee.client.refused("GET", f"/people/{uuid4()}/data-export", 404, "notFound")


async def test_of_what_is_private_one_reads_only_what_one_did_oneself(world: World) -> None:
    """That there is a note is in the export of whoever wrote it, and of nobody else."""
    draft = await written_record(world, await started_group(world))
    path = f"/dialogue-sessions/{draft['dialogueSessionId']}/party-notes"
    note = await world.saco_rep.client.post(path, {"text": "Hemligt."})
    own = str(await export_of(world.saco_rep))
    assert note["id"] in own
    assert "Hemligt" not in own
    for who in (world.employer_rep, world.facilitator, world.seko_rep):
        assert note["id"] not in str(await export_of(who))


async def test_reading_it_changes_nothing(world: World) -> None:
    """It is read in a transaction that could: the service steps out of the wall for it."""

    async def rows() -> dict[str, list[str]]:
        async with world.database.read() as session:
            return {
                name: sorted(
                    (await session.execute(sa.text(f'SELECT md5(t::text) || t.ctid FROM "{name}" t'))).scalars()  # noqa: S608
                )
                for name in SQLModel.metadata.tables
            }

    before = await rows()
    await world.saco_rep.client.get(f"/people/{world.saco_rep.id}/data-export")
    assert await rows() == before
