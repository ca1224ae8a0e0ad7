"""ID tokens: one is right, and everything that is not exactly so is refused."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.identity_provider import SigningAlgorithm
from app.services.id_tokens import (
    CLOCK_LEEWAY,
    Expected,
    IdTokenRefused,
    ProviderKey,
    UnknownKey,
    keys_in,
    subject_of,
)
from tests.hostile_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    a_key,
    base64url,
    claims_for,
    public,
    signed,
    unsigned,
    with_hmac,
)

ISSUER, NONCE = "https://op.example", "n-0S6_WzA2Mj"
KEY, ANOTHERS = a_key("first"), a_key("another's")
Json = dict[str, Any]


def keys(*jwks: Json) -> tuple[ProviderKey, ...]:
    return keys_in(json.dumps({"keys": list(jwks)}).encode())


KEYS = keys(public(KEY))


def right(**more: Any) -> Json:
    return claims_for(ISSUER, NONCE, **more)


def subject(token: str, known: tuple[ProviderKey, ...] = KEYS, **expected: Any) -> str:
    wanted: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "algorithm": SigningAlgorithm.RS256,
        "nonce": NONCE,
        "access_token": "an-access-token",
    }
    return subject_of(token, known, Expected(**wanted | expected), datetime.now(UTC))


def half_hash(text: str) -> str:
    return base64url(hashlib.sha256(text.encode()).digest()[:16])


# --- What is right -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", list(SigningAlgorithm))
def test_a_right_token_is_taken_with_each_algorithm(algorithm: SigningAlgorithm) -> None:
    key = a_key("first", algorithm.value)
    token = signed(right(), key, algorithm=algorithm.value)
    assert subject(token, keys(public(key)), algorithm=algorithm) == "248289761001"


@pytest.mark.parametrize(
    "more",
    [
        {"aud": [CLIENT_ID]},
        {"azp": CLIENT_ID},
        {"at_hash": half_hash("an-access-token")},
        {"nbf": 1},
        {"roles": ["systemAdministrator"], "groups": list(range(1000))},
        {"sub": "x" * 255},
        {"sub": " '; DROP TABLE person; -- "},
    ],
    ids=str,
)
def test_what_else_a_right_token_may_say(more: Json) -> None:
    assert subject(signed(right(**more), KEY)) == more.get("sub", "248289761001")


def test_without_kid_the_only_fitting_key_counts() -> None:
    elliptic = public(a_key("elliptic", "ES256"))
    encrypting = {**public(ANOTHERS), "use": "enc"}
    assert subject(signed(right(), KEY, kid=None), keys(public(KEY), elliptic, encrypting)) == "248289761001"


@pytest.mark.parametrize("header", [{"typ": None}, {"typ": "jwt"}, {"x5t": "abc"}, {"own": "thing"}], ids=str)
def test_what_else_a_header_may_say(header: Json) -> None:
    assert subject(signed(right(), KEY, **header)) == "248289761001"


# --- What is forged --------------------------------------------------------------------------------------------


def _spliced(token: str, **claims: Any) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{base64url(json.dumps(right(**claims)).encode())}.{signature}"


def _other_spelling(token: str) -> str:
    """The last character of a signature of 256 bytes has four bits that mean nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def _twice(name: str, value: Any) -> str:
    text = json.dumps(right())
    return signed(f"{text[:-1]}, {json.dumps(name)}: {json.dumps(value)}}}", KEY)


