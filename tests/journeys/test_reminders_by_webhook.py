"""A group's reminders reach a program that both sides let hear of them: by feed, webhook and one read, and no words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks import Webhook

from app import reminding
from app.database import DatabaseAway
from app.delivering import Deliverer
from app.models.group_reminder import ReminderSubject
from app.outbound import Outbound
from app.services import group_reminders, webhook_making
from app.services import reminding as services_reminding
from app.services.calendar import swedish_day
from app.services.reminders import KEPT, HeldSession, OpenAction, QuietGroup
from app.services.spelling import bytes_of
from app.services.undecided import UNDECIDED
from tests import interest_agency, machines, stories
from tests.machines import Machine
from tests.stories import Json
from tests.webhook_receiver import Receiver, receiving
from tests.world import World

LOOPBACK = "127.0.0.0/8"
FEED_LOCK = 0x6C636867
"""With the organisation, held by whoever changes what its programs hear of, until the end of the commit (0018)."""
TITLE = "Kanariefågel över Åmål"


@dataclass
class Channel:
    """An agency alone in its database, the program that its parties let hear of reminders, and where it is told."""

    world: World
    program: Machine
    approvals: list[Json]
    receiver: Receiver
    outbound: Outbound
    hook: Webhook
    cursor: str = ""

    async def turn(self, moment: datetime, *, by_letter: bool = False) -> list[Json]:
        """What the program is told of after one turn of the clock; it checks each signature."""
        before = len(self.receiver.got)
        await reminding.work(self.world.database, moment, by_letter=by_letter)
        deliverer = Deliverer(self.world.database, self.outbound.tell, self.world.app.state.vault)
        while True:
            await deliverer.begin(datetime.now(UTC))
            if not deliverer._busy:
                return [self.hook.verify(each.body, each.headers) for each in self.receiver.got[before:]]
            await deliverer.finish()

    async def news(self) -> list[tuple[str, str, str]]:
        answer = await self.program.client.get(f"/changes?cursor={self.cursor}")
        self.cursor = answer["cursor"]
        return [(each["type"], each["change"], each["id"]) for each in answer["items"]]

    async def rows(self, statement: str, **given: Any) -> list[Any]:
        async with self.world.database.write() as session:
            found: Any = await session.execute(sa.text(statement), given)
            return list(found.all()) if found.returns_rows else []


@pytest.fixture
async def channel(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Channel]:
    alone = interest_agency.alone(fresh_database_url, tmp_path / "keys", webhook_networks=LOOPBACK)
    async with alone as world, receiving() as receiver:
        program = await machines.machine(world, scopes=["reminders:read"])
        asked = {"url": receiver.url, "types": ["groupReminder"]}
        endpoint = await world.administrator.client.post(f"{program.path}/webhook-endpoints", asked)
        before = await program.client.get("/me")
        assert (before["scopes"], before["pendingScopes"]) == ([], ["reminders:read"])
        approvals = await machines.consent(world, program.path)
        outbound = Outbound([LOOPBACK], 2.0)
        told = Channel(world, program, approvals, receiver, outbound, Webhook(endpoint["secret"]))
        told.cursor = (await program.client.get("/changes"))["cursor"]
        yield told
        await outbound.close()


async def test_a_program_is_told_that_something_is_due_and_never_what_it_says(channel: Channel) -> None:
    world, program = channel.world, channel.program
    group = await stories.started_group(world, name=TITLE)
    held = await stories.held_session(world, group, title=TITLE)
    day = datetime.fromisoformat(held["startsAt"])
    async with World(world.app) as other:
        elsewhere = await stories.started_group(other)
        await stories.held_session(other, elsewhere)
        assert await channel.turn(day + timedelta(days=1)) == []
        (said,) = await channel.turn(day + timedelta(days=2, hours=1))
        assert (said["type"], set(said), set(said["data"])) == (
            "groupReminder.created",
            {"type", "timestamp", "data"},
            {"id"},
        )
        reminder_id = said["data"]["id"]
        assert await channel.news() == [("groupReminder", "created", reminder_id)]
        # Told once: not by another turn, nor by several beside it, whatever anybody wants to hear by letter.
        again = [reminding.work(world.database, day + timedelta(days=2, hours=2), by_letter=False) for _ in range(3)]
        await asyncio.gather(*again)
        assert await channel.turn(day + timedelta(days=3)) == []
        path, lists = f"/group-reminders/{reminder_id}", f"{world.path}/group-reminders"
        read = await program.client.get(path)
        assert read == read | {
            "organisationId": str(world.organisation.id),
            "workingGroupId": group["id"],
            "kind": "followUp",
            "subjectType": "dialogueSession",
            "subjectId": held["id"],
            "aboutOn": swedish_day(day).isoformat(),
            "step": 2,
            "version": 1,
            "allowedActions": [],
        }
        # The same for those at the table; nobody else knows of it, and the program knows nothing else.
        for who in (program, world.employer_rep, world.saco_rep):
            assert [each["id"] for each in (await who.client.get(lists))["items"]] == [reminder_id]
        assert (await world.saco_rep.client.get(f"{lists}?workingGroupId={group['id']}"))["_meta"]["totalRecords"] == 1
        assert (await world.saco_rep.client.get(f"{lists}?workingGroupId={elsewhere['id']}"))["items"] == []
        for someone in (world.seko_rep, world.employee, world.facilitator, world.archivist, other.employer_rep):
            await someone.client.refused("GET", path, 404, "notFound")
        assert (await world.seko_rep.client.get(lists))["items"] == []
        await world.administrator.client.refused("GET", lists, 403, "notYourRole")
        # Where no client has the scope nothing is written: the program before this one would stop at the word.
        unheard = "SELECT 1 FROM change WHERE organisation_id = :other AND subject_type = 'groupReminder'"
        assert await channel.rows(unheard, other=other.organisation.id) == []
        assert await channel.rows("SELECT count(*) FROM group_reminder") == [(2,)]
        stranger = await machines.consented(other, scopes=["reminders:read"])
        await stranger.client.refused("GET", path, 404, "notFound")
        for seen in (f"/dialogue-sessions/{held['id']}", f"/working-groups/{group['id']}"):
            await program.client.refused("GET", seen, 404, "notFound")
    # No title, no party, nobody: neither in the message nor in what it leads to.
    everything = str([each.body for each in channel.receiver.got]) + str(read) + str(await program.client.get(lists))
    for word in (TITLE, world.saco.name, world.saco_rep.person.name, world.facilitator.person.name, "@"):
        assert word not in everything
    # Without a mail server nobody is written to, and nothing is saved up.
    assert await channel.rows("SELECT 1 FROM reminder UNION ALL SELECT 1 FROM queue.pgqueuer") == []


async def test_what_waits_for_one_side_is_told_the_same_whoever_it_is_and_ends_with_the_consent(
    channel: Channel,
) -> None:
    world, now = channel.world, datetime.now(UTC)
    group = await stories.started_group(world)
    record = await stories.record_under_review(world, group)
    await stories.decide(world.saco_rep, f"/session-records/{record['id']}")
    # Whoever has had enough of letters takes them from nobody else, and from no program.
    for who in (world.employer_rep, world.saco_rep, world.facilitator):
        await who.client.change("/me/reminder-settings", {"digest": "off"})
    told = await channel.turn(now + timedelta(days=3), by_letter=True)
    assert await channel.rows("SELECT 1 FROM reminder WHERE digest_id IS NOT NULL") == []
    listed = (await channel.program.client.get(f"{world.path}/group-reminders"))["items"]
    assert {each["id"] for each in listed} == {each["data"]["id"] for each in told}
    about = {each["subjectType"]: (each["kind"], each["subjectId"], each["step"]) for each in listed}
    assert about["sessionRecord"] == ("approvalAwaited", record["id"], 3)
    assert str(world.employer.id) not in str(listed)
    # What has been settled since is not told anew, and what was told stays.
    await stories.decide(world.employer_rep, f"/session-records/{record['id']}")
    await channel.news()
    with time_machine.travel(now + timedelta(days=10), tick=True):
        await world.renew_tokens()
        channel.program.renew(world.app)
        later = await channel.turn(now + timedelta(days=10))
        assert [("groupReminder", "created", each["data"]["id"]) for each in later] == await channel.news()
        kinds = [(await channel.program.client.get(f"/group-reminders/{each['data']['id']}"))["kind"] for each in later]
        assert set(kinds) == {"followUp"}
        # One side takes its consent back between the event and the message.
        await reminding.work(world.database, now + timedelta(days=33), by_letter=False)
        async with world.database.write() as session:
            assert await webhook_making.make_deliveries(session, datetime.now(UTC))
        paths = [f"/approvals/{each['id']}" for each in channel.approvals]
        await world.saco_rep.client.change(paths[1], None, expect=204, method="DELETE", etag='"1"')
        assert await channel.turn(now + timedelta(days=33)) == []
        assert await channel.rows("SELECT 1 FROM webhook_delivery WHERE state = 'withheld'") != []
        await channel.program.client.refused("GET", f"/group-reminders/{told[0]['data']['id']}", 404, "notFound")
        await channel.program.client.refused("GET", f"{world.path}/group-reminders", 403, "consentPending")
        assert await channel.news() == []


async def test_after_sixty_days_it_is_gone_and_the_feed_says_so(channel: Channel) -> None:
    world, now = channel.world, datetime.now(UTC)
    held = await stories.held_session(world, await stories.started_group(world))
    due = datetime.fromisoformat(held["startsAt"]) + timedelta(days=2, hours=1)
    (said,) = await channel.turn(due)
    for moment, gone in ((due + KEPT - timedelta(hours=1), False), (due + KEPT + timedelta(hours=1), True)):
        async with world.database.write() as session:
            assert await group_reminders.sweep(session, moment) is gone
        listed = (await channel.program.client.get(f"{world.path}/group-reminders"))["items"]
        assert [each["id"] for each in listed] == ([] if gone else [said["data"]["id"]])
    assert [each[:2] for each in await channel.news()] == [("groupReminder", "created"), ("groupReminder", "removed")]
    assert now < due


async def test_each_commit_forgets_in_one_organisation_alone(channel: Channel) -> None:
    """It takes the lock under which those of one are told, and so waits for nobody who has that of another."""
    async with World(channel.world.app) as other:
        for each in (other, channel.world, other):
            await stories.held_session(each, await stories.started_group(each))
        due = datetime.now(UTC) + timedelta(days=2, hours=1)
        await channel.turn(due)
        left = []
        for more in (True, True, False):
            async with channel.world.database.write() as session:
                assert await group_reminders.sweep(session, due + KEPT + timedelta(hours=1)) is more
            left.append(len(await channel.rows("SELECT DISTINCT organisation_id FROM group_reminder")))
        assert left == [1, 0, 0]


async def test_whoever_is_changing_one_organisation_holds_up_no_other(channel: Channel) -> None:
    """With a large import, perhaps. Letters are seen to, others are told, and nobody's changes elsewhere wait."""
    world, due = channel.world, datetime.now(UTC) + timedelta(days=2, hours=1)
    lock, free = (
        f"SELECT {f}({FEED_LOCK}, hashtext(:id))" for f in ("pg_advisory_xact_lock", "pg_try_advisory_xact_lock")
    )
    async with World(world.app) as other:
        await machines.consented(other, scopes=["reminders:read"])
        for each in (world, other):
            await stories.held_session(each, await stories.started_group(each))
        first, last = sorted({str(world.organisation.id), str(other.organisation.id)})
        async with world.database.write() as importing:
            await importing.execute(sa.text(lock), {"id": last})
            turn = asyncio.create_task(reminding.work(world.database, due))
            while not await channel.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                assert not turn.done()
                await asyncio.sleep(0.01)
            assert await channel.rows("SELECT 1 FROM reminder") != []
            assert await channel.rows("SELECT organisation_id::text FROM group_reminder") == [(first,)]
            assert await channel.rows(free, id=first) == [(True,)]
            assert not turn.done()
        await turn
        assert await channel.rows("SELECT count(*) FROM group_reminder") == [(2,)]


