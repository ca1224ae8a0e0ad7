"""Closing: an open round or a complete release, whatever happens, and nothing of the answers left."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.closing import Closer, close_due, closing_rounds, tidy
from app.database import DatabaseAway
from app.key_directory import KeyDirectory
from app.main import create_app
from app.models.party import Side
from app.services import survey_closing
from app.services.ballot import Ballot, encode, new_secret, public_key_of, seal
from app.services.instrument_content import layout_of
from app.services.key_store import KeyStoreUnavailable, RoundSecrets
from app.services.survey_closing import Outcome
from app.services.wall import SYSTEM, Context
from tests import stories
from tests.ballot_boxes import Box, a_questionnaire, an_answered_round, an_instrument, an_open_round, everything
from tests.conftest import settings_for
from tests.database import Database
from tests.program import ROOT
from tests.world import World

LEFT = """
    SELECT (SELECT count(*) FROM sealed_response WHERE survey_round_id = :id),
           (SELECT count(*) FROM survey_invitation WHERE survey_round_id = :id),
           (SELECT count(*) FROM survey_release WHERE survey_round_id = :id),
           (SELECT count(*) FROM survey_result WHERE survey_round_id = :id),
           (SELECT count(*) FROM survey_sums WHERE survey_round_id = :id),
           (SELECT state FROM survey_round WHERE id = :id)
