"""Closing: an open round or a complete release, whatever happens; nothing of the answers left; nothing to add up."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.closing import close_due
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.services.survey_closing import Outcome
from tests import stories
from tests.ballot_boxes import Box, an_answered_round
from tests.world import World


async def close(box: Box) -> dict[Any, Outcome]:
    return await close_due(box.world.database, box.key_store, datetime.now(UTC))


async def rows(box: Box, statement: str) -> Any:
    async with box.world.database.read() as session:
        return (await session.execute(sa.text(statement), {"id": box.id})).all()


async def state_of(box: Box) -> SurveyRoundState:
    async with box.world.database.read() as session:
        return (
            await session.execute(sa.select(col(SurveyRound.state)).where(col(SurveyRound.id) == box.id))
        ).scalar_one()


async def results(box: Box) -> dict[str, Any]:
    names = {unit_id: name for name, unit_id in box.units.items()}
    found = await rows(box, "SELECT unit_id, content FROM survey_result WHERE survey_round_id = :id ORDER BY position")
    return {names[unit_id]: json.loads(content) for unit_id, content in found}


async def test_a_round_becomes_a_release_and_nothing_else_is_left_of_it(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    assert (await close(box))[box.id] is Outcome.RELEASED
    assert await state_of(box) is SurveyRoundState.RELEASED
    shown = await results(box)
    assert {name: each["status"] for name, each in shown.items()} == {
        "rot": "published",
        "a": "published",
        "b": "suppressed",
        "c": "suppressed",
    }
