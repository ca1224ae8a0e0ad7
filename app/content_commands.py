"""The commands about content packs: what they hold is checked, signed, compared and published."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app import content_keys
from app.command_line import plainly, read_settings, refuse, with_database, write
from app.database import Database
from app.services import content_packs, pack_differences, pack_files, pack_reading
from app.services.guide_content import guide_schema
from app.services.inspiration_content import piece_schema
from app.services.instrument_content import import_schema
from app.services.wall import SYSTEM

content = typer.Typer(
    no_args_is_help=True,
    help="Content packs: dialogue templates, method texts, instruments, pieces of inspiration and process guides.",
)

Directory = Annotated[Path, typer.Argument(help="A pack's directory.")]
Trusted = Annotated[
    list[Path] | None,
    typer.Option("--key", help="A file with public keys to trust as well as those in LARANDE_CONTENT_KEYS."),
]


def _directory(path: Path | None) -> pack_reading.Pack:
    """The pack in a directory, or every fault in it on a line of its own."""
    with plainly():
        return pack_reading.read_pack(path or pack_reading.shipped())


def _signed(path: Path, keys: list[Path] | None) -> tuple[pack_reading.Pack, str]:
    """The pack in a signed file, and the thumbprint of the key that signed it, which is trusted here."""
    with plainly():
        trusted = content_keys.trusted(read_settings().content_keys, keys or [])
        return pack_files.opened(content_keys.read_file(path, pack_files.MOST_BYTES), trusted)


_NOUNS = (
    *(("template", "templates"), ("instrument", "instruments")),
    *(("piece of inspiration", "pieces of inspiration"), ("guide", "guides"), ("translation", "translations")),
)


def _held(numbers: Sequence[int], before: str = "") -> str:
    """How many there are of what there is."""
    found = zip(numbers, _NOUNS, strict=True)
    return ", ".join(f"{number} {before}{one if number == 1 else more}" for number, (one, more) in found if number)


def _described(pack: pack_reading.Pack) -> str:
    parts = (pack.templates, pack.instruments, pack.inspiration, pack.guides, pack.translations)
    held = _held([len(each) for each in parts])
    return f"{pack.manifest.key} {pack.manifest.pack_version}: {held}"


@content.command("check")
def check_content(
    path: Annotated[
        Path | None,
        typer.Argument(help="A pack's directory, or an instrument's file; the pack shipped with the program."),
    ] = None,
) -> None:
    """Fail if a pack or an instrument is not complete, and say which file, where in it, and why."""
    if path is not None and not path.is_dir():
        with plainly():
            instrument = pack_reading.read_instrument(path)
        number = len(instrument.content.items)
        items = f"{number} item" if number == 1 else f"{number} items"
        typer.echo(f"{instrument.key} {instrument.instrument_version}: {items}, complete.")
        return
    typer.echo(f"{_described(_directory(path))}, complete.")


@content.command("make-key")
def make_key(path: Annotated[Path, typer.Argument(help="Where the private key is written to; no file yet.")]) -> None:
    """Make a key that signs content packs, and print its public part for those who are to trust it."""
    with plainly():
        typer.echo(content_keys.make(path).pem, nl=False)


@content.command("build")
def build_content(
    directory: Directory,
    file: Annotated[Path, typer.Argument(help="Where the signed pack is written to.")],
    key: Annotated[Path, typer.Option("--key", help="The private key that signs it, from make-key.")],
) -> None:
    """Make one signed file of a pack's directory. The same directory and key make the same file."""
    pack = _directory(directory)
    with plainly():
        content_keys.require_only_listed(directory, pack)
        signing = content_keys.private_key(key)
    try:
        file.write_bytes(pack_files.built(pack, signing))
    except OSError as error:
        refuse([f"{file} cannot be written: {error.strerror}."])
    typer.echo(f"{_described(pack)}, signed by {signing.public.thumbprint}.")


@content.command("verify")
def verify_content(file: Annotated[Path, typer.Argument(help="A signed pack.")], keys: Trusted = None) -> None:
    """Fail if a signed pack is not as it was built by a trusted key, or not complete, and say where and why."""
    pack, thumbprint = _signed(file, keys)
    typer.echo(f"{_described(pack)}, complete and signed by {thumbprint}.")


@content.command("diff")
def compare_content(
    old: Annotated[Path, typer.Argument(help="A signed pack or a pack's directory.")],
    new: Annotated[Path | None, typer.Argument(help="The other one; the pack shipped with the program.")] = None,
    keys: Trusted = None,
) -> None:
    """Say in words how two versions of a pack differ."""
    before, after = (
        _directory(path) if path is None or path.is_dir() else _signed(path, keys)[0] for path in (old, new)
    )
    for line in pack_differences.differences(before, after) or ["They say the same."]:
        typer.echo(line)


_SCHEMAS = {"instrument": import_schema, "inspiration-item": piece_schema, "process-guide": guide_schema}


def written_schema(name: str = "instrument") -> str:
    """A JSON Schema of what content is written in, as it is committed."""
    return json.dumps(_SCHEMAS[name](), ensure_ascii=False, indent=2) + "\n"


@content.command("schema")
def write_schema(
    path: Annotated[Path, typer.Argument(help="Where to.")] = Path("openapi/instrument.schema.json"),
    of: Annotated[str, typer.Option(help=f"What of: {', '.join(_SCHEMAS)}.")] = "instrument",
) -> None:
    """Write the JSON Schema of an instrument, a piece of inspiration or a process guide to a file."""
    if of not in _SCHEMAS:
        refuse([f"There is no schema of {of}; there are {', '.join(_SCHEMAS)}."])
    write(path, written_schema(of))


@content.command("load")
def load_content(
    path: Annotated[
        Path | None, typer.Argument(help="A signed pack, or a pack's directory; the one shipped with the program.")
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Load a directory, which nobody has signed: you answer for it.")
    ] = False,
    keys: Trusted = None,
) -> None:
    """Publish what a pack has that is not in the database yet. Loading again changes nothing."""
    if path is not None and path.is_dir() and not unsigned:
        refuse([f"{path} is a directory, which nobody has signed: build and sign it, or say --unsigned."])
    pack = _directory(path) if path is None or path.is_dir() else _signed(path, keys)[0]

    async def load(database: Database) -> content_packs.Loaded:
        async with database.write(SYSTEM) as session:
            return await content_packs.load(session, pack, datetime.now(UTC))

    loaded = with_database(load)
    new = (
        *(loaded.new_templates, loaded.new_instruments),
        *(loaded.new_inspiration, loaded.new_guides, loaded.new_translations),
    )
    typer.echo(f"{loaded.key} {loaded.pack_version}: {_held(new, 'new ') or 'nothing new'}.")
