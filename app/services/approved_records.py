"""Final records, whole, for those who keep them elsewhere: a page at a time, or all of them for a file."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from app.models.approval import Approval, ApprovalSummary
from app.models.approved_record import RegistrationOfRecord
from app.models.columns import PydanticJSON, UtcDateTime
from app.models.organisation import Organisation
from app.models.session_record import RecordContent, RecordRegistration, SessionRecord, SessionRecordState
from app.services import policy
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit

MOST_RECORDS = 5_000
"""In a file."""
MOST_TEXT = 64 * 1024 * 1024
"""Characters of content in a file."""
AT_A_TIME = 250
"""Records read in one statement: no other request waits for more of them than that."""

SORTS: dict[str, Columns] = {"finalAt": (col(SessionRecord.final_at), col(SessionRecord.id))}


@dataclass(frozen=True)
class Window:
    """Which of the records: those that became final from one moment on and before another, of one group."""

    final_from: datetime | None = None
    final_before: datetime | None = None
    working_group_id: UUID | None = None


@dataclass(frozen=True)
class WholeRecord:
    """A final record as a file takes it. What was approved and the decisions on it are JSON, as the database has it."""

    id: UUID
    title: str
    working_group_id: UUID
    dialogue_session_id: UUID
    appendix_to_id: UUID | None
    final_at: datetime
    content_hash: str
    content: str
    approvals: str
    case_number: str | None
    archive_class: str | None
    retain_until: date | None
    legal_hold: bool | None
    registered_at: datetime | None


def _object_of(shape: Any, table: Any) -> sa.ColumnElement[Any]:
    """The columns that the shape takes from a table, as JSON."""
    parts = ((field.alias, getattr(table, name)) for name, field in shape.model_fields.items())
    return sa.func.jsonb_build_object(*(each for part in parts for each in part))


# With the record in one statement: one that is destroyed meanwhile would else be shown without them.
_APPROVALS = (
    sa.select(
        sa.func.coalesce(
            sa.func.jsonb_agg(aggregate_order_by(_object_of(ApprovalSummary, Approval), col(Approval.id))),
            sa.text("'[]'::jsonb"),
        )
    )
    .where(col(Approval.subject_id) == col(SessionRecord.id), col(Approval.voided_at).is_(None))
    .scalar_subquery()
)
_REGISTRATION = sa.case(
    (col(RecordRegistration.session_record_id).is_not(None), _object_of(RegistrationOfRecord, RecordRegistration))
)
_OF_RECORD = (
    col(SessionRecord.id),
    col(SessionRecord.title),
    col(SessionRecord.working_group_id),
    col(SessionRecord.dialogue_session_id),
    col(SessionRecord.appendix_to_id),
    col(SessionRecord.final_at),
    col(SessionRecord.content_hash),
)


def _selecting(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*_OF_RECORD, *columns)
        .select_from(SessionRecord)
        .outerjoin(RecordRegistration, col(RecordRegistration.session_record_id) == col(SessionRecord.id))
        .where(
            col(SessionRecord.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid),
            col(SessionRecord.state) == SessionRecordState.FINAL,
            policy.visible(SessionRecord),
        )
    )


_ITEMS = _selecting(
    sa.type_coerce(col(SessionRecord.content), PydanticJSON(RecordContent)).label("content"),
    sa.type_coerce(_APPROVALS, PydanticJSON(list[ApprovalSummary])).label("approvals"),
    sa.type_coerce(_REGISTRATION, PydanticJSON(RegistrationOfRecord)).label("registration"),
)
_WHOLE = _selecting(
    sa.cast(col(SessionRecord.content), sa.Text).label("content"),
    sa.cast(_APPROVALS, sa.Text).label("approvals"),
    col(RecordRegistration.case_number),
    col(RecordRegistration.archive_class),
    col(RecordRegistration.retain_until),
    col(RecordRegistration.legal_hold),
    col(RecordRegistration.registered_at),
).order_by(*SORTS["finalAt"])
_LAST = sa.tuple_(sa.bindparam("last_final_at", type_=UtcDateTime), sa.bindparam("last_id", type_=sa.Uuid))
_FOLLOWING = _WHOLE.where(sa.tuple_(*SORTS["finalAt"]) > _LAST)


def _within(query: sa.Select[Any], window: Window) -> sa.Select[Any]:
    if window.final_from is not None:
        query = query.where(col(SessionRecord.final_at) >= window.final_from)
    if window.final_before is not None:
        query = query.where(col(SessionRecord.final_at) < window.final_before)
    if window.working_group_id is not None:
        query = query.where(col(SessionRecord.working_group_id) == window.working_group_id)
    return query


async def list_of_organisation(work: Work, organisation_id: UUID, request: PageRequest, window: Window) -> Listed:
    """The final records that the actor may read, with what was approved."""
    await admit(work, "list_approved_records", Organisation, organisation_id)
    return await page(work, _within(_ITEMS, window), SORTS, request, organisation_id=organisation_id)


async def all_of_organisation(work: Work, organisation_id: UUID, window: Window) -> list[WholeRecord]:
    """All of them, the oldest first. `selectionTooLarge` when there are more than fit in a file."""
    await admit(work, "list_approved_records", Organisation, organisation_id)
    connection = await work.session.connection()
    given = work.actor.held | {"organisation_id": organisation_id}
    query, following = _within(_WHOLE, window).limit(AT_A_TIME), _within(_FOLLOWING, window).limit(AT_A_TIME)
    records: list[WholeRecord] = []
    text = 0
    while True:
        found = (await connection.execute(query, given)).all()
        records += (WholeRecord(*row) for row in found)
        text += sum(len(row.content) for row in found)
        if len(records) > MOST_RECORDS or text > MOST_TEXT:
            raise Refusal(Code.SELECTION_TOO_LARGE)
        if len(found) < AT_A_TIME:
            return records
        query = following
        given |= {"last_final_at": records[-1].final_at, "last_id": records[-1].id}
