"""Doing what files from HR systems said of a day, on that day, beside whatever else the process does.

Several processes may do it at once: each holds the organisation. Nothing is said of whom it concerns.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from app.database import Database, DatabaseAway
from app.models.hr_import import ImportSubject
from app.services import kept_days
from app.services.errors import Refusal
from app.services.wall import SYSTEM
from app.turns import taking_turns

EVERY_S = 600.0

_log = structlog.get_logger("larande.importing")


def keeping_days(database: Database) -> AbstractAsyncContextManager[None]:
    """What was kept for a day is done meanwhile."""
    return taking_turns("kept changes", partial(work, database), EVERY_S)


async def work(database: Database, now: datetime) -> None:
    """One turn: each organisation in a transaction of its own. One that fails keeps no other waiting."""
    try:
        async with database.write(SYSTEM) as session:
            await kept_days.let_go(session, now)
            found = await kept_days.due(session, now)
    except DatabaseAway as error:
        _log.warning("kept changes wait", kind=type(error).__name__)
        return
    for organisation_id, subject in found:
        try:
            await _day(database, organisation_id, subject, now)
        except DatabaseAway as error:
            _log.warning("kept changes wait", kind=type(error).__name__)
            return
        except Exception:
            # Whatever it was, the next turn tries again.
            _log.exception("kept changes could not be done", organisation_id=str(organisation_id))


async def _day(database: Database, organisation_id: UUID, subject: ImportSubject, now: datetime) -> None:
    about = {"organisation_id": str(organisation_id), "subject": subject.value}
    try:
        async with database.write(SYSTEM) as session:
            dropped = await kept_days.carry_out(session, organisation_id, subject, now)
    except Refusal as refusal:
        # More would leave than the brake lets through, or somebody else was changing them: it is tried again.
        _log.warning("kept changes wait", **about, code=refusal.code)
        async with database.write(SYSTEM) as session:
            await kept_days.hold(session, organisation_id, subject, now)
        return
    if dropped:
        _log.warning("kept changes were dropped", **about, reasons=dict(dropped))
