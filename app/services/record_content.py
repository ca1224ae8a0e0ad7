"""What a record says, gathered from session, answers, published statements and actions into the one approved shape."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import Action, ActionInRecord
from app.models.columns import swedish_order
from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate
from app.models.mandate import Mandate
from app.models.party import Party
from app.models.session_record import (
    RecordAttendance,
    RecordContent,
    RecordCorrection,
    RecordTemplate,
    SessionRecord,
)
from app.models.statement import Statement, StatementInRecord
from app.services.work import Work

_SESSION = sa.select(DialogueSession, DialogueTemplate).join(
    DialogueTemplate, col(DialogueTemplate.id) == col(DialogueSession.dialogue_template_id)
)
_MANDATES = (
    sa.select(col(Mandate.id), col(Mandate.party_id), col(Party.name), col(Mandate.function))
    .join(Party, col(Party.id) == col(Mandate.party_id))
    .where(col(Mandate.id).in_(sa.bindparam("mandate_ids", expanding=True)))
)
_STATEMENTS = (
    sa.select(col(Statement.party_id), col(Statement.answers), col(Statement.differences))
    .join(Party, col(Party.id) == col(Statement.party_id))
    .where(col(Statement.session_record_id) == sa.bindparam("record_id"), col(Statement.published))
    # Not by side: nobody's words come first.
    .order_by(swedish_order(Party.name), col(Party.id))
)
_ACTIONS = (
    sa.select(col(Action.id), col(Action.question_id), col(Action.what), col(Action.owner_function), col(Action.due_on))
    .where(col(Action.session_record_id) == sa.bindparam("record_id"))
    .order_by(col(Action.id))
)
_CORRECTED = sa.select(col(SessionRecord.id), col(SessionRecord.content_hash)).where(
    col(SessionRecord.id) == sa.bindparam("record_id")
)


async def session_and_template(work: Work, record: SessionRecord) -> tuple[DialogueSession, DialogueTemplate]:
    found = (await work.session.execute(_SESSION.where(col(DialogueSession.id) == record.dialogue_session_id))).one()
    return found[0], found[1]


async def gather(work: Work, record: SessionRecord) -> RecordContent:
    """The content as it is now. The caller holds the record's lock when the result is to be kept."""
    session, template = await session_and_template(work, record)
    of_record = {"record_id": record.id}
    statements = (await work.session.execute(_STATEMENTS, of_record)).mappings()
    actions = (await work.session.execute(_ACTIONS, of_record)).mappings()
    return RecordContent(
        title=record.title,
        working_group_id=record.working_group_id,
        dialogue_session_id=record.dialogue_session_id,
        appendix_to=await _corrected(work, record),
        dialogue_template=RecordTemplate(
            id=template.id,
            key=template.key,
            template_version=template.template_version,
            content_hash=template.content_hash,
        ),
        started_at=session.starts_at,
        meeting_form=session.meeting_form,
        place=session.place,
        facilitator_function=session.facilitator_function,
        attendances=await _attendances(work, session),
        employee_headcount=session.employee_headcount,
        answers=record.answers,
        shared_picture=record.shared_picture,
        statements=[StatementInRecord(**row) for row in statements],
        actions=[ActionInRecord(**row) for row in actions],
        handovers=record.handovers,
        no_individual_recognisable=record.no_individual_recognisable,
    )


async def _attendances(work: Work, session: DialogueSession) -> list[RecordAttendance]:
    rows = await work.session.execute(_MANDATES, {"mandate_ids": [each.mandate_id for each in session.attendances]})
    known: dict[Any, Any] = {mandate_id: rest for mandate_id, *rest in rows}
    return [
        RecordAttendance(
            mandate_id=each.mandate_id,
            party_id=known[each.mandate_id][0],
            party_name=known[each.mandate_id][1],
            function=known[each.mandate_id][2],
            status=each.status,
        )
        for each in session.attendances
    ]


async def _corrected(work: Work, record: SessionRecord) -> RecordCorrection | None:
    if record.appendix_to_id is None:
        return None
    found = (await work.session.execute(_CORRECTED, {"record_id": record.appendix_to_id})).mappings().one()
    return RecordCorrection(**found)
