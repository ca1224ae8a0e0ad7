"""Legal holds: set and lifted by the archivist; what they are on is neither destroyed, erased nor edited away.

What a hold covers is said once, by the database's function `is_held`: its triggers ask it, and `check` does.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.legal_hold import LegalHold, LegalHoldCreate, LegalHoldRead
from app.models.organisation import Organisation
from app.models.person import Person
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.working_group import WorkingGroup
from app.services import policy
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, find, shown

SORTS: dict[str, Columns] = {"createdAt": (col(LegalHold.id),)}

_ITEMS = sa.select(
    col(LegalHold.id),
    col(LegalHold.held_group_id),
    col(LegalHold.held_record_id),
    col(LegalHold.held_person_id),
    col(LegalHold.reason),
    col(LegalHold.case_number),
    col(LegalHold.created_at),
    col(LegalHold.lifted_at),
).where(col(LegalHold.organisation_id) == sa.bindparam("organisation_id"), policy.visible(LegalHold))

_IS_HELD = sa.select(
    sa.func.is_held(
        sa.bindparam("organisation_id", type_=sa.Uuid),
        sa.bindparam("group_id", type_=sa.Uuid),
        sa.bindparam("record_id", type_=sa.Uuid),
        sa.bindparam("person_id", type_=sa.Uuid),
    )
)


async def list_legal_holds(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_legal_holds", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id)


async def create(work: Work, organisation_id: UUID, data: LegalHoldCreate) -> LegalHoldRead:
    """The organisation's row is held: nothing of it is being destroyed meanwhile."""
    await admit(work, "create_legal_hold", Organisation, organisation_id)
    await _check_there(work, organisation_id, data)
    hold = LegalHold(organisation_id=organisation_id, **data.model_dump(), created_at=work.now)
    await created(work, "create_legal_hold", hold)
    return shown(work, LegalHoldRead, hold)


async def read(work: Work, hold_id: UUID) -> LegalHoldRead:
    return shown(work, LegalHoldRead, await find(work, LegalHold, hold_id))


async def lift(work: Work, hold_id: UUID, version: int) -> LegalHoldRead:
    hold = await admit(work, "lift_legal_hold", LegalHold, hold_id, version)
    await changed(work, "lift_legal_hold", hold, {"lifted_at": work.now})
    return shown(work, LegalHoldRead, hold)


async def keep_others_out(session: AsyncSession, organisation_id: UUID | None) -> None:
    """Nobody sets a legal hold until the transaction ends: that takes the organisation's row for itself."""
    organisation = sa.select(col(Organisation.id)).where(col(Organisation.id) == organisation_id)
    await session.execute(organisation.with_for_update(read=True))


async def check(
    session: AsyncSession,
    organisation_id: UUID | None,
    *,
    group_id: UUID | None = None,
    record_id: UUID | None = None,
    person_id: UUID | None = None,
) -> None:
    """Refuse what a hold stands in the way of. Nobody sets one meanwhile if the caller holds the organisation's row."""
    about = {
        "organisation_id": organisation_id,
        "group_id": group_id,
        "record_id": record_id,
        "person_id": person_id,
    }
    if (await session.execute(_IS_HELD, about)).scalar_one():
        raise Refusal(Code.LEGAL_HOLD)


async def _check_there(work: Work, organisation_id: UUID, data: LegalHoldCreate) -> None:
    """Something of this organisation; of records only final ones, for an archivist knows no others."""
    for row_id, row_type, suits, pointer in (
        (data.held_group_id, WorkingGroup, sa.true(), "/heldGroupId"),
        (data.held_record_id, SessionRecord, col(SessionRecord.state) == SessionRecordState.FINAL, "/heldRecordId"),
        (data.held_person_id, Person, col(Person.erased_at).is_(None), "/heldPersonId"),
    ):
        if row_id is None:
            continue
        # It stays there: whoever destroys or erases takes the organisation's row first, and that is held.
        query = sa.select(col(row_type.id)).where(
            col(row_type.id) == row_id, col(row_type.organisation_id) == organisation_id, suits
        )
        if (await work.session.execute(query)).first() is None:
            raise Refusal(Code.NOTHING_TO_HOLD, pointer)
