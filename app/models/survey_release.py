"""The one immutable set of results of a closed round, after disclosure control.

What is read is what was written when the round closed, byte for byte: the texts of these rows are sent as they are.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column

from app.models.base import Table
from app.models.columns import UtcDateTime


class SurveyRelease(Table, table=True):
    """What holds for the whole round, and the hash over everything released."""

    survey_round_id: UUID = Column(foreign_key="survey_round.id", primary_key=True)
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    instrument_id: UUID = Column(foreign_key="instrument.id")
    content: str
    """JSON of the whole round's part."""
    content_hash: str
    """SHA-256 of canonical JSON: the round's part and the hashes of all units' parts in the tree's order."""
    released_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (sa.Index("ix_survey_release_organisation_id_released_at", "organisation_id", "released_at"),)


class SurveyResult(Table, table=True):
    """One unit's part of a release."""

    survey_round_id: UUID = Column(foreign_key="survey_release.survey_round_id", primary_key=True)
    unit_id: UUID = Column(foreign_key="unit.id", primary_key=True)
    position: int
    """The unit's place in the frozen tree."""
    published: bool
    content: str
    """JSON of this unit's part."""
    content_hash: str

    __table_args__ = (sa.Index("uq_survey_result_position", "survey_round_id", "position", unique=True),)


class SurveySums(Table, table=True):
    """Kept of a published unit for trends, never shown: n, Σx and Σx² of each measure."""

    survey_round_id: UUID = Column(foreign_key="survey_release.survey_round_id", primary_key=True)
    unit_id: UUID = Column(foreign_key="unit.id", primary_key=True)
    invited: int
    """Head-count of the unit and everything below it, as frozen."""
    measures: dict[str, Any] = Column(sa_column=sa.Column(JSONB, nullable=False))
    """By measure: [n, Σx, Σx²]."""
