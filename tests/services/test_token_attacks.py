"""Access tokens under attack: everything that is not exactly ours is refused, and in the same way.

Each attack is named. They are made by hand with the real key where the signature has to be right, so that what is
refused is what the name says and nothing else (`test_made_by_hand_they_are_right_too` in test_tokens).
"""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.services.errors import Code, Refusal
from app.services.token_keys import new_pair
from app.services.tokens import Claims, ClientClaims, TokenKey
from tests.long import sized
from tests.tokens import (
    CLIENT,
    CREDENTIAL,
    NOW,
    ORDER,
    PAIR,
    PERSON,
    SIGN_IN,
    a_key,
    client_claims,
    halves,
    joined,
    part,
    private_key,
    raw,
    right_claims,
    right_header,
    signed,
    unsigned,
    with_hmac,
)

THEN = int(NOW.timestamp())
OTHER = new_pair(NOW)
PUBLIC = private_key(PAIR).public_key()
BODY, SIGNATURE = signed().rsplit(".", 1)
HEADER, PAYLOAD = BODY.split(".")
R, S = halves(PAIR, BODY)


def public(encoding: serialization.Encoding, form: serialization.PublicFormat) -> bytes:
    return PUBLIC.public_bytes(encoding, form)


def with_signature(signature: bytes, body: str = BODY) -> str:
    return f"{body}.{part(signature)}"


def literal(header: str | None = None, claims: str | None = None) -> str:
    """A rightly signed token whose header or claims are this very text."""
    return signed(
        claims.encode() if claims is not None else None,
        header.encode() if header is not None else None,
    )


def told(claims: dict[str, Any]) -> str:
    return json.dumps(claims, separators=(",", ":"))


# --- Whose signature it is ----------------------------------------------------------------------------------------


def rs256() -> str:
    private = rsa.generate_private_key(65537, 2048)
    body = unsigned(header=right_header(alg="RS256"))
    return with_signature(private.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()), body)


def es384_on_another_curve() -> str:
    body = unsigned(header=right_header(alg="ES384"))
    r, s = decode_dss_signature(ec.generate_private_key(ec.SECP384R1()).sign(body.encode(), ec.ECDSA(hashes.SHA384())))
    return with_signature(r.to_bytes(48, "big") + s.to_bytes(48, "big"), body)


def on_another_curve() -> str:
    """Of the same length, from secp256k1."""
    private = ec.generate_private_key(ec.SECP256K1())
    while True:
        r, s = decode_dss_signature(private.sign(BODY.encode(), ec.ECDSA(hashes.SHA256())))
        if s <= ORDER // 2:
            return with_signature(joined(r, s))


def eddsa() -> str:
    body = unsigned(header=right_header(alg="EdDSA"))
    return with_signature(ed25519.Ed25519PrivateKey.generate().sign(body.encode()), body)


def with_own_key(**where: Any) -> str:
    """Signed with the attacker's key, which the header itself brings or points to."""
    return signed(header=right_header(**where), pair=OTHER)


