"""Followed guides over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single, spoken
from app.api.dependencies import Call, Creating, Reading, Version
from app.api.negotiation import languages_asked
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.api.working_groups import WorkingGroupId
from app.models.columns import Id
from app.models.followed_guide import (
    FollowedGuideCreate,
    FollowedGuideItem,
    FollowedGuideRead,
    FollowedGuideTransition,
    SelfRatingCreate,
)
from app.services import followed_guides

router = router_of("followed-guides")

FollowedGuideId = Annotated[Id, Path(alias="followedGuideId", description="The guide as the group follows it.")]


def _answer(call: Call, followed: FollowedGuideRead, status: int = 200) -> Response:
    return spoken(single(call.request, followed, f"/followed-guides/{followed.id}", status=status), followed.language)


@router.get(
    "/working-groups/{workingGroupId}/followed-guides",
    response_model=page_of(FollowedGuideItem),
    summary="List followed guides",
)
async def list_followed_guides(
    call: Reading,
    working_group_id: WorkingGroupId,
    sort: ByCreation = "-createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The process guide that the group follows, and those that it has followed before."""
    request = asked(page, limit, after, sort)
    languages = languages_asked(call.request)
    found = await followed_guides.list_followed_guides(call.work, working_group_id, request, languages)
    return listed(call, FollowedGuideItem, found, request)


@router.post(
    "/working-groups/{workingGroupId}/followed-guides",
    response_model=FollowedGuideRead,
    status_code=201,
    summary="Follow a process guide",
)
async def create_followed_guide(
    call: Creating, working_group_id: WorkingGroupId, guide: FollowedGuideCreate
) -> Response:
    """The group begins with the guide's first phase. It follows one guide at a time, in the version chosen here."""
    languages = languages_asked(call.request)
    made = await call.once(
        lambda: followed_guides.create(call.work, working_group_id, guide, languages),
        lambda work, made_id: followed_guides.read(work, made_id, languages),
    )
    return _answer(call, made, 201)


@router.get("/followed-guides/{followedGuideId}", response_model=FollowedGuideRead, summary="Read a followed guide")
async def read_followed_guide(call: Reading, followed_guide_id: FollowedGuideId) -> Response:
    """Where the group is, what comes next, and for each phase what every party thinks of how far the group has come,
    side by side. `language` and `Content-Language` say in which language."""
    return _answer(call, await followed_guides.read(call.work, followed_guide_id, languages_asked(call.request)))


@router.post(
    "/followed-guides/{followedGuideId}/transitions",
    response_model=FollowedGuideRead,
    status_code=201,
    summary="Move on in a guide, or end following it",
)
async def transition_followed_guide(
    call: Creating, version: Version, followed_guide_id: FollowedGuideId, transition: FollowedGuideTransition
) -> Response:
    """On to the next phase with the current one done or skipped, or back to an earlier one. When no phase is left,
    the guide is completed. A group can also end following it, and then follow another."""
    languages = languages_asked(call.request)
    made = await call.once(
        lambda: followed_guides.transition(call.work, followed_guide_id, version, transition, languages),
        lambda work, made_id: followed_guides.read(work, made_id, languages),
    )
    return _answer(call, made, 201)


@router.post(
    "/followed-guides/{followedGuideId}/self-ratings",
    response_model=FollowedGuideRead,
    status_code=201,
    summary="Rate how far the group has come",
)
async def rate_followed_guide(call: Creating, followed_guide_id: FollowedGuideId, rating: SelfRatingCreate) -> Response:
    """Your party's word on a phase that the group has come to, given by any of its representatives at the table. It is
    no private note: all members of the group read it, beside those of the other parties. Given again, the latest
    counts."""
    languages = languages_asked(call.request)
    made = await call.once(
        lambda: followed_guides.rate(call.work, followed_guide_id, rating, languages),
        lambda work, made_id: followed_guides.read(work, made_id, languages),
    )
    return _answer(call, made, 201)
