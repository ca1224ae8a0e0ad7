"""One message to one endpoint, and what came of it: the log of deliveries, and what is still to be sent."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Tally, Word
from app.models.columns import Id, Moment, UtcDateTime, WholeNumber, enum_column


class DeliveryPurpose(StrEnum):
    """Why a message is sent: something changed, somebody tries the endpoint, or an earlier one is sent again."""

    CHANGE = "change"
    REPLAY = "replay"
    TEST = "test"


class DeliveryState(StrEnum):
    """`withheld`: when its turn came the client was no longer let see that, or had ended."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"


class DeliveryFault(StrEnum):
    """Why the last attempt came to nothing: no words of a receiver's or a resolver's are kept."""

    REFUSED_ADDRESS = "refusedAddress"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "tooSlow"
    REFUSED = "refused"
    REDIRECTED = "redirected"


class WebhookDelivery(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    webhook_endpoint_id: UUID = Column(foreign_key="webhook_endpoint.id", ondelete="CASCADE")
    position: int | None = Column(default=None, sa_column=sa.Column(sa.BigInteger, nullable=True))
    """The change's: of one thing, none is sent before those that came earlier. Null for tests and replays."""
    message_id: UUID
    """What the receiver knows it by; a replay has the first one's."""
    purpose: DeliveryPurpose = Column(sa_column=enum_column(DeliveryPurpose))
    event: str
    """As in `unit.updated`."""
    subject_id: UUID
    happened_at: datetime = Column(sa_type=UtcDateTime)
    state: DeliveryState = Column(default=DeliveryState.PENDING, sa_column=enum_column(DeliveryState))
    attempts: int = 0
    next_attempt_at: datetime = Column(sa_type=UtcDateTime)
    last_attempt_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    last_status: int | None = None
    last_fault: DeliveryFault | None = Column(default=None, sa_column=enum_column(DeliveryFault, nullable=True))
    settled_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_webhook_delivery_webhook_endpoint_id_id", "webhook_endpoint_id", "id"),
        sa.Index(
            "ix_webhook_delivery_due",
            "webhook_endpoint_id",
            "next_attempt_at",
            postgresql_where=sa.text("state = 'pending'"),
        ),
        sa.Index(
            "ix_webhook_delivery_turn",
            "webhook_endpoint_id",
            "subject_id",
            "position",
            postgresql_where=sa.text("state = 'pending'"),
        ),
        sa.Index("ix_webhook_delivery_subject_id", "subject_id"),
        sa.Index("ix_webhook_delivery_settled_at", "settled_at"),
    )


# --- On the wire -----------------------------------------------------------------------------------


EventName = Annotated[
    Word,
    Field(
        description="What kind of thing, and how it changed; `endpoint.test` for a test. Which thing it was is said to "
        "the receiver alone.",
        json_schema_extra={"example": "sessionRecord.created"},
    ),
]
MessageId = Annotated[Id, Field(description="The header `webhook-id`: the same at every attempt and in a replay.")]
Status = Annotated[
    Annotated[WholeNumber, Field(ge=100, le=999)] | None,
    Field(description="The HTTP status of the last answer; null: there was none.", json_schema_extra={"example": 204}),
]
Fault = Annotated[
    DeliveryFault | None,
    Field(
        description="Why the last attempt came to nothing: the address is not one that may be called, nobody answered, "
        "not in time, not with a 2xx, or with a redirect, which is not followed.",
        json_schema_extra={"example": None},
    ),
]


class WebhookDeliveryCreate(Input):
    """A test message, or an earlier one once more."""

    replay_of: LeftOut[Id] = absent(
        description="The delivery to send again, by its id; left out: a test, `endpoint.test`."
    )


class WebhookDeliveryItem(Output):
    """A delivery in a list."""

    id: Id
    message_id: MessageId
    purpose: DeliveryPurpose
    event: EventName
    happened_at: Moment
    state: DeliveryState
    attempts: Tally = Field(json_schema_extra={"example": 1})
    last_attempt_at: Moment | None = Field(description="Null: it has not been tried yet.")
    last_status: Status
    last_fault: Fault


class WebhookDeliveryRead(Resource):
    """A message to one endpoint and what came of it. It is kept for 30 days once it is settled."""

    webhook_endpoint_id: Id
    message_id: MessageId
    purpose: DeliveryPurpose
    event: EventName
    happened_at: Moment
    state: DeliveryState
    attempts: Tally = Field(json_schema_extra={"example": 1})
    next_attempt_at: Moment | None = Field(description="Not before; null once it is settled.")
    last_attempt_at: Moment | None = Field(description="Null: it has not been tried yet.")
    last_status: Status
    last_fault: Fault
    settled_at: Moment | None = Field(description="When it was delivered or given up; null until then.")
    created_at: Moment


class WebhookData(Output):
    """Which thing it is: read it with the client's own token."""

    id: Id


class WebhookMessage(Output):
    """The body of a delivery, as Standard Webhooks has it. It holds no data of the thing itself."""

    type: EventName
    timestamp: Moment = Field(description="When it changed; the header `webhook-timestamp` says when it was sent.")
    data: WebhookData
