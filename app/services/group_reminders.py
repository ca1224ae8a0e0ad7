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
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.reminders import KEPT, Occasion
from app.services.sweeping import sweep_older
from app.services.work import Work, admit, find, shown

_AT_ONCE = 1_000

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
_ORGANISATIONS = (
    sa.select(col(WorkingGroup.id), col(WorkingGroup.organisation_id))
    .where(col(WorkingGroup.id).in_(sa.bindparam("groups", expanding=True, type_=sa.Uuid)))
    # Each commit tells one organisation after the other of what has changed. Nobody else tells more than one.
    .order_by(col(WorkingGroup.organisation_id), col(WorkingGroup.id))
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
    by_group: dict[UUID, list[Occasion]] = {}
    for each in due:
        by_group.setdefault(each.fact.group_id, []).append(each)
    rows = [
        {
            "id": new_id(),
            "organisation_id": organisation_id,
            "working_group_id": group_id,
            "kind": each.key.kind,
            "subject_type": each.fact.subject_type,
            "subject_id": each.key.subject_id,
            "about_on": each.key.about_on,
            "step": each.key.step,
            "created_at": now,
        }
        for group_id, organisation_id in (await session.execute(_ORGANISATIONS, {"groups": list(by_group)})).all()
        for each in by_group[group_id]
    ]
    for start in range(0, len(rows), _AT_ONCE):
        some = insert(GroupReminder).values(rows[start : start + _AT_ONCE])
        await session.execute(some.on_conflict_do_nothing())


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
