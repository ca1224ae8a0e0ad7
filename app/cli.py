"""The `larande` command. Whatever a person must put right is said in plain lines, with exit code 1."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError

from app import demo, installation, migrations, serving
from app import mock as mocking
from app.api.authorisation import page
from app.api.document import language
from app.api.problem_texts import PROBLEMS
from app.command_line import plainly, read_settings, refuse, write
from app.database import Database
from app.demo import guide
from app.installation import CannotRun
from app.key_commands import archive_keys, keys, verify
from app.main import create_app
from app.models.sign_in import NewAdministrator
from app.services import breached_passwords, content_packs, invitations, second_factors
from app.services.calendar import swedish_day
from app.services.errors import Refusal
from app.services.instrument_content import import_schema
from app.services.wall import SYSTEM
from app.settings import Settings

T = TypeVar("T")

main = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Lärande i förändring."
)
openapi = typer.Typer(no_args_is_help=True, help="The OpenAPI document.")
db = typer.Typer(no_args_is_help=True, help="The database schema.")
main.add_typer(openapi, name="openapi")
main.add_typer(db, name="db")
main.add_typer(keys, name="keys")
main.add_typer(archive_keys, name="archive-keys")
main.command()(verify)


def _with_database(do: Callable[[Database], Awaitable[T]], *, there: bool = False) -> T:
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


@main.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; LARANDE_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for any; LARANDE_PORT or 8000.", min=0, max=65535)] = None,
    with_demo: Annotated[
        bool, typer.Option("--with-demo", help="Load the demo agency into an empty database.")
    ] = False,
) -> None:
    """Run the service. Starts the embedded PostgreSQL unless LARANDE_DATABASE_URL is set."""
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    with plainly():
        serving.serve(read_settings(**chosen), with_demo=with_demo)


@main.command()
def mock(
    host: Annotated[str | None, typer.Option(help="Address to listen on; LARANDE_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for any; LARANDE_PORT or 8000.", min=0, max=65535)] = None,
) -> None:
    """Answer every request with the document's examples, without a database: for those who build front ends."""
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    with plainly():
        mocking.serve(read_settings(**chosen))


@main.command()
def worker() -> None:
    """Do what waits in the queue (mail), in a process of its own: for LARANDE_WORKER=apart."""
    settings = read_settings()
    given = settings.database_url.get_secret_value() if settings.database_url else None
    with plainly(), installation.any_database(given, installation.home_at(settings.home)) as url:
        serving.work(url, settings)


@db.command()
def upgrade() -> None:
    """Bring the schema up to this program's."""
    _with_database(migrations.upgrade)
    typer.echo("The schema is current.")


@db.command()
def check() -> None:
    """Fail if the schema in the database is not this program's, and say how they differ."""
    found = _with_database(migrations.differences)
    if found:
        refuse(found)
    typer.echo("The schema is current.")


@db.command()
def downgrade(revision: Annotated[str, typer.Argument(help="The revision to go back to.")]) -> None:
    """Take the schema back. What only the newer schema can hold is lost: take a backup first."""
    _with_database(lambda database: migrations.downgrade(database, revision))
    typer.echo(f"The schema is at {revision}.")


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
main.add_typer(authorisation, name="authorisation")


@authorisation.command("write")
def write_authorisation(
    path: Annotated[Path, typer.Argument(help="Where to.")] = Path("docs/authorisation.md"),
) -> None:
    """Write the policy table as a page."""
    write(path, written_authorisation())


# --- Content packs ---------------------------------------------------------------------------------------

content = typer.Typer(no_args_is_help=True, help="Dialogue templates, method texts and instruments.")
main.add_typer(content, name="content")

PackPath = Annotated[Path | None, typer.Argument(help="A pack's directory; the one shipped with the program.")]


def _pack(path: Path | None) -> content_packs.Pack:
    """The pack, or every fault in it on a line of its own."""
    with plainly():
        return content_packs.read_pack(path or content_packs.shipped())


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
            instrument = content_packs.read_instrument(path)
        items = _counted(len(instrument.content.items), "item")
        typer.echo(f"{instrument.key} {instrument.instrument_version}: {items}, complete.")
        return
    pack = _pack(path)
    parts = f"{_counted(len(pack.templates), 'template')}, {_counted(len(pack.instruments), 'instrument')}"
    typer.echo(f"{pack.manifest.key} {pack.manifest.pack_version}: {parts}, complete.")


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

    loaded = _with_database(load)
    parts = f"{_counted(loaded.new_templates, 'new template')}, {_counted(loaded.new_instruments, 'new instrument')}"
    typer.echo(f"{loaded.key} {loaded.pack_version}: {parts}.")