"""


async def close(box: Box, later: timedelta = timedelta(0)) -> dict[UUID, Outcome]:
    return await close_due(box.world.database, box.key_store, datetime.now(UTC) + later)


async def rows(box: Box, statement: str) -> list[Any]:
    async with box.world.database.read() as session:
        return [tuple(row) for row in await session.execute(sa.text(statement), {"id": box.id})]


async def left(box: Box) -> tuple[Any, ...]:
    """Sealed answers, invitations, releases, results, sums; and the state."""
    (found,) = await rows(box, LEFT)
    return tuple(found)


async def whole(box: Box) -> dict[str, Any]:
    ((content,),) = await rows(box, "SELECT content FROM survey_release WHERE survey_round_id = :id")
    read: dict[str, Any] = json.loads(content)
    return read


async def results(box: Box) -> dict[str, Any]:
    names = {unit_id: name for name, unit_id in box.units.items()}
    found = await rows(box, "SELECT unit_id, content FROM survey_result WHERE survey_round_id = :id ORDER BY position")
    return {names[unit_id]: json.loads(content) for unit_id, content in found}


@pytest.fixture
async def alone(fresh_database_url: str) -> AsyncIterator[World]:
    """An agency in a database where no other round waits to be closed."""
    app = create_app(settings_for(fresh_database_url))
    async with World(app) as world:
        yield world
    await app.state.database.close()


def has_keys(box: Box) -> bool:
    return box.id in box.key_store.rounds()


async def a_closed_round(world: World, **more: Any) -> Box:
    box = await an_answered_round(world, await stories.started_group(world), **more)
    assert (await close(box))[box.id] is Outcome.RELEASED
    return box


# --- What comes of it ------------------------------------------------------------------------------------------------


async def test_a_round_becomes_a_release_and_nothing_else_is_left_of_it(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    assert await left(box) == (32, 35, 0, 0, 0, "open")
    assert (await close(box))[box.id] is Outcome.RELEASED
    # Of the two units that are shown and of the root something is kept for trends.
    assert await left(box) == (0, 0, 1, 4, 2, "released")
    assert not has_keys(box)
    shown = await results(box)
    assert {name: each["status"] for name, each in shown.items()} == {
        "rot": "published",
        "a": "published",
        "b": "suppressed",
        "c": "suppressed",
    }
    # Sixteen who answered 4 or 3 of everything.
    assert {each["index"] for each in shown["a"]["dimensions"]} == {63}
    assert shown["a"]["respondents"] == {"from": 15, "to": 24}
    assert (await whole(box))["ballotsAccountedFor"] is True
    stamps = "SELECT closed_at = closes_at, released_at IS NOT NULL, version FROM survey_round WHERE id = :id"
    assert await rows(box, stamps) == [(True, True, 2)]
    trail = "SELECT operation, person_id, mandate_id, from_version FROM audit_entry WHERE subject_id = :id"
    assert await rows(box, trail) == [("release_survey_round", None, None, 1)]


async def test_a_round_nobody_answered_is_released_all_the_same(world: World) -> None:
    box = await (await an_open_round(world, await stories.started_group(world))).store()
    assert (await close(box))[box.id] is Outcome.RELEASED
    assert {each["status"] for each in (await results(box)).values()} == {"suppressed"}
    said = await whole(box)
    assert said["participation"]["status"] == said["organisation"]["status"] == "suppressed"
    assert await left(box) == (0, 0, 1, 4, 0, "released")


async def test_before_its_time_nothing_happens(world: World) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    box = await an_answered_round(world, await stories.started_group(world), closes_at=soon)
    assert box.id not in await close(box)
    async with world.database.write() as session:
        assert await survey_closing.close(session, box.id, box.key_store, datetime.now(UTC)) is Outcome.NOT_NOW
    assert (await left(box))[0] == 32
    assert (await close(box, timedelta(minutes=2)))[box.id] is Outcome.RELEASED


async def test_a_scale_that_begins_at_zero_is_read_as_it_was_answered(world: World) -> None:
    points = [{"value": value, "label": {"sv": str(value), "en": str(value)}} for value in range(11)]
    instrument = await an_instrument(world, scale={"points": points, "dontKnow": None})
    box = await an_open_round(world, await stories.started_group(world), instrument=instrument)
    items = [each["reversed"] for each in a_questionnaire()["items"]]
    box.put("a", [10 - 2 if turned else 2 for turned in items], 20)
    await box.store()
    await close(box)
    assert {each["index"] for each in (await results(box))["a"]["dimensions"]} == {20}


@pytest.mark.parametrize("order", [1, -1])
async def test_the_same_answers_in_another_order_give_the_same_release(world: World, order: int) -> None:
    box = await an_open_round(world, await stories.started_group(world))
    for unit, value in [("a", 2), ("b", 4), ("rot", 3), ("a", 5)][::order]:
        box.put(unit, everything(value), 4 * value)
    await box.store()
    await close(box)
    shown = (await results(box))["rot"]
    assert ([each["index"] for each in shown["dimensions"]], shown["total"]["index"]) == ([71] * 6, 71)


# --- What does not belong in the box ---------------------------------------------------------------------------------


async def test_what_is_no_answer_is_left_out_and_both_sides_are_told(world: World) -> None:
    group = await stories.started_group(world)
    box, clean = await an_open_round(world, group, free_text=True), await an_open_round(world, group, free_text=True)
    for each in (box, clean):
        await each.put("a", everything(4), 9).put("a", everything(2), 9).store()
    content = clean.instrument_content
    layout = layout_of(content, free_text=True)
    public = [public_key_of(box.secret_keys[0])]
    whole_box = seal(public, encode(layout, Ballot(1, tuple(everything(1)), ("", ""))))
    box.put_alien(b"").put_alien(b"not sealed").put_alien(whole_box[:-1])
    box.put_alien(seal([public_key_of(new_secret())], encode(layout, Ballot(1, tuple(everything(1)), ("", "")))))
    box.put_alien(seal(public, b"\1" * layout.size)).put_alien(seal(public, b"short"))
    for ballot in (
        Ballot(4, tuple(everything(1)), ("", "")),  # no such unit
        Ballot(1, (6, *everything(1)[1:]), ("", "")),  # off the scale
        Ballot(1, tuple(everything(1)), ("nul\0", "")),
        Ballot(1, tuple(everything(1)), ("e\u0301", "")),  # not as the service writes it
    ):
        box.put_alien(seal(public, encode(layout, ballot)))
    await box.store()
    assert (await close(box)).items() >= {box.id: Outcome.RELEASED, clean.id: Outcome.RELEASED}.items()
    assert (await whole(box))["ballotsAccountedFor"] is False
    assert (await whole(clean))["ballotsAccountedFor"] is True
    found = [(await results(each))["a"] for each in (box, clean)]
    assert found[0]["dimensions"] == found[1]["dimensions"]


async def test_more_answers_than_people_do_not_keep_a_round_from_closing(world: World) -> None:
    box = await an_open_round(world, await stories.started_group(world))
    content = box.instrument_content
    public = [public_key_of(box.secret_keys[0])]
    for _ in range(25):
        box.put_alien(seal(public, encode(layout_of(content, False), Ballot(1, tuple(everything(4))))))
    await box.put("b", everything(3), 18).store()
    assert (await close(box))[box.id] is Outcome.RELEASED
    assert (await whole(box))["ballotsAccountedFor"] is False
    assert (await results(box))["a"]["participation"] == {"percent": 90, "bound": "above"}


# --- Once, and by one ------------------------------------------------------------------------------------------------


async def test_two_that_close_at_the_same_time_release_once(alone: World) -> None:
    box = await an_answered_round(alone, await stories.started_group(alone))
    outcomes = await asyncio.gather(*(close(box) for _ in range(4)))
    told = [each[box.id] for each in outcomes if box.id in each]
    assert told.count(Outcome.RELEASED) == 1
    assert set(told) <= {Outcome.RELEASED, Outcome.NOT_NOW}
    assert await close(box) == {}
    assert await left(box) == (0, 0, 1, 4, 2, "released")


async def test_while_it_closes_no_answer_comes_in_and_one_on_its_way_is_waited_for(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    answering = sa.text("SELECT state FROM survey_round WHERE id = :id FOR KEY SHARE NOWAIT")
    now = datetime.now(UTC)
    async with world.database.write() as closing:
        assert await survey_closing.close(closing, box.id, box.key_store, now) is Outcome.RELEASED
        with pytest.raises(DatabaseAway):
            async with world.database.write() as answer:
                await answer.execute(answering, {"id": box.id})
        await closing.rollback()
    assert (await left(box))[0] == 32
    async with world.database.write() as answer:
        await answer.execute(answering, {"id": box.id})
        assert (await close(box))[box.id] is Outcome.NOT_NOW
    assert (await close(box))[box.id] is Outcome.RELEASED


# --- A failure at every step -----------------------------------------------------------------------------------------


class Broken(Exception):
    pass


@contextmanager
def breaking_at(box: Box, number: int) -> Iterator[list[str]]:
    """The statement of this number fails, counted over all that are sent to write."""
    sent: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)
        if len(sent) == number:
            raise Broken(statement)

    engine = box.world.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", count)


async def test_wherever_it_breaks_there_is_an_open_round_or_a_complete_release(alone: World) -> None:
    group = await stories.started_group(alone)
    box = await an_open_round(alone, group, free_text=True)
    box.put("a", everything(4), 15, ("Mer tid.", "")).put("b", everything(2), 15, ("Fler möten.", ""))
    await box.store()
    before = await left(box)
    number = 0
    while True:
        number += 1
        with breaking_at(box, number) as sent:
            outcome = await close(box)
        if len(sent) < number:
            break
        assert box.id not in outcome, sent[-1]
        assert await left(box) == before, sent[-1]
        assert has_keys(box)
    assert number > 15
    assert outcome[box.id] is Outcome.RELEASED
    assert await left(box) == (0, 0, 1, 4, 3, "released")
    assert not has_keys(box)


class Dying(KeyDirectory):
    """A key store that cannot be reached when keys are to go."""

    def destroy(self, round_id: UUID) -> None:
        raise Broken(str(round_id))


async def test_keys_that_could_not_be_destroyed_go_at_the_next_turn(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    key_store: Any = box.key_store
    await Closer(world.database, Dying(key_store.path)).close_due(datetime.now(UTC))
    assert await left(box) == (0, 0, 1, 4, 2, "released")
    assert has_keys(box)
    await Closer(world.database, key_store).work(datetime.now(UTC))
    assert not has_keys(box)


class Unheard(Database):
    """Commits, and loses the word that it has."""

    @asynccontextmanager
    async def write(self, context: Context = SYSTEM) -> AsyncIterator[AsyncSession]:
        async with super().write(context) as session:
            yield session
        raise DatabaseAway


async def test_keys_go_although_the_commit_was_never_acknowledged(alone: World) -> None:
    box = await an_answered_round(alone, await stories.started_group(alone))
    closer, now = Closer(alone.database, box.key_store), datetime.now(UTC)
    await closer.work(now - timedelta(minutes=50))  # all is tidy, and nothing due
    closer._database = Unheard(alone.database.engine.url.render_as_string(hide_password=False))
    await closer.work(now)
    await closer._database.close()
    assert await left(box) == (0, 0, 1, 4, 2, "released")
    assert has_keys(box)
    closer._database = alone.database
    await closer.work(now)
    assert not has_keys(box)


class DyingOnce(KeyDirectory):
    died = False

    def destroy(self, round_id: UUID) -> None:
        if not self.died:
            self.died = True
            raise Broken(str(round_id))
        super().destroy(round_id)


async def test_a_round_that_goes_well_does_not_hide_one_whose_keys_stayed(alone: World) -> None:
    group = await stories.started_group(alone)
    boxes = [await an_answered_round(alone, group) for _ in range(2)]
    key_store: Any = boxes[0].key_store
    closer, now = Closer(alone.database, DyingOnce(key_store.path)), datetime.now(UTC)
    await closer.work(now - timedelta(days=1))
    await closer.work(now)
    assert sorted(has_keys(box) for box in boxes) == [False, True]
    await closer.work(now)
    assert not any(has_keys(box) for box in boxes)


class DyingFor(KeyDirectory):
    """One round's keys cannot be destroyed, as in a directory that is damaged."""

    broken: UUID

    def destroy(self, round_id: UUID) -> None:
        if round_id == self.broken:
            raise KeyStoreUnavailable("damaged")
        super().destroy(round_id)


