"""Dialogue sessions: planned on one template version, prepared, held with both sides on record, or cancelled."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.dialogue_session import (
    Attendance,
    AttendanceStatus,
    DialogueSession,
    DialogueSessionCreate,
    DialogueSessionRead,
    DialogueSessionState,
    DialogueSessionTransition,
    DialogueSessionUpdate,
)
from app.models.mandate import Mandate, valid_between, valid_on
from app.models.party import Party, PartyState, Side
from app.models.session_record import SessionRecord
from app.models.working_group import WorkingGroup
from app.services import people, policy, record_review
from app.services.calendar import swedish_day
from app.services.dialogue_templates import published_template, title_of
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, refuse_unfit, shown
from app.services.working_groups import met, party_sides

SORTS: dict[str, Columns] = {"startsAt": (col(DialogueSession.starts_at), col(DialogueSession.id))}

_ITEMS = sa.select(
    col(DialogueSession.id),
    col(DialogueSession.title),
    col(DialogueSession.state),
    col(DialogueSession.starts_at),
    col(DialogueSession.meeting_form),
    col(DialogueSession.dialogue_template_id),
).where(col(DialogueSession.working_group_id) == sa.bindparam("working_group_id"), policy.visible(DialogueSession))
_RECORD_ID = sa.select(col(SessionRecord.id)).where(
    col(SessionRecord.dialogue_session_id) == sa.bindparam("session_id"),
    col(SessionRecord.appendix_to_id).is_(None),
)
_TABLE_MANDATES = sa.select(col(Mandate.id), col(Mandate.party_id)).where(
    col(Mandate.party_id).in_(sa.bindparam("party_ids", expanding=True)),
    sa.or_(col(Mandate.working_group_id).is_(None), col(Mandate.working_group_id) == sa.bindparam("group_id")),
    valid_on(sa.bindparam("day", type_=sa.Date)),
)

_CORRECTABLE_AFTERWARDS = {"attendances", "employee_headcount"}


async def list_dialogue_sessions(
    work: Work, working_group_id: UUID, request: PageRequest, state: DialogueSessionState | None
) -> Listed:
    await admit(work, "list_dialogue_sessions", WorkingGroup, working_group_id)
    query = _ITEMS
    if state is not None:
        query = query.where(col(DialogueSession.state) == state)
    return await page(work, query, SORTS, request, working_group_id=working_group_id)


async def create(work: Work, working_group_id: UUID, data: DialogueSessionCreate) -> DialogueSessionRead:
    """Plan a session. The template version is pinned: what is published later does not change it."""
    group = await admit(work, "create_dialogue_session", WorkingGroup, working_group_id)
    template = await published_template(work, data.dialogue_template_id)
    await _check_facilitator(work, group.organisation_id, data.facilitator_id)
    planned = DialogueSession(
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        dialogue_template_id=template.id,
        title=data.title or title_of(template),
        starts_at=data.starts_at,
        meeting_form=data.meeting_form,
        place=data.place,
        facilitator_id=data.facilitator_id,
        facilitator_function=data.facilitator_function,
        created_at=work.now,
    )
    await created(work, "create_dialogue_session", planned)
    return await _read(work, planned)


async def read(work: Work, session_id: UUID) -> DialogueSessionRead:
    return await _read(work, await find(work, DialogueSession, session_id))


async def update(work: Work, session_id: UUID, version: int, data: DialogueSessionUpdate) -> DialogueSessionRead:
    """Change the plan. Once held, only attendance and head-count can be corrected, and that edits the record."""
    session = await admit(work, "update_dialogue_session", DialogueSession, session_id, version)
    given = {name: getattr(data, name) for name in data.model_fields_set}
    if "attendances" in given or "starts_at" in given:
        # A new day is another set of valid mandates: what is noted must fit the day that will stand.
        noted = given.get("attendances", session.attendances)
        day = swedish_day(given.get("starts_at", session.starts_at))
        given["attendances"] = await _attendances(work, session, noted, day)
    changes = differing(session, given)
    if not changes:
        return await _read(work, session)
    if session.state is DialogueSessionState.HELD:
        if not changes.keys() <= _CORRECTABLE_AFTERWARDS:
            raise Refusal(Code.SESSION_HELD)
        if "attendances" in changes:
            await _check_both_sides(work, session, changes["attendances"])
        await record_review.edit_record_of(work, "update_dialogue_session", session.id)
    if "facilitator_id" in changes:
        await _check_facilitator(work, session.organisation_id, changes["facilitator_id"])
    await changed(work, "update_dialogue_session", session, changes)
    return await _read(work, session)


async def transition(
    work: Work, session_id: UUID, version: int, data: DialogueSessionTransition
) -> DialogueSessionRead:
    """Prepared, held or cancelled. Holding needs both sides on record and opens the session's record."""
    session = await admit(work, "transition_dialogue_session", DialogueSession, session_id, version)
    refuse_unfit(data, {"reason": {"cancelled"}})
    changes: dict[str, Any] = {"state": DialogueSessionState(data.to)}
    if data.to == "prepared" and session.state is not DialogueSessionState.PLANNED:
        raise Refusal(Code.TRANSITION_REFUSED, "/to")
    if data.to == "cancelled":
        if data.reason is None:
            raise Refusal(Code.REASON_MISSING, "/reason")
        changes |= {"cancelled_at": work.now, "cancel_reason": data.reason}
    if data.to == "held":
        if work.today < swedish_day(session.starts_at):
            raise Refusal(Code.SESSION_NOT_YET)
        await _check_both_sides(work, session, session.attendances)
        changes["held_at"] = work.now
    await changed(work, "transition_dialogue_session", session, changes)
    if data.to == "held":
        await met(work, "transition_dialogue_session", session)
        record = SessionRecord(
            organisation_id=session.organisation_id,
            working_group_id=session.working_group_id,
            dialogue_session_id=session.id,
            title=session.title,
            created_at=work.now,
        )
        await created(work, "transition_dialogue_session", record)
    return await _read(work, session)


