"""`larande verify FILE`: without a database, a home or settings, in plain lines."""

import os
from pathlib import Path

import pytest
from typer.testing import Result

from app.services import archive_checks
from tests.archives import Facts, a_key
from tests.program import larande as run
from tests.test_cli import larande

WHOLE = Facts().package()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    file = tmp_path / "protokoll.zip"
    file.write_bytes(WHOLE)
    return file


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "nyckel.pem"
    file.write_text(a_key().public.pem)
    return file


def verified(*arguments: str | Path) -> Result:
    """With settings that nobody could start with."""
    return larande("verify", *map(str, arguments), LARANDE_PORT="sju", LARANDE_HOME="/proc/ingenstans")


def test_with_the_published_key_it_says_that_the_package_holds(package: Path, key: Path) -> None:
    result = verified(package, "--key", key)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[-1] == "The package holds."
    assert all(line.startswith("holds  ") for line in lines[:-3])
    assert lines[-3].endswith("Det väl utförda arbetet, första samtalet")
    assert lines[-2] == "of Myndigheten för åäö, final since 2026-11-26 14:03:05 UTC."
    assert "FAILS" not in result.output
    for more in (["--thumbprint", a_key().public.thumbprint], ["--key", key, "--thumbprint", "x" * 43]):
        assert verified(package, *more).stdout.splitlines()[-1] == "The package holds."


def test_without_a_key_it_says_what_is_left_to_do(package: Path) -> None:
    result = verified(package)
    assert result.exit_code == 2
    assert result.stderr == ""
    assert "The package holds." not in result.stdout
    last = result.stdout.splitlines()[-1]
    assert last.startswith(f"The package is whole and signed by the key {a_key().public.thumbprint}.")
    assert "compare it" in last


@pytest.mark.parametrize("given", [["--thumbprint", "x" * 43], ["--thumbprint", ""], ["--key", "other"]])
def test_with_another_key_it_does_not_hold(package: Path, tmp_path: Path, given: list[str]) -> None:
    (tmp_path / "other").write_text(a_key(2).public.pem)
    result = verified(package, *[str(tmp_path / each) if each == "other" else each for each in given])
    assert result.exit_code == 1
    assert "FAILS  That key is none of those you gave." in result.stdout
    assert "does not hold" in result.stderr
    assert "The package" not in result.stdout.splitlines()[-1]


def test_the_help_says_what_the_exit_codes_mean() -> None:
    said = " ".join(verified("--help").stdout.replace("│", " ").split())
    assert "Exit code 0: it holds and is signed by a key that you gave." in said
    assert "1: it does not hold." in said
    assert "2: it is whole, but nobody said whose key it must be." in said


def test_an_altered_package_does_not_hold(package: Path, key: Path) -> None:
    package.write_bytes(WHOLE.replace(b"Och tid.", b"Och rum."))
    assert verified(package).exit_code == 1
    result = verified(package, "--key", key)
    assert result.exit_code == 1
    assert "FAILS  record.json is not the file that the manifest lists: its SHA-256 is another." in result.stdout
    assert "FAILS  The content is not what the parties that decided decided on" in result.stdout
    assert "do not rely on anything in it" in result.stderr
    assert "Det väl utförda arbetet" not in result.stdout


def test_what_is_no_package_or_no_key_is_said_in_a_line(package: Path, key: Path, tmp_path: Path) -> None:
    for content in (b"", b"x", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)):
        package.write_bytes(content)
        result = verified(package, "--key", key)
        assert result.exit_code == 1
        assert len(result.stdout.splitlines()) == 1
    for file in (tmp_path / "none.zip", tmp_path):
        result = verified(file)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "cannot be read" in result.stderr
    for content in (b"", b"\xff", WHOLE, a_key().private_pem.encode()):
        key.write_bytes(content)
        result = verified(package, "--key", key)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "not a file with public keys" in result.stderr
        assert "PRIVATE" not in result.stderr


def test_of_a_large_file_no_more_is_read_than_shows_it(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_checks, "MOST_BYTES", 1000)
    assert "larger than any" in verified(package).stdout


def test_nothing_in_a_package_moves_the_cursor(package: Path) -> None:
    """Whoever makes a package with a key of their own may write into it what they like."""
    facts = Facts()
    facts.organisation["name"] = "Myndigheten\x1b[2J\x1b[31m\u202egnidnerdnärof"
    package.write_bytes(facts.package())
    result = verified(package)
    assert result.exit_code == 2
    assert all(each.isprintable() for line in result.stdout.splitlines() for each in line)


async def test_it_starts_nothing_and_leaves_nothing(package: Path, new_home: Path, tmp_path: Path) -> None:
    ended = await run("verify", str(package), LARANDE_HOME=str(new_home), LARANDE_DATABASE_URL="hemligt")
    assert (ended.code, ended.complained) == (2, [])
    assert new_home.name not in os.listdir(new_home.parent)  # noqa: PTH208
    assert os.listdir(tmp_path) == ["protokoll.zip"]  # noqa: PTH208
