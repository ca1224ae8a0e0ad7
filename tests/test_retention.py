"""Beside whatever else the process does, what is past its retention goes; a rule that fails keeps no other waiting."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app import retention
from app.database import DatabaseAway
from app.models.party_note import PartyNote
from app.models.retention_rule import RetentionRule
from app.services import retention as rules
from tests.retention_stories import a_rule, log_of, rows_left
from tests.stories import Json, started_group, written_record
from tests.world import World


async def an_old_note(world: World) -> Json:
    """A note past its retention, under a rule whose notice is over."""
    draft = await written_record(world, await started_group(world))
    path = f"/dialogue-sessions/{draft['dialogueSessionId']}/party-notes"
    note: Json = await world.saco_rep.client.post(path, {"text": "Eget."})
    rule = await a_rule(world, kind="partyNotes", keepMonths=1)
    past = datetime.now(UTC) - timedelta(days=60)
    async with world.database.write() as session:
        of_note = sa.update(PartyNote).where(col(PartyNote.id) == UUID(note["id"]))
        await session.execute(of_note.values(created_at=past))
        await session.execute(
            sa.update(RetentionRule).where(col(RetentionRule.id) == UUID(rule["id"])).values(set_at=past)
        )
    return note


async def test_what_is_due_goes_beside_whatever_else_is_done(world: World) -> None:
    note = await an_old_note(world)
    async with retention.keeping_retention(world.database):
        async with asyncio.timeout(30):
            while await rows_left(world, "party_note", "id", note["id"]):  # noqa: ASYNC110 - in another task
                await asyncio.sleep(0.05)
    assert [each["count"] for each in await log_of(world.saco_rep, world)] == [1]


async def test_two_processes_destroy_it_once(world: World) -> None:
    await an_old_note(world)
    now = datetime.now(UTC)
    await asyncio.gather(*(retention.work(world.database, now) for _ in range(4)))
    assert [each["count"] for each in await log_of(world.saco_rep, world)] == [1]


@pytest.mark.parametrize("fault", [ValueError("oväntat"), DatabaseAway("borta")])
async def test_what_fails_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    note = await an_old_note(world)
    carry_out = rules.carry_out
    failed: list[UUID] = []

    async def fails_once(session: AsyncSession, rule_id: UUID, now: datetime) -> Any:
        if not failed:
            failed.append(rule_id)
            raise fault
        return await carry_out(session, rule_id, now)

    monkeypatch.setattr(rules, "carry_out", fails_once)
    now = datetime.now(UTC)
    await retention.work(world.database, now)
    assert failed
    said = "retention waits" if isinstance(fault, DatabaseAway) else "a retention rule could not be carried out"
    assert said in caplog.text
    await retention.work(world.database, now)
    assert await rows_left(world, "party_note", "id", note["id"]) == 0
    assert note["id"] not in caplog.text
