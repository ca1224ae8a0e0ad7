"""The ballot box: invitations that know only their hash, and sealed answers that know only their round.

No column of one table says anything that a column of the other says too, beside the round.
"""

from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import Table


class SurveyInvitation(Table, table=True):
    """One right to answer. Whose it is stands nowhere."""

    token_hash: bytes = Column(primary_key=True)
    """SHA-256 of the 32 bytes of the token."""
    survey_round_id: UUID
    unit_id: UUID
    used: bool = False
    """Without a time."""

    __table_args__ = (
        sa.ForeignKeyConstraint(["survey_round_id", "unit_id"], ["survey_unit.survey_round_id", "survey_unit.unit_id"]),
        sa.Index("ix_survey_invitation_survey_round_id_unit_id", "survey_round_id", "unit_id"),
    )


class SealedResponse(Table, table=True):
    """An answer nobody can read before the round is closed. Its id is random: it tells nothing of when."""

    id: UUID = Column(default_factory=uuid4, primary_key=True)
    survey_round_id: UUID = Column(foreign_key="survey_round.id")
    ciphertext: bytes

    __table_args__ = (sa.Index("ix_sealed_response_survey_round_id", "survey_round_id"),)
