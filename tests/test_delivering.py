"""Webhooks, from the change over the feed to a real receiver that checks them with the standard's own library."""

import asyncio
import json
import logging
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from app import delivering
from app.delivering import Deliverer, delivering_webhooks
from app.main import create_app
from app.outbound import Outbound
from app.services import account_mail, webhook_making, webhook_sending
from app.services.account_letters import Notice
from tests import machines, stories
from tests.conftest import TOKEN_SECRET, settings_for
from tests.database import as_owner
from tests.long import sized
from tests.machines import Machine, consent, hr_system
from tests.program import PATIENCE, ended, launch, serving
from tests.stories import Json
from tests.webhook_receiver import Message, Receiver, receiving
from tests.world import World
from tests.zygote import Process

LOOPBACK = "127.0.0.0/8"


@dataclass
class Post:
    """An agency alone in its database, one endpoint of its HR system, and what sends."""

    world: World
    hr: Machine
    receiver: Receiver
    outbound: Outbound
    endpoint: Json

    @property
    def path(self) -> str:
        return f"/webhook-endpoints/{self.endpoint['id']}"

    @property
    def hook(self) -> Webhook:
        return Webhook(self.endpoint["secret"])

    def deliverer(self) -> Deliverer:
        return Deliverer(self.world.database, self.outbound.tell, self.world.app.state.vault)

    async def work(self, deliverer: Deliverer | None = None) -> None:
        """Send until nothing more is due at this moment."""
        deliverer = deliverer or self.deliverer()
        while True:
            await deliverer.begin(datetime.now(UTC))
            if not deliverer._busy:
                return
            await deliverer.finish()

    async def read(self) -> Json:
        read: Json = await self.world.administrator.client.get(self.path)
        return read

    async def log(self, state: str | None = None) -> list[Json]:
        asked = {"limit": 100, "sort": "createdAt"} | ({"state": state} if state else {})
        found = await self.world.administrator.client.get(f"{self.path}/webhook-deliveries", params=asked)
        items: list[Json] = found["items"]
        return items

    async def change(self) -> str:
        """A new unit; its id."""
        made = await self.hr.client.post(f"{self.world.path}/units", {"name": "Ny"})
        return str(made["id"])

    async def count_up(self, unit_id: str, times: int = 1) -> None:
        for _ in range(times):
            async with self.world.database.write() as session:
                await session.execute(
                    sa.text("UPDATE unit SET version = version + 1 WHERE id = :id"), {"id": UUID(unit_id)}
                )

    @contextmanager
    def later(self, **how: float) -> Iterator[None]:
        """It is later, and everybody is signed in."""
        with time_machine.travel(datetime.now(UTC) + timedelta(**how), tick=True):
            yield

    async def sign_in(self) -> None:
        await self.world.renew_tokens()


async def registered(world: World, it: Machine, url: str, *types: str) -> Json:
    made: Json = await world.administrator.client.post(
        f"{it.path}/webhook-endpoints", {"url": url, "types": list(types)}
    )
    return made


@pytest.fixture
async def post(fresh_database_url: str) -> AsyncIterator[Post]:
    app = create_app(settings_for(fresh_database_url, webhook_networks=LOOPBACK))
    async with World(app) as world, receiving() as receiver:
        world.machines["hr"] = hr = await hr_system(world)
        outbound = Outbound([LOOPBACK], 2.0)
        yield Post(world, hr, receiver, outbound, await registered(world, hr, receiver.url, "unit", "person"))
        await outbound.close()
    await app.state.database.close()


# --- A message -------------------------------------------------------------------------------------


async def test_a_change_arrives_signed_and_without_data(post: Post) -> None:
    unit = await post.change()
    await post.work()
    (message,) = post.receiver.got
    said = post.hook.verify(message.body, message.headers)
    (told,) = [each for each in (await feed(post)) if each["id"] == unit]
    assert said == {"type": "unit.created", "timestamp": told["happenedAt"], "data": {"id": unit}}
    (sent,) = await post.log()
    assert (sent["state"], sent["attempts"], sent["lastStatus"], sent["lastFault"]) == ("delivered", 1, 204, None)
    assert sent["messageId"] == message.id == sent["id"]
    assert unit not in str(await post.world.administrator.client.get(f"/webhook-deliveries/{sent['id']}"))
    await post.work()
    assert len(post.receiver.got) == 1


