"""A calendar as text, read again by another program than the one that wrote it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject

from app.models.columns import Language
from app.services.icalendar_text import LONGEST_SUMMARY, Entry, written

MADE = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
STARTS = datetime(2026, 12, 4, 8, 30, tzinfo=UTC)


def read(text: bytes) -> list[Any]:
    """As another program takes it; and line by line as the standard has it."""
    assert text.endswith(b"\r\n")
    lines = text.split(b"\r\n")[:-1]
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no letter is cut in two
    calendar = vobject.readOne(text.decode())
    assert calendar.version.value == "2.0"
    return list(calendar.contents.get("vevent", []))


def test_what_each_kind_of_entry_says() -> None:
    entries = [
        Entry("a", 2, MADE, STARTS, "Det väl utförda arbetet", minutes=90, place="Ålen"),
        Entry("b", 0, MADE, date(2026, 12, 24), "Ska vara klart: Handledning"),
        Entry("c", 1, MADE, STARTS, "Misstag som lärtillfällen", minutes=60, cancelled=True),
    ]
    text = written(entries, Language.SWEDISH)
    assert text == written(entries, Language.SWEDISH)
    session, due, cancelled = read(text)
    assert (session.uid.value, session.sequence.value, session.status.value) == ("a", "2", "CONFIRMED")
    assert (session.dtstart.value, session.duration.value) == (STARTS, timedelta(minutes=90))
    assert session.dtstamp.value == MADE.replace(microsecond=0)
    assert (session.summary.value, session.location.value) == ("Det väl utförda arbetet", "Ålen")
    assert (due.dtstart.value, due.transp.value) == (date(2026, 12, 24), "TRANSPARENT")
    assert cancelled.status.value == "CANCELLED"


@pytest.mark.parametrize(
    "title",
    [
        'Komma, semikolon; bakstreck\\n och "citat" : kolon',
        "BEGIN:VEVENT\r\nUID:falsk\r\nEND:VEVENT",
        "Rad ett\nATTENDEE:mailto:anna@example.se\rX-ALARM:1\u2028END:VCALENDAR",
        "å" * 74 + "ä" * 75 + "ö" * 40,
        "👩‍👩‍👧" * 30,
        "\\",
    ],
)
def test_no_title_is_more_than_a_title(title: str) -> None:
    text = written([Entry("a", 0, MADE, STARTS, title, minutes=5, place=title)], Language.ENGLISH)
    (event,) = read(text)
    assert set(event.contents) == {
        *("uid", "dtstamp", "sequence", "summary", "dtstart", "duration", "location", "status")
    }
    assert event.summary.value == event.location.value == " ".join(title.split())
    assert text.count(b"\r\nBEGIN:") == 1


def test_a_long_text_ends_and_an_empty_calendar_is_one() -> None:
    (event,) = read(written([Entry("a", 0, MADE, STARTS, "ö" * 10_000)], Language.SWEDISH))
    assert event.summary.value == "ö" * (LONGEST_SUMMARY - 1) + "…"
    assert read(written([], Language.SWEDISH)) == []
