"""Where this installation keeps its data and secrets, and how its commands reach the database.

A home holds the embedded database (see `embedded`), `token-secret`, and while the service runs `address`: the
way to its database for other commands of the same account, which could not start a second server on the data.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app import embedded
from app.embedded import DataDirectoryInUse, EmbeddedServer


class CannotRun(Exception):
    """Something that a person must put right; the message is one line for them."""


ADDRESS = "address"
TOKEN_SECRET = "token-secret"  # noqa: S105 - a file's name
PATIENCE = 60.0  # seconds that a command waits for another one to finish, or for the service to come up


def home_at(home: Path | None) -> Path:
    """The directory of this installation."""
    return (home or embedded.default_home()).expanduser().resolve()


@contextmanager
def own_database(url: str | None, home: Path) -> Iterator[str]:
    """The address of the database while the service runs: the one given, or the embedded one, started here.

    Raises `DataDirectoryInUse` at once when another process has the data.
    """
    if url is not None:
        yield url
        return
    with embedded.start(home) as server:
        _write_private(home / ADDRESS, server.url)
        try:
            yield server.url
        finally:
            (home / ADDRESS).unlink(missing_ok=True)


@contextmanager
def any_database(url: str | None, home: Path) -> Iterator[str]:
    """The address of the database for one command: given, or of the service that runs, or started for now."""
    found = url or _start_or_join(home)
    if isinstance(found, str):
        yield found
        return
    with found as server:
        yield server.url


def _start_or_join(home: Path) -> EmbeddedServer | str:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            server = embedded.start(home)
        except DataDirectoryInUse:
            # By the service, which leaves its address here, or by something that will soon be done.
            with suppress(FileNotFoundError):
                return (home / ADDRESS).read_text(encoding="utf-8")
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            (home / ADDRESS).unlink(missing_ok=True)  # of a service that was killed
            return server


def token_secret(home: Path) -> str:
    """The secret that signs access tokens, made once and kept in a file that only its owner reads."""
    try:
        return _token_secret(home)
    except OSError as error:
        raise CannotRun(
            f"The token secret cannot be kept in {home} ({error.strerror}): set LARANDE_TOKEN_SECRET, or LARANDE_HOME "
            f"to a directory that can be written."
        ) from error


def _token_secret(home: Path) -> str:
    file = home / TOKEN_SECRET
    if not file.exists():
        _make_home(home)
        part = home / f"{TOKEN_SECRET}.{os.getpid()}"
        _write_private(part, secrets.token_urlsafe(48))
        try:
            with suppress(FileExistsError):  # of two that start at once, the first one's counts
                os.link(part, file)
        finally:
            part.unlink()
    return file.read_text(encoding="utf-8")


def _make_home(home: Path) -> None:
    """As `embedded` makes it: as root, the server's account must be able to pass through."""
    for directory in reversed((home, *home.parents)):
        if not directory.exists():
            directory.mkdir(exist_ok=True)
            directory.chmod(0o711 if os.name == "posix" and os.geteuid() == 0 else 0o700)


def _write_private(path: Path, content: str) -> None:
    """Replace the file as a whole; only its owner reads it."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
