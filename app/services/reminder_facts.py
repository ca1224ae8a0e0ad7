"""Finds in the database what reminders are made from: near a day for everybody, or of some things for one letter.

Only of groups that go on, in organisations that do. Titles come with it, and no text of any record.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.action import Action, ActionState
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.dialogue_template import DialogueTemplate
from app.models.mandate import Mandate, valid_on
from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party, PartyState
from app.models.person import Person
from app.models.reminder import ReminderKind
from app.models.template_content import FollowUp
from app.models.working_group import WorkingGroup, WorkingGroupParty, WorkingGroupState, dormant_on
from app.services.calendar import swedish_day
from app.services.reminder_decisions import awaited_decisions
from app.services.reminders import (
    AFTER_SESSION,
    AROUND_DUE_DATE,
    BEFORE_DORMANT,
    LATE,
    Fact,
    HeldSession,
    OpenAction,
    QuietGroup,
)

_FOLLOW_UPS: TypeAdapter[tuple[FollowUp, ...]] = TypeAdapter(tuple[FollowUp, ...])
_TODAY = sa.bindparam("today", type_=sa.Date)
_LED = DialogueSession.__table__.alias("led")  # type: ignore[attr-defined]


def _day(moment: Any) -> sa.ColumnElement[Any]:
    return sa.cast(sa.func.timezone("Europe/Stockholm", moment), sa.Date)


def _days_since(day: Any) -> sa.ColumnElement[int]:
    return sa.type_coerce(_TODAY - day, sa.Integer)


_GOES_ON = sa.and_(
    col(WorkingGroup.state) == WorkingGroupState.ACTIVE, col(Organisation.state) == OrganisationState.ACTIVE
)


def _of_groups(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .join(WorkingGroup, col(WorkingGroup.id) == col(DialogueSession.working_group_id))
        .join(Organisation, col(Organisation.id) == col(WorkingGroup.organisation_id))
        .where(_GOES_ON)
    )


_AGO = _days_since(_day(DialogueSession.starts_at))
_WRITTEN = sa.type_coerce(col(DialogueTemplate.content), JSONB)["followUps"]
_each = sa.func.jsonb_array_elements(_WRITTEN, type_=JSONB).table_valued(sa.column("value", JSONB)).lateral()
_OWN_DAYS = sa.cast(_each.c.value["afterDays"].astext, sa.Integer)
_SESSIONS = (
    _of_groups(DialogueSession, _WRITTEN.label("follow_ups"))
    .join(DialogueTemplate, col(DialogueTemplate.id) == col(DialogueSession.dialogue_template_id))
    .where(col(DialogueSession.state) == DialogueSessionState.HELD)
)
_SESSIONS_NOW = _SESSIONS.where(
    sa.or_(
        *(_AGO.between(days, days + LATE - 1) for days in AFTER_SESSION),
        sa.exists(sa.select(sa.literal(1)).select_from(_each).where(_AGO.between(_OWN_DAYS, _OWN_DAYS + LATE - 1))),
    )
)
_ACTIONS = (
    _of_groups(Action, col(DialogueSession.title), col(DialogueSession.facilitator_id))
    .join(Action, col(Action.dialogue_session_id) == col(DialogueSession.id))
    .where(col(Action.state) == ActionState.OPEN, col(Action.agreed))
)
_ACTIONS_NOW = _ACTIONS.where(_days_since(col(Action.due_on)).between(AROUND_DUE_DATE[0], AROUND_DUE_DATE[-1] + LATE))
_LAST_LED = (
    sa.select(_LED.c.facilitator_id)
    .where(_LED.c.working_group_id == col(WorkingGroup.id), _LED.c.state == DialogueSessionState.HELD)
    .order_by(_LED.c.starts_at.desc(), _LED.c.id)
    .limit(1)
    .scalar_subquery()
)
_PLANNED = sa.exists().where(
    _LED.c.working_group_id == col(WorkingGroup.id),
    _LED.c.state.in_([DialogueSessionState.PLANNED, DialogueSessionState.PREPARED]),
    _LED.c.starts_at >= sa.bindparam("now", type_=sa.DateTime(timezone=True)),
)
_GROUPS = (
    sa.select(WorkingGroup, _LAST_LED.label("facilitator_id"))
    .join(Organisation, col(Organisation.id) == col(WorkingGroup.organisation_id))
    .where(_GOES_ON, sa.not_(_PLANNED))
)
_DORMANT_IN = col(WorkingGroup.dormancy_interval_days) - _days_since(
    _day(sa.func.greatest(WorkingGroup.last_session_at, WorkingGroup.started_at))
)
_GROUPS_NOW = _GROUPS.where(_DORMANT_IN.between(-LATE, BEFORE_DORMANT))


async def near(session: AsyncSession, now: datetime) -> list[Fact]:
    """Every fact that may be worth a reminder today."""
    given = {"today": swedish_day(now), "now": now}
    return [
        *_held((await session.execute(_SESSIONS_NOW, given)).all()),
        *_open((await session.execute(_ACTIONS_NOW, given)).all()),
        *_quiet((await session.execute(_GROUPS_NOW, given)).all()),
        *await awaited_decisions(session, now),
    ]


async def still(session: AsyncSession, now: datetime, subjects: Mapping[ReminderKind, Collection[UUID]]) -> list[Fact]:
    """What is left of these things: a step that has been settled since is no fact any more."""
    found: list[Fact] = []
    for kind, ids in subjects.items():
        match kind:
            case ReminderKind.FOLLOW_UP:
                found += _held((await session.execute(_SESSIONS.where(col(DialogueSession.id).in_(ids)))).all())
            case ReminderKind.ACTION_DUE:
                found += _open((await session.execute(_ACTIONS.where(col(Action.id).in_(ids)))).all())
            case ReminderKind.APPROVAL_AWAITED:
                found += await awaited_decisions(session, now, ids)
            case ReminderKind.GROUP_QUIET:
                some = _GROUPS.where(col(WorkingGroup.id).in_(ids))
                found += _quiet((await session.execute(some, {"now": now})).all())
    return found


def _held(rows: Sequence[Any]) -> Iterator[Fact]:
    for held, follow_ups in rows:
        yield HeldSession(
            held.id,
            held.working_group_id,
            held.title,
            swedish_day(held.starts_at),
            held.facilitator_id,
            _FOLLOW_UPS.validate_python(follow_ups),
        )


def _open(rows: Sequence[Any]) -> Iterator[Fact]:
    for action, title, facilitator_id in rows:
        yield OpenAction(action.id, action.working_group_id, title, action.due_on, facilitator_id)


def _quiet(rows: Sequence[Any]) -> Iterator[Fact]:
    for group, facilitator_id in rows:
        started, met = swedish_day(group.started_at), group.last_session_at
        last = max(started, started if met is None else swedish_day(met))
        sleeps = dormant_on(started, last, group.dormancy_interval_days)
        yield QuietGroup(group.id, met is not None, last, sleeps, facilitator_id)


# --- Whom it concerns --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Concerned:
    """Who is told: all who speak for a party at each table, and of those who led its sessions the ones still here."""

    at_table: dict[UUID, set[UUID]]
    still_here: set[UUID]

    def by(self, fact: Fact) -> set[UUID]:
        led = {fact.facilitator_id} & self.still_here
        return self.at_table.get(fact.group_id, set()) | {each for each in led if each is not None}


_AT_TABLE = (
    sa.select(col(WorkingGroupParty.working_group_id), col(Mandate.person_id))
    .join(Party, col(Party.id) == col(WorkingGroupParty.party_id))
    .join(Mandate, col(Mandate.party_id) == col(Party.id))
    .join(Person, col(Person.id) == col(Mandate.person_id))
    .where(
        col(WorkingGroupParty.working_group_id).in_(sa.bindparam("groups", expanding=True, type_=sa.Uuid)),
        col(Party.state) == PartyState.ACTIVE,
        sa.or_(
            col(Mandate.working_group_id).is_(None),
            col(Mandate.working_group_id) == col(WorkingGroupParty.working_group_id),
        ),
        valid_on(_TODAY),
        col(Person.active),
    )
)
_HERE = sa.select(col(Person.id)).where(
    col(Person.id).in_(sa.bindparam("people", expanding=True, type_=sa.Uuid)), col(Person.active)
)


async def concerned(session: AsyncSession, facts: Collection[Fact], now: datetime) -> Concerned:
    at_table: dict[UUID, set[UUID]] = {}
    given = {"groups": list({fact.group_id for fact in facts}), "today": swedish_day(now)}
    for group_id, person_id in (await session.execute(_AT_TABLE, given)).all():
        at_table.setdefault(group_id, set()).add(person_id)
    led = {fact.facilitator_id for fact in facts} - {None}
    here = (await session.execute(_HERE, {"people": list(led)})).scalars()
    return Concerned(at_table, set(here))
