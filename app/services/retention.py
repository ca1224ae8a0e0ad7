"""Carries out retention rules: what is past its time goes, unless a legal hold is on it, and the log says so.

A turn is one rule in one transaction, and takes at most so many things that nobody waits long for their locks.
"""

import calendar
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.models.destruction_log_entry import DestructionLogEntry
from app.models.organisation import Organisation
from app.models.party_note import PartyNote
from app.models.person import Person
from app.models.retention_rule import RetainedKind, RetentionRule
from app.models.session_record import RecordRegistration, SessionRecord, SessionRecordState
from app.models.sign_in import FAMILY_AT_MOST, RefreshToken, SignIn
from app.services.calendar import swedish_day
from app.services.record_destruction import Ground, destroy
from app.services.retention_rules import NOTICE

AT_ONCE = 500
RECORDS_AT_ONCE = 100
PASSES = 4
"""Enough for a record to go together with its appendices and theirs."""

_NOBODY = sa.cast(sa.null(), sa.Uuid)
_OLDER = sa.bindparam("older_than", type_=sa.DateTime(timezone=True))
_ORGANISATION = sa.bindparam("organisation_id", type_=sa.Uuid)


async def due(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """The rules whose notice is over."""
    query = sa.select(col(RetentionRule.id)).where(col(RetentionRule.set_at) <= now - NOTICE)
    return (await session.execute(query.order_by(col(RetentionRule.id)))).scalars().all()


async def carry_out(session: AsyncSession, rule_id: UUID, now: datetime) -> bool:
    """One turn of one rule. Says whether anything was destroyed, and so whether there may be more."""
    query = sa.select(RetentionRule).where(col(RetentionRule.id) == rule_id).with_for_update(skip_locked=True)
    rule = (await session.execute(query)).scalar_one_or_none()
    if rule is None or now < rule.set_at + NOTICE:
        return False
    # Nobody sets a legal hold meanwhile: that takes the organisation's row for itself.
    organisation = sa.select(col(Organisation.id)).where(col(Organisation.id) == rule.organisation_id)
    await session.execute(organisation.with_for_update(read=True))
    return await _TURNS[rule.kind](session, rule, now)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many months earlier, or the last day of that month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    if year < 1:
        return datetime.min.replace(tzinfo=moment.tzinfo)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _held(organisation: Any, group: Any = _NOBODY, record: Any = _NOBODY, person: Any = _NOBODY) -> Any:
    return sa.func.is_held(organisation, group, record, person)


# --- Final records -----------------------------------------------------------------------------------------

_APPENDIX = aliased(SessionRecord)
_KEPT_LONGER = sa.exists().where(
    sa.or_(
        col(RecordRegistration.session_record_id) == col(SessionRecord.id),
        col(RecordRegistration.session_record_id) == col(SessionRecord.appendix_to_id),
    ),
    col(RecordRegistration.retain_until) >= sa.bindparam("today", type_=sa.Date),
)
# An appendix first, and then what it corrects: a record waits for the last of its appendices.
_RECORDS = (
    sa.select(SessionRecord)
    .where(
        col(SessionRecord.organisation_id) == _ORGANISATION,
        col(SessionRecord.state) == SessionRecordState.FINAL,
        col(SessionRecord.final_at) < _OLDER,
        ~_KEPT_LONGER,
        ~_held(col(SessionRecord.organisation_id), col(SessionRecord.working_group_id), col(SessionRecord.id)),
        ~sa.exists().where(col(_APPENDIX.appendix_to_id) == col(SessionRecord.id)),
    )
    .order_by(col(SessionRecord.id))
    .limit(RECORDS_AT_ONCE)
    .with_for_update(skip_locked=True)
)


async def _records(session: AsyncSession, rule: RetentionRule, now: datetime) -> bool:
    ground = Ground(rule.decision_reference, rule.archive_class, retention_rule_id=rule.id)
    given = _given(rule, now) | {"today": swedish_day(now)}
    any_gone = False
    for _ in range(PASSES):
        # Held from here on: an appendix is begun only by one who holds what it corrects.
        found = (await session.execute(_RECORDS, given)).scalars().all()
        if not found:
            break
        await destroy(session, found, ground, now)
        any_gone = True
    return any_gone


# --- Many small things, logged by number -------------------------------------------------------------------

_NOTES = sa.select(col(PartyNote.id), col(PartyNote.party_id)).where(
    col(PartyNote.organisation_id) == _ORGANISATION,
    col(PartyNote.created_at) < _OLDER,
    ~_held(col(PartyNote.organisation_id), col(PartyNote.working_group_id)),
)
_ENTRIES = sa.select(col(AuditEntry.id), col(AuditEntry.party_id)).where(
    col(AuditEntry.organisation_id) == _ORGANISATION,
    col(AuditEntry.happened_at) < _OLDER,
    ~_held(
        col(AuditEntry.organisation_id),
        col(AuditEntry.working_group_id),
        col(AuditEntry.subject_id),
        col(AuditEntry.person_id),
    ),
)
# What a token could still be renewed from is no history yet.
_SIGN_INS = (
    sa.select(col(SignIn.id), _NOBODY.label("party_id"))
    .join(Person, col(Person.id) == col(SignIn.person_id))
    .where(
        col(Person.organisation_id) == _ORGANISATION,
        col(SignIn.started_at) < _OLDER,
        col(SignIn.started_at) < sa.bindparam("over", type_=sa.DateTime(timezone=True)),
        ~_held(col(Person.organisation_id), person=col(Person.id)),
    )
)


async def _notes(session: AsyncSession, rule: RetentionRule, now: datetime) -> bool:
    return await _many(session, rule, now, _NOTES, PartyNote)


async def _entries(session: AsyncSession, rule: RetentionRule, now: datetime) -> bool:
    return await _many(session, rule, now, _ENTRIES, AuditEntry)


async def _sign_ins(session: AsyncSession, rule: RetentionRule, now: datetime) -> bool:
    return await _many(session, rule, now, _SIGN_INS, SignIn, before=RefreshToken.sign_in_id)


async def _many(
    session: AsyncSession,
    rule: RetentionRule,
    now: datetime,
    query: sa.Select[*tuple[Any, ...]],
    row_type: Any,
    before: Any = None,
) -> bool:
    """Delete what the query finds, `before` it what refers to it; an entry in the log for each party and the rest."""
    given = _given(rule, now) | {"over": now - FAMILY_AT_MOST}
    asked = query.order_by(row_type.id).limit(AT_ONCE).with_for_update(of=row_type, skip_locked=True)
    by_party: dict[UUID | None, list[UUID]] = {}
    for row_id, party_id in await session.execute(asked, given):
        by_party.setdefault(party_id, []).append(row_id)
    for party_id, ids in by_party.items():
        session.add(
            DestructionLogEntry(
                organisation_id=rule.organisation_id,
                party_id=party_id,
                kind=rule.kind,
                older_than=given["older_than"],
                count=len(ids),
                archive_class=rule.archive_class,
                decision_reference=rule.decision_reference,
                retention_rule_id=rule.id,
                destroyed_at=now,
            )
        )
        await session.flush()
        if before is not None:
            await session.execute(sa.delete(before.class_).where(before.in_(ids)))
        await session.execute(sa.delete(row_type).where(row_type.id.in_(ids)))
    return bool(by_party)


def _given(rule: RetentionRule, now: datetime) -> dict[str, Any]:
    return {"organisation_id": rule.organisation_id, "older_than": months_before(now, rule.keep_months)}


_TURNS: dict[RetainedKind, Callable[[AsyncSession, RetentionRule, datetime], Awaitable[bool]]] = {
    RetainedKind.SESSION_RECORDS: _records,
    RetainedKind.PARTY_NOTES: _notes,
    RetainedKind.AUDIT_ENTRIES: _entries,
    RetainedKind.SIGN_INS: _sign_ins,
}
