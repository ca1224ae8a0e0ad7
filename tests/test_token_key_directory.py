"""Keys of access tokens in files: made once, private, rotated under a running service, read again only when changed."""

import asyncio
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
import time_machine
from fastapi import FastAPI

from app import installation, token_key_directory
from app.installation import CannotRun
from app.key_files import KeysUnavailable
from app.main import create_app
from app.services.errors import Refusal
from app.services.token_keys import AHEAD, OVERLAP, KeyPair, new_pair
from app.services.tokens import LIFETIME, Claims, TokenKey
from app.settings import Settings
from app.token_key_directory import (
    LOOK_AGAIN_AFTER_S,
    LOOK_EVERY_S,
    TokenKeyDirectory,
    open_token_keys,
    read_ring,
    remove_retired,
    rotate,
)
from tests.client import client_for
from tests.conftest import settings_for
from tests.program import larande, serving
from tests.tokens import PERSON, SECRET, SIGN_IN, part, right_header
from tests.world import World

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "token-keys"


class Clock:
    """The seconds that the directory counts by."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(token_key_directory, "time", clock)
    return clock


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which files were opened as keys."""
    read: list[Path] = []
    really = token_key_directory._read

    def counted(file: Path) -> KeyPair:
        read.append(file)
        return really(file)

    monkeypatch.setattr(token_key_directory, "_read", counted)
    return read


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def files(place: Path) -> list[Path]:
    return sorted(place.iterdir())


# --- Made and read ------------------------------------------------------------------------------------------------


def test_the_first_key_is_made_once_and_for_its_owner_alone(place: Path) -> None:
    made = open_token_keys(place, NOW).kept(NOW)
    (file,) = files(place)
    assert (mode(place), mode(file)) == (0o700, 0o600)
    assert file.name == f"20261123T120000Z.{made.pairs[0].kid}.pem"
    assert file.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert open_token_keys(place, NOW + timedelta(days=1)).kept(NOW) == made
    assert made.signing(NOW) == made.pairs[0]


@pytest.mark.parametrize("wide", [0o750, 0o705, 0o711, 0o777])
def test_a_directory_that_others_may_enter_is_refused(place: Path, wide: int) -> None:
    open_token_keys(place, NOW)
    place.chmod(wide)
    with pytest.raises(KeysUnavailable, match=f"mode 0700.*mode {wide:04o}"):
        open_token_keys(place, NOW)
    assert mode(place) == wide


@pytest.mark.parametrize("wide", [0o640, 0o604, 0o644, 0o620, 0o700])
def test_a_file_that_others_may_read_is_refused(place: Path, wide: int) -> None:
    open_token_keys(place, NOW)
    files(place)[0].chmod(wide)
    with pytest.raises(KeysUnavailable, match=f"mode 0600.*mode {wide:04o}"):
        open_token_keys(place, NOW)


def test_a_key_that_is_only_read_is_enough(place: Path) -> None:
    open_token_keys(place, NOW)
    files(place)[0].chmod(0o400)
    assert len(open_token_keys(place, NOW).kept(NOW).pairs) == 1


def test_a_key_of_another_account_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_token_keys(place, NOW)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(KeysUnavailable, match="for this account alone"):
        open_token_keys(place, NOW)


@pytest.mark.parametrize("fault", ["nonsense", "another's name", "another name", "empty", "no text"])
def test_a_file_that_is_not_as_it_must_be_is_named(place: Path, fault: str) -> None:
    open_token_keys(place, NOW)
    (file,) = files(place)
    if fault == "another's name":
        file.rename(place / f"20261123T120000Z.{new_pair(NOW).kid}.pem")
    elif fault == "another name":
        file.rename(place / "key.pem")
    else:
        file.write_bytes({"nonsense": b"nonsense", "empty": b"", "no text": b"\xff\xfe\x00"}[fault])
    with pytest.raises(KeysUnavailable, match=r"\.pem") as caught:
        open_token_keys(place, NOW)
    assert "\n" not in str(caught.value)


def test_a_key_that_is_only_half_written_is_no_key_yet(place: Path) -> None:
    ring = open_token_keys(place, NOW).kept(NOW)
    (place / f"20261123T130000Z.{'A' * 43}.pem.0123456789abcdef").write_text("-----BEGIN")
    assert read_ring(place) == ring


