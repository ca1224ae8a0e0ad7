"""The second wall: as whom a transaction stands before the database, which shows it nothing else.

The first wall is the policy table (agreement.py), asked by the program. This one is PostgreSQL's: each of the roles
below owns nothing and has row-level policies on every table (docs/decisions/second-wall.md). Whoever opens a session
says as whom, and nothing is anybody's by default.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession


class DatabaseRole(StrEnum):
    """Whom PostgreSQL takes the program for."""

    SERVICE = "larande_service"
    """One signed-in person, confined to their organisation and parties."""
    CLIENT = "larande_client"
    """One service client, confined to what its organisation lets programs have."""
    ENTRANCE = "larande_entrance"
    BALLOT = "larande_ballot"
    SYSTEM = "larande_system"


@dataclass(frozen=True)
class Context:
    """As whom a session is opened. The database finds out itself what the person or the service client may see."""

    role: DatabaseRole
    person_id: UUID | None = None
    today: date | None = None
    client_id: UUID | None = None
    credential_id: UUID | None = None
    moment: datetime | None = None


Opens = Callable[[Context], AbstractAsyncContextManager[AsyncSession]]

NOBODY = Context(DatabaseRole.SERVICE)
"""Sees no row that belongs to anybody."""
ENTRANCE = Context(DatabaseRole.ENTRANCE)
"""Before there is an actor: signing in, renewing, setting a password."""
BALLOT = Context(DatabaseRole.BALLOT)
"""Whoever answers a survey, with nothing but a token."""
SYSTEM = Context(DatabaseRole.SYSTEM)
"""The service itself: what closes rounds, sends mail and loads content, and the commands of whoever runs it."""


def acting(person_id: UUID, today: date) -> Context:
    """A signed-in person, on a day."""
    return Context(DatabaseRole.SERVICE, person_id, today)


def serving(client_id: UUID, credential_id: UUID, moment: datetime) -> Context:
    """A service client that has got in by one of its secrets, at a moment."""
    return Context(DatabaseRole.CLIENT, client_id=client_id, credential_id=credential_id, moment=moment)


@asynccontextmanager
async def beyond(session: AsyncSession) -> AsyncIterator[None]:
    """Inside the block, an actor's transaction is the service's own.

    For what a rule has to look at, or a joint decision brings about, and the actor must not see. The actor is told no
    more of it than yes or no. When the block is left by an exception the transaction is over, and this with it.
    """
    await session.flush()
    before = (await session.execute(_STEP_OUT)).scalar_one()
    yield
    await session.flush()
    await session.execute(_STEP_BACK, {"role": before})


async def only_reading(session: AsyncSession) -> None:
    """From here on the transaction can do nothing but read, also where it is the service's own."""
    await session.execute(_ONLY_READING)


async def is_of(session: AsyncSession, person_id: UUID, *, or_administrators: bool = False) -> bool:
    """Whether the transaction is that person's, as the database has found out itself, whatever the policy says."""
    who, runs = (await session.execute(_WHO)).one()
    return who == str(person_id) or (or_administrators and runs == "yes")


_WHO = sa.text("SELECT current_setting('larande.person', true), current_setting('larande.administrator', true)")
_ONLY_READING = sa.text("SET TRANSACTION READ ONLY")
_STEP_OUT = sa.text("SELECT current_setting('role'), set_config('role', 'larande_system', true)")
_STEP_BACK = sa.text("SELECT set_config('role', :role, true)")
