"""Does what waits in the queue: mails, and large imports. Thin: the work is in services.

A job is taken, done, and deleted. When what it needs is away it is put back and tried again, less and less often; one
that can never be done is kept for the system administrator (services/failed_jobs.py), and the others do not wait for
it. A worker that is killed leaves jobs that are taken and not deleted: they are taken again when nothing has been heard
of it for a while. Between the mail server's "250" and the deletion lies a moment (a tenth of a second or so) in which
that means a second mail; both then have one Message-ID.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job

from app.database import Database, DatabaseAway
from app.services import (
    account_mail,
    failed_jobs,
    import_applications,
    interest_mail,
    queue,
    reminder_mail,
    survey_mail,
)
from app.services.account_mail import AccountOffice
from app.services.import_applications import ImportOffice
from app.services.key_store import KeyStore
from app.services.mail import Mailer, MailRefused
from app.services.reminder_mail import ReminderOffice, ReminderPages
from app.services.survey_mail import NotYet, PostOffice, Unreadable
from app.services.vault import Vault
from app.services.wall import SYSTEM

TAKEN_AT_ONCE = 4
AT_WORK = 2 * TAKEN_AT_ONCE
"""Jobs under way, each with its own connection to the mail server."""
LOOKED_FOR_EVERY = timedelta(seconds=10)
"""Usually the database announces a job; if that was missed, it waits this long."""
GIVEN_UP_AFTER = timedelta(seconds=30)
"""A job whose worker has not been heard of for so long is another worker's."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=30)
TRIES = 8
"""For a job that fails in a way nobody foresaw."""
AWAY_WAIT_S = 2.0
TIDIED_EVERY_S = 3600.0
SAID_EVERY_S = 60.0

UNEXPECTED = "unexpected"
"""The code of the problem that a request with such a fault is answered with."""

_log = structlog.get_logger("larande.worker")


@dataclass(frozen=True)
class Workshop:
    """What a worker has at hand. Without a mailer, mail stays in the queue."""

    database: Database
    key_store: KeyStore
    mailer: Mailer | None
    sender: str
    front_end_url: str
    vault: Vault
    sign_in_url: str
    interest_url: str
    reminder_pages: ReminderPages


