"""Where the secrets of open survey rounds are kept: outside the database, and in no backup.

`app/key_directory.py` keeps them in files; a KMS fits behind the same few functions. They wait for a disk or a network:
in the event loop, call them by `asyncio.to_thread`.
"""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from app.models.party import Side


class KeyMissing(Exception):
    """The store can be reached and has no such secret: never put, or destroyed."""


class KeyStoreUnavailable(Exception):
    """The store cannot be used now, and nobody knows what it holds; the message is one line for whoever runs it."""


class KeyConflict(Exception):
    """The round has other secrets already. A secret is never replaced: answers may be sealed for it."""


@dataclass(frozen=True)
class RoundSecrets:
    """What a round is opened with, 32 bytes each. In two-key mode each side holds a key of its own besides."""

    ballot_key: bytes = field(repr=False)
    invitation_secret: bytes = field(repr=False)


class KeyStore(Protocol):
    """Every function raises `KeyStoreUnavailable`. What has returned survives a loss of power."""

    def put(self, round_id: UUID, round_secrets: RoundSecrets) -> None:
        """Keep all of a new round's secrets or none. The same once more is fine; others raise `KeyConflict`.

        An opening puts before it commits. If it dies between, the secrets it left were never used: whoever opens the
        round again, holding its row, destroys them first.
        """

    def read_ballot_key(self, round_id: UUID) -> bytes:
        """The round's secret key. Only the closing of a round asks for it. Raises `KeyMissing`."""

    def read_invitation_secret(self, round_id: UUID) -> bytes:
        """What tokens of known people are derived from. Raises `KeyMissing`."""

    def put_share(self, round_id: UUID, side: Side, secret_key: bytes) -> None:
        """Keep the key that a side handed in to close the round. The same again is fine; another is a `KeyConflict`.

        Raises `KeyMissing` for a round without secrets: a share must not outlive the round's destruction.
        """

    def read_share(self, round_id: UUID, side: Side) -> bytes:
        """The key that the side has handed in. Raises `KeyMissing`."""

    def destroy(self, round_id: UUID) -> None:
        """Forget everything about the round, for ever. Also when there is nothing, or only a half of it, left."""

    def rounds(self) -> list[UUID]:
        """Every round of which there is anything, also what a crash left half put or half destroyed.

        One of them may be about to be opened by another process: only what the database says is over may be destroyed.
        """