SPKI, POINT = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.UncompressedPoint
SIGNATURES: dict[str, Callable[[], str]] = {
    "alg none, unsigned": lambda: unsigned(header=right_header(alg="none")) + ".",
    "alg None, unsigned": lambda: unsigned(header=right_header(alg="None")) + ".",
    "alg NONE, unsigned": lambda: unsigned(header=right_header(alg="NONE")) + ".",
    "alg nOnE, unsigned": lambda: unsigned(header=right_header(alg="nOnE")) + ".",
    "alg empty, unsigned": lambda: unsigned(header=right_header(alg="")) + ".",
    "alg none, two parts": lambda: unsigned(header=right_header(alg="none")),
    "alg none, with our signature": lambda: f"{unsigned(header=right_header(alg='none'))}.{SIGNATURE}",
    "alg none, rightly signed": lambda: signed(header=right_header(alg="none")),
    "alg missing": lambda: signed(header=right_header(alg=...)),
    "alg null": lambda: signed(header=right_header(alg=None)),
    "alg a list": lambda: signed(header=right_header(alg=["ES256"])),
    "alg in small letters": lambda: signed(header=right_header(alg="es256")),
    "alg with a blank": lambda: signed(header=right_header(alg="ES256 ")),
    "alg ES384, signed as ES256": lambda: signed(header=right_header(alg="ES384")),
    "alg HS256, signed as ES256": lambda: signed(header=right_header(alg="HS256")),
    "HS256 with the public key in PEM": lambda: with_hmac(public(serialization.Encoding.PEM, SPKI)),
    "HS256 with the public key in PEM, trimmed": lambda: with_hmac(public(serialization.Encoding.PEM, SPKI).strip()),
    "HS256 with the public key in DER": lambda: with_hmac(public(serialization.Encoding.DER, SPKI)),
    "HS256 with the public key as JWK": lambda: with_hmac(json.dumps(PAIR.public_jwk).encode()),
    "HS256 with the public key as JWK, compact": lambda: with_hmac(told(PAIR.public_jwk).encode()),
    "HS256 with the JWK Set": lambda: with_hmac(told(a_key().public_keys(NOW)).encode()),
    "HS256 with the raw point": lambda: with_hmac(public(serialization.Encoding.X962, POINT)),
    "HS256 with the coordinate x": lambda: with_hmac(raw(PAIR.public_jwk["x"])),
    "HS256 with the key's name": lambda: with_hmac(PAIR.kid.encode()),
    "HS256 with an empty key": lambda: with_hmac(b""),
    "HS256 with the token secret of pseudonyms": lambda: with_hmac(b"0123456789abcdef0123456789abcdef"),
    "HS384 with the public key": lambda: with_hmac(public(serialization.Encoding.PEM, SPKI), "HS384"),
    "HS512 with the public key": lambda: with_hmac(public(serialization.Encoding.PEM, SPKI), "HS512"),
    "HMAC of the public key under alg ES256": lambda: with_signature(
        raw(with_hmac(public(serialization.Encoding.PEM, SPKI)).rsplit(".", 1)[1])
    ),
    "a token of the former program": lambda: signed(header={"alg": "HS256", "typ": "at+jwt"}),
    "RS256": rs256,
    "ES384 on P-384": es384_on_another_curve,
    "ES256 on secp256k1": on_another_curve,
    "EdDSA": eddsa,
    "the key of another installation": lambda: signed(header=right_header(kid=OTHER.kid), pair=OTHER),
    "another installation's key under our name": lambda: signed(pair=OTHER),
    "jwk in the header": lambda: with_own_key(jwk=OTHER.public_jwk),
    "jku in the header": lambda: with_own_key(jku="https://evil.example/jwks.json"),
    "x5u in the header": lambda: with_own_key(x5u="https://evil.example/cert.pem"),
    "x5c in the header": lambda: with_own_key(x5c=[base64.b64encode(b"certificate").decode()]),
    "x5t in the header": lambda: with_own_key(x5t="AAAA"),
    "our signature on other claims": lambda: f"{HEADER}.{part(right_claims(sub=str(CLIENT)))}.{SIGNATURE}",
    "our signature under another header": lambda: f"{part(told(right_header()).encode() + b' ')}.{PAYLOAD}.{SIGNATURE}",
}

# --- What a signature is ------------------------------------------------------------------------------------------

MATHEMATICS: dict[str, Callable[[], str]] = {
    "no signature": lambda: f"{BODY}.",
    "the other signature, r and n-s": lambda: with_signature(joined(R, ORDER - S)),
    "psychic: r and s are 0": lambda: with_signature(joined(0, 0)),
    "r is 0": lambda: with_signature(joined(0, S)),
    "s is 0": lambda: with_signature(joined(R, 0)),
    "r is n": lambda: with_signature(joined(ORDER, S)),
    "s is n": lambda: with_signature(joined(R, ORDER)),
    "r and s are n": lambda: with_signature(joined(ORDER, ORDER)),
    "r and s are 1": lambda: with_signature(joined(1, 1)),
    "r is the other one's x": lambda: with_signature(joined(ORDER - R, S)),
    "r and s are all ones": lambda: with_signature(b"\xff" * 64),
    "r and s in the other order": lambda: with_signature(joined(S, R)),
    "in DER": lambda: with_signature(encode_dss_signature(R, S)),
    "in hexadecimal": lambda: with_signature(joined(R, S).hex().encode()),
    "truncated by a byte": lambda: with_signature(joined(R, S)[:-1]),
    "half of it": lambda: with_signature(joined(R, S)[:32]),
    "a byte more": lambda: with_signature(joined(R, S) + b"\x00"),
    "with leading zeros": lambda: with_signature(b"\x00" + R.to_bytes(32, "big") + b"\x00" + S.to_bytes(32, "big")),
    "twice": lambda: with_signature(joined(R, S) * 2),
    "of the claims alone": lambda: with_signature(joined(*halves(PAIR, PAYLOAD))),
    "of the header alone": lambda: with_signature(joined(*halves(PAIR, HEADER))),
    "of nothing": lambda: with_signature(joined(*halves(PAIR, ""))),
}

