"""The keys that sign archive packages: one signs, and the public part of every one is kept for as long as packages are.

Nothing here reads or writes a file: `app/archive_key_directory.py` keeps them outside the database.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.services.spelling import base64url, bytes_of, is_canonical, read_object

ALGORITHM: Final = "Ed25519"
KEY_BYTES = 32
SIGNATURE_BYTES = 64

_BEGIN = "-----BEGIN"


class UnfitArchiveKey(ValueError):
    """Not an Ed25519 key in the one spelling that we write."""


@dataclass(frozen=True)
class PublicArchiveKey:
    """The public part, known by its thumbprint (RFC 7638). There is one spelling of it: the PEM that openssl writes."""

    pem: str

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        try:
            key = load_pem_public_key(self.pem.encode())
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UnfitArchiveKey("no public key in PEM") from error
        if not isinstance(key, Ed25519PublicKey):
            raise UnfitArchiveKey("no public key for Ed25519")
        if _pem_of(key) != self.pem:
            raise UnfitArchiveKey("more than a public key in PEM, or one that is written in another way")
        return key

    @cached_property
    def thumbprint(self) -> str:
        # The members that RFC 7638 names, in its order and without spaces.
        told = json.dumps(self._members, separators=(",", ":"), sort_keys=True)
        return base64url(hashlib.sha256(told.encode()).digest())

    @property
    def _members(self) -> dict[str, str]:
        return {"crv": ALGORITHM, "kty": "OKP", "x": base64url(self._key.public_bytes_raw())}

    @property
    def jwk(self) -> dict[str, str]:
        return {**self._members, "kid": self.thumbprint, "alg": ALGORITHM, "use": "sig"}

    def verifies(self, signature: bytes, content: bytes) -> bool:
        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class ArchiveKey:
    """A private key. Its signatures are the same each time, and so is what is signed with it."""

    private_pem: str = field(repr=False)
    signs_from: datetime

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        try:
            key = load_pem_private_key(self.private_pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UnfitArchiveKey("no private key in PEM without a password") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UnfitArchiveKey("no private key for Ed25519")
        return key

    @cached_property
    def public(self) -> PublicArchiveKey:
        return PublicArchiveKey(_pem_of(self._key.public_key()))

    def sign(self, content: bytes) -> bytes:
        return self._key.sign(content)


@dataclass(frozen=True)
class KeptArchiveKey:
    """A public key as an installation keeps it."""

    public: PublicArchiveKey
    signs_from: datetime
    stolen: bool = False


@dataclass(frozen=True)
class ArchiveKeys:
    """All of an installation's, the latest last. Only those that still sign have a private part."""

    private: tuple[ArchiveKey, ...]
    kept: tuple[KeptArchiveKey, ...]

    @property
    def signing(self) -> ArchiveKey:
        return self.private[-1]


class NoArchiveKeys(Exception):
    """This program keeps none. What it signed, nobody could check once it has ended."""


class ArchiveKeySource(Protocol):
    """Where they come from. Cheap."""

    def keys(self) -> ArchiveKeys: ...


class KeptNowhere:
    """The source of a program that keeps none: it signs nothing."""

    def keys(self) -> ArchiveKeys:
        raise NoArchiveKeys("there is no archive key directory")


def new_archive_key(signs_from: datetime) -> ArchiveKey:
    """A new key. It signs from a whole second on: that is what its file's name can say."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return ArchiveKey(pem, signs_from.replace(microsecond=0))


def public_keys_in(text: str) -> list[PublicArchiveKey]:
    """Those in a file: PEM, one after the other, or JWK, or a JWK Set. `UnfitArchiveKey` for none and for others."""
    if text.lstrip().startswith(_BEGIN):
        blocks = text.replace("\r\n", "\n").split(_BEGIN)[1:]
        keys = [PublicArchiveKey(f"{_BEGIN}{block.rstrip()}\n") for block in blocks]
    else:
        try:
            found = read_object(text.encode())
        except ValueError as error:
            raise UnfitArchiveKey("neither PEM nor JSON") from error
        listed = found.get("keys", [found])
        keys = [_of_jwk(each) for each in listed] if isinstance(listed, list) else []
    if not keys:
        raise UnfitArchiveKey("no key")
    for key in keys:
        _ = key.thumbprint  # which reads the key
    return keys


def _of_jwk(jwk: Any) -> PublicArchiveKey:
    if not isinstance(jwk, dict) or jwk.get("kty") != "OKP" or jwk.get("crv") != ALGORITHM:
        raise UnfitArchiveKey("no JWK of a public key for Ed25519")
    x = jwk.get("x")
    if not isinstance(x, str) or not is_canonical(x) or len(bytes_of(x)) != KEY_BYTES:
        raise UnfitArchiveKey("no JWK of a public key for Ed25519")
    return PublicArchiveKey(_pem_of(Ed25519PublicKey.from_public_bytes(bytes_of(x))))


def _pem_of(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
