"""The only file that opens connections: engines, `read()` and `write()`.

Reads run in autocommit (no BEGIN, no ROLLBACK on return); every write is one transaction that commits when its
block ends. SQLAlchemy's async pool wakes waiters in no particular order, so a first-in-first-out gate of the
pool's size stands before each.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from app.services.errors import Refusal

STATEMENT_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
CONNECT_TIMEOUT_S = 5


class DatabaseAway(Exception):
    """The database cannot be reached, or went away during the request."""


def _driver_url(url: str) -> str:
    """Any postgres URL people have, with the driver this program uses."""
    parsed = make_url(url)
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError("LARANDE_DATABASE_URL must be a postgresql:// address")
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


class Database:
    """Two engines on one database, one that reads and one that writes."""

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self._url = _driver_url(url)
        self._reading = self._engine(pool_size, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        self._writing = self._engine(pool_size)
        self._read_gate = asyncio.Semaphore(pool_size)
        self._write_gate = asyncio.Semaphore(pool_size)

    def _engine(self, pool_size: int, **options: object) -> AsyncEngine:
        return create_async_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,  # or people's words would stand in the log of an error
            pool_use_lifo=True,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "server_settings": {
                    "application_name": "larande",
                    "timezone": "UTC",
                    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
                    # Skewed tenants: a generic plan for `count(*)` costs 25 ms where a custom one costs 0.1.
                    "plan_cache_mode": "force_custom_plan",
                },
            },
            **options,
        )

    @property
    def engine(self) -> AsyncEngine:
        """For migrations, which open their own transaction."""
        return self._writing

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees each statement's own moment and changes nothing."""
        with _away_as_such():
            async with self._read_gate, AsyncSession(self._reading, expire_on_commit=False, autoflush=False) as session:
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end of the block; a `Refusal` with `keep` commits before it is raised."""
        with _away_as_such():
            async with (
                self._write_gate,
                AsyncSession(self._writing, expire_on_commit=False, autoflush=False) as session,
            ):
                try:
                    yield session
                except Refusal as refusal:
                    if refusal.keep:
                        await session.commit()
                    raise
                await session.commit()

    async def close(self) -> None:
        await self._reading.dispose()
        await self._writing.dispose()


class _away_as_such:  # noqa: N801
    """Turns every way in which a database can be away into `DatabaseAway`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | TimeoutError) or (
            isinstance(error, DBAPIError)
            and (error.connection_invalidated or isinstance(error, OperationalError | InterfaceError))
        ):
            raise DatabaseAway from error
