"""Credentials, one-time links and the families of refresh tokens. Nothing here is ever sent as it is stored."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BeforeValidator, Field
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Input, LeftOut, Output, Resource, Row, Table, absent, new_id
from app.models.bounds import Seconds
from app.models.columns import Id, Line, Moment, UtcDateTime, enum_column, uuid_array
from app.models.passwords import GivenPassword, NewPassword
from app.models.person import EmailAddress, PersonName


class Credential(Table, table=True):
    """A person's password as an argon2id hash."""

    person_id: UUID = Column(foreign_key="person.id", primary_key=True)
    password_hash: str
    changed_at: datetime = Column(sa_type=UtcDateTime)


class LinkKind(StrEnum):
    """Why a one-time link was made: somebody let the person in, or whoever knows the address asked for it."""

    INVITATION = "invitation"
    RESET = "reset"


class PersonInvitation(Table, table=True):
    """A one-time link with which a person sets a password. Only the SHA-256 of its token is kept."""

    token_hash: bytes = Column(primary_key=True)
    id: UUID = Column(default_factory=new_id, unique=True)
    person_id: UUID = Column(foreign_key="person.id", index=True)
    kind: LinkKind = Column(default=LinkKind.INVITATION, sa_column=enum_column(LinkKind))
    created_at: datetime = Column(sa_type=UtcDateTime)
    expires_at: datetime = Column(sa_type=UtcDateTime)
    used_at: datetime | None = Column(default=None, sa_type=UtcDateTime)


class SignInEnd(StrEnum):
    """Why a sign-in is over before its time."""

    SIGNED_OUT = "signedOut"
    TOKEN_REUSED = "tokenReused"  # noqa: S105
    PASSWORD_CHANGED = "passwordChanged"  # noqa: S105
    DEACTIVATED = "deactivated"
    SECOND_FACTOR_CHANGED = "secondFactorChanged"
    MANDATE_ENDED = "mandateEnded"
    IDENTITY_CHANGED = "identityChanged"
    """Another account at an identity provider was linked, or one was unlinked."""
    IDENTITY_PROVIDER_ENDED = "identityProviderEnded"
    """The provider was switched off, or signs the organisation's people in no more."""


IDLE_AT_MOST = timedelta(days=14)
FAMILY_AT_MOST = timedelta(days=60)


