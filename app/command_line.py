"""What every command of `larande` shares: settings, the database, and saying in plain lines what to put right."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
from alembic.util.exc import CommandError
from pydantic import ValidationError

from app import installation
from app.database import Database, DatabaseAway
from app.embedded import EmbeddedServerError
from app.installation import CannotRun
from app.key_files import KeysUnavailable
from app.services import pack_reading
from app.settings import Settings

T = TypeVar("T")


@contextmanager
def plainly() -> Iterator[None]:
    """Say what a person must put right without a traceback."""
    try:
        yield
    except DatabaseAway as error:
        refuse([f"The database is not available: {_said(error.__cause__)}."])
    except pack_reading.PackRefused as refused:
        refuse(refused.lines)
    except (CannotRun, EmbeddedServerError, CommandError, KeysUnavailable) as error:
        refuse([str(error)])


def refuse(lines: list[str]) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)


def write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse([f"{path} cannot be written: {error.strerror}."])


def _said(error: BaseException | None) -> str:
    """The driver's own words, without SQLAlchemy's around them."""
    words = str(getattr(error, "orig", None) or error or "").rpartition(">: ")[2].strip()
    return words.splitlines()[0].rstrip(".") if words else "no answer in time"


def read_settings(**chosen: Any) -> Settings:
    try:
        return Settings(**chosen)
    except ValidationError as error:
        # Never the value itself: it may be a secret. And not what only follows from another one.
        wrong = [each for each in error.errors() if each["type"] != "default_factory_not_called"]
        refuse([f"LARANDE_{str(each['loc'][0]).upper()}: {each['msg']}." for each in wrong])


def with_database(do: Callable[[Database], Awaitable[T]], *, there: bool = False) -> T:
    """Run something on this installation's database, whether or not the service is running.

    `there`: it must be there already. Whoever looks for a person in the wrong home must be told so.
    """

    async def done(url: str) -> T:
        try:
            database = Database(url, owner_url=settings.owner_url)
        except ValueError as error:
            raise CannotRun(str(error)) from error
        try:
            return await do(database)
        finally:
            await database.close()

    settings = read_settings()
    given = settings.database_url.get_secret_value() if settings.database_url else None
    home = installation.home_at(settings.home)
    with plainly():
        if there and given is None:
            installation.require_database(home)
        with installation.any_database(given, home) as url:
            return asyncio.run(done(url))
