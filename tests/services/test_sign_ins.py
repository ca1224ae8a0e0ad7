"""Refresh tokens in the hands of owners who lose answers, and of thieves, one after the other and at the same time."""

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col

from app.models.person import Person
from app.models.sign_in import FAMILY_AT_MOST, IDLE_AT_MOST, RefreshToken, SignIn, SignInEnd, SignInMethod, expiry
from app.services import sign_ins
from app.services.errors import Code, Refusal
from app.services.places import Place, holder_hash, known_browser, known_device, new_device
from app.services.sign_ins import RETRY_WITHIN, Entrance, Granted, begin, digest, may_retry, next_of, renew
from app.services.token_keys import Unsaved, new_pair, ring_of
from app.services.tokens import TokenKey
from tests.database import Database
from tests.long import sized

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOME, ELSEWHERE = Place("192.0.2.1"), Place("192.0.2.2")
SECOND = timedelta(seconds=1)


@dataclass
class Household:
    """A person with a clock of their own."""

    database: Database
    key: TokenKey
    person: Person
    now: datetime = START
    tokens: list[str] = field(default_factory=list)

    @property
    def entrance(self) -> Entrance:
        return Entrance(self.database.read, self.database.write, self.key, lambda: self.now)

    async def begin(self, place: Place = HOME, how: SignInMethod = SignInMethod.PASSWORD) -> Granted:
        async with self.database.write() as session:
            return await begin(session, self.key, self.person.id, place, how, self.now)

    async def renew(self, token: str, place: Place = HOME) -> Granted | None:
        """What is granted; None where it is refused, as every refusal here must be."""
        try:
            return await renew(self.entrance, token, place)
        except Refusal as refusal:
            if refusal.code is not Code.REFRESH_TOKEN_REFUSED:
                raise
            return None

    async def family(self, granted: Granted) -> SignIn:
        payload = granted.access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        async with self.database.read() as session:
            sign_in = await session.get(SignIn, UUID(claims["sid"]))
        assert sign_in is not None
        return sign_in

    async def rows(self, granted: Granted) -> list[RefreshToken]:
        family = await self.family(granted)
        async with self.database.read() as session:
            mine = sa.select(RefreshToken).where(col(RefreshToken.sign_in_id) == family.id)
            return list((await session.execute(mine)).scalars())


@pytest.fixture
async def household(database_url: str) -> AsyncIterator[Household]:
    database = Database(database_url, pool_size=20)
    person = Person(name="Åsa", email=f"{uuid4().hex}@example.se", created_at=START)
    async with database.write() as session:
        session.add(person)
    yield Household(database, a_key(), person)
    await database.close()


def a_key() -> TokenKey:
    return TokenKey(b"only-for-tests-only-for-tests-only-for-tests", Unsaved(ring_of(new_pair(START))))


# --- A lost answer --------------------------------------------------------------------------------------------------


async def test_a_lost_answer_is_given_again_and_the_family_lives(household: Household) -> None:
    first = await household.begin()
    lost = await household.renew(first.refresh_token)
    household.now += RETRY_WITHIN
    again = await household.renew(first.refresh_token)
    assert lost is not None
    assert again is not None
    assert again.refresh_token == lost.refresh_token
    assert again.refresh_seconds == lost.refresh_seconds - 10
    assert household.key.verify(again.access_token, household.now).expires_at == household.now + timedelta(minutes=5)
    assert (await household.renew(again.refresh_token)) is not None
    assert (await household.family(first)).end is None


async def test_too_late_for_a_retry_is_reuse(household: Household) -> None:
    first = await household.begin()
    await household.renew(first.refresh_token)
    household.now += RETRY_WITHIN + timedelta(microseconds=1)
    assert await household.renew(first.refresh_token) is None
    assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED


async def test_a_retry_does_not_begin_the_ten_seconds_anew(household: Household) -> None:
    first = await household.begin()
    await household.renew(first.refresh_token)
    household.now += 9 * SECOND
    assert await household.renew(first.refresh_token) is not None
    household.now += 2 * SECOND
    assert await household.renew(first.refresh_token) is None
    assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED


