"""Who a person is to an identity provider: the issuer's row and the subject, and nothing else that it says."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Output, Resource, VersionedRow
from app.models.bounds import Phrase
from app.models.columns import Id, Moment
from app.models.identity_provider import BothLanguages

LONGEST_SUBJECT = 255
"""Characters of ASCII, by OpenID Connect Core 1.0, section 2."""


class Identity(VersionedRow, table=True):
    """One at each provider for a person, and one person for each subject of a provider."""

    person_id: UUID = Column(foreign_key="person.id")
    identity_provider_id: UUID = Column(foreign_key="identity_provider.id")
    # Compared byte by byte: to some providers A and a are two people.
    subject: str = Column(sa_column=sa.Column(sa.String(collation="C"), nullable=False))

    __table_args__ = (
        sa.Index("uq_identity_subject", "identity_provider_id", "subject", unique=True),
        sa.Index("uq_identity_person", "person_id", "identity_provider_id", unique=True),
    )


class IdentityItem(Output):
    """An account at an identity provider with which one signs in here."""

    id: Id
    identity_provider_id: Id
    name_sv: Phrase = Field(
        description="The provider's name.", json_schema_extra={"example": "Havsmyndighetens inloggning"}
    )
    name_en: Phrase = Field(json_schema_extra={"example": "Sign-in of the Marine Agency"})
    subject: Annotated[str, Field(max_length=LONGEST_SUBJECT)] = Field(json_schema_extra={"example": "248289761001"})
    created_at: Moment


class IdentityRead(Resource):
    """An account at an identity provider that is linked to a person here."""

    identity_provider_id: Id
    provider_name: BothLanguages
    subject: Annotated[str, Field(max_length=LONGEST_SUBJECT)] = Field(
        description="What the provider calls the account.", json_schema_extra={"example": "248289761001"}
    )
    created_at: Moment = Field(description="When it was linked.")
