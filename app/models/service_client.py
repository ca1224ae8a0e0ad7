"""A program that reads or writes for one organisation: what it may do, from where, until when, and who agreed."""

from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Network, ip_network
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, Output, Resource, Table, VersionedRow, absent
from app.models.bounds import Few, Many
from app.models.columns import (
    Count,
    EnumArray,
    Id,
    Line,
    Moment,
    Paragraphs,
    UtcDateTime,
    YesNo,
    enum_column,
    text_array,
)
from app.models.organisation import ApprovalRule

LONGEST_LIFE = timedelta(days=731)
"""Two years: whoever set a client up has then to look at it again, and so have the parties."""
NETWORKS_AT_MOST = 20


class ServiceClientKind(StrEnum):
    """An HR system writes people and units; an integrator reads records, results and reminders."""

    HR_SYSTEM = "hrSystem"
    INTEGRATOR = "integrator"


class Scope(StrEnum):
    """What a service client may do. A scope to write includes the one to read the same. New words come with new
    possibilities: pass over those you do not know."""

    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    UNITS_READ = "units:read"
    UNITS_WRITE = "units:write"
    RECORDS_READ = "records:read"
    RESULTS_READ = "results:read"
    REMINDERS_READ = "reminders:read"


SCOPES_BY_CONSENT = frozenset({Scope.RECORDS_READ, Scope.RESULTS_READ, Scope.REMINDERS_READ})
"""Those that give nothing until the employer and the unions have approved the client as it is."""
SCOPES_OF_KIND = {
    ServiceClientKind.HR_SYSTEM: frozenset(
        {Scope.PEOPLE_READ, Scope.PEOPLE_WRITE, Scope.UNITS_READ, Scope.UNITS_WRITE}
    ),
    ServiceClientKind.INTEGRATOR: SCOPES_BY_CONSENT,
}
INCLUDED = {Scope.PEOPLE_WRITE: Scope.PEOPLE_READ, Scope.UNITS_WRITE: Scope.UNITS_READ}


class ServiceClientState(StrEnum):
    """`expired` is never stored: a client that has not ended lets nobody in once its time is over."""

    ACTIVE = "active"
    ENDED = "ended"
    EXPIRED = "expired"


class ServiceClient(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    name: str
    purpose: str
    kind: ServiceClientKind = Column(sa_column=enum_column(ServiceClientKind))
    scopes: list[Scope] = Column(sa_column=sa.Column(EnumArray(Scope), nullable=False))
    contact: str
    expires_at: datetime = Column(sa_type=UtcDateTime)
    allowed_networks: list[str] = Column(sa_column=text_array())
    state: ServiceClientState = Column(default=ServiceClientState.ACTIVE, sa_column=enum_column(ServiceClientState))
    approval_rule: ApprovalRule = Column(sa_column=enum_column(ApprovalRule))
    """`every`: it is part of what is consented to."""
    content_hash: str
    consented_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_service_client_organisation_id_id", "organisation_id", "id"),
        sa.CheckConstraint(
            f"scopes <@ ARRAY[{', '.join(repr(scope.value) for scope in Scope)}]",
            name="scopes",
        ),
    )

    @property
    def needs_consent(self) -> bool:
        return bool(SCOPES_BY_CONSENT.intersection(self.scopes))


class ServiceClientIdempotencyKey(Table, table=True):
    """Which row a service client's Idempotency-Key made; like `IdempotencyKey`, which is for people."""

    service_client_id: UUID = Column(foreign_key="service_client.id", primary_key=True)
    key: str = Column(primary_key=True)
    request_hash: bytes
    row_id: UUID | None = None
    created_at: datetime = Column(sa_type=UtcDateTime)


def client_state(client: ServiceClient, now: datetime) -> ServiceClientState:
    """The state with time taken into account."""
    if client.state is ServiceClientState.ACTIVE and client.expires_at <= now:
        return ServiceClientState.EXPIRED
    return client.state


# --- On the wire -----------------------------------------------------------------------------------


def _network(text: str) -> str:
    """In its one spelling. A network with bits set after its prefix is refused: which one is meant is not clear."""
    try:
        network = ip_network(text)
    except ValueError:
        raise PydanticCustomError("network_form", "This is not an address or a network.") from None
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
        # A sender by IPv4 is known by that address, whatever the socket calls it.
        raise PydanticCustomError("network_form", "Write an IPv4 network as such.")
    return str(network)


def _scopes_each_once(scopes: list[Scope]) -> list[Scope]:
    return [scope for scope in Scope if scope in scopes]


def _networks_each_once(networks: list[str]) -> list[str]:
    return sorted(set(networks))


