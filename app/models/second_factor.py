"""The second factor: one-time codes from an app, and recovery codes for the day the phone is gone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Linked, Output, Table, absent
from app.models.bounds import Address, Word
from app.models.columns import Count, Id, Moment, UtcDateTime, YesNo
from app.models.passwords import GivenPassword
from app.models.sign_in import OneTimeCode


class SecondFactor(Table, table=True):
    """A person's TOTP secret (RFC 6238), sealed under a key that is not in the database."""

    person_id: UUID = Column(foreign_key="person.id", primary_key=True)
    version: int = Column(default=1)
    sealed_secret: bytes
    created_at: datetime = Column(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    """Null until a first code has shown that the app has the secret; until then it counts for nothing."""
    last_step: int = Column(default=0, sa_type=sa.BigInteger)
    """The step (of 30 seconds) of the last code that was taken: none of that step or before is taken again."""


class RecoveryCode(Table, table=True):
    """One of ten codes that each stand in for a one-time code once. 125 random bits, kept as SHA-256."""

    code_hash: bytes = Column(primary_key=True)
    person_id: UUID = Column(foreign_key="person.id", index=True)
    created_at: datetime = Column(sa_type=UtcDateTime)
    used_at: datetime | None = Column(default=None, sa_type=UtcDateTime)


# --- On the wire -----------------------------------------------------------------------------------


class SecondFactorRead(Linked):
    """Whether signing in asks for a one-time code, and how many recovery codes are left."""

    active: YesNo = Field(json_schema_extra={"example": True})
    demanded: YesNo = Field(
        description="Whether whoever signs in here with a password, as you are, can do nothing else before it is on.",
        json_schema_extra={"example": False},
    )
    since: Moment | None = Field(description="When it was confirmed.")
    recovery_codes_left: Count = Field(json_schema_extra={"example": 10})


class OfPerson(Output):
    """Apart, so that it stands first."""

    id: Id = Field(description="The person whose it is.")


class SecondFactorCreate(Input):
    """The password once more: an access token that was left open somewhere is not enough."""

    password: GivenPassword = Field(json_schema_extra={"example": "fyra cyklar under en ek"})


class SecondFactorSecret(Linked, OfPerson):
    """What an authenticator app needs, shown this once. It counts once a first code has confirmed it.

    Null when the same request is repeated under its Idempotency-Key: whoever lost the answer asks anew.
    """

    secret: Word | None = Field(
        description="For typing: base32, 160 bits.", json_schema_extra={"example": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
    )
    otpauth_uri: Address | None = Field(
        description="The same as an address that apps open: SHA-1, six digits, 30 seconds.",
        json_schema_extra={
            "example": "otpauth://totp/L%C3%A4rande:anna.berg%40example.se?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
            "&issuer=L%C3%A4rande"
        },
    )
    qr_code: Annotated[str, Field(max_length=100_000)] | None = Field(
        description="The address as a QR code: an SVG image as a data URI.",
        json_schema_extra={"example": "data:image/svg+xml;charset=utf-8,%3Csvg/%3E"},
    )


class SecondFactorConfirmation(Input):
    """The first code that the app shows."""

    one_time_code: OneTimeCode


class Proof(Input):
    """The password or a one-time code (or a recovery code): one of them, to show who asks."""

    password: LeftOut[GivenPassword] = absent(json_schema_extra={"example": "fyra cyklar under en ek"})
    one_time_code: LeftOut[OneTimeCode] = absent()

    @model_validator(mode="after")
    def _one_of_them(self) -> "Proof":
        if (self.password is None) == (self.one_time_code is None):
            raise PydanticCustomError("password_or_code", "Either the password or a one-time code is needed.")
        return self


class RecoveryCodes(Linked, OfPerson):
    """Ten codes, shown this once: each stands in for a one-time code once. Earlier ones no longer count."""

    recovery_codes: Annotated[list[Word], Field(min_length=10, max_length=10)] | None = Field(
        description="Null when the same request is repeated under its Idempotency-Key.",
        json_schema_extra={"example": [f"7K2MX-0VQ4B-T9RDE-3HW8N-PZ6{letter}1" for letter in "ABCDEFGHJK"]},
    )
