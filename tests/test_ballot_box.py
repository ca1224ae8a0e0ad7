"""The one who writes answers: together, once, either with the token used up or not at all, and none after closing."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app import ballot_box as box_module
from app import embedded
from app.ballot_box import BallotBox
from app.services import ballot, survey_answers, survey_forms
from app.services.errors import Refusal
from app.services.survey_answers import Answer, Sealed
from app.services.wall import SYSTEM, Context
from tests.client import client_for
from tests.database import Database, database_of
from tests.program import PATIENCE, Service, ended, serving, somebody_waits
from tests.survey_ballots import ITEMS, SurveyStage, open_round
from tests.test_recovery import Server, app_on, assert_unavailable, server

__all__ = ["server"]  # a fixture

RESPONSES = "/survey-responses"


class Counting(Database):
    """A database that knows how many transactions were asked for."""

    writes = 0

    @asynccontextmanager
    async def write_at_once(self, context: Context = SYSTEM) -> AsyncIterator[AsyncConnection]:
        self.writes += 1
        async with super().write_at_once(context) as connection:
            yield connection


@pytest.fixture
async def counting(fresh_database_url: str) -> AsyncIterator[Counting]:
    database = Counting(fresh_database_url)
    yield database
    await database.close()


@pytest.fixture
def box(counting: Counting) -> BallotBox:
    return BallotBox(counting, lambda: datetime.now(UTC))


@pytest.fixture
async def stage(counting: Counting) -> SurveyStage:
    return await open_round(counting)


@pytest.fixture
async def other(fresh_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else on the same database."""
    connection = await asyncpg.connect(fresh_database_url.replace("+asyncpg", ""))
    yield connection
    connection.terminate()


def answer(token: str, value: Any = 3) -> Answer:
    return Answer(ballot.token_hash(token), {"A1": value}, {})


async def outcomes(*puts: Awaitable[None]) -> list[str | None]:
    """None for what was stored, otherwise why not."""
    ends = await asyncio.gather(*puts, return_exceptions=True)
    return [_reason(each) for each in ends]


def _reason(end: BaseException | None) -> str | None:
    if isinstance(end, Refusal):
        return end.code.value
    return None if end is None else type(end).__name__


async def begin_closing(other: asyncpg.Connection, stage: SurveyStage) -> asyncpg.transaction.Transaction:
    """What closing does first: the round's row for itself."""
    transaction = other.transaction()
    await transaction.start()
    await other.execute("SELECT FROM survey_round WHERE id = $1 FOR UPDATE", stage.round_id)
    return transaction


# --- Together --------------------------------------------------------------------------------------------------------


async def test_what_waits_is_committed_together(box: BallotBox, counting: Counting, stage: SurveyStage) -> None:
    tokens = await stage.invite(600)
    counting.writes = 0
    assert set(await outcomes(*(box.put(answer(token)) for token in tokens))) == {None}
    assert counting.writes == 3  # 256, 256, 88
    assert (len(await stage.boxes()), len(await stage.used())) == (600, 600)


