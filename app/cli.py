"""The `larande` command."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from pydantic import SecretStr

from app.database import Database
from app.main import create_app
from app.services import content_packs
from app.settings import Settings

T = TypeVar("T")

main = typer.Typer(no_args_is_help=True, add_completion=False, help="Lärande i förändring.")
openapi = typer.Typer(no_args_is_help=True, help="The OpenAPI document.")
main.add_typer(openapi, name="openapi")


def written_document() -> str:
    """The document as it is committed."""
    settings = Settings(database_url=SecretStr("postgresql://nowhere/none"), token_secret=SecretStr("+" * 32))
    return json.dumps(create_app(settings).openapi(), ensure_ascii=False, indent=2) + "\n"


@openapi.command("write")
def write_document(
    path: Annotated[Path, typer.Argument(help="Where to.")] = Path("openapi/openapi.json"),
) -> None:
    """Write the document to a file."""
    path.write_text(written_document(), encoding="utf-8")


@openapi.command("check")
def check_document(
    path: Annotated[Path, typer.Argument(help="The committed document.")] = Path("openapi/openapi.json"),
) -> None:
    """Fail if the committed document is not the program's."""
    if path.read_text(encoding="utf-8") != written_document():
        typer.echo(f"{path} differs from the program. Run: larande openapi write", err=True)
        raise typer.Exit(1)
    typer.echo(f"{path} is current.")


# --- Content packs ---------------------------------------------------------------------------------------

content = typer.Typer(no_args_is_help=True, help="Dialogue templates and method texts.")
main.add_typer(content, name="content")

PackPath = Annotated[Path | None, typer.Argument(help="A pack's directory; the one shipped with the program.")]


def _pack(path: Path | None) -> content_packs.Pack:
    """The pack, or every fault in it on a line of its own."""
    try:
        return content_packs.read_pack(path or content_packs.shipped())
    except content_packs.PackRefused as refused:
        _refuse(refused.lines)


def _refuse(lines: list[str]) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)


@content.command("check")
def check_content(path: PackPath = None) -> None:
    """Fail if a pack is not complete, and say which file, where in it, and why."""
    pack = _pack(path)
    typer.echo(f"{pack.manifest.key} {pack.manifest.pack_version}: {len(pack.templates)} templates, complete.")


@content.command("load")
def load_content(path: PackPath = None) -> None:
    """Publish what a pack has that is not in the database yet. Loading again changes nothing."""
    pack = _pack(path)

    async def load(database: Database) -> content_packs.Loaded:
        async with database.write() as session:
            return await content_packs.load(session, pack, datetime.now(UTC))

    try:
        loaded = _with_database(load)
    except content_packs.PackRefused as refused:
        _refuse(refused.lines)
    typer.echo(f"{loaded.key} {loaded.pack_version}: {loaded.new_templates} new templates.")


def _with_database(do: Callable[[Database], Awaitable[T]]) -> T:
    """Run something on this installation's database."""

    async def done(url: str) -> T:
        database = Database(url)
        try:
            return await do(database)
        finally:
            await database.close()

    settings = Settings()
    if settings.database_url is None:
        _refuse(["Set LARANDE_DATABASE_URL to the database to use."])
    return asyncio.run(done(settings.database_url.get_secret_value()))


if __name__ == "__main__":
    main()
