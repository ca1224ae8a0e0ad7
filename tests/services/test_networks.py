"""Addresses: which count as one, and which are within a network."""

import pytest

from app.services.networks import is_within, network_of
from app.services.places import address_hash
from tests.tokens import a_key


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("_hidden", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_ipv6_network_is_one_stranger(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_place_is_kept_by_the_same_rule() -> None:
    key = a_key()
    assert address_hash(key, "2001:db8:1:2::1") == address_hash(key, "2001:db8:1:2:ffff::1")
    assert address_hash(key, "2001:db8:1:2::1") != address_hash(key, "2001:db8:1:3::1")
    assert address_hash(key, "192.0.2.1") == address_hash(key, "::ffff:192.0.2.1")
    assert address_hash(key, "_one") == address_hash(key, "_another")


def test_what_is_within_a_network() -> None:
    networks = ("10.0.0.0/8", "2001:db8::/32", "192.0.2.7")
    inside = ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "192.0.2.7")
    assert all(is_within(address, networks) for address in inside)
    assert not any(is_within(address, networks) for address in ("11.0.0.1", "192.0.2.8", "2001:db9::1", "", "_hidden"))
    assert not is_within("10.0.0.1", ())
