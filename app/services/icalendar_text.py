"""A calendar as iCalendar (RFC 5545). Knows no database and no clock: the same calendar is the same bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from app.models.columns import Language

MEDIA_TYPE = "text/calendar; charset=utf-8"
LONGEST_SUMMARY = 200
ASKED_EVERY = timedelta(hours=1)
"""What calendar programs are told; they keep to intervals of their own."""

_NAMES = {Language.SWEDISH: "Lärande i förändring", Language.ENGLISH: "Learning in change"}


@dataclass(frozen=True)
class Entry:
    """Something that is to happen, or a day by which something is to be done."""

    uid: str
    """The same for as long as it is the same thing."""
    sequence: int
    made_at: datetime
    begins: datetime | date
    """A day: all of it."""
    summary: str
    minutes: int = 0
    place: str | None = None
    cancelled: bool = False


def written(entries: Iterable[Entry], language: Language) -> bytes:
    """With line ends, folds and escapes as the standard wants them; they are the library's."""
    calendar = Calendar()
    calendar.add("prodid", "-//larande//calendar-feeds//SV")
    calendar.add("version", "2.0")
    calendar.add("name", _NAMES[language])
    calendar.add("x-wr-calname", _NAMES[language])
    calendar.add("refresh-interval", ASKED_EVERY, parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry))
    text: bytes = calendar.to_ical()
    return text


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    # Of rows it is known when they were made, and how often they have changed since.
    event.add("dtstamp", entry.made_at.replace(microsecond=0))
    event.add("sequence", entry.sequence)
    event.add("summary", _line(entry.summary))
    event.add("dtstart", entry.begins.replace(microsecond=0) if isinstance(entry.begins, datetime) else entry.begins)
    if entry.minutes:
        event.add("duration", timedelta(minutes=entry.minutes))
    else:
        event.add("transp", "TRANSPARENT")  # it takes nobody's time
    if entry.place:
        event.add("location", _line(entry.place))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    return event


def _line(text: str) -> str:
    """People write in several lines, and calendars show one."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUMMARY else line[: LONGEST_SUMMARY - 1] + "…"