async def feed(post: Post) -> list[Json]:
    """All there is, for a client whose cursor stands at the beginning."""
    rows = "SELECT jsonb_build_object('id', subject_id, 'happenedAt', to_char(happened_at AT TIME ZONE 'UTC', {})) "
    stored = rows.format('\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\'') + "FROM change ORDER BY position"
    return await as_owner(post.world.database, stored)


def _forged(message: Message) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    body, headers = message.body, message.headers
    another = Webhook("whsec_" + "QUFB" * 11)
    now = datetime.now(UTC)
    yield "another thing", body.replace(b'"id":"0', b'"id":"1'), headers
    yield "another type", body.replace(b"created", b"removed"), headers
    yield "a byte more", body + b" ", headers
    yield "another message", body, headers | {"webhook-id": "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b"}
    yield "a second later", body, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    yield "unsigned", body, {key: value for key, value in headers.items() if key != "webhook-signature"}
    yield "signed by another", body, headers | {"webhook-signature": another.sign(message.id, now, body.decode())}
    yield "cut", body, headers | {"webhook-signature": headers["webhook-signature"][:-8] + "AAAAAAA="}


async def test_what_is_altered_or_replayed_is_rejected_by_the_librarys_verifier(post: Post) -> None:
    await post.change()
    await post.work()
    (message,) = post.receiver.got
    post.hook.verify(message.body, message.headers)
    for what, body, headers in _forged(message):
        assert (body, headers) != (message.body, message.headers), what
        with pytest.raises(WebhookVerificationError):
            post.hook.verify(body, headers)
    for minutes in (-6, 6):
        with post.later(minutes=minutes), pytest.raises(WebhookVerificationError):
            post.hook.verify(message.body, message.headers)


async def test_only_the_types_asked_for_and_only_from_then_on(post: Post) -> None:
    before = await post.change()
    of_people = await registered(post.world, post.hr, post.receiver.url, "person")
    unit = await post.change()
    body = {"name": "Åsa Öberg", "email": "asa@example.se"}
    person = (await post.hr.client.post(f"{post.world.path}/people", body))["id"]
    await post.work()
    hook = Webhook(of_people["secret"])
    by_endpoint: dict[bool, list[str]] = {True: [], False: []}
    for message in post.receiver.got:
        try:
            hook.verify(message.body, message.headers)
            by_endpoint[True].append(message.said["data"]["id"])
        except WebhookVerificationError:
            by_endpoint[False].append(message.said["data"]["id"])
    assert by_endpoint[True] == [person]
    assert sorted(by_endpoint[False]) == sorted([before, unit, person])


async def test_a_test_message_and_a_replay(post: Post) -> None:
    unit = await post.change()
    await post.work()
    admin, path = post.world.administrator.client, f"{post.path}/webhook-deliveries"
    test = await admin.post(path, {})
    first = next(each for each in await post.log() if each["purpose"] == "change")
    replay = await admin.post(path, {"replayOf": first["id"]})
    assert (test["purpose"], test["event"], replay["purpose"]) == ("test", "endpoint.test", "replay")
    await post.work()
    _, *later = post.receiver.got
    said = {each.id: each.said for each in later}
    assert said[test["id"]]["type"] == "endpoint.test"
    assert said[first["id"]] == post.receiver.got[0].said
    assert said[first["id"]]["data"]["id"] == unit
    assert [each["state"] for each in await post.log()] == ["delivered"] * 3
    again = await admin.post(path, {"replayOf": test["id"]})
    assert (again["purpose"], again["messageId"]) == ("test", test["messageId"])
    await post.work()
    assert [each["state"] for each in await post.log()] == ["delivered"] * 4
    another = await registered(post.world, post.hr, post.receiver.url, "unit")
    elsewhere = f"/webhook-endpoints/{another['id']}/webhook-deliveries"
    await admin.refused("POST", elsewhere, 422, "unknownDelivery", json={"replayOf": first["id"]})
    # As a client that repeats its request means it: one test.
    once = [await admin.post(path, {}, headers={"Idempotency-Key": "en-gang"}) for _ in "ab"]
    assert once[0]["id"] == once[1]["id"]


# --- Secrets ---------------------------------------------------------------------------------------


