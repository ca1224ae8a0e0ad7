"""Forgetting what is older than it has to be, some at a time: what is deleted at once is held until the commit."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

AT_ONCE = 5_000


async def sweep_older(session: AsyncSession, key: Any, moment: Any, before: datetime, *also: Any) -> bool:
    """Delete some of the rows whose `moment` lies before that and that meet `also`; whether there may be more of them.

    `key` and `moment` are columns of one table, the first its primary key.
    """
    old = sa.select(key).where(moment < before, *also).order_by(moment).limit(AT_ONCE)
    gone = await session.execute(
        sa.delete(key.class_).where(key.in_(old)).returning(key).execution_options(synchronize_session=False)
    )
    return len(gone.all()) == AT_ONCE
