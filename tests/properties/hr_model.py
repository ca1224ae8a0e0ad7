"""A workplace as its HR system has it: a plain model of people and units, and the files that tell of it.

A file is everybody or what has changed, as it comes. Some things are said days before they happen; what is said of a
day is repeated by whoever sends everybody, and taken back by leaving it out.
"""

import random
from copy import deepcopy
from dataclasses import dataclass, field, replace

from tests.api.test_imports import in_days

NAMES = ("Åsa Ek", "Bo Öberg", "Cim Alm")
PEOPLE_HEADER = "externalId;name;email;unitExternalId;active;effectiveOn"
UNITS_HEADER = "externalId;name;parentExternalId;effectiveOn;lastDay;mergedIntoExternalId"
Key = tuple[str, int]
"""An id, and the number of a day."""


@dataclass(frozen=True)
class Worker:
    email: str
    name: str
    unit: str
    active: bool = True


@dataclass(frozen=True)
class LaterUnit:
    """What becomes of a unit on a day: it begins or has another name; or it closes, into another one."""

    day: int
    name: str
    parent: str
    into: str = ""


@dataclass
class Told:
    """People by id. Units by id: name and the one above; None: closed."""

    people: dict[str, Worker] = field(default_factory=dict)
    units: dict[str, tuple[str, str] | None] = field(default_factory=dict)

    @property
    def open(self) -> dict[str, tuple[str, str]]:
        return {key: unit for key, unit in self.units.items() if unit is not None}

    def below(self, key: str) -> set[str]:
        found = {key}
        while more := {each for each, unit in self.open.items() if unit[1] in found} - found:
            found |= more
        return found


