"""Access tokens (RFC 9068, RFC 8725): signed, short, and checked for everything the library does not check.

python-jose accepts tokens without `exp` or `aud`, string times, unknown `crit` headers and empty keys, so the
shape is checked here before and after the signature. A token has one spelling: of the two signatures that every one
made with ECDSA has (s, and the curve's order less s), only the smaller is ours.
"""

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from jose import jwk, jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

from app.services.errors import Code, Refusal
from app.services.spelling import base64url, bytes_of, is_canonical, read_json
from app.services.token_keys import ALGORITHM, COORDINATE_BYTES, KeyPair, KeySource

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
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
# How many points there are on the curve P-256 (FIPS 186-5).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


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
    credential_id: UUID
    expires_at: datetime
    scopes: frozenset[str] | None = None
    """None: all that the database grants; else at most these of them, which it asked for itself."""


class TokenKey:
    """What signs access tokens, and the tokens already verified until they expire; and the secret of pseudonyms."""

    def __init__(self, secret: bytes, keys: KeySource) -> None:
        if len(secret) < 32:
            raise ValueError("the token secret needs at least 32 bytes")
        if secret.lstrip().startswith(b"-----") or _is_der(secret):
            # What is published is no secret.
            raise ValueError("the token secret must be random bytes, not a key file")
        self._pseudonym_key = hmac.digest(secret, b"larande pseudonyms", "sha256")
        self._keys = keys
        self._verified: OrderedDict[bytes, tuple[Claims | ClientClaims, str]] = OrderedDict()

    def issue(self, person_id: UUID, sign_in_id: UUID, now: datetime) -> str:
        """A person's access token for five minutes."""
        return self._signed({"sub": str(person_id), "client_id": FRONT_END, "sid": str(sign_in_id)}, now)

    def issue_for_client(
        self, client_id: UUID, credential_id: UUID, now: datetime, scopes: Iterable[str] | None = None
    ) -> str:
        """A service client's access token for five minutes. It names the secret that it was got with. The scopes that
        count are in the database; the token names some only where the client asked for no more than those."""
        own = {"sub": str(client_id), "client_id": str(client_id), "credential_id": str(credential_id)}
        return self._signed(own if scopes is None else own | {"scope": " ".join(sorted(scopes))}, now)

    def _signed(self, own: dict[str, str], now: datetime) -> str:
        issued = int(now.timestamp())
        times = {"iat": issued, "exp": issued + int(LIFETIME.total_seconds())}
        claims = {"iss": ISSUER, "aud": AUDIENCE, **own, **times, "jti": str(uuid4())}
        pair = self._keys.kept(now).signing(now)
        headers = {"typ": TYPE, "kid": pair.kid}
        token = str(jws.sign(claims, _parsed(pair.private_pem), headers=headers, algorithm=ALGORITHM))
        signed, _, signature = token.rpartition(".")
        return f"{signed}.{base64url(lowered(bytes_of(signature)))}"

    def public_keys(self, now: datetime) -> dict[str, list[dict[str, str]]]:
        """The JWK Set of the keys whose tokens are taken."""
        return self._keys.kept(now).public(now)

    def pseudonym(self, kind: str, value: str) -> bytes:
        """A keyed hash: the same value is recognised, and nobody without the secret learns what it was."""
        return hmac.digest(self._pseudonym_key, f"{kind}\0{value}".encode(), "sha256")

    def verify(self, token: str, now: datetime) -> Claims | ClientClaims:
        """The token's claims; every kind of fault is refused in the same way."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._verified.get(digest)
        if known is None:
            known = self._checked(token, now)
            self._verified[digest] = known
            if len(self._verified) > REMEMBERED:
                self._verified.popitem(last=False)
        claims, kid = known
        if claims.expires_at + CLOCK_LEEWAY <= now or self._keys.kept(now).believed(kid, now) is None:
            del self._verified[digest]
            raise Refusal(Code.TOKEN_INVALID)
        return claims

    def _checked(self, token: str, now: datetime) -> tuple[Claims | ClientClaims, str]:
        parts = token.split(".")
        if len(token) > LONGEST or len(parts) != 3 or not all(map(is_canonical, parts)):
            raise Refusal(Code.TOKEN_INVALID)
        try:
            kid = _kid(read_json(bytes_of(parts[0])))
            pair = self._believed(kid, now)
            if pair is None or not is_low(bytes_of(parts[2])):
                raise Refusal(Code.TOKEN_INVALID)
            payload = read_json(jws.verify(token, _parsed(pair.private_pem).public_key(), algorithms=[ALGORITHM]))
        except (JOSEError, ValueError, RecursionError):
            raise Refusal(Code.TOKEN_INVALID) from None
        return _claims(payload, now), kid

    def _believed(self, kid: str, now: datetime) -> KeyPair | None:
        """The key of that name. One that is not known may be new, so whoever keeps them is asked to look."""
        return self._keys.kept(now).believed(kid, now) or self._keys.looked_for(now).believed(kid, now)


@lru_cache(maxsize=16)
def _parsed(private_pem: str) -> Key:
    """Parsing takes longer than signing."""
    return jwk.construct(private_pem, ALGORITHM)


def lowered(signature: bytes) -> bytes:
    """The same signature with the smaller of its two possible halves `s`."""
    s = _s_of(signature)
    return signature if s <= _ORDER // 2 else signature[:COORDINATE_BYTES] + (_ORDER - s).to_bytes(COORDINATE_BYTES)


def is_low(signature: bytes) -> bool:
    """Whether it is as long as it must be, and of the two possible ones the one that is ours."""
    return len(signature) == 2 * COORDINATE_BYTES and _s_of(signature) <= _ORDER // 2


def _s_of(signature: bytes) -> int:
    return int.from_bytes(signature[COORDINATE_BYTES:])


def _kid(header: Any) -> str:
    """The name of the key, if the header is exactly one of ours; `ValueError` otherwise."""
    if not isinstance(header, dict) or header.keys() != {"alg", "typ", "kid"}:
        raise ValueError
    kid = header["kid"]
    if header["alg"] != ALGORITHM or header["typ"] != TYPE or not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise ValueError
    return kid


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
        _id(payload.get("jti"))
        if payload.keys() == _OF_A_PERSON and payload["client_id"] == FRONT_END:
            return Claims(_id(payload["sub"]), _id(payload["sid"]), expires_at)
        if payload.keys() - {"scope"} == _OF_A_CLIENT and payload["client_id"] == payload["sub"]:
            scopes = _scopes(payload["scope"]) if "scope" in payload else None
            return ClientClaims(_id(payload["sub"]), _id(payload["credential_id"]), expires_at, scopes)
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
        raise ValueError
    return UUID(value)


def _scopes(value: Any) -> frozenset[str]:
    """At least one, in order, each once; `ValueError` for anything else."""
    scopes = value.split(" ") if isinstance(value, str) else [""]
    if not all(scopes) or scopes != sorted(set(scopes)):
        raise ValueError
    return frozenset(scopes)
