"""One unit's life: what it is called and where it lies, from day to day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.services.errors import Code

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """What a unit is called and where it lies from one day to another, both inclusive; without a last day, until
    further notice."""

    name: str
    parent: str | None
    first: date
    last: date | None = None


Life = tuple[Period, ...]


def joined(periods: Sequence[Period]) -> Life:
    """Without breaks where nothing changes."""
    life: list[Period] = []
    for period in periods:
        before = life[-1] if life else None
        if before and before.last is not None and (before.name, before.parent) == (period.name, period.parent):
            life[-1] = replace(before, last=period.last)
        else:
            life.append(period)
    return tuple(life)


def fault_in(periods: Sequence[Period]) -> Code | None:
    """What is wrong with the days of one unit, whatever the others are."""
    if not periods:
        return Code.UNIT_WITHOUT_PERIOD
    for period, following in zip(periods, (*periods[1:], None), strict=True):
        if period.last is not None and period.last < period.first:
            return Code.DATES_REVERSED
        if following is None:
            continue
        if period.last is None or following.first <= period.last:
            return Code.PERIODS_OVERLAP
        if following.first > period.last + ONE_DAY:
            return Code.PERIODS_LEAVE_GAP
    return None


def until(life: Life, day: date) -> Life:
    """The days before `day`."""
    return tuple(
        replace(period, last=min(period.last or day - ONE_DAY, day - ONE_DAY)) for period in life if period.first < day
    )


def ended(life: Life, last: date) -> Life:
    return tuple(replace(period, last=min(period.last or last, last)) for period in life if period.first <= last)


def as_of(life: Life, today: date) -> Life:
    """What of it can be stored today: the present goes on until further notice."""
    begun = [period for period in life if period.first <= today]
    if begun and begun[-1].last is not None and begun[-1].last >= today:
        begun[-1] = replace(begun[-1], last=None)
    return tuple(begun)


def first_difference(before: Life, after: Life) -> date | None:
    """The first day on which they are not the same."""
    for one, other in zip(before, after, strict=False):
        if one == other:
            continue
        if (one.name, one.parent, one.first) != (other.name, other.parent, other.first):
            return min(one.first, other.first)
        return min(last for last in (one.last, other.last) if last is not None) + ONE_DAY
    rest = (before[len(after) :] or after[len(before) :])[:1]
    return rest[0].first if rest else None
