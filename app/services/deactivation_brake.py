"""The brake on leavers: how many people syncing may deactivate within a day before somebody looks at it.

A mistake in an HR system, or in a filter at an identity provider, looks like everybody leaving at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.deactivation_release import DeactivationRelease
from app.models.organisation import Organisation
from app.models.person import Person
from app.services.errors import Code, Refusal

WITHIN = timedelta(hours=24)
HANDFUL = 5
"""So many may leave within a day wherever it is: a percentage of a small workplace is nobody."""


@dataclass(frozen=True)
class Brake:
    """How many people are active or were within a day, how many of them syncing has deactivated since, and how many it
    may in all. Whoever syncing has brought back counts: they were signed out, and their mandates rest."""

    people: int
    deactivated: int
    released: int
    percent: int

    @property
    def most(self) -> int:
        return max(HANDFUL, self.people * self.percent // 100) + self.released

    @property
    def left(self) -> int:
        return max(self.most - self.deactivated, 0)


async def read(session: AsyncSession, organisation: Organisation, now: datetime) -> Brake:
    """As of now. Whoever decides by it holds the organisation's row, so that two streams do not add up."""
    lately = sa.func.coalesce(col(Person.deactivated_at) > now - WITHIN, sa.false())
    counted = sa.select(
        sa.func.count().filter(sa.or_(col(Person.active), lately)),
        sa.func.count().filter(lately),
    ).where(col(Person.organisation_id) == organisation.id)
    people, deactivated = (await session.execute(counted)).one()
    releases = sa.select(sa.func.coalesce(sa.func.sum(col(DeactivationRelease.people)), 0)).where(
        col(DeactivationRelease.organisation_id) == organisation.id, col(DeactivationRelease.expires_at) > now
    )
    released = (await session.execute(releases)).scalar_one()
    return Brake(people, deactivated, released, organisation.deactivation_brake_percent)


async def check(session: AsyncSession, organisation: Organisation, leaving: int, now: datetime) -> None:
    """Refuse that so many more leave now, unless the brake lets them through. They are still active."""
    if leaving and leaving > (await read(session, organisation, now)).left:
        raise Refusal(Code.DEACTIVATION_BRAKE)
