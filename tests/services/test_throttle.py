"""Throttling: guessing is slowed down, and nobody can lock another out."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col

from app.models.person import Person
from app.models.sign_in import SignIn, SignInFailure
from app.services import throttle
from app.services.errors import Code, Refusal
from app.services.throttle import PER_ACCOUNT, PER_PAIR, PER_PLACE, WINDOW, Attempt
from tests.database import Database

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_hash() -> bytes:
    return uuid4().bytes * 2


def an_attempt(account: bytes | None = None, place: bytes | None = None, *, known_device: bool = False) -> Attempt:
    return Attempt(account or a_hash(), place or a_hash(), None, known_device)


@pytest.fixture(autouse=True)
async def _nothing_counted(database: Database) -> None:
    """Rows from other tests have other times, and the sweep works in order of ids."""
    async with database.write() as session:
        await session.execute(sa.delete(SignInFailure))


async def count_in(database: Database, attempt: Attempt, now: datetime = START) -> None:
    async with database.write() as session:
        await throttle.count_in(session, attempt, now)


async def blocked(database: Database, attempt: Attempt, now: datetime = START) -> int:
    """Seconds to wait."""
    with pytest.raises(Refusal) as caught:
        await count_in(database, attempt, now)
    assert caught.value.code is Code.TOO_MANY_ATTEMPTS
    assert caught.value.retry_after is not None
    return caught.value.retry_after


async def fail_from_elsewhere(database: Database, account: bytes, number: int, now: datetime = START) -> None:
    async with database.write() as session:
        for _ in range(number):
            session.add(SignInFailure(account_hash=account, address_hash=a_hash(), failed_at=now))


async def test_ten_failures_from_one_place_are_enough(database: Database) -> None:
    attempt = an_attempt()
    for number in range(PER_PAIR):
        await count_in(database, attempt, START + timedelta(seconds=number))
    assert await blocked(database, attempt, START + timedelta(seconds=60)) == 15 * 60 - 60 + 1
    # Refused attempts are not counted: whoever waits as told gets in.
    await count_in(database, attempt, START + WINDOW)
    assert await blocked(database, attempt, START + WINDOW) == 2


async def test_other_accounts_and_places_go_free(database: Database) -> None:
    attempt = an_attempt()
    for _ in range(PER_PAIR):
        await count_in(database, attempt)
    await count_in(database, an_attempt(account=attempt.account_hash))
    await count_in(database, an_attempt(place=attempt.place_hash))
    await blocked(database, attempt)


async def test_one_place_cannot_try_every_account(database: Database) -> None:
    place = a_hash()
    for _ in range(PER_PLACE):
        await count_in(database, an_attempt(place=place))
    await blocked(database, an_attempt(place=place))


async def test_many_places_cannot_try_one_account_without_end(database: Database) -> None:
    account = a_hash()
    await fail_from_elsewhere(database, account, PER_ACCOUNT)
    await blocked(database, an_attempt(account))


async def test_nobody_is_locked_out_of_where_they_usually_are(database: Database) -> None:
    person = Person(name="Åsa", email=f"{uuid4().hex}@example.se", created_at=START)
    home = a_hash()
    async with database.write() as session:
        session.add(person)
        await session.flush()
        long_ago = START - timedelta(days=40)
        session.add(SignIn(person_id=person.id, address_hash=home, started_at=long_ago, last_used_at=long_ago))
    account = a_hash()
    await fail_from_elsewhere(database, account, PER_ACCOUNT * 3)
    for _ in range(PER_PLACE):  # somebody behind the same address tries other accounts
        await count_in(database, an_attempt(place=home))
    await count_in(database, Attempt(account, home, person.id, known_device=False))
    await blocked(database, Attempt(account, a_hash(), person.id, known_device=False))
    # Only what was tried on this account from this place counts here.
    for _ in range(PER_PAIR - 1):
        await count_in(database, Attempt(account, home, person.id, known_device=False))
    await blocked(database, Attempt(account, home, person.id, known_device=False))


async def test_a_known_browser_is_counted_by_itself(database: Database) -> None:
    account, browser = a_hash(), a_hash()
    await fail_from_elsewhere(database, account, PER_ACCOUNT)
    for _ in range(PER_PAIR):
        await count_in(database, an_attempt(account, browser, known_device=True))
    await blocked(database, an_attempt(account, browser, known_device=True))


async def test_guesses_sent_at_once_are_counted_one_by_one(database: Database) -> None:
    attempt = an_attempt()
    results = await asyncio.gather(*(count_in(database, attempt) for _ in range(40)), return_exceptions=True)
    assert sum(result is None for result in results) == PER_PAIR
    assert all(isinstance(result, Refusal) for result in results if result is not None)


async def test_success_clears_what_was_counted_for_the_pair(database: Database) -> None:
    attempt = an_attempt()
    beside = [an_attempt(account=attempt.account_hash), an_attempt(place=attempt.place_hash)]
    for each in (attempt, attempt, *beside):
        await count_in(database, each)
    async with database.write() as session:
        await throttle.forget(session, attempt)
        left = await session.execute(sa.select(col(SignInFailure.account_hash), col(SignInFailure.address_hash)))
        assert {tuple(row) for row in left} == {(each.account_hash, each.place_hash) for each in beside}


async def test_old_rows_are_removed_on_the_way(database: Database) -> None:
    await fail_from_elsewhere(database, a_hash(), 150, START - WINDOW - timedelta(seconds=1))
    await fail_from_elsewhere(database, a_hash(), 5)
    for _ in range(2):
        await count_in(database, an_attempt())
    async with database.read() as session:
        assert (await session.execute(sa.select(sa.func.count()).select_from(SignInFailure))).scalar_one() == 7
