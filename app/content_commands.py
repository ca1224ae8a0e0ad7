"""The commands about content packs: dialogue templates, method texts and instruments."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.command_line import plainly, with_database, write
from app.database import Database
from app.services import content_packs, pack_reading
from app.services.instrument_content import import_schema
from app.services.wall import SYSTEM

content = typer.Typer(no_args_is_help=True, help="Dialogue templates, method texts and instruments.")

PackPath = Annotated[Path | None, typer.Argument(help="A pack's directory; the one shipped with the program.")]


def _pack(path: Path | None) -> pack_reading.Pack:
    """The pack, or every fault in it on a line of its own."""
    with plainly():
        return pack_reading.read_pack(path or pack_reading.shipped())


_NOUNS = (
    *(("template", "templates"), ("instrument", "instruments")),
    *(("piece of inspiration", "pieces of inspiration"), ("guide", "guides")),
)


def _held(numbers: Sequence[int], before: str = "") -> str:
    """How many there are of what there is."""
    found = zip(numbers, _NOUNS, strict=True)
    return ", ".join(f"{number} {before}{one if number == 1 else more}" for number, (one, more) in found if number)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
        items = _counted(len(instrument.content.items), "item")
        typer.echo(f"{instrument.key} {instrument.instrument_version}: {items}, complete.")
        return
    pack = _pack(path)
    parts = (pack.templates, pack.instruments, pack.inspiration, pack.guides)
    typer.echo(f"{pack.manifest.key} {pack.manifest.pack_version}: {_held([len(each) for each in parts])}, complete.")


def written_schema() -> str:
    """The JSON Schema of an instrument to import, as it is committed."""
    return json.dumps(import_schema(), ensure_ascii=False, indent=2) + "\n"


@content.command("schema")
def write_schema(
    path: Annotated[Path, typer.Argument(help="Where to.")] = Path("openapi/instrument.schema.json"),
) -> None:
    """Write the JSON Schema of an instrument to import to a file."""
    write(path, written_schema())


@content.command("load")
def load_content(path: PackPath = None) -> None:
    """Publish what a pack has that is not in the database yet. Loading again changes nothing."""
    pack = _pack(path)

    async def load(database: Database) -> content_packs.Loaded:
        async with database.write(SYSTEM) as session:
            return await content_packs.load(session, pack, datetime.now(UTC))

    loaded = with_database(load)
    new = (loaded.new_templates, loaded.new_instruments, loaded.new_inspiration, loaded.new_guides)
    typer.echo(f"{loaded.key} {loaded.pack_version}: {_held(new, 'new ') or 'nothing new'}.")
