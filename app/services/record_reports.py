"""A final record as a report for people: what was approved, by whom, how the archive knows it, and what corrects it.

It is for everyone who may read the record, and the same for all of them. What the parties wrote stands as written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Decision
from app.models.columns import Language
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.statement import StatementInRecord
from app.services import archive_packages, policy
from app.services.archive_texts import Archived, in_order, party_called, question_called, said_in, undecided
from app.services.archive_words import ATTENDED, BODIES, DECIDED, FORMS, LABELS, SENTENCES
from app.services.calendar import written_date, written_moment
from app.services.errors import Code, Refusal
from app.services.report_words import RECORD as HEADINGS
from app.services.reports import Digest, Facts, Heading, Label, Part, Report, Table, Words, Written
from app.services.work import Work, find

MOST_APPENDICES = 50
"""In one report."""

_APPENDICES = (
    sa.select(SessionRecord)
    .where(
        col(SessionRecord.appendix_to_id) == sa.bindparam("record_id", type_=sa.Uuid),
        col(SessionRecord.state) == SessionRecordState.FINAL,
        policy.visible(SessionRecord),
    )
    .order_by(col(SessionRecord.final_at), col(SessionRecord.id))
    .limit(MOST_APPENDICES + 1)
)


@dataclass(frozen=True)
class GatheredRecord:
    """A final record with its final appendices."""

    version: int
    archived: Archived
    appendices: list[Archived]


async def gather(work: Work, record_id: UUID) -> GatheredRecord | None:
    """None while it is not final: of what still changes there is no report. Wants a transaction."""
    record = await find(work, SessionRecord, record_id)
    if record.state is not SessionRecordState.FINAL:
        return None
    given = work.actor.held | {"record_id": record.id}
    appendices = (await work.session.execute(_APPENDICES, given)).scalars().all()
    if len(appendices) > MOST_APPENDICES:
        raise Refusal(Code.SELECTION_TOO_LARGE)
    return GatheredRecord(
        record.version,
        (await archive_packages.gathered(work, record)).archived,
        [(await archive_packages.gathered(work, each)).archived for each in appendices],
    )


def report(gathered: GatheredRecord, language: Language) -> Report:
    """The whole record in one language."""
    archived = gathered.archived
    kind = "record" if archived.content.appendix_to is None else "appendix"
    return Report(
        title=archived.content.title,
        subject=HEADINGS[kind][language],
        mark=_mark(archived, language),
        language=language,
        moment=archived.approvals.final_at,
        parts=[*_record(archived, language, 2), *_appendices(gathered, language)],
    )


def _mark(archived: Archived, language: Language) -> str:
    """What tells the pages of one record from those of another."""
    known = archived.registration.case_number if archived.registration else HEADINGS["unregistered"][language]
    return f"{known} · SHA-256 {archived.approvals.content_hash[:16]}…"


def _appendices(gathered: GatheredRecord, language: Language) -> Iterator[Part]:
    if gathered.archived.content.appendix_to is not None:
        return
    yield Heading(HEADINGS["appendices"][language])
    if not gathered.appendices:
        yield Words(HEADINGS["no_appendices"][language])
    for each in gathered.appendices:
        yield Heading(each.content.title, 3)
        yield from _record(each, language, 4)


def _record(archived: Archived, language: Language, level: int) -> Iterator[Part]:
    """Everything that one record says, with headings from this level on."""
    content = archived.content

    def heading(name: str) -> Heading:
        return Heading(HEADINGS[name][language], level)

    kind = "record" if content.appendix_to is None else "appendix"
    yield Words(f"{HEADINGS[kind][language]}. {SENTENCES['dialogue'][language]}")
    yield Facts(list(_facts(archived, language)))
    yield heading("attendances")
    yield from _attendances(archived, language)
    if content.answers or content.appendix_to is None:
        yield heading("answers")
        yield from _answers(archived, content.answers, language)
        if not content.answers:
            yield Words(SENTENCES["no_answers"][language])
    yield heading("picture")
    yield Written(content.shared_picture) if content.shared_picture else Words(SENTENCES["no_picture"][language])
    yield heading("statements")
    yield from _statements(archived, language)
    yield heading("actions")
    yield from _actions(archived, language)
    yield heading("handovers")
    yield from _handovers(archived, language)
    yield heading("approvals")
    yield from _approvals(archived, language)
    yield heading("hashes")
    yield from _hashes(archived, language)


def _facts(archived: Archived, language: Language) -> Iterator[tuple[str, str]]:
    content, template, registration = archived.content, archived.content.dialogue_template, archived.registration
    number = archived.organisation.organisation_number
    called = said_in(archived.template.title, language) or template.key

    def fact(name: str, value: str) -> tuple[str, str]:
        return LABELS[name][language], value

    if registration is None:
        yield fact("case", HEADINGS["unregistered"][language])
    else:
        yield fact("case", registration.case_number)
        yield fact("class", registration.archive_class)
        until = registration.retain_until
        yield fact("retained", written_date(until, language) if until else SENTENCES["no_end"][language])
    yield fact("organisation", f"{archived.organisation.name} ({number[:6]}-{number[6:]})")
    if content.appendix_to is not None:
        yield fact("corrects", str(content.appendix_to.id))
    yield fact("started", written_moment(content.started_at, language))
    yield fact("form", FORMS[content.meeting_form][language])
    if content.place is not None:
        yield fact("place", content.place)
    yield fact("facilitator", content.facilitator_function)
    yield fact("template", f"{called} ({template.key}, {SENTENCES['version'][language]} {template.template_version})")
    yield fact("final", written_moment(archived.approvals.final_at, language))
    yield fact("record", str(archived.approvals.session_record_id))


def _attendances(archived: Archived, language: Language) -> Iterator[Part]:
    content = archived.content
    rows = [
        (party_called(archived, each.party_id, language), each.function, ATTENDED[each.status][language])
        for each in content.attendances
    ]
    if rows:
        columns = [HEADINGS[name][language] for name in ("party", "function", "attended")]
        yield Table(HEADINGS["representatives"][language], columns, rows, (3, 3, 2))
    else:
        yield Words(SENTENCES["nobody"][language])
    counted = content.employee_headcount
    said = SENTENCES["uncounted"][language] if counted is None else f"{counted} ({SENTENCES['counted'][language]})"
    yield Facts([(LABELS["employees"][language], said)])


def _answers(archived: Archived, answers: dict[str, str], language: Language) -> Iterator[Part]:
    for name in in_order(archived.template, answers):
        yield Label(question_called(archived.template, name, language))
        yield Written(answers[name])


def _statements(archived: Archived, language: Language) -> Iterator[Part]:
    for each in archived.content.statements:
        yield Label(party_called(archived, each.party_id, language))
        yield from _statement(archived, each, language)
    if not archived.content.statements:
        yield Words(SENTENCES["no_statements"][language])


def _statement(archived: Archived, statement: StatementInRecord, language: Language) -> Iterator[Part]:
    yield from _answers(archived, statement.answers, language)
    if statement.differences is not None:
        yield Words(SENTENCES["differs"][language])
        yield Written(statement.differences)


def _actions(archived: Archived, language: Language) -> Iterator[Part]:
    actions = archived.content.actions
    if not actions:
        yield Words(SENTENCES["no_actions"][language])
        return
    rows = [
        (
            str(number),
            each.what,
            each.owner_function,
            written_date(each.due_on, language),
            "" if each.question_id is None else question_called(archived.template, each.question_id, language),
        )
        for number, each in enumerate(actions, start=1)
    ]
    named = (HEADINGS["number"], HEADINGS["what"], LABELS["owner"], LABELS["due"], LABELS["question"])
    yield Table(HEADINGS["agreed"][language], [each[language] for each in named], rows, (2, 10, 6, 5, 6))


def _handovers(archived: Archived, language: Language) -> Iterator[Part]:
    handovers = archived.content.handovers
    if not handovers:
        yield Words(SENTENCES["no_handovers"][language])
        return
    rows = [
        (str(number), each.matter, BODIES[each.handed_over_to][language], each.case_number or "–")
        for number, each in enumerate(handovers, start=1)
    ]
    named = (HEADINGS["number"], HEADINGS["matter"], LABELS["to"], LABELS["case"])
    yield Table(HEADINGS["handed_over"][language], [each[language] for each in named], rows, (2, 12, 8, 5))


def _approvals(archived: Archived, language: Language) -> Iterator[Part]:
    yield Words(SENTENCES["same"][language])
    confirmed = archived.content.no_individual_recognisable
    yield Words(SENTENCES["unrecognisable" if confirmed else "recognisable"][language])
    decided = archived.approvals.approvals
    rows = [
        (
            party_called(archived, each.party_id, language),
            each.function,
            DECIDED[each.decision][language],
            written_moment(each.decided_at, language),
        )
        for each in decided
    ]
    columns = [HEADINGS[name][language] for name in ("party", "function", "decision", "when")]
    yield Table(HEADINGS["decisions"][language], columns, rows, (3, 3, 3, 4))
    for each in decided:
        if each.statement is not None:
            said = SENTENCES["dissent" if each.decision is Decision.APPROVE_WITH_DISSENT else "comment"][language]
            yield Label(f"{party_called(archived, each.party_id, language)}. {said}")
            yield Written(each.statement)
    for party in undecided(archived.approvals):
        yield Words(f"{party_called(archived, party.id, language)} {SENTENCES['undecided'][language]}")


def _hashes(archived: Archived, language: Language) -> Iterator[Part]:
    content = archived.content
    yield Label(LABELS["content"][language])
    yield Digest(archived.approvals.content_hash)
    if content.appendix_to is not None:
        yield Label(LABELS["corrected"][language])
        yield Digest(content.appendix_to.content_hash)
    if content.dialogue_template.content_hash is not None:
        yield Label(LABELS["method"][language])
        yield Digest(content.dialogue_template.content_hash)
    yield Words(HEADINGS["how"][language])
