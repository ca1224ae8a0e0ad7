"""This installation as its identity providers see it: a client that finds them, sends people there, and asks who came.

Nothing here touches the database, and no connection to it is held while a provider is asked: one that is slow or away
keeps nobody waiting but its own people.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol
from urllib.parse import quote_plus, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from app.models.identity_provider import SigningAlgorithm, is_provider_address
from app.services import id_tokens
from app.services.id_tokens import Expected, IdTokenRefused, ProviderKey, UnknownKey
from app.services.provider_turns import Turns
from app.services.spelling import base64url, read_object

METADATA_FOR_S = 3600.0
KEYS_FOR_S = 600.0
ASK_AGAIN_AFTER_S = 5.0
"""How long a provider is left alone that has just failed, or has just shown its keys."""
MOST_BYTES = 256 * 1024


class ProviderAway(Exception):
    """The provider cannot be used now; the message is one line for whoever runs this, without anybody's secrets."""


class ProviderRefuses(Exception):
    """The provider does not vouch for anybody: what it was sent, or what it answered, is not right."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = field(repr=False)


class Call(Protocol):
    """One HTTP request, within a few seconds, that follows no redirects. Raises `ProviderAway`."""

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most_bytes: int
    ) -> Answer: ...


@dataclass(frozen=True)
class Client:
    """As which client this installation is registered at which provider."""

    issuer: str
    client_id: str
    scopes: tuple[str, ...]
    algorithm: SigningAlgorithm
    secret: str = field(repr=False, default="")


@dataclass(frozen=True)
class Secrets:
    """What ties a way to the provider to the one browser that went there. Made of two values that never meet in one
    place but that browser: the state, which the provider sees, and the cookie, which it does not."""

    state: str = field(repr=False)
    browser: str = field(repr=False)

    @property
    def nonce(self) -> str:
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        return self._made("code verifier")

    def _made(self, use: str) -> str:
        return base64url(hmac.digest(self.browser.encode(), f"{use}\0{self.state}".encode(), "sha256"))


_Address = Annotated[str, Field(max_length=2000)]
_Names = Annotated[list[str], Field(max_length=100)]


class Metadata(BaseModel):
    """As much of a discovery document (OpenID Connect Discovery 1.0, section 3) as is made use of."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    issuer: str
    authorization_endpoint: _Address
    token_endpoint: _Address
    jwks_uri: _Address
    response_types_supported: _Names = ["code"]
    id_token_signing_alg_values_supported: _Names = ["RS256"]
    code_challenge_methods_supported: _Names = ["S256"]
    token_endpoint_auth_methods_supported: _Names = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: StrictBool = False


