"""What an overview is gathered from: a fixed number of statements, whatever the size of the group's history.

Each shows no more than the actor may read of its kind (`policy.visible`), and no more rows than are answered.
"""

from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from app.models.action import Action, ActionState
from app.models.columns import swedish_order
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.dialogue_template import DialogueTemplate
from app.models.overview import MOST_LISTED
from app.models.party import Party
from app.models.session_record import SessionRecord
from app.models.survey_release import SurveyResult
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.working_group import WorkingGroupParty
from app.services import policy
from app.services.survey_rounds import round_state_now

GROUP = sa.bindparam("group_id", type_=sa.Uuid)
_NOW = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_TODAY = sa.bindparam("today", type_=sa.Date)


def swedish_day_of(moment: Any) -> sa.ColumnElement[Any]:
    """The day in Sweden on which something was."""
    return sa.cast(sa.func.timezone("Europe/Stockholm", moment), sa.Date)


def _first(name: str, query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """The first row under a name, to be read in one statement with others."""
    row = query.limit(1).subquery()
    return sa.select(sa.literal(name).label("place"), *row.c)


# --- The table ---------------------------------------------------------------------------------------------

SEATS = (
    sa.select(col(Party.id), col(Party.side), col(Party.name), col(Party.state))
    .join(WorkingGroupParty, col(WorkingGroupParty.party_id) == col(Party.id))
    .where(col(WorkingGroupParty.working_group_id) == GROUP)
    # Not by side: nobody's place at the table is the first.
    .order_by(swedish_order(Party.name), col(Party.id))
)

# --- Sessions ----------------------------------------------------------------------------------------------

_SESSIONS: sa.Select[*tuple[Any, ...]] = sa.select(
    col(DialogueSession.id),
    col(DialogueSession.title),
    col(DialogueSession.state),
    col(DialogueSession.starts_at),
    col(DialogueSession.meeting_form),
    col(DialogueSession.dialogue_template_id),
    col(DialogueSession.attendances),
    col(DialogueSession.employee_headcount),
).where(col(DialogueSession.working_group_id) == GROUP, policy.visible(DialogueSession))
HELD = col(DialogueSession.state) == DialogueSessionState.HELD
_TWO = sa.union_all(
    _first(
        "next",
        _SESSIONS.where(
            col(DialogueSession.state).in_([DialogueSessionState.PLANNED, DialogueSessionState.PREPARED]),
            # Today's is still the next while it is being held.
            col(DialogueSession.starts_at) >= sa.bindparam("day_begins", type_=sa.DateTime(timezone=True)),
        ).order_by(col(DialogueSession.starts_at), col(DialogueSession.id)),
    ),
    _first(
        "last",
        _SESSIONS.where(HELD).order_by(col(DialogueSession.starts_at).desc(), col(DialogueSession.id).desc()),
    ),
).subquery()
# What belongs to them is looked for once they are chosen. Whoever may read a session may read its record.
SESSIONS = (
    sa.select(
        _TWO,
        col(DialogueTemplate.key),
        col(SessionRecord.id).label("session_record_id"),
        col(SessionRecord.state).label("record_state"),
        col(SessionRecord.review_deadline),
    )
    .select_from(_TWO)
    .join(DialogueTemplate, col(DialogueTemplate.id) == _TWO.c.dialogue_template_id)
    .outerjoin(
        SessionRecord,
        sa.and_(col(SessionRecord.dialogue_session_id) == _TWO.c.id, col(SessionRecord.appendix_to_id).is_(None)),
    )
)

# --- Steps -------------------------------------------------------------------------------------------------

_OVERDUE = col(Action.due_on) < _TODAY
_OPEN = (
    sa.select(
        col(Action.id),
        col(Action.question_id),
        col(Action.what),
        col(Action.owner_function),
        col(Action.due_on),
        col(Action.session_record_id),
        col(Action.state),
        _OVERDUE.label("overdue"),
        sa.func.count().over(partition_by=_OVERDUE).label("total"),
        sa.func.row_number().over(partition_by=_OVERDUE, order_by=[col(Action.due_on), col(Action.id)]).label("place"),
    )
    .where(
        col(Action.working_group_id) == GROUP,
        col(Action.state) == ActionState.OPEN,
        policy.visible(Action),
    )
    .subquery()
)
OPEN_ACTIONS = sa.select(_OPEN).where(_OPEN.c.place <= MOST_LISTED).order_by(_OPEN.c.place)
_DONE = col(Action.state).in_([ActionState.DONE, ActionState.EFFECT_CHECKED])
PROMISES = sa.select(
    sa.func.count().filter(col(Action.state) != ActionState.DROPPED, sa.or_(_DONE, _OVERDUE)).label("promises_made"),
    sa.func.count().filter(_DONE).label("promises_kept"),
    sa.func.count().filter(col(Action.state) == ActionState.DONE).label("effects_to_check"),
).where(col(Action.working_group_id) == GROUP, col(Action.agreed), policy.visible(Action))

# --- Follow-ups --------------------------------------------------------------------------------------------

# Taken out of each template once, not once for each session that was held on it.
_TOLD = (
    sa.select(
        col(DialogueTemplate.id),
        col(DialogueTemplate.key),
        sa.func.jsonb_array_elements(col(DialogueTemplate.content)["followUps"]).label("told"),
    )
    .where(
        col(DialogueTemplate.id).in_(
            sa.select(col(DialogueSession.dialogue_template_id)).where(
                col(DialogueSession.working_group_id) == GROUP, HELD
            )
        )
    )
    .cte("told")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)
_told: Any = sa.type_coerce(_TOLD.c.told, JSONB)
_DUE_ON = swedish_day_of(col(DialogueSession.starts_at)) + _told["afterDays"].as_integer()
FOLLOW_UPS = (
    sa.select(
        col(DialogueSession.id).label("dialogue_session_id"),
        col(DialogueSession.title),
        _TOLD.c.key,
        _DUE_ON.label("due_on"),
        _told["what"].label("what"),
    )
    .join(_TOLD, _TOLD.c.id == col(DialogueSession.dialogue_template_id))
    .where(
        col(DialogueSession.working_group_id) == GROUP,
        HELD,
        policy.visible(DialogueSession),
        sa.bindparam("met_on", type_=sa.Date) < _DUE_ON,
    )
    .order_by(_DUE_ON, col(DialogueSession.id))
    .limit(MOST_LISTED)
)

# --- Survey rounds -----------------------------------------------------------------------------------------

_LOWEST = (
    sa.select(sa.cast(col(SurveyResult.content), JSONB)["lowestDimensions"])
    .where(
        col(SurveyResult.survey_round_id) == col(SurveyRound.id),
        col(SurveyResult.unit_id) == col(SurveyRound.root_unit_id),
        col(SurveyResult.published),
    )
    .scalar_subquery()
)
_ROUNDS: sa.Select[*tuple[Any, ...]] = sa.select(
    col(SurveyRound.id),
    col(SurveyRound.title),
    round_state_now.label("state"),
    col(SurveyRound.working_group_id),
    col(SurveyRound.instrument_id),
    col(SurveyRound.opens_at),
    col(SurveyRound.closes_at),
    col(SurveyRound.released_at),
    # Of a round that is not released there are none.
    _LOWEST.label("lowest"),
).where(col(SurveyRound.working_group_id) == GROUP, policy.visible(SurveyRound))
_UNDER_WAY = [SurveyRoundState.PROPOSED, SurveyRoundState.OPEN, SurveyRoundState.CLOSED]
ROUNDS = sa.union_all(
    _first(
        "last",
        _ROUNDS.where(col(SurveyRound.state) == SurveyRoundState.RELEASED).order_by(
            col(SurveyRound.released_at).desc(), col(SurveyRound.id).desc()
        ),
    ),
    _first(
        "next",
        _ROUNDS.where(col(SurveyRound.state).in_([*_UNDER_WAY, SurveyRoundState.DRAFT])).order_by(
            col(SurveyRound.state) == SurveyRoundState.DRAFT, col(SurveyRound.opens_at), col(SurveyRound.id)
        ),
    ),
)