async def test_keys_that_cannot_be_destroyed_keep_no_round_from_being_closed(
    alone: World, caplog: pytest.LogCaptureFixture
) -> None:
    group = await stories.started_group(alone)
    damaged = await an_answered_round(alone, group)
    key_store: Any = damaged.key_store
    dying = DyingFor(key_store.path)
    dying.broken = damaged.id
    await Closer(alone.database, dying).close_due(datetime.now(UTC))
    well = await an_answered_round(alone, group)
    caplog.clear()
    await Closer(alone.database, dying).work(datetime.now(UTC))
    assert "keys could not be destroyed" in caplog.text
    assert str(damaged.id) in caplog.text
    assert (await left(well))[-1] == "released"
    assert (has_keys(damaged), has_keys(well)) == (True, False)


async def test_keys_of_a_round_that_somebody_holds_go_later(alone: World) -> None:
    box = await an_answered_round(alone, await stories.started_group(alone))
    key_store: Any = box.key_store
    await Closer(alone.database, Dying(key_store.path)).close_due(datetime.now(UTC))
    async with alone.database.write() as session:
        await session.execute(sa.text("SELECT 1 FROM survey_round WHERE id = :id FOR UPDATE"), {"id": box.id})
        await tidy(alone.database, key_store)
    assert has_keys(box)
    await tidy(alone.database, key_store)
    assert not has_keys(box)