@pytest.mark.parametrize("fault", [ZeroDivisionError(), DatabaseAway()], ids=["fault", "busy"])
async def test_one_organisation_that_fails_keeps_no_other_from_being_told_and_is_told_by_the_next_turn(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    world, due = channel.world, datetime.now(UTC) + timedelta(days=2, hours=1)
    noted = "SELECT organisation_id FROM group_reminder ORDER BY 1"
    note = group_reminders.note

    async def failing(session: AsyncSession, organisation_id: UUID, *rest: Any) -> None:
        await note(session, organisation_id, *rest)
        if organisation_id == first:
            raise fault

    async with World(world.app) as other:
        first, last = sorted((world.organisation.id, other.organisation.id))
        for each in (world, other):
            await stories.held_session(each, await stories.started_group(each))
        with monkeypatch.context() as patch:
            patch.setattr(group_reminders, "note", failing)
            # Whatever it was comes again in half an hour, and a database that is away within a minute.
            with pytest.raises(DatabaseAway) if isinstance(fault, DatabaseAway) else nullcontext():
                await reminding.work(world.database, due)
        assert await channel.rows(noted) == [(last,)]
        assert (str(first) in caplog.text) is isinstance(fault, ZeroDivisionError)
        await reminding.work(world.database, due + timedelta(minutes=30))
        assert await channel.rows(noted) == [(first,), (last,)]


async def test_turns_beside_each_other_and_a_database_that_is_away_note_each_thing_once(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, due = channel.world, datetime.now(UTC) + timedelta(days=2, hours=1)
    async with World(world.app) as other, World(world.app) as third:
        for each in (world, other, third):
            await stories.held_session(each, await stories.started_group(each))
        asked: list[UUID] = []

        async def away(_session: AsyncSession, organisation_id: UUID, *_rest: Any) -> None:
            asked.append(organisation_id)
            raise DatabaseAway

        with monkeypatch.context() as patch:
            patch.setattr(group_reminders, "note", away)
            with pytest.raises(DatabaseAway):
                await reminding.work(world.database, due)
        assert len(asked) == 2, "the third is left to the next turn"
        # Both have seen that nothing is noted before either notes it.
        async with world.database.write() as session:
            unnoted = (await services_reminding.remind(session, due, None)).unnoted
        for _ in range(2):
            for organisation_id, occasions in unnoted.items():
                async with world.database.write() as session:
                    await group_reminders.note(session, organisation_id, occasions, due)
        assert await channel.rows("SELECT count(*) FROM group_reminder") == [(3,)]
        assert await channel.rows("SELECT count(*) FROM change WHERE subject_type = 'groupReminder'") == [(1,)]


async def test_attack_a_program_without_consent_counts_what_is_due(channel: Channel) -> None:
    """The employer's HR system by its cursors, and whoever reads the log of an endpoint that nobody has agreed to."""
    world = channel.world
    hr = await machines.hr_system(world)
    silent = await machines.machine(world, scopes=["reminders:read"])
    asked = {"url": channel.receiver.url, "types": ["groupReminder"]}
    endpoint = await world.administrator.client.post(f"{silent.path}/webhook-endpoints", asked)
    held = await stories.held_session(world, await stories.started_group(world))
    assert len(await channel.turn(datetime.fromisoformat(held["startsAt"]) + timedelta(days=2, hours=1))) == 1
    (counted,) = await channel.rows("SELECT max(position) FROM change")
    for program in (hr, silent):
        cursors = [(await program.client.get("/changes"))["cursor"] for _ in range(2)]
        assert cursors[0] != cursors[1]  # that nothing has happened is not to be seen either
        assert counted[0].to_bytes(8, "big") not in bytes_of(cursors[0])
    log = f"/webhook-endpoints/{endpoint['id']}/webhook-deliveries"
    for who in (world.administrator, world.employer_rep, world.seko_rep):
        assert (await who.client.get(log))["_meta"]["totalRecords"] == 0
    # Nor does it come later.
    await machines.consent(world, silent.path)
    assert await channel.turn(datetime.fromisoformat(held["startsAt"]) + timedelta(days=3)) == []


def test_everything_that_is_decided_at_a_table_can_be_told_of() -> None:
    of_decisions = {ReminderSubject(kind.type) for kind in UNDECIDED}
    others = {HeldSession.subject_type, OpenAction.subject_type, QuietGroup.subject_type}
    assert of_decisions | others == set(ReminderSubject)
