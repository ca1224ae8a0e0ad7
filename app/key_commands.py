"""The commands about keys: those that sign access tokens, those that sign archive packages, and `larande verify`."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app import archive_key_directory, installation, token_key_directory
from app.command_line import plainly, read_settings, refuse
from app.services import archive_checks
from app.services.archive_keys import PublicArchiveKey, UnfitArchiveKey, public_keys_in
from app.services.token_keys import OVERLAP
from app.token_key_directory import LOOK_EVERY_S

# --- The keys of access tokens ----------------------------------------------------------------------------

keys = typer.Typer(no_args_is_help=True, help="The keys that sign access tokens.")


def _token_keys() -> Path:
    settings = read_settings()
    with plainly():
        return installation.existing_token_keys_at(installation.home_at(settings.home), settings.token_key_directory)


def _spelt(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


@keys.command("rotate")
def rotate_keys(
    at_once: Annotated[
        bool,
        typer.Option(
            "--at-once",
            help="The keys there are have been stolen: in ten seconds no token of theirs is taken any more.",
        ),
    ] = False,
) -> None:
    """Make a new key that signs access tokens. It signs in two minutes; a running service notices by itself."""
    path = _token_keys()
    with plainly():
        pair = token_key_directory.rotate(path, datetime.now(UTC), at_once=at_once)
    typer.echo(f"{pair.kid} signs from {_spelt(pair.signs_from)}, for the service whose keys are in {path}.")
    if at_once:
        typer.echo(
            f"No other key counts any more, in processes that are running within {LOOK_EVERY_S:.0f} seconds. "
            "Clients renew their access tokens by themselves."
        )
    else:
        typer.echo(f"Tokens of the former key are taken until {_spelt(pair.signs_from + OVERLAP)}.")


@keys.command("list")
def list_keys() -> None:
    """Say which keys there are: the one that signs, those whose tokens are still taken, and the next."""
    now = datetime.now(UTC)
    path = _token_keys()
    with plainly():
        ring = token_key_directory.remove_retired(path, now)
    typer.echo(f"The keys in {path}:")
    for pair in ring.pairs:
        until = ring.retires_at(pair)
        if pair == ring.signing(now):
            state = "signs"
        elif until is None or pair.signs_from > now:
            state = f"signs from {_spelt(pair.signs_from)}"
        else:
            state = f"signs no more, taken until {_spelt(until)}"
        typer.echo(f"{pair.kid} {state}")


# --- Archive packages -------------------------------------------------------------------------------------

archive_keys = typer.Typer(no_args_is_help=True, help="The keys that sign archive packages of final records.")


def _archive_keys() -> Path:
    settings = read_settings()
    with plainly():
        home = installation.home_at(settings.home)
        return installation.existing_archive_keys_at(home, settings.archive_key_directory)


@archive_keys.command("rotate")
def rotate_archive_keys(
    stolen: Annotated[
        bool, typer.Option("--stolen", help="Somebody else may have the key: it is not shown as one of ours any more.")
    ] = False,
) -> None:
    """Make a new key that signs from now on. The former one is removed, and its public part kept."""
    path = _archive_keys()
    with plainly():
        key = archive_key_directory.rotate_archive_key(path, datetime.now(UTC), stolen=stolen)
    thumbprint = key.public.thumbprint
    typer.echo(f"{thumbprint} signs from {_spelt(key.signs_from)}, for the service whose keys are in {path}.")
    typer.echo("Put its public part in your own files: larande archive-keys export")


# A thumbprint may begin with a hyphen, and is no option then.
@archive_keys.command("stolen", context_settings={"ignore_unknown_options": True})
def mark_archive_key_stolen(
    thumbprint: Annotated[str, typer.Argument(help="The key's thumbprint, as list says it.")],
) -> None:
    """Say that somebody else may have had a key that signs no more: it is not shown as one of ours any more."""
    path = _archive_keys()
    with plainly():
        archive_key_directory.mark_archive_key_stolen(path, thumbprint)
    typer.echo(f"{thumbprint} is marked as stolen, for the service whose keys are in {path}.")
    typer.echo("Take it out of what you have published: larande archive-keys export")


@archive_keys.command("list")
def list_archive_keys() -> None:
    """Say which keys there are and have been."""
    path = _archive_keys()
    with plainly():
        held = archive_key_directory.read_archive_keys(path)
    signing = held.signing.public.thumbprint if held.private else None
    typer.echo(f"The keys in {path}:")
    for each in held.kept:
        state = "signs" if each.public.thumbprint == signing else "signs no more"
        said = "was stolen" if each.stolen else state
        typer.echo(f"{each.public.thumbprint} {said}, since {_spelt(each.signs_from)}")


class KeyFormat(StrEnum):
    PEM = "pem"
    JWK = "jwk"


@archive_keys.command("export")
def export_archive_keys(
    format_: Annotated[KeyFormat, typer.Option("--format", help="PEM, one after the other, or a JWK Set.")] = (
        KeyFormat.PEM
    ),
) -> None:
    """Print the public keys, to be kept in the organisation's own files. Those that were stolen are left out."""
    path = _archive_keys()
    with plainly():
        kept = [each.public for each in archive_key_directory.read_archive_keys(path).kept if not each.stolen]
    if format_ is KeyFormat.JWK:
        typer.echo(json.dumps({"keys": [each.jwk for each in kept]}, indent=2))
        return
    for each in kept:
        typer.echo(each.pem, nl=False)


