"""The keys that sign archive packages, in files outside the database.

Each key is one private file while it signs, and one public file for ever, named by when it begins to sign and by its
thumbprint:

    20261126T151500Z.<thumbprint>.pem           private
    20261126T151500Z.<thumbprint>.public.pem    public
    20261126T151500Z.<thumbprint>.stolen.pem    public, of a key that somebody else may have

What signs follows from the names. A public file is written before its private one and never removed: a package must
never be signed by a key that nobody can know of.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog

from app import key_files
from app.key_files import MOMENT_PATTERN, THUMBPRINT_PATTERN, KeysUnavailable, Kind
from app.services.archive_keys import (
    ArchiveKey,
    ArchiveKeys,
    KeptArchiveKey,
    PublicArchiveKey,
    UnfitArchiveKey,
    new_archive_key,
)

LOOK_EVERY_S = 10.0

KIND = Kind(
    "archive",
    "signs archive packages",
    "LARANDE_ARCHIVE_KEY_DIRECTORY",
    re.compile(MOMENT_PATTERN + r"\." + THUMBPRINT_PATTERN + r"\.(public\.|stolen\.)?pem", re.ASCII),
)
_log = structlog.get_logger("larande.archive_keys")


def open_archive_keys(path: Path, now: datetime) -> "ArchiveKeyDirectory":
    """The keys in this directory, which is made if it is missing, with a key if none signs; its parent must be there.

    Refuses what anyone but this account can read: that key may be somebody else's as well.
    """
    try:
        KIND.make_directory(path)
        if not read_archive_keys(path).private:
            # Also where a backup brought back the public ones alone, as it should.
            _store(path, new_archive_key(now))
        return ArchiveKeyDirectory(path)
    except OSError as error:
        raise KeysUnavailable(f"The archive keys cannot be kept in {path} ({error.strerror}).") from error


class ArchiveKeyDirectory:
    """An `ArchiveKeySource` in a directory that `open_archive_keys` has looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looked_at = time.monotonic()
        self._seen = self._listing()
        self._keys = read_archive_keys(path)

    @property
    def path(self) -> Path:
        return self._path

    def keys(self) -> ArchiveKeys:
        """The keys, read again if somebody changed them and nobody looked for ten seconds."""
        passed = time.monotonic() - self._looked_at
        if 0 <= passed < LOOK_EVERY_S:
            return self._keys
        self._looked_at = time.monotonic()
        try:
            listing = self._listing()
            if listing != self._seen:
                found = read_archive_keys(self._path)
                if not found.private:
                    raise KeysUnavailable(f"No key in {self._path} signs.")
                self._keys, self._seen = found, listing
        except (OSError, KeysUnavailable) as error:
            _log.warning("the archive keys cannot be read again", reason=str(error))
        return self._keys

    def _listing(self) -> list[str]:
        return sorted(each.name for each in self._path.iterdir())


def read_archive_keys(path: Path) -> ArchiveKeys:
    """The keys in the directory. `KeysUnavailable` names the file that is not as it must be."""
    private: list[ArchiveKey] = []
    kept: dict[str, KeptArchiveKey] = {}
    # A key is both public and stolen for a moment, while that is noted. Stolen counts.
    for file in sorted(each for each in path.iterdir() if each.suffix == ".pem"):
        try:
            found = _read(file)
        except UnfitArchiveKey as error:
            raise KeysUnavailable(f"{file} holds {error}.") from error
        if isinstance(found, ArchiveKey):
            private.append(found)
        elif found.stolen or found.public.thumbprint not in kept:
            kept[found.public.thumbprint] = found
    signing = [each for each in private if each.public.thumbprint in kept and not kept[each.public.thumbprint].stolen]
    return ArchiveKeys(
        tuple(sorted(signing, key=lambda each: (each.signs_from, each.public.thumbprint))),
        tuple(sorted(kept.values(), key=lambda each: (each.signs_from, each.public.thumbprint))),
    )


def rotate_archive_key(path: Path, now: datetime, *, stolen: bool = False) -> ArchiveKey:
    """Add a key that signs from now on, and remove the private part of every other; the public parts stay.

    `stolen` is for keys that somebody else may have: they are marked so, and not shown among the others any more.
    Whoever is interrupted does it again.
    """
    read_archive_keys(path)  # which refuses what is not as it must be
    key = new_archive_key(now)
    with _changing(path):
        former = _private_files(path)
        if stolen:
            # First: a new key that was there already would be taken for a stolen one when it is done again.
            for file in former:
                _mark_stolen(file, _read(file).public)
            key_files.remove(former)
            _store(path, key)
        else:
            _store(path, key)
            key_files.remove(former)
    return key


def mark_archive_key_stolen(path: Path, thumbprint: str) -> None:
    """Say of a key that signs no more that somebody else may have it, also from before it was replaced."""
    read_archive_keys(path)  # which refuses what is not as it must be
    files = [
        file for file in path.iterdir() if (found := KIND.file_name.fullmatch(file.name)) and found[2] == thumbprint
    ]
    if not files:
        raise KeysUnavailable(f"There is no such key in {path}. Run: larande archive-keys list")
    if set(files) & set(_private_files(path)):
        raise KeysUnavailable(f"{thumbprint} is not replaced yet. Run: larande archive-keys rotate --stolen")
    with _changing(path):
        # By the name of its private file: it may have been marked by half.
        marked = {file.name.replace(".public.", ".").replace(".stolen.", "."): _read(file).public for file in files}
        for name, key in marked.items():
            _mark_stolen(path / name, key)


def _mark_stolen(file: Path, key: PublicArchiveKey) -> None:
    """`file` is the private one, which need not be there. What is marked already is marked again."""
    key_files.store(file.with_suffix(".stolen.pem"), key.pem)
    key_files.remove([file.with_suffix(".public.pem")])


def _private_files(path: Path) -> list[Path]:
    return [file for file in path.iterdir() if (found := KIND.file_name.fullmatch(file.name)) and found[3] is None]


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeysUnavailable(
            f"The archive keys in {path} were not all changed ({error.strerror}). Put that right and do it again."
        ) from error


def _read(file: Path) -> ArchiveKey | KeptArchiveKey:
    named = KIND.file_name.fullmatch(file.name)
    signs_from = key_files.moment_in(file.name) if named else None
    if named is None or signs_from is None:
        raise KeysUnavailable(f"{file} is not named like an archive key.")
    found: ArchiveKey | KeptArchiveKey
    if named[3] is None:
        KIND.require_private(file, 0o600)
        found = ArchiveKey(file.read_text(encoding="ascii", errors="replace"), signs_from)
    else:
        public = PublicArchiveKey(file.read_text(encoding="ascii", errors="replace"))
        found = KeptArchiveKey(public, signs_from, stolen=named[3] == "stolen.")
    if found.public.thumbprint != named[2]:
        raise KeysUnavailable(f"{file} holds another key than its name says.")
    return found


def _store(path: Path, key: ArchiveKey) -> None:
    thumbprint = key.public.thumbprint
    key_files.store(path / key_files.named(key.signs_from, thumbprint, "public.pem"), key.public.pem)
    key_files.store(_file_of(path, key), key.private_pem)


def _file_of(path: Path, key: ArchiveKey) -> Path:
    return path / key_files.named(key.signs_from, key.public.thumbprint, "pem")
