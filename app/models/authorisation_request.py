"""A browser's way to an identity provider and back: asked for here, used once, good for ten minutes."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Table, absent, of_field
from app.models.bounds import LongAddress, Seconds
from app.models.columns import Id, UtcDateTime, YesNo
from app.models.passwords import GivenPassword
from app.models.sign_in import OneTimeToken, RefreshTokenPlace


class AuthorisationRequest(Table, table=True):
    """Nothing in it can be used: nonce and code verifier are made anew of the state and the browser's cookie."""

    state_hash: bytes = Column(primary_key=True)
    browser_hash: bytes
    identity_provider_id: UUID = Column(foreign_key="identity_provider.id", index=True)
    invitation_hash: bytes | None = None
    """With whose invitation the account is to be linked."""
    person_id: UUID | None = Column(default=None, foreign_key="person.id", index=True, ondelete="CASCADE")
    sign_in_id: UUID | None = Column(default=None, foreign_key="sign_in.id", index=True, ondelete="CASCADE")
    """Or to whom, and in which of their sign-ins they asked for it."""
    expires_at: datetime = Column(sa_type=UtcDateTime, index=True)


class AuthorisationRequestCreate(Input):
    """Through which identity provider to sign in, and at the first time how the account there gets linked."""

    identity_provider_id: Id
    invitation_token: LeftOut[OneTimeToken] = absent(
        description="The one-time token of an invitation: links the account to the one invited."
    )
    link_to_me: YesNo = Field(
        default=False,
        description="Links the account to the one whose access token is sent along.",
        json_schema_extra={"example": False},
    )
    password: LeftOut[GivenPassword] = absent(
        description="Needed for `linkToMe` by whoever has one here. Who has none signs in through a provider and links "
        "within five minutes.",
        json_schema_extra={"example": "fyra cyklar under en ek"},
    )

    @model_validator(mode="after")
    def _link_once(self) -> Self:
        if self.link_to_me and self.invitation_token is not None:
            raise PydanticCustomError("one_of_two", "Linked by an invitation or to whoever is signed in.")
        if self.password is not None and not self.link_to_me:
            raise of_field("password", "password_without_link", "A password goes with linking to oneself.")
        return self


class AuthorisationRequestRead(Output):
    """Where to send the browser. It comes back to the installation's page with `code` and `state`."""

    authorisation_url: LongAddress = Field(
        json_schema_extra={
            "example": "https://legitimering.havochvatten.example/auth?client_id=larande",
            "format": "uri",
        }
    )
    expires_in: Seconds = Field(description="Seconds within which to come back.", json_schema_extra={"example": 600})


class AuthorisationCodeGrant(Input):
    """Sign in with what an identity provider sent the browser back with; the cookie of the request is needed too."""

    grant_type: Literal["authorization_code"]
    code: str = Field(
        pattern=r"^[ -~]{1,2048}$", max_length=2048, json_schema_extra={"example": "SplxlOBeZQQYbYS6WxSbIA"}
    )
    state: OneTimeToken
    iss: LeftOut[Annotated[str, Field(max_length=1000)]] = absent(
        description="As it came (RFC 9207), when it did.",
        json_schema_extra={"example": "https://legitimering.havochvatten.example"},
    )
    refresh_token_in: RefreshTokenPlace = Field(
        default="body",
        description="Where the refresh token comes: `body` for native clients, `cookie` for pages in a browser.",
    )

    @property
    def wants_cookie(self) -> bool:
        return self.refresh_token_in == "cookie"  # noqa: S105
