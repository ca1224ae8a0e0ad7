"""Access tokens under attack: everything that is not exactly ours is refused in the same way."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jose import jws

from app.services.errors import Code, Refusal
from app.services.tokens import REMEMBERED, Claims, ClientClaims, TokenKey

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PERSON, SIGN_IN = UUID(int=1), UUID(int=2)


@pytest.fixture
def key() -> TokenKey:
    return TokenKey(SECRET)


def right_claims(**other: Any) -> dict[str, Any]:
    claims = {
        "iss": "larande",
        "aud": "larande",
        "sub": str(PERSON),
        "client_id": "larande",
        "sid": str(SIGN_IN),
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
        "jti": str(uuid4()),
    }
    return {name: value for name, value in {**claims, **other}.items() if value is not ...}


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(claims: Any, header: Any = None, secret: bytes = SECRET) -> str:
    """A token made by hand, with a right HS256 signature over whatever it says."""
    body = f"{part(header or {'alg': 'HS256', 'typ': 'at+jwt'})}.{part(claims)}"
    return f"{body}.{part(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def refused(key: TokenKey, token: str, now: datetime = NOW) -> None:
    with pytest.raises(Refusal) as caught:
        key.verify(token, now)
    assert caught.value.code is Code.TOKEN_INVALID


def person_of(claims: Claims | ClientClaims) -> UUID:
    assert isinstance(claims, Claims)
    return claims.person_id


def test_a_token_of_a_client_names_its_secret_and_no_person(key: TokenKey) -> None:
    claims = key.verify(key.issue_for_client(UUID(int=3), UUID(int=4), NOW), NOW)
    assert claims == ClientClaims(UUID(int=3), UUID(int=4), NOW + timedelta(minutes=5))
    own = {"sub": str(UUID(int=3)), "client_id": str(UUID(int=3)), "sid": ..., "credential_id": str(UUID(int=4))}
    assert key.verify(signed(right_claims(**own)), NOW) == claims
    for other in (
        {"client_id": "larande"},
        {"client_id": str(UUID(int=5))},
        {"sid": str(SIGN_IN)},
        {"credential_id": ...},
        {"credential_id": str(UUID(int=4)).upper().replace("0", "O")},
        {"scope": "records:read"},
    ):
        refused(key, signed(right_claims(**(own | other))))


def test_a_token_says_who_and_until_when(key: TokenKey) -> None:
    claims = key.verify(key.issue(PERSON, SIGN_IN, NOW), NOW)
    assert isinstance(claims, Claims)
    assert (claims.person_id, claims.sign_in_id) == (PERSON, SIGN_IN)
    assert claims.expires_at == NOW + timedelta(minutes=5)
    # The hand-made token is otherwise right, so the refusals below are for the reason each names.
    assert person_of(key.verify(signed(right_claims()), NOW)) == PERSON


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "client_id", "sid", "iat", "exp", "jti"])
def test_every_claim_is_demanded(key: TokenKey, name: str) -> None:
    refused(key, signed(right_claims(**{name: ...})))
    refused(key, signed(right_claims(**{name: None})) if name != "jti" else signed({}))


@pytest.mark.parametrize(
    "other",
    [
        {"nbf": int(NOW.timestamp())},
        {"scope": "everything"},
        {"iss": "someone"},
        {"iss": ["larande"]},
        {"aud": "someone"},
        {"aud": ["larande"]},
        {"sub": "not a uuid"},
        {"sub": 7},
        {"sid": [str(SIGN_IN)]},
        {"sid": {"a": 1}},
        {"exp": str(int(NOW.timestamp()) + 300)},
        {"exp": int(NOW.timestamp()) + 300.5},
        {"exp": True},
        {"exp": int(NOW.timestamp()) + 301},
        {"exp": 10**30},
        {"iat": str(int(NOW.timestamp()))},
        {"iat": 10**30, "exp": 10**30 + 300},
        {"iat": -(10**30), "exp": -(10**30) + 300},
        {"iat": int(NOW.timestamp()) + 60, "exp": int(NOW.timestamp()) + 120},
        {"iat": int(NOW.timestamp()), "exp": int(NOW.timestamp())},
        {"iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) - 1},
        {"iat": int(NOW.timestamp()) - 400, "exp": int(NOW.timestamp()) - 100},
    ],
    ids=str,
)
def test_claims_of_the_wrong_kind(key: TokenKey, other: dict[str, Any]) -> None:
    refused(key, signed(right_claims(**other)))


@pytest.mark.parametrize("claims", [[], "text", 7, None, b"not json", b"\xff\xfe", b"[" * 500], ids=str)
def test_claims_that_are_no_object(key: TokenKey, claims: Any) -> None:
    refused(key, signed(claims))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "at+jwt"},
        {"alg": "None", "typ": "at+jwt"},
        {"alg": "HS512", "typ": "at+jwt"},
        {"alg": "hs256", "typ": "at+jwt"},
        {"alg": "RS256", "typ": "at+jwt"},
        {"alg": "ES256", "typ": "at+jwt"},
        {"alg": ["HS256"], "typ": "at+jwt"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "HS256"},
        {"typ": "at+jwt"},
        {"alg": "HS256", "typ": "at+jwt", "crit": ["exp"]},
        {"alg": "HS256", "typ": "at+jwt", "crit": ["b64"], "b64": False},
        {"alg": "HS256", "typ": "at+jwt", "kid": "../../dev/null"},
        {"alg": "HS256", "typ": "at+jwt", "jwk": {"kty": "oct", "k": "AA"}},
        {"alg": "HS256", "typ": "at+jwt", "jku": "https://example.se/keys"},
        ["HS256"],
        b"not json",
    ],
    ids=str,
)
def test_headers_that_are_not_ours(key: TokenKey, header: Any) -> None:
    refused(key, signed(right_claims(), header))


def test_no_signature_is_no_token(key: TokenKey) -> None:
    header, claims, signature = signed(right_claims()).split(".")
    none = part({"alg": "none", "typ": "at+jwt"})
    for token in (f"{none}.{claims}.", f"{none}.{claims}", f"{header}.{claims}.", f"{header}.{claims}", "", ".", ".."):
        refused(key, token)
    refused(key, f"{header}.{claims}.{signature}.{signature}")
    refused(key, f" {header}.{claims}.{signature}")
    refused(key, signed(right_claims(), secret=b"another secret of 32 bytes and more"))
    refused(key, signed(right_claims(), secret=b""))
    refused(key, f"{header}.{part(right_claims(sub=str(uuid4())))}.{signature}")


def test_one_token_has_one_spelling(key: TokenKey) -> None:
    header, claims, signature = signed(right_claims()).split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 32 bytes leave two unused bits in the last letter: three other letters decode to the same bytes.
    same = [
        letter
        for letter in alphabet
        if letter != signature[-1]
        and base64.urlsafe_b64decode(signature[:-1] + letter + "=") == base64.urlsafe_b64decode(signature + "=")
    ]
    assert len(same) == 3
    for letter in same:
        refused(key, f"{header}.{claims}.{signature[:-1]}{letter}")
    for other in (signature + "=", signature + "A", signature[:-1] + "å", signature + "\n"):
        refused(key, f"{header}.{claims}.{other}")


def test_text_that_is_no_token(key: TokenKey) -> None:
    for text in ("ä.ö.å", "\ud800.\ud800.\ud800", "a.b.c", "\x00.\x00.\x00", "x" * 100_000, "." * 100_000):
        refused(key, text)
    refused(key, signed(right_claims(jti="x" * 2000)))


def test_a_public_key_is_no_secret() -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    short_der = [
        made.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        for made in (ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate())
    ]
    for secret in (b"", b"short", b"x" * 31, pem, b"\n" + pem, der, *short_der):
        with pytest.raises(ValueError, match="token secret"):
            TokenKey(secret)


def test_a_token_signed_by_a_private_key_is_refused(key: TokenKey) -> None:
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    token = jws.sign(right_claims(), private.decode(), headers={"typ": "at+jwt"}, algorithm="RS256")
    refused(key, token)


def test_a_remembered_token_still_ends(key: TokenKey) -> None:
    token = key.issue(PERSON, SIGN_IN, NOW)
    for passed in (0, 299, 304):
        assert person_of(key.verify(token, NOW + timedelta(seconds=passed))) == PERSON
    for passed in (305, 306, 10**6):
        refused(key, token, NOW + timedelta(seconds=passed))
    assert not key._verified
    refused(TokenKey(SECRET), token, NOW + timedelta(seconds=305))


def test_a_token_from_the_future_is_refused(key: TokenKey) -> None:
    token = key.issue(PERSON, SIGN_IN, NOW)
    refused(key, token, NOW - timedelta(seconds=6))
    assert person_of(key.verify(token, NOW - timedelta(seconds=5))) == PERSON


def test_only_so_many_tokens_are_remembered(key: TokenKey, monkeypatch: pytest.MonkeyPatch) -> None:
    assert REMEMBERED == 10_000
    monkeypatch.setattr("app.services.tokens.REMEMBERED", 3)
    tokens = [key.issue(UUID(int=number), SIGN_IN, NOW) for number in range(5)]
    for token in tokens:
        key.verify(token, NOW)
    assert len(key._verified) == 3
    assert person_of(key.verify(tokens[0], NOW)) == UUID(int=0)


def test_a_refused_token_is_never_remembered(key: TokenKey) -> None:
    refused(key, signed(right_claims(), secret=b"x" * 32))
    assert not key._verified


def test_pseudonyms_are_keyed_and_of_a_kind(key: TokenKey) -> None:
    assert key.pseudonym("address", "10.0.0.1") == TokenKey(SECRET).pseudonym("address", "10.0.0.1")
    others = {
        key.pseudonym("address", "10.0.0.2"),
        key.pseudonym("person", "10.0.0.1"),
        TokenKey(b"x" * 32).pseudonym("address", "10.0.0.1"),
        hashlib.sha256(b"10.0.0.1").digest(),
    }
    assert key.pseudonym("address", "10.0.0.1") not in others
    assert len(others) == 4