class Workplace:
    """One night after the other: `begin_day`, then `change`, then the files, then `sent`."""

    def __init__(self, chance: random.Random, domain: str) -> None:
        self.chance, self.domain = chance, domain
        self.day = 0
        self.now, self.before = Told(), Told()
        """As it is, and as the files have last told it."""
        self.later_people: dict[Key, Worker] = {}
        self.later_units: dict[str, LaterUnit] = {}
        self.merged: dict[str, str] = {}
        self._announced: set[Key] = set()
        self._settled: dict[str, int] = {}
        """The day before which nothing of a unit can end."""
        self.former: dict[str, str] = {}
        """Addresses of those who are here under another id now, by the former one."""
        self._numbers = 0

    def happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _new(self, letter: str) -> str:
        self._numbers += 1
        return f"{letter}{self._numbers}"

    # --- days that come -----------------------------------------------------------------------------------------

    def begin_day(self) -> None:
        """What was said of this day happens. What does not fit is not done."""
        self.day += 1
        for key, later in list(self.later_units.items()):
            if later.day == self.day:
                del self.later_units[key]
                self._settled[key] = self.day
                self.now.units[key] = None if later.into else (later.name, later.parent)
        for key, day in [each for each in self.later_people if each[1] == self.day]:
            self._arrive(key, self.later_people.pop((key, day)))
        self.before = deepcopy(self.now)

    def _arrive(self, key: str, told: Worker) -> None:
        there = self.now.people.get(key)
        if not told.active:
            if there is not None:
                self.now.people[key] = replace(there, active=False)
        elif told.unit in ("", *self.now.open) or (there is not None and there.unit == told.unit):
            self.now.people[key] = told

    # --- what happens in a day ----------------------------------------------------------------------------------

    def change(self) -> None:
        self._announced = set()
        for _ in range(self.chance.randrange(3)):
            self._reorganise()
        for _ in range(self.chance.randrange(1, 4)):
            self._live()
        if self.happens(0.4):
            self._say_of_units()
        if self.happens(0.5):
            self._say_of_people()

    def _free(self) -> list[str]:
        """Units of which nothing has been said of a later day."""
        busy = {each for later in self.later_units.values() for each in (later.parent, later.into)}
        return [key for key in self.now.open if key not in busy and key not in self.later_units]

    def _closing(self) -> list[tuple[str, str]]:
        """Units that can close, and into which."""
        free = self._free()
        can = [key for key in free if self.now.below(key) == {key} and self._settled[key] < self.day]
        return [(key, into) for key in can for into in free if into != key]

    def _reorganise(self) -> None:
        """Units begin, get another name, move, or become part of another."""
        units, free = self.now.units, self._free()
        what = self.chance.choice(["begin", "rename", "move", "merge"]) if free else "begin"
        if what == "begin":
            key = self._new("U")
            units[key], self._settled[key] = (self.chance.choice(NAMES), self.chance.choice(["", *free])), self.day
        elif what == "merge" and (closing := self._closing()):
            key, into = self.chance.choice(closing)
            units[key], self.merged[key] = None, into
            for each, worker in self.now.people.items():
                # Some do not follow, as far as anybody has said: of those whom a file has told to be there.
                if worker.active and worker.unit == key and (self.happens(0.7) or not self._is_told_at(each, key)):
                    self.now.people[each] = replace(worker, unit=into)
        elif free:
            key = self.chance.choice(free)
            name, parent = self.now.open[key]
            if what == "rename":
                units[key] = (self.chance.choice(NAMES), parent)
            else:
                elsewhere = [each for each in free if each not in self.now.below(key)]
                units[key] = (name, self.chance.choice(["", *elsewhere]))

    def _is_told_at(self, key: str, unit: str) -> bool:
        there = self.before.people.get(key)
        return there is not None and there.unit == unit

    def _live(self) -> None:
        """People are hired, renamed, moved, leave and return, some of them with another number."""
        known, people = sorted(self.now.people), self.now.people
        key = self.chance.choice([*known, ""])
        name, unit = self.chance.choice(NAMES), self.chance.choice(["", *self.now.open])
        if not key:
            key = self._new("P")
            people[key] = Worker(f"{key}@{self.domain}", name, unit)
        elif people[key].active and self.happens(0.3):
            told = self.before.people.get(key)
            # A row about somebody who has left says of no unit: they stay where the files have told them to be.
            people[key] = replace(people[key], active=False, unit="" if told is None else told.unit)
        elif people[key].active or not self.happens(0.5) or not self._is_away(key):
            people[key] = replace(people[key], name=name, unit=unit, active=True)
        else:
            worker = people.pop(key)
            self.former[key] = worker.email
            people[self._new("P")] = replace(worker, name=name, unit=unit, active=True)

    def _is_away(self, key: str) -> bool:
        """Whether nothing but that they have left was ever said of them."""
        there = self.before.people.get(key)
        return (there is None or not there.active) and all(each != key for each, _ in self.later_people)

    # --- what is said of later days -----------------------------------------------------------------------------

    def _say_of_units(self) -> None:
        day, free = self.day + self.chance.randrange(1, 4), self._free()
        what = self.chance.choice(["begin", "rename", "close"])
        if what == "begin":
            key = self._new("U")
            self.later_units[key] = LaterUnit(day, self.chance.choice(NAMES), self.chance.choice(["", *free]))
        elif what == "rename" and free:
            key = self.chance.choice(free)
            name, parent = self.now.open[key]
            another = self.chance.choice([each for each in NAMES if each != name])
            self.later_units[key] = LaterUnit(day, another, parent)
        elif what == "close" and (closing := self._closing()):
            key, into = self.chance.choice(closing)
            self.later_units[key] = LaterUnit(day, *self.now.open[key], into)
            self.merged[key] = into  # known from the day on which it is said
            for each, worker in self.now.people.items():
                if worker.active and worker.unit == key and self.happens(0.7):
                    self._say(each, day, replace(worker, unit=into))

    def _say_of_people(self) -> None:
        day = self.day + self.chance.randrange(1, 4)
        coming = [key for key, later in self.later_units.items() if key not in self.now.units and later.day <= day]
        name, unit = self.chance.choice(NAMES), self.chance.choice(["", *self.now.open, *coming, *coming])
        key = self.chance.choice([*sorted(self.now.people), ""])
        if not key:
            key = self._new("P")
            self._say(key, day, Worker(f"{key}@{self.domain}", name, unit))
        elif self.now.people[key].active and self.happens(0.4):
            self._say(key, day, replace(self.now.people[key], active=False))
        else:
            self._say(key, day, replace(self.now.people[key], name=name, unit=unit, active=True))

    def _say(self, key: str, day: int, worker: Worker) -> None:
        if (key, day) not in self.later_people:
            self.later_people[key, day] = worker
            self._announced.add((key, day))

    # --- files --------------------------------------------------------------------------------------------------

    def units_file(self, *, whole: bool) -> list[str]:
        """Nothing when there is nothing to tell."""
        if whole:
            for key in [key for key, later in self.later_units.items() if key not in self.now.units]:
                if self.happens(0.2):
                    del self.later_units[key]  # it does not begin after all
        lines = []
        for key, unit in self.now.units.items():
            former, later = self.before.units.get(key), self.later_units.get(key)
            if unit is None:
                # What has closed is named, or left out of what is everything.
                if former is not None and (not whole or self.happens(0.5)):
                    lines.append(_unit(key, *former, last=-1, into=self.merged[key]))
                elif former is not None:
                    del self.merged[key]
            elif whole or unit != former or later is not None:
                last, into = (later.day - self.day - 1, later.into) if later and later.into else (None, "")
                lines.append(_unit(key, *unit, last=last, into=into))
        for key, later in self.later_units.items():
            if not later.into:
                lines.append(_unit(key, later.name, later.parent, day=later.day - self.day))
        return [UNITS_HEADER, *lines] if lines or whole else []

    def people_file(self, *, whole: bool) -> list[str]:
        self._take_back(whole=whole)
        lines = []
        for key, worker in self.now.people.items():
            if worker.active and (whole or worker != self.before.people.get(key)):
                lines.append(_person(key, worker))
            elif not worker.active and (self.happens(0.2) if whole else worker != self.before.people.get(key)):
                lines.append(self._gone(key, worker.email))
        lines += [self._gone(key, email) for key, email in self.former.items() if self.happens(0.1)]
        for (key, day), worker in self.later_people.items():
            if whole or (key, day) in self._announced:
                lines.append(_person(key, worker, day - self.day))
        self.chance.shuffle(lines)
        return [PEOPLE_HEADER, *lines] if lines or whole else []

    def _take_back(self, *, whole: bool) -> None:
        """Whoever sends everybody leaves out what is not to be, or cannot be any more."""
        units = {key: now.unit for key, now in self.now.people.items()}
        """Where they are by what the file has said of them so far: nobody goes back to what has closed."""
        for key, day in sorted(self.later_people if whole else self._announced & self.later_people.keys(), key=_day):
            worker = self.later_people[key, day]
            there, now = self.before.people.get(key), self.now.people.get(key)
            leaving = there is not None and there.active and (now is None or not now.active)
            begins = self.later_units.get(worker.unit)
            fits = (
                not worker.active
                or worker.unit in ("", *self.now.open)
                or (there is not None and worker.unit == units.get(key))
                or (begins is not None and worker.unit not in self.now.units and begins.day <= day)
            )
            if not fits or (whole and (leaving or self.happens(0.1))):
                del self.later_people[key, day]
            elif worker.active:
                units[key] = worker.unit

    def _gone(self, key: str, email: str) -> str:
        """Whatever else is in their row."""
        return f"{key};{self.chance.choice(NAMES)};{self.chance.choice([email, 'inte en adress', ''])};U0;nej;"

    def sent(self) -> None:
        self.before = deepcopy(self.now)


def _day(said: Key) -> int:
    return said[1]


def _unit(key: str, name: str, parent: str, *, day: int | None = None, last: int | None = None, into: str = "") -> str:
    begins, ends = ("" if each is None else in_days(each) for each in (day, last))
    return f"{key};{name};{parent};{begins};{ends};{into}"


def _person(key: str, worker: Worker, day: int | None = None) -> str:
    active = "" if worker.active else "nej"
    return f"{key};{worker.name};{worker.email};{worker.unit};{active};{'' if day is None else in_days(day)}"