WHOSE_KEY_IS_NOT_SAID = 2


def verify(
    file: Annotated[Path, typer.Argument(help="An archive package.")],
    keys: Annotated[
        list[Path] | None,
        typer.Option("--key", help="A file with public keys that the organisation has published, in PEM or as JWK."),
    ] = None,
    thumbprints: Annotated[
        list[str] | None, typer.Option("--thumbprint", help="The thumbprint of a key that it has published.")
    ] = None,
) -> None:
    """Say whether an archive package of a final record holds. Needs nothing but the file and the published keys.

    Exit code 0: it holds and is signed by a key that you gave. 1: it does not hold. 2: it is whole, but nobody said
    whose key it must be.
    """
    allowed = {*(thumbprints or []), *(each.thumbprint for path in keys or [] for each in _published_keys(path))}
    try:
        with file.open("rb") as opened:
            # Of a larger file no more is read than shows that it is too large.
            content = opened.read(archive_checks.MOST_BYTES + 1)
    except OSError as error:
        refuse([f"{file} cannot be read: {error.strerror}."])
    verdict = archive_checks.verify(content, allowed)
    for finding in verdict.findings:
        typer.echo(f"{'holds' if finding.holds else 'FAILS'}  {finding.says}")
    if not verdict.holds or verdict.manifest is None:
        refuse(["The package does not hold: do not rely on anything in it."])
    about = verdict.manifest
    typer.echo(f"Record {about.session_record_id}, {_printable(about.title)}")
    typer.echo(f"of {_printable(about.organisation.name)}, final since {_spelt(about.final_at)}.")
    if allowed:
        typer.echo("The package holds.")
    else:
        typer.echo(
            f"The package is whole and signed by the key {about.key_thumbprint}. Anybody can make a key: compare it "
            "with those that the organisation has published, or give them with --key."
        )
        raise typer.Exit(WHOSE_KEY_IS_NOT_SAID)


def _published_keys(path: Path) -> list[PublicArchiveKey]:
    try:
        return public_keys_in(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UnfitArchiveKey) as error:
        said = getattr(error, "strerror", None) or (str(error) if isinstance(error, UnfitArchiveKey) else "no text")
        refuse([f"{path} is not a file with public keys: {said}."])


def _printable(text: str) -> str:
    """A line from a file that anybody may have made: nothing in it moves the cursor or turns the direction."""
    return "".join(each if each.isprintable() else "�" for each in text)