# --- Headers ------------------------------------------------------------------------------------------------------

HEADERS: dict[str, Callable[[], str]] = {
    "typ JWT": lambda: signed(header=right_header(typ="JWT")),
    "typ missing": lambda: signed(header=right_header(typ=...)),
    "typ null": lambda: signed(header=right_header(typ=None)),
    "typ application/at+jwt": lambda: signed(header=right_header(typ="application/at+jwt")),
    "typ AT+JWT": lambda: signed(header=right_header(typ="AT+JWT")),
    "typ of an ID token's kind": lambda: signed(header=right_header(typ="id+jwt")),
    "typ of a logout token": lambda: signed(header=right_header(typ="logout+jwt")),
    "typ a list": lambda: signed(header=right_header(typ=["at+jwt"])),
    "crit with exp": lambda: signed(header=right_header(crit=["exp"])),
    "crit with b64": lambda: signed(header=right_header(crit=["b64"], b64=False)),
    "crit with something unknown": lambda: signed(header=right_header(crit=["http://evil.example"])),
    "crit empty": lambda: signed(header=right_header(crit=[])),
    "b64 false": lambda: signed(header=right_header(b64=False)),
    "cty JWT: one token in another": lambda: signed(signed().encode(), right_header(cty="JWT")),
    "cty JWT": lambda: signed(header=right_header(cty="JWT")),
    "zip DEF": lambda: signed(header=right_header(zip="DEF")),
    "enc": lambda: signed(header=right_header(enc="A256GCM")),
    "claims repeated in the header": lambda: signed(header=right_header(iss="larande")),
    "kid missing": lambda: signed(header=right_header(kid=...)),
    "kid null": lambda: signed(header=right_header(kid=None)),
    "kid a number": lambda: signed(header=right_header(kid=0)),
    "kid a list": lambda: signed(header=right_header(kid=[PAIR.kid])),
    "kid an object": lambda: signed(header=right_header(kid={"kid": PAIR.kid})),
    "kid empty": lambda: signed(header=right_header(kid="")),
    "kid unknown": lambda: signed(header=right_header(kid="A" * 43)),
    "kid a path": lambda: signed(header=right_header(kid="../../../../../../dev/null")),
    "kid a path with a NUL": lambda: signed(header=right_header(kid="/dev/null\x00.pem")),
    "kid SQL": lambda: signed(header=right_header(kid="x' UNION SELECT 'secret' --")),
    "kid a command": lambda: signed(header=right_header(kid="$(cat /etc/passwd)")),
    "kid huge": lambda: signed(header=right_header(kid="A" * 100_000)),
    "kid in another case": lambda: signed(header=right_header(kid=PAIR.kid.swapcase())),
    "kid with a blank": lambda: signed(header=right_header(kid=f"{PAIR.kid} ")),
    "kid a file's name": lambda: signed(header=right_header(kid=f"{PAIR.kid}.pem")),
    "kid twice": lambda: literal(f'{{"alg":"ES256","kid":"{"A" * 43}","kid":"{PAIR.kid}","typ":"at+jwt"}}'),
    "alg twice": lambda: literal(f'{{"alg":"none","alg":"ES256","kid":"{PAIR.kid}","typ":"at+jwt"}}'),
    "typ twice": lambda: literal(f'{{"alg":"ES256","kid":"{PAIR.kid}","typ":"JWT","typ":"at+jwt"}}'),
    "alg in two spellings": lambda: literal(f'{{"ALG":"none","alg":"ES256","kid":"{PAIR.kid}","typ":"at+jwt"}}'),
    "header a list": lambda: signed(header=["ES256"]),
    "header a text": lambda: signed(header="ES256"),
    "header null": lambda: literal("null"),
    "header empty": lambda: signed(header=b""),
    "header an empty object": lambda: signed(header={}),
    "header no JSON": lambda: literal("alg: ES256"),
    "header with a byte order mark": lambda: literal("\ufeff" + told(right_header())),
    "header in UTF-16": lambda: signed(header=told(right_header()).encode("utf-16-le")),
    "header no UTF-8": lambda: signed(header=b"\xff\xfe" + told(right_header()).encode()),
    "header with a comma too many": lambda: literal(told(right_header())[:-1] + ",}"),
    "header with something after it": lambda: literal(told(right_header()) + "{}"),
    "header nested deeply": lambda: literal("[" * 700),
}