class SignInMethod(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"  # noqa: S105
    PASSWORD_AND_ONE_TIME_CODE = "passwordAndOneTimeCode"  # noqa: S105
    IDENTITY_PROVIDER = "identityProvider"


class SignIn(Row, table=True):
    """One sign-in on one device: a family of refresh tokens that lives and ends together."""

    version: int = Column(default=1)
    person_id: UUID = Column(foreign_key="person.id", index=True)
    address_hash: bytes = Column(index=True)
    method: SignInMethod = Column(default=SignInMethod.PASSWORD, sa_column=enum_column(SignInMethod))
    started_at: datetime = Column(sa_type=UtcDateTime)
    last_used_at: datetime = Column(sa_type=UtcDateTime)
    """When it began or was last renewed."""
    mandate_ids: list[UUID] = Column(default=[], sa_column=uuid_array())
    """Those that counted when it was last used. When one ends, so does the sign-in."""
    ended_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    end: SignInEnd | None = Column(default=None, sa_column=enum_column(SignInEnd, nullable=True))


class SignInState(StrEnum):
    """Never stored: time passes by itself (see docs/decisions/time-passes-without-a-job.md)."""

    ACTIVE = "active"
    EXPIRED = "expired"
    ENDED = "ended"


def expiry(started_at: datetime, last_used_at: datetime) -> datetime:
    """When a sign-in is over unless it is used again; some day even if it is."""
    return min(last_used_at + IDLE_AT_MOST, started_at + FAMILY_AT_MOST)


def sign_in_state(
    started_at: datetime, last_used_at: datetime, ended_at: datetime | None, now: datetime
) -> SignInState:
    if ended_at is not None:
        return SignInState.ENDED
    return SignInState.ACTIVE if now < expiry(started_at, last_used_at) else SignInState.EXPIRED


class RefreshToken(Table, table=True):
    """Opaque, 256 bits, stored as SHA-256, replaced at each use."""

    token_hash: bytes = Column(primary_key=True)
    sign_in_id: UUID = Column(foreign_key="sign_in.id", index=True)
    expires_at: datetime = Column(sa_type=UtcDateTime)
    used_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    used_by: bytes | None = None
    """A keyed hash of who used it: a browser, or an address."""
    seed: bytes | None = None
    """With the token itself, which is not here, what the next one is made of; until that is used."""


class AttemptKind(StrEnum):
    """What was tried."""

    PASSWORD = "password"  # noqa: S105
    ONE_TIME_CODE = "oneTimeCode"
    PASSWORD_RESET = "passwordReset"  # noqa: S105
    LINK = "link"
    """A link to set a password that nobody was sent."""
    IDENTITY_PROVIDER = "identityProvider"
    """A way to an identity provider that has not led in yet."""
    INTEREST = "interest"
    """Somebody's address, registered as a contact: a mail goes there."""


class SignInFailure(Row, table=True):
    """An attempt that failed, for throttling. Account and address are keyed hashes, never the things themselves."""

    kind: AttemptKind = Column(default=AttemptKind.PASSWORD, sa_column=enum_column(AttemptKind))
    account_hash: bytes
    address_hash: bytes
    failed_at: datetime = Column(sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_sign_in_failure_account", "account_hash", "failed_at"),
        sa.Index("ix_sign_in_failure_address", "address_hash", "failed_at"),
        sa.Index("ix_sign_in_failure_kind_failed_at", "kind", "failed_at"),
    )


# --- On the wire -----------------------------------------------------------------------------------


def _without_gaps(value: Any) -> Any:
    """As people copy codes: in groups, with hyphens, in small letters, and O for 0."""
    if not isinstance(value, str) or len(value) > 100:
        return value
    text = re.sub(r"[\s-]+", "", value).upper()
    return text.translate(_LOOK_ALIKES)


_LOOK_ALIKES = str.maketrans("OIL", "011")

OneTimeToken = Annotated[
    str,
    Field(
        pattern=r"^[!-~]{1,200}$",
        max_length=200,
        description="An opaque value. Keep it out of addresses and logs.",
        json_schema_extra={"example": "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"},
    ),
]

OneTimeCode = Annotated[
    str,
    BeforeValidator(_without_gaps),
    Field(
        pattern=r"^([0-9]{6}|[0-9A-Z]{25})$",
        max_length=25,
        description="Six digits from the app, or a recovery code; spaces and hyphens do not matter.",
        json_schema_extra={"example": "492039"},
    ),
]

RefreshTokenPlace = TypeAliasType(
    "RefreshTokenPlace",
    Annotated[Literal["body", "cookie"], Field(description="Where a refresh token comes and is kept.")],
)


class SignOut(Input):
    """What to end beside the sign-in of the access token."""

    refresh_token: LeftOut[OneTimeToken] = absent(description="Left out when the cookie carries it.")


class SignInItem(Output):
    """One sign-in of oneself: since when, by what method, and whether it is the one that asks."""

    id: Id
    started_at: Moment
    last_used_at: Moment = Field(description="When it began or was last renewed; access tokens live five minutes.")
    method: SignInMethod
    current: bool = Field(description="Whether this request is made with it.", json_schema_extra={"example": True})
    state: SignInState
    expires_at: Moment = Field(description="When it is over unless it is renewed before.")
    ended_at: Moment | None = Field(description="When it was ended; null: nobody has ended it.")
    end: SignInEnd | None = Field(
        description="Why it ended. `tokenReused`: an old refresh token came a second time; it may have been stolen. "
        "`identityChanged`: another account was linked, or one was unlinked. `identityProviderEnded`: the provider was "
        "switched off, or signs in nobody of the organisation any more."
    )


class SignInRead(Resource, SignInItem):
    """One sign-in of oneself. Where it came from is kept as a keyed hash alone, and not shown."""


class SignOutScope(StrEnum):
    """Which of one's sign-ins to end."""

    OTHERS = "others"
    ALL = "all"


class SignOutCreate(Input):
    """Which of one's sign-ins to end."""

    of: SignOutScope = Field(
        description="`others`: all but the one that asks; `all`: that one too.", json_schema_extra={"example": "others"}
    )


class NewAdministrator(Input):
    """Who is to run the installation; given on the command line."""

    name: PersonName
    email: EmailAddress


class PasswordReset(Input):
    """The address of whoever has forgotten the password."""

    email: Line = Field(json_schema_extra={"example": "anna.berg@havochvatten.example"})


class PasswordChange(Input):
    """The password that counts, and the one that is to."""

    current_password: GivenPassword = Field(json_schema_extra={"example": "fyra cyklar under en ek"})
    new_password: NewPassword


class LinkOnItsWay(Output):
    """A mail with a one-time link is put in the queue, if there is anybody to send it to."""

    valid_for_seconds: Seconds = Field(
        description="How long the link can be used, once.", json_schema_extra={"example": 3600}
    )


class NewCredential(Input):
    """A one-time token from a mailed link or the command line, and the password to set with it."""

    token: OneTimeToken
    password: NewPassword
