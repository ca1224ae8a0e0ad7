"""Organisations: found, settings changed, closed; searched by name in Swedish."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.organisation import (
    Organisation,
    OrganisationCreate,
    OrganisationRead,
    OrganisationState,
    OrganisationUpdate,
)
from app.services import policy
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, shown

SORTS: dict[str, Columns] = {"name": (swedish_order(Organisation.name), col(Organisation.id))}

_ITEMS = sa.select(
    col(Organisation.id),
    col(Organisation.organisation_number),
    col(Organisation.name),
    col(Organisation.short_name),
    col(Organisation.english_name),
    col(Organisation.state),
).where(policy.visible(Organisation))


async def list_organisations(work: Work, request: PageRequest, words: str | None) -> Listed:
    """Organisations the actor may read; `words` are searched with Swedish stemming or as the start of the name."""
    policy.require(work.actor, "list_organisations")
    query = _ITEMS
    if words is not None:
        query = query.where(
            sa.or_(
                col(Organisation.search).bool_op("@@")(sa.func.websearch_to_tsquery("swedish", words)),
                col(Organisation.name).istartswith(words, autoescape=True),
            )
        )
    return await page(work, query, SORTS, request)


async def create(work: Work, data: OrganisationCreate) -> OrganisationRead:
    policy.require(work.actor, "create_organisation")
    organisation = Organisation(**data.model_dump(), created_at=work.now)
    await created(work, "create_organisation", organisation)
    return shown(work, OrganisationRead, organisation)


async def read(work: Work, organisation_id: UUID) -> OrganisationRead:
    return shown(work, OrganisationRead, await find(work, Organisation, organisation_id))


async def update(work: Work, organisation_id: UUID, version: int, data: OrganisationUpdate) -> OrganisationRead:
    organisation = await admit(work, "update_organisation", Organisation, organisation_id, version)
    if changes := differing(organisation, data.model_dump(exclude_unset=True)):
        await changed(work, "update_organisation", organisation, changes)
    return shown(work, OrganisationRead, organisation)


async def close(work: Work, organisation_id: UUID, version: int) -> OrganisationRead:
    """For good: everything stays readable and next to nothing changes (docs/decisions/closed-organisations.md)."""
    organisation = await admit(work, "close_organisation", Organisation, organisation_id, version)
    await changed(work, "close_organisation", organisation, {"state": OrganisationState.CLOSED, "closed_at": work.now})
    return shown(work, OrganisationRead, organisation)
