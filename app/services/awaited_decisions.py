"""What is to be decided jointly at a table, and whose decision is waited for: of what the actor may read."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, Decision, SubjectType
from app.models.bounds import FEW
from app.models.organisation import ApprovalRule
from app.models.overview import AwaitingApproval
from app.models.party import PartyState, Side
from app.models.working_group import WorkingGroup, WorkingGroupSeat
from app.services import policy
from app.services.undecided import UNDECIDED, Undecided

_GROUP = sa.bindparam("group_id", type_=sa.Uuid)
_NO_DEADLINE = sa.cast(sa.null(), sa.DateTime(timezone=True))


def _waiting(kind: Undecided) -> sa.Select[*tuple[Any, ...]]:
    deadline = _NO_DEADLINE if kind.deadline is None else kind.deadline
    return sa.select(
        sa.literal(kind.type.value).label("subject_type"),
        kind.row_type.id.label("subject_id"),
        kind.title.label("title"),
        sa.type_coerce(deadline, sa.DateTime(timezone=True)).label("deadline"),
        kind.row_type.content_hash.label("content_hash"),
    ).where(*kind.where, kind.group_id == _GROUP, policy.visible(kind.row_type))


_SUBJECTS = sa.union_all(*(_waiting(kind) for kind in UNDECIDED)).subquery()
_STANDING = sa.and_(
    col(Approval.subject_id) == _SUBJECTS.c.subject_id,
    col(Approval.voided_at).is_(None),
    col(Approval.content_hash) == _SUBJECTS.c.content_hash,
)
# Where a party has asked for a change, nobody's approval is waited for.
AWAITING = (
    sa.select(
        *_SUBJECTS.c,
        sa.func.array(
            sa.select(col(Approval.party_id)).where(_STANDING).scalar_subquery(), type_=sa.ARRAY(sa.Uuid)
        ).label("decided"),
    )
    .where(~sa.exists(sa.select(sa.literal(1)).where(_STANDING, col(Approval.decision) == Decision.REQUEST_CHANGE)))
    .order_by(_SUBJECTS.c.deadline.asc().nulls_last(), _SUBJECTS.c.subject_id)
    .limit(FEW)
)


def awaited(
    group: WorkingGroup, seats: Sequence[sa.RowMapping], found: Sequence[sa.RowMapping]
) -> list[AwaitingApproval]:
    """What has been found, with the parties whose decision is waited for."""
    return [_awaited(group, seats, row) for row in found]


def _awaited(group: WorkingGroup, seats: Sequence[sa.RowMapping], row: sa.RowMapping) -> AwaitingApproval:
    subject_type = SubjectType(row["subject_type"])
    # As each of them is decided: starting needs every party, whatever rule the group will live by.
    starting = subject_type is SubjectType.WORKING_GROUP
    rule = ApprovalRule.EVERY if starting else group.approval_rule
    asked = [seat for seat in seats if starting or seat["state"] is PartyState.ACTIVE]
    waiting = waited_for(rule, {seat["id"]: seat["side"] for seat in asked}, row["decided"])
    return AwaitingApproval(
        subject_type=subject_type,
        subject_id=row["subject_id"],
        title=row["title"],
        deadline=row["deadline"],
        parties=[
            WorkingGroupSeat(id=seat["id"], side=seat["side"], name=seat["name"])
            for seat in asked
            if seat["id"] in waiting
        ],
    )


def waited_for(rule: ApprovalRule, sides: Mapping[UUID, Side], decided: Collection[UUID]) -> list[UUID]:
    """The parties whose decision is waited for. Where any union will do, none is once one of them has decided."""
    enough = rule is ApprovalRule.ANY and any(sides.get(party) is Side.UNION for party in decided)
    return [party for party, side in sides.items() if party not in decided and not (enough and side is Side.UNION)]
