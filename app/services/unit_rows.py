"""What the rows of a file make of the units that are here: the life of each, for `unit_timelines`. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from app.services.errors import Code
from app.services.import_rows import RowError, UnitRow, in_order
from app.services.unit_lives import ONE_DAY, Period
from app.services.unit_timelines import PresentUnit, WantedUnit


def wanted_units(
    rows: Iterable[UnitRow], present: Mapping[str, PresentUnit], today: date
) -> tuple[list[WantedUnit], list[RowError]]:
    """Each unit that the file names, as it is with what its rows say; and the rows that say too little."""
    wanted, errors = [], []
    for key, about in in_order(rows).items():
        found = _wanted(key, about, present.get(key), today)
        if isinstance(found, RowError):
            errors.append(found)
        else:
            wanted.append(found)
    return wanted, errors


def _wanted(key: str, about: list[UnitRow], unit: PresentUnit | None, today: date) -> WantedUnit | RowError:
    life = [] if unit is None else list(unit.periods)
    headcount, merged_into = (None, None) if unit is None else (unit.headcount, unit.merged_into)
    for number, row in enumerate(about):
        if number and row.effective_on == about[number - 1].effective_on:
            return RowError(row.row, Code.ROW_TWICE, "externalId")
        if row.says_headcount:
            headcount = row.headcount
        if row.merged_into is not None:
            if row.last_day is None and (not life or life[-1].last is None):
                return RowError(row.row, Code.COLUMN_EMPTY, "lastDay")
            merged_into = row.merged_into
        error = _placed(life, row, row.effective_on or today)
        if error is not None:
            return error
        if row.last_day is not None:
            if row.last_day < life[-1].first:
                return RowError(row.row, Code.DATES_REVERSED, "lastDay")
            life[-1] = replace(life[-1], last=row.last_day)
    return WantedUnit(key, tuple(life), headcount, merged_into, str(about[-1].row))


def _placed(life: list[Period], row: UnitRow, day: date) -> RowError | None:
    """Let the unit have the row's name and place from the day on."""
    if not life:
        if row.name is None:
            return RowError(row.row, Code.COLUMN_EMPTY, "name")
        life.append(Period(row.name, row.parent or None, day))
        return None
    latest = life[-1]
    name = row.name or latest.name
    parent = latest.parent if row.parent is None else (row.parent or None)
    if (name, parent) == (latest.name, latest.parent):
        return None  # since whenever: it is so
    if latest.last is not None:
        return RowError(row.row, Code.UNIT_CLOSED, "externalId")
    if day < latest.first:
        return RowError(row.row, Code.CHANGE_BEFORE_HISTORY, "effectiveOn")
    if day == latest.first:
        life[-1] = Period(name, parent, day)
    else:
        life[-1] = replace(latest, last=day - ONE_DAY)
        life.append(Period(name, parent, day))
    return None
