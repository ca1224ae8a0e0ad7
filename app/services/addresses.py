"""Who has an e-mail address. No two people have the same, whatever the case."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.person import Person

HAS_EMAIL = sa.func.lower(col(Person.email)) == sa.func.lower(sa.bindparam("email", type_=sa.Text))
_BY_EMAIL = sa.select(Person).where(HAS_EMAIL)


async def by_email(session: AsyncSession, email: str, *, hold: bool = False) -> Person | None:
    """The person, active or not; `hold`: as they are until this is stored."""
    query = _BY_EMAIL.with_for_update(key_share=True) if hold else _BY_EMAIL
    found: Person | None = (await session.execute(query, {"email": email})).scalar_one_or_none()
    return found
