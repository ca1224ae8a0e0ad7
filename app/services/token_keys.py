"""The key pairs that sign access tokens: which one signs now, which are still believed, and what is public of them.

Nothing here reads or writes a file: `app/token_key_directory.py` keeps the pairs outside the database, so that a backup
of it lets nobody sign.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.services.spelling import base64url

ALGORITHM = "ES256"
COORDINATE_BYTES = 32
OVERLAP = timedelta(minutes=10)
"""For how long a former key is believed after the next one has begun to sign: twice as long as a token lives."""
AHEAD = timedelta(minutes=2)
"""How long before it signs a new key is published, so that every process and every cache knows it by then."""


class UnfitKey(ValueError):
    """Not a private key for ES256."""


@dataclass(frozen=True)
class KeyPair:
    """A private key on the curve P-256, known by the thumbprint of its public part (RFC 7638)."""

    private_pem: str = field(repr=False)
    signs_from: datetime

    @cached_property
    def _point(self) -> ec.EllipticCurvePublicNumbers:
        try:
            key = load_pem_private_key(self.private_pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UnfitKey("no private key in PEM without a password") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise UnfitKey("no key on the curve P-256")
        return key.public_key().public_numbers()

    @cached_property
    def kid(self) -> str:
        # The members that RFC 7638 names, in its order and without spaces.
        told = json.dumps(self._public_members, separators=(",", ":"), sort_keys=True)
        return base64url(hashlib.sha256(told.encode()).digest())

    @property
    def _public_members(self) -> dict[str, str]:
        x, y = (base64url(number.to_bytes(COORDINATE_BYTES, "big")) for number in (self._point.x, self._point.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    @property
    def public_jwk(self) -> dict[str, str]:
        return {**self._public_members, "kid": self.kid, "alg": ALGORITHM, "use": "sig"}


@dataclass(frozen=True)
class KeyRing:
    """All the pairs of an installation, the one that signs last at the end."""

    pairs: tuple[KeyPair, ...]

    def signing(self, now: datetime) -> KeyPair:
        """The latest that has begun to sign. A clock that is behind must keep nobody out, so then it is the first."""
        begun = [pair for pair in self.pairs if pair.signs_from <= now]
        return begun[-1] if begun else self.pairs[0]

    def believed(self, kid: str, now: datetime) -> KeyPair | None:
        """The pair of that name, unless it has been retired. One that is yet to sign is believed: clocks differ."""
        return next((pair for pair in self.kept(now) if pair.kid == kid), None)

    def kept(self, now: datetime) -> tuple[KeyPair, ...]:
        """Those that have not been retired."""
        return tuple(pair for pair in self.pairs if not _passed(self.retires_at(pair), now))

    def retired(self, now: datetime) -> tuple[KeyPair, ...]:
        return tuple(pair for pair in self.pairs if _passed(self.retires_at(pair), now))

    def retires_at(self, pair: KeyPair) -> datetime | None:
        """When it stops being believed: some time after the next one began to sign; None while there is no next."""
        after = self.pairs[self.pairs.index(pair) + 1 :]
        return after[0].signs_from + OVERLAP if after else None

    def public(self, now: datetime) -> dict[str, list[dict[str, str]]]:
        """The JWK Set (RFC 7517) of the pairs that are believed."""
        return {"keys": [pair.public_jwk for pair in self.kept(now)]}


class KeySource(Protocol):
    """Where the pairs come from. `kept` is cheap; `looked_for` may look again, but not for everybody who asks."""

    def kept(self, now: datetime) -> KeyRing: ...

    def looked_for(self, now: datetime) -> KeyRing: ...


@dataclass(frozen=True)
class Unsaved:
    """Keys of a program that keeps none, and that nobody else need believe."""

    ring: KeyRing

    def kept(self, now: datetime) -> KeyRing:  # noqa: ARG002
        return self.ring

    def looked_for(self, now: datetime) -> KeyRing:  # noqa: ARG002
        return self.ring


def new_pair(signs_from: datetime) -> KeyPair:
    """A new key. It signs from a whole second on: that is what its file's name can say."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return KeyPair(pem, signs_from.replace(microsecond=0))


def ring_of(*pairs: KeyPair) -> KeyRing:
    """In the order in which they sign; each only once."""
    by_kid = {pair.kid: pair for pair in pairs}
    return KeyRing(tuple(sorted(by_kid.values(), key=lambda pair: (pair.signs_from, pair.kid))))


def _passed(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
