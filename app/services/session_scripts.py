"""The script of a dialogue session: what the facilitator says and asks, and when.

It follows the template version that the session is pinned to. It is for everyone who may read the session.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import Language
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.dialogue_template import DialogueTemplate
from app.models.template_content import LineTexts, MethodTexts, Step, TemplateContent, Texts
from app.services.archive_texts import said_in
from app.services.archive_words import FORMS as MEETING_FORMS
from app.services.calendar import STOCKHOLM, swedish_day, written_clock, written_date, written_weekday
from app.services.content_packs import method_texts
from app.services.errors import Code, Refusal
from app.services.report_words import FORMS, RECORDED
from app.services.report_words import SCRIPT as WORDS
from app.services.reports import Facts, Heading, Label, Part, Points, Report, Table, Words, Written
from app.services.work import Work, find

_TEMPLATE = sa.select(col(DialogueTemplate.key), col(DialogueTemplate.template_version), col(DialogueTemplate.content))


@dataclass(frozen=True)
class GatheredSession:
    """A session, the template version that it is pinned to, and what holds for every conversation."""

    session: DialogueSession
    template_key: str
    template_version: str
    template: TemplateContent
    method: MethodTexts | None
    """None where no content pack is loaded."""


async def gather(work: Work, session_id: UUID) -> GatheredSession:
    session = await find(work, DialogueSession, session_id)
    pinned = _TEMPLATE.where(col(DialogueTemplate.id) == session.dialogue_template_id)
    key, version, content = (await work.session.execute(pinned)).one()
    return GatheredSession(session, key, version, TemplateContent.model_validate(content), await _method(work))


async def _method(work: Work) -> MethodTexts | None:
    try:
        return await method_texts(work)
    except Refusal as refusal:
        if refusal.code is Code.NOT_FOUND:
            return None
        raise


def report(gathered: GatheredSession, language: Language) -> Report:
    """The script in one language."""
    session = gathered.session
    return Report(
        title=session.title,
        subject=WORDS["script"][language],
        mark=f"{WORDS['script'][language]} · {written_date(swedish_day(session.starts_at), language)}",
        language=language,
        moment=session.starts_at,
        parts=list(_parts(gathered, language)),
    )


def _parts(gathered: GatheredSession, language: Language) -> Iterator[Part]:
    session, template, method = gathered.session, gathered.template, gathered.method
    yield Words(f"{WORDS['script'][language]}. {WORDS['character'][language]}")
    if session.state is DialogueSessionState.CANCELLED:
        yield Label(WORDS["cancelled"][language])
    yield Facts(list(_facts(gathered, language)))
    yield from _listed("preparations", [_said(each, language) for each in template.preparations], language)
    if method is not None:
        roles = [f"{_said(each.name, language)}: {_said(each.task, language)}" for each in method.roles]
        yield from _listed("roles", roles, language)
        yield from _listed("inclusion", [_said(each, language) for each in method.inclusion_measures], language)
    yield from _timetable(gathered, language)
    yield Heading(WORDS["opening"][language])
    yield Written(_said(template.opening_words, language))
    if method is not None:
        yield from _listed("rules", [_said(each, language) for each in method.ground_rules], language)
    for step, begins, ends in steps_in_time(template, session.starts_at):
        yield from _step(step, begins, ends, language)
    yield from _listed("watch_outs", [_said(each, language) for each in template.watch_outs], language)
    if method is not None:
        yield from _listed("exclusions", [_said(each, language) for each in method.record_exclusions], language)
        yield Heading(WORDS["escalation"][language])
        yield Words(_said(method.escalation_note, language))
    yield from _follow_ups(gathered, language)
    yield from _listed("variants", [_said(each, language) for each in template.variants], language)


def steps_in_time(template: TemplateContent, starts_at: datetime) -> Iterator[tuple[Step, datetime, datetime]]:
    """Each step with when it begins and ends, one after the other from the session's start."""
    begins = starts_at
    for step in template.steps:
        ends = begins + timedelta(minutes=step.minutes)
        yield step, begins, ends
        begins = ends


def _said(text: LineTexts | Texts, language: Language) -> str:
    return said_in(text, language) or ""


def _listed(name: str, texts: list[str], language: Language) -> Iterator[Part]:
    if texts:
        yield Heading(WORDS[name][language])
        yield Points(texts)


def _facts(gathered: GatheredSession, language: Language) -> Iterator[tuple[str, str]]:
    session, template = gathered.session, gathered.template
    size = template.participants.group_size
    called = f"{_said(template.title, language)} ({gathered.template_key}"
    ends = session.starts_at + timedelta(minutes=template.total_minutes)
    values = {
        "date": written_weekday(swedish_day(session.starts_at), language),
        "time": _between(session.starts_at, ends, language),
        "length": f"{template.total_minutes} {WORDS['minutes'][language]}",
        "place": session.place or "–",
        "form": MEETING_FORMS[session.meeting_form][language],
        "facilitator": session.facilitator_function,
        "template": f"{called}, {WORDS['version'][language]} {gathered.template_version})",
        "group": f"{size.min}–{size.max} {WORDS['people'][language]}",
        "composition": _said(template.participants.composition, language),
        "parties": _said(template.participants.parties, language),
        "purpose": _said(template.purpose, language),
        "unsuitable": _said(template.not_suitable, language),
    }
    for name, value in values.items():
        yield WORDS[name][language], value


def _between(begins: datetime, ends: datetime, language: Language) -> str:
    return "–".join(written_clock(each.astimezone(STOCKHOLM), language) for each in (begins, ends))


def _timetable(gathered: GatheredSession, language: Language) -> Iterator[Part]:
    rows = [
        (
            _between(begins, ends, language),
            f"{step.order}. {_said(step.title, language)}",
            f"{step.minutes}",
            FORMS[step.form][language],
        )
        for step, begins, ends in steps_in_time(gathered.template, gathered.session.starts_at)
    ]
    if rows:
        yield Heading(WORDS["plan"][language])
        columns = [WORDS[name][language] for name in ("clock", "step", "length_in", "how")]
        yield Table(WORDS["planned"][language], columns, rows, (4, 8, 3, 7))


def _step(step: Step, begins: datetime, ends: datetime, language: Language) -> Iterator[Part]:
    yield Heading(f"{_between(begins, ends, language)}  {step.order}. {_said(step.title, language)}")
    yield Words(f"{step.minutes} {WORDS['minutes'][language]}, {FORMS[step.form][language]}.")
    yield Words(_said(step.instruction, language))
    for question in step.questions:
        yield Label(_said(question.text, language))
        yield Words(RECORDED[question.record][language])
        if question.follow_ups:
            yield Words(f"{WORDS['ask_on'][language]}:")
            yield Points([_said(each, language) for each in question.follow_ups])
    if step.facilitator_notes:
        yield Label(WORDS["notes"][language])
        yield Points([_said(each, language) for each in step.facilitator_notes])
    if step.output is not None:
        yield Facts([(WORDS["output"][language], _said(step.output, language))])


def _follow_ups(gathered: GatheredSession, language: Language) -> Iterator[Part]:
    day = swedish_day(gathered.session.starts_at)
    rows = [
        (written_date(day + timedelta(days=each.after_days), language), _said(each.what, language))
        for each in gathered.template.follow_ups
    ]
    if rows:
        yield Heading(WORDS["follow_ups"][language])
        yield Table(WORDS["followed"][language], [WORDS[name][language] for name in ("day", "what")], rows, (1, 3))