def test_a_place_where_nothing_can_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "keys", tmp_path / "not" / "there"):
        with pytest.raises(KeysUnavailable):
            open_token_keys(path, NOW)


def test_a_home_has_its_keys_beside_the_token_secret(new_home: Path, tmp_path: Path) -> None:
    assert installation.token_keys_at(new_home, None).path == new_home.resolve() / "token-keys"
    elsewhere = tmp_path / "other" / "keys"
    assert installation.token_keys_at(new_home, elsewhere).path == elsewhere
    (tmp_path / "file").write_text("")
    for setting in (tmp_path / "file", tmp_path / "file" / "keys"):
        with pytest.raises(CannotRun, match="token"):
            installation.token_keys_at(new_home, setting)


# --- Rotated --------------------------------------------------------------------------------------------------------


def test_rotation_gives_notice_overlaps_and_removes(place: Path) -> None:
    key = TokenKey(SECRET, open_token_keys(place, NOW))
    former = key.public_keys(NOW)["keys"][0]["kid"]
    after = rotate(place, NOW)
    assert after.signs_from == NOW + AHEAD
    ring = read_ring(place)
    assert [pair.kid for pair in ring.pairs] == [former, after.kid]
    assert ring.signing(NOW).kid == former
    assert ring.signing(NOW + AHEAD).kid == after.kid
    assert len(remove_retired(place, NOW + AHEAD + OVERLAP - SECOND).pairs) == 2
    assert remove_retired(place, NOW + AHEAD + OVERLAP).pairs == (after,)
    assert [file.name.split(".")[1] for file in files(place)] == [after.kid]


def test_a_stolen_key_is_gone_at_once(place: Path) -> None:
    open_token_keys(place, NOW)
    rotate(place, NOW)
    after = rotate(place, NOW + SECOND, at_once=True)
    assert read_ring(place).pairs == (after,)
    assert after.signs_from == NOW + SECOND
    assert mode(files(place)[0]) == 0o600


def test_keys_made_at_the_same_time_are_all_there(place: Path) -> None:
    """Two first starts, or two commands."""
    directories = [open_token_keys(place, NOW), open_token_keys(place, NOW)]
    made = {rotate(place, NOW).kid for _ in range(5)}
    assert len(made) == 5
    assert made < {pair.kid for pair in read_ring(place).pairs}
    rings = {directory.looked_for(NOW).signing(NOW).kid for directory in directories}
    assert len(rings) == 1


def test_retired_files_go_although_others_remove_them_too(place: Path) -> None:
    open_token_keys(place, NOW)
    rotate(place, NOW)
    late = NOW + AHEAD + OVERLAP
    ring = read_ring(place)
    assert remove_retired(place, late) == remove_retired(place, late)
    token_key_directory._remove(place, ring.retired(late))
    assert len(files(place)) == 1


# --- Under a running service ----------------------------------------------------------------------------------------


def test_a_new_key_is_seen_when_it_is_time_to_look(place: Path, clock: Clock) -> None:
    directory = open_token_keys(place, NOW)
    after = rotate(place, NOW)
    assert directory.kept(NOW).believed(after.kid, NOW) is None
    clock.seconds += LOOK_EVERY_S - 0.1
    assert directory.kept(NOW).believed(after.kid, NOW) is None
    clock.seconds += 0.1
    assert directory.kept(NOW).believed(after.kid, NOW) == after
    assert timedelta(seconds=LOOK_EVERY_S) < AHEAD


def test_a_key_that_is_met_is_looked_for_at_once(place: Path, clock: Clock) -> None:
    here = TokenKey(SECRET, open_token_keys(place, NOW))
    rotate(place, NOW, at_once=True)
    there = TokenKey(SECRET, TokenKeyDirectory(place))
    clock.seconds += LOOK_AGAIN_AFTER_S
    assert isinstance(here.verify(there.issue(PERSON, SIGN_IN, NOW), NOW), Claims)


