"""Who has an e-mail address. No two people have the same, whatever the case."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.person import Person

HAS_EMAIL = sa.func.lower(col(Person.email)) == sa.func.lower(sa.bindparam("email", type_=sa.Text))
_BY_EMAIL = sa.select(Person).where(HAS_EMAIL)


async def by_email(session: AsyncSession, email: str) -> Person | None:
    """The person, active or not."""
    found: Person | None = (await session.execute(_BY_EMAIL, {"email": email})).scalar_one_or_none()
    return found
