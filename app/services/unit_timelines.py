"""A whole unit tree over time: what has to change so that it becomes as wanted, or where it cannot be so.

Pure: it knows no database and no clock. Units are known by keys, the HR system's own ids; one without such an id has a
key that no file can name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.services.errors import Code
from app.services.unit_lives import ONE_DAY, Life, Period, as_of, ended, fault_in, first_difference, joined, until


@dataclass(frozen=True, slots=True)
class PresentUnit:
    key: str
    unit_id: UUID
    version: int
    headcount: int | None
    merged_into: str | None
    periods: tuple[Period, ...]

    @property
    def last(self) -> date | None:
        return self.periods[-1].last


@dataclass(frozen=True, slots=True)
class WantedUnit:
    key: str
    periods: tuple[Period, ...]
    """From its first day on this is how the unit is; the days before stay as they were."""
    headcount: int | None = None
    merged_into: str | None = None
    place: str = ""
    """Where it says so: a row of the file or a pointer into the request."""


class UnitStep(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    MOVE = "move"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class PlaceError:
    """What does not fit, and where."""

    place: str
    code: Code


@dataclass(frozen=True, slots=True)
class UnitChange:
    step: UnitStep
    key: str
    unit_id: UUID | None
    from_version: int | None
    headcount: int | None
    merged_into: str | None
    from_day: date | None
    """The first day that is another; None: only what has no day is."""
    periods: tuple[Period, ...]
    """The whole life of the unit from then on."""


@dataclass(frozen=True, slots=True)
class KeptUnit:
    """What happens to a unit on a later day."""

    key: str
    day: date
    name: str | None = None
    parent: str | None = None
    last: date | None = None
    """The day before: the unit closes. Otherwise it has this name and place from that day on."""
    headcount: int | None = None
    merged_into: str | None = None


@dataclass
class TreePlan:
    changes: list[UnitChange] = field(default_factory=list)
    kept: list[KeptUnit] = field(default_factory=list)
    errors: list[PlaceError] = field(default_factory=list)
    unchanged: int = 0
    missing: list[PresentUnit] = field(default_factory=list)
    """Open, known to the HR system, and not among what is wanted."""


def plan_tree(
    present: Iterable[PresentUnit], wanted: Sequence[WantedUnit], today: date, *, close_missing: bool
) -> TreePlan:
    """What makes the present tree the wanted one. With errors it cannot be, and nothing of it should be done.

    What begins after `today` is kept for its day. `close_missing`: an open unit that is not wanted ends yesterday.
    """
    plan = TreePlan()
    here = {unit.key: unit for unit in present}
    places: dict[str, str] = {}
    lives: dict[str, Life] = {key: joined(unit.periods) for key, unit in here.items()}
    first_changes: dict[str, date] = {}
    for unit in wanted:
        if unit.key in places:
            plan.errors.append(PlaceError(unit.place, Code.UNIT_TWICE))
            continue
        places[unit.key] = unit.place
        if (error := fault_in(unit.periods)) is not None:
            plan.errors.append(PlaceError(unit.place, error))
            continue
        life = _continued(here.get(unit.key), joined(unit.periods))
        if isinstance(life, Code):
            plan.errors.append(PlaceError(unit.place, life))
            continue
        _note(plan, here.get(unit.key), unit, lives.get(unit.key, ()), life, today, first_changes)
        lives[unit.key] = life
    for known in here.values():
        if known.key in places or known.last is not None or not is_foreign(known.key):
            continue
        plan.missing.append(known)
        if close_missing:
            life = ended(lives[known.key], max(known.periods[-1].first, today - ONE_DAY))
            asked = WantedUnit(known.key, life, known.headcount, known.merged_into, places.get(known.key, ""))
            _note(plan, known, asked, lives[known.key], life, today, first_changes)
            lives[known.key] = life
    for unit in wanted:
        if unit.merged_into is not None and (unit.merged_into not in lives or unit.merged_into == unit.key):
            plan.errors.append(PlaceError(unit.place, Code.UNKNOWN_UNIT))
    if not plan.errors and first_changes:
        plan.errors += _orphans(lives, places, first_changes)
        plan.errors += _circles(lives, places, min(first_changes.values()))
    return plan


def is_foreign(key: str) -> bool:
    """Whether the HR system knows the unit."""
    return not key.startswith("#")


def own_key(unit_id: UUID) -> str:
    """The key of a unit that the HR system does not know. No id of its begins so (see `unit_rows`)."""
    return f"#{unit_id}"


def _continued(unit: PresentUnit | None, wanted: Life) -> Life | Code:
    """The unit's life with what is wanted from its first day on, or why it cannot be."""
    if unit is None:
        return wanted
    past = joined(unit.periods)
    latest = unit.periods[-1].first
    before = tuple(
        period
        if period.last is not None and period.last < wanted[0].first
        else replace(period, last=wanted[0].first - ONE_DAY)
        for period in past
        if period.first < wanted[0].first
    )
    if before and fault_in((*before, wanted[0])) is not None:
        return Code.UNIT_CLOSED if unit.last is not None else Code.PERIODS_LEAVE_GAP
    life = joined((*before, *wanted))
    if unit.last is not None and life != past:
        return Code.UNIT_CLOSED
    if life[0].first != past[0].first or until(life, latest) != until(past, latest):
        return Code.CHANGE_BEFORE_HISTORY
    return life


