"""Turns go on, whatever one of them comes to."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.database import DatabaseAway
from app.turns import taking_turns


@pytest.mark.parametrize("fault", [DatabaseAway(), ZeroDivisionError("hemligt")])
async def test_one_that_fails_is_not_the_last(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    taken: list[datetime] = []
    third = asyncio.Event()

    async def turn(now: datetime) -> None:
        taken.append(now)
        if len(taken) == 3:
            third.set()
        raise fault

    async with taking_turns("proving", turn, 0.001):
        await asyncio.wait_for(third.wait(), 10)
    assert all(each.tzinfo is UTC for each in taken)
    assert len([each for each in caplog.records if "proving" in str(each.msg)]) >= 2


async def test_none_is_taken_once_the_block_has_been_left() -> None:
    taken: list[datetime] = []
    begun = asyncio.Event()
    ended = asyncio.Event()

    async def turn(now: datetime) -> None:
        taken.append(now)
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    others = asyncio.all_tasks()
    async with taking_turns("proving", turn, 0.001):
        await asyncio.wait_for(begun.wait(), 10)
    assert ended.is_set()
    assert len(taken) == 1
    # Nobody is left who could take another.
    assert asyncio.all_tasks() == others
