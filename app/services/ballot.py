"""The sealed ballot box: how an answer is packed and sealed, and how invitations are named. No input or output.

An answer becomes a payload whose length depends on the round's layout alone, and the payload a libsodium sealed box
(X25519, XSalsa20-Poly1305) for each of the round's public keys in turn, so that every secret key is needed to open it.
A round has a key of its own, and in two-key mode one of each side besides. A side's secret key is shown to it once,
as 24 words, and comes back when the round is closed. Why it is so stands in docs/decisions/sealed-ballot-box.md.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from mnemonic import Mnemonic
from nacl.bindings import crypto_box_SEALBYTES, sodium_pad, sodium_unpad
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from numpy.typing import NDArray

from app.services.errors import Code, Refusal
from app.services.scoring import DONT_KNOW
from app.services.spelling import base64url, bytes_of

SECRET_BYTES = 32
SEAL_BYTES: int = crypto_box_SEALBYTES
"""What each key adds to the length: an ephemeral public key (32) and an authenticator (16)."""


class BoxDamaged(Exception):
    """A box that these keys do not open: changed, cut off, or sealed for others."""


class PayloadDamaged(Exception):
    """What was in a box is no payload of this layout. Anyone who can write to the database can seal such a thing."""


# --- Keys and boxes ---------------------------------------------------------------------------------------------------


def new_secret() -> bytes:
    """A secret key or an invitation secret: 256 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def public_key_of(secret_key: bytes) -> bytes:
    """The X25519 public key, 32 bytes, that the database keeps."""
    return bytes(PrivateKey(secret_key).public_key)


def locks_of(key: bytes, sides: Sequence[bytes | None]) -> list[bytes]:
    """A round's public or secret keys in the order in which its answers are sealed: its own, then the sides', if any.

    The round's own key is destroyed with the release. Without it both sides' words, which outlive the round on paper,
    could open a backup.
    """
    return [key, *(side for side in sides if side is not None)]


def seal(public_keys: Sequence[bytes], payload: bytes) -> bytes:
    """Sealed for each of the round's keys in their order, the last outermost; `SEAL_BYTES` longer for each."""
    if not public_keys or len(set(public_keys)) < len(public_keys):
        raise ValueError("an answer is sealed for one key or more, each of them once")
    for key in public_keys:
        payload = SealedBox(PublicKey(key)).encrypt(payload)
    return payload


