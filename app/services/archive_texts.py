"""An archived record as text for people, in Swedish and English, complete and the same each time. Pure.

What the parties wrote is set in by four columns and stands as they wrote it: no line of theirs can pass for a heading.
The wording belongs to the format's version: change a word and packages that were made before no longer verify.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from app.models.action import ActionInRecord
from app.models.approval import Decision
from app.models.archive_package import (
    ArchivedApproval,
    ArchivedApprovals,
    ArchivedParty,
    ArchivedRegistration,
    ArchivingOrganisation,
)
from app.models.columns import Language
from app.models.session_record import Handover, RecordContent
from app.models.statement import StatementInRecord
from app.models.template_content import LineTexts, TemplateContent, Texts
from app.services.archive_words import ATTENDED, BODIES, DECIDED, FORMS, HEADINGS, LABELS, SENTENCES, SIDES, SV
from app.services.calendar import written_date, written_moment


@dataclass(frozen=True)
class Archived:
    """All that the texts of a package say."""

    organisation: ArchivingOrganisation
    content: RecordContent
    approvals: ArchivedApprovals
    registration: ArchivedRegistration | None
    template: TemplateContent


_WIDTH = 24


def record_text(archived: Archived, language: Language) -> str:
    """The whole record for people, in one language. What the parties wrote is in the language they wrote it in."""
    content = archived.content
    heading = HEADINGS["record" if content.appendix_to is None else "appendix"][language]
    return _document(
        [
            [heading, "=" * len(heading), "", *_facts(archived, language)],
            [SENTENCES["as_written"][language]],
            _section("registration", language, _registration(archived.registration, language)),
            _section("attendances", language, _attendances(archived, language)),
            _section("answers", language, _answers(archived.template, content.answers, language, "no_answers")),
            _section("picture", language, _given(content.shared_picture, "no_picture", language)),
            _section("statements", language, _statements(archived, language)),
            _section("actions", language, _actions(archived, language)),
            _section("handovers", language, _handovers(content.handovers, language)),
            _section("approvals", language, _approvals(archived, language)),
            _section("hashes", language, _hashes(archived, language)),
        ]
    )


def _document(parts: Iterable[list[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _section(name: str, language: Language, lines: Iterable[str]) -> list[str]:
    heading = HEADINGS[name][language]
    return [heading, "-" * len(heading), *lines]


def _fact(name: str, language: Language, value: str) -> str:
    return f"{LABELS[name][language] + ':':<{_WIDTH + 2}}{value}"


def _set_in(text: str, by: int = 4) -> list[str]:
    """What somebody wrote, each of its lines set in."""
    return [f"{'':{by}}{line}".rstrip() for line in text.split("\n")]


def _given(text: str | None, otherwise: str, language: Language) -> list[str]:
    return [SENTENCES[otherwise][language]] if text is None else _set_in(text)


def _facts(archived: Archived, language: Language) -> Iterator[str]:
    content, template = archived.content, archived.content.dialogue_template
    version = f"{SENTENCES['version'][language]} {template.template_version}"
    title = said_in(archived.template.title, language) or template.key
    number = archived.organisation.organisation_number
    yield _fact("title", language, content.title)
    yield _fact("organisation", language, archived.organisation.name)
    yield _fact("number", language, f"{number[:6]}-{number[6:]}")
    yield _fact("record", language, str(archived.approvals.session_record_id))
    if content.appendix_to is not None:
        yield _fact("corrects", language, str(content.appendix_to.id))
    yield _fact("character", language, SENTENCES["dialogue"][language])
    yield _fact("started", language, written_moment(content.started_at, language))
    yield _fact("form", language, FORMS[content.meeting_form][language])
    if content.place is not None:
        yield _fact("place", language, content.place)
    yield _fact("facilitator", language, content.facilitator_function)
    yield _fact("template", language, f"{title} ({template.key}, {version})")
    yield _fact("group", language, str(content.working_group_id))
    yield _fact("session", language, str(content.dialogue_session_id))
    yield _fact("final", language, written_moment(archived.approvals.final_at, language))


def _registration(registration: ArchivedRegistration | None, language: Language) -> Iterator[str]:
    if registration is None:
        yield SENTENCES["unregistered"][language]
        return
    until = registration.retain_until
    yield _fact("case", language, registration.case_number)
    yield _fact("class", language, registration.archive_class)
    yield _fact("retained", language, written_date(until, language) if until else SENTENCES["no_end"][language])
    yield _fact("registered", language, written_moment(registration.registered_at, language))


def _attendances(archived: Archived, language: Language) -> Iterator[str]:
    content = archived.content
    for each in content.attendances:
        yield f"{party_called(archived, each.party_id, language)}, {each.function}: {ATTENDED[each.status][language]}"
    if not content.attendances:
        yield SENTENCES["nobody"][language]
    counted = content.employee_headcount
    number = SENTENCES["uncounted"] if counted is None else SENTENCES["counted"]
    said = number[language] if counted is None else f"{counted} ({number[language]})"
    yield f"{LABELS['employees'][language]}: {said}"


def _answers(
    template: TemplateContent, answers: dict[str, str], language: Language, none: str | None = None
) -> Iterator[str]:
    """Questions with what is answered, in the template's order."""
    for number, name in enumerate(in_order(template, answers)):
        yield from [""] if number else []
        yield question_called(template, name, language)
        yield from _set_in(answers[name])
    if not answers and none is not None:
        yield SENTENCES[none][language]