@contextlib.asynccontextmanager
async def working(workshop: Workshop) -> AsyncIterator[None]:
    """A worker beside whatever the block does; at its end, jobs that have begun are finished."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(workshop, stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def run(workshop: Workshop, stop: asyncio.Event) -> None:
    """Work until told to stop, through every absence of the database."""
    said = _Said()
    doing = {name: partial(_done, workshop.database, said, do) for name, do in _jobs_of(workshop).items()}
    async with _tidying(workshop.database):
        while not stop.is_set():
            try:
                async with workshop.database.listen() as connection:
                    manager = QueueManager(queue.queries(AsyncpgDriver(connection)), queue.CHANNEL)
                    for name, do in doing.items():
                        manager.entrypoint(name)(do)
                    async with _shut_down_with(manager, stop):
                        await manager.run(
                            dequeue_timeout=LOOKED_FOR_EVERY,
                            batch_size=TAKEN_AT_ONCE,
                            max_concurrent_tasks=AT_WORK,
                            heartbeat_timeout=GIVEN_UP_AFTER,
                            log_aggregation_interval=timedelta(),
                            shutdown_on_listener_failure=True,
                        )
            except Exception as error:
                # Whatever it was, the jobs are in the database and others wait; only a line of log says so.
                kind = type(error.__cause__ if isinstance(error, DatabaseAway) else error).__name__
                _log.warning("queue away", kind=kind)
                await _slept(stop, AWAY_WAIT_S)


def _jobs_of(workshop: Workshop) -> dict[str, Callable[[Job], Awaitable[None]]]:
    """What is done, by entrypoint. Jobs of others stay in the queue."""
    write, clock = partial(workshop.database.write, SYSTEM), lambda: datetime.now(UTC)
    imports = ImportOffice(write, clock)
    jobs: dict[str, Callable[[Job], Awaitable[None]]] = {
        import_applications.ENTRYPOINT: lambda job: import_applications.carry_out(imports, job.payload)
    }
    if workshop.mailer is None:
        return jobs
    office = PostOffice(
        partial(workshop.database.read, SYSTEM),
        workshop.key_store,
        workshop.mailer,
        workshop.sender,
        workshop.front_end_url,
        clock,
    )
    accounts = AccountOffice(write, workshop.vault, workshop.mailer, workshop.sender, workshop.sign_in_url, clock)
    contacts = replace(accounts, page_url=workshop.interest_url)
    reminding = ReminderOffice(write, workshop.vault, workshop.mailer, workshop.sender, workshop.reminder_pages, clock)
    return jobs | {
        survey_mail.ENTRYPOINT: lambda job: survey_mail.carry_out(office, job.payload, job.id),
        account_mail.ENTRYPOINT: lambda job: account_mail.carry_out(accounts, job.payload, job.id),
        interest_mail.ENTRYPOINT: lambda job: interest_mail.carry_out(contacts, job.payload, job.id),
        reminder_mail.ENTRYPOINT: lambda job: reminder_mail.carry_out(reminding, job.payload),
    }


async def _done(database: Database, said: "_Said", do: Callable[[Job], Awaitable[None]], job: Job) -> None:
    """Do a job, and turn every way in which it can fail into what the queue understands.

    The library keeps and logs the exceptions it meets, with their causes: none of ours has any, or words of a job.
    """
    try:
        await do(job)
    except NotYet as not_yet:
        if not_yet.wait is None:
            said.once_in_a_while("jobs wait", missing=str(not_yet))
        raise RetryRequested(_wait(job.attempts) if not_yet.wait is None else not_yet.wait) from None
    except (MailRefused, Unreadable) as never:
        _log.warning("job given up", job=job.id, kind=type(never).__name__)
        await _give_up(database, job, type(never).__name__)
    except DatabaseAway:
        raise RetryRequested(_wait(job.attempts)) from None
    except Exception as error:
        _log.error("job failed", job=job.id, attempt=job.attempts, kind=type(error).__name__, exc_info=error)
        if job.attempts < TRIES:
            raise RetryRequested(_wait(job.attempts)) from None
        await _give_up(database, job, type(error).__name__)


async def _give_up(database: Database, job: Job, fault: str) -> None:
    """Keep it where the system administrator finds it. If that cannot be stored now, the job stays in the queue."""
    try:
        async with database.write(SYSTEM) as session:
            kept = queue.Job(job.entrypoint, job.payload or b"")
            await failed_jobs.move(session, job.id, kept, fault, job.attempts + 1, datetime.now(UTC))
            if job.entrypoint == import_applications.ENTRYPOINT and fault != Unreadable.__name__:
                # Nobody waits for it any more, and the plan names people. It has said that it is applying.
                import_id = import_applications.import_of(job.payload)
                await import_applications.hold_up(session, import_id, UNEXPECTED)
    except DatabaseAway:
        raise RetryRequested(_wait(job.attempts)) from None


def _wait(attempts: int) -> timedelta:
    """Twice as long each time."""
    return min(FIRST_WAIT * (1 << min(attempts, 20)), LONGEST_WAIT)


class _Said:
    """Says one thing at most once a minute: a mail server that is away concerns every job in the queue."""

    def __init__(self) -> None:
        self._last = -SAID_EVERY_S

    def once_in_a_while(self, event: str, **words: str) -> None:
        if time.monotonic() - self._last >= SAID_EVERY_S:
            self._last = time.monotonic()
            _log.warning(event, **words)


@contextlib.asynccontextmanager
async def _shut_down_with(manager: QueueManager, stop: asyncio.Event) -> AsyncIterator[None]:
    async def wait() -> None:
        await stop.wait()
        manager.shutdown.set()

    task = asyncio.create_task(wait())
    try:
        yield
    finally:
        task.cancel()


@contextlib.asynccontextmanager
async def _tidying(database: Database) -> AsyncIterator[None]:
    """Meanwhile, let the library's log be forgotten."""

    async def tidy() -> None:
        while True:
            with contextlib.suppress(DatabaseAway):
                async with database.write(SYSTEM) as session:
                    await queue.forget_log(session)
            await asyncio.sleep(TIDIED_EVERY_S)

    task = asyncio.create_task(tidy())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _slept(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
