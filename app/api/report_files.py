"""Reports over HTTP: a resource that also has JSON, asked for as a page or as a PDF."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from app.api.answers import PRIVATE
from app.api.negotiation import HTML, PDF, etag, is_none_match, preferred_language
from app.models.bounds import LARGEST_FILE
from app.models.columns import Language
from app.services.errors import Code, Refusal
from app.services.report_pages import POLICY, as_html
from app.services.report_prints import as_pdf
from app.services.reports import MOST_WEIGHT, Report


def documented(what: str) -> dict[str, Any]:
    """The two forms of a report, for the `content` of an operation's answer."""
    return {
        HTML: {
            "schema": {
                "type": "string",
                "maxLength": LARGEST_FILE,
                "description": f"{what} One page that needs nothing else, in the language of Accept-Language.",
            },
            "example": '<!DOCTYPE html>\n<html lang="sv"><head><title>Exempel</title></head></html>\n',
        },
        PDF: {
            "schema": {
                "type": "string",
                "maxLength": LARGEST_FILE,
                "contentMediaType": PDF,
                "description": f"{what} A tagged, accessible PDF (PDF/UA-1), in the language of Accept-Language.",
            },
            "example": "%PDF-1.7",
        },
    }


def language_of(request: Request) -> Language:
    return Language(preferred_language(request))


async def reported(request: Request, make: Callable[[], Report], version: int, media_type: str, name: str) -> Response:
    """The report as a file of this name, made in a thread; 304, and no file made, when the client already has it.

    Its ETag has the version in front, as that of the JSON: what one has read as a page can be changed with it too.
    """

    def told() -> tuple[Report, str]:
        report = make()
        if report.weight() > MOST_WEIGHT:
            raise Refusal(Code.SELECTION_TOO_LARGE)
        return report, hashlib.sha256(f"{media_type} {report.digest()}".encode()).hexdigest()

    report, digest = await asyncio.to_thread(told)
    tag = etag(version, digest)
    headers = {
        "ETag": tag,
        "Cache-Control": PRIVATE,
        "Vary": "Accept, Accept-Language, Authorization",
    }
    if is_none_match(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Language"] = report.language.value
    ending = "pdf" if media_type == PDF else "html"
    headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    if media_type == PDF:
        return Response(await asyncio.to_thread(as_pdf, report), 200, headers, PDF)
    headers["Content-Security-Policy"] = POLICY
    return Response(await asyncio.to_thread(as_html, report), 200, headers, f"{HTML}; charset=utf-8")
