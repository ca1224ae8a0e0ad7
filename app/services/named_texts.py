"""Takes a person's name and e-mail address out of what others have written about them, where it is not final.

Whoever is erased may stand in a note, a draft or a step somebody else wrote. Nobody reads through all that: the exact
name and address are replaced by `NN`, in every form that Swedish gives a name and wherever the line breaks in it. What
is final stays as it is. A test asks of every text column of every table whether it is in `WRITTEN`, and else why not.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import Action
from app.models.approval import Approval
from app.models.base import Table
from app.models.destruction import Destruction, DestructionState
from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.followed_guide import FollowedGuide, PhaseSkip
from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState, LearningRevisit
from app.models.legal_hold import LegalHold
from app.models.mandate import Mandate
from app.models.party_note import PartyNote
from app.models.person import Person
from app.models.service_client import ServiceClient
from app.models.session_record import Handover, SessionRecord, SessionRecordState
from app.models.statement import Statement
from app.models.survey_amendment import SurveyAmendment, SurveyAmendmentState
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.template_content import TemplateContent
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services import (
    destructions,
    dialogue_templates,
    learning_log_entries,
    record_review,
    service_clients,
    survey_amendments,
    survey_opening,
    working_groups,
)
from app.services.person_names import UNSEEN, in_any_form
from app.services.work import Work, changed

NOBODY = "NN"
"""As Swedish writes of somebody unnamed (nomen nescio). No name is shorter, so no text outgrows its bounds."""

_NOT_FINAL = sa.select(col(SessionRecord.id)).where(col(SessionRecord.state) != SessionRecordState.FINAL)


@dataclass(frozen=True)
class Written:
    """Fields in which people write freely, of rows that still can be rewritten."""

    row_type: type[Any]
    fields: tuple[str, ...]
    open: sa.ColumnElement[bool] | None = None
    """Which of the rows; all of them if it does not say."""
    also: tuple[str, ...] = ()
    """Fields that are made of the others, and are looked through like them."""


# What is decided jointly (a started group, an opened round, a decision with its statement) is as final as a record.
# In the order in which others hold such rows: a session before its record, a record before what belongs to it, a round
# before its changes, and mandates after what is decided by them.
WRITTEN = (
    Written(DialogueSession, ("title", "place", "facilitator_function", "cancel_reason")),
    Written(
        SessionRecord,
        ("title", "answers", "shared_picture", "handovers"),
        col(SessionRecord.state) != SessionRecordState.FINAL,
        ("content",),
    ),
    Written(Statement, ("answers", "differences"), col(Statement.session_record_id).in_(_NOT_FINAL)),
    Written(Action, ("what", "owner_function", "reason", "effect")),
    Written(PartyNote, ("text",)),
    # What is shared is final; what the group has noted since is not.
    Written(
        LearningLogEntry, ("title", "text", "revisits"), col(LearningLogEntry.state) != LearningLogEntryState.SHARED
    ),
    Written(LearningLogEntry, ("revisits",), col(LearningLogEntry.state) == LearningLogEntryState.SHARED),
    Written(Destruction, ("reason",), col(Destruction.state) != DestructionState.CARRIED_OUT),
    Written(
        SurveyRound,
        ("title",),
        sa.or_(
            col(SurveyRound.state).in_([SurveyRoundState.DRAFT, SurveyRoundState.PROPOSED]),
            sa.and_(col(SurveyRound.state) == SurveyRoundState.CANCELLED, col(SurveyRound.opened_at).is_(None)),
        ),
    ),
    Written(SurveyRound, ("cancel_reason",), col(SurveyRound.state) == SurveyRoundState.CANCELLED),
    Written(SurveyAmendment, ("reason",), col(SurveyAmendment.state) != SurveyAmendmentState.DECIDED),
    Written(FollowedGuide, ("skips", "end_reason")),
    Written(WorkingGroup, ("name", "purpose"), col(WorkingGroup.state) == WorkingGroupState.FORMING),
    Written(WorkingGroup, ("close_reason",), col(WorkingGroup.state) == WorkingGroupState.CLOSED),
    Written(ServiceClient, ("name", "purpose", "contact")),
    Written(Approval, ("statement",), col(Approval.voided_at).is_not(None)),
    Written(Mandate, ("function",)),
    Written(DialogueTemplate, ("content",), col(DialogueTemplate.state) == DialogueTemplateState.DRAFT),
    # A hold is no part of what it is on: why it was set can be told without a name while it stands.
    Written(LegalHold, ("reason",)),
)
_OF_RECORDS = (Statement, Action)
BEFORE_ORGANISATION = tuple(each for each in WRITTEN if each.row_type is not Mandate)
AFTER_ORGANISATION = tuple(each for each in WRITTEN if each.row_type is Mandate)
"""Whoever syncs holds the organisation and then the mandates of those who leave (docs/decisions/order-of-locks.md)."""


async def hold(work: Work, person: Person, kinds: Sequence[Written]) -> None:
    """Wait for those who decide on what names the person, before the organisation and the person are held."""
    words = await _words(work, person)
    if kinds is BEFORE_ORGANISATION:
        await _hold_records(work, words, person)
    for written in kinds:
        await _rows(work, written, words, person)


async def take_out(work: Work, operation: str, person: Person) -> None:
    """Replace the person's name and address throughout their organisation. Refused where a legal hold is."""
    words = await _words(work, person)
    pattern = in_any_form(words)

    def without(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(NOBODY, value)
        if isinstance(value, dict):
            return {key: without(each) for key, each in value.items()}
        if isinstance(value, list):
            return [without(each) for each in value]
        if isinstance(value, Handover | PhaseSkip | LearningRevisit):
            return type(value)(**without(value.model_dump()))
        return value

    for written in WRITTEN:
        for row in await _rows(work, written, words, person):
            await _rewrite(work, operation, row, written, without)


async def _words(work: Work, person: Person) -> list[str]:
    return [person.email, *([person.name] if await _is_only_theirs(work, person) else [])]


async def _is_only_theirs(work: Work, person: Person) -> bool:
    """One word may be any word, and of two people with one name nobody knows who is meant."""
    if len(person.name.split()) < 2:
        return False
    namesakes = sa.select(col(Person.id)).where(
        col(Person.organisation_id) == person.organisation_id,
        col(Person.id) != person.id,
        sa.func.lower(col(Person.name)) == sa.func.lower(person.name),
    )
    return (await work.session.execute(namesakes.limit(1))).first() is None


def _likely(written: Written, words: Sequence[str], person: Person) -> sa.ColumnElement[bool]:
    """Rows in which one of the words may stand. What the database does not know to be a letter matches all."""
    likely = [f"%{re.sub(r'[^0-9A-Za-z]', '%', each)}%" for each in words]
    columns = [getattr(written.row_type, field) for field in (*written.fields, *written.also)]
    return sa.and_(
        written.row_type.organisation_id == person.organisation_id,
        sa.true() if written.open is None else written.open,
        sa.or_(*(_seen(column).ilike(each) for column in columns for each in likely)),
    )


def _seen(column: Any) -> sa.ColumnElement[str]:
    """What is read of a column."""
    return sa.func.translate(sa.cast(column, sa.Text), UNSEEN, "", type_=sa.Text)


async def _hold_records(work: Work, words: Sequence[str], person: Person) -> None:
    """Whoever approves a record holds it and then takes what belongs to it. So do we, and all of them in one order."""
    named = [
        sa.select(col(SessionRecord.id) if each.row_type is SessionRecord else each.row_type.session_record_id).where(
            _likely(each, words, person)
        )
        for each in WRITTEN
        if each.row_type in (SessionRecord, *_OF_RECORDS)
    ]
    records = sa.select(col(SessionRecord.id)).where(col(SessionRecord.id).in_(sa.union_all(*named)))
    await work.session.execute(records.order_by(col(SessionRecord.id)).with_for_update(key_share=True))


async def _rows(work: Work, written: Written, words: Sequence[str], person: Person) -> Sequence[Table]:
    """Those rows, held, and always in the same order."""
    query = (
        sa.select(written.row_type)
        .where(_likely(written, words, person))
        .order_by(*sa.inspect(written.row_type).primary_key)
        .with_for_update(of=written.row_type, key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await work.session.execute(query)).scalars().all()


async def _rewrite(work: Work, operation: str, row: Table, written: Written, without: Callable[[Any], Any]) -> None:
    changes = {field: without(getattr(row, field)) for field in written.fields}
    changes = {field: value for field, value in changes.items() if value != getattr(row, field)}
    if not changes and not any(without(getattr(row, field)) != getattr(row, field) for field in written.also):
        return
    match row:
        case SessionRecord():
            # What was under review said something else: it is a draft again.
            await record_review.edit(work, operation, row, changes)
        case WorkingGroup(state=WorkingGroupState.FORMING):
            parties = sorted(await working_groups.party_sides(work, row.id))
            await working_groups.edit(work, operation, row, changes, parties)
        case SurveyRound(state=SurveyRoundState.PROPOSED):
            await survey_opening.take_back(work, operation, row, changes)
        case SurveyRound() if "title" in changes:
            # What was proposed and never opened repeats the title; nobody decides on it any more.
            await changed(work, operation, row, changes | {"content": None, "content_hash": None})
        case SurveyAmendment():
            await survey_amendments.edit(work, operation, row, changes)
        case LearningLogEntry():
            await learning_log_entries.edit(work, operation, row, changes)
        case Destruction():
            await destructions.edit(work, operation, row, changes)
        case ServiceClient():
            await service_clients.edit(work, operation, row, changes)
        case DialogueTemplate():
            content = TemplateContent.model_validate(changes["content"])
            await changed(work, operation, row, dialogue_templates.columns_of(content))
        case _:
            await changed(work, operation, row, changes)
