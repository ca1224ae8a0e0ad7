"""When somebody may be written to: outside their quiet hours, once a day or a week. No database and no clock.

Hours are Swedish hours. The clock changes twice a year: a time that does not exist that night is the one after it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.models.reminder import ReminderKind
from app.models.reminder_settings import ReminderDigest, ReminderSettings
from app.services.calendar import STOCKHOLM, swedish_day

_DAY = timedelta(days=1)
_SATURDAY = 5
_LONGEST_QUIET = 4
"""Days within which there is a time that is not quiet: at worst a weekend and the day after it."""


@dataclass(frozen=True)
class Wishes:
    """How a person wants to be reminded; as it is until they say otherwise."""

    digest: ReminderDigest = ReminderDigest.DAILY
    muted_kinds: frozenset[ReminderKind] = frozenset()
    quiet_from: time = time(17)
    quiet_to: time = time(8)
    quiet_on_weekends: bool = True

    def hears_of(self, kind: ReminderKind) -> bool:
        return self.digest is not ReminderDigest.OFF and kind not in self.muted_kinds


def wishes_of(settings: ReminderSettings | None) -> Wishes:
    if settings is None:
        return Wishes()
    return Wishes(
        settings.digest,
        frozenset(settings.muted_kinds),
        time.fromisoformat(settings.quiet_from),
        time.fromisoformat(settings.quiet_to),
        settings.quiet_on_weekends,
    )


def is_quiet(wishes: Wishes, moment: datetime) -> bool:
    there = moment.astimezone(STOCKHOLM)
    if wishes.quiet_on_weekends and there.weekday() >= _SATURDAY:
        return True
    begins, ends, clock = wishes.quiet_from, wishes.quiet_to, there.time()
    if begins <= ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends


def next_open(wishes: Wishes, moment: datetime) -> datetime:
    """The moment itself, or the first one after it that is not quiet."""
    if not is_quiet(wishes, moment):
        return moment
    today = swedish_day(moment)
    days = [today + number * _DAY for number in range(_LONGEST_QUIET + 1)]
    ends = sorted(at(day, clock) for day in days for clock in {time(), wishes.quiet_to})
    return next(end for end in ends if end > moment and not is_quiet(wishes, end))


def next_digest(wishes: Wishes, now: datetime, waits_since: datetime, last: datetime | None) -> datetime:
    """When what has waited since then is told: not on the day of the last letter, and weekly not before a Monday."""
    day = swedish_day(waits_since)
    if last is not None:
        day = max(day, swedish_day(last) + _DAY)
    if wishes.digest is ReminderDigest.WEEKLY:
        day += -day.weekday() % 7 * _DAY
    return next_open(wishes, max(now, at(day, time())))


def at(day: date, clock: time) -> datetime:
    """That time in Sweden. Taken through UTC, so that a time that is skipped becomes one that there is."""
    return datetime.combine(day, clock, STOCKHOLM).astimezone(UTC)
