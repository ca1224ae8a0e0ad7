"""What the parties at a table can still decide on: one list, for a group's overview and for its reminders.

It follows services/agreement.py: what would be refused there waits for nobody.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import col

from app.models.approval import SubjectType
from app.models.destruction import Destruction, DestructionState
from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.survey_amendment import SurveyAmendment, SurveyAmendmentState
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.survey_texts import SurveyTexts, SurveyTextsState
from app.models.working_group import WorkingGroup, WorkingGroupState

_NOW = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_its_group = sa.orm.aliased(WorkingGroup)


@dataclass(frozen=True)
class Undecided:
    """A kind of subject, and which of its rows can still be decided on."""

    type: SubjectType
    row_type: Any
    group_id: Any
    title: Any
    where: tuple[sa.ColumnElement[bool], ...]
    deadline: Any = None
    """After it nothing can be decided; None: there is none."""


def _goes_on(group_id: Any) -> sa.ColumnElement[bool]:
    """A group that has been closed opens no round and shares nothing; its records can still become final."""
    return sa.exists().where(col(_its_group.id) == group_id, col(_its_group.state) == WorkingGroupState.ACTIVE)


UNDECIDED: tuple[Undecided, ...] = (
    Undecided(
        SubjectType.WORKING_GROUP,
        WorkingGroup,
        col(WorkingGroup.id),
        col(WorkingGroup.name),
        (col(WorkingGroup.state) == WorkingGroupState.FORMING,),
    ),
    Undecided(
        SubjectType.SESSION_RECORD,
        SessionRecord,
        col(SessionRecord.working_group_id),
        col(SessionRecord.title),
        (col(SessionRecord.state) == SessionRecordState.UNDER_REVIEW, col(SessionRecord.review_deadline) > _NOW),
        deadline=col(SessionRecord.review_deadline),
    ),
    Undecided(
        SubjectType.SURVEY_ROUND,
        SurveyRound,
        col(SurveyRound.working_group_id),
        col(SurveyRound.title),
        (
            col(SurveyRound.state) == SurveyRoundState.PROPOSED,
            col(SurveyRound.closes_at) > _NOW,
            _goes_on(col(SurveyRound.working_group_id)),
        ),
        deadline=col(SurveyRound.closes_at),
    ),
    # Their round leads to the next two by its index.
    Undecided(
        SubjectType.SURVEY_AMENDMENT,
        SurveyAmendment,
        col(SurveyRound.working_group_id),
        col(SurveyRound.title),
        (
            col(SurveyRound.id) == col(SurveyAmendment.survey_round_id),
            col(SurveyRound.state).in_([SurveyRoundState.OPEN, SurveyRoundState.CLOSED]),
            col(SurveyAmendment.state) == SurveyAmendmentState.PROPOSED,
        ),
    ),
    Undecided(
        SubjectType.SURVEY_TEXTS,
        SurveyTexts,
        col(SurveyRound.working_group_id),
        col(SurveyRound.title),
        (
            col(SurveyRound.id) == col(SurveyTexts.survey_round_id),
            col(SurveyTexts.state) == SurveyTextsState.UNDER_REVIEW,
        ),
    ),
    Undecided(
        SubjectType.DESTRUCTION,
        Destruction,
        col(Destruction.working_group_id),
        col(SessionRecord.title),
        (
            col(SessionRecord.id) == col(Destruction.destroyed_record_id),
            col(Destruction.state) == DestructionState.PROPOSED,
        ),
    ),
    Undecided(
        SubjectType.LEARNING_LOG_ENTRY,
        LearningLogEntry,
        col(LearningLogEntry.working_group_id),
        col(LearningLogEntry.title),
        (
            col(LearningLogEntry.state) == LearningLogEntryState.PROPOSED,
            _goes_on(col(LearningLogEntry.working_group_id)),
        ),
    ),
)
