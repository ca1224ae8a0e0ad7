"""The frame of every page: language, title, the way to the other pages, and what the page may load and do."""

import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from app.api.answers import PUBLISHED
from app.api.docs.words import WORDS, Words
from app.api.negotiation import LanguageTag, is_none_match, preferred_language
from app.api.operations import BASE

DOCS = f"{BASE}/docs"
READ = f"{DOCS}/read"
REQUESTS = f"{DOCS}/requests.zip"
ASSETS = f"{BASE}/docs-assets"
PROBLEM_PAGES = f"{BASE}/problems"

OWN_ASSETS = Path(__file__).parent / "assets"

# The switch of language: every page has both, and keeps the one that was chosen.
LANGUAGE = "lang"
# ReDoc makes two <style>: one is empty and filled by other means than text, the other is its scroll bar's.
_REDOC_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
)


def language_of(request: Request) -> LanguageTag:
    """What was chosen on a page, else what the browser asks for."""
    chosen = request.query_params.get(LANGUAGE)
    return "en" if chosen == "en" else "sv" if chosen == "sv" else preferred_language(request)


def policy(*, scripts: bool = False, redoc: bool = False) -> str:
    """What a page may load and do. Nothing that stands in the page itself is run."""
    return "; ".join(
        [
            "default-src 'none'",
            *(["script-src 'self'", "connect-src 'self'"] if scripts else []),
            f"style-src 'self' {_REDOC_STYLES}" if redoc else "style-src 'self'",
            "img-src 'self' data:",
            *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
        ]
    )


def page(
    request: Request,
    language: LanguageTag,
    title: str,
    body: str,
    *,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    redoc: bool = False,
    status: int = 200,
    names_host: bool = False,
) -> Response:
    """A whole page. `title` is text, `body` is HTML that is safe already."""
    words = WORDS[language]
    text = "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{language}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f'<link rel="icon" href="{ASSETS}/favicon.png">',
            *(f'<link rel="stylesheet" href="{address}">' for address in [*styles, f"{DOCS}/page.css"]),
            *(
                f'<script src="{address}" defer></script>'
                for address in [*scripts, *([f"{DOCS}/page.js"] if scripts else [])]
            ),
            "</head>",
            "<body>",
            f'<a class="skip" href="#content">{words.skip}</a>',
            _header(request, language, words),
            f'<main id="content" tabindex="-1">\n{body}\n</main>',
            "</body>",
            "</html>",
        ]
    )
    answer = answered(request, text.encode(), "text/html; charset=utf-8", language, names_host=names_host)
    if answer.status_code != 304:
        answer.status_code = status
    answer.headers["Content-Security-Policy"] = policy(scripts=bool(scripts), redoc=redoc)
    return answer


def answered(
    request: Request, body: bytes, media_type: str, language: LanguageTag, *, names_host: bool = False
) -> Response:
    """What stays as it is until the program is another one, in one of its languages.

    What names the host that was asked for is for whoever asked: no cache between hands it to others.
    """
    tag = f'"{language}-{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": PUBLISHED.replace("public", "private") if names_host else PUBLISHED,
        "Content-Language": language,
        "Vary": "Accept, Accept-Language",
    }
    if is_none_match(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def _header(request: Request, language: LanguageTag, words: Words) -> str:
    ways = [(DOCS, words.docs), (READ, words.read), (PROBLEM_PAGES, words.problems)]
    here = request.url.path
    links = [
        f'<a href="{address}?{LANGUAGE}={language}"{_current(address == here)}>{escape(name)}</a>'
        for address, name in ways
    ]
    # Whose document it is does not depend on the page: tools take it from its own address.
    links.append(f'<a href="{BASE}/openapi.json">openapi.json</a>')
    links.append(f'<a href="{REQUESTS}?{LANGUAGE}={language}">requests.zip</a>')
    switch = [
        f'<a href="?{urlencode({LANGUAGE: tag})}" lang="{tag}" hreflang="{tag}"{_current(tag == language)}>{name}</a>'
        for tag, name in (("sv", "Svenska"), ("en", "English"))
    ]
    return (
        f'<header class="frame"><p class="name">{escape(words.name)}</p>'
        f'<nav aria-label="{escape(words.pages)}">{" ".join(links)}</nav>'
        f'<nav class="languages" aria-label="{escape(words.languages)}">{" ".join(switch)}</nav></header>'
    )


def _current(is_so: bool) -> str:
    return ' aria-current="true"' if is_so else ""
