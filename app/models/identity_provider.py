"""Identity providers: registered for the installation, used by the organisations whose e-mail domains name them."""

import re
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import sqlalchemy as sa
from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column
from typing_extensions import TypedDict

from app.models.base import Input, Output, Resource, VersionedRow, absent
from app.models.bounds import Address, Few, Many, Phrase, Word
from app.models.columns import Id, Line, Moment, YesNo, enum_column, text_array


class SigningAlgorithm(StrEnum):
    """What ID tokens may be signed with. A registration names one, and no token chooses another."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"


class IdentityProvider(VersionedRow, table=True):
    """An OpenID provider. The issuer never changes: people are known by it and the subject."""

    issuer: str
    client_id: str
    client_secret_sealed: bytes
    """Sealed with a key made of the token secret, for this row alone; shown to nobody."""
    scopes: list[str] = Column(sa_column=text_array())
    signing_algorithm: SigningAlgorithm = Column(sa_column=enum_column(SigningAlgorithm))
    name_sv: str
    name_en: str
    active: bool = True
    listed: bool = False
    """Whether everybody is shown it, not only those who know an e-mail domain of an organisation that uses it."""

    __table_args__ = (sa.Index("uq_identity_provider_issuer", "issuer", unique=True),)


LOOPBACK = re.compile(r"localhost|127\.[0-9.]{5,11}|\[::1\]")


def is_provider_address(address: str) -> bool:
    """https, or plain http on this machine; one spelling, without what could mislead a reader."""
    if not re.fullmatch(r"[!-~]{1,1000}", address) or set(address) & set('\\"<>^`{|}'):
        return False
    try:
        parts = urlsplit(address)
        host = parts.netloc.removesuffix(f":{parts.port}") if parts.port is not None else parts.netloc
    except ValueError:
        return False
    if not re.fullmatch(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]", host) or "#" in address:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and LOOPBACK.fullmatch(host) is not None)


def _issuer(address: str) -> str:
    """As OpenID Connect Discovery 1.0 has it: an address without query; compared letter by letter."""
    if not is_provider_address(address) or "?" in address:
        raise PydanticCustomError("issuer_form", "An issuer is an https address.")
    return address


def _scopes(scopes: list[str]) -> list[str]:
    """What has a meaning here, each once, and `openid` first: without it there is no ID token."""
    return ["openid", *sorted(set(scopes) - {"openid"})]


class BothLanguages(TypedDict):
    """A name in each language."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    sv: Annotated[Line, Field(json_schema_extra={"example": "Havsmyndighetens inloggning"})]
    en: Annotated[Line, Field(json_schema_extra={"example": "Sign-in of the Marine Agency"})]


Issuer = Annotated[
    str,
    AfterValidator(_issuer),
    Field(
        max_length=255,
        description="Exactly as in the provider's discovery document and in `iss`, with or without a last slash.",
        json_schema_extra={"example": "https://legitimering.havochvatten.example"},
    ),
]
ClientId = Annotated[
    str,
    Field(
        pattern=r"^[!-~]{1,255}$",
        max_length=255,
        description="What the provider calls this installation.",
        json_schema_extra={"example": "larande-i-forandring"},
    ),
]
ClientSecret = Annotated[
    str,
    Field(
        pattern=r"^[!-~]{16,512}$",
        max_length=512,
        description="At least 16 characters. Kept sealed and never shown again.",
        json_schema_extra={"format": "password", "example": "Zt4~tQ9wVb2xK8mLr5nYp7"},
    ),
]
Scopes = Annotated[
    list[Annotated[str, Field(pattern=r"^[!#-\[\]-~]{1,100}$", max_length=100)]],
    Field(
        max_length=20,
        description="What is asked for. `openid` always is; nothing else that a provider tells is made use of.",
        json_schema_extra={"example": ["openid"]},
    ),
    AfterValidator(_scopes),
]
Listed = Annotated[
    YesNo,
    Field(
        description="Whether everybody sees it among the choices to sign in; else only who names an e-mail domain.",
        json_schema_extra={"example": False},
    ),
]
ProviderActive = Annotated[
    YesNo,
    Field(
        description="Whether people may sign in through it. Made inactive, it signs out all who did.",
        json_schema_extra={"example": True},
    ),
]


class IdentityProviderCreate(Input):
    """An OpenID provider, as it was agreed with whoever runs it."""

    issuer: Issuer
    client_id: ClientId
    client_secret: ClientSecret
    name: BothLanguages
    scopes: Scopes = Field(default_factory=lambda: ["openid"])
    signing_algorithm: SigningAlgorithm = SigningAlgorithm.RS256
    listed: Listed = False


class IdentityProviderUpdate(Input):
    """Merge patch; the issuer never changes."""

    client_id: ClientId = absent()
    client_secret: ClientSecret = absent()
    name: BothLanguages = absent()
    scopes: Scopes = absent()
    signing_algorithm: SigningAlgorithm = absent()
    listed: Listed = absent()
    active: ProviderActive = absent()


class IdentityProviderItem(Output):
    """An identity provider in a list."""

    id: Id
    issuer: Address = Field(json_schema_extra={"example": "https://legitimering.havochvatten.example"})
    name_sv: Phrase = Field(json_schema_extra={"example": "Havsmyndighetens inloggning"})
    name_en: Phrase = Field(json_schema_extra={"example": "Sign-in of the Marine Agency"})
    active: ProviderActive


class IdentityProviderRead(Resource):
    """An identity provider without its secret."""

    issuer: Address = Field(json_schema_extra={"example": "https://legitimering.havochvatten.example"})
    client_id: Annotated[str, Field(max_length=255)] = Field(json_schema_extra={"example": "larande-i-forandring"})
    name: BothLanguages
    scopes: Few[Word] = Field(json_schema_extra={"example": ["openid"]})
    signing_algorithm: SigningAlgorithm
    listed: Listed
    active: ProviderActive
    return_address: Address = Field(
        description="The only address that the provider may send people back to; register exactly this one there.",
        json_schema_extra={"example": "https://larande.example/inloggad"},
    )
    created_at: Moment


class SignInChoice(Output):
    """A way to sign in: an identity provider by its name."""

    id: Id
    name: BothLanguages


class SignInChoices(Output):
    """The ways to sign in. No organisation is named, and a domain that nobody has claimed looks like one without."""

    identity_providers: Many[SignInChoice] = Field(description="Empty: e-mail address and password.")