async def test_what_another_process_left_is_seen_to_at_the_next_turn(alone: World) -> None:
    box = await an_answered_round(alone, await stories.started_group(alone))
    key_store: Any = box.key_store
    now = datetime.now(UTC)
    other = Closer(alone.database, key_store)
    await other.work(now - timedelta(days=1))
    await other.work(now - timedelta(days=1))
    await Closer(alone.database, Dying(key_store.path)).close_due(now)
    assert has_keys(box)
    await other.work(now)
    assert not has_keys(box)


KILLED = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from app.closing import close_due
from app.database import Database
from app.key_directory import KeyDirectory, open_key_directory
from app.services import survey_closing

def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

async def run(url, keys, where):
    if where == "before the commit":
        survey_closing._step = die
    else:
        KeyDirectory.destroy = die
    await close_due(Database(url), open_key_directory(Path(keys)), datetime.now(UTC))

asyncio.run(run(*sys.argv[1:]))
"""


@pytest.mark.drill
@pytest.mark.parametrize("where", ["before the commit", "before the keys are destroyed"])
async def test_kill_minus_nine(world: World, database_url: str, where: str) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    key_store: Any = box.key_store
    before = await left(box)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, database_url, str(key_store.path), where, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    assert await process.wait() == -signal.SIGKILL
    assert has_keys(box)
    if where == "before the commit":
        async with asyncio.timeout(30):
            while (await close(box)).get(box.id) is not Outcome.RELEASED:  # the server has yet to notice
                assert await left(box) == before
                await asyncio.sleep(0.1)
    else:
        assert await left(box) == (0, 0, 1, 4, 2, "released")
        await tidy(world.database, key_store)
    assert await left(box) == (0, 0, 1, 4, 2, "released")
    assert not has_keys(box)


async def test_a_round_that_fails_stops_no_other_and_is_tried_less_and_less_often(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    group = await stories.started_group(world)
    lost, well = await an_answered_round(world, group), await an_answered_round(world, group)
    lost.key_store.destroy(lost.id)
    closer, now = Closer(world.database, lost.key_store), datetime.now(UTC)
    assert (await closer.close_due(now))[well.id] is Outcome.RELEASED
    assert (await left(lost))[-1] == "open"
    assert str(lost.id) in caplog.text
    tried = []
    for seconds in range(0, 300, 15):
        caplog.clear()
        await closer.close_due(now + timedelta(seconds=seconds))
        tried += [seconds] * (str(lost.id) in caplog.text)
    assert tried == [30, 90, 210]


async def test_it_goes_on_by_itself_until_it_is_stopped(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    async with closing_rounds(world.database, box.key_store, every_s=0.02):
        later = await an_answered_round(world, await stories.started_group(world))
        async with asyncio.timeout(30):
            for each in (box, later):
                while (await left(each))[-1] != "released" or has_keys(each):  # noqa: ASYNC110 - in another task
                    await asyncio.sleep(0.02)
    last = await an_answered_round(world, await stories.started_group(world))
    await asyncio.sleep(0.2)
    assert (await left(last))[-1] == "open"


async def test_what_is_away_is_waited_for(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    await Closer(nowhere, box.key_store).work(datetime.now(UTC))
    await nowhere.close()
    await Closer(world.database, KeyDirectory(tmp_path / "gone")).work(datetime.now(UTC))
    told = [record.msg["kind"] for record in caplog.records if isinstance(record.msg, dict)]
    assert told == ["DatabaseAway", "KeyStoreUnavailable"]
    assert (await left(box))[-1] == "open"


async def test_a_fault_nobody_foresaw_ends_a_turn_and_not_the_closing(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await an_answered_round(world, await stories.started_group(world))
    closer, now = Closer(world.database, box.key_store), datetime.now(UTC)

    def broken(_store: KeyDirectory) -> None:
        raise Broken

    with monkeypatch.context() as patch:
        patch.setattr(KeyDirectory, "rounds", broken)
        await closer.work(now)
    assert "rounds could not be closed" in caplog.text
    assert (await left(box))[-1] == "open"
    await closer.work(now)
    assert (await left(box))[-1] == "released"


# --- Keys of rounds that are over ------------------------------------------------------------------------------------


async def test_only_keys_of_rounds_that_are_over_are_destroyed(world: World) -> None:
    group = await stories.started_group(world)
    boxes = {
        state: await an_open_round(world, group, closes_at=datetime.now(UTC) + timedelta(days=1))
        for state in ("open", "closed", "cancelled", "proposed", "draft", "held", "unknown")
    }
    store = boxes["open"].key_store
    async with world.database.own() as session:
        # The schema knows no way back from an open round.
        await session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for name, box in boxes.items():
            state = "proposed" if name == "held" else name
            if state in {"closed", "cancelled", "proposed", "draft"}:
                forget = ", content = NULL, content_hash = NULL" if state == "draft" else ""
                await session.execute(
                    sa.text(f"UPDATE survey_round SET state = :state{forget} WHERE id = :id"),  # noqa: S608
                    {"state": state, "id": box.id},
                )
    unknown = uuid4()
    store.put(unknown, RoundSecrets(new_secret(), new_secret()))
    async with world.database.write() as opening:
        # As an opening that has put its keys and has yet to commit.
        held = sa.text("SELECT FROM survey_round WHERE id = :id FOR NO KEY UPDATE")
        await opening.execute(held, {"id": boxes["held"].id})
        await opening.execute(
            sa.text("UPDATE survey_round SET state = 'open' WHERE id = :id"), {"id": boxes["held"].id}
        )
        await tidy(world.database, store)
    kept = {state for state, box in boxes.items() if has_keys(box)}
    assert kept == {"open", "closed", "held", "unknown"}
    assert unknown in store.rounds()
    store.destroy(unknown)


async def test_open_rounds_are_not_held_to_see_whether_they_are_over(world: World) -> None:
    """Whoever answers shares the row: it would wait, or keep the keys of others from being destroyed."""
    group = await stories.started_group(world)
    later = datetime.now(UTC) + timedelta(days=1)
    opened, over = [await an_open_round(world, group, closes_at=later) for _ in range(2)]
    statements: list[str] = []
    engine = world.database.engine.sync_engine
    async with world.database.write() as session:
        await session.execute(sa.text("UPDATE survey_round SET state = 'cancelled' WHERE id = :id"), {"id": over.id})

    def note(*given: Any) -> None:
        statements.append(f"{given[2]} {given[3]}")

    event.listen(engine, "before_cursor_execute", note)
    try:
        await tidy(world.database, opened.key_store)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert (has_keys(opened), has_keys(over)) == (True, False)
    held = [each for each in statements if "FOR UPDATE" in each]
    assert any(str(over.id) in each for each in held)
    assert not any(str(opened.id) in each for each in held)


async def test_keys_of_a_round_that_others_have_ended_go_at_the_next_turn(world: World, tmp_path: Path) -> None:
    box = await an_open_round(
        world, await stories.started_group(world), closes_at=datetime.now(UTC) + timedelta(days=1)
    )
    closer, now = Closer(world.database, box.key_store), datetime.now(UTC)
    await closer.work(now)
    assert has_keys(box)
    # As an abandoned round is left when the key store was away for a moment.
    async with world.database.write() as session:
        await session.execute(sa.text("UPDATE survey_round SET state = 'cancelled' WHERE id = :id"), {"id": box.id})
    away = tmp_path / "away"
    place: Any = box.key_store
    place.path.rename(away)
    await closer.work(now)
    away.rename(place.path)
    assert has_keys(box)
    await closer.work(now)
    assert not has_keys(box)


# --- Two keys --------------------------------------------------------------------------------------------------------


async def test_with_two_keys_the_round_waits_for_both(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world), two_keys=True)
    assert (await close(box))[box.id] is Outcome.WAITING
    assert (await left(box))[-1] == "closed"
    box.key_store.put_share(box.id, Side.UNION, box.secret_keys[2])
    assert (await close(box))[box.id] is Outcome.WAITING
    box.key_store.put_share(box.id, Side.EMPLOYER, box.secret_keys[1])
    assert (await close(box))[box.id] is Outcome.RELEASED
    assert not has_keys(box)
    assert (await whole(box))["ballotsAccountedFor"] is True
    assert await left(box) == (0, 0, 1, 4, 2, "released")
    trail = "SELECT operation FROM audit_entry WHERE subject_id = :id ORDER BY id"
    assert await rows(box, trail) == [("close_survey_round",), ("release_survey_round",)]


# --- What stays as it is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE survey_release SET content = '{}' WHERE survey_round_id = :id",
        "DELETE FROM survey_release WHERE survey_round_id = :id",
        "UPDATE survey_result SET published = true WHERE survey_round_id = :id",
        "DELETE FROM survey_result WHERE survey_round_id = :id",
        "UPDATE survey_sums SET invited = 1 WHERE survey_round_id = :id",
        "DELETE FROM survey_sums WHERE survey_round_id = :id",
        "UPDATE survey_round SET state = 'open' WHERE id = :id",
        "DELETE FROM survey_unit WHERE survey_round_id = :id",
    ],
)
async def test_the_database_itself_refuses_to_change_a_release(world: World, statement: str) -> None:
    box = await a_closed_round(world)
    before = await left(box)
    with pytest.raises(DBAPIError, match="final"):
        async with world.database.write() as session:
            await session.execute(sa.text(statement), {"id": box.id})
    assert await left(box) == before


async def test_what_happens_to_a_unit_afterwards_changes_nothing(world: World) -> None:
    box = await a_closed_round(world)
    before = await rows(
        box, "SELECT content, content_hash FROM survey_result WHERE survey_round_id = :id ORDER BY position"
    )
    client, unit = world.employer_rep.client, f"/units/{box.units['a']}"
    await client.change(unit, {"name": "Nytt namn", "headcount": 99})
    await client.change(unit, {"parentId": str(world.subunit.id)})
    after = await rows(
        box, "SELECT content, content_hash FROM survey_result WHERE survey_round_id = :id ORDER BY position"
    )
    assert after == before


# --- The next round --------------------------------------------------------------------------------------------------


async def test_the_next_round_shows_how_the_same_units_have_changed(world: World) -> None:
    group = await stories.started_group(world)
    instrument = await an_instrument(world)
    first = await an_open_round(world, group, instrument=instrument)
    await first.put("a", everything(2), 10).put("a", everything(3), 8).put("b", everything(3), 18).store()
    await close(first)
    units = dict(first.units)
    second = await an_open_round(world, group, instrument=instrument, units=units)
    await second.put("a", everything(4), 10).put("a", everything(5), 8).put("b", everything(3), 18).store()
    other = await an_open_round(world, group, units=units)
    await other.put("a", everything(4), 18).store()
    await close(second)
    shown = await results(second)
    trend = shown["a"]["trend"]
    assert (trend["status"], trend["earlierSurveyRoundId"]) == ("published", str(first.id))
    assert {(each["status"], each["change"]) for each in trend["dimensions"]} == {("change", 50)}
    assert {each["status"] for each in shown["b"]["trend"]["dimensions"]} == {"noAssuredChange"}
    # Whoever sits at another table reads the change, and not which round it is held against: that may not be theirs.
    elsewhere = await an_open_round(world, await stories.started_group(world), instrument=instrument, units=units)
    await elsewhere.put("a", everything(4), 18).store()
    await close(elsewhere)
    trend = (await results(elsewhere))["a"]["trend"]
    assert (trend["status"], trend["earlierSurveyRoundId"], trend["earlierTitle"]) == ("published", None, None)
    assert str(second.id) not in json.dumps(await results(elsewhere))
    # Another questionnaire is no earlier round, and a suppressed unit has none.
    assert (await results(other))["a"]["trend"]["reason"] == "noEarlierResult"
    assert "trend" not in shown["c"]


# --- What people wrote -----------------------------------------------------------------------------------------------


async def test_texts_wait_for_their_readers_in_no_order(world: World) -> None:
    box = await an_open_round(world, await stories.started_group(world), free_text=True)
    for number in range(12):
        box.put("a", everything(4), 1, (f"A{number}", "")).put("b", everything(3), 1, (f"B{number}", "kort"))
    await box.put("rot", everything(3), 4, ("Utan plats.", "")).store()
    await close(box)
    found = await rows(
        box,
        "SELECT t.unit_id, t.question_id, t.text, t.id FROM survey_text t JOIN survey_texts s "
        "ON s.id = t.survey_texts_id WHERE s.survey_round_id = :id AND s.state = 'underReview'",
    )
    # Four texts of the root alone are too few: one of the two units is shown with it.
    names = {unit_id: name for name, unit_id in box.units.items()}
    counted: dict[tuple[str, str], int] = {}
    for unit_id, question, _text, _id in found:
        counted[names[unit_id], question] = counted.get((names[unit_id], question), 0) + 1
    shown_unit = min(("a", "b"), key=lambda name: str(box.units[name]))
    other = {"a": "b", "b": "a"}[shown_unit]
    assert counted[("rot", "O1")] == 16
    assert counted[other, "O1"] == 12
    assert sum(count for (_, question), count in counted.items() if question == "O2") == 12
    in_order = [text for *_, text, _id in sorted(found, key=lambda row: row[3])]
    assert in_order != sorted(in_order)
    assert {UUID(str(row[3])).version for row in found} == {4}


async def test_too_few_texts_are_not_kept_at_all(world: World) -> None:
    box = await an_open_round(world, await stories.started_group(world), free_text=True)
    await box.put("a", everything(4), 9, ("Nio.", "")).put("b", everything(3), 10).store()
    await close(box)
    assert await rows(box, "SELECT id FROM survey_texts WHERE survey_round_id = :id") == []
    assert await rows(box, "SELECT id FROM survey_text WHERE text = 'Nio.' AND unit_id <> :id") == []