PEM = KEY.as_pem(private=False)
FORGERIES: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "two parts": lambda: "e30.e30",
    "four parts": lambda: signed(right(), KEY) + ".e30",
    "alg none": lambda: unsigned(right()),
    "alg None": lambda: unsigned(right(), "None"),
    "alg NONE with a signature": lambda: unsigned(right(), "NONE") + "AAAA",
    "alg empty": lambda: unsigned(right(), ""),
    "alg missing": lambda: signed(right(), KEY, alg=None),
    "alg a list": lambda: signed(right(), KEY, alg=["RS256"]),
    "signature missing": lambda: signed(right(), KEY).rsplit(".", 1)[0] + ".",
    "HMAC with the client secret": lambda: with_hmac(right(), CLIENT_SECRET.encode()),
    "HMAC with the public key": lambda: with_hmac(right(), PEM),
    "HMAC that says RS256": lambda: with_hmac(right(), PEM, alg="RS256", kid="first"),
    "another algorithm of the key's": lambda: signed(right(), KEY, algorithm="PS256"),
    "a longer algorithm": lambda: signed(right(), KEY, algorithm="RS512"),
    "an elliptic key of the same name": lambda: signed(right(), a_key("first", "ES256"), algorithm="ES256"),
    "another provider's key": lambda: signed(right(), ANOTHERS),
    "another provider's key by our name": lambda: signed(right(), ANOTHERS, kid="first"),
    "a key in the header": lambda: signed(right(), ANOTHERS, kid="first", jwk=public(ANOTHERS)),
    "an address of keys": lambda: signed(right(), ANOTHERS, kid="first", jku="https://evil.example/jwks"),
    "a certificate": lambda: signed(right(), ANOTHERS, kid="first", x5c=["MIIB"], x5u="https://evil.example"),
    "crit": lambda: signed(right(), KEY, crit=["exp"], exp=1),
    "crit of b64": lambda: signed(right(), KEY, crit=["b64"], b64=False),
    "b64": lambda: signed(right(), KEY, b64=True),
    "zip": lambda: signed(right(), KEY, zip="DEF"),
    "an access token": lambda: signed(right(), KEY, typ="at+jwt"),
    "a logout token": lambda: signed(right(), KEY, typ="logout+jwt"),
    "typ no text": lambda: signed(right(), KEY, typ=7),
    "kid a list": lambda: signed(right(), KEY, kid=["first"]),
    "kid a path": lambda: signed(right(), KEY, kid="../../first"),
    "kid SQL": lambda: signed(right(), KEY, kid="' OR 1=1 --"),
    "other claims under the signature": lambda: _spliced(signed(right(), KEY), sub="another"),
    "signature spelt otherwise": lambda: _other_spelling(signed(right(), KEY)),
    "padding": lambda: signed(right(), KEY) + "==",
    "white space": lambda: signed(right(), KEY) + "\n",
    "standard base64": lambda: signed(right(), KEY).replace("-", "+").replace("_", "/") + "/",
    "claims a list": lambda: signed("[]", KEY),
    "claims a text": lambda: signed('"sub"', KEY),
    "claims no JSON": lambda: signed("{", KEY),
    "claims NaN": lambda: signed('{"sub": NaN}', KEY),
    "claims too deep": lambda: signed("[" * 12_000, KEY),
    "too long": lambda: signed(right(groups=["x" * 30_000]), KEY),
    "sub twice": lambda: _twice("sub", "somebody-else"),
    "iss twice": lambda: _twice("iss", ISSUER),
    "iss missing": lambda: signed(right(iss=None), KEY),
    "iss another": lambda: signed(right(iss="https://other.example"), KEY),
    "iss with a slash": lambda: signed(right(iss=ISSUER + "/"), KEY),
    "iss in capitals": lambda: signed(right(iss="https://OP.example"), KEY),
    "iss below": lambda: signed(right(iss=ISSUER + ".evil.example"), KEY),
    "iss a list": lambda: signed(right(iss=[ISSUER]), KEY),
    "aud missing": lambda: signed(right(aud=None), KEY),
    "aud another": lambda: signed(right(aud="another"), KEY),
    "aud empty": lambda: signed(right(aud=[]), KEY),
    "aud with another": lambda: signed(right(aud=[CLIENT_ID, "another"], azp=CLIENT_ID), KEY),
    "aud twice": lambda: signed(right(aud=[CLIENT_ID, CLIENT_ID]), KEY),
    "aud nested": lambda: signed(right(aud=[[CLIENT_ID]]), KEY),
    "aud an object": lambda: signed(right(aud={CLIENT_ID: 1}), KEY),
    "aud in capitals": lambda: signed(right(aud=CLIENT_ID.upper()), KEY),
    "azp another": lambda: signed(right(azp="another"), KEY),
    "azp a list": lambda: signed(right(azp=[CLIENT_ID]), KEY),
    "nonce missing": lambda: signed(right(nonce=None), KEY),
    "nonce another": lambda: signed(right(nonce="another"), KEY),
    "nonce empty": lambda: signed(right(nonce=""), KEY),
    "nonce a list": lambda: signed(right(nonce=[NONCE]), KEY),
    "nonce half a letter": lambda: signed(right(nonce="\ud800"), KEY),
    "exp missing": lambda: signed(right(exp=None), KEY),
    "exp past": lambda: signed(right(exp=int(time.time()) - 61), KEY),
    "exp text": lambda: signed(right(exp=str(int(time.time()) + 300)), KEY),
    "exp with a part": lambda: signed(right(exp=time.time() + 300.5), KEY),
    "exp yes": lambda: signed(right(exp=True), KEY),
    "exp negative": lambda: signed(right(exp=-1), KEY),
    "iat missing": lambda: signed(right(iat=None), KEY),
    "iat ahead": lambda: signed(right(iat=int(time.time()) + 120), KEY),
    "iat long ago": lambda: signed(right(iat=int(time.time()) - 3600), KEY),
    "iat text": lambda: signed(right(iat="now"), KEY),
    "nbf ahead": lambda: signed(right(nbf=int(time.time()) + 120), KEY),
    "nbf text": lambda: signed(right(nbf="0"), KEY),
    "at_hash another": lambda: signed(right(at_hash=half_hash("another")), KEY),
    "at_hash empty": lambda: signed(right(at_hash=""), KEY),
    "at_hash null": lambda: signed(json.dumps(right() | {"at_hash": None}), KEY),
    "sub missing": lambda: signed(right(sub=None), KEY),
    "sub empty": lambda: signed(right(sub=""), KEY),
    "sub a number": lambda: signed(right(sub=248289761001), KEY),
    "sub a list": lambda: signed(right(sub=["248289761001"]), KEY),
    "sub NUL": lambda: signed(right(sub="248289761001\x00"), KEY),
    "sub line break": lambda: signed(right(sub="248289761001\n"), KEY),
    "sub beyond ASCII": lambda: signed(right(sub="2482897610०1"), KEY),
    "sub look-alike": lambda: signed(right(sub="аdmin"), KEY),
    "sub too long": lambda: signed(right(sub="x" * 256), KEY),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_tokens_are_refused(name: str) -> None:
    with pytest.raises(IdTokenRefused) as refused:
        subject(FORGERIES[name]())
    # What goes to the log is a word of ours.
    assert str(refused.value) in {
        *("form", "alg", "header", "kid", "signature", "iss", "aud", "azp", "time", "exp", "iat"),
        *("nonce", "at_hash", "sub"),
    }


