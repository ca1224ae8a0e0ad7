"""What a calendar feed shows: what its person may read at this moment, and nothing that names anybody."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.action import Action, ActionState
from app.models.base import Table
from app.models.calendar_feed import CalendarFeed
from app.models.columns import Language, UtcDateTime
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.dialogue_template import DialogueTemplate
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.services import policy
from app.services.archive_texts import said_in
from app.services.calendar_feeds import SUFFIX, TOKEN_BYTES
from app.services.errors import Code, Refusal
from app.services.icalendar_text import Entry
from app.services.sign_ins import digest
from app.services.spelling import bytes_of, is_canonical
from app.services.work import Work

BACK = timedelta(days=180)
"""What was before is in nobody's way, and in the records."""
MOST = 1_000
"""Of one kind, the latest."""

_WORDS = {
    Language.SWEDISH: ("Ska vara klart: ", "Enkäten öppnar: ", "Enkäten stänger: "),
    Language.ENGLISH: ("Due: ", "The survey opens: ", "The survey closes: "),
}
_SINCE = sa.bindparam("since", type_=UtcDateTime)
_FEED = sa.select(col(CalendarFeed.person_id), col(CalendarFeed.working_group_id)).where(
    col(CalendarFeed.token_hash) == sa.bindparam("token_hash", type_=sa.LargeBinary)
)


def _of_group(row_type: type[Any]) -> sa.ColumnElement[bool]:
    group = sa.bindparam("group_id", type_=sa.Uuid)
    return sa.or_(group.is_(None), col(row_type.working_group_id) == group)


def _shown(row_type: type[Table], at: Any, *columns: Any) -> sa.Select[*tuple[Any, ...]]:
    own: Any = row_type
    seen = sa.select(col(own.id), col(own.version), col(own.created_at), *columns)
    return seen.where(policy.visible(row_type), _of_group(row_type), at >= _SINCE).order_by(at.desc()).limit(MOST)


_SESSIONS = _shown(
    DialogueSession,
    col(DialogueSession.starts_at),
    col(DialogueSession.starts_at),
    col(DialogueSession.state),
    col(DialogueSession.place),
    col(DialogueTemplate.title),
    col(DialogueTemplate.total_minutes),
).join(DialogueTemplate, col(DialogueTemplate.id) == col(DialogueSession.dialogue_template_id))
_ACTIONS = _shown(Action, col(Action.due_on), col(Action.due_on), col(Action.what)).where(
    col(Action.state) == ActionState.OPEN
)
_ROUNDS = _shown(
    SurveyRound,
    col(SurveyRound.closes_at),
    col(SurveyRound.opens_at),
    col(SurveyRound.closes_at),
    col(SurveyRound.state),
    col(SurveyRound.title),
).where(
    # What is not decided yet is in no calendar.
    col(SurveyRound.state).not_in([SurveyRoundState.DRAFT, SurveyRoundState.PROPOSED]),
    col(SurveyRound.opened_at).is_not(None),
)


async def whose(session: AsyncSession, last_part: str) -> tuple[UUID, UUID | None]:
    """The person to whom the address was given, and the group it is for. Unknown and revoked are refused alike."""
    token = last_part.removesuffix(SUFFIX)
    if token == last_part or not is_canonical(token) or len(bytes_of(token)) != TOKEN_BYTES:
        raise Refusal(Code.NOT_FOUND)
    feed = (await session.execute(_FEED, {"token_hash": digest(token)})).one_or_none()
    if feed is None:
        raise Refusal(Code.NOT_FOUND)
    return feed.person_id, feed.working_group_id


async def entries(work: Work, group_id: UUID | None) -> list[Entry]:
    """In the order of their ids, which never changes."""
    given = work.actor.held | {"group_id": group_id, "since": work.now - BACK}
    due, opens, closes = _WORDS[work.actor.language]
    found = [
        Entry(
            uid=str(row.id),
            sequence=row.version - 1,
            made_at=row.created_at,
            begins=row.starts_at,
            # A template may be written in one language alone, whichever that is.
            summary=said_in(row.title, work.actor.language) or "",
            minutes=row.total_minutes,
            place=row.place,
            cancelled=row.state is DialogueSessionState.CANCELLED,
        )
        for row in await work.session.execute(_SESSIONS, given)
    ]
    found += [
        Entry(str(row.id), row.version - 1, row.created_at, row.due_on, due + row.what)
        for row in await work.session.execute(_ACTIONS, given)
    ]
    for row in await work.session.execute(_ROUNDS, given):
        cancelled = row.state is SurveyRoundState.CANCELLED
        found += [
            Entry(f"{row.id}-{end}", row.version - 1, row.created_at, at, words + row.title, cancelled=cancelled)
            for end, at, words in (("opens", row.opens_at, opens), ("closes", row.closes_at, closes))
        ]
    return sorted(found, key=lambda entry: entry.uid)