async def test_a_secret_is_shown_once_and_replaced_with_overlap(post: Post) -> None:
    admin = post.world.administrator.client
    assert (await post.read())["secret"] is None
    path = f"{post.hr.path}/webhook-endpoints"
    repeated = [
        await admin.post(path, {"url": post.receiver.url, "types": ["person"]}, headers={"Idempotency-Key": "samma"})
        for _ in "ab"
    ]
    assert repeated[0]["secret"].startswith("whsec_")
    assert repeated[1]["secret"] is None
    renewed = await admin.step(f"{post.path}/secrets", {})
    await admin.refused("POST", f"{post.path}/secrets", 412, "staleVersion", json={}, etag='"1"')
    old, new = Webhook(post.endpoint["secret"]), Webhook(renewed["secret"])
    await post.change()
    await post.work()
    (message,) = post.receiver.got
    old.verify(message.body, message.headers)
    new.verify(message.body, message.headers)
    with post.later(hours=24, minutes=1):
        await post.sign_in()
        assert (await post.read())["formerUntil"] is None
        await post.change()
        await post.work()
        last = post.receiver.got[-1]
        new.verify(last.body, last.headers)
        with pytest.raises(WebhookVerificationError):
            old.verify(last.body, last.headers)
    assert (await post.read())["formerUntil"] is not None


async def test_a_secret_replaced_again_at_once_ends_no_overlap_by_itself(post: Post) -> None:
    """The receiver may still have only the first; whoever needs another now says so."""
    admin, path = post.world.administrator.client, f"{post.path}/secrets"
    second = await admin.step(path, {})
    fault = await admin.refused("POST", path, 409, "overlapRuns", json={}, etag='"2"')
    assert [each["pointer"] for each in fault["errors"]] == ["/endsOverlap"]
    await post.change()
    await post.work()
    (message,) = post.receiver.got
    Webhook(post.endpoint["secret"]).verify(message.body, message.headers)
    third = await admin.step(path, {"endsOverlap": True})
    await post.change()
    await post.work()
    message = post.receiver.got[-1]
    with pytest.raises(WebhookVerificationError):
        post.hook.verify(message.body, message.headers)
    for secret in (second["secret"], third["secret"]):
        Webhook(secret).verify(message.body, message.headers)
    with post.later(hours=24, minutes=1):
        await post.sign_in()
        # The overlap is over: there is nothing to end, and nothing in the way.
        await admin.step(path, {"endsOverlap": True})
    with post.later(hours=48, minutes=2):
        await post.sign_in()
        await admin.step(path, {})


