"""What a group of the story goes through, as events: each is somebody calling a service at a moment."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from app.demo.cast import Cast, without_nulls
from app.demo.story import (
    Appendix,
    Ending,
    GroupStory,
    Registered,
    Review,
    ToldAction,
    ToldDecision,
    ToldGroup,
    ToldNote,
    ToldSession,
    ToldStatement,
)
from app.models.action import Action, ActionCreate, ActionTransition
from app.models.approval import ApprovalCreate
from app.models.dialogue_session import (
    DialogueSession,
    DialogueSessionCreate,
    DialogueSessionTransition,
    DialogueSessionUpdate,
)
from app.models.party_note import PartyNoteCreate
from app.models.session_record import (
    AppendixCreate,
    RecordRegistrationInput,
    SessionRecord,
    SessionRecordTransition,
    SessionRecordUpdate,
)
from app.models.statement import StatementInput
from app.models.working_group import WorkingGroup, WorkingGroupCreate, WorkingGroupTransition
from app.services import (
    actions,
    dialogue_sessions,
    party_notes,
    record_review,
    session_records,
    statements,
    working_groups,
)


class Event(NamedTuple):
    """Something that happens at a moment."""

    at: datetime
    happen: Callable[[], Awaitable[None]]


@dataclass
class Talks:
    """One group and its sessions."""

    cast: Cast
    story: GroupStory
    sessions: dict[str, UUID] = field(default_factory=dict)
    records: dict[str, UUID] = field(default_factory=dict)

    def events(self) -> Iterator[Event]:
        at, group = self.cast.clock.moment, self.story.group
        yield Event(at(group.proposed.day, 9), partial(self._propose, group))
        for place, approval in enumerate(group.approvals):
            yield Event(at(approval.day, 11, 7 * place), partial(self._approve_group, approval))
        for session in self.story.sessions:
            yield from self._of_session(session)
        if group.closed is not None:
            yield Event(at(group.closed.day, 15), partial(self._close, group.closed))

    def _of_session(self, told: ToldSession) -> Iterator[Event]:
        at = self.cast.clock.moment
        yield Event(at(told.planned.day, 10), partial(self._plan, told))
        if told.prepared is not None:
            yield Event(at(told.prepared, 10, 30), partial(self._step, told, told.facilitator, "prepared"))
        if told.cancelled is not None:
            ending = told.cancelled
            yield Event(at(ending.day, 14), partial(self._step, told, ending.by, "cancelled", ending.reason))
        if not told.held:
            return
        yield Event(at(told.starts, 14, 45), partial(self._hold, told))
        yield Event(at(told.starts, 15), partial(self._write, told))
        for action in told.actions:
            yield from self._of_action(told, action)
        for statement in told.statements:
            yield Event(at(statement.day, 9, 20), partial(self._state, told, statement))
        for note in told.notes:
            yield Event(at(note.day, 16), partial(self._note, told, note))
        for review in told.review:
            yield from self._of_review(told.id, review)
        if told.registered is not None:
            yield Event(at(told.registered.day, 13, 30), partial(self._register, told, told.registered))
        for appendix in told.appendices:
            yield Event(at(appendix.begun.day, 9, 40), partial(self._begin_appendix, told, appendix))
            for review in appendix.review:
                yield from self._of_review(appendix.id, review)

    def _of_action(self, told: ToldSession, action: ToldAction) -> Iterator[Event]:
        at, made = self.cast.clock.moment, dict[str, UUID]()
        yield Event(at(told.starts, 15, 10), partial(self._agree, told, action, made))
        if action.settled is not None:
            body = {"to": action.settled.to, "reason": action.settled.reason}
            yield Event(at(action.settled.day, 14), partial(self._follow_up, made, action.settled.by, body))
        if action.checked is not None:
            body = {"to": "effectChecked", "effect": action.checked.effect}
            yield Event(at(action.checked.day, 14, 30), partial(self._follow_up, made, action.checked.by, body))

    def _of_review(self, record: str, review: Review) -> Iterator[Event]:
        at = self.cast.clock.moment
        yield Event(at(review.day, 10), partial(self._send, record, review))
        for place, decision in enumerate(review.decisions):
            yield Event(at(decision.day, 11, 7 * place), partial(self._approve, record, decision))

    # --- The group

    async def _propose(self, told: ToldGroup) -> None:
        cast = self.cast
        proposal = WorkingGroupCreate.model_validate(
            without_nulls(
                {
                    "name": told.name,
                    "purpose": told.purpose,
                    "scopeUnitId": cast.units[told.unit],
                    "level": told.level,
                    "approvalRule": told.rule,
                    "dormancyIntervalDays": told.interval,
                    "partyIds": [cast.parties[name] for name in told.parties],
                }
            )
        )
        work = await cast.acting(told.proposed.by)
        cast.groups[told.id] = (await working_groups.create(work, cast.organisation, proposal)).id

    async def _approve_group(self, told: ToldDecision) -> None:
        work, group_id = await self.cast.acting(told.by), self.cast.groups[self.story.group.id]
        group = await working_groups.read(work, group_id)
        await working_groups.approve(work, group_id, group.version, decision_of(told, group.content_hash))

    async def _close(self, ending: Ending) -> None:
        group_id = self.cast.groups[self.story.group.id]
        closing = WorkingGroupTransition.model_validate({"to": "closed", "reason": ending.reason})
        version = await self.cast.version(WorkingGroup, group_id)
        await working_groups.close(await self.cast.acting(ending.by), group_id, version, closing)

    # --- The session

    async def _plan(self, told: ToldSession) -> None:
        cast = self.cast
        plan = {
            "dialogueTemplateId": cast.templates[told.template],
            "title": told.title,
            "startsAt": cast.clock.moment(told.starts, 13),
            "meetingForm": told.form,
            "place": told.place,
            "facilitatorId": cast.people[told.facilitator],
            "facilitatorFunction": told.facilitator_function,
        }
        planned = await dialogue_sessions.create(
            await cast.acting(told.planned.by),
            cast.groups[self.story.group.id],
            DialogueSessionCreate.model_validate(without_nulls(plan)),
        )
        self.sessions[told.id] = planned.id

    async def _step(self, told: ToldSession, by: str, to: str, reason: str | None = None) -> None:
        session_id = self.sessions[told.id]
        version = await self.cast.version(DialogueSession, session_id)
        step = DialogueSessionTransition.model_validate(without_nulls({"to": to, "reason": reason}))
        read = await dialogue_sessions.transition(await self.cast.acting(by), session_id, version, step)
        if read.session_record_id is not None:
            self.records[told.id] = read.session_record_id

    async def _hold(self, told: ToldSession) -> None:
        """Who was there is noted before the session counts as held."""
        there = {"present": told.present, "excused": told.excused, "absent": told.absent}
        attendances = [
            {"mandateId": self.cast.mandates[name], "status": status}
            for status, names in there.items()
            for name in names
        ]
        session_id = self.sessions[told.id]
        noted = DialogueSessionUpdate.model_validate({"attendances": attendances, "employeeHeadcount": told.headcount})
        version = await self.cast.version(DialogueSession, session_id)
        await dialogue_sessions.update(await self.cast.acting(told.facilitator), session_id, version, noted)
        await self._step(told, told.facilitator, "held")

    # --- The record

    async def _write(self, told: ToldSession) -> None:
        handovers = [
            without_nulls(handover | {"caseNumber": self._numbered(handover.get("caseNumber"), told.starts)})
            for handover in told.handovers
        ]
        joint = {"answers": told.answers, "sharedPicture": told.shared_picture, "handovers": handovers}
        await self._edit(told.id, told.facilitator, joint)

    async def _edit(self, record: str, by: str, joint: dict[str, Any]) -> None:
        record_id = self.records[record]
        version = await self.cast.version(SessionRecord, record_id)
        edit = SessionRecordUpdate.model_validate(joint)
        await session_records.update(await self.cast.acting(by), record_id, version, edit)

    async def _state(self, told: ToldSession, statement: ToldStatement) -> None:
        words = StatementInput.model_validate(
            {"answers": statement.answers, "differences": statement.differences, "published": statement.published}
        )
        work, party_id = await self.cast.acting(statement.by), self.cast.parties[statement.party]
        await statements.write(work, self.records[told.id], party_id, 0, words)

    async def _note(self, told: ToldSession, note: ToldNote) -> None:
        text = PartyNoteCreate.model_validate({"text": note.text})
        await party_notes.create(await self.cast.acting(note.by), self.sessions[told.id], text)

    async def _send(self, record: str, review: Review) -> None:
        if review.answers is not None:
            await self._edit(record, review.by, {"answers": review.answers})
        record_id, deadline = self.records[record], self.cast.clock.moment(review.deadline, 23, 59)
        sending = {"to": "underReview", "reviewDeadline": deadline, "noIndividualRecognisable": True}
        version = await self.cast.version(SessionRecord, record_id)
        step = SessionRecordTransition.model_validate(sending)
        await session_records.transition(await self.cast.acting(review.by), record_id, version, step)

    async def _approve(self, record: str, told: ToldDecision) -> None:
        work, record_id = await self.cast.acting(told.by), self.records[record]
        read = await session_records.read(work, record_id)
        await record_review.approve(work, record_id, read.version, decision_of(told, read.content_hash))

    async def _register(self, told: ToldSession, registered: Registered) -> None:
        years = registered.retained_years
        registration = {
            "caseNumber": self._numbered(registered.case_number, registered.day),
            "archiveClass": registered.archive_class,
            "retainUntil": years and self.cast.clock.day(registered.day) + timedelta(days=round(365.25 * years)),
            "legalHold": registered.legal_hold,
        }
        data = RecordRegistrationInput.model_validate(registration)
        await session_records.register(await self.cast.acting(registered.by), self.records[told.id], 0, data)

    def _numbered(self, case_number: str | None, day: int) -> str | None:
        """Case numbers begin anew each year."""
        return case_number and case_number.format(year=self.cast.clock.day(day).year)

    async def _begin_appendix(self, told: ToldSession, appendix: Appendix) -> None:
        words = AppendixCreate.model_validate({"title": appendix.title, "sharedPicture": appendix.shared_picture})
        work = await self.cast.acting(appendix.begun.by)
        self.records[appendix.id] = (await session_records.create_appendix(work, self.records[told.id], words)).id

    # --- The actions

    async def _agree(self, told: ToldSession, action: ToldAction, made: dict[str, UUID]) -> None:
        step = {
            "what": action.what,
            "ownerFunction": action.owner,
            "dueOn": self.cast.clock.day(action.due),
            "questionId": action.question,
        }
        work = await self.cast.acting(told.facilitator)
        made["id"] = (
            await actions.create(work, self.records[told.id], ActionCreate.model_validate(without_nulls(step)))
        ).id

    async def _follow_up(self, made: dict[str, UUID], by: str, body: dict[str, Any]) -> None:
        step, version = (
            ActionTransition.model_validate(without_nulls(body)),
            await self.cast.version(Action, made["id"]),
        )
        await actions.transition(await self.cast.acting(by), made["id"], version, step)


def decision_of(told: ToldDecision, content_hash: str | None) -> ApprovalCreate:
    """What a party says of what it has read."""
    return ApprovalCreate.model_validate(
        without_nulls({"contentHash": content_hash, "decision": told.decision, "statement": told.says})
    )
