"""Alembic, run on a connection of the database: up, down, and whether the schema is the program's."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from alembic import command
from app.database import Database
from app.models import catalogue  # noqa: F401  (registers every table)

_HERE = Path(__file__).resolve().parent
# In a checkout the scripts lie beside the package; in a wheel they lie inside it.
SCRIPTS = next(place for place in (_HERE.parent / "alembic", _HERE / "alembic_scripts") if place.is_dir())
_OUR_LOCK = 0x6C6172616E6465  # "larande": two programs that start at once migrate one after the other


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database, revision: str = "head") -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_OUR_LOCK})")
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), revision))


async def downgrade(database: Database, revision: str) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_OUR_LOCK})")
        await connection.run_sync(lambda sync: command.downgrade(_config(sync), revision))


async def differences(database: Database) -> list[str]:
    """What distinguishes the schema in the database from the models; empty when they agree."""

    def compared(connection: Connection) -> list[str]:
        found: list[Any] = []
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        head = ScriptDirectory(str(SCRIPTS)).get_current_head()
        current = context.get_current_revision()
        if current != head:
            found.append(f"revision is {current}, the program's is {head}")
        found.extend(compare_metadata(context, SQLModel.metadata))
        return [str(each) for each in found]

    async with database.engine.connect() as connection:
        return await connection.run_sync(compared)
