"""Where this installation keeps its data and secrets, and how its commands reach the database.

A home holds the embedded database (see `embedded`), `token-secret`, `keys`, `token-keys` and `archive-keys` unless they
are kept elsewhere (see `key_directory`, `token_key_directory` and `archive_key_directory`), and while the service runs
`address`: the way to its database for other commands of the same account, which could not start a second server on the
data. The service keeps that file locked, so that nobody believes the one of a service that was killed.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from app import embedded
from app.archive_key_directory import KIND as ARCHIVE_KEY_KIND
from app.archive_key_directory import ArchiveKeyDirectory, open_archive_keys
from app.embedded import DataDirectoryInUse, EmbeddedServer
from app.key_directory import KeyDirectory, open_key_directory, sync_directory
from app.key_files import KeysUnavailable, Kind
from app.services.key_store import KeyStoreUnavailable
from app.token_key_directory import KIND as TOKEN_KEY_KIND
from app.token_key_directory import TokenKeyDirectory, open_token_keys


class CannotRun(Exception):
    """Something that a person must put right; the message is one line for them."""


ADDRESS = "address"
KEYS = "keys"
TOKEN_KEYS = "token-keys"  # noqa: S105 - a directory's name
ARCHIVE_KEYS = "archive-keys"
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
    with embedded.start(home) as server, _published(server.url, home / ADDRESS):
        yield server.url


@contextmanager
def _published(url: str, file: Path) -> Iterator[None]:
    import fcntl  # not on Windows

    with _private_file(file) as descriptor:
        os.write(descriptor, url.encode())
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        held = os.dup(descriptor)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(held)


def _published_in(file: Path) -> str | None:
    """The address of the service that runs, or None when none does."""
    import fcntl  # not on Windows

    with suppress(FileNotFoundError), file.open(encoding="utf-8") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return opened.read()
    return None


def require_database(home: Path) -> None:
    """`CannotRun` unless the embedded database of this home has been made; nothing is made, and nothing started."""
    if not embedded.is_made(home):
        raise CannotRun(
            f"There is no database in {home}. Are LARANDE_HOME and LARANDE_DATABASE_URL those of the service?"
        )


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
            return embedded.start(home)
        except DataDirectoryInUse:
            # By the service, which says where, or by something that will soon be done.
            if (url := _published_in(home / ADDRESS)) is not None:
                return url
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def token_secret(home: Path) -> str:
    """The secret behind keyed hashes of addresses, made once and kept in a file that only its owner reads."""
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
        with _private_file(file, replace=False) as descriptor:
            os.write(descriptor, secrets.token_urlsafe(48).encode())
    return file.read_text(encoding="utf-8")


def key_directory_at(home: Path, setting: Path | None) -> KeyDirectory:
    """Where the keys of open survey rounds are: in the directory that is set, or in `keys` of this home.

    Made if it is missing, and looked at: nobody but this account may enter it.
    """
    path = _directory(home, setting, KEYS)
    with _keeping("keys of survey rounds", path, "LARANDE_KEY_DIRECTORY"):
        _make_home(path.parent)
        return open_key_directory(path)


def token_keys_at(home: Path, setting: Path | None) -> TokenKeyDirectory:
    """The keys that sign access tokens: in the directory that is set, or in `token-keys` of this home.

    Made if there are none, and looked at: nobody but this account may read them.
    """
    path = _directory(home, setting, TOKEN_KEYS)
    with _keeping("token keys", path, TOKEN_KEY_KIND.setting):
        _make_home(path.parent)
        return open_token_keys(path, datetime.now(UTC))


def archive_keys_at(home: Path, setting: Path | None) -> ArchiveKeyDirectory:
    """The keys that sign archive packages: in the directory that is set, or in `archive-keys` of this home.

    Made if there are none, and looked at: nobody but this account may read them.
    """
    path = _directory(home, setting, ARCHIVE_KEYS)
    with _keeping("archive keys", path, ARCHIVE_KEY_KIND.setting):
        _make_home(path.parent)
        return open_archive_keys(path, datetime.now(UTC))


def existing_token_keys_at(home: Path, setting: Path | None) -> Path:
    """The directory in which the service has made its keys. Makes nothing, and raises `CannotRun` if there are none."""
    return _existing(TOKEN_KEY_KIND, _directory(home, setting, TOKEN_KEYS))


def existing_archive_keys_at(home: Path, setting: Path | None) -> Path:
    """As `existing_token_keys_at`."""
    return _existing(ARCHIVE_KEY_KIND, _directory(home, setting, ARCHIVE_KEYS))


def _directory(home: Path, setting: Path | None, usual: str) -> Path:
    return (setting or home / usual).expanduser().resolve()


def _existing(kind: Kind, path: Path) -> Path:
    try:
        return kind.existing(path)
    except KeysUnavailable as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"The {kind.name} keys cannot be read ({error.strerror}).") from error


@contextmanager
def _keeping(what: str, path: Path, setting: str) -> Iterator[None]:
    """Say in one line why they cannot be kept there, and what to set."""
    try:
        yield
    except (KeyStoreUnavailable, KeysUnavailable) as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(
            f"The {what} cannot be kept in {path} ({error.strerror}): set {setting} to a directory that can be written."
        ) from error


def _make_home(home: Path) -> None:
    """As `embedded` makes it: as root, the server's account must be able to pass through."""
    for directory in reversed((home, *home.parents)):
        if not directory.exists():
            directory.mkdir(exist_ok=True)
            directory.chmod(0o711 if os.name == "posix" and os.geteuid() == 0 else 0o700)
            sync_directory(directory.parent)


@contextmanager
def _private_file(path: Path, *, replace: bool = True) -> Iterator[int]:
    """Write a file that only its owner reads; it appears whole or not at all. Of two that make it, one counts."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield descriptor
        os.fsync(descriptor)
        if replace:
            part.rename(path)
        else:
            with suppress(FileExistsError):
                os.link(part, path)
    finally:
        os.close(descriptor)
        part.unlink(missing_ok=True)
