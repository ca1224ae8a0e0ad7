"""The demo's own time: working days counted from the day of loading, and ids made from the moments they stand for."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from uuid import UUID

from app.services.calendar import STOCKHOLM

_SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Not a weekend, a Swedish public holiday, or one of the three eves on which agencies are closed."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    fixed = ((1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31))
    from_easter = (-2, 1, 39)  # Good Friday, Easter Monday, Ascension Day
    midsummer_eve = next(day for day in (date(year, 6, number) for number in range(19, 26)) if day.weekday() == 4)
    return frozenset(
        {date(year, month, day) for month, day in fixed}
        | {_easter(year) + timedelta(days=days) for days in from_easter}
        | {midsummer_eve}
    )


def _easter(year: int) -> date:
    """Easter Sunday, by Oudin's form of the Gregorian computus."""
    century = year // 100
    golden = year % 19
    moon = (century - century // 4 - (century - (century - 17) // 25) // 3 + 19 * golden + 15) % 30
    moon -= (moon // 28) * (1 - (moon // 28) * (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    return date(year, 3, 28) + timedelta(days=moon - weekday)


@dataclass
class Clock:
    """`now` is the moment the story has come to."""

    today: date
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.moment(0)

    def day(self, number: int) -> date:
        """-1 is the last working day before today; 0 is today, or the first working day after it."""
        day = self.today if number < 0 else self.today - timedelta(days=1)
        step = timedelta(days=-1 if number < 0 else 1)
        left = -number if number < 0 else number + 1
        while left:
            day += step
            left -= is_working_day(day)
        return day

    def moment(self, number: int, hour: int = 9, minute: int = 0) -> datetime:
        """A time on a working day, told in Swedish time."""
        return datetime.combine(self.day(number), time(hour, minute), STOCKHOLM).astimezone(UTC)

    def identities(self) -> Iterator[UUID]:
        """A uuid7 for each thing made: its time is the story's, and what is random elsewhere is counted here."""
        for number in count(1):
            noise = int.from_bytes(hashlib.sha256(f"larande demo {number}".encode()).digest()[:6]) >> 1
            random = number << 47 | noise  # 27 bits that keep the order within a moment, 47 that look like any id
            milliseconds = int(self.now.timestamp() * 1000)
            yield UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & ((1 << 62) - 1))
