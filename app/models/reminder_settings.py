"""How somebody wants to be reminded: of what, how often, and when not."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Linked, Table, absent
from app.models.bounds import Few
from app.models.columns import EnumArray, UtcDateTime, YesNo, enum_column
from app.models.reminder import ReminderKind


class ReminderDigest(StrEnum):
    """How often reminders come together in one letter; `off`: never."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


def _kinds() -> "sa.Column[Any]":
    return sa.Column(EnumArray(ReminderKind, known_only=True), nullable=False)


class ReminderSettings(Table, table=True):
    """One person's. There is none until they change something, or are written to for the first time."""

    person_id: UUID = Column(foreign_key="person.id", primary_key=True)
    version: int = Column(default=0)
    created_at: datetime = Column(sa_type=UtcDateTime)
    digest: ReminderDigest = Column(default=ReminderDigest.DAILY, sa_column=enum_column(ReminderDigest))
    muted_kinds: list[ReminderKind] = Column(default=[], sa_column=_kinds())
    quiet_from: str = "17:00"
    quiet_to: str = "08:00"
    quiet_on_weekends: bool = True
    unsubscribe_hash: bytes | None = Column(default=None, unique=True)
    """SHA-256 of the token in the letters; null until the first one is written."""


# --- On the wire -----------------------------------------------------------------------------------


def _each_once(kinds: list[ReminderKind]) -> list[ReminderKind]:
    return sorted(set(kinds))


TimeOfDay = Annotated[
    str,
    Field(
        pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$",
        max_length=5,
        description="Hours and minutes, in Swedish time.",
    ),
]
QuietFrom = Annotated[TimeOfDay, Field(json_schema_extra={"example": "17:00"})]
QuietTo = Annotated[TimeOfDay, Field(json_schema_extra={"example": "08:00"})]
MutedKinds = Annotated[
    Few[ReminderKind],
    AfterValidator(_each_once),
    Field(description="What you do not want to be reminded of.", json_schema_extra={"example": ["groupQuiet"]}),
]
QuietOnWeekends = Annotated[
    YesNo, Field(description="Whether nothing is sent on Saturdays and Sundays.", json_schema_extra={"example": True})
]


class ReminderSettingsRead(Linked):
    """How you want to be reminded. Letters are in your own language, which belongs to your person."""

    digest: ReminderDigest = Field(json_schema_extra={"example": "daily"})
    muted_kinds: MutedKinds
    quiet_from: QuietFrom = Field(
        description="From then until `quietTo` nothing is sent, Swedish time; past midnight if it is the later of the "
        "two. The same time twice: there are no quiet hours."
    )
    quiet_to: QuietTo
    quiet_on_weekends: QuietOnWeekends


class ReminderSettingsUpdate(Input):
    """Merge patch."""

    digest: LeftOut[ReminderDigest] = absent(json_schema_extra={"example": "weekly"})
    muted_kinds: LeftOut[MutedKinds] = absent()
    quiet_from: LeftOut[QuietFrom] = absent()
    quiet_to: LeftOut[QuietTo] = absent()
    quiet_on_weekends: LeftOut[QuietOnWeekends] = absent()
