"""The keys of content packs, in files: the one that signs, and those that an installation trusts.

What comes with the program is trusted as the program is, and not signed.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app import key_files
from app.installation import CannotRun
from app.services.archive_keys import ArchiveKey, PublicArchiveKey, UnfitArchiveKey, new_archive_key, public_keys_in
from app.services.pack_reading import Pack, PackRefused

_MOST_KEY_BYTES = 100_000
_KIND = key_files.Kind("content", "signs content packs", "--key", re.compile(".*"))


def make(path: Path) -> PublicArchiveKey:
    """A new private key in a file that only this account can read; its public part."""
    key = new_archive_key(datetime.now(UTC))
    if path.exists():
        raise CannotRun(f"{path} is there already, and no key is written over.")
    try:
        key_files.store(path, key.private_pem)
    except OSError as error:
        raise CannotRun(f"{path} cannot be written: {error.strerror}.") from error
    return key.public


def private_key(path: Path) -> ArchiveKey:
    try:
        _KIND.require_private(path, 0o600)
        key = ArchiveKey(path.read_text(encoding="ascii"), datetime.now(UTC))
        _ = key.public  # which reads the key
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, UnfitArchiveKey):
        raise CannotRun(f"{path} is not a private key for Ed25519 in PEM without a password.") from None
    return key


def trusted(configured: Path | None, given: Sequence[Path]) -> frozenset[str]:
    """The thumbprints of the public keys in these files."""
    files = [*([configured] if configured else []), *given]
    return frozenset(key.thumbprint for path in files for key in _public_keys(path))


def _public_keys(path: Path) -> list[PublicArchiveKey]:
    try:
        return public_keys_in(read_file(path, _MOST_KEY_BYTES).decode())
    except (UnicodeDecodeError, UnfitArchiveKey) as error:
        said = str(error) if isinstance(error, UnfitArchiveKey) else "no text"
        raise CannotRun(f"{path} is not a file with public keys: {said}.") from None


def read_file(path: Path, most: int) -> bytes:
    """A file; of a larger one no more is read than shows that it is too large."""
    try:
        with path.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}.") from error


def require_only_listed(directory: Path, pack: Pack) -> None:
    """Refuse what would be left out of a signed pack, and what is not in the directory but only linked from it."""
    lines = []
    for each in sorted(directory.rglob("*")):
        name = each.relative_to(directory).as_posix()
        if each.is_symlink():
            lines.append(f"{name}: is a link, and not in the directory itself")
        elif each.is_file() and name not in pack.files:
            lines.append(f"{name}: is not listed in pack.json")
    if lines:
        raise PackRefused(lines)
