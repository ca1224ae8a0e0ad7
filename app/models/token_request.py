"""What `create_token` takes: one of four grants, as JSON in camelCase or as the form of RFC 6749 in its own words."""

from typing import Annotated

from pydantic import ConfigDict, Field
from typing_extensions import TypeAliasType

from app.models.authorisation_request import AuthorisationCodeGrant
from app.models.bounds import LARGEST_BODY
from app.models.sign_in import ClientCredentialsGrant, PasswordGrant, RefreshGrant

TokenRequest = TypeAliasType(
    "TokenRequest",
    Annotated[
        PasswordGrant | RefreshGrant | ClientCredentialsGrant | AuthorisationCodeGrant,
        Field(discriminator="grant_type", description="One of four ways to get an access token."),
    ],
)

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


OAuthTokenRequest = TypeAliasType(
    "OAuthTokenRequest",
    Annotated[
        OAuthPasswordGrant | OAuthRefreshGrant | OAuthClientCredentialsGrant | OAuthAuthorisationCodeGrant,
        Field(discriminator="grant_type", description="The same four ways in the words of RFC 6749."),
    ],
)
