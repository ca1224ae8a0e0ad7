"""The service as a process: database up, schema current, content loaded, then requests until it is stopped."""

import asyncio
import gc
import signal
import socket
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from app import connections, demo, installation, logs, migrations, worker
from app.api.operations import BASE
from app.closing import closing_rounds
from app.connections import Patience
from app.database import Database, RoleRefused
from app.delivering import delivering_webhooks
from app.importing import keeping_days
from app.installation import CannotRun
from app.main import create_app, vault_of, webhook_door, workshop_of
from app.reminding import reminding_groups
from app.retention import keeping_retention
from app.services import content_packs, pack_reading
from app.services.calendar import swedish_day
from app.services.wall import SYSTEM
from app.settings import Settings

FINISH_WITHIN_S = 20
"""How long requests that have begun may take once the service is told to stop."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(settings: Settings, *, with_demo: bool = False) -> None:
    """Serve until Ctrl-C or SIGTERM: open requests are finished, then the database is closed and stopped."""
    logs.configure(settings.log_format, settings.log_level)
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)
    home = installation.home_at(settings.home)
    given = settings.database_url.get_secret_value() if settings.database_url else None
    try:
        with installation.own_database(given, home) as url:
            try:
                _serve_from(url, settings, with_demo)
            finally:
                for number in STOP_SIGNALS:  # nobody's impatience interrupts the database's shutdown
                    signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        pass


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _serve_from(url: str, settings: Settings, with_demo: bool) -> None:
    with listen(settings.host, settings.port) as listener:
        home = installation.home_at(settings.home)
        found = {
            "database_url": SecretStr(url),
            "token_secret": settings.token_secret or SecretStr(installation.token_secret(home)),
            "key_directory": installation.key_directory_at(home, settings.key_directory).path,
            "token_key_directory": installation.token_keys_at(home, settings.token_key_directory).path,
            "archive_key_directory": installation.archive_keys_at(home, settings.archive_key_directory).path,
        }
        try:
            app = create_app(settings.model_copy(update=found))
        except ValueError as error:  # an address or a secret that will not do
            raise CannotRun(f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}.") from error
        demo_there = asyncio.run(prepare(url, with_demo, settings.owner_url))
        server = server_for(app, settings)
        _say_where(listener, demo_there, mail_waits=settings.smtp_url is None and settings.worker == "inside")
        # What is loaded by now stays. A collection that walks all of it stops every request for a tenth of a second.
        gc.collect()
        gc.freeze()
        server.run([listener])


def server_for(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """uvicorn as the service runs it."""
    patience = Patience(settings.connections, settings.header_seconds, settings.answer_seconds)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=connections.protocol(patience),
            log_config=None,
            access_log=False,
            proxy_headers=False,  # TrustedProxies knows whom to believe
            server_header=False,
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=FINISH_WITHIN_S,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0].lower()
        raise CannotRun(f"Cannot listen on {host} port {port} ({reason}): try another, as in --port 8001.") from error
    # Taken over by each connection. asyncio itself does so for the sockets that it makes and not for this one, and a
    # body would wait until the client has acknowledged the headers, 40 ms and more; uvloop does so for all.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def prepare(url: str, with_demo: bool, owner_url: str | None = None) -> bool:
    """Schema, roles, content and, in a database that holds nobody else, the demo; whether the demo is there."""
    database = Database(url, owner_url=owner_url)
    try:
        await migrations.upgrade(database)
        await _check_roles(database)
        async with database.write(SYSTEM) as session:
            await content_packs.load(session, pack_reading.read_pack(pack_reading.shipped()), datetime.now(UTC))
        if with_demo:
            with suppress(demo.AlreadyThere, demo.NotAlone):
                async with database.write(SYSTEM) as session:
                    await demo.load(session, swedish_day(datetime.now(UTC)))
        async with database.read(SYSTEM) as session:
            return await demo.is_there(session)
    finally:
        await database.close()


async def _check_roles(database: Database) -> None:
    """Nothing is served without the second wall."""
    try:
        await database.check_roles()
    except RoleRefused as refused:
        raise CannotRun(str(refused)) from refused


def work(url: str, settings: Settings) -> None:
    """Do what `larande serve` does beside requests, until Ctrl-C or SIGTERM. Jobs and webhooks begun are finished."""
    logs.configure(settings.log_format, settings.log_level)
    home = installation.home_at(settings.home)
    key_store = installation.key_directory_at(home, settings.key_directory)
    settings = settings.model_copy(
        update={"token_secret": settings.token_secret or SecretStr(installation.token_secret(home))}
    )
    if settings.smtp_url is None:
        typer.echo(MAIL_WAITS)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        database = Database(url, owner_url=settings.owner_url)
        webhooks = webhook_door(settings)
        try:
            await migrations.upgrade(database)
            await _check_roles(database)
            typer.echo("The worker is running. Ctrl-C stops it.")
            async with (
                closing_rounds(database, key_store),
                keeping_retention(database),
                keeping_days(database),
                delivering_webhooks(database, webhooks.tell, vault_of(settings)),
                reminding_groups(database, by_letter=settings.smtp_url is not None),
            ):
                await worker.run(workshop_of(settings, database, key_store), stop)
        finally:
            await webhooks.close()
            await database.close()

    asyncio.run(until_stopped())


MAIL_WAITS = "Mail waits in the queue: LARANDE_SMTP_URL says which mail server to hand it to."


def address_of(listener: socket.socket) -> str:
    """Host and port under which somebody on this machine finds it."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{host}:{port}"


def _say_where(listener: socket.socket, demo_there: bool, *, mail_waits: bool) -> None:
    typer.echo(f"Lärande i förändring is running. The docs page is http://{address_of(listener)}{BASE}/docs")
    if demo_there:
        typer.echo("Demo accounts:")
        for line in demo.account_lines():
            typer.echo(f"  {line}")
    if mail_waits:
        typer.echo(MAIL_WAITS)
    typer.echo("Ctrl-C stops it.")
