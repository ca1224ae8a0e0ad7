"""Access tokens: what they say, for how long, and what is remembered of them. The attacks are in test_token_attacks."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.services.errors import Code, Refusal
from app.services.token_keys import KeyRing, Unsaved, new_pair, ring_of
from app.services.tokens import LIFETIME, LONGEST, REMEMBERED, Claims, ClientClaims, TokenKey, is_low, lowered
from tests.tokens import (
    CLIENT,
    CREDENTIAL,
    NOW,
    ORDER,
    PAIR,
    PERSON,
    SECRET,
    SIGN_IN,
    a_key,
    client_claims,
    joined,
    raw,
    right_claims,
    right_header,
    signed,
)

SECOND = timedelta(seconds=1)


@pytest.fixture
def key() -> TokenKey:
    return a_key()


def refused(key: TokenKey, token: str, now: object = NOW) -> None:
    with pytest.raises(Refusal) as caught:
        key.verify(token, now)  # type: ignore[arg-type]
    assert caught.value.code is Code.TOKEN_INVALID


# --- What they say --------------------------------------------------------------------------------------------------


def test_a_persons_token_says_who_by_which_sign_in_and_until_when(key: TokenKey) -> None:
    claims = key.verify(key.issue(PERSON, SIGN_IN, NOW), NOW)
    assert claims == Claims(PERSON, SIGN_IN, NOW + timedelta(minutes=5))


def test_a_clients_token_names_its_secret_and_no_person(key: TokenKey) -> None:
    claims = key.verify(key.issue_for_client(CLIENT, CREDENTIAL, NOW), NOW)
    assert claims == ClientClaims(CLIENT, CREDENTIAL, NOW + timedelta(minutes=5))


def test_a_clients_token_names_scopes_only_where_it_asked_for_no_more(key: TokenKey) -> None:
    asked = ["units:read", "people:read", "units:read"]
    token = key.issue_for_client(CLIENT, CREDENTIAL, NOW, set(asked))
    assert json.loads(raw(token.split(".")[1]))["scope"] == "people:read units:read"
    claims = key.verify(token, NOW)
    assert claims == ClientClaims(CLIENT, CREDENTIAL, NOW + timedelta(minutes=5), frozenset(asked))


def test_a_token_is_as_rfc_9068_has_it(key: TokenKey) -> None:
    header, payload, signature = key.issue(PERSON, SIGN_IN, NOW).split(".")
    assert json.loads(raw(header)) == {"alg": "ES256", "kid": PAIR.kid, "typ": "at+jwt"}
    claims = json.loads(raw(payload))
    assert set(claims) == {"iss", "aud", "sub", "client_id", "sid", "iat", "exp", "jti"}
    assert (claims["iss"], claims["aud"], claims["client_id"]) == ("larande", "larande", "larande")
    assert (claims["sub"], claims["sid"]) == (str(PERSON), str(SIGN_IN))
    assert (claims["iat"], claims["exp"]) == (int(NOW.timestamp()), int(NOW.timestamp()) + 300)
    assert UUID(claims["jti"]).version == 4
    assert len(raw(signature)) == 64
    client = json.loads(raw(key.issue_for_client(CLIENT, CREDENTIAL, NOW).split(".")[1]))
    assert set(client) == {"iss", "aud", "sub", "client_id", "credential_id", "iat", "exp", "jti"}
    assert (client["sub"], client["client_id"], client["credential_id"]) == (str(CLIENT), str(CLIENT), str(CREDENTIAL))


def test_two_tokens_are_never_the_same(key: TokenKey) -> None:
    assert len({key.issue(PERSON, SIGN_IN, NOW) for _ in range(20)}) == 20


def test_of_the_two_signatures_of_a_token_only_the_smaller_is_made(key: TokenKey) -> None:
    made = [raw(key.issue(PERSON, SIGN_IN, NOW).split(".")[2]) for _ in range(40)]
    assert all(is_low(each) for each in made)


def test_the_smaller_signature() -> None:
    half = ORDER // 2
    for s, low in ((1, 1), (half, half), (half + 1, half), (ORDER - 1, 1)):
        assert lowered(joined(7, s)) == joined(7, low)
        assert is_low(joined(7, s)) is (s == low)
    for length in (0, 63, 65, 72):
        assert not is_low(b"\x00" * length)


def test_made_by_hand_they_are_right_too(key: TokenKey) -> None:
    """So the attacks are refused for the reason each of them names."""
    assert key.verify(signed(), NOW) == Claims(PERSON, SIGN_IN, NOW + timedelta(minutes=5))
    assert key.verify(signed(client_claims()), NOW) == ClientClaims(CLIENT, CREDENTIAL, NOW + timedelta(minutes=5))


# --- For how long -----------------------------------------------------------------------------------------------------


def test_a_remembered_token_still_ends(key: TokenKey) -> None:
    token = key.issue(PERSON, SIGN_IN, NOW)
    for passed in (0, 299, 304):
        assert isinstance(key.verify(token, NOW + passed * SECOND), Claims)
    for passed in (305, 306, 10**6):
        refused(key, token, NOW + passed * SECOND)
    assert not key._verified
    refused(a_key(), token, NOW + 305 * SECOND)


def test_a_token_from_the_future_is_refused(key: TokenKey) -> None:
    token = key.issue(PERSON, SIGN_IN, NOW)
    refused(key, token, NOW - 6 * SECOND)
    assert isinstance(key.verify(token, NOW - 5 * SECOND), Claims)


def test_a_token_outlives_the_change_of_keys_and_a_retired_key_signs_nothing(key: TokenKey) -> None:
    token = key.issue(PERSON, SIGN_IN, NOW)
    after = new_pair(NOW + SECOND)
    both = a_key(PAIR, after)
    assert isinstance(both.verify(token, NOW + LIFETIME), Claims)
    assert json.loads(raw(both.issue(PERSON, SIGN_IN, NOW + SECOND).split(".")[0]))["kid"] == after.kid
    late = NOW + SECOND + timedelta(minutes=10)
    fresh = signed(
        {**json.loads(raw(token.split(".")[1])), "iat": int(late.timestamp()), "exp": int(late.timestamp()) + 300}
    )
    assert isinstance(key.verify(fresh, late), Claims)
    refused(both, fresh, late)


class Counting:
    """A source that holds a key back until it is looked for."""

    def __init__(self, known: KeyRing, there: KeyRing) -> None:
        self.known, self.there, self.looks = known, there, 0

    def kept(self, _now: object) -> KeyRing:
        return self.known

    def looked_for(self, _now: object) -> KeyRing:
        self.looks += 1
        self.known = self.there
        return self.known


def test_a_key_that_is_taken_away_takes_its_tokens_along_remembered_or_not() -> None:
    after = new_pair(NOW)
    source = Counting(ring_of(PAIR), ring_of(after))
    key = TokenKey(SECRET, source)
    token = key.issue(PERSON, SIGN_IN, NOW)
    assert isinstance(key.verify(token, NOW), Claims)
    source.known = ring_of(after)
    refused(key, token)
    assert not key._verified


def test_an_unknown_key_is_looked_for_and_one_that_is_none_is_not() -> None:
    after = new_pair(NOW)
    source = Counting(ring_of(PAIR), ring_of(PAIR, after))
    key = TokenKey(SECRET, source)
    for kid in ("", "x", "../../dev/null", "x" * 42, "x" * 44, "å" * 43, None, 7, [PAIR.kid]):
        refused(key, signed(header=right_header(kid=kid)))
    assert isinstance(key.verify(signed(), NOW), Claims)
    assert source.looks == 0
    assert isinstance(
        key.verify(signed(header={"alg": "ES256", "kid": after.kid, "typ": "at+jwt"}, pair=after), NOW), Claims
    )
    assert source.looks == 1


# --- What is remembered -----------------------------------------------------------------------------------------------


def test_only_so_many_tokens_are_remembered(key: TokenKey, monkeypatch: pytest.MonkeyPatch) -> None:
    assert REMEMBERED == 10_000
    monkeypatch.setattr("app.services.tokens.REMEMBERED", 3)
    tokens = [key.issue(UUID(int=number), SIGN_IN, NOW) for number in range(5)]
    for token in tokens:
        key.verify(token, NOW)
    assert len(key._verified) == 3
    first = key.verify(tokens[0], NOW)
    assert isinstance(first, Claims)
    assert first.person_id == UUID(int=0)


def test_a_refused_token_is_never_remembered(key: TokenKey) -> None:
    refused(key, signed(pair=new_pair(NOW)))
    refused(key, signed(header={}))
    assert not key._verified


# --- The secret behind pseudonyms -------------------------------------------------------------------------------------


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
            TokenKey(secret, Unsaved(ring_of(PAIR)))


def test_pseudonyms_are_keyed_and_of_a_kind(key: TokenKey) -> None:
    assert key.pseudonym("address", "10.0.0.1") == a_key(new_pair(NOW)).pseudonym("address", "10.0.0.1")
    others = {
        key.pseudonym("address", "10.0.0.2"),
        key.pseudonym("person", "10.0.0.1"),
        TokenKey(b"x" * 32, Unsaved(ring_of(PAIR))).pseudonym("address", "10.0.0.1"),
        hashlib.sha256(b"10.0.0.1").digest(),
    }
    assert key.pseudonym("address", "10.0.0.1") not in others
    assert len(others) == 4


def test_the_public_keys_say_nothing_private(key: TokenKey) -> None:
    (shown,) = key.public_keys(NOW)["keys"]
    assert set(shown) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (shown["kty"], shown["crv"], shown["alg"], shown["use"]) == ("EC", "P-256", "ES256", "sig")
    assert shown["kid"] == PAIR.kid
    x, y = (int.from_bytes(raw(shown[name]), "big") for name in "xy")
    told = json.dumps({"crv": "P-256", "kty": "EC", "x": shown["x"], "y": shown["y"]}, separators=(",", ":"))
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(told.encode()).digest()).rstrip(b"=").decode()
    assert ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()  # a point of the curve
    assert shown["kid"] == thumbprint


# --- To the edge ----------------------------------------------------------------------------------------------------


class Asked(Unsaved):
    """Keys that note down for which moment they were asked for."""

    def __init__(self, ring: KeyRing) -> None:
        super().__init__(ring)
        object.__setattr__(self, "moments", [])

    def kept(self, now: datetime) -> KeyRing:
        self.moments.append(now)  # type: ignore[attr-defined]
        return super().kept(now)

    looked_for = kept


def test_whoever_keeps_the_keys_is_always_told_the_moment() -> None:
    keys = Asked(ring_of(PAIR))
    key = TokenKey(SECRET, keys)
    token = key.issue(PERSON, SIGN_IN, NOW)
    key.verify(token, NOW)
    key.verify(token, NOW)
    key.public_keys(NOW)
    refused(key, signed(header=right_header(kid="A" * 43)))
    moments = keys.moments  # type: ignore[attr-defined]
    assert len(moments) >= 6
    assert set(moments) == {NOW}


def test_the_published_keys_are_those_of_the_moment() -> None:
    key = a_key(PAIR, new_pair(NOW + 30 * timedelta(days=1)))
    assert key.public_keys(NOW) != key.public_keys(NOW + 60 * timedelta(days=1))


def test_the_longest_token_is_taken_and_one_longer_is_not(key: TokenKey) -> None:
    of = {length: key.issue_for_client(CLIENT, CREDENTIAL, NOW, ["x" * length]) for length in range(200, 800)}
    longest = {len(token): token for token in of.values()}
    assert key.verify(longest[LONGEST], NOW).expires_at == NOW + LIFETIME
    refused(key, longest[LONGEST + 1])


def test_time_begins_in_1970_and_a_token_may_live_for_a_second() -> None:
    beginning = datetime.fromtimestamp(0, UTC)
    pair = new_pair(beginning)
    key = a_key(pair)
    assert key.verify(key.issue(PERSON, SIGN_IN, beginning), beginning).expires_at == beginning + LIFETIME
    brief = signed(right_claims(iat=0, exp=1), right_header(kid=pair.kid), pair)
    assert key.verify(brief, beginning).expires_at == beginning + SECOND
    refused(key, signed(right_claims(iat=0, exp=0), right_header(kid=pair.kid), pair), beginning)


def test_pseudonyms_are_the_same_in_every_version(key: TokenKey) -> None:
    """They are kept in the database: another way of making them would recognise nobody."""
    assert key.pseudonym("address", "åsa").hex() == "a024c4474929ac57c222aee5d9008f8dca9f460d8c89952b1c3d60543b074e09"


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (b"x" * 31, "the token secret needs at least 32 bytes"),
        (b"-----BEGIN" + b"x" * 40, "the token secret must be random bytes, not a key file"),
        (b"0\x81\x90" + b"x" * 40, "the token secret must be random bytes, not a key file"),
        (b"0\x82\x01\x90" + b"x" * 40, "the token secret must be random bytes, not a key file"),
        (b"0\x2a" + b"x" * 42, "the token secret must be random bytes, not a key file"),
    ],
)
def test_what_is_no_secret_is_refused_with_the_reason(secret: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        TokenKey(secret, Unsaved(ring_of(PAIR)))


def test_the_oldest_is_forgotten_first(key: TokenKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.tokens.REMEMBERED", 2)
    tokens = [key.issue(PERSON, SIGN_IN, NOW + each * SECOND) for each in range(3)]
    for token in tokens:
        key.verify(token, NOW + 3 * SECOND)
    checked: list[str] = []

    def check(token: str, _now: datetime) -> tuple[Claims, str]:
        checked.append(token)
        return Claims(PERSON, SIGN_IN, NOW + LIFETIME), PAIR.kid

    monkeypatch.setattr(key, "_checked", check)
    for token in reversed(tokens):
        key.verify(token, NOW + 3 * SECOND)
    assert checked == [tokens[0]]
