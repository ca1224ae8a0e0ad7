"""Access tokens: signed, short, and checked for everything the library does not check.

python-jose accepts tokens without `exp` or `aud`, string times, unknown `crit` headers and empty keys, so the
shape is checked here before and after the signature.
"""

import base64
import hashlib
import hmac
import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from jose import jws
from jose.exceptions import JOSEError

from app.services.errors import Code, Refusal

ALGORITHM = "HS256"
TYPE = "at+jwt"
ISSUER = AUDIENCE = "larande"
LIFETIME = timedelta(minutes=5)
CLOCK_LEEWAY = timedelta(seconds=5)
LONGEST = 1024
REMEMBERED = 10_000
# The front ends of the installation are no clients of their own (RFC 9068 wants the claim all the same).
FRONT_END = "larande"
_COMMON = frozenset({"iss", "aud", "sub", "client_id", "iat", "exp", "jti"})
_OF_A_PERSON = _COMMON | {"sid"}
_OF_A_CLIENT = _COMMON | {"credential_id"}
_PART = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Claims:
    """Who is signed in, by which sign-in, until when."""

    person_id: UUID
    sign_in_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClientClaims:
    """Which service client it is, by which of its secrets, until when. What it may do is in the database alone."""

    client_id: UUID
    secret_id: UUID
    expires_at: datetime


class TokenKey:
    """The signing secret, and the tokens already verified with it until they expire."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the token secret needs at least 32 bytes")
        if secret.lstrip().startswith(b"-----") or _is_der(secret):
            # A public key used as a shared secret would let anyone sign.
            raise ValueError("the token secret must be random bytes, not a key file")
        self._secret = secret
        self._pseudonym_key = hmac.digest(secret, b"larande pseudonyms", "sha256")
        self._verified: OrderedDict[bytes, Claims | ClientClaims] = OrderedDict()

    def issue(self, person_id: UUID, sign_in_id: UUID, now: datetime) -> str:
        """A person's access token for five minutes."""
        return self._signed({"sub": str(person_id), "client_id": FRONT_END, "sid": str(sign_in_id)}, now)

    def issue_for_client(self, client_id: UUID, secret_id: UUID, now: datetime) -> str:
        """A service client's access token for five minutes. It names the secret that it was got with, and no scopes:
        those that count are in the database."""
        own = {"sub": str(client_id), "client_id": str(client_id), "credential_id": str(secret_id)}
        return self._signed(own, now)

    def _signed(self, own: dict[str, str], now: datetime) -> str:
        issued = int(now.timestamp())
        times = {"iat": issued, "exp": issued + int(LIFETIME.total_seconds())}
        claims = {"iss": ISSUER, "aud": AUDIENCE, **own, **times, "jti": str(uuid4())}
        return str(jws.sign(claims, self._secret, headers={"typ": TYPE}, algorithm=ALGORITHM))

    def pseudonym(self, kind: str, value: str) -> bytes:
        """A keyed hash: the same value is recognised, and nobody without the secret learns what it was."""
        return hmac.digest(self._pseudonym_key, f"{kind}\0{value}".encode(), "sha256")

    def verify(self, token: str, now: datetime) -> Claims | ClientClaims:
        """The token's claims; every kind of fault is refused in the same way."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        claims = self._verified.get(digest)
        if claims is None:
            claims = self._checked(token, now)
            self._verified[digest] = claims
            if len(self._verified) > REMEMBERED:
                self._verified.popitem(last=False)
        if claims.expires_at + CLOCK_LEEWAY <= now:
            self._verified.pop(digest, None)
            raise Refusal(Code.TOKEN_INVALID)
        return claims

    def _checked(self, token: str, now: datetime) -> Claims | ClientClaims:
        parts = token.split(".")
        if len(token) > LONGEST or len(parts) != 3 or not all(_canonical(part) for part in parts):
            raise Refusal(Code.TOKEN_INVALID)
        try:
            if _json(parts[0]) != {"alg": ALGORITHM, "typ": TYPE}:
                raise Refusal(Code.TOKEN_INVALID)
            payload = json.loads(jws.verify(token, self._secret, algorithms=[ALGORITHM]))
        except (JOSEError, ValueError, RecursionError):
            raise Refusal(Code.TOKEN_INVALID) from None
        return _claims(payload, now)


def _is_der(secret: bytes) -> bool:
    """A DER key is a SEQUENCE (0x30) with a length of two bytes, or exactly as long as its one byte says."""
    return secret[:2] == b"0\x82" or (secret[:1] == b"0" and secret[1] in {len(secret) - 2, 0x81})


def _claims(payload: Any, now: datetime) -> Claims | ClientClaims:
    if not isinstance(payload, dict) or not _times_are_right(payload, now):
        raise Refusal(Code.TOKEN_INVALID)
    if payload.get("iss") != ISSUER or payload.get("aud") != AUDIENCE:
        raise Refusal(Code.TOKEN_INVALID)
    expires_at = datetime.fromtimestamp(payload["exp"], UTC)
    try:
        if payload.keys() == _OF_A_PERSON and payload["client_id"] == FRONT_END:
            return Claims(_id(payload["sub"]), _id(payload["sid"]), expires_at)
        if payload.keys() == _OF_A_CLIENT and payload["client_id"] == payload["sub"]:
            return ClientClaims(_id(payload["sub"]), _id(payload["credential_id"]), expires_at)
    except ValueError:
        pass
    raise Refusal(Code.TOKEN_INVALID)


def _times_are_right(payload: dict[str, Any], now: datetime) -> bool:
    issued, expires = payload.get("iat"), payload.get("exp")
    if type(issued) is not int or type(expires) is not int:
        return False
    # Not later than `now` by more than clocks differ; and so the rest is small enough for a date.
    return 0 <= issued <= (now + CLOCK_LEEWAY).timestamp() and 0 < expires - issued <= LIFETIME.total_seconds()


def _id(value: Any) -> UUID:
    """The id in its one spelling; `ValueError` for anything else."""
    if not isinstance(value, str) or str(UUID(value)) != value:
        raise ValueError("not an id as written here")
    return UUID(value)


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _canonical(part: str) -> bool:
    """Base64url without padding whose unused bits are zero: one token, one spelling."""
    if not _PART.fullmatch(part) or len(part) % 4 == 1:
        return False
    return base64.urlsafe_b64encode(_bytes(part)).rstrip(b"=").decode() == part


def _json(part: str) -> Any:
    return json.loads(_bytes(part))
