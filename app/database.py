"""The only file that opens connections: engines, `read()` and `write()`.

Reads run in autocommit (no BEGIN, no ROLLBACK on return); every write is one transaction that commits when its
block ends. SQLAlchemy's async pool wakes waiters in no particular order, so a first-in-first-out gate of the
pool's size stands before each.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from app.services.errors import Refusal

STATEMENT_TIMEOUT_S = 30
ANSWER_TIMEOUT_S = 35
"""A server that has not answered by then, not even that the statement took too long, is away."""
IDLE_IN_TRANSACTION_TIMEOUT_S = 60
CONNECT_TIMEOUT_S = 5

# SQLSTATEs, or their classes, of a server that is going, coming, full, locked or not ours to write to: nothing
# is wrong with the request, and the same one may succeed soon.
_AWAY = (
    "08",  # connection lost
    "25P",  # idle for too long in the transaction
    "28",  # our password is not the server's
    "3D",  # no such database
    "40",  # deadlock, serialisation
    "53",  # too many connections, disk full
    "55P03",  # lock not available
    "57",  # shutting down, starting up, statement timeout
)
_AWAY_FOR_WRITING = (*_AWAY, "25006")  # read-only: a standby. What `read()` is refused for this is our mistake.


class DatabaseAway(Exception):
    """The database cannot be reached, went away during the request, or can do nothing for us now."""


def _driver_url(url: str) -> str:
    """Any postgres URL people have, with the driver this program uses."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError("LARANDE_DATABASE_URL must be an address like postgresql://user:password@host/database.")
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


class Database:
    """Two engines on one database, one that reads and one that writes."""

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self._url = _driver_url(url)
        self._reading = self._pooled(pool_size, _READ_ONLY, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        self._writing = self._pooled(pool_size, {})
        self._read_gate = asyncio.Semaphore(pool_size)
        self._write_gate = asyncio.Semaphore(pool_size)

    def _pooled(self, pool_size: int, server_settings: dict[str, str], **options: object) -> AsyncEngine:
        engine = create_async_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,  # or people's words would stand in the log of an error
            pool_use_lifo=True,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": ANSWER_TIMEOUT_S,
                "server_settings": _SERVER_SETTINGS
                | server_settings
                | {
                    "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
                    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT_S}s",
                },
            },
            **options,
        )
        event.listen(engine.sync_engine, "checkout", _discard_if_closed)
        return engine

    @property
    def engine(self) -> AsyncEngine:
        """The one that writes."""
        return self._writing

    @asynccontextmanager
    async def migrate(self) -> AsyncIterator[AsyncConnection]:
        """One transaction for a migration, on a connection of its own that may take its time."""
        engine = create_async_engine(
            self._url,
            poolclass=NullPool,
            connect_args={"timeout": CONNECT_TIMEOUT_S, "server_settings": _SERVER_SETTINGS},
        )
        with _away_as_such(_AWAY_FOR_WRITING):
            async with engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees each statement's own moment and can change nothing."""
        with _away_as_such(_AWAY):
            async with self._read_gate, AsyncSession(self._reading, expire_on_commit=False, autoflush=False) as session:
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end of the block; a `Refusal` with `keep` commits before it is raised."""
        with _away_as_such(_AWAY_FOR_WRITING):
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

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Any]:
        """The driver's own connection, in no pool: it hears what the database announces for as long as it is open."""
        engine = create_async_engine(
            self._url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": ANSWER_TIMEOUT_S,
                "server_settings": _SERVER_SETTINGS | {"statement_timeout": f"{STATEMENT_TIMEOUT_S}s"},
            },
        )
        with _away_as_such(_AWAY_FOR_WRITING):
            async with engine.connect() as connection:
                yield (await connection.get_raw_connection()).driver_connection

    @asynccontextmanager
    async def write_at_once(self) -> AsyncIterator[AsyncConnection]:
        """For a single statement, which is a transaction by itself and committed when it has been executed.

        It costs one exchange with the server where `write()` costs three.
        """
        with _away_as_such(_AWAY_FOR_WRITING):
            async with self._write_gate, self._writing.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def answers(self) -> None:
        """Return once the database has answered; `DatabaseAway` if it does not."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._reading.dispose()
        await self._writing.dispose()


_SERVER_SETTINGS = {
    "application_name": "larande",
    "timezone": "UTC",
    # Skewed tenants: a generic plan for `count(*)` costs 25 ms where a custom one costs 0.1.
    "plan_cache_mode": "force_custom_plan",
}
_READ_ONLY = {"default_transaction_read_only": "on"}


def _discard_if_closed(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    """After a restart of the server every pooled connection is dead. The driver knows, so this costs no question."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


class _away_as_such:  # noqa: N801
    """Turns every way in which a database can be away into `DatabaseAway`."""

    def __init__(self, states: tuple[str, ...]) -> None:
        self._states = states

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | TimeoutError) or (isinstance(error, DBAPIError) and self._tells(error)):
            raise DatabaseAway from error

    def _tells(self, error: DBAPIError) -> bool:
        if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
            return True
        return str(getattr(error.orig, "sqlstate", None) or "").startswith(self._states)