async def _check_facilitator(work: Work, organisation_id: UUID, person_id: UUID) -> None:
    """Somebody of the organisation who stands outside the parties, now and for the days to come."""
    await people.hold(work, person_id, organisation_id, "/facilitatorId")
    mandates = sa.select(col(Mandate.id)).where(
        col(Mandate.person_id) == person_id,
        col(Mandate.organisation_id) == organisation_id,
        valid_between(work.today, None),
        col(Mandate.party_id).in_(sa.select(col(Party.id)).where(col(Party.state) == PartyState.ACTIVE)),
    )
    if (await work.session.execute(mandates.limit(1))).first() is not None:
        raise Refusal(Code.FACILITATOR_HOLDS_MANDATE, "/facilitatorId")


async def _parties_by_mandate(
    work: Work, session: DialogueSession, sides: Iterable[UUID], day: date
) -> dict[UUID, UUID]:
    """The party of every mandate that counts at this table on the session's day."""
    given = {"party_ids": list(sides), "group_id": session.working_group_id, "day": day}
    rows = await work.session.execute(_TABLE_MANDATES, given)
    return {row.id: row.party_id for row in rows}


async def _attendances(work: Work, session: DialogueSession, given: Iterable[Any], day: date) -> list[Attendance]:
    attendances = [Attendance(mandate_id=each.mandate_id, status=each.status) for each in given]
    named = [attendance.mandate_id for attendance in attendances]
    if len(set(named)) != len(named):
        raise Refusal(Code.NAMED_TWICE, "/attendances")
    known = await _parties_by_mandate(work, session, await party_sides(work, session.working_group_id), day)
    for place, mandate_id in enumerate(named):
        if mandate_id not in known:
            raise Refusal(Code.UNKNOWN_MANDATE, f"/attendances/{place}/mandateId")
    return attendances


async def _check_both_sides(work: Work, session: DialogueSession, attendances: Iterable[Attendance]) -> None:
    """The employer and at least one union are present, or have said that they could not be."""
    sides = await party_sides(work, session.working_group_id)
    parties = await _parties_by_mandate(work, session, sides, swedish_day(session.starts_at))
    there = {
        sides[parties[attendance.mandate_id]]
        for attendance in attendances
        if attendance.status is not AttendanceStatus.ABSENT and attendance.mandate_id in parties
    }
    if there != {Side.EMPLOYER, Side.UNION}:
        raise Refusal(Code.ATTENDANCE_ONE_SIDED)


async def _read(work: Work, session: DialogueSession) -> DialogueSessionRead:
    record_id = (await work.session.execute(_RECORD_ID, {"session_id": session.id})).scalar_one_or_none()
    return shown(work, DialogueSessionRead, session, session_record_id=record_id)
