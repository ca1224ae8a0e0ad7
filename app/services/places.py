"""Where requests come from, as far as it is kept: keyed hashes of addresses, and what a browser was given to show."""

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from uuid import UUID

from app.services.tokens import TokenKey


@dataclass(frozen=True)
class Place:
    """Where a request comes from: its address and, from a browser that has signed in before, what it was given."""

    address: str
    device: str | None = None
    retry_key: str | None = None
    """What a client made up for this request, to be known by if it has to repeat it."""


def holder_hash(key: TokenKey, person_id: UUID, place: Place) -> bytes:
    """Who uses a refresh token, as well as one can tell: by a word of their own, as a known browser, or by address."""
    if place.retry_key is not None:
        return key.pseudonym("retry", f"{person_id} {place.retry_key}")
    device = known_device(key, person_id, place.device) if place.device else None
    return device or address_hash(key, place.address)


def address_hash(key: TokenKey, address: str) -> bytes:
    """One IPv6 household has 2^64 addresses; they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return key.pseudonym("address", address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return key.pseudonym("address", str(ipaddress.ip_network((int(parsed), 64), strict=False)))
        parsed = parsed.ipv4_mapped
    return key.pseudonym("address", str(parsed))


def new_device(key: TokenKey, person_id: UUID) -> str:
    """What a browser shows next time to be counted by itself, whoever else shares its address."""
    name = secrets.token_hex(16)
    return f"{name}.{_device_hash(key, person_id, name).hex()}"


def _device_hash(key: TokenKey, person_id: UUID, name: str) -> bytes:
    return key.pseudonym("device", f"{person_id} {name}")


def known_device(key: TokenKey, person_id: UUID, device: str) -> bytes | None:
    name, _, proof = device.partition(".")
    expected = _device_hash(key, person_id, name)
    return expected if hmac.compare_digest(proof.encode(), expected.hex().encode()) else None
