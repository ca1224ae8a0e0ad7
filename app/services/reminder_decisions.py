"""Finds which joint decisions wait for which parties, for reminders."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.approval import Approval, Decision, SubjectType
from app.models.destruction import Destruction, DestructionState
from app.models.dialogue_session import DialogueSession
from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState
from app.models.organisation import ApprovalRule, Organisation, OrganisationState
from app.models.party import Party, PartyState, Side
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.survey_amendment import SurveyAmendment, SurveyAmendmentState
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.survey_texts import SurveyTexts, SurveyTextsState
from app.models.working_group import WorkingGroup, WorkingGroupParty, WorkingGroupState
from app.services.calendar import swedish_day
from app.services.reminders import AwaitedDecision, awaited

_NOW = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_NOBODY = sa.null().label("facilitator_id")
_NO_DEADLINE = sa.null().label("deadline")


def _undecided(
    subject_type: SubjectType,
    row_type: Any,
    title: Any,
    *where: sa.ColumnElement[bool],
    rule: Any = WorkingGroup.approval_rule,
    deadline: Any = _NO_DEADLINE,
    facilitator: Any = _NOBODY,
    of: tuple[tuple[Any, sa.ColumnElement[bool]], ...] = (),
) -> sa.Select[Any]:
    """Subjects that parties at a table can still decide on, of which one has or a deadline is near.

    `of`: what a subject is about, and has its title from.
    """
    begun = sa.exists().where(
        col(Approval.subject_id) == row_type.id,
        col(Approval.voided_at).is_(None),
        col(Approval.content_hash) == row_type.content_hash,
    )
    group_id: Any = row_type.id if row_type is WorkingGroup else row_type.working_group_id
    query: sa.Select[Any] = sa.select(
        sa.literal(subject_type.value).label("subject_type"),
        row_type.id.label("subject_id"),
        group_id.label("group_id"),
        row_type.content_hash.label("content_hash"),
        rule.label("rule"),
        title.label("title"),
        deadline,
        facilitator,
    )
    if row_type is not WorkingGroup:
        query = query.join(WorkingGroup, col(WorkingGroup.id) == group_id)
    query = query.join(Organisation, col(Organisation.id) == col(WorkingGroup.organisation_id))
    for joined, on in of:
        query = query.join(joined, on)
    return query.where(
        *where,
        col(Organisation.state) == OrganisationState.ACTIVE,
        begun if deadline is _NO_DEADLINE else sa.true(),
    )


_UNDECIDED = (
    _undecided(
        SubjectType.WORKING_GROUP,
        WorkingGroup,
        WorkingGroup.name,
        col(WorkingGroup.state) == WorkingGroupState.FORMING,
        # Starting needs every party, whatever rule the group will live by.
        rule=sa.literal(ApprovalRule.EVERY.value),
    ),
    _undecided(
        SubjectType.SESSION_RECORD,
        SessionRecord,
        SessionRecord.title,
        col(SessionRecord.state) == SessionRecordState.UNDER_REVIEW,
        col(SessionRecord.review_deadline) > _NOW,
        deadline=col(SessionRecord.review_deadline).label("deadline"),
        facilitator=col(DialogueSession.facilitator_id).label("facilitator_id"),
        of=((DialogueSession, col(DialogueSession.id) == col(SessionRecord.dialogue_session_id)),),
    ),
    _undecided(
        SubjectType.SURVEY_ROUND,
        SurveyRound,
        SurveyRound.title,
        col(SurveyRound.state) == SurveyRoundState.PROPOSED,
        col(SurveyRound.closes_at) > _NOW,
    ),
    _undecided(
        SubjectType.SURVEY_AMENDMENT,
        SurveyAmendment,
        SurveyRound.title,
        col(SurveyAmendment.state) == SurveyAmendmentState.PROPOSED,
        of=((SurveyRound, col(SurveyRound.id) == col(SurveyAmendment.survey_round_id)),),
    ),
    _undecided(
        SubjectType.SURVEY_TEXTS,
        SurveyTexts,
        SurveyRound.title,
        col(SurveyTexts.state) == SurveyTextsState.UNDER_REVIEW,
        of=((SurveyRound, col(SurveyRound.id) == col(SurveyTexts.survey_round_id)),),
    ),
    _undecided(
        SubjectType.DESTRUCTION,
        Destruction,
        SessionRecord.title,
        col(Destruction.state) == DestructionState.PROPOSED,
        of=((SessionRecord, col(SessionRecord.id) == col(Destruction.destroyed_record_id)),),
    ),
    _undecided(
        SubjectType.LEARNING_LOG_ENTRY,
        LearningLogEntry,
        LearningLogEntry.title,
        col(LearningLogEntry.state) == LearningLogEntryState.PROPOSED,
    ),
)
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
    for query in _UNDECIDED:
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
        missing = awaited(sides, ApprovalRule(each.rule), given.agreed)
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
