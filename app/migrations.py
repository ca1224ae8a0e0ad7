"""Alembic, run on a connection of the database: up, down, and whether the schema is the program's."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from alembic import command
from app.database import Database
from app.models import catalogue  # noqa: F401  (registers every table)

_HERE = Path(__file__).resolve().parent
# In a checkout the scripts lie beside the package; in a wheel they lie inside it.
SCRIPTS = next(place for place in (_HERE.parent / "alembic", _HERE / "alembic_scripts") if place.is_dir())
# "larande" as a number: two programs that start at once migrate one after the other.
_TAKE_TURNS = text(f"SELECT pg_advisory_xact_lock({0x6C6172616E6465})")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up, in one transaction; a program that starts at the same time waits its turn."""
    with _only_the_owner_may():
        async with database.migrate() as connection:
            await connection.execute(_TAKE_TURNS)
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), revision))


async def downgrade(database: Database, revision: str) -> None:
    """Take the schema back, in one transaction."""
    with _only_the_owner_may():
        async with database.migrate() as connection:
            await connection.execute(_TAKE_TURNS)
            await connection.run_sync(lambda sync: command.downgrade(_config(sync), revision))


@contextmanager
def _only_the_owner_may() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        raise CommandError(
            "This database user may not change the schema, or make the roles that the service works as: "
            "see Roles in docs/running.md."
        ) from error


async def differences(database: Database) -> list[str]:
    """What distinguishes the schema in the database from the models; empty when they agree."""
    async with database.migrate() as connection:
        return await connection.run_sync(_differences)


def _differences(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    scripts = ScriptDirectory(str(SCRIPTS))
    current, head = context.get_current_revision(), scripts.get_current_head()
    if current is None:
        return ["There is no schema yet. Run: larande db upgrade"]
    if current not in {script.revision for script in scripts.walk_revisions()}:
        return [f"The schema is at revision {current}, which this program does not know: it belongs to a newer one."]
    if current != head:
        return [f"The schema is at revision {current}, this program's is {head}. Run: larande db upgrade"]
    return [_told(each) for each in _flat(compare_metadata(context, SQLModel.metadata))]


def _flat(found: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for each in found:  # changes to one column come as a list
        if isinstance(each, list):
            yield from each
        else:
            yield each


def _told(difference: tuple[Any, ...]) -> str:
    """One of Alembic's tuples as a sentence: ("add_column", schema, table, column), ("modify_type", …)."""
    verb, _, kind = difference[0].partition("_")
    if verb == "modify":
        _, _, table, column, *_ = difference
        return f"{kind} of column {table}.{column} in the database is not the program's"
    thing = difference[-1]
    table = getattr(thing, "table", None)
    name = f"{difference[2]}.{thing.name}" if kind == "column" else str(thing.name)
    place = "missing in the database" if verb == "add" else "in the database, but not in the program"
    of_table = f" of {table.name}" if table is not None and kind not in {"column", "table"} else ""
    return f"{_KINDS.get(kind, kind)} {name}{of_table} is {place}"


_KINDS = {"fk": "foreign key"}
