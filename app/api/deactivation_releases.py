"""Releases of the brake on leavers, over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Call, Creating, Reading
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.deactivation_release import (
    DeactivationReleaseCreate,
    DeactivationReleaseItem,
    DeactivationReleaseRead,
)
from app.services import deactivation_releases

router = router_of("hr-syncing")

DeactivationReleaseId = Annotated[Id, Path(alias="deactivationReleaseId", description="The release.")]


def _answer(call: Call, release: DeactivationReleaseRead, status: int = 200) -> Response:
    return single(call.request, release, f"/deactivation-releases/{release.id}", status=status)


@router.get(
    "/organisations/{organisationId}/deactivation-releases",
    response_model=page_of(DeactivationReleaseItem),
    summary="List releases of the brake on leavers",
)
async def list_deactivation_releases(
    call: Reading,
    organisation_id: OrganisationId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """When a system administrator has let HR syncing deactivate more people, or close more units, than the brake
    does."""
    request = asked(page, limit, after, sort)
    found = await deactivation_releases.list_of_organisation(call.work, organisation_id, request)
    return listed(call, DeactivationReleaseItem, found, request)


@router.post(
    "/organisations/{organisationId}/deactivation-releases",
    response_model=DeactivationReleaseRead,
    status_code=201,
    summary="Release the brake on leavers and closed units",
)
async def create_deactivation_release(
    call: Creating, organisation_id: OrganisationId, release: DeactivationReleaseCreate
) -> Response:
    """A system administrator confirms that so many people more have left, or so many units more have closed, than HR
    syncing may end within a day (`deactivationBrakePercent`). It counts for 24 hours; what was refused before then is
    sent again."""
    made = await call.once(
        lambda: deactivation_releases.create(call.work, organisation_id, release), deactivation_releases.read
    )
    return _answer(call, made, 201)


@router.get(
    "/deactivation-releases/{deactivationReleaseId}",
    response_model=DeactivationReleaseRead,
    summary="Read a release of the brake",
)
async def read_deactivation_release(call: Reading, deactivation_release_id: DeactivationReleaseId) -> Response:
    """For how many people and units it was, and until when it counts."""
    return _answer(call, await deactivation_releases.read(call.work, deactivation_release_id))
