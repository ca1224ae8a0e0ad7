"""Suggestions: each rule where it holds and where it does not, what is left out, their order, and their words."""

import re
import string
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from app.models.columns import Language
from app.models.overview import MOST_SUGGESTED, SuggestionKind, SuggestionReason
from app.models.template_content import ClimateDimension
from app.services.recommendation_facts import Facts, Material, PhaseFacts
from app.services.recommendation_rules import DIMENSIONS, FITTING, RULES
from app.services.recommendations import suggestions
from tests.content import shipped_pack

A, B, C, D, E, F = ClimateDimension
TEMPLATE, PIECE, GUIDE = SuggestionKind
DOCUMENT = Path(__file__).parents[2] / "docs" / "decisions" / "explainable-suggestions.md"


def _shipped() -> tuple[Material, ...]:
    """What the shipped pack has, as an overview hands it on: by kind and key."""
    pack = shipped_pack()
    templates = [
        Material(
            TEMPLATE,
            UUID(int=number),
            each.key,
            each.content.total_minutes,
            tuple(each.content.climate_dimensions),
            least=each.content.participants.group_size.min,
            most=each.content.participants.group_size.max,
        )
        for number, each in enumerate(sorted(pack.templates, key=lambda each: each.key))
    ]
    pieces = [
        Material(PIECE, UUID(int=100 + number), each.key, each.reading_minutes, tuple(each.dimensions))
        for number, each in enumerate(sorted(pack.inspiration, key=lambda each: each.key))
    ]
    pieces = [
        replace(piece, templates=tuple(each.templates))
        for piece, each in zip(pieces, sorted(pack.inspiration, key=lambda each: each.key), strict=True)
    ]
    guides = [Material(GUIDE, UUID(int=200 + number), each.key) for number, each in enumerate(pack.guides)]
    return (*templates, *pieces, *guides)


SHIPPED = _shipped()
# Between two conversations: nothing in particular is the matter.
CALM = Facts(SHIPPED, met=True, last_held="val-utfort-arbete")


TRY = PhaseFacts(
    "forsta-aret",
    "Pröva",
    ("misstag-som-lartillfallen", "erfarenhetsutbyte"),
    ("misslyckanden-som-tillfallen", "fallet-med-paminnelserna", "vad-digitala-kurser-kan"),
)


def held(facts: Facts, **days: int) -> Facts:
    """The same after sessions so many days ago, by key with _ for -."""
    since = {key.replace("_", "-"): each for key, each in days.items()}
    return replace(
        facts, materials=tuple(replace(each, days_since_held=since.get(each.key)) for each in facts.materials)
    )


def told(facts: Facts) -> dict[str, list[str]]:
    """What is suggested, by key in the order shown, with the codes of the reasons."""
    return {each.material.key: [rule.code.value for rule in each.reasons] for each in suggestions(facts)}


def codes(facts: Facts) -> set[str]:
    return {code for each in told(facts).values() for code in each}


EVERYTHING_TRIED = held(CALM, **{each.key.replace("-", "_"): 30 for each in SHIPPED if each.kind is TEMPLATE})