def _later(unit: WantedUnit, life: Life, today: date) -> list[KeptUnit]:
    kept = [
        KeptUnit(unit.key, period.first, period.name, period.parent, None, unit.headcount, unit.merged_into)
        for period in life
        if period.first > today
    ]
    if (last := life[-1].last) is not None and last >= today:
        kept.append(
            KeptUnit(unit.key, last + ONE_DAY, last=last, headcount=unit.headcount, merged_into=unit.merged_into)
        )
    return kept


def _note(
    plan: TreePlan,
    unit: PresentUnit | None,
    wanted: WantedUnit,
    before: Life,
    life: Life,
    today: date,
    first_changes: dict[str, date],
) -> None:
    if (day := first_difference(before, life)) is not None:
        first_changes[wanted.key] = day
    plan.kept += _later(wanted, life, today)
    now = as_of(life, today)
    if not now:
        return  # it begins later
    day = first_difference(before, now)
    if unit is None:
        plan.changes.append(
            UnitChange(UnitStep.CREATE, wanted.key, None, None, wanted.headcount, wanted.merged_into, now[0].first, now)
        )
        return
    same = (unit.headcount, unit.merged_into) == (wanted.headcount, wanted.merged_into)
    if day is None and same:
        plan.unchanged += 1
        return
    step = UnitStep.CHANGE
    if day is not None and now[-1].last is not None:
        step = UnitStep.CLOSE
    elif day is not None and now[-1].parent != before[-1].parent:
        step = UnitStep.MOVE
    plan.changes.append(
        UnitChange(step, unit.key, unit.unit_id, unit.version, wanted.headcount, wanted.merged_into, day, now)
    )


def _orphans(lives: Mapping[str, Life], places: Mapping[str, str], changes: Mapping[str, date]) -> list[PlaceError]:
    """Units under one that is not there, on some day that is another than it was."""
    errors = []
    for key, life in lives.items():
        for period in life:
            parent = period.parent
            if parent is None or (key not in changes and parent not in changes):
                continue
            above = lives.get(parent)
            if above is None:
                errors.append(PlaceError(places[key], Code.UNKNOWN_UNIT))
            elif period.first < above[0].first:
                errors.append(PlaceError(places.get(key, places.get(parent, "")), Code.PARENT_NOT_YET))
            elif (end := above[-1].last) is not None and (period.last is None or period.last > end):
                # Said where it is said: of the unit itself, or of the one above that closes.
                code = Code.UNIT_CLOSED if key in places else Code.UNIT_HAS_CHILDREN
                errors.append(PlaceError(places.get(key, places.get(parent, "")), code))
    return errors


def _circles(lives: Mapping[str, Life], places: Mapping[str, str], since: date) -> list[PlaceError]:
    """Units that lie below themselves on some day: day by day, looking up from whatever has a new place."""
    above: dict[str, str | None] = {}
    events: dict[date, list[tuple[str, str | None]]] = {}
    for key, life in lives.items():
        for period in life:
            events.setdefault(max(period.first, since), []).append((key, period.parent))
    errors = []
    known: set[str] = set()
    for day in sorted(events):
        moved = dict(events[day])  # before `since` the last one counts: lives are in order
        above |= moved
        # Whoever has been walked by leads to the top, or into a circle; nobody is walked by twice.
        sound: set[str] = set()
        circling: set[str] = set()
        for key in moved:
            walked: set[str] = set()
            step: str | None = key
            while step is not None and step not in sound and step not in circling and step not in walked:
                walked.add(step)
                step = above.get(step)
            if step is not None and step not in sound:
                circling |= walked
                if step in walked and step not in known:
                    circle = {step}
                    up = above.get(step)
                    while up is not None and up not in circle:
                        circle.add(up)
                        up = above.get(up)
                    known |= circle
                    named = sorted(places[each] for each in circle if each in places)
                    errors.append(PlaceError(named[0] if named else "", Code.UNIT_CYCLE))
            else:
                sound |= walked
    return errors
