"""Operations that will end: who calls one is told so in every answer (RFC 9745, RFC 8594), and so is the document."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime

from app.api.operations import BASE

NEWS = f"{BASE}/docs"


@dataclass(frozen=True)
class Ending:
    """Since when an operation is not to be used any more, when it is gone, and what comes instead."""

    since: date
    until: date
    successor: str
    """The whole path, from the first slash on, of what does the same from now on; one without parameters."""


ENDINGS: dict[str, Ending] = {}
"""By operationId. Nothing ends yet. Between notice and end there is half a year at least (tests/rest_api_profile)."""


def told(operation: str | None) -> list[tuple[bytes, bytes]]:
    """The headers about its end that an operation's answers carry."""
    ending = ENDINGS.get(operation or "")
    if ending is None:
        return []
    links = f'<{ending.successor}>; rel="successor-version", <{NEWS}>; rel="deprecation"; type="text/html"'
    return [
        (b"deprecation", f"@{int(_midnight(ending.since).timestamp())}".encode()),
        (b"sunset", format_datetime(_midnight(ending.until), usegmt=True).encode()),
        (b"link", links.encode()),
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
