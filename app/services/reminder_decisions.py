"""Finds which joint decisions wait for which parties, for reminders."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.approval import Approval, Decision, SubjectType
from app.models.dialogue_session import DialogueSession
from app.models.organisation import ApprovalRule, Organisation, OrganisationState
from app.models.party import Party, PartyState, Side
from app.models.session_record import SessionRecord
from app.models.working_group import WorkingGroup, WorkingGroupParty
from app.services.awaited_decisions import waited_for
from app.services.calendar import swedish_day
from app.services.reminders import AwaitedDecision
from app.services.undecided import UNDECIDED, Undecided

_table = sa.orm.aliased(WorkingGroup)
_LED_BY = (
    sa.select(col(DialogueSession.facilitator_id))
    .where(col(DialogueSession.id) == col(SessionRecord.dialogue_session_id))
    .scalar_subquery()
)


def _begun(kind: Undecided) -> sa.Select[Any]:
    """Those of them that a party has decided on, and records, for which time runs out by itself."""
    reviewed = kind.type is SubjectType.SESSION_RECORD
    # Starting needs every party, whatever rule the group will live by.
    starting = kind.type is SubjectType.WORKING_GROUP
    rule: Any = sa.literal(ApprovalRule.EVERY.value) if starting else _table.approval_rule
    begun = sa.exists().where(
        col(Approval.subject_id) == kind.row_type.id,
        col(Approval.voided_at).is_(None),
        col(Approval.content_hash) == kind.row_type.content_hash,
    )
    query: sa.Select[Any] = sa.select(
        sa.literal(kind.type.value).label("subject_type"),
        kind.row_type.id.label("subject_id"),
        kind.group_id.label("group_id"),
        kind.row_type.content_hash.label("content_hash"),
        rule.label("rule"),
        kind.title.label("title"),
        (kind.deadline if reviewed else sa.null()).label("deadline"),
        (_LED_BY if reviewed else sa.null()).label("facilitator_id"),
    )
    return query.where(
        *kind.where,
        _table.id == kind.group_id,
        col(Organisation.id) == _table.organisation_id,
        col(Organisation.state) == OrganisationState.ACTIVE,
        sa.true() if reviewed else begun,
    )


_BEGUN = tuple(_begun(kind) for kind in UNDECIDED)
_STANDING = sa.select(
    col(Approval.subject_id),
    col(Approval.content_hash),
    col(Approval.party_id),
    col(Approval.decision),
    col(Approval.decided_at),
).where(
    col(Approval.subject_id).in_(sa.bindparam("subjects", expanding=True, type_=sa.Uuid)),
    col(Approval.voided_at).is_(None),
)
_SEATS = (
    sa.select(col(WorkingGroupParty.working_group_id), col(Party.id), col(Party.side), col(Party.name))
    .join(Party, col(Party.id) == col(WorkingGroupParty.party_id))
    .where(
        col(WorkingGroupParty.working_group_id).in_(sa.bindparam("groups", expanding=True, type_=sa.Uuid)),
        col(Party.state) == PartyState.ACTIVE,
    )
    .order_by(col(Party.name), col(Party.id))
)


@dataclass(frozen=True)
class _Given:
    """What the parties have said so far of one content."""

    agreed: set[UUID]
    since: date | None
    change_requested: bool


async def awaited_decisions(
    session: AsyncSession, now: datetime, only: Collection[UUID] | None = None
) -> list[AwaitedDecision]:
    """Which parties each decision waits for; `only` some of them."""
    subjects: list[Any] = []
    for query in _BEGUN:
        column = query.selected_columns["subject_id"]
        some = query if only is None else query.where(column.in_(only))
        subjects += (await session.execute(some, {"now": now})).all()
    if not subjects:
        return []
    standing: dict[UUID, list[Any]] = {}
    for one in (await session.execute(_STANDING, {"subjects": [each.subject_id for each in subjects]})).all():
        standing.setdefault(one.subject_id, []).append(one)
    seats: dict[UUID, dict[UUID, tuple[Side, str]]] = {}
    groups = list({each.group_id for each in subjects})
    for group_id, party_id, side, name in (await session.execute(_SEATS, {"groups": groups})).all():
        seats.setdefault(group_id, {})[party_id] = side, name
    found = []
    for each in subjects:
        given = _given(standing.get(each.subject_id, []), each.content_hash)
        table = seats.get(each.group_id, {})
        sides = {party_id: side for party_id, (side, _) in table.items()}
        missing = waited_for(ApprovalRule(each.rule), sides, given.agreed)
        if missing and not given.change_requested:
            found.append(
                AwaitedDecision(
                    SubjectType(each.subject_type),
                    each.subject_id,
                    each.group_id,
                    each.title,
                    given.since,
                    None if each.deadline is None else swedish_day(each.deadline),
                    tuple(table[party_id][1] for party_id in missing),
                    each.facilitator_id,
                )
            )
    return found


def _given(standing: list[Any], content_hash: str) -> _Given:
    counting = [each for each in standing if each.content_hash == content_hash]
    first = min((each.decided_at for each in counting), default=None)
    return _Given(
        {each.party_id for each in counting if each.decision is not Decision.REQUEST_CHANGE},
        None if first is None else swedish_day(first),
        any(each.decision is Decision.REQUEST_CHANGE for each in counting),
    )
