"""Released results, read as they were stored: one indexed row each, the same bytes for everyone at the table."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import enum_type
from app.models.release_figures import ResultStatus
from app.models.survey_release import SurveyRelease, SurveyResult
from app.models.survey_round import SurveyRound, SurveyUnit
from app.services import policy
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit

SORTS: dict[str, Columns] = {"position": (col(SurveyResult.position),)}


@dataclass(frozen=True)
class Stored:
    """A text of the release, and the hash over it."""

    text: str
    content_hash: str


@dataclass(frozen=True)
class WholeRelease:
    """Everything that was released of a round: what holds for the whole of it, and the units in the tree's order."""

    whole: Stored
    units: list[Stored]


AT_A_TIME = 250
"""Units read in one statement, when all are read."""

_ROUND_ID, _UNIT_ID = sa.bindparam("row_id", type_=sa.Uuid), sa.bindparam("unit_id", type_=sa.Uuid)


def _finding(table: Any, on: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The round, if the actor may see it, with what is stored of it: one statement, and no second look."""
    return (
        sa.select(SurveyRound, table.content, table.content_hash)
        .select_from(sa.outerjoin(SurveyRound, table, on))
        .where(col(SurveyRound.id) == _ROUND_ID, policy.visible(SurveyRound))
    )


_WHOLE = _finding(SurveyRelease, col(SurveyRelease.survey_round_id) == col(SurveyRound.id))
_UNIT = _finding(
    SurveyResult,
    sa.and_(col(SurveyResult.survey_round_id) == col(SurveyRound.id), col(SurveyResult.unit_id) == _UNIT_ID),
)
_STATUS = sa.type_coerce(
    sa.case((col(SurveyResult.published), ResultStatus.PUBLISHED.value), else_=ResultStatus.SUPPRESSED.value),
    enum_type(ResultStatus),
)
_UNITS = (
    sa.select(
        col(SurveyResult.unit_id),
        col(SurveyUnit.parent_id),
        col(SurveyUnit.name),
        _STATUS.label("status"),
        col(SurveyResult.content_hash),
    )
    .join(
        SurveyUnit,
        sa.and_(
            col(SurveyUnit.survey_round_id) == col(SurveyResult.survey_round_id),
            col(SurveyUnit.unit_id) == col(SurveyResult.unit_id),
        ),
    )
    .where(col(SurveyResult.survey_round_id) == _ROUND_ID)
)

_PARTS = (
    sa.select(col(SurveyResult.content), col(SurveyResult.content_hash), col(SurveyResult.position))
    .where(
        col(SurveyResult.survey_round_id) == _ROUND_ID,
        col(SurveyResult.position) > sa.bindparam("last_position", type_=sa.Integer),
    )
    .order_by(col(SurveyResult.position))
    .limit(AT_A_TIME)
)


async def read(work: Work, round_id: UUID) -> Stored:
    """What holds for the whole round."""
    return await _read(work, "read_survey_results", _WHOLE, {"row_id": round_id})


async def read_all(work: Work, round_id: UUID) -> WholeRelease:
    """All of it, for whoever may read the round's result."""
    whole = await read(work, round_id)
    connection = await work.session.connection()
    units: list[Stored] = []
    last = -1
    while found := (await connection.execute(_PARTS, {"row_id": round_id, "last_position": last})).all():
        units += (Stored(text, content_hash) for text, content_hash, _position in found)
        last = found[-1].position
    return WholeRelease(whole, units)


async def read_unit(work: Work, operation: str, round_id: UUID, unit_id: UUID) -> Stored:
    """One unit's part. One that the round does not have is not there; a suppressed one says that it is."""
    return await _read(work, operation, _UNIT, {"row_id": round_id, "unit_id": unit_id})


async def list_units(work: Work, round_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_unit_results", SurveyRound, round_id)
    return await page(work, _UNITS, SORTS, request, row_id=round_id)


async def _read(work: Work, operation: str, query: sa.Select[Any], given: dict[str, UUID]) -> Stored:
    """As `admit`: sight, right, state; then whether there is such a part."""
    found = (await work.session.execute(query, work.actor.held | given)).one_or_none()
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    survey_round, text, content_hash = found
    policy.require(work.actor, operation, survey_round)
    if (reason := policy.obstacle(work.actor, operation, survey_round, work.now, {})) is not None:
        raise Refusal(reason)
    if text is None:
        raise Refusal(Code.NOT_FOUND)
    return Stored(text, content_hash)