def test_names_that_are_made_up_cost_nothing(place: Path, clock: Clock, reads: list[Path]) -> None:
    directory = open_token_keys(place, NOW)
    key = TokenKey(SECRET, directory)
    reads.clear()
    listed: list[int] = []

    def counted() -> list[str]:
        listed.append(1)
        return sorted(each.name for each in place.iterdir())

    directory._listing = counted  # type: ignore[method-assign]
    _header, *rest = key.issue(PERSON, SIGN_IN, NOW).split(".")
    for number in range(1000):
        clock.seconds += 0.01
        with pytest.raises(Refusal):
            key.verify(".".join([part(right_header(kid=f"{number:043d}")), *rest]), NOW)
    # Ten seconds of it: the directory was listed once a second, and no key was read again.
    assert len(listed) <= 10
    assert reads == []


def test_a_directory_that_cannot_be_read_again_keeps_everybody_in(place: Path, clock: Clock) -> None:
    key = TokenKey(SECRET, open_token_keys(place, NOW))
    token = key.issue(PERSON, SIGN_IN, NOW)
    (place / "key.pem").write_text("nonsense")
    clock.seconds += LOOK_EVERY_S
    with structlog.testing.capture_logs() as events:
        assert isinstance(key.verify(token, NOW), Claims)
        place.rename(place.with_name("gone"))
        clock.seconds += LOOK_EVERY_S
        assert isinstance(key.verify(key.issue(PERSON, SIGN_IN, NOW), NOW), Claims)
    assert [event["event"] for event in events] == ["the token keys cannot be read again"] * 2
    assert "PRIVATE" not in str(events)


def test_a_running_service_removes_what_is_retired(place: Path, clock: Clock) -> None:
    key = TokenKey(SECRET, open_token_keys(place, NOW))
    former = key.public_keys(NOW)["keys"][0]["kid"]
    rotate(place, NOW)
    clock.seconds += LOOK_EVERY_S
    signs = NOW + AHEAD
    token = key.issue(PERSON, SIGN_IN, signs - SECOND)
    assert isinstance(key.verify(token, signs + LIFETIME - SECOND), Claims)
    clock.seconds += LOOK_EVERY_S
    late = signs + OVERLAP
    assert former not in {each["kid"] for each in key.public_keys(late)["keys"]}
    assert len(files(place)) == 1


def test_an_app_without_a_directory_signs_with_a_key_of_its_own(database_url: str) -> None:
    settings = settings_for(database_url, token_key_directory=None)
    one, other = (create_app(settings).state.token_key for _ in range(2))
    token = one.issue(PERSON, SIGN_IN, NOW)
    assert isinstance(one.verify(token, NOW), Claims)
    with pytest.raises(Refusal):
        other.verify(token, NOW)


# --- The address where they are public -------------------------------------------------------------------------------


