"""Which suggestions there are, and why: the table. No database, no clock.

Its order is the order in which they are shown. Reasons hold numbers and dimensions, and never a person.
"""

from collections.abc import Callable, Iterable
from itertools import islice

from app.models.columns import Language
from app.models.overview import SuggestionKind, SuggestionReason
from app.models.template_content import ClimateDimension, Texts, both
from app.services.recommendation_facts import Facts, Material, Rule, Words, is_usable, words_in

RESULT_IS_NEWS_DAYS = 180
"""For so long a group is reminded of a result that it has not talked about."""
RESULT_HOLDS_DAYS = 365
"""For so long the lowest dimensions of a result say what may be worth talking about."""
LONG_AGO_DAYS = 180
NEW_DAYS = 90
"""For so long a group that follows no guide is shown the one for a first year."""
RESULT_TEMPLATE = "uppfoljning-larklimat"
"""The conversation about a result."""

DIMENSIONS: dict[ClimateDimension, Texts] = {
    ClimateDimension.WORK_AS_STARTING_POINT: both("Arbetet som utgångspunkt", "The work as starting point"),
    ClimateDimension.LEARNING_TOGETHER: both("Lära tillsammans", "Learning together"),
    ClimateDimension.MISTAKES_AS_OCCASIONS: both("Misstag som lärtillfällen", "Mistakes as occasions for learning"),
    ClimateDimension.KEEPING_LEARNING_ALIVE: both("Hålla lärandet levande", "Keeping learning alive"),
    ClimateDimension.ROOM_FOR_JUDGEMENT: both("Utrymme för eget omdöme", "Room for judgement"),
    ClimateDimension.LEADERSHIP_AND_CONDITIONS: both(
        "Ledning som prioriterar lärande", "Leadership that prioritises learning"
    ),
}


# --- What rules pick ---------------------------------------------------------------------------------------


def _of(facts: Facts, kind: SuggestionKind) -> list[Material]:
    return [each for each in facts.materials if each.kind is kind]


def named(
    *, templates: tuple[str, ...] = (), pieces: tuple[str, ...] = (), guides: tuple[str, ...] = ()
) -> Callable[[Facts], list[Material]]:
    """Those of these keys that are there: what a pack does not have cannot be suggested."""
    wanted = [
        *((SuggestionKind.PROCESS_GUIDE, key) for key in guides),
        *((SuggestionKind.DIALOGUE_TEMPLATE, key) for key in templates),
        *((SuggestionKind.INSPIRATION_ITEM, key) for key in pieces),
    ]

    def pick(facts: Facts) -> list[Material]:
        there = {(each.kind, each.key): each for each in facts.materials}
        return [there[each] for each in wanted if each in there]

    return pick


def _for_the_planned(facts: Facts) -> Iterable[Material]:
    """Two pieces, those that go with fewest other templates first."""
    pieces = [each for each in _of(facts, SuggestionKind.INSPIRATION_ITEM) if facts.planned in each.templates]
    return sorted(pieces, key=lambda each: (len(each.templates), each.key))[:2]


def _to_follow_up(facts: Facts) -> Iterable[Material]:
    return [each for each in _of(facts, SuggestionKind.DIALOGUE_TEMPLATE) if each.key in facts.to_follow_up][:2]


def _in_phase(facts: Facts) -> Iterable[Material]:
    """Two templates, those that the group has not tried first, and a piece; else in the guide's order."""
    if facts.phase is None:
        return []
    templates = [each for each in named(templates=facts.phase.templates)(facts) if is_usable(facts, each)]
    templates.sort(key=lambda each: each.days_since_held is not None)
    return [*templates[:2], *named(pieces=facts.phase.pieces)(facts)[:1]]


def _is_new(facts: Facts) -> bool:
    return facts.phase is None and facts.days_since_started is not None and facts.days_since_started < NEW_DAYS


def _for_the_lowest(facts: Facts) -> Iterable[Material]:
    """Two templates and a piece: those that serve most of the lowest dimensions, and fewest others."""
    serving = [each for each in facts.materials if set(each.dimensions) & set(facts.lowest)]
    serving.sort(key=lambda each: (-len(set(each.dimensions) & set(facts.lowest)), len(each.dimensions), each.key))
    templates = (each for each in serving if each.kind is SuggestionKind.DIALOGUE_TEMPLATE and is_usable(facts, each))
    pieces = (each for each in serving if each.kind is SuggestionKind.INSPIRATION_ITEM and is_usable(facts, each))
    return [*islice(templates, 2), *islice(pieces, 1)]


