"""The schema: up from nothing, down and up again with data, and the same as the models'."""

import asyncio
import datetime
import importlib.util
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from app import migrations
from app.database import DatabaseAway
from app.models.catalogue import TABLES
from app.models.columns import PydanticJSON
from app.models.person import Role
from tests.database import Database
from tests.program import larande
from tests.test_cli import larande as larande_here

SCRIPTS = ScriptDirectory(str(migrations.SCRIPTS))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]


@pytest.fixture
async def fresh(fresh_database_url: str) -> AsyncIterator[Database]:
    """Migrated and empty."""
    database = Database(fresh_database_url)
    yield database
    await database.close()


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncIterator[Database]:
    """Without a schema."""
    database = Database(empty_database_url)
    yield database
    await database.close()


async def run(database: Database, statement: str) -> list[Any]:
    async with database.migrate() as connection:
        result = await connection.exec_driver_sql(statement)
        return list(result.scalars()) if result.returns_rows else []


# --- One row in every table, made from the columns alone, so that a new table is tested too ----------------------


def tables() -> list[sa.Table]:
    return [SQLModel.metadata.tables[str(table.__tablename__)] for table in TABLES]


def a_row(table: sa.Table, known: dict[sa.Column[Any], Any]) -> dict[str, Any]:
    """A value for every column that needs one."""
    row: dict[str, Any] = {}
    for column in table.columns:
        referred = next((key.column for key in column.foreign_keys), None)
        of_a_table = column.name == "working_group_id" and table.name == "approval"
        if column.computed is not None or (column.nullable and not of_a_table):
            continue
        row[column.name] = a_value(column.type, column.name) if referred is None else known[referred]
        if column.name == "closes_at":
            row[column.name] += datetime.timedelta(days=14)
    return row


def a_value(kind: sa.types.TypeEngine[Any], name: str) -> Any:
    if isinstance(kind, sa.Enum):
        return kind.enums[0]
    if isinstance(kind, PydanticJSON):
        return [] if str(kind.shape).startswith("list") else {}
    if isinstance(kind, sa.TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, sa.ARRAY):
        return []
    if isinstance(kind, sa.JSON):
        return {}
    values: dict[type, Any] = {
        uuid.UUID: uuid.uuid4(),
        str: f"{name} åäö",
        int: 3 if name == "level" else 7,
        bool: False,
        bytes: b"\x00\xff",
        datetime.date: datetime.date(2026, 11, 23),
        datetime.datetime: datetime.datetime(2026, 11, 23, 13, tzinfo=datetime.UTC),
    }
    return values[kind.python_type]


async def filled(connection: Any) -> dict[str, dict[str, Any]]:
    """Insert a row into every table; the rows by table name."""
    known: dict[sa.Column[Any], Any] = {}
    rows = {}
    for table in tables():
        rows[table.name] = a_row(table, known)
        await connection.execute(plain(table).insert().values(**rows[table.name]))
        known |= {table.columns[name]: value for name, value in rows[table.name].items()}
    return rows


def plain(table: sa.Table) -> sa.Table:
    """The table as the database has it: an enum's value is text, and no Python stands in between."""
    return sa.Table(
        table.name,
        sa.MetaData(),
        *(
            sa.Column(column.name, sa.Text() if isinstance(column.type, sa.Enum) else column.type)
            for column in table.columns
            if column.computed is None
        ),
    )


async def everything(database: Database) -> dict[str, Any]:
    """All rows of all tables."""
    return {
        table.name: await run(database, f'SELECT to_jsonb(t) FROM "{table.name}" t ORDER BY 1')  # noqa: S608
        for table in tables()
    }


# --- Up and down ----------------------------------------------------------------------------------------------


async def test_up_from_nothing_equals_the_models(empty: Database) -> None:
    await migrations.upgrade(empty)
    assert await migrations.differences(empty) == []
    await migrations.upgrade(empty)
    assert await migrations.differences(empty) == []


