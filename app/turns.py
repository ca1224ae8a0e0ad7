"""Turns that are taken every so often, beside whatever else the process does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import structlog

from app.database import DatabaseAway

_log = structlog.get_logger("larande.turns")

AWAY_S = 60.0
"""Until the next, when the database was away in one; it may have been for a moment."""
Turn = Callable[[datetime], Awaitable[object]]


@asynccontextmanager
async def taking_turns(name: str, turn: Turn, every_s: float) -> AsyncIterator[None]:
    """`turn` is taken at once and then every so often, with the time. One that is under way at the end is given up.

    A database that is away is waited for, and a fault that nobody foresaw ends that turn alone.
    """
    task = asyncio.create_task(_take(name, turn, every_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _take(name: str, turn: Turn, every_s: float) -> None:
    while True:
        wait = every_s
        try:
            await turn(datetime.now(UTC))
        except DatabaseAway as error:
            _log.warning("a turn waits", turns=name, kind=type(error.__cause__).__name__)
            wait = min(every_s, AWAY_S)
        except Exception:
            # Whatever it was, the next turn tries again.
            _log.exception("a turn came to nothing", turns=name)
        await asyncio.sleep(wait)
