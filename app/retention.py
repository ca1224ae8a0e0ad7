"""Destroying what is past its retention, and sweeping what is short-lived, beside whatever else the process does.

Several processes may do it at once. Nothing is said of what goes but the rule's id: how many private notes a party had
stands in no log of a machine.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial

import structlog

from app.database import Database, DatabaseAway
from app.services import (
    authorisation_requests,
    central_aggregates,
    changes,
    failed_jobs,
    group_reminders,
    imports,
    interest_registrations,
    reminding,
    retention,
    throttle,
    webhook_sending,
)
from app.services.wall import SYSTEM
from app.turns import taking_turns

EVERY_S = 3600.0
SWEEPS = (
    throttle.sweep,
    authorisation_requests.sweep,
    imports.sweep,
    changes.sweep,
    webhook_sending.sweep,
    failed_jobs.sweep,
    interest_registrations.sweep,
    reminding.sweep,
    group_reminders.sweep,
    central_aggregates.sweep,
)
"""Of what counts for minutes, a day or a month. The next of its kind sweeps as well, but there may be none. What is
done at the end of a quarter is done here too."""

_log = structlog.get_logger("larande.retention")


def keeping_retention(database: Database) -> AbstractAsyncContextManager[None]:
    """Retention rules are carried out meanwhile."""
    return taking_turns("retention", partial(work, database), EVERY_S)


async def work(database: Database, now: datetime) -> None:
    """Sweep, and carry out every rule that is due, until nothing is left. What fails keeps nothing else waiting."""
    for sweep in SWEEPS:
        try:
            more = True
            while more:
                async with database.write(SYSTEM) as session:
                    more = await sweep(session, now)
        except DatabaseAway as error:
            _log.warning("retention waits", kind=type(error).__name__)
            return
        except Exception:
            # Whatever it was, the next hour tries again.
            _log.exception("what is short-lived could not be swept", module=sweep.__module__)
    try:
        async with database.read(SYSTEM) as session:
            rules = await retention.due(session, now)
    except DatabaseAway as error:
        _log.warning("retention waits", kind=type(error).__name__)
        return
    for rule_id in rules:
        try:
            more = True
            while more:
                async with database.write(SYSTEM) as session:
                    more = await retention.carry_out(session, rule_id, now)
        except DatabaseAway as error:
            _log.warning("retention waits", kind=type(error).__name__)
            return
        except Exception:
            # Whatever it was, the next hour tries again.
            _log.exception("a retention rule could not be carried out", retention_rule_id=str(rule_id))
