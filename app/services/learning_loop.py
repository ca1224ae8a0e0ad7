"""Where a group is in its loop, and how fresh its learning is. No database, no clock."""

from collections.abc import Callable
from dataclasses import dataclass

from app.models.overview import LoopPosition
from app.models.working_group import WorkingGroupState


@dataclass(frozen=True)
class Standing:
    """What is under way in a group on a day."""

    state: WorkingGroupState
    record_unfinished: bool = False
    """The record of the last session is not final."""
    session_planned: bool = False
    round_under_way: bool = False
    """Proposed, open, or closed without a result."""
    result_since_meeting: bool = False
    follow_up_due: bool = False
    """A follow-up or an action's day has come, or a step is done whose effect nobody has checked."""
    actions_open: bool = False


# The first that holds. What people have begun comes before what they could begin.
_POSITIONS: tuple[tuple[LoopPosition, Callable[[Standing], bool]], ...] = (
    (LoopPosition.CLOSED, lambda standing: standing.state is WorkingGroupState.CLOSED),
    (LoopPosition.FORMING, lambda standing: standing.state is WorkingGroupState.FORMING),
    (LoopPosition.RECORD, lambda standing: standing.record_unfinished),
    (LoopPosition.SESSION, lambda standing: standing.session_planned),
    (LoopPosition.SURVEY, lambda standing: standing.round_under_way),
    (LoopPosition.RESULT, lambda standing: standing.result_since_meeting),
    (LoopPosition.FOLLOW_UP, lambda standing: standing.follow_up_due),
    (LoopPosition.ACTIONS, lambda standing: standing.actions_open),
)


def position(standing: Standing) -> LoopPosition:
    return next((name for name, holds in _POSITIONS if holds(standing)), LoopPosition.TEMPLATE)


def is_quiet(days_since: int, interval_days: int) -> bool:
    """Whether three quarters of the group's own interval have passed: time to say so before it sleeps."""
    return days_since * 4 >= interval_days * 3
