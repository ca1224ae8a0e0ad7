"""Releases of the brake: a system administrator's word that so many people really have left, or units closed."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.deactivation_release import DeactivationRelease, DeactivationReleaseCreate, DeactivationReleaseRead
from app.models.organisation import Organisation
from app.services import policy
from app.services.deactivation_brake import WITHIN
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, created, find, shown

SORTS: dict[str, Columns] = {"createdAt": (col(DeactivationRelease.id),)}

_ITEMS = sa.select(
    col(DeactivationRelease.id),
    col(DeactivationRelease.people),
    col(DeactivationRelease.units),
    col(DeactivationRelease.created_at),
    col(DeactivationRelease.expires_at),
).where(
    col(DeactivationRelease.organisation_id) == sa.bindparam("organisation_id"), policy.visible(DeactivationRelease)
)


async def list_of_organisation(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_deactivation_releases", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id)


async def create(work: Work, organisation_id: UUID, data: DeactivationReleaseCreate) -> DeactivationReleaseRead:
    """It counts as long as those it is for are counted: a day."""
    await admit(work, "create_deactivation_release", Organisation, organisation_id)
    release = DeactivationRelease(
        organisation_id=organisation_id,
        people=data.people,
        units=data.units,
        expires_at=work.now + WITHIN,
        created_at=work.now,
    )
    await created(work, "create_deactivation_release", release)
    return shown(work, DeactivationReleaseRead, release)


async def read(work: Work, release_id: UUID) -> DeactivationReleaseRead:
    return shown(work, DeactivationReleaseRead, await find(work, DeactivationRelease, release_id))
