"""What a letter of reminders says, in the reader's language: titles, days and parties, and where to read more.

Mail lies about in many places. So nothing that a record, a note or an answer says is in it, and no person's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.models.approval import SubjectType
from app.models.columns import Language
from app.services.account_letters import IGNORE, SERVICE
from app.services.archive_texts import said_in
from app.services.calendar import written_date
from app.services.mail import Letter, Section, harmless, link_to
from app.services.reminders import AFTER_SESSION, AwaitedDecision, HeldSession, Occasion, OpenAction, QuietGroup

_SV, _EN = Language.SWEDISH, Language.ENGLISH


@dataclass(frozen=True)
class Table:
    """A working group as the letter names it."""

    id: UUID
    name: str


@dataclass(frozen=True)
class _Words:
    """The texts of one language. Placeholders in braces are filled in."""

    one: str
    many: str
    heading: str
    greeting: str
    opening: str
    call: str
    after: str
    after_days: Mapping[int, str]
    due: str
    due_today: str
    overdue: str
    awaited: str
    awaited_until: str
    subjects: Mapping[SubjectType, str]
    and_: str
    quiet: str
    never_met: str
    dormant: str
    why: str
    settings: str
    stop: str


_WORDS = {
    _SV: _Words(
        one=f"En påminnelse – {SERVICE}",
        many=f"{{count}} påminnelser – {SERVICE}",
        heading="Att komma ihåg",
        greeting="Hej!",
        opening="Här är det som är aktuellt i din arbetsgrupp. Alla i gruppen får samma påminnelse.",
        call="Läs mer (du behöver logga in)",
        after="Den {day} hade gruppen samtalet ”{title}”. {then}",
        after_days={
            2: "Stäm av medan minnet är färskt: är det viktigaste nedtecknat, och vet alla vad som händer nu?",
            7: "Vad har hänt sedan dess? Ta upp en sak från samtalet i vardagen den här veckan.",
            30: "Vad har ni provat, och vad har ni lärt er av det?",
        },
        due="En åtgärd från samtalet ”{title}” ska vara klar den {day}.",
        due_today="En åtgärd från samtalet ”{title}” ska vara klar i dag.",
        overdue="En åtgärd från samtalet ”{title}” skulle ha varit klar den {day}. Skriv in hur det gick.",
        awaited="{subject} väntar på beslut från {parties}.",
        awaited_until="{subject} väntar på beslut från {parties}. Tiden går ut den {day}.",
        subjects={
            SubjectType.WORKING_GROUP: "Förslaget till arbetsgruppen ”{title}”",
            SubjectType.SESSION_RECORD: "Protokollet ”{title}”",
            SubjectType.SURVEY_ROUND: "Enkäten ”{title}”",
            SubjectType.SURVEY_AMENDMENT: "Ändringen av enkäten ”{title}”",
            SubjectType.SURVEY_TEXTS: "Granskningen av fritextsvaren i enkäten ”{title}”",
            SubjectType.DESTRUCTION: "Förslaget att gallra protokollet ”{title}”",
            SubjectType.LEARNING_LOG_ENTRY: "Förslaget att dela lärdomen ”{title}”",
        },
        and_="och",
        quiet="Gruppen träffades senast den {last} och har inget nytt samtal planerat. Från och med den {dormant} "
        "räknas den som vilande. Ett kort samtal räcker för att hålla den i gång.",
        never_met="Gruppen startade den {last} men har inte haft något samtal än och har inget planerat. "
        "Från och med den {dormant} räknas den som vilande. Börja gärna litet.",
        dormant="Gruppen har inte träffats sedan den {last} och räknas som vilande sedan den {dormant}. Ett samtal "
        "väcker den igen.",
        why="Du får det här brevet därför att du är med i gruppen eller har lett ett av dess samtal.",
        settings="När du är inloggad kan du välja vad du vill bli påmind om, hur ofta och när det ska vara tyst.",
        stop="Sluta skicka påminnelser till mig",
    ),
    _EN: _Words(
        one=f"One reminder – {SERVICE}",
        many=f"{{count}} reminders – {SERVICE}",
        heading="To remember",
        greeting="Hello,",
        opening="This is what is current in your working group. Everybody in the group gets the same reminder.",
        call="Read more (you need to sign in)",
        after="On {day} the group held the session “{title}”. {then}",
        after_days={
            2: "While it is fresh: is the most important part written down, and does everybody know what comes next?",
            7: "What has happened since? Bring one thing from the session into your work this week.",
            30: "What have you tried, and what have you learned from it?",
        },
        due="An action from the session “{title}” is due on {day}.",
        due_today="An action from the session “{title}” is due today.",
        overdue="An action from the session “{title}” was due on {day}. Please write down how it went.",
        awaited="{subject} awaits a decision by {parties}.",
        awaited_until="{subject} awaits a decision by {parties}. Time runs out on {day}.",
        subjects={
            SubjectType.WORKING_GROUP: "The proposed working group “{title}”",
            SubjectType.SESSION_RECORD: "The record “{title}”",
            SubjectType.SURVEY_ROUND: "The survey “{title}”",
            SubjectType.SURVEY_AMENDMENT: "The change of the survey “{title}”",
            SubjectType.SURVEY_TEXTS: "The review of the free-text answers in the survey “{title}”",
            SubjectType.DESTRUCTION: "The proposal to destroy the record “{title}”",
            SubjectType.LEARNING_LOG_ENTRY: "The proposal to share what was learned, “{title}”",
        },
        and_="and",
        quiet="The group last met on {last} and has planned no new session. From {dormant} it counts as dormant. A "
        "short session is enough to keep it going.",
        never_met="The group began on {last}, but has not held a session yet and has planned none. From {dormant} it "
        "counts as dormant. Beginning small is fine.",
        dormant="The group has not met since {last} and has counted as dormant since {dormant}. One session wakes it.",
        why="You get this letter because you are in the group or have led one of its sessions.",
        settings="When you are signed in you can choose what to be reminded of, how often, and when it is to be quiet.",
        stop="Stop sending me reminders",
    ),
}


def digest(
    told: Mapping[Table, Sequence[Occasion]], group_url: str, unsubscribe_link: str, today: date, language: Language
) -> Letter:
    """All reminders of one person in one letter, by group."""
    words = _WORDS[language]
    count = sum(len(each) for each in told.values())
    return Letter(
        subject=words.one if count == 1 else words.many.format(count=count),
        heading=words.heading,
        opening=[words.greeting, words.opening],
        call=None,
        closing=[words.why, words.settings, (words.stop, unsubscribe_link), IGNORE[language]],
        sections=[
            Section(
                harmless(table.name),
                [said(each, today, language) for each in occasions],
                (words.call, link_to(group_url, str(table.id))),
            )
            for table, occasions in told.items()
        ],
    )


def said(occasion: Occasion, today: date, language: Language) -> str:
    """One reminder in words."""
    words, fact = _WORDS[language], occasion.fact
    match fact:
        case HeldSession():
            then = _then(fact, occasion.key.step, language)
            return words.after.format(day=written_date(fact.day, language), title=harmless(fact.title), then=then)
        case OpenAction():
            text = words.due if today < fact.due_on else words.due_today if today == fact.due_on else words.overdue
            return text.format(title=harmless(fact.session_title), day=written_date(fact.due_on, language))
        case AwaitedDecision():
            subject = words.subjects[fact.type].format(title=harmless(fact.title))
            parties = _listed([harmless(name) for name in fact.parties], words.and_)
            if fact.deadline is None:
                return words.awaited.format(subject=subject, parties=parties)
            day = written_date(fact.deadline, language)
            return words.awaited_until.format(subject=subject, parties=parties, day=day)
        case QuietGroup():
            days = {"last": written_date(fact.last_on, language), "dormant": written_date(fact.dormant_on, language)}
            if fact.dormant_on <= today:
                return words.dormant.format_map(days)
            return (words.quiet if fact.met else words.never_met).format_map(days)


def _then(fact: HeldSession, step: int, language: Language) -> str:
    """What the template says of that day, otherwise what goes for every session."""
    of_template = (said_in(each.what, language) for each in fact.follow_ups if each.after_days == step)
    own = next((text for text in of_template if text), None)
    return harmless(own) if own else _WORDS[language].after_days[_usual(step)]


def _usual(step: int) -> int:
    return max((days for days in AFTER_SESSION if days <= step), default=AFTER_SESSION[0])


def _listed(names: Iterable[str], and_: str) -> str:
    *most, last = names
    return f"{', '.join(most)} {and_} {last}" if most else last
