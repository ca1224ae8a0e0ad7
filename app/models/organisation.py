"""The workplace: its number, names and the settings its groups start from."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.columns import (
    SWEDISH_ORDER,
    Id,
    Language,
    Line,
    Moment,
    UtcDateTime,
    WholeNumber,
    enum_column,
    text_array,
)


class OrganisationState(StrEnum):
    """A closed organisation stays readable, and nothing in it can be changed."""

    ACTIVE = "active"
    CLOSED = "closed"


class ApprovalRule(StrEnum):
    """Which union parties of a group must approve beside the employer."""

    EVERY = "every"
    ANY = "any"


class Organisation(VersionedRow, table=True):
    organisation_number: str = Column(unique=True)
    name: str
    short_name: str | None = None
    english_name: str | None = None
    state: OrganisationState = Column(default=OrganisationState.ACTIVE, sa_column=enum_column(OrganisationState))
    approval_rule: ApprovalRule = Column(default=ApprovalRule.EVERY, sa_column=enum_column(ApprovalRule))
    languages: list[Language] = Column(default=[Language.SWEDISH], sa_column=text_array())
    dormancy_interval_days: int = 180
    deactivation_brake_percent: int = 10
    closed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    search: str | None = Column(
        default=None,
        sa_column=sa.Column(
            TSVECTOR,
            sa.Computed(
                "to_tsvector('swedish', name || ' ' || coalesce(short_name, '') || ' ' || coalesce(english_name, ''))",
                persisted=True,
            ),
        ),
    )

    __table_args__ = (
        sa.Index("ix_organisation_search", "search", postgresql_using="gin"),
        sa.Index("ix_organisation_name_id", SWEDISH_ORDER, "id"),
        sa.CheckConstraint("deactivation_brake_percent BETWEEN 1 AND 100", name="deactivation_brake"),
    )


def _only_digits(value: object) -> object:
    """202100-1234 is how people write it; ten digits are how it is stored."""
    return value.strip().replace("-", "", 1) if isinstance(value, str) else value


def _checked(number: str) -> str:
    """Ten digits whose last one is the Luhn check digit, and whose third is 2 or more.

    Source: the Swedish Tax Agency's rules for organisation numbers; a third digit below 2 would be a
    personal identity number, which must never be stored here.
    """
    if not (len(number) == 10 and number.isascii() and number.isdigit()):
        raise PydanticCustomError("organisation_number_form", "An organisation number has ten digits.")
    if number[0] == "0" or number[2] < "2":
        raise PydanticCustomError("organisation_number_form", "This is not an organisation number.")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(number)]
    if sum(value // 10 + value % 10 for value in doubled) % 10:
        raise PydanticCustomError("organisation_number_checksum", "The check digit does not fit.")
    return number


OrganisationNumber = Annotated[
    str,
    BeforeValidator(_only_digits),
    AfterValidator(_checked),
    Field(
        max_length=11,
        description="Swedish organisation number: ten digits with check digit; one hyphen is allowed when sent.",
        json_schema_extra={"example": "2021990417"},
    ),
]
Languages = Annotated[list[Language], Field(min_length=1, max_length=2, json_schema_extra={"example": ["sv"]})]
DormancyInterval = Annotated[
    WholeNumber,
    Field(
        ge=14,
        le=730,
        description="Days without a session before a working group counts as dormant.",
        json_schema_extra={"example": 180},
    ),
]
DeactivationBrake = Annotated[
    WholeNumber,
    Field(
        ge=1,
        le=100,
        description="How many percent of its active people HR syncing may deactivate within a day, and of its open "
        "units close, before it waits for a system administrator's release.",
        json_schema_extra={"example": 10},
    ),
]
OrganisationName = Annotated[Line, Field(json_schema_extra={"example": "Myndigheten för havs- och vattenkunskap"})]
ShortName = Annotated[Line, Field(json_schema_extra={"example": "MHV"})]
EnglishName = Annotated[Line, Field(json_schema_extra={"example": "Agency for Marine and Water Knowledge"})]


class OrganisationCreate(Input):
    """A workplace that takes the service into use."""

    organisation_number: OrganisationNumber
    name: OrganisationName
    short_name: LeftOut[ShortName] = absent()
    english_name: LeftOut[EnglishName] = absent()
    approval_rule: ApprovalRule = ApprovalRule.EVERY
    languages: Languages = Field(default_factory=lambda: [Language.SWEDISH])
    dormancy_interval_days: DormancyInterval = 180
    deactivation_brake_percent: DeactivationBrake = 10


class OrganisationUpdate(Input):
    """Merge patch; the organisation number never changes."""

    name: OrganisationName = absent()
    short_name: ShortName | None = absent()
    english_name: EnglishName | None = absent()
    approval_rule: ApprovalRule = absent()
    languages: Languages = absent()
    dormancy_interval_days: DormancyInterval = absent()
    deactivation_brake_percent: DeactivationBrake = absent()


class OrganisationTransition(Input):
    """Closing is final; everything stays readable."""

    to: Literal["closed"]


class OrganisationItem(Output):
    """An organisation in a list."""

    id: Id
    organisation_number: OrganisationNumber
    name: OrganisationName
    short_name: ShortName | None = Field(description="Null: it has none.")
    english_name: EnglishName | None = Field(description="Null: it has none.")
    state: OrganisationState


class OrganisationRead(Resource):
    """An organisation and the settings its working groups start from."""

    organisation_number: OrganisationNumber
    name: OrganisationName
    short_name: ShortName | None = Field(description="Null: it has none.")
    english_name: EnglishName | None = Field(description="Null: it has none.")
    state: OrganisationState
    approval_rule: ApprovalRule = Field(
        description="The rule proposed for new working groups; each group's parties decide at its start."
    )
    languages: Languages
    dormancy_interval_days: DormancyInterval
    deactivation_brake_percent: DeactivationBrake
    created_at: Moment
    closed_at: Moment | None = Field(description="When it was closed; null while it is active.")