async def test_boxes_lie_in_another_order_than_tokens_came_or_were_used_in(
    box: BallotBox, counting: Counting, stage: SurveyStage
) -> None:
    """Within a transaction the tables' own order on the disk ties no token to a box."""
    tokens = await stage.invite(200)
    # The number of the token, in fives, is what is answered.
    digits = [{item: number // 5**place % 5 + 1 for place, item in enumerate(ITEMS[:4])} for number in range(200)]
    puts = [Answer(ballot.token_hash(token), answers, {}) for token, answers in zip(tokens, digits, strict=True)]
    await asyncio.gather(*(box.put(each) for each in puts))
    in_box = [
        sum((answered - 1) * 5**place for place, answered in enumerate(each.answers[:4]))
        for each in await stage.ballots()
    ]
    async with counting.read() as session:
        query = sa.text("SELECT token_hash FROM survey_invitation ORDER BY ctid")
        numbers = {ballot.token_hash(token): number for number, token in enumerate(tokens)}
        as_used = [numbers[each] for each in (await session.execute(query)).scalars()]
    assert sorted(in_box) == sorted(as_used) == list(range(200))
    assert _rank_correlation(in_box, list(range(200))) < 0.3
    assert _rank_correlation(in_box, as_used) < 0.3


def _rank_correlation(first: list[int], second: list[int]) -> float:
    """Spearman's, without its sign: by chance above 0.3 once in some ten thousand times for two hundred."""
    places = {each: place for place, each in enumerate(second)}
    square = sum((place - places[each]) ** 2 for place, each in enumerate(first))
    return abs(1 - 6 * square / (len(first) ** 3 - len(first)))


async def test_one_alone_does_not_wait_for_others(box: BallotBox, stage: SurveyStage) -> None:
    for token in await stage.invite(3):
        await box.put(answer(token))
    assert len(await stage.boxes()) == 3


async def test_every_round_gets_its_own(box: BallotBox, counting: Counting) -> None:
    stages = [await open_round(counting, two_keys=number == 1) for number in range(3)]
    tokens = [await each.invite(20) for each in stages]
    counting.writes = 0
    puts = [box.put(answer(token, value)) for value, ours in enumerate(tokens, 1) for token in ours]
    assert set(await outcomes(*puts)) == {None}
    assert counting.writes == 1
    for value, each in enumerate(stages, 1):
        assert [one.answers[0] for one in await each.ballots()] == [value] * 20


async def test_questionnaires_beyond_the_bound_are_read_anew(
    box: BallotBox, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_forms, "MOST_KEPT", 2)
    stages = [await open_round(counting) for _ in range(3)]
    for _ in range(2):
        tokens = [(await each.invite(1))[0] for each in stages]
        assert set(await outcomes(*(box.put(answer(token)) for token in tokens))) == {None}
        assert len(box.questionnaires._kept) == 2


# --- Once ------------------------------------------------------------------------------------------------------------


async def test_one_token_counts_once_within_a_batch(box: BallotBox, stage: SurveyStage) -> None:
    (token,) = await stage.invite(1)
    refused, *found = await outcomes(*(box.put(answer(token, value)) for value in (9, 1, 2, 3)))
    assert refused == "surveyAnswerRefused"
    assert sorted(map(str, found)) == ["None", "surveyAlreadyAnswered", "surveyAlreadyAnswered"]
    assert [each.answers[0] for each in await stage.ballots()] == [found.index(None) + 1]


async def test_one_token_counts_once_for_several_processes(
    box: BallotBox, counting: Counting, stage: SurveyStage
) -> None:
    others = [BallotBox(counting, lambda: datetime.now(UTC)) for _ in range(3)]
    tokens = await stage.invite(50)
    found = await outcomes(*(each.put(answer(token)) for token in tokens for each in (box, *others)))
    assert sorted(map(str, found)) == ["None"] * 50 + ["surveyAlreadyAnswered"] * 150
    assert (len(await stage.boxes()), len(await stage.used())) == (50, 50)


async def test_a_token_used_since_it_was_looked_at_is_used(
    box: BallotBox, stage: SurveyStage, other: asyncpg.Connection
) -> None:
    used, free = await stage.invite(2)
    closing = await begin_closing(other, stage)
    puts = asyncio.create_task(outcomes(box.put(answer(used)), box.put(answer(free))))
    await somebody_waits(other)
    await other.execute("UPDATE survey_invitation SET used = true WHERE token_hash = $1", ballot.token_hash(used))
    await closing.commit()
    assert await puts == ["surveyAlreadyAnswered", None]
    assert len(await stage.boxes()) == 1


# --- Not after closing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("state = 'closed'", "surveyClosed"),
        ("state = 'released'", "surveyTokenUnknown"),
        ("closes_at = now() - interval '1 second', opens_at = now() - interval '1 day'", "surveyClosed"),
        ("title = title", None),
    ],
)
async def test_what_waits_for_a_closing_comes_too_late(
    box: BallotBox, stage: SurveyStage, other: asyncpg.Connection, change: str, code: str | None
) -> None:
    tokens = await stage.invite(20)
    closing = await begin_closing(other, stage)
    puts = asyncio.create_task(outcomes(*(box.put(answer(token)) for token in tokens)))
    await somebody_waits(other)
    await other.execute(f"UPDATE survey_round SET {change} WHERE id = $1", stage.round_id)  # noqa: S608
    await closing.commit()
    assert await puts == [code] * 20
    assert len(await stage.boxes()) == len(await stage.used()) == (0 if code else 20)


async def test_a_closing_that_was_given_up_lets_them_in(
    box: BallotBox, stage: SurveyStage, other: asyncpg.Connection
) -> None:
    tokens = await stage.invite(20)
    closing = await begin_closing(other, stage)
    await other.execute("UPDATE survey_round SET state = 'closed' WHERE id = $1", stage.round_id)
    puts = asyncio.create_task(outcomes(*(box.put(answer(token)) for token in tokens)))
    await somebody_waits(other)
    await closing.rollback()
    assert await puts == [None] * 20


