"""When groups are reminded, of what, and when nobody is written to: all of it without a database or a clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from app.models.approval import SubjectType
from app.models.columns import Language
from app.models.reminder import ReminderKind
from app.models.reminder_settings import ReminderDigest
from app.models.template_content import FollowUp
from app.services.mail import letter
from app.services.quiet_hours import Wishes, is_quiet, next_digest, next_open
from app.services.reminder_letters import Table, digest, said
from app.services.reminders import (
    AwaitedDecision,
    Fact,
    HeldSession,
    Occasion,
    OpenAction,
    QuietGroup,
    due,
    occasions,
)
from app.services.undecided import UNDECIDED

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DAY = timedelta(days=1)
MONDAY = date(2027, 3, 1)
OWN = FollowUp.model_validate({"afterDays": 45, "what": {"sv": "Hälsa på hos grannarna.", "en": None}})
SESSION = HeldSession(uuid4(), uuid4(), "Det väl utförda arbetet", MONDAY, uuid4(), (OWN,))
ACTION = OpenAction(uuid4(), SESSION.group_id, SESSION.title, MONDAY, SESSION.facilitator_id)
RECORD = AwaitedDecision(
    SubjectType.SESSION_RECORD, uuid4(), SESSION.group_id, "Samtalet", MONDAY, MONDAY + 14 * DAY, ("Saco-S", "Seko")
)
QUIET = QuietGroup(SESSION.group_id, True, MONDAY, MONDAY + 90 * DAY)


def in_sweden(*when: int) -> datetime:
    return datetime(*when, tzinfo=STOCKHOLM)  # type: ignore[misc,arg-type]


def days_of(fact: Fact, first: int = -20, last: int = 120) -> set[int]:
    """Counted from Monday: the days on which something new is to be said."""
    seen, known = set(), set()
    for number in range(first, last):
        for each in due([fact], MONDAY + number * DAY):
            if each.key not in known:
                seen.add(number)
            known.add(each.key)
    return seen


def test_a_group_is_reminded_on_its_days() -> None:
    assert days_of(SESSION) == {2, 7, 30, 45}
    assert days_of(ACTION) == {-7, -1, 7}
    assert days_of(RECORD) == {3, 10, 12}
    assert days_of(replace(RECORD, since=None)) == {12}
    assert days_of(replace(RECORD, deadline=None)) == {3, 10}
    assert days_of(QUIET) == {76, 90}
    assert days_of(replace(QUIET, dormant_on=MONDAY + 14 * DAY)) == {7, 14}


def test_what_was_missed_is_told_late_and_once_or_not_at_all() -> None:
    def steps(number: int) -> list[int]:
        return [each.key.step for each in due([SESSION], MONDAY + number * DAY)]

    assert [steps(number) for number in (1, 2, 6, 7, 8, 13, 14, 29, 30)] == [[], [2], [2], [7], [7], [7], [], [], [30]]
    # Another day makes another reminder; the same day the same one, whoever asks.
    assert due([ACTION], MONDAY) == due([ACTION], MONDAY)
    moved = replace(ACTION, due_on=MONDAY + DAY)
    assert {each.key for each in occasions(ACTION)}.isdisjoint(each.key for each in occasions(moved))


def test_everything_that_is_decided_at_a_table_has_its_words() -> None:
    for language in Language:
        for kind in UNDECIDED:
            assert "”Samtalet”" in in_words(replace(RECORD, type=kind.type), 3, language).replace("“", "”")


# --- When nobody is written to -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "at", "opens"),
    [
        # The usual hours: past midnight, and over a weekend.
        ("17:00", "08:00", (2027, 3, 3, 16, 59), (2027, 3, 3, 16, 59)),
        ("17:00", "08:00", (2027, 3, 3, 17, 0), (2027, 3, 4, 8, 0)),
        ("17:00", "08:00", (2027, 3, 3, 0, 0), (2027, 3, 3, 8, 0)),
        ("17:00", "08:00", (2027, 3, 5, 17, 0), (2027, 3, 8, 8, 0)),
        ("17:00", "08:00", (2027, 3, 6, 12, 0), (2027, 3, 8, 8, 0)),
        # Within a day, and none at all: then only the weekend is.
        ("11:00", "13:00", (2027, 3, 3, 12, 0), (2027, 3, 3, 13, 0)),
        ("09:00", "09:00", (2027, 3, 6, 12, 0), (2027, 3, 8, 0, 0)),
        # All but a minute.
        ("08:01", "08:00", (2027, 3, 5, 9, 0), (2027, 3, 8, 8, 0)),
    ],
)
def test_the_first_moment_that_is_not_quiet(
    quiet_from: str, quiet_to: str, at: tuple[int, ...], opens: tuple[int, ...]
) -> None:
    wishes = Wishes(quiet_from=time.fromisoformat(quiet_from), quiet_to=time.fromisoformat(quiet_to))
    found = next_open(wishes, in_sweden(*at))
    assert found == in_sweden(*opens)
    assert not is_quiet(wishes, found)


def test_the_clock_changes_and_eight_is_eight() -> None:
    wishes = Wishes(quiet_on_weekends=False)
    # Sunday 28 March 2027 has 23 hours, and 31 October 25.
    assert next_open(wishes, in_sweden(2027, 3, 27, 20)) == datetime(2027, 3, 28, 6, tzinfo=UTC)
    assert next_open(wishes, in_sweden(2027, 10, 30, 20)) == datetime(2027, 10, 31, 7, tzinfo=UTC)
    # A time that is skipped that night is the one after it.
    early = replace(wishes, quiet_to=time(2, 30))
    assert next_open(early, in_sweden(2027, 3, 28, 1)) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_one_letter_a_day_or_a_week() -> None:
    daily, weekly = Wishes(), Wishes(digest=ReminderDigest.WEEKLY)
    tuesday, noon = in_sweden(2027, 3, 2, 0, 5), in_sweden(2027, 3, 2, 12)
    eight = [in_sweden(2027, 3, day, 8) for day in range(32)[1:]]
    assert next_digest(daily, tuesday, tuesday, None) == eight[1]
    assert next_digest(daily, noon, noon, None) == noon
    assert next_digest(daily, noon, noon, eight[1]) == eight[2]
    assert next_digest(weekly, tuesday, tuesday, None) == eight[7]
    assert next_digest(weekly, in_sweden(2027, 3, 8, 12), tuesday, None) == in_sweden(2027, 3, 8, 12)
    # Nobody worked on the Monday: then as soon as somebody does.
    assert next_digest(weekly, in_sweden(2027, 3, 10, 12), tuesday, None) == in_sweden(2027, 3, 10, 12)
    assert next_digest(weekly, in_sweden(2027, 3, 8, 12), in_sweden(2027, 3, 8, 12), eight[7]) == eight[14]


def test_what_somebody_does_not_want_to_hear_of() -> None:
    assert Wishes().hears_of(ReminderKind.FOLLOW_UP)
    assert not Wishes(muted_kinds=frozenset({ReminderKind.FOLLOW_UP})).hears_of(ReminderKind.FOLLOW_UP)
    assert not Wishes(digest=ReminderDigest.OFF).hears_of(ReminderKind.GROUP_QUIET)


# --- In words ----------------------------------------------------------------------------------------------------


def in_words(fact: Fact, number: int, language: Language) -> str:
    today = MONDAY + number * DAY
    (each,) = due([fact], today)
    return said(each, today, language)


def test_a_reminder_says_what_and_when_and_nothing_of_anybody() -> None:
    sv, en = Language.SWEDISH, Language.ENGLISH
    assert in_words(SESSION, 2, sv).startswith(
        "Den 1 mars 2027 hade gruppen samtalet ”Det väl utförda arbetet”. Stäm av"
    )
    assert in_words(SESSION, 45, sv).endswith(" Hälsa på hos grannarna.")
    assert in_words(SESSION, 45, en).endswith(" Hälsa på hos grannarna.")  # a template in one language
    assert (
        in_words(ACTION, -1, sv) == "En åtgärd från samtalet ”Det väl utförda arbetet” ska vara klar den 1 mars 2027."
    )
    assert "skulle ha varit klar den 1 mars 2027" in in_words(ACTION, 7, sv)
    assert in_words(RECORD, 3, en) == (
        "The record “Samtalet” awaits a decision by Saco-S and Seko. Time runs out on 15 March 2027."
    )
    assert in_words(replace(RECORD, type=SubjectType.WORKING_GROUP, deadline=None, parties=("Seko",)), 3, sv) == (
        "Förslaget till arbetsgruppen ”Samtalet” väntar på beslut från Seko."
    )
    assert "Från och med den 30 maj 2027 räknas den som vilande" in in_words(QUIET, 76, sv)
    assert "startade den 1 mars 2027" in in_words(replace(QUIET, met=False), 76, sv)
    assert "One session wakes it" in in_words(QUIET, 90, en)


HOSTILE = (
    "Möte\r\nBcc: alla@example.se\r\n\r\n<script>alert('1')</script><img src=https://ond.example/x.png>"
    "\u202egnp.exe\u2066 \u2028{title}{0.__class__} åäö " + "långt " * 400
)


def test_a_hostile_title_is_nothing_but_words() -> None:
    group = Table(uuid4(), HOSTILE)
    facts: list[Fact] = [
        replace(SESSION, title=HOSTILE),
        replace(ACTION, session_title=HOSTILE),
        replace(RECORD, title=HOSTILE),
    ]
    told: list[Occasion] = due(facts, MONDAY + 7 * DAY)
    assert len(told) == 3
    for language in Language:
        link = (
            "https://larande.myndigheten-for-havs-och-vattenkunskap.example/larande/v1/reminder-unsubscriptions/"
            + "a" * 43
        )
        written = digest({group: told}, "https://x.example/grupp", "https://x.example/sluta#a", MONDAY, language)
        mail = letter(
            written,
            to="åsa@exempel.se",
            sender="Lärande <x@example.se>",
            language=language,
            sent_at=datetime(2027, 3, 8, 7, tzinfo=UTC),
            seed=b"1",
            headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )
        raw = mail.as_bytes()
        headers, _, _ = raw.partition(b"\r\n\r\n")
        assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in headers
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert set(mail.keys()) == {
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe"),
            *("List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Language"),
        }
        assert "Möte" not in str(mail["Subject"])
        plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
        assert "\nBcc" not in plain
        assert "<script" not in html
        assert "<img" not in html
        for text in (plain, html):
            assert "{title}{0.__class__} åäö långt" in text
            assert not any(mark in text for mark in "\u202e\u2066\u2028")
