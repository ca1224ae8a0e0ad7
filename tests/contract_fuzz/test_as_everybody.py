"""Whoever asks, and whatever: each answer is as the document says.

`-k "[saco_rep]"` picks one caller. `LARANDE_TEST_LONG=1` asks more.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from socket import socket
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from sqlmodel import col

from app.main import create_app
from app.models.sign_in import SignIn
from app.services.tokens import TokenKey
from app.settings import Settings
from tests import machines
from tests.conftest import new_database, settings_for
from tests.contract import document
from tests.contract_fuzz.asking import Asked, Asker, Things
from tests.contract_fuzz.conftest import NEEDED
from tests.contract_fuzz.exceptions import sorted_out
from tests.contract_fuzz.loopback import address_of, on_loopback
from tests.long import LONG, sized
from tests.stage import Stage
from tests.test_authorisation import ACTORS, WITHOUT_ACTOR, committed_answers, rehearse

Judge = Callable[[Asked], None]
Tokens = dict[str, Callable[[], str | None]]
OPERATIONS: frozenset[str] = frozenset(
    operation["operationId"] for item in document()["paths"].values() for operation in item.values()
)


def _dealt() -> dict[str, frozenset[str]]:
    """Each operation to one of those who may do it, to each of them about as many."""
    able: dict[str, set[str]] = {operation: {"nobody"} for operation in WITHOUT_ACTOR}
    for (operation, _), answers in committed_answers().items():
        able.setdefault(operation, set()).update(name for name, status in answers.items() if status < "400")
    share: dict[str, set[str]] = {name: set() for name in ACTORS}
    for operation, names in sorted(able.items(), key=lambda each: (len(each[1]), each[0])):
        share[min(sorted(names), key=lambda name: len(share[name]))].add(operation)
    return {name: frozenset(operations) for name, operations in share.items() if operations}


SHARES: dict[str, frozenset[str]] = dict.fromkeys(ACTORS, OPERATIONS) if LONG else _dealt()
ALL = 2 * len(ACTORS) + len(SHARES)
"""How many tests there are."""


def _issued(key: TokenKey, person_id: UUID, sign_in_id: UUID) -> str:
    return key.issue(person_id, sign_in_id, datetime.now(UTC))


@pytest.fixture(scope="module", autouse=True)
def _no_words_of_ours() -> Iterator[None]:
    """Hypothesis tries the constants of our own modules too: what it asks would change with any of our code, and with
    what a worker has imported.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "_get_local_constants", Constants)
        yield


@pytest.fixture(scope="session")
async def tokens(built_stage: Stage) -> Tokens:
    """What makes a fresh token for each caller."""
    world = built_stage.world
    found: Tokens = dict.fromkeys(ACTORS, lambda: None)
    found["respondent"] = lambda: built_stage.survey_token
    key = world.app.state.token_key
    async with world.database.read() as session:
        for name, someone in world.people.items():
            # Of somebody deactivated all have ended.
            theirs = sa.select(col(SignIn.id)).where(col(SignIn.person_id) == someone.person.id)
            lasting = theirs.order_by(col(SignIn.ended_at).desc().nulls_first()).limit(1)
            sign_in_id = (await session.execute(lasting)).scalar_one()
            found[name] = partial(_issued, key, someone.person.id, sign_in_id)
    for name, machine in world.machines.items():
        found[name] = partial(machines.token_for, world.app, machine.id, machine.credential_id)
    # A database that is copied has no callers meanwhile.
    await world.database.close()
    return found


@pytest.fixture(scope="session")
def things(built_stage: Stage) -> Things:
    return Things.on(built_stage)


@pytest.fixture(scope="session")
def everything(listener: socket, things: Things) -> Asker:
    """Asked by one after another; what it takes to ask is worked out once."""
    return Asker(address_of(listener), things, frozenset({"examples", "fuzzing"}), sized(1, 20))


@pytest.fixture
def address(built_stage: Stage) -> str:
    return built_stage.world.database.engine.url.render_as_string(hide_password=False)


def _settings(address: str, like: str) -> Settings:
    """For the stage's database or a copy of it: its keys fit both. What is asked here is more than people ask."""
    keys = settings_for(like)
    return settings_for(
        address,
        key_directory=keys.key_directory,
        token_key_directory=keys.token_key_directory,
        archive_key_directory=keys.archive_key_directory,
        reads_per_minute=10**6,
        writes_per_minute=10**6,
        strangers_per_minute=10**6,
    )


@pytest.fixture
def judge(record_property: Callable[[str, object], None]) -> Judge:
    def judged(asked: Asked) -> None:
        faults, needed = sorted_out(asked.findings)
        for each in needed:
            record_property(NEEDED, str(each))
        told = [f"{each.check} / {each.operation} / {', '.join(each.codes)}\n{each.told}" for each in faults]
        assert not faults, f"{len(faults)} findings in {asked.requests} requests\n\n" + "\n\n".join(told)

    return judged


@contextmanager
def _rehearsing(address: str, listener: socket) -> Iterator[None]:
    """Nothing that is done is kept, so that everything is there in its state for the next request."""
    settings = _settings(address, address)
    app = create_app(settings)
    rehearse(app, address)
    with on_loopback(app, settings, listener):
        yield


@pytest.mark.parametrize("actor", ACTORS)
def test_every_operation(
    actor: str, address: str, listener: socket, everything: Asker, tokens: Tokens, judge: Judge
) -> None:
    """The document's examples, and what else it allows and does not allow."""
    with _rehearsing(address, listener):
        asked = everything.ask(tokens[actor])
    assert asked.operations == OPERATIONS
    judge(asked)


@pytest.mark.parametrize("actor", SHARES)
def test_every_bound(actor: str, address: str, listener: socket, things: Things, tokens: Tokens, judge: Judge) -> None:
    """At each bound and just beyond it; the ordinary run asks of each operation somebody who may do it."""
    asker = Asker(address_of(listener), things, frozenset({"coverage"}), 1, SHARES[actor])
    with _rehearsing(address, listener):
        asked = asker.ask(tokens[actor])
    assert asked.operations == SHARES[actor]
    judge(asked)


@pytest.mark.parametrize("actor", ACTORS)
async def test_every_story(
    actor: str, address: str, listener: socket, things: Things, tokens: Tokens, judge: Judge
) -> None:
    """What is made is there, is changed, and is gone when it was removed, along the document's links."""
    settings = _settings(await new_database(address.rpartition("/")[2].partition("?")[0]), address)
    asker = Asker(address_of(listener), things, frozenset({"stateful"}), sized(5, 50))

    def tell() -> Asked:
        with on_loopback(create_app(settings), settings, listener):
            return asker.ask(tokens[actor])

    asked = await asyncio.to_thread(tell)
    assert asked.operations
    judge(asked)
