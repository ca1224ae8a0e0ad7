"""Reminding working groups, beside whatever else the process does. Several processes may do it at once.

Nothing is said of whom it concerns. The letters themselves are the worker's (app/worker.py). Without a mail server
nobody is written to, since what is old when there is one would only be noise; programs are told all the same.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial

import structlog

from app.database import Database, DatabaseAway
from app.services import group_reminders, reminding
from app.services.wall import SYSTEM
from app.turns import taking_turns

EVERY_S = 1800.0
AHEAD = timedelta(seconds=EVERY_S, minutes=5)
"""Letters that are to be written before the next turn, and a little longer, are put in the queue in this one."""

_log = structlog.get_logger("larande.reminding")


def reminding_groups(database: Database, *, by_letter: bool) -> AbstractAsyncContextManager[None]:
    """Groups are reminded meanwhile."""
    return taking_turns("reminding", partial(work, database, by_letter=by_letter), EVERY_S)


async def work(database: Database, now: datetime, *, by_letter: bool = True) -> int:
    """One turn; how many letters it put in the queue.

    Each organisation's programs are told in a commit of its own, after the letters: it waits for whoever commits
    changes there, a large import perhaps, and nobody's changes elsewhere wait for it. What is not noted now is found
    again by the next turn.
    """
    async with database.write(SYSTEM) as session:
        reminded = await reminding.remind(session, now, now + AHEAD if by_letter else None)
    held_up: DatabaseAway | None = None
    for organisation_id, occasions in reminded.unnoted.items():
        try:
            async with database.write(SYSTEM) as session:
                await group_reminders.note(session, organisation_id, occasions, now)
        except DatabaseAway as away:
            # One organisation may be busy for too long, but two are a database that is away.
            if held_up is not None:
                raise
            held_up = away
        except Exception:
            _log.exception("group reminders could not be noted", organisation_id=str(organisation_id))
    if held_up is not None:
        raise held_up
    return reminded.letters
