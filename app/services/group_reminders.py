"""What working groups have been reminded of, for those at the table and for the programs that both sides let know.

Each of each thing once, as with the letters, whoever has muted what, and whether or not there is a mail server.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import new_id
from app.models.columns import UtcDateTime
from app.models.group_reminder import GroupReminder, GroupReminderRead
from app.models.organisation import Organisation
from app.models.working_group import WorkingGroup
from app.services import policy
from app.services.given_rows import Columns as GivenColumns
from app.services.given_rows import as_arrays, given_rows
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.reminders import KEPT, Occasion
from app.services.sweeping import sweep_older
from app.services.work import Work, admit, find, shown

_GIVEN: GivenColumns = {
    "id": sa.Uuid(),
    "working_group_id": sa.Uuid(),
    "kind": sa.Text(),
    "subject_type": sa.Text(),
    "subject_id": sa.Uuid(),
    "about_on": sa.Date(),
    "step": sa.Integer(),
}
"""What is noted of each occasion. The group knows its organisation."""

# Ids are uuid7: their order is the order of time.
SORTS: dict[str, Columns] = {"createdAt": (col(GroupReminder.id),)}

_ITEMS = sa.select(
    col(GroupReminder.id),
    col(GroupReminder.working_group_id),
    col(GroupReminder.kind),
    col(GroupReminder.subject_type),
    col(GroupReminder.subject_id),
    col(GroupReminder.about_on),
    col(GroupReminder.step),
    col(GroupReminder.created_at),
).where(col(GroupReminder.organisation_id) == sa.bindparam("organisation_id"), policy.visible(GroupReminder))
_TOLD = given_rows(_GIVEN)
# A turn offers all of the last week anew, and nearly all of it has been noted.
# Its commit tells one organisation after the other of what has changed. Nobody else tells more than one.
_NOTE = (
    insert(GroupReminder)
    .from_select(
        ["organisation_id", "created_at", *_GIVEN],
        sa.select(
            col(WorkingGroup.organisation_id),
            sa.bindparam("now", type_=UtcDateTime),
            *(_TOLD.c[name] for name in _GIVEN),
        )
        .join(_TOLD, _TOLD.c.working_group_id == col(WorkingGroup.id))
        .order_by(col(WorkingGroup.organisation_id), _TOLD.c.id),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
)
_OLDEST = (
    sa.select(col(GroupReminder.organisation_id))
    .where(col(GroupReminder.created_at) < sa.bindparam("before", type_=UtcDateTime))
    .order_by(col(GroupReminder.created_at))
    .limit(1)
)


async def list_reminders(
    work: Work, organisation_id: UUID, request: PageRequest, working_group_id: UUID | None
) -> Listed:
    await admit(work, "list_group_reminders", Organisation, organisation_id)
    query = _ITEMS
    if working_group_id is not None:
        query = query.where(col(GroupReminder.working_group_id) == working_group_id)
    return await page(work, query, SORTS, request, organisation_id=organisation_id)


async def read(work: Work, reminder_id: UUID) -> GroupReminderRead:
    return shown(work, GroupReminderRead, await find(work, GroupReminder, reminder_id), version=1)


async def note(session: AsyncSession, due: Collection[Occasion], now: datetime) -> None:
    """A row for each group and thing, unless there is one; service clients hear of the new ones at the commit."""
    told = sorted(due, key=lambda each: each.fact.group_id)
    rows = [
        {
            "id": new_id(),
            "working_group_id": each.fact.group_id,
            "kind": each.key.kind,
            "subject_type": each.fact.subject_type,
            "subject_id": each.key.subject_id,
            "about_on": each.key.about_on,
            "step": each.key.step,
        }
        for each in told
    ]
    connection = await session.connection()
    await connection.execute(_NOTE, {"now": now, **as_arrays(_GIVEN, rows)})


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Forget what groups were reminded of long ago, in one organisation; whether there may be more of it.

    One that told several of them could wait for a turn that notes what is due, while that waits for it.
    """
    before = now - KEPT
    organisation_id = (await session.execute(_OLDEST, {"before": before})).scalar_one_or_none()
    if organisation_id is None:
        return False
    its_own = col(GroupReminder.organisation_id) == organisation_id
    await sweep_older(session, col(GroupReminder.id), col(GroupReminder.created_at), before, its_own)
    return True
