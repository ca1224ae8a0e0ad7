"""Keys in files of their own, for the account that runs the service and nobody else.

A directory of such keys is 0700, a file in it 0600 and named by when its key begins to sign and by its thumbprint. It
appears whole or not at all: others read the directory meanwhile, and nothing is locked.
"""

import os
import re
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.key_directory import sync_directory

_MOMENT = "%Y%m%dT%H%M%SZ"
MOMENT_PATTERN = r"(\d{8}T\d{6}Z)"
THUMBPRINT_PATTERN = r"([A-Za-z0-9_-]{43})"


class KeysUnavailable(Exception):
    """The keys cannot be used as they are; the message is one line for whoever runs the service."""


@dataclass(frozen=True)
class Kind:
    """What is said of keys of a kind to whoever runs the service."""

    name: str
    sign: str
    """What they do, as in `signs access tokens`."""
    setting: str
    """Where their directory is set."""
    file_name: re.Pattern[str]

    def make_directory(self, path: Path) -> None:
        """Made if it is missing; its parent must be there. Refuses what anyone but this account can read."""
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            sync_directory(path.parent)
        self.require_private(path, 0o700)

    def existing(self, path: Path) -> Path:
        """The directory, if keys are kept in it. `KeysUnavailable` otherwise, and nothing is made.

        Whoever rotates a stolen key in the wrong home must not be told that all is well.
        """
        if not path.is_dir() or not any(self.file_name.fullmatch(each.name) for each in path.iterdir()):
            raise KeysUnavailable(
                f"There are no {self.name} keys in {path}. Are LARANDE_HOME and {self.setting} those of the service?"
            )
        self.require_private(path, 0o700)
        return path

    def require_private(self, path: Path, widest: int) -> None:
        """`KeysUnavailable` unless it is this account's alone; `widest` is its widest mode."""
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        if os.name == "posix" and (status.st_uid != os.geteuid() or mode & ~widest):
            raise KeysUnavailable(
                f"{path} {self.sign} and must be for this account alone (its owner, mode {widest:04o}); it has owner "
                f"{status.st_uid}, mode {mode:04o}."
            )


def named(moment: datetime, thumbprint: str, ending: str) -> str:
    return f"{moment.strftime(_MOMENT)}.{thumbprint}.{ending}"


def moment_in(name: str) -> datetime | None:
    """The moment at the beginning of such a name; None if there is no such moment."""
    with suppress(ValueError):
        return datetime.strptime(name.partition(".")[0], _MOMENT).replace(tzinfo=UTC)
    return None


def store(file: Path, text: str) -> None:
    """Whole or not at all, and on the disk when it returns."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(descriptor)
    part.rename(file)
    sync_directory(file.parent)


def remove(files: list[Path]) -> None:
    """Several processes may do so at once."""
    for file in files:
        file.unlink(missing_ok=True)
        sync_directory(file.parent)