# By reason: facts for which the rule holds and the key it picks first; and facts for which it just does not.
CASES: dict[SuggestionReason, tuple[Facts, str, Facts]] = {
    SuggestionReason.GROUP_FORMING: (Facts(SHIPPED, forming=True), "sa-borjar-en-arbetsgrupp", Facts(SHIPPED)),
    SuggestionReason.SESSION_PLANNED: (replace(CALM, planned="chefens-roll"), "chefen-som-ger-rum", CALM),
    SuggestionReason.GROUP_QUIET: (replace(CALM, days_quiet=135), "omstart", CALM),
    SuggestionReason.NEVER_MET: (Facts(SHIPPED), "val-utfort-arbete", CALM),
    SuggestionReason.NEW_GROUP: (
        replace(CALM, days_since_started=89),
        "forsta-aret",
        replace(CALM, days_since_started=90),
    ),
    SuggestionReason.RESULT_NOT_TALKED_ABOUT: (
        held(replace(CALM, days_since_result=180), uppfoljning_larklimat=181),
        "uppfoljning-larklimat",
        held(replace(CALM, days_since_result=180), uppfoljning_larklimat=180),
    ),
    SuggestionReason.ACTIONS_OVERDUE: (replace(CALM, overdue=1), "folja-upp-utan-att-skuldbelagga", CALM),
    SuggestionReason.FOLLOW_UP_DUE: (
        replace(CALM, to_follow_up=frozenset({"val-utfort-arbete"})),
        "val-utfort-arbete",
        CALM,
    ),
    SuggestionReason.IN_PHASE: (replace(CALM, phase=TRY), "misstag-som-lartillfallen", CALM),
    SuggestionReason.LOW_DIMENSION: (
        replace(CALM, lowest=(C, D), days_since_result=365),
        "misstag-som-lartillfallen",
        replace(CALM, lowest=(C, D), days_since_result=366),
    ),
    SuggestionReason.NOT_TRIED: (held(CALM, chefens_roll=20), "erfarenhetsutbyte", EVERYTHING_TRIED),
    SuggestionReason.LONG_AGO: (
        held(EVERYTHING_TRIED, chefens_roll=180, erfarenhetsutbyte=200),
        "erfarenhetsutbyte",
        held(EVERYTHING_TRIED, chefens_roll=179, erfarenhetsutbyte=170),
    ),
    SuggestionReason.FITS_TIME: (replace(CALM, minutes=100), "chefens-roll", CALM),
    SuggestionReason.FITS_SIZE: (replace(CALM, people=10), "chefens-roll", replace(CALM, people=11)),
}


@pytest.mark.parametrize("code", SuggestionReason)
def test_each_rule_holds_where_it_should_and_not_beyond(code: SuggestionReason) -> None:
    fires, first, silent = CASES[code]
    assert next(key for key, reasons in told(fires).items() if code.value in reasons) == first
    assert code.value not in codes(silent)


def test_every_reason_is_one_rule() -> None:
    assert [rule.code for rule in (*RULES, *FITTING)] == list(SuggestionReason)


def test_what_rules_name_is_in_the_shipped_pack() -> None:
    """Each rule that names keys picks all of them: none is misspelt."""
    counts = {
        SuggestionReason.GROUP_FORMING: 3,
        SuggestionReason.GROUP_QUIET: 4,
        SuggestionReason.NEVER_MET: 2,
        SuggestionReason.NEW_GROUP: 1,
        SuggestionReason.RESULT_NOT_TALKED_ABOUT: 2,
        SuggestionReason.ACTIONS_OVERDUE: 1,
    }
    assert {rule.code: len(list(rule.picks(CALM))) for rule in RULES if rule.code in counts} == counts


def test_a_phase_leads_to_what_its_guide_names_and_what_is_not_tried_comes_first() -> None:
    assert list(told(replace(CALM, phase=TRY)))[:3] == [*TRY.templates, *TRY.pieces[:1]]
    tried = held(replace(CALM, phase=TRY), misstag_som_lartillfallen=60)
    assert list(told(tried))[:2] == ["erfarenhetsutbyte", "misstag-som-lartillfallen"]
    rule = next(rule for rule in RULES if rule.code is SuggestionReason.IN_PHASE)
    assert rule.reason(tried, SHIPPED[0], Language.ENGLISH) == (
        "It belongs to the phase “Pröva” of the process guide that you follow."
    )


def test_the_guide_that_is_followed_is_not_suggested() -> None:
    quiet = replace(CALM, days_quiet=150)
    assert "omstart" in told(replace(quiet, phase=TRY))
    assert "omstart" not in told(replace(quiet, phase=replace(TRY, guide="omstart")))


def test_without_content_nothing_is_suggested() -> None:
    for fires, _first, _silent in CASES.values():
        assert suggestions(replace(fires, materials=())) == []


def test_the_conversation_just_held_waits_for_its_follow_up() -> None:
    low = replace(CALM, lowest=(A,), days_since_result=5, last_held="kvalitet-och-kompetens")
    assert "kvalitet-och-kompetens" not in told(low)
    assert told(replace(low, last_held="chefens-roll"))["kvalitet-och-kompetens"] == ["lowDimension"]
    called = told(replace(low, to_follow_up=frozenset({"kvalitet-och-kompetens"})))
    assert called["kvalitet-och-kompetens"] == ["followUpDue", "lowDimension"]


