"""Parties: the employer and the unions of one organisation; taken in, renamed, closed."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import swedish_order
from app.models.organisation import Organisation
from app.models.party import Party, PartyCreate, PartyRead, PartyState, PartyUpdate
from app.services import policy
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, shown

SORTS: dict[str, Columns] = {"name": (swedish_order(Party.name), col(Party.id))}

_ITEMS = sa.select(col(Party.id), col(Party.side), col(Party.name), col(Party.state)).where(
    col(Party.organisation_id) == sa.bindparam("organisation_id"), policy.visible(Party)
)


async def list_parties(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_parties", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id)


async def create(work: Work, organisation_id: UUID, data: PartyCreate) -> PartyRead:
    """The database sees to it that there is one active employer party and that names differ."""
    await admit(work, "create_party", Organisation, organisation_id)
    party = Party(organisation_id=organisation_id, **data.model_dump(), created_at=work.now)
    await created(work, "create_party", party)
    return shown(work, PartyRead, party)


async def read(work: Work, party_id: UUID) -> PartyRead:
    return shown(work, PartyRead, await find(work, Party, party_id))


async def update(work: Work, party_id: UUID, version: int, data: PartyUpdate) -> PartyRead:
    party = await admit(work, "update_party", Party, party_id, version)
    if changes := differing(party, data.model_dump(exclude_unset=True)):
        await changed(work, "update_party", party, changes)
    return shown(work, PartyRead, party)


async def close(work: Work, party_id: UUID, version: int) -> PartyRead:
    """The mandates of a closed party give no say any more, from this moment."""
    party = await admit(work, "close_party", Party, party_id, version)
    await changed(work, "close_party", party, {"state": PartyState.CLOSED, "closed_at": work.now})
    return shown(work, PartyRead, party)
