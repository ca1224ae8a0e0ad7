"""Closing a round: its answers become the one release, in one transaction, and are gone.

    due(session, now)                     rounds whose closing time has come
    close(session, round_id, keys, now)   one of them, in the caller's transaction
    empty(session, round_id)              delete its answers and invitations
    seem_over(session, round_ids)         those whose keys may go, it seems
    is_over(session, round_id)            whether its keys may be destroyed

The caller commits and only then destroys the keys: whatever dies in between, there is an open round with its keys or a
complete release. The round's row is held from beginning to end, so that no answer comes in, nobody moves the closing
time, and no other process closes it too. What takes CPU time runs in threads.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import new_id
from app.models.survey_ballot import SealedResponse, SurveyInvitation
from app.models.survey_release import SurveyRelease, SurveyResult, SurveySums
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.survey_texts import SurveyTexts
from app.services import audit, survey_texts
from app.services.ballot import BallotKeys
from app.services.disclosure import Rules, UnitTree
from app.services.key_store import KeyStore
from app.services.release import Release, make_release
from app.services.release_content import Part, Surroundings, names_of, unit_parts, whole_part, zones_of
from app.services.release_figures import Responses
from app.services.release_surroundings import surroundings_of
from app.services.survey_box import Box, Opened, together
from app.services.survey_unlocks import ballot_keys

BOXES_AT_ONCE = 5_000
ROWS_AT_ONCE = 100
DELETED_AT_ONCE = 100_000
"""Each statement has to be done within the connection's time limits, however large the round is."""


class Outcome(StrEnum):
    RELEASED = "released"
    WAITING = "waiting"
    """For the key of a side."""
    NOT_NOW = "notNow"
    """Not due, over already, or held by somebody else."""


_ROUND_ID = sa.bindparam("round_id", type_=sa.Uuid)
_DUE = (
    sa.select(col(SurveyRound.id))
    .where(
        col(SurveyRound.state).in_([SurveyRoundState.OPEN, SurveyRoundState.CLOSED]),
        col(SurveyRound.closes_at) <= sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    )
    .order_by(col(SurveyRound.closes_at))
)
_OVER = sa.select(col(SurveyRound.id)).where(
    col(SurveyRound.id).in_(sa.bindparam("round_ids", expanding=True)),
    col(SurveyRound.state).not_in([SurveyRoundState.OPEN, SurveyRoundState.CLOSED]),
)
_HELD = sa.select(SurveyRound).where(col(SurveyRound.id) == _ROUND_ID)
_HELD = _HELD.with_for_update(skip_locked=True).execution_options(populate_existing=True)


