"""What the database keeps and must not be able to read: sealed with keys derived from the installation's secret.

Whoever has a copy of the database alone (a backup, a disk) can neither open what is sealed nor make a one-time link.
The keys are derived from `LARANDE_TOKEN_SECRET` by HKDF (RFC 5869), one for each purpose; a box (XChaCha20-Poly1305)
opens only for the purpose and the owner it was sealed for, so that nobody's can be put in the place of another's.
"""

import hmac
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import CryptoError
from nacl.secret import Aead

from app.services.spelling import base64url

KEY_BYTES = 32


class BoxClosed(Exception):
    """A box that this installation's secret does not open: damaged, moved, or sealed under an earlier secret."""


class Vault:
    """Seals and opens, and derives the tokens of one-time links."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < KEY_BYTES:
            raise ValueError("the token secret needs at least 32 bytes")
        self._secret = secret

    def seal(self, purpose: str, owner: str, content: bytes) -> bytes:
        box: bytes = Aead(self._key(purpose)).encrypt(content, owner.encode())
        return box

    def open(self, purpose: str, owner: str, box: bytes) -> bytes:
        """Raises `BoxClosed`."""
        try:
            content: bytes = Aead(self._key(purpose)).decrypt(box, owner.encode())
        except (CryptoError, ValueError):
            raise BoxClosed from None
        return content

    def link_token(self, link_id: UUID, purpose: str = "one-time links") -> str:
        """The token of a link: 256 bits that are stored nowhere and the same whenever they are asked for."""
        mac = hmac.digest(self._key(purpose), link_id.bytes, "sha256")
        return base64url(mac)

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"larande {purpose}".encode()).derive(self._secret)
