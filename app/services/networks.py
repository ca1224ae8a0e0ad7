"""Where a request comes from, as an address, and whether that is one of the networks it may come from."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


def known_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; None when it is none, as from a socket file or a proxy that hides whom it speaks for."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A socket that listens on both families sees an IPv4 sender as ::ffff:10.0.0.1.
    return getattr(address, "ipv4_mapped", None) or address


def is_within(text: str, networks: Iterable[str]) -> bool:
    """Whether the address is in one of the networks. What is no address is in none."""
    address = known_address(text)
    return address is not None and any(address in _network(network) for network in networks)


def network_of(text: str) -> str:
    """The address, or of an IPv6 address the /64 that one household or office has for itself: 2^64 that count as one.

    All that is no address counts as one too: who could make such names up would be a new one each time.
    """
    address = known_address(text)
    if address is None:
        return "unknown"
    return f"{IPv6Address(int(address) >> 64 << 64)}/64" if isinstance(address, IPv6Address) else str(address)


@lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network:
    """Every request asks about the same few."""
    return ip_network(text)
