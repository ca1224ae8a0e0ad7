"""People who sign in. No field here can hold union membership; only a mandate ties a person to a party."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Phrase
from app.models.columns import SWEDISH_ORDER, EnumArray, Id, Language, Line, Moment, UtcDateTime, YesNo, enum_column
from app.models.passwords import CurrentPassword


class Role(StrEnum):
    """What a person may be beside a representative. Facilitators are named session by session."""

    SYSTEM_ADMINISTRATOR = "systemAdministrator"
    ARCHIVIST = "archivist"
    CONTENT_EDITOR = "contentEditor"
    CENTRAL_ANALYST = "centralAnalyst"


class Person(VersionedRow, table=True):
    organisation_id: UUID | None = Column(default=None, foreign_key="organisation.id")
    """Null for those who run the installation and belong to no workplace in it."""
    name: str
    email: str
    language: Language = Column(default=Language.SWEDISH, sa_column=enum_column(Language))
    active: bool = True
    unit_id: UUID | None = Column(default=None, foreign_key="unit.id")
    """Where the person works."""
    roles: list[Role] = Column(default=[], sa_column=sa.Column(EnumArray(Role, known_only=True), nullable=False))
    erased_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """From then on the row says nothing of anybody: it stays for what refers to it."""
    # --- what HR syncing alone sets (app/services/syncing.py)
    external_id: str | None = None
    """Who it is in the HR system, or in the identity provider that syncs for it; never a personal identity number."""
    user_name: str | None = None
    """What they are called over there, where it is not their e-mail address."""
    user_name_key: str | None = Column(
        default=None,
        sa_column=sa.Column(sa.String, sa.Computed("lower(coalesce(user_name, email))", persisted=True)),
    )
    """By which they are found, without case. A column: behind a row-level policy no index on `lower()` is used."""
    given_name: str | None = None
    family_name: str | None = None
    department: str | None = None
    employee_number: str | None = None
    manager_id: UUID | None = Column(default=None, foreign_key="person.id")
    changed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When anything of the row last changed; null: not since it was created."""
    deactivated_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When syncing last said that they had left; null again once a person has said that they are back."""
    removed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """From then on whoever syncs finds nobody here. Somebody with the same address is the same person, back again."""

    __table_args__ = (
        sa.Index("uq_person_email", sa.text("lower(email)"), unique=True),
        sa.Index("ix_person_organisation_id_name_id", "organisation_id", SWEDISH_ORDER, "id"),
        sa.Index("ix_person_unit_id", "unit_id"),
        sa.Index("uq_person_user_name", "organisation_id", "user_name_key", unique=True),
        sa.Index("uq_person_external_id", "organisation_id", "external_id", unique=True),
        sa.CheckConstraint(
            "roles <@ ARRAY['systemAdministrator', 'archivist', 'contentEditor', 'centralAnalyst']", name="roles"
        ),
    )


SYNCED_ALONE = (
    *("external_id", "user_name", "given_name", "family_name", "department", "employee_number", "manager_id"),
    *("deactivated_at", "removed_at"),
)
"""The columns that HR syncing alone sets."""

# Agencies have domains that the world cannot see (.local), and the demo's are .example. The library's own way to
# accept such names is to take them off this list; an address is checked by its syntax alone.
SPECIAL_USE_DOMAIN_NAMES.clear()


_NO_ADDRESS = PydanticCustomError("email_form", "This is not an e-mail address.")


def _address(text: str) -> str:
    """As written, if it has the form of an address. Nothing is looked up.

    Mail to `x@ｅxample.se` goes to `x@example.se`: wide, raised and ligatured letters would give one mailbox any
    number of addresses, each of them somebody else's to whoever counts mails or wants two people.
    """
    try:
        checked = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise _NO_ADDRESS from None
    if text.rpartition("@")[2].lower() not in {checked.domain, checked.ascii_domain}:
        raise _NO_ADDRESS
    return text


def _each_once(roles: list[Role]) -> list[Role]:
    return sorted(set(roles))


PersonName = Annotated[Line, Field(json_schema_extra={"example": "Åsa Lindqvist"})]
EmailAddress = Annotated[
    Line,
    AfterValidator(_address),
    Field(
        description="Kept as written; no two people have the same, whatever the case.",
        json_schema_extra={"example": "asa.lindqvist@havochvatten.example"},
    ),
]
Active = Annotated[YesNo, Field(description="Whether the person may sign in.", json_schema_extra={"example": True})]
Roles = Annotated[
    list[Role],
    AfterValidator(_each_once),
    Field(
        max_length=10,
        description="Roles beside mandates; set by a system administrator.",
        json_schema_extra={"example": ["archivist"]},
    ),
]
PlaceOfWork = Annotated[
    Id,
    Field(description="Where the person works: a unit of the organisation that is open. Surveys invite by it."),
]


class PersonCreate(Input):
    """Somebody in the organisation. Roles are given by a system administrator only."""

    name: PersonName
    email: EmailAddress
    language: Language = Language.SWEDISH
    unit_id: LeftOut[PlaceOfWork] = absent()
    roles: Roles = Field(default_factory=list)


class PersonUpdate(Input):
    """Merge patch. Oneself: name, email and language; a system administrator: everything.

    One's own e-mail address takes one's password as well: links to choose a new one go there.
    """

    name: PersonName = absent()
    email: EmailAddress = absent()
    language: Language = absent()
    active: Active = absent()
    unit_id: PlaceOfWork | None = absent()
    roles: Roles = absent()
    current_password: CurrentPassword = absent()


class PersonItem(Output):
    """A person in a list."""

    id: Id
    name: PersonName
    email: Phrase = Field(json_schema_extra={"example": "asa.lindqvist@havochvatten.example"})
    active: Active


class PersonRead(Resource):
    """Somebody who may sign in. For whom they speak is not a fact about them: see mandates."""

    organisation_id: Id | None = Field(description="Null for those who run the installation.")
    name: PersonName
    email: Phrase = Field(json_schema_extra={"example": "asa.lindqvist@havochvatten.example"})
    language: Language
    active: Active
    unit_id: PlaceOfWork | None
    roles: Roles
    created_at: Moment
