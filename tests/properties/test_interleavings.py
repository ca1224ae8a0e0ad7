"""Two sides approve, edit, withdraw and resubmit at the same time: no record becomes final on one side's word.

Every trial runs real transactions side by side on the real database. The verdict is read from the tables, by
code that shares nothing with the services.
"""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import rfc8785
from sqlalchemy import text

from app.models.approval import ApprovalCreate, Decision
from app.models.session_record import SessionRecord, SessionRecordTransition, SessionRecordUpdate
from app.services import actors, approvals, record_review, session_records
from app.services.actor import Actor
from app.services.calendar import swedish_day
from app.services.errors import Refusal
from app.services.work import Work
from tests.database import Database
from tests.figures import report
from tests.long import sized
from tests.stories import final_record, started_group
from tests.world import Someone, World

TRIALS = sized(100, 5_000)
PORTIONS = sized(1, 4)

_SEEN = text(
    "SELECT version, content_hash, (SELECT id FROM approval WHERE subject_id = :id AND person_id = :person "
    "AND voided_at IS NULL) AS own FROM session_record WHERE id = :id"
)


@dataclass
class Side:
    """One side's representative, reading and acting in transactions of their own."""

    database: Database
    actor: Actor
    dice: random.Random
    told: Counter[str]

    async def _do(self, name: str, act: Callable[[Work], Awaitable[object]]) -> None:
        await asyncio.sleep(self.dice.random() * 0.002)
        try:
            async with self.database.write() as session:
                await act(Work(session, self.actor, datetime.now(UTC)))
        except Refusal as refusal:
            self.told[f"{name}: {refusal.code}"] += 1
        else:
            self.told[name] += 1

    async def _seen(self, record_id: UUID) -> tuple[int, str, UUID | None]:
        """Version, hash and own standing approval, as this side last read them."""
        async with self.database.read() as session:
            row = (await session.execute(_SEEN, {"id": record_id, "person": self.actor.person_id})).one()
        return row.version, row.content_hash or "0" * 64, row.own

    async def approve(self, record_id: UUID) -> None:
        version, seen, _own = await self._seen(record_id)
        data = ApprovalCreate.model_validate({"contentHash": seen, "decision": Decision.APPROVE})
        await self._do("approve", lambda work: record_review.approve(work, record_id, version, data))

    async def edit(self, record_id: UUID) -> None:
        version, _seen, _own = await self._seen(record_id)
        data = SessionRecordUpdate.model_validate({"sharedPicture": f"Bild {self.dice.random()}"})
        await self._do("edit", lambda work: session_records.update(work, record_id, version, data))

    async def submit(self, record_id: UUID) -> None:
        version, _seen, _own = await self._seen(record_id)
        await self._do("submit", lambda work: record_review.transition(work, record_id, version, for_review()))

    async def withdraw(self, record_id: UUID) -> None:
        _version, _seen, own = await self._seen(record_id)
        if own is not None:
            await self._do("withdraw", lambda work: approvals.withdraw(work, own, 1))

    async def approve_and_withdraw(self, record_id: UUID) -> None:
        await self.approve(record_id)
        await self.withdraw(record_id)


def for_review() -> SessionRecordTransition:
    deadline = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    return SessionRecordTransition.model_validate(
        {"to": "underReview", "reviewDeadline": deadline, "noIndividualRecognisable": True}
    )


async def side(world: World, who: Someone, dice: random.Random, told: Counter[str]) -> Side:
    async with world.database.read() as session:
        sign_in = (
            await session.execute(
                text("SELECT id FROM sign_in WHERE person_id = :person LIMIT 1"), {"person": who.person.id}
            )
        ).scalar_one()
        actor = await actors.load(session, who.person.id, sign_in, swedish_day(datetime.now(UTC)))
    return Side(world.database, actor, dice, told)


async def verdict(database: Database, record_id: UUID) -> str:
    """What the tables say: a final record has one standing approval of each side, by two people, on its own hash."""
    async with database.read() as session:
        row = (
            await session.execute(
                text("SELECT state, content, content_hash, shared_picture FROM session_record WHERE id = :id"),
                {"id": record_id},
            )
        ).one()
        standing = (
            await session.execute(
                text(
                    "SELECT party.side, approval.person_id, approval.content_hash FROM approval "
                    "JOIN party ON party.id = approval.party_id "
                    "WHERE subject_id = :id AND voided_at IS NULL"
                ),
                {"id": record_id},
            )
        ).all()
    if row.state == "final":
        assert sorted(each.side for each in standing) == ["employer", "union"]
        assert len({each.person_id for each in standing}) == 2
        assert {each.content_hash for each in standing} == {row.content_hash}
        assert hashlib.sha256(rfc8785.dumps(row.content)).hexdigest() == row.content_hash
        assert row.content["sharedPicture"] == row.shared_picture
    else:
        # Whatever stands, stands on what is under review, and is not enough.
        assert {each.content_hash for each in standing} <= {row.content_hash}
        assert len({each.side for each in standing}) < 2
    return str(row.state)


@pytest.mark.parametrize("portion", range(PORTIONS))
async def test_no_interleaving_makes_a_one_sided_final_record(world: World, portion: int) -> None:
    dice = random.Random(portion)  # noqa: S311
    told: Counter[str] = Counter()
    group = await started_group(world)
    final = await final_record(world, group)
    sides = [await side(world, who, dice, told) for who in (world.employer_rep, world.saco_rep)]
    ended: Counter[str] = Counter()
    record: SessionRecord | None = None
    for _trial in range(TRIALS // PORTIONS):
        if record is None:
            record = SessionRecord(
                organisation_id=world.organisation.id,
                working_group_id=UUID(group["id"]),
                dialogue_session_id=UUID(final["dialogueSessionId"]),
                appendix_to_id=UUID(final["id"]),
                title="Prövning",
                shared_picture="Från början",
                created_at=datetime.now(UTC),
            )
            await world.add(record)
        await dice.choice(sides).submit(record.id)

        async def play(player: Side, record_id: UUID) -> None:
            acts = [player.approve, player.withdraw, player.approve_and_withdraw, player.edit, player.submit]
            for act in dice.choices(acts, weights=(5, 2, 2, 1, 1), k=dice.randint(1, 2)):
                await act(record_id)

        await asyncio.gather(*(play(player, record.id) for player in sides))
        state = await verdict(world.database, record.id)
        ended[state] += 1
        if state == "final":
            record = None
    # The trials must have been real: some ended final, some were overtaken by an edit or a withdrawal.
    assert ended["final"] > 5
    assert told["withdraw"]
    assert told["approve: staleVersion"]
    assert ended.total() == TRIALS // PORTIONS
    report("interleavings of two sides at one record", ended.total())