@dataclass
class _Known:
    """What is known of one provider, and since when (seconds of a clock that nobody sets)."""

    metadata: Metadata | None = None
    metadata_since: float = 0.0
    keys: tuple[ProviderKey, ...] = ()
    keys_since: float | None = None
    failed_at: float | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class RelyingParty:
    """Remembers discovery documents and keys, for one process."""

    def __init__(self, call: Call, return_address: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._call = call
        self.return_address = return_address
        self._clock = clock
        self.turns = Turns()
        self._known: dict[str, _Known] = {}

    async def authorisation_url(self, client: Client, secrets: Secrets) -> str:
        """Where to send the browser. Raises `ProviderAway`."""
        metadata = await self._metadata(client)
        challenge = base64url(hashlib.sha256(secrets.verifier.encode()).digest())
        parameters = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": self.return_address,
            "scope": " ".join(client.scopes),
            "state": secrets.state,
            "nonce": secrets.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return metadata.authorization_endpoint + joint + urlencode(parameters)

    async def subject(self, client: Client, secrets: Secrets, code: str, iss: str | None, now: datetime) -> str:
        """Who came back; asked within a turn. Raises `ProviderRefuses` and `ProviderAway`."""
        metadata = await self._metadata(client)
        # RFC 9207: an answer that another provider gave is not taken to this one.
        if iss != client.issuer and (iss is not None or metadata.authorization_response_iss_parameter_supported):
            raise ProviderRefuses("iss of the answer")
        tokens = await self._exchange(client, metadata, secrets, code)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise ProviderRefuses("no ID token")
        given = access_token if isinstance(access_token, str) else None
        expected = Expected(client.issuer, client.client_id, client.algorithm, secrets.nonce, given)
        try:
            return await self._verified(client, metadata, id_token, expected, now)
        except IdTokenRefused as refused:
            raise ProviderRefuses(f"ID token: {refused}") from None

    # --- Parts -------------------------------------------------------------------------------------------

    def _of(self, client: Client) -> _Known:
        return self._known.setdefault(client.issuer, _Known())

    async def _exchange(self, client: Client, metadata: Metadata, secrets: Secrets, code: str) -> dict[str, Any]:
        basic = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}".encode()
        headers = {
            "Authorization": "Basic " + base64.b64encode(basic).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.return_address,
            "code_verifier": secrets.verifier,
        }
        body = urlencode(form).encode()
        answer = await self._call("POST", metadata.token_endpoint, headers, body, MOST_BYTES)
        if answer.status in {400, 401, 403}:
            if _error_in(answer.body) == "invalid_client":
                raise ProviderAway("it refuses our client id or secret")
            raise ProviderRefuses("code")
        if answer.status != 200:
            raise ProviderAway(f"its token endpoint answered {answer.status}")
        try:
            return read_object(answer.body)
        except ValueError:
            raise ProviderRefuses("no JSON") from None

    async def _verified(
        self, client: Client, metadata: Metadata, id_token: str, expected: Expected, now: datetime
    ) -> str:
        keys = await self._keys(client, metadata)
        try:
            return id_tokens.subject_of(id_token, keys, expected, now)
        except UnknownKey:
            keys = await self._keys(client, metadata, anew=True)
            return id_tokens.subject_of(id_token, keys, expected, now)

    async def _metadata(self, client: Client) -> Metadata:
        known = self._of(client)
        async with known.asking:
            if known.metadata is None or self._clock() - known.metadata_since > METADATA_FOR_S:
                document = await self._document(known, _discovery_address(client.issuer))
                metadata = _metadata_in(document, client.issuer)
                _check_offers(metadata, client)
                known.metadata, known.metadata_since = metadata, self._clock()
        return known.metadata

    async def _keys(self, client: Client, metadata: Metadata, *, anew: bool = False) -> tuple[ProviderKey, ...]:
        known = self._of(client)
        async with known.asking:
            age = float("inf") if known.keys_since is None else self._clock() - known.keys_since
            if age > (ASK_AGAIN_AFTER_S if anew else KEYS_FOR_S):
                document = await self._document(known, metadata.jwks_uri)
                try:
                    known.keys = id_tokens.keys_in(document)
                except ValueError:
                    raise ProviderAway("its keys cannot be read") from None
                known.keys_since = self._clock()
        return known.keys

    async def _document(self, known: _Known, address: str) -> bytes:
        """One at a time for a provider, so it takes no turn. Whoever waited for one who failed does not try at once: a
        provider that is away would keep all of them."""
        if known.failed_at is not None and self._clock() - known.failed_at < ASK_AGAIN_AFTER_S:
            raise ProviderAway("it has just failed")
        try:
            answer = await self._call("GET", address, {"Accept": "application/json"}, None, MOST_BYTES)
            if answer.status != 200:
                raise ProviderAway(f"it answered {answer.status} to {urlsplit(address).path}")
        except ProviderAway:
            known.failed_at = self._clock()
            raise
        known.failed_at = None
        return answer.body


def _discovery_address(issuer: str) -> str:
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def _metadata_in(document: bytes, issuer: str) -> Metadata:
    try:
        metadata = Metadata.model_validate(read_object(document))
    except (ValueError, ValidationError):
        raise ProviderAway("its discovery document cannot be read") from None
    if metadata.issuer != issuer:
        raise ProviderAway("its discovery document names another issuer")
    scheme = urlsplit(issuer).scheme
    for address in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
        if not is_provider_address(address) or urlsplit(address).scheme not in {"https", scheme}:
            raise ProviderAway("its discovery document names an address that will not do")
    return metadata


def _check_offers(metadata: Metadata, client: Client) -> None:
    """What this client needs, as far as the provider says what it offers."""
    needed = {
        "code": metadata.response_types_supported,
        client.algorithm.value: metadata.id_token_signing_alg_values_supported,
        "S256": metadata.code_challenge_methods_supported,
        "client_secret_basic": metadata.token_endpoint_auth_methods_supported,
    }
    for name, offered in needed.items():
        if name not in offered:
            raise ProviderAway(f"it does not offer {name}")


def _error_in(body: bytes) -> Any:
    try:
        return read_object(body).get("error")
    except ValueError:
        return None
