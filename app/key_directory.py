"""The key store in files, for an installation without a KMS.

A round is a directory named by its id, each of its secrets a file of 32 bytes in it:

    <round id>/ballot-key, invitation-secret, employer-share, union-share

What is not yet whole has a further part to its name. A round's directory takes its name when all is written, which the
system does at once and refuses where there is something already; so there are no locks. Nothing here is asynchronous:
in the event loop, call it by `asyncio.to_thread`.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from app.models.party import Side
from app.services.ballot import SECRET_BYTES
from app.services.key_store import KeyConflict, KeyMissing, KeyStoreUnavailable, RoundSecrets

BALLOT_KEY = "ballot-key"
INVITATION_SECRET = "invitation-secret"  # noqa: S105 - a file's name


def open_key_directory(path: Path) -> "KeyDirectory":
    """The store in this directory, which is made if it is missing; its parent must be there.

    Refuses with `KeyStoreUnavailable` a directory that anyone but this account can enter or read. Its mode is not
    changed: whoever opened it to others had a reason, or has to hear of it.
    """
    with _reaching(path):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            sync_directory(path.parent)
        if not path.is_dir():
            raise KeyStoreUnavailable(f"{path} is no directory: set LARANDE_KEY_DIRECTORY to another place.")
        status = path.stat()
    if os.name == "posix" and (status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077):
        raise KeyStoreUnavailable(
            f"{path} holds the keys of survey rounds and must be for this account alone (its owner, mode 0700); it has "
            f"owner {status.st_uid}, mode {stat.S_IMODE(status.st_mode):04o}."
        )
    return KeyDirectory(path)


class KeyDirectory:
    """A `KeyStore` in a directory that `open_key_directory` has looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        return self._path

    def put(self, round_id: UUID, round_secrets: RoundSecrets) -> None:
        contents = {INVITATION_SECRET: round_secrets.invitation_secret}
        if round_secrets.ballot_key is not None:
            contents[BALLOT_KEY] = round_secrets.ballot_key
        part = _part_of(self._round(round_id))
        with _reaching(self._path):
            part.mkdir(mode=0o700)
            try:
                for name, content in contents.items():
                    _write(part / name, content)
                sync_directory(part)
                try:
                    part.rename(self._round(round_id))
                except OSError as error:
                    if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                        raise
                    self._require_same(round_id, round_secrets)
            finally:
                _remove(part)
            sync_directory(self._path)

    def read_ballot_key(self, round_id: UUID) -> bytes:
        return self._read(round_id, BALLOT_KEY)

    def read_invitation_secret(self, round_id: UUID) -> bytes:
        return self._read(round_id, INVITATION_SECRET)

    def put_share(self, round_id: UUID, side: Side, secret_key: bytes) -> None:
        file = self._round(round_id) / _share(side)
        part = _part_of(file)
        with _reaching(self._path):
            try:
                _write(part, secret_key)
                with suppress(FileExistsError):
                    file.hardlink_to(part)
                sync_directory(file.parent)
            except FileNotFoundError:
                raise self._missing(round_id) from None
            finally:
                part.unlink(missing_ok=True)
        if self.read_share(round_id, side) != secret_key:
            raise KeyConflict(f"The {side} has handed in another key for round {round_id}.")

    def read_share(self, round_id: UUID, side: Side) -> bytes:
        return self._read(round_id, _share(side))

    def destroy(self, round_id: UUID) -> None:
        """Remove the round's files and make that durable.

        They are not overwritten first. On a solid-state disk, a journalling or copying file system, or below a
        snapshot, new content goes to another place than the old, so overwriting would only look like more. Whoever
        must withstand somebody who reads the raw disk afterwards keeps the key directory on an encrypted volume of
        its own, or puts a KMS behind `KeyStore`.
        """
        with _reaching(self._path):
            for directory in self._directories(round_id):
                _remove(directory)
            # Also when nothing was left: whoever removed it may have died before it was durable.
            sync_directory(self._path)

    def rounds(self) -> list[UUID]:
        with _reaching(self._path):
            return sorted({round_id for each in self._path.iterdir() if (round_id := _round_id(each)) is not None})

    def _round(self, round_id: UUID) -> Path:
        return self._path / str(round_id)

    def _directories(self, round_id: UUID) -> list[Path]:
        return [each for each in self._path.iterdir() if _round_id(each) == round_id]

    def _read(self, round_id: UUID, name: str) -> bytes:
        with _reaching(self._path):
            try:
                content = (self._round(round_id) / name).read_bytes()
            except FileNotFoundError:
                raise self._missing(round_id) from None
        if len(content) != SECRET_BYTES:
            raise KeyStoreUnavailable(f"{self._round(round_id) / name} is damaged.")
        return content

    def _missing(self, round_id: UUID) -> Exception:
        """A store that is not there has not lost its keys."""
        if not self._path.is_dir():
            return KeyStoreUnavailable(f"The key directory {self._path} is not there.")
        return KeyMissing(f"There is no such secret of round {round_id}.")

    def _require_same(self, round_id: UUID, round_secrets: RoundSecrets) -> None:
        try:
            ballot_key: bytes | None = self.read_ballot_key(round_id)
        except KeyMissing:
            ballot_key = None
        try:
            same = round_secrets == RoundSecrets(ballot_key, self.read_invitation_secret(round_id))
        except KeyMissing:
            same = False
        if not same:
            raise KeyConflict(f"Round {round_id} has other secrets already.")


def sync_directory(path: Path) -> None:
    """Wait until what was named and unnamed in the directory is on the disk."""
    if os.name != "posix":
        return  # Windows opens no directories, and keeps the order of such changes by itself
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _share(side: Side) -> str:
    return f"{side}-share"


def _part_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.{secrets.token_hex(8)}")


def _round_id(path: Path) -> UUID | None:
    name = path.name.partition(".")[0]
    with suppress(ValueError):
        round_id = UUID(name)
        return round_id if str(round_id) == name else None
    return None


def _write(path: Path, content: bytes) -> None:
    if len(content) != SECRET_BYTES:
        raise ValueError("a secret is 32 bytes")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _remove(directory: Path) -> None:
    """Remove a directory of files, whatever others add to it or remove from it meanwhile."""
    with suppress(FileNotFoundError):
        while True:
            for file in directory.iterdir():
                file.unlink(missing_ok=True)
            sync_directory(directory)
            try:
                directory.rmdir()
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise
            else:
                return


@contextmanager
def _reaching(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyStoreUnavailable(f"The key directory {path} cannot be used ({error.strerror}).") from error
