"""A working group at a glance, over HTTP."""

from typing import Annotated

from fastapi import Query, Response

from app.api.answers import base_url, spoken, tagged
from app.api.dependencies import Reading
from app.api.negotiation import languages_asked
from app.api.operations import BASE, router_of
from app.api.working_groups import WorkingGroupId
from app.models.base import Link
from app.models.overview import WorkingGroupOverview
from app.services import overviews

router = router_of("working-groups")


@router.get(
    "/working-groups/{workingGroupId}/overview",
    response_model=WorkingGroupOverview,
    summary="Read a working group's overview",
)
async def read_working_group_overview(
    call: Reading,
    working_group_id: WorkingGroupId,
    minutes_available: Annotated[
        int | None,
        Query(
            alias="minutesAvailable",
            ge=1,
            le=1440,
            description="How much time the group has; what takes longer is not suggested.",
        ),
    ] = None,
) -> Response:
    """Where the group is in its loop, what is due, what waits for which party, how fresh its learning is, and what is
    suggested now, with the reasons. It shows no more than the caller may read elsewhere, and both sides the same.
    Titles of what is suggested come in the language asked for, or in what there is instead. The answer depends on the
    day."""
    asked = languages_asked(call.request)
    overview, language = await overviews.read(call.work, working_group_id, asked, minutes_available)
    path = f"/working-groups/{working_group_id}"
    home = base_url(call.request) + BASE
    overview.links = [
        Link(href=f"{home}{path}/overview", rel="self", method="GET"),
        Link(href=f"{home}{path}", rel="up", method="GET"),
    ]
    return spoken(tagged(call.request, overview, overview.version, f"{path}/overview"), language)
