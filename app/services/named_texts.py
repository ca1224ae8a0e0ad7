"""Takes a person's name and e-mail address out of what others have written about them, where it is not final.

Whoever is erased may stand in a note, a draft or a step somebody else wrote. Nobody reads through all that: the exact
name and address are replaced by `NN`, in every form that Swedish gives a name. What is final stays as it is.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import Action
from app.models.base import Table
from app.models.dialogue_session import DialogueSession
from app.models.legal_hold import LegalHold
from app.models.mandate import Mandate
from app.models.party_note import PartyNote
from app.models.person import Person
from app.models.session_record import Handover, SessionRecord, SessionRecordState
from app.models.statement import Statement
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services import record_review, working_groups
from app.services.work import Work, changed

NOBODY = "NN"
"""As Swedish writes of somebody unnamed (nomen nescio). No name is shorter, so no text outgrows its bounds."""

_NOT_FINAL = sa.select(col(SessionRecord.id)).where(col(SessionRecord.state) != SessionRecordState.FINAL)


@dataclass(frozen=True)
class _Written:
    """Fields in which people write freely, of rows that still can be rewritten."""

    row_type: type[Any]
    fields: tuple[str, ...]
    open: sa.ColumnElement[bool] | None = None
    """Which of the rows; all of them if it does not say."""
    also: tuple[str, ...] = ()
    """Fields that are made of the others, and are looked through like them."""


# What is decided jointly (a started group, an opened round, a decision with its statement) is as final as a record.
WRITTEN = (
    _Written(Mandate, ("function",)),
    _Written(DialogueSession, ("title", "place", "facilitator_function", "cancel_reason")),
    _Written(PartyNote, ("text",)),
    _Written(Action, ("what", "owner_function", "reason", "effect")),
    _Written(Statement, ("answers", "differences"), col(Statement.session_record_id).in_(_NOT_FINAL)),
    _Written(
        SessionRecord,
        ("title", "answers", "shared_picture", "handovers"),
        col(SessionRecord.state) != SessionRecordState.FINAL,
        ("content",),
    ),
    _Written(WorkingGroup, ("name", "purpose"), col(WorkingGroup.state) == WorkingGroupState.FORMING),
    _Written(WorkingGroup, ("close_reason",), col(WorkingGroup.state) == WorkingGroupState.CLOSED),
    _Written(SurveyRound, ("title",), col(SurveyRound.state) == SurveyRoundState.DRAFT),
    _Written(SurveyRound, ("cancel_reason",), col(SurveyRound.state) == SurveyRoundState.CANCELLED),
    _Written(LegalHold, ("reason",), col(LegalHold.lifted_at).is_not(None)),
)


async def take_out(work: Work, operation: str, person: Person) -> None:
    """Replace the person's name and address throughout their organisation. Refused where a legal hold is."""
    words = [person.email, *([person.name] if await _is_only_theirs(work, person) else [])]
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(each)}s?(?!\w)" for each in words), re.IGNORECASE)

    def without(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(NOBODY, value)
        if isinstance(value, dict):
            return {key: without(each) for key, each in value.items()}
        if isinstance(value, list):
            return [without(each) for each in value]
        if isinstance(value, Handover):
            return Handover(**without(value.model_dump()))
        return value

    for written in WRITTEN:
        for row in await _rows(work, written, words, person):
            await _rewrite(work, operation, row, written, without)


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


async def _rows(work: Work, written: _Written, words: Sequence[str], person: Person) -> Sequence[Table]:
    """Rows in which one of the words may stand, held. What the database does not know to be a letter matches all."""
    likely = [f"%{re.sub(r'[^0-9A-Za-z ]', '%', each)}%" for each in words]
    columns = [getattr(written.row_type, field) for field in (*written.fields, *written.also)]
    query = (
        sa.select(written.row_type)
        .where(written.row_type.organisation_id == person.organisation_id)
        .where(sa.true() if written.open is None else written.open)
        .where(sa.or_(*(sa.cast(column, sa.Text).ilike(each) for column in columns for each in likely)))
        .with_for_update(of=written.row_type, key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await work.session.execute(query)).scalars().all()


async def _rewrite(work: Work, operation: str, row: Table, written: _Written, without: Callable[[Any], Any]) -> None:
    changes = {field: without(getattr(row, field)) for field in written.fields}
    changes = {field: value for field, value in changes.items() if value != getattr(row, field)}
    in_content = any(without(getattr(row, field)) != getattr(row, field) for field in written.also)
    if isinstance(row, SessionRecord) and (changes or in_content):
        # What was under review said something else: it is a draft again.
        await record_review.edit(work, operation, row, changes)
    elif isinstance(row, WorkingGroup) and row.state is WorkingGroupState.FORMING and changes:
        await working_groups.edit(work, operation, row, changes, sorted(await working_groups.party_sides(work, row.id)))
    elif changes:
        await changed(work, operation, row, changes)
