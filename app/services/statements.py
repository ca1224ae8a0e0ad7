"""A party's own words in a record. Until published they exist for that party alone."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.session_record import SessionRecord
from app.models.statement import Statement, StatementInput, StatementRead
from app.services import policy, record_review
from app.services.dialogue_templates import question_kinds
from app.services.errors import Code, Refusal
from app.services.record_content import session_and_template
from app.services.session_records import check_questions
from app.services.work import Work, admit, changed, check_version, columns_for, find
from app.services.working_groups import party_sides

_STATEMENT = sa.select(Statement).where(
    col(Statement.session_record_id) == sa.bindparam("record_id"),
    col(Statement.party_id) == sa.bindparam("party_id"),
    policy.visible(Statement),
)


async def read(work: Work, record_id: UUID, party_id: UUID) -> StatementRead:
    """One's own statement, empty when nothing is written yet; another party's once it is published."""
    record = await find(work, SessionRecord, record_id)
    given = work.actor.held | {"record_id": record_id, "party_id": party_id}
    statement = (await work.session.execute(_STATEMENT, given)).scalar_one_or_none()
    if statement is None:
        statement = _empty(work, record, party_id)
        if not policy.may_ever(work.actor, "read_statement", statement):
            raise Refusal(Code.NOT_FOUND)
    return _shown(work, statement)


async def write(work: Work, record_id: UUID, party_id: UUID, version: int, data: StatementInput) -> StatementRead:
    """Each party writes its own. What is or was published belongs to the record, and changing it edits the record."""
    record = await admit(work, "write_statement", SessionRecord, record_id)
    if (record.working_group_id, party_id) not in work.actor.tables:
        at_table = party_id in await party_sides(work, record.working_group_id)
        raise Refusal(Code.NOT_YOUR_ROLE if at_table else Code.NOT_FOUND)
    _session, template = await session_and_template(work, record)
    check_questions(data.answers, question_kinds(template), "party", "/answers")
    found = await work.session.get(Statement, (record_id, party_id), populate_existing=True)
    statement = found or _empty(work, record, party_id)
    check_version(statement, version)
    was = _words(statement)
    changes: dict[str, Any] = data.model_dump()
    if found is not None and was == changes:
        return _shown(work, statement)
    await changed(work, "write_statement", statement, changes | {"changed_at": work.now})
    if was["published"] or data.published:
        await record_review.edit(work, "write_statement", record)
    return _shown(work, statement)


def _words(statement: Statement) -> dict[str, Any]:
    return {name: getattr(statement, name) for name in StatementInput.model_fields}


def _empty(work: Work, record: SessionRecord, party_id: UUID) -> Statement:
    return Statement(
        session_record_id=record.id,
        party_id=party_id,
        organisation_id=record.organisation_id,
        working_group_id=record.working_group_id,
        version=0,
        changed_at=work.now,
    )


def _shown(work: Work, statement: Statement) -> StatementRead:
    read = StatementRead(**columns_for(StatementRead, statement))
    if (statement.working_group_id, statement.party_id) not in work.actor.tables:
        read.version = 1  # how often the party rewrote it before it was published is the party's own business
    return read
