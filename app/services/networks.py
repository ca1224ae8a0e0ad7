"""Where a request comes from, as an address, and whether that is one of the networks it may come from."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def known_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; None when it is none, as from a socket file or a proxy that hides whom it speaks for."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket that listens on both families sees an IPv4 sender as ::ffff:10.0.0.1.
    return getattr(address, "ipv4_mapped", None) or address


def is_within(text: str, networks: Iterable[str]) -> bool:
    """Whether the address is in one of the networks. What is no address is in none."""
    address = known_address(text)
    return address is not None and any(address in ip_network(network) for network in networks)
