"""Where a service client wants to be told of changes as they happen: an address, for which types, and its secrets."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Input, Output, Resource, VersionedRow
from app.models.bounds import Word
from app.models.change import ChangedType
from app.models.columns import EnumArray, Id, Moment, UtcDateTime, YesNo, enum_column
from app.models.identity_provider import is_provider_address


class WebhookEndpointState(StrEnum):
    """Whether an endpoint is sent to."""

    ACTIVE = "active"
    PAUSED = "paused"


class PauseReason(StrEnum):
    """Why nothing is sent: somebody asked for it, nothing arrived for three days, or the receiver said it is gone."""

    ASKED_FOR = "askedFor"
    FAILING = "failing"
    GONE = "gone"


class WebhookEndpoint(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    service_client_id: UUID = Column(foreign_key="service_client.id")
    url: str
    types: list[ChangedType] = Column(sa_column=sa.Column(EnumArray(ChangedType), nullable=False))
    state: WebhookEndpointState = Column(
        default=WebhookEndpointState.ACTIVE, sa_column=enum_column(WebhookEndpointState)
    )
    pause_reason: PauseReason | None = Column(default=None, sa_column=enum_column(PauseReason, nullable=True))
    paused_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    sealed_secret: bytes
    former_sealed_secret: bytes | None = None
    former_until: datetime | None = Column(default=None, sa_type=UtcDateTime)
    position: int = Column(sa_column=sa.Column(sa.BigInteger, nullable=False))
    """Up to where in the feed of changes deliveries have been made."""
    failures: int = 0
    """In a row."""
    failing_since: datetime | None = Column(default=None, sa_type=UtcDateTime)
    resting_until: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_webhook_endpoint_service_client_id_id", "service_client_id", "id"),
        sa.CheckConstraint(
            f"types <@ ARRAY[{', '.join(repr(each.value) for each in ChangedType)}]",
            name="types",
        ),
    )


# --- On the wire -----------------------------------------------------------------------------------


def _target(address: str) -> str:
    """https, or plain http on this machine, for receivers of the installation's own; no name, password or fragment."""
    if not is_provider_address(address) or urlsplit(address).hostname is None:
        raise PydanticCustomError("url_form", "This is not an https address.")
    return address


def _each_once(types: list[ChangedType]) -> list[ChangedType]:
    return [each for each in ChangedType if each in types]


TargetUrl = Annotated[
    str,
    AfterValidator(_target),
    Field(
        max_length=1000,
        description="An https address (http only within the same machine). What its name leads to must be on the "
        "public internet, or in a network that whoever runs the installation has listed; that is looked at now and at "
        "every delivery.",
        json_schema_extra={"example": "https://diariet.havochvatten.example/larande/webhooks"},
    ),
]
Types = Annotated[
    list[ChangedType],
    AfterValidator(_each_once),
    Field(
        min_length=1,
        max_length=20,
        description="Of what to tell: only what the client's scopes name. Nothing is sent while they give nothing.",
        json_schema_extra={"example": ["sessionRecord"]},
    ),
]
PausedBecause = Annotated[
    PauseReason | None,
    Field(description="Why it is paused; null while it is active.", json_schema_extra={"example": None}),
]


class WebhookEndpointCreate(Input):
    """Another address means another endpoint: register that one, and remove this one."""

    url: TargetUrl
    types: Types


WebhookEndpointStep = TypeAliasType(
    "WebhookEndpointStep",
    Annotated[
        Literal["active", "paused"],
        Field(description="Whether it is sent to."),
    ],
)


class WebhookEndpointTransition(Input):
    """`paused` keeps what comes for later, `active` sends it. Changes older than 30 days are not kept."""

    to: WebhookEndpointStep


class WebhookSecretCreate(Input):
    """A new secret. The former signs as well for 24 hours, so that the receiver can be given the new one meanwhile."""

    ends_overlap: YesNo = Field(
        default=False,
        description="While a secret from before the present one still signs: end that now. Without it the request is "
        "refused then (`overlapRuns`), since a receiver that has only the oldest could verify nothing any more. "
        "For a secret that has leaked, or whose answer was lost.",
        json_schema_extra={"example": False},
    )


class WebhookEndpointItem(Output):
    """An endpoint in a list."""

    id: Id
    url: TargetUrl
    types: Types
    state: WebhookEndpointState
    pause_reason: PausedBecause


class WebhookEndpointRead(Resource):
    """Where a service client is told of changes, and how that goes."""

    organisation_id: Id
    service_client_id: Id
    url: TargetUrl
    types: Types
    state: WebhookEndpointState
    pause_reason: PausedBecause
    paused_at: Moment | None = Field(description="Since when nothing is sent; null while it is active.")
    failing_since: Moment | None = Field(description="Since when nothing has arrived; null when the last one did.")
    secret: Word | None = Field(
        description="What deliveries are signed with (Standard Webhooks, HMAC-SHA256), in the answer that makes it and "
        "never again: keep it now. Null ever after.",
        json_schema_extra={"example": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw8rZ1Rr9qT2k="},
    )
    former_until: Moment | None = Field(description="Until when the former secret signs as well; null: there is none.")
    created_at: Moment