# --- Claims: each missing, each of each wrong kind ----------------------------------------------------------------


def wrong(claims: Callable[..., dict[str, Any]], name: str, value: Any) -> str:
    return signed(claims(**{name: value}))


def wrong_values() -> Iterator[tuple[str, Callable[[], str]]]:
    kinds: dict[str, Any] = {
        "null": None,
        "true": True,
        "false": False,
        "0": 0,
        "a number": 17,
        "negative": -1,
        "a fraction": 1.5,
        "huge": 10**30,
        "empty": "",
        "a text": "text",
        "a list": [],
        "an object": {},
        "nested": {"a": [{"b": None}]},
    }
    for claims in (right_claims, client_claims):
        whose = "person's" if claims is right_claims else "client's"
        for name, right in claims().items():
            yield f"{whose} {name} missing", partial(wrong, claims, name, ...)
            wrapped = {"in a list": [right], "in an object": {name: right}}
            other = {"as a fraction": float(right), "as a text": str(right)} if isinstance(right, int) else {}
            for kind, value in (kinds | wrapped | other).items():
                if name == "jti" and isinstance(value, str) and value:
                    continue  # any text is one
                yield f"{whose} {name} {kind}", partial(wrong, claims, name, value)


CLAIMS: dict[str, Callable[[], str]] = {
    **dict(wrong_values()),
    "aud a list with the right one": lambda: signed(right_claims(aud=["larande", "other"])),
    "aud of somebody else": lambda: signed(right_claims(aud="other")),
    "aud in another case": lambda: signed(right_claims(aud="Larande")),
    "iss of somebody else": lambda: signed(right_claims(iss="https://idp.example")),
    "iss with a slash": lambda: signed(right_claims(iss="larande/")),
    "expired": lambda: signed(right_claims(iat=THEN - 400, exp=THEN - 100)),
    "expired by a second more than clocks differ": lambda: signed(right_claims(iat=THEN - 305, exp=THEN - 5)),
    "good for too long": lambda: signed(right_claims(exp=THEN + 301)),
    "good for a year": lambda: signed(right_claims(exp=THEN + 365 * 86400)),
    "good for ever": lambda: signed(right_claims(exp=2**63)),
    "expires when it begins": lambda: signed(right_claims(exp=THEN)),
    "expires before it begins": lambda: signed(right_claims(exp=THEN - 1)),
    "from the future": lambda: signed(right_claims(iat=THEN + 6, exp=THEN + 300)),
    "from the far future": lambda: signed(right_claims(iat=10**12, exp=10**12 + 300)),
    "before time": lambda: signed(right_claims(iat=-300, exp=0)),
    "exp not a number": lambda: literal(claims=told(right_claims()).replace(str(THEN + 300), "NaN")),
    "exp infinite": lambda: literal(claims=told(right_claims()).replace(str(THEN + 300), "Infinity")),
    "exp with an exponent": lambda: literal(claims=told(right_claims()).replace(str(THEN + 300), "2e9")),
    "exp of thousands of digits": lambda: literal(claims=told(right_claims()).replace(str(THEN + 300), "1" * 600)),
    "nbf in the past": lambda: signed(right_claims(nbf=THEN - 10)),
    "nbf in the future": lambda: signed(right_claims(nbf=THEN + 10)),
    "scope": lambda: signed(right_claims(scope="everything")),
    "roles": lambda: signed(right_claims(roles=["systemAdministrator"])),
    "a client's with no scope in it": lambda: signed(client_claims(scope="")),
    "a client's scopes in another order": lambda: signed(client_claims(scope="units:read people:read")),
    "a client's scope twice": lambda: signed(client_claims(scope="units:read units:read")),
    "a client's scopes as a list": lambda: signed(client_claims(scope=["records:read"])),
    "a client's scopes with two spaces": lambda: signed(client_claims(scope="people:read  units:read")),
    "a client's scope null": lambda: signed(client_claims(scope=None)),
    "sub in capitals": lambda: signed(right_claims(sub="0000000A-0000-0000-0000-00000000000B")),
    "sub in braces": lambda: signed(right_claims(sub=f"{{{PERSON}}}")),
    "sub as a URN": lambda: signed(right_claims(sub=f"urn:uuid:{PERSON}")),
    "sub without hyphens": lambda: signed(right_claims(sub=PERSON.hex)),
    "sub with a blank": lambda: signed(right_claims(sub=f"{PERSON} ")),
    "sub SQL": lambda: signed(right_claims(sub="' OR 1=1 --")),
    "a person as a client": lambda: signed(right_claims(client_id=str(PERSON))),
    "a person with a client's credential": lambda: signed(right_claims(credential_id=str(CREDENTIAL))),
    "a person with a client's credential for the sign-in": lambda: signed(
        right_claims(sid=..., credential_id=str(CREDENTIAL))
    ),
    "a client as a person": lambda: signed(client_claims(client_id="larande")),
    "a client with a sign-in": lambda: signed(client_claims(sid=str(SIGN_IN))),
    "a client with a sign-in for the credential": lambda: signed(client_claims(credential_id=..., sid=str(SIGN_IN))),
    "a client that is another": lambda: signed(client_claims(client_id=str(PERSON))),
    "sub twice": lambda: literal(claims=told(right_claims())[:-1] + f',"sub":"{CLIENT}"}}'),
    "exp twice": lambda: literal(claims=f'{{"exp":{THEN - 100},' + told(right_claims())[1:]),
    "sid twice, the same": lambda: literal(claims=told(right_claims())[:-1] + f',"sid":"{SIGN_IN}"}}'),
    "sub twice, once escaped": lambda: literal(claims=told(right_claims())[:-1] + f',"s\\u0075b":"{CLIENT}"}}'),
    "claims a list": lambda: signed([right_claims()]),
    "claims a text": lambda: signed("text"),
    "claims a number": lambda: signed(7),
    "claims null": lambda: literal(claims="null"),
    "claims empty": lambda: signed(b""),
    "claims an empty object": lambda: signed({}),
    "claims no JSON": lambda: signed(b"not json"),
    "claims no UTF-8": lambda: signed(b"\xff\xfe"),
    "claims with a byte order mark": lambda: literal(claims="\ufeff" + told(right_claims())),
    "claims with something after them": lambda: literal(claims=told(right_claims()) + "{}"),
    "claims with a comment": lambda: literal(claims="/**/" + told(right_claims())),
    "claims nested deeply": lambda: literal(claims="[" * 600),
    "a claim nested deeply": lambda: literal(claims=told(right_claims())[:-1] + ',"a":' + "[" * 200 + "]" * 200 + "}"),
}

