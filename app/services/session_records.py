"""Session records: read by both sides alike, written jointly, corrected by appendices, registered by the archive."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval
from app.models.columns import enum_type
from app.models.organisation import Organisation
from app.models.session_record import (
    AppendixCreate,
    Handover,
    RecordContent,
    RecordRegistration,
    RecordRegistrationInput,
    RecordRegistrationRead,
    SessionRecord,
    SessionRecordRead,
    SessionRecordState,
    SessionRecordTransition,
    SessionRecordUpdate,
    record_state,
)
from app.models.working_group import WorkingGroup
from app.services import joint_decision, policy, record_review
from app.services.dialogue_templates import question_kinds
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.record_content import gather, session_and_template
from app.services.work import Work, admit, changed, check_version, columns_for, created, differing, find, shown

SORTS: dict[str, Columns] = {"createdAt": (col(SessionRecord.id),)}

_state_now = sa.type_coerce(
    sa.case(
        (
            sa.and_(
                col(SessionRecord.state) == SessionRecordState.UNDER_REVIEW,
                col(SessionRecord.review_deadline) <= sa.bindparam("now", type_=sa.DateTime(timezone=True)),
            ),
            SessionRecordState.NOT_APPROVED.value,
        ),
        else_=sa.type_coerce(col(SessionRecord.state), sa.String),
    ),
    enum_type(SessionRecordState),
)
_ITEMS = sa.select(
    col(SessionRecord.id),
    col(SessionRecord.title),
    _state_now.label("state"),
    col(SessionRecord.working_group_id),
    col(SessionRecord.dialogue_session_id),
    col(SessionRecord.appendix_to_id),
    col(SessionRecord.review_deadline),
    col(SessionRecord.final_at),
    col(SessionRecord.content_hash),
)


def _below(parent: Any) -> sa.Select[*tuple[Any, ...]]:
    return _ITEMS.where(parent == sa.bindparam("parent_id"), policy.visible(SessionRecord))


_OF_ORGANISATION = _below(col(SessionRecord.organisation_id))
_OF_GROUP = _below(col(SessionRecord.working_group_id))
_APPENDICES = _below(col(SessionRecord.appendix_to_id))


async def list_of_organisation(
    work: Work, organisation_id: UUID, request: PageRequest, state: SessionRecordState | None
) -> Listed:
    """Every record of the organisation that the actor may read: an archivist sees the final ones."""
    await admit(work, "list_session_records", Organisation, organisation_id)
    return await _list(work, request, state, _OF_ORGANISATION, organisation_id)


async def list_of_group(
    work: Work, working_group_id: UUID, request: PageRequest, state: SessionRecordState | None
) -> Listed:
    await admit(work, "list_working_group_session_records", WorkingGroup, working_group_id)
    return await _list(work, request, state, _OF_GROUP, working_group_id)


async def list_appendices(work: Work, record_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_appendices", SessionRecord, record_id)
    return await _list(work, request, None, _APPENDICES, record_id)


async def _list(
    work: Work,
    request: PageRequest,
    state: SessionRecordState | None,
    query: sa.Select[*tuple[Any, ...]],
    parent_id: UUID,
) -> Listed:
    if state is not None:
        query = query.where(_state_now == state)
    return await page(work, query, SORTS, request, parent_id=parent_id, now=work.now)


async def read(work: Work, record_id: UUID) -> SessionRecordRead:
    record, approvals = await joint_decision.find_decided(work, SessionRecord, record_id)
    return await _shown(work, record, approvals)


async def update(work: Work, record_id: UUID, version: int, data: SessionRecordUpdate) -> SessionRecordRead:
    """Change the joint part: the group's answers, the shared picture, what is handed over."""
    record = await admit(work, "update_session_record", SessionRecord, record_id, version)
    given: dict[str, Any] = {name: getattr(data, name) for name in data.model_fields_set}
    if "answers" in given:
        _session, template = await session_and_template(work, record)
        check_questions(given["answers"], question_kinds(template), "group", "/answers")
        merged = record.answers | given["answers"]
        given["answers"] = {question: answer for question, answer in merged.items() if answer is not None}
    if "handovers" in given:
        given["handovers"] = [Handover(**each.model_dump()) for each in data.handovers]
    if changes := differing(record, given):
        await record_review.edit(work, "update_session_record", record, changes)
    return await _read(work, record)


async def transition(work: Work, record_id: UUID, version: int, data: SessionRecordTransition) -> SessionRecordRead:
    return await _read(work, await record_review.transition(work, record_id, version, data))


async def create_appendix(work: Work, record_id: UUID, data: AppendixCreate) -> SessionRecordRead:
    """A correction of a final record: a record of its own that lives the same life."""
    corrected = await admit(work, "create_appendix", SessionRecord, record_id)
    appendix = SessionRecord(
        organisation_id=corrected.organisation_id,
        working_group_id=corrected.working_group_id,
        dialogue_session_id=corrected.dialogue_session_id,
        appendix_to_id=corrected.id,
        title=data.title,
        shared_picture=data.shared_picture,
        created_at=work.now,
    )
    await created(work, "create_appendix", appendix)
    return await _read(work, appendix)


async def read_registration(work: Work, record_id: UUID) -> RecordRegistrationRead:
    await admit(work, "read_record_registration", SessionRecord, record_id)
    registration = await work.session.get(RecordRegistration, record_id)
    if registration is None:
        raise Refusal(Code.NOT_FOUND)
    return _registered(registration)


async def register(work: Work, record_id: UUID, version: int, data: RecordRegistrationInput) -> RecordRegistrationRead:
    """Give a final record its case number and archive class. Version 0 stands for one not registered yet."""
    record = await admit(work, "register_session_record", SessionRecord, record_id)
    found = await work.session.get(RecordRegistration, record_id)
    registration = found or RecordRegistration(
        session_record_id=record.id, version=0, registered_at=work.now, **data.model_dump()
    )
    check_version(registration, version)
    given = data.model_dump()
    if data.legal_hold:
        # Like any other hold: it waits for whoever is being erased, and is seen by whoever comes after it.
        await find(work, Organisation, record.organisation_id, lock=True)
    if found is None or differing(registration, given):
        changes = given | {"registered_at": work.now}
        await changed(work, "register_session_record", registration, changes, about=record)
    return _registered(registration)


def check_questions(answers: Any, kinds: dict[str, str], kind: str, pointer: str) -> None:
    """Every answered question exists in the template and asks for this kind of answer."""
    for question in answers:
        if kinds.get(question) != kind:
            raise Refusal(Code.UNKNOWN_QUESTION, f"{pointer}/{question}")


def _registered(registration: RecordRegistration) -> RecordRegistrationRead:
    return RecordRegistrationRead(**columns_for(RecordRegistrationRead, registration))


async def _read(work: Work, record: SessionRecord) -> SessionRecordRead:
    """As it stands for one who holds its row, without which decisions could come between."""
    return await _shown(work, record, await joint_decision.standing(work, record.id))


async def _shown(work: Work, record: SessionRecord, approvals: Sequence[Approval]) -> SessionRecordRead:
    fixed = record.content is not None
    content = RecordContent.model_validate(record.content) if fixed else await gather(work, record)
    read = shown(
        work,
        SessionRecordRead,
        record,
        state=record_state(record, work.now),
        content=content,
        approvals=joint_decision.summaries(approvals),
    )
    joint_decision.mark_decided(
        work, read.allowed_actions, "approve_session_record", record.working_group_id, approvals
    )
    return read
