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
from app.models.dialogue_session import AttendanceStatus, MeetingForm
from app.models.party import Side
from app.models.session_record import HandedOverTo, Handover, RecordContent
from app.models.statement import StatementInRecord
from app.models.template_content import LineTexts, TemplateContent, Texts
from app.services.calendar import written_date, written_moment

SV, EN = Language.SWEDISH, Language.ENGLISH
Words = dict[Language, str]


@dataclass(frozen=True)
class Archived:
    """All that the texts of a package say."""

    organisation: ArchivingOrganisation
    content: RecordContent
    approvals: ArchivedApprovals
    registration: ArchivedRegistration | None
    template: TemplateContent


_WIDTH = 24
_HEADINGS: dict[str, Words] = {
    "record": {SV: "PROTOKOLL FRÅN PARTSGEMENSAMT SAMTAL", EN: "RECORD OF A JOINT CONVERSATION"},
    "appendix": {
        SV: "TILLÄGG TILL PROTOKOLL FRÅN PARTSGEMENSAMT SAMTAL",
        EN: "APPENDIX TO A RECORD OF A JOINT CONVERSATION",
    },
    "registration": {SV: "DIARIEFÖRING", EN: "REGISTRATION"},
    "attendances": {SV: "NÄRVARO", EN: "ATTENDANCE"},
    "answers": {SV: "GRUPPENS SVAR", EN: "THE GROUP'S ANSWERS"},
    "picture": {SV: "DEN GEMENSAMMA BILDEN", EN: "THE SHARED PICTURE"},
    "statements": {SV: "PARTERNAS UTTALANDEN", EN: "STATEMENTS BY THE PARTIES"},
    "actions": {SV: "ÖVERENSKOMNA ÅTGÄRDER", EN: "AGREED ACTIONS"},
    "handovers": {SV: "FRÅGOR SOM LÄMNAS ÖVER", EN: "MATTERS HANDED OVER"},
    "approvals": {SV: "JUSTERING", EN: "APPROVAL"},
    "hashes": {SV: "KONTROLLSUMMOR (SHA-256)", EN: "CHECKSUMS (SHA-256)"},
}
_LABELS: dict[str, Words] = {
    "title": {SV: "Rubrik", EN: "Title"},
    "organisation": {SV: "Organisation", EN: "Organisation"},
    "number": {SV: "Organisationsnummer", EN: "Organisation number"},
    "record": {SV: "Protokollets id", EN: "Record id"},
    "corrects": {SV: "Tillägg till protokoll", EN: "Appendix to record"},
    "character": {SV: "Karaktär", EN: "Character"},
    "started": {SV: "Samtalet började", EN: "Conversation began"},
    "form": {SV: "Mötesform", EN: "Form of meeting"},
    "place": {SV: "Plats", EN: "Place"},
    "facilitator": {SV: "Samtalsledarens funktion", EN: "Facilitator's function"},
    "template": {SV: "Samtalsunderlag", EN: "Dialogue template"},
    "group": {SV: "Arbetsgruppens id", EN: "Working group id"},
    "session": {SV: "Samtalets id", EN: "Session id"},
    "final": {SV: "Slutligt", EN: "Final since"},
    "case": {SV: "Diarienummer", EN: "Case number"},
    "class": {SV: "Arkivklass", EN: "Archive class"},
    "retained": {SV: "Gallras tidigast efter", EN: "Kept at least until"},
    "registered": {SV: "Registrerat", EN: "Registered"},
    "employees": {SV: "Medarbetare", EN: "Employees"},
    "owner": {SV: "Ansvarig funktion", EN: "Owning function"},
    "due": {SV: "Senast", EN: "Due"},
    "question": {SV: "Gäller frågan", EN: "About the question"},
    "to": {SV: "Lämnas till", EN: "Handed over to"},
    "content": {SV: "Protokollets innehåll", EN: "Content of the record"},
    "corrected": {SV: "Protokollet som avses", EN: "The record referred to"},
    "method": {SV: "Samtalsunderlaget", EN: "Dialogue template"},
}
_SENTENCES: dict[str, Words] = {
    "dialogue": {
        SV: "Dialog. Det är inte en förhandling enligt medbestämmandelagen (MBL).",
        EN: "Dialogue. It is not a negotiation under the Swedish Co-determination Act (MBL).",
    },
    "unregistered": {
        SV: "Protokollet var inte diariefört när paketet skapades.",
        EN: "The record was not registered when the package was made.",
    },
    "no_end": {SV: "inget datum är satt", EN: "no date is set"},
    "counted": {SV: "räknade, inte namngivna", EN: "counted, not named"},
    "uncounted": {SV: "antalet är inte antecknat", EN: "their number is not noted"},
    "nobody": {SV: "Ingen företrädare är antecknad.", EN: "No representative is noted."},
    "no_answers": {SV: "Inga svar är antecknade.", EN: "No answers are noted."},
    "no_picture": {SV: "Ingen gemensam bild är antecknad.", EN: "No shared picture is noted."},
    "no_statements": {SV: "Ingen part har lämnat något uttalande.", EN: "No party has made a statement."},
    "no_actions": {SV: "Inga åtgärder är överenskomna.", EN: "No actions are agreed."},
    "no_handovers": {SV: "Ingen fråga lämnas över.", EN: "No matter is handed over."},
    "unrecognisable": {
        SV: "När protokollet sändes för justering bekräftades att ingen enskild kan kännas igen i texten.",
        EN: "When the record was sent for review it was confirmed that nobody can be recognised in the text.",
    },
    "recognisable": {
        SV: "Det är inte bekräftat att ingen enskild kan kännas igen i texten.",
        EN: "It is not confirmed that nobody can be recognised in the text.",
    },
    "same": {
        SV: "De parter vars beslut anges här har beslutat om exakt samma innehåll, med kontrollsumman nedan.",
        EN: "The parties whose decisions stand here decided on exactly the same content, with the checksum below.",
    },
    # A decision that was withdrawn does not stand. Nobody's silence is consent.
    "undecided": {
        SV: "har inte fattat något beslut som gäller.",
        EN: "has made no decision that stands.",
    },
    "as_written": {
        SV: "Indragen text står som den skrevs. Frågorna är samtalsunderlagets. Tider är svensk tid.",
        EN: "Indented text stands as it was written. The questions are the template's. Times are Swedish time.",
    },
    "how": {
        SV: "Hur äktheten kontrolleras står i LASMIG.txt.",
        EN: "README.txt says how to check that this is authentic.",
    },
    "differs": {SV: "Det här ser parten annorlunda på:", EN: "Where the party sees things differently:"},
    "dissent": {SV: "Skiljaktig mening:", EN: "Dissent:"},
    "comment": {SV: "Partens kommentar:", EN: "The party's comment:"},
    "unknown": {SV: "Fråga", EN: "Question"},
    "version": {SV: "version", EN: "version"},
}
_SIDES: dict[Side, Words] = {
    Side.EMPLOYER: {SV: "arbetsgivarpart", EN: "employer party"},
    Side.UNION: {SV: "arbetstagarpart", EN: "union party"},
}
_FORMS: dict[MeetingForm, Words] = {
    MeetingForm.ON_SITE: {SV: "på plats", EN: "on site"},
    MeetingForm.REMOTE: {SV: "på distans", EN: "remote"},
    MeetingForm.HYBRID: {SV: "på plats och på distans", EN: "on site and remote"},
}
_ATTENDED: dict[AttendanceStatus, Words] = {
    AttendanceStatus.PRESENT: {SV: "närvarande", EN: "present"},
    AttendanceStatus.EXCUSED: {SV: "frånvarande med anmält förhinder", EN: "excused"},
    AttendanceStatus.ABSENT: {SV: "frånvarande", EN: "absent"},
}
_BODIES: dict[HandedOverTo, Words] = {
    HandedOverTo.COOPERATION_GROUP: {SV: "samverkansgruppen", EN: "the cooperation group"},
    HandedOverTo.MBL_SECTION_ELEVEN: {
        SV: "förhandling enligt 11 § medbestämmandelagen (MBL)",
        EN: "negotiation under section 11 of the Co-determination Act (MBL)",
    },
    HandedOverTo.MBL_SECTION_NINETEEN: {
        SV: "information enligt 19 § medbestämmandelagen (MBL)",
        EN: "information under section 19 of the Co-determination Act (MBL)",
    },
    HandedOverTo.SAFETY_COMMITTEE: {SV: "skyddskommittén", EN: "the safety committee"},
}
_DECIDED: dict[Decision, Words] = {
    Decision.APPROVE: {SV: "godkänner", EN: "approves"},
    Decision.APPROVE_WITH_DISSENT: {SV: "godkänner med skiljaktig mening", EN: "approves with dissent"},
    Decision.REQUEST_CHANGE: {SV: "begär en ändring", EN: "asks for a change"},
}


