"""What `create_token` takes and answers: one of four grants and a token, in camelCase or in RFC 6749's own words."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypeAliasType

from app.models.authorisation_request import AuthorisationCodeGrant
from app.models.base import Input, LeftOut, Output, absent
from app.models.bounds import LARGEST_BODY, Address, Phrase, Seconds, Text
from app.models.columns import Id, Line
from app.models.passwords import GivenPassword
from app.models.sign_in import OneTimeCode, OneTimeToken, RefreshTokenPlace


class GrantChoice(Input):
    """Which grant a request asks for, whatever else it holds."""

    model_config = ConfigDict(extra="ignore")

    grant_type: Literal["password", "refresh_token", "client_credentials", "authorization_code"]


class PasswordGrant(Input):
    """Sign in with e-mail address and password."""

    grant_type: Literal["password"]
    username: Line = Field(
        description="The e-mail address.", json_schema_extra={"example": "anna.berg@havochvatten.example"}
    )
    password: GivenPassword = Field(json_schema_extra={"example": "fyra cyklar under en ek"})
    one_time_code: LeftOut[OneTimeCode] = absent(
        description="For those who have a second factor: from the app, or a recovery code."
    )
    refresh_token_in: RefreshTokenPlace = Field(
        default="body",
        description="Where the refresh token comes: `body` for native clients, `cookie` for pages in a browser.",
    )

    @property
    def wants_cookie(self) -> bool:
        return self.refresh_token_in == "cookie"  # noqa: S105


class RefreshGrant(Input):
    """Renew the access token. The refresh token is replaced and stays where it was: body or cookie."""

    grant_type: Literal["refresh_token"]
    refresh_token: LeftOut[OneTimeToken] = absent(description="Left out when the cookie carries it.")


class ClientCredentialsGrant(Input):
    """Get in as a service client. There is no refresh token: ask again when the access token has expired."""

    grant_type: Literal["client_credentials"]
    client_id: Id = Field(description="The service client.")
    client_secret: OneTimeToken = Field(
        description="One of its secrets. It is sent here in the body, and nowhere else.",
        json_schema_extra={"example": "larande_client_sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"},
    )
    scope: LeftOut[
        Annotated[
            str,
            Field(
                pattern="^[!#-~]{1,50}( [!#-~]{1,50}){0,19}$",
                max_length=1019,
                description="Less than all it may do: scopes with a space between. Left out: all.",
                json_schema_extra={"example": "records:read"},
            ),
        ]
    ] = absent()


TokenRequest = TypeAliasType(
    "TokenRequest",
    Annotated[
        PasswordGrant | RefreshGrant | ClientCredentialsGrant | AuthorisationCodeGrant,
        Field(discriminator="grant_type", description="One of four ways to get an access token."),
    ],
)


# --- The form of RFC 6749 -----------------------------------------------------------------------------------

_OWN_WORDS = ConfigDict(alias_generator=lambda name: name)
_Ignored = Annotated[str, Field(max_length=LARGEST_BODY, description="Accepted as RFC 6749 has it; without effect.")]


class OAuthPasswordGrant(PasswordGrant):
    """Sign in with e-mail address and password."""

    model_config = _OWN_WORDS
    client_id: _Ignored = ""
    scope: _Ignored = ""


class OAuthRefreshGrant(RefreshGrant):
    """Renew the access token. The refresh token is replaced and stays where it was: body or cookie."""

    model_config = _OWN_WORDS
    client_id: _Ignored = ""
    scope: _Ignored = ""


class OAuthClientCredentialsGrant(ClientCredentialsGrant):
    """Get in as a service client. There is no refresh token: ask again when the access token has expired."""

    model_config = _OWN_WORDS


class OAuthAuthorisationCodeGrant(AuthorisationCodeGrant):
    """Sign in with what an identity provider sent the browser back with; the cookie of the request is needed too."""

    model_config = _OWN_WORDS
    client_id: _Ignored = ""
    scope: _Ignored = ""


WITHOUT_EFFECT = OAuthPasswordGrant.model_fields.keys() - PasswordGrant.model_fields.keys()
"""RFC 6749 lets a client of a person send these in a form. Other unknown names are refused."""

OAuthTokenRequest = TypeAliasType(
    "OAuthTokenRequest",
    Annotated[
        OAuthPasswordGrant | OAuthRefreshGrant | OAuthClientCredentialsGrant | OAuthAuthorisationCodeGrant,
        Field(discriminator="grant_type", description="The same four ways in the words of RFC 6749."),
    ],
)


# --- What is answered ----------------------------------------------------------------------------------------


class Token(Output):
    """An access token for the header `Authorization: Bearer`, and the means to renew it once."""

    access_token: Text = Field(json_schema_extra={"example": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln"})
    token_type: Literal["Bearer"]
    expires_in: Seconds = Field(description="Seconds the access token is valid.", json_schema_extra={"example": 300})
    refresh_token: Phrase | None = Field(
        default=None,
        description="For one use. Left out when the cookie carries it, and for service clients.",
        json_schema_extra={"example": "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"},
    )
    scope: Address | None = Field(
        default=None,
        description="For service clients: the scopes that give something now, with a space between. Those that wait "
        "for the consent of both sides are not among them.",
        json_schema_extra={"example": "records:read results:read"},
    )


class OAuthToken(Token):
    """The same in the words of RFC 6749, which OAuth 2 libraries read: the answer to a form."""

    model_config = _OWN_WORDS


TokenAnswer = TypeAliasType(
    "TokenAnswer",
    Annotated[Token | OAuthToken, Field(description="To JSON in camelCase, to a form in the words of RFC 6749.")],
)