def _not_tried(facts: Facts) -> Iterable[Material]:
    templates = [each for each in _of(facts, SuggestionKind.DIALOGUE_TEMPLATE) if each.days_since_held is None]
    # About a result only when there is one.
    return [each for each in templates if each.key != RESULT_TEMPLATE and is_usable(facts, each)][:1]


def _long_ago(facts: Facts) -> Iterable[Material]:
    templates = [
        each for each in _of(facts, SuggestionKind.DIALOGUE_TEMPLATE) if (each.days_since_held or 0) >= LONG_AGO_DAYS
    ]
    usable = [each for each in templates if each.key != RESULT_TEMPLATE and is_usable(facts, each)]
    return sorted(usable, key=lambda each: (-(each.days_since_held or 0), each.key))[:1]


def _result_is_news(facts: Facts) -> bool:
    if facts.days_since_result is None or facts.days_since_result > RESULT_IS_NEWS_DAYS:
        return False
    talked = [each.days_since_held for each in facts.materials if each.key == RESULT_TEMPLATE]
    return not any(days is not None and days <= facts.days_since_result for days in talked)


def _result_holds(facts: Facts) -> bool:
    return facts.days_since_result is not None and facts.days_since_result <= RESULT_HOLDS_DAYS


def _timed(facts: Facts) -> Iterable[Material]:
    return [each for each in facts.materials if each.minutes is not None and each.minutes <= (facts.minutes or 0)]


def _sized(facts: Facts) -> Iterable[Material]:
    people = facts.people or 0
    return [each for each in _of(facts, SuggestionKind.DIALOGUE_TEMPLATE) if each.least <= people <= each.most]


# --- What reasons say --------------------------------------------------------------------------------------


def _lowest_named(facts: Facts, material: Material, language: Language) -> Words:
    """Those of the lowest that it serves."""
    names = [words_in(DIMENSIONS[each], language) for each in facts.lowest if each in material.dimensions]
    return {"dimensions": ", ".join(f"“{name}”" if language is Language.ENGLISH else f"”{name}”" for name in names)}


