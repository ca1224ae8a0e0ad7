"""One sending or handing out of invitations to a unit. Which invitations it made stands nowhere."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Address
from app.models.columns import Count, Id, Language, Moment, UtcDateTime, WholeNumber, enum_column
from app.models.person import EmailAddress

MOST_ADDRESSES = 5_000
MOST_SLIPS = 200


class InvitationKind(StrEnum):
    """Whom a batch invites: people who are known in the unit, a list of addresses, or whoever gets a slip."""

    PEOPLE = "people"
    ADDRESSES = "addresses"
    SLIPS = "slips"


class SurveyInvitationBatch(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    survey_round_id: UUID
    unit_id: UUID
    kind: InvitationKind = Column(sa_column=enum_column(InvitationKind))
    invited: int
    """New invitations."""
    mailed: int
    """Mails for which jobs were put in the queue; more than `invited` when the addresses were reminded."""
    voided_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.ForeignKeyConstraint(["survey_round_id", "unit_id"], ["survey_unit.survey_round_id", "survey_unit.unit_id"]),
        sa.Index("ix_survey_invitation_batch_survey_round_id_id", "survey_round_id", "id"),
        sa.CheckConstraint("invited >= 0 AND mailed >= 0", name="counts"),
    )


Invited = Annotated[Count, Field(description="New invitations.", json_schema_extra={"example": 14})]
Mailed = Annotated[Count, Field(description="Mails that were put in the queue.", json_schema_extra={"example": 14})]


class SurveyInvitationBatchCreate(Input):
    """Invite the people who are known in a unit, or a list of addresses, or make slips to hand out.

    People and addresses get a mail when the round opens. Addresses are used for that and then forgotten. An address
    never gets a second invitation. To remind, send the unit's whole list again, a day later or more: a reminder goes to
    everyone, so that a part of the list is reminded of nothing. Somebody registered in another unit is refused.
    """

    unit_id: Id = Field(description="A unit of the round.")
    kind: InvitationKind
    addresses: LeftOut[Annotated[list[EmailAddress], Field(min_length=1, max_length=MOST_ADDRESSES)]] = absent(
        description="For `addresses` only.",
        json_schema_extra={"example": ["asa.lindqvist@havochvatten.example"]},
    )
    count: LeftOut[Annotated[WholeNumber, Field(ge=1, le=MOST_SLIPS)]] = absent(
        description="For `slips` only: how many.",
        json_schema_extra={"example": 8},
    )
    language: LeftOut[Language] = absent(
        description="The language of the mails to `addresses`, and of the headings in a CSV file. Left out: Swedish.",
    )


class SurveyInvitationBatchItem(Output):
    """A batch of invitations in a list."""

    id: Id
    unit_id: Id
    kind: InvitationKind
    invited: Invited
    mailed: Mailed
    created_at: Moment
    voided_at: Moment | None = Field(description="When the unit's invitations were voided; otherwise null.")


class SurveyInvitationBatchRead(Resource):
    """One sending or handing out of invitations. How many have answered is counted nowhere."""

    organisation_id: Id
    working_group_id: Id
    survey_round_id: Id
    unit_id: Id
    kind: InvitationKind
    invited: Invited
    mailed: Mailed
    slip_links: Annotated[list[Address], Field(max_length=MOST_SLIPS)] = Field(
        default_factory=list,
        description="The links of the slips: only in the answer that made them, and never again. What comes after `#` "
        "is the token. Browsers send it to no server: the page takes it from `location.hash`, and sends it in the "
        "`Authorization` header to `/survey-forms/current` and `/survey-responses`.",
        json_schema_extra={"example": ["https://enkat.example.se/#vJ1nKc2rVZ3qzX0n8aBf5Yw7Lh4uTg6sQeRdPiOk9Mx"]},
    )
    created_at: Moment
    voided_at: Moment | None = Field(description="When the unit's invitations were voided; otherwise null.")
