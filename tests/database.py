"""The program's own database, opened by tests as the service itself unless they say as whom.

Tests build and look at what no single person may see. What they send over HTTP goes through both walls all the same:
the application opens its sessions itself. `migrate()` is the owner's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app import database as service_database
from app.services.wall import SYSTEM, Context


class Database(service_database.Database):
    """As the program's, with the service itself for whoever says nothing."""

    @asynccontextmanager
    async def read(self, context: Context = SYSTEM) -> AsyncIterator[AsyncSession]:
        async with super().read(context) as session:
            yield session

    @asynccontextmanager
    async def write(self, context: Context = SYSTEM) -> AsyncIterator[AsyncSession]:
        async with super().write(context) as session:
            yield session

    @asynccontextmanager
    async def own(self) -> AsyncIterator[AsyncSession]:
        """One transaction of the owner's, whom triggers alone keep from anything; it may switch those off."""
        async with self.migrate() as connection, AsyncSession(connection, expire_on_commit=False) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def write_at_once(self, context: Context = SYSTEM) -> AsyncIterator[AsyncConnection]:
        async with super().write_at_once(context) as connection:
            yield connection


def database_of(app: FastAPI) -> Database:
    """The application's, with the same connections."""
    shared = Database.__new__(Database)
    shared.__dict__ = app.state.database.__dict__
    return shared


async def as_owner(database: service_database.Database, statement: str, **given: Any) -> list[Any]:
    """The first column of what a statement gives to the owner, in a transaction of its own."""
    async with database.migrate() as connection:
        result = await connection.execute(text(statement), given)
        return list(result.scalars()) if result.returns_rows else []
