"""Credentials, one-time links and the families of refresh tokens. Nothing here is ever sent as it is stored."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field as Column

from app.models.base import Row, Table
from app.models.columns import UtcDateTime, enum_column


class Credential(Table, table=True):
    """A person's password as an argon2id hash."""

    person_id: UUID = Column(foreign_key="person.id", primary_key=True)
    password_hash: str
    changed_at: datetime = Column(sa_type=UtcDateTime)


class PersonInvitation(Table, table=True):
    """A one-time link with which a person sets a password. Only the SHA-256 of its token is kept."""

    token_hash: bytes = Column(primary_key=True)
    person_id: UUID = Column(foreign_key="person.id", index=True)
    expires_at: datetime = Column(sa_type=UtcDateTime)
    used_at: datetime | None = Column(default=None, sa_type=UtcDateTime)


class SignInEnd(StrEnum):
    SIGNED_OUT = "signedOut"
    TOKEN_REUSED = "tokenReused"  # noqa: S105
    PASSWORD_CHANGED = "passwordChanged"  # noqa: S105


class SignIn(Row, table=True):
    """One sign-in on one device: a family of refresh tokens that lives and ends together."""

    person_id: UUID = Column(foreign_key="person.id", index=True)
    address_hash: bytes
    started_at: datetime = Column(sa_type=UtcDateTime)
    ended_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    end: SignInEnd | None = Column(default=None, sa_column=enum_column(SignInEnd, nullable=True))


class RefreshToken(Table, table=True):
    """Opaque, 256 bits, stored as SHA-256, replaced at each use."""

    token_hash: bytes = Column(primary_key=True)
    sign_in_id: UUID = Column(foreign_key="sign_in.id", index=True)
    expires_at: datetime = Column(sa_type=UtcDateTime)
    used_at: datetime | None = Column(default=None, sa_type=UtcDateTime)


class SignInFailure(Row, table=True):
    """A failed attempt, for throttling. Account and address are keyed hashes, never the things themselves."""

    account_hash: bytes
    address_hash: bytes
    failed_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_sign_in_failure_account", "account_hash", "failed_at"),
        sa.Index("ix_sign_in_failure_address", "address_hash", "failed_at"),
    )
