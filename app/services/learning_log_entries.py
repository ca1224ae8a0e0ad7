"""What a group has learned: written, looked at again, and shared with the organisation when both sides decide so."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalCreate, ApprovalRead, SubjectType, VoidReason
from app.models.base import Table
from app.models.dialogue_session import DialogueSession
from app.models.learning_log_entry import (
    LearningContent,
    LearningLogEntry,
    LearningLogEntryCreate,
    LearningLogEntryRead,
    LearningLogEntryState,
    LearningLogEntryTransition,
    LearningLogEntryUpdate,
    LearningRevisit,
    LearningRevisitCreate,
)
from app.models.working_group import WorkingGroup
from app.services import joint_decision, person_names, policy
from app.services.content_hash import content_hash
from app.services.errors import Code, Refusal
from app.services.joint_decision import Outcome, Subject
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, removed, shown
from app.services.working_groups import deciding_sides

SORTS: dict[str, Columns] = {
    "createdAt": (col(LearningLogEntry.id),),
    "lastLookedAtOn": (col(LearningLogEntry.last_looked_at_on), col(LearningLogEntry.id)),
}

_ITEMS = sa.select(
    col(LearningLogEntry.id),
    col(LearningLogEntry.title),
    col(LearningLogEntry.learned_month),
    col(LearningLogEntry.state),
    col(LearningLogEntry.last_looked_at_on),
).where(col(LearningLogEntry.working_group_id) == sa.bindparam("group_id"), policy.visible(LearningLogEntry))

_OWN = {"state": LearningLogEntryState.OWN, "content_hash": None}


async def list_of_group(
    work: Work, working_group_id: UUID, request: PageRequest, state: LearningLogEntryState | None
) -> Listed:
    await admit(work, "list_learning_log_entries", WorkingGroup, working_group_id)
    query = _ITEMS if state is None else _ITEMS.where(col(LearningLogEntry.state) == state)
    return await page(work, query, SORTS, request, group_id=working_group_id)


async def create(work: Work, working_group_id: UUID, data: LearningLogEntryCreate) -> LearningLogEntryRead:
    group = await admit(work, "create_learning_log_entry", WorkingGroup, working_group_id)
    _check_month(work, data.learned_month)
    await person_names.refuse_people(work, group.organisation_id, {"/title": data.title, "/text": data.text})
    if data.dialogue_session_id is not None:
        of_group = sa.select(col(DialogueSession.id)).where(
            col(DialogueSession.id) == data.dialogue_session_id, col(DialogueSession.working_group_id) == group.id
        )
        if (await work.session.execute(of_group)).first() is None:
            raise Refusal(Code.UNKNOWN_SESSION, "/dialogueSessionId")
    entry = LearningLogEntry(
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        unit_id=group.scope_unit_id,
        **data.model_dump(),
        last_looked_at_on=work.today,
        created_at=work.now,
    )
    await created(work, "create_learning_log_entry", entry)
    return await _shown(work, entry, [])


async def read(work: Work, entry_id: UUID) -> LearningLogEntryRead:
    entry, approvals = await joint_decision.find_decided(work, LearningLogEntry, entry_id)
    return await _shown(work, entry, approvals)


async def update(work: Work, entry_id: UUID, version: int, data: LearningLogEntryUpdate) -> LearningLogEntryRead:
    """Change what it says, until it is shared. A decision on what it said before counts no more."""
    entry = await admit(work, "update_learning_log_entry", LearningLogEntry, entry_id, version)
    if changes := differing(entry, data.model_dump(exclude_unset=True)):
        _check_month(work, changes.get("learned_month", entry.learned_month))
        texts = {f"/{field}": changes.get(field) for field in ("title", "text")}
        await person_names.refuse_people(work, entry.organisation_id, texts)
        await edit(work, "update_learning_log_entry", entry, changes)
    return await _read(work, entry)


async def edit(work: Work, operation: str, entry: LearningLogEntry, changes: dict[str, Any]) -> None:
    """Change an entry that is not shared. The caller holds its lock; approvals of what it said before are void."""
    for field, value in changes.items():
        setattr(entry, field, value)
    said = {} if entry.state is LearningLogEntryState.OWN else {"content_hash": _hashed(entry)}
    await changed(work, operation, entry, said)
    if changes.keys() - {"revisits"}:
        await joint_decision.void(work, operation, entry.id, VoidReason.EDITED)


async def delete(work: Work, entry_id: UUID, version: int) -> None:
    entry = await admit(work, "delete_learning_log_entry", LearningLogEntry, entry_id, version)
    # A party's request for a change may stand still.
    await joint_decision.void(work, "delete_learning_log_entry", entry.id, VoidReason.EDITED)
    await removed(work, "delete_learning_log_entry", entry)


async def revisit(work: Work, entry_id: UUID, data: LearningRevisitCreate) -> LearningLogEntryRead:
    """Looked at again today. Twice on one day is once; what is noted last on that day stays noted."""
    entry = await admit(work, "create_learning_revisit", LearningLogEntry, entry_id)
    await person_names.refuse_people(work, entry.organisation_id, {"/stillHolds": data.still_holds})
    today = [each for each in entry.revisits if each.on == work.today]
    noted = data.still_holds or next((each.still_holds for each in today), None)
    revisits = [*(each for each in entry.revisits if each.on != work.today)]
    revisits.append(LearningRevisit(on=work.today, still_holds=noted))
    changes = differing(entry, {"revisits": revisits, "last_looked_at_on": work.today})
    if changes:
        await changed(work, "create_learning_revisit", entry, changes)
    return await _read(work, entry)


async def transition(
    work: Work, entry_id: UUID, version: int, data: LearningLogEntryTransition
) -> LearningLogEntryRead:
    """Propose it for the organisation's library, or take that back: nobody's decision on it counts any more."""
    entry = await admit(work, "transition_learning_log_entry", LearningLogEntry, entry_id, version)
    if data.to == entry.state.value:
        raise Refusal(Code.TRANSITION_REFUSED, "/to")
    await joint_decision.void(work, "transition_learning_log_entry", entry.id, VoidReason.EDITED)
    proposed = {"state": LearningLogEntryState.PROPOSED, "content_hash": _hashed(entry)}
    changes = proposed if data.to == "proposed" else _OWN
    await changed(work, "transition_learning_log_entry", entry, changes)
    return await _read(work, entry)


async def approve(work: Work, entry_id: UUID, version: int, data: ApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed shares the entry, as it is and for good."""
    entry = await admit(work, "approve_learning_log_entry", LearningLogEntry, entry_id, version)
    subject = await _subject(work, entry)
    approval, outcome = await joint_decision.decide(work, "approve_learning_log_entry", subject, data)
    if outcome is Outcome.REACHED:
        await person_names.refuse_anybody(work, entry.organisation_id, (entry.title, entry.text))
        made = {"state": LearningLogEntryState.SHARED, "shared_at": work.now}
        await changed(work, "approve_learning_log_entry", entry, made, mandate_id=approval.mandate_id)
    elif outcome is Outcome.CHANGE_REQUESTED:
        await joint_decision.void(
            work, "approve_learning_log_entry", entry.id, VoidReason.CHANGE_REQUESTED, except_for=approval
        )
        await changed(work, "approve_learning_log_entry", entry, _OWN, mandate_id=approval.mandate_id)
    return shown(work, ApprovalRead, approval)


