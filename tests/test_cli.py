"""What the commands say when they cannot do what they are asked: one clear line, never a traceback or a secret."""

import logging
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app import installation
from app.cli import main
from app.embedded import DataDirectoryInUse
from app.settings import Settings

NOWHERE = "postgresql://eva:hemligt@127.0.0.1:1/larande"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """`serve` takes over the signals and the log of its process, which here is the test's."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    for number, handler in signals.items():
        signal.signal(number, handler)
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def larande(*arguments: str, **environment: str | None) -> Result:
    return CliRunner().invoke(main, arguments, env=environment)


@pytest.mark.drill
def test_the_command_as_it_is_installed_starts() -> None:
    """Tests fork the others from a process that has loaded the program; this one is started as people start it."""
    command = Path(sys.executable).with_name("larande")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert "Lärande i förändring." in done.stdout
    assert done.stderr == ""


def assert_one_line(result: Result, *words: str) -> None:
    assert result.exit_code == 1, result.exception
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("LARANDE_POOL_SIZE", "sju", ["LARANDE_POOL_SIZE", "integer"]),
        ("LARANDE_DATABASE_URL", "mysql://root:hemligt@localhost/larande", ["LARANDE_DATABASE_URL", "postgresql://"]),
        ("LARANDE_DATABASE_URL", "hemligt", ["LARANDE_DATABASE_URL", "postgresql://"]),
        ("LARANDE_DATABASE_URL", NOWHERE, ["not available", "127.0.0.1"]),
        ("LARANDE_TOKEN_SECRET", "hemligt", ["secret", "32 bytes"]),
        ("LARANDE_TRUSTED_PROXIES", "hemligt", ["LARANDE_TRUSTED_PROXIES", "10.0.0.0/8"]),
        ("LARANDE_SIGN_IN_RETURN_URL", "http://op.example/hemligt", ["LARANDE_SIGN_IN_RETURN_URL", "https://"]),
        ("LARANDE_SIGN_IN_RETURN_URL", "https://op.example/?hemligt", ["LARANDE_SIGN_IN_RETURN_URL", "https://"]),
        ("LARANDE_IDENTITY_PROVIDER_NETWORKS", "hemligt", ["LARANDE_IDENTITY_PROVIDER_NETWORKS", "10.0.0.0/8"]),
        ("LARANDE_WEBHOOK_NETWORKS", "hemligt", ["LARANDE_WEBHOOK_NETWORKS", "10.0.0.0/8"]),
        ("LARANDE_NAME_SERVERS", "ns.hemligt.example", ["LARANDE_NAME_SERVERS", "192.0.2.53"]),
        ("LARANDE_CORS_ORIGINS", "*", ["LARANDE_CORS_ORIGINS", "https://www.example.se"]),
        ("LARANDE_CORS_ORIGINS", "https://a.example/hemligt", ["LARANDE_CORS_ORIGINS", "https://www.example.se"]),
        ("LARANDE_HOST", "ingenstans.invalid", ["ingenstans.invalid"]),
        ("LARANDE_HOME", "/proc/larande", ["/proc/larande", "LARANDE_TOKEN_SECRET"]),
        ("LARANDE_KEY_DIRECTORY", "/proc/nycklar", ["/proc/nycklar", "cannot be used"]),
        ("LARANDE_KEY_DIRECTORY", "/etc", ["/etc", "0700"]),
        ("LARANDE_TOKEN_KEY_DIRECTORY", "/proc/nycklar", ["/proc/nycklar", "cannot be kept"]),
        ("LARANDE_TOKEN_KEY_DIRECTORY", "/etc", ["/etc", "0700"]),
        ("LARANDE_ARCHIVE_KEY_DIRECTORY", "/proc/nycklar", ["/proc/nycklar", "cannot be kept"]),
        ("LARANDE_ARCHIVE_KEY_DIRECTORY", "/etc", ["/etc", "0700"]),
    ],
)
def test_serve_says_what_cannot_work(new_home: Path, variable: str, value: str, words: list[str]) -> None:
    usual = {"LARANDE_HOME": str(new_home), "LARANDE_DATABASE_URL": NOWHERE}
    result = larande("serve", "--port", "0", **usual | {variable: value})
    assert_one_line(result, *words)
    assert "hemligt" not in result.stderr


def test_a_port_that_is_none_is_said_in_one_line_and_nothing_that_follows_from_it(new_home: Path) -> None:
    result = larande("serve", LARANDE_HOME=str(new_home), LARANDE_DATABASE_URL=NOWHERE, LARANDE_PORT="sju")
    assert_one_line(result, "LARANDE_PORT")


def test_serve_says_that_the_port_is_in_use(new_home: Path) -> None:
    usual = {"LARANDE_HOME": str(new_home), "LARANDE_DATABASE_URL": NOWHERE}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_one_line(larande("serve", "--port", port, **usual), port, "already in use", "--port")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("hemligt", ["LARANDE_DATABASE_URL", "postgresql://"]),
        (NOWHERE, ["not available", "127.0.0.1"]),
    ],
)
def test_commands_say_that_the_database_cannot_be_reached(url: str, words: list[str]) -> None:
    result = larande("db", "check", LARANDE_DATABASE_URL=url)
    assert_one_line(result, *words)
    assert "hemligt" not in result.stderr


def test_commands_wait_for_each_other_but_not_for_ever(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "PATIENCE", 0.3)
    with installation.any_database(None, home):
        assert_one_line(larande("db", "check", LARANDE_HOME=str(home)), "in use")
        with pytest.raises(DataDirectoryInUse), installation.own_database(None, home):
            raise AssertionError("two servers on the same data")
    assert larande("db", "check", LARANDE_HOME=str(home)).stdout == "The schema is current.\n"


@pytest.mark.parametrize("command", ["invite", "reset-second-factor"])
def test_nobody_is_looked_for_in_a_home_without_a_database(new_home: Path, command: str) -> None:
    """Whoever has forgotten LARANDE_HOME is told so, and no server is started for nothing."""
    assert_one_line(larande("person", command, "anna@example.se", LARANDE_HOME=str(new_home)), "no database", "HOME")
    assert not new_home.exists()


def test_the_pages_in_mails_are_those_of_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(port=8001).sign_in_return_url == "http://127.0.0.1:8001/larande/v1/docs"
    monkeypatch.setenv("LARANDE_PORT", "8002")
    assert {Settings().front_end_url, Settings().sign_in_url} == {"http://127.0.0.1:8002/larande/v1/docs"}
    assert Settings(port=8003).sign_in_url == "http://127.0.0.1:8003/larande/v1/docs"
    assert Settings(sign_in_url="https://in.example.se/").sign_in_url == "https://in.example.se/"


def test_the_token_secret_is_made_once_and_private(new_home: Path) -> None:
    secret = installation.token_secret(new_home)
    assert len(secret.encode()) >= 32
    assert installation.token_secret(new_home) == secret
    assert (new_home / "token-secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in new_home.iterdir()] == ["token-secret"]
