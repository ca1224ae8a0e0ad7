"""The `larande` command."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from app.main import create_app
from app.settings import Settings

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


if __name__ == "__main__":
    main()