def record_text(archived: Archived, language: Language) -> str:
    """The whole record for people, in one language. What the parties wrote is in the language they wrote it in."""
    content = archived.content
    heading = _HEADINGS["record" if content.appendix_to is None else "appendix"][language]
    return _document(
        [
            [heading, "=" * len(heading), "", *_facts(archived, language)],
            [_SENTENCES["as_written"][language]],
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
    heading = _HEADINGS[name][language]
    return [heading, "-" * len(heading), *lines]


def _fact(name: str, language: Language, value: str) -> str:
    return f"{_LABELS[name][language] + ':':<{_WIDTH + 2}}{value}"


def _set_in(text: str, by: int = 4) -> list[str]:
    """What somebody wrote, each of its lines set in."""
    return [f"{'':{by}}{line}".rstrip() for line in text.split("\n")]


def _given(text: str | None, otherwise: str, language: Language) -> list[str]:
    return [_SENTENCES[otherwise][language]] if text is None else _set_in(text)


def _facts(archived: Archived, language: Language) -> Iterator[str]:
    content, template = archived.content, archived.content.dialogue_template
    version = f"{_SENTENCES['version'][language]} {template.template_version}"
    title = _said(archived.template.title, language) or template.key
    number = archived.organisation.organisation_number
    yield _fact("title", language, content.title)
    yield _fact("organisation", language, archived.organisation.name)
    yield _fact("number", language, f"{number[:6]}-{number[6:]}")
    yield _fact("record", language, str(archived.approvals.session_record_id))
    if content.appendix_to is not None:
        yield _fact("corrects", language, str(content.appendix_to.id))
    yield _fact("character", language, _SENTENCES["dialogue"][language])
    yield _fact("started", language, written_moment(content.started_at, language))
    yield _fact("form", language, _FORMS[content.meeting_form][language])
    if content.place is not None:
        yield _fact("place", language, content.place)
    yield _fact("facilitator", language, content.facilitator_function)
    yield _fact("template", language, f"{title} ({template.key}, {version})")
    yield _fact("group", language, str(content.working_group_id))
    yield _fact("session", language, str(content.dialogue_session_id))
    yield _fact("final", language, written_moment(archived.approvals.final_at, language))


def _registration(registration: ArchivedRegistration | None, language: Language) -> Iterator[str]:
    if registration is None:
        yield _SENTENCES["unregistered"][language]
        return
    until = registration.retain_until
    yield _fact("case", language, registration.case_number)
    yield _fact("class", language, registration.archive_class)
    yield _fact("retained", language, written_date(until, language) if until else _SENTENCES["no_end"][language])
    yield _fact("registered", language, written_moment(registration.registered_at, language))


def _attendances(archived: Archived, language: Language) -> Iterator[str]:
    content = archived.content
    for each in content.attendances:
        yield f"{_party(archived, each.party_id, language)}, {each.function}: {_ATTENDED[each.status][language]}"
    if not content.attendances:
        yield _SENTENCES["nobody"][language]
    counted = content.employee_headcount
    number = _SENTENCES["uncounted"] if counted is None else _SENTENCES["counted"]
    said = number[language] if counted is None else f"{counted} ({number[language]})"
    yield f"{_LABELS['employees'][language]}: {said}"


def _answers(
    template: TemplateContent, answers: dict[str, str], language: Language, none: str | None = None
) -> Iterator[str]:
    """Questions with what is answered, in the template's order."""
    order = [question.id for step in template.steps for question in step.questions]
    known = {name: place for place, name in enumerate(order)}
    for number, name in enumerate(sorted(answers, key=lambda each: (known.get(each, len(known)), each))):
        yield from [""] if number else []
        yield _question(template, name, language)
        yield from _set_in(answers[name])
    if not answers and none is not None:
        yield _SENTENCES[none][language]


def _question(template: TemplateContent, name: str, language: Language) -> str:
    for step in template.steps:
        for question in step.questions:
            if question.id == name:
                text = _said(question.text, language) or ""
                # A question may have several lines, and must not pass for anything else.
                return f"{name}. {' '.join(text.split())}"
    return f"{_SENTENCES['unknown'][language]} {name}"


def _said(text: LineTexts | Texts, language: Language) -> str | None:
    """In the language, or in the other where it is not written in this one."""
    words = (text["sv"], text["en"])
    first, second = words if language is SV else reversed(words)
    return first or second


def _statements(archived: Archived, language: Language) -> Iterator[str]:
    for number, each in enumerate(archived.content.statements):
        yield from [""] if number else []
        yield f"{_party(archived, each.party_id, language)}:"
        yield from _statement(archived.template, each, language)
    if not archived.content.statements:
        yield _SENTENCES["no_statements"][language]


def _statement(template: TemplateContent, statement: StatementInRecord, language: Language) -> Iterator[str]:
    yield from _answers(template, statement.answers, language)
    if statement.differences is not None:
        yield _SENTENCES["differs"][language]
        yield from _set_in(statement.differences)


def _party(archived: Archived, party_id: UUID, language: Language) -> str:
    party = next(each for each in archived.approvals.parties if each.id == party_id)
    return f"{party.name} ({_SIDES[party.side][language]})"


def _actions(archived: Archived, language: Language) -> Iterator[str]:
    for number, each in enumerate(archived.content.actions, start=1):
        yield from [""] if number > 1 else []
        yield from _action(archived.template, number, each, language)
    if not archived.content.actions:
        yield _SENTENCES["no_actions"][language]


def _action(template: TemplateContent, number: int, action: ActionInRecord, language: Language) -> Iterator[str]:
    yield f"{number}."
    yield from _set_in(action.what)
    yield _fact("owner", language, action.owner_function)
    yield _fact("due", language, written_date(action.due_on, language))
    if action.question_id is not None:
        yield _fact("question", language, _question(template, action.question_id, language))


def _handovers(handovers: list[Handover], language: Language) -> Iterator[str]:
    for number, each in enumerate(handovers, start=1):
        yield from [""] if number > 1 else []
        yield f"{number}."
        yield from _set_in(each.matter)
        yield _fact("to", language, _BODIES[each.handed_over_to][language])
        if each.case_number is not None:
            yield _fact("case", language, each.case_number)
    if not handovers:
        yield _SENTENCES["no_handovers"][language]


def _approvals(archived: Archived, language: Language) -> Iterator[str]:
    yield _SENTENCES["same"][language]
    confirmed = archived.content.no_individual_recognisable
    yield _SENTENCES["unrecognisable" if confirmed else "recognisable"][language]
    for each in archived.approvals.approvals:
        yield ""
        yield from _approval(archived, each, language)
    for number, party in enumerate(undecided(archived.approvals)):
        yield from [] if number else [""]
        yield f"{_party(archived, party.id, language)} {_SENTENCES['undecided'][language]}"


def undecided(approvals: ArchivedApprovals) -> list[ArchivedParty]:
    """Whom the record names, and who has not decided on it: a group's rule may do without a union."""
    decided = {each.party_id for each in approvals.approvals}
    return [each for each in approvals.parties if each.id not in decided]


def _approval(archived: Archived, approval: ArchivedApproval, language: Language) -> Iterator[str]:
    yield f"{_party(archived, approval.party_id, language)}, {approval.function}:"
    yield f"{_DECIDED[approval.decision][language]}, {written_moment(approval.decided_at, language)}"
    if approval.statement is not None:
        dissent = approval.decision is Decision.APPROVE_WITH_DISSENT
        yield _SENTENCES["dissent" if dissent else "comment"][language]
        yield from _set_in(approval.statement)


def _hashes(archived: Archived, language: Language) -> Iterator[str]:
    content = archived.content
    yield f"{_LABELS['content'][language]} (record.json):"
    yield f"    {archived.approvals.content_hash}"
    if content.appendix_to is not None:
        yield f"{_LABELS['corrected'][language]}:"
        yield f"    {content.appendix_to.content_hash}"
    yield f"{_LABELS['method'][language]} (template.json):"
    yield f"    {content.dialogue_template.content_hash}"
    yield _SENTENCES["how"][language]
