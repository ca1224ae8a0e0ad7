"""Reminding working groups, beside whatever else the process does. Several processes may do it at once.

Nothing is said of whom it concerns. The letters themselves are the worker's (app/worker.py). Without a mail server
nobody is written to, since what is old when there is one would only be noise; programs are told all the same.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial

from app.database import Database
from app.services import reminding
from app.services.wall import SYSTEM
from app.turns import taking_turns

EVERY_S = 1800.0
AHEAD = timedelta(seconds=EVERY_S, minutes=5)
"""Letters that are to be written before the next turn, and a little longer, are put in the queue in this one."""


def reminding_groups(database: Database, *, by_letter: bool) -> AbstractAsyncContextManager[None]:
    """Groups are reminded meanwhile."""
    return taking_turns("reminding", partial(work, database, by_letter=by_letter), EVERY_S)


async def work(database: Database, now: datetime, *, by_letter: bool = True) -> int:
    """One turn; how many letters it put in the queue."""
    async with database.write(SYSTEM) as session:
        return await reminding.remind(session, now, now + AHEAD if by_letter else None)
