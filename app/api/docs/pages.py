"""The docs page, where calls are tried out, and the reading view. Both show the document of this installation."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from html import escape

from fastapi import FastAPI
from fastapi_offline.core import _STATIC_PATH as TOOLS
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.api.docs.documents import HERE
from app.api.docs.frame import ASSETS, DOCS, LANGUAGE, OWN_ASSETS, READ, answered, language_of, page
from app.api.docs.words import SIGN_IN, WORDS
from app.api.negotiation import LanguageTag
from app.api.operations import BASE

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
_REDOC = f"{DOCS}/redoc.js"
# ReDoc shows its makers' logo, fetched from them. The link to them stays; nobody else learns who reads here.
_FOREIGN_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_PICTURE = b"data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


async def docs(request: Request) -> Response:
    language = language_of(request)
    words = WORDS[language]
    tool = f'<p class="note">{words.tool}</p>' if words.tool else ""
    body = f"{_sign_in(language)}\n{tool}\n{_place(language)}"
    return page(
        request,
        language,
        words.docs_title,
        body,
        styles=[f"{ASSETS}/swagger-ui.css"],
        scripts=[f"{ASSETS}/swagger-ui-bundle.js", f"{DOCS}/docs.js"],
    )


async def read(request: Request) -> Response:
    language = language_of(request)
    return page(
        request,
        language,
        WORDS[language].read_title,
        _place(language),
        scripts=[_REDOC, f"{DOCS}/read.js"],
        redoc=True,
    )


def _place(language: LanguageTag) -> str:
    """Where a tool shows the document; without scripts, where the document is."""
    document = f"{HERE}?{LANGUAGE}={language}"
    without = f'{escape(WORDS[language].needs_script)} <a href="{document}">{document}</a>.'
    return f'<div id="document" data-document="{document}"><noscript><p>{without}</p></noscript></div>'


def _sign_in(language: LanguageTag) -> str:
    words = SIGN_IN[language]
    fields = [
        ("username", words.e_mail, "email", "username", "required"),
        ("password", words.password, "password", "current-password", "required"),
        ("oneTimeCode", words.code, "text", "one-time-code", 'inputmode="numeric"'),
    ]
    inputs = "".join(
        f'<label>{escape(label)} <input name="{name}" type="{kind}" autocomplete="{fill}" {more}></label>'
        for name, label, kind, fill, more in fields
    )
    said = escape(json.dumps({**asdict(words), "at": f"{BASE}/auth"}, ensure_ascii=False))
    return (
        f'<details class="sign-in"><summary>{escape(words.heading)}</summary>'
        f'<form id="sign-in" data-words="{said}">{inputs}<button type="submit">{escape(words.submit)}</button>'
        f'<button type="button" id="sign-out" hidden>{escape(words.sign_out)}</button></form>'
        '<p id="signed-in" role="status"></p></details>'
    )


def _fixed(content: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        answer = answered(request, content, media_type, "en")
        del answer.headers["Content-Language"]
        return answer

    return serve


def install(app: FastAPI) -> None:
    app.mount(ASSETS, StaticFiles(directory=TOOLS), name="docs-assets")
    app.add_route(DOCS, docs, include_in_schema=False)
    app.add_route(READ, read, include_in_schema=False)
    for file in sorted(OWN_ASSETS.iterdir()):
        serve = _fixed(file.read_bytes(), _MEDIA_TYPES[file.suffix])
        app.add_route(f"{DOCS}/{file.name}", serve, include_in_schema=False)
    redoc = (TOOLS / "redoc.standalone.js").read_bytes().replace(_FOREIGN_LOGO, _NO_PICTURE)
    app.add_route(_REDOC, _fixed(redoc, _MEDIA_TYPES[".js"]), include_in_schema=False)