def test_an_access_token_that_is_left_out_has_no_hash() -> None:
    with pytest.raises(IdTokenRefused, match="at_hash"):
        subject(signed(right(at_hash=half_hash("an-access-token")), KEY), access_token=None)


def test_clocks_may_differ_by_a_minute() -> None:
    now, leeway = int(time.time()), int(CLOCK_LEEWAY.total_seconds())
    assert subject(signed(right(iat=now + leeway - 2, exp=now + 300), KEY))
    assert subject(signed(right(exp=now - leeway + 2), KEY))


@given(st.data())
def test_no_change_of_a_right_token_is_taken(data: st.DataObject) -> None:
    token = signed(right(), KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii"))
    changed = token[:place] + other + token[place + 1 :]
    if changed != token:
        with pytest.raises(IdTokenRefused):
            subject(changed)


# --- Key sets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "kid": "first", "k": base64.urlsafe_b64encode(b"x" * 32).decode()},
        {**public(KEY), "use": "enc"},
        {**public(KEY), "use": ["sig"]},
        {**public(KEY), "key_ops": ["encrypt"]},
        {**public(KEY), "key_ops": "verify"},
        {**public(KEY), "alg": "PS256"},
        {**public(KEY), "alg": 7},
        {**public(KEY), "kid": 7},
        {**public(KEY), "n": ""},
        {**public(KEY), "n": 7},
        {**public(KEY), "n": "not base64!"},
        {**public(KEY), "n": base64url(b"\xff" * 100_000)},
        {**public(KEY), "e": "AQ"},
        {**public(KEY), "e": "Ag"},
        {**public(KEY), "e": base64url(b"\xff" * 256)},
        {**public(a_key("short", bits=1024)), "kid": "first"},
        {**public(a_key("first", "ES256")), "crv": "P-384"},
        {**public(a_key("first", "ES256")), "x": base64url(b"\x01" * 32)},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        {},
        "RSA",
        None,
    ],
)
def test_keys_that_will_not_do_are_passed_over(jwk: Any) -> None:
    token = signed(right(), KEY)
    with pytest.raises(UnknownKey):
        subject(token, keys(jwk))
    assert subject(token, keys(jwk, public(KEY))) == "248289761001"


def test_a_short_key_vouches_for_nobody() -> None:
    short = a_key("short", bits=1024)
    with pytest.raises(UnknownKey):
        subject(signed(right(), short), keys(public(short)))


def test_two_keys_of_one_name_are_nobodys() -> None:
    token = signed(right(), KEY)
    with pytest.raises(IdTokenRefused, match="kid"):
        subject(token, keys(public(KEY), {**public(ANOTHERS), "kid": "first"}))
    with pytest.raises(IdTokenRefused, match="kid"):
        subject(signed(right(), KEY, kid=None), keys(public(KEY), public(ANOTHERS)))


def test_a_private_key_in_the_set_is_used_as_the_public_one_it_contains() -> None:
    (found,) = keys(KEY.as_dict(private=True))
    assert not found.key.is_private


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": [], "keys": []}',
        b"\xff",
        b"[" * 100_000,
        b'{"keys": [' + b"{}," * 60 + b"{}]}",
    ],
    ids=lambda document: str(document[:20]),
)
def test_what_is_no_key_set(document: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        keys_in(document)
