"""What a service client proves itself with. Only the SHA-256 of the secret is kept; it is shown once."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Resource, VersionedRow, absent
from app.models.bounds import Word
from app.models.columns import Id, Moment, UtcDateTime

SECRET_PREFIX = "larande_client_"  # noqa: S105
"""Scanners of source code and logs find a secret by it, with 43 characters of base64url behind."""


class ServiceClientCredential(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    service_client_id: UUID = Column(foreign_key="service_client.id")
    secret_hash: bytes
    expires_at: datetime = Column(sa_type=UtcDateTime)
    last_used_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """The hour, begun."""

    __table_args__ = (
        sa.Index("ix_service_client_credential_service_client_id_id", "service_client_id", "id"),
        sa.Index("uq_service_client_credential_hash", "secret_hash", unique=True),
    )


SecretExpiry = Annotated[
    Moment,
    Field(description="When it is of no use any more; left out: when its client expires. Never later."),
]


class ServiceClientCredentialCreate(Input):
    """A new secret beside the one in use, so that the program can be given it before the old one goes."""

    expires_at: LeftOut[SecretExpiry] = absent()


class ServiceClientCredentialRead(Resource):
    """One of a client's secrets: when it was made, until when it counts, when it was last used."""

    service_client_id: Id
    secret: Word | None = Field(
        description="The secret itself, in the answer that makes it and never again: keep it now. Null ever after.",
        json_schema_extra={"example": "larande_client_sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"},
    )
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None = Field(description="The hour in which a token was last got with it; null: never used.")