def _check_month(work: Work, month: str) -> None:
    if month > f"{work.today:%Y-%m}":
        raise Refusal(Code.DATE_IN_FUTURE, "/learnedMonth")


async def _subject(work: Work, entry: LearningLogEntry) -> Subject:
    group = await work.session.get_one(WorkingGroup, entry.working_group_id)
    return Subject(
        SubjectType.LEARNING_LOG_ENTRY,
        entry.id,
        entry.organisation_id,
        entry.working_group_id,
        entry.content_hash or "",
        group.approval_rule,
        await deciding_sides(work, group.id),
    )


def _content(entry: LearningLogEntry) -> LearningContent:
    return LearningContent(
        learning_log_entry_id=entry.id,
        unit_id=entry.unit_id,
        title=entry.title,
        text=entry.text,
        learned_month=entry.learned_month,
    )


def _hashed(entry: LearningLogEntry) -> str:
    return content_hash(_content(entry).model_dump(mode="json", by_alias=True))


async def _read(work: Work, entry: LearningLogEntry) -> LearningLogEntryRead:
    """As it stands for one who holds its row, without which decisions could come between."""
    return await _shown(work, entry, await joint_decision.standing(work, entry.id))


async def _shown(work: Work, entry: LearningLogEntry, approvals: Sequence[Approval]) -> LearningLogEntryRead:
    around: dict[type[Table], Any] = {WorkingGroup: await work.session.get_one(WorkingGroup, entry.working_group_id)}
    read = shown(
        work,
        LearningLogEntryRead,
        entry,
        around,
        content=None if entry.content_hash is None else _content(entry),
        approvals=joint_decision.summaries(approvals),
        revisit_count=len(entry.revisits),
    )
    joint_decision.mark_decided(
        work, read.allowed_actions, "approve_learning_log_entry", entry.working_group_id, approvals
    )
    return read