async def test_a_second_use_from_elsewhere_is_theft_however_soon(household: Household) -> None:
    first = await household.begin()
    second = await household.renew(first.refresh_token)
    assert second is not None
    assert await household.renew(first.refresh_token, ELSEWHERE) is None
    family = await household.family(first)
    assert (family.end, family.ended_at, family.version) == (SignInEnd.TOKEN_REUSED, household.now, 2)
    assert await household.renew(second.refresh_token) is None
    assert await household.rows(first) == []


async def test_once_the_successor_is_used_there_is_no_retry(household: Household) -> None:
    first = await household.begin()
    second = await household.renew(first.refresh_token)
    assert second is not None
    third = await household.renew(second.refresh_token)
    assert third is not None
    assert await household.renew(first.refresh_token) is None
    assert await household.renew(third.refresh_token) is None
    assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED


async def test_a_known_browser_retries_from_another_address(household: Household) -> None:
    device = new_device(household.key, household.person.id)
    at_work, on_the_train = Place("192.0.2.1", device), Place("198.51.100.9", device)
    first = await household.begin(at_work)
    second = await household.renew(first.refresh_token, at_work)
    again = await household.renew(first.refresh_token, on_the_train)
    assert second is not None
    assert again is not None
    assert again.refresh_token == second.refresh_token


async def test_a_browser_that_an_earlier_version_knew_is_still_known(household: Household) -> None:
    """And is given the proof that it lacks, under the same name: what was counted of it stays."""
    name, _, of_person = new_device(household.key, household.person.id).split(".")
    earlier = f"{name}.{of_person}"
    known = known_device(household.key, household.person.id, earlier)
    assert known is not None
    assert known_browser(household.key, earlier) is None
    renewed = (await household.begin(Place("192.0.2.1", earlier))).device
    assert renewed is not None
    assert known_device(household.key, household.person.id, renewed) == known
    assert known_browser(household.key, renewed) is not None
    # Another person's browser is a browser all the same, and nobody makes one up.
    assert known_device(household.key, uuid4(), renewed) is None
    for forged in ("", ".", "..", "å.å.å", f"{name}..{of_person}", renewed.replace(name, "0" * 32)):
        assert known_browser(household.key, forged) is None


@pytest.mark.parametrize("stolen", ["no cookie", "another's", "forged", "nonsense"])
async def test_at_the_same_address_another_browser_is_somebody_else(household: Household, stolen: str) -> None:
    device = new_device(household.key, household.person.id)
    cookie = {
        "no cookie": None,
        "another's": new_device(household.key, uuid4()),
        "forged": device[:-1] + ("0" if device[-1] != "0" else "1"),
        "nonsense": "å.å",
    }[stolen]
    first = await household.begin(Place("192.0.2.1", device))
    assert await household.renew(first.refresh_token, Place("192.0.2.1", device)) is not None
    assert await household.renew(first.refresh_token, Place("192.0.2.1", cookie)) is None
    assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED


async def test_a_client_with_a_word_of_its_own_retries_from_any_network(household: Household) -> None:
    at_work, on_the_train = Place("192.0.2.1", None, "7d1c"), Place("198.51.100.9", None, "7d1c")
    first = await household.begin(at_work)
    second = await household.renew(first.refresh_token, at_work)
    again = await household.renew(first.refresh_token, on_the_train)
    assert second is not None
    assert again is not None
    assert again.refresh_token == second.refresh_token
    assert {row.used_by for row in await household.rows(first)} == {
        None,
        holder_hash(household.key, household.person.id, at_work),
    }


@pytest.mark.parametrize("word", [None, "7d1d", ""])
async def test_without_that_word_the_same_address_is_somebody_else(household: Household, word: str | None) -> None:
    first = await household.begin()
    assert await household.renew(first.refresh_token, Place("192.0.2.1", None, "7d1c")) is not None
    assert await household.renew(first.refresh_token, Place("192.0.2.1", None, word)) is None
    assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED


async def test_a_spent_token_of_a_former_program_is_never_retried(household: Household) -> None:
    first = await household.begin()
    async with household.database.write() as session:
        mine = col(RefreshToken.token_hash) == digest(first.refresh_token)
        await session.execute(sa.update(RefreshToken).where(mine).values(used_at=household.now))
    assert await household.renew(first.refresh_token) is None
    assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED


async def test_an_expired_token_is_not_reuse_and_ends_nothing(household: Household) -> None:
    first = await household.begin()
    household.now += IDLE_AT_MOST
    assert await household.renew(first.refresh_token) is None
    household.now -= SECOND
    assert await household.renew(first.refresh_token) is not None


# --- What is stored ---------------------------------------------------------------------------------------------------


async def test_the_next_token_takes_the_last_one_and_the_seed(household: Household) -> None:
    first = await household.begin()
    second = await household.renew(first.refresh_token)
    assert second is not None
    spent, fresh = sorted(await household.rows(first), key=lambda row: row.used_at is None)
    assert spent.seed is not None
    assert spent.used_by == holder_hash(household.key, household.person.id, HOME)
    assert next_of(first.refresh_token, spent.seed) == second.refresh_token
    assert (fresh.seed, fresh.used_by, fresh.token_hash) == (None, None, digest(second.refresh_token))
    third = await household.renew(second.refresh_token)
    assert third is not None
    # Of a spent family nothing can be told any more but by those who hold its last token.
    assert sum(row.seed is not None for row in await household.rows(first)) == 1


def test_seeds_and_tokens_make_different_successors() -> None:
    made = {next_of(token, seed) for token in ("a", "b") for seed in (b"a", b"b", b"")}
    assert len(made) == 6
    assert {len(each) for each in made} == {43}


@pytest.mark.parametrize(
    ("used_at", "used_by", "holder", "passed", "may"),
    [
        (START, b"a", b"a", timedelta(0), True),
        (START, b"a", b"a", RETRY_WITHIN, True),
        (START, b"a", b"a", RETRY_WITHIN + timedelta(microseconds=1), False),
        (START, b"a", b"a", -SECOND, True),
        (START, b"a", b"b", timedelta(0), False),
        (START, None, b"a", timedelta(0), False),
        (None, b"a", b"a", timedelta(0), False),
    ],
)
def test_who_may_retry(
    used_at: datetime | None, used_by: bytes | None, holder: bytes, passed: timedelta, may: bool
) -> None:
    token = RefreshToken(token_hash=b"", sign_in_id=uuid4(), expires_at=START, used_at=used_at, used_by=used_by)
    assert may_retry(token, holder, START + passed) is may


def test_a_sign_in_expires_two_weeks_after_its_last_use_or_sixty_days_after_its_beginning() -> None:
    assert expiry(START, START) == START + IDLE_AT_MOST == START + timedelta(days=14)
    edge = START + FAMILY_AT_MOST - IDLE_AT_MOST
    assert expiry(START, edge) == expiry(START, edge + SECOND) == START + timedelta(days=60)
    assert expiry(START, edge - SECOND) == START + timedelta(days=60) - SECOND


async def test_a_family_remembers_how_it_began(household: Household) -> None:
    for how in SignInMethod:
        assert (await household.family(await household.begin(how=how))).method is how


async def test_a_browser_that_is_known_keeps_what_it_was_given(household: Household) -> None:
    first = await household.begin()
    assert first.device is not None
    assert known_device(household.key, household.person.id, first.device) is not None
    assert (await household.begin(Place("192.0.2.7", first.device))).device == first.device
    assert (await household.begin(Place("192.0.2.7", "made.up"))).device not in {first.device, "made.up", None}


# --- At the same time -------------------------------------------------------------------------------------------------


async def test_two_tabs_at_once_are_given_the_same(household: Household) -> None:
    for _ in range(sized(10, 100)):
        token = (await household.begin()).refresh_token
        answers = await asyncio.gather(*(household.renew(token) for _ in range(6)))
        assert len({answer.refresh_token for answer in answers if answer is not None}) == 1
        assert None not in answers
        (answer, *_rest) = answers
        assert answer is not None
        assert len(await household.rows(answer)) == 2
        assert await household.renew(answer.refresh_token) is not None


