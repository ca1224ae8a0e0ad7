"""What lists and results that are also files have in common: formats, documentation, names, and writing in a thread."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from fastapi import Request

from app.api.dependencies import RequestRefusal
from app.api.negotiation import CSV, JSON, XLSX, best_type
from app.models.bounds import LARGEST_FILE
from app.services.table_writing import Sheet, as_csv, as_xlsx


def documented(example: str) -> dict[int | str, dict[str, Any]]:
    """The formats beside JSON, for an operation's `responses`."""
    words = "One table, for a Swedish Excel: UTF-8 with a byte-order mark, semicolons, CRLF."
    return {
        200: {
            "content": {
                CSV: {
                    "schema": {"type": "string", "maxLength": LARGEST_FILE, "description": words},
                    "example": example,
                },
                XLSX: {
                    "schema": {
                        "type": "string",
                        "maxLength": LARGEST_FILE,
                        "contentMediaType": XLSX,
                        "description": "All tables, a sheet each.",
                    },
                    "example": "PK",
                },
            }
        }
    }


def format_of(request: Request, offered: Sequence[str], meaning: Mapping[str, Collection[str]]) -> str:
    """The media type asked for. `meaning` says in which of them a parameter means something: in another it is refused,
    for ignored it would seem to count."""
    media_type = best_type(request, offered) or JSON
    unfit = {name for name, media_types in meaning.items() if media_type not in media_types}
    if places := sorted(unfit & request.query_params.keys()):
        raise RequestRefusal("notForThisFormat", *(("query", name) for name in places))
    return media_type


async def written(make: Callable[[], Sequence[Sheet]], media_type: str, table: StrEnum | None) -> bytes:
    """The tables as a file, made in a thread: the one asked for, or the first, as CSV; all as XLSX."""

    def write() -> bytes:
        sheets = make()
        if media_type == CSV:
            return as_csv(next(sheet for sheet in sheets if table in (None, sheet.name)))
        return as_xlsx(sheets)

    return await asyncio.to_thread(write)


def name_of(name: str, media_type: str, table: StrEnum | None) -> str:
    """What the file is called: by the kind of things in it, and never by whose they are."""
    if media_type == CSV:
        return f"{name}-{table}.csv" if table is not None else f"{name}.csv"
    return f"{name}.xlsx"
