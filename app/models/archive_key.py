"""The public keys that archive packages are checked with."""

from typing import Annotated

from pydantic import Field

from app.models.base import Output
from app.models.bounds import Many, Text
from app.models.columns import Moment

Thumbprint = Annotated[
    str,
    Field(
        pattern="^[A-Za-z0-9_-]{43}$",
        max_length=43,
        description="Of the public key (RFC 7638).",
        json_schema_extra={"example": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
    ),
]


class ArchiveKeyRead(Output):
    """A public key that archive packages of this installation are or have been signed with."""

    thumbprint: Thumbprint
    signs_from: Moment
    signs_now: bool = Field(description="Whether new packages are signed with it.", json_schema_extra={"example": True})
    public_key: Text = Field(
        description="In PEM, as `public-key.pem` in a package.",
        json_schema_extra={"example": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA…\n-----END PUBLIC KEY-----\n"},
    )


class ArchiveKeysRead(Output):
    """Every key whose packages count, the latest last. One that was stolen is not among them."""

    keys: Many[ArchiveKeyRead]
