"""A person's appointment to speak for a party, given and ended by that party itself."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import VersionedRow


class Mandate(VersionedRow, table=True):
    """Valid from the first to the last day, both inclusive, in Swedish time.

    Without a working group it speaks for the party everywhere; with one, at that table only.
    """

    organisation_id: UUID = Column(foreign_key="organisation.id")
    party_id: UUID = Column(foreign_key="party.id")
    person_id: UUID = Column(foreign_key="person.id")
    working_group_id: UUID | None = Column(default=None, foreign_key="working_group.id")
    function: str
    valid_from: date
    valid_to: date | None = None
    first: bool = False
    """Appointed by the system administrator as the party's first; every later one comes from the party."""

    __table_args__ = (
        sa.Index("ix_mandate_person_id", "person_id"),
        sa.Index("ix_mandate_party_id_id", "party_id", "id"),
        sa.Index("ix_mandate_working_group_id_id", "working_group_id", "id"),
        sa.Index("uq_mandate_first", "party_id", unique=True, postgresql_where=sa.text("first")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
    )
