"""Where requests come from, as far as it is kept: keyed hashes of addresses, and what a browser was given to show."""

import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from app.services.networks import network_of
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
    return key.pseudonym("address", network_of(address))


def new_device(key: TokenKey, person_id: UUID) -> str:
    """What a browser shows next time to be counted by itself, whoever else shares its address."""
    return _device(key, person_id, secrets.token_hex(16))


def renewed_device(key: TokenKey, person_id: UUID, device: str) -> str:
    """What the browser shows from now on: the same name, with all that is proved of it today."""
    return _device(key, person_id, device.partition(".")[0])


def known_device(key: TokenKey, person_id: UUID, device: str) -> bytes | None:
    """The browser as one in which the person has signed in."""
    name, _, proof = _parts(device)
    return _proved(_device_hash(key, person_id, name), proof)


def known_browser(key: TokenKey, device: str) -> bytes | None:
    """The browser as one in which somebody has signed in, before it is known who comes."""
    name, proof, _ = _parts(device)
    return _proved(_browser_hash(key, name), proof)


def _device(key: TokenKey, person_id: UUID, name: str) -> str:
    return f"{name}.{_browser_hash(key, name).hex()}.{_device_hash(key, person_id, name).hex()}"


def _parts(device: str) -> tuple[str, str, str]:
    """Name, proof of the browser and of the person; what an earlier version gave lacks the one in the middle."""
    name, _, proofs = device.partition(".")
    of_browser, _, of_person = proofs.rpartition(".")
    return name, of_browser, of_person


def _device_hash(key: TokenKey, person_id: UUID, name: str) -> bytes:
    return key.pseudonym("device", f"{person_id} {name}")


def _browser_hash(key: TokenKey, name: str) -> bytes:
    return key.pseudonym("browser", name)


def _proved(expected: bytes, proof: str) -> bytes | None:
    return expected if hmac.compare_digest(proof.encode(), expected.hex().encode()) else None
