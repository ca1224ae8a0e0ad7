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
_CLAIMS = {"iss", "aud", "sub", "sid", "iat", "exp", "jti"}
_PART = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Claims:
    """Who is signed in, by which sign-in, until when."""

    person_id: UUID
    sign_in_id: UUID
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
        self._verified: OrderedDict[bytes, Claims] = OrderedDict()

    def issue(self, person_id: UUID, sign_in_id: UUID, now: datetime) -> str:
        """An access token for five minutes."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(person_id),
            "sid": str(sign_in_id),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "jti": str(uuid4()),
        }
        return str(jws.sign(claims, self._secret, headers={"typ": TYPE}, algorithm=ALGORITHM))

    def pseudonym(self, kind: str, value: str) -> bytes:
        """A keyed hash: the same value is recognised, and nobody without the secret learns what it was."""
        return hmac.digest(self._pseudonym_key, f"{kind}\0{value}".encode(), "sha256")

    def verify(self, token: str, now: datetime) -> Claims:
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

    def _checked(self, token: str, now: datetime) -> Claims:
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


def _claims(payload: Any, now: datetime) -> Claims:
    if not isinstance(payload, dict) or payload.keys() != _CLAIMS:
        raise Refusal(Code.TOKEN_INVALID)
    issued, expires = payload["iat"], payload["exp"]
    if type(issued) is not int or type(expires) is not int:
        raise Refusal(Code.TOKEN_INVALID)
    right = (
        payload["iss"] == ISSUER
        and payload["aud"] == AUDIENCE
        and 0 < expires - issued <= LIFETIME.total_seconds()
        and issued <= (now + CLOCK_LEEWAY).timestamp()
    )
    if not right:
        raise Refusal(Code.TOKEN_INVALID)
    try:
        return Claims(
            person_id=UUID(payload["sub"]),
            sign_in_id=UUID(payload["sid"]),
            expires_at=datetime.fromtimestamp(expires, UTC),
        )
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise Refusal(Code.TOKEN_INVALID) from None


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _canonical(part: str) -> bool:
    """Base64url without padding whose unused bits are zero: one token, one spelling."""
    if not _PART.fullmatch(part) or len(part) % 4 == 1:
        return False
    return base64.urlsafe_b64encode(_bytes(part)).rstrip(b"=").decode() == part


def _json(part: str) -> Any:
    return json.loads(_bytes(part))
