"""Where a group is in its guide, and how it moves. Knows no database and no clock.

A group has been through all phases before the one that it is in. Going back leaves that one open, and whoever moves on
from there comes to what is left: what is done once need not be done again.
"""

from collections.abc import Sequence
from datetime import datetime

from app.models.followed_guide import PhaseProgress, PhaseStatus
from app.models.inspiration_content import Phase

Progress = Sequence[PhaseProgress]

SETTLED = frozenset((PhaseStatus.DONE, PhaseStatus.SKIPPED))


def begun(phases: Sequence[Phase], now: datetime) -> list[PhaseProgress]:
    """The group begins with the first phase."""
    return _at(0, [PhaseProgress(phase=phase) for phase in phases], now)


def current(progress: Progress) -> Phase | None:
    place = _place(progress)
    return None if place is None else progress[place].phase


def here(progress: Progress) -> Phase:
    """The phase that the group is in while it follows the guide."""
    return next(each.phase for each in progress if each.status is PhaseStatus.CURRENT)


def upcoming(progress: Progress) -> Phase | None:
    """What the group comes to when it has settled the phase that it is in."""
    place = _open_after(progress)
    return None if place is None else progress[place].phase


def can_go_back(progress: Progress, to: Phase) -> bool:
    """Whether it is a phase before the one that the group is in."""
    return any(each.phase is to for each in progress[: _place(progress)])


def has_begun(progress: Progress, phase: Phase) -> bool:
    return any(each.phase is phase and each.begun_at is not None for each in progress)


def settled(progress: Progress, how: PhaseStatus, now: datetime) -> list[PhaseProgress]:
    """The current phase is done or skipped, and the next one that is not is begun; after the last none is current."""
    place = _open_after(progress)
    left = _left(progress, how, now)
    return left if place is None else _at(place, left, now)


def gone_back(progress: Progress, to: Phase, now: datetime) -> list[PhaseProgress]:
    """The group is in an earlier phase again, and the one that it was in waits."""
    place = next(place for place, each in enumerate(progress) if each.phase is to)
    return _at(place, _left(progress, PhaseStatus.LEFT, now), now)


def broken_off(progress: Progress, now: datetime) -> list[PhaseProgress]:
    """The group goes on without the guide."""
    return _left(progress, PhaseStatus.LEFT, now)


def _place(progress: Progress) -> int | None:
    return next((place for place, each in enumerate(progress) if each.status is PhaseStatus.CURRENT), None)


def _open_after(progress: Progress) -> int | None:
    here = _place(progress)
    if here is None:
        return None
    return next((place for place in range(here + 1, len(progress)) if progress[place].status not in SETTLED), None)


def _left(progress: Progress, how: PhaseStatus, now: datetime) -> list[PhaseProgress]:
    here = _place(progress)
    return [
        each.model_copy(update={"status": how, "left_at": now}) if place == here else each
        for place, each in enumerate(progress)
    ]


def _at(place: int, progress: Progress, now: datetime) -> list[PhaseProgress]:
    there = progress[place]
    again = {"status": PhaseStatus.CURRENT, "begun_at": there.begun_at or now, "left_at": None}
    return [*progress[:place], there.model_copy(update=again), *progress[place + 1 :]]
