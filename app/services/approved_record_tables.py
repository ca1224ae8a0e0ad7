"""Final records as tables: one of records, and one for each kind of thing that a record holds several of.

What was approved is taken as it was stored. A column is called what the value is called in the JSON of a record.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from app.models.approved_record import RecordTable
from app.services.approved_records import WholeRecord
from app.services.table_writing import Cell, Sheet

_Content = dict[str, Any]
_Rows = Callable[[WholeRecord, _Content], Iterator[Sequence[Cell]]]

_SESSION = (
    *("legalCharacter", "startedAt", "meetingForm", "place", "facilitatorFunction", "employeeHeadcount"),
    *("sharedPicture", "noIndividualRecognisable"),
)
_TEMPLATE = {
    "dialogueTemplateId": "id",
    "dialogueTemplateKey": "key",
    "templateVersion": "templateVersion",
    "dialogueTemplateContentHash": "contentHash",
}
_RECORD = (
    *("id", "title", "workingGroupId", "dialogueSessionId", "appendixToId", "finalAt", "contentHash"),
    *("caseNumber", "archiveClass", "retainUntil", "legalHold", "registeredAt"),
)
_STATEMENT = ("partyId", "differences")
_ACTION = ("id", "questionId", "what", "ownerFunction", "dueOn")
_HANDOVER = ("handedOverTo", "matter", "caseNumber")
_ATTENDANCE = ("mandateId", "partyId", "partyName", "function", "status")


def tables(records: Sequence[WholeRecord]) -> list[Sheet]:
    """All tables, in the order of RecordTable; rows in the order of the records."""
    read = [(record, json.loads(record.content)) for record in records]

    def rows(of: _Rows) -> Iterator[Sequence[Cell]]:
        return (row for record, content in read for row in of(record, content))

    return [
        Sheet(RecordTable.RECORDS.value, (*_RECORD, *_SESSION, *_TEMPLATE), rows(_record)),
        Sheet(RecordTable.ANSWERS.value, ("sessionRecordId", "partyId", "questionId", "answer"), rows(_answers)),
        Sheet(RecordTable.STATEMENTS.value, ("sessionRecordId", *_STATEMENT), rows(_each("statements", _STATEMENT))),
        Sheet(RecordTable.ACTIONS.value, ("sessionRecordId", *_ACTION), rows(_each("actions", _ACTION))),
        Sheet(RecordTable.HANDOVERS.value, ("sessionRecordId", *_HANDOVER), rows(_each("handovers", _HANDOVER))),
        Sheet(
            RecordTable.ATTENDANCES.value, ("sessionRecordId", *_ATTENDANCE), rows(_each("attendances", _ATTENDANCE))
        ),
        Sheet(
            RecordTable.APPROVALS.value,
            ("sessionRecordId", "id", "partyId", "decision", "statement", "decidedAt"),
            rows(_approvals),
        ),
    ]


def _record(record: WholeRecord, content: _Content) -> Iterator[Sequence[Cell]]:
    template = content["dialogueTemplate"]
    yield (
        str(record.id),
        record.title,
        str(record.working_group_id),
        str(record.dialogue_session_id),
        None if record.appendix_to_id is None else str(record.appendix_to_id),
        _written(record.final_at),
        record.content_hash,
        record.case_number,
        record.archive_class,
        None if record.retain_until is None else record.retain_until.isoformat(),
        record.legal_hold,
        None if record.registered_at is None else _written(record.registered_at),
        *(content[name] for name in _SESSION),
        *(template[name] for name in _TEMPLATE.values()),
    )


def _answers(record: WholeRecord, content: _Content) -> Iterator[Sequence[Cell]]:
    """The group's own, of no party, and those of the parties."""
    of_parties = ((each["partyId"], each["answers"]) for each in content["statements"])
    for party_id, answers in ((None, content["answers"]), *of_parties):
        for question_id in sorted(answers, key=_number):
            yield str(record.id), party_id, question_id, answers[question_id]


def _number(question_id: str) -> int:
    return int(question_id[1:])


def _each(part: str, columns: Sequence[str]) -> _Rows:
    """A row for each thing in a list of the content."""

    def rows(record: WholeRecord, content: _Content) -> Iterator[Sequence[Cell]]:
        for each in content[part]:
            yield str(record.id), *(each[name] for name in columns)

    return rows


def _approvals(record: WholeRecord, _content: _Content) -> Iterator[Sequence[Cell]]:
    for each in json.loads(record.approvals):
        decided_at = _written(datetime.fromisoformat(each["decidedAt"]))
        yield str(record.id), each["id"], each["partyId"], each["decision"], each["statement"], decided_at


def _written(moment: datetime) -> str:
    """As the JSON has it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
