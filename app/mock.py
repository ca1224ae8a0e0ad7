"""`larande mock`: the service's examples over HTTP, without a database, for those who build front ends."""

import secrets
import signal
from contextlib import suppress
from typing import Any, NoReturn

import typer
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr
from starlette.routing import BaseRoute, Mount

from app import logs
from app.api.document.shared import Json
from app.api.doors import Doors
from app.api.middleware import ListedOrigins
from app.api.mock import mocked
from app.api.operations import BASE
from app.database import DatabaseAway
from app.main import create_app
from app.services.survey_answers import Answer
from app.services.wall import Context
from app.serving import address_of, listen, server_for
from app.settings import Settings

PAGES_ON_THIS_MACHINE = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
"""Where front ends are developed; whoever has other origins lists them in LARANDE_CORS_ORIGINS."""


TAKEN_OVER = {
    *("host", "port", "log_format", "log_level", "cors_origins", "trusted_proxies"),
    *("reads_per_minute", "writes_per_minute", "strangers_per_minute", "requests_at_once", "connections"),
    *("header_seconds", "body_seconds", "answer_seconds"),
}
"""How it is reached and what it bears. Of a service on the same machine it opens no directory, database or way out."""


class _NoDatabase:
    """Well; but to whoever wants to read or write it is away, and nothing has been opened."""

    async def answers(self) -> None:
        """There is nothing to wait for."""

    def read(self, _context: Context) -> NoReturn:
        raise DatabaseAway

    def write(self, _context: Context) -> NoReturn:
        raise DatabaseAway


class _BottomlessBox:
    """Takes answers to surveys, and keeps none."""

    async def put(self, answer: Answer) -> None:
        """Gone."""

    async def close(self) -> None:
        """There is nothing to finish."""


def settings_of_mock(settings: Settings) -> Settings:
    """What is not taken over is as if nobody had set it, whatever settings there will be."""
    return Settings.model_construct(
        **settings.model_dump(include=TAKEN_OVER),
        database_url=SecretStr("postgresql://nowhere/none"),
        token_secret=SecretStr(secrets.token_hex(32)),
        worker="apart",
    )


def mock_app(settings: Settings) -> FastAPI:
    """The service's own application with mocked operations; nothing of it opens a connection."""
    app = create_app(settings_of_mock(settings))
    document = app.openapi()
    told = [_told(route, document) for route in app.router.routes if not isinstance(route, Doors)]
    kept = [route for route in told if not (isinstance(route, Mount) and route.name == "scim")]
    operations = [route for route in kept if isinstance(route, APIRoute) and route.include_in_schema]
    app.router.routes = [Doors(operations), *kept]
    app.state.ballot_box = _BottomlessBox()
    app.state.database = _NoDatabase()
    for middleware in app.user_middleware:
        _let_pages_ask(middleware)
    return app


def _let_pages_ask(middleware: Any) -> None:
    """Those of this machine, whatever their port, and with the header that chooses an answer."""
    if middleware.cls is ListedOrigins:
        given = middleware.kwargs
        given["allow_origins"] = [*given["allow_origins"], "http://localhost"]
        given["allow_origin_regex"] = PAGES_ON_THIS_MACHINE
        given["allow_headers"] = [*given["allow_headers"], "Prefer"]
        given["expose_headers"] = [*given["expose_headers"], "Preference-Applied"]


def _told(route: BaseRoute, document: Json) -> BaseRoute:
    """An operation of the document, mocked; everything else, as the docs page, as it is."""
    if isinstance(route, APIRoute) and route.include_in_schema and route.path.startswith(BASE):
        return mocked(route, document)
    return route


def serve(settings: Settings) -> None:
    """Answer with examples until Ctrl-C or SIGTERM."""
    logs.configure(settings.log_format, settings.log_level)
    server = server_for(mock_app(settings), settings)
    with suppress(KeyboardInterrupt), listen(settings.host, settings.port) as listener:
        address = f"http://{address_of(listener)}{BASE}"
        typer.echo(f"The mock of Lärande i förändring answers at {address}. Its docs are at {address}/docs")
        typer.echo("Every answer is an example, any token will do, and nothing is kept. Ctrl-C stops it.")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        server.run([listener])