# --- People ---------------------------------------------------------------------------------------------

person = typer.Typer(no_args_is_help=True, help="People who sign in.")
main.add_typer(person, name="person")


_CALLED = {"name": "name", "email": "e-mail address"}


def _on_people(do: Callable[[Database], Awaitable[T]], *, there: bool = True) -> T:
    """A refusal is said in plain words. Not `there`: on a new database too."""

    async def done(database: Database) -> T:
        await migrations.upgrade(database)
        return await do(database)

    try:
        return _with_database(done, there=there)
    except Refusal as refusal:
        words = PROBLEMS[refusal.code]
        refuse([f"{words.title['en']}. {words.detail['en']}"])


@person.command("invite")
def invite_person(email: Annotated[str, typer.Argument(help="The person's e-mail address.")]) -> None:
    """Print a one-time token with which the person sets a password within seven days."""

    async def invited(database: Database) -> str:
        async with database.write(SYSTEM) as session:
            return await invitations.invite(session, email.strip(), datetime.now(UTC))

    typer.echo(_on_people(invited))


@person.command("reset-second-factor")
def reset_second_factor(email: Annotated[str, typer.Argument(help="The person's e-mail address.")]) -> None:
    """Switch off the second factor of somebody who has lost the phone and the recovery codes.

    Be as sure of who asks as when the person was taken in: with the password alone they can then sign in.
    """

    async def done(database: Database) -> None:
        async with database.write(SYSTEM) as session:
            await second_factors.reset(session, email.strip(), datetime.now(UTC))

    _on_people(done)
    typer.echo("The second factor is off, and every sign-in of the person has ended. They are told by mail.")


@person.command("create-administrator")
def create_administrator(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
) -> None:
    """Add a system administrator and print a one-time token, as invite does."""
    try:
        data = NewAdministrator(name=name, email=email)
    except ValidationError as error:
        refuse([f"This is not a valid {_CALLED[str(each['loc'][0])]}." for each in error.errors()])

    async def made(database: Database) -> str:
        now = datetime.now(UTC)
        async with database.write(SYSTEM) as session:
            await invitations.create_administrator(session, data, now)
            return await invitations.invite(session, data.email, now)

    typer.echo(_on_people(made, there=False))


# --- Passwords --------------------------------------------------------------------------------------------

leaked = typer.Typer(no_args_is_help=True, help="The list of leaked passwords that the program ships.")
main.add_typer(leaked, name="passwords")


@leaked.command("write")
def write_breached_passwords(
    listed: Annotated[Path, typer.Argument(help="A list, one password a line, the most common first.")],
    path: Annotated[Path, typer.Argument(help="Where to.")] = breached_passwords.SHIPPED,
) -> None:
    """Make the list anew, and say of what and into what."""
    try:
        read = listed.read_bytes()
        made = breached_passwords.digests_of(line for line in read.decode().split("\n") if line)
        path.write_bytes(made)
    except (OSError, UnicodeDecodeError) as error:
        refuse([f"The list cannot be made: {error}."])
    typer.echo(f"read    {hashlib.sha256(read).hexdigest()}")
    typer.echo(f"written {hashlib.sha256(made).hexdigest()}: {len(made) // breached_passwords.WIDTH} passwords.")


# --- The demo agency -----------------------------------------------------------------------------------

demonstration = typer.Typer(no_args_is_help=True, help="An agency that does not exist, to try the service on.")
main.add_typer(demonstration, name="demo")


@demonstration.command("load")
def load_demo(
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day its dates are counted from; today in Sweden."),
    ] = None,
    beside_others: Annotated[
        bool, typer.Option("--beside-others", help="Load it although there are other organisations or people.")
    ] = False,
) -> None:
    """Make the demo agency and print who can sign in. Everybody knows its password: keep it away from real data."""
    day = today.date() if today else swedish_day(datetime.now(UTC))

    async def load(database: Database) -> None:
        await migrations.upgrade(database)
        async with database.write(SYSTEM) as session:
            await demo.load(session, day, beside_others=beside_others)

    try:
        _with_database(load)
        typer.echo(f"The demo agency is loaded as of {day}.")
    except demo.AlreadyThere:
        typer.echo("The demo agency is already there; nothing was changed.")
    except demo.NotAlone:
        refuse(["There are other organisations or people in this database. To load all the same: --beside-others"])
    for line in demo.account_lines():
        typer.echo(line)


@demonstration.command("guide")
def write_demo_guide(
    path: Annotated[Path, typer.Argument(help="Where to.")] = Path("docs/demo.md"),
) -> None:
    """Write the page that says who is who in the demo agency."""
    write(path, guide.written())


if __name__ == "__main__":
    main()
