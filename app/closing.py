"""Closing rounds when their time has come, beside whatever else the process does. Several processes may do it at once.

Nothing here is said of a round but its id: no number of answers stands in a log.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.database import Database, DatabaseAway
from app.services import survey_closing
from app.services.key_store import KeyStore, KeyStoreUnavailable
from app.services.survey_closing import Outcome
from app.services.wall import SYSTEM
from app.turns import taking_turns

EVERY_S = 15.0
LONGEST_PAUSE = timedelta(hours=1)

_log = structlog.get_logger("larande.closing")


def closing_rounds(
    database: Database, key_store: KeyStore, every_s: float = EVERY_S
) -> AbstractAsyncContextManager[None]:
    """Rounds are closed meanwhile; one that is under way at the end is an open round still.

    A round that fails is tried again, after longer and longer pauses, and keeps no other from being closed.
    """
    return taking_turns("closing", Closer(database, key_store).work, every_s)


async def close_due(database: Database, key_store: KeyStore, now: datetime) -> dict[UUID, Outcome]:
    """Close what is due, each round in its own transaction, and say what came of it. Those that failed are logged."""
    return await Closer(database, key_store).close_due(now)


async def tidy(database: Database, key_store: KeyStore) -> None:
    """Destroy the keys of rounds that are over and have them still: something died, or the key store was away.

    Each round's row is held while its keys go, so that no opening on its way loses the ones it has just made.
    """
    kept = await asyncio.to_thread(key_store.rounds)
    async with database.read(SYSTEM) as session:
        found = await survey_closing.seem_over(session, kept)
    for round_id in found:
        try:
            async with database.write(SYSTEM) as session:
                if await survey_closing.is_over(session, round_id):
                    await asyncio.to_thread(key_store.destroy, round_id)
        except DatabaseAway:
            raise
        except Exception:
            # One whose keys cannot be destroyed keeps no other from being closed.
            _log.exception("keys could not be destroyed", survey_round_id=str(round_id))


class Closer:
    """What is remembered from one turn to the next."""

    def __init__(self, database: Database, key_store: KeyStore) -> None:
        self._database = database
        self._key_store = key_store
        self._pauses: dict[UUID, timedelta] = {}
        self._not_before: dict[UUID, datetime] = {}

    async def work(self, now: datetime) -> None:
        """One turn. Whatever fails is logged without its content and tried again in a later one."""
        try:
            await tidy(self._database, self._key_store)
            await self.close_due(now)
        except (DatabaseAway, KeyStoreUnavailable) as error:
            _log.warning("rounds wait to be closed", kind=type(error).__name__)
        except Exception:
            _log.exception("rounds could not be closed")

    async def close_due(self, now: datetime) -> dict[UUID, Outcome]:
        async with self._database.read(SYSTEM) as session:
            found = await survey_closing.due(session, now)
        outcomes = {}
        for round_id in found:
            if now < self._not_before.get(round_id, now):
                continue
            try:
                outcomes[round_id] = await self._close(round_id, now)
            except Exception:
                pause = min(2 * self._pauses.get(round_id, timedelta(seconds=EVERY_S)), LONGEST_PAUSE)
                self._pauses[round_id], self._not_before[round_id] = pause, now + pause
                _log.exception("a round could not be closed", survey_round_id=str(round_id))
            else:
                self._pauses.pop(round_id, None)
        return outcomes

    async def _close(self, round_id: UUID, now: datetime) -> Outcome:
        async with self._database.write(SYSTEM) as session:
            outcome = await survey_closing.close(session, round_id, self._key_store, now)
        if outcome is Outcome.RELEASED:
            _log.info("a round is released", survey_round_id=str(round_id))
            await asyncio.to_thread(self._key_store.destroy, round_id)
        return outcome
