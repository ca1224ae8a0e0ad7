"""Keys in files: for this account alone, whole or not there, never replaced, and gone when they are to be gone."""

import errno
import itertools
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from app import installation
from app.installation import CannotRun
from app.key_directory import KeyDirectory, open_key_directory
from app.models.party import Side
from app.services.key_store import KeyConflict, KeyMissing, KeyStore, KeyStoreUnavailable, RoundSecrets
from app.settings import Settings

ROUND, OTHER_ROUND = UUID(int=1), UUID(int=2)
SECRETS = RoundSecrets(b"b" * 32, b"i" * 32)
EMPLOYER, UNION = b"e" * 32, b"u" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(path: Path) -> KeyDirectory:
    return open_key_directory(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*") if each.is_file())


def missing(read: Callable[..., bytes], *what: Any) -> bool:
    try:
        read(*what)
    except KeyMissing:
        return True
    return False


# --- The directory ----------------------------------------------------------------------------------------------------


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("no_umask")
def test_all_of_it_is_for_this_account_alone(path: Path) -> None:
    store = open_key_directory(path)
    store.put(ROUND, SECRETS)
    store.put_share(ROUND, Side.UNION, UNION)
    assert mode(path) == mode(path / str(ROUND)) == 0o700
    assert files(path) == [f"{ROUND}/{name}" for name in ("ballot-key", "invitation-secret", "union-share")]
    assert {mode(path / name) for name in files(path)} == {0o600}


@pytest.mark.parametrize("wrong", [0o750, 0o705, 0o701, 0o710, 0o720, 0o777])
def test_a_directory_that_others_can_enter_is_refused_and_left_as_it_is(path: Path, wrong: int) -> None:
    path.mkdir()
    path.chmod(wrong)
    with pytest.raises(KeyStoreUnavailable, match=rf"for this account alone .* mode {wrong:04o}\.$") as caught:
        open_key_directory(path)
    assert "\n" not in str(caught.value)
    assert mode(path) == wrong
    assert list(path.iterdir()) == []


def test_a_directory_of_another_account_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_key_directory(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(KeyStoreUnavailable, match="for this account alone"):
        open_key_directory(path)


def test_a_place_that_is_no_directory_is_refused(path: Path) -> None:
    path.write_text("")
    with pytest.raises(KeyStoreUnavailable, match="is no directory"):
        open_key_directory(path)
    with pytest.raises(KeyStoreUnavailable, match="cannot be used"):
        open_key_directory(path / "below")
    with pytest.raises(KeyStoreUnavailable, match="cannot be used"):
        open_key_directory(path.parent / "not made" / "keys")


def test_an_installation_keeps_keys_in_its_home_or_where_it_is_told(
    new_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings().key_directory is None
    installation.key_directory_at(new_home, None).put(ROUND, SECRETS)
    assert mode(new_home / "keys") == 0o700
    assert mode(new_home) == (0o711 if os.geteuid() == 0 else 0o700)
    monkeypatch.setenv("LARANDE_KEY_DIRECTORY", str(tmp_path / "far" / "away"))
    told = installation.key_directory_at(new_home, Settings().key_directory)
    assert (told.rounds(), installation.key_directory_at(new_home, None).rounds()) == ([], [ROUND])
    assert mode(tmp_path / "far" / "away") == 0o700
    (new_home / "keys").chmod(0o755)
    with pytest.raises(CannotRun, match="for this account alone"):
        installation.key_directory_at(new_home, None)
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRun, match="LARANDE_KEY_DIRECTORY"):
        installation.key_directory_at(new_home, tmp_path / "file" / "below" / "keys")


# --- Keeping ----------------------------------------------------------------------------------------------------------


def test_what_is_put_is_read_by_its_name(path: Path) -> None:
    store: KeyStore = open_key_directory(path)
    for read in (store.read_ballot_key, store.read_invitation_secret):
        assert missing(read, ROUND)
    assert store.rounds() == []
    store.put(ROUND, SECRETS)
    store = open_key_directory(path)
    assert store.read_ballot_key(ROUND) == SECRETS.ballot_key
    assert store.read_invitation_secret(ROUND) == SECRETS.invitation_secret
    assert missing(store.read_ballot_key, OTHER_ROUND)
    store.put(OTHER_ROUND, SECRETS)
    assert store.rounds() == [ROUND, OTHER_ROUND]


def test_secrets_do_not_show() -> None:
    assert repr(SECRETS) == "RoundSecrets()"


@pytest.mark.parametrize(
    "other",
    [RoundSecrets(b"x" * 32, b"i" * 32), RoundSecrets(b"b" * 32, b"x" * 32)],
    ids=["ballot key", "invitation secret"],
)
def test_nothing_is_ever_replaced(path: Path, store: KeyDirectory, other: RoundSecrets) -> None:
    store.put(ROUND, SECRETS)
    store.put_share(ROUND, Side.UNION, UNION)
    store.put(ROUND, SECRETS)
    before = {name: (path / name).read_bytes() for name in files(path)}
    with pytest.raises(KeyConflict):
        store.put(ROUND, other)
    assert {name: (path / name).read_bytes() for name in files(path)} == before
    store.destroy(ROUND)
    store.put(ROUND, other)
    with pytest.raises(KeyConflict):
        store.put(ROUND, SECRETS)


def test_what_is_half_destroyed_is_not_taken_for_a_round(path: Path, store: KeyDirectory) -> None:
    store.put(ROUND, SECRETS)
    (path / str(ROUND) / "invitation-secret").unlink()
    with pytest.raises(KeyConflict):
        store.put(ROUND, SECRETS)
    assert store.rounds() == [ROUND]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_secret_has_its_length(path: Path, store: KeyDirectory, length: int) -> None:
    for wrong in (RoundSecrets(bytes(length), b"i" * 32), RoundSecrets(b"b" * 32, bytes(length))):
        with pytest.raises(ValueError, match="32 bytes"):
            store.put(ROUND, wrong)
    assert list(path.iterdir()) == []
    store.put(ROUND, SECRETS)
    with pytest.raises(ValueError, match="32 bytes"):
        store.put_share(ROUND, Side.UNION, bytes(length))
    (path / str(ROUND) / "ballot-key").write_bytes(bytes(length))
    with pytest.raises(KeyStoreUnavailable, match="damaged"):
        store.read_ballot_key(ROUND)


def test_each_side_hands_in_its_own_key_once(path: Path, store: KeyDirectory) -> None:
    with pytest.raises(KeyMissing):
        store.put_share(ROUND, Side.EMPLOYER, EMPLOYER)
    assert list(path.iterdir()) == []
    store.put(ROUND, SECRETS)
    store.put_share(ROUND, Side.EMPLOYER, EMPLOYER)
    assert missing(store.read_share, ROUND, Side.UNION)
    store.put_share(ROUND, Side.UNION, UNION)
    store.put_share(ROUND, Side.EMPLOYER, EMPLOYER)
    with pytest.raises(KeyConflict):
        store.put_share(ROUND, Side.EMPLOYER, UNION)
    assert store.read_share(ROUND, Side.EMPLOYER) == EMPLOYER
    assert store.read_share(ROUND, Side.UNION) == UNION
    kept = ("ballot-key", "employer-share", "invitation-secret", "union-share")
    assert files(path) == [f"{ROUND}/{name}" for name in kept]


def test_a_store_that_is_away_has_lost_nothing(path: Path, store: KeyDirectory) -> None:
    store.put(ROUND, SECRETS)
    path.rename(path.with_name("unmounted"))
    attempts: list[Callable[[], Any]] = [
        lambda: store.read_ballot_key(ROUND), lambda: store.read_invitation_secret(ROUND), store.rounds,
        lambda: store.read_share(ROUND, Side.UNION), lambda: store.put_share(ROUND, Side.UNION, UNION),
        lambda: store.destroy(ROUND), lambda: store.put(ROUND, SECRETS), lambda: store.put(OTHER_ROUND, SECRETS),
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(KeyStoreUnavailable):
            attempt()
    path.with_name("unmounted").rename(path)
    assert store.read_ballot_key(ROUND) == SECRETS.ballot_key


def test_what_is_not_ours_in_the_directory_is_left_alone(path: Path, store: KeyDirectory) -> None:
    store.put(ROUND, SECRETS)
    for name in ("lost+found", ROUND.hex, f"{{{OTHER_ROUND}}}", ".snapshot"):
        (path / name).mkdir()
    assert store.rounds() == [ROUND]
    store.destroy(ROUND)
    assert len(list(path.iterdir())) == 4


# --- Destruction ------------------------------------------------------------------------------------------------------


def test_a_destroyed_round_is_gone_and_stays_gone(path: Path, store: KeyDirectory) -> None:
    store.put(ROUND, SECRETS)
    store.put(OTHER_ROUND, SECRETS)
    for side in Side:
        store.put_share(ROUND, side, UNION)
    (path / f"{ROUND}.0123").mkdir()  # as a crash leaves it
    (path / f"{ROUND}.0123" / "ballot-key").write_bytes(b"b" * 32)
    for _ in range(2):
        store.destroy(ROUND)
        assert store.rounds() == [OTHER_ROUND]
        assert [each.name for each in path.iterdir()] == [str(OTHER_ROUND)]
    with pytest.raises(KeyMissing):
        store.put_share(ROUND, Side.UNION, UNION)
    assert missing(store.read_ballot_key, ROUND)
    assert missing(store.read_invitation_secret, ROUND)
    assert missing(store.read_share, ROUND, Side.UNION)
    assert store.read_ballot_key(OTHER_ROUND) == SECRETS.ballot_key


def test_two_who_destroy_do_not_stop_each_other(
    path: Path, store: KeyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(ROUND, SECRETS)
    unlink = os.unlink

    def unlink_after_another(file: Path) -> None:
        monkeypatch.setattr(os, "unlink", unlink)
        for each in set(file.parent.iterdir()) - {file}:
            each.unlink()
        store.put_share(ROUND, Side.UNION, UNION)  # and somebody hands in a key
        unlink(file)

    monkeypatch.setattr(os, "unlink", unlink_after_another)
    store.destroy(ROUND)
    assert list(path.iterdir()) == []


# --- All at once ------------------------------------------------------------------------------------------------------


def test_of_many_who_put_one_counts_and_is_whole(path: Path, store: KeyDirectory) -> None:
    together = Barrier(8)

    def put(number: int) -> bool:
        together.wait()
        try:
            store.put(round_id, RoundSecrets(bytes([number]) * 32, bytes([number]) * 32))
        except KeyConflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        for round_id in map(UUID, itertools.islice((f"{n:032x}" for n in itertools.count(1)), 25)):
            won = [number for number, succeeded in enumerate(threads.map(put, range(8))) if succeeded]
            assert [store.read_ballot_key(round_id)[0]] == [store.read_invitation_secret(round_id)[0]] == won
    assert all("." not in each.name for each in path.iterdir())


def test_of_many_who_put_the_same_all_succeed(path: Path, store: KeyDirectory) -> None:
    together = Barrier(8)

    def put(_number: int) -> None:
        together.wait()
        store.put(ROUND, SECRETS)
        store.put_share(ROUND, Side.UNION, UNION)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(put, range(8))) == [None] * 8
    assert files(path) == [f"{ROUND}/{name}" for name in ("ballot-key", "invitation-secret", "union-share")]


def test_a_key_handed_in_during_destruction_is_destroyed_too(path: Path, store: KeyDirectory) -> None:
    together = Barrier(3)

    def hand_in() -> bool:
        together.wait()
        try:
            store.put_share(ROUND, Side.UNION, UNION)
        except KeyMissing:
            return False
        return True

    def destroy() -> None:
        together.wait()
        store.destroy(ROUND)

    with ThreadPoolExecutor(3) as threads:
        for _ in range(100):
            store.put(ROUND, SECRETS)
            share, *destructions = threads.submit(hand_in), threads.submit(destroy), threads.submit(destroy)
            assert share.result() in {True, False}
            assert [each.result() for each in destructions] == [None, None]
            assert list(path.iterdir()) == []


# --- Crashes ----------------------------------------------------------------------------------------------------------

CALLS = ("mkdir", "open", "fsync", "rename", "link", "unlink", "rmdir")


def ready(store: KeyDirectory, operation: str) -> None:
    """What is there before the operation."""
    store.put(OTHER_ROUND, SECRETS)
    if operation != "put":
        store.put(ROUND, SECRETS)
    if operation == "destroy":
        store.put_share(ROUND, Side.UNION, UNION)


def carry_out(store: KeyDirectory, operation: str) -> None:
    if operation == "put":
        store.put(ROUND, SECRETS)
    elif operation == "put_share":
        store.put_share(ROUND, Side.UNION, UNION)
    else:
        store.destroy(ROUND)


def die_step_by_step(place: Path, operation: str) -> None:
    """In a process of its own: before and after each call that touches the disk, a child that is killed there."""
    for last in itertools.count(1):
        path = place / f"{last:03}"
        store = open_key_directory(path)
        ready(store, operation)
        if (child := os.fork()) == 0:
            try:
                _die_at(last)
                carry_out(store, operation)
            finally:
                os._exit(0)
        if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
            return


def _die_at(last: int) -> None:
    steps = itertools.count(1)

    def step() -> None:
        if next(steps) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def dying(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **names: Any) -> Any:
            step()
            try:
                return call(*arguments, **names)
            finally:
                step()

        return called

    for name in CALLS:
        setattr(os, name, dying(getattr(os, name)))


@pytest.mark.drill
@pytest.mark.parametrize(("operation", "fewest"), [("put", 10), ("put_share", 5), ("destroy", 8)])
def test_a_crash_anywhere_leaves_all_or_nothing(tmp_path: Path, operation: str, fewest: int) -> None:
    """This is about a killed process. What a loss of power may do is the business of the next test."""
    command = f"from tests.test_key_directory import *; die_step_by_step(Path(sys.argv[1]), {operation!r})"
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # no threads of NumPy's in a process that forks
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", command, tmp_path], cwd=root, env=environment, check=True, timeout=120)
    left = sorted(tmp_path.iterdir())
    assert len(left) > fewest
    outcomes = []
    for path in left:
        store = open_key_directory(path)
        assert store.read_ballot_key(OTHER_ROUND) == SECRETS.ballot_key
        ballot, invitations = missing(store.read_ballot_key, ROUND), missing(store.read_invitation_secret, ROUND)
        share = missing(store.read_share, ROUND, Side.UNION)
        if operation != "destroy":
            # Whole or not there, and what was there before is there.
            assert ballot == invitations
            assert not ballot or operation == "put"
        outcomes.append((ballot, invitations, share))
        # What is left of a put is no obstacle to the next one, and what is left of a destruction can be finished.
        assert ROUND in store.rounds() or all(outcomes[-1])
        if operation != "destroy":
            carry_out(store, operation)
            assert store.read_ballot_key(ROUND) == SECRETS.ballot_key
        store.destroy(ROUND)
        assert [each.name for each in path.iterdir()] == [str(OTHER_ROUND)]
    before, after = {
        "put": ((True, True, True), (False, False, True)),
        "put_share": ((False, False, True), (False, False, False)),
        "destroy": ((False, False, False), (True, True, True)),
    }[operation]
    assert (outcomes[0], outcomes[-1]) == (before, after)
    # Once it has happened it stays so, whatever comes after. (A destruction takes files in any order.)
    assert outcomes == sorted(outcomes, reverse=True) or operation == "destroy"


def test_each_step_is_on_the_disk_before_the_next_relies_on_it(
    store: KeyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process cannot show that a sync is missing, and a file system that loses power is not at hand."""
    done: list[str] = []

    def noting(name: str) -> Callable[..., Any]:
        call = getattr(os, name)

        def called(first: Any, *others: Any, **names: Any) -> Any:
            result = call(first, *others, **names)
            if name == "fsync":
                kept = os.fstat(first)
                done.append("sync directory" if stat.S_ISDIR(kept.st_mode) else f"sync {kept.st_size} bytes")
            else:
                done.append(name)
            return result

        return called

    for name in ("fsync", "rename", "link", "unlink", "rmdir"):
        monkeypatch.setattr(os, name, noting(name))
    expected = {
        "put": ["sync 32 bytes", "sync 32 bytes", "sync directory", "rename", "sync directory"],
        "put_share": ["sync 32 bytes", "link", "sync directory", "unlink"],
        "destroy": ["unlink", "unlink", "unlink", "sync directory", "rmdir", "sync directory"],
    }
    for operation, steps in expected.items():
        done.clear()
        carry_out(store, operation)
        assert done == steps
    done.clear()
    store.put(ROUND, SECRETS)
    done.clear()
    store.put(ROUND, SECRETS)
    assert done[-1] == "sync directory"  # of the one that died before its last step nothing more may come


@pytest.mark.parametrize("call", ["mkdir", "open", "fsync", "rename", "link", "rmdir"])
def test_a_full_or_broken_disk_is_said_and_leaves_nothing_half(
    path: Path, store: KeyDirectory, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_arguments: Any, **_names: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    operation = {"link": "put_share", "rmdir": "destroy"}.get(call, "put")
    ready(store, operation)
    before = files(path)
    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(KeyStoreUnavailable, match="No space left on device"):
            carry_out(store, operation)
    assert operation == "destroy" or files(path) == before
    carry_out(store, operation)
    assert (ROUND in store.rounds()) == (operation != "destroy")
