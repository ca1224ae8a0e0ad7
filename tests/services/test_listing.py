"""Pages: following `next` gives the same rows in the same order as counting pages, whatever the data."""

import base64
import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import new_id
from app.models.columns import UtcDateTime
from app.services.actor import Actor
from app.services.errors import Code, Refusal
from app.services.listing import COUNTED_AT_MOST, Columns, PageRequest, page
from app.services.work import Work
from tests.database import Database

_things = sa.Table(
    "listing_thing",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("happened_at", UtcDateTime, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
SORTS: dict[str, Columns] = {
    "name": (_things.c.name, _things.c.id),
    "happenedAt": (_things.c.happened_at, _things.c.id),
    "dueOn": (_things.c.due_on, _things.c.minutes, _things.c.id),
    "minutes": (_things.c.minutes, _things.c.id),
}
QUERY = sa.select(_things.c.id, _things.c.name)
BEGAN = datetime(2026, 3, 29, 0, 59, 59, 999999, UTC)


@pytest.fixture
async def work(database: Database) -> AsyncIterator[Work]:
    """A connection with an empty table of its own."""
    async with database.write() as session:
        connection = await session.connection()
        await connection.run_sync(_things.create)
        yield Work(session, Actor(new_id()), BEGAN)
        await session.rollback()


def a_thing(name: str, minutes: int) -> dict[str, Any]:
    moment = BEGAN + timedelta(microseconds=minutes)
    return {"id": new_id(), "name": name, "happened_at": moment, "due_on": moment.date(), "minutes": minutes}


async def fill(session: AsyncSession, things: list[dict[str, Any]]) -> None:
    await session.execute(sa.delete(_things))
    if things:
        await session.execute(sa.insert(_things), things)


async def followed(work: Work, sort: str, limit: int) -> list[UUID]:
    """All ids by following `next`."""
    ids: list[UUID] = []
    after, number = None, 1
    while True:
        found = await page(work, QUERY, SORTS, PageRequest(number, limit, after, sort))
        assert len(found.rows) <= limit
        assert all(row.keys() == {"id", "name"} for row in found.rows)
        ids += [row["id"] for row in found.rows]
        if found.next_after is None:
            return ids
        after, number = found.next_after, number + 1


_names = st.sampled_from(["Åsa", "åsa", "Ärla", "Örjan", "Zack", "zon", "a", "A", "", "é", "👩‍👩‍👧", "a'b\"c\\", "%_"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    rows=st.lists(
        st.tuples(
            _names | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), st.integers(-3, 3)
        ),
        max_size=30,
    ),
    limit=st.integers(1, 7),
)
async def test_following_next_is_counting_pages(work: Work, rows: list[tuple[str, int]], limit: int) -> None:
    things = [a_thing(*row) for row in rows]
    random.Random(1).shuffle(things)  # noqa: S311
    await fill(work.session, things)
    for sort in SORTS:
        forwards = await followed(work, sort, limit)
        backwards = await followed(work, f"-{sort}", limit)
        assert forwards == backwards[::-1]
        assert sorted(forwards) == sorted(thing["id"] for thing in things)
        counted: list[UUID] = []
        for number in range(1, len(things) // limit + 3):
            found = await page(work, QUERY, SORTS, PageRequest(number, limit, None, sort))
            assert (found.total, found.total_is_lower_bound) == (len(things), False)
            counted += [row["id"] for row in found.rows]
        assert counted == forwards


async def test_rows_that_come_and_go_shift_nothing(work: Work) -> None:
    """By number, a new row before the page repeats a row of the last one; by `next` it does not."""
    await fill(work.session, [a_thing(f"n{n}", n) for n in range(6)])
    first = await page(work, QUERY, SORTS, PageRequest(1, 3))
    await work.session.execute(sa.insert(_things), [a_thing("a", 0)])
    await work.session.execute(sa.delete(_things).where(_things.c.name == "n2"))
    second = await page(work, QUERY, SORTS, PageRequest(2, 3, first.next_after))
    assert [row["name"] for row in second.rows] == ["n3", "n4", "n5"]
    assert second.next_after is None


@pytest.mark.parametrize(("number", "names"), [(0, []), (1, ["n0", "n1"]), (2, ["n2"]), (3, []), (10_000_000, [])])
async def test_pages_outside_are_empty(work: Work, number: int, names: list[str]) -> None:
    await fill(work.session, [a_thing(f"n{n}", n) for n in range(3)])
    found = await page(work, QUERY, SORTS, PageRequest(number, 2))
    assert [row["name"] for row in found.rows] == names
    assert found.total == 3


async def test_counting_stops_at_ten_thousand(work: Work) -> None:
    await fill(work.session, [a_thing("x", n) for n in range(COUNTED_AT_MOST)])
    exact = await page(work, QUERY, SORTS, PageRequest(1, 1))
    assert (exact.total, exact.total_is_lower_bound) == (COUNTED_AT_MOST, False)
    await work.session.execute(sa.insert(_things), [a_thing("en till", 1)])
    more = await page(work, QUERY, SORTS, PageRequest(1, 1))
    assert (more.total, more.total_is_lower_bound) == (COUNTED_AT_MOST, True)
    beyond = await page(work, QUERY, SORTS, PageRequest(COUNTED_AT_MOST + 1, 1))
    assert len(beyond.rows) == 1


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


ID = str(UUID(int=7))


@pytest.mark.parametrize(
    ("sort", "after"),
    [
        ("name", ""),
        ("name", "abc"),
        ("name", "å"),
        ("name", "=" * 8),
        ("name", _cursor()),
        ("name", _cursor("name", "x")),
        ("name", _cursor("name", "x", ID, ID)),
        ("name", _cursor("-name", "x", ID)),
        ("name", _cursor("dueOn", "x", ID)),
        ("name", _cursor("name", "x", "no id")),
        ("name", _cursor("name", "x", None)),
        ("name", _cursor("name", None, ID)),
        ("name", _cursor("name", 7, ID)),
        ("name", _cursor("name", ["x"], ID)),
        ("name", _cursor("name", "a\0b", ID)),
        ("name", _cursor("name", "\ud800", ID)),
        ("name", base64.urlsafe_b64encode(b"[" * 700).decode()),
        ("name", base64.urlsafe_b64encode(b"\xff\xfe").decode()),
        ("name", base64.urlsafe_b64encode(b'{"0": "name"}').decode()),
        ("name", base64.urlsafe_b64encode(b"7").decode()),
        ("happenedAt", _cursor("happenedAt", "igår", ID)),
        ("happenedAt", _cursor("happenedAt", "2026-01-01T00:00:00", ID)),
        ("happenedAt", _cursor("happenedAt", "0001-01-01T00:00:00+14:00", ID)),
        ("happenedAt", _cursor("happenedAt", "9999-12-31T23:59:59-14:00", ID)),
        ("dueOn", _cursor("dueOn", "2026-02-30", "1", ID)),
        ("dueOn", _cursor("dueOn", "2026-02-01", "many", ID)),
        ("minutes", _cursor("minutes", "9" * 30, ID)),
        ("minutes", _cursor("minutes", "9" * 5000, ID)),
        ("minutes", _cursor("minutes", "1.5", ID)),
    ],
)
async def test_a_place_that_is_not_ours_is_refused(work: Work, sort: str, after: str) -> None:
    with pytest.raises(Refusal) as refusal:
        await page(work, QUERY, SORTS, PageRequest(2, 3, after, sort))
    assert refusal.value.code is Code.CURSOR_INVALID
    assert [field.pointer for field in refusal.value.fields] == ["/query/after"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    values=st.lists(st.text(max_size=12) | st.none() | st.integers(), min_size=2, max_size=2),
    sort=st.sampled_from(["name", "happenedAt", "minutes"]),
)
async def test_no_tampering_is_a_fault_of_ours(work: Work, values: list[Any], sort: str) -> None:
    try:
        found = await page(work, QUERY, SORTS, PageRequest(2, 3, _cursor(sort, *values), sort))
    except Refusal as refusal:
        codes = {refusal.code}
    else:
        codes = {Code.CURSOR_INVALID} if found.total == 0 else set()
    assert codes == {Code.CURSOR_INVALID}


async def test_a_place_tells_nothing_that_the_list_does_not(work: Work) -> None:
    await fill(work.session, [a_thing("n1", 1), a_thing("n2", 2)])
    found = await page(work, QUERY, SORTS, PageRequest(1, 1))
    assert found.next_after is not None
    told = json.loads(base64.urlsafe_b64decode(found.next_after + "=="))
    assert told == ["name", "n1", str(found.rows[0]["id"])]
