"""Which units of a round could be shown, foreseen from head-counts before anybody has answered."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from app.models.survey_protection import ProtectedUnit, Protection, ProtectionRead
from app.models.survey_round import SurveyRound
from app.models.template_content import Texts, both
from app.services import disclosure
from app.services.disclosure import Flags, UnitTree
from app.services.survey_units import RoundUnit, units_of
from app.services.work import Work, admit


async def read(work: Work, round_id: UUID, response_rate: float, threshold: int | None) -> ProtectionRead:
    """The same rules as a release, asked with as many answers from every unit as the response rate says."""
    survey_round = await admit(work, "read_survey_protection", SurveyRound, round_id)
    threshold = threshold or survey_round.threshold
    percent = round(response_rate * 100)
    # Some tenths of a second for thousands of units: others are served meanwhile.
    units = await asyncio.to_thread(foreseen, await units_of(work, round_id), percent, threshold)
    shown = sum(unit.status is Protection.SHOWN for unit in units)
    return ProtectionRead(
        version=survey_round.version,
        survey_round_id=survey_round.id,
        response_rate=percent / 100,
        threshold=threshold,
        shown_count=shown,
        hidden_count=len(units) - shown,
        units=units,
    )


def foreseen(units: Sequence[RoundUnit], response_percent: int, threshold: int) -> list[ProtectedUnit]:
    """Each unit with what could be shown of it; `units` have parents before children."""
    place = {unit.unit_id: index for index, unit in enumerate(units)}
    tree = UnitTree(
        ids=tuple(str(unit.unit_id) for unit in units),
        parents=tuple(-1 if unit.parent_id is None else place[unit.parent_id] for unit in units),
        invited=tuple(unit.headcount for unit in units),
    )
    could_be_shown = disclosure.preview(tree, response_percent, disclosure.Rules(threshold))
    headcounts = [unit.headcount for unit in units]
    for index in reversed(range(1, len(units))):
        headcounts[tree.parents[index]] += headcounts[index]
    return [
        _protected(units, index, headcounts[index], _shown_above(tree, could_be_shown, index), could_be_shown)
        for index in range(len(units))
    ]


def _shown_above(tree: UnitTree, could_be_shown: Flags, index: int) -> int | None:
    """The nearest unit above that could be shown."""
    while (index := tree.parents[index]) != -1:
        if could_be_shown[index]:
            return index
    return None


def _protected(
    units: Sequence[RoundUnit], index: int, headcount: int, above: int | None, could_be_shown: Flags
) -> ProtectedUnit:
    unit = units[index]
    hidden = not could_be_shown[index]
    return ProtectedUnit(
        unit_id=unit.unit_id,
        parent_id=unit.parent_id,
        name=unit.name,
        headcount=headcount,
        status=Protection.HIDDEN if hidden else Protection.SHOWN,
        group_under_id=units[above].unit_id if hidden and above is not None else None,
        advice=_advice(None if above is None else units[above]) if hidden else None,
    )


def _advice(above: RoundUnit | None) -> Texts:
    if above is None:
        return both(
            sv="Med den här svarsfrekvensen och tröskeln skulle inget resultat kunna visas, inte heller för "
            "enheterna ovanför. Välj en större enhet som omgångens översta.",
            en="At this response rate and threshold no result could be shown, not for the units above either. "
            "Choose a larger unit for the top of the round.",
        )
    return both(
        sv=f"Enheten skulle inte få något eget resultat. Räkna den till {above.name} genom att lämna den utanför "
        "unitIds, eller slå ihop den med en enhet bredvid. Svaren räknas i båda fallen med i enheten ovanför.",
        en=f"The unit would have no result of its own. Count it with {above.name} by leaving it out of unitIds, or "
        "merge it with a unit beside it. Either way its answers count in the unit above.",
    )
