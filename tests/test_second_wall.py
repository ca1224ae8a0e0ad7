"""The second wall: with a policy layer that allows everything, the database still shows nobody a foreign row.

What is foreign is said here once more, in Python and from the rows alone; it knows neither the policy table nor the
policies in the database.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic.util.exc import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from app import migrations, serving
from app.api.operations import BASE
from app.database import RoleRefused
from app.models import catalogue
from app.services import wall
from app.services.calendar import swedish_day
from app.services.wall import NOBODY, SYSTEM, DatabaseRole
from tests import machines
from tests.database import Database, as_owner
from tests.program import ROOT
from tests.service_client_stage import MACHINES
from tests.stage import Stage
from tests.test_authorisation import CASES, PEOPLE, _method, committed_answers
from tests.walks import WHOLE, Walk

assert catalogue  # registers every table

TABLES = SQLModel.metadata.tables
STRUCTURE = {
    *("organisation", "unit", "unit_placement", "party", "person"),
    *("email_domain", "service_client", "service_client_credential", "deactivation_release"),
    *("webhook_endpoint", "webhook_delivery"),
    *("hr_import", "hr_import_portion", "hr_kept_change", "import_mapping"),
}
OPEN_TO_ALL = {"content_pack", "content_translation", "inspiration_item", "process_guide"}
NOBODYS = {
    *("credential", "person_invitation", "sign_in_failure", "authorisation_request"),
    *("sealed_response", "survey_sums", "reminder", "central_contribution"),
}
ONES_OWN = {
    *("sign_in", "idempotency_key", "second_factor", "recovery_code", "identity"),
    *("calendar_feed", "reminder_settings"),
}
SERVED_WHOLE = {
    *("unit", "unit_placement", "person", "deactivation_release", "change", "group_reminder"),
    *("hr_import", "hr_import_portion", "hr_kept_change", "import_mapping"),
}
SERVED_IN_STATE = {"session_record": "final", "survey_round": "released"}
SERVED_OF_ROUND = {"survey_unit", "survey_covered_unit", "survey_release", "survey_result"}
PARENTS = {
    "working_group_party": ("working_group", "working_group_id"),
    "record_registration": ("session_record", "session_record_id"),
    "survey_unit": ("survey_round", "survey_round_id"),
    "survey_covered_unit": ("survey_round", "survey_round_id"),
    "survey_release": ("survey_round", "survey_round_id"),
    "survey_result": ("survey_round", "survey_round_id"),
    "survey_sums": ("survey_round", "survey_round_id"),
    "survey_invitation": ("survey_round", "survey_round_id"),
    "sealed_response": ("survey_round", "survey_round_id"),
    "survey_text": ("survey_texts", "survey_texts_id"),
    "survey_text_withholding": ("survey_text", "survey_text_id"),
    "refresh_token": ("sign_in", "sign_in_id"),
    "union_data_refusal": ("service_client", "service_client_id"),
}
REFUSED = "42501"
HELD = "23000"
# Ids are looked for as what they are: thousands of them in tens of thousands of answers, one by one, took minutes.
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Someone:
    person_id: str
    sign_in_id: str
    organisation_id: str | None
    parties: frozenset[str]
    administrator: bool
    analyst: bool
    active: bool = True

    @property
    def bearer(self) -> list[str]:
        return ["person", self.person_id, self.sign_in_id]


@dataclass(frozen=True)
class Program:
    """A service client; one that has ended has no organisation."""

    client_id: str
    credential_id: str
    organisation_id: str | None

    @property
    def bearer(self) -> list[str]:
        return ["client", self.client_id, self.credential_id]


@dataclass(frozen=True)
class Respondent:
    """Whoever holds a slip: their form names nothing by its id."""

    token: str

    @property
    def bearer(self) -> list[str]:
        return ["token", self.token]


Anybody = Someone | Program | Respondent


Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Proof:
    stage: Stage
    database: Database
    rows: Rows
    people: dict[str, Someone]
    programs: dict[str, Program]
    respondent: Respondent
    without_policy: "WithoutPolicy"

    @property
    def actors(self) -> dict[str, Someone | Program]:
        return self.people | self.programs

    @property
    def everybody(self) -> dict[str, Anybody]:
        """As in the matrix, but for who has no token at all."""
        return self.actors | {"respondent": self.respondent}

    @cached_property
    def forbidden(self) -> dict[str, set[str]]:
        """By name, what no answer may tell them."""
        return {name: _forbidden(self, who) for name, who in self.everybody.items()}

    @cached_property
    def by_id(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {name: {row["id"]: row for row in self.rows[name]} for name, _ in PARENTS.values()}

    def parent(self, table: str, row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        name, key = PARENTS[table]
        return name, self.by_id[name][row[key]]

    def foreign(self, who: Anybody, table: str, row: dict[str, Any]) -> bool:
        """Whether the row is none of theirs to see."""
        if table in NOBODYS or isinstance(who, Respondent):
            return True
        if isinstance(who, Program):
            return not self.served(who, table, row)
        if table in {"service_client_idempotency_key", "change"}:
            return True
        if table == "failed_job":
            return not who.administrator
        if table == "interest_registration":
            return not who.administrator or row["state"] == "unconfirmed"
        if table == "central_aggregate":
            return not who.analyst
        if table in PARENTS:
            return self.foreign(who, *self.parent(table, row))
        if table in ONES_OWN:
            return row["person_id"] != who.person_id or not who.active
        if table == "identity_provider":
            return not who.administrator and not any(
                each["identity_provider_id"] == row["id"] and not self.foreign(who, child, each)
                for child in ("identity", "email_domain")
                for each in self.rows[child]
            )
        if table in OPEN_TO_ALL or (table in {"dialogue_template", "instrument"} and row["organisation_id"] is None):
            return False
        if table == "person" and row["id"] == who.person_id and who.active:
            return False
        if table == "audit_entry" and row["audience"] == "person":
            return row["person_id"] != who.person_id or not who.active
        if who.administrator and (
            table in STRUCTURE
            or (table == "mandate" and row["first"])
            or (table == "approval" and row["subject_type"] == "serviceClient")
            or (table == "audit_entry" and row["audience"] == "organisation")
        ):
            return False
        home = row["id"] if table == "organisation" else row["organisation_id"]
        if home is None or home != who.organisation_id:
            return True
        private = (
            table == "party_note"
            or (table == "statement" and not row["published"])
            or (table == "audit_entry" and row["audience"] == "party")
            or (table == "destruction_log_entry" and row["party_id"] is not None)
        )
        return private and row["party_id"] not in who.parties

    def served(self, who: Program, table: str, row: dict[str, Any]) -> bool:
        """Whether a service client may have the row, whatever its scopes."""
        if table == "instrument" and row["organisation_id"] is None:
            return True
        if who.organisation_id is None:
            return False
        if table == "service_client":
            return bool(row["id"] == who.client_id)
        if table in {"service_client_credential", "service_client_idempotency_key", "union_data_refusal"}:
            return bool(row["service_client_id"] == who.client_id)
        if table in SERVED_OF_ROUND or table == "record_registration":
            return self.served(who, *self.parent(table, row))
        if table == "approval":
            return any(
                each["id"] == row["subject_id"] and self.served(who, about, each)
                for about in SERVED_IN_STATE
                for each in self.rows[about]
            )
        if (row["id"] if table == "organisation" else row.get("organisation_id")) != who.organisation_id:
            return False
        if table in SERVED_IN_STATE:
            return bool(row["state"] == SERVED_IN_STATE[table])
        return table in {"organisation", "instrument"} | SERVED_WHOLE

    def context(self, who: Someone | Program) -> wall.Context:
        now = datetime.now(UTC)
        if isinstance(who, Program):
            return wall.serving(UUID(who.client_id), UUID(who.credential_id), now)
        return wall.acting(UUID(who.person_id), swedish_day(now))


PEOPLE_ACTING = [name for name in PEOPLE if name not in {"nobody", "respondent"}]


def keys(table: str) -> list[str]:
    return [column.name for column in TABLES[table].primary_key]


def key(table: str, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in keys(table))


async def _everything(database: Database) -> Rows:
    return {name: await as_owner(database, f'SELECT to_jsonb(t) FROM "{name}" t') for name in TABLES}  # noqa: S608


def _someone(rows: Rows, person_id: str, today: str) -> Someone:
    person = next(each for each in rows["person"] if each["id"] == person_id)
    active = {each["id"] for each in rows["party"] if each["state"] == "active"}
    mandates = [
        each["party_id"]
        for each in rows["mandate"]
        if each["person_id"] == person_id and each["valid_from"] <= today <= (each["valid_to"] or "9999")
    ]
    counts = person["active"]
    return Someone(
        person_id,
        next(
            each["id"]
            for each in rows["sign_in"]
            if each["person_id"] == person_id and (each["ended_at"] is None or not counts)
        ),
        person["organisation_id"] if counts else None,
        frozenset(mandates) & active if counts else frozenset(),
        "systemAdministrator" in person["roles"] and counts,
        "centralAnalyst" in person["roles"] and counts,
        counts,
    )


def _program(rows: Rows, machine: machines.Machine) -> Program:
    client = next(each for each in rows["service_client"] if each["id"] == machine.id)
    open_to = client["organisation_id"] if client["state"] == "active" else None
    return Program(machine.id, machine.credential_id, open_to)


async def _planted(database: Database) -> None:
    """What is private says so, in words that stand nowhere else."""
    async with database.migrate() as connection:
        # Also what is under a legal hold, which triggers keep as it is.
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(sa.text("UPDATE party_note SET text = 'Hemlig anteckning ' || id"))
        hidden = "UPDATE statement SET differences = 'Hemligt yttrande ' || session_record_id WHERE NOT published"
        await connection.execute(sa.text(hidden))


async def _attempting(database: Database) -> None:
    async with database.migrate() as connection:
        await connection.exec_driver_sql(_ATTEMPTS)
        await connection.exec_driver_sql("GRANT EXECUTE ON FUNCTION attempts TO PUBLIC")


@pytest.fixture(scope="module")
async def proof(built_stage: Stage) -> AsyncIterator[Proof]:
    """Three organisations with something of everything, private things of both sides, and everyone in the matrix."""
    world, database = built_stage.world, built_stage.world.database
    held = f"/dialogue-sessions/{built_stage.rows['session, held'].id}"  # type: ignore[attr-defined]
    await world.renew_tokens()
    await world.employer_rep.client.post(f"{held}/party-notes", {"text": "Arbetsgivarens."})
    await _planted(database)
    await _attempting(database)
    rows = await _everything(database)
    today = swedish_day(datetime.now(UTC)).isoformat()
    people = {name: _someone(rows, world.people[name].id, today) for name in PEOPLE_ACTING}
    programs = {name: _program(rows, world.machines[name]) for name in MACHINES}
    without_policy = WithoutPolicy()
    yield Proof(built_stage, database, rows, people, programs, Respondent(built_stage.survey_token), without_policy)
    await without_policy.end()


# --- The catalogue ------------------------------------------------------------------------------------------------


async def test_every_table_is_behind_the_wall(database: Database) -> None:
    """A new table fails here until its migration says who may do what with it."""
    bare = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    assert await as_owner(database, f"{bare} AND NOT relrowsecurity") == ["alembic_version"]
    for name in TABLES:
        taken = "SELECT has_table_privilege(:role, :table, 'TRUNCATE, REFERENCES, TRIGGER')"
        for role in DatabaseRole:
            assert await as_owner(database, taken, role=role.value, table=name) == [False], (role, name)
    # What every signed-in person sees, whoever they are.
    open_to_all = (
        "SELECT tablename FROM pg_policies WHERE roles IN ('{larande_service}', '{larande_client}') "
        "AND (qual = 'true' OR with_check = 'true')"
    )
    assert set(await as_owner(database, open_to_all)) == OPEN_TO_ALL


async def test_the_roles_own_nothing_and_are_not_each_other(database: Database) -> None:
    await database.check_roles()
    mighty = "SELECT rolname FROM pg_roles WHERE rolname ~ '^larande_' AND (rolsuper OR rolbypassrls OR rolcreaterole)"
    assert await as_owner(database, mighty) == []
    for role in DatabaseRole:
        others = [each.value for each in DatabaseRole if each is not role]
        taken = "SELECT pg_has_role(:role, each, 'USAGE') FROM unnest(CAST(:others AS text[])) each"
        assert not any(await as_owner(database, taken, role=role.value, others=others)), role


async def test_the_owner_is_refused_as_the_one_who_serves(database_url: str) -> None:
    class AsOwner(Database):
        def _as(self, role: DatabaseRole) -> dict[str, str]:  # noqa: ARG002
            return {}

    owner = AsOwner(database_url)
    with pytest.raises(RoleRefused, match="owns what it is to be kept from"):
        await owner.check_roles()
    await owner.close()


# --- Reading -------------------------------------------------------------------------------------------------------


async def _seen(session: AsyncSession, table: str) -> set[tuple[Any, ...]] | None:
    """The keys of the rows that are there; None when the table may not be read at all."""
    columns = ", ".join(f'to_jsonb(t."{name}")' for name in keys(table))
    try:
        async with session.begin_nested():
            return {tuple(row) for row in await session.execute(sa.text(f'SELECT {columns} FROM "{table}" t'))}  # noqa: S608
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != REFUSED:
            raise
        return None


async def faults_in_reading(proof: Proof, names: list[str] | None = None) -> list[str]:
    """Every row that is shown and foreign, and every one that is hidden and is not."""
    faults = []
    for name in names or proof.actors:
        who = proof.actors[name]
        async with proof.database.write(proof.context(who)) as session:
            for table in TABLES:
                own = {key(table, row) for row in proof.rows[table] if not proof.foreign(who, table, row)}
                seen = await _seen(session, table)
                if table in NOBODYS:
                    faults += [] if seen is None else [f"{name} may read {table}"]
                else:
                    faults += [f"{name} sees {table} {each}" for each in (seen or set()) - own]
                    faults += [f"{name} does not see {table} {each}" for each in own - (seen or set())]
    return faults


async def test_everybody_sees_exactly_what_is_not_foreign(proof: Proof) -> None:
    assert await faults_in_reading(proof) == []


async def test_without_a_context_nothing_is_seen(proof: Proof) -> None:
    """A connection that was somebody's a moment ago is nobody's now."""
    open_to_all = OPEN_TO_ALL | {"dialogue_template", "instrument"}
    async with proof.database.write(proof.context(proof.people["saco_rep"])) as session:
        assert await _seen(session, "working_group")
    async with proof.database.write(NOBODY) as session:
        for table in set(TABLES) - open_to_all:
            assert not await _seen(session, table), table
        for table in ("dialogue_template", "instrument"):
            central = {key(table, row) for row in proof.rows[table] if row["organisation_id"] is None}
            assert await _seen(session, table) == central


@pytest.mark.parametrize("change", ["deactivated", "mandate ended", "party closed"])
async def test_who_has_lost_their_say_sees_no_more(proof: Proof, change: str) -> None:
    saco = proof.people["saco_rep"]
    statements = {
        "deactivated": "UPDATE person SET active = false WHERE id = CAST(:person AS uuid)",
        "mandate ended": "UPDATE mandate SET valid_from = '2000-01-01', valid_to = '2000-01-02' "
        "WHERE person_id = CAST(:person AS uuid)",
        "party closed": "UPDATE party SET state = 'closed', closed_at = now() "
        "WHERE id = ANY (CAST(:parties AS uuid[]))",
    }
    async with proof.database.migrate() as connection:
        given = {"person": saco.person_id, "parties": list(saco.parties)}
        statement = sa.text(statements[change])
        await connection.execute(statement, {name: given[name] for name in statement.compile().params})
        await connection.execute(
            sa.text("SELECT larande_enter(CAST(:person AS uuid), current_date)"), {"person": saco.person_id}
        )
        await connection.execute(sa.text("SET LOCAL ROLE larande_service"))
        assert (await connection.execute(sa.text("SELECT count(*) FROM party_note"))).scalar_one() == 0
        there = (await connection.execute(sa.text("SELECT count(*) FROM working_group"))).scalar_one()
        assert (there == 0) is (change == "deactivated")
        await connection.rollback()


# --- Writing -------------------------------------------------------------------------------------------------------


async def _attempt(session: AsyncSession, statement: str, **given: Any) -> str | int:
    """How many rows it changed, or the state with which it was refused."""
    try:
        async with session.begin_nested():
            return (await session.execute(sa.text(statement), given)).rowcount  # type: ignore[attr-defined, no-any-return]
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", None))


def _columns(table: str) -> list[str]:
    return [column.name for column in TABLES[table].columns if column.computed is None]


@pytest.mark.parametrize("name", [*PEOPLE_ACTING, *MACHINES])
async def test_no_foreign_row_is_changed_deleted_or_made(proof: Proof, name: str) -> None:
    who = proof.actors[name]
    tried = 0
    async with proof.database.write(proof.context(who)) as session:
        for table in TABLES:
            changing, making = _statements_about(table)
            for row in [row for row in proof.rows[table] if proof.foreign(who, table, row)][:3]:
                tried += 1
                outcomes = await _attempts(session, changing, row)
                assert outcomes.keys() == {*_columns(table), "DELETE"}
                assert set(outcomes.values()) <= {"0", REFUSED}, (table, outcomes)
                another = row | ({"id": str(uuid4())} if keys(table) == ["id"] else {})
                assert await _attempts(session, {"INSERT": making}, another) == {"INSERT": REFUSED}, table
        await session.rollback()
    assert tried > 20


@cache
def _statements_about(table: str) -> tuple[dict[str, str], str]:
    """What changes a row ($1, as JSON) by each of its columns or deletes it, and what makes one like it."""
    where = " AND ".join(f"\"{each}\" = CAST($1 ->> '{each}' AS {_kind(table, each)})" for each in keys(table))
    changing = {
        column: f'UPDATE "{table}" SET "{column}" = "{column}" WHERE {where}'  # noqa: S608
        for column in _columns(table)
    }
    changing["DELETE"] = f'DELETE FROM "{table}" WHERE {where}'  # noqa: S608
    named = ", ".join(f'"{each}"' for each in _columns(table))
    made = f'INSERT INTO "{table}" ({named}) SELECT {named} FROM jsonb_populate_record(NULL::"{table}", $1)'  # noqa: S608
    return changing, made


# As whoever calls it. Some ten thousand statements, each with a savepoint, took minutes when they were sent one by one.
_ATTEMPTS = """
CREATE FUNCTION attempts(statements text[], a_row jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    changed integer;
    outcomes text[] = '{}';
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        BEGIN
            EXECUTE statement USING a_row;
            GET DIAGNOSTICS changed = ROW_COUNT;
            outcomes = outcomes || changed::text;
        EXCEPTION WHEN OTHERS THEN
            outcomes = outcomes || SQLSTATE::text;
        END;
    END LOOP;
    RETURN outcomes;
END $$
"""


async def _attempts(session: AsyncSession, statements: dict[str, str], row: dict[str, Any]) -> dict[str, str]:
    """Like `_attempt`, of each statement with the row."""
    asked = sa.text("SELECT attempts(CAST(:statements AS text[]), CAST(:row AS jsonb))")
    given = {"statements": list(statements.values()), "row": json.dumps(row)}
    return dict(zip(statements, (await session.execute(asked, given)).scalar_one(), strict=True))


def _kind(table: str, column: str) -> str:
    return str(TABLES[table].columns[column].type.compile(dialect=sa.dialects.postgresql.dialect()))  # type: ignore[no-untyped-call]


async def test_nobody_takes_a_row_to_themselves_or_decides_for_another_party(proof: Proof) -> None:
    employer, saco = proof.people["employer_rep"], proof.people["saco_rep"]
    async with proof.database.write(proof.context(employer)) as session:
        taken = "UPDATE dialogue_template SET organisation_id = CAST(:own AS uuid) WHERE organisation_id IS NULL"
        assert await _attempt(session, taken, own=employer.organisation_id) == REFUSED
        for table, of_actor in (("approval", {"person_id": employer.person_id}), ("guide_rating", {})):
            of_saco = next(row for row in proof.rows[table] if row["party_id"] in saco.parties)
            _changing, forged = _statements_about(table)
            another = of_saco | {"id": str(uuid4())} | of_actor
            assert await _attempts(session, {"INSERT": forged}, another) == {"INSERT": REFUSED}, table
        told = next(row for row in proof.rows["audit_entry"] if row["organisation_id"] == employer.organisation_id)
        entry = json.dumps(told | {"id": str(uuid4()), "person_id": saco.person_id})
        named = ", ".join(f'"{each}"' for each in _columns("audit_entry"))
        blamed = (
            f"INSERT INTO audit_entry ({named}) SELECT {named} "  # noqa: S608
            "FROM jsonb_populate_record(NULL::audit_entry, CAST(:row AS jsonb))"
        )
        assert await _attempt(session, blamed, row=entry) == REFUSED
        for changed in ("UPDATE audit_entry SET operation = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
            assert await _attempt(session, changed) == REFUSED
        assert await _attempt(session, "SELECT used FROM survey_invitation") == REFUSED
        await session.rollback()


# What the rules let people change of the structure, said once more: column, another value, and who may.
ITSELF, ITS_PARTY, RUNNING = "the person", "its party", "an administrator"
CHANGES = {
    "person": {
        "roles": ("CAST(:roles AS text[])", {RUNNING}),
        "active": ("NOT active", {RUNNING}),
        "unit_id": ("CASE WHEN unit_id IS NULL THEN CAST(:unit AS uuid) END", {RUNNING}),
        "email": ("email || 'x'", {RUNNING, ITSELF}),
        "name": ("name || 'x'", {RUNNING, ITSELF}),
        "language": ("CASE language WHEN 'sv' THEN 'en' ELSE 'sv' END", {RUNNING, ITSELF}),
        "erased_at": ("now()", set()),
    },
    "party": {
        "name": ("name || 'x'", {RUNNING, ITS_PARTY}),
        "state": ("'closed', closed_at = now()", {ITS_PARTY}),
        "side": ("CASE side WHEN 'union' THEN 'employer' ELSE 'union' END", set()),
    },
    "mandate": {
        "function": ("function || 'x'", {ITS_PARTY}),
        "valid_to": ("coalesce(valid_to, current_date) + 400", {ITS_PARTY}),
        "valid_from": ("valid_from - 1", set()),
        "first": ("NOT first", set()),
    },
    "unit": {"headcount": ("coalesce(headcount, 0) + 1", {RUNNING, "a party"})},
    "unit_placement": {"name": ("name || 'x'", {RUNNING, "a party"})},
    "webhook_endpoint": {
        "failures": ("failures + 1", {RUNNING}),
        "url": ("url || 'x'", set()),
    },
    "service_client": {"purpose": ("purpose || 'x'", {RUNNING, "a party"})},
}


def _standing(who: Someone, table: str, row: dict[str, Any]) -> set[str]:
    """What somebody is to a row that they see."""
    own_party = row["id"] if table == "party" else row.get("party_id")
    return (
        ({RUNNING} if who.administrator else set())
        | ({ITSELF} if table == "person" and row["id"] == who.person_id else set())
        | ({ITS_PARTY} if own_party in who.parties else set())
        | ({"a party"} if who.parties and row["organisation_id"] == who.organisation_id else set())
    )


async def _tried(session: AsyncSession, statement: str, **given: Any) -> str | int:
    """Like `_attempt`, and what it did is undone."""
    found = None
    try:
        async with session.begin_nested() as tried:
            found = (await session.execute(sa.text(statement), given)).rowcount  # type: ignore[attr-defined]
            await tried.rollback()
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", None))
    assert found is not None
    return int(found)


@pytest.mark.parametrize("name", PEOPLE_ACTING)
async def test_the_structure_is_changed_by_those_alone_whom_the_rules_let(proof: Proof, name: str) -> None:
    """However much the policy lets through: nobody gives themselves a role, closes a union or prolongs a mandate."""
    who = proof.people[name]
    refused = allowed = 0
    async with proof.database.write(proof.context(who)) as session:
        for table, columns in CHANGES.items():
            for row in (each for each in proof.rows[table] if not proof.foreign(who, table, each)):
                for column, (value, by) in columns.items():
                    changed = f"UPDATE {table} SET {column} = {value} WHERE id = CAST(:id AS uuid)"  # noqa: S608
                    given = {"id": row["id"]}
                    if column == "unit_id":
                        given["unit"] = proof.rows["unit"][0]["id"]
                    if column == "roles":
                        given["roles"] = [] if "systemAdministrator" in row["roles"] else ["systemAdministrator"]
                    outcome = await _tried(session, changed, **given)
                    if outcome == HELD:
                        continue  # a legal hold refuses everybody
                    may = bool(by & _standing(who, table, row))
                    assert (outcome != REFUSED) is may, (table, column, outcome, row)
                    allowed += may
                    refused += not may
        await session.rollback()
    assert refused or not who.active
    assert allowed or not who.active


@pytest.mark.parametrize("name", PEOPLE_ACTING)
async def test_the_structure_grows_by_those_alone_whom_the_rules_let(proof: Proof, name: str) -> None:
    who = proof.people[name]
    at_home = [row for row in proof.rows["person"] if row["organisation_id"] == who.organisation_id]
    home = who.organisation_id or proof.rows["organisation"][0]["id"]
    async with proof.database.write(proof.context(who)) as session:

        async def add(table: str, like: dict[str, Any], **different: Any) -> str | int:
            named = ", ".join(f'"{each}"' for each in _columns(table))
            row = json.dumps(like | {"id": str(uuid4())} | different)
            made = (
                f"INSERT INTO {table} ({named}) SELECT {named} "  # noqa: S608
                f"FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"
            )
            return await _tried(session, made, row=row)

        person = (at_home or proof.rows["person"])[0] | {"organisation_id": home, "active": True, "erased_at": None}
        plain = await add("person", person, email=f"{uuid4()}@example.se", roles=[])
        assert (plain == 1) is (who.administrator or bool(who.parties)), plain
        mighty = await add("person", person, email=f"{uuid4()}@example.se", roles=["systemAdministrator"])
        assert mighty == (1 if who.administrator else REFUSED)
        party = next(row for row in proof.rows["party"] if row["organisation_id"] == home)
        union = party | {"side": "union", "state": "active", "closed_at": None, "name": f"Nya facket {uuid4()}"}
        assert await add("party", union) == (1 if who.administrator else REFUSED)
        # A first representative of a party for which somebody speaks already; nobody is that, not an administrator's.
        spoken_for = next(
            row
            for row in proof.rows["mandate"]
            if row["valid_to"] is None and row["working_group_id"] is None and row["organisation_id"] == home
        )
        # From a day on which there is none like it: no two are first from the same day.
        first = await add("mandate", spoken_for, first=True, valid_from="2001-01-01")
        assert first == REFUSED
        await session.rollback()


async def test_an_administrator_appoints_the_first_of_a_party_that_has_nobody(proof: Proof) -> None:
    administrator = proof.people["administrator"]
    home = proof.people["saco_rep"].organisation_id
    async with proof.database.write(proof.context(administrator)) as session:
        party = uuid4()
        added = (
            "INSERT INTO party (id, organisation_id, side, name, state, version, created_at) "
            "VALUES (:party, CAST(:home AS uuid), 'union', 'Ett nytt fack', 'active', 1, now())"
        )
        assert await _attempt(session, added, party=party, home=home) == 1
        appointed = (
            "INSERT INTO mandate "
            "(id, organisation_id, party_id, person_id, function, valid_from, first, version, created_at) VALUES "
            "(:id, CAST(:home AS uuid), :party, CAST(:person AS uuid), 'Ordförande', "
            "CURRENT_DATE + CAST(:days AS int), true, 1, now())"
        )
        given = {"party": party, "home": home, "person": proof.people["employee"].person_id}
        assert await _attempt(session, appointed, id=uuid4(), days=0, **given) == 1
        assert await _attempt(session, appointed, id=uuid4(), days=1, **given) == REFUSED
        await session.rollback()


async def test_whoever_steps_out_steps_back(proof: Proof) -> None:
    async with proof.database.write(proof.context(proof.people["employee"])) as session:
        role = sa.text("SELECT current_user")
        async with wall.beyond(session):
            assert (await session.execute(role)).scalar_one() == DatabaseRole.SYSTEM
        assert (await session.execute(role)).scalar_one() == DatabaseRole.SERVICE
    with pytest.raises(ZeroDivisionError):
        async with proof.database.write(proof.context(proof.people["employee"])) as session, wall.beyond(session):
            raise ZeroDivisionError
    async with proof.database.write(proof.context(proof.people["employee"])) as session:
        assert (await session.execute(role)).scalar_one() == DatabaseRole.SERVICE


# --- The whole matrix, with a policy that allows everything -----------------------------------------------------------


def _forbidden(proof: Proof, who: Anybody) -> set[str]:
    """What names a foreign row: its id, and the words of what is private."""
    found = set()
    for table, rows in proof.rows.items():
        for row in rows:
            # Who did something is said by id, also when they run the installation and are of no organisation.
            if table == "person" and row["organisation_id"] is None:
                continue
            # Nobody reads of what one was reminded; one's own export of data has it all the same.
            if table == "reminder" and isinstance(who, Someone) and row["person_id"] == who.person_id:
                continue
            if proof.foreign(who, table, row):
                found |= {str(row[name]) for name in ("id", "token_hash") if name in row}
                found |= {row[name] for name in ("text", "differences") if "Hemlig" in str(row.get(name))}
    if isinstance(who, Program):
        # A final record names by their ids the table it comes from, and the mandates that were there.
        shown = [row for table, rows in proof.rows.items() for row in rows if proof.served(who, table, row)]
        told = json.dumps(shown, ensure_ascii=False)
        found -= set(_ID.findall(told))
        found = {each for each in found if _ID.fullmatch(each) or each not in told}
    if isinstance(who, Someone) and who.administrator:
        # The trail of what concerns a whole organisation names what was done something to, by its id alone.
        found -= {each["subject_id"] for each in proof.rows["audit_entry"] if each["audience"] == "organisation"}
        # And consent to a service client names the mandate by which it was given.
        found -= {each["mandate_id"] for each in proof.rows["approval"] if each["subject_type"] == "serviceClient"}
    return found


class WithoutPolicy:
    """A service that allows everything, in a process of its own; it takes seconds to load."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def answers(self, proof: Proof, requests: list[list[Any]]) -> list[list[Any]]:
        sent = {
            "url": proof.database.engine.url.render_as_string(hide_password=False),
            "bearers": {name: who.bearer for name, who in proof.everybody.items()},
            "domain_texts": [f"larande={each['challenge']}" for each in proof.rows["email_domain"]],
            "requests": requests,
        }
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.without_policy"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=ROOT,
                limit=2**30,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(sent).encode() + b"\n")
        await self._process.stdin.drain()
        said = await self._process.stdout.readline()
        assert said, "it has ended, and said why on standard error"
        answers: list[list[Any]] = json.loads(said)
        return answers

    async def end(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            assert await self._process.wait() == 0


def _requests(proof: Proof, operations: set[str] | None = None) -> tuple[list[list[Any]], list[str]]:
    requests, labels = [], []
    # Of the operations that are named all is asked.
    walk = Walk(committed_answers(), whole=WHOLE or operations is not None)
    for operation, cases in CASES.items():
        if operations is not None and operation not in operations:
            continue
        method = _method(operation)
        for cell in cases(proof.stage):
            path = cell.path + ("?limit=100" if operation.startswith("list_") else "")
            for name in proof.everybody:
                if not walk.asks(operation, cell.state, name):
                    continue
                requests.append([method, BASE + path, cell.json, cell.headers or {}, name])
                labels.append(f"{operation} / {cell.state} / {name}")
    return requests, labels


async def faults_in_answers(proof: Proof, operations: set[str] | None = None) -> tuple[list[str], dict[str, int]]:
    requests, labels = _requests(proof, operations)
    forbidden = proof.forbidden
    words = {name: {each for each in those if not _ID.fullmatch(each)} for name, those in forbidden.items()}
    faults, met = [], {"answers": 0, "successes": 0}
    for (_, _, _, _, name), label, (status, text, headers) in zip(
        requests, labels, await proof.without_policy.answers(proof, requests), strict=True
    ):
        met["answers"] += 1
        met["successes"] += status < 400
        said = text + json.dumps(headers, ensure_ascii=False)
        told_of = forbidden[name].intersection(_ID.findall(said)) | {each for each in words[name] if each in said}
        faults += [f"{label}: {status} tells of {each}" for each in told_of]
        if status == 200 and " list_" in f" {label}":
            told = json.loads(text)
            if told["_meta"]["totalRecords"] != len(told["items"]) and len(told["items"]) < 100:
                faults.append(f"{label}: counts {told['_meta']['totalRecords']} of {len(told['items'])}")
    return faults, met


async def test_no_foreign_row_in_any_cell_of_the_matrix(proof: Proof) -> None:
    faults, met = await faults_in_answers(proof)
    assert not faults, "\n".join(faults[:50])
    print(f"{met['answers']} cells, {met['successes']} successes")  # noqa: T201
    # It really allows more: with the policy, as many succeed as the committed matrix says.
    committed = committed_answers()
    walk = Walk(committed)
    asked = [told[name] for row, told in committed.items() for name in proof.everybody if walk.asks(*row, name)]
    successes = sum(status.startswith("2") for status in asked)
    assert met["answers"] == len(asked)
    assert met["successes"] > successes


# --- And the proof proves something -----------------------------------------------------------------------------------


@asynccontextmanager
async def broken(database: Database, table: str) -> AsyncIterator[None]:
    """One hole in the wall: everybody sees everything in this table."""
    found = "SELECT qual FROM pg_policies WHERE tablename = :table AND policyname = 'larande_service_select'"
    (qual,) = await as_owner(database, found, table=table)
    await as_owner(database, f"ALTER POLICY larande_service_select ON {table} USING (true)")
    try:
        yield
    finally:
        await as_owner(database, f"ALTER POLICY larande_service_select ON {table} USING ({qual})")


async def test_a_hole_in_the_wall_is_found(proof: Proof) -> None:
    async with broken(proof.database, "party_note"):
        reading = await faults_in_reading(proof, ["employer_rep", "outsider"])
        answers, _ = await faults_in_answers(proof, {"read_party_note", "list_party_notes"})
    assert {"employer_rep sees party_note", "outsider sees party_note"} <= {_first(each, 3) for each in reading}
    assert any(each.startswith("read_party_note / note of the union / employer_rep: 200") for each in answers)
    assert any(each.startswith("list_party_notes") for each in answers)
    async with broken(proof.database, "organisation"):
        answers, _ = await faults_in_answers(proof, {"read_organisation"})
    assert any("/ outsider: 200" in each for each in answers)
    assert await faults_in_reading(proof, ["employer_rep", "outsider"]) == []


def _first(words: str, number: int) -> str:
    return " ".join(words.split()[:number])


async def test_the_commands_and_the_worker_see_all(proof: Proof) -> None:
    async with proof.database.read(SYSTEM) as session:
        for table in ("sealed_response", "party_note", "credential"):
            counted = (await session.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608
            assert counted == len(proof.rows[table])


# --- On a server of one's own -------------------------------------------------------------------------------------


async def test_an_owner_without_rights_and_a_user_of_the_services_own(empty_database_url: str) -> None:
    """As docs/running.md has it: roles made once by an administrator, an owner for the schema, a user to serve as."""
    running = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    lines = running.split("```sql\n")[1].split("```")[0].strip().splitlines()
    name = make_url(empty_database_url).database
    administrator = Database(empty_database_url)
    owner, user = f"owner_{name}", f"user_{name}"
    for line in lines:
        wanted = line.replace("larande_owner", owner).replace("larande_user", user).replace("…", "hemligt")
        if "CREATE DATABASE" in wanted:
            wanted = f"ALTER DATABASE {name} OWNER TO {owner}"
        if "CREATE ROLE larande_" not in wanted:  # the server has those, from the other tests
            await as_owner(administrator, wanted)
    as_user = make_url(empty_database_url).set(username=user, password="hemligt").render_as_string(hide_password=False)
    as_its_owner = make_url(empty_database_url).set(username=owner, password="hemligt")
    alone, both = Database(as_user), Database(as_user, owner_url=as_its_owner.render_as_string(hide_password=False))
    with pytest.raises(CommandError, match=r"see Roles in docs/running\.md"):
        await migrations.upgrade(alone)
    await migrations.upgrade(both)
    await migrations.upgrade(alone)  # nothing to be done any more
    await alone.check_roles()
    assert not await serving.prepare(as_user, False)
    # The program before this one works as the owner, whom row-level security does not hold.
    assert await as_owner(both, "SELECT count(*) > 0 FROM dialogue_template") == [True]
    one = Database(as_its_owner.render_as_string(hide_password=False))
    with pytest.raises(RoleRefused, match="cannot act as larande_service: see Roles"):
        await one.check_roles()
    await as_owner(administrator, f"GRANT {', '.join(DatabaseRole)} TO {owner}")
    await one.check_roles()
    for each in (one, alone, both, administrator):
        await each.close()