Kind = Annotated[ServiceClientKind, Field(json_schema_extra={"example": "integrator"})]
"""The example is one that may have the scopes of theirs."""
ServiceClientName = Annotated[Line, Field(json_schema_extra={"example": "Diariet"})]
Purpose = Annotated[
    Paragraphs,
    Field(
        max_length=2000,
        description="What it is for, as those read it who are asked to agree.",
        json_schema_extra={"example": "Justerade protokoll diarieförs i myndighetens diarium."},
    ),
]
Scopes = Annotated[
    list[Scope],
    AfterValidator(_scopes_each_once),
    Field(
        min_length=1,
        max_length=20,
        description="What it may do. An HR system: people and units; a scope to write includes the one to read. "
        "An integrator: `records:read`, final records with their appendices, decisions and registrations; "
        "`results:read`, released survey results; `reminders:read`, that something is due in a working group and "
        "not what it says. Those three need the consent of both sides.",
        json_schema_extra={"example": ["records:read"]},
    ),
]
Contact = Annotated[
    Line,
    Field(
        description="Whom to ask about it: a function or a group, no need to name a person.",
        json_schema_extra={"example": "it-forvaltning@havochvatten.example"},
    ),
]
ClientExpiry = Annotated[
    Moment,
    Field(description="When it lets nobody in any more: at most two years (731 days) from now."),
]
AllowedNetworks = Annotated[
    list[Annotated[str, Field(max_length=50), AfterValidator(_network)]],
    AfterValidator(_networks_each_once),
    Field(
        min_length=1,
        max_length=NETWORKS_AT_MOST,
        description="Addresses and networks it may call from (IPv4 or IPv6, CIDR), looked at in every request. "
        "`0.0.0.0/0` and `::/0` say openly that it may call from everywhere.",
        json_schema_extra={"example": ["192.0.2.0/28"]},
    ),
]
Consent = Annotated[
    Moment | None,
    Field(description="When both sides had agreed to it as it is; null: they have not, or no longer."),
]


class ServiceClientCreate(Input):
    """A program that is to be let in for one organisation. It has no secret yet: `create_service_client_credential`."""

    name: ServiceClientName
    purpose: Purpose
    kind: Kind
    scopes: Scopes
    contact: Contact
    expires_at: ClientExpiry
    allowed_networks: AllowedNetworks


class ServiceClientUpdate(Input):
    """Merge patch. Anything but the contact is part of what the parties consent to: changing it ends their consent."""

    name: ServiceClientName = absent()
    purpose: Purpose = absent()
    scopes: Scopes = absent()
    contact: Contact = absent()
    expires_at: ClientExpiry = absent()
    allowed_networks: AllowedNetworks = absent()


class ServiceClientTransition(Input):
    """Ending is final: access ends at once, and its secrets are gone."""

    to: Literal["ended"]


class ServiceClientContent(Output):
    """Exactly what the parties consent to. The content hash is taken over this object."""

    service_client_id: Id
    organisation_id: Id
    name: ServiceClientName
    purpose: Purpose
    kind: Kind
    scopes: Scopes
    expires_at: Moment
    allowed_networks: AllowedNetworks
    approval_rule: ApprovalRule = Field(
        description="`every`: all unions of the organisation agree beside the employer, whatever is proposed to groups."
    )


class ServiceClientItem(Output):
    """A service client in a list."""

    id: Id
    name: ServiceClientName
    kind: Kind
    state: ServiceClientState
    scopes: Scopes
    expires_at: Moment
    consented_at: Consent


class CredentialSummary(Output):
    """A secret as its client shows it: never the secret itself."""

    id: Id
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None = Field(description="The hour in which a token was last got with it; null: never used.")


class ServiceClientRead(Resource):
    """A program that is let in for the organisation: what it may do, from where, until when, and who has agreed."""

    organisation_id: Id
    name: ServiceClientName
    purpose: Purpose
    kind: Kind
    scopes: Scopes
    contact: Contact
    expires_at: Moment
    allowed_networks: AllowedNetworks
    state: ServiceClientState
    needs_consent: YesNo = Field(
        description="Whether some of the scopes give nothing until both sides have agreed.",
        json_schema_extra={"example": True},
    )
    consented_at: Consent
    content: ServiceClientContent
    content_hash: ContentHash = Field(description="What an approval must name: SHA-256 of `content` (RFC 8785).")
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on this content.")
    credentials: Few[CredentialSummary] = Field(description="At most two that are not expired, the older one first.")
    union_data_refusals: Count = Field(
        description="How often it has sent something that looked like union membership, which is never stored.",
        json_schema_extra={"example": 0},
    )
    created_at: Moment
    ended_at: Moment | None = Field(description="When it was ended; null: it is not.")