async def test_neither_database_nor_log_nor_trail_has_the_secret(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    post.receiver.answer = lambda _said: 500
    await post.change()
    await post.work()
    plain = post.endpoint["secret"].removeprefix("whsec_")
    signature = post.receiver.got[0].headers["webhook-signature"].removeprefix("v1,")
    tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
    for table in await as_owner(post.world.database, tables):
        for row in await as_owner(post.world.database, f"SELECT t::text FROM {table} t"):  # noqa: S608
            assert plain not in row
            assert plain.encode().hex() not in row
    assert plain not in caplog.text
    assert signature not in caplog.text
    assert post.receiver.url not in caplog.text
    trail = await stories.trail(post.world.employer_rep, post.world)
    assert "create_webhook_endpoint" in [each["operation"] for each in trail]


async def test_a_secret_sealed_under_another_token_secret_signs_nothing(post: Post) -> None:
    await post.change()
    url = post.world.database.engine.url.render_as_string(hide_password=False)
    other = create_app(settings_for(url, token_secret=SecretStr("another-secret-another-secret-another")))
    deliverer = Deliverer(post.world.database, post.outbound.tell, other.state.vault)
    await post.work(deliverer)
    assert post.receiver.got == []
    assert [each["state"] for each in await post.log()] == ["pending"]
    # A new secret is there for it; the former, which nobody can open, is not in its way.
    await other.state.database.close()
    post.world.app.state.vault = other.state.vault
    renewed = await post.world.administrator.client.step(f"{post.path}/secrets", {})
    with post.later(minutes=1):
        await post.work(deliverer)
    (message,) = post.receiver.got
    Webhook(renewed["secret"]).verify(message.body, message.headers)


# --- Receivers that fail ---------------------------------------------------------------------------


async def test_a_receiver_that_fails_for_a_day_loses_nothing_and_gets_each_in_order(post: Post) -> None:
    chance = random.Random(5)  # noqa: S311
    started = datetime.now(UTC)
    post.receiver.answer = lambda _said: chance.choice([500, 503, 404, 302])
    units = [await post.change() for _ in range(5)]
    moved: timedelta = timedelta()
    deliverer = post.deliverer()
    while moved < timedelta(days=1):
        with time_machine.travel(started + moved, tick=True):
            await post.count_up(chance.choice(units))
            await post.work(deliverer)
        moved += timedelta(minutes=chance.choice([1, 7, 31, 90]))
    assert post.receiver.taken == []
    attempts = len(post.receiver.got)
    # It is well again, but for a hiccup now and then.
    post.receiver.answer = lambda _said: chance.choice([200, 204, 204, 500])
    for _ in range(70):
        with time_machine.travel(started + moved, tick=True):
            await post.work(deliverer)
        moved += timedelta(minutes=30)
    order: dict[str, list[str]] = {}
    for message in post.receiver.taken:
        order.setdefault(message.said["data"]["id"], []).append(message.id)
    stored = "SELECT message_id::text FROM webhook_delivery WHERE subject_id = CAST(:unit AS uuid) ORDER BY position"
    for unit in units:
        assert order[unit] == await as_owner(post.world.database, stored, unit=unit)
    told = await as_owner(post.world.database, "SELECT count(*) FROM change WHERE subject_type IN ('unit', 'person')")
    made = await as_owner(post.world.database, "SELECT count(*) FROM webhook_delivery WHERE state = 'delivered'")
    behind = "SELECT count(*) FROM change, webhook_endpoint e WHERE change.position > e.position"
    assert made[0] == sum(map(len, order.values())) > 5
    assert await as_owner(post.world.database, behind) == [0]
    assert told[0] >= made[0]
    # It was left alone more and more: not asked at every turn, and by far not once for each message.
    assert attempts < 150, attempts


async def test_one_message_that_is_never_taken_keeps_only_its_own_thing_waiting(post: Post) -> None:
    poison, fine = await post.change(), await post.change()
    deliverer = post.deliverer()
    post.receiver.answer = lambda said: 500 if said["data"]["id"] == poison else 204
    await post.work(deliverer)
    first = next(each.said for each in post.receiver.got if each.status == 500)
    post.receiver.answer = lambda said: 500 if said == first else 204
    await post.count_up(poison)
    for _ in range(4):
        await post.count_up(fine)
    await post.work(deliverer)
    taken = [each.said["data"]["id"] for each in post.receiver.taken]
    assert taken == [fine] * 5
    # It is given up after three days and twelve attempts, and what came after it is sent.
    for hours in range(webhook_sending.LEAST_ATTEMPTS):
        assert post.receiver.taken[-1].said["data"]["id"] == fine
        with post.later(days=3, hours=5 * hours):
            await post.work(deliverer)
    assert [each.said["type"] for each in post.receiver.taken][-1] == "unit.updated"
    assert post.receiver.taken[-1].said["data"]["id"] == poison
    states = [each["state"] for each in await post.log()]
    assert states.count("failed") == 1
    assert set(states) == {"failed", "delivered"}


async def test_a_receiver_that_is_away_is_not_asked_once_for_each_message(post: Post) -> None:
    """Many things have changed; in an hour it is asked a few dozen times, and then gets them all."""
    started = datetime.now(UTC)
    units = [await post.change() for _ in range(sized(30, 100))]
    post.receiver.answer = lambda _said: 503
    deliverer = post.deliverer()
    for minutes in range(60):
        with time_machine.travel(started + timedelta(minutes=minutes), tick=True):
            await post.work(deliverer)
    assert 20 <= len(post.receiver.got) <= 80
    post.receiver.answer = lambda _said: 204
    with post.later(hours=3):
        await post.work(deliverer)
    assert sorted(each.said["data"]["id"] for each in post.receiver.taken) == sorted(units)


def test_waits_grow_and_differ() -> None:
    waits = [webhook_sending.wait(number) for number in range(1, 40)]
    assert timedelta(seconds=4) <= waits[0] <= timedelta(seconds=6)
    assert all(timedelta(hours=3.2) <= each <= timedelta(hours=4.8) for each in waits[14:])
    assert len({webhook_sending.wait(9) for _ in range(20)}) > 5
    assert sum(waits[:30], timedelta()) > timedelta(days=2)


async def test_what_was_sent_and_not_marked_is_sent_again_with_the_same_id(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the machine stops in between."""
    unit = await post.change()

    async def stops(*_: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(webhook_sending, "mark", stops)
        deliverer = post.deliverer()
        await deliverer.begin(datetime.now(UTC))
        await deliverer.finish()
    assert len(post.receiver.got) == 1
    await post.count_up(unit)
    await post.work()
    # It is still somebody's for two minutes, and what came after it waits for it.
    assert len(post.receiver.got) == 1
    with post.later(minutes=2, seconds=1):
        await post.work()
    assert [each.said["type"] for each in post.receiver.got] == ["unit.created", "unit.created", "unit.updated"]
    assert post.receiver.got[0].id == post.receiver.got[1].id
    assert post.receiver.got[0].body == post.receiver.got[1].body
    assert [each["state"] for each in await post.log()] == ["delivered", "delivered"]


async def test_two_workers_at_once_send_each_message_once(post: Post) -> None:
    for _ in range(20):
        await post.change()
    post.receiver.delay = 0.01
    await asyncio.gather(post.work(), post.work(), post.work())
    assert len(post.receiver.got) == 20
    assert len({each.id for each in post.receiver.got}) == 20


async def test_a_receiver_that_does_not_answer_keeps_no_other_waiting(post: Post) -> None:
    many = sized(60, 1_000)
    patient = Outbound([LOOPBACK], PATIENCE)
    async with receiving() as slow:
        slow.answering.clear()
        await registered(post.world, post.hr, slow.url, "unit")
        async with post.world.database.write() as session:
            for number in range(many):
                row = {"id": post.world.unit.id if number % 2 else post.world.subunit.id}
                await session.execute(sa.text("UPDATE unit SET version = version + 1 WHERE id = :id"), row)
        for _ in range(20):
            await post.change()
        deliverer = Deliverer(post.world.database, patient.tell, post.world.app.state.vault)
        stop = asyncio.Event()
        task = asyncio.create_task(deliverer.run(stop))
        await until(lambda: len(post.receiver.taken) == many + 20 and slow.at_once > 0)
        # All that one can be sent has come, and the other has answered nothing yet.
        assert slow.got == []
        stop.set()
        slow.answering.set()
        await task
        assert len(slow.taken) == slow.most_at_once
    assert post.receiver.most_at_once <= webhook_sending.SENT_AT_ONCE
    assert slow.most_at_once <= webhook_sending.SENT_AT_ONCE
    await patient.close()


async def test_no_endpoint_waits_for_all_that_another_is_sent(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "ENDPOINTS_AT_ONCE", 1)
    async with receiving() as second, receiving() as third:
        for other in (second, third):
            await registered(post.world, post.hr, other.url, "unit")
        for _ in range(12):
            await post.change()
        deliverer = post.deliverer()
        for _ in range(6):
            await deliverer.begin(datetime.now(UTC))
            await deliverer.finish()
        assert [len(each.got) for each in (post.receiver, second, third)] == [8, 8, 8]


async def test_whoever_has_waited_longest_is_first_after_a_start(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "ENDPOINTS_AT_ONCE", 1)
    async with receiving() as second:
        await registered(post.world, post.hr, second.url, "unit")
        await post.change()
        deliverer = post.deliverer()
        await deliverer.begin(datetime.now(UTC))
        await deliverer.finish()
        first, waiting = (post.receiver, second) if post.receiver.got else (second, post.receiver)
        with post.later(minutes=5):
            await post.change()
            again = post.deliverer()
            await again.begin(datetime.now(UTC))
            await again.finish()
        assert (len(first.got), len(waiting.got)) == (1, 2)


async def test_what_has_begun_is_finished_when_the_worker_stops(post: Post) -> None:
    post.receiver.delay = 0.5
    await post.change()
    async with delivering_webhooks(post.world.database, post.outbound.tell, post.world.app.state.vault):
        async with asyncio.timeout(10):
            while not post.receiver.at_once:  # noqa: ASYNC110 - the receiver counts
                await asyncio.sleep(0.01)
    assert [each["state"] for each in await post.log()] == ["delivered"]


# --- In a process of its own -----------------------------------------------------------------------


async def worker_of(post: Post, url: str) -> Process:
    return await launch(
        "worker",
        LARANDE_DATABASE_URL=url,
        LARANDE_KEY_DIRECTORY=str(post.world.app.state.key_store._path),
        LARANDE_TOKEN_SECRET=TOKEN_SECRET,
        LARANDE_SMTP_URL="smtp://127.0.0.1:1",
        LARANDE_WEBHOOK_NETWORKS=LOOPBACK,
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.02)


@pytest.mark.drill
async def test_the_worker_sends_them_and_finishes_what_has_begun(post: Post, fresh_database_url: str) -> None:
    process = await worker_of(post, fresh_database_url)
    unit = await post.change()
    await until(lambda: len(post.receiver.taken) == 1)
    post.receiver.delay = 1.0
    await post.count_up(unit)
    await until(lambda: post.receiver.at_once == 1)
    process.send_signal(signal.SIGTERM)
    end = await ended(process)
    assert (end.code, end.said, end.complained) == (0, ["The worker is running. Ctrl-C stops it."], [])
    assert [each["state"] for each in await post.log()] == ["delivered", "delivered"]
    for message in post.receiver.taken:
        post.hook.verify(message.body, message.headers)


@pytest.mark.drill
@pytest.mark.parametrize("place", ["inside", "apart"])
async def test_the_service_sends_them_by_itself_unless_it_is_told_not_to(
    post: Post, fresh_database_url: str, new_home: Path, place: str
) -> None:
    await post.change()
    settings = {
        "LARANDE_HOME": str(new_home),
        "LARANDE_DATABASE_URL": fresh_database_url,
        "LARANDE_TOKEN_SECRET": TOKEN_SECRET,
        "LARANDE_WEBHOOK_NETWORKS": LOOPBACK,
        "LARANDE_SMTP_URL": "smtp://127.0.0.1:1",
        "LARANDE_WORKER": place,
    }
    async with serving(**settings) as service:
        async with service.http() as http:
            assert (await http.get("/api-info")).status_code == 200
        # Whatever it had begun to send before it answered it would finish now.
        end = await service.interrupt()
    assert (end.code, end.complained) == (0, [])
    assert len(post.receiver.got) == (1 if place == "inside" else 0)


@pytest.mark.drill
async def test_what_a_killed_worker_had_sent_is_sent_again_as_the_same_message(
    post: Post, fresh_database_url: str
) -> None:
    post.receiver.delay = 1.0
    process = await worker_of(post, fresh_database_url)
    await post.change()
    await until(lambda: post.receiver.at_once == 1)
    os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()
    await until(lambda: len(post.receiver.got) == 1)
    assert [each["state"] for each in await post.log()] == ["pending"]
    post.receiver.delay = 0.0
    with post.later(minutes=2, seconds=5):
        await post.work()
    first, again = post.receiver.got
    assert (first.id, first.body) == (again.id, again.body)
    assert [each["state"] for each in await post.log()] == ["delivered"]


# --- Pauses ----------------------------------------------------------------------------------------


async def _told_of_a_pause(post: Post) -> list[str]:
    waiting = "SELECT convert_from(payload, 'UTF8') FROM queue.pgqueuer WHERE entrypoint = :entrypoint"
    orders = map(json.loads, await as_owner(post.world.database, waiting, entrypoint=account_mail.ENTRYPOINT))
    return [each["person"] for each in orders if each.get("notice") == Notice.WEBHOOK_PAUSED]


async def test_an_endpoint_that_takes_nothing_for_three_days_is_paused_and_said_so(post: Post) -> None:
    post.receiver.answer = lambda _said: 500
    await post.change()
    await post.work()
    read = await post.read()
    assert (read["state"], read["failingSince"] is not None) == ("active", True)
    with post.later(days=3, minutes=1):
        await post.sign_in()
        await post.change()
        await post.work()
        read = await post.read()
        assert (read["state"], read["pauseReason"]) == ("paused", "failing")
        trail = await stories.trail(post.world.saco_rep, post.world)
        assert "pause_webhook_endpoint" in [each["operation"] for each in trail]
        assert await _told_of_a_pause(post) == [post.world.administrator.id]
        # Nothing is sent, and nothing is lost.
        asked = len(post.receiver.got)
        post.receiver.answer = lambda _said: 204
        kept = [await post.change() for _ in range(3)]
        await post.work()
        assert len(post.receiver.got) == asked
        await post.world.administrator.client.step(f"{post.path}/transitions", {"to": "active"})
    with post.later(days=3, hours=6):
        await post.work()
    taken = [each.said["data"]["id"] for each in post.receiver.taken]
    # What failed for three days before the pause as well: it was not tried often.
    assert set(kept) <= set(taken)
    assert len(taken) == 5


async def test_an_endpoint_that_says_it_is_gone_is_paused_at_once(post: Post) -> None:
    post.receiver.answer = lambda _said: 410
    await post.change()
    await post.work()
    read = await post.read()
    assert (read["state"], read["pauseReason"]) == ("paused", "gone")
    assert [each["state"] for each in await post.log()] == ["pending"]


async def test_pausing_and_resuming_by_hand(post: Post) -> None:
    admin, path = post.world.administrator.client, f"{post.path}/transitions"
    await admin.refused("POST", path, 409, "transitionRefused", json={"to": "active"}, etag='"1"')
    paused = await admin.step(path, {"to": "paused"})
    assert (paused["pauseReason"], paused["pausedAt"] is not None) == ("askedFor", True)
    unit = await post.change()
    await post.work()
    assert post.receiver.got == []
    await admin.step(path, {"to": "active"})
    await post.work()
    assert [each.said["data"]["id"] for each in post.receiver.got] == [unit]


async def test_a_removed_endpoint_is_sent_nothing_even_what_is_on_its_way(post: Post) -> None:
    await post.change()
    post.receiver.delay = 0.3
    deliverer = post.deliverer()
    await deliverer.begin(datetime.now(UTC))
    await until(lambda: post.receiver.at_once == 1)
    await post.world.administrator.client.change(post.path, None, expect=204, method="DELETE")
    await deliverer.finish()
    await post.change()
    await post.work()
    assert len(post.receiver.got) == 1
    assert await as_owner(post.world.database, "SELECT count(*) FROM webhook_delivery") == [0]


# --- What the client may see by then ---------------------------------------------------------------


async def test_a_scope_taken_back_after_the_event(post: Post) -> None:
    unit = await post.change()
    await post.world.administrator.client.change(post.hr.path, {"scopes": ["people:read"]})
    person = (await post.world.someone("ny")).id
    await post.work()
    assert [each.said["data"]["id"] for each in post.receiver.got] == [person]
    states = {each["event"]: each["state"] for each in await post.log()}
    assert states == {"unit.created": "withheld", "person.created": "delivered"}
    assert unit not in str(post.receiver.got)


async def test_a_kind_of_thing_that_only_a_later_version_knows_holds_nothing_up(post: Post) -> None:
    """Beside the next version of the program, or after it: what it has told of is passed over."""
    later = (
        "ALTER TABLE change DROP CONSTRAINT ck_change_changed_type",
        "INSERT INTO change (organisation_id, subject_type, subject_id, kind, happened_at) "
        "SELECT id, 'comet', gen_random_uuid(), 'created', now() FROM organisation",
    )
    for statement in later:
        await as_owner(post.world.database, statement)
    unit = await post.change()
    await post.work()
    assert [each.said["data"]["id"] for each in post.receiver.got] == [unit]
    feed = await post.hr.client.get("/changes")
    assert (await post.hr.client.get(f"/changes?cursor={feed['cursor']}"))["items"] == []


async def test_consent_taken_back_after_the_event(post: Post) -> None:
    reader = await machines.machine(post.world, scopes=["records:read"])
    approvals = await consent(post.world, reader.path)
    await registered(post.world, reader, post.receiver.url, "sessionRecord")
    group = await stories.started_group(post.world)
    record = await stories.final_record(post.world, group)
    await post.work()
    assert ("sessionRecord.created", record["id"]) in [
        (each.said["type"], each.said["data"]["id"]) for each in post.receiver.got
    ]
    before = len([each for each in post.receiver.got if "Record" in each.said["type"]])
    await stories.final_record(post.world, group)
    await post.world.saco_rep.client.change(
        f"/approvals/{approvals[1]['id']}", None, expect=204, method="DELETE", etag='"1"'
    )
    await post.work()
    assert len([each for each in post.receiver.got if "Record" in each.said["type"]]) == before


@pytest.mark.parametrize("end", ["client ended", "client expired and ended", "organisation closed"])
async def test_a_client_that_has_ended_is_told_nothing_not_even_a_test(post: Post, end: str) -> None:
    await post.change()
    await post.world.administrator.client.post(f"{post.path}/webhook-deliveries", {})
    if end == "organisation closed":
        closed = "UPDATE organisation SET state = 'closed', closed_at = now()"
        await as_owner(post.world.database, closed)
    else:
        if "expired" in end:
            await as_owner(post.world.database, "UPDATE service_client SET expires_at = now()")
        await post.world.administrator.client.step(f"{post.hr.path}/transitions", {"to": "ended"})
    await post.work()
    assert post.receiver.got == []
    assert {each["state"] for each in await post.log()} == {"withheld"}


async def test_a_client_that_had_expired_goes_on_where_it_was(post: Post) -> None:
    """Nothing is made for it meanwhile, and nothing passed over."""
    unit = await post.change()
    await as_owner(post.world.database, "UPDATE service_client SET expires_at = now()")
    await post.work()
    assert await post.log() == []
    await as_owner(post.world.database, "UPDATE service_client SET expires_at = now() + interval '1 day'")
    await post.work()
    assert [each.said["data"]["id"] for each in post.receiver.got] == [unit]


async def test_a_client_that_expires_while_its_receiver_is_away_loses_nothing(post: Post) -> None:
    unit = await post.change()
    await post.world.administrator.client.post(f"{post.path}/webhook-deliveries", {})
    post.receiver.answer = lambda _said: 500
    await post.work()
    asked = len(post.receiver.got)
    await as_owner(post.world.database, "UPDATE service_client SET expires_at = now()")
    with post.later(days=4):
        await post.work()
        assert len(post.receiver.got) == asked
        await post.sign_in()
        assert [each["state"] for each in await post.log()] == ["pending"] * 2
        renewed = "UPDATE service_client SET expires_at = :later"
        await as_owner(post.world.database, renewed, later=datetime.now(UTC) + timedelta(days=30))
        # It was not asked in these days. One hiccup more pauses the endpoint, as nothing has arrived for so long; it is
        # not the end of what waits.
        await post.work()
        assert len(post.receiver.got) == asked + 2
        assert (await post.read())["pauseReason"] == "failing"
        post.receiver.answer = lambda _said: 204
        await post.world.administrator.client.step(f"{post.path}/transitions", {"to": "active"})
    with post.later(days=4, minutes=1):
        await post.work()
    changes = [each for each in post.receiver.taken if each.said["type"] != "endpoint.test"]
    assert [each.said["data"]["id"] for each in changes] == [unit]
    assert len(post.receiver.taken) == 2


async def test_an_expired_clients_endpoint_takes_no_others_turn(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "ENDPOINTS_AT_ONCE", 1)
    await post.change()
    async with post.world.database.write() as session:
        while await webhook_making.make_deliveries(session, datetime.now(UTC)):
            pass
    await as_owner(post.world.database, "UPDATE service_client SET expires_at = now()")
    async with receiving() as other, post.world.database.read() as session:
        assert await webhook_sending.endpoints_due(session, datetime.now(UTC), ()) == []
        another = await machines.machine(post.world, kind="hrSystem", scopes=["units:read"])
        await registered(post.world, another, other.url, "unit")
        async with post.world.database.write() as writing:
            row = {"id": post.world.unit.id}
            await writing.execute(sa.text("UPDATE unit SET version = version + 1 WHERE id = :id"), row)
        await post.work()
        assert [each.said["data"]["id"] for each in other.got] == [str(post.world.unit.id)]


async def test_no_other_organisations_changes_are_sent(post: Post) -> None:
    async with World(post.world.app) as other:
        elsewhere = await hr_system(other)
        await elsewhere.client.post(f"{other.path}/units", {"name": "Annorstädes"})
        await post.work()
        assert post.receiver.got == []
        for who in (other.employer_rep, other.saco_rep, elsewhere):
            await who.client.refused("GET", post.path, 404, "notFound")


async def test_types_beyond_the_scopes_are_refused(post: Post) -> None:
    path = f"{post.hr.path}/webhook-endpoints"
    body = {"url": post.receiver.url, "types": ["unit", "sessionRecord"]}
    await post.world.administrator.client.refused("POST", path, 422, "typeNotInScopes", json=body)


async def test_the_log_is_swept_once_it_is_old(post: Post) -> None:
    await post.change()
    await post.work()
    for days, left in ((29, 1), (31, 0)):
        async with post.world.database.write() as session:
            assert not await webhook_sending.sweep(session, datetime.now(UTC) + timedelta(days=days))
        assert len(await post.log()) == left
