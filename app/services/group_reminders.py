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
from app.models.reminder import ReminderKind
from app.models.working_group import WorkingGroup
from app.services import policy
from app.services.given_rows import Columns as GivenColumns
from app.services.given_rows import as_arrays, given_rows
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.reminders import KEPT, Key, Occasion
from app.services.sweeping import sweep_older
from app.services.work import Work, admit, find, shown

_KEY: GivenColumns = {"kind": sa.Text(), "subject_id": sa.Uuid(), "about_on": sa.Date(), "step": sa.Integer()}
"""What makes two of them the same."""
_OFFERED: GivenColumns = {"working_group_id": sa.Uuid(), **_KEY}
_GIVEN: GivenColumns = {"id": sa.Uuid(), "subject_type": sa.Text(), **_OFFERED}

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
_DUE = given_rows(_OFFERED)
# A turn offers all of the last week anew, and nearly all of it has been noted.
_UNNOTED = (
    sa.select(col(WorkingGroup.organisation_id), *(_DUE.c[name] for name in _KEY))
    .join(_DUE, _DUE.c.working_group_id == col(WorkingGroup.id))
    .where(~sa.exists().where(*(col(getattr(GroupReminder, name)) == _DUE.c[name] for name in _KEY)))
)
_NOTED = given_rows(_GIVEN)
_NOTE = (
    insert(GroupReminder)
    .from_select(
        ["organisation_id", "created_at", *_GIVEN],
        sa.select(
            sa.bindparam("organisation_id", type_=sa.Uuid()),
            sa.bindparam("now", type_=UtcDateTime),
            *(_NOTED.c[name] for name in _GIVEN),
        ),
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


async def unnoted(session: AsyncSession, due: Collection[Occasion]) -> dict[UUID, list[Occasion]]:
    """Of what is due, what has not been noted yet, for each organisation."""
    offered = [{"working_group_id": each.fact.group_id, **vars(each.key)} for each in due]
    rows = await session.execute(_UNNOTED, as_arrays(_OFFERED, offered))
    whose = {Key(ReminderKind(kind), *rest): organisation_id for organisation_id, kind, *rest in rows}
    found: dict[UUID, list[Occasion]] = {organisation_id: [] for organisation_id in sorted(whose.values())}
    # Two turns beside each other note in the same order, so that neither waits for one that waits for it.
    for each in sorted(due, key=lambda each: (each.fact.group_id, *vars(each.key).values())):
        if each.key in whose:
            found[whose[each.key]].append(each)
    return found


async def note(session: AsyncSession, organisation_id: UUID, due: Collection[Occasion], now: datetime) -> None:
    """A row for each group and thing of one organisation, unless there is one; its service clients hear of them.

    One commit tells one organisation alone: it waits for whoever is changing anything there, and others wait for it.
    """
    rows = [
        {
            "id": new_id(),
            "working_group_id": each.fact.group_id,
            "subject_type": each.fact.subject_type,
            **vars(each.key),
        }
        for each in due
    ]
    connection = await session.connection()
    await connection.execute(_NOTE, {"organisation_id": organisation_id, "now": now, **as_arrays(_GIVEN, rows)})


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