async def due(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Rounds that were to close by now, the oldest first; also those that wait for a side's key."""
    return (await session.execute(_DUE, {"now": now})).scalars().all()


async def seem_over(session: AsyncSession, round_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Those of these rounds that `is_over` is worth asking about: it holds a row, and open rounds are not to wait."""
    return (await session.execute(_OVER, {"round_ids": round_ids})).scalars().all()


async def is_over(session: AsyncSession, round_id: UUID) -> bool:
    """Whether nothing sealed for the round's keys is left to open; holds the row, so that it stays so.

    Of a draft or a proposal the keys are what an opening that died has left. One that is on its way holds the row: then
    the answer is no. The answer for a round that is not here is no: it may be that this is the wrong database.
    """
    survey_round = (await session.execute(_HELD, {"round_id": round_id})).scalar_one_or_none()
    going_on = {SurveyRoundState.OPEN, SurveyRoundState.CLOSED}
    return survey_round is not None and survey_round.state not in going_on


async def close(session: AsyncSession, round_id: UUID, key_store: KeyStore, now: datetime) -> Outcome:
    """Release the round if it is due and its keys are there. The caller commits, then destroys the keys."""
    survey_round = (await session.execute(_HELD, {"round_id": round_id})).scalar_one_or_none()
    going_on = {SurveyRoundState.OPEN, SurveyRoundState.CLOSED}
    if survey_round is None or survey_round.state not in going_on or survey_round.closes_at > now:
        return Outcome.NOT_NOW
    keys = await asyncio.to_thread(ballot_keys, key_store, survey_round)
    if keys is None:
        if survey_round.state is SurveyRoundState.OPEN:
            closed = {"state": SurveyRoundState.CLOSED, "closed_at": survey_round.closes_at}
            await _step(session, "close_survey_round", survey_round, closed, now)
        return Outcome.WAITING
    # Between two statements a large round is computed on for longer than a transaction may otherwise be idle.
    await session.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    around = await surroundings_of(session, survey_round)
    opened = await _open_all(session, survey_round, around, keys)
    used = await session.scalar(_USED, {"round_id": round_id})
    accounted_for = opened.damaged == 0 and used == len(opened.units)
    tree = _tree(around, opened)
    release = await asyncio.to_thread(_released, around, tree, opened)
    parts = await asyncio.to_thread(lambda: list(unit_parts(around, release)))
    hashes = [part.content_hash for part in parts]
    whole = whole_part(around, release, hashes, accounted_for=accounted_for, now=now)
    await _store(session, around, release, whole, parts, now)
    await _store_texts(session, around, tree, opened, parts, now)
    await empty(session, round_id)
    final = {
        "state": SurveyRoundState.RELEASED,
        "closed_at": survey_round.closed_at or survey_round.closes_at,
        "released_at": now,
    }
    await _step(session, "release_survey_round", survey_round, final, now)
    return Outcome.RELEASED


async def _step(
    session: AsyncSession, operation: str, survey_round: SurveyRound, changes: dict[str, Any], now: datetime
) -> None:
    """The service itself acts: the trail names no one."""
    before = survey_round.version
    for field, value in (changes | {"version": before + 1}).items():
        setattr(survey_round, field, value)
    session.add(survey_round)
    session.add(audit.entry(None, operation, survey_round, now, before, None))
    await session.flush()


# --- The answers ------------------------------------------------------------------------------------------------------

_BOXES = sa.select(col(SealedResponse.ciphertext)).where(col(SealedResponse.survey_round_id) == _ROUND_ID)
_USED = (
    sa.select(sa.func.count())
    .select_from(SurveyInvitation)
    .where(col(SurveyInvitation.survey_round_id) == _ROUND_ID, col(SurveyInvitation.used))
)


async def _open_all(session: AsyncSession, survey_round: SurveyRound, around: Surroundings, keys: BallotKeys) -> Opened:
    """All answers, some at a time: sealed, they are several times as large."""
    box = Box(keys, around.content, free_text=survey_round.free_text, units=len(around.units))
    boxes = await session.stream_scalars(
        _BOXES, {"round_id": survey_round.id}, execution_options={"yield_per": BOXES_AT_ONCE}
    )
    parts = [await asyncio.to_thread(box.open, some) async for some in boxes.partitions()]
    return together(parts, len(around.content.items))


def _tree(around: Surroundings, opened: Opened) -> UnitTree:
    """The frozen tree. More answers than people there were is no reason never to close; the release says so."""
    place = {unit.unit_id: unit.position for unit in around.units}
    answered = np.bincount(opened.units, minlength=len(around.units)).tolist()
    return UnitTree(
        ids=tuple(str(unit.unit_id) for unit in around.units),
        parents=tuple(-1 if unit.parent_id is None else place[unit.parent_id] for unit in around.units),
        invited=tuple(max(unit.headcount, count) for unit, count in zip(around.units, answered, strict=True)),
    )


def _released(around: Surroundings, tree: UnitTree, opened: Opened) -> Release:
    return make_release(
        around.scheme,
        names_of(around.content),
        tree,
        Responses(opened.units, opened.answers),
        Rules(around.survey_round.threshold),
        {str(unit_id): earlier.kept for unit_id, earlier in around.earlier.items()},
        zones_of(around.content),
    )


# --- What remains ----------------------------------------------------------------------------------------------------


async def _store(
    session: AsyncSession, around: Surroundings, release: Release, whole: Part, parts: Sequence[Part], now: datetime
) -> None:
    survey_round = around.survey_round
    session.add(
        SurveyRelease(
            survey_round_id=survey_round.id,
            organisation_id=survey_round.organisation_id,
            working_group_id=survey_round.working_group_id,
            instrument_id=survey_round.instrument_id,
            content=whole.text,
            content_hash=whole.content_hash,
            released_at=now,
        )
    )
    await session.flush()
    results = [
        {
            "survey_round_id": survey_round.id,
            "unit_id": unit.unit_id,
            "position": unit.position,
            "published": part.published,
            "content": part.text,
            "content_hash": part.content_hash,
        }
        for unit, part in zip(around.units, parts, strict=True)
    ]
    sums = [
        {
            "survey_round_id": survey_round.id,
            "unit_id": UUID(unit_id),
            "invited": kept["invited"],
            "measures": kept["dimensions"],
        }
        for unit_id, kept in release.sums.items()
    ]
    for table, rows in ((SurveyResult, results), (SurveySums, sums)):
        for begin in range(0, len(rows), ROWS_AT_ONCE):
            await session.execute(sa.insert(table), rows[begin : begin + ROWS_AT_ONCE])


async def _store_texts(
    session: AsyncSession, around: Surroundings, tree: UnitTree, opened: Opened, parts: Sequence[Part], now: datetime
) -> None:
    """What people wrote waits for its two readers."""
    survey_round = around.survey_round
    published = np.array([part.published for part in parts])
    placed = await asyncio.to_thread(survey_texts.readable, tree, published, opened.texts, survey_round.threshold)
    if not placed:
        return
    texts_id = new_id()
    rows = survey_texts.rows_of(
        texts_id,
        placed,
        [unit.unit_id for unit in around.units],
        [question.id for question in around.content.open_questions],
    )
    session.add(
        SurveyTexts(
            id=texts_id,
            organisation_id=survey_round.organisation_id,
            working_group_id=survey_round.working_group_id,
            survey_round_id=survey_round.id,
            content_hash=survey_texts.texts_hash(rows),
            created_at=now,
        )
    )
    await session.flush()
    session.add_all(rows)
    await session.flush()


def _deleting(table: Any, key: Any) -> sa.Delete:
    some = sa.select(key).where(col(table.survey_round_id) == _ROUND_ID).limit(DELETED_AT_ONCE)
    return sa.delete(table).where(key.in_(some)).execution_options(synchronize_session=False)


_EMPTYING = (
    _deleting(SealedResponse, col(SealedResponse.id)),
    _deleting(SurveyInvitation, col(SurveyInvitation.token_hash)),
)


async def empty(session: AsyncSession, round_id: UUID) -> None:
    """Of those who could answer nothing is left, and of what they answered nothing but the release, if there is one."""
    for statement in _EMPTYING:
        while (await session.execute(statement, {"round_id": round_id})).rowcount:  # type: ignore[attr-defined]
            pass
