"""What is to be decided jointly at a table, and whose decision is waited for: of what the actor may read."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, Decision, SubjectType
from app.models.bounds import FEW
from app.models.destruction import Destruction, DestructionState
from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState
from app.models.organisation import ApprovalRule
from app.models.overview import AwaitingApproval
from app.models.party import PartyState, Side
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.survey_amendment import SurveyAmendment, SurveyAmendmentState
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.survey_texts import SurveyTexts, SurveyTextsState
from app.models.working_group import WorkingGroup, WorkingGroupSeat, WorkingGroupState
from app.services import policy

_GROUP = sa.bindparam("group_id", type_=sa.Uuid)
_NOW = sa.bindparam("now", type_=sa.DateTime(timezone=True))


def _waiting(
    subject_type: SubjectType, row_type: Any, title: Any, deadline: Any, *where: sa.ColumnElement[bool]
) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        sa.literal(subject_type.value).label("subject_type"),
        row_type.id.label("subject_id"),
        title.label("title"),
        sa.type_coerce(deadline, sa.DateTime(timezone=True)).label("deadline"),
        row_type.content_hash.label("content_hash"),
    ).where(*where, policy.visible(row_type))


_NO_DEADLINE = sa.cast(sa.null(), sa.DateTime(timezone=True))
# A group that has been closed opens no round and shares nothing any more; its records can still become final.
_GROUP_GOES_ON = sa.exists().where(col(WorkingGroup.id) == _GROUP, col(WorkingGroup.state) == WorkingGroupState.ACTIVE)
_SUBJECTS = sa.union_all(
    _waiting(
        SubjectType.WORKING_GROUP,
        WorkingGroup,
        col(WorkingGroup.name),
        _NO_DEADLINE,
        col(WorkingGroup.id) == _GROUP,
        col(WorkingGroup.state) == WorkingGroupState.FORMING,
    ),
    _waiting(
        SubjectType.SESSION_RECORD,
        SessionRecord,
        col(SessionRecord.title),
        col(SessionRecord.review_deadline),
        col(SessionRecord.working_group_id) == _GROUP,
        col(SessionRecord.state) == SessionRecordState.UNDER_REVIEW,
        col(SessionRecord.review_deadline) > _NOW,
    ),
    _waiting(
        SubjectType.SURVEY_ROUND,
        SurveyRound,
        col(SurveyRound.title),
        col(SurveyRound.closes_at),
        col(SurveyRound.working_group_id) == _GROUP,
        col(SurveyRound.state) == SurveyRoundState.PROPOSED,
        col(SurveyRound.closes_at) > _NOW,
        _GROUP_GOES_ON,
    ),
    # Their round leads to them by its index.
    _waiting(
        SubjectType.SURVEY_AMENDMENT,
        SurveyAmendment,
        col(SurveyRound.title),
        _NO_DEADLINE,
        col(SurveyRound.id) == col(SurveyAmendment.survey_round_id),
        col(SurveyRound.working_group_id) == _GROUP,
        col(SurveyRound.state).in_([SurveyRoundState.OPEN, SurveyRoundState.CLOSED]),
        col(SurveyAmendment.state) == SurveyAmendmentState.PROPOSED,
    ),
    _waiting(
        SubjectType.SURVEY_TEXTS,
        SurveyTexts,
        col(SurveyRound.title),
        _NO_DEADLINE,
        col(SurveyRound.id) == col(SurveyTexts.survey_round_id),
        col(SurveyRound.working_group_id) == _GROUP,
        col(SurveyTexts.state) == SurveyTextsState.UNDER_REVIEW,
    ),
    _waiting(
        SubjectType.DESTRUCTION,
        Destruction,
        col(SessionRecord.title),
        _NO_DEADLINE,
        col(SessionRecord.id) == col(Destruction.destroyed_record_id),
        col(Destruction.working_group_id) == _GROUP,
        col(Destruction.state) == DestructionState.PROPOSED,
    ),
    _waiting(
        SubjectType.LEARNING_LOG_ENTRY,
        LearningLogEntry,
        col(LearningLogEntry.title),
        _NO_DEADLINE,
        col(LearningLogEntry.working_group_id) == _GROUP,
        col(LearningLogEntry.state) == LearningLogEntryState.PROPOSED,
        _GROUP_GOES_ON,
    ),
).subquery()
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