def test_there_is_one_head_and_no_fork() -> None:
    assert len(SCRIPTS.get_heads()) == 1
    assert [script.revision for script in SCRIPTS.walk_revisions()] == [
        script.revision for script in SCRIPTS.iterate_revisions("head", "base")
    ]


async def test_every_table_is_in_the_catalogue(fresh: Database) -> None:
    there = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    assert set(await run(fresh, there)) == {table.name for table in tables()}
    assert {table.name for table in tables()} == set(SQLModel.metadata.tables)
    # The queue's tables are the library's and lie apart; test_worker.py holds them against what it declares.
    apart = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information|public)'"
    library = {"pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}
    assert set(await run(fresh, apart)) == {f"queue.{name}" for name in library}


async def test_down_and_up_again_keeps_what_both_can_hold(fresh: Database) -> None:
    async with fresh.migrate() as connection:
        await filled(connection)
    before = await everything(fresh)
    # What has changed the database writes down itself, beside the row that was made for that table.
    assert all(len(rows) == 1 for table, rows in before.items() if table != "change")
    await migrations.downgrade(fresh, REVISIONS[0])
    there = "SELECT table_name || ' ' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
    columns = {tuple(each.split(" ")) for each in await run(fresh, there)}
    kept = {table for table, _column in columns}
    await migrations.upgrade(fresh)
    assert await migrations.differences(fresh) == []
    after = await everything(fresh)

    def held(everywhere: dict[str, Any]) -> dict[str, Any]:
        """What the first schema can hold of it."""
        return {
            table: [{name: value for name, value in row.items() if (table, name) in columns} for row in rows]
            for table, rows in everywhere.items()
            if table in kept
        }

    assert held(after) == held(before)
    assert not any(after[name] for name in before if name not in kept)
    assert {"organisation", "session_record", "approval", "audit_entry"} <= kept


@pytest.mark.drill
async def test_all_the_way_down_leaves_nothing_behind_even_with_data(fresh: Database) -> None:
    async with fresh.migrate() as connection:
        await filled(connection)
    await migrations.downgrade(fresh, "base")
    left = (
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
    )
    assert {name for name in await run(fresh, left) if "alembic_version" not in name} == set()
    assert await run(fresh, "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^(pg_|information)'") == [
        "public"
    ]
    await migrations.upgrade(fresh)
    assert await migrations.differences(fresh) == []
    async with fresh.migrate() as connection:
        await filled(connection)


async def test_whatever_tells_of_a_change_takes_the_same_lock_first(fresh: Database) -> None:
    """That changes come in commit order is shown in tests/api/test_changes.py; here, that none is told otherwise."""
    locks = await run(
        fresh,
        "SELECT substring(prosrc FROM 'pg_advisory_xact_lock[(]([0-9]+), hashtext.*INSERT INTO change ') FROM pg_proc "
        "WHERE prosrc LIKE '%INSERT INTO change %'",
    )
    assert len(locks) == 2
    assert set(locks) == {str(0x6C636867)}


# --- What autogenerate does not see -----------------------------------------------------------------------------

# What a row must hold beside, for the values whose meaning a constraint checks.
BESIDE = {
    ("session_record", "underReview"): {"content_hash": "0" * 64},
    ("session_record", "final"): {"content_hash": "0" * 64, "final_at": a_value(sa.DateTime(), "")},
    ("learning_log_entry", "proposed"): {"content_hash": "0" * 64},
    ("learning_log_entry", "shared"): {"content_hash": "0" * 64, "shared_at": a_value(sa.DateTime(), "")},
    **{
        ("survey_round", state): {"content": {}, "content_hash": "0" * 64}
        for state in ("proposed", "open", "closed", "released")
    },
}


async def test_every_member_can_be_stored_and_nothing_else(fresh: Database) -> None:
    enums = [(table, column) for table in tables() for column in table.columns if isinstance(column.type, sa.Enum)]
    assert enums
    async with fresh.migrate() as connection:
        rows = await filled(connection)
        for table, column in enums:
            assert isinstance(column.type, sa.Enum)
            for member in [*column.type.enums, "neither"]:
                values = rows[table.name] | {column.name: member} | BESIDE.get((table.name, member), {})
                savepoint = await connection.begin_nested()
                # The row that is there makes room for its twin, whatever refers to it or guards it.
                await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                await connection.execute(plain(table).delete())
                await connection.exec_driver_sql("SET LOCAL session_replication_role = origin")
                insert = plain(table).insert().values(**values)
                if member == "neither":
                    with pytest.raises(DBAPIError, match="violates check constraint"):
                        await connection.execute(insert)
                else:
                    await connection.execute(insert)
                    stored = await connection.execute(sa.select(plain(table).c[column.name]))
                    assert stored.scalar_one() == member
                await savepoint.rollback()


async def test_every_role_can_be_stored_and_nothing_else(fresh: Database) -> None:
    insert = (
        "INSERT INTO person (id, version, created_at, name, email, language, active, roles) "
        "VALUES (gen_random_uuid(), 1, now(), 'Eva', '{0}@example.se', 'sv', true, ARRAY['{0}'])"
    )
    for role in Role:
        await run(fresh, insert.format(role.value))
    assert len(await run(fresh, "SELECT id FROM person")) == len(Role)
    with pytest.raises(DBAPIError, match="ck_person_roles"):
        await run(fresh, insert.format("unionMember"))


DECISION_ON_THE_RECORD = """
    INSERT INTO approval SELECT (jsonb_populate_record(approval, jsonb_build_object(
        'id', gen_random_uuid(), 'subject_type', 'sessionRecord', 'subject_id', session_record.id
    ))).* FROM approval, session_record
"""
# Each must be refused once the record is final, by a message that names the table.
GUARDED = {
    "audit_entry": [
        "UPDATE audit_entry SET operation = 'other'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
    ],
    "approval": [
        "UPDATE approval SET decision = 'requestChange'",
        "UPDATE approval SET voided_at = now(), void_reason = 'edited'",
        "DELETE FROM approval",
        "TRUNCATE approval",
    ],
    "session_record": [
        "UPDATE session_record SET title = 'annan'",
        "DELETE FROM session_record",
        "TRUNCATE session_record CASCADE",
    ],
    "statement": ["UPDATE statement SET differences = 'annat'", "DELETE FROM statement"],
    "learning_log_entry": [
        "UPDATE learning_log_entry SET text = 'annat'",
        "UPDATE learning_log_entry SET state = 'own', content_hash = NULL, shared_at = NULL",
        "DELETE FROM learning_log_entry",
        "TRUNCATE learning_log_entry",
    ],
    "dialogue_template": ["UPDATE dialogue_template SET key = 'annan'", "DELETE FROM dialogue_template"],
    "instrument": ["UPDATE instrument SET content = '{}'", "DELETE FROM instrument"],
    "survey_round": ["UPDATE survey_round SET threshold = 5", "DELETE FROM survey_round"],
    "survey_unit": ["UPDATE survey_unit SET headcount = 99", "DELETE FROM survey_unit"],
    "survey_release": ["UPDATE survey_release SET content = '{}'", "DELETE FROM survey_release"],
    "survey_result": ["UPDATE survey_result SET content = '{}'", "DELETE FROM survey_result"],
    "survey_sums": ["UPDATE survey_sums SET measures = '{}'", "DELETE FROM survey_sums"],
    "survey_texts": ["UPDATE survey_texts SET content_hash = ''", "DELETE FROM survey_texts"],
    "survey_text": [
        "UPDATE survey_text SET text = 'annat'",
        "DELETE FROM survey_text",
        "INSERT INTO survey_text SELECT gen_random_uuid(), survey_texts_id, unit_id, question_id, '' FROM survey_text",
    ],
}


async def test_what_is_final_cannot_be_changed_by_hand_either(fresh: Database) -> None:
    async with fresh.migrate() as connection:
        await filled(connection)
    await run(fresh, DECISION_ON_THE_RECORD)
    await run(fresh, "UPDATE session_record SET state = 'final', content_hash = '0', final_at = now()")
    await run(fresh, "UPDATE dialogue_template SET state = 'published', published_at = now()")
    await run(fresh, "UPDATE survey_round SET state = 'released', content = '{}', content_hash = '0'")
    await run(fresh, "UPDATE survey_texts SET state = 'released'")
    await run(fresh, "UPDATE learning_log_entry SET state = 'shared', content_hash = '0', shared_at = now()")
    assert GUARDED
    for table_name, statements in GUARDED.items():
        for statement in statements:
            with pytest.raises(DBAPIError, match=f"{table_name} is final"):
                await run(fresh, statement)


DECIDED = {
    "instrument_id": "gen_random_uuid()",
    "root_unit_id": "gen_random_uuid()",
    "every_unit": "NOT every_unit",
    "threshold": "threshold - 2",
    "free_text": "NOT free_text",
    "two_keys": "NOT two_keys",
    **dict.fromkeys(("public_key", "employer_public_key", "union_public_key"), "'\\x01'"),
    "content": "'{\"threshold\": 5}'",
    "content_hash": "'1'",
}


async def test_what_was_decided_about_a_round_stays_from_its_opening_on(fresh: Database) -> None:
    async with fresh.migrate() as connection:
        await filled(connection)
    await run(fresh, "UPDATE legal_hold SET lifted_at = now()")
    await run(fresh, "UPDATE survey_round SET opened_at = now()")
    everything_else = "title = 'annan', closes_at = closes_at + interval '1 day', version = version + 1"
    for state in ("open", "closed", "cancelled"):
        # Opening itself: the keys come with the state.
        await run(fresh, "UPDATE survey_round SET state = 'proposed', content = '{}', content_hash = '0'")
        await run(fresh, f"UPDATE survey_round SET state = '{state}', threshold = 7")  # noqa: S608
        for column, other in DECIDED.items():
            with pytest.raises(DBAPIError, match="survey_round is final"):
                await run(fresh, f"UPDATE survey_round SET {column} = {other}")  # noqa: S608
        await run(fresh, f"UPDATE survey_round SET threshold = threshold, {everything_else}")  # noqa: S608
    # What was only proposed can be forgotten, and not written anew.
    forget = "UPDATE survey_round SET content = NULL, content_hash = NULL"
    with pytest.raises(DBAPIError, match="survey_round is final"):
        await run(fresh, forget)
    await run(fresh, "UPDATE survey_round SET opened_at = NULL")
    for column, other in DECIDED.items():
        with pytest.raises(DBAPIError, match="survey_round is final"):
            await run(fresh, f"UPDATE survey_round SET {column} = {other}")  # noqa: S608
    await run(fresh, forget)


@pytest.mark.parametrize("table_name", ["survey_unit", "survey_covered_unit"])
async def test_nothing_is_moved_into_an_open_round_or_out_of_it(fresh: Database, table_name: str) -> None:
    async with fresh.migrate() as connection:
        await filled(connection)
    (draft,) = await run(fresh, "SELECT id FROM survey_round")
    (opened,) = await run(
        fresh,
        "INSERT INTO survey_round SELECT (jsonb_populate_record(r, jsonb_build_object("
        "'id', gen_random_uuid(), 'state', 'open', 'content', '{}'::jsonb, 'content_hash', '0'))).* "
        "FROM survey_round r RETURNING id",
    )
    # What refers to the row would hold it too.
    await run(fresh, "DELETE FROM survey_invitation_batch")
    await run(fresh, "DELETE FROM survey_invitation")
    move = f"UPDATE {table_name} SET survey_round_id = '{{}}'"  # noqa: S608
    with pytest.raises(DBAPIError, match=f"{table_name} is final"):
        await run(fresh, move.format(opened))
    await run(fresh, move.format(draft))
    await run(fresh, f"UPDATE survey_round SET state = 'draft' WHERE id = '{opened}'")  # noqa: S608
    await run(fresh, move.format(opened))
    await run(fresh, f"UPDATE survey_round SET state = 'open' WHERE id = '{opened}'")  # noqa: S608
    with pytest.raises(DBAPIError, match=f"{table_name} is final"):
        await run(fresh, move.format(draft))


async def test_the_program_before_abandoned_rounds_cannot_decide_on_one(fresh: Database) -> None:
    async with fresh.migrate() as connection:
        await filled(connection)
    decide = "UPDATE survey_amendment SET state = 'decided', decided_at = now()"
    # It names no such column.
    await run(fresh, "UPDATE survey_amendment SET abandon = DEFAULT")
    await run(fresh, decide)
    await run(fresh, "UPDATE survey_amendment SET state = 'proposed', abandon = true")
    with pytest.raises(DBAPIError, match="the round is not cancelled"):
        await run(fresh, decide)
    await migrations.downgrade(fresh, "0005")
    # There it would be a proposal to close the round at once.
    assert await run(fresh, "SELECT state FROM survey_amendment") == ["withdrawn"]


@pytest.mark.parametrize(
    ("scopes", "left"),
    [
        ("{records:read,reminders:read}", ("active", ["records:read"], None)),
        ("{reminders:read}", ("ended", ["records:read"], None)),
        ("{records:read}", ("active", ["records:read"], True)),
    ],
)
async def test_the_program_before_reminders_were_told_lets_nobody_read_by_consent_to_more(
    fresh: Database, scopes: str, left: tuple[str, list[str], bool | None]
) -> None:
    async with fresh.migrate() as connection:
        await filled(connection)
    await run(fresh, f"UPDATE service_client SET scopes = '{scopes}', state = 'active', consented_at = now()")  # noqa: S608
    await run(fresh, "UPDATE webhook_endpoint SET types = '{sessionRecord,groupReminder}'")
    await migrations.downgrade(fresh, "0031")
    async with fresh.migrate() as connection:
        found = await connection.exec_driver_sql("SELECT state, scopes, consented_at IS NOT NULL FROM service_client")
        one: Any = found.one()
    state, kept, consented = one
    assert (state, kept, consented or None) == left
    assert await run(fresh, "SELECT types FROM webhook_endpoint") == [["sessionRecord"]]


async def test_the_tables_may_stand_in_a_schema_of_another_name(empty: Database) -> None:
    """What works with its owner's rights looks nowhere else, and the way back is the same."""
    (name,) = await run(empty, "SELECT current_database()")
    await run(empty, 'CREATE SCHEMA "Lärande"')
    await run(empty, f'ALTER DATABASE "{name}" SET search_path = "Lärande"')
    await empty.engine.dispose()
    await migrations.upgrade(empty)
    looks = "SELECT DISTINCT array_to_string(proconfig, ' ') FROM pg_proc WHERE prosecdef AND pronamespace > 16384"
    assert await run(empty, looks) == ['search_path="Lärande", pg_temp']
    async with empty.migrate() as connection:
        await filled(connection)
    with pytest.raises(DBAPIError, match="working_group is under legal hold"):
        await run(empty, "UPDATE working_group SET name = 'annat'")
    await run(empty, "UPDATE legal_hold SET lifted_at = now()")
    await run(empty, "UPDATE working_group SET name = 'annat'")
    await migrations.downgrade(empty, "0010")


# --- Beside others ----------------------------------------------------------------------------------------------


async def test_a_migration_does_not_wait_long_for_a_lock(fresh: Database, fresh_database_url: str) -> None:
    reader = await asyncpg.connect(fresh_database_url.replace("+asyncpg", ""))
    await reader.execute("BEGIN; LOCK TABLE audit_entry IN ACCESS SHARE MODE")
    with pytest.raises(DatabaseAway) as caught:
        await asyncio.wait_for(migrations.downgrade(fresh, "base"), 20)
    assert "lock timeout" in str(caught.value.__cause__)
    reader.terminate()
    # Nothing of it was done.
    assert await migrations.differences(fresh) == []


async def test_two_programs_migrate_one_after_the_other(empty: Database, empty_database_url: str) -> None:
    where = {"LARANDE_DATABASE_URL": empty_database_url}
    both = await asyncio.gather(larande("db", "upgrade", **where), larande("db", "upgrade", **where))
    assert [end.said for end in both] == [["The schema is current."]] * 2, both
    assert await migrations.differences(empty) == []


# --- What `larande db` says ---------------------------------------------------------------------------------------


async def check(database_url: str) -> list[str]:
    """The lines with which `larande db check` fails."""
    result = await asyncio.to_thread(larande_here, "db", "check", LARANDE_DATABASE_URL=database_url)
    assert result.exit_code == (1 if result.stderr else 0)
    return result.stderr.splitlines()


async def test_check_says_how_the_schema_differs(fresh: Database, fresh_database_url: str) -> None:
    assert await check(fresh_database_url) == []
    await run(fresh, "ALTER TABLE person ADD COLUMN nickname text")
    await run(fresh, "ALTER TABLE unit DROP COLUMN headcount")
    await run(fresh, "ALTER TABLE unit ALTER COLUMN external_id TYPE integer USING 1")
    await run(fresh, "ALTER TABLE party ALTER COLUMN name DROP NOT NULL")
    await run(fresh, "DROP INDEX ix_mandate_person_id")
    await run(fresh, "ALTER TABLE organisation DROP CONSTRAINT uq_organisation_organisation_number")
    await run(fresh, "ALTER TABLE credential DROP CONSTRAINT fk_credential_person_id")
    await run(fresh, "DROP TABLE record_registration")
    await run(fresh, "CREATE TABLE diary (id int)")
    assert sorted(await check(fresh_database_url)) == [
        "column person.nickname is in the database, but not in the program",
        "column unit.headcount is missing in the database",
        "constraint uq_organisation_organisation_number of organisation is missing in the database",
        "foreign key fk_credential_person_id of credential is missing in the database",
        "index ix_mandate_person_id of mandate is missing in the database",
        "nullable of column party.name in the database is not the program's",
        "table diary is in the database, but not in the program",
        "table record_registration is missing in the database",
        "type of column unit.external_id in the database is not the program's",
    ]


async def test_check_says_which_revision_it_met(empty: Database, empty_database_url: str) -> None:
    assert await check(empty_database_url) == ["There is no schema yet. Run: larande db upgrade"]
    result = await asyncio.to_thread(larande_here, "db", "upgrade", LARANDE_DATABASE_URL=empty_database_url)
    assert result.stdout == "The schema is current.\n"
    result = await asyncio.to_thread(larande_here, "db", "downgrade", "0001", LARANDE_DATABASE_URL=empty_database_url)
    assert result.stdout == "The schema is at 0001.\n"
    (line,) = await check(empty_database_url)
    assert line == f"The schema is at revision 0001, this program's is {REVISIONS[-1]}. Run: larande db upgrade"
    await run(empty, "UPDATE alembic_version SET version_num = '9999'")
    (line,) = await check(empty_database_url)
    assert "9999" in line
    assert "newer" in line
    result = await asyncio.to_thread(larande_here, "db", "upgrade", LARANDE_DATABASE_URL=empty_database_url)
    assert result.exit_code == 1
    assert "9999" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_scripts_do_not_shadow_the_library() -> None:
    """`alembic/` beside the package is no package itself, or it would be found instead of the library."""
    assert not (migrations.SCRIPTS / "__init__.py").exists()
    library = importlib.util.find_spec("alembic")
    assert library is not None
    assert library.origin is not None
