"""ID tokens: signed by the one provider, with the one algorithm, for this installation and this one request.

The keys are the provider's own, from the address that its discovery document names; what a token's header says of
keys is not looked at. joserfc does the arithmetic, and what it lets pass is refused here: two spellings of a token,
names that occur twice, times that are no whole numbers, keys that are too short or are meant for something else.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry, deserialize_compact

from app.models.identity import LONGEST_SUBJECT
from app.models.identity_provider import SigningAlgorithm
from app.services.spelling import base64url, bytes_of, is_canonical, read_object

LONGEST = 32 * 1024
"""Bytes. Agencies' tokens name every group that somebody is in, and are not read for that."""
CLOCK_LEEWAY = timedelta(seconds=60)
OLDEST = timedelta(minutes=10)
KEYS_AT_MOST = 50
RSA_BITS = range(2048, 8193)
_SUBJECT = re.compile(rf"[ -~]{{1,{LONGEST_SUBJECT}}}")


class IdTokenRefused(Exception):
    """Not a token for this request; the message is one word for the log, and never what the token says."""


class UnknownKey(IdTokenRefused):
    """Signed with a key that is not known yet, if it is the provider's at all."""


@dataclass(frozen=True)
class Expected:
    """What the token must say: it is one request's, and no other's."""

    issuer: str
    client_id: str
    algorithm: SigningAlgorithm
    nonce: str = field(repr=False)
    access_token: str | None = field(repr=False, default=None)


@dataclass(frozen=True)
class ProviderKey:
    """A public key with which a provider may sign."""

    kid: str | None
    algorithm: str | None
    """When the provider keeps it for one."""
    key: RSAKey | ECKey


def keys_in(document: bytes) -> tuple[ProviderKey, ...]:
    """The signing keys of a JWK Set. Others in it, and what cannot be understood, are passed over.

    Raises `ValueError` for what is no JWK Set.
    """
    members = read_object(document)
    listed = members.get("keys")
    if not isinstance(listed, list) or len(listed) > KEYS_AT_MOST:
        raise ValueError("no key set")
    return tuple(key for key in map(_provider_key, listed) if key is not None)


def subject_of(token: str, keys: Sequence[ProviderKey], expected: Expected, now: datetime) -> str:
    """Who it is, as the provider calls them. Raises `UnknownKey` and `IdTokenRefused`."""
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3 or not all(map(is_canonical, parts)):
        raise IdTokenRefused("form")
    try:
        header = read_object(bytes_of(parts[0]))
        claims = read_object(bytes_of(parts[1]))
    except ValueError:
        raise IdTokenRefused("form") from None
    _check_signature(token, header, keys, expected.algorithm)
    _check_claims(claims, expected, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise IdTokenRefused("sub")
    return subject


# --- Signature -------------------------------------------------------------------------------------------


def _check_signature(
    token: str, header: dict[str, Any], keys: Sequence[ProviderKey], algorithm: SigningAlgorithm
) -> None:
    if header.get("alg") != algorithm.value:
        raise IdTokenRefused("alg")
    # Logout tokens and access tokens say what they are, and are nobody's sign-in.
    if str(header.get("typ", "JWT")).upper() != "JWT" or header.keys() & {"crit", "b64", "zip"}:
        raise IdTokenRefused("header")
    key = _key_for(header, keys, algorithm)
    registry = JWSRegistry(algorithms=[algorithm.value], strict_check_header=False)
    registry.max_header_length = LONGEST
    try:
        deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        raise IdTokenRefused("signature") from None


def _key_for(header: dict[str, Any], keys: Sequence[ProviderKey], algorithm: SigningAlgorithm) -> RSAKey | ECKey:
    kind = ECKey if algorithm is SigningAlgorithm.ES256 else RSAKey
    fitting = [each for each in keys if isinstance(each.key, kind) and each.algorithm in {None, algorithm.value}]
    if "kid" in header:
        fitting = [each for each in fitting if each.kid == header["kid"]]
    if not fitting:
        raise UnknownKey("kid")
    if len(fitting) > 1:
        raise IdTokenRefused("kid")
    return fitting[0].key


def _provider_key(jwk: Any) -> ProviderKey | None:
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig" or not _verifies(jwk.get("key_ops")):
        return None
    kid, algorithm = jwk.get("kid"), jwk.get("alg")
    if not isinstance(kid, str | None) or not isinstance(algorithm, str | None):
        return None
    try:
        key = _public_key(jwk)
    except (JoseError, ValueError, TypeError):
        return None
    return None if key is None else ProviderKey(kid, algorithm, key)


def _verifies(operations: Any) -> bool:
    return operations is None or (isinstance(operations, list) and "verify" in operations)


def _public_key(jwk: dict[str, Any]) -> RSAKey | ECKey | None:
    if jwk.get("kty") == "RSA":
        modulus, exponent = (_number(jwk.get(name)) for name in ("n", "e"))
        # A long exponent is many times the work, and an even one no key.
        if modulus.bit_length() not in RSA_BITS or not 2 < exponent < 2**32 or exponent % 2 == 0:
            return None
        return RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
    if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
        return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": jwk.get("x", ""), "y": jwk.get("y", "")})
    return None


def _number(text: Any) -> int:
    if not isinstance(text, str) or len(text) > 2000 or not is_canonical(text):
        raise ValueError("no number")
    return int.from_bytes(bytes_of(text), "big")


# --- Claims ----------------------------------------------------------------------------------------------


def _check_claims(claims: dict[str, Any], expected: Expected, now: datetime) -> None:
    if claims.get("iss") != expected.issuer:
        raise IdTokenRefused("iss")
    # Another audience beside this one could use the token here in somebody's place.
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise IdTokenRefused("aud")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise IdTokenRefused("azp")
    _check_times(claims, now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise IdTokenRefused("nonce")
    if "at_hash" in claims and claims["at_hash"] != _half_hash(expected.access_token):
        raise IdTokenRefused("at_hash")


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    issued, expires, begins = (_moment(claims.get(name, default)) for name, default in _TIMES.items())
    late, early = (now + CLOCK_LEEWAY).timestamp(), (now - CLOCK_LEEWAY).timestamp()
    if expires <= early:
        raise IdTokenRefused("exp")
    if not (now - OLDEST - CLOCK_LEEWAY).timestamp() <= issued <= late or begins > late:
        raise IdTokenRefused("iat")


_TIMES = {"iat": None, "exp": None, "nbf": 0}


def _moment(value: Any) -> int:
    """Whole seconds; neither text nor a yes or no, which Python would count with."""
    if type(value) is not int:
        raise IdTokenRefused("time")
    return value


def _half_hash(access_token: str | None) -> str | None:
    """Of every algorithm that is allowed here the hash is SHA-256."""
    if access_token is None:
        return None
    half = hashlib.sha256(access_token.encode("utf-8", "replace")).digest()[:16]
    return base64url(half)
