"""Access tokens made by hand: whatever a header and claims may say, rightly signed or not."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from app.services.token_keys import KeyPair, Unsaved, new_pair, ring_of
from app.services.tokens import TokenKey

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PERSON, SIGN_IN, CLIENT, CREDENTIAL = (UUID(int=number) for number in range(1, 5))
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PAIR = new_pair(NOW)


def a_key(*pairs: KeyPair) -> TokenKey:
    return TokenKey(SECRET, Unsaved(ring_of(*(pairs or (PAIR,)))))


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def right_header(**other: Any) -> dict[str, Any]:
    header = {"alg": "ES256", "kid": PAIR.kid, "typ": "at+jwt"}
    return {name: value for name, value in {**header, **other}.items() if value is not ...}


def right_claims(**other: Any) -> dict[str, Any]:
    claims = {
        "iss": "larande",
        "aud": "larande",
        "sub": str(PERSON),
        "client_id": "larande",
        "sid": str(SIGN_IN),
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
        "jti": "4e1a56b8-95b4-4f0c-8f5d-6a0d7a2f3c11",
    }
    return {name: value for name, value in {**claims, **other}.items() if value is not ...}


def client_claims(**other: Any) -> dict[str, Any]:
    own = {"sub": str(CLIENT), "client_id": str(CLIENT), "sid": ..., "credential_id": str(CREDENTIAL)}
    return right_claims(**(own | other))


def private_key(pair: KeyPair) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pair.private_pem.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def halves(pair: KeyPair, body: str) -> tuple[int, int]:
    """r and s of a right signature, s the smaller of the two possible ones."""
    r, s = decode_dss_signature(private_key(pair).sign(body.encode(), ec.ECDSA(hashes.SHA256())))
    return r, min(s, ORDER - s)


def joined(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def unsigned(claims: Any = None, header: Any = None) -> str:
    return f"{part(right_header() if header is None else header)}.{part(right_claims() if claims is None else claims)}"


def signed(claims: Any = None, header: Any = None, pair: KeyPair = PAIR) -> str:
    """A token with a right ES256 signature over whatever it says."""
    body = unsigned(claims, header)
    return f"{body}.{part(joined(*halves(pair, body)))}"


def with_hmac(secret: bytes, algorithm: str = "HS256", **header: Any) -> str:
    """A token that is signed with a shared secret."""
    body = unsigned(header=right_header(alg=algorithm, **header))
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{body}.{part(hmac.digest(secret, body.encode(), digest))}"
