"""Whom and what a file finds here: people by their ids and addresses, and units where they can work. Pure."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from app.models.columns import Language
from app.services.import_rows import PersonRow

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PresentPerson:
    person_id: UUID
    version: int
    external_id: str | None
    name: str
    email: str
    language: Language
    active: bool
    unit_id: UUID | None
    unit: str | None = None
    """The external id of their unit, also when that has closed."""
    user_name_key: str | None = None
    """By which they are found over there, in small letters: nobody else has it as their address."""


@dataclass(frozen=True, slots=True)
class KnownUnits:
    """Where people can work, by the units' external ids."""

    open: Mapping[str, UUID]
    coming: Mapping[str, date] = field(default_factory=dict)
    """Those that begin later, and when."""

    def has(self, row: PersonRow, before: str | None, today: date) -> bool:
        """Whether they can work there then. `before`: where they work until then; there they may stay when it has
        closed."""
        if not row.active or not row.unit or row.unit in self.open or row.unit == before:
            return True
        begins, day = self.coming.get(row.unit), row.effective_on
        return begins is not None and day is not None and max(begins, today + ONE_DAY) <= day

    def place(self, row: PersonRow, person: PresentPerson | None) -> UUID | None:
        """Where they work by the row, which `has` has let through."""
        now = None if person is None else person.unit_id
        if row.unit is None:
            return now
        return self.open.get(row.unit, now) if row.unit else None


class KnownPeople:
    """Who is here, by what the file may call them."""

    def __init__(
        self,
        everybody: Iterable[PresentPerson],
        about_each: Mapping[str, list[PersonRow]],
        named: Set[str],
        taken: Set[str],
    ) -> None:
        self.by_id: dict[str, PresentPerson] = {}
        self._addresses: dict[str, PresentPerson] = {}
        self._called: set[str] = set()
        self._taken = taken
        self.created: set[str] = set()
        """Addresses of those whom the file brings."""
        for person in everybody:
            if person.external_id is not None:
                self.by_id[person.external_id] = person
            self._addresses[person.email.lower()] = person
            if person.user_name_key is not None:
                self._called.add(person.user_name_key)
        self.back_as: dict[UUID, str] = {}
        """Those who have left and are back, with the id that they have now."""
        for key, about in about_each.items():
            left = None if key in self.by_id else self._one_who_left(about)
            if left is None or left.external_id is None:
                continue
            # What is said under their former id, if anything, is that they have left.
            former = about_each.get(left.external_id, [])
            unread = left.external_id in named and not former
            if not unread and first_active(former) is None:
                self.back_as.setdefault(left.person_id, key)

    def by_address(self, key: str, about: list[PersonRow]) -> PresentPerson | None:
        """The one who is meant by an id that nobody here has."""
        for row in about:
            person = self._addresses.get((row.email or "").lower())
            if person is not None and (person.external_id is None or self.back_as.get(person.person_id) == key):
                return person
        return None

    def is_taken(self, address: str) -> bool:
        return any(address in each for each in (self._taken, self.created, self._addresses, self._called))

    def _one_who_left(self, about: list[PersonRow]) -> PresentPerson | None:
        for row in about:
            person = self._addresses.get((row.email or "").lower())
            if row.active and person is not None and not person.active:
                return person
        return None


def first_active(about: list[PersonRow]) -> PersonRow | None:
    return next((row for row in about if row.active), None)
