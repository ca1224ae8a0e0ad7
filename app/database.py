"""The only file that opens connections: engines, `read()` and `write()`.

Reads run in autocommit (no BEGIN, no ROLLBACK on return); every write is one transaction that commits when its
block ends. SQLAlchemy's async pool wakes waiters in no particular order, so a first-in-first-out gate of the
pool's size stands before each.

Every connection but a migration's takes a role that owns nothing, and whoever opens a session says as whom
(app/services/wall.py). That is said anew each time, before anything else: nothing relies on what a connection was last.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

import asyncpg
from sqlalchemy import event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from app.services.errors import Refusal
from app.services.wall import NOBODY, Context, DatabaseRole

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


class RoleRefused(Exception):
    """The database does not let the program stand behind its second wall; the message says what to put right."""


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
    """Two engines on one database, one that reads and one that writes.

    `owner_url` is whose tables they are, for migrations alone; `url` unless given.
    """

    def __init__(self, url: str, pool_size: int = 10, owner_url: str | None = None) -> None:
        self._url = _driver_url(url)
        self._owner_url = self._url if owner_url is None else _driver_url(owner_url)
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
                | self._as(DatabaseRole.SERVICE)
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

    def _as(self, role: DatabaseRole) -> dict[str, str]:
        """The setting with which a connection begins as this role."""
        return {"role": role.value}  # the driver takes nothing but a plain string

    @property
    def engine(self) -> AsyncEngine:
        """The one that writes."""
        return self._writing

    @cached_property
    def _migrating(self) -> AsyncEngine:
        """It keeps no connection."""
        return create_async_engine(
            self._owner_url,
            poolclass=NullPool,
            connect_args={"timeout": CONNECT_TIMEOUT_S, "server_settings": _SERVER_SETTINGS},
        )

    @asynccontextmanager
    async def migrate(self) -> AsyncIterator[AsyncConnection]:
        """One transaction for a migration, as the owner, on a connection of its own that may take its time."""
        with _away_as_such(_AWAY_FOR_WRITING):
            async with self._migrating.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self, context: Context) -> AsyncIterator[AsyncSession]:
        """A session that sees each statement's own moment and can change nothing."""
        with _away_as_such(_AWAY):
            async with self._read_gate, self._reading.connect() as connection:
                await self._stand(connection, context)
                async with AsyncSession(connection, expire_on_commit=False, autoflush=False) as session:
                    yield session

    @asynccontextmanager
    async def write(self, context: Context) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end of the block; a `Refusal` with `keep` commits before it is raised."""
        with _away_as_such(_AWAY_FOR_WRITING):
            async with self._write_gate, self._writing.connect() as connection:
                await self._stand(connection, context)
                async with AsyncSession(connection, expire_on_commit=False, autoflush=False) as session:
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
                "server_settings": _SERVER_SETTINGS
                | self._as(DatabaseRole.SYSTEM)
                | {"statement_timeout": f"{STATEMENT_TIMEOUT_S}s"},
            },
        )
        with _away_as_such(_AWAY_FOR_WRITING):
            async with engine.connect() as connection:
                yield (await connection.get_raw_connection()).driver_connection

    @asynccontextmanager
    async def write_at_once(self, context: Context) -> AsyncIterator[AsyncConnection]:
        """For a single statement, which is a transaction by itself and committed when it has been executed.

        It costs one exchange with the server where `write()` costs three.
        """
        with _away_as_such(_AWAY_FOR_WRITING):
            async with self._write_gate, self._writing.connect() as connection:
                await self._stand(connection, context)
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def _stand(self, connection: AsyncConnection, context: Context) -> None:
        """Let the database know as whom the connection stands from now on, before any transaction begins.

        By the driver itself: it is one exchange with the server, or two where the connection last stood as another
        role, and part of every request.
        """
        driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
        kept = (await connection.get_raw_connection()).info
        try:
            if kept.get(_ROLE, DatabaseRole.SERVICE) is not context.role:
                kept[_ROLE] = None  # whatever happens now, nobody relies on it
                await driver.execute(_TAKE[context.role])
                kept[_ROLE] = context.role
            if context.role is DatabaseRole.SERVICE:
                await driver.fetchval(_ENTER, context.person_id, context.today)
            elif context.role is DatabaseRole.CLIENT:
                await driver.fetchval(_ENTER_CLIENT, context.client_id, context.credential_id, context.moment)
        except BaseException:
            # Also when no answer came in time, or nobody waits for one any more: it would come to the next who asks.
            await connection.invalidate()
            raise

    async def answers(self) -> None:
        """Return once the database has answered; `DatabaseAway` if it does not."""
        async with self.read(NOBODY) as session:
            await session.execute(text("SELECT 1"))

    async def check_roles(self) -> None:
        """Whether every role can be taken and none of them is one that no row is kept from; else `RoleRefused`."""
        for role in DatabaseRole:
            try:
                async with self.read(Context(role)) as session:
                    owns, bypasses = (await session.execute(_UNFIT)).one()
            except (asyncpg.PostgresError, DBAPIError) as error:
                if _state(error) in _CANNOT_TAKE_ROLE:
                    raise RoleRefused(f"This database user cannot act as {role}: {_SEE}.") from error
                raise
            if owns or bypasses:
                reason = "owns what it is to be kept from" if owns else "is not kept from anything"
                raise RoleRefused(f"The database role {role} {reason}: {_SEE}.")

    async def close(self) -> None:
        await self._reading.dispose()
        await self._writing.dispose()


_SEE = "see Roles in docs/running.md"
_CANNOT_TAKE_ROLE = {"22023", "42501"}  # there is none, or not for this user
_UNFIT = text(
    """
    SELECT
        coalesce(bool_or(pg_has_role(current_user, relowner, 'USAGE')), false),
        (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
    """
)
_ROLE = "larande_role"
_TAKE = {role: f"SET ROLE {role}; SET plan_cache_mode = force_custom_plan" for role in DatabaseRole}
_ENTER = "SELECT larande_enter($1, $2)"
_ENTER_CLIENT = "SELECT larande_enter_client($1, $2, $3)"
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
        # The driver's own faults are those of a connection that was lost while it spoke: it knows its place no more.
        if isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError) or (
            isinstance(error, DBAPIError | asyncpg.PostgresError) and self._tells(error)
        ):
            raise DatabaseAway from error

    def _tells(self, error: DBAPIError | asyncpg.PostgresError) -> bool:
        if isinstance(error, OperationalError | InterfaceError) or getattr(error, "connection_invalidated", False):
            return True
        return _state(error).startswith(self._states)


def _state(error: DBAPIError | asyncpg.PostgresError) -> str:
    """The SQLSTATE, from the driver or from SQLAlchemy around it."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
