"""Swedish days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.columns import Language
from app.services.calendar import STOCKHOLM, swedish_day, written_day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-01-31T22:59:59Z", "2026-01-31"),  # winter: midnight is 23:00 in UTC
        ("2026-01-31T23:00:00Z", "2026-02-01"),
        ("2026-06-30T21:59:59.999999Z", "2026-06-30"),  # summer: 22:00
        ("2026-06-30T22:00:00Z", "2026-07-01"),
        ("2026-03-28T23:00:00Z", "2026-03-29"),  # the day that has 23 hours
        ("2026-03-29T21:59:59Z", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "2026-03-30"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),  # the day that has 25
        ("2026-10-25T22:59:59Z", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "2026-10-26"),
        ("2026-12-31T23:00:00Z", "2027-01-01"),
        ("2026-11-23T18:30:00-05:00", "2026-11-24"),
    ],
)
def test_a_day_begins_at_midnight_in_stockholm(moment: str, day: str) -> None:
    assert swedish_day(datetime.fromisoformat(moment)) == date.fromisoformat(day)


@given(st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2999, 12, 30)))  # noqa: DTZ001
def test_days_follow_time(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert swedish_day(moment) <= swedish_day(moment + timedelta(hours=1))
    assert abs(swedish_day(moment) - moment.date()) <= timedelta(days=1)
    assert swedish_day(moment.astimezone(STOCKHOLM)) == swedish_day(moment)


@pytest.mark.parametrize(
    ("moment", "swedish", "english"),
    [
        (
            "2026-11-27T15:30:00Z",
            ("fredag 27 november 2026", "16.30"),
            ("Friday 27 November 2026", "16:30"),
        ),
        ("2026-06-30T06:05:00Z", ("tisdag 30 juni 2026", "08.05"), ("Tuesday 30 June 2026", "08:05")),
        # Midnight ends the day that people know as the last one.
        ("2026-12-31T23:00:00Z", ("torsdag 31 december 2026", "24.00"), ("Thursday 31 December 2026", "24:00")),
        ("2026-12-31T23:01:00Z", ("fredag 1 januari 2027", "00.01"), ("Friday 1 January 2027", "00:01")),
    ],
)
def test_a_last_day_is_written_for_people(moment: str, swedish: tuple[str, str], english: tuple[str, str]) -> None:
    assert written_day(datetime.fromisoformat(moment), Language.SWEDISH) == swedish
    assert written_day(datetime.fromisoformat(moment), Language.ENGLISH) == english
