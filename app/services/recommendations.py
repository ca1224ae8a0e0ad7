"""What is suggested to a group, and why: by a table of rules that anybody can read. No database, no clock.

A rule says when it holds, what it then picks, and the reason in words. Nothing is weighed or learnt: the rules stand in
the order in which their picks are shown, and what several rules pick is shown once, with every reason
(docs/decisions/explainable-suggestions.md). Reasons hold numbers, dimensions and phases, and never a person.
"""

from dataclasses import dataclass
from uuid import UUID

from app.models.overview import MOST_SUGGESTED
from app.services.recommendation_facts import Facts, Material, Rule, is_usable
from app.services.recommendation_rules import FITTING, RULES


@dataclass(frozen=True)
class Picked:
    """Something suggested, with the rules that picked it."""

    material: Material
    reasons: tuple[Rule, ...] = ()


def suggestions(facts: Facts) -> list[Picked]:
    """What is suggested now, what is most to the point first."""
    chosen: dict[UUID, Picked] = {}
    for rule in RULES:
        for material in rule.picks(facts) if rule.holds(facts) else ():
            if is_usable(facts, material):
                before = chosen.setdefault(material.id, Picked(material))
                chosen[material.id] = Picked(material, (*before.reasons, rule))
    found = list(chosen.values())[:MOST_SUGGESTED]
    return [Picked(each.material, (*each.reasons, *_fitting(facts, each.material))) for each in found]


def _fitting(facts: Facts, material: Material) -> list[Rule]:
    return [rule for rule in FITTING if rule.holds(facts) and material in rule.picks(facts)]