async def test_a_closing_waits_for_what_is_being_stored_and_none_comes_after(
    box: BallotBox, stage: SurveyStage, other: asyncpg.Connection
) -> None:
    """In the middle of a stream the closing counts under its lock; nothing is acknowledged beyond what it counted."""
    places = iter(await stage.invite(2_000))
    stored: list[str] = []
    refused: list[str] = []
    enough = asyncio.Event()

    async def answer_until_closed() -> None:
        for token in places:
            (reason,) = await outcomes(box.put(answer(token)))
            if reason is not None:
                refused.append(reason)
                return
            stored.append(token)
            if len(stored) > 200:
                enough.set()

    stream = [asyncio.create_task(answer_until_closed()) for _ in range(40)]
    await enough.wait()
    closing = await begin_closing(other, stage)
    counted = await other.fetchval("SELECT count(*) FROM sealed_response WHERE survey_round_id = $1", stage.round_id)
    await other.execute("UPDATE survey_round SET state = 'closed' WHERE id = $1", stage.round_id)
    await closing.commit()
    await asyncio.gather(*stream)
    assert refused == ["surveyClosed"] * 40
    assert 200 < counted < 2_000
    assert len(stored) == counted == len(await stage.boxes()) == len(await stage.used())


async def test_a_round_that_is_being_closed_does_not_hold_up_others_that_are_over(
    box: BallotBox, counting: Counting, stage: SurveyStage, other: asyncpg.Connection
) -> None:
    """Past its closing time a round's row is not asked for, so its long closing keeps nobody waiting."""
    (late,) = await stage.invite(1)
    running = await open_round(counting)
    (token,) = await running.invite(1)
    now = datetime.now(UTC)
    await stage.change(opens_at=now - timedelta(days=2), closes_at=now - timedelta(seconds=1))
    closing = await begin_closing(other, stage)
    async with asyncio.timeout(5):
        assert await outcomes(box.put(answer(late)), box.put(answer(token))) == ["surveyClosed", None]
    await closing.rollback()


# --- When something goes wrong ---------------------------------------------------------------------------------------


