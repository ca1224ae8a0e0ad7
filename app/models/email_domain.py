"""E-mail domains of organisations: claimed, verified by DNS, and bound to an identity provider."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import idna
import sqlalchemy as sa
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column

from app.models.base import Input, Output, Resource, VersionedRow, absent
from app.models.bounds import Phrase, Word
from app.models.columns import Id, Moment, UtcDateTime
from app.models.identity_provider import BothLanguages

CHALLENGE_HOST = "_larande-challenge"


class EmailDomain(VersionedRow, table=True):
    """Several organisations may claim a domain, and one alone has it: whoever proves it first, until it is given up."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    domain: str
    """As in DNS: lower case, with xn-- for letters beyond ASCII."""
    challenge: str
    """What the domain's DNS must say; public, and of no use to anybody else."""
    verified_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    identity_provider_id: UUID | None = Column(default=None, foreign_key="identity_provider.id", index=True)

    __table_args__ = (
        sa.Index("uq_email_domain_claim", "organisation_id", "domain", unique=True),
        sa.Index(
            "uq_email_domain_verified", "domain", unique=True, postgresql_where=sa.text("verified_at IS NOT NULL")
        ),
        sa.CheckConstraint("identity_provider_id IS NULL OR verified_at IS NOT NULL", name="bound"),
    )


def _domain(value: object) -> object:
    if not isinstance(value, str) or len(value) > 1000:
        return value
    try:
        name = idna.encode(value.strip().rstrip("."), uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise PydanticCustomError("domain_form", "This is not a domain.") from None
    # One label is nobody's alone, and an address is no domain.
    if "." not in name or len(name) > 200 or re.fullmatch(r"[0-9]+", name.rpartition(".")[2]):
        raise PydanticCustomError("domain_form", "This is not a domain.")
    return name


DomainName = Annotated[
    str,
    BeforeValidator(_domain),
    Field(
        max_length=200,
        description="What stands after @ in the organisation's addresses. Domains below it are others.",
        json_schema_extra={"example": "havochvatten.example"},
    ),
]


class EmailDomainCreate(Input):
    """A domain that an organisation says is its own."""

    domain: DomainName


class EmailDomainUpdate(Input):
    """Merge patch: through which identity provider the organisation's people sign in."""

    identity_provider_id: Id | None = absent()


class EmailDomainItem(Output):
    """An e-mail domain in a list."""

    id: Id
    domain: Phrase = Field(json_schema_extra={"example": "havochvatten.example"})
    verified_at: Moment | None = Field(description="When DNS said that it is the organisation's; null until then.")


class DnsRecord(Output):
    """What to put into the domain's DNS. It may be taken away once the domain is verified."""

    name: str = Field(max_length=253, json_schema_extra={"example": "_larande-challenge.havochvatten.example"})
    type: Word = Field(json_schema_extra={"example": "TXT"})
    value: Phrase = Field(json_schema_extra={"example": "larande=sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"})


class BoundProvider(Output):
    """Who vouches for the organisation's people."""

    id: Id
    name: BothLanguages


class EmailDomainRead(Resource):
    """A domain that an organisation has claimed, and who signs its people in."""

    organisation_id: Id
    domain: Phrase = Field(json_schema_extra={"example": "havochvatten.example"})
    dns_record: DnsRecord
    verified_at: Moment | None = Field(description="When DNS said that it is the organisation's; null until then.")
    identity_provider: BoundProvider | None = Field(
        description="All people of the organisation sign in through it, and none with a password. Null: with passwords."
    )
    created_at: Moment