async def test_the_public_keys_are_at_the_root_for_everybody(app: FastAPI) -> None:
    async with client_for(app) as client:
        answer = await client.http.get("/.well-known/jwks.json")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/jwk-set+json"
        assert answer.headers["cache-control"] == "public, max-age=60"
        (shown,) = answer.json()["keys"]
        assert set(shown) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
        again = await client.http.get("/.well-known/jwks.json", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        for method in ("POST", "PUT", "DELETE"):
            assert (await client.http.request(method, "/.well-known/jwks.json")).status_code == 405


async def test_the_public_keys_change_with_a_new_one(database_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(database_url, token_key_directory=tmp_path / "keys"))
    async with client_for(app) as client:
        before = await client.http.get("/.well-known/jwks.json")
        after = rotate(tmp_path / "keys", datetime.now(UTC))
        app.state.token_key._keys._looked_at -= LOOK_EVERY_S
        now = await client.http.get("/.well-known/jwks.json", headers={"If-None-Match": before.headers["etag"]})
        assert now.status_code == 200
        assert [each["kid"] for each in now.json()["keys"]] == [before.json()["keys"][0]["kid"], after.kid]
    await app.state.database.close()


async def test_signed_in_people_stay_so_through_a_rotation(database_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    app = create_app(settings_for(database_url, token_key_directory=keys))
    directory = app.state.token_key._keys
    start = datetime.now(UTC)
    async with World(app) as world:
        person = world.employee.person
        rotate(keys, start)
        directory._looked_at -= LOOK_EVERY_S
        with time_machine.travel(start, tick=False) as clock:
            last = start
            for minute in range(0, 20):
                clock.move_to(start + timedelta(minutes=minute))
                token = await world.token(person)
                client = world.nobody.signed_in(token)
                await client.request("GET", "/me", expect=200)
                clock.move_to(start + timedelta(minutes=minute, seconds=59))
                await client.request("GET", "/me", expect=200)
                last = datetime.now(UTC)
        assert last - start > AHEAD + OVERLAP
        assert len(files(keys)) <= 2
    await app.state.database.close()


# --- Commands -------------------------------------------------------------------------------------------------------


def _first_keys_of(home: Path) -> Path:
    home.mkdir()
    return open_token_keys(home / "token-keys", datetime.now(UTC)).path


async def test_the_commands_need_no_database(new_home: Path) -> None:
    keys = _first_keys_of(new_home)
    environment = {"LARANDE_HOME": str(new_home)}
    listed = await larande("keys", "list", **environment)
    assert (listed.code, listed.complained) == (0, [])
    where, line = listed.said
    assert where == f"The keys in {keys}:"
    former = re.fullmatch(r"([\w-]{43}) signs", line)
    assert former is not None
    rotated = await larande("keys", "rotate", **environment)
    assert rotated.code == 0
    assert "signs from" in rotated.said[0]
    assert rotated.said[0].endswith(f"for the service whose keys are in {keys}.")
    assert "are taken until" in rotated.said[1]
    listed = await larande("keys", "list", **environment)
    assert listed.said[1] == f"{former[1]} signs"
    assert re.fullmatch(r"[\w-]{43} signs from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", listed.said[2])
    stolen = await larande("keys", "rotate", "--at-once", **environment)
    assert stolen.code == 0
    assert "in processes that are running within 10 seconds" in stolen.said[1]
    listed = await larande("keys", "list", **environment)
    assert [line.split()[1:] for line in listed.said[1:]] == [["signs"]]
    assert stolen.said[0].startswith(listed.said[1].split()[0])
    assert sorted(os.listdir(new_home)) == ["token-keys"]  # noqa: PTH208
    assert "PRIVATE" not in "".join(stolen.said + listed.said + rotated.said)


async def test_in_the_wrong_home_the_commands_make_nothing_and_say_so(new_home: Path, tmp_path: Path) -> None:
    """Whoever rotates a stolen key somewhere else must not be told that no other counts any more."""
    for place in (new_home, tmp_path):
        for command in (("keys", "list"), ("keys", "rotate"), ("keys", "rotate", "--at-once")):
            ended = await larande(*command, LARANDE_HOME=str(place))
            assert ended.code == 1
            assert ended.said == []
            (line,) = ended.complained
            assert f"no token keys in {place / 'token-keys'}" in line
            assert "LARANDE_HOME" in line
    assert os.listdir(tmp_path) == []  # noqa: PTH208
    assert new_home.name not in os.listdir(new_home.parent)  # noqa: PTH208


async def test_the_commands_say_what_is_wrong_in_a_line(new_home: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    open_token_keys(keys, datetime.now(UTC))
    keys.chmod(0o755)
    environment = {"LARANDE_HOME": str(new_home), "LARANDE_TOKEN_KEY_DIRECTORY": str(keys)}
    for command in (("keys", "list"), ("keys", "rotate")):
        ended = await larande(*command, **environment)
        assert ended.code == 1
        assert len(ended.complained) == 1
        assert "mode 0700" in ended.complained[0]


@pytest.mark.drill
async def test_a_running_service_takes_part_in_a_rotation(home: Path) -> None:
    async with serving(LARANDE_HOME=str(home)) as service, service.http() as http:
        root = service.url.removesuffix("/larande/v1")
        (before,) = (await http.get(f"{root}/.well-known/jwks.json")).json()["keys"]
        assert (await larande("keys", "rotate", LARANDE_HOME=str(home))).code == 0
        async with asyncio.timeout(60):
            while len((await http.get(f"{root}/.well-known/jwks.json")).json()["keys"]) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
        assert (await larande("keys", "rotate", "--at-once", LARANDE_HOME=str(home))).code == 0
        async with asyncio.timeout(60):
            while True:
                kids = [each["kid"] for each in (await http.get(f"{root}/.well-known/jwks.json")).json()["keys"]]
                if len(kids) == 1 and kids != [before["kid"]]:
                    break
                await asyncio.sleep(0.5)


def test_the_setting_is_a_directory() -> None:
    assert Settings().token_key_directory is None
    assert Settings(token_key_directory=Path("x")).token_key_directory == Path("x")
