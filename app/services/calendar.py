"""Days are Swedish days: a mandate that ends today is valid until midnight in Stockholm."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.models.columns import Language

STOCKHOLM = ZoneInfo("Europe/Stockholm")

_DAYS = {
    Language.SWEDISH: ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    Language.ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    Language.SWEDISH: (
        *("januari", "februari", "mars", "april", "maj", "juni"),
        *("juli", "augusti", "september", "oktober", "november", "december"),
    ),
    Language.ENGLISH: (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_AT = {Language.SWEDISH: "kl.", Language.ENGLISH: "at"}
_COLON = {Language.SWEDISH: ".", Language.ENGLISH: ":"}


def swedish_day(moment: datetime) -> date:
    return moment.astimezone(STOCKHOLM).date()


def written_date(day: date, language: Language) -> str:
    """For people: 27 november 2026."""
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def written_weekday(day: date, language: Language) -> str:
    """For people: fredag 27 november 2026."""
    return f"{_DAYS[language][day.weekday()]} {written_date(day, language)}"


def written_clock(there: datetime, language: Language) -> str:
    """The time of day, in the zone that it has: 09.00."""
    return f"{there.hour:02d}{_COLON[language]}{there.minute:02d}"


def written_moment(moment: datetime, language: Language) -> str:
    """When something was, in Swedish time, for people who read it long afterwards: with its distance from UTC."""
    there = moment.astimezone(STOCKHOLM)
    day = written_weekday(there.date(), language)
    time = written_clock(there, language)
    ahead = (there.utcoffset() or timedelta()) // timedelta(minutes=1)
    zone = f"UTC+{ahead // 60}" if ahead % 60 == 0 else f"UTC+{ahead // 60}:{ahead % 60:02d}"
    return f"{day} {_AT[language]} {time} ({zone})"


def written_day(moment: datetime, language: Language) -> tuple[str, str]:
    """The last day and time in Sweden for people: fredag 27 november 2026, 16.30. Midnight is the end of a day."""
    there = moment.astimezone(STOCKHOLM)
    hour = there.hour
    if (there.hour, there.minute) == (0, 0):
        there, hour = there - timedelta(days=1), 24
    return written_weekday(there.date(), language), f"{hour:02d}{_COLON[language]}{there.minute:02d}"