def in_order(template: TemplateContent, answers: dict[str, str]) -> list[str]:
    """The questions answered, as the template orders them."""
    order = [question.id for step in template.steps for question in step.questions]
    known = {name: place for place, name in enumerate(order)}
    return sorted(answers, key=lambda each: (known.get(each, len(known)), each))


def question_called(template: TemplateContent, name: str, language: Language) -> str:
    """The question on one line."""
    for step in template.steps:
        for question in step.questions:
            if question.id == name:
                text = said_in(question.text, language) or ""
                # A question may have several lines, and must not pass for anything else.
                return f"{name}. {' '.join(text.split())}"
    return f"{SENTENCES['unknown'][language]} {name}"


def said_in(text: LineTexts | Texts, language: Language) -> str | None:
    """In the language, or in the other where it is not written in this one."""
    words = (text["sv"], text["en"])
    first, second = words if language is SV else reversed(words)
    return first or second


def _statements(archived: Archived, language: Language) -> Iterator[str]:
    for number, each in enumerate(archived.content.statements):
        yield from [""] if number else []
        yield f"{party_called(archived, each.party_id, language)}:"
        yield from _statement(archived.template, each, language)
    if not archived.content.statements:
        yield SENTENCES["no_statements"][language]


def _statement(template: TemplateContent, statement: StatementInRecord, language: Language) -> Iterator[str]:
    yield from _answers(template, statement.answers, language)
    if statement.differences is not None:
        yield SENTENCES["differs"][language]
        yield from _set_in(statement.differences)


def party_called(archived: Archived, party_id: UUID, language: Language) -> str:
    party = next(each for each in archived.approvals.parties if each.id == party_id)
    return f"{party.name} ({SIDES[party.side][language]})"


def _actions(archived: Archived, language: Language) -> Iterator[str]:
    for number, each in enumerate(archived.content.actions, start=1):
        yield from [""] if number > 1 else []
        yield from _action(archived.template, number, each, language)
    if not archived.content.actions:
        yield SENTENCES["no_actions"][language]


def _action(template: TemplateContent, number: int, action: ActionInRecord, language: Language) -> Iterator[str]:
    yield f"{number}."
    yield from _set_in(action.what)
    yield _fact("owner", language, action.owner_function)
    yield _fact("due", language, written_date(action.due_on, language))
    if action.question_id is not None:
        yield _fact("question", language, question_called(template, action.question_id, language))


def _handovers(handovers: list[Handover], language: Language) -> Iterator[str]:
    for number, each in enumerate(handovers, start=1):
        yield from [""] if number > 1 else []
        yield f"{number}."
        yield from _set_in(each.matter)
        yield _fact("to", language, BODIES[each.handed_over_to][language])
        if each.case_number is not None:
            yield _fact("case", language, each.case_number)
    if not handovers:
        yield SENTENCES["no_handovers"][language]


def _approvals(archived: Archived, language: Language) -> Iterator[str]:
    yield SENTENCES["same"][language]
    confirmed = archived.content.no_individual_recognisable
    yield SENTENCES["unrecognisable" if confirmed else "recognisable"][language]
    for each in archived.approvals.approvals:
        yield ""
        yield from _approval(archived, each, language)
    for number, party in enumerate(undecided(archived.approvals)):
        yield from [] if number else [""]
        yield f"{party_called(archived, party.id, language)} {SENTENCES['undecided'][language]}"


def undecided(approvals: ArchivedApprovals) -> list[ArchivedParty]:
    """Whom the record names, and who has not decided on it: a group's rule may do without a union."""
    decided = {each.party_id for each in approvals.approvals}
    return [each for each in approvals.parties if each.id not in decided]


def _approval(archived: Archived, approval: ArchivedApproval, language: Language) -> Iterator[str]:
    yield f"{party_called(archived, approval.party_id, language)}, {approval.function}:"
    yield f"{DECIDED[approval.decision][language]}, {written_moment(approval.decided_at, language)}"
    if approval.statement is not None:
        dissent = approval.decision is Decision.APPROVE_WITH_DISSENT
        yield SENTENCES["dissent" if dissent else "comment"][language]
        yield from _set_in(approval.statement)


def _hashes(archived: Archived, language: Language) -> Iterator[str]:
    content = archived.content
    yield f"{LABELS['content'][language]} (record.json):"
    yield f"    {archived.approvals.content_hash}"
    if content.appendix_to is not None:
        yield f"{LABELS['corrected'][language]}:"
        yield f"    {content.appendix_to.content_hash}"
    yield f"{LABELS['method'][language]} (template.json):"
    yield f"    {content.dialogue_template.content_hash}"
    yield SENTENCES["how"][language]
