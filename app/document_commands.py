"""The commands about what the program says of itself: the OpenAPI document, and the page on who may do what."""

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI
from pydantic import SecretStr

from app.api.authorisation import page
from app.api.document import language
from app.command_line import refuse, write
from app.main import create_app
from app.settings import Settings

openapi = typer.Typer(no_args_is_help=True, help="The OpenAPI document.")


def _app_on_paper() -> FastAPI:
    """The application without a database, to be described and not to be run."""
    return create_app(Settings(database_url=SecretStr("postgresql://nowhere/none"), token_secret=SecretStr("+" * 32)))


def written_document() -> str:
    """The document as it is committed."""
    return json.dumps(_app_on_paper().openapi(), ensure_ascii=False, indent=2) + "\n"


def written_authorisation() -> str:
    """The page on who may do what, as it is committed."""
    return page(_app_on_paper())


@openapi.command("write")
def write_document(
    path: Annotated[Path, typer.Argument(help="Where to.")] = Path("openapi/openapi.json"),
) -> None:
    """Write the document to a file."""
    write(path, written_document())


@openapi.command("check")
def check_document(
    path: Annotated[Path, typer.Argument(help="The committed document.")] = Path("openapi/openapi.json"),
) -> None:
    """Fail if the committed document is not the program's."""
    try:
        committed = path.read_text(encoding="utf-8")
    except OSError as error:
        refuse([f"{path} cannot be read: {error.strerror}."])
    if committed != written_document():
        typer.echo(f"{path} differs from the program. Run: larande openapi write", err=True)
        raise typer.Exit(1)
    typer.echo(f"{path} is current.")


@openapi.command("release")
def release_document(
    directory: Annotated[Path, typer.Argument(help="Where released documents are kept.")] = Path("openapi/released"),
) -> None:
    """Keep the program's document under its version, with its checksum. What is kept is never written over."""
    text = written_document()
    path, sums = directory / f"{json.loads(text)['info']['version']}.json", directory / "SHA256SUMS"
    try:
        if path.exists():
            if path.read_text(encoding="utf-8") != text:
                refuse([f"{path} was released with other words. The document needs a higher version."])
            typer.echo(f"{path} has been released already.")
            return
        directory.mkdir(parents=True, exist_ok=True)
        before = sums.read_text(encoding="utf-8") if sums.exists() else ""
    except OSError as error:
        refuse([f"{directory} cannot be used: {error.strerror}."])
    write(path, text)
    write(sums, f"{before}{hashlib.sha256(text.encode()).hexdigest()}  {path.name}\n")
    typer.echo(f"{path} is written. docs/contract-changes.md must say what has changed.")


@openapi.command("texts")
def list_texts() -> None:
    """List the document's texts that have no Swedish yet, and those that are gone; fail if there are any.

    The catalogues are app/api/document/swedish/*.json. The answer has the form of their entries, to be filled in there.
    """
    found = _app_on_paper().openapi()
    missing, gone = language.untranslated(found), language.left_over(found)
    typer.echo(json.dumps({"missing": dict.fromkeys(missing, ""), "gone": gone}, ensure_ascii=False, indent=2))
    if missing or gone:
        raise typer.Exit(1)


# --- Who may do what -------------------------------------------------------------------------------------

authorisation = typer.Typer(no_args_is_help=True, help="The page that says who may do what.")


@authorisation.command("write")
def write_authorisation(
    path: Annotated[Path, typer.Argument(help="Where to.")] = Path("docs/authorisation.md"),
) -> None:
    """Write the policy table as a page."""
    write(path, written_authorisation())
