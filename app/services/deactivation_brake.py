"""The brake: how many people may leave by syncing, and how many units close, before somebody looks at it.

A mistake in an HR system, or in a filter at an identity provider, looks like everybody leaving at once, or like a
workplace without units. Counted are people whom syncing has deactivated within a day, and units that service clients
have closed, by whatever way; a system administrator's release lets so many more through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.deactivation_release import DeactivationRelease
from app.models.organisation import Organisation
from app.models.person import Person
from app.models.unit import Unit
from app.services.errors import Code, Refusal
from app.services.unit_timelines import PresentUnit, TreePlan, UnitStep
from app.services.work import Work

WITHIN = timedelta(hours=24)
HANDFUL = 5
"""So many may leave within a day wherever it is: a percentage of a small workplace is nobody."""


@dataclass(frozen=True)
class Brake:
    """How many are here or were within a day, how many of them syncing has ended since, and how many it may in all.

    Whoever syncing has brought back counts as long as that it ended them is remembered: they were signed out, and their
    mandates rest.
    """

    counted: int
    ended: int
    released: int
    percent: int

    @property
    def most(self) -> int:
        return max(HANDFUL, self.counted * self.percent // 100) + self.released

    @property
    def left(self) -> int:
        return max(self.most - self.ended, 0)


async def of_people(session: AsyncSession, organisation: Organisation, now: datetime) -> Brake:
    """As of now. Whoever decides by it holds the organisation's row, so that two streams do not add up."""
    lately = sa.func.coalesce(col(Person.deactivated_at) > now - WITHIN, sa.false())
    people = sa.select(
        sa.func.count().filter(sa.or_(col(Person.active), lately)),
        sa.func.count().filter(lately),
    ).where(col(Person.organisation_id) == organisation.id)
    return await _read(session, organisation, people, col(DeactivationRelease.people), now)


async def of_units(session: AsyncSession, organisation: Organisation, now: datetime) -> Brake:
    """The same of units: those that are open without a last day, and those that syncing has given one."""
    lately = sa.func.coalesce(col(Unit.closed_by_syncing_at) > now - WITHIN, sa.false())
    units = sa.select(
        sa.func.count().filter(sa.or_(col(Unit.valid_to).is_(None), lately)),
        sa.func.count().filter(lately),
    ).where(col(Unit.organisation_id) == organisation.id)
    return await _read(session, organisation, units, col(DeactivationRelease.units), now)


async def _read(
    session: AsyncSession, organisation: Organisation, counting: sa.Select[int, int], released: Any, now: datetime
) -> Brake:
    counted, ended = (await session.execute(counting)).one()
    releases = sa.select(sa.func.coalesce(sa.func.sum(released), 0)).where(
        col(DeactivationRelease.organisation_id) == organisation.id, col(DeactivationRelease.expires_at) > now
    )
    more = (await session.execute(releases)).scalar_one()
    return Brake(counted, ended, more, organisation.deactivation_brake_percent)


async def check(session: AsyncSession, organisation: Organisation, leaving: int, now: datetime) -> None:
    """Refuse that so many more leave now, unless the brake lets them through. They are still active."""
    if leaving and leaving > (await of_people(session, organisation, now)).left:
        raise Refusal(Code.DEACTIVATION_BRAKE)


async def check_units(work: Work, organisation_id: UUID, closing: int) -> None:
    """Refuse that service clients close so many more units now. They are still open; the caller holds the tree.

    What somebody closes who is signed in is not for this: they see it.
    """
    if not closing:
        return
    organisation = (
        await work.session.execute(sa.select(Organisation).where(col(Organisation.id) == organisation_id))
    ).scalar_one()
    if closing > (await of_units(work.session, organisation, work.now)).left:
        raise Refusal(Code.UNIT_BRAKE)


def closing_in(plan: TreePlan, here: Mapping[str, PresentUnit]) -> list[str]:
    """The keys of the units that are open and that the plan closes today."""
    is_open = {key for key, unit in here.items() if unit.last is None}
    return [change.key for change in plan.changes if change.step is UnitStep.CLOSE and change.key in is_open]
