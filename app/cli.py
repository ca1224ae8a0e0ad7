"""The `larande` command. Whatever a person must put right is said in plain lines, with exit code 1."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from app import demo, installation, migrations, serving
from app import mock as mocking
from app.api.problem_texts import PROBLEMS
from app.command_line import plainly, read_settings, refuse, with_database, write
from app.content_commands import content
from app.database import Database
from app.demo import guide
from app.document_commands import authorisation, openapi
from app.key_commands import archive_keys, keys, verify
from app.models.sign_in import NewAdministrator
from app.services import breached_passwords, invitations, second_factors
from app.services.calendar import swedish_day
from app.services.errors import Refusal
from app.services.wall import SYSTEM

T = TypeVar("T")

main = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Lärande i förändring."
)
db = typer.Typer(no_args_is_help=True, help="The database schema.")
main.add_typer(openapi, name="openapi")
main.add_typer(authorisation, name="authorisation")
main.add_typer(content, name="content")
main.add_typer(db, name="db")
main.add_typer(keys, name="keys")
main.add_typer(archive_keys, name="archive-keys")
main.command()(verify)


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
    with_database(migrations.upgrade)
    typer.echo("The schema is current.")


@db.command()
def check() -> None:
    """Fail if the schema in the database is not this program's, and say how they differ."""
    found = with_database(migrations.differences)
    if found:
        refuse(found)
    typer.echo("The schema is current.")


@db.command()
def downgrade(revision: Annotated[str, typer.Argument(help="The revision to go back to.")]) -> None:
    """Take the schema back. What only the newer schema can hold is lost: take a backup first."""
    with_database(lambda database: migrations.downgrade(database, revision))
    typer.echo(f"The schema is at {revision}.")


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
        return with_database(done, there=there)
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
        with_database(load)
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