def test_no_template_while_a_session_is_planned() -> None:
    busy = replace(CALM, planned="erfarenhetsutbyte", lowest=(B,), days_since_result=3, overdue=2)
    kinds = {each.material.kind for each in suggestions(busy)}
    assert kinds == {PIECE}


def test_what_takes_too_long_or_too_many_people_is_left_out() -> None:
    low = replace(CALM, lowest=(C, D), days_since_result=5)
    assert next(iter(told(replace(low, days_since_result=200)))) == "misstag-som-lartillfallen"
    short = suggestions(replace(low, minutes=75))
    assert all((each.material.minutes or 0) <= 75 for each in short)
    assert {each.material.key for each in short if each.material.kind is TEMPLATE} == {"misstag-som-lartillfallen"}
    assert suggestions(replace(low, minutes=1)) == []
    three = told(replace(low, days_since_result=200, people=3))
    assert "chefens-roll" not in three, "it takes four"
    assert "fitsSize" in three["misstag-som-lartillfallen"]


def test_what_several_rules_pick_is_shown_once_where_the_first_has_it() -> None:
    both = replace(CALM, last_held=None, days_quiet=140, lowest=(A, B), days_since_result=200)
    found = told(both)
    assert list(found)[:2] == ["omstart", "val-utfort-arbete"]
    assert found["val-utfort-arbete"] == ["groupQuiet", "lowDimension"]
    assert len(found) <= MOST_SUGGESTED


def test_the_same_facts_give_the_same_suggestions() -> None:
    everything = Facts(
        SHIPPED, met=True, days_quiet=200, lowest=(A, C, F), days_since_result=30, overdue=4, people=6, minutes=120
    )
    again = replace(everything, materials=tuple(replace(each) for each in SHIPPED))
    assert suggestions(everything) == suggestions(again)
    assert len(suggestions(everything)) == MOST_SUGGESTED


def test_every_rule_says_why_in_both_languages() -> None:
    for rule in (*RULES, *FITTING):
        facts = CASES[rule.code][0]
        said = next(each for each in suggestions(facts) if rule in each.reasons)
        swedish, english = (rule.reason(facts, said.material, language) for language in Language)
        assert swedish != english
        for text in (swedish, english):
            assert text[0].isupper()
            assert text.endswith(".")
            assert "{" not in text
        names = [
            {name for _, name, _, _ in string.Formatter().parse(rule.words[each] or "") if name}
            for each in ("sv", "en")
        ]
        assert names[0] == names[1]
        # Numbers and names of dimensions: nothing there could hold a person.
        assert names[0] <= {"days", "count", "dimensions", "phase", "minutes", "available", "people", "least", "most"}


def test_dimensions_are_called_what_the_questionnaire_calls_them() -> None:
    shipped = {each.climate_dimension: each.name for each in shipped_pack().instruments[0].content.dimensions}
    assert shipped == DIMENSIONS


def test_a_reason_names_the_low_dimensions_that_are_served() -> None:
    facts = replace(CALM, lowest=(A, E, F), days_since_result=1)
    rule = next(rule for rule in RULES if rule.code is SuggestionReason.LOW_DIMENSION)
    quality = next(each for each in SHIPPED if each.key == "kvalitet-och-kompetens")
    assert rule.reason(facts, quality, Language.SWEDISH) == (
        "Det lägsta i den senaste mätningen: ”Arbetet som utgångspunkt”, ”Utrymme för eget omdöme”."
    )
    assert rule.reason(facts, quality, Language.ENGLISH) == (
        "Lowest in the latest survey: “The work as starting point”, “Room for judgement”."
    )


def test_the_table_of_the_decision_is_the_programs() -> None:
    rows = [f"| `{rule.code.value}` | {rule.when} | {rule.words['sv']} |" for rule in (*RULES, *FITTING)]
    written = re.findall(r"^\| `.*\|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert written == rows, "\n".join(["the table should be:", *rows])
