"""The keys that sign access tokens, in files outside the database: whoever steals a backup of that cannot sign.

A key is one file that only its owner reads, named by when it begins to sign and by its thumbprint:

    20261126T044500Z.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs.pem

Which one signs, and until when the former ones are believed, follows from the names alone: there is nothing to edit and
nothing to lock. Every process reads the directory by itself, and again when it has changed.
"""

import re
import time
from datetime import datetime
from pathlib import Path

import structlog

from app import key_files
from app.key_files import MOMENT_PATTERN, THUMBPRINT_PATTERN, KeysUnavailable, Kind
from app.services.token_keys import AHEAD, KeyPair, KeyRing, UnfitKey, new_pair, ring_of

LOOK_EVERY_S = 10.0
LOOK_AGAIN_AFTER_S = 1.0

KIND = Kind(
    "token",
    "signs access tokens",
    "LARANDE_TOKEN_KEY_DIRECTORY",
    re.compile(MOMENT_PATTERN + r"\." + THUMBPRINT_PATTERN + r"\.pem", re.ASCII),
)
_log = structlog.get_logger("larande.token_keys")


def open_token_keys(path: Path, now: datetime) -> "TokenKeyDirectory":
    """The keys in this directory, which is made if it is missing, and in it the first key; its parent must be there.

    Refuses what anyone but this account can read: that key may be somebody else's as well.
    """
    try:
        KIND.make_directory(path)
        if not read_ring(path).pairs:
            _store(path, new_pair(now))
        return TokenKeyDirectory(path)
    except OSError as error:
        raise KeysUnavailable(f"The token keys cannot be kept in {path} ({error.strerror}).") from error


class TokenKeyDirectory:
    """A `KeySource` in a directory that `open_token_keys` has looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looked_at = time.monotonic()
        self._seen = self._listing()
        self._ring = read_ring(path)

    @property
    def path(self) -> Path:
        return self._path

    def kept(self, now: datetime) -> KeyRing:
        return self._after(LOOK_EVERY_S, now)

    def looked_for(self, now: datetime) -> KeyRing:
        return self._after(LOOK_AGAIN_AFTER_S, now)

    def _after(self, seconds: float, now: datetime) -> KeyRing:
        """The keys, read again if somebody changed them and nobody looked for so long. Otherwise it costs nothing."""
        passed = time.monotonic() - self._looked_at
        if 0 <= passed < seconds:
            return self._ring
        self._looked_at = time.monotonic()
        try:
            listing = self._listing()
            if listing != self._seen:
                self._ring, self._seen = read_ring(self._path), listing
            if self._ring.retired(now):
                self._ring = remove_retired(self._path, now)
                self._seen = self._listing()
        except (OSError, KeysUnavailable) as error:
            # Who is signed in stays so with the keys that were good until now.
            _log.warning("the token keys cannot be read again", reason=str(error))
        return self._ring

    def _listing(self) -> list[str]:
        return sorted(each.name for each in self._path.iterdir())


def read_ring(path: Path) -> KeyRing:
    """The keys in the directory. `KeysUnavailable` names the file that is not as it must be."""
    return ring_of(*(_read(file) for file in path.iterdir() if file.suffix == ".pem"))


def rotate(path: Path, now: datetime, *, at_once: bool = False) -> KeyPair:
    """Add a key that signs in two minutes; the former one is believed for some time after that.

    `at_once` is for a key that has been stolen: the new one signs now, and no other is believed any more. Whoever is
    signed in then renews their access token, which their clients do by themselves.
    """
    former = remove_retired(path, now)
    pair = new_pair(now if at_once else now + AHEAD)
    _store(path, pair)
    if at_once:
        _remove(path, former.pairs)
    return pair


def remove_retired(path: Path, now: datetime) -> KeyRing:
    """Remove the files of keys that are believed no more; what is left. Several processes may do so at once."""
    ring = read_ring(path)
    _remove(path, ring.retired(now))
    return KeyRing(ring.kept(now))


def _read(file: Path) -> KeyPair:
    named = KIND.file_name.fullmatch(file.name)
    signs_from = key_files.moment_in(file.name) if named else None
    if named is None or signs_from is None:
        raise KeysUnavailable(f"{file} is not named like a token key.")
    KIND.require_private(file, 0o600)
    pair = KeyPair(file.read_text(encoding="ascii", errors="replace"), signs_from)
    try:
        right = pair.kid == named[2]
    except UnfitKey as error:
        raise KeysUnavailable(f"{file} holds {error}.") from error
    if not right:
        raise KeysUnavailable(f"{file} holds another key than its name says.")
    return pair


def _store(path: Path, pair: KeyPair) -> None:
    key_files.store(_file_of(path, pair), pair.private_pem)


def _remove(path: Path, pairs: tuple[KeyPair, ...]) -> None:
    key_files.remove([_file_of(path, pair) for pair in pairs])


def _file_of(path: Path, pair: KeyPair) -> Path:
    return path / key_files.named(pair.signs_from, pair.kid, "pem")