async def test_owner_and_thief_at_once_end_the_family(household: Household) -> None:
    for _ in range(sized(10, 100)):
        first = await household.begin()
        answers = await asyncio.gather(*(household.renew(first.refresh_token, place) for place in (HOME, ELSEWHERE)))
        (won,) = [answer for answer in answers if answer is not None]
        assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED
        for place in (HOME, ELSEWHERE):
            assert await household.renew(won.refresh_token, place) is None


async def test_a_renewal_never_outlives_what_ends_the_family_beside_it(household: Household) -> None:
    for _ in range(sized(10, 100)):
        first = await household.begin()
        family = await household.family(first)

        async def ended() -> None:
            async with household.database.write() as session:
                await sign_ins.end(session, col(SignIn.id) == family.id, SignInEnd.SIGNED_OUT, household.now)  # noqa: B023

        renewed, *_ = await asyncio.gather(household.renew(first.refresh_token), ended(), ended())
        assert await household.rows(first) == []
        assert (await household.family(first)).version == 2
        if renewed is not None:
            assert await household.renew(renewed.refresh_token) is None


# --- Histories drawn by lot -------------------------------------------------------------------------------------------


@dataclass
class Chain:
    """What must come of a family, told by another rule than the program's: the list of its tokens."""

    tokens: list[str]
    used: list[tuple[datetime, Place]] = field(default_factory=list)
    ended: bool = False

    def granted(self, number: int, place: Place, now: datetime) -> bool:
        """Whether the use of that token is granted; the chain as it is afterwards."""
        latest = len(self.tokens) - 1
        if self.ended:
            return False
        if number == latest:
            self.used.append((now, place))
            return True
        then, there = self.used[number]
        if number == latest - 1 and there == place and now - then <= RETRY_WITHIN:
            return True
        self.ended = True
        return False


async def test_histories_of_owners_retries_and_thieves(household: Household) -> None:
    ends = {True: 0, False: 0}
    for seed in range(sized(40, 1500)):
        chance = random.Random(seed)  # noqa: S311
        household.now = START
        chain = Chain([(await household.begin()).refresh_token])
        for _ in range(chance.randint(1, 12)):
            household.now += timedelta(seconds=chance.choice([0, 1, 4, 9, 10, 11, 60]))
            number = max(0, len(chain.tokens) - 1 - chance.choice([0] * 12 + [1, 1, 1, 1, 2]))
            place = chance.choice([HOME] * 15 + [ELSEWHERE])
            fresh = number == len(chain.tokens) - 1
            expected = chain.granted(number, place, household.now)
            got = await household.renew(chain.tokens[number], place)
            assert (got is not None) is expected, (seed, chain)
            if got is None:
                continue
            if fresh:
                chain.tokens.append(got.refresh_token)
            assert got.refresh_token == chain.tokens[number + 1], (seed, chain)
        ends[chain.ended] += 1
        assert len(set(chain.tokens)) == len(chain.tokens)
    assert min(ends.values()) > sum(ends.values()) // 10, ends


async def test_whoever_holds_a_stolen_token_never_stays_in_unseen(household: Household) -> None:
    """Both use what they have for a while, at the same time as often as not; soon nobody is in."""
    for seed in range(sized(15, 500)):
        chance = random.Random(seed)  # noqa: S311
        first = await household.begin()
        held = {HOME: first.refresh_token, ELSEWHERE: first.refresh_token}
        alive = True
        for _ in range(6):
            household.now += timedelta(seconds=chance.choice([1, 11, 300]))
            places = chance.choice([[HOME], [ELSEWHERE], [HOME, ELSEWHERE], [ELSEWHERE, HOME]])
            answers = await asyncio.gather(*(household.renew(held[place], place) for place in places))
            for place, answer in zip(places, answers, strict=True):
                if answer is not None:
                    held[place] = answer.refresh_token
            alive = (await household.family(first)).ended_at is None
            if not alive:
                break
        if alive:
            # One of them has not moved at all: its next move tells.
            idle = HOME if held[HOME] == first.refresh_token else ELSEWHERE
            assert await household.renew(held[idle], idle) is None, seed
        for place, token in held.items():
            assert await household.renew(token, place) is None, seed
        assert (await household.family(first)).end is SignInEnd.TOKEN_REUSED