# --- Spelling -----------------------------------------------------------------------------------------------------


def other_spelling(text: str) -> str:
    """The same bytes by a last letter whose unused bits are not zero."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return next(
        text[:-1] + letter for letter in alphabet if letter != text[-1] and raw(text[:-1] + letter) == raw(text)
    )


def refilled(size: int) -> str:
    """Claims whose last letter has unused bits."""
    return part(told(right_claims(jti="x" * size)).encode())


def padded_claims() -> str:
    size = next(size for size in range(1, 4) if len(refilled(size)) % 4)
    body = f"{HEADER}.{other_spelling(refilled(size))}"
    return with_signature(joined(*halves(PAIR, body)), body)


def json_serialisation(flattened: bool) -> str:
    signature = {"protected": HEADER, "signature": SIGNATURE}
    return json.dumps({"payload": PAYLOAD} | (signature if flattened else {"signatures": [signature]}))


def encrypted() -> str:
    """A JWE in five parts, with a key that both have agreed on."""
    header = part({"alg": "dir", "enc": "A256GCM", "kid": PAIR.kid, "typ": "at+jwt"})
    sealed = AESGCM(b"x" * 32).encrypt(b"y" * 12, told(right_claims()).encode(), header.encode())
    return f"{header}..{part(b'y' * 12)}.{part(sealed[:-16])}.{part(sealed[-16:])}"


SPELLINGS: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "a point": lambda: ".",
    "two points": lambda: "..",
    "one part": lambda: HEADER,
    "two parts": lambda: BODY,
    "four parts": lambda: f"{BODY}.{SIGNATURE}.{SIGNATURE}",
    "five parts": lambda: f"{BODY}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}",
    "a point at the end": lambda: f"{BODY}.{SIGNATURE}.",
    "a point in front": lambda: f".{BODY}.{SIGNATURE}",
    "no claims": lambda: f"{HEADER}..{SIGNATURE}",
    "detached claims, rightly signed": lambda: with_signature(joined(*halves(PAIR, f"{HEADER}.")), f"{HEADER}."),
    "unused bits in the signature": lambda: f"{BODY}.{other_spelling(SIGNATURE)}",
    "unused bits in the claims, rightly signed": padded_claims,
    "padding after the signature": lambda: f"{BODY}.{SIGNATURE}==",
    "padding after the header": lambda: f"{HEADER}=.{PAYLOAD}.{SIGNATURE}",
    "one letter too many": lambda: f"{BODY}.{SIGNATURE}A",
    "one letter too few": lambda: f"{BODY}.{SIGNATURE[:-1]}",
    "a blank in front": lambda: f" {BODY}.{SIGNATURE}",
    "a blank at the end": lambda: f"{BODY}.{SIGNATURE} ",
    "a blank inside": lambda: f"{BODY}.{SIGNATURE[:9]} {SIGNATURE[9:]}",
    "a line break at the end": lambda: f"{BODY}.{SIGNATURE}\n",
    "a line break inside": lambda: f"{BODY}.{SIGNATURE[:9]}\r\n{SIGNATURE[9:]}",
    "a NUL at the end": lambda: f"{BODY}.{SIGNATURE}\x00",
    "the other alphabet": lambda: with_signature_of_signs().replace("-", "+").replace("_", "/"),
    "letters beyond ASCII": lambda: f"{BODY}.{SIGNATURE[:-1]}å",
    "wide letters": lambda: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in f"{BODY}.{SIGNATURE}"),
    "lone surrogates": lambda: "\ud800.\ud800.\ud800",
    "two tokens with a comma": lambda: f"{BODY}.{SIGNATURE},{BODY}.{SIGNATURE}",
    "the scheme again": lambda: f"Bearer {BODY}.{SIGNATURE}",
    "in quotes": lambda: f'"{BODY}.{SIGNATURE}"',
    "JSON serialisation": lambda: json_serialisation(flattened=False),
    "JSON serialisation, flattened": lambda: json_serialisation(flattened=True),
    "encrypted": encrypted,
    "a megabyte of letters": lambda: "x" * 2**20,
    "a megabyte of points": lambda: "." * 2**20,
    "a megabyte of claims, rightly signed": lambda: signed(right_claims(jti="x" * 2**20)),
    "a megabyte of blanks, rightly signed": lambda: literal(claims=told(right_claims()) + " " * 2**20),
    "a little longer than any of ours, rightly signed": lambda: literal(claims=told(right_claims()) + " " * 500),
    "a number": lambda: "17",
    "a refresh token": lambda: "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r",
    "an ID token's claims": lambda: signed(right_claims(sid=..., nonce="n", email="a@example.se")),
}


def with_signature_of_signs() -> str:
    """A token in whose signature both letters stand that the two alphabets write differently."""
    while True:
        token = signed()
        if {"-", "_"} <= set(token.rsplit(".", 1)[1]):
            return token


GROUPS = {
    "signature": SIGNATURES,
    "mathematics": MATHEMATICS,
    "header": HEADERS,
    "claims": CLAIMS,
    "spelling": SPELLINGS,
}
ATTACKS = {f"{group}: {name}": make for group, attacks in GROUPS.items() for name, make in attacks.items()}


def accepted(key: TokenKey, token: str) -> Claims | ClientClaims | None:
    try:
        return key.verify(token, NOW)
    except Refusal as refusal:
        if refusal.code is not Code.TOKEN_INVALID:
            raise
        return None


def test_there_are_enough_of_them() -> None:
    by_hand = len(ATTACKS) - len(dict(wrong_values()))
    assert by_hand >= 60, by_hand
    assert len(ATTACKS) >= 400, len(ATTACKS)


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_is_accepted(name: str) -> None:
    key = a_key()
    assert accepted(key, ATTACKS[name]()) is None
    assert not key._verified
    # And the key takes what is right, so it was not broken by anything.
    assert accepted(key, signed()) is not None


def test_the_other_signature_is_no_way_around_what_is_remembered() -> None:
    """It is right by the mathematics, so only its spelling keeps it out."""
    key = a_key()
    assert accepted(key, with_signature(joined(R, S))) is not None
    other = joined(R, ORDER - S)
    PUBLIC.verify(encode_dss_signature(R, ORDER - S), BODY.encode(), ec.ECDSA(hashes.SHA256()))
    assert accepted(key, with_signature(other)) is None
    assert len(key._verified) == 1


# --- Mutations drawn by lot ---------------------------------------------------------------------------------------

LETTERS = string.ascii_letters + string.digits + "-_.=+/ \n\x00å"


def flip_a_bit(token: str, _other: str, chance: random.Random) -> str:
    place, bit = chance.randrange(len(token)), chance.randrange(7)
    return token[:place] + chr(ord(token[place]) ^ (1 << bit)) + token[place + 1 :]


def flip_a_bit_inside(token: str, _other: str, chance: random.Random) -> str:
    """Of what the letters stand for."""
    parts = token.split(".")
    number = chance.randrange(3)
    inside = bytearray(raw(parts[number]))
    inside[chance.randrange(len(inside))] ^= 1 << chance.randrange(8)
    parts[number] = part(bytes(inside))
    return ".".join(parts)


def swap_letters(token: str, _other: str, chance: random.Random) -> str:
    one, two = sorted(chance.sample(range(len(token)), 2))
    return token[:one] + token[two] + token[one + 1 : two] + token[one] + token[two + 1 :]


def put_a_letter(token: str, _other: str, chance: random.Random) -> str:
    place = chance.randrange(len(token) + 1)
    return token[:place] + chance.choice(LETTERS) + token[place:]


def change_a_letter(token: str, _other: str, chance: random.Random) -> str:
    place = chance.randrange(len(token))
    return token[:place] + chance.choice(LETTERS) + token[place + 1 :]


def take_letters(token: str, _other: str, chance: random.Random) -> str:
    place = chance.randrange(len(token))
    return token[:place] + token[place + chance.randint(1, 5) :]


def change_case(token: str, _other: str, chance: random.Random) -> str:
    place = chance.randrange(len(token))
    return token[:place] + token[place : place + chance.randint(1, 20)].swapcase() + token[place + 20 :]


def repeat_letters(token: str, _other: str, chance: random.Random) -> str:
    place = chance.randrange(len(token))
    return token[: place + chance.randint(1, 9)] + token[place:]


def cut(token: str, _other: str, chance: random.Random) -> str:
    return token[: chance.randrange(len(token))]


def mix_parts(token: str, other: str, chance: random.Random) -> str:
    return ".".join(chance.choice(pair) for pair in zip(token.split("."), other.split("."), strict=True))


def mix_halves(token: str, other: str, _chance: random.Random) -> str:
    """r of one signature and s of another."""
    body, signature = token.rsplit(".", 1)
    return with_signature(raw(signature)[:32] + raw(other.rsplit(".", 1)[1])[32:], body)


def move_a_point(token: str, _other: str, chance: random.Random) -> str:
    letters = token.replace(".", "")
    one, two = sorted(chance.sample(range(1, len(letters)), 2))
    return f"{letters[:one]}.{letters[one:two]}.{letters[two:]}"


MUTATIONS = (
    flip_a_bit,
    flip_a_bit_inside,
    swap_letters,
    put_a_letter,
    change_a_letter,
    take_letters,
    change_case,
    repeat_letters,
    cut,
    mix_parts,
    mix_halves,
    move_a_point,
)


def test_no_mutation_of_a_valid_token_is_accepted() -> None:
    chance = random.Random(20261123)  # noqa: S311
    key = a_key()
    valid = [
        key.issue(PERSON, SIGN_IN, NOW) if number % 2 else key.issue_for_client(CLIENT, CREDENTIAL, NOW)
        for number in range(sized(100, 1000))
    ]
    kept = set(valid)
    assert all(accepted(key, token) is not None for token in valid)
    tried = 0
    for token in valid:
        for mutate in MUTATIONS:
            for _ in range(sized(1, 5)):
                mutated = mutate(token, chance.choice(valid), chance)
                if mutated in kept:
                    continue  # nothing was changed, or it has become another valid one
                tried += 1
                assert accepted(key, mutated) is None, (mutate.__name__, token, mutated)
    assert tried > len(valid) * len(MUTATIONS) * 0.9
