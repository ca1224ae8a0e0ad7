"""The queue: what is to be done after a request, written in the request's own transaction.

The queue is pgqueuer's, in a PostgreSQL schema of its own. A job exists exactly when the change that asked for it does,
is carried out by a worker (app/worker.py) at least once, and is deleted when that is done. What the library keeps after
that, its log, holds no payload; it is forgotten after a day.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import sqlalchemy as sa
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver, NotifyCallback
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = Channel("larande_queue")
# Every name, so that nothing in the environment can change one: the library would take even `FUNCTION`.
_NAMES = DBSettings(
    prefix="",
    db_schema="queue",
    channel=CHANNEL,
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)
AT_ONCE = 1_000
"""Jobs that are put in one statement."""
LOG_KEPT = timedelta(days=1)
_TAKE_BACK = sa.text(
    "DELETE FROM queue.pgqueuer WHERE status = 'queued' AND entrypoint = :entrypoint AND position(:part IN payload) > 0"
).bindparams(sa.bindparam("part", type_=sa.LargeBinary))
_WAITING = sa.text(
    "(SELECT payload FROM queue.pgqueuer WHERE entrypoint = :entrypoint AND position(:part IN payload) > 0 ORDER BY id)"
    " UNION ALL "
    "(SELECT payload FROM failed_job WHERE entrypoint = :entrypoint AND position(:part IN payload) > 0 ORDER BY id)"
).bindparams(sa.bindparam("part", type_=sa.LargeBinary))
# Those that were given up are in our own table, and are taken back like those that wait.
_TAKE_BACK_FAILED = sa.text(
    "DELETE FROM failed_job WHERE entrypoint = :entrypoint AND position(:part IN payload) > 0"
).bindparams(sa.bindparam("part", type_=sa.LargeBinary))
_REMOVE = sa.text("DELETE FROM queue.pgqueuer WHERE id = :id RETURNING id")
_FORGET = sa.text("DELETE FROM queue.pgqueuer_log WHERE created < now() - make_interval(secs => :kept)")


@dataclass(frozen=True)
class Job:
    """What is to be done, and with what. `payload` holds nothing that must not be read in the database."""

    entrypoint: str
    payload: bytes


async def put(session: AsyncSession, jobs: Sequence[Job], wait: timedelta = timedelta()) -> None:
    """Write the jobs in the session's transaction; they are carried out once it is committed and `wait` has passed."""
    queue = queries(_SessionDriver(session))
    for start in range(0, len(jobs), AT_ONCE):
        some = jobs[start : start + AT_ONCE]
        await queue.enqueue(
            [job.entrypoint for job in some],
            [job.payload for job in some],
            [0] * len(some),
            [wait] * len(some),
        )


async def take_back(session: AsyncSession, entrypoint: str, part: bytes) -> None:
    """Delete, in the session's transaction, the jobs that wait or were given up and have this in their payload."""
    given = {"entrypoint": entrypoint, "part": part}
    for statement in (_TAKE_BACK, _TAKE_BACK_FAILED):
        await session.execute(statement, given)


async def remove(session: AsyncSession, job_id: int) -> bool:
    """Delete, in the session's transaction, a job that has been taken; whether it was still there."""
    gone = await session.execute(_REMOVE, {"id": job_id})
    return gone.first() is not None


async def waiting_with(session: AsyncSession, entrypoint: str, part: bytes) -> list[bytes]:
    """The payloads of jobs that are not done yet, or were given up, and have this in them."""
    found = await session.execute(_WAITING, {"entrypoint": entrypoint, "part": part})
    return [bytes(payload) for payload in found.scalars()]


async def forget_log(session: AsyncSession) -> None:
    """Delete what the library logged more than a day ago: which job was done when, without its payload."""
    await session.execute(_FORGET, {"kept": LOG_KEPT.total_seconds()})


def queries(driver: Driver) -> Queries:
    """The library's operations on our queue."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings=_NAMES),
        qbq=QueryQueueBuilder(settings=_NAMES),
        qbs=QuerySchedulerBuilder(settings=_NAMES),
    )


class _SessionDriver(Driver):
    """Lets the library write through a session, so that its rows belong to the session's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        connection = await self._session.connection()
        result = await connection.exec_driver_sql(query, tuple(args))
        return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        connection = await self._session.connection()
        return str((await connection.exec_driver_sql(query, tuple(args))).rowcount)

    async def notify(self, channel: str, payload: str) -> None:
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        raise NotImplementedError("a transaction hears nothing; the worker listens on a connection of its own")

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: Any) -> None:
        return None
