"""Interest in the service, registered without an account by whoever speaks for one side of a workplace."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Few, Hash, Phrase, Seconds, Text, Word
from app.models.columns import Id, Language, Moment, UtcDateTime, enum_column
from app.models.mandate import MandateFunction
from app.models.organisation import OrganisationName, OrganisationNumber
from app.models.party import PartyName, Side
from app.models.person import EmailAddress, PersonName
from app.models.sign_in import OneTimeToken


class InterestState(StrEnum):
    """Where a registration stands."""

    UNCONFIRMED = "unconfirmed"
    """Nobody has opened the link; that the address is the contact's own is not known. The central side sees nothing."""
    CONFIRMED = "confirmed"
    AGREED = "agreed"
    """Both sides have confirmed the same content."""


class InterestRegistration(VersionedRow, table=True):
    """What one side says of itself, and whom to write to. It belongs to no organisation: there is none yet."""

    joining_id: UUID
    """Shared by the registrations that mean to join as one organisation."""
    organisation_number: str
    organisation_name: str
    side: Side = Column(sa_column=enum_column(Side))
    party_name: str
    contact_name: str
    contact_function: str
    contact_email: str
    language: Language = Column(sa_column=enum_column(Language))
    consent_version: str
    token_hash: bytes = Column(unique=True)
    code_hash: bytes
    state: InterestState = Column(default=InterestState.UNCONFIRMED, sa_column=enum_column(InterestState))
    confirmed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """When its contact last confirmed a content."""
    confirmed_hash: str | None = None
    mailed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    mail_job: int | None = Column(default=None, sa_type=sa.BigInteger)
    """Which job of the queue mailed it then."""

    __table_args__ = (
        sa.Index("ix_interest_registration_joining_id", "joining_id"),
        sa.Index("ix_interest_registration_code_hash", "code_hash"),
        sa.Index("ix_interest_registration_created_at", "created_at"),
        sa.Index("ix_interest_registration_contact_email", sa.text("lower(contact_email)")),
        # Whoever registers an address again before its link was opened replaces what was said before.
        sa.Index(
            "uq_interest_registration_unconfirmed",
            sa.text("lower(contact_email)"),
            unique=True,
            postgresql_where=sa.text("state = 'unconfirmed'"),
        ),
    )


# --- On the wire -----------------------------------------------------------------------------------

ConsentVersion = Annotated[Word, Field(min_length=1, json_schema_extra={"example": "2026-11-27"})]
JoiningCode = Annotated[
    OneTimeToken, Field(description="What the other side was given by the first one, to join as one organisation.")
]
ContactFunction = Annotated[
    MandateFunction,
    Field(description="In which function the contact speaks for the party. Nobody's membership is asked for."),
]


class InterestConsentRead(Output):
    """What whoever registers agrees to, in the language asked for."""

    consent_version: ConsentVersion
    language: Language
    text: Text = Field(
        description="To be shown in full before anything is sent.",
        json_schema_extra={"example": "Vi sparar det ni skriver för att kunna höra av oss."},
    )


class InterestRegistrationCreate(Input):
    """One side of a workplace, as it presents itself, and its contact."""

    organisation_number: OrganisationNumber
    organisation_name: OrganisationName
    side: Side = Field(description="For which side the contact speaks, as they say themselves.")
    party_name: PartyName
    contact_name: PersonName = Field(
        description="Who is written to, and whom the party proposes as its first representative."
    )
    contact_function: ContactFunction
    contact_email: EmailAddress = Field(description="Where the link goes; nobody else is told it but the central side.")
    language: Language = Language.SWEDISH
    consent_version: ConsentVersion = Field(description="Which consent text the contact has read and agrees to.")
    joining_code: LeftOut[JoiningCode] = absent()


class InterestOnItsWay(Output):
    """The same for everybody, whatever is registered already: a mail with a link goes to the contact's address."""

    consent_version: ConsentVersion
    consent_text: Text = Field(
        description="What the contact has agreed to, in the language of the answer.",
        json_schema_extra={"example": "Vi sparar det ni skriver för att kunna höra av oss."},
    )
    valid_for_seconds: Seconds = Field(
        description="How long the link can be opened for the first time.", json_schema_extra={"example": 604800}
    )


class JoiningGap(StrEnum):
    """What is still missing before both sides have agreed."""

    EMPLOYER_SIDE = "employerSide"
    UNION_SIDE = "unionSide"
    ONE_EMPLOYER = "oneEmployer"
    DIFFERENT_NUMBERS = "differentNumbers"
    SAME_PARTY_NAME = "samePartyName"
    SAME_CONTACT = "sameContact"
    CONFIRMATIONS = "confirmations"


class JoiningParty(Output):
    """A party as it will be entered, and whom it proposes as its first representative."""

    side: Side
    party_name: PartyName
    contact_name: PersonName
    contact_function: MandateFunction


class JoiningContent(Output):
    """What the sides confirm: the organisation and its parties. In the hash stands exactly this."""

    organisation_number: OrganisationNumber
    organisation_name: OrganisationName
    parties: Few[JoiningParty]


class InterestLink(Input):
    """The token of a mailed link."""

    token: OneTimeToken


class InterestConfirmation(Input):
    """The token of a mailed link, and the exact content that is confirmed."""

    token: OneTimeToken
    content_hash: Hash = Field(description="Of the content as it was read; any change of it since refuses this.")


class _Registered(Output):
    """What was registered."""

    organisation_number: OrganisationNumber
    organisation_name: OrganisationName
    side: Side
    party_name: PartyName
    contact_name: PersonName
    contact_function: MandateFunction
    contact_email: Phrase = Field(json_schema_extra={"example": "asa.lindqvist@havochvatten.example"})
    language: Language
    consent_version: ConsentVersion


class InterestLinkRead(_Registered):
    """A registration as its own contact reads it: all that is stored of it, and what the sides would confirm."""

    registered_at: Moment
    confirmed_at: Moment | None = Field(description="When its contact last confirmed a content; null: not yet.")
    state: InterestState
    joining_code: Word | None = Field(
        description="For the contact to hand to the other side themselves. Whoever registers with it reads the "
        "content. Null until the contact has confirmed.",
        json_schema_extra={"example": "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"},
    )
    content: JoiningContent
    content_hash: Hash
    gaps: Few[JoiningGap] = Field(description="What is missing; empty once both sides have agreed.")


class InterestRegistrationItem(Output):
    """A registration in a list: which side of which workplace, without its contact."""

    id: Id
    organisation_number: OrganisationNumber
    organisation_name: OrganisationName
    side: Side
    party_name: PartyName
    state: InterestState
    created_at: Moment = Field(description="When it was registered.")


class InterestRegistrationRead(Resource, _Registered):
    """A registration whose contact has confirmed it, for the central side to answer."""

    joining_id: Id = Field(description="Shared by the registrations that mean to join as one organisation.")
    state: InterestState
    confirmed_at: Moment | None = Field(description="When its contact last confirmed a content.")
    content: JoiningContent
    content_hash: Hash
    gaps: Few[JoiningGap] = Field(description="What is missing; empty once both sides have agreed.")
    created_at: Moment = Field(description="When it was registered.")


class JoinedOrganisationCreate(Input):
    """The exact content that the sides have agreed on and the central side has looked at."""

    content_hash: Hash
