"""Where the story is played: the demo agency on a day in November, told by the clock of the story alone."""

import base64
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, date, datetime
from itertools import count
from unittest.mock import patch
from uuid import UUID

import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import demo
from app.main import create_app
from app.models.base import identities
from tests.conftest import new_database, settings_for
from tests.database import database_of
from tests.recorded_examples.player import Player

TODAY = date(2026, 11, 26)
MORNING = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


def _identities() -> Iterator[UUID]:
    """A uuid7 each: its time is the story's, and what is random elsewhere is counted here."""
    for number in count(1):
        milliseconds = int(datetime.now(UTC).timestamp() * 1000)
        noise = int.from_bytes(hashlib.sha256(f"larande example {number}".encode()).digest()[:6]) >> 1
        rest = number << 47 | noise
        yield UUID(int=milliseconds << 80 | 7 << 76 | (rest >> 62) << 64 | 0b10 << 62 | rest & ((1 << 62) - 1))


def _bytes_that_say_so() -> Callable[[int], bytes]:
    """In place of random bytes: those whose base64 reads as an example. Each call gives others."""
    numbers = count(1)

    def made(size: int | None = None) -> bytes:
        size = size or 32
        said = f"exempel{next(numbers):05d}" * (size // 9 + 1)
        return base64.b64decode(said)[:size]

    return made


def _same_key_each_time() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"larande example").digest())


@asynccontextmanager
async def opened() -> AsyncIterator[Player]:
    """The agency as it is in the morning, the same each time: time, ids and what is drawn by lot are the story's."""
    lots = random.Random("larande")  # noqa: S311 - for examples, that nobody is let in by
    with ExitStack() as told:
        clock = told.enter_context(time_machine.travel(MORNING, tick=False))
        told.enter_context(identities(_identities()))
        told.enter_context(patch("secrets.token_bytes", _bytes_that_say_so()))
        told.enter_context(patch("app.services.one_time_codes.new_secret", lambda: "LARANDEEXEMPELLARANDEEXEMPEL2345"))
        told.enter_context(patch("app.services.archive_keys.Ed25519PrivateKey.generate", _same_key_each_time))
        told.enter_context(patch("secrets.choice", lots.choice))
        told.enter_context(patch("secrets.randbelow", lots.randrange))
        for place in ("services.survey_texts", "services.survey_answers", "services.tokens", "api.middleware"):
            told.enter_context(patch(f"app.{place}.uuid4", lambda: UUID(int=lots.getrandbits(128), version=4)))
        app = create_app(
            settings_for(
                await new_database(),
                front_end_url="https://larande.example/svara",
                sign_in_url="https://larande.example/logga-in",
                sign_in_return_url="https://larande.example/inloggad",
                worker="apart",
            )
        )
        async with database_of(app).write() as session:
            await demo.load(session, TODAY)
        yield Player(app, clock)
        await app.state.database.close()