RULES: tuple[Rule, ...] = (
    Rule(
        SuggestionReason.GROUP_FORMING,
        "The group is forming: three pieces about how a group begins.",
        both(
            "Gruppen bildas. Det här är bra att ha läst när ni kommer överens om uppdraget.",
            "The group is forming. This is good to have read when you agree on its task.",
        ),
        lambda facts: facts.forming,
        named(pieces=("sa-borjar-en-arbetsgrupp", "fem-ideer", "samtal-och-forhandling")),
    ),
    Rule(
        SuggestionReason.SESSION_PLANNED,
        "A session is planned: two pieces that go with its template. No other template until it has been held.",
        both("Det passar till det samtal som ni har planerat.", "It goes with the conversation that you have planned."),
        lambda facts: facts.planned is not None,
        _for_the_planned,
    ),
    Rule(
        SuggestionReason.GROUP_QUIET,
        "Nothing is planned, and three quarters of the group's own interval have passed without a session: the guide "
        "for a restart, two small conversations and a piece.",
        both(
            "Gruppen har inte setts på {days} dagar, och inget samtal är planerat.",
            "The group has not met for {days} days, and no conversation is planned.",
        ),
        lambda facts: facts.days_quiet is not None,
        named(
            guides=("omstart",),
            templates=("val-utfort-arbete", "erfarenhetsutbyte"),
            pieces=("nar-gruppen-har-tystnat",),
        ),
        lambda facts, _material, _language: {"days": facts.days_quiet},
    ),
    Rule(
        SuggestionReason.NEVER_MET,
        "The group has started and never met: the first conversation, and a piece about why it begins in the work.",
        both(
            "Ni har inte haft något samtal än. Det är lättast att börja i det egna arbetet.",
            "You have not had a conversation yet. It is easiest to begin in your own work.",
        ),
        lambda facts: not facts.forming and not facts.met,
        named(templates=("val-utfort-arbete",), pieces=("borja-inte-med-visionen",)),
    ),
    Rule(
        SuggestionReason.RESULT_NOT_TALKED_ABOUT,
        f"A result has come in the last {RESULT_IS_NEWS_DAYS} days, and the group has not held the conversation about "
        "it: that one, and a piece about reading results together.",
        both(
            "Resultatet av en mätning har kommit, och ni har inte haft samtalet om det än.",
            "The result of a survey has come, and you have not had the conversation about it yet.",
        ),
        _result_is_news,
        named(templates=(RESULT_TEMPLATE,), pieces=("las-resultatet-tillsammans",)),
    ),
    Rule(
        SuggestionReason.ACTIONS_OVERDUE,
        "The day of some open step has passed: a piece about following up without blame.",
        both(
            "Det finns åtgärder som skulle ha varit klara ({count}).",
            "There are steps that should have been done by now ({count}).",
        ),
        lambda facts: facts.overdue > 0,
        named(pieces=("folja-upp-utan-att-skuldbelagga",)),
        lambda facts, _material, _language: {"count": facts.overdue},
    ),
    Rule(
        SuggestionReason.FOLLOW_UP_DUE,
        "A follow-up day of a template has come since the group held it: that template.",
        both(
            "Dagen har kommit för den uppföljning som mallen föreslår.",
            "The day has come for the follow-up that the template suggests.",
        ),
        lambda facts: bool(facts.to_follow_up),
        _to_follow_up,
    ),
    Rule(
        SuggestionReason.LOW_DIMENSION,
        f"The latest result is at most {RESULT_HOLDS_DAYS} days old: two templates and a piece that serve most of its "
        "lowest dimensions, as they are released to both sides, and fewest others.",
        both(
            "Det lägsta i den senaste mätningen: {dimensions}.",
            "Lowest in the latest survey: {dimensions}.",
        ),
        lambda facts: not facts.forming and bool(facts.lowest) and _result_holds(facts),
        _for_the_lowest,
        _lowest_named,
    ),
    Rule(
        SuggestionReason.IN_PHASE,
        "The group follows a guide: two templates of the phase that it is in, first those it has not tried, and a "
        "piece.",
        both(
            "Det hör till fasen ”{phase}” i det processtöd som ni följer.",
            "It belongs to the phase “{phase}” of the process guide that you follow.",
        ),
        lambda facts: facts.phase is not None,
        _in_phase,
        lambda facts, _material, _language: {"phase": facts.phase.title if facts.phase else ""},
    ),
    Rule(
        SuggestionReason.NEW_GROUP,
        f"The group started less than {NEW_DAYS} days ago and follows no guide: the guide for a first year.",
        both(
            "Gruppen är ny och följer inget processtöd. Det här är gjort för det första året.",
            "The group is new and follows no process guide. This one is made for the first year.",
        ),
        _is_new,
        named(guides=("forsta-aret",)),
    ),
    Rule(
        SuggestionReason.NOT_TRIED,
        "The group has started: the first template, by key, that it has never held.",
        both("Ni har inte prövat det här samtalet.", "You have not tried this conversation."),
        lambda facts: not facts.forming,
        _not_tried,
    ),
    Rule(
        SuggestionReason.LONG_AGO,
        f"The template that the group held longest ago, if that is {LONG_AGO_DAYS} days or more.",
        both(
            "Det är {days} dagar sedan ni hade det samtalet.",
            "It is {days} days since you had that conversation.",
        ),
        lambda facts: not facts.forming,
        _long_ago,
        lambda _facts, material, _language: {"days": material.days_since_held},
    ),
)

FITTING: tuple[Rule, ...] = (
    Rule(
        SuggestionReason.FITS_TIME,
        "Said besides, of what is suggested already: it takes no longer than the minutes asked with.",
        both(
            "Det tar {minutes} min, och ni har {available}.",
            "It takes {minutes} min, and you have {available}.",
        ),
        lambda facts: facts.minutes is not None,
        _timed,
        lambda facts, material, _language: {"minutes": material.minutes, "available": facts.minutes},
    ),
    Rule(
        SuggestionReason.FITS_SIZE,
        "Said besides: as many were at the last session as the template is made for in one group.",
        both(
            "Ni var {people} senast, och samtalet är gjort för {least} till {most} i varje grupp.",
            "You were {people} last time, and the conversation is made for {least} to {most} in each group.",
        ),
        lambda facts: facts.people is not None,
        _sized,
        lambda facts, material, _language: {"people": facts.people, "least": material.least, "most": material.most},
    ),
)
