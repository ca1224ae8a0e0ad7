"""Jobs that could not be done, over HTTP: for the system administrator."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.failed_job import FailedJobItem, FailedJobRead, FailedJobTransition
from app.services import failed_jobs

router = router_of("failed-jobs")

FailedJobId = Annotated[Id, Path(alias="failedJobId", description="The job.")]


def _answer(call: Call, job: FailedJobRead, status: int = 200) -> Response:
    return single(call.request, job, f"/failed-jobs/{job.id}", status=status)


@router.get("/failed-jobs", response_model=page_of(FailedJobItem), summary="List failed jobs")
async def list_failed_jobs(
    call: Reading, sort: ByCreation = "-createdAt", page: PageNumber = 1, limit: Limit = 20, after: After = None
) -> Response:
    """What the worker has given up in the last 30 days, and what has become of it."""
    request = asked(page, limit, after, sort)
    return listed(call, FailedJobItem, await failed_jobs.list_failed_jobs(call.work, request), request)


@router.get("/failed-jobs/{failedJobId}", response_model=FailedJobRead, summary="Read a failed job")
async def read_failed_job(call: Reading, failed_job_id: FailedJobId) -> Response:
    """What was to be done and what kind of error stood in the way, without what it was about."""
    return _answer(call, await failed_jobs.read(call.work, failed_job_id))


@router.post(
    "/failed-jobs/{failedJobId}/transitions",
    response_model=FailedJobRead,
    status_code=201,
    summary="Try a failed job again, or give it up",
)
async def transition_failed_job(
    call: Creating, version: Version, failed_job_id: FailedJobId, transition: FailedJobTransition
) -> Response:
    """Put back in the queue it is done as if it were new: what is no longer to be done, such as an invitation to a
    round that has closed, is not done. If it fails again it is a failed job of its own."""
    made = await call.once(
        lambda: failed_jobs.transition(call.work, failed_job_id, version, transition), failed_jobs.read
    )
    return _answer(call, made, 201)