class BallotKeys:
    """The secret keys of a round in the order of its public keys, made ready once to open many boxes."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        if not secret_keys:
            raise ValueError("a box has one lock or more")
        self._locks = [SealedBox(PrivateKey(key)) for key in reversed(secret_keys)]

    def open(self, box: bytes) -> bytes:
        """The payload. Raises `BoxDamaged`."""
        try:
            for lock in self._locks:
                box = lock.decrypt(box)
        except CryptoError:
            raise BoxDamaged from None
        return box


def open_box(secret_keys: Sequence[bytes], box: bytes) -> bytes:
    """The payload of one box; for many, keep a `BallotKeys`. Raises `BoxDamaged`."""
    return BallotKeys(secret_keys).open(box)


# --- A side's key as words --------------------------------------------------------------------------------------------

_BIP_39 = Mnemonic("english")  # of the standard's lists none is Swedish; four letters tell any two of its words apart
_KNOWN_WORDS = frozenset(_BIP_39.wordlist)
WORDS = 24


def words_of(secret_key: bytes) -> list[str]:
    """The 24 words of BIP 39 for a secret key: 256 bits and a checksum of 8."""
    if len(secret_key) != SECRET_BYTES:
        raise ValueError("a secret key is 32 bytes")
    return _BIP_39.to_mnemonic(secret_key).split(" ")


def secret_from(words: str) -> bytes:
    """The secret key that the words say, whatever their case, spacing, line breaks and form of Unicode.

    Refuses another number of words, a word that is not in the list, and words whose checksum is wrong. Of mistakes that
    leave 24 known words the checksum lets one in 256 pass, so a key is taken only by `secret_for`.
    """
    given = unicodedata.normalize("NFKC", words).casefold().split()
    if len(given) != WORDS:
        raise Refusal(Code.KEY_WORDS_MISCOUNTED, "/words")
    if not _KNOWN_WORDS.issuperset(given):
        raise Refusal(Code.KEY_WORD_UNKNOWN, "/words")
    try:
        return bytes(_BIP_39.to_entropy(given))
    except ValueError:
        raise Refusal(Code.KEY_WORDS_MIXED_UP, "/words") from None


def secret_for(public_key: bytes, words: str) -> bytes:
    """The secret key of this public key. Refuses what `secret_from` refuses, and the words of any other key.

    Nothing wrong passes: words with another public key are another's, and with this one they open the same boxes.
    """
    secret_key = secret_from(words)
    if public_key_of(secret_key) != public_key:
        raise Refusal(Code.KEY_WORDS_OF_ANOTHER, "/words")
    return secret_key


# --- The payload ------------------------------------------------------------------------------------------------------

VERSION = 1
LARGEST_VALUE = 127
_HEAD = 3  # bytes: the version, and the unit's index of 16 bits
_LENGTH = 2  # bytes in front of a text that say how many of its field are used
_UTF_8 = 4  # bytes, at most, of a character


@dataclass(frozen=True)
class Layout:
    """What the length of every payload of a round depends on: its questions, and room for its texts."""

    items: int
    text_count: int = 0
    max_chars: int = 0
    """Code points that a text may have."""

    def __post_init__(self) -> None:
        if self.items < 1 or self.text_count < 0 or not 0 <= self.max_chars <= 0xFFFF // _UTF_8:
            raise ValueError("a layout has an item or more, and texts whose bytes 16 bits can count")

    @property
    def text_bytes(self) -> int:
        return _LENGTH + _UTF_8 * self.max_chars

    @property
    def size(self) -> int:
        """Bytes of a payload."""
        return _HEAD + self.items + self.text_count * self.text_bytes


@dataclass(frozen=True)
class Ballot:
    """One person's answers: a value, `SKIPPED` or `DONT_KNOW` (scoring.py) for each item; a string for each text."""

    unit_index: int
    answers: tuple[int, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Ballots:
    """Many persons' answers, a row each: units[n], answers[n, items], texts[n]."""

    unit_indexes: NDArray[np.int32]
    answers: NDArray[np.int8]
    texts: list[tuple[str, ...]]


def encode(layout: Layout, ballot: Ballot) -> bytes:
    """Exactly `layout.size` bytes. Raises ValueError for what does not fit; the caller has checked people's input."""
    if len(ballot.answers) != layout.items or len(ballot.texts) != layout.text_count:
        raise ValueError("the answers are not those of the layout")
    if not all(DONT_KNOW <= answer <= LARGEST_VALUE for answer in ballot.answers):
        raise ValueError("an answer is outside its byte")
    if not 0 <= ballot.unit_index <= 0xFFFF:
        raise ValueError("a unit's index has 16 bits")
    if any(len(text) > layout.max_chars for text in ballot.texts):
        raise ValueError("a text is too long")
    head = bytes([VERSION]) + ballot.unit_index.to_bytes(2, "big")
    answers = bytes(answer & 0xFF for answer in ballot.answers)
    return head + answers + b"".join(_packed(text, layout.text_bytes) for text in ballot.texts)


def decode(layout: Layout, payload: bytes) -> Ballot:
    """What `encode` was given; raises `PayloadDamaged` for every other sequence of bytes."""
    one = decode_many(layout, [payload])
    return Ballot(int(one.unit_indexes[0]), tuple(one.answers[0].tolist()), one.texts[0])


def decode_many(layout: Layout, payloads: Sequence[bytes]) -> Ballots:
    """As `decode`, at the speed of NumPy. Whether a value is on its item's scale, only the instrument knows."""
    if any(len(payload) != layout.size for payload in payloads):
        raise PayloadDamaged("the length is another")
    texts_begin = _HEAD + layout.items
    form = np.dtype([("version", "u1"), ("unit_index", ">u2"), ("answers", "i1", (layout.items,))])
    rows = np.frombuffer(b"".join(payload[:texts_begin] for payload in payloads), form)
    if np.any(rows["version"] != VERSION):
        raise PayloadDamaged("the version is another")
    answers = np.ascontiguousarray(rows["answers"])
    if np.any(answers < DONT_KNOW):
        raise PayloadDamaged("an answer is none")
    begins = [texts_begin + index * layout.text_bytes for index in range(layout.text_count)]
    texts = [
        tuple(_unpacked(payload[begin : begin + layout.text_bytes], layout.max_chars) for begin in begins)
        for payload in payloads
    ]
    return Ballots(rows["unit_index"].astype(np.int32), answers, texts)


def _packed(text: str, size: int) -> bytes:
    content = text.encode("utf-8")
    return (len(content).to_bytes(_LENGTH, "big") + content).ljust(size, b"\0")


def _unpacked(field: bytes, max_chars: int) -> str:
    end = _LENGTH + int.from_bytes(field[:_LENGTH], "big")
    if end > len(field) or field[end:].strip(b"\0"):
        raise PayloadDamaged("a text and its length differ")
    try:
        text = field[_LENGTH:end].decode("utf-8")
    except UnicodeDecodeError:
        raise PayloadDamaged("a text is not UTF-8") from None
    if len(text) > max_chars:
        raise PayloadDamaged("a text is too long")
    return text


# --- Invitations ------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_ADDRESS_BLOCK = 256  # bytes: the longest e-mail address has 254, so all have the same length when sealed


def new_token() -> str:
    """A random token for a slip or an anonymous link: 256 bits, base64url without padding."""
    return base64url(secrets.token_bytes(SECRET_BYTES))


def token_of_person(invitation_secret: bytes, round_id: UUID, person_id: UUID) -> str:
    """The same token each time, so that a reminder carries the link of the invitation and no link is stored."""
    return _derived_token(invitation_secret, round_id, b"person:" + person_id.bytes)


def token_of_address(invitation_secret: bytes, round_id: UUID, address: str) -> str:
    """As `token_of_person`, for somebody known by an e-mail address alone."""
    return _derived_token(invitation_secret, round_id, b"address:" + normal_address(address).encode("utf-8"))


def normal_address(address: str) -> str:
    """The one spelling under which an e-mail address is invited: trimmed, NFC, lower case."""
    return unicodedata.normalize("NFC", address.strip().lower())


def token_hash(token: str) -> bytes:
    """SHA-256 of the token's 32 bytes, as the database keeps it. A token has one spelling, and others are unknown."""
    if _TOKEN.fullmatch(token):
        content = bytes_of(token)
        if base64url(content) == token:
            return hashlib.sha256(content).digest()
    raise Refusal(Code.SURVEY_TOKEN_UNKNOWN)


def seal_for_worker(invitation_secret: bytes, round_id: UUID, address: str) -> bytes:
    """An e-mail address as it waits in the queue: unreadable in the table and its backups, and of constant length."""
    return bytes(_queue(invitation_secret, round_id).encrypt(sodium_pad(address.encode("utf-8"), _ADDRESS_BLOCK)))


def open_for_worker(invitation_secret: bytes, round_id: UUID, box: bytes) -> str:
    """The address. Raises `BoxDamaged`."""
    try:
        return sodium_unpad(_queue(invitation_secret, round_id).decrypt(box), _ADDRESS_BLOCK).decode("utf-8")
    except CryptoError:
        raise BoxDamaged from None


def _derived_token(invitation_secret: bytes, round_id: UUID, subject: bytes) -> str:
    return base64url(_derived(invitation_secret, b"token", round_id, subject))


def _queue(invitation_secret: bytes, round_id: UUID) -> SecretBox:
    return SecretBox(_derived(invitation_secret, b"queue", round_id))


def _derived(invitation_secret: bytes, purpose: bytes, round_id: UUID, subject: bytes = b"") -> bytes:
    """HMAC-SHA-256. The purpose ends with a zero and a round's id has 16 bytes: no two meanings give one message."""
    if len(invitation_secret) != SECRET_BYTES:
        raise ValueError("an invitation secret is 32 bytes")
    return hmac.digest(invitation_secret, b"larande " + purpose + b"\0" + round_id.bytes + subject, "sha256")
