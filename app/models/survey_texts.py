"""What people wrote in a round that asked open questions: read by one from each side, then released by both."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import Table, VersionedRow
from app.models.columns import UtcDateTime, enum_column


class SurveyTextsState(StrEnum):
    UNDER_REVIEW = "underReview"
    RELEASED = "released"


class SurveyTexts(VersionedRow, table=True):
    """All texts of one round, and whether both sides have let them out."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    survey_round_id: UUID = Column(foreign_key="survey_round.id", unique=True)
    state: SurveyTextsState = Column(default=SurveyTextsState.UNDER_REVIEW, sa_column=enum_column(SurveyTextsState))
    content_hash: str
    """Over the texts that are not withheld; follows every withholding."""
    released_at: datetime | None = Column(default=None, sa_type=UtcDateTime)


class SurveyText(Table, table=True):
    """One text. Its id is random, so that its place in any order tells nothing of when it was written."""

    id: UUID = Column(primary_key=True)
    survey_texts_id: UUID = Column(foreign_key="survey_texts.id")
    unit_id: UUID = Column(foreign_key="unit.id")
    """The root or a unit right below it: the group the text is shown with."""
    question_id: str
    text: str
    withheld: bool = False
    """A reader found that somebody could be recognised."""

    __table_args__ = (sa.Index("ix_survey_text_survey_texts_id_id", "survey_texts_id", "id"),)
