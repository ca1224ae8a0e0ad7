"""The keys of archive packages in files: private, rotated under a running service, their public parts kept for ever."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app import archive_key_directory, installation
from app.archive_key_directory import (
    KIND,
    LOOK_EVERY_S,
    mark_archive_key_stolen,
    open_archive_keys,
    read_archive_keys,
    rotate_archive_key,
)
from app.installation import CannotRun
from app.key_files import KeysUnavailable
from app.main import create_app
from app.services.archive_checks import verify
from app.services.archive_keys import PublicArchiveKey, UnfitArchiveKey, new_archive_key, public_keys_in
from tests.archive_stories import ZIP, files_in, package_of, place_of
from tests.archives import a_key
from tests.conftest import settings_for
from tests.program import larande, serving
from tests.stories import final_record, started_group
from tests.world import World

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=400)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "archive-keys"


class Clock:
    seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(archive_key_directory, "time", clock)
    return clock


def names(place: Path) -> list[str]:
    return sorted(each.name for each in place.iterdir())


def private(place: Path) -> list[Path]:
    return [each for each in place.iterdir() if each.name.count(".") == 2]


# --- Made, read, rotated ----------------------------------------------------------------------------------------------


def test_the_first_key_is_made_once_and_for_its_owner_alone(place: Path) -> None:
    made = open_archive_keys(place, NOW).keys()
    thumbprint = made.signing.public.thumbprint
    assert names(place) == [f"20261126T120000Z.{thumbprint}.pem", f"20261126T120000Z.{thumbprint}.public.pem"]
    assert place.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in place.iterdir()} == {0o600}
    assert open_archive_keys(place, LATER).keys() == made
    assert made.signing.private_pem not in repr(made)


def test_a_new_key_signs_and_the_public_part_of_the_former_stays(place: Path) -> None:
    first = open_archive_keys(place, NOW).keys().signing
    second = rotate_archive_key(place, LATER)
    third = rotate_archive_key(place, LATER + timedelta(seconds=1))
    held = read_archive_keys(place)
    assert held.private == (third,)
    assert [each.public.thumbprint for each in held.kept] == [e.public.thumbprint for e in (first, second, third)]
    assert not any(each.stolen for each in held.kept)
    assert len(private(place)) == 1
    assert first.private_pem not in "".join(each.read_text() for each in place.iterdir())


def test_a_stolen_key_is_known_and_counts_no_more(place: Path) -> None:
    stolen = open_archive_keys(place, NOW).keys().signing
    new = rotate_archive_key(place, LATER, stolen=True)
    held = read_archive_keys(place)
    assert [(each.public.thumbprint, each.stolen) for each in held.kept] == [
        (stolen.public.thumbprint, True),
        (new.public.thumbprint, False),
    ]
    assert held.private == (new,)
    # Whoever puts its private file back does not make it sign.
    file = place / f"20271231T120000Z.{stolen.public.thumbprint}.pem"
    file.write_text(stolen.private_pem)
    file.chmod(0o600)
    assert read_archive_keys(place).signing == new


class PowerGone(BaseException):
    pass


def interrupted(
    monkeypatch: pytest.MonkeyPatch, place: Path, step: int, error: type[BaseException], do: Callable[[], object]
) -> bool:
    """Whether it was: at one of the steps, each of which changes one file. They are whole or have not happened."""
    steps = iter(range(100))

    def counted(really: Callable[..., None]) -> Callable[..., None]:
        def change(*given: Any, **more: Any) -> None:
            if next(steps) == step:
                raise error
            really(*given, **more)

        return change

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", counted(Path.rename))
        broken.setattr(Path, "unlink", counted(Path.unlink))
        try:
            do()
        except (error, KeysUnavailable):
            assert place.is_dir()
            return True
    return False


STEPS_OF_STOLEN = 5


@pytest.mark.parametrize("error", [PowerGone, OSError])
@pytest.mark.parametrize("step", range(6))
def test_a_stolen_key_is_marked_wherever_that_was_interrupted(
    place: Path, monkeypatch: pytest.MonkeyPatch, step: int, error: type[BaseException]
) -> None:
    """The same command again ends it: one new key, the stolen one marked and its private part gone."""
    first = open_archive_keys(place, NOW).keys().signing

    def rotate() -> object:
        return rotate_archive_key(place, LATER, stolen=True)

    assert interrupted(monkeypatch, place, step, error, rotate) == (step < STEPS_OF_STOLEN)
    held = read_archive_keys(place)
    assert first not in held.private or not held.kept[0].stolen
    new = rotate_archive_key(place, LATER + timedelta(days=1), stolen=True)
    held = read_archive_keys(place)
    assert held.private == (new,)
    assert first.private_pem not in "".join(each.read_text() for each in place.iterdir())
    # Of what came between at most a public part stays, of a key that nobody has; unless all had been done.
    done = step >= STEPS_OF_STOLEN
    marked = [each.public for each in held.kept if each.stolen]
    assert marked[0] == first.public
    assert len(marked) == (2 if done else 1)
    assert len(held.kept) <= 3
    assert not any(".public." in name and first.public.thumbprint in name for name in names(place))


@pytest.mark.parametrize("step", range(3))
def test_a_rotation_that_was_interrupted_is_done_again(place: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    first = open_archive_keys(place, NOW).keys().signing
    assert interrupted(monkeypatch, place, step, PowerGone, lambda: rotate_archive_key(place, LATER))
    held = read_archive_keys(place)
    assert held.private  # it signs all the time
    assert first.public in [each.public for each in held.kept]
    last = rotate_archive_key(place, LATER + timedelta(days=1))
    assert [file.name for file in private(place)] == [f"20280101T120000Z.{last.public.thumbprint}.pem"]
    assert not any(each.stolen for each in read_archive_keys(place).kept)


def test_what_a_former_version_left_half_done_is_ended(place: Path) -> None:
    """The stolen key was marked and its public file gone, and its private one still there."""
    first = open_archive_keys(place, NOW).keys().signing
    public = private(place)[0].with_suffix(".public.pem")
    public.rename(public.with_name(public.name.replace(".public.", ".stolen.")))
    new = rotate_archive_key(place, LATER, stolen=True)
    held = read_archive_keys(place)
    assert held.private == (new,)
    assert [(each.public, each.stolen) for each in held.kept] == [(first.public, True), (new.public, False)]


# --- Stolen before it was replaced ------------------------------------------------------------------------------------


def test_a_key_that_was_replaced_can_be_marked_as_stolen(place: Path) -> None:
    first = open_archive_keys(place, NOW).keys().signing
    second = rotate_archive_key(place, LATER)
    for _ in range(2):  # again changes nothing
        mark_archive_key_stolen(place, first.public.thumbprint)
        held = read_archive_keys(place)
        assert [(each.public, each.stolen) for each in held.kept] == [(first.public, True), (second.public, False)]
        assert held.signing == second
        assert [name for name in names(place) if first.public.thumbprint in name] == [
            f"20261126T120000Z.{first.public.thumbprint}.stolen.pem"
        ]


@pytest.mark.parametrize("step", range(3))
def test_a_mark_that_was_interrupted_is_made_again(place: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    first = open_archive_keys(place, NOW).keys().signing
    second = rotate_archive_key(place, LATER)

    def mark() -> None:
        mark_archive_key_stolen(place, first.public.thumbprint)

    assert interrupted(monkeypatch, place, step, PowerGone, mark) == (step < 2)
    mark()
    assert [each.stolen for each in read_archive_keys(place).kept] == [True, False]
    assert read_archive_keys(place).signing == second
    assert len([name for name in names(place) if name.endswith(".pem")]) == 3


def test_a_key_that_still_signs_is_not_only_marked(place: Path) -> None:
    first = open_archive_keys(place, NOW).keys().signing
    before = names(place)
    with pytest.raises(KeysUnavailable, match="rotate --stolen"):
        mark_archive_key_stolen(place, first.public.thumbprint)
    for unknown in ("", "x" * 43, first.public.thumbprint[:-1], "20261126T120000Z", "../keys", "*"):
        with pytest.raises(KeysUnavailable):
            mark_archive_key_stolen(place, unknown)
    assert names(place) == before


def test_stolen_counts_whatever_other_file_of_the_key_there_is(place: Path) -> None:
    first = open_archive_keys(place, NOW).keys().signing
    rotate_archive_key(place, LATER, stolen=True)
    (place / f"20290101T120000Z.{first.public.thumbprint}.public.pem").write_text(first.public.pem)
    assert [each.stolen for each in read_archive_keys(place).kept] == [True, False]
    mark_archive_key_stolen(place, first.public.thumbprint)
    assert not any(".public." in name and first.public.thumbprint in name for name in names(place))


def test_two_rotations_at_once_leave_keys_that_sign(place: Path) -> None:
    open_archive_keys(place, NOW)
    for _ in range(3):
        rotate_archive_key(place, NOW)
    held = read_archive_keys(place)
    assert len(held.private) == 1
    assert len(held.kept) == 4


def test_where_a_backup_brought_back_the_public_parts_a_new_key_is_made(place: Path) -> None:
    first = open_archive_keys(place, NOW).keys().signing
    for file in private(place):
        file.unlink()
    held = open_archive_keys(place, LATER).keys()
    assert held.signing != first
    assert [each.public.thumbprint for each in held.kept] == [each.public.thumbprint for each in (first, held.signing)]


def test_a_private_key_without_its_public_file_does_not_sign(place: Path) -> None:
    """A package must never be signed by a key that nobody can know of."""
    open_archive_keys(place, NOW)
    next(each for each in place.iterdir() if ".public." in each.name).unlink()
    assert read_archive_keys(place).private == ()
    assert len(open_archive_keys(place, LATER).keys().kept) == 1


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wide", [0o750, 0o705, 0o711, 0o777])
def test_a_directory_that_others_may_enter_is_refused(place: Path, wide: int) -> None:
    open_archive_keys(place, NOW)
    place.chmod(wide)
    for opened in (lambda: open_archive_keys(place, NOW), lambda: KIND.existing(place)):
        with pytest.raises(KeysUnavailable, match=f"mode 0700.*mode {wide:04o}"):
            opened()


@pytest.mark.parametrize("wide", [0o640, 0o604, 0o644, 0o620, 0o700])
def test_a_private_file_that_others_may_read_is_refused(place: Path, wide: int) -> None:
    open_archive_keys(place, NOW)
    private(place)[0].chmod(wide)
    with pytest.raises(KeysUnavailable, match=f"mode 0600.*mode {wide:04o}"):
        open_archive_keys(place, NOW)
    with pytest.raises(KeysUnavailable):
        rotate_archive_key(place, LATER)


def test_a_public_file_may_be_read_by_anybody(place: Path) -> None:
    made = open_archive_keys(place, NOW).keys()
    for file in place.iterdir():
        if file not in private(place):
            file.chmod(0o644)
    assert read_archive_keys(place) == made


def test_keys_of_another_account_are_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_archive_keys(place, NOW)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(KeysUnavailable, match="owner"):
        open_archive_keys(place, NOW)


def _pem(key: ed448.Ed448PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _locked() -> str:
    key = new_archive_key(NOW)
    return key._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"nio")).decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no private key"),
        ("åäö", "no private key"),
        (a_key().public.pem, "no private key"),
        (_pem(ed448.Ed448PrivateKey.generate()), "for Ed25519"),
        (_pem(ec.generate_private_key(ec.SECP256R1())), "for Ed25519"),
        (_locked(), "without a password"),
        (a_key(9).private_pem, "another key than its name says"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(place: Path, content: str, words: str) -> None:
    open_archive_keys(place, NOW)
    private(place)[0].write_text(content, encoding="utf-8")
    with pytest.raises(KeysUnavailable, match=words):
        open_archive_keys(place, NOW)


@pytest.mark.parametrize("content", ["", a_key(9).public.pem, a_key(9).private_pem, "# ours\n" + a_key().public.pem])
def test_a_public_file_that_holds_something_else_is_refused(place: Path, content: str) -> None:
    open_archive_keys(place, NOW)
    next(each for each in place.iterdir() if ".public." in each.name).write_text(content)
    with pytest.raises(KeysUnavailable):
        open_archive_keys(place, NOW)


@pytest.mark.parametrize("name", ["key.pem", f"20261399T120000Z.{'a' * 43}.pem", f"20261126T120000Z.{'a' * 43}.x.pem"])
def test_a_file_that_is_not_named_like_a_key_is_refused(place: Path, name: str) -> None:
    open_archive_keys(place, NOW)
    (place / name).write_text(a_key().public.pem)
    with pytest.raises(KeysUnavailable, match="not named like"):
        open_archive_keys(place, NOW)


def test_what_is_half_written_is_not_looked_at(place: Path) -> None:
    made = open_archive_keys(place, NOW).keys()
    (place / f"{private(place)[0].name}.0123456789abcdef").write_text("-----BEGIN")
    assert open_archive_keys(place, NOW).keys() == made


def test_a_place_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotRun, match="cannot be kept"):
        installation.archive_keys_at(tmp_path, tmp_path / "file" / "keys")
    with pytest.raises(CannotRun, match="no archive keys"):
        installation.existing_archive_keys_at(tmp_path, None)
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208


# --- Under a running service ------------------------------------------------------------------------------------------


def test_a_rotation_is_noticed_after_ten_seconds(place: Path, clock: Clock) -> None:
    directory = open_archive_keys(place, NOW)
    before = directory.keys()
    new = rotate_archive_key(place, LATER)
    clock.seconds += LOOK_EVERY_S - 0.1
    assert directory.keys() == before
    clock.seconds += 0.1
    assert directory.keys().signing == new


def test_keys_that_cannot_be_read_again_leave_those_that_were(place: Path, clock: Clock) -> None:
    directory = open_archive_keys(place, NOW)
    before = directory.keys()
    (place / "mine.pem").write_text("")
    clock.seconds += LOOK_EVERY_S
    with structlog.testing.capture_logs() as logs:
        assert directory.keys() == before
    assert [each["event"] for each in logs] == ["the archive keys cannot be read again"]
    (place / "mine.pem").unlink()
    private(place)[0].unlink()
    clock.seconds += LOOK_EVERY_S
    with structlog.testing.capture_logs() as logs:
        assert directory.keys() == before
    assert "signs" in logs[0]["reason"]


async def test_packages_made_before_and_after_a_rotation_hold(database_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "archive-keys"
    app = create_app(settings_for(database_url, archive_key_directory=keys))
    async with World(app) as world:
        record = await final_record(world, await started_group(world))
        before = await package_of(world.archivist, record)
        rotate_archive_key(keys, datetime.now(UTC))
        app.state.archive_keys._looked_at -= LOOK_EVERY_S
        after = await package_of(world.archivist, record)
        listed = (await world.nobody.get("/archive-keys"))["keys"]
        allowed = {each["thumbprint"] for each in listed}
        assert len(allowed) == 2
        assert before != after
        assert verify(before, allowed).holds
        assert verify(after, allowed).holds
        assert files_in(before)["record.sv.txt"] == files_in(after)["record.sv.txt"]
        rotate_archive_key(keys, datetime.now(UTC), stolen=True)
        app.state.archive_keys._looked_at -= LOOK_EVERY_S
        allowed = {each["thumbprint"] for each in (await world.nobody.get("/archive-keys"))["keys"]}
        assert not verify(after, allowed).holds
        assert verify(before, allowed).holds
    await app.state.database.close()


async def test_without_a_directory_nothing_is_signed(database_url: str) -> None:
    """What a key in memory signs, nobody can check after a restart."""
    app = create_app(settings_for(database_url, archive_key_directory=None))
    async with World(app) as world:
        record = await final_record(world, await started_group(world))
        for headers in ({}, ZIP):
            answer = await world.archivist.client.request("GET", place_of(record), headers=headers, expect=503)
            assert (answer.json()["code"], answer.headers["Retry-After"]) == ("archiveKeysAway", "5")
            # Whoever may not read the record is told nothing of keys.
            await world.employee.client.refused("GET", place_of(record), 404, "notFound", headers=headers)
        await world.nobody.refused("GET", "/archive-keys", 503, "archiveKeysAway")
        assert (await world.archivist.client.get(f"/session-records/{record['id']}"))["state"] == "final"
    await app.state.database.close()


# --- Keys as people hand them on --------------------------------------------------------------------------------------


def test_published_keys_are_read_as_pem_and_as_jwk() -> None:
    one, two = a_key().public, a_key(2).public
    for text in (one.pem, one.pem.replace("\n", "\r\n"), f"\n{one.pem.strip()}", json.dumps(one.jwk)):
        assert public_keys_in(text) == [one]
    for text in (one.pem + two.pem, json.dumps({"keys": [one.jwk, two.jwk]})):
        assert public_keys_in(text) == [one, two]
    # RFC 8037, appendix A.3.
    (known,) = public_keys_in('{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}')
    assert known.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", "x", '{"keys": []}', '{"keys": {}}', '{"keys": [1]}', '{"kty": "oct", "k": "AA"}'),
        json.dumps({**a_key().public.jwk, "crv": "Ed448"}),
        json.dumps({**a_key().public.jwk, "x": a_key().public.jwk["x"] + "="}),
        json.dumps({**a_key().public.jwk, "x": "AA"}),
        json.dumps({**a_key().public.jwk, "x": None}),
        json.dumps({"keys": [a_key().public.jwk, {"kty": "RSA"}]}),
        a_key().private_pem,
        a_key().public.pem + a_key().private_pem,
        a_key().public.pem[:-40],
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    ],
)
def test_what_is_no_published_key_is_refused(text: str) -> None:
    with pytest.raises(UnfitArchiveKey):
        public_keys_in(text)


def test_a_key_is_spelt_in_one_way() -> None:
    key = new_archive_key(NOW).public
    assert PublicArchiveKey(key.pem).thumbprint == key.thumbprint
    for other in (key.pem + "\n", key.pem.strip(), " " + key.pem, key.pem.replace("\n", "\r\n")):
        with pytest.raises(UnfitArchiveKey):
            _ = PublicArchiveKey(other).thumbprint


# --- Commands ---------------------------------------------------------------------------------------------------------


async def test_the_commands_need_no_database(new_home: Path) -> None:
    await asyncio.to_thread(new_home.mkdir)
    keys = open_archive_keys(new_home / "archive-keys", datetime.now(UTC)).path
    first = read_archive_keys(keys).signing.public
    environment = {"LARANDE_HOME": str(new_home)}
    exported = await larande("archive-keys", "export", **environment)
    assert exported.code == 0
    assert public_keys_in("\n".join(exported.said)) == [first]
    rotated = await larande("archive-keys", "rotate", **environment)
    assert rotated.code == 0
    assert rotated.said[0].endswith(f"for the service whose keys are in {keys}.")
    second = read_archive_keys(keys).signing.public
    assert second != first
    exported = await larande("archive-keys", "export", "--format", "jwk", **environment)
    assert {each.thumbprint for each in public_keys_in("\n".join(exported.said))} == {
        *(first.thumbprint, second.thumbprint)
    }
    assert (await larande("archive-keys", "rotate", "--stolen", **environment)).code == 0
    listed = await larande("archive-keys", "list", **environment)
    assert listed.said[0] == f"The keys in {keys}:"
    third = read_archive_keys(keys).signing.public
    # By key: those of one second stand in no particular order.
    told = dict(line.split(", since ")[0].split(" ", 1) for line in listed.said[1:])
    assert told == {first.thumbprint: "signs no more", second.thumbprint: "was stolen", third.thumbprint: "signs"}
    exported = await larande("archive-keys", "export", **environment)
    assert second not in public_keys_in("\n".join(exported.said))
    assert first in public_keys_in("\n".join(exported.said))
    marked = await larande("archive-keys", "stolen", first.thumbprint, **environment)
    assert marked.code == 0
    assert marked.said[0] == f"{first.thumbprint} is marked as stolen, for the service whose keys are in {keys}."
    exported = await larande("archive-keys", "export", **environment)
    assert public_keys_in("\n".join(exported.said)) == [third]
    refused = await larande("archive-keys", "stolen", third.thumbprint, **environment)
    assert (refused.code, refused.said) == (1, [])
    assert refused.complained == [f"{third.thumbprint} is not replaced yet. Run: larande archive-keys rotate --stolen"]
    assert "PRIVATE" not in "".join(listed.said + rotated.said + exported.said)
    assert sorted(os.listdir(new_home)) == ["archive-keys"]  # noqa: PTH208


async def test_in_the_wrong_home_the_commands_make_nothing_and_say_so(new_home: Path) -> None:
    for command in (["list"], ["rotate"], ["export"], ["stolen", "x" * 43], ["stolen", "-" + "x" * 42]):
        ended = await larande("archive-keys", *command, LARANDE_HOME=str(new_home))
        assert (ended.code, ended.said) == (1, [])
        (line,) = ended.complained
        assert "LARANDE_ARCHIVE_KEY_DIRECTORY" in line
    assert new_home.name not in os.listdir(new_home.parent)  # noqa: PTH208


@pytest.mark.drill
async def test_a_running_service_takes_part_in_a_rotation(home: Path) -> None:
    async with serving(LARANDE_HOME=str(home)) as service, service.http() as http:
        (before,) = (await http.get("/archive-keys")).json()["keys"]
        assert (home / "archive-keys").stat().st_mode & 0o777 == 0o700
        assert (await larande("archive-keys", "rotate", LARANDE_HOME=str(home))).code == 0
        held = read_archive_keys(home / "archive-keys")
        assert before["thumbprint"] in {each.public.thumbprint for each in held.kept}
    async with serving(LARANDE_HOME=str(home)) as service, service.http() as http:
        keys = (await http.get("/archive-keys")).json()["keys"]
        assert {each["thumbprint"]: each["signsNow"] for each in keys} == {
            before["thumbprint"]: False,
            held.signing.public.thumbprint: True,
        }
