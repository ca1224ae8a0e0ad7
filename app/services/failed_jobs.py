"""Jobs of the queue that could not be done: kept, shown to the system administrator, tried again or given up."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.failed_job import FailedJob, FailedJobRead, FailedJobState, FailedJobTransition
from app.services import policy, queue
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.queue import Job
from app.services.sweeping import sweep_older
from app.services.work import Work, admit, changed, find, shown

KEPT = timedelta(days=30)
SORTS: dict[str, Columns] = {"createdAt": (col(FailedJob.id),)}
_ITEMS = sa.select(
    col(FailedJob.id),
    col(FailedJob.entrypoint),
    col(FailedJob.fault),
    col(FailedJob.attempts),
    col(FailedJob.state),
    col(FailedJob.created_at),
).where(policy.visible(FailedJob))


async def keep(session: AsyncSession, job: Job, fault: str, attempts: int, now: datetime) -> None:
    """Take down a job that is given up."""
    row = FailedJob(entrypoint=job.entrypoint, payload=job.payload, fault=fault, attempts=attempts, created_at=now)
    session.add(row)
    await session.flush()


async def move(session: AsyncSession, job_id: int, job: Job, fault: str, attempts: int, now: datetime) -> None:
    """Out of the queue and in here, both or neither: a worker that dies in between leaves no second one behind."""
    if await queue.remove(session, job_id):
        await keep(session, job, fault, attempts, now)


async def list_failed_jobs(work: Work, request: PageRequest) -> Listed:
    policy.require(work.actor, "list_failed_jobs")
    return await page(work, _ITEMS, SORTS, request)


async def read(work: Work, job_id: UUID) -> FailedJobRead:
    return shown(work, FailedJobRead, await find(work, FailedJob, job_id))


async def transition(work: Work, job_id: UUID, version: int, data: FailedJobTransition) -> FailedJobRead:
    """Back in the queue, in this transaction, or given up; what it was about is forgotten here either way."""
    job = await admit(work, "transition_failed_job", FailedJob, job_id, version)
    to = FailedJobState(data.to)
    if to is FailedJobState.RETRIED and job.payload is not None:
        await queue.put(work.session, [Job(job.entrypoint, job.payload)])
    settled = {"state": to, "settled_at": work.now, "payload": None}
    await changed(work, "transition_failed_job", job, settled)
    return shown(work, FailedJobRead, job)


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Forget those that are 30 days old; whether there may be more of them."""
    return await sweep_older(session, col(FailedJob.id), col(FailedJob.created_at), now - KEPT)