async def test_a_fault_in_one_answer_is_its_own(
    box: BallotBox, stage: SurveyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await stage.invite(5)
    really = survey_answers.sealed

    def faulty(questionnaire: Any, invitation: Any, given: Answer) -> Sealed:
        if given.token_hash == ballot.token_hash(tokens[2]):
            raise ValueError("ours")
        return really(questionnaire, invitation, given)

    with monkeypatch.context() as patch:
        patch.setattr(survey_answers, "sealed", faulty)
        assert await outcomes(*(box.put(answer(token)) for token in tokens)) == [None, None, "ValueError", None, None]
    assert await outcomes(box.put(answer(tokens[2]))) == [None]


@pytest.mark.parametrize(("room", "step"), [(survey_forms, "invitations"), (survey_answers, "store")])
async def test_a_transaction_that_fails_stores_nothing_and_the_next_goes_on(
    box: BallotBox, stage: SurveyStage, monkeypatch: pytest.MonkeyPatch, room: Any, step: str
) -> None:
    tokens = await stage.invite(5)

    async def lost(*_given: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(room, step, lost)
        assert set(await outcomes(*(box.put(answer(token)) for token in tokens))) == {"DatabaseAway"}
    assert (await stage.boxes(), await stage.used()) == ([], set())
    assert set(await outcomes(*(box.put(answer(token)) for token in tokens))) == {None}


async def test_whoever_goes_away_while_waiting_harms_nobody(
    box: BallotBox, stage: SurveyStage, other: asyncpg.Connection
) -> None:
    """One that was being written may be stored without its sender hearing of it, one that only waited is dropped."""
    written, waited, stays = await stage.invite(3)
    closing = await begin_closing(other, stage)
    first = asyncio.create_task(box.put(answer(written)))
    await somebody_waits(other)
    second, third = (asyncio.create_task(box.put(answer(token))) for token in (waited, stays))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    await closing.rollback()
    await third
    assert await stage.used() == {ballot.token_hash(token) for token in (written, stays)}
    assert len(await stage.boxes()) == 2
    assert await outcomes(box.put(answer(written)), box.put(answer(waited))) == ["surveyAlreadyAnswered", None]


async def test_when_too_many_wait_the_next_is_asked_to_come_again(
    fresh_database_url: str, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_module, "MOST_WAITING", 2)
    async with app_on(fresh_database_url) as app, client_for(app) as client:
        stage = await open_round(database_of(app))
        tokens = await stage.invite(4)
        closing = await begin_closing(other, stage)
        sent = {"answers": {"A1": 3}}
        first = asyncio.create_task(client.signed_in(tokens[0]).request("POST", RESPONSES, json=sent))
        await somebody_waits(other)
        more = [client.signed_in(token).request("POST", RESPONSES, json=sent) for token in tokens[1:]]
        posts = [asyncio.create_task(each) for each in more]
        refused = await posts[2]
        assert (refused.status_code, refused.json()["code"]) == (503, "surveyBusy")
        assert refused.headers["Retry-After"] == "5"
        await closing.rollback()
        assert {each.status_code for each in await asyncio.gather(first, *posts[:2])} == {201}
        await client.signed_in(tokens[3]).post(RESPONSES, sent)


async def test_closing_the_box_waits_for_what_is_in_it(
    box: BallotBox, stage: SurveyStage, other: asyncpg.Connection
) -> None:
    tokens = await stage.invite(300)
    closing = await begin_closing(other, stage)
    puts = asyncio.create_task(outcomes(*(box.put(answer(token)) for token in tokens)))
    await somebody_waits(other)
    end = asyncio.create_task(box.close())
    await asyncio.sleep(0.05)
    assert not end.done()
    assert await outcomes(box.put(answer(tokens[0]))) == ["surveyBusy"]
    await closing.rollback()
    await end
    assert await puts == [None] * 300


async def test_a_box_that_was_never_used_closes(box: BallotBox) -> None:
    await box.close()


# --- Power and processes ---------------------------------------------------------------------------------------------


@pytest.mark.drill
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
async def test_a_database_lost_in_the_middle_leaves_tokens_usable(server: Server, end: signal.Signals) -> None:
    async with app_on(server.url) as app, client_for(app) as client:
        stage = await open_round(database_of(app))
        tokens = await stage.invite(10)
        sent = {"answers": {"A1": 3}}
        other = await server.connect()
        await begin_closing(other, stage)
        posts = asyncio.gather(*(client.signed_in(each).request("POST", RESPONSES, json=sent) for each in tokens))
        await somebody_waits(other)
        server.signal(end)
        # A server that is told to stop ends whoever holds the lock, and may let one pass before it ends that one too.
        taken = set()
        for token, answer in zip(tokens, await posts, strict=True):
            if answer.status_code == 201:
                taken.add(ballot.token_hash(token))
            else:
                assert_unavailable(answer)
        assert taken == set() or end is signal.SIGINT
        other.terminate()
        await server.stop()
        assert_unavailable(await client.signed_in(tokens[0]).request("POST", RESPONSES, json=sent))
        assert_unavailable(await client.signed_in(tokens[0]).request("GET", "/survey-forms/current"))
        await server.start()
        used = await stage.used()
        assert taken <= used
        assert len(await stage.boxes()) == len(used)
        for token in tokens:
            if ballot.token_hash(token) not in used:
                await client.signed_in(token).post(RESPONSES, sent)
        assert len(await stage.boxes()) == len(await stage.used()) == 10


@pytest.mark.drill
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
async def test_what_was_acknowledged_in_a_storm_is_stored_and_nothing_is_half(home: Path, end: signal.Signals) -> None:
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def answer_until_it_ends(service: Service, tokens: Any) -> None:
        async with service.http() as http:
            for token in tokens:
                try:
                    made = await http.post(RESPONSES, json={"answers": {"A1": 3}, "token": token})
                except httpx2.HTTPError:  # the service is gone
                    return
                if made.status_code == 201:
                    acknowledged.append(token)
                if len(acknowledged) > 150:
                    enough.set()

    async with serving(LARANDE_HOME=str(home)) as service:
        database = Database((home / "address").read_text())
        stage = await open_round(database)
        places = iter(await stage.invite(2_000))
        await database.close()
        storm = [asyncio.create_task(answer_until_it_ends(service, places)) for _ in range(16)]
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
        service.process.send_signal(end)
        over = await ended(service.process)
        assert over.complained == []
        await asyncio.gather(*storm)
    with embedded.start(home) as running:
        stage.database = Database(running.url)
        used, boxes = await stage.used(), await stage.ballots()
        await stage.database.close()
    assert {ballot.token_hash(token) for token in acknowledged} <= used
    assert len(boxes) == len(used) < 2_000
