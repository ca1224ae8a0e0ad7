"""Days are Swedish days: a mandate that ends today is valid until midnight in Stockholm."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def swedish_day(moment: datetime) -> date:
    return moment.astimezone(STOCKHOLM).date()
