"""People who sign in. No field here can hold union membership; only a mandate ties a person to a party."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import VersionedRow
from app.models.columns import Language, enum_column, text_array


class Role(StrEnum):
    """What a person may be beside a representative. Facilitators are named session by session."""

    SYSTEM_ADMINISTRATOR = "systemAdministrator"
    ARCHIVIST = "archivist"
    CONTENT_EDITOR = "contentEditor"


class Person(VersionedRow, table=True):
    organisation_id: UUID | None = Column(default=None, foreign_key="organisation.id")
    """Null for those who run the installation and belong to no workplace in it."""
    name: str
    email: str
    language: Language = Column(default=Language.SWEDISH, sa_column=enum_column(Language))
    active: bool = True
    roles: list[Role] = Column(default=[], sa_column=text_array())

    __table_args__ = (
        sa.Index("uq_person_email", sa.text("lower(email)"), unique=True),
        sa.Index("ix_person_organisation_id_name_id", "organisation_id", "name", "id"),
        sa.CheckConstraint("roles <@ ARRAY['systemAdministrator', 'archivist', 'contentEditor']", name="roles"),
    )
