"""Where a group is in its guide and what it may do next: without a database."""

import random
from datetime import UTC, datetime, timedelta

from app.models.followed_guide import PhaseProgress, PhaseStatus
from app.models.inspiration_content import Phase
from app.services import guide_progress

DONE, SKIPPED = PhaseStatus.DONE, PhaseStatus.SKIPPED
PHASES = list(Phase)
DAY = datetime(2026, 11, 27, 8, tzinfo=UTC)


def day(number: int) -> datetime:
    return DAY + timedelta(days=number)


def statuses(progress: list[PhaseProgress]) -> str:
    """c for the current phase, d for done, s for skipped, l for left, and - for one not begun."""
    letters = {"notBegun": "-", "current": "c", "done": "d", "skipped": "s", "left": "l"}
    return "".join(letters[each.status.value] for each in progress)


def test_a_group_goes_back_and_comes_again_to_what_is_left() -> None:
    progress = guide_progress.begun(PHASES, day(0))
    assert (statuses(progress), guide_progress.upcoming(progress)) == ("c-----", Phase.BEGIN_IN_THE_WORK)
    progress = guide_progress.settled(progress, DONE, day(1))
    progress = guide_progress.settled(progress, SKIPPED, day(2))
    progress = guide_progress.settled(progress, DONE, day(3))
    assert statuses(progress) == "dsdc--"
    progress = guide_progress.gone_back(progress, Phase.BEGIN_IN_THE_WORK, day(4))
    assert statuses(progress) == "dcdl--"
    again = progress[1]
    assert (again.begun_at, again.left_at, progress[3].left_at) == (day(1), None, day(4))
    # What is done is not done twice.
    assert guide_progress.upcoming(progress) is Phase.TRY
    progress = guide_progress.settled(progress, DONE, day(5))
    assert (statuses(progress), progress[3].begun_at, progress[3].left_at) == ("dddc--", day(3), None)
    assert guide_progress.here(progress) is Phase.TRY
    ended = guide_progress.broken_off(progress, day(6))
    assert (statuses(ended), guide_progress.current(ended), guide_progress.upcoming(ended)) == ("dddl--", None, None)


def test_back_is_to_a_phase_before_and_what_has_begun_can_be_rated() -> None:
    progress = guide_progress.settled(guide_progress.begun(PHASES[:3], day(0)), DONE, day(1))
    assert [guide_progress.can_go_back(progress, phase) for phase in PHASES] == [True, *[False] * 5]
    assert [guide_progress.has_begun(progress, phase) for phase in PHASES] == [True, True, *[False] * 4]


def test_however_a_group_walks_all_before_it_is_settled_and_the_end_is_the_end() -> None:
    chance = random.Random(27)  # noqa: S311 - no secret
    for length in range(1, 7):
        for _ in range(60):
            progress = guide_progress.begun(PHASES[:length], day(0))
            steps = 0
            while (phase := guide_progress.current(progress)) is not None:
                place = PHASES.index(phase)
                assert {each.status for each in progress[:place]} <= guide_progress.SETTLED
                assert statuses(progress).count("c") == 1
                back = [each for each in PHASES if guide_progress.can_go_back(progress, each)]
                assert back == PHASES[:place]
                following, steps = guide_progress.upcoming(progress), steps + 1
                if back and chance.random() < 0.3:
                    progress = guide_progress.gone_back(progress, chance.choice(back), day(steps))
                else:
                    progress = guide_progress.settled(progress, chance.choice((DONE, SKIPPED)), day(steps))
                    assert guide_progress.current(progress) is following
            assert {each.status for each in progress} <= guide_progress.SETTLED
            assert all(each.begun_at and each.left_at and each.begun_at < each.left_at for each in progress)
