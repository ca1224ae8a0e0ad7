"""What a working group is reminded of and when: from facts to reminders. No database and no clock.

A group is reminded, never a person: everybody at the table is told the same, also that a decision waits for the other
side. Each reminder has a key of its own; whoever has been told of it is not told again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.models.approval import SubjectType
from app.models.group_reminder import ReminderSubject
from app.models.reminder import ReminderKind
from app.models.template_content import FollowUp

AFTER_SESSION = (2, 7, 30)
"""Days after every session; the template's own come beside them."""
AROUND_DUE_DATE = (-7, -1, 7)
"""A week and a day before a step is due, and once when a week has passed and nobody has said what came of it."""
AWAITED = (3, 10)
"""Days after the first side has decided."""
BEFORE_DEADLINE = -2
"""Before a record that is under review is not approved."""
BEFORE_DORMANT = 14
LATE = 7
"""Days for which a reminder is worth having after its day: the service may have been away."""
KEPT = timedelta(days=60)
"""Longer than anything is due again: that it has been said is known for as long as it could be said anew."""


@dataclass(frozen=True)
class HeldSession:
    """A session that was held, and what its template says to do afterwards."""

    id: UUID
    group_id: UUID
    title: str
    day: date
    facilitator_id: UUID
    follow_ups: tuple[FollowUp, ...] = ()

    subject_type = ReminderSubject.DIALOGUE_SESSION


@dataclass(frozen=True)
class OpenAction:
    """An agreed step that is not settled. What it says stands in the record, and in no letter."""

    id: UUID
    group_id: UUID
    session_title: str
    due_on: date
    facilitator_id: UUID

    subject_type = ReminderSubject.ACTION


@dataclass(frozen=True)
class AwaitedDecision:
    """Something that parties at the table have still to decide."""

    type: SubjectType
    id: UUID
    group_id: UUID
    title: str
    since: date | None
    """When the first party decided; None: nobody has."""
    deadline: date | None
    parties: tuple[str, ...]
    """Which parties are awaited, by name."""
    facilitator_id: UUID | None = None

    @property
    def subject_type(self) -> ReminderSubject:
        return ReminderSubject(self.type)


@dataclass(frozen=True)
class QuietGroup:
    """A group that has met, or begun, and has nothing planned."""

    id: UUID
    met: bool
    last_on: date
    dormant_on: date
    facilitator_id: UUID | None = None

    subject_type = ReminderSubject.WORKING_GROUP

    @property
    def group_id(self) -> UUID:
        return self.id


Fact = HeldSession | OpenAction | AwaitedDecision | QuietGroup


@dataclass(frozen=True)
class Key:
    """By which it is known that somebody has been told of it."""

    kind: ReminderKind
    subject_id: UUID
    about_on: date
    step: int


@dataclass(frozen=True)
class Occasion:
    """A day on which a fact is worth a reminder."""

    key: Key
    on: date
    fact: Fact


def occasions(fact: Fact) -> Iterator[Occasion]:
    """All there ever are of a fact as it stands."""
    match fact:
        case HeldSession():
            own = (each.after_days for each in fact.follow_ups)
            for days in sorted({*AFTER_SESSION, *own}):
                yield _occasion(ReminderKind.FOLLOW_UP, fact, fact.day, days)
        case OpenAction():
            for days in AROUND_DUE_DATE:
                yield _occasion(ReminderKind.ACTION_DUE, fact, fact.due_on, days)
        case AwaitedDecision():
            if fact.since is not None:
                for days in AWAITED:
                    yield _occasion(ReminderKind.APPROVAL_AWAITED, fact, fact.since, days)
            if fact.deadline is not None:
                yield _occasion(ReminderKind.APPROVAL_AWAITED, fact, fact.deadline, BEFORE_DEADLINE)
        case QuietGroup():
            interval = (fact.dormant_on - fact.last_on).days
            # A short rhythm gets a short warning.
            warned = min(BEFORE_DORMANT, interval // 2)
            for days in (interval - warned, interval):
                yield _occasion(ReminderKind.GROUP_QUIET, fact, fact.last_on, days)


def _occasion(kind: ReminderKind, fact: Fact, about_on: date, days: int) -> Occasion:
    return Occasion(Key(kind, fact.id, about_on, days), about_on + timedelta(days=days), fact)


def due(facts: Iterable[Fact], today: date) -> list[Occasion]:
    """What is to be said today, or should have been in the last days: of each thing only the latest."""
    latest: dict[tuple[ReminderKind, UUID], Occasion] = {}
    for fact in facts:
        for each in occasions(fact):
            known = latest.get((each.key.kind, each.key.subject_id))
            if today - timedelta(days=LATE) < each.on <= today and (known is None or known.on < each.on):
                latest[each.key.kind, each.key.subject_id] = each
    return list(latest.values())
