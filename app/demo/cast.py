"""Who and what the story's names stand for, and the work of one of its people at the moment it has come to."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.demo.clock import Clock
from app.models.base import VersionedRow
from app.models.sign_in import SignIn
from app.services import actors
from app.services.calendar import swedish_day
from app.services.work import Work


def without_nulls(told: dict[str, Any]) -> dict[str, Any]:
    """What the story does not tell is left out of what is sent."""
    return {name: value for name, value in told.items() if value is not None}


@dataclass
class Cast:
    """The ids behind the names that the story uses."""

    session: AsyncSession
    clock: Clock
    organisation: UUID = field(init=False)
    administrator: str = ""
    people: dict[str, UUID] = field(default_factory=dict)
    parties: dict[str, UUID] = field(default_factory=dict)
    units: dict[str, UUID] = field(default_factory=dict)
    groups: dict[str, UUID] = field(default_factory=dict)
    mandates: dict[str, UUID] = field(default_factory=dict)
    templates: dict[str, UUID] = field(default_factory=dict)
    guides: dict[str, UUID] = field(default_factory=dict)
    _sign_ins: dict[tuple[str, date], UUID] = field(default_factory=dict)

    async def acting(self, name: str) -> Work:
        """The work of somebody who is signed in at this moment, with the mandates they have on this day."""
        person_id = self.people[name]
        today = swedish_day(self.clock.now)
        # A new one each month: no sign-in counts for longer than two.
        month = (name, today.replace(day=1))
        if month not in self._sign_ins:
            sign_in = SignIn(
                person_id=person_id, address_hash=b"", started_at=self.clock.now, last_used_at=self.clock.now
            )
            self.session.add(sign_in)
            await self.session.flush()
            self._sign_ins[month] = sign_in.id
        actor = await actors.load(self.session, person_id, self._sign_ins[month], today)
        return Work(self.session, actor, self.clock.now)

    async def sign_out(self) -> None:
        """Nobody is signed in when the story has been told."""
        await self.session.execute(sa.delete(SignIn).where(col(SignIn.id).in_(self._sign_ins.values())))

    async def version(self, row_type: type[VersionedRow], row_id: UUID) -> int:
        """What the person has read and means to change."""
        row: Any = await self.session.get_one(row_type, row_id)
        version: int = row.version
        return version
