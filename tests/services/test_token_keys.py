"""Which key signs, which are believed, what is public of them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.services.token_keys import AHEAD, OVERLAP, KeyPair, KeyRing, UnfitKey, Unsaved, new_pair, ring_of
from app.services.tokens import CLOCK_LEEWAY, LIFETIME
from tests.tokens import raw

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST, SECOND_PAIR, THIRD = new_pair(NOW), new_pair(NOW + timedelta(hours=1)), new_pair(NOW + timedelta(hours=2))
RING = ring_of(THIRD, FIRST, SECOND_PAIR)


def in_pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode()


def test_the_overlap_is_longer_than_a_token_lives_and_the_notice_longer_than_a_cache() -> None:
    assert OVERLAP > LIFETIME + 2 * CLOCK_LEEWAY
    assert timedelta(seconds=60) < AHEAD < OVERLAP


@pytest.mark.parametrize(
    ("passed", "signing"),
    [
        (timedelta(days=-1), FIRST),  # a clock that is behind
        (timedelta(0), FIRST),
        (timedelta(hours=1) - SECOND, FIRST),
        (timedelta(hours=1), SECOND_PAIR),
        (timedelta(hours=2) - SECOND, SECOND_PAIR),
        (timedelta(hours=2), THIRD),
        (timedelta(days=999), THIRD),
    ],
)
def test_the_latest_that_has_begun_signs(passed: timedelta, signing: KeyPair) -> None:
    assert RING.signing(NOW + passed) is signing


def test_a_former_key_is_believed_for_the_overlap_and_no_longer() -> None:
    retires = NOW + timedelta(hours=1) + OVERLAP
    assert RING.retires_at(FIRST) == retires
    assert RING.retires_at(THIRD) is None
    for moment, kept in ((retires - SECOND, (FIRST, SECOND_PAIR, THIRD)), (retires, (SECOND_PAIR, THIRD))):
        assert RING.kept(moment) == kept
        assert RING.retired(moment) == (() if FIRST in kept else (FIRST,))
        assert RING.believed(FIRST.kid, moment) is (FIRST if FIRST in kept else None)
        assert RING.believed(SECOND_PAIR.kid, moment) is SECOND_PAIR
    assert RING.kept(NOW + timedelta(days=999)) == (THIRD,)


def test_a_key_is_believed_and_shown_before_it_signs() -> None:
    assert RING.believed(THIRD.kid, NOW) is THIRD
    assert [each["kid"] for each in RING.public(NOW)["keys"]] == [FIRST.kid, SECOND_PAIR.kid, THIRD.kid]


def test_a_key_that_is_none_is_not_believed() -> None:
    for kid in ("", "x", FIRST.kid.swapcase(), new_pair(NOW).kid):
        assert RING.believed(kid, NOW) is None


def test_a_ring_is_in_order_and_holds_each_once() -> None:
    assert ring_of(THIRD, FIRST, SECOND_PAIR, FIRST).pairs == (FIRST, SECOND_PAIR, THIRD)
    twins = [new_pair(NOW) for _ in range(5)]
    assert ring_of(*twins) == ring_of(*reversed(twins))
    assert ring_of() == KeyRing(())


def test_a_new_key_is_on_the_right_curve_and_unlike_any_other() -> None:
    made = [new_pair(NOW + timedelta(microseconds=1)) for _ in range(10)]
    assert len({each.kid for each in made}) == len({each.private_pem for each in made}) == 10
    assert {each.signs_from for each in made} == {NOW}
    key = serialization.load_pem_private_key(made[0].private_pem.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    """The example of RFC 7515, A.3, whose thumbprint others have published."""
    numbers = ec.EllipticCurvePrivateNumbers(
        int.from_bytes(raw("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), "big"),
        ec.EllipticCurvePublicNumbers(
            int.from_bytes(raw("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), "big"),
            int.from_bytes(raw("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), "big"),
            ec.SECP256R1(),
        ),
    )
    pair = KeyPair(in_pem(numbers.private_key()), NOW)
    assert pair.public_jwk["x"] == "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    assert pair.public_jwk["y"] == "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    assert pair.kid == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"


def test_nothing_private_is_shown_or_said() -> None:
    private = serialization.load_pem_private_key(FIRST.private_pem.encode(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    number = private.private_numbers().private_value
    said = json.dumps(RING.public(NOW)) + repr(RING) + str(FIRST)
    assert "PRIVATE" not in said
    assert str(number) not in said
    assert set(FIRST.public_jwk) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "not a key",
        FIRST.private_pem[:-40],
        in_pem(ec.generate_private_key(ec.SECP384R1())),
        in_pem(ec.generate_private_key(ec.SECP256K1())),
        in_pem(ed25519.Ed25519PrivateKey.generate()),
        in_pem(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["empty", "nonsense", "cut", "P-384", "secp256k1", "Ed25519", "RSA"],
)
def test_a_key_that_cannot_sign_es256_is_refused(pem: str) -> None:
    with pytest.raises(UnfitKey):
        _ = KeyPair(pem, NOW).kid


def test_a_key_that_needs_a_password_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    locked = serialization.BestAvailableEncryption(b"secret")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked).decode()
    with pytest.raises(UnfitKey, match="password"):
        _ = KeyPair(pem, NOW).kid


def test_keys_that_are_not_kept_are_always_the_same() -> None:
    source = Unsaved(RING)
    assert source.kept(NOW) is source.looked_for(NOW) is RING
