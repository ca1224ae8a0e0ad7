"""Beside whatever else the process does, what is past its retention goes; a rule that fails keeps no other waiting."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app import retention
from app.database import DatabaseAway
from app.models.authorisation_request import AuthorisationRequest
from app.models.identity_provider import IdentityProvider, SigningAlgorithm
from app.models.party_note import PartyNote
from app.models.retention_rule import RetentionRule
from app.models.sign_in import AttemptKind, SignInFailure
from app.services import retention as rules
from app.services import throttle
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


async def short_lived_of(world: World, account: bytes, provider_id: UUID) -> tuple[set[str], int]:
    """The kinds of attempts that are still counted on the account, and how many ways to the provider there are."""
    async with world.database.read() as session:
        counted = sa.select(col(SignInFailure.kind)).where(col(SignInFailure.account_hash) == account)
        asked = sa.select(sa.func.count()).where(col(AuthorisationRequest.identity_provider_id) == provider_id)
        return {*(await session.execute(counted)).scalars()}, (await session.execute(asked)).scalar_one()


async def test_what_is_short_lived_goes_though_nobody_tries_again(world: World) -> None:
    """More of it than one sweep takes; and none of what still counts."""
    now, account = datetime.now(UTC), uuid4().bytes
    provider = IdentityProvider(
        issuer=f"https://{account.hex()}.example",
        name_sv="Prov",
        name_en="Test",
        client_id="prov",
        client_secret_sealed=b"x",
        scopes=["openid"],
        signing_algorithm=SigningAlgorithm.RS256,
        created_at=now,
    )
    await world.add(provider)
    quarter, day = timedelta(minutes=15, seconds=1), timedelta(days=1, seconds=1)
    await world.add(
        *(
            SignInFailure(account_hash=account, address_hash=b"x" * 32, failed_at=now - age, kind=kind)
            for kind, age, number in (
                (AttemptKind.PASSWORD, quarter, 2 * throttle.SWEPT_AT_ONCE + 1),
                (AttemptKind.ONE_TIME_CODE, quarter, 1),
                (AttemptKind.PASSWORD_RESET, day, 1),
            )
            for _ in range(number)
        ),
        *(
            AuthorisationRequest(
                state_hash=uuid4().bytes,
                browser_hash=b"x",
                identity_provider_id=provider.id,
                expires_at=now + timedelta(seconds=left),
            )
            for left in (-1, 60)
        ),
    )
    await retention.work(world.database, now)
    assert await short_lived_of(world, account, provider.id) == ({AttemptKind.ONE_TIME_CODE}, 1)
    await retention.work(world.database, now + day)
    assert await short_lived_of(world, account, provider.id) == (set(), 0)


async def test_a_sweep_that_fails_keeps_no_rule_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    note = await an_old_note(world)

    async def fails(session: AsyncSession, now: datetime) -> bool:  # noqa: ARG001
        raise ValueError("oväntat")

    monkeypatch.setattr(retention, "SWEEPS", (fails,))
    await retention.work(world.database, datetime.now(UTC))
    assert "what is short-lived could not be swept" in caplog.text
    assert await rows_left(world, "party_note", "id", note["id"]) == 0


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
